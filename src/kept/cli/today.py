"""`kept today`: open promises, as the first page shows them."""

from typing import TYPE_CHECKING

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.plan.standing import Standing

#: On fewer columns than this each promise takes lines of its own.
WIDE = 76
STANDS = {
    "overdue": "overdue",
    "at-risk": "at risk",
    "on-track": "on track",
    "paused": "paused",
    "unknown": "not enough history",
}


def today(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show open promises: dates, chances, and what needs a hand."""
    with acting(organisation, email, as_json=as_json) as who:
        from datetime import timedelta

        from kept import words, zones
        from kept.jobs import owners
        from kept.people import access
        from kept.people.models import Role
        from kept.plan import outlook, standing
        from kept.promises import occurring

        access.demand(who.member, Role.MEMBER)
        outlook.refresh_if_changed(by=who.member, now=who.now)
        rows = standing.standings(now=who.now)
        asked = owners.asked_of(who.member)
        tomorrow = zones.day_of(who.now, who.house.zone) + timedelta(days=1)
        every = occurring.due(until=zones.start_of(tomorrow, who.house.zone))
        waits = every.filter(due_at__gt=who.now - timedelta(days=8)).order_by("due_at")
        due = [one for one in waits if occurring.outcome(one, now=who.now).open]
        if as_json:
            speaking.document(
                {
                    "promises": [
                        {
                            "id": row.promise.pk,
                            "what": row.promise.job.title,
                            "client": row.promise.client.name,
                            "standing": str(row.state),
                            "due_at": row.promise.due_at,
                            "promised_on": row.promised_on,
                            "chance": row.chance,
                            "likely_on": row.likely_on,
                            "slack_days": row.slack_days,
                            "next_stage": None if row.next_stage is None else row.next_stage.name,
                            "waiting_for": None
                            if row.waiting_for is None
                            else row.waiting_for.what,
                            "last_mile_owner": None
                            if row.promise.last_mile_owner is None
                            else row.promise.last_mile_owner.name,
                        }
                        for row in rows
                    ],
                    "asked": [
                        {
                            "id": one.pk,
                            "what": None if one.stage is None else one.stage.name,
                            "job": one.job.title,
                            "by_at": one.by_at,
                            "hours": one.likely_hours,
                            "done_means": one.done_means,
                            "since": one.proposed_at,
                        }
                        for one in asked
                    ],
                    "occurrences": [
                        {
                            "id": one.pk,
                            "what": one.standing.what,
                            "client": one.standing.client.name,
                            "due_at": one.due_at,
                        }
                        for one in due
                    ],
                }
            )
            return
        for one in asked:
            what = "the last mile" if one.stage is None else one.stage.name
            by = "" if one.by_at is None else f", by {words.moment(one.by_at, who.house.zone)}"
            speaking.say(f"You were asked ({one.pk}): {what} of {one.job.title}{by}")
        for occurrence in due:
            standing_one = occurrence.standing
            when = words.moment(occurrence.due_at, standing_one.zone)
            speaking.say(
                f"Recurs ({occurrence.pk}): {standing_one.what} for {standing_one.client.name}, "
                f"{when}"
            )
        if not rows:
            speaking.say("No open promises. Ask for a date: kept check 'WHAT for CLIENT, 24h'")
            return
        if speaking.width() < WIDE:
            for row in rows:
                _lines(row)
            return
        speaking.table(
            ["", "Promise", "Client", "Due", "Stands", "Chance", "Likely by", "Slack"],
            [
                [
                    str(row.promise.pk),
                    row.promise.job.title,
                    row.promise.client.name,
                    words.day(row.promised_on),
                    STANDS[row.state],
                    "" if row.chance is None else words.percent(row.chance),
                    "" if row.likely_on is None else words.day(row.likely_on),
                    "" if row.slack_days is None else f"{row.slack_days:+d}{words.NBSP}d",
                ]
                for row in rows
            ],
            right=[5, 7],
            broken=[1, 2, 4],
        )


def _lines(row: "Standing") -> None:
    """Show one promise on a narrow terminal."""
    from kept import words

    parts = [f"due {words.day(row.promised_on)}", STANDS[row.state]]
    if row.chance is not None:
        parts.append(words.percent(row.chance))
    if row.likely_on is not None:
        parts.append(f"likely by {words.day(row.likely_on)}")
    if row.slack_days is not None:
        parts.append(f"{row.slack_days:+d}{words.NBSP}d")
    speaking.paragraph(f"{row.promise.pk} {row.promise.job.title} for {row.promise.client.name}")
    speaking.paragraph(" · ".join(parts), indent=2)

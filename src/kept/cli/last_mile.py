"""`kept last-mile`, `nudge`, `acknowledge`, `answer`: the last mile from a terminal."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from datetime import datetime

    from kept.last_mile.board import Case, Row
    from kept.last_mile.models import Alarm
    from kept.people.models import Member

AlarmArgument = Annotated[int, typer.Argument(metavar="ALARM", help="The alarm's number.", min=1)]


def last_mile(
    everybody: Annotated[bool, typer.Option("--all", help="Everybody's, not yours alone.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what you see over the line: what is left, who was asked, what they said."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import board

        found = board.board(who.member, everybody=everybody or None, now=who.now)
        if as_json:
            speaking.document(
                {
                    "promises": [_row(row) for row in found.rows],
                    "to_answer": [_case(case) for case in found.to_answer],
                }
            )
            return
        _lines(found.rows, who.member, who.now)


def nudge(
    promise: Annotated[int, typer.Argument(metavar="PROMISE", help="The promise's number.", min=1)],
    whom: Annotated[
        str | None,
        typer.Option("--whom", metavar="NAME", help="Whom; left out, whoever is likely first."),
    ] = None,
    question: Annotated[str, typer.Option(help="The question.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask somebody on a promise how it stands; you see it over the line, or stand in."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.last_mile import raising
        from kept.promises.models import Promise

        found = Promise.objects.select_related("job", "client", "last_mile_owner")
        row = found.filter(pk=promise).first()
        if row is None:
            raise speaking.Stop(f"There is no promise {promise} here.", field="PROMISE")
        people = [person for person in raising.whom(row) if person.pk != who.member.pk]
        alarm = raising.ask(row, _whom(people, whom), question=question, by=who.member, now=who.now)
        _tell(alarm, as_json=as_json)


def acknowledge(
    alarm: AlarmArgument,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that you know: the ladder stops, and an answer is owed soon."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.last_mile import answering

        found = answering.acknowledge(_alarm(alarm), by=who.member, now=who.now)
        _tell(found, as_json=as_json)


def answer(
    alarm: AlarmArgument,
    done_by: Annotated[
        str | None, typer.Option(metavar="D", help="It is done by then: 2026-12-03T11:00.")
    ] = None,
    blocked_by: Annotated[
        str | None, typer.Option(metavar="WHAT", help="What blocks it; give --until too.")
    ] = None,
    need_help: Annotated[
        str | None, typer.Option(metavar="WHAT", help="With what; give --until too.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="D", help="When to look again, or help is needed.")
    ] = None,
    word: Annotated[str, typer.Option(help="A word to it.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer an alarm: done by, blocked by, or help is needed."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.last_mile import answering
        from kept.last_mile.models import AlarmAnswer

        said = {
            AlarmAnswer.Kind.DONE_BY: done_by,
            AlarmAnswer.Kind.BLOCKED_BY: blocked_by,
            AlarmAnswer.Kind.NEED_HELP: need_help,
        }
        given = [kind for kind, text in said.items() if text is not None]
        if len(given) != 1:
            raise speaking.Stop("Give one of --done-by, --blocked-by and --need-help.")
        kind = given[0]
        when = done_by if kind is AlarmAnswer.Kind.DONE_BY else until
        if when is None:
            raise speaking.Stop("Say until when, as in --until 2026-12-03.", field="--until")
        moment, _day_only = reading.due(when, now=who.now, zone=who.member.zone, name="--until")
        words = word if kind is AlarmAnswer.Kind.DONE_BY else (said[kind] or "")
        found = _alarm(alarm)
        answering.answer(found, kind=kind, words=words, due_at=moment, by=who.member, now=who.now)
        found.refresh_from_db()
        _tell(found, as_json=as_json)


def _alarm(key: int) -> "Alarm":
    from kept.last_mile.models import Alarm

    rows = Alarm.objects.select_related("asked", "promise__last_mile_owner", "promise__job")
    found = rows.filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no alarm {key} here.", field="ALARM")
    return found


def _whom(people: "list[Member]", name: str | None) -> "Member":
    if name is None:
        if not people:
            raise speaking.Stop("There is nobody to ask.", status=speaking.NO)
        return people[0]
    wanted = name.casefold()
    found = [
        person
        for person in people
        if wanted in (person.name.casefold(), person.first_name.casefold(), person.email.casefold())
    ]
    if len(found) != 1:
        names = ", ".join(person.name for person in people)
        raise speaking.Stop(f"“{name}” is not one of: {names}.", field="--whom")
    return found[0]


def _tell(alarm: "Alarm", *, as_json: bool) -> None:
    from kept.last_mile import wording

    if as_json:
        speaking.document(
            {
                "id": alarm.pk,
                "kind": str(alarm.kind),
                "state": str(alarm.state),
                "asked": alarm.asked.name,
                "promise": alarm.promise_id,
                "next_at": alarm.next_at,
            }
        )
        return
    speaking.say(
        f"alarm {alarm.pk}: {wording.what(alarm)}, {alarm.asked.name}, {alarm.get_state_display()}"
    )


def _row(row: "Row") -> dict[str, object]:
    return {
        "promise": row.promise.pk,
        "what": row.promise.job.title,
        "client": row.promise.client.name,
        "state": str(row.stands.state),
        "slack_days": row.stands.slack_days,
        "left": [line.text for line in row.left],
        "alarms": [_case(case) for case in row.cases],
    }


def _case(case: "Case") -> dict[str, object]:
    return {
        "alarm": case.alarm.pk,
        "kind": str(case.alarm.kind),
        "state": str(case.alarm.state),
        "asked": case.alarm.asked.name,
        "rung": None if case.next_rung is None else str(case.next_rung.name),
        "next_at": case.alarm.next_at,
    }


def _lines(rows: "list[Row] | object", member: "Member", now: "datetime") -> None:
    from kept import words
    from kept.last_mile import wording

    if not isinstance(rows, list) or not rows:
        speaking.say("No promise is yours to see over the line.")
        return
    for row in rows:
        promise = row.promise
        speaking.say(
            f"{promise.pk}  {promise.client.name} · {promise.job.title}, {row.stands.state}, "
            f"{words.moment(promise.due_at, promise.zone)}; {len(row.left)} of {row.checks} left"
        )
        for case in row.cases:
            alarm = case.alarm
            said = wording.in_short(alarm, zone=member.zone)
            line = f"    alarm {alarm.pk} ({alarm.get_state_display()}): {said}"
            if case.running is not None:
                line += " " + wording.said(case.running, zone=member.zone)
            elif case.next_rung is not None and alarm.next_at is not None:
                at = words.moment(max(alarm.next_at, now), member.zone)
                line += f" Next: {case.next_rung.get_name_display()}, {at}."
            speaking.say(line)

"""The morning digest: what is due, what waits for one's word, and what climbed since the last."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Max
from django.utils.translation import gettext as _

from kept import words, zones
from kept.jobs import owners
from kept.last_mile.models import Alarm, AlarmAnswer, Kind, Rung
from kept.people import days
from kept.people.models import Member, Role
from kept.plan import standing
from kept.plan.standing import Standing, State
from kept.promises import carrying

#: No more of each is told; the rest is counted.
MOST = 8


@dataclass(frozen=True, slots=True)
class Digest:
    """What somebody reads as their hours begin."""

    subject: str
    paragraphs: list[str]


def compose(
    member: Member, *, since: datetime, now: datetime, but: Collection[int] = ()
) -> Digest | None:
    """Return the digest of a member's day; None where there is nothing to tell.

    Args:
        since: what climbed before then was told.
        but: alarms, by their numbers, that the same message tells of anyway.
    """
    today = zones.day_of(now, member.zone)
    sections = [
        (_("Due"), _due(member, today=today, now=now)),
        (_("Waiting for you"), _waiting(member, but)),
        (_("Climbed"), _climbed(member, since=since)),
    ]
    told = [(title, lines) for title, lines in sections if lines]
    if not told:
        return None
    counts = [f"{len(lines)} {title.lower()}" for title, lines in told]
    return Digest(
        subject=_("%(day)s: %(counts)s")
        % {"day": words.day(today, today=today), "counts": ", ".join(counts)},
        paragraphs=[_section(title, lines) for title, lines in told],
    )


def _section(title: str, lines: list[str]) -> str:
    shown = [f"– {line}" for line in lines[:MOST]]
    if len(lines) > MOST:
        shown.append(_("– and %(count)s more") % {"count": len(lines) - MOST})
    return "\n".join([f"{title}:", *shown])


def _due(member: Member, *, today: date, now: datetime) -> list[str]:
    """Return promises that one sees over the line and that need somebody, and answers one owes."""
    tomorrow = days.shifted(member.organisation, today, 1)
    lines = [
        _promise(stands, today=today)
        for stands in standing.standings(now=now)
        if _sees_over(member, stands)
        and (stands.state in (State.OVERDUE, State.AT_RISK) or stands.promised_on <= tomorrow)
        and stands.state is not State.PAUSED
    ]
    end = zones.start_of(tomorrow, member.zone)
    said = AlarmAnswer.objects.filter(said_by=member, ended_at__isnull=True, due_at__lt=end)
    said = said.select_related("alarm__promise__job", "alarm__promise__client", "alarm__job")
    return lines + [
        _("what you said about %(what)s: %(moment)s")
        % {"what": _what(row.alarm), "moment": words.moment(row.due_at, member.zone)}
        for row in said
    ]


def _sees_over(member: Member, stands: Standing) -> bool:
    owner = stands.promise.last_mile_owner_id
    return owner == member.pk or (owner is None and member.may(Role.LEAD))


def _promise(stands: Standing, *, today: date) -> str:
    promise = stands.promise
    told = {
        "what": f"{promise.job.title}, {promise.client.name}",
        "due": words.moment(promise.due_at, promise.zone, today=today),
    }
    if stands.state is State.OVERDUE:
        return _("%(what)s: overdue since %(due)s") % told
    if stands.state is State.AT_RISK and stands.chance is not None:
        told["chance"] = words.percent(stands.chance)
        return _("%(what)s: %(due)s, at risk with %(chance)s") % told
    return _("%(what)s: %(due)s") % told


def _waiting(member: Member, but: Collection[int]) -> list[str]:
    """Return what waits for somebody's own word."""
    open_ones = Alarm.objects.filter(
        asked=member, state__in=[Alarm.State.RAISED, Alarm.State.ACKNOWLEDGED]
    ).exclude(pk__in=but)
    lines = [
        _("your answer: %(what)s") % {"what": _what(alarm)}
        for alarm in open_ones.select_related("promise__job", "promise__client", "job")
    ]
    lines += [
        _("your yes or no: %(what)s")
        % {"what": row.job.title if row.stage is None else f"{row.stage.name}, {row.job.title}"}
        for row in owners.asked_of(member)
    ]
    lines += [
        _("handed over to you: %(what)s") % {"what": f"{row.stage.name}, {row.stage.job.title}"}
        for row, takers in carrying.handed_over()
        if any(taker.pk == member.pk for taker in takers)
    ]
    return lines


def _climbed(member: Member, *, since: datetime) -> list[str]:
    """Return what climbed on promises that one sees over the line, each with its highest rung."""
    rows = (
        Alarm.objects.filter(promise__last_mile_owner=member, state__in=Alarm.OPEN)
        .exclude(asked=member)
        .annotate(
            rung=Max("notices__rung"),
            climbed_at=Max("notices__written_at"),
        )
        .filter(climbed_at__gte=since, rung__gte=2)
        .select_related("asked", "promise__job", "promise__client")
        .order_by("-rung", "raised_at", "pk")
    )
    names = {
        (rung.ladder_id, rung.position): rung.get_name_display()
        for rung in Rung.objects.filter(ladder_id__in={alarm.ladder_id for alarm in rows})
    }
    return [
        _("%(what)s: %(rung)s, %(name)s has not answered")
        % {
            "what": _what(alarm),
            "rung": names[alarm.ladder_id, alarm.rung],
            "name": alarm.asked.first_name,
        }
        for alarm in rows
    ]


def _what(alarm: Alarm) -> str:
    if alarm.promise is not None:
        return f"{alarm.promise.job.title}, {alarm.promise.client.name}"
    return alarm.job.title if alarm.job is not None else str(Kind(alarm.kind).label)

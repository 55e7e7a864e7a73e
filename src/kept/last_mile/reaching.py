"""Who hears of an alarm, and when each of them may: within their charter, and no earlier."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from kept import zones
from kept.jobs.models import Stage, StagePerson
from kept.last_mile.models import Alarm, Envelope, Rung
from kept.people.charters import Reachable
from kept.people.models import Member, Role

#: So many days in a row may be full before somebody counts as not to be reached.
MOST_FULL_DAYS = 60


def hearers(alarm: Alarm, rung: Rung) -> list[Member]:
    """Return who hears on a rung, each once, in a fixed order.

    Whoever raised the alarm knows of it, and hears nothing but as the one who is asked.
    """
    people: dict[int, Member] = {}
    for member in _HEARERS[Rung.Hears(rung.hears)](alarm):
        knows = member.pk == alarm.raised_by_id and member.pk != alarm.asked_id
        if member.may(Role.MEMBER) and not knows:
            people.setdefault(member.pk, member)
    return [people[key] for key in sorted(people)]


def team(alarm: Alarm) -> list[Member]:
    """Return everybody on an alarm's promise: owners of open stages, their hands, its last mile."""
    job = alarm.job_id or (None if alarm.promise is None else alarm.promise.job_id)
    found: list[Member] = []
    if alarm.promise is not None and alarm.promise.last_mile_owner is not None:
        found.append(alarm.promise.last_mile_owner)
    if job is None:
        return found
    left = Stage.objects.filter(job_id=job).exclude(state=Stage.State.DONE)
    found += [row.owner for row in left.select_related("owner") if row.owner is not None]
    named = StagePerson.objects.filter(stage__in=left).select_related("member")
    return found + [row.member for row in named]


def leads() -> list[Member]:
    """Return who leads here; the owner has a rung of their own."""
    return list(Member.objects.filter(left_at__isnull=True, role=Role.LEAD).order_by("pk"))


def owners() -> list[Member]:
    """Return whose house it is."""
    return list(Member.objects.filter(left_at__isnull=True, role=Role.OWNER).order_by("pk"))


#: Who is meant by each word of a rung, whoever knows already among them.
_HEARERS: Mapping[Rung.Hears, Callable[[Alarm], Iterable[Member]]] = {
    Rung.Hears.ASKED: lambda alarm: [alarm.asked],
    Rung.Hears.TEAM: lambda alarm: [alarm.asked, *team(alarm)],
    Rung.Hears.LEADS: lambda _alarm: leads() or owners(),
    Rung.Hears.EVERYBODY: lambda alarm: [alarm.asked, *leads(), *owners()],
}


def staff() -> list[Member]:
    """Return who works here and may chase, by name: everybody but guests."""
    roles = [Role.MEMBER, Role.LEAD, Role.OWNER]
    return list(Member.objects.filter(left_at__isnull=True, role__in=roles).order_by("name", "pk"))


def bosses(staff: Iterable[Member]) -> list[Member]:
    """Return the leads of those who work here, and after them whose house it is."""
    found = [member for member in staff if member.role in (Role.LEAD, Role.OWNER)]
    return sorted(found, key=lambda member: (member.role == Role.OWNER, member.pk))


def asked_today(members: Iterable[Member], *, now: datetime) -> dict[int, int]:
    """Return how many messages reach each of them on this day of theirs, in one query."""
    people = {member.pk: member for member in members}
    days = {
        key: (
            zones.start_of(zones.day_of(now, member.zone), member.zone),
            zones.start_of(zones.day_of(now, member.zone) + timedelta(days=1), member.zone),
        )
        for key, member in people.items()
    }
    counts: dict[int, int] = defaultdict(int)
    if days:
        rows = Envelope.objects.filter(
            member_id__in=people,
            dropped_at__isnull=True,
            due_at__gte=min(first for first, _last in days.values()),
            due_at__lt=max(last for _first, last in days.values()),
        )
        for key, due_at in rows.values_list("member_id", "due_at"):
            first, last = days[key]
            counts[key] += first <= due_at < last
    return {key: counts[key] for key in people}


def first_moment(
    who: Reachable, *, at: datetime, any_hour: bool = False, but: Envelope | None = None
) -> datetime | None:
    """Return when a message may reach somebody, from `at` on; None if never.

    Quiet hours, days off, holidays, absences and the daily cap are waited out. The
    cap counts messages: what goes into one that is to leave anyway is no other.
    A top rung that they allow waits for none of them but an absence.

    Args:
        any_hour: it is a rung that reaches those who allow it at any hour.
        but: a message that is not to be counted.
    """
    charter, zone = who.charter, who.member.zone
    if charter is None:
        return None
    if any_hour and charter.top_rung and not who.is_away(zones.day_of(at, zone)):
        return at
    from_at = at
    for _step in range(MOST_FULL_DAYS):
        moment = who.next_moment(from_at)
        if moment is None:
            return None
        day = zones.day_of(moment, zone)
        tomorrow = zones.start_of(day + timedelta(days=1), zone)
        taken = Envelope.objects.filter(
            member=who.member,
            dropped_at__isnull=True,
            due_at__gte=zones.start_of(day, zone),
            due_at__lt=tomorrow,
        )
        if but is not None:
            taken = taken.exclude(pk=but.pk)
        messages = list(taken.values_list("due_at", "sealed_at"))
        if len(messages) < charter.daily_cap or (moment, None) in messages:
            return moment
        from_at = tomorrow
    return None

"""What people can give: their working time, where they are away, and which share is usable."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, NamedTuple

from kept import zones
from kept.people import days
from kept.people.models import Absence, Member, MemberSkill, WorkingTime
from kept.tenancy import scope

#: Weekdays as the plan file names them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: How many years of holidays a plan knows: a finish later than that is no date at all.
YEARS_AHEAD = 10


def weekly_hours(member: Member) -> float:
    """Return the hours of the member's working week."""
    return hours_of(member.working_times.all())


class Stretch(NamedTuple):
    """Working time on one weekday, as a row of `WorkingTime` has it."""

    weekday: int
    starts: time
    ends: time


def hours_of(times: Iterable[WorkingTime | Stretch]) -> float:
    """Return the hours that stretches of a week add up to."""
    return sum(_minutes(stretch) for stretch in times) / 60


def usable_share(member: Member) -> float:
    """Return the share of the member's working time that goes to promised work, above 0 to 1.

    Their own share; else what hours outside kept leave of their week; else
    the house's. 0 where hours outside fill the week.
    """
    return _share_of(member, 0.0 if member.outside_hours is None else weekly_hours(member))


def _share_of(member: Member, hours: float) -> float:
    """Return the usable share of somebody with so many hours a week."""
    if member.usable_share is not None:
        return member.usable_share
    if member.outside_hours is not None:
        return max(0.0, 1 - member.outside_hours / hours) if hours else 0.0
    return scope.current().usable_share


def holidays(country: str, region: str, years: tuple[int, ...]) -> Mapping[date, str]:
    """Return the public holidays of some years, by day, with their names.

    Args:
        country: ISO 3166 code; empty means none are kept.
        region: code of a subdivision, as the library `holidays` has it; may be empty.
    """
    return {
        day: name
        for year in years
        for day, name in sorted(days.holidays_in(country, region, year).items())
    }


@lru_cache(maxsize=256)
def _holidays_written(country: str, region: str, years: tuple[int, ...]) -> tuple[str, ...]:
    """Return the days of `holidays` as a plan file has them."""
    return tuple(day.isoformat() for day in holidays(country, region, years))


def plan_people(now: datetime) -> list[dict[str, Any]]:
    """Return the people of the house as a plan file has them, from `now` on; 4 queries.

    Ids are "m" and the member's key, skills "k" and the skill's key.
    `absences` are pairs of days, both included; `holidays` are days.
    Somebody without a working week cannot be planned with and is left out.

    Work that anybody could do goes to the first of them who is free. So whoever gives most hours
    a week to promised work comes first, and of two alike whoever can do fewer other things.
    """
    members = list(Member.objects.filter(left_at__isnull=True, does_work=True).order_by("pk"))
    skills: dict[int, list[int]] = defaultdict(list)
    for member_id, skill_id in MemberSkill.objects.values_list("member_id", "skill_id"):
        skills[member_id].append(skill_id)
    weeks: dict[int, list[Stretch]] = defaultdict(list)
    times = WorkingTime.objects.order_by("weekday", "starts", "pk")
    for member_id, weekday, starts, ends in times.values_list(
        "member_id", "weekday", "starts", "ends"
    ):
        weeks[member_id].append(Stretch(weekday, starts, ends))
    absences: dict[int, list[tuple[date, date]]] = defaultdict(list)
    away = Absence.objects.order_by("from_on", "to_on", "pk")
    for member_id, from_on, to_on in away.values_list("member_id", "from_on", "to_on"):
        absences[member_id].append((from_on, to_on))
    people = []
    order: dict[str, tuple[float, int, int]] = {}
    for member in members:
        week = weeks[member.pk]
        hours = hours_of(week)
        share = _share_of(member, hours)
        if not week or share <= 0:
            continue
        order[f"m{member.pk}"] = (-round(hours * share, 6), len(skills[member.pk]), member.pk)
        # What is known changes with the year, not with the day: a plan of which nothing
        # changed but the time stays the same plan, and keeps its fingerprint.
        year = zones.day_of(now, member.zone).year
        years = tuple(range(year, year + YEARS_AHEAD + 1))
        people.append(
            {
                "id": f"m{member.pk}",
                "skills": [f"k{key}" for key in sorted(skills[member.pk])],
                "zone": member.zone,
                "week": week_of(week),
                "absences": [
                    [from_on.isoformat(), to_on.isoformat()]
                    for from_on, to_on in absences[member.pk]
                    if to_on.year >= year
                ],
                "holidays": list(_holidays_written(member.country, member.region, years)),
                "share": share,
                "parallel": member.parallel,
            }
        )
    return sorted(people, key=lambda person: order[person["id"]])


def week_of(times: Iterable[WorkingTime | Stretch]) -> dict[str, list[list[str]]]:
    """Return a working week as a plan file has it; days off are left out."""
    week: dict[str, list[list[str]]] = {}
    for stretch in times:
        said = [f"{stretch.starts:%H:%M}", f"{stretch.ends:%H:%M}"]
        week.setdefault(WEEKDAYS[stretch.weekday], []).append(said)
    return week


def _minutes(stretch: WorkingTime | Stretch) -> int:
    starts, ends = stretch.starts, stretch.ends
    return (ends.hour - starts.hour) * 60 + ends.minute - starts.minute

"""What people can give: their working time, where they are away, and which share is usable."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch

from kept import zones
from kept.people import days
from kept.people.models import Absence, Member, WorkingTime
from kept.tenancy import scope

#: Weekdays as the plan file names them.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

#: How many years of holidays a plan knows: a finish later than that is no date at all.
YEARS_AHEAD = 10


def weekly_hours(member: Member) -> float:
    """Return the hours of the member's working week."""
    return hours_of(member.working_times.all())


def hours_of(times: Iterable[WorkingTime]) -> float:
    """Return the hours that stretches of a week add up to."""
    return sum(_minutes(time) for time in times) / 60


def usable_share(member: Member) -> float:
    """Return the share of the member's working time that goes to promised work, above 0 to 1.

    Their own share; else what hours outside kept leave of their week; else
    the house's. 0 where hours outside fill the week.
    """
    if member.usable_share is not None:
        return member.usable_share
    if member.outside_hours is not None:
        hours = weekly_hours(member)
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


def workers() -> list[Member]:
    """Return the members who do planned work, with all that their capacity needs, in 4 queries.

    Somebody without a working week cannot be planned with and is left out.
    """
    members = (
        Member.objects.filter(left_at__isnull=True, does_work=True)
        .order_by("pk")
        .prefetch_related(
            "member_skills",
            Prefetch("working_times", WorkingTime.objects.order_by("weekday", "starts", "pk")),
            Prefetch("absences", Absence.objects.order_by("from_on", "to_on", "pk")),
        )
    )
    return [member for member in members if member.working_times.all()]


def plan_people(now: datetime) -> list[dict[str, Any]]:
    """Return the people of the house as a plan file has them, from `now` on.

    Ids are "m" and the member's key, skills "k" and the skill's key.
    `absences` are pairs of days, both included; `holidays` are days.
    """
    people = []
    for member in workers():
        share = usable_share(member)
        if share <= 0:
            continue
        # What is known changes with the year, not with the day: a plan of which nothing
        # changed but the time stays the same plan, and keeps its fingerprint.
        year = zones.day_of(now, member.zone).year
        years = tuple(range(year, year + YEARS_AHEAD + 1))
        people.append(
            {
                "id": f"m{member.pk}",
                "skills": [f"k{key}" for key in sorted(_skills(member))],
                "zone": member.zone,
                "week": week_of(member.working_times.all()),
                "absences": [
                    [absence.from_on.isoformat(), absence.to_on.isoformat()]
                    for absence in member.absences.all()
                    if absence.to_on.year >= year
                ],
                "holidays": [
                    day.isoformat() for day in holidays(member.country, member.region, years)
                ],
                "share": share,
                "parallel": member.parallel,
            }
        )
    return people


def week_of(times: Iterable[WorkingTime]) -> dict[str, list[list[str]]]:
    """Return a working week as a plan file has it; days off are left out."""
    week: dict[str, list[list[str]]] = {}
    for time in times:
        stretch = [f"{time.starts:%H:%M}", f"{time.ends:%H:%M}"]
        week.setdefault(WEEKDAYS[time.weekday], []).append(stretch)
    return week


def _skills(member: Member) -> list[int]:
    return [row.skill_id for row in member.member_skills.all()]


def _minutes(time: WorkingTime) -> int:
    starts, ends = time.starts, time.ends
    return (ends.hour - starts.hour) * 60 + ends.minute - starts.minute

"""Working days and holidays of a place, and the moments at which days end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from django.utils.translation import gettext as _

from kept import zones
from kept.tenancy import refusals
from kept.tenancy.models import Organisation


class NoSuchPlace(refusals.Refused):
    """No holidays are known for this country or region."""


@lru_cache(maxsize=512)
def holidays_in(country: str, region: str, year: int) -> dict[date, str]:
    """Return the public holidays of a year, by day, with their names; none without a country.

    Raises:
        NoSuchPlace: the holidays library knows no such country or region.
    """
    if not country:
        return {}
    import holidays  # a quarter of a second, and only needed where a place is set

    try:
        return dict(holidays.country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError as error:
        raise NoSuchPlace(
            _("No holidays are known for “%(place)s”. Leave it empty, or use a code such as PT.")
            % {"place": f"{country} {region}".strip()},
            field="region" if region else "country",
        ) from error


def holidays_between(country: str, region: str, first: date, last: date) -> dict[date, str]:
    """Return the public holidays from `first` to `last`, both included."""
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in sorted(holidays_in(country, region, year).items())
        if first <= day <= last
    }


def is_working_day(house: Organisation, day: date) -> bool:
    """Say whether the house works on a day: Monday to Friday, no holiday of its region."""
    return day.weekday() < 5 and day not in holidays_in(house.country, house.region, day.year)


def working_days(house: Organisation, first: date, last: date) -> Iterator[date]:
    """Yield the working days from `first` to `last`, both included."""
    day = first
    while day <= last:
        if is_working_day(house, day):
            yield day
        day += timedelta(days=1)


def count_between(house: Organisation, first: date, last: date) -> int:
    """Return how many working days lie after `first` up to `last`; negative if it is before."""
    if last < first:
        return -count_between(house, last, first)
    return sum(1 for _day in working_days(house, first + timedelta(days=1), last))


def shifted(house: Organisation, day: date, by: int) -> date:
    """Return the working day that lies `by` working days after (before, if negative) `day`."""
    step = timedelta(days=1 if by >= 0 else -1)
    left = abs(by)
    while left:
        day += step
        if is_working_day(house, day):
            left -= 1
    return day


def end_of(day: date, *, zone: str, house: Organisation) -> datetime:
    """Return the end of the working day, as the client's clock shows it.

    Raises:
        Refused: the clocks go forward over that time of that day.
    """
    try:
        return zones.moment(day, house.day_ends_at, zone)
    except zones.NoSuchLocalTime as error:
        raise refusals.Refused(
            _("%(day)s has no %(time)s in %(zone)s: the clocks go forward. Say another time.")
            % {"day": day, "time": f"{house.day_ends_at:%H:%M}", "zone": zone},
            field="wanted",
        ) from error


#: How long a house's working day is; it ends when the house says.
DAY = timedelta(hours=9)


def shifted_moment(house: Organisation, at: datetime, by: int, *, zone: str) -> datetime:
    """Return the same time of the day that lies `by` working days after (or before) `at`.

    Where the clocks go forward over that time, it is the hour after.
    """
    day = shifted(house, zones.day_of(at, zone), by)
    return _instant(day, zones.local(at, zone).time(), zone)


def working_minutes(house: Organisation, first: datetime, last: datetime, *, zone: str) -> int:
    """Return how many minutes of the house's working days lie from `first` to `last`.

    A working day is the nine hours before it ends, as a clock in `zone` shows them.
    """
    total = timedelta()
    day, end = zones.day_of(first, zone), zones.day_of(last, zone)
    while day <= end:
        starts, ends = _hours_of(house, day, zone)
        total += max(timedelta(), min(ends, last) - max(starts, first))
        day += timedelta(days=1)
    return total // timedelta(minutes=1)


def later_by(house: Organisation, at: datetime, minutes: int, *, zone: str) -> datetime:
    """Return the moment that lies so many working minutes after `at`.

    What ends with a working day ends on it, not at the start of the next one.
    """
    left = timedelta(minutes=minutes)
    day = zones.day_of(at, zone)
    while left:
        starts, ends = _hours_of(house, day, zone)
        here = max(timedelta(), ends - max(starts, at))
        if left <= here:
            return max(starts, at) + left
        left -= here
        day += timedelta(days=1)
    return at


def _hours_of(house: Organisation, day: date, zone: str) -> tuple[datetime, datetime]:
    """Return from when to when the house works on a day; on a free day nothing lies between."""
    ends = _instant(day, house.day_ends_at, zone)
    return (ends - DAY if is_working_day(house, day) else ends), ends


def _instant(day: date, at: time, zone: str) -> datetime:
    # Unlike zones.moment this never refuses: what falls into a gap lies an hour later.
    return datetime.combine(day, at, tzinfo=zones.zone(zone)).astimezone(UTC)

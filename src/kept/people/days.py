"""Working days and holidays of a place, and the moments at which days end."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
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
    country, region = house.country, house.region
    until = bisect_right(_in_a_row(country, region, last.year), last.toordinal())
    since = bisect_right(_in_a_row(country, region, first.year), first.toordinal())
    for year in range(first.year, last.year):
        until += len(_in_a_row(country, region, year))
    return until - since


def shifted(house: Organisation, day: date, by: int) -> date:
    """Return the working day that lies `by` working days after (before, if negative) `day`.

    Raises:
        OverflowError: it lies beyond the calendar.
    """
    if not by:
        return day
    year = day.year
    found = _days_of(house, year)
    place = (
        bisect_right(found, day.toordinal()) - 1 if by > 0 else bisect_left(found, day.toordinal())
    )
    place += by
    while place >= len(found):
        place -= len(found)
        year += 1
        found = _days_of(house, year)
    while place < 0:
        year -= 1
        found = _days_of(house, year)
        place += len(found)
    return date.fromordinal(found[place])


def _days_of(house: Organisation, year: int) -> tuple[int, ...]:
    return _in_a_row(house.country, house.region, year)


@lru_cache(maxsize=512)
def _in_a_row(country: str, region: str, year: int) -> tuple[int, ...]:
    """Return the working days of a year, as ordinals, to be counted without walking."""
    if not MINYEAR <= year <= MAXYEAR:
        raise OverflowError("no calendar reaches so far")
    free = {day.toordinal() for day in holidays_in(country, region, year)}
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    # The ordinal of a Monday leaves 1, that of a Sunday 0.
    return tuple(n for n in range(first, last + 1) if 1 <= n % 7 <= 5 and n not in free)


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
    here = zones.local(at, zone)
    return _instant(shifted(house, here.date(), by), here.time(), zone)


def working_minutes(house: Organisation, first: datetime, last: datetime, *, zone: str) -> int:
    """Return how many minutes of the house's working days lie from `first` to `last`.

    A working day is the nine hours before it ends, as a clock in `zone` shows them.
    """
    if last <= first:
        return 0
    day, starts, ends = _day_at(house, first, zone)
    last_day, last_starts, _ends = _day_at(house, last, zone)
    if day == last_day:
        total = min(ends, last) - max(starts, first)
    else:
        total = ends - max(starts, first) + max(timedelta(), last - last_starts)
        total += count_between(house, day, last_day - timedelta(days=1)) * DAY
    return max(0, total // timedelta(minutes=1))


def later_by(house: Organisation, at: datetime, minutes: int, *, zone: str) -> datetime:
    """Return the moment that lies so many working minutes after `at`.

    What ends with a working day ends on it, not at the start of the next one.
    """
    left = timedelta(minutes=minutes)
    if not left:
        return at
    day, starts, ends = _day_at(house, at, zone)
    begins = max(starts, at)
    if left > ends - begins:
        left -= ends - begins
        # Every later day has as many hours; all but the last one pass whole.
        further = -(-left // DAY)
        begins = _hours_of(house, shifted(house, day, further), zone)[0]
        left -= (further - 1) * DAY
    return begins + left


def _day_at(house: Organisation, at: datetime, zone: str) -> tuple[date, datetime, datetime]:
    """Return the first day whose hours have not ended at a moment, and from when to when."""
    day = zones.day_of(at, zone)
    starts, ends = _hours_of(house, day, zone)
    if at >= ends:
        day += timedelta(days=1)
        starts, ends = _hours_of(house, day, zone)
    return day, starts, ends


def _hours_of(house: Organisation, day: date, zone: str) -> tuple[datetime, datetime]:
    """Return from when to when the house works on a day; on a free day nothing lies between."""
    ends = _instant(day, house.day_ends_at, zone)
    return (ends - DAY if is_working_day(house, day) else ends), ends


def _instant(day: date, at: time, zone: str) -> datetime:
    # Unlike zones.moment this never refuses: what falls into a gap lies an hour later.
    return datetime.combine(day, at, tzinfo=zones.zone(zone)).astimezone(UTC)

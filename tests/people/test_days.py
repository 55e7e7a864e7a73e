"""Counting working days: by the calendar of a year at once, as if each day were walked."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept.people import days
from kept.tenancy.models import Organisation

PORTUGAL = Organisation(name="Northlight", country="PT", region="")
ANYWHERE = Organisation(name="Southbank", country="", region="")
DAYS = st.dates(date(2019, 1, 1), date(2032, 12, 31))
HOUSES = st.sampled_from([PORTUGAL, ANYWHERE])


@settings(deadline=None)  # the first one loads the holidays
@given(house=HOUSES, first=DAYS, last=DAYS)
def test_as_many_working_days_lie_between_as_one_walks(
    house: Organisation, first: date, last: date
) -> None:
    early, late = min(first, last), max(first, last)
    walked = len(list(days.working_days(house, early + timedelta(days=1), late)))

    assert days.count_between(house, early, late) == walked
    assert days.count_between(house, late, early) == -walked


@settings(deadline=None)  # the first one loads the holidays
@given(house=HOUSES, day=DAYS, by=st.integers(1, 800))
def test_so_many_working_days_away_lies_the_day_one_walks_to(
    house: Organisation, day: date, by: int
) -> None:
    later, earlier = days.shifted(house, day, by), days.shifted(house, day, -by)

    assert days.is_working_day(house, later)
    assert days.is_working_day(house, earlier)
    assert len(list(days.working_days(house, day + timedelta(days=1), later))) == by
    assert len(list(days.working_days(house, earlier, day - timedelta(days=1)))) == by
    assert days.shifted(house, day, 0) == day


def test_nothing_lies_beyond_the_calendar() -> None:
    assert days.shifted(ANYWHERE, date(9999, 12, 30), 1) == date(9999, 12, 31)
    with pytest.raises(OverflowError):
        days.shifted(ANYWHERE, date(9999, 12, 31), 1)
    with pytest.raises(OverflowError):
        days.shifted(ANYWHERE, date(1, 1, 1), -1)


ENDS = st.sampled_from([time(18), time(23), time(2), time(0, 30)])
ZONES = st.sampled_from(["Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"])
MOMENTS = st.integers(0, 700 * 24 * 60).map(
    lambda minutes: datetime(2025, 2, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(deadline=None, max_examples=200)
@given(
    ends_at=ENDS,
    zone=ZONES,
    first=MOMENTS,
    length=st.timedeltas(timedelta(), timedelta(days=40)),
    minutes=st.integers(0, 30 * 540),
)
def test_working_time_is_what_one_adds_up_day_by_day(
    ends_at: time, zone: str, first: datetime, length: timedelta, minutes: int
) -> None:
    house = Organisation(name="Northlight", country="PT", region="", day_ends_at=ends_at)
    last = first + length
    hours = _hours(house, ends_at, zone, first)

    worked = sum(
        (max(timedelta(), min(end, last) - max(start, first)) for start, end in hours),
        timedelta(),
    )
    assert days.working_minutes(house, first, last, zone=zone) == worked // timedelta(minutes=1)

    left, reached = timedelta(minutes=minutes), first
    for start, end in hours:
        if not left:
            break
        here = min(left, max(timedelta(), end - max(start, first)))
        left -= here
        if here:
            reached = max(start, first) + here
    assert days.later_by(house, first, minutes, zone=zone) == reached


def _hours(
    house: Organisation, ends_at: time, zone: str, first: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the hours of each working day from the day before, in plain steps."""
    found = []
    for step in range(-2, 120):
        day = first.date() + timedelta(days=step)
        if days.is_working_day(house, day):
            end = datetime.combine(day, ends_at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            found.append((end - timedelta(hours=9), end))
    return found

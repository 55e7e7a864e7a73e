"""Counting working days: by the calendar of a year at once, as if each day were walked."""

from datetime import date, timedelta

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

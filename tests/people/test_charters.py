"""Charters: when somebody may be asked, by their own clock, across clock changes and leap days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import cast

from kept.jobs import making, owning
from kept.jobs.models import Stage
from kept.people import charters
from kept.people.charters import Reachable, Way
from kept.people.models import Charter, Member
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused

EVERY_DAY = 127


def somebody(
    zone: str, *, asked_from: time | None, until: time | None, weekdays: int = EVERY_DAY
) -> Reachable:
    """A person who was never kept, without holidays."""
    house = Organisation(name="Eastwater")
    member = Member(organisation=house, name="Lin", zone=zone)
    charter = Charter(
        organisation=house,
        member=member,
        quiet_from=until,
        quiet_until=asked_from,
        weekdays=weekdays,
        daily_cap=3,
    )
    return Reachable(member, charter, (Way("mail"),), ())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "asked_at", "reached_at"),
    [
        # Lisbon, Sunday 29 March 2026: at 1:00 the clocks show 2:00. 1:30 never is.
        ("Europe/Lisbon", "2026-03-29T00:10", "2026-03-29T01:30"),
        # New York, Sunday 8 March 2026: at 2:00 the clocks show 3:00.
        ("America/New_York", "2026-03-08T05:10", "2026-03-08T06:30"),
        # Lord Howe Island, Sunday 4 October 2026: the clocks go forward by half an hour at 2:00.
        ("Australia/Lord_Howe", "2026-10-03T14:00", "2026-10-03T15:00"),
    ],
)
def test_hours_that_open_in_a_gap_of_the_clocks_open_after_it(
    zone: str, asked_at: str, reached_at: str
) -> None:
    """In each zone one may be asked from 1:30 until 5:00."""
    lin = somebody(zone, asked_from=time(1, 30), until=time(5))
    assert lin.next_moment(utc(asked_at)) == utc(reached_at)


@pytest.mark.parametrize(
    ("zone", "asked_at", "reached_at"),
    [
        # Lisbon, Sunday 25 October 2026: 1:30 comes twice; the first is meant.
        ("Europe/Lisbon", "2026-10-24T22:00", "2026-10-25T00:30"),
        ("America/New_York", "2026-11-01T04:00", "2026-11-01T05:30"),
        ("Australia/Lord_Howe", "2026-04-04T13:00", "2026-04-04T14:30"),
    ],
)
def test_hours_that_open_when_the_clocks_go_back_open_once(
    zone: str, asked_at: str, reached_at: str
) -> None:
    lin = somebody(zone, asked_from=time(1, 30), until=time(5))
    moment = lin.next_moment(utc(asked_at))
    assert moment == utc(reached_at)
    # In the second half past one it is open already.
    again = utc(reached_at) + timedelta(hours=1)
    assert lin.next_moment(again) == again


def test_the_29th_of_february_is_a_day_like_others() -> None:
    lin = somebody("Europe/Lisbon", asked_from=time(9), until=time(18))
    assert lin.next_moment(utc("2028-02-28T19:00")) == utc("2028-02-29T09:00")
    assert lin.next_moment(utc("2028-02-29T19:00")) == utc("2028-03-01T09:00")


def test_an_evening_that_ends_after_midnight_belongs_to_its_day() -> None:
    """A cook works Fridays from 16:00 until 1:00: half past midnight is Friday still."""
    friday = 1 << 4
    cook = somebody("Europe/Lisbon", asked_from=time(16), until=time(1), weekdays=friday)
    assert cook.next_moment(utc("2026-12-05T00:30")) == utc("2026-12-05T00:30")
    assert cook.next_moment(utc("2026-12-05T01:00")) == utc("2026-12-11T16:00")


@given(
    zone=st.sampled_from(["Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    minutes=st.integers(0, 9 * 366 * 24 * 60),
    opens=st.integers(0, 24 * 60 - 1),
    closes=st.integers(0, 24 * 60 - 1),
    weekdays=st.integers(1, 127),
)
def test_the_next_moment_is_never_early_and_is_open_itself(
    zone: str, minutes: int, opens: int, closes: int, weekdays: int
) -> None:
    """Where opening and closing fall together there are no quiet hours at all."""
    asked_from: time | None = time(opens // 60, opens % 60)
    until: time | None = time(closes // 60, closes % 60)
    if asked_from == until:
        asked_from = until = None
    lin = somebody(zone, asked_from=asked_from, until=until, weekdays=weekdays)
    asked_at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    moment = lin.next_moment(asked_at)
    assert moment is not None
    assert moment >= asked_at
    assert lin.next_moment(moment) == moment


def test_whoever_said_nothing_is_asked_in_their_working_week(northlight: cast.House) -> None:
    charter = charters.usual(northlight.dev)
    assert (charter.quiet_until, charter.quiet_from) == (time(9), time(18))
    assert charters.spoken_days(charter) == [0, 1, 2, 3, 4]
    assert (charter.daily_cap, charter.top_rung) == (3, False)


def test_a_yes_to_a_stage_writes_down_the_charter_it_consents_to(
    northlight: cast.House, now: datetime
) -> None:
    house = northlight
    job = making.make(
        title="Signs",
        stages=[making.StageSketch("Build", 8)],
        by=house.ben,
        now=now,
    )
    stage = Stage.objects.get(job=job)
    asked = owning.propose(stage, house.dev, by=house.ben, now=now)
    assert charters.in_force(house.dev) is None
    said = owning.accept(asked, by=house.dev, now=now)
    charter = charters.in_force(house.dev)
    assert charter is not None
    assert said.charter == charter
    assert [way.kind for way in charter.channels.all()] == ["mail"]


def test_only_oneself_says_how_one_may_be_chased(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(charters.NotTheirs, match="Dev"):
        charters.change(northlight.dev, daily_cap=9, by=northlight.ada, now=now)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"daily_cap": 0}, "from 1 to 20"),
        ({"weekdays": 0}, "Name at least one day"),
        ({"quiet_from": None}, "or leave both empty"),
        ({"quiet_from": time(9), "quiet_until": time(9)}, "all day or not at all"),
        ({"ways": []}, "Name one to 6 ways"),
    ],
)
def test_what_cannot_be_is_refused(
    northlight: cast.House, now: datetime, changes: charters.CharterChanges, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence):
        charters.change(northlight.dev, by=northlight.dev, now=now, **changes)
    assert not Charter.objects.exists()


def test_holidays_and_absences_are_no_days_to_ask(northlight: cast.House) -> None:
    who = charters.reachable(northlight.dev)
    assert not who.is_asked_on(date(2026, 12, 8))
    assert who.is_asked_on(date(2026, 12, 9))

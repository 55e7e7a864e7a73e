"""The ladder: each rung once, in order, within everybody's charter, until somebody knows."""

from datetime import datetime, time, timedelta

import pytest
from tests import cast
from tests.last_mile.conftest import dec, heard, untold

from kept.last_mile import answering, climbing, ladders, raising
from kept.last_mile.ladders import Step
from kept.last_mile.models import Alarm, Rung
from kept.people import charters, staff
from kept.promises.models import Promise
from kept.tenancy.refusals import Refused


def climbed(alarm: Alarm, *moments: datetime) -> Alarm:
    for moment in moments:
        climbing.climb_due(now=moment)
    alarm.refresh_from_db()
    return alarm


def test_it_climbs_from_nudge_to_ice_bucket_while_nobody_says_that_they_know(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """The waits are working time: 2 h, 2 h, 4 h, and 4 h of any kind before the ice bucket."""
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert (alarm.next_rung, alarm.next_at) == (2, dec(2, 17, 10))
    climbed(alarm, dec(2, 17, 10))
    # 50 minutes of Wednesday are left; 70 of the 120 fall on Thursday, from nine o'clock.
    assert (alarm.next_rung, alarm.next_at) == (3, dec(3, 10, 10))
    climbed(alarm, dec(3, 10, 10))
    assert (alarm.next_rung, alarm.next_at) == (4, dec(3, 14, 10))
    climbed(alarm, dec(3, 14, 10))
    assert (alarm.next_rung, alarm.next_at) == (5, dec(3, 18, 10))
    climbed(alarm, dec(3, 18, 10), dec(4, 9))
    assert (alarm.next_rung, alarm.next_at) == (None, None)
    assert heard(alarm) == [
        ("nudge", "Dev", "2 Dec 15:10"),
        ("knock", "Dev", "2 Dec 17:10"),
        ("huddle", "Dev", "3 Dec 10:10"),
        ("lead", "Ben", "3 Dec 14:10"),
        # Nobody allowed the top rung at any hour, so it waits until Friday morning.
        ("ice_bucket", "Ada", "4 Dec 09:00"),
        ("ice_bucket", "Ben", "4 Dec 09:00"),
        ("ice_bucket", "Dev", "4 Dec 09:00"),
    ]
    assert untold() == []


def test_who_allows_the_top_rung_is_reached_at_any_hour(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    charters.change(northlight.dev, top_rung=True, by=northlight.dev, now=now)
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    climbed(alarm, dec(2, 17, 10), dec(3, 10, 10), dec(3, 14, 10), dec(3, 18, 10))
    assert heard(alarm)[-3:] == [
        ("ice_bucket", "Ada", "4 Dec 09:00"),
        ("ice_bucket", "Ben", "4 Dec 09:00"),
        ("ice_bucket", "Dev", "3 Dec 18:10"),
    ]


def test_saying_that_one_knows_stops_it(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.acknowledge(alarm, by=northlight.dev, now=now)
    climbed(alarm, dec(2, 17, 10), dec(4, 9), dec(20, 9))
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 15:10")]
    assert (alarm.state, alarm.next_rung) == (Alarm.State.ACKNOWLEDGED, None)


def test_after_three_days_off_each_rung_comes_once_in_order_and_says_that_it_is_late(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    monday = dec(7, 9)
    climbed(alarm, *(monday + timedelta(minutes=10 * step) for step in range(12)))
    # The knock was meant for Wednesday; the huddle's two hours start when it was heard.
    assert heard(alarm) == [
        ("nudge", "Dev", "2 Dec 15:10"),
        ("knock", "Dev", "7 Dec 09:00", "late"),
    ]
    climbed(alarm, dec(7, 11))
    assert heard(alarm)[2:] == [("huddle", "Dev", "7 Dec 11:00")]


def test_quiet_hours_holidays_and_absences_are_waited_out(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    """Asked on Friday after hours; Monday 7 away, Tuesday 8 a holiday: it waits until Wednesday."""
    house = northlight
    charters.change(
        house.dev, quiet_from=time(17, 30), quiet_until=time(9, 30), by=house.dev, now=now
    )
    staff.add_absence(house.dev, dec(7, 0).date(), dec(7, 0).date(), by=house.dev, now=now)
    alarm = raising.ask(accepted, house.dev, by=house.maya, now=dec(4, 17, 45))
    assert heard(alarm) == [("nudge", "Dev", "9 Dec 09:30")]
    assert alarm.next_at == dec(9, 11, 30)


def test_nobody_gets_more_in_a_day_than_they_said(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    charters.change(northlight.dev, daily_cap=1, by=northlight.dev, now=now)
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=dec(2, 10))
    climbed(alarm, dec(2, 12))
    assert heard(alarm) == [("nudge", "Dev", "2 Dec 10:00"), ("knock", "Dev", "3 Dec 09:00")]


def test_leads_and_the_owner_are_asked_like_everybody(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    for boss in (house.ben, house.ada):
        alarm = raising.ask(accepted, boss, by=house.maya, now=now, question="May we hire?")
        assert heard(alarm) == [("nudge", boss.name, "2 Dec 15:10")]


def test_only_whoever_sees_it_over_the_line_chases(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    with pytest.raises(raising.MayNotChase, match="Only whoever sees this promise over the line"):
        raising.ask(accepted, northlight.maya, by=northlight.dev, now=now)
    with pytest.raises(raising.NotOnIt, match="Gus"):
        raising.ask(accepted, northlight.gus, by=northlight.maya, now=now)
    assert not Alarm.objects.exists()


def test_the_next_rung_can_be_taken_at_once(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    raising.push(alarm, by=northlight.maya, now=dec(2, 15, 30))
    alarm.refresh_from_db()
    assert heard(alarm)[-1] == ("knock", "Dev", "2 Dec 15:30")
    assert alarm.next_rung == 3


def test_an_alarm_keeps_the_ladder_it_was_raised_on(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    ladders.change(
        [Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 0), Step(Rung.Name.LEAD, Rung.Hears.LEADS, 30)],
        by=northlight.ada,
        now=now,
    )
    climbed(alarm, dec(2, 17, 10))
    assert heard(alarm)[-1] == ("knock", "Dev", "2 Dec 17:10")
    later = raising.ask(accepted, northlight.ben, by=northlight.maya, now=dec(2, 17, 10))
    assert (later.next_rung, later.next_at) == (2, dec(2, 17, 40))


def test_a_ladder_goes_upwards(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(Refused, match="from nudge up to ice bucket"):
        ladders.change(
            [Step(Rung.Name.LEAD, Rung.Hears.LEADS, 0), Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 5)],
            by=northlight.ada,
            now=now,
        )

"""Whatever the clock does, each rung is climbed once, in order, and what comes late says so.

Where the clocks of a zone skip an hour, where they show one twice, and on the 29th of February;
with a house whose clock runs an hour ahead or behind for a while, or that is off for three days.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from tests import cast
from tests.last_mile.conftest import untold

from kept.last_mile import climbing, ladders, raising
from kept.last_mile.ladders import Step
from kept.last_mile.models import Alarm, Notice, Rung
from kept.ledger.models import Event
from kept.people import charters
from kept.people.models import Member
from kept.promises.models import Promise

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICK = 10 * MINUTE

#: A day on which the clocks skip an hour, one on which they show one twice, and a leap day.
DAYS = {
    "Europe/Lisbon": ((2027, 3, 28), (2027, 10, 31), (2028, 2, 29)),
    "America/New_York": ((2027, 3, 14), (2027, 11, 7), (2028, 2, 29)),
    "Pacific/Auckland": ((2027, 9, 26), (2027, 4, 4), (2028, 2, 29)),
}
WAITS = [
    Step(name, Rung.Hears.ASKED, 0 if name == Rung.Name.NUDGE else 50, any_hour=True)
    for name in Rung.Name
]


def straight(begin: datetime) -> Iterator[datetime]:
    for tick in range(500):
        yield begin + tick * TICK


def ahead(begin: datetime) -> Iterator[datetime]:
    """An hour ahead from the eighth look to the twentieth."""
    for tick, at in enumerate(straight(begin)):
        yield at + HOUR if 8 <= tick < 20 else at


def behind(begin: datetime) -> Iterator[datetime]:
    """An hour behind from the eighth look to the twentieth."""
    for tick, at in enumerate(straight(begin)):
        yield at - HOUR if 8 <= tick < 20 else at


def off(begin: datetime) -> Iterator[datetime]:
    """Nobody looks for three days, from the eighth look on."""
    for tick, at in enumerate(straight(begin)):
        yield at + 3 * DAY if tick >= 8 else at


@pytest.mark.parametrize("clock", [straight, ahead, behind, off])
@pytest.mark.parametrize(
    ("zone", "day"), [(zone, day) for zone, days in DAYS.items() for day in days]
)
def test_each_rung_is_climbed_once_in_order_within_the_charter_and_late_ones_say_so(
    northlight: cast.House,
    accepted: Promise,
    now: datetime,
    zone: str,
    day: tuple[int, int, int],
    clock: object,
) -> None:
    dev = northlight.dev
    Member.objects.filter(pk=dev.pk).update(zone=zone, country="")
    dev.refresh_from_db()
    # Asked from an hour that some of these days skip, or show twice, until eleven.
    charters.change(
        dev,
        quiet_until=time(1, 30) if zone == "Europe/Lisbon" else time(2, 30),
        quiet_from=time(23),
        weekdays=127,
        daily_cap=20,
        by=dev,
        now=now,
    )
    ladders.change(WAITS, by=northlight.ada, now=now)
    begin = datetime(*day, tzinfo=ZoneInfo(zone)).astimezone(UTC) - 2 * HOUR
    alarm = raising.ask(accepted, dev, by=northlight.maya, now=begin)
    for at in clock(begin):  # type: ignore[operator]
        climbing.climb_due(now=at)

    rungs = [
        event.facts["rung"]
        for event in Event.objects.filter(kind=Event.Kind.ALARM_CLIMBED).order_by("number")
    ]
    assert rungs == [1, 2, 3, 4, 5]
    notices = list(Notice.objects.filter(alarm=alarm).order_by("rung"))
    assert [row.rung for row in notices] == rungs
    who = charters.reachable(dev)
    assert [who.next_moment(row.due_at) for row in notices] == [row.due_at for row in notices]
    for before, after in pairwise(notices):
        assert after.written_at >= after.meant_at >= before.due_at + 50 * MINUTE
    assert [row.late for row in notices] == [
        row.written_at - row.meant_at > climbing.LATE_AFTER for row in notices
    ]
    # One that runs an hour behind, and is set right, finds a rung late; nobody gets three at once.
    late = sum(row.late for row in notices)
    assert late == (1 if clock is off else 0) or (clock in (ahead, behind) and late <= 1)
    assert Alarm.objects.get().next_rung is None
    assert untold() == []

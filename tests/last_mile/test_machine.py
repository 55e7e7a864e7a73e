"""The life of an alarm against a plain model: whatever is done, in whatever order."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests import cast
from tests.last_mile.conftest import dec

from kept.last_mile import answering, climbing, raising, states
from kept.last_mile.models import Alarm, AlarmAnswer, Notice
from kept.people import charters
from kept.promises.models import Promise
from kept.tenancy.refusals import Conflict

STATES = ("raised", "acknowledged", "answered", "closed")


class Life(RuleBasedStateMachine):
    """One alarm at a time; the model knows a state, the rungs climbed, and the clock."""

    house: cast.House
    promise: Promise

    def __init__(self) -> None:
        super().__init__()
        self.now = dec(2, 15, 10)
        self.alarm: Alarm | None = None
        self.state = "raised"
        self.climbed = 1

    @initialize(top=st.booleans(), cap=st.integers(1, 3))
    def begin(self, top: bool, cap: int) -> None:
        Notice.objects.all().delete()
        AlarmAnswer.objects.all().delete()
        Alarm.objects.all().delete()
        dev = self.house.dev
        charters.change(dev, top_rung=top, daily_cap=cap, by=dev, now=self.now)
        self.alarm = raising.ask(self.promise, dev, by=self.house.maya, now=self.now)

    @rule(minutes=st.sampled_from([1, 20, 130, 600, 1440, 4320]))
    def time_passes(self, minutes: int) -> None:
        """A round comes after a while, once or twice: never more than one rung at a time."""
        self.now += timedelta(minutes=minutes)
        before = self._row()
        due = (
            before.state == "raised" and before.next_at is not None and (before.next_at <= self.now)
        )
        climbing.climb_due(now=self.now)
        if due:
            self.climbed += 1
            assert self._row().next_rung == (before.next_rung or 0) + 1 or self.climbed == 5

    @rule()
    def acknowledge(self) -> None:
        self._move(
            "acknowledge",
            lambda: answering.acknowledge(self._row(), by=self.house.dev, now=self.now),
        )

    @rule(hours=st.integers(1, 60))
    def answer(self, hours: int) -> None:
        self._move(
            "answer",
            lambda: answering.answer(
                self._row(),
                kind=AlarmAnswer.Kind.DONE_BY,
                due_at=self.now + timedelta(hours=hours),
                by=self.house.dev,
                now=self.now,
            ),
        )

    @rule()
    def close(self) -> None:
        self._move("close", lambda: answering.close(self._row(), by=self.house.dev, now=self.now))

    @precondition(lambda self: self.state == "raised")
    @rule()
    def push(self) -> None:
        before = self._row()
        if before.next_rung is None:
            with pytest.raises(Conflict):
                raising.push(before, by=self.house.maya, now=self.now)
        else:
            raising.push(before, by=self.house.maya, now=self.now)
            self.climbed += 1

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        if self.alarm is None:
            return
        row = self._row()
        assert row.state == self.state
        assert (row.next_at is None) == (row.next_rung is None)
        if row.state != "raised":
            assert row.next_at is None
        elif self.climbed < 5:
            assert row.next_rung == self.climbed + 1
        else:
            assert row.next_rung is None

    @invariant()
    def each_rung_reaches_a_person_once_in_order_and_within_the_charter(self) -> None:
        if self.alarm is None:
            return
        notices = list(Notice.objects.filter(alarm=self.alarm).select_related("member"))
        assert len({(row.rung, row.member_id) for row in notices}) == len(notices)
        assert max((row.rung for row in notices), default=0) <= self.climbed
        in_order = sorted(notices, key=lambda row: row.rung)
        assert [n.written_at for n in in_order] == sorted(n.written_at for n in in_order)
        mine = [row for row in notices if row.member_id == self.house.dev.pk]
        who = charters.reachable(self.house.dev)
        assert who.charter is not None
        for row in mine:
            allowed_any = row.rung == 5 and who.charter.top_rung
            assert allowed_any or who.next_moment(row.due_at) == row.due_at
        for day in {row.due_at.date() for row in mine}:
            # What is due at one moment is one message.
            messages = {r.due_at for r in mine if r.due_at.date() == day and r.rung != 5}
            assert len(messages) <= who.charter.daily_cap

    def _move(self, verb: str, do: Any) -> None:
        sources, target = states.MOVES[verb]
        if self.state in sources:
            do()
            self.state = str(target)
        else:
            with pytest.raises(states.MoveNotAllowed):
                do()

    def _row(self) -> Alarm:
        assert self.alarm is not None
        return Alarm.objects.select_related("promise__last_mile_owner", "asked").get(
            pk=self.alarm.pk
        )


def test_whatever_happens_an_alarm_climbs_in_order_and_stops_for_good(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    class Machine(Life):
        house = northlight
        promise = accepted

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

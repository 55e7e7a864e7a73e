"""A hold about to lapse, what an alarm says in short, and that a fault holds up nobody else."""

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast
from tests.last_mile.conftest import dec, heard, untold
from tests.last_mile.test_rounds import forecast, raised
from tests.quotes.test_checking import end_of
from tests.quotes.test_hold_and_yes import held

from kept.jobs import making
from kept.last_mile import answering, climbing, raising, rounds, wording
from kept.last_mile.models import Alarm, AlarmAnswer, Kind
from kept.people.models import Member
from kept.promises import ending
from kept.promises.models import Promise
from kept.quotes import offering
from kept.tenancy.refusals import Refused


def test_a_hold_about_to_lapse_is_told_to_whoever_holds_it_until_it_is_over(
    one_builder: cast.House, now: datetime
) -> None:
    """Held on Wednesday until Friday, 18:00; four working hours before that it is Friday, 14:00."""
    quote = held(one_builder, 8, end_of(3), now)
    assert quote.expires_at == dec(4, 18)
    rounds.go(now=dec(4, 13, 50))
    assert raised(Kind.HOLD) == []
    rounds.go(now=dec(4, 14))
    rounds.go(now=dec(4, 14, 10))
    assert raised(Kind.HOLD) == [("Ben", "raised")]
    alarm = Alarm.objects.get(kind=Kind.HOLD)
    assert heard(alarm)[0] == ("nudge", "Ben", "4 Dec 14:00")
    assert "lapses" in wording.in_short(alarm, zone=cast.ZONE)

    offering.withdraw(quote=quote, by=one_builder.ben, now=dec(4, 14, 20))
    rounds.go(now=dec(4, 14, 20))
    assert raised(Kind.HOLD) == [("Ben", "closed")]


def test_a_hold_whose_keeper_left_worries_nobody(one_builder: cast.House, now: datetime) -> None:
    held(one_builder, 8, end_of(3), now)
    Member.objects.filter(pk=one_builder.ben.pk).update(left_at=now)
    rounds.go(now=dec(4, 14))
    assert raised(Kind.HOLD) == []


def test_each_cause_says_what_happened_in_one_short_sentence(
    northlight: cast.House, accepted: Promise, promise: Promise, now: datetime
) -> None:
    house = northlight
    stage = promise.job.stages.get(name="Recording")
    making.record_obligation(accepted.job, what="test accounts", due_at=now, by=house.ben, now=now)
    cases: dict[Kind, dict[str, Any]] = {
        Kind.AT_RISK: {"promise": promise, "chance_then": 0.65},
        Kind.DRIFT: {"promise": promise, "chance_then": 0.82},
        Kind.SILENCE: {"promise": promise, "stage": stage},
        Kind.STUCK: {"promise": promise, "stage": stage},
        Kind.OBLIGATION: {"promise": promise, "obligation": accepted.job.obligations.get()},
        Kind.ANSWER: {"promise": promise},
    }
    said = {}
    for kind, what in cases.items():
        alarm = raising.raise_alarm(
            kind, cause=f"test:{kind}", asked=house.dev, job=promise.job, now=now, **what
        )
        assert alarm is not None
        said[kind] = wording.in_short(alarm, zone=cast.ZONE).replace("\xa0", " ")
    assert said == {
        Kind.AT_RISK: "At risk: 65 %, under the line.",
        Kind.DRIFT: "Drifts: 82 %, clearly lower than the client was told.",
        Kind.SILENCE: "Dev is silent about “Recording”.",
        Kind.STUCK: "“Recording” is stuck: nothing happened on it.",
        Kind.OBLIGATION: "The client owes test accounts.",
        Kind.ANSWER: "Dev’s answer is overdue.",
    }


def test_who_sees_it_over_the_line_is_silent_about_the_last_mile(
    northlight: cast.House, promise: Promise, now: datetime
) -> None:
    alarm = raising.raise_alarm(
        Kind.SILENCE, cause="test", asked=northlight.maya, promise=promise, job=promise.job, now=now
    )
    assert alarm is not None
    assert wording.in_short(alarm, zone=cast.ZONE) == "Maya is silent about the last mile."
    assert "to own last mile of Audio guide" in wording.sentence(alarm, zone=cast.ZONE)


def test_the_same_cause_raises_one_alarm(
    northlight: cast.House, promise: Promise, now: datetime
) -> None:
    what = {"cause": "test", "asked": northlight.dev, "promise": promise, "now": now}
    assert raising.raise_alarm(Kind.DRIFT, **what) is not None
    assert raising.raise_alarm(Kind.DRIFT, **what) is None
    assert raised(Kind.DRIFT) == [("Dev", "raised")]


def test_nobody_asks_themselves_nor_about_a_promise_that_is_over(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    with pytest.raises(Refused, match="You need not ask yourself"):
        raising.ask(accepted, house.maya, by=house.maya, now=now)
    ending.release(accepted, by=house.maya, now=now, word="Never mind.")
    accepted.refresh_from_db()
    with pytest.raises(Refused, match="This promise is over"):
        raising.ask(accepted, house.dev, by=house.maya, now=now)
    assert not Alarm.objects.exists()


def test_who_left_answers_and_chases_no_more(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    alarm = raising.ask(accepted, house.dev, by=house.maya, now=now)
    house.dev.left_at = house.maya.left_at = now
    with pytest.raises(Refused, match="needs the role"):
        answering.acknowledge(alarm, by=house.dev, now=now)
    with pytest.raises(Refused, match="needs the role"):
        raising.push(alarm, by=house.maya, now=now)


def test_a_rung_that_fails_holds_up_no_other_and_is_climbed_later(
    northlight: cast.House, accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = northlight
    stuck, other = (
        raising.ask(accepted, who, by=house.maya, now=now) for who in (house.dev, house.ben)
    )
    later = max(alarm.next_at for alarm in (stuck, other) if alarm.next_at is not None)
    climb = climbing.climb

    def fails(key: int, **how: Any) -> Alarm | None:
        if key == stuck.pk:
            raise RuntimeError("something is broken")
        return climb(key, **how)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(climbing, "climb", fails)
        assert climbing.climb_due(now=later) == [other]
    assert climbing.climb_due(now=later) == [stuck]


def test_an_overdue_answer_that_cannot_be_asked_for_holds_up_no_other(
    northlight: cast.House, accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = northlight
    alarms = [raising.ask(accepted, who, by=house.maya, now=now) for who in (house.dev, house.ben)]
    for alarm in alarms:
        answering.acknowledge(alarm, by=alarm.asked, now=now)
    close = answering.close

    def fails(alarm: Alarm, **how: Any) -> Alarm:
        if alarm.pk == alarms[0].pk:
            raise RuntimeError("something is broken")
        return close(alarm, **how)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(answering, "close", fails)
        answering.overdue(now=dec(2, 17, 10))
        assert raised(Kind.ANSWER) == [("Ben", "raised")]
    answering.overdue(now=dec(2, 17, 10))
    assert raised(Kind.ANSWER) == [("Ben", "raised"), ("Dev", "raised")]
    assert untold() == []


def test_who_answered_in_this_very_moment_is_not_asked_again(
    northlight: cast.House, accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.acknowledge(alarm, by=northlight.dev, now=now)
    lock = answering._locked

    def answered_first(late: Alarm) -> Alarm:
        monkeypatch.setattr(answering, "_locked", lock)
        answering.answer(
            late, kind=AlarmAnswer.Kind.DONE_BY, due_at=dec(3, 11), by=northlight.dev, now=now
        )
        return lock(late)

    monkeypatch.setattr(answering, "_locked", answered_first)
    assert answering.overdue(now=dec(2, 17, 10)) == []
    assert raised(Kind.ASKED) == [("Dev", "answered")]


def test_a_step_that_fails_in_a_house_leaves_it_the_others(
    northlight: cast.House, accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_how: Any) -> None:
        raise RuntimeError("something is broken")

    monkeypatch.setattr(rounds.referring, "follow", broken)
    forecast(accepted, 0.70, now)
    rounds.everywhere(now=now)
    assert raised(Kind.AT_RISK) == [("Maya", "raised")]


@pytest.mark.django_db(transaction=True)
def test_the_rounds_go_on_after_one_that_fails_until_they_are_told_to_stop(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, went = threading.Event(), []

    def everywhere(*, now: datetime) -> None:
        went.append(now)
        if len(went) == 1:
            raise RuntimeError("something is broken")
        stop.set()

    monkeypatch.setattr(rounds, "BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr(rounds, "everywhere", everywhere)
    moments = iter([now + timedelta(minutes=n) for n in range(9)])
    rounds.keep_going(now=lambda: next(moments), until=stop)
    # The long round took the first moment, and once in five minutes is enough for it.
    assert went == [now + timedelta(minutes=1), now + timedelta(minutes=2)]


def test_each_cause_says_what_happened_to_who_hears_of_it(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    stage = accepted.job.stages.get(name="Recording")
    owed = making.record_obligation(
        accepted.job, what="test accounts", due_at=now, by=house.ben, now=now
    )
    cases: dict[Kind, dict[str, Any]] = {
        Kind.ASKED: {"by": house.maya, "question": "When is it recorded?"},
        Kind.AT_RISK: {"chance_then": 0.65},
        Kind.DRIFT: {"chance_then": 0.82},
        Kind.SILENCE: {"stage": stage},
        Kind.STUCK: {"stage": stage},
        Kind.OBLIGATION: {"obligation": owed},
        Kind.ANSWER: {},
        Kind.UNDELIVERABLE: {"question": "Dev"},
    }
    said = {}
    for kind, what in cases.items():
        alarm = raising.raise_alarm(
            kind, cause=f"test:{kind}", asked=house.dev, promise=accepted, now=now, **what
        )
        assert alarm is not None
        said[kind] = wording.sentence(alarm, zone=cast.ZONE).replace("\xa0", " ")
    what = "Audio guide, Harbour Clinic"
    assert said == {
        Kind.ASKED: f"Maya asks about {what}: When is it recorded?",
        Kind.AT_RISK: f"{what} is at risk: its chance is 65 %, under the line.",
        Kind.DRIFT: (
            f"{what} drifts: its chance is 82 %, clearly lower than when the client was last told."
        ),
        Kind.SILENCE: f"Dev was asked to own “Recording” of {what}, and is silent.",
        Kind.STUCK: f"“Recording” of {what} is stuck near the end.",
        Kind.OBLIGATION: (
            f"The client of {what} owes test accounts since Wed 2 Dec, 15:10. "
            "Ask them, or pause it."
        ),
        Kind.ANSWER: f"Dev knows about {what}, and owes an answer.",
        Kind.UNDELIVERABLE: "A message to Dev could not be delivered. Reach them another way.",
    }
    assert {*said, Kind.HOLD} == set(Kind)  # a hold about to lapse is told of above


def test_an_alarm_about_no_promise_is_signed_by_the_house(
    northlight: cast.House, now: datetime
) -> None:
    alarm = raising.raise_alarm(
        Kind.UNDELIVERABLE, cause="a letter", asked=northlight.ada, now=now, question="Ana"
    )
    assert alarm is not None
    assert wording.signed(alarm) == "Northlight"

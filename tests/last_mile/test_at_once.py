"""Two at once: a rung is climbed once, a cause raises one alarm, and knowing stops it for good."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller
from tests.last_mile.conftest import dec
from tests.last_mile.test_rounds import forecast
from tests.promises.test_at_once import outcomes

from kept.last_mile import answering, climbing, raising, rounds
from kept.last_mile.models import Alarm, AlarmAnswer, Notice
from kept.ledger import chain
from kept.ledger.models import Event
from kept.people import charters
from kept.people.models import Charter
from kept.promises.models import Promise

TIMES = 4


@pytest.mark.django_db(transaction=True)
def test_known_and_climbed_at_once_no_rung_is_climbed_after_somebody_knew(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    charters.change(house.ben, daily_cap=20, by=house.ben, now=now)
    due_at = dec(2, 17, 30)
    for time in range(TIMES):
        asked_at = now + timedelta(minutes=time)
        alarm = raising.ask(accepted, house.ben, by=house.maya, now=asked_at)
        said = outcomes(
            house,
            lambda a=alarm: answering.acknowledge(a, by=house.ben, now=due_at),
            lambda a=alarm: climbing.climb(a.pk, now=due_at),
            lambda a=alarm: climbing.climb(a.pk, now=due_at),
        )
        assert said == {"done": 3}
        alarm.refresh_from_db()
        assert (alarm.state, alarm.next_rung) == (Alarm.State.ACKNOWLEDGED, None)
        rungs = Counter(Notice.objects.filter(alarm=alarm).values_list("rung", flat=True))
        assert rungs in ({1: 1}, {1: 1, 2: 1})
        answering.close(alarm, by=house.ben, now=due_at)
    assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_of_many_who_say_that_they_know_one_is_written_down(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.ben, by=northlight.maya, now=now)
    acts = [lambda: answering.acknowledge(alarm, by=northlight.ben, now=now)] * 8
    assert outcomes(northlight, *acts) == {"done": 1, "refused": 7}


@pytest.mark.django_db(transaction=True)
def test_rounds_of_several_workers_raise_one_alarm_and_send_one_notice(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    forecast(accepted, 0.70, now)
    assert outcomes(northlight, *[lambda: rounds.go(now=now)] * 5) == {"done": 5}
    assert Alarm.objects.count() == 1
    assert Notice.objects.count() == 1
    assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_two_first_settings_at_once_make_one_charter(northlight: cast.House, now: datetime) -> None:
    dev = northlight.dev
    acts = [lambda cap=cap: charters.change(dev, daily_cap=cap, by=dev, now=now) for cap in (2, 5)]
    assert outcomes(northlight, *acts) == {"done": 2}
    assert Charter.objects.filter(member=dev, revoked_at__isnull=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_alarms_at_once_stay_within_the_daily_cap(
    northlight: cast.House, give: object, now: datetime
) -> None:
    house = northlight
    charters.change(house.ben, daily_cap=1, by=house.ben, now=now)
    first, second = (give(), give())  # type: ignore[operator]
    assert outcomes(
        house,
        lambda: raising.ask(first, house.ben, by=house.maya, now=now),
        lambda: raising.ask(second, house.ben, by=house.maya, now=now + timedelta(seconds=1)),
    ) == {"done": 2}
    first_at, second_at = sorted(Notice.objects.values_list("due_at", flat=True))
    assert (now <= first_at <= now + timedelta(seconds=1), second_at) == (True, dec(3, 9))


@pytest.mark.django_db(transaction=True)
def test_answered_and_overdue_at_once_an_answer_that_was_taken_stands(
    northlight: cast.House, give: object, now: datetime
) -> None:
    """What was said in time is not thrown away by a round that read the alarm a moment before."""
    house = northlight
    charters.change(house.ben, daily_cap=20, by=house.ben, now=now)
    for time in range(TIMES):
        promise = give()  # type: ignore[operator]
        alarm = raising.ask(promise, house.ben, by=house.maya, now=now + timedelta(minutes=time))
        known = answering.acknowledge(alarm, by=house.ben, now=now + timedelta(minutes=time))
        due_at = known.answer_due_at
        assert due_at is not None
        said = outcomes(
            house,
            lambda a=alarm, at=due_at: answering.answer(
                a,
                kind=AlarmAnswer.Kind.DONE_BY,
                due_at=at + timedelta(days=1),
                by=house.ben,
                now=at,
            ),
            lambda at=due_at: answering.overdue(now=at),
            lambda at=due_at: answering.overdue(now=at),
        )
        alarm.refresh_from_db()
        again = Alarm.objects.filter(follows=alarm).count()
        taken = (Alarm.State.ANSWERED, 0)
        assert (alarm.state, again) == (taken if said == {"done": 3} else (Alarm.State.CLOSED, 1))
    assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_twenty_times_acknowledges_once(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.ben, by=northlight.maya, now=now)
    ben = Caller(northlight.ben, ["read", "write"], now)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        said = ben.again().post(f"/alarms/{alarm.pk}/acknowledge", Idempotency_Key="k1")
        answers.append((said.status_code, said.content))

    with time_machine.travel(now, tick=False):
        assert outcomes(northlight, *[send] * 20) == {"done": 20}
    assert Counter(answers) == {(200, answers[0][1]): 20}
    assert Event.objects.filter(kind=Event.Kind.ALARM_ACKNOWLEDGED).count() == 1

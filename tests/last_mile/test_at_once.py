"""Two at once: a rung is climbed once, a cause raises one alarm, and knowing stops it for good."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.last_mile.conftest import dec
from tests.last_mile.test_rounds import forecast
from tests.promises.test_at_once import outcomes

from kept.last_mile import answering, climbing, raising, rounds
from kept.last_mile.models import Alarm, Notice
from kept.ledger import chain
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
        lambda: raising.ask(second, house.ben, by=house.maya, now=now),
    ) == {"done": 2}
    due = sorted(Notice.objects.values_list("due_at", flat=True))
    assert due == [now, dec(3, 9)]

"""How the core stands: rule 6, on cases that can be counted."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import cast
from tests.asks.whole import faults

from kept.asks import core
from kept.asks.core import Verdict
from kept.clients import catalogue
from kept.clients import core as cores
from kept.clients.catalogue import StageSketch
from kept.clients.models import CoreService, CoreWord, Service
from kept.promises import occurring
from kept.promises.models import Occurrence
from kept.tenancy import refusals


@pytest.mark.parametrize(
    ("kept", "of", "verdict"),
    [
        (20, 20, Verdict.HOT),  # lower bound 96.6 %
        (19, 20, Verdict.HOT),  # 88.5 %
        (18, 20, Verdict.WARM),  # 82.4 %
        (16, 20, Verdict.WARM),  # 71.3 %
        (15, 20, Verdict.COLD),  # 65.9 %
        (5, 5, Verdict.HOT),  # 87.6 %
        (4, 5, Verdict.COLD),  # 61.1 %
        (4, 4, Verdict.UNKNOWN),
    ],
)
def test_hot_warm_cold_and_too_little_known(kept: int, of: int, verdict: Verdict) -> None:
    assert core.verdict_of(kept, of, hot=0.85, warm=0.70) is verdict


@given(of=st.integers(core.ENOUGH, 60), data=st.data())
def test_one_more_kept_never_cools_it(of: int, data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, of - 1))
    order = [Verdict.COLD, Verdict.WARM, Verdict.HOT]
    before, after = (core.verdict_of(n, of, hot=0.85, warm=0.70) for n in (kept, kept + 1))
    assert order.index(before) <= order.index(after)


@pytest.fixture
def letters(northlight: cast.House, now: datetime) -> Service:
    return catalogue.add_service(
        name="Monday letters", stages=[StageSketch("Write", 2)], by=northlight.ben, now=now
    )


def test_the_last_twenty_of_what_they_hired_us_for(
    northlight: cast.House, now: datetime, letters: Service
) -> None:
    """26 weekdays fell due: 4 missed, one let off, 20 kept, and today's."""
    house, clinic = northlight, northlight.clients["Harbour Clinic"]
    ago = now - timedelta(days=36)
    row = cores.name(clinic, letters, by=house.ben, now=now)
    occurring.make(
        client=clinic,
        what="Letter",
        rule="FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        due_time=time(10),
        service=letters,
        by=house.maya,
        now=ago,
    )
    occurring.look_ahead(now=now)
    due = list(Occurrence.objects.filter(due_at__lte=now))
    assert len(due) == 26
    for one in due[4:25]:
        if one is due[20]:
            occurring.release(one, by=house.maya, now=one.due_at)
        else:
            occurring.done(one, by=house.maya, now=one.due_at)
    found = core.health(clinic, now=due[25].due_at - timedelta(minutes=1))
    assert (found.verdict, found.kept, found.of) == (Verdict.HOT, 20, 20)
    assert found.services == ["Monday letters"]
    assert found.low == pytest.approx(0.9658, abs=1e-4)
    assert [mark.word for mark in found.marks] == ["kept"] * 20
    # The next one is not done: overdue counts as not kept, at once.
    overdue = core.health(clinic, now=now)
    assert (overdue.verdict, overdue.kept, overdue.of) == (Verdict.HOT, 19, 20)
    with pytest.raises(core.EnoughIsKnown) as refused:
        core.say(clinic, "cold", why="It felt so", by=house.ben, now=now)
    assert refused.value.sentence == (
        "19 of the last 20 were kept, so the core is hot: that is counted, and a word counts only "
        "while fewer than 5 fell due. Nothing was saved."
    )
    assert not CoreWord.objects.exists()
    cores.end(row, by=house.ben, now=now)
    assert core.health(clinic, now=now).of == 0
    assert faults() == []


def test_a_person_says_where_too_little_is_known(
    northlight: cast.House, now: datetime, letters: Service
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    assert core.health(clinic, now=now).verdict is Verdict.UNKNOWN
    word = core.say(clinic, "warm", why="New since May", by=northlight.ben, now=now)
    found = core.health(clinic, now=now)
    assert (found.verdict, found.said, found.of) == (Verdict.WARM, word, 0)
    with pytest.raises(refusals.Refused, match="hot, warm or cold"):
        core.say(clinic, "tepid", by=northlight.ben, now=now)
    assert faults() == []


def test_a_service_is_core_once_and_since_a_day_that_was(
    northlight: cast.House, now: datetime, letters: Service
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    row = cores.name(clinic, letters, by=northlight.ben, now=now)
    with pytest.raises(cores.CoreAlready):
        cores.name(clinic, letters, by=northlight.ben, now=now)
    with pytest.raises(refusals.Refused, match="lies ahead"):
        cores.name(
            northlight.clients["Pete's Bakery"],
            letters,
            since_on=now.date() + timedelta(days=1),
            by=northlight.ben,
            now=now,
        )
    with pytest.raises(refusals.NotAllowed):
        cores.name(clinic, letters, by=northlight.dev, now=now)
    cores.end(row, by=northlight.ben, now=now)
    with pytest.raises(cores.CoreNoMore):
        cores.end(row, by=northlight.ben, now=now)
    assert cores.name(clinic, letters, by=northlight.ben, now=now).pk != row.pk
    assert CoreService.objects.count() == 2

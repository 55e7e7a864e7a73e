"""The compiled engine against its plain twin."""

import pytest
from tests.engine.random_plans import random_plan
from tests.engine.twin import run

from kept.engine import NEVER, Situation, simulate

LENGTH = 7 * 1440


def seen(minute):
    return None if minute >= LENGTH else int(minute)


def both(plan, *, seed=7, future=0, lifted=()):
    situation = Situation.from_document(plan)
    futures = simulate(situation, futures=future + 1, seed=seed, threads=1)
    twin = run(plan, seed=seed, future=future, length=LENGTH, lifted=lifted)
    ours = {
        stage["id"]: tuple(seen(times[future]) for times in futures.stage(stage["id"]))
        for stage in plan["stages"]
    }
    return ours, twin


@pytest.mark.parametrize("number", range(80))
def test_the_engine_and_its_plain_twin_agree_to_the_minute(number):
    ours, twin = both(random_plan(number), future=number % 3)

    assert ours == twin


def test_somebody_who_comes_back_within_four_days_is_waited_for_from_that_minute():
    """Ana is free on Monday 30 November. Ben, back on Friday, is near from that morning on: she
    waits for him, as their work is due before that with Cleo, who is back the same Monday."""
    week = {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    plan = {
        "start": "2026-11-23T09:00+00:00",
        "people": [
            {"id": "ana", "zone": "UTC", "week": week},
            {"id": "ben", "zone": "UTC", "week": week, "absences": [["2026-11-23", "2026-12-03"]]},
            {"id": "cleo", "zone": "UTC", "week": week, "absences": [["2026-11-23", "2026-11-29"]]},
        ],
        "promises": [
            {"id": "first", "due": "2026-12-09T18:00+00:00"},
            {"id": "second", "due": "2026-12-13T18:00+00:00"},
        ],
        "stages": [
            {"id": "with ben", "promise": "first", "people": ["ana", "ben"], "effort": 8},
            {"id": "with cleo", "promise": "second", "people": ["ana", "cleo"], "effort": 3},
        ],
    }
    friday = 11 * 1440

    futures = simulate(Situation.from_document(plan), futures=1, threads=1)
    ours = {name: [int(m[0]) for m in futures.stage(name)] for name in ("with ben", "with cleo")}

    assert ours == {
        "with ben": [friday, friday + 8 * 60],
        "with cleo": [friday + 8 * 60, 14 * 1440 + 2 * 60],
    }
    twin = run(plan, length=15 * 1440)
    assert {name: list(minutes) for name, minutes in twin.items()} == ours


def test_what_cannot_be_done_is_never_finished():
    plan = random_plan(0)
    plan["people"] = [
        {"id": "am", "week": {"mon": [["09:00", "12:00"]]}},
        {"id": "pm", "week": {"mon": [["13:00", "17:00"]]}},
    ]
    plan["promises"] = [{"id": "p"}]
    plan["stages"] = [{"id": "s", "promise": "p", "people": ["am", "pm"], "effort": 1}]

    futures = simulate(Situation.from_document(plan), futures=3)

    assert futures.finish("p").tolist() == [NEVER] * 3

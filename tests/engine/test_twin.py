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

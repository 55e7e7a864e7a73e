"""Plan files: text in, a situation or a clear error out; the schema and the examples."""

import copy
import json
from pathlib import Path

import jsonschema_rs
import pytest
from tests.engine.random_plans import random_plan
from tests.engine.test_situation import PLAN, WRONG

from kept.engine import NEVER, SituationError, planfile, simulate

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
SCHEMA = jsonschema_rs.Draft202012Validator(
    json.loads((REFERENCE / "plan.schema.json").read_text("utf-8"))
)
EXAMPLES = sorted((REFERENCE / "plans").glob("*.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_plans_are_valid_and_give_an_answer(example):
    situation = planfile.load(example.read_bytes())
    answer = simulate(situation, futures=50).answer()

    assert SCHEMA.is_valid(json.loads(example.read_text("utf-8")))
    assert situation.unknown == ()
    assert all(promise["finish"]["50"] for promise in answer["promises"])
    assert [stage["id"] for stage in answer["stages"]] == [s.id for s in situation.stages]
    assert json.loads(json.dumps(answer)) == answer


def test_the_schema_accepts_what_is_accepted():
    for plan in [PLAN, *(random_plan(number) for number in range(40))]:
        assert SCHEMA.is_valid(plan)


def test_the_schema_refuses_wrong_values():
    for path in ("stages[0].effort", "people[0].share", "people[0].parallel", "start"):
        for change, where, _ in WRONG:
            if where == path:
                plan = json.loads(json.dumps(PLAN))
                change(plan)
                if "NaN" not in json.dumps(plan):
                    assert not SCHEMA.is_valid(plan), where


TEXTS = [
    (b"{", "line 1, column 2"),
    (b'{"start":\n  }', "line 2, column 3"),
    (b"\xff\xfe{", "byte 0"),
    (b"[" * 100_000, ""),
    (b"[]", ""),
    (b'{"start": 1, "start": 2}', ""),
    (b"", "line 1, column 1"),
    (b" " * (10 * 1024 * 1024 + 1), ""),
    (b'{"start": ' + b"9" * 5000 + b"}", ""),
]


@pytest.mark.parametrize(("text", "path"), TEXTS, ids=range(len(TEXTS)))
def test_text_that_is_no_plan_says_where(text, path):
    with pytest.raises(SituationError) as caught:
        planfile.load(text)

    assert caught.value.path == path
    assert caught.value.message


@pytest.mark.parametrize(("futures", "seed"), [(0, 1), (-1, 1), (10**9, 1), (1, -1), (1, 2**63)])
def test_numbers_no_answer_can_come_from_are_refused(futures, seed):
    with pytest.raises(SituationError):
        planfile.check_numbers(futures=futures, seed=seed)
    with pytest.raises(ValueError, match="must be a whole number"):
        simulate(planfile.load(json.dumps(PLAN)), futures=futures, seed=seed)


def test_what_is_never_finished_has_no_dates_and_a_reason():
    plan = {
        "start": "2026-11-23T09:00+00:00",
        "people": [
            {"id": "am", "week": {"mon": [["09:00", "12:00"]]}},
            {"id": "pm", "week": {"mon": [["13:00", "17:00"]]}},
        ],
        "promises": [{"id": "p", "due": "2026-11-27T17:00+00:00"}],
        "stages": [{"id": "s", "promise": "p", "people": ["am", "pm"], "effort": 1}],
    }

    (promise,) = simulate(planfile.load(json.dumps(plan)), futures=8).answer()["promises"]

    assert promise["finish"] == dict.fromkeys(("5", "10", "50", "80", "90", "95"))
    assert promise["reason"]
    assert (promise["chance"], promise["expected_lateness_hours"]) == (0.1, None)


def test_what_may_start_only_in_thirty_years_is_never_finished():
    plan = copy.deepcopy(PLAN)
    plan["promises"][0]["release"] = "2060-01-01T00:00+00:00"

    run = simulate(planfile.load(json.dumps(plan)), futures=8)

    assert run.finish(plan["promises"][0]["id"]).tolist() == [NEVER] * 8


def test_the_same_seed_gives_the_same_answer_for_any_threads_and_executor():
    from concurrent.futures import ThreadPoolExecutor

    situation = planfile.load((REFERENCE / "plans" / "studio.json").read_bytes())
    alone = simulate(situation, futures=230, threads=1)
    with ThreadPoolExecutor(3) as pool:
        others = [
            simulate(situation, futures=230, threads=4),
            simulate(situation, futures=230, executor=pool),
        ]

    for other in others:
        assert (other.promise_finish == alone.promise_finish).all()
        assert (other.stage_start == alone.stage_start).all()
        assert (other.load_minutes == alone.load_minutes).all()

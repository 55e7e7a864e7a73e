"""`kept simulate` and `kept backtest`: a file in, figures out, and no database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from kept.cli import commands

PLAN: dict[str, Any] = {
    "start": "2026-11-23T09:00+00:00",
    "people": [
        {"id": "dev", "skills": ["build"], "zone": "UTC", "week": {"mon": [["09:00", "17:00"]]}}
    ],
    "promises": [{"id": "p1", "due": "2026-11-23T17:00+00:00"}],
    "stages": [{"id": "s1", "promise": "p1", "people": ["dev"], "effort": 8}],
}
HISTORY = "row_id,person,estimate,actual,t_estimated,t_finished,status\n" + "".join(
    f"r{day},dev,8,{8 + day % 3},2026-03-{day:02d},2026-03-{day + 1:02d},finished\n"
    for day in range(1, 28)
)


def typed(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(commands.app, [*words], prog_name="kept")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_eight_certain_hours_end_with_the_day(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    status, out, err = typed("simulate", str(plan), "--futures", "20", "--seed", "3", "--json")
    assert (status, err) == (0, "")
    answer = json.loads(out)
    [promise] = answer["promises"]
    assert promise["finish"]["50"] == promise["finish"]["95"] == "2026-11-23T17:00+00:00"
    assert promise["chance"] == pytest.approx(21 / 22, abs=1e-6)
    assert (answer["futures"], answer["seed"]) == (20, 3)
    status, out, _err = typed("simulate", str(plan), "--futures", "20")
    assert status == 0
    assert "p1" in out


def a_stage(**change: Any) -> dict[str, Any]:
    return {"stages": [{**PLAN["stages"][0], **change}]}


STAGE = PLAN["stages"][0]
CIRCLE = [{**STAGE, "after": ["s2"]}, {**STAGE, "id": "s2", "after": ["s1"]}]
NO_EFFORT = {"stages": [{name: STAGE[name] for name in ("id", "promise", "people")}]}
NEVER_THERE = {"people": [{**PLAN["people"][0], "week": {}}]}
NOBODY_CAN = "nobody has this skill"
HOURS = "must be hours from 0 to 100000, not -1"
MOST_STAGES = "at most 250000 are computed, here are 1000000"


@pytest.mark.parametrize(
    ("change", "path", "what"),
    [
        ({"stages": CIRCLE}, "stages[0].after", "goes in a circle: s1 after s2 after s1"),
        (a_stage(after=["s1"]), "stages[0].after", "goes in a circle: s1 after s1"),
        (a_stage(after=["s9"]), "stages[0].after[0]", "no stage is called 's9'"),
        (a_stage(promise="p9"), "stages[0].promise", "no promise is called 'p9'"),
        (a_stage(people=["eve"]), "stages[0].people[0]", "nobody is called 'eve'"),
        (a_stage(uses={"oven": 1}), "stages[0].uses.oven", "no resource is called 'oven'"),
        (a_stage(effort=-1), "stages[0].effort", HOURS),
        (
            NO_EFFORT,
            "stages[0].effort",
            "is missing: hours, or low, likely and high, or another law",
        ),
        (a_stage(needs={"cook": 1}), "stages[0].needs.cook", NOBODY_CAN),
        (
            a_stage(needs={"build": 2}),
            "stages[0].needs.build",
            "only 1 have this skill, 2 are needed",
        ),
        (NEVER_THERE, "people[0].week", "leaves dev not one working minute in ten years"),
        ({"stages": [{}] * 1_000_000}, "stages", MOST_STAGES),
    ],
)
def test_a_plan_that_cannot_be_is_refused_with_its_place(
    change: dict[str, Any], path: str, what: str, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({**PLAN, **change}))
    status, out, err = typed("simulate", str(plan), "--json")
    assert status == 2
    error = json.loads(out)["error"]
    assert (error["file"], error["path"]) == (str(plan), path)
    assert what in error["detail"]
    assert path in err


@pytest.mark.parametrize("futures", ["0", "-1", "1000001"])
def test_futures_nobody_can_draw_are_refused(futures: str, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    status, out, err = typed("simulate", str(plan), "--futures", futures)
    assert (status, out) == (2, "")
    assert f"path futures: must be from 1 to 1000000, not {futures}" in err


def test_a_plan_of_more_than_ten_megabytes_is_refused_and_one_of_ten_is_read(
    tmp_path: Path,
) -> None:
    plan = tmp_path / "plan.json"
    text = json.dumps(PLAN)
    plan.write_text(text + " " * (10 * 1024 * 1024 - len(text)))
    status, _out, _err = typed("simulate", str(plan), "--futures", "2")
    assert status == 0
    plan.write_text(text + " " * (10 * 1024 * 1024 - len(text) + 1))
    status, out, err = typed("simulate", str(plan), "--futures", "2")
    assert (status, out) == (2, "")
    assert str(plan) in err


def test_a_backtest_reports_and_writes_its_quantiles(tmp_path: Path) -> None:
    history, quantiles = tmp_path / "history.csv", tmp_path / "out.csv"
    history.write_text(HISTORY)
    status, out, err = typed("backtest", str(history), "--quantiles", str(quantiles), "--json")
    assert (status, err) == (0, "")
    report = json.loads(out)
    assert (report["rows"], report["problems"]) == (27, [])
    assert set(report["baselines"]) == {"estimate_as_is", "fixed_spread", "global_ratio", "pert"}
    lines = quantiles.read_text().splitlines()
    assert lines[0] == "row_id," + ",".join(f"q{level:02d}" for level in range(5, 100, 5))
    assert [line.split(",")[0] for line in lines[1:]] == [f"r{day}" for day in range(1, 28)]
    status, out, _err = typed("backtest", str(history))
    assert status == 0
    assert out.startswith("Of 27 finished pieces of work, ")


def test_a_file_that_is_no_history_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "letter.csv"
    file.write_text("Dear Ada,\nall is well.\n")
    status, out, err = typed("backtest", str(file))
    assert (status, out) == (2, "")
    assert str(file) in err


def test_files_are_computed_where_django_is_not_installed(tmp_path: Path) -> None:
    plan, history = tmp_path / "plan.json", tmp_path / "history.csv"
    plan.write_text(json.dumps(PLAN))
    history.write_text(HISTORY)
    code = f"""
import sys
for name in ("django", "ninja", "allauth"):
    sys.modules[name] = None
from kept.cli import commands
for words in (["simulate", {str(plan)!r}], ["backtest", {str(history)!r}]):
    try:
        commands.main(words, prog_name="kept")
    except SystemExit as end:
        assert end.code in (0, None), end.code
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)

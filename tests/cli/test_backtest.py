"""`kept backtest` on the histories people really have: a clear word, or a sane wide forecast."""

import csv
import io
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.cli.test_without_a_database import typed

from kept.cli import backtest as command

HEADER = "row_id,person,project,kind,subkind,estimate,actual,unit,t_estimated,t_finished,status"


def line(number: int, **changed: object) -> str:
    """One piece of work of eight hours, estimated on one day and done on the next."""
    month, day = divmod(number, 27)
    cells = {
        "row_id": f"r{number}",
        "person": f"p{number % 3}",
        "project": "shop",
        "kind": "build",
        "subkind": "web",
        "estimate": 8,
        "actual": 6 + number % 7,
        "unit": "hours",
        "t_estimated": f"2025-{month + 1:02d}-{day + 1:02d}",
        "t_finished": f"2025-{month + 1:02d}-{day + 2:02d}",
        "status": "finished",
    } | changed
    return ",".join(str(value) for value in cells.values())


def lines(count: int, **changed: object) -> list[str]:
    return [line(number, **changed) for number in range(count)]


@pytest.fixture
def tried(tmp_path: Path) -> Any:
    """Backtest a file of these lines; return the report and the quantiles by row."""

    def run(rows: list[str], *, header: str = HEADER) -> tuple[Any, dict[str, list[float]]]:
        file, out = tmp_path / "history.csv", tmp_path / "out.csv"
        file.write_text("\n".join([header, *rows]) + "\n")
        status, said, err = typed("backtest", str(file), "--quantiles", str(out), "--json")
        assert (status, err) == (0, "")
        report = json.loads(said, parse_constant=lambda name: pytest.fail(f"{name} in the report"))
        found = {
            row[0]: [float(value) for value in row[1:]]
            for row in list(csv.reader(io.StringIO(out.read_text())))[1:]
        }
        for values in found.values():
            assert all(math.isfinite(value) and value > 0 for value in values)
            assert values == sorted(values)
        status, plain, _err = typed("backtest", str(file))
        assert status == 0
        assert "nan" not in plain.casefold().split()
        return report, found

    return run


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("", "empty"),
        ("\n\n", "empty"),
        ("Dear Ada,\nall is well.\n", "No column of a history"),
        ("\x00\x01\x02" * 50, ""),
    ],
)
def test_a_file_that_is_no_history_ends_with_a_word(
    content: str, word: str, tmp_path: Path
) -> None:
    file = tmp_path / "history.csv"
    file.write_text(content)
    status, out, err = typed("backtest", str(file))
    assert (status, out) == (2, "")
    assert word in err
    assert str(file) in err


def test_the_word_about_a_file_of_no_text_is_short(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_bytes(b"\x00\x01\x02\xff" * 300)
    _status, _out, err = typed("backtest", str(file))
    assert "No column of a history" in err
    assert len(err) < 400 + len(str(file))
    assert err.strip().isprintable()


def test_below_twenty_finished_pieces_counts_are_told_without_shares(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("\n".join([HEADER, *lines(19)]))
    _status, out, _err = typed("backtest", str(file))
    assert "Of 19 finished pieces of work" in out
    assert "too few for shares" in out
    assert "%" not in out
    file.write_text("\n".join([HEADER, *lines(20)]))
    _status, out, _err = typed("backtest", str(file))
    assert "Of 20 finished pieces of work" in out
    assert "100.0 %" in out


def test_the_table_fits_a_narrow_terminal(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("\n".join([HEADER, *lines(60)]))
    _status, out, _err = typed("backtest", str(file))
    assert "log-CRPS" in out
    for name in ("kept", "estimate as is", "fixed spread", "global ratio", "pert"):
        assert any(line.startswith(name + " ") for line in out.splitlines())


def test_a_header_without_rows_has_nothing_to_compare(tried: Any) -> None:
    report, quantiles = tried([])
    assert (report["rows"], report["scored"], quantiles) == (0, 0, {})
    assert report["coverage"] == {"50": None, "80": None, "90": None, "95": None}


def test_one_row_gets_the_day_one_forecast(tried: Any) -> None:
    report, quantiles = tried(lines(1))
    assert (report["scored"], report["coverage"]["90"]) == (1, 1.0)
    assert quantiles["r0"][17] == pytest.approx(8 * 2.6, rel=0.02)
    assert quantiles["r0"][9] == pytest.approx(8.0)


def test_open_rows_alone_are_forecast_widely_and_not_judged(tried: Any) -> None:
    report, quantiles = tried(lines(40, status="open", t_finished=""))
    assert (report["rows"], report["scored"], len(quantiles)) == (40, 0, 40)
    assert report["log_crps"] is None
    assert quantiles["r39"] == quantiles["r0"]


def test_estimates_of_zero_are_read_as_not_recorded(tried: Any) -> None:
    report, quantiles = tried(lines(40, estimate=0))
    assert (report["forecast"], report["scored"], quantiles) == (0, 0, {})


def test_actuals_of_zero_are_not_learned_from(tried: Any) -> None:
    report, quantiles = tried(lines(40, actual=0))
    assert (report["forecast"], report["scored"]) == (40, 0)
    assert quantiles["r39"] == quantiles["r0"]


def test_units_may_be_mixed_and_each_row_answers_in_its_own(tried: Any) -> None:
    hours = lines(40)
    mixed = [
        line(number)
        if number % 2
        else line(number, estimate=1, actual=(6 + number % 7) / 8, unit="days")
        for number in range(40)
    ]
    one, in_hours = tried(hours)
    other, in_both = tried(mixed)
    for name in ("coverage", "log_crps"):
        assert other[name] == pytest.approx(one[name])
    assert in_both["r39"] == pytest.approx(in_hours["r39"])
    assert [8 * value for value in in_both["r38"]] == pytest.approx(in_hours["r38"])


def test_an_unknown_unit_is_taken_as_it_stands(tried: Any) -> None:
    _report, quantiles = tried(lines(40, unit="bananas"))
    assert 6 <= quantiles["r39"][9] <= 12


def test_work_finished_before_it_was_estimated_is_not_known_before_it_was_asked(
    tried: Any,
) -> None:
    report, quantiles = tried(lines(40, t_finished="2024-01-01"))
    assert report["scored"] == 40
    assert quantiles["r0"][17] == pytest.approx(8 * 2.6, rel=0.02)
    # From the day after its estimate each counts, as far as it may.
    assert quantiles["r39"][17] < quantiles["r0"][17]


def test_days_that_are_none_are_named_by_row_and_column(tried: Any) -> None:
    report, _quantiles = tried([*lines(20), line(20, t_finished="2025-02-31")])
    assert [(row["row"], row["column"]) for row in report["problems"]] == [(22, "t_finished")]
    assert report["rows"] == 21


@pytest.mark.parametrize("factor", [0.0001, 10_000, 1e-300, 1e300])
def test_absurd_ratios_leave_a_sane_forecast(factor: float, tried: Any) -> None:
    rows = lines(60)
    rows[5] = line(5, actual=8 * factor)
    report, quantiles = tried(rows)
    # One mistyped number among sixty moves the middle by nothing that matters.
    assert 6 <= quantiles["r59"][9] <= 12
    assert 0 < report["coverage"]["90"] <= 1

    report, quantiles = tried(lines(60, actual=8 * factor))
    assert report["scored"] == 60
    assert quantiles["r59"][9] == pytest.approx(8 * min(max(factor, 1e-4), 1e4), rel=1e-6)


def test_the_same_rows_in_another_order_give_the_same_numbers(tried: Any) -> None:
    rows = [line(number, actual=5 + number * 7 % 11) for number in range(120)]
    one, quantiles = tried(rows)
    other, again = tried(random.Random(3).sample(rows, len(rows)))
    assert (one, quantiles) == (other, again)


def test_a_late_actual_changes_no_earlier_forecast(tried: Any) -> None:
    rows = [line(number, actual=6 + number * 37 % 120 / 20) for number in range(120)]
    _report, before = tried(rows)
    rows[100] = line(100, actual=500)
    _report, after = tried(rows)
    same = [f"r{number}" for number in range(102)]
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert before["r119"] != after["r119"]


def test_rows_without_any_names_are_enough(tried: Any) -> None:
    rows = [f"{number},8,{7 + number % 3},2025-03-{number + 1:02d},2025-03-{number + 2:02d}"
            for number in range(28)]  # fmt: skip
    report, quantiles = tried(rows, header="row_id,estimate,actual,t_estimated,t_finished")
    assert (report["scored"], report["worst_person"]) == (28, None)
    assert len(quantiles) == 28


def test_copied_time_sheets_are_called_so(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    file.write_text("\n".join([HEADER, *lines(60, actual=8)]))
    status, out, _err = typed("backtest", str(file))
    assert status == 0
    assert "In 60 of them the actual equals the estimate" in out


def test_a_terminal_sees_a_bar_and_a_pipe_sees_none(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = io.StringIO()
    terminal = Console(file=seen, force_terminal=True, width=80)
    monkeypatch.setattr("rich.console.Console", lambda **_options: terminal)
    with command._progress(as_json=False) as tick:
        assert tick is not None
        tick(30, 60)
        tick(60, 60)
    assert "Forecasting rows" in seen.getvalue()
    monkeypatch.setattr("rich.console.Console", lambda **_options: Console(file=io.StringIO()))
    with command._progress(as_json=False) as tick:
        assert tick is None

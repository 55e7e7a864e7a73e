import importlib
import json
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.histories import START, history

from kept.engine import backtesting, durations
from kept.engine.backtesting import LEVELS
from kept.engine.durations import DurationHistory, PastItem


def report_of(items, **options):
    return backtesting.backtest(DurationHistory.from_rows(items), **options)


def test_the_first_row_gets_the_day_one_forecast():
    report = report_of(history(seed=1, items=30))
    first = report.quantiles[0]
    estimate = history(seed=1, items=30)[0].estimate
    assert first[[9, 15, 17, 18]] / estimate == pytest.approx([1.0, 1.6, 2.6, 4.0], rel=0.02)


def test_rows_come_back_in_the_order_they_were_given():
    items = history(seed=2, items=120)
    mixed = random.Random(4).sample(items, len(items))

    report, again = report_of(items), report_of(mixed)

    assert report.row_ids == tuple(item.row_id for item in items)
    assert again.row_ids == tuple(item.row_id for item in mixed)
    by_id = dict(zip(again.row_ids, again.quantiles.tolist(), strict=True))
    assert [by_id[row_id] for row_id in report.row_ids] == report.quantiles.tolist()
    assert again.summary == report.summary
    assert again.headline == report.headline


def test_changing_the_actual_of_a_late_row_changes_no_earlier_forecast():
    items = history(seed=3, items=200)
    late = 150
    changed = items.copy()
    changed[late] = replace(items[late], actual=500 * items[late].actual)

    before, after = report_of(items), report_of(changed)

    until = math.floor(items[late].finished_on)
    same = [i for i, item in enumerate(items) if math.floor(item.estimated_on) <= until]
    later = [i for i, item in enumerate(items) if math.floor(item.estimated_on) > until]
    assert (before.quantiles[same] == after.quantiles[same]).all()
    assert (before.quantiles[later] != after.quantiles[later]).any()


def test_work_finished_on_the_day_of_the_estimate_is_not_known_yet():
    known = PastItem("a", estimate=1.0, actual=50.0, estimated_on=1.0, finished_on=9.9)
    same_day = PastItem("b", estimate=1.0, actual=1.0, estimated_on=9.0, finished_on=12.0)
    next_day = replace(same_day, row_id="c", estimated_on=10.0)

    _, before, after = report_of([known, same_day, next_day]).quantiles

    assert before[17] == pytest.approx(2.6, rel=0.02)
    assert after[17] > 1.2 * before[17]


def test_a_row_does_not_learn_from_itself_when_its_dates_are_out_of_order():
    odd = PastItem("a", estimate=1.0, actual=50.0, estimated_on=100.0, finished_on=1.0)
    assert report_of([odd]).quantiles[0, 17] == pytest.approx(2.6, rel=0.02)


def test_open_rows_are_forecast_but_not_scored():
    items = history(seed=4, items=60)
    waiting = replace(items[-1], row_id="open", status="open", actual=3.0, finished_on=None)

    report = report_of([*items, waiting])

    assert report.row_ids[-1] == "open"
    assert np.isfinite(report.quantiles[-1]).all()
    assert (report.headline.rows, report.headline.scored) == (61, 60)


def test_a_row_without_an_estimate_has_no_forecast():
    report = report_of([PastItem("a", actual=3.0, estimated_on=1.0, finished_on=2.0)])
    assert np.isnan(report.quantiles).all()
    assert report.summary["forecast"] == 0


def test_a_row_without_a_day_of_estimate_gets_the_day_one_forecast_and_is_counted():
    items = history(seed=4, items=60)
    undated = replace(items[30], estimated_on=None)

    report = report_of([*items[:30], undated, *items[31:]])

    assert report.headline.undated == 1
    assert report.quantiles[30, 17] / undated.estimate == pytest.approx(2.6, rel=0.02)


def test_the_report_holds_exactly_the_figures_promised():
    report = report_of(history(seed=5, items=200))

    figures = {
        "coverage",
        "log_crps",
        "crps",
        "median_p90_over_actual",
        "worst_person",
        "worst_project",
        "coverage_by_known",
    }
    assert set(report.summary) == figures | {
        "rows",
        "forecast",
        "scored",
        "undated",
        "exact_share",
        "informative",
        "method",
        "baselines",
    }
    assert set(report.summary["baselines"]) == {
        "estimate_as_is",
        "fixed_spread",
        "global_ratio",
        "pert",
    }
    assert all(set(other) == figures for other in report.summary["baselines"].values())
    assert set(report.summary["coverage"]) == {"50", "80", "90", "95"}
    known = report.summary["coverage_by_known"]
    assert list(known) == ["0", "1-5", "6-20", "21-50", "51+"]
    assert sum(bucket["rows"] for bucket in known.values()) == 200
    assert report.summary["worst_project"] is None
    assert report.summary["worst_person"]["rows"] >= 50
    json.dumps(report.summary, allow_nan=False)


def test_figures_of_a_baseline_agree_with_the_sum_done_by_hand():
    items = [
        PastItem("a", estimate=4.0, actual=4.0, estimated_on=1.0, finished_on=2.0),
        PastItem("b", estimate=4.0, actual=8.0, estimated_on=1.0, finished_on=2.0),
    ]
    as_is = report_of(items).summary["baselines"]["estimate_as_is"]

    # a ties with every quantile: within level p by p; b lies above them all.
    assert as_is["coverage"]["90"] == pytest.approx(0.45)
    # Mean pinball of b: mean level 0.5 times ln 2, twice, over two rows.
    assert as_is["log_crps"] == pytest.approx(math.log(2) / 2)
    assert as_is["crps"] == pytest.approx(4 / 2)
    assert as_is["median_p90_over_actual"] == pytest.approx(1 / math.sqrt(2))


def test_the_global_ratio_is_every_known_ratio_and_the_day_one_prior_before():
    items = [
        PastItem(str(n), estimate=1.0, actual=float(n), estimated_on=10.0 * n, finished_on=10.0 * n)
        for n in range(1, 21)
    ]
    found = np.exp(DurationHistory.from_rows(items).global_quantiles([0.5, 0.9]))

    assert found[0] == pytest.approx([1.0, 2.6], rel=0.02)
    # Before the twentieth, 1 … 19 are known: the 10th and the 18th of n + 1 = 20.
    assert found[19] == pytest.approx([10.0, 18.0])


def test_pert_quantiles_lie_between_low_and_high():
    low, middle, high = backtesting.pert_quantiles(0.75, 1.0, 2.0, np.array([0.001, 0.5, 0.999]))
    assert low == pytest.approx(0.76, abs=0.01)
    # Mean of the law: (0.75 + 4 + 2) / 6 = 1.125; the median of a right-skewed law lies below.
    assert 1.08 < middle < 1.125
    assert 1.7 < high < 2.0


def test_the_headline_counts_what_people_ask_about():
    items = [
        PastItem(str(n), estimate=2.0, actual=actual, estimated_on=START + n, finished_on=START + n)
        for n, actual in enumerate((1.0, 2.0, 2.5, 9.0))
    ]
    headline = report_of(items).headline

    assert (headline.kept_as_estimated, headline.kept_at_half_more, headline.exact) == (2, 3, 1)
    assert headline.scored == 4


def test_a_copied_history_is_called_not_informative():
    items = [replace(item, actual=item.estimate) for item in history(seed=6, items=40)]
    report = report_of(items)
    assert report.summary["informative"] is False
    assert report.summary["exact_share"] == 1.0


def test_progress_is_told_to_the_end():
    told = []
    report_of(history(seed=7, items=50), progress=lambda done, of: told.append((done, of)))
    assert told[-1] == (50, 50)


@pytest.mark.slow
def test_what_was_said_at_ninety_percent_is_kept_at_ninety_percent():
    report = report_of(history(seed=11, items=3_000, people=8))
    # 3.3 standard errors of 3,000 draws at 90 % are 1.8 points.
    assert report.summary["coverage"]["90"] == pytest.approx(0.9, abs=0.018)
    assert report.summary["coverage"]["50"] == pytest.approx(0.5, abs=0.03)
    ours = report.summary["log_crps"]
    assert all(ours < other["log_crps"] for other in report.summary["baselines"].values())


@pytest.mark.parametrize(
    "items",
    [
        [],
        [PastItem("a")],
        [PastItem("a", estimate=1.0, actual=2.0, estimated_on=1.0, finished_on=2.0)],
        [PastItem("a", estimate=0.0, actual=2.0, estimated_on=1.0, finished_on=2.0)] * 5,
        [PastItem("a", estimate=1.0, estimated_on=1.0, status="open")] * 5,
    ],
)
def test_tiny_and_empty_histories_give_a_report(items):
    report = report_of(items)
    json.dumps(report.summary, allow_nan=False)
    assert report.quantiles.shape == (len(items), 19)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.builds(
            PastItem,
            row_id=st.sampled_from(["1", "2"]),
            person=st.sampled_from([None, "a"]),
            project=st.sampled_from([None, "x"]),
            estimate=st.sampled_from([None, 0.0, 1e-300, 1e-4, 1.0, 1e4, 1e300, 1e308]),
            actual=st.sampled_from([None, 0.0, 1e-300, 1e-4, 1.0, 1e4, 1e300, 1e308]),
            estimated_on=st.sampled_from([None, 1.0, 2.0, START, 3e6]),
            finished_on=st.sampled_from([None, 1.0, 2.5, START, 3e6]),
            status=st.sampled_from(["finished", "open", "cancelled"]),
        ),
        max_size=20,
    )
)
def test_absurd_numbers_give_finite_figures_and_rising_quantiles(items):
    report = report_of(items)
    json.dumps(report.summary, allow_nan=False)
    forecast = report.quantiles[~np.isnan(report.quantiles[:, 0])]
    assert np.isfinite(forecast).all()
    assert (forecast > 0).all()
    assert (np.diff(forecast, axis=1) >= 0).all()


def test_a_replay_and_a_profile_of_the_same_day_say_the_same():
    items = history(seed=8, items=250)
    last = items[-1]
    past = DurationHistory.from_rows(items)

    replayed = report_of(items).quantiles[-1]
    asked = past.profile(last.estimated_on).ratios(
        person=last.person,
        kind=last.kind,
        subkind=last.subkind,
        project=last.project,
        estimate=last.estimate,
        levels=LEVELS,
    )

    assert asked.quantiles * last.estimate == pytest.approx(replayed)


def test_ties_keep_double_precision():
    # 0.1 + 0.2 is not 0.3: equal estimates and actuals must still tie exactly.
    items = [
        PastItem(
            str(n),
            estimate=0.1 * (n % 7 + 1),
            actual=0.1 * (n % 7 + 1),
            estimated_on=START + n,
            finished_on=START + n,
        )
        for n in range(60)
    ]
    past = DurationHistory.from_rows(items)
    assert (past.ln_ratios == 0.0).all()
    assert durations.DurationHistory.from_rows(items).exact_share == 1.0


def test_mass_points_in_the_totals_are_exactly_the_numbers_people_write():
    # 2.1 ÷ 0.7 is 3.0000000000000004, and its logarithm and back moves the last bits again.
    items = [
        PastItem(
            str(n),
            estimate=estimate,
            actual=actual,
            estimated_on=START + n,
            finished_on=START + n,
        )
        for n, (estimate, actual) in enumerate([(0.7, 2.1), (1.0, 3.0), (0.1, 0.3)] * 20)
    ]
    quantiles = report_of(items).quantiles[-3:, 9]
    assert quantiles.tolist() == [2.1, 3.0, 0.3]


def test_the_engine_offers_the_backtest_as_a_function_and_the_figures_as_a_module():
    from kept.engine import DurationHistory, PastItem, backtest, calibration

    items = [
        PastItem(str(day), estimate=8, actual=16, estimated_on=day, finished_on=day + 1)
        for day in range(1, 41)
    ]
    report = backtest(DurationHistory.from_rows(items))

    assert report.headline.scored == 40
    assert calibration.wilson(1, 1)[1] == 1.0


def test_the_function_stays_one_whatever_was_imported_before():
    importlib.import_module("kept.engine.backtesting")
    import kept.engine

    assert kept.engine.backtest is backtesting.backtest


def test_hindsight_says_what_the_replay_says_row_by_row():
    items = history(seed=21, items=300)
    past = DurationHistory.from_rows(items)
    day = max(item.finished_on for item in items) + 2

    seen = backtesting.hindsight(past.profile(day))
    replayed = past.replay((0.5, 0.8, 0.9, 0.95))

    within = past.ln_ratios[:, None] <= replayed.ln_quantiles
    assert seen.kept == tuple(within.sum(axis=0))
    assert (seen.scored, seen.undated, seen.is_informative) == (300, 0, True)
    assert seen.kept_as_estimated == sum(item.actual <= item.estimate for item in items)
    assert seen.kept_at_half_more == sum(item.actual <= 1.5 * item.estimate for item in items)
    assert seen.typical_factor == pytest.approx(math.exp(np.median(replayed.ln_quantiles[:, 2])))


def test_hindsight_along_time_adds_up_to_the_whole():
    items = history(seed=22, items=304)
    past = DurationHistory.from_rows(items)
    seen = backtesting.hindsight(past.profile(max(i.finished_on for i in items) + 2))

    assert [part.scored for part in seen.stretches] == [30, 30, 31, 30, 31, 30, 30, 31, 30, 31]
    assert sum(part.kept for part in seen.stretches) == seen.kept[2]
    days = [day for part in seen.stretches for day in (part.from_day, part.to_day)]
    assert days == sorted(days)


def test_hindsight_of_little_or_nothing_is_no_figure():
    none = backtesting.hindsight(DurationHistory.from_rows([]).profile(START))
    assert (none.scored, none.kept, none.typical_factor, none.stretches) == (
        0, (0, 0, 0, 0), None, (),
    )  # fmt: skip

    dated = PastItem("a", estimate=1.0, actual=9.0, estimated_on=START, finished_on=START + 1)
    undated = PastItem("b", estimate=1.0, actual=2.0, finished_on=START + 1)
    two = backtesting.hindsight(DurationHistory.from_rows([dated, undated]).profile(START + 5))
    assert (two.scored, two.undated, two.kept) == (1, 1, (0, 0, 0, 0))
    assert [(part.scored, part.kept) for part in two.stretches] == [(1, 0)]


def test_hindsight_of_copied_time_sheets_is_not_informative():
    copied = [replace(item, actual=item.estimate) for item in history(seed=23, items=60)]
    seen = backtesting.hindsight(DurationHistory.from_rows(copied).profile(START + 5_000))
    assert (seen.exact, seen.is_informative) == (60, False)

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.histories import START, history

from kept.engine import durations, lenses
from kept.engine.durations import DurationHistory, PastItem

LEVELS = np.arange(1, 20) / 20


def profile_of(items, as_of=START + 1_100):
    return DurationHistory.from_rows(items).profile(as_of)


def test_before_anything_is_known_the_forecast_is_the_wide_prior():
    forecast = profile_of([]).ratios(person="Ada", estimate=8.0, levels=(0.5, 0.8, 0.9, 0.95))

    assert forecast.quantiles == pytest.approx([1.0, 1.6, 2.6, 4.0], rel=0.02)
    assert forecast.from_prior_share == 1.0
    assert forecast.effective_n == 0.0
    assert forecast.similar.rows.size == 0
    assert forecast.summary.n_similar == 0


def test_the_default_levels_are_the_ninety_nine_percents():
    forecast = profile_of([]).ratios()
    assert forecast.levels.tolist() == [n / 100 for n in range(1, 100)]
    assert forecast.quantiles.shape == (99,)


def test_work_that_always_takes_twice_its_estimate_is_learned():
    items = [replace(item, actual=2 * item.estimate) for item in history(seed=1, items=300)]

    forecast = profile_of(items).ratios(person="p1", kind="build", subkind="web", estimate=8.0)

    assert forecast.quantiles[[19, 49, 79, 89]].tolist() == pytest.approx([2, 2, 2, 2])
    assert forecast.from_prior_share < 0.05


def test_a_person_is_judged_by_the_own_past_more_than_by_that_of_others():
    slow = [replace(i, person="slow", actual=3 * i.estimate) for i in history(seed=2, items=120)]
    sure = [replace(i, person="sure", actual=i.estimate) for i in history(seed=3, items=120)]
    profile = profile_of(slow + sure)

    assert profile.ratios(person="slow", estimate=8.0).quantiles[49] == pytest.approx(3.0)
    assert profile.ratios(person="sure", estimate=8.0).quantiles[49] == pytest.approx(1.0)


def test_mass_points_stay_where_they_are():
    forecast = profile_of(history(seed=4, items=400)).ratios(person="p0", estimate=8.0)
    # A third of this past took exactly its estimate; far more than one level says so.
    assert np.count_nonzero(forecast.quantiles == 1.0) >= 10


def test_the_order_of_rows_changes_nothing():
    items = history(seed=5, items=200)
    mixed = random.Random(1).sample(items, len(items))

    first, second = profile_of(items), profile_of(mixed)

    assert first.version == second.version
    asked = {"person": "p2", "kind": "build", "estimate": 4.0}
    assert (first.ratios(**asked).quantiles == second.ratios(**asked).quantiles).all()


def test_what_finished_on_the_day_or_later_is_not_in_the_profile():
    items = history(seed=6, items=200)
    as_of = START + 600
    later = [replace(i, actual=1_000 * i.estimate) if i.finished_on >= as_of else i for i in items]

    first, second = profile_of(items, as_of), profile_of(later, as_of)

    assert first.version == second.version
    assert first.finished_items == sum(i.finished_on < as_of for i in items)
    assert (first.ratios(estimate=2.0).quantiles == second.ratios(estimate=2.0).quantiles).all()


def test_a_new_finished_item_makes_a_new_version():
    items = history(seed=6, items=50)
    assert profile_of(items).version != profile_of(items[:-1]).version
    assert profile_of(items).version == profile_of(items).version


def test_open_and_cancelled_work_is_not_learned_as_a_final_value():
    done = history(seed=7, items=100)
    left = [replace(i, row_id="o" + i.row_id, status="open", finished_on=None) for i in done]
    dropped = [replace(i, row_id="c" + i.row_id, status="cancelled") for i in done]

    assert profile_of(done + left + dropped).finished_items == 100


def test_the_similar_items_are_named_with_their_weights():
    items = history(seed=8, items=300)
    wanted = {"person": "p1", "kind": "build", "subkind": "web", "estimate": 8.0}
    profile = profile_of(items)

    forecast = profile.ratios(**wanted)

    rows = [profile.history.items[row] for row in forecast.similar.rows]
    assert len(rows) == 9
    assert forecast.similar.own
    assert {row.person for row in rows} == {"p1"}
    assert [row.subkind for row in rows].count("web") >= 6
    assert (np.diff(forecast.similar.weights) <= 0).all()
    scaled = [8.0 * row.actual / row.estimate for row in rows]
    assert forecast.summary.low_actual == pytest.approx(min(scaled))
    assert forecast.summary.high_actual == pytest.approx(max(scaled))
    assert forecast.summary.nine_in_ten_factor == forecast.quantiles[89]


def test_nine_in_ten_is_said_in_the_round_numbers_people_write():
    threefold = [
        PastItem(f"r{n}", estimate=0.7, actual=2.1, estimated_on=n, finished_on=n)
        for n in range(100)
    ]
    forecast = profile_of(threefold).ratios(estimate=0.7, levels=(0.9,))
    assert forecast.summary.nine_in_ten_factor == forecast.quantiles[0] == 3.0


def test_a_new_person_is_shown_the_work_of_others():
    forecast = profile_of(history(seed=8, items=300)).ratios(person="new", estimate=8.0)

    assert forecast.similar.rows.size == 9
    assert not forecast.similar.own


def test_what_was_spent_pushes_the_forecast_beyond_it():
    forecast = profile_of(history(seed=9, items=300)).ratios(person="p0", estimate=8.0)

    fresh, begun, lost = forecast.after(0.0), forecast.after(1.5), forecast.after(500.0)

    assert (begun > 1.5).all()
    assert (begun >= fresh).all()
    assert (lost > 500).all()
    assert np.isfinite(lost).all()
    assert all((np.diff(q) >= 0).all() for q in (fresh, begun, lost))


def test_a_chance_never_reaches_0_or_1():
    forecast = profile_of(history(seed=9, items=300)).ratios(estimate=8.0)
    chances = [forecast.chance_within(ratio) for ratio in (-1, 0, 0.5, 1, 2, 10, math.inf)]
    assert chances == sorted(chances)
    assert chances[0] > 0
    assert chances[-1] < 1
    assert forecast.chance_within(forecast.quantiles[89]) == pytest.approx(0.9, abs=0.05)


def test_a_past_that_copies_its_estimates_is_called_not_informative():
    items = history(seed=10, items=100)
    copied = [replace(i, actual=i.estimate) for i in items]
    assert DurationHistory.from_rows(items).is_informative
    assert not DurationHistory.from_rows(copied).is_informative
    assert DurationHistory.from_rows(copied[:19]).is_informative
    assert DurationHistory.from_rows([]).is_informative


@pytest.mark.parametrize("levels", [(), (0.0, 0.5), (0.5, 1.0), (0.5, 0.5), (0.9, 0.1)])
def test_levels_out_of_order_are_refused(levels):
    with pytest.raises(ValueError, match="levels"):
        profile_of([]).ratios(levels=levels)


@pytest.mark.parametrize("estimate", [0.0, -1.0, math.nan, math.inf])
def test_an_estimate_that_is_none_is_refused(estimate):
    with pytest.raises(ValueError, match="above zero"):
        profile_of([]).ratios(estimate=estimate)


ABSURD = st.one_of(
    st.none(), st.sampled_from([0.0, 1e-300, 1e-4, 1.0, 1e4, 1e300]), st.floats(0, 100)
)
DAY = st.one_of(st.none(), st.floats(1.0, 3_652_059.0), st.sampled_from([START, START + 1]))
WORD = st.sampled_from([None, "a", "b"])


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.builds(
            PastItem,
            row_id=st.sampled_from(["1", "2", "3"]),
            person=WORD,
            kind=WORD,
            subkind=WORD,
            project=WORD,
            estimate=ABSURD,
            actual=ABSURD,
            estimated_on=DAY,
            finished_on=DAY,
            status=st.sampled_from(["finished", "open", "cancelled"]),
            unit=st.sampled_from(["hours", "days", "bananas"]),
        ),
        max_size=25,
    ),
    st.floats(1e-9, 1e12),
)
def test_absurd_rows_give_a_sane_wide_forecast(items, estimate):
    profile = DurationHistory.from_rows(items).profile(START + 10)

    forecast = profile.ratios(person="a", estimate=estimate)

    assert np.isfinite(forecast.quantiles).all()
    assert (forecast.quantiles > 0).all()
    assert (np.diff(forecast.quantiles) >= 0).all()
    assert 0 < forecast.chance_within(1.0) < 1
    assert 0 < forecast.from_prior_share <= 1
    assert 0 <= profile.together.correlation <= 0.5
    assert -0.5 <= profile.together.lean <= 0.5


def test_the_same_past_in_minutes_and_in_hours_gives_the_same_forecast():
    hours = history(seed=12, items=200)
    minutes = [
        replace(i, estimate=60 * i.estimate, actual=60 * i.actual, unit="Minutes") for i in hours
    ]
    asked = {"person": "p0", "kind": "build", "subkind": "web"}

    one = profile_of(hours).ratios(**asked, estimate=4.0)
    other = profile_of(minutes).ratios(**asked, estimate=240.0, unit="minutes")

    assert other.quantiles == pytest.approx(one.quantiles)
    assert other.summary.high_actual == pytest.approx(60 * one.summary.high_actual)


def test_a_longer_memory_than_the_history_changes_nothing():
    items = history(seed=13, items=120)
    long = DurationHistory.from_rows(items, method=replace(lenses.METHOD, memory=10**6))
    forecast = long.profile(START + 1_100).ratios(estimate=4.0)
    assert (forecast.quantiles == profile_of(items).ratios(estimate=4.0).quantiles).all()


def test_only_the_newest_items_are_kept_in_the_pool():
    old = [replace(i, actual=10 * i.estimate) for i in history(seed=14, items=100)]
    new = [
        replace(i, estimated_on=i.estimated_on + 2_000, finished_on=i.finished_on + 2_000)
        for i in history(seed=15, items=100)
    ]
    small = replace(lenses.METHOD, capacity=100)
    past = DurationHistory.from_rows(old + new, method=small)
    forecast = past.profile(START + 3_100).ratios(person="p0", estimate=8.0)

    rows = [past.items[row] for row in forecast.similar.rows]
    assert all(row.estimated_on >= START + 2_000 for row in rows)


def test_a_lower_bound_gives_its_share_to_what_took_more():
    # Of 1, 2 (open), 3 and 4 with a quarter each, the open one took 3 or 4, equally likely.
    shares = durations.beyond_lower_bounds(np.full(4, 0.25), np.array([False, True, False, False]))
    assert shares.tolist() == pytest.approx([0.25, 0.0, 0.375, 0.375])
    # Kaplan and Meier on 1, 2+, 3, 4+: S falls to 3/4 at 1 and to 3/8 at 3; the rest stays last.
    shares = durations.beyond_lower_bounds(np.full(4, 0.25), np.array([False, True, False, True]))
    assert shares.tolist() == pytest.approx([0.25, 0.0, 0.375, 0.375])


@given(st.lists(st.tuples(st.floats(0.001, 1), st.booleans()), min_size=1, max_size=30))
def test_moving_shares_keeps_their_sum_and_takes_from_nobody_finished(parts):
    shares = np.array([share for share, _open in parts])
    is_open = np.array([is_open for _share, is_open in parts])
    moved = durations.beyond_lower_bounds(shares, is_open)
    assert moved.sum() == pytest.approx(shares.sum())
    assert (moved[~is_open] >= shares[~is_open] - 1e-12).all()


def overdue_work(count, *, ratio, age=20.0, as_of=START + 1_100):
    return [
        PastItem(
            f"open {n}", person="p1", kind="build", subkind="web", estimate=8.0,
            actual=8.0 * ratio, estimated_on=as_of - age, status="open",
        )
        for n in range(count)
    ]  # fmt: skip


def test_open_work_that_outlived_its_estimate_makes_forecasts_later_not_shorter():
    items = history(seed=8, items=300)
    asked = {"person": "p1", "kind": "build", "subkind": "web", "estimate": 8.0}

    without = profile_of(items).ratios(**asked)
    beyond = profile_of(items + overdue_work(30, ratio=2.0)).ratios(**asked)

    assert (beyond.quantiles >= without.quantiles).all()
    assert beyond.quantiles[79] > 1.2 * without.quantiles[79]
    # It is a lower bound: nobody is told that such work took twice its estimate.
    names = profile_of(items + overdue_work(30, ratio=2.0)).history.row_ids
    assert len(beyond.similar.rows) == 9
    assert not any(names[row].startswith("open") for row in beyond.similar.rows)


def test_work_just_begun_says_next_to_nothing():
    items = history(seed=8, items=300)
    without = profile_of(items).ratios(person="p1", estimate=8.0)
    begun = profile_of(items + overdue_work(30, ratio=0.01)).ratios(person="p1", estimate=8.0)
    # It counts among the alike, so the forecast leans a little more on this person's work.
    assert begun.quantiles[[49, 89]] == pytest.approx(without.quantiles[[49, 89]], rel=0.15)


def test_work_open_for_long_is_asked_about_and_not_learned_from():
    items = history(seed=8, items=300)
    stale = overdue_work(30, ratio=9.0, age=200.0)
    without, profile = profile_of(items), profile_of(items + stale)

    assert profile.version == without.version
    assert (profile.ratios(estimate=8.0).quantiles == without.ratios(estimate=8.0).quantiles).all()
    asked = {profile.history.row_ids[row] for row in profile.open_for_long}
    assert asked == {item.row_id for item in stale}


def test_open_work_of_the_file_changes_no_backtest():
    items = history(seed=8, items=200)
    open_work = overdue_work(20, ratio=3.0)
    one = DurationHistory.from_rows(items).replay(LEVELS)
    past = DurationHistory.from_rows(items + open_work)
    finished = np.flatnonzero(past.finished)
    assert (past.replay(LEVELS).ln_quantiles[finished] == one.ln_quantiles).all()

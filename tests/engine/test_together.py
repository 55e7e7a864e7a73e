"""What sums of earlier work teach: how alike the luck of a promise's stages is, and where it is."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.histories import START, history

from kept import engine
from kept.engine import calibration, together
from kept.engine.durations import DurationHistory

LEVELS = np.arange(1, 100) / 100
SPREAD = 0.6


def work(*, runs, shift=0.0, correlation=0.0, seed=4):
    """Items of as many projects of ten, forecast as a log-normal law around their estimate.

    What came was drawn from that law with the luck shifted and shared as said.
    """
    rng = np.random.default_rng(seed)
    n = runs * together.RUN
    own, shared = rng.normal(size=n), np.repeat(rng.normal(size=runs), together.RUN)
    luck = np.sqrt(1 - correlation) * own + np.sqrt(correlation) * shared + shift
    return {
        "positions": [0.5 * (1 + np.tanh(0.7988 * z * (1 + 0.04417 * z * z))) for z in luck],
        "projects": np.repeat(np.arange(runs), together.RUN),
        "ln_quantiles": np.tile(SPREAD * calibration.normal_quantile(LEVELS), (n, 1)),
        "ln_ratios": SPREAD * luck,
        "hours": rng.choice([1.0, 2.0, 4.0, 8.0], n),
        "days": np.zeros(n),
        "as_of": 0.0,
    }


def test_slips_shared_within_projects_are_noticed():
    rng = np.random.default_rng(3)
    projects = np.repeat(np.arange(200), 10)
    own, shared = rng.normal(size=2_000), np.repeat(rng.normal(size=200), 10)
    alike = np.sqrt(0.8) * own + np.sqrt(0.2) * shared

    def positions(scores):
        return (np.argsort(np.argsort(scores)) + 0.5) / scores.size

    assert together.shared_effect(positions(alike), projects) == pytest.approx(0.2, abs=0.05)
    assert together.shared_effect(positions(own), projects) == pytest.approx(0.0, abs=0.03)
    assert together.shared_effect([], []) == pytest.approx(0.05)


def test_runs_are_ten_consecutive_items_of_a_project_in_the_order_they_close():
    runs = together.runs_of([2] * 3 + [1] * 10 + [2] * 8 + [3] * 9)
    assert runs.tolist() == [list(range(3, 13)), [0, 1, 2, *range(13, 20)]]


def test_nothing_leans_before_twenty_runs_are_closed():
    assert together.learned(**work(runs=19, shift=1.0)).lean == 0.0
    assert together.learned(**work(runs=20, shift=1.0)).lean > 0.2
    assert together.lean([3.0] * 19, [1.0] * 19) == 0.0


def test_sums_that_came_later_than_forecast_shift_the_luck_by_as_much():
    late = together.learned(**work(runs=600, shift=0.2))
    early = together.learned(**work(runs=600, shift=-0.2))
    assert late.lean == pytest.approx(0.2, abs=0.05)
    assert early.lean == pytest.approx(-0.2, abs=0.05)
    # A few say less than many: twenty imagined sums that fell in the middle hold them back.
    assert 0.05 < together.learned(**work(runs=25, shift=0.2)).lean < late.lean


def test_what_sums_taught_long_ago_is_forgotten_as_later_ones_come():
    late, early = work(runs=300, shift=0.3), work(runs=300, shift=-0.3, seed=5)
    both = {name: np.concatenate((late[name], early[name])) for name in late if name != "as_of"}
    both["projects"] = np.repeat(np.arange(600), together.RUN)
    at_once = together.learned(**both, as_of=0.0)
    assert at_once.lean == pytest.approx(0.0, abs=0.05)
    # Those that came late lie five half-lives back.
    both["days"] = np.repeat([-5 * together.HALF_LIFE_DAYS, 0.0], 300 * together.RUN)
    assert together.learned(**both, as_of=0.0).lean == pytest.approx(-0.25, abs=0.05)


def test_sums_as_old_as_each_other_lean_less_the_longer_ago_they_are():
    of = work(runs=100, shift=0.3)
    leans = [together.learned(**of | {"as_of": years * 365.0}).lean for years in (0, 1, 2, 10)]
    assert leans == sorted(leans, reverse=True)
    assert leans[0] > 0.2
    assert leans[-1] == pytest.approx(0.0, abs=0.001)


def test_the_sums_kept_are_counted():
    even = together.learned(**work(runs=300))
    assert even.runs == 300
    assert 0.86 * 300 <= even.kept <= 0.94 * 300
    late = together.learned(**work(runs=300, shift=0.3))
    assert late.kept < 0.8 * 300
    few = together.learned(**work(runs=19))
    assert (few.runs, few.kept) == (0, 0)


def test_sums_that_fell_evenly_shift_next_to_nothing():
    even = together.learned(**work(runs=600, correlation=0.1))
    assert even.lean == pytest.approx(0.0, abs=0.03)
    assert even.correlation == pytest.approx(0.1, abs=0.03)


def test_with_what_closed_sums_taught_nine_in_ten_of_the_next_are_kept():
    taught = together.learned(**work(runs=400, shift=0.15, correlation=0.1))
    after = work(runs=2_000, shift=0.15, correlation=0.1, seed=5)
    rng = np.random.default_rng(6)
    kept = {"as forecast": 0, "as taught": 0}
    for run in together.runs_of(after["projects"]):
        hours = after["hours"][run]
        came = (np.exp(after["ln_ratios"][run]) * hours).sum()
        own, shared = rng.normal(size=(300, 10)), rng.normal(size=(300, 1))
        for name, rho, lean in (
            ("as forecast", 0.0, 0.0),
            ("as taught", taught.correlation, taught.lean),
        ):
            luck = np.sqrt(1 - rho) * own + np.sqrt(rho) * shared + lean
            kept[name] += came <= np.quantile((np.exp(SPREAD * luck) * hours).sum(axis=1), 0.9)
    assert kept["as forecast"] / 2_000 < 0.8
    assert kept["as taught"] / 2_000 == pytest.approx(0.9, abs=0.025)


def test_one_sum_far_beyond_every_forecast_does_not_shift_everything():
    usual = work(runs=100)
    one = work(runs=100)
    one["ln_ratios"] = np.concatenate((np.full(10, 9.0), usual["ln_ratios"][10:]))
    assert abs(together.learned(**one).lean - together.learned(**usual).lean) < 0.02


@given(
    st.lists(st.tuples(st.floats(-3, 3), st.floats(1, 4), st.floats(0, 1)), max_size=60),
)
def test_luck_is_never_shifted_by_more_than_a_half(sums):
    scores, reach, weights = ([row[place] for row in sums] for place in range(3))
    assert abs(together.lean(scores, reach, weights)) <= 0.5


def test_a_profile_learns_the_same_from_a_shuffled_past_and_nothing_from_later_work():
    items = history(seed=21, items=600)
    shuffled = random.Random(1).sample(items, len(items))
    day = START + 500
    one = DurationHistory.from_rows(items).profile(day)
    other = DurationHistory.from_rows(shuffled).profile(day)
    earlier = [i for i in items if i.finished_on < day]
    assert one.together.runs >= together.RUNS_NEEDED
    assert one.together == other.together
    assert one.together == DurationHistory.from_rows(earlier).profile(day).together


def test_every_future_draws_with_the_luck_that_sums_taught():
    def hours(**luck):
        plan = {
            "start": "2026-11-23T00:00+00:00",
            "people": [],
            "promises": [{"id": "p1"}],
            "stages": [
                {
                    "id": f"s{n}",
                    "promise": "p1",
                    "after": [f"s{n - 1}"] if n else [],
                    "calendar": "always",
                    "effort": {"law": "lognormal", "median": 10, "sigma": 0.5},
                }
                for n in range(8)
            ],
            **luck,
        }
        run = engine.simulate(engine.Situation.from_document(plan), futures=2_000, seed=3)
        return run.quantile("p1", 0.5) / 60

    plain = hours()
    # e^(0.5 × 0.4) = 1.221: each stage takes as much longer, whether its luck is shared or not.
    assert hours(lean=0.4) / plain == pytest.approx(1.221, abs=0.005)
    assert hours(lean=-0.4) / plain == pytest.approx(1 / 1.221, abs=0.005)
    assert hours(lean=0.4, correlation=0.2) / hours(correlation=0.2) == pytest.approx(
        1.221, abs=0.005
    )

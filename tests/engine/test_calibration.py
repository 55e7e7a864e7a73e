import math

import numpy as np
import pytest

from kept.engine import calibration

QUARTERS = (0.25, 0.5, 0.75)


def test_coverage_counts_outcomes_within_each_quantile():
    quantiles = [[1.0, 2.0, 3.0]] * 4
    assert calibration.coverage(quantiles, [0.5, 1.5, 2.5, 3.5], QUARTERS).tolist() == [
        0.25,
        0.5,
        0.75,
    ]


def test_a_tie_counts_by_the_share_of_its_stretch():
    # The outcome equals all three quantiles: it lies anywhere between level 0 and level 1.
    found = calibration.coverage([[1.0, 1.0, 1.0]], [1.0], QUARTERS)
    assert found.tolist() == [0.25, 0.5, 0.75]


def test_pinball_and_crps_agree_with_the_sum_done_by_hand():
    loss = calibration.pinball([[1.0, 2.0, 3.0]], [2.5], QUARTERS)
    assert loss.tolist() == [[0.25 * 1.5, 0.5 * 0.5, 0.25 * 0.5]]
    assert calibration.crps([[1.0, 2.0, 3.0]], [2.5], QUARTERS).tolist() == [
        2 * (0.375 + 0.25 + 0.125) / 3
    ]


def test_log_crps_does_not_change_when_the_unit_does():
    hours = calibration.log_crps([[1.0, 2.0, 4.0]], [3.0], QUARTERS)
    minutes = calibration.log_crps([[60.0, 120.0, 240.0]], [180.0], QUARTERS)
    assert hours == pytest.approx(minutes)
    with pytest.raises(ValueError, match="above zero"):
        calibration.log_crps([[0.0, 1.0, 2.0]], [1.0], QUARTERS)


@pytest.mark.parametrize(
    ("quantiles", "outcomes", "levels"),
    [
        ([[1.0, 2.0]], [1.0], QUARTERS),
        ([[1.0, 2.0, math.nan]], [1.0], QUARTERS),
        ([[1.0, 2.0, 3.0]], [math.nan], QUARTERS),
        ([[1.0, 2.0, 3.0]], [1.0], (0.5, 0.25, 0.75)),
        ([[1.0, 2.0, 3.0]], [1.0], (0.0, 0.5, 0.75)),
    ],
)
def test_forecasts_that_do_not_fit_together_are_refused(quantiles, outcomes, levels):
    with pytest.raises(ValueError, match=r"quantiles|levels|NaN"):
        calibration.pinball(quantiles, outcomes, levels)


def test_brier_is_the_mean_squared_distance():
    assert calibration.brier([0.9, 0.8], [1, 0]) == pytest.approx((0.01 + 0.64) / 2)
    with pytest.raises(ValueError, match="between 0 and 1"):
        calibration.brier([1.2], [1])


def test_wilson_gives_the_published_interval():
    # Newcombe (1998), table I: 81 of 263 and 15 of 148, method 3.
    assert calibration.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert calibration.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert calibration.wilson(0, 20)[0] == 0.0
    assert calibration.wilson(20, 20)[1] == 1.0


def test_the_one_sided_bound_for_eighteen_of_twenty():
    low, _ = calibration.wilson(18, 20, calibration.ONE_SIDED_80)
    # (0.9 + 0.7083/40 - 0.8416·√(0.09/20 + 0.7083/1600)) ÷ (1 + 0.7083/20), by hand.
    assert low == pytest.approx(0.8292, abs=1e-3)


def test_control_limits_narrow_as_groups_grow():
    limits = calibration.control_limits(0.9, [9, 100, 900])
    assert limits[:, 0] == pytest.approx([0.6, 0.81, 0.87])
    assert limits[:, 1] == pytest.approx([1.0, 0.99, 0.93])


def test_reliability_puts_said_beside_happened():
    bins = calibration.reliability([0.9, 0.9, 0.92, 0.2, 1.0], [1, 1, 0, 0, 1])
    assert [(b.low, b.high, b.count, b.happened) for b in bins] == [
        (0.0, 0.5, 1, 0),
        (0.9, 0.95, 3, 2),
        (0.95, 1.0, 1, 1),
    ]
    assert bins[1].said == pytest.approx(0.9066666)
    assert bins[1].interval == calibration.wilson(2, 3)


def test_the_normal_quantile_agrees_with_the_standard_library():
    from statistics import NormalDist

    levels = np.array([1e-6, 0.001, 0.02, 0.1, 0.5, 0.9, 0.99, 0.999999])
    exact = [NormalDist().inv_cdf(p) for p in levels]
    assert calibration.normal_quantile(levels) == pytest.approx(exact, abs=1e-7)


def test_the_difference_of_two_shares_is_newcombes():
    """Two of his examples: (a) 56 of 70 and 48 of 80, (c) 6 of 7 and 2 of 7; his table II."""
    assert calibration.difference(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert calibration.difference(6, 7, 2, 7) == pytest.approx((0.0582, 0.8062), abs=5e-5)
    assert calibration.difference(0, 10, 0, 20) == pytest.approx((-0.1611, 0.2775), abs=5e-5)
    with pytest.raises(ValueError, match="at least one trial"):
        calibration.difference(1, 2, 0, 0)


def test_the_other_way_round_the_difference_turns_its_sign():
    low, high = calibration.difference(7, 20, 13, 21)
    assert calibration.difference(13, 21, 7, 20) == pytest.approx((-high, -low))

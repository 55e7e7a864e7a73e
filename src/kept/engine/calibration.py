"""Did 90 % mean 90 %? Figures that compare what was said with what happened.

Everything here is a pure function of arrays. Forecasts are quantiles at stated levels or chances;
outcomes are what happened, in the same unit.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

TWO_SIDED_95 = 1.959963984540054
ONE_SIDED_80 = 0.8416212335729143


def _forecasts(
    quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    q = np.asarray(quantiles, dtype=np.float64)
    y = np.asarray(outcomes, dtype=np.float64)
    at = np.asarray(levels, dtype=np.float64)
    if q.ndim != 2 or q.shape != (y.size, at.size):
        raise ValueError(
            f"quantiles must have shape (outcomes, levels) = ({y.size}, {at.size}), not {q.shape}"
        )
    if at.size == 0 or np.any(np.diff(at) <= 0) or at[0] <= 0 or at[-1] >= 1:
        raise ValueError("levels must rise strictly between 0 and 1")
    if np.isnan(q).any() or np.isnan(y).any():
        raise ValueError("neither quantiles nor outcomes may hold NaN")
    return q, y, at


def coverage(quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Give the share of outcomes within each quantile, ties shared fairly.

    Args:
        quantiles: shape (n, m), rising along the levels.
        outcomes: shape (n,), same unit.
        levels: shape (m,), rising, strictly between 0 and 1.

    Returns:
        Shape (m,). An outcome equal to several quantiles (a mass point: work that took exactly
        its estimate) lies somewhere between the levels around them; it counts as within level p
        by the share of that stretch which lies below p. This is the expectation of drawing the
        tie at random, without the draw.

    Source:
        The randomised probability integral transform; Czado, Gneiting and Held, "Predictive model
        assessment for count data", Biometrics 65 (2009).
    """
    if np.size(outcomes) == 0:
        raise ValueError("coverage needs at least one outcome")
    return np.asarray(within(quantiles, outcomes, levels).mean(axis=0))


def within(quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Say for each outcome and level whether it lies within: 0, 1, or a share for a tie.

    Shape (n, m); the mean over outcomes is `coverage`.
    """
    q, y, at = _forecasts(quantiles, outcomes, levels)
    low, high = transform_interval(q, y, at)
    width = high - low
    # The stretch is never empty: between neighbouring levels lies at least one step.
    return np.clip((at[None, :] - low[:, None]) / width[:, None], 0.0, 1.0)


def transform_interval(
    quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Bracket the probability integral transform of each outcome by the levels around it.

    Returns:
        Two arrays of shape (n,): the highest level whose quantile lies below the outcome (0 if
        none), and the lowest level whose quantile lies above it (1 if none).
    """
    q, y, at = _forecasts(quantiles, outcomes, levels)
    edges = np.concatenate(([0.0], at, [1.0]))
    below = (q < y[:, None]).sum(axis=1)
    not_above = (q <= y[:, None]).sum(axis=1)
    return edges[below], edges[not_above + 1]


def pinball(quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Give the pinball loss of each quantile, shape (n, m), in the outcomes' unit.

    Source:
        Koenker and Bassett, "Regression quantiles", Econometrica 46 (1978).
    """
    q, y, at = _forecasts(quantiles, outcomes, levels)
    miss = y[:, None] - q
    return np.where(miss >= 0, at * miss, (at - 1.0) * miss)


def crps(quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Give the continuous ranked probability score read off quantiles, shape (n,); less is better.

    Twice the mean pinball loss over evenly spaced levels, which tends to the integral as the
    levels become dense.

    Source:
        Gneiting and Ranjan, "Comparing density forecasts using threshold- and quantile-weighted
        scoring rules", JBES 29 (2011).
    """
    return np.asarray(2.0 * pinball(quantiles, outcomes, levels).mean(axis=1))


def log_crps(quantiles: ArrayLike, outcomes: ArrayLike, levels: ArrayLike) -> FloatArray:
    """Give `crps` of the natural logarithms: a miss by a factor weighs the same at any size.

    Raises:
        ValueError: a quantile or outcome is not above zero.
    """
    q = np.asarray(quantiles, dtype=np.float64)
    y = np.asarray(outcomes, dtype=np.float64)
    if (q <= 0).any() or (y <= 0).any():
        raise ValueError("the logarithm needs quantiles and outcomes above zero")
    return crps(np.log(q), np.log(y), levels)


def brier(chances: ArrayLike, happened: ArrayLike) -> float:
    """Give the mean squared distance between chances and what happened (1 or 0); 0 is best.

    Source:
        Brier, "Verification of forecasts expressed in terms of probability", 1950.
    """
    said = np.asarray(chances, dtype=np.float64)
    came = np.asarray(happened, dtype=np.float64)
    if said.size == 0 or said.shape != came.shape:
        raise ValueError("brier needs as many outcomes as chances, and at least one")
    if np.isnan(said).any() or (said < 0).any() or (said > 1).any():
        raise ValueError("a chance lies between 0 and 1")
    return float(np.mean((said - came) ** 2))


def wilson(successes: int, trials: int, z: float = TWO_SIDED_95) -> tuple[float, float]:
    """Give Wilson's interval for a share.

    Args:
        successes: how many of the trials succeeded.
        trials: at least one.
        z: 1.96 for a two-sided 95 % interval; for a bound on one side alone at 80 %, 0.8416.

    Source:
        Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
        (1927).
    """
    if trials < 1 or not 0 <= successes <= trials:
        raise ValueError("wilson needs at least one trial and successes among them")
    share = successes / trials
    spread = z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def difference(
    first: int, of_first: int, second: int, of_second: int, z: float = TWO_SIDED_95
) -> tuple[float, float]:
    """Give the interval for the difference of two shares, first less second.

    Args:
        first, second: how many succeeded, of `of_first` and `of_second` trials, at least one each.
        z: 1.96 for a two-sided 95 % interval.

    Source:
        Newcombe, "Interval estimation for the difference between independent proportions",
        Statistics in Medicine 17 (1998), method 10: Wilson's intervals of both, put together.
    """
    low, high = wilson(first, of_first, z)
    other_low, other_high = wilson(second, of_second, z)
    share, other = first / of_first, second / of_second
    found = share - other
    return (
        found - math.hypot(share - low, other_high - other),
        found + math.hypot(high - share, other - other_low),
    )


def control_limits(share: float, sizes: ArrayLike, sigmas: float = 3.0) -> FloatArray:
    """Give the p-chart's limits around a share for groups of the given sizes.

    Returns:
        Shape (n, 2): the share within which a group of that size stays by chance alone.

    Source:
        Shewhart, "Economic control of quality of manufactured product", 1931.
    """
    n = np.asarray(sizes, dtype=np.float64)
    if not 0 <= share <= 1 or (n < 1).any():
        raise ValueError("control_limits needs a share between 0 and 1 and groups of at least one")
    error = sigmas * np.sqrt(share * (1 - share) / n)
    return np.clip(np.column_stack((share - error, share + error)), 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Forecasts with about the same chance: how many, what was said on average, what came."""

    low: float
    high: float
    count: int
    said: float
    happened: int
    interval: tuple[float, float]


def reliability(
    chances: ArrayLike,
    happened: ArrayLike,
    edges: ArrayLike = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 1.0),
) -> list[ReliabilityBin]:
    """Group forecasts by chance and compare each group with what happened.

    A chance on an edge belongs to the group above it, and 1 to the last. Empty groups are left
    out. The interval is Wilson's at 95 %.

    Source:
        Murphy and Winkler, "Reliability of subjective probability forecasts", 1977.
    """
    said = np.asarray(chances, dtype=np.float64)
    came = np.asarray(happened, dtype=np.bool_)
    at = np.asarray(edges, dtype=np.float64)
    if said.shape != came.shape:
        raise ValueError("reliability needs as many outcomes as chances")
    if np.isnan(said).any() or (said < at[0]).any() or (said > at[-1]).any():
        raise ValueError("every chance must lie within the edges")
    group = np.clip(np.searchsorted(at, said, side="right") - 1, 0, at.size - 2)
    bins = []
    for index in range(at.size - 1):
        members = group == index
        count = int(members.sum())
        if count:
            good = int(came[members].sum())
            bins.append(
                ReliabilityBin(
                    low=float(at[index]),
                    high=float(at[index + 1]),
                    count=count,
                    said=float(said[members].mean()),
                    happened=good,
                    interval=wilson(good, count),
                )
            )
    return bins


def normal_quantile(chances: ArrayLike) -> FloatArray:
    """Give the standard normal quantile of each chance, strictly between 0 and 1.

    Source:
        P. J. Acklam's rational approximation (2003), good to 1.2e-9 relative.
    """
    p = np.asarray(chances, dtype=np.float64)
    a = (-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02,
         1.383577518672690e02, -3.066479806614716e01, 2.506628277459239e00)  # fmt: skip
    b = (-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02,
         6.680131188771972e01, -1.328068155288572e01)  # fmt: skip
    c = (-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e00,
         -2.549732539343734e00, 4.374664141464968e00, 2.938163982698783e00)  # fmt: skip
    d = (7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00,
         3.754408661907416e00)  # fmt: skip
    tail = np.minimum(p, 1 - p)
    q = np.sqrt(-2 * np.log(tail))
    outer = np.polyval(c, q) / np.polyval((*d, 1.0), q)
    middle = p - 0.5
    r = middle * middle
    inner = np.polyval(a, r) * middle / np.polyval((*b, 1.0), r)
    return np.asarray(np.where(tail < 0.02425, np.where(p < 0.5, outer, -outer), inner))

"""How the stages of one promise slip together: learned from what earlier work took in sum.

A promise is kept by the sum of its stages, not by each. Two numbers say how such a sum differs
from one of stages that each have luck of their own: how alike the stages' luck is
(`correlation`), and whether sums came out below or above what was forecast (`lean`). Runs of ten
consecutive items of a project stand for promises; `docs/method/effort.md` says what was measured.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kept.engine import calibration

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Items of a project that stand for a promise.
RUN: Final = 10
#: Below this many closed runs sums say too little to correct anything.
RUNS_NEEDED: Final = 20
#: The newest runs that are drawn; older ones cost time and say little more.
NEWEST_RUNS: Final = 1_000
MOST_LEAN: Final = 0.5
#: The age at which a sum counts half in how sums lean: teams, clients and kinds of work change.
HALF_LIFE_DAYS: Final = 180.0

_USUAL: Final = 0.05
_IMAGINED: Final = 20.0
_EDGE = 0.005
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Together:
    """How stages of one promise slip together.

    Attributes:
        correlation: the share of a stage's luck that it has in common with its promise, 0..0.5.
        lean: by how much each stage's luck is shifted, in normal scores; below zero where sums
            took less than was forecast. 0 until 20 runs are closed.
        runs: how many closed runs were drawn and compared; 0 below 20.
        kept: how many of them took no more than their sum said at 90 %, as stages were forecast,
            with luck in common and none of it leaning.
    """

    correlation: float
    lean: float
    runs: int
    kept: int


def runs_of(projects: ArrayLike) -> IntArray:
    """Cut each project's items into runs of ten, shape (runs, 10); what is left over is left out.

    Args:
        projects: shape (n,). Codes in order of time.
    """
    of = np.asarray(projects)
    found = [np.empty((0, RUN), dtype=np.int64)]
    for code in np.unique(of):
        mine = np.flatnonzero(of == code)
        found.append(mine[: mine.size // RUN * RUN].reshape(-1, RUN))
    runs = np.concatenate(found)
    # By their last item: a run closed later changes nothing in how earlier ones are drawn.
    return np.asarray(runs[np.argsort(runs[:, -1], kind="stable")])


def learned(
    *,
    positions: ArrayLike,
    projects: ArrayLike,
    ln_quantiles: FloatArray,
    ln_ratios: FloatArray,
    hours: FloatArray,
    days: FloatArray,
    as_of: float,
    half_life_days: float = HALF_LIFE_DAYS,
) -> Together:
    """Learn from finished work in order of time.

    Args:
        positions: shape (n,). Where each outcome fell in its own forecast, 0..1.
        projects: shape (n,). Codes; equal means the same project.
        ln_quantiles: shape (n, m). What was forecast of each: ln(actual ÷ estimate) at m evenly
            spaced levels 1/(m + 1) … m/(m + 1).
        ln_ratios: shape (n,). What came.
        hours: shape (n,). Estimates.
        days: shape (n,). When each was known. A run is as old as its last member.
        as_of: the day from which is looked back.
        half_life_days: the age at which a run counts half in the lean.
    """
    together = shared_effect(positions, projects)
    runs = runs_of(projects)
    if runs.shape[0] < RUNS_NEEDED:
        return Together(together, 0.0, 0, 0)
    newest = runs[-NEWEST_RUNS:]
    scores = _scores(newest, ln_quantiles, ln_ratios, hours, together)
    ages = np.maximum(as_of - days[newest].max(axis=1), 0.0)
    return Together(
        correlation=together,
        lean=lean(scores, _reach(hours[newest], together), 0.5 ** (ages / half_life_days)),
        runs=newest.shape[0],
        kept=int(np.count_nonzero(scores <= calibration.normal_quantile(0.9))),
    )


def shared_effect(positions: ArrayLike, projects: ArrayLike) -> float:
    """Estimate the correlation between the slips of pieces of work in one project.

    Args:
        positions: shape (n,). Where each outcome fell in its forecast, 0..1, in order of time.
        projects: shape (n,). Codes; equal means the same project.

    Returns:
        Between 0 and 0.5. Runs of ten consecutive items of a project: the variance of their mean
        normal score exceeds that of independent ones by the correlation. Shrunk towards 0.05 by
        20 imagined runs.

    Source:
        One-factor Gaussian copula; Li, "On default correlation", 2000, for the construction.
    """
    at = np.asarray(positions, dtype=np.float64)
    if at.shape != np.shape(projects):
        raise ValueError("shared_effect needs one project per position")
    runs = calibration.normal_quantile(np.clip(at, _EDGE, 1 - _EDGE))[runs_of(projects)]
    # Mean product of two different members of a run.
    products = (runs.sum(axis=1) ** 2 - (runs**2).sum(axis=1)) / (RUN * (RUN - 1))
    measured = (float(products.sum()) + _IMAGINED * _USUAL) / (products.size + _IMAGINED)
    return float(min(max(measured, 0.0), 0.5))


def lean(scores: ArrayLike, reach: ArrayLike, weights: ArrayLike = 1.0) -> float:
    """Say by how much each stage's luck has to be shifted so that sums fall evenly.

    Args:
        scores: shape (n,). Where earlier sums fell in what was forecast, as normal scores.
        reach: shape (n,). By how much such a score moves when every member's moves by one.
        weights: shape (n,) or one number. How much each sum counts; 1 in full.

    Returns:
        The shift that fits the scores best by least squares, shrunk towards 0 by 20 imagined
        sums that fell in the middle, and at most a half.

    Source:
        Recalibration of the probability integral transform: Dawid, "The well-calibrated
        Bayesian", 1982; here by the mean of its normal scores alone.
    """
    z, moves = np.asarray(scores, dtype=np.float64), np.asarray(reach, dtype=np.float64)
    if z.size < RUNS_NEEDED:
        return 0.0
    count = np.broadcast_to(np.asarray(weights, dtype=np.float64), z.shape)
    squares = moves**2
    imagined = _IMAGINED * squares.mean()
    shift = float((count * moves * z).sum() / ((count * squares).sum() + imagined))
    return min(max(shift, -MOST_LEAN), MOST_LEAN)


def _reach(hours: FloatArray, correlation: float) -> FloatArray:
    """Say how far a sum's score moves with its members': √k of alike ones, less if they share."""
    shares = hours / hours.sum(axis=-1, keepdims=True)
    own = (shares**2).sum(axis=-1)
    return np.asarray(1.0 / np.sqrt(correlation + (1.0 - correlation) * own))


def _scores(
    runs: IntArray,
    ln_quantiles: FloatArray,
    ln_ratios: FloatArray,
    hours: FloatArray,
    correlation: float,
) -> FloatArray:
    """Draw each run's sum as it was forecast, and say where the real one fell, in normal scores."""
    levels = ln_quantiles.shape[1]
    draw = np.random.default_rng(RUN)
    points = np.arange(4_096)
    normal = calibration.normal_quantile((points + 0.5) / points.size)
    # The nearest level of a normal score, in steps of 1/512 from -6: asked four thousand times
    # for each run.
    near = np.searchsorted(normal, np.arange(12 * 512) / 512 - 6) / points.size * (levels + 1)
    nearest = np.clip(np.rint(near).astype(np.int64) - 1, 0, levels - 1)
    members = np.arange(RUN)
    found = np.empty(runs.shape[0])
    for at, run in enumerate(runs):
        luck = normal[draw.integers(points.size, size=(_DRAWS, RUN + 1))]
        z = np.sqrt(1 - correlation) * luck[:, :RUN] + np.sqrt(correlation) * luck[:, RUN:]
        index = nearest[np.clip(((z + 6) * 512).astype(np.int64), 0, nearest.size - 1)]
        hours_of = np.exp(ln_quantiles[run]) * hours[run, None]
        sums = hours_of[members, index].sum(axis=1)
        came = float((np.exp(ln_ratios[run]) * hours[run]).sum())
        # Where all took exactly their estimates the sum is a mass point as well.
        below = np.count_nonzero(sums < came * (1 - 1e-9))
        within = np.count_nonzero(sums <= came * (1 + 1e-9))
        found[at] = (below + within + 1) / 2 / (_DRAWS + 1)
    return calibration.normal_quantile(np.clip(found, _EDGE, 1 - _EDGE))

"""What would have been forecast, row by row, and how true it would have been.

Prequential: the forecast for a row uses only rows finished before the day it was estimated.
Beside it stand four simpler ways to forecast, judged by the same figures on the same rows.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kept.engine import calibration, durations, forecasts, lenses
from kept.engine.durations import DurationHistory, Profile

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LEVELS: Final[FloatArray] = np.arange(1, 20) / 20.0
LEVELS.flags.writeable = False

_SHOWN_LEVELS: Final = (50, 80, 90, 95)
_KNOWN_BUCKETS: Final = (("0", 0), ("1-5", 5), ("6-20", 20), ("21-50", 50), ("51+", math.inf))
_GROUP_NEEDS = 50
_LARGEST = 1e300
_AT_ONCE = 50_000


@dataclass(frozen=True, slots=True)
class Headline:
    """The numbers behind a summary in plain words. Counts are of `scored` rows.

    `kept_at_90`: took no more than kept's nine-in-ten figure. `kept_as_estimated`: took no more
    than the estimate. `kept_at_half_more`: no more than 1.5 × the estimate. `typical_factor`: the
    median nine-in-ten figure ÷ estimate. `exact`: took exactly the estimate; `is_informative` is
    false where nearly all did. `undated`: had no day of estimate and got the day-one forecast.
    """

    rows: int
    scored: int
    kept_at_90: int
    kept_as_estimated: int
    kept_at_half_more: int
    typical_factor: float | None
    exact: int
    is_informative: bool
    undated: int


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """The outcome of a backtest.

    Attributes:
        row_ids: in the order the rows were given.
        levels: shape (19,): 0.05, 0.10, … 0.95.
        quantiles: shape (n, 19). Total effort in each row's own unit; NaN for a row without an
            estimate.
        summary: what the JSON report holds; only numbers, text, None, lists and dicts.
        headline: what a sentence needs.
    """

    row_ids: tuple[str, ...]
    levels: FloatArray
    quantiles: FloatArray
    summary: dict[str, Any]
    headline: Headline


def backtest(
    history: DurationHistory, *, progress: Callable[[int, int], None] | None = None
) -> BacktestReport:
    """Forecast each row from what was finished before it was estimated, and compare.

    Args:
        history: rows in any order; the order changes nothing.
        progress: called with (rows done, rows in all) now and then.

    The figures are over finished rows with an estimate and an actual above zero. With none of
    them, every figure is None.
    """
    replay = history.replay(LEVELS, progress)
    scored = np.flatnonzero(history.scorable)
    known = replay.known[scored]
    ours = _figures(history, scored, replay.ln_quantiles, known)
    others = {
        name: _figures(history, scored, ln_quantiles, known)
        for name, ln_quantiles in _baselines(history)
    }
    forecast = int(history.forecastable.sum())
    undated = int((history.forecastable & np.isnan(history.estimate_days)).sum())
    exact = int((history.actuals[scored] == history.estimates[scored]).sum())
    ratio = history.ln_ratios[scored]
    promised = replay.ln_quantiles[scored, 17]
    headline = Headline(
        rows=len(history),
        scored=int(scored.size),
        kept_at_90=int((ratio <= promised).sum()),
        kept_as_estimated=int((ratio <= 0.0).sum()),
        kept_at_half_more=int((ratio <= math.log(1.5)).sum()),
        typical_factor=float(np.exp(np.median(promised))) if scored.size else None,
        exact=exact,
        is_informative=history.is_informative,
        undated=undated,
    )
    quantiles = np.empty((len(history), LEVELS.size))
    for part in _parts(len(history)):
        rows = history.given_order[part]
        quantiles[part] = forecasts.snapped(
            _totals(replay.ln_quantiles[rows], history.estimates[rows])
        )
    quantiles.flags.writeable = False
    return BacktestReport(
        row_ids=tuple(history.row_ids[row] for row in history.given_order),
        levels=LEVELS,
        quantiles=quantiles,
        summary={
            "rows": len(history),
            "forecast": forecast,
            "scored": int(scored.size),
            "undated": undated,
            "exact_share": history.exact_share if scored.size else None,
            "informative": history.is_informative,
            "method": lenses.METHOD_VERSION,
            **ours,
            "baselines": others,
        },
        headline=headline,
    )


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces of work estimated one after the other: so many of them took no more than was said.

    Days are those of the first and the last estimate.
    """

    from_day: int
    to_day: int
    scored: int
    kept: int


@dataclass(frozen=True, slots=True)
class Hindsight:
    """What would have been said of the work a profile learned from, in counts.

    Each piece was forecast from what was finished before it was estimated.

    Attributes:
        scored: how many pieces have an estimate, an actual and a day of estimate.
        undated: how many were learned from without a day of estimate; they are not scored.
        kept: how many took no more than was said at 50, 80, 90 and 95 %.
        kept_as_estimated, kept_at_half_more: how many took no more than 1 and 1.5 × the estimate.
        exact: how many took exactly the estimate.
        is_informative: false where nearly all took exactly the estimate.
        typical_factor: the median of what was said at 90 % ÷ estimate; None without any.
        stretches: the same at 90 % along time, in parts of about the same size.
        sums: how many runs of ten consecutive pieces of a project were added up; 0 below 20.
        sums_kept: how many of these sums took no more than was said at 90 %.
        lean: by how much luck is shifted since (`kept.engine.together`).
    """

    scored: int
    undated: int
    kept: tuple[int, int, int, int]
    kept_as_estimated: int
    kept_at_half_more: int
    exact: int
    is_informative: bool
    typical_factor: float | None
    stretches: tuple[Stretch, ...]
    sums: int
    sums_kept: int
    lean: float


def hindsight(profile: Profile, *, stretches: int = 10) -> Hindsight:
    """Say how true it would have been; costs nothing, since a profile replays what it learns."""
    history, rows = profile.history, profile.asked
    ratio = history.ln_ratios[rows]
    days = history.estimate_days[rows]
    within = ratio[:, None] <= profile.said
    exact = int((history.actuals[rows] == history.estimates[rows]).sum())
    edges = np.linspace(0, rows.size, min(stretches, rows.size) + 1).astype(np.int64)
    return Hindsight(
        scored=int(rows.size),
        undated=profile.finished_items - int(rows.size),
        kept=tuple(within.sum(axis=0).tolist()),
        kept_as_estimated=int((ratio <= 0.0).sum()),
        kept_at_half_more=int((ratio <= math.log(1.5)).sum()),
        exact=exact,
        is_informative=durations.is_informative(exact=exact, of=int(rows.size)),
        typical_factor=float(np.exp(np.median(profile.said[:, 2]))) if rows.size else None,
        stretches=tuple(
            Stretch(
                from_day=int(days[first]),
                to_day=int(days[after - 1]),
                scored=int(after - first),
                kept=int(within[first:after, 2].sum()),
            )
            for first, after in pairwise(edges)
        ),
        sums=profile.together.runs,
        sums_kept=profile.together.kept,
        lean=profile.together.lean,
    )


def _figures(
    history: DurationHistory, rows: IntArray, ln_quantiles: FloatArray, known: IntArray
) -> dict[str, Any]:
    """Judge forecasts for the rows given; every figure is None where there is nothing to judge."""
    outcomes = history.ln_ratios[rows]
    estimates = history.estimates[rows]
    if rows.size == 0:
        return {
            "coverage": {str(level): None for level in _SHOWN_LEVELS},
            "log_crps": None,
            "crps": None,
            "median_p90_over_actual": None,
            "worst_person": None,
            "worst_project": None,
            "coverage_by_known": {
                name: {"rows": 0, "coverage": None} for name, _ in _KNOWN_BUCKETS
            },
        }
    within = np.empty((rows.size, LEVELS.size))
    ln_loss, loss, over = np.empty(rows.size), np.empty(rows.size), np.empty(rows.size)
    for part in _parts(rows.size):
        said, came, sizes = ln_quantiles[rows[part]], outcomes[part], estimates[part]
        within[part] = calibration.within(said, came, LEVELS)
        ln_loss[part] = calibration.crps(said, came, LEVELS)
        actuals = _totals(came[:, None], sizes)[:, 0]
        loss[part] = calibration.crps(_totals(said, sizes), actuals, LEVELS)
        over[part] = said[:, 17] - came
    share = within.mean(axis=0)
    return {
        "coverage": {str(level): float(share[round(level / 5) - 1]) for level in _SHOWN_LEVELS},
        "log_crps": float(ln_loss.mean()),
        "crps": float(np.minimum(loss, _LARGEST / rows.size).mean()),
        "median_p90_over_actual": float(np.exp(np.median(over))),
        "worst_person": _worst(history, rows, within[:, 17], "person"),
        "worst_project": _worst(history, rows, within[:, 17], "project"),
        "coverage_by_known": _by_known(within[:, 17], known),
    }


def _totals(ln_ratios: FloatArray, estimates: FloatArray) -> FloatArray:
    """Turn ln(actual ÷ estimate), shape (n, m), into totals in each row's unit; never infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(np.minimum(np.exp(ln_ratios) * estimates[:, None], _LARGEST))


def _parts(rows: int) -> Iterator[slice]:
    """Cut so many rows into parts, so that what is made on the way stays small."""
    for start in range(0, rows, _AT_ONCE):
        yield slice(start, min(rows, start + _AT_ONCE))


def _worst(
    history: DurationHistory, rows: IntArray, within: FloatArray, what: str
) -> dict[str, Any] | None:
    """Find the person or project with at least 50 rows that was kept least often at 90 %."""
    codes = history.codes[rows, 0 if what == "person" else 2]
    counts = np.bincount(codes)
    large = np.flatnonzero(counts >= _GROUP_NEEDS)
    if large.size == 0:
        return None
    shares = np.bincount(codes, weights=within)[large] / counts[large]
    names = history.names(what)
    share, name, count = min(
        (float(share), names[code] or "", int(counts[code]))
        for share, code in zip(shares.tolist(), large.tolist(), strict=True)
    )
    return {"name": name, "rows": count, "coverage": share}


def _by_known(within: FloatArray, known: IntArray) -> dict[str, Any]:
    found: dict[str, Any] = {}
    above = -1.0
    for name, last in _KNOWN_BUCKETS:
        mine = (known > above) & (known <= last)
        count = int(mine.sum())
        found[name] = {"rows": count, "coverage": float(within[mine].mean()) if count else None}
        above = last
    return found


def _baselines(history: DurationHistory) -> Iterator[tuple[str, FloatArray]]:
    """Yield ln(actual ÷ estimate) quantiles, shape (n, 19), of four simpler ways to forecast."""
    shape = (len(history), LEVELS.size)
    yield "estimate_as_is", np.broadcast_to(0.0, shape)
    fixed = 0.5 * calibration.normal_quantile(LEVELS)
    yield "fixed_spread", np.broadcast_to(fixed, shape)
    yield "global_ratio", history.global_quantiles(LEVELS)
    pert = np.log(pert_quantiles(0.75, 1.0, 2.0, LEVELS))
    yield "pert", np.broadcast_to(pert, shape)


def pert_quantiles(low: float, likely: float, high: float, levels: FloatArray) -> FloatArray:
    """Give quantiles of the PERT law: a beta law on [low, high] with its mode at `likely`.

    Source:
        Malcolm et al., "Application of a technique for research and development program
        evaluation", Operations Research 7 (1959), in the beta form with weight 4 on the mode.
    """
    a = 1.0 + 4.0 * (likely - low) / (high - low)
    b = 1.0 + 4.0 * (high - likely) / (high - low)
    # The density at the middle of 20,000 strips; error of a quantile below a ten-thousandth.
    middle = (np.arange(20_000) + 0.5) / 20_000
    reached = np.cumsum(middle ** (a - 1.0) * (1.0 - middle) ** (b - 1.0))
    place = np.interp(levels, reached / reached[-1], (np.arange(20_000) + 1) / 20_000)
    return np.asarray(low + (high - low) * place)

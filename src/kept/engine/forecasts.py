"""What a piece of work may take: a forecast, and the past work it rests on."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from kept.engine.lenses import prior_ratios

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Similar:
    """The past items that count most for a forecast, most similar first.

    `rows` are positions in the history's order (`history.row_ids[rows[0]]`); `weights` are their
    shares of the whole forecast. `own`: all are the person's own; they are as soon as the person
    has enough of them.
    """

    rows: IntArray
    weights: FloatArray
    own: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """What a sentence for people needs. Actuals are in the unit of the estimate asked about.

    "Your `n_similar` most similar: `low_actual`–`high_actual` for this estimate; 9 in 10 within
    `nine_in_ten_factor` × the estimate." Low and high are scaled to the estimate asked about.
    """

    n_similar: int
    low_actual: float
    high_actual: float
    nine_in_ten_factor: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a piece of work may take, as multiples of its estimate.

    Attributes:
        levels: shape (n,), rising, strictly between 0 and 1.
        quantiles: shape (n,), actual ÷ estimate at the levels; never falling, above 0.
        estimate: what was asked about, in the history's hours; 1 if none was given.
        effective_n: how many equally weighted past items the forecast is worth.
        similar: the items that count most.
        from_prior_share: 1 on day one, near 0 with much similar work.
    """

    levels: FloatArray
    quantiles: FloatArray
    estimate: float
    effective_n: float
    similar: Similar
    from_prior_share: float
    summary: Summary
    _values: FloatArray = field(repr=False)
    _chances: FloatArray = field(repr=False)

    def chance_within(self, ratio: float) -> float:
        """Give the chance that the work takes at most `ratio` × the estimate; never 0 or 1."""
        if math.isnan(ratio):
            raise ValueError("a ratio is a number")
        at = int(np.searchsorted(self._values, ratio, side="right"))
        chance = float(self._chances[at - 1]) if at else 0.0
        # Laplace's rule of succession over the sample, the prior's atoms among it.
        smallest = 1.0 / (self._values.size + 2.0)
        return min(max(chance, smallest), 1.0 - smallest)

    def after(self, spent_ratio: float) -> FloatArray:
        """Give quantiles of actual ÷ estimate, given that this much was spent and it is not done.

        Work that outlived everything known is expected to need more: then the prior's upper
        half, scaled to begin at what was spent, takes over.

        Args:
            spent_ratio: work so far ÷ estimate, at least 0.

        Returns:
            Same shape as `levels`; above `spent_ratio`.
        """
        if not spent_ratio >= 0:
            raise ValueError("what was spent is at least nothing")
        beyond = self._values > spent_ratio
        shares = np.diff(self._chances, prepend=0.0)[beyond]
        left = shares.sum()
        tail = prior_ratios(0.5 + self.levels / 2) * max(spent_ratio, 1e-9) * 1.0001
        if left < 1e-9:
            return tail
        # The tail weighs as one item would: it speaks only where the past falls silent.
        own = left / (left + 1.0 / (self.effective_n + 1.0) ** 2)
        values = np.concatenate((self._values[beyond], tail))
        weights = np.concatenate((shares / left * own, np.full(tail.size, (1 - own) / tail.size)))
        order = np.argsort(values, kind="stable")
        reached = np.cumsum(weights[order])
        at = np.minimum(np.searchsorted(reached, self.levels - 1e-12), values.size - 1)
        return values[order][at]


def snapped(values: FloatArray) -> FloatArray:
    """Put back round numbers that a logarithm and back moved by their last bits.

    A mass point must stay exactly where outcomes fall: 3 × an estimate of 0.7 h is 2.1 h.
    """
    with np.errstate(all="ignore"):
        scale = 10.0 ** (11.0 - np.floor(np.log10(values)))
        rounded = np.rint(values * scale) / scale
        near = np.abs(rounded - values) <= 1e-14 * values
    return np.where(near & np.isfinite(rounded), rounded, values)

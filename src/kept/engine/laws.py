"""Laws of effort: how many hours a piece of work may take.

A law is a quantile function: ``hours(u) = y(u)``, or ``exp(y(u))``, times
``scale`` plus ``base``, where ``y`` runs in straight lines through knots
``(u, y)``. Futures draw ``u`` from 4,096 equally likely points.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

POINTS = 4096
"""The points of a quantile table: u = (i + 0.5) / POINTS."""

CERTAIN, LINEAR, LOG, EXPONENTIAL, NORMAL = 0, 1, 2, 3, 4

Knots = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Law:
    """One law of effort, in hours.

    Attributes:
        form: CERTAIN ``base``; LINEAR ``base + scale * y(u)``; LOG
            ``exp(base + scale * y(u))``; EXPONENTIAL ``-scale * log(1 - u)``; NORMAL
            ``exp(base + scale * z(u))``, z the standard normal quantile.
        shape: names the knots; equal shapes share them.
        said: what the plan said, from which the document is made.
    """

    form: int
    base: float
    scale: float
    shape: tuple[Any, ...]
    said: tuple[Any, ...]

    @property
    def is_nothing(self) -> bool:
        return self.form == CERTAIN and self.base == 0

    @property
    def is_certain(self) -> bool:
        return self.form == CERTAIN

    def document(self) -> Any:
        """The law as a plan file says it."""

        def plain(value: float) -> float | int:
            return int(value) if float(value).is_integer() else value

        name, *values = self.said
        if name == "certain":
            return plain(values[0])
        if name == "ratios":
            return {
                "estimate": plain(values[0]),
                "ratios": [[plain(q), plain(r)] for q, r in values[1]],
            }
        if name == "range":
            return dict(zip(("low", "likely", "high"), map(plain, values), strict=True))
        keys = {
            "uniform": ("low", "high"),
            "exponential": ("mean",),
            "lognormal": ("median", "sigma"),
            "beta": ("low", "high", "a", "b"),
        }[name]
        return {"law": name, **dict(zip(keys, map(plain, values), strict=True))}

    def hours(self, u: float) -> float:
        """The hours that a share ``u`` of futures does not exceed, 0 < u < 1."""
        if self.form == CERTAIN:
            return self.base
        if self.form == EXPONENTIAL:
            return -self.scale * math.log1p(-u)
        if self.form == NORMAL:
            return math.exp(self.base + self.scale * NormalDist().inv_cdf(u))
        us, ys = knots(self.shape)
        y = self.base + self.scale * float(np.interp(u, us, ys))
        return math.exp(y) if self.form == LOG else y

    def share_below(self, hours: float) -> float:
        """The share of futures that take no more than ``hours``: the inverse of ``hours``."""
        if self.form == CERTAIN:
            return 1.0 if hours >= self.base else 0.0
        if self.form == EXPONENTIAL:
            return -math.expm1(-hours / self.scale) if self.scale > 0 else 1.0
        if self.form == NORMAL:
            return NormalDist(self.base, self.scale).cdf(math.log(hours)) if hours > 0 else 0.0
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.hours(middle) <= hours else (low, middle)
        return low


_once = lru_cache(maxsize=4096)
"""Equal laws are one: of 20,000 stages most are said in the same few ways."""


@_once
def certain(hours: float) -> Law:
    return Law(CERTAIN, float(hours), 0.0, (), ("certain", float(hours)))


@_once
def low_likely_high(low: float, likely: float, high: float) -> Law:
    """10, 50 and 90 %: straight lines in ln effort, the end slopes extended."""
    said = ("range", float(low), float(likely), float(high))
    if low == high:
        return Law(CERTAIN, float(low), 0.0, (), said)
    middle = math.log(likely)
    points = ((0.1, math.log(low) - middle), (0.5, 0.0), (0.9, math.log(high) - middle))
    return Law(LOG, middle, 1.0, ("knots", _extended(points)), said)


@_once
def ratios(estimate: float, points: Knots) -> Law:
    """Learned quantiles of actual/estimate: straight lines in ln ratio, end slopes extended.

    Where a ratio is zero the lines are straight in the ratio itself.
    """
    said = ("ratios", float(estimate), points)
    if estimate == 0 or points[0][1] == points[-1][1]:
        return Law(CERTAIN, float(estimate * points[-1][1]), 0.0, (), said)
    if points[0][1] > 0:
        logs = tuple((q, math.log(r)) for q, r in points)
        return Law(LOG, math.log(estimate), 1.0, ("knots", _extended(logs)), said)
    return Law(LINEAR, 0.0, float(estimate), ("knots", _extended(points, floor=0.0)), said)


@_once
def uniform(low: float, high: float) -> Law:
    said = ("uniform", float(low), float(high))
    if low == high:
        return Law(CERTAIN, float(low), 0.0, (), said)
    return Law(LINEAR, float(low), float(high - low), ("knots", ((0.0, 0.0), (1.0, 1.0))), said)


@_once
def exponential(mean: float) -> Law:
    said = ("exponential", float(mean))
    if mean == 0:
        return Law(CERTAIN, 0.0, 0.0, (), said)
    return Law(EXPONENTIAL, 0.0, float(mean), (), said)


@_once
def lognormal(median: float, sigma: float) -> Law:
    said = ("lognormal", float(median), float(sigma))
    if sigma == 0:
        return Law(CERTAIN, float(median), 0.0, (), said)
    return Law(NORMAL, math.log(median), float(sigma), (), said)


@_once
def beta(low: float, high: float, a: float, b: float) -> Law:
    said = ("beta", float(low), float(high), float(a), float(b))
    if low == high:
        return Law(CERTAIN, float(low), 0.0, (), said)
    return Law(LINEAR, float(low), float(high - low), ("beta", float(a), float(b)), said)


def _extended(points: Sequence[tuple[float, float]], floor: float | None = None) -> Knots:
    """Carry the first and the last line on to u = 0 and u = 1."""
    reach = list(points)
    if len(reach) > 1:
        (u0, y0), (u1, y1) = reach[0], reach[1]
        if u0 > 0:
            y = y0 - (y1 - y0) / (u1 - u0) * u0
            reach.insert(0, (0.0, y if floor is None else max(y, floor)))
        (u0, y0), (u1, y1) = reach[-2], reach[-1]
        if u1 < 1:
            reach.append((1.0, y1 + (y1 - y0) / (u1 - u0) * (1 - u1)))
    return tuple(reach)


@lru_cache(maxsize=4096)
def knots(shape: tuple[Any, ...]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The knots of a shape: shares and values, each of shape (n_knots,), rising."""
    if shape[0] == "knots":
        table = np.array(shape[1], dtype=np.float64)
        return np.ascontiguousarray(table[:, 0]), np.ascontiguousarray(table[:, 1])
    return _beta_knots(shape[1], shape[2])


def _beta_knots(a: float, b: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Quantiles of Beta(a, b) by bisection of the regularised incomplete beta function."""
    middle = (np.arange(POINTS) + 0.5) / POINTS
    low, high = np.zeros(POINTS), np.ones(POINTS)
    for _ in range(60):
        x = (low + high) / 2
        below = _beta_share(x, a, b) < middle
        low, high = np.where(below, x, low), np.where(below, high, x)
    us = np.concatenate(([0.0], middle, [1.0]))
    return us, np.concatenate(([0.0], (low + high) / 2, [1.0]))


def _beta_share(x: npt.NDArray[np.float64], a: float, b: float) -> npt.NDArray[np.float64]:
    """The regularised incomplete beta function I_x(a, b).

    Source: the continued fraction DLMF 8.17.22, evaluated by Lentz's method.
    """
    swap = x > (a + 1) / (a + b + 2)
    z = np.where(swap, 1 - x, x)
    p, q = np.where(swap, b, a), np.where(swap, a, b)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    with np.errstate(divide="ignore"):
        front = np.exp(log_front + p * np.log(z) + q * np.log1p(-z))
    tiny = 1e-300
    d = 1 - (p + q) * z / (p + 1)
    d = 1 / np.where(np.abs(d) < tiny, tiny, d)
    c, h = np.ones_like(z), d.copy()
    for m in range(1, 400):
        even = m * (q - m) * z / ((p + 2 * m - 1) * (p + 2 * m))
        odd = -(p + m) * (p + q + m) * z / ((p + 2 * m) * (p + 2 * m + 1))
        change = np.ones_like(z)
        for step in (even, odd):
            d = 1 + step * d
            d = 1 / np.where(np.abs(d) < tiny, tiny, d)
            c = 1 + step / c
            c = np.where(np.abs(c) < tiny, tiny, c)
            h *= d * c
            change = d * c
        if np.all(np.abs(change - 1) < 1e-14):
            break
    share = front * h / p
    below: npt.NDArray[np.float64] = np.where(swap, 1 - share, share)
    return below

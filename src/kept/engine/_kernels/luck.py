"""Luck: what each stage's work is in each future."""

import math
from typing import Any, NamedTuple

import numpy as np

from kept.engine._kernels.compiling import kernel, step
from kept.engine._kernels.places import *
from kept.engine.worktime import HORIZON


class Laws(NamedTuple):
    """How many hours each stage may take.

    Attributes:
        form: (n_stages, 5) form of the law, its knots from and to, whether the stage
            shares in the luck of its promise, and which that is.
        table: (n_stages,) the row of ``minutes`` a stage's minutes of work are in; -1 where
            its law is worth no table.
        minutes: (n, 4096) minutes of work at each of the points, for laws that many share.
        law: (n_stages, 6) base, scale, share of futures ruled out by work done, stretch,
            hours done, share left; see :mod:`kept.engine.laws`.
        luck, promise_luck: the part of a stage and of a promise in the key of its luck.
        knots: (n, 2) shares and values of the laws' shapes.
    """

    form: Longs
    law: Floats
    table: Longs
    minutes: Ints
    luck: Keys
    promise_luck: Keys
    knots: Floats


class Shared(NamedTuple):
    """How stages share in the luck of their promise.

    Attributes:
        own, common: weights of a stage's own and its promise's luck, in 1/65536;
            ``common`` 0 leaves each stage its own.
        lean: by how much every stage's luck is shifted, in normal scores of 1/65536.
        normal: (4096,) normal quantiles in 1/65536.
        point: the point of each normal value, in steps of 16/65536 from -6.
    """

    own: int
    common: int
    lean: int
    normal: Longs
    point: Longs


GOLD = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S52 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(52)
_PROMISE = np.uint64(0xD1B54A32D192ED03)


@step
def mix(x: Any) -> Any:
    """SplitMix64's finaliser (Steele, Lea & Flood 2014): 64 bits in, 64 well mixed bits out."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@step
def future_key(seed: Any, future: Int) -> Any:
    return mix(mix(np.uint64(seed) + GOLD) + np.uint64(future + 1) * GOLD)


@step
def value_at(u: float, knots: Floats, low: Int, high: Int) -> float:
    """Read the value at ``u`` off straight lines through knots ``low`` to ``high - 1``."""
    if high - low == 1:
        return float(knots[low, 1])
    at = low + int(u * (high - low - 1))
    while at > low and knots[at, 0] > u:
        at -= 1
    while at < high - 2 and knots[at + 1, 0] < u:
        at += 1
    part = (u - knots[at, 0]) / (knots[at + 1, 0] - knots[at, 0])
    part = min(max(part, 0.0), 1.0)
    value: float = knots[at, 1] + part * (knots[at + 1, 1] - knots[at, 1])
    return value


@step
def normal_quantile(u: float) -> float:
    """The standard normal quantile, to 16 figures.

    Source: Wichura (1988), algorithm AS 241, PPND16.
    """
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        up = (
            ((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r
            + 6.7265770927008700853e4) * r + 4.5921953931549871457e4) * r
            + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
            + 1.3314166789178437745e2) * r + 3.3871328727963666080e0
        )  # fmt: skip
        down = (
            ((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r
            + 3.9307895800092710610e4) * r + 2.1213794301586595867e4) * r
            + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
            + 4.2313330701600911252e1) * r + 1.0
        )  # fmt: skip
        return q * up / down
    r = math.sqrt(-math.log(u if q < 0 else 1.0 - u))
    if r <= 5.0:
        r -= 1.6
        up = (
            ((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r
            + 2.41780725177450611770e-1) * r + 1.27045825245236838258e0) * r
            + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
            + 4.63033784615654529590e0) * r + 1.42343711074968357734e0
        )  # fmt: skip
        down = (
            ((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r
            + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
            + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
            + 2.05319162663775882187e0) * r + 1.0
        )  # fmt: skip
    else:
        r -= 5.0
        up = (
            ((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
            + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r
            + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
            + 5.46378491116411436990e0) * r + 6.65790464350110377720e0
        )  # fmt: skip
        down = (
            ((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r
            + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
            + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
            + 5.99832206555887937690e-1) * r + 1.0
        )  # fmt: skip
    return -up / down if q < 0 else up / down


@step
def minutes_at(laws: Laws, i: Int, point: Int) -> Int:
    """Minutes of work left of a stage at one of the 4,096 points."""
    form = laws.form[i, 0]
    base, scale, ruled_out, stretch, done, left = laws.law[i]
    if form == 0:
        hours = base
    else:
        u = (point + 0.5) / 4096.0
        u = ruled_out + (1.0 - ruled_out) * u
        if form == 3:
            hours = -scale * math.log1p(-u)
        elif form == 4:
            hours = math.exp(base + scale * normal_quantile(u))
        else:
            hours = base + scale * value_at(u, laws.knots, laws.form[i, 1], laws.form[i, 2])
            if form == 2:
                hours = math.exp(hours)
    hours = max(hours * stretch - done, 0.0) * left
    return np.int64(min(math.floor(hours * 60.0 + 0.5), HORIZON))


@kernel
def tabulate(laws: Laws, i: Int) -> Ints:
    """Minutes of work left of a stage at each of the 4,096 points."""
    minutes = np.empty(4096, dtype=np.int32)
    for point in range(4096):
        minutes[point] = minutes_at(laws, i, np.int64(point))
    return minutes


@step
def draw(laws: Laws, shared: Shared, key: Any, i: Int) -> Int:
    """Draw the minutes of work left of a stage in one future."""
    point = np.int64(mix(key ^ laws.luck[i]) >> _S52)
    if (shared.common or shared.lean) and laws.form[i, 3]:
        other = mix(key ^ laws.promise_luck[laws.form[i, 4]] ^ _PROMISE)
        z = shared.own * shared.normal[point]
        z += shared.common * shared.normal[np.int64(other >> _S52)]
        at = ((z >> 16) + shared.lean + 6 * 65536) >> 4
        point = shared.point[min(max(at, 0), shared.point.size - 1)]
    if laws.table[i] >= 0:
        return np.int64(laws.minutes[laws.table[i], point])
    return minutes_at(laws, i, point)


@kernel
def draw_stages(laws: Laws, shared: Shared, seed: Any, futures: Int, first: Int) -> Ints:
    """Minutes of work left of the stages from ``first`` on, shape (n, futures)."""
    out = np.empty((laws.luck.size - first, futures), dtype=np.int32)
    for f in range(futures):
        key = future_key(seed, f)
        for i in range(out.shape[0]):
            out[i, f] = draw(laws, shared, key, np.int64(first + i))
    return out

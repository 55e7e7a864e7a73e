"""The compiled loops: event dispatch over people's working time.

Array in, array out. Each function is a plain loop that also runs uncompiled.
Times are whole minutes from the situation's start; ``NEVER`` is what does not
happen. Work is counted in units of ``RATE`` per minute, so that shares of a
thousandth and up to ten stages at once divide without a rest.

Everything a run knows lies in one row of 64-bit numbers, the memory ``m``. A
stage ``s``, a person ``p``, a skill ``k`` and a resource ``r`` are the places in
``m`` where their entries begin: ``m[s + J_END]`` is when a stage ends. Stages lie in
the order of their rank, so of two places the lower is the stage that goes first.
Calendars, which are large and never change, lie in ``c`` the same way; a window
``w`` is a place in ``c``. With two arrays handed from step to step instead of twenty, the
kernels compile in a fraction of the time and run several times faster.
"""

import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt

from kept.engine.worktime import AWAY, HORIZON, HORIZON_DAYS, NEVER


def _cache_folder() -> str:
    """A folder numba may write its compiled code to, that nobody else can write to.

    What numba keeps there is loaded like code: a folder with a known name in a
    place all users share would let another one plant theirs.
    """
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    folder = Path(home) / "kept" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return str(folder)
    except OSError:
        return tempfile.mkdtemp(prefix="kept-numba-")


# numba reads this when it is first imported.
os.environ.setdefault("NUMBA_CACHE_DIR", _cache_folder())

import numba  # noqa: E402

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a step that only other kernels call: no way in from Python is built for it."""
    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    made: Any = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return cast("Function", made)


def step(function: Function) -> Function:
    """Compile a step that makes no arrays: those it is handed are not counted in and out.

    Counting who holds an array takes an atomic operation at every call, which made up
    two fifths of a run.
    """
    options: Any = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
    made: Any = numba.njit(nogil=True, error_model="numpy", **options)(function)
    return cast("Function", made)


def kernel(function: Function) -> Function:
    """Compile a kernel called from Python: without the interpreter's lock, cached on disk."""
    made: Any = numba.njit(nogil=True, error_model="numpy", cache=True)(function)
    return cast("Function", made)


def _memory(_context: Any, array: Any) -> Any:
    """Where an array lies, to be read and written by place alone; the array has to stay."""
    pointer: Any = cast("Any", numba.types).CPointer(array.dtype)

    def write(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return pointer(array), write


memory: Any = numba.extending.intrinsic(_memory)
if cast("Any", numba.config).DISABLE_JIT:
    memory = np.asarray

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
Int = Any
"""A whole number; compiled, always one of 64 bits."""

RATE = 2_520_000
"""Units of work in a minute at full share."""

# The first places of m: counters, then where lists begin.
(
    N_EVENTS, N_RUNNING, N_STACK, N_DIRTY, N_PIECES, N_UPPER, N_CALLED, CALLED_LOW, CURRENT,
    AGAIN, RECONSIDER, STAMP, MACHINE_AT, SHARING, LAYER, PEOPLE, PEOPLE_END, SKILLS,
    SKILLS_END, RESOURCES, RESOURCES_END, STAGES, STAGES_END, PLACES, LAYERS, N_LAYERS,
    QUEUES, QUEUES_END, CREW, CREW_END, PROMISES, PROMISES_END, CALLED, CALLED_END, EVENTS,
    EVENTS_ROOM, ONLY, HEARD, RUNNING, STACK, DIRTY, DEFERRED, OWNER, PARENT, SEARCH, UPPER, PIECES,
    ROOM, BUSY_NOW, BUSY_NEXT,
) = range(50)  # fmt: skip
HEADER = 50
# A window: start, end, working minutes before it, end of the last before the next absence.
W_START, W_END, W_WORK, W_TURNS = range(4)
WINDOW = 4
# A queue of the stages that name a person, skill or resource, in order of rank; then bits
# that say which of them are ready: those for one person alone, and those for several or
# with a machine.
Q_OWNER, Q_STAGES, Q_WORDS, Q_LOW, Q_COUNT, Q_BITS = range(6)
# People, skills and resources begin with the place of their queue.
# A person. H_: how things stand while a layer runs.
(
    P_QUEUE, P_QUEUES, P_QUEUES_END, P_CALENDAR, P_FIRST, P_LAST, P_DAY, P_WORK, P_WORK_END,
    P_RATE, P_PARALLEL, P_LIFTED, P_SKILL, P_SKILL_END, H_ROOM, H_WINDOW, H_AT, H_NEXT,
    H_LOOK, H_LAPSE, H_RESERVED, H_STAMP, H_DIRTY, H_BUSY, H_BUSY_END,
) = range(25)  # fmt: skip
PERSON = 25
# A skill: its members.
K_QUEUE, K_MEMBER, K_MEMBER_END = range(3)
SKILL = 3
# A resource.
R_QUEUE, R_CAPACITY, R_USED = range(3)
RESOURCE = 3
# A promise: what it is finished after, how many stages it has and how many are open.
Y_RELEASE, Y_STAGES, Y_FINISH, Y_OPEN = range(4)
PROMISE = 4
# A stage. J_: how things stand while a layer runs. What every stage needs comes first.
(
    J_WORK, J_WAITS, J_READY, J_END, J_RATE, J_CREW, J_START, J_FINISH, S_ALONE, S_CREW,
    S_WATCH, S_WATCH_END, S_NEXT, S_NEXT_END, S_PROMISE, S_LAYER, S_RELEASE, S_WAITS,
    S_BEGUN, S_ARRIVAL, S_ARRIVES, S_FIXED, S_FIXED_END, S_SLOT, S_SLOT_END, S_USE,
    S_USE_END, S_BEFORE, S_BEFORE_END, J_REST, J_SETTLED, J_RUN,
) = range(32)  # fmt: skip
STAGE = 32

DAYS = HORIZON_DAYS + 2
# An event is its minute, what happens, and to whom.
ENDS, READIES, LOOKS, TURNS, MACHINE = range(5)
KIND, MINUTE = 36, 40
LAST_EVENT = 2**63 - 1


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
        normal: (4096,) normal quantiles in 1/65536.
        point: the point of each normal value, in steps of 16/65536 from -6.
    """

    own: int
    common: int
    normal: Longs
    point: Longs


# -- luck -------------------------------------------------------------

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
    if shared.common and laws.form[i, 3]:
        other = mix(key ^ laws.promise_luck[laws.form[i, 4]] ^ _PROMISE)
        z = shared.own * shared.normal[point]
        z += shared.common * shared.normal[np.int64(other >> _S52)]
        at = ((z >> 16) + 6 * 65536) >> 4
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


# -- calendars --------------------------------------------------------


@step
def first_window(m: Longs, c: Ints, p: Int, t: Int) -> Int:
    """The first window of a person's calendar that ends after ``t``."""
    last = m[p + P_LAST]
    day = t // 1440
    if day >= DAYS:
        return last
    w = np.int64(c[m[p + P_DAY] + day])
    while w < last and c[w + W_END] <= t:
        w += WINDOW
    return w


@step
def window_now(m: Longs, c: Ints, p: Int, t: Int) -> Int:
    """The first window of a person's calendar that ends after ``t``, the present moment."""
    w = m[p + H_WINDOW]
    last = m[p + P_LAST]
    if w < last and c[w + W_END] <= t:
        w += WINDOW
        if w < last and c[w + W_END] <= t:
            w = first_window(m, c, p, t)
        m[p + H_WINDOW] = w
    return w


@step
def worked_before(m: Longs, c: Ints, p: Int, t: Int) -> Int:
    """Working minutes of a person's calendar before ``t``."""
    w = first_window(m, c, p, t)
    if w < m[p + P_LAST]:
        return np.int64(c[w + W_WORK] + max(0, t - c[w + W_START]))
    if w == m[p + P_FIRST]:
        return np.int64(0)
    w -= WINDOW
    return np.int64(c[w + W_WORK] + c[w + W_END] - c[w + W_START])


@step
def minute_of_work(m: Longs, c: Ints, p: Int, w: Int, t: Int, minutes: Int) -> Int:
    """The moment at which ``minutes`` (> 0) of working time have passed since ``t``.

    Args:
        w: the first window that ends after ``t``.
    """
    last = m[p + P_LAST]
    if w >= last:
        return np.int64(NEVER)
    work = c[w + W_WORK] + max(0, t - c[w + W_START]) + minutes
    steps = 0
    while w + WINDOW < last and c[w + WINDOW + W_WORK] < work:
        w += WINDOW
        steps += 1
        if steps == 6:
            at = m[p + P_WORK] + (work >> 8)
            if at >= m[p + P_WORK_END]:
                return np.int64(NEVER)
            w = max(w, np.int64(c[at]))
    minute = np.int64(c[w + W_START] + (work - c[w + W_WORK]))
    if minute > c[w + W_END]:
        return np.int64(NEVER)
    return minute


@step
def next_free(m: Longs, c: Ints, p: Int, t: Int) -> tuple[Int, Int]:
    """The next stretch ``[a, b)``, a >= t, in which a person works and nobody above needs them."""
    last = m[p + P_LAST]
    w = first_window(m, c, p, t)
    i, end = m[p + H_BUSY], m[p + H_BUSY_END]
    if m[p + P_LIFTED]:
        i = end
    n = (end - i) >> 1
    while n > 0:
        half = n >> 1
        if m[i + 2 * half + 1] <= t:
            i += 2 * half + 2
            n -= half + 1
        else:
            n = half
    here = t
    while w < last:
        a = max(here, np.int64(c[w + W_START]))
        while i < end and m[i + 1] <= a:
            i += 2
        if i < end and m[i] <= a:
            here = m[i + 1]
            while w < last and c[w + W_END] <= here:
                w += WINDOW
            continue
        b = np.int64(c[w + W_END])
        if i < end:
            b = min(b, m[i])
        return a, b
    return np.int64(NEVER), np.int64(NEVER)


@step
def upper_use(m: Longs, r: Int, t: Int) -> tuple[Int, Int]:
    """How much of a resource earlier layers use at ``t``, and when that may change."""
    use, until = np.int64(0), np.int64(NEVER)
    for i in range(m[N_UPPER]):
        at = m[UPPER] + 4 * i
        if m[at] == r:
            if m[at + 1] <= t < m[at + 2]:
                use += m[at + 3]
                until = min(until, m[at + 2])
            elif m[at + 1] > t:
                until = min(until, m[at + 1])
    return use, until


@step
def next_common(m: Longs, c: Ints, s: Int, t: Int) -> tuple[Int, Int]:
    """The next stretch in which everybody on a stage, and all it uses, is there."""
    low = m[s + S_CREW]
    a = t
    while True:
        moved = False
        b = np.int64(NEVER)
        for i in range(low, low + m[s + J_CREW]):
            x, y = next_free(m, c, m[i], a)
            if x >= NEVER:
                return np.int64(NEVER), np.int64(NEVER)
            if x > a:
                a = x
                moved = True
                break
            b = min(b, y)
        if not moved and m[N_UPPER]:
            for i in range(m[s + S_USE], m[s + S_USE_END], 2):
                use, until = upper_use(m, m[i], a)
                if use + m[m[i] + R_USED] > m[m[i] + R_CAPACITY]:
                    a = until
                    moved = True
                    break
                b = min(b, until)
        if a >= NEVER:
            return np.int64(NEVER), np.int64(NEVER)
        if not moved:
            return a, b


@step
def ends_at(m: Longs, c: Ints, s: Int, t: Int) -> Int:
    """The moment at which a running stage has had all the time it still needs, from ``t`` on."""
    rate = m[s + J_RATE]
    left = (m[s + J_REST] + rate - 1) // rate
    n = m[s + J_CREW]
    if m[N_UPPER] == 0:
        if n == 0:
            return t + left if t + left <= HORIZON else np.int64(NEVER)
        if n == 1:
            p = m[m[s + S_CREW]]
            if m[p + H_BUSY] == m[p + H_BUSY_END] or m[p + P_LIFTED]:
                return minute_of_work(m, c, p, window_now(m, c, p, t), t, left)
    here = t
    while True:
        a, b = next_common(m, c, s, here)
        if a >= NEVER:
            return np.int64(NEVER)
        if left <= b - a:
            return a + left if a + left <= HORIZON else np.int64(NEVER)
        left -= b - a
        here = b


@step
def passed(m: Longs, c: Ints, s: Int, t: Int, end: Int) -> Int:
    """Minutes of everybody's time a running stage has had in ``[t, end)``."""
    if m[s + J_CREW] == 0 and m[N_UPPER] == 0:
        return end - t
    total = np.int64(0)
    here = t
    while here < end:
        a, b = next_common(m, c, s, here)
        if a >= end:
            break
        total += min(b, end) - a
        here = b
    return total


@step
def is_away(m: Longs, c: Ints, p: Int, t: Int) -> bool:
    """Whether a person's next working minute is further off than others need wait for."""
    w = window_now(m, c, p, t)
    return bool(w >= m[p + P_LAST] or c[w + W_START] - t > AWAY)


# -- the queue of events: a binary heap ---------------------------------


@step
def sift_up(m: Longs, event: Int) -> None:
    """Put an event into the heap."""
    i = m[N_EVENTS]
    m[N_EVENTS] = i + 1
    first = m[EVENTS]
    while i > 0:
        parent = (i - 1) >> 1
        if m[first + parent] <= event:
            break
        m[first + i] = m[first + parent]
        i = parent
    m[first + i] = event


@step
def push(m: Longs, time: Int, kind: Int, whom: Int) -> None:
    """Add an event; when there is no room left, those overtaken are dropped first."""
    if m[N_EVENTS] == m[EVENTS_ROOM]:
        purge(m)
    sift_up(m, (time << MINUTE) | (kind << KIND) | whom)


@step
def pop(m: Longs) -> Int:
    """Remove and return the earliest event."""
    first = m[EVENTS]
    event = m[first]
    n = m[N_EVENTS] - 1
    m[N_EVENTS] = n
    last = m[first + n]
    i = np.int64(0)
    child = np.int64(1)
    # What lies behind the last is later than any event.
    m[first + n] = LAST_EVENT
    while child < n:
        child += m[first + child + 1] < m[first + child]
        if m[first + child] >= last:
            break
        m[first + i] = m[first + child]
        i = child
        child = 2 * i + 1
    if n > 0:
        m[first + i] = last
    return event


@step
def purge(m: Longs) -> None:
    """Keep only events that still mean something."""
    first, n, old = m[EVENTS], np.int64(0), m[N_EVENTS]
    for i in range(old):
        event = m[first + i]
        time, kind = event >> MINUTE, (event >> KIND) & 15
        whom = event & ((np.int64(1) << KIND) - 1)
        keep = True
        if kind == ENDS:
            keep = m[whom + J_END] == time
        elif kind == LOOKS:
            keep = m[whom + H_LOOK] == time
        elif kind == TURNS:
            keep = m[whom + H_LAPSE] == time
        elif kind == MACHINE:
            keep = m[MACHINE_AT] == time
        if keep:
            m[first + n] = event
            n += 1
    m[N_EVENTS] = 0
    for i in range(n):
        sift_up(m, m[first + i])


# -- queues of ready stages: bits in order of rank ----------------------

_MAGIC = np.uint64(0x03F79D71B4CB0A89)
_S58 = np.uint64(58)
_LOWEST = np.zeros(64, dtype=np.int64)
for _i in range(64):
    _LOWEST[((int(_MAGIC) << _i) & (2**64 - 1)) >> 58] = _i


@step
def lowest(word: Int) -> Int:
    """The number of the lowest bit set in a word that is not 0.

    Source: Leiserson, Prokop & Randall (1998), De Bruijn sequences.
    """
    return _LOWEST[(np.uint64(word & -word) * _MAGIC) >> _S58]


@step
def first_alone(m: Longs, q: Int) -> Int:
    """The first stage of a queue that one person alone could take; 0 if there is none."""
    low = m[q + Q_LOW]
    n = m[q + Q_WORDS]
    while low < n:
        word = m[q + Q_BITS + low]
        if word:
            m[q + Q_LOW] = low
            return m[m[q + Q_STAGES] + (low << 6) + lowest(word)]
        low += 1
    m[q + Q_LOW] = low
    return np.int64(0)


@step
def put_alone(m: Longs, s: Int) -> None:
    """Put a stage for one person into its queue."""
    q, at = m[m[s + S_WATCH]], m[m[s + S_WATCH] + 1]
    m[q + Q_BITS + (at >> 6)] |= np.int64(1) << (at & 63)
    m[q + Q_LOW] = min(m[q + Q_LOW], at >> 6)


@step
def drop_alone(m: Longs, s: Int) -> None:
    """Take a stage for one person out of its queue."""
    q, at = m[m[s + S_WATCH]], m[m[s + S_WATCH] + 1]
    m[q + Q_BITS + (at >> 6)] ^= np.int64(1) << (at & 63)


@step
def put_together(m: Longs, s: Int) -> None:
    """Put a stage into the queues of all it needs, and have it looked at."""
    for i in range(m[s + S_WATCH], m[s + S_WATCH_END], 2):
        q, at = m[i], m[i + 1]
        m[q + Q_BITS + m[q + Q_WORDS] + (at >> 6)] |= np.int64(1) << (at & 63)
        m[q + Q_COUNT] += 1
    call(m, s)


@step
def drop_together(m: Longs, s: Int) -> None:
    """Take a stage out of the queues of all it needs."""
    for i in range(m[s + S_WATCH], m[s + S_WATCH_END], 2):
        q, at = m[i], m[i + 1]
        m[q + Q_BITS + m[q + Q_WORDS] + (at >> 6)] ^= np.int64(1) << (at & 63)
        m[q + Q_COUNT] -= 1


@step
def call(m: Longs, s: Int) -> None:
    """Have a stage looked at, unless its turn has passed."""
    if s > m[CURRENT]:
        at = (s - m[STAGES]) // STAGE
        word = m[CALLED] + (at >> 6)
        bit = np.int64(1) << (at & 63)
        if m[word] & bit == 0:
            m[word] |= bit
            m[N_CALLED] += 1
            m[CALLED_LOW] = min(m[CALLED_LOW], word)


@step
def call_all(m: Longs, q: Int) -> None:
    """Have all stages of a queue that need several, or a machine, looked at."""
    left = m[q + Q_COUNT]
    together = q + Q_BITS + m[q + Q_WORDS]
    i = np.int64(0)
    while left:
        word = m[together + i]
        while word:
            call(m, m[m[q + Q_STAGES] + (i << 6) + lowest(word)])
            word &= word - 1
            left -= 1
        i += 1


@step
def next_called(m: Longs) -> Int:
    """Remove and return the first stage to be looked at; there must be one."""
    word = m[CALLED_LOW]
    while m[word] == 0:
        word += 1
    bits = m[word]
    m[word] = bits & (bits - 1)
    m[CALLED_LOW] = word
    m[N_CALLED] -= 1
    return m[STAGES] + STAGE * (((word - m[CALLED]) << 6) + lowest(bits))


@step
def best_stage(m: Longs, p: Int, limit: Int) -> Int:
    """The stage a person would take alone; 0 if none ranks before ``limit``."""
    best = np.int64(0)
    rank = limit
    if not m[p + P_LIFTED]:
        # What holds them for a stage of several ranks before what comes after it.
        rank = min(rank, m[p + H_RESERVED])
    for i in range(m[p + P_QUEUES], m[p + P_QUEUES_END]):
        s = first_alone(m, m[i])
        if 0 < s < rank:
            best = rank = s
    return best


# -- people -----------------------------------------------------------


@step
def comes_at(m: Longs, c: Ints, p: Int, t: Int) -> Int:
    """When a person is next at work and not needed above: ``t`` if they are here."""
    if m[p + H_AT] == t:
        return m[p + H_NEXT]
    if m[p + H_BUSY] == m[p + H_BUSY_END] or m[p + P_LIFTED]:
        w = window_now(m, c, p, t)
        coming: Int = np.int64(NEVER)
        if w < m[p + P_LAST]:
            coming = max(t, np.int64(c[w + W_START]))
    else:
        coming, _ = next_free(m, c, p, t)
    m[p + H_AT] = t
    m[p + H_NEXT] = coming
    return coming


@step
def is_here(m: Longs, c: Ints, p: Int, t: Int) -> bool:
    """Whether a person is at work and not needed above; if not, looked at when they come."""
    coming = comes_at(m, c, p, t)
    if coming == t:
        return True
    if coming < NEVER and m[p + H_LOOK] != coming:
        m[p + H_LOOK] = coming
        push(m, coming, LOOKS, p)
    return False


@step
def mark(m: Longs, p: Int) -> None:
    """Something changed for a person: they may take something, or others wait no longer."""
    if m[p + H_DIRTY] == 0:
        m[p + H_DIRTY] = 1
        m[m[DIRTY] + m[N_DIRTY]] = p
        m[N_DIRTY] += 1
        call_for(m, p)


@step
def call_for(m: Longs, p: Int) -> None:
    """Have the stages looked at that need a person beside others, by name or by a skill."""
    for i in range(m[p + P_QUEUES], m[p + P_QUEUES_END]):
        call_all(m, m[i])


@step
def has_room(m: Longs, p: Int) -> bool:
    """Whether a person may be on one more stage."""
    return bool(m[p + H_ROOM] > 0)


@step
def knows(m: Longs, p: Int, k: Int) -> bool:
    """Whether a person has a skill."""
    for i in range(m[p + P_SKILL], m[p + P_SKILL_END]):  # noqa: SIM110 -- compiled
        if m[i] == k:
            return True
    return False


@step
def is_named(m: Longs, s: Int, p: Int) -> bool:
    """Whether a stage names a person."""
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):  # noqa: SIM110 -- compiled
        if m[i] == p:
            return True
    return False


@step
def place(m: Longs, s: Int, p: Int) -> Int:
    """Give person ``p`` one of the slots of stage ``s``, moving others if need be; 1 if it works.

    Breadth-first augmenting paths: whoever was placed stays placed, so trying
    people in order gives the first of them that can fill the slots together.
    """
    low = m[s + S_SLOT]
    n = m[s + S_SLOT_END] - low
    owner, parent, queue = m[OWNER], m[PARENT], m[SEARCH]
    head, tail = 0, 0
    for i in range(n):
        m[parent + i] = -2
        if knows(m, p, m[low + i]):
            m[parent + i] = -1
            m[queue + tail] = i
            tail += 1
    while head < tail:
        slot = m[queue + head]
        head += 1
        if m[owner + slot] == 0:
            while m[parent + slot] != -1:
                m[owner + slot] = m[owner + m[parent + slot]]
                slot = m[parent + slot]
            m[owner + slot] = p
            return np.int64(1)
        for i in range(n):
            if m[parent + i] == -2 and knows(m, m[owner + slot], m[low + i]):
                m[parent + i] = slot
                m[queue + tail] = i
                tail += 1
    return np.int64(0)


@step
def place_named(m: Longs, s: Int) -> Int:
    """Empty the slots of a stage and give the people it names theirs; how many are filled."""
    filled = np.int64(0)
    for i in range(m[s + S_SLOT_END] - m[s + S_SLOT]):
        m[m[OWNER] + i] = 0
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
        filled += place(m, s, m[i])
    return filled


@step
def rate_of(m: Longs, s: Int) -> Int:
    """Units of work a minute: the slowest person's share, split over what they are in."""
    rate = np.int64(RATE)
    low = m[s + S_CREW]
    for i in range(low, low + m[s + J_CREW]):
        p = m[i]
        if m[p + P_LIFTED]:
            rate = min(rate, m[p + P_RATE])
        else:
            rate = min(rate, m[p + P_RATE] // (m[p + P_PARALLEL] - m[p + H_ROOM]))
    return max(rate, np.int64(1))


@step
def is_sharing(m: Longs, s: Int) -> bool:
    """Whether a stage's coming or going may change the speed of others."""
    if m[SHARING] == 0:
        return False
    if m[N_UPPER] and m[s + S_USE] < m[s + S_USE_END]:
        return True
    low = m[s + S_CREW]
    for i in range(low, low + m[s + J_CREW]):
        if m[m[i] + P_PARALLEL] > 1 and not m[m[i] + P_LIFTED]:
            return True
    return False


@step
def touches(m: Longs, s: Int, other: Int) -> bool:
    """Whether two stages share a person, or a resource that earlier layers use too."""
    mine, theirs = m[s + S_CREW], m[other + S_CREW]
    for i in range(mine, mine + m[s + J_CREW]):
        for j in range(theirs, theirs + m[other + J_CREW]):
            if m[i] == m[j]:
                return True
    if m[N_UPPER]:
        for i in range(m[s + S_USE], m[s + S_USE_END], 2):
            for j in range(m[other + S_USE], m[other + S_USE_END], 2):
                if m[i] == m[j]:
                    return True
    return False


@step
def settle(m: Longs, c: Ints, s: Int, t: Int) -> None:
    """Write down how far stages sharing with ``s`` have come, before their speed changes."""
    for i in range(m[N_RUNNING]):
        other = m[m[RUNNING] + i]
        if other != s and touches(m, s, other):
            minutes = passed(m, c, other, m[other + J_SETTLED], t)
            m[other + J_REST] -= minutes * m[other + J_RATE]
            m[other + J_SETTLED] = t


@step
def reschedule(m: Longs, c: Ints, s: Int, t: Int) -> None:
    """Give the stages sharing with ``s`` their new speed and end."""
    for i in range(m[N_RUNNING]):
        other = m[m[RUNNING] + i]
        if other == s or not touches(m, s, other):
            continue
        m[other + J_RATE] = rate_of(m, other)
        if m[other + J_REST] <= 0:
            # It ends at this very moment and is still to be taken off.
            continue
        end = ends_at(m, c, other, t)
        if end != m[other + J_END]:
            m[other + J_END] = end
            if end < NEVER:
                push(m, end, ENDS, other)


# -- a stage starts, ends, gets ready ----------------------------------


@step
def stack(m: Longs, kind: Int, s: Int) -> None:
    """Note what happens now, to be worked off."""
    m[m[STACK] + m[N_STACK]] = (kind << KIND) | s
    m[N_STACK] += 1


@step
def begin(m: Longs, c: Ints, s: Int, t: Int) -> None:
    """Put the crew on a stage with work to do."""
    m[s + J_START] = t
    sharing = is_sharing(m, s)
    if sharing:
        settle(m, c, s, t)
    low = m[s + S_CREW]
    for i in range(low, low + m[s + J_CREW]):
        m[m[i] + H_ROOM] -= 1
    for i in range(m[s + S_USE], m[s + S_USE_END], 2):
        m[m[i] + R_USED] += m[i + 1]
    if sharing:
        reschedule(m, c, s, t)
    if m[SHARING]:
        m[s + J_RUN] = m[N_RUNNING]
        m[m[RUNNING] + m[N_RUNNING]] = s
        m[N_RUNNING] += 1
    m[s + J_RATE] = rate_of(m, s)
    m[s + J_REST] = m[s + J_WORK] * RATE
    m[s + J_SETTLED] = t
    end = ends_at(m, c, s, t)
    m[s + J_END] = end
    if end < NEVER:
        push(m, end, ENDS, s)


@step
def write_pieces(m: Longs, c: Ints, s: Int, end: Int) -> None:
    """Write down when a stage's people worked on it; nights do not matter for one alone.

    Pieces beyond the room given are counted, not written.
    """
    low = m[s + S_CREW]
    high = low + m[s + J_CREW]
    whole = m[N_UPPER] == 0
    if high - low > 1:
        for i in range(low, high):
            p = m[i]
            whole &= m[p + P_CALENDAR] == m[m[low] + P_CALENDAR]
            whole &= m[p + H_BUSY] == m[p + H_BUSY_END]
    a, b = m[s + J_START], end
    while a < end:
        if not whole:
            a, b = next_common(m, c, s, a)
            b = min(b, end)
            if a >= end:
                break
        for i in range(low, high):
            n = m[N_PIECES]
            if n < m[ROOM]:
                at = m[PIECES] + 3 * n
                m[at] = m[i]
                m[at + 1] = a
                m[at + 2] = b
            m[N_PIECES] = n + 1
        a = b


@step
def complete(m: Longs, c: Ints, s: Int, t: Int, emit: bool) -> None:
    """A stage is done: its people are free, what waited for it may be ready."""
    m[s + J_FINISH] = t
    promise = m[s + S_PROMISE]
    m[promise + Y_FINISH] = max(m[promise + Y_FINISH], t)
    m[promise + Y_OPEN] -= 1
    if m[s + J_RATE]:
        if emit:
            write_pieces(m, c, s, t)
        sharing = is_sharing(m, s)
        if sharing:
            settle(m, c, s, t)
        low = m[s + S_CREW]
        for i in range(low, low + m[s + J_CREW]):
            m[m[i] + H_ROOM] += 1
            mark(m, m[i])
        for i in range(m[s + S_USE], m[s + S_USE_END], 2):
            m[m[i] + R_USED] -= m[i + 1]
            m[RECONSIDER] = 1
        if m[SHARING]:
            n = m[N_RUNNING] - 1
            m[N_RUNNING] = n
            m[m[RUNNING] + m[s + J_RUN]] = m[m[RUNNING] + n]
            m[m[m[RUNNING] + n] + J_RUN] = m[s + J_RUN]
        if sharing:
            reschedule(m, c, s, t)
        m[s + J_RATE] = 0
    for i in range(m[s + S_NEXT], m[s + S_NEXT_END]):
        other = m[i]
        if m[other + S_LAYER] != m[LAYER]:
            continue
        m[other + J_WAITS] -= 1
        m[other + J_READY] = max(m[other + J_READY], t)
        if m[other + J_WAITS] == 0 and m[other + J_READY] < NEVER:
            if m[other + J_READY] <= t:
                stack(m, READIES, other)
            else:
                push(m, m[other + J_READY], READIES, other)


@step
def get_ready(m: Longs, s: Int, t: Int, opening: bool) -> None:
    """All a stage waited for is there."""
    work = m[s + J_WORK]
    if m[s + S_ARRIVAL]:
        if work >= HORIZON:
            return
        m[s + J_START] = max(t, work)
        if work > t:
            m[s + J_END] = work
            push(m, work, ENDS, s)
        else:
            stack(m, ENDS, s)
        return
    fixed = m[s + S_FIXED_END] - m[s + S_FIXED]
    if work == 0 and m[s + S_WATCH] == m[s + S_WATCH_END]:
        m[s + J_START] = t
        stack(m, ENDS, s)
    elif m[s + S_ALONE] and work > 0 and not (opening and m[s + S_BEGUN]):
        put_alone(m, s)
        if fixed:
            p = m[m[s + S_FIXED]]
            if has_room(m, p):
                mark(m, p)
        else:
            k = m[m[s + S_SLOT]]
            for i in range(m[k + K_MEMBER], m[k + K_MEMBER_END]):
                if has_room(m, m[i]):
                    mark(m, m[i])
    else:
        put_together(m, s)


# -- who takes what ----------------------------------------------------


@step
def take(m: Longs, c: Ints, p: Int, s: Int, t: Int) -> None:
    """A person takes a stage for one."""
    drop_alone(m, s)
    m[m[s + S_CREW]] = p
    m[s + J_CREW] = 1
    if m[SHARING] or m[p + H_BUSY] != m[p + H_BUSY_END] or m[p + P_LIFTED]:
        begin(m, c, s, t)
        return
    # One person, one stage at a time, nobody above: the common case, in few steps.
    m[s + J_START] = t
    m[p + H_ROOM] -= 1
    rate = m[p + P_RATE]
    left = m[s + J_WORK]
    if rate != RATE:
        left = (left * RATE + rate - 1) // rate
    m[s + J_RATE] = rate
    end = minute_of_work(m, c, p, window_now(m, c, p, t), t, left)
    m[s + J_END] = end
    if end < NEVER:
        push(m, end, ENDS, s)


@step
def serve_alone(m: Longs, c: Ints, t: Int, limit: Int) -> None:
    """Whoever may take something takes the first stage for one person, ranked before ``limit``.

    Own work that ranks before anything a skill of theirs is wanted for concerns
    nobody else. What any of several could take goes in order of rank to the first
    of them in the order of people.
    """
    waiting = 0
    deferred = m[DEFERRED]
    for i in range(m[DIRTY], m[DIRTY] + m[N_DIRTY]):
        p = m[i]
        while has_room(m, p):
            s = best_stage(m, p, limit)
            if s == 0 or not is_here(m, c, p, t):
                break
            if m[s + S_FIXED] == m[s + S_FIXED_END]:
                m[deferred + waiting] = p
                waiting += 1
                break
            take(m, c, p, s, t)
    while waiting:
        best, chosen = limit, np.int64(0)
        n = 0
        for i in range(waiting):
            p = m[deferred + i]
            s = np.int64(0)
            if has_room(m, p):
                s = best_stage(m, p, limit)
            if s:
                m[deferred + n] = p
                n += 1
                if s < best or (s == best and p < chosen):
                    best, chosen = s, p
        waiting = n
        if waiting:
            take(m, c, chosen, best, t)


@step
def may_join(m: Longs, c: Ints, s: Int, p: Int, t: Int) -> bool:
    """Whether a member of a skill is free for a stage now."""
    if is_named(m, s, p) or not has_room(m, p):
        return False
    if not m[p + P_LIFTED] and m[p + H_RESERVED] < s:
        return False
    return is_here(m, c, p, t)


@step
def can_soon(m: Longs, c: Ints, s: Int, t: Int) -> bool:
    """Whether, of those who are not away, enough could do a stage together."""
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
        if is_away(m, c, m[i], t):
            return False
    n_slots = m[s + S_SLOT_END] - m[s + S_SLOT]
    if n_slots == 0:
        return True
    filled = place_named(m, s)
    for i in range(m[s + S_SLOT], m[s + S_SLOT_END]):
        k = m[i]
        if i > m[s + S_SLOT] and m[i - 1] == k:
            continue
        for j in range(m[k + K_MEMBER], m[k + K_MEMBER_END]):
            p = m[j]
            known = is_named(m, s, p)
            for slot in range(n_slots):
                known |= m[m[OWNER] + slot] == p
            if filled < n_slots and not known and not is_away(m, c, p, t):
                filled += place(m, s, p)
    return bool(filled == n_slots)


@step
def lapse(m: Longs, c: Ints, p: Int, t: Int) -> None:
    """Look again when somebody others wait for turns away."""
    turn = np.int64(c[window_now(m, c, p, t) + W_TURNS])
    if m[p + H_LAPSE] != turn:
        m[p + H_LAPSE] = turn
        push(m, turn, TURNS, p)


@step
def hold_for(m: Longs, c: Ints, s: Int, count: Int, t: Int) -> None:
    """Those who are here wait for the others; looked at again when one of them turns away."""
    low = m[s + S_CREW]
    rank = s
    any_here = False
    for i in range(low, low + count):
        p = m[i]
        here = m[p + H_AT] == t and m[p + H_NEXT] == t
        if here and has_room(m, p) and m[p + H_RESERVED] >= rank:
            any_here = True
            if rank < m[p + H_RESERVED] < NEVER:
                # What held them ranks later and must do with others.
                mark(m, p)
            m[p + H_RESERVED] = rank
            m[p + H_STAMP] = m[STAMP]
    if not any_here:
        return
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
        lapse(m, c, m[i], t)
    for i in range(m[s + S_SLOT], m[s + S_SLOT_END]):
        for j in range(m[m[i] + K_MEMBER], m[m[i] + K_MEMBER_END]):
            if not is_away(m, c, m[j], t):
                lapse(m, c, m[j], t)


@step
def let_go(m: Longs, s: Int, p: Int) -> None:
    """Let go of somebody a stage held and holds no longer."""
    if m[p + H_RESERVED] == s and m[p + H_STAMP] != m[STAMP]:
        m[p + H_RESERVED] = NEVER
        mark(m, p)


@step
def try_together(m: Longs, c: Ints, s: Int, t: Int, opening: bool) -> bool:
    """Start a stage for several people, or with resources, if all it needs is there now.

    At the opening, work begun before goes on with who began it, at work or not.
    """
    for i in range(m[s + S_USE], m[s + S_USE_END], 2):
        r = m[i]
        above, until = upper_use(m, r, t)
        if m[r + R_USED] + above + m[i + 1] > m[r + R_CAPACITY]:
            if until < NEVER and (m[MACHINE_AT] <= t or until < m[MACHINE_AT]):
                m[MACHINE_AT] = until
                push(m, until, MACHINE, np.int64(0))
            return False
    low = m[s + S_CREW]
    count = np.int64(0)
    fits = True
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
        p = m[i]
        m[low + count] = p
        count += 1
        if not has_room(m, p):
            fits = False
        elif not opening:
            fits &= is_here(m, c, p, t)
            fits &= bool(m[p + P_LIFTED] or m[p + H_RESERVED] >= s)
    n_slots = m[s + S_SLOT_END] - m[s + S_SLOT]
    if n_slots:
        k = m[m[s + S_SLOT]]
        several = count > 0
        for i in range(m[s + S_SLOT], m[s + S_SLOT_END]):
            several |= m[i] != k
        if several:
            filled = place_named(m, s)
            for j in range(m[CREW], m[CREW_END]):
                p = m[j]
                able = False
                for i in range(m[s + S_SLOT], m[s + S_SLOT_END]):
                    able |= knows(m, p, m[i])
                if filled < n_slots and able and may_join(m, c, s, p, t) and place(m, s, p):
                    m[low + count] = p
                    count += 1
                    filled += 1
            fits &= filled == n_slots
        else:
            for i in range(m[k + K_MEMBER], m[k + K_MEMBER_END]):
                if count < n_slots and may_join(m, c, s, m[i], t):
                    m[low + count] = m[i]
                    count += 1
            fits &= count == n_slots
    if fits:
        m[s + J_CREW] = count
        if m[s + J_WORK] == 0:
            m[s + J_START] = t
        else:
            begin(m, c, s, t)
        return True
    several = m[s + S_FIXED_END] - m[s + S_FIXED] + n_slots > 1
    if several and not opening and can_soon(m, c, s, t):
        hold_for(m, c, s, count, t)
    return False


@step
def look_at(m: Longs, c: Ints, s: Int, t: Int, opening: bool) -> bool:
    """Start a stage for several if it can be, or have those who are here wait for the others."""
    m[STAMP] += 1
    started = try_together(m, c, s, t, opening)
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
        let_go(m, s, m[i])
    for i in range(m[s + S_SLOT], m[s + S_SLOT_END]):
        for j in range(m[m[i] + K_MEMBER], m[m[i] + K_MEMBER_END]):
            let_go(m, s, m[j])
    if not started:
        return False
    drop_together(m, s)
    low = m[s + S_CREW]
    for i in range(low, low + m[s + J_CREW]):
        if m[m[i] + H_RESERVED] < NEVER:
            # Taken from a stage that ranks later, which must do with others.
            m[m[i] + H_RESERVED] = NEVER
            mark(m, m[i])
    return True


@step
def is_idle(m: Longs, c: Ints, s: Int, t: Int) -> bool:
    """Whether looking at a stage changes nothing: it cannot start, and holds whom it held.

    Most looks are such: one of two people takes work of their own that ranks before, or
    the other is held already.
    """
    if m[s + S_SLOT] < m[s + S_SLOT_END] or m[s + S_USE] < m[s + S_USE_END]:
        return False
    stuck, holding = False, False
    for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
        p = m[i]
        if m[p + H_RESERVED] == s:
            if not has_room(m, p) or comes_at(m, c, p, t) != t:
                return False
            holding = True
        elif has_room(m, p) and (m[p + P_LIFTED] or m[p + H_RESERVED] > s):
            return False
        else:
            stuck = True
    if holding:
        for i in range(m[s + S_FIXED], m[s + S_FIXED_END]):
            if is_away(m, c, m[i], t):
                return False
    return stuck


@step
def open_begun(m: Longs, c: Ints, t: Int) -> bool:
    """Go on with what was begun before; whether one of them was done at once."""
    for i in range((m[STAGES_END] - m[STAGES]) // STAGE):
        s = m[STAGES] + STAGE * i
        if (
            m[s + S_BEGUN]
            and (m[m[CALLED] + (i >> 6)] >> (i & 63)) & 1
            and look_at(m, c, s, t, True)
        ):
            m[m[CALLED] + (i >> 6)] ^= np.int64(1) << (i & 63)
            m[N_CALLED] -= 1
            if m[s + J_WORK] == 0:
                stack(m, ENDS, s)
                return True
    return False


@step
def serve(m: Longs, c: Ints, t: Int, opening: bool) -> None:
    """Everybody who is here takes, of what is ready for them, the first by rank.

    Stages that need more than one person are looked at in their place among the
    others, if anything changed for somebody they wait for: what ranks before is
    taken first, and what ranks after may not take whom they hold. When one is done
    at once (it had no work), what follows it may rank higher than what comes next,
    so everything is looked at again.
    """
    if m[AGAIN]:
        m[AGAIN] = 0
        for i in range(m[DIRTY], m[DIRTY] + m[N_DIRTY]):
            call_for(m, m[i])
    if m[RECONSIDER]:
        for r in range(m[RESOURCES], m[RESOURCES_END], RESOURCE):
            if m[r + R_QUEUE]:
                call_all(m, m[r + R_QUEUE])
    if opening and open_begun(m, c, t):
        m[AGAIN] = 1
        return
    while m[N_CALLED]:
        s = next_called(m)
        m[CURRENT] = s
        if is_idle(m, c, s, t):
            continue
        serve_alone(m, c, t, s)
        if is_idle(m, c, s, t):
            continue
        if look_at(m, c, s, t, False) and m[s + J_WORK] == 0:
            stack(m, ENDS, s)
            m[CURRENT] = 0
            m[AGAIN] = 1
            return
    m[CURRENT] = 0
    m[CALLED_LOW] = m[CALLED_END]
    m[RECONSIDER] = 0
    serve_alone(m, c, t, np.int64(NEVER))
    for i in range(m[DIRTY], m[DIRTY] + m[N_DIRTY]):
        m[m[i] + H_DIRTY] = 0
    m[N_DIRTY] = 0


# -- one layer of one future ------------------------------------------


@step
def open_layer(m: Longs, layer: Int) -> None:
    """Nobody has begun anything; what waits for nothing is ready, or will be."""
    for i in range(LAYER):
        if i != N_UPPER:
            m[i] = 0
    m[CALLED_LOW] = m[CALLED_END]
    m[LAYER] = layer
    m[SHARING] = m[N_UPPER] > 0
    for i in range(m[CREW], m[CREW_END]):
        p = m[i]
        m[p + H_ROOM] = NEVER if m[p + P_LIFTED] else m[p + P_PARALLEL]
        m[p + H_WINDOW] = m[p + P_FIRST]
        m[p + H_AT] = -1
        m[p + H_LOOK] = -1
        m[p + H_LAPSE] = -1
        m[p + H_RESERVED] = NEVER
        m[p + H_STAMP] = 0
        m[p + H_DIRTY] = 0
        if m[p + P_PARALLEL] > 1 and not m[p + P_LIFTED]:
            m[SHARING] = 1
    for r in range(m[RESOURCES], m[RESOURCES_END], RESOURCE):
        m[r + R_USED] = 0
    q = m[QUEUES]
    while q < m[QUEUES_END]:
        m[q + Q_LOW] = m[q + Q_WORDS]
        m[q + Q_COUNT] = 0
        for i in range(q + Q_BITS, q + Q_BITS + 2 * m[q + Q_WORDS]):
            m[i] = 0
        q += Q_BITS + 2 * m[q + Q_WORDS]
    first, last = m[m[LAYERS] + layer], m[m[LAYERS] + layer + 1]
    for s in range(last - STAGE, first - STAGE, -STAGE):
        m[s + J_WAITS] = m[s + S_WAITS]
        m[s + J_END] = -1
        m[s + J_RATE] = 0
        m[s + J_START] = NEVER
        m[s + J_FINISH] = NEVER
        ready = m[s + S_RELEASE]
        if layer:
            for i in range(m[s + S_BEFORE], m[s + S_BEFORE_END]):
                if m[m[i] + S_LAYER] != layer:
                    ready = max(ready, m[m[i] + J_FINISH])
        m[s + J_READY] = ready
        if m[s + J_WAITS] == 0 and ready < NEVER:
            if ready <= 0:
                stack(m, READIES, s)
            else:
                push(m, ready, READIES, s)


@step
def is_over(m: Longs) -> bool:
    """Whether the only promise that is asked for is finished."""
    return bool(m[ONLY] and m[m[ONLY] + Y_OPEN] == 0)


@step
def run_layer(m: Longs, c: Ints, layer: Int, emit: bool) -> None:
    """Dispatch the stages of one layer on what earlier layers leave free.

    Fills J_START and J_FINISH of its stages from their J_WORK (for an arrival, the
    minute it is there). Where ``emit``, the stretches worked are in PIECES, and
    N_PIECES says how many there are, which may be more than there was ROOM for.
    """
    open_layer(m, layer)
    t = np.int64(0)
    opening = True
    while True:
        while True:
            # Everything that ends or gets ready now, and what that makes ready.
            while m[N_STACK]:
                m[N_STACK] -= 1
                what = m[m[STACK] + m[N_STACK]]
                s = what & ((np.int64(1) << KIND) - 1)
                if what == s:
                    complete(m, c, s, t, emit)
                else:
                    get_ready(m, s, t, opening)
            serve(m, c, t, opening)
            if m[N_STACK] == 0:
                break
        opening = False
        if m[N_EVENTS] == 0 or is_over(m):
            break
        t = m[m[EVENTS]] >> MINUTE
        while m[N_EVENTS] and m[m[EVENTS]] >> MINUTE == t:
            event = pop(m)
            kind = (event >> KIND) & 15
            whom = event & ((np.int64(1) << KIND) - 1)
            if kind == ENDS:
                if m[whom + J_END] == t:
                    m[whom + J_END] = -1
                    stack(m, ENDS, whom)
            elif kind == READIES:
                stack(m, READIES, whom)
            elif kind == MACHINE:
                m[RECONSIDER] = 1
            else:
                mark(m, whom)


# -- whole futures ----------------------------------------------------


@step
def merge(m: Longs, c: Ints) -> bool:
    """Join the stretches just worked with those of earlier layers.

    Stretches with no working time between them become one.

    Returns:
        Whether there was room for them.
    """
    total = m[N_PIECES]
    for j in range(m[CREW], m[CREW_END]):
        p = m[j]
        m[p + H_ROOM] = 0
        total += (m[p + H_BUSY_END] - m[p + H_BUSY]) >> 1
    if total > m[ROOM]:
        return False
    for i in range(m[N_PIECES]):
        m[m[m[PIECES] + 3 * i] + H_ROOM] += 1
    at = m[BUSY_NEXT]
    for j in range(m[CREW], m[CREW_END]):
        p = m[j]
        # H_ROOM: how many stretches are new; H_STAMP: where all of this person's begin;
        # H_AT: where the next one goes.
        m[p + H_STAMP] = at
        n = m[p + H_BUSY_END] - m[p + H_BUSY]
        for i in range(n):
            m[at + i] = m[m[p + H_BUSY] + i]
        m[p + H_AT] = at + n
        at += n + 2 * m[p + H_ROOM]
    for k in range(m[N_PIECES]):
        piece = m[PIECES] + 3 * k
        p, start, end = m[piece], m[piece + 1], m[piece + 2]
        i = m[p + H_AT]
        m[p + H_AT] = i + 2
        while i > m[p + H_STAMP] and m[i - 2] > start:
            m[i] = m[i - 2]
            m[i + 1] = m[i - 1]
            i -= 2
        m[i] = start
        m[i + 1] = end
    for j in range(m[CREW], m[CREW_END]):
        p = m[j]
        first = m[p + H_STAMP]
        here = first
        for i in range(first, m[p + H_AT], 2):
            joined = False
            if here > first:
                joined = m[i] <= m[here - 1]
                if not joined:
                    w = first_window(m, c, p, m[here - 1])
                    joined = w >= m[p + P_LAST] or c[w + W_START] >= m[i]
            if joined:
                m[here - 1] = max(m[here - 1], m[i + 1])
            else:
                m[here] = m[i]
                m[here + 1] = m[i + 1]
                here += 2
        m[p + H_BUSY] = first
        m[p + H_BUSY_END] = here
    m[BUSY_NEXT], m[BUSY_NOW] = m[BUSY_NOW], m[BUSY_NEXT]
    return True


@step
def add_uses(m: Longs, layer: Int) -> None:
    """Add what a layer's stages use, and when, to what earlier layers use."""
    for s in range(m[m[LAYERS] + layer], m[m[LAYERS] + layer + 1], STAGE):
        for j in range(m[s + S_USE], m[s + S_USE_END], 2):
            if m[s + J_START] < m[s + J_FINISH]:
                at = m[UPPER] + 4 * m[N_UPPER]
                m[at] = m[j]
                m[at + 1] = m[s + J_START]
                m[at + 2] = m[s + J_FINISH]
                m[at + 3] = m[j + 1]
                m[N_UPPER] += 1


@step
def add_load(
    m: Longs, c: Ints, p: Int, row: Int, week_from: Longs, week_start: Ints, load: Longs
) -> None:
    """Add one person's working minutes spent in one future, by week, to a row of ``load``."""
    calendar = m[p + P_CALENDAR]
    low, n = week_from[calendar], week_from[calendar + 1] - week_from[calendar] - 1
    week = np.int64(0)
    for i in range(m[p + H_BUSY], m[p + H_BUSY_END], 2):
        a, b = m[i], m[i + 1]
        while week + 1 < n and week_start[low + week + 1] <= a:
            week += 1
        k = week
        before = worked_before(m, c, p, a)
        while a < b and k < load.shape[1]:
            until = b
            if k + 1 <= n:
                until = min(b, np.int64(week_start[low + k + 1]))
            after = worked_before(m, c, p, until)
            load[row, k] += after - before
            before = after
            a = until
            k += 1


@compiled
def lay_out(team: Longs, plan: Longs, room: Int, only: Int) -> Longs:
    """The memory of a run: people, stages, and room for as many stretches of work."""
    n_stages = (plan[STAGES_END] - plan[STAGES]) // STAGE
    n_people = (team[PEOPLE_END] - team[PEOPLE]) // PERSON
    fixed = team.size + plan.size - HEADER
    n_events = 2 * n_stages + 4 * n_people + 64
    n_uses = np.int64(0)
    n_slots = np.int64(1)
    for s in range(plan[STAGES] - team.size + HEADER, plan[STAGES_END] - team.size + HEADER, STAGE):
        n_uses += plan[s + S_USE_END] - plan[s + S_USE]
        n_slots = max(n_slots, plan[s + S_SLOT_END] - plan[s + S_SLOT])
    n_heard = n_people
    for p in range(HEADER, HEADER + PERSON * n_people, PERSON):
        n_heard += team[p + P_SKILL_END] - team[p + P_SKILL]
    sizes = (
        (n_stages >> 6) + 1, n_events + 2, n_stages + 1, 2 * n_stages + 2, n_people + 1,
        n_people + 1, n_slots, n_slots, n_slots, 2 * n_uses, 3 * room, 2 * room, 2 * room,
        n_heard,
    )  # fmt: skip
    total = np.int64(fixed)
    for size in sizes:
        total += size
    m = np.empty(total, dtype=np.int64)
    for i in range(team.size):
        m[i] = team[i]
    for i in range(HEADER, plan.size):
        m[team.size + i - HEADER] = plan[i]
    for i in range(STAGES, CALLED):
        m[i] = plan[i]
    places = (CALLED, EVENTS, RUNNING, STACK, DIRTY, DEFERRED, OWNER, PARENT, SEARCH, UPPER,
              PIECES, BUSY_NOW, BUSY_NEXT, HEARD)  # fmt: skip
    at = np.int64(fixed)
    for i in range(14):
        m[places[i]] = at
        at += sizes[i]
    m[CALLED_END] = m[EVENTS]
    for i in range(m[CALLED], m[CALLED_END]):
        m[i] = 0
    m[EVENTS_ROOM] = n_events
    m[ROOM] = room
    m[ONLY] = m[PROMISES] + PROMISE * only if only >= 0 else 0
    q = m[QUEUES]
    while q < m[QUEUES_END]:
        m[m[q + Q_OWNER]] = q
        q += Q_BITS + 2 * m[q + Q_WORDS]
    # People wait in their own queue and those of their skills, as far as there are any.
    at = m[HEARD]
    for i in range(m[CREW], m[CREW_END]):
        p = m[i]
        m[p + P_QUEUES] = at
        if m[p + P_QUEUE]:
            m[at] = m[p + P_QUEUE]
            at += 1
        for j in range(m[p + P_SKILL], m[p + P_SKILL_END]):
            if m[m[j] + K_QUEUE]:
                m[at] = m[m[j] + K_QUEUE]
                at += 1
        m[p + P_QUEUES_END] = at
    return m


@step
def run_future(m: Longs, c: Ints, emit: bool) -> bool:
    """Run the layers of one future; whether there was room for the stretches worked."""
    m[N_UPPER] = 0
    for layer in range(m[N_LAYERS]):
        needed = emit or layer + 1 < m[N_LAYERS]
        run_layer(m, c, layer, needed)
        if is_over(m):
            break
        if needed:
            if not merge(m, c):
                return False
            add_uses(m, layer)
    return True


@step
def begin_future(
    m: Longs, laws: Laws, shared: Shared, seed: Any, future: Int, busy_from: Longs,
    busy_span: Ints, row: Int,
) -> bool:  # fmt: skip
    """Draw one future's work and lay down when people are busy; whether there was room for it."""
    key = future_key(seed, future)
    for i in range(laws.luck.size):
        s = m[m[PLACES] + i]
        work = draw(laws, shared, key, i)
        if m[s + S_ARRIVAL]:
            work = min(work + m[s + S_ARRIVES], HORIZON)
        m[s + J_WORK] = work
    for y in range(m[PROMISES], m[PROMISES_END], PROMISE):
        m[y + Y_FINISH] = m[y + Y_RELEASE]
        m[y + Y_OPEN] = m[y + Y_STAGES]
    at = m[BUSY_NOW]
    for i in range(m[CREW], m[CREW_END]):
        p = m[i]
        m[p + H_BUSY] = at
        if busy_from.shape[0]:
            number = (p - m[PEOPLE]) // PERSON
            for k in range(busy_from[row, number], busy_from[row, number + 1]):
                if at - m[BUSY_NOW] == 2 * m[ROOM]:
                    return False
                m[at] = busy_span[0, k]
                m[at + 1] = busy_span[1, k]
                at += 2
        m[p + H_BUSY_END] = at
    return True


@kernel
def run_block(
    team: Longs, c: Ints, plan: Longs, laws: Laws, shared: Shared, seed: Any, low: Int,
    high: Int, only: Int, busy_from: Longs, busy_span: Ints, stages: bool, keep_busy: bool,
    keep_load: bool, week_from: Longs, week_start: Ints, n_weeks: int,
) -> Any:  # fmt: skip
    """Simulate futures ``low`` to ``high - 1`` of a plan.

    Args:
        team, c: people and their calendars.
        plan: promises and stages; its places count from the end of ``team``.
        only: the number of the one promise whose finish is asked for: a future is left as
            soon as it is known. -1 for all.
        busy_from: (n, n_people + 1), or (0, 1) where nobody is busy: where each person's
            stretches begin in busy_span (2, k), which the plan has to leave alone.

    Returns:
        promise finish (n, n_promises); stage start and finish (n, n_stages) or
        (n, 0); stretches of work, those given to people of the plan included: offsets
        (n, n_people + 1) into (2, k); working minutes that people of the plan spend
        (n_people, n_weeks), summed over the futures.
    """
    n = high - low
    n_people = (team[PEOPLE_END] - team[PEOPLE]) // PERSON
    n_stages = laws.luck.size
    n_promises = (plan[PROMISES_END] - plan[PROMISES]) // PROMISE
    promise_finish = np.empty((n, n_promises), dtype=np.int32)
    kept_stages = n_stages if stages else 0
    stage_start = np.empty((n, kept_stages), dtype=np.int32)
    stage_finish = np.empty((n, kept_stages), dtype=np.int32)
    load = np.zeros((n_people if keep_load else 0, n_weeks), dtype=np.int64)
    offsets = np.zeros((n if keep_busy else 0, n_people + 1), dtype=np.int64)
    spans = np.empty((2, 1024), dtype=np.int32)
    n_spans = np.int64(0)
    room = np.int64(n_stages + 64)
    m = lay_out(team, plan, room, only)
    mm, cc = memory(m), memory(c)
    f = low
    while f < high:
        if not begin_future(
            mm, laws, shared, seed, f, busy_from, busy_span, f - low
        ) or not run_future(mm, cc, keep_busy or keep_load):
            # Once more, with room enough.
            room *= 2
            m = lay_out(team, plan, room, only)
            mm = memory(m)
            continue
        for k in range(n_promises):
            y = m[PROMISES] + PROMISE * k
            promise_finish[f - low, k] = NEVER if m[y + Y_OPEN] else m[y + Y_FINISH]
        for i in range(kept_stages):
            s = m[m[PLACES] + i]
            stage_start[f - low, i] = m[s + J_START]
            stage_finish[f - low, i] = m[s + J_FINISH]
        if keep_load:
            for i in range(m[CREW], m[CREW_END]):
                number = (m[i] - m[PEOPLE]) // PERSON
                add_load(mm, cc, m[i], number, week_from, week_start, load)
        if keep_busy:
            done = np.int64(0)
            for i in range(m[CREW], m[CREW_END]):
                p = m[i]
                number = (p - m[PEOPLE]) // PERSON
                while done <= number:
                    offsets[f - low, done] = n_spans
                    done += 1
                more = (m[p + H_BUSY_END] - m[p + H_BUSY]) >> 1
                if n_spans + more > spans.shape[1]:
                    grown = np.empty((2, 2 * (n_spans + more)), dtype=np.int32)
                    for k in range(n_spans):
                        grown[0, k] = spans[0, k]
                        grown[1, k] = spans[1, k]
                    spans = grown
                for k in range(more):
                    spans[0, n_spans] = m[m[p + H_BUSY] + 2 * k]
                    spans[1, n_spans] = m[m[p + H_BUSY] + 2 * k + 1]
                    n_spans += 1
            while done <= n_people:
                offsets[f - low, done] = n_spans
                done += 1
        f += 1
    return promise_finish, stage_start, stage_finish, offsets, spans[:, :n_spans].copy(), load

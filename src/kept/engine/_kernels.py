"""The compiled loops: event dispatch over people's working time.

Array in, array out. Each function is a plain loop that also runs uncompiled.
Times are whole minutes from the situation's start; ``NEVER`` is what does not
happen. Work is counted in units of ``RATE`` per minute, so that shares of a
thousandth and up to ten stages at once divide without a rest.
"""

import math
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kept.engine.worktime import AWAY, HORIZON, HORIZON_DAYS, NEVER


def _cache_folder() -> str:
    """A folder numba may write its compiled code to."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    for folder in (Path(home) / "kept" / "numba", Path(tempfile.gettempdir()) / "kept-numba"):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return str(folder)
        except OSError:
            continue
    return tempfile.mkdtemp(prefix="kept-numba-")


# numba reads this when it is first imported.
os.environ.setdefault("NUMBA_CACHE_DIR", _cache_folder())

import numba  # noqa: E402

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a step that only other kernels call: no way in from Python is built for it."""
    made: Function = numba.njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(
        function
    )
    return made


def kernel(function: Function) -> Function:
    """Compile a kernel called from Python: without the interpreter's lock, cached on disk."""
    made: Function = numba.njit(nogil=True, cache=True)(function)
    return made


Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Int = Any
"""A whole number; compiled, always one of 64 bits."""
Keys = npt.NDArray[np.uint64]

RATE = 2_520_000
"""Units of work in a minute at full share."""


# What belongs together lies together, in few arrays: each array that a step is given
# costs time to compile. Columns of windows, people, stages and laws:
W_START, W_END, W_WORK, W_TURNS = range(4)
P_CALENDAR, P_FIRST, P_LAST, P_DAY, P_WORK, P_WORK_END, P_RATE, P_PARALLEL = range(8)
P_LIFTED, P_SKILL, P_SKILL_END = range(8, 11)
S_RELEASE, S_BEGUN, S_ARRIVAL, S_ARRIVES, S_LAYER, S_PROMISE, S_CREW = range(7)
S_FIXED, S_FIXED_END, S_SLOT, S_SLOT_END, S_USE, S_USE_END = range(7, 13)
S_NEXT, S_NEXT_END, S_BEFORE, S_BEFORE_END = range(13, 17)
S_FORM, S_KNOT, S_KNOT_END, S_SHARED = range(17, 21)
L_BASE, L_SCALE, L_BEGIN, L_STRETCH, L_MINUS, L_LEFT = range(6)
# The state of a stage and of a person while a layer runs, counters, and rows of lists:
J_WAITS, J_READY, J_END, J_REST, J_SETTLED, J_RATE, J_CREW, J_RUN = range(8)
H_HELD, H_WINDOW, H_AT, H_NEXT, H_LOOK, H_LAPSE, H_RESERVED, H_WANTED, H_DIRTY = range(9)
N_EVENTS, N_READY, N_RUNNING, N_STACK, N_DIRTY, N_PIECES, N_STAMP, N_RESERVED = range(8)
N_RECONSIDER, N_MACHINE, N_SHARING, N_COUNTERS = range(8, 12)
V_WORK, V_START, V_FINISH, V_CREW, V_ROOT, V_CHILD, V_SIBLING, V_READY, V_RUNNING = range(9)
V_STACK, V_DIRTY, V_DEFERRED, V_RESERVED, V_USED, V_OWNER, V_PARENT, V_QUEUE = range(9, 17)
V_LISTS = 17

DAYS = HORIZON_DAYS + 2
EVENT = 32
"""An event is its minute, shifted, and what happens: a stage ends, gets ready, a person comes."""


class Team(NamedTuple):
    """People, their calendars and what there is to use.

    Attributes:
        windows: (n_windows, 4) of all calendars: start, end, working minutes of the
            calendar before it, end of the last window before the next absence.
        index: for each calendar the first window that ends after each day begins, then
            the window that holds every 256th working minute.
        person: (n_people, 11) calendar, its windows, its two parts of index, usable share
            in units of work a minute, parallel limit, whether as many of them as wanted
            are there, and their part of skills.
        skills: where the members of each skill begin, and where the last end; the
            members in the order of people; the skills of each person.
        capacity: (n_resources,).
    """

    windows: Ints
    index: Ints
    person: Longs
    skills: Ints
    capacity: Longs


class Plan(NamedTuple):
    """Stages in layers; a later layer uses what earlier ones leave free.

    Attributes:
        stage: (n_stages, 21), see the S_ columns; ranges point into links or uses.
        links: people, skills and stages that stages name, one after another.
        uses: (n, 2) resource and amount.
        rank: (2, n_stages) stages by layer, then rank; and each stage's place among them.
    """

    stage: Ints
    links: Ints
    uses: Longs
    rank: Ints


class Laws(NamedTuple):
    """How many hours each stage may take.

    Attributes:
        law: (n_stages, 6), see the L_ columns; hours.
        luck, promise_luck: the part of a stage and of a promise in the key of its luck.
        knots: (n, 2) shares and values of the laws' shapes.
    """

    law: Floats
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
    point: Ints


class Busy(NamedTuple):
    """When earlier layers need people.

    Attributes:
        first: (n_people + 1,) where each person's stretches begin.
        span: (2, n) starts and ends.
    """

    first: Longs
    span: Ints


class State(NamedTuple):
    """Room to work in, used again for every layer of every future; see the columns above.

    Attributes:
        stage: (n_stages, 8). person: (n_people, 9). count: counters. events: a heap.
        lists: (V_LISTS, n): work, start and finish by stage, and lists of stages and people.
    """

    stage: Longs
    person: Longs
    count: Longs
    events: Longs
    lists: Ints


# -- luck -------------------------------------------------------------

GOLD = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S52 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(52)
_PROMISE = np.uint64(0xD1B54A32D192ED03)


@compiled
def mix(x: Any) -> Any:
    """SplitMix64's finaliser (Steele, Lea & Flood 2014): 64 bits in, 64 well mixed bits out."""
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


@compiled
def future_key(seed: Any, future: int) -> Any:
    return mix(mix(np.uint64(seed) + GOLD) + np.uint64(future + 1) * GOLD)


@compiled
def value_at(u: float, knots: Floats, low: int, high: int) -> float:
    """Read the value at ``u`` off straight lines through knots ``low`` to ``high - 1``."""
    if high - low == 1:
        return knots[low, 1]
    at = low + int(u * (high - low - 1))
    while at > low and knots[at, 0] > u:
        at -= 1
    while at < high - 2 and knots[at + 1, 0] < u:
        at += 1
    part = (u - knots[at, 0]) / (knots[at + 1, 0] - knots[at, 0])
    part = min(max(part, 0.0), 1.0)
    return knots[at, 1] + part * (knots[at + 1, 1] - knots[at, 1])


@compiled
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


@compiled
def draw(stage: Ints, laws: Laws, s: int, point: int) -> Int:
    """Minutes of work left of stage ``s`` at one of the 4,096 points."""
    form = stage[s, S_FORM]
    law = laws.law
    if form == 0:
        hours = law[s, L_BASE]
    else:
        u = (point + 0.5) / 4096.0
        u = law[s, L_BEGIN] + (1.0 - law[s, L_BEGIN]) * u
        if form == 3:
            hours = -law[s, L_SCALE] * math.log1p(-u)
        elif form == 4:
            hours = math.exp(law[s, L_BASE] + law[s, L_SCALE] * normal_quantile(u))
        else:
            y = value_at(u, laws.knots, stage[s, S_KNOT], stage[s, S_KNOT_END])
            hours = law[s, L_BASE] + law[s, L_SCALE] * y
            if form == 2:
                hours = math.exp(hours)
    hours = max(hours * law[s, L_STRETCH] - law[s, L_MINUS], 0.0) * law[s, L_LEFT]
    return np.int64(min(math.floor(hours * 60.0 + 0.5), HORIZON))


@compiled
def draw_all(stage: Ints, laws: Laws, shared: Shared, key: Any, out: Ints) -> None:
    """Draw every stage in one future: minutes of work, or until an arrival is there."""
    for s in range(stage.shape[0]):
        point = np.int64(mix(key ^ laws.luck[s]) >> _S52)
        if shared.common and stage[s, S_SHARED]:
            promise = stage[s, S_PROMISE]
            other = np.int64(mix(key ^ laws.promise_luck[promise] ^ _PROMISE) >> _S52)
            z = (shared.own * shared.normal[point] + shared.common * shared.normal[other]) >> 16
            at = (z + 6 * 65536) >> 4
            point = np.int64(shared.point[min(max(at, 0), shared.point.size - 1)])
        minutes = draw(stage, laws, s, point)
        if stage[s, S_ARRIVAL]:
            minutes = min(minutes + stage[s, S_ARRIVES], HORIZON)
        out[s] = minutes


@kernel
def draw_stages(
    stage: Ints, laws: Laws, shared: Shared, seed: Any, futures: int, first: int
) -> Ints:
    """Minutes of work left of the stages from ``first`` on, shape (n, futures)."""
    n_stages = stage.shape[0]
    row = np.empty(n_stages, dtype=np.int32)
    out = np.empty((n_stages - first, futures), dtype=np.int32)
    for f in range(futures):
        draw_all(stage, laws, shared, future_key(seed, f), row)
        for s in range(first, n_stages):
            out[s - first, f] = row[s]
    return out


# -- calendars --------------------------------------------------------


@compiled
def first_window(team: Team, p: int, t: int) -> int:
    """The first window of a person's calendar that ends after ``t``."""
    last = team.person[p, P_LAST]
    day = t // 1440
    if day >= DAYS:
        return last
    w = np.int64(team.index[team.person[p, P_DAY] + day])
    while w < last and team.windows[w, W_END] <= t:
        w += 1
    return w


@compiled
def worked_before(team: Team, p: int, t: int) -> int:
    """Working minutes of a person's calendar before ``t``."""
    w = first_window(team, p, t)
    if w >= team.person[p, P_LAST]:
        if w == team.person[p, P_FIRST]:
            return np.int64(0)
        w -= 1
        return np.int64(
            team.windows[w, W_WORK] + team.windows[w, W_END] - team.windows[w, W_START]
        )
    return np.int64(team.windows[w, W_WORK] + max(0, t - team.windows[w, W_START]))


@compiled
def minute_of_work(team: Team, p: int, w: int, t: int, minutes: int) -> int:
    """The moment at which ``minutes`` (> 0) of working time have passed since ``t``.

    Args:
        w: the first window that ends after ``t``.
    """
    last = team.person[p, P_LAST]
    if w >= last:
        return np.int64(NEVER)
    windows = team.windows
    work = windows[w, W_WORK] + max(0, t - windows[w, W_START]) + minutes
    steps = 0
    while w + 1 < last and windows[w + 1, W_WORK] < work:
        w += 1
        steps += 1
        if steps == 6:
            at = team.person[p, P_WORK] + (work >> 8)
            if at >= team.person[p, P_WORK_END]:
                return np.int64(NEVER)
            w = max(w, np.int64(team.index[at]))
    minute = windows[w, W_START] + (work - windows[w, W_WORK])
    if minute > windows[w, W_END]:
        return np.int64(NEVER)
    return np.int64(minute)


@compiled
def next_free(team: Team, busy: Busy, p: int, t: int) -> tuple[int, int]:
    """The next stretch ``[a, b)``, a >= t, in which a person works and nobody above needs them."""
    last = team.person[p, P_LAST]
    w = first_window(team, p, t)
    i, n = busy.first[p], busy.first[p + 1]
    if team.person[p, P_LIFTED]:
        i = n
    high = n
    while i < high:
        middle = (i + high) // 2
        if busy.span[1, middle] <= t:
            i = middle + 1
        else:
            high = middle
    here = np.int64(t)
    while w < last:
        a = max(here, np.int64(team.windows[w, W_START]))
        while i < n and busy.span[1, i] <= a:
            i += 1
        if i < n and busy.span[0, i] <= a:
            here = np.int64(busy.span[1, i])
            while w < last and team.windows[w, W_END] <= here:
                w += 1
            continue
        b = np.int64(team.windows[w, W_END])
        if i < n and busy.span[0, i] < b:
            b = np.int64(busy.span[0, i])
        return a, b
    return np.int64(NEVER), np.int64(NEVER)


@compiled
def upper_use(upper: Longs, r: int, t: int) -> tuple[int, int]:
    """How much of a resource earlier layers use at ``t``, and when that may change."""
    use, until = np.int64(0), np.int64(NEVER)
    for i in range(upper.shape[0]):
        if upper[i, 0] == r:
            if upper[i, 1] <= t < upper[i, 2]:
                use += upper[i, 3]
                until = min(until, upper[i, 2])
            elif upper[i, 1] > t:
                until = min(until, upper[i, 1])
    return use, until


@compiled
def next_common(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State, s: int, t: int
) -> tuple[int, int]:
    """The next stretch in which everybody on a stage, and all it uses, is there."""
    low = plan.stage[s, S_CREW]
    high = low + state.stage[s, J_CREW]
    a = np.int64(t)
    while True:
        moved = False
        b = np.int64(NEVER)
        for i in range(low, high):
            x, y = next_free(team, busy, state.lists[V_CREW, i], a)
            if x >= NEVER:
                return np.int64(NEVER), np.int64(NEVER)
            if x > a:
                a = x
                moved = True
                break
            b = min(b, y)
        if not moved and upper.shape[0]:
            for i in range(plan.stage[s, S_USE], plan.stage[s, S_USE_END]):
                r = plan.uses[i, 0]
                use, until = upper_use(upper, r, a)
                if use + state.lists[V_USED, r] > team.capacity[r]:
                    a = until
                    moved = True
                    break
                b = min(b, until)
        if a >= NEVER:
            return np.int64(NEVER), np.int64(NEVER)
        if not moved:
            return a, b


@compiled
def ends_at(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State, s: int, t: int
) -> int:
    """The moment at which a running stage has had all the time it still needs, from ``t`` on."""
    rate = state.stage[s, J_RATE]
    left = (state.stage[s, J_REST] + rate - 1) // rate
    n = state.stage[s, J_CREW]
    if upper.shape[0] == 0:
        if n == 0:
            end = np.int64(t + left)
            return end if end <= HORIZON else np.int64(NEVER)
        if n == 1:
            p = state.lists[V_CREW, plan.stage[s, S_CREW]]
            if busy.first[p] == busy.first[p + 1] or team.person[p, P_LIFTED]:
                return minute_of_work(team, p, first_window(team, p, t), t, left)
    here = np.int64(t)
    while True:
        a, b = next_common(team, plan, busy, upper, state, s, here)
        if a >= NEVER:
            return np.int64(NEVER)
        if left <= b - a:
            end = a + left
            return end if end <= HORIZON else np.int64(NEVER)
        left -= b - a
        here = b


@compiled
def passed(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State, s: int, t: int, end: int
) -> int:
    """Minutes of everybody's time a running stage has had in ``[t, end)``."""
    if state.stage[s, J_CREW] == 0 and upper.shape[0] == 0:
        return np.int64(end - t)
    total = np.int64(0)
    here = np.int64(t)
    while here < end:
        a, b = next_common(team, plan, busy, upper, state, s, here)
        if a >= end:
            break
        total += min(b, np.int64(end)) - a
        here = b
    return total


@compiled
def is_away(team: Team, p: int, t: int) -> bool:
    """Whether a person's next working minute is further off than others need wait for."""
    w = first_window(team, p, t)
    return bool(w >= team.person[p, P_LAST] or team.windows[w, W_START] - t > AWAY)


@compiled
def turns_away(team: Team, p: int, t: int) -> int:
    """When somebody who is not away next turns so."""
    return np.int64(team.windows[first_window(team, p, t), W_TURNS])


# -- the queue of events ----------------------------------------------


@compiled
def push(state: State, n_stages: int, time: int, what: int) -> None:
    """Add an event; when there is no room left, those overtaken are dropped first."""
    if state.count[N_EVENTS] == state.events.size:
        purge(state, n_stages)
    i = state.count[N_EVENTS]
    state.count[N_EVENTS] = i + 1
    event = (np.int64(time) << EVENT) | np.int64(what)
    events = state.events
    while i > 0:
        parent = (i - 1) >> 1
        if events[parent] <= event:
            break
        events[i] = events[parent]
        i = parent
    events[i] = event


@compiled
def pop(state: State) -> int:
    """Remove and return the earliest event."""
    events = state.events
    first = events[0]
    n = state.count[N_EVENTS] - 1
    state.count[N_EVENTS] = n
    last = events[n]
    i = np.int64(0)
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and events[child + 1] < events[child]:
            child += 1
        if events[child] >= last:
            break
        events[i] = events[child]
        i = child
    if n > 0:
        events[i] = last
    return first


@compiled
def purge(state: State, n_stages: int) -> None:
    """Keep only events that still mean something; sorted, so still a heap."""
    n = np.int64(0)
    n_people = state.person.shape[0]
    for i in range(state.count[N_EVENTS]):
        event = state.events[i]
        time, what = event >> EVENT, event & ((np.int64(1) << EVENT) - 1)
        if what < n_stages:
            keep = state.stage[what, J_END] == time
        elif what < 2 * n_stages:
            keep = True
        elif what < 2 * n_stages + n_people:
            keep = state.person[what - 2 * n_stages, H_LOOK] == time
        elif what < 2 * n_stages + 2 * n_people:
            keep = state.person[what - 2 * n_stages - n_people, H_LAPSE] == time
        else:
            keep = state.count[N_MACHINE] == time
        if keep:
            state.events[n] = event
            n += 1
    state.events[:n].sort()
    state.count[N_EVENTS] = n


# -- queues of ready stages: pairing heaps by rank ---------------------


@compiled
def meld(plan: Plan, state: State, a: int, b: int) -> int:
    if a < 0:
        return b
    if b < 0:
        return a
    if plan.rank[1, b] < plan.rank[1, a]:
        a, b = b, a
    state.lists[V_SIBLING, b] = state.lists[V_CHILD, a]
    state.lists[V_CHILD, a] = b
    return a


@compiled
def add_ready(plan: Plan, state: State, q: int, s: int) -> None:
    """Put a stage into queue ``q``: a person's own, or that of a skill."""
    state.lists[V_CHILD, s] = -1
    state.lists[V_SIBLING, s] = -1
    state.lists[V_ROOT, q] = meld(plan, state, state.lists[V_ROOT, q], s)


@compiled
def take_ready(plan: Plan, state: State, q: int) -> int:
    """Remove and return the first stage of queue ``q`` (Fredman et al. 1986, two passes)."""
    top = state.lists[V_ROOT, q]
    pairs = -1
    here = state.lists[V_CHILD, top]
    while here >= 0:
        other = state.lists[V_SIBLING, here]
        after = -1
        if other >= 0:
            after = state.lists[V_SIBLING, other]
            state.lists[V_SIBLING, other] = -1
        state.lists[V_SIBLING, here] = -1
        both = meld(plan, state, here, other)
        state.lists[V_SIBLING, both] = pairs
        pairs = both
        here = after
    merged = -1
    while pairs >= 0:
        after = state.lists[V_SIBLING, pairs]
        state.lists[V_SIBLING, pairs] = -1
        merged = meld(plan, state, merged, pairs)
        pairs = after
    state.lists[V_ROOT, q] = merged
    return top


@compiled
def best_queue(team: Team, plan: Plan, state: State, p: int) -> int:
    """The queue whose first stage a person would take, or -1."""
    best = np.int64(-1)
    rank = np.int64(NEVER)
    if state.lists[V_ROOT, p] >= 0:
        best = np.int64(p)
        rank = np.int64(plan.rank[1, state.lists[V_ROOT, p]])
    n_people = team.person.shape[0]
    for i in range(team.person[p, P_SKILL], team.person[p, P_SKILL_END]):
        q = n_people + team.skills[i]
        if state.lists[V_ROOT, q] >= 0 and plan.rank[1, state.lists[V_ROOT, q]] < rank:
            best = np.int64(q)
            rank = np.int64(plan.rank[1, state.lists[V_ROOT, q]])
    return best


# -- people -----------------------------------------------------------


@compiled
def comes_at(team: Team, busy: Busy, state: State, p: int, t: int) -> int:
    """When a person is next at work and not needed above: ``t`` if they are here."""
    mine = state.person
    if mine[p, H_AT] == t:
        return mine[p, H_NEXT]
    if busy.first[p] == busy.first[p + 1] or team.person[p, P_LIFTED]:
        w = mine[p, H_WINDOW]
        last = team.person[p, P_LAST]
        steps = 0
        while w < last and team.windows[w, W_END] <= t:
            w += 1
            steps += 1
            if steps == 6:
                w = max(w, first_window(team, p, t))
        mine[p, H_WINDOW] = w
        coming = np.int64(NEVER)
        if w < last:
            coming = max(np.int64(t), np.int64(team.windows[w, W_START]))
    else:
        coming, _ = next_free(team, busy, p, t)
    mine[p, H_AT] = t
    mine[p, H_NEXT] = coming
    return coming


@compiled
def look_when_here(team: Team, busy: Busy, state: State, n_stages: int, p: int, t: int) -> None:
    """Look again when a person who is not here comes."""
    coming = comes_at(team, busy, state, p, t)
    if coming < NEVER and state.person[p, H_LOOK] != coming:
        state.person[p, H_LOOK] = coming
        push(state, n_stages, coming, 2 * n_stages + p)


@compiled
def mark(state: State, p: int) -> None:
    """Somebody may take something now."""
    if state.person[p, H_DIRTY] == 0:
        state.person[p, H_DIRTY] = 1
        state.lists[V_DIRTY, state.count[N_DIRTY]] = p
        state.count[N_DIRTY] += 1


@compiled
def has_room(team: Team, state: State, p: int) -> bool:
    """Whether a person may be on one more stage."""
    return bool(
        team.person[p, P_LIFTED] or state.person[p, H_HELD] < team.person[p, P_PARALLEL]
    )


@compiled
def knows(team: Team, p: int, skill: int) -> bool:
    """Whether a person has a skill."""
    for i in range(team.person[p, P_SKILL], team.person[p, P_SKILL_END]):
        if team.skills[i] == skill:
            return True
    return False


@compiled
def place(team: Team, plan: Plan, state: State, s: int, p: int) -> int:
    """Give person ``p`` one of the slots of stage ``s``, moving others if need be; 1 if it works.

    Breadth-first augmenting paths: whoever was placed stays placed, so trying
    people in order gives the first of them that can fill the slots together.
    """
    low = plan.stage[s, S_SLOT]
    n = plan.stage[s, S_SLOT_END] - low
    owner, parent, queue = state.lists[V_OWNER], state.lists[V_PARENT], state.lists[V_QUEUE]
    head, tail = 0, 0
    for i in range(n):
        parent[i] = -2
        if knows(team, p, plan.links[low + i]):
            parent[i] = -1
            queue[tail] = i
            tail += 1
    while head < tail:
        slot = queue[head]
        head += 1
        if owner[slot] < 0:
            while parent[slot] != -1:
                owner[slot] = owner[parent[slot]]
                slot = parent[slot]
            owner[slot] = p
            return 1
        for i in range(n):
            if parent[i] == -2 and knows(team, owner[slot], plan.links[low + i]):
                parent[i] = slot
                queue[tail] = i
                tail += 1
    return 0


@compiled
def rate_of(team: Team, plan: Plan, state: State, s: int) -> int:
    """Units of work a minute: the slowest person's share, split over what they are in."""
    rate = np.int64(RATE)
    low = plan.stage[s, S_CREW]
    for i in range(low, low + state.stage[s, J_CREW]):
        p = state.lists[V_CREW, i]
        mine = team.person[p, P_RATE]
        if not team.person[p, P_LIFTED]:
            mine = mine // state.person[p, H_HELD]
        rate = min(rate, mine)
    return max(rate, np.int64(1))


@compiled
def is_sharing(team: Team, plan: Plan, upper: Longs, state: State, s: int) -> bool:
    """Whether a stage's coming or going may change the speed of others."""
    if upper.shape[0] and plan.stage[s, S_USE] < plan.stage[s, S_USE_END]:
        return True
    low = plan.stage[s, S_CREW]
    for i in range(low, low + state.stage[s, J_CREW]):
        p = state.lists[V_CREW, i]
        if team.person[p, P_PARALLEL] > 1 and not team.person[p, P_LIFTED]:
            return True
    return False


@compiled
def touches(plan: Plan, upper: Longs, state: State, s: int, other: int) -> bool:
    """Whether two stages share a person, or a resource that earlier layers use too."""
    mine, theirs = plan.stage[s, S_CREW], plan.stage[other, S_CREW]
    for i in range(mine, mine + state.stage[s, J_CREW]):
        for j in range(theirs, theirs + state.stage[other, J_CREW]):
            if state.lists[V_CREW, i] == state.lists[V_CREW, j]:
                return True
    if upper.shape[0]:
        for i in range(plan.stage[s, S_USE], plan.stage[s, S_USE_END]):
            for j in range(plan.stage[other, S_USE], plan.stage[other, S_USE_END]):
                if plan.uses[i, 0] == plan.uses[j, 0]:
                    return True
    return False


@compiled
def settle(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State, s: int, t: int
) -> None:
    """Write down how far stages sharing with ``s`` have come, before their speed changes."""
    for k in range(state.count[N_RUNNING]):
        other = state.lists[V_RUNNING, k]
        if other != s and touches(plan, upper, state, s, other):
            row = state.stage[other]
            minutes = passed(team, plan, busy, upper, state, other, row[J_SETTLED], t)
            row[J_REST] -= minutes * row[J_RATE]
            row[J_SETTLED] = t


@compiled
def reschedule(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State, s: int, t: int
) -> None:
    """Give the stages sharing with ``s`` their new speed and end."""
    for k in range(state.count[N_RUNNING]):
        other = state.lists[V_RUNNING, k]
        if other == s or not touches(plan, upper, state, s, other):
            continue
        row = state.stage[other]
        row[J_RATE] = rate_of(team, plan, state, other)
        if row[J_REST] <= 0:
            # It ends at this very moment and is still to be taken off.
            continue
        end = ends_at(team, plan, busy, upper, state, other, t)
        if end != row[J_END]:
            row[J_END] = end
            if end < NEVER:
                push(state, plan.stage.shape[0], end, other)


# -- a stage starts, ends, gets ready ----------------------------------


@compiled
def begin(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State,
    s: int, t: int,
) -> None:  # fmt: skip
    """Put the crew on a stage with work to do."""
    row = state.stage[s]
    state.lists[V_START, s] = t
    sharing = state.count[N_SHARING] and is_sharing(team, plan, upper, state, s)
    if sharing:
        settle(team, plan, busy, upper, state, s, t)
    low = plan.stage[s, S_CREW]
    for i in range(low, low + row[J_CREW]):
        state.person[state.lists[V_CREW, i], H_HELD] += 1
    for i in range(plan.stage[s, S_USE], plan.stage[s, S_USE_END]):
        state.lists[V_USED, plan.uses[i, 0]] += plan.uses[i, 1]
    if sharing:
        reschedule(team, plan, busy, upper, state, s, t)
    if state.count[N_SHARING]:
        row[J_RUN] = state.count[N_RUNNING]
        state.lists[V_RUNNING, state.count[N_RUNNING]] = s
        state.count[N_RUNNING] += 1
    row[J_RATE] = rate_of(team, plan, state, s)
    row[J_REST] = np.int64(state.lists[V_WORK, s]) * RATE
    row[J_SETTLED] = t
    end = ends_at(team, plan, busy, upper, state, s, t)
    row[J_END] = end
    if end < NEVER:
        push(state, plan.stage.shape[0], end, s)


@compiled
def begin_alone(
    team: Team, plan: Plan, state: State, p: int, s: int, t: int
) -> None:
    """One person, nothing above, one stage at a time: the common case, in few steps."""
    row = state.stage[s]
    state.lists[V_START, s] = t
    state.lists[V_CREW, plan.stage[s, S_CREW]] = p
    row[J_CREW] = 1
    state.person[p, H_HELD] += 1
    rate = min(team.person[p, P_RATE], np.int64(RATE))
    left = np.int64(state.lists[V_WORK, s])
    if rate != RATE:
        left = (left * RATE + rate - 1) // rate
    row[J_RATE] = rate
    end = minute_of_work(team, p, state.person[p, H_WINDOW], t, left)
    row[J_END] = end
    if end < NEVER:
        push(state, plan.stage.shape[0], end, s)


@compiled
def write_pieces(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State, pieces: Ints,
    s: int, start: int, end: int,
) -> None:  # fmt: skip
    """Write down when a stage's people worked on it; nights do not matter for one alone.

    Pieces beyond the room given are counted, not written.
    """
    low = plan.stage[s, S_CREW]
    high = low + state.stage[s, J_CREW]
    whole = upper.shape[0] == 0
    if high - low > 1:
        for i in range(low, high):
            p = state.lists[V_CREW, i]
            if (
                team.person[p, P_CALENDAR] != team.person[state.lists[V_CREW, low], P_CALENDAR]
                or busy.first[p] != busy.first[p + 1]
            ):
                whole = False
    a, b = np.int64(start), np.int64(end)
    while a < end:
        if not whole:
            a, b = next_common(team, plan, busy, upper, state, s, a)
            b = min(b, np.int64(end))
            if a >= end:
                break
        for i in range(low, high):
            n = state.count[N_PIECES]
            if n < pieces.shape[0]:
                pieces[n, 0] = state.lists[V_CREW, i]
                pieces[n, 1] = a
                pieces[n, 2] = b
            state.count[N_PIECES] = n + 1
        a = b


@compiled
def complete(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State,
    pieces: Ints, emit: bool, s: int, t: int,
) -> None:  # fmt: skip
    """A stage is done: its people are free, what waited for it may be ready."""
    row = state.stage[s]
    state.lists[V_FINISH, s] = t
    if row[J_RATE] > 0:
        if emit:
            write_pieces(team, plan, busy, upper, state, pieces, s, state.lists[V_START, s], t)
        sharing = state.count[N_SHARING] and is_sharing(team, plan, upper, state, s)
        if sharing:
            settle(team, plan, busy, upper, state, s, t)
        low = plan.stage[s, S_CREW]
        for i in range(low, low + row[J_CREW]):
            p = state.lists[V_CREW, i]
            state.person[p, H_HELD] -= 1
            mark(state, p)
        for i in range(plan.stage[s, S_USE], plan.stage[s, S_USE_END]):
            state.lists[V_USED, plan.uses[i, 0]] -= plan.uses[i, 1]
            state.count[N_RECONSIDER] = 1
        if state.count[N_SHARING]:
            n = state.count[N_RUNNING] - 1
            state.count[N_RUNNING] = n
            state.lists[V_RUNNING, row[J_RUN]] = state.lists[V_RUNNING, n]
            state.stage[state.lists[V_RUNNING, n], J_RUN] = row[J_RUN]
        if sharing:
            reschedule(team, plan, busy, upper, state, s, t)
        row[J_RATE] = 0
    n_stages = plan.stage.shape[0]
    for i in range(plan.stage[s, S_NEXT], plan.stage[s, S_NEXT_END]):
        other = plan.links[i]
        if plan.stage[other, S_LAYER] != plan.stage[s, S_LAYER]:
            continue
        state.stage[other, J_WAITS] -= 1
        ready = max(state.stage[other, J_READY], np.int64(t))
        state.stage[other, J_READY] = ready
        if state.stage[other, J_WAITS] == 0 and ready < NEVER:
            if ready <= t:
                state.lists[V_STACK, state.count[N_STACK]] = n_stages + other
                state.count[N_STACK] += 1
            else:
                push(state, n_stages, ready, n_stages + other)


@compiled
def want(team: Team, plan: Plan, state: State, s: int, change: int) -> None:
    """Note that a stage no single person can take waits for these people, or no longer."""
    for i in range(plan.stage[s, S_FIXED], plan.stage[s, S_FIXED_END]):
        state.person[plan.links[i], H_WANTED] += change
    for i in range(plan.stage[s, S_SLOT], plan.stage[s, S_SLOT_END]):
        skill = plan.links[i]
        for k in range(team.skills[skill], team.skills[skill + 1]):
            state.person[team.skills[k], H_WANTED] += change


@compiled
def get_ready(
    team: Team, plan: Plan, state: State, s: int, t: int, opening: bool
) -> None:
    """All a stage waited for is there."""
    n_stages = plan.stage.shape[0]
    stage = plan.stage[s]
    if stage[S_ARRIVAL]:
        if state.lists[V_WORK, s] >= HORIZON:
            return
        state.lists[V_START, s] = max(t, state.lists[V_WORK, s])
        if state.lists[V_WORK, s] > t:
            state.stage[s, J_END] = state.lists[V_WORK, s]
            push(state, n_stages, state.lists[V_WORK, s], s)
        else:
            state.lists[V_STACK, state.count[N_STACK]] = s
            state.count[N_STACK] += 1
        return
    fixed = stage[S_FIXED_END] - stage[S_FIXED]
    slots = stage[S_SLOT_END] - stage[S_SLOT]
    uses = stage[S_USE_END] - stage[S_USE]
    if state.lists[V_WORK, s] == 0 and fixed + slots + uses == 0:
        state.lists[V_START, s] = t
        state.lists[V_STACK, state.count[N_STACK]] = s
        state.count[N_STACK] += 1
    elif fixed + slots == 1 and uses == 0 and state.lists[V_WORK, s] > 0 and not (opening and stage[S_BEGUN]):
        if fixed:
            p = plan.links[stage[S_FIXED]]
            add_ready(plan, state, p, s)
            if has_room(team, state, p):
                mark(state, p)
        else:
            skill = plan.links[stage[S_SLOT]]
            add_ready(plan, state, team.person.shape[0] + skill, s)
            for k in range(team.skills[skill], team.skills[skill + 1]):
                if has_room(team, state, team.skills[k]):
                    mark(state, team.skills[k])
    else:
        i = state.count[N_READY]
        state.count[N_READY] = i + 1
        while i > 0 and state.lists[V_READY, i - 1] > plan.rank[1, s]:
            state.lists[V_READY, i] = state.lists[V_READY, i - 1]
            i -= 1
        state.lists[V_READY, i] = plan.rank[1, s]
        want(team, plan, state, s, 1)
        state.count[N_RECONSIDER] = 1


# -- who takes what ----------------------------------------------------


@compiled
def take(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State,
    p: int, q: int, t: int,
) -> None:  # fmt: skip
    """A person takes the first stage of a queue."""
    s = take_ready(plan, state, q)
    if (
        state.count[N_SHARING] == 0
        and busy.first[p] == busy.first[p + 1]
        and not team.person[p, P_LIFTED]
    ):
        begin_alone(team, plan, state, p, s, t)
    else:
        state.lists[V_CREW, plan.stage[s, S_CREW]] = p
        state.stage[s, J_CREW] = 1
        begin(team, plan, busy, upper, state, s, t)


@compiled
def serve_alone(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State,
    t: int, limit: int,
) -> None:  # fmt: skip
    """Whoever may take something takes the first stage for one person, ranked before ``limit``.

    Own work that ranks before anything a skill of theirs is wanted for concerns
    nobody else. What any of several could take goes in order of rank to the first
    of them in the order of people.
    """
    n_stages = plan.stage.shape[0]
    waiting = 0
    for k in range(state.count[N_DIRTY]):
        p = state.lists[V_DIRTY, k]
        lifted = team.person[p, P_LIFTED]
        while lifted or state.person[p, H_RESERVED] != state.count[N_STAMP]:
            if not has_room(team, state, p):
                break
            q = best_queue(team, plan, state, p)
            if q < 0 or plan.rank[1, state.lists[V_ROOT, q]] >= limit:
                break
            if comes_at(team, busy, state, p, t) > t:
                look_when_here(team, busy, state, n_stages, p, t)
                break
            if q != p:
                state.lists[V_DEFERRED, waiting] = p
                waiting += 1
                break
            take(team, plan, busy, upper, state, p, q, t)
    while waiting:
        rank, chosen, chosen_q = np.int64(limit), -1, np.int64(-1)
        n = 0
        for k in range(waiting):
            p = state.lists[V_DEFERRED, k]
            q = np.int64(-1)
            if has_room(team, state, p):
                q = best_queue(team, plan, state, p)
            if q < 0 or plan.rank[1, state.lists[V_ROOT, q]] >= limit:
                continue
            state.lists[V_DEFERRED, n] = p
            n += 1
            here = np.int64(plan.rank[1, state.lists[V_ROOT, q]])
            if here < rank or (here == rank and p < chosen):
                rank, chosen, chosen_q = here, p, q
        waiting = n
        if waiting:
            take(team, plan, busy, upper, state, chosen, chosen_q, t)


@compiled
def add_from_skill(
    team: Team, plan: Plan, busy: Busy, state: State, s: int, p: int, count: int, several: bool,
    t: int,
) -> int:  # fmt: skip
    """Take a member onto the crew if they are here, free and fill a slot; the new count."""
    n_stages = plan.stage.shape[0]
    low = plan.stage[s, S_CREW]
    for i in range(plan.stage[s, S_FIXED_END] - plan.stage[s, S_FIXED]):
        if state.lists[V_CREW, low + i] == p:
            return count
    if not has_room(team, state, p):
        return count
    if not team.person[p, P_LIFTED] and state.person[p, H_RESERVED] == state.count[N_STAMP]:
        return count
    if comes_at(team, busy, state, p, t) > t:
        look_when_here(team, busy, state, n_stages, p, t)
        return count
    if several and not place(team, plan, state, s, p):
        return count
    state.lists[V_CREW, low + count] = p
    return count + 1


@compiled
def can_soon(team: Team, plan: Plan, state: State, s: int, t: int) -> bool:
    """Whether, of those who are not away, enough could do a stage together."""
    low = plan.stage[s, S_CREW]
    n_fixed = plan.stage[s, S_FIXED_END] - plan.stage[s, S_FIXED]
    n_slots = plan.stage[s, S_SLOT_END] - plan.stage[s, S_SLOT]
    for i in range(n_fixed):
        if is_away(team, state.lists[V_CREW, low + i], t):
            return False
    if n_slots == 0:
        return True
    filled = 0
    for i in range(n_slots):
        state.lists[V_OWNER, i] = -1
    for i in range(n_fixed):
        filled += place(team, plan, state, s, state.lists[V_CREW, low + i])
    for k in range(n_slots):
        skill = plan.links[plan.stage[s, S_SLOT] + k]
        seen = False
        for j in range(k):
            seen |= plan.links[plan.stage[s, S_SLOT] + j] == skill
        if seen:
            continue
        for m in range(team.skills[skill], team.skills[skill + 1]):
            p = team.skills[m]
            on_it = False
            for i in range(n_fixed):
                on_it |= state.lists[V_CREW, low + i] == p
            for i in range(n_slots):
                on_it |= state.lists[V_OWNER, i] == p
            if not on_it and not is_away(team, p, t):
                filled += place(team, plan, state, s, p)
            if filled == n_slots:
                return True
    return filled == n_slots


@compiled
def hold_for(
    team: Team, plan: Plan, state: State, s: int, count: int, t: int
) -> None:
    """Those who are here wait for the others; looked at again when one of them turns away."""
    n_stages = plan.stage.shape[0]
    n_people = team.person.shape[0]
    low = plan.stage[s, S_CREW]
    any_here = False
    for i in range(low, low + count):
        p = state.lists[V_CREW, i]
        if (
            state.person[p, H_AT] == t
            and state.person[p, H_NEXT] == t
            and has_room(team, state, p)
            and state.person[p, H_RESERVED] != state.count[N_STAMP]
        ):
            any_here = True
            state.person[p, H_RESERVED] = state.count[N_STAMP]
            state.lists[V_RESERVED, state.count[N_RESERVED]] = p
            state.count[N_RESERVED] += 1
    if not any_here:
        return
    for i in range(plan.stage[s, S_FIXED], plan.stage[s, S_FIXED_END]):
        lapse(team, state, n_stages, n_people, plan.links[i], t)
    for i in range(plan.stage[s, S_SLOT], plan.stage[s, S_SLOT_END]):
        skill = plan.links[i]
        for k in range(team.skills[skill], team.skills[skill + 1]):
            if not is_away(team, team.skills[k], t):
                lapse(team, state, n_stages, n_people, team.skills[k], t)


@compiled
def lapse(team: Team, state: State, n_stages: int, n_people: int, p: int, t: int) -> None:
    turn = turns_away(team, p, t)
    if state.person[p, H_LAPSE] != turn:
        state.person[p, H_LAPSE] = turn
        push(state, n_stages, turn, 2 * n_stages + n_people + p)


@compiled
def try_together(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State,
    s: int, t: int, opening: bool,
) -> bool:  # fmt: skip
    """Start a stage for several people, or with resources, if all it needs is there now.

    At the opening, work begun before goes on with who began it, at work or not.
    """
    n_stages = plan.stage.shape[0]
    stage = plan.stage[s]
    for i in range(stage[S_USE], stage[S_USE_END]):
        r = plan.uses[i, 0]
        above, until = upper_use(upper, r, t)
        if state.lists[V_USED, r] + above + plan.uses[i, 1] > team.capacity[r]:
            pending = state.count[N_MACHINE]
            if until < NEVER and (pending <= t or until < pending):
                state.count[N_MACHINE] = until
                push(state, n_stages, until, 2 * n_stages + 2 * team.person.shape[0])
            return False
    low = stage[S_CREW]
    n_fixed = stage[S_FIXED_END] - stage[S_FIXED]
    n_slots = stage[S_SLOT_END] - stage[S_SLOT]
    fits = True
    for i in range(n_fixed):
        p = plan.links[stage[S_FIXED] + i]
        state.lists[V_CREW, low + i] = p
        if not has_room(team, state, p):
            fits = False
        elif not opening:
            if comes_at(team, busy, state, p, t) > t:
                look_when_here(team, busy, state, n_stages, p, t)
                fits = False
            elif (
                not team.person[p, P_LIFTED]
                and state.person[p, H_RESERVED] == state.count[N_STAMP]
            ):
                fits = False
    count = n_fixed
    if n_slots:
        several = n_fixed > 0
        skill = plan.links[stage[S_SLOT]]
        for i in range(1, n_slots):
            several |= plan.links[stage[S_SLOT] + i] != skill
        if several:
            for i in range(n_slots):
                state.lists[V_OWNER, i] = -1
            filled = 0
            for i in range(n_fixed):
                filled += place(team, plan, state, s, state.lists[V_CREW, low + i])
            for p in range(team.person.shape[0]):
                if filled + count - n_fixed == n_slots:
                    break
                able = False
                for i in range(n_slots):
                    able |= knows(team, p, plan.links[stage[S_SLOT] + i])
                if not able:
                    continue
                count = add_from_skill(team, plan, busy, state, s, p, count, True, t)
            fits &= filled + count - n_fixed == n_slots
        else:
            for k in range(team.skills[skill], team.skills[skill + 1]):
                if count == n_slots:
                    break
                p = team.skills[k]
                count = add_from_skill(team, plan, busy, state, s, p, count, False, t)
            fits &= count == n_slots
    if fits:
        state.stage[s, J_CREW] = count
        if state.lists[V_WORK, s] == 0:
            state.lists[V_START, s] = t
        else:
            begin(team, plan, busy, upper, state, s, t)
        return True
    if n_fixed + n_slots > 1 and not opening and can_soon(team, plan, state, s, t):
        hold_for(team, plan, state, s, count, t)
    return False


@compiled
def serve(
    team: Team, plan: Plan, busy: Busy, upper: Longs, state: State,
    t: int, opening: bool,
) -> None:  # fmt: skip
    """Everybody who is here takes, of what is ready for them, the first by rank.

    Stages that need more than one person are looked at in their place among the
    others: those that rank before are taken first, and those after may not take
    whom they hold. When one is done at once (it had no work), what follows it may
    rank higher than what comes next, so everything is looked at again.
    """
    again = state.count[N_RECONSIDER] > 0
    if state.count[N_READY] and not again:
        for k in range(state.count[N_DIRTY]):
            again |= state.person[state.lists[V_DIRTY, k], H_WANTED] > 0
    passes = 1
    if opening:
        passes = 2
    if state.count[N_READY] and again:
        for k in range(state.count[N_RESERVED]):
            mark(state, state.lists[V_RESERVED, k])
        state.count[N_RESERVED] = 0
        state.count[N_STAMP] += 1
        while passes:
            begun_only = passes == 2
            i = np.int64(0)
            while i < state.count[N_READY]:
                s = plan.rank[0, state.lists[V_READY, i]]
                if begun_only and not plan.stage[s, S_BEGUN]:
                    i += 1
                    continue
                if not begun_only:
                    serve_alone(
                        team, plan, busy, upper, state, t, state.lists[V_READY, i]
                    )
                if not try_together(
                    team, plan, busy, upper, state, s, t, begun_only
                ):
                    i += 1
                    continue
                want(team, plan, state, s, -1)
                state.count[N_READY] -= 1
                for k in range(i, state.count[N_READY]):
                    state.lists[V_READY, k] = state.lists[V_READY, k + 1]
                if state.lists[V_WORK, s] == 0:
                    state.lists[V_STACK, state.count[N_STACK]] = s
                    state.count[N_STACK] += 1
                    state.count[N_RECONSIDER] = 1
                    return
            passes -= 1
    state.count[N_RECONSIDER] = 0
    serve_alone(team, plan, busy, upper, state, t, NEVER)
    for k in range(state.count[N_DIRTY]):
        state.person[state.lists[V_DIRTY, k], H_DIRTY] = 0
    state.count[N_DIRTY] = 0


# -- one layer of one future ------------------------------------------


@compiled
def run_layer(
    team: Team, plan: Plan, layer_from: Longs, layer: int, busy: Busy, upper: Longs, state: State,
    pieces: Ints, emit: bool,
) -> None:  # fmt: skip
    """Dispatch the stages of one layer on what earlier layers leave free.

    Args:
        upper: (n, 4) resource, from, to, amount of earlier layers.
        state: its row of work holds minutes of work left, or for an arrival the minute
            it is there; those of start and finish are filled for this layer's stages.
        pieces: (room, 3) person, from, to of work done; ``state.count[N_PIECES]`` says
            how many there are, which may be more than there was room for.
        emit: whether pieces are wanted.
    """
    n_people = team.person.shape[0]
    n_stages = plan.stage.shape[0]
    first, last = layer_from[layer], layer_from[layer + 1]
    state.count[:] = 0
    state.count[N_STAMP] = 1
    state.person[:, H_HELD:] = 0
    sharing = upper.shape[0] > 0
    for p in range(n_people):
        state.person[p, H_WINDOW] = team.person[p, P_FIRST]
        state.person[p, H_AT] = -1
        state.person[p, H_LOOK] = -1
        state.person[p, H_LAPSE] = -1
        sharing |= team.person[p, P_PARALLEL] > 1 and not team.person[p, P_LIFTED]
    state.count[N_SHARING] = sharing
    state.lists[V_USED] = 0
    state.lists[V_ROOT, :] = -1
    for at in range(last - 1, first - 1, -1):
        s = plan.rank[0, at]
        state.lists[V_START, s] = NEVER
        state.lists[V_FINISH, s] = NEVER
        row = state.stage[s]
        row[J_WAITS] = 0
        row[J_END] = -1
        row[J_RATE] = 0
        ready = np.int64(plan.stage[s, S_RELEASE])
        for i in range(plan.stage[s, S_BEFORE], plan.stage[s, S_BEFORE_END]):
            other = plan.links[i]
            if plan.stage[other, S_LAYER] == layer:
                row[J_WAITS] += 1
            else:
                ready = max(ready, np.int64(state.lists[V_FINISH, other]))
        row[J_READY] = ready
        if row[J_WAITS] == 0 and ready < NEVER:
            if ready <= 0:
                state.lists[V_STACK, state.count[N_STACK]] = n_stages + s
                state.count[N_STACK] += 1
            else:
                push(state, n_stages, ready, n_stages + s)
    t = np.int64(0)
    opening = True
    low_bits = (np.int64(1) << EVENT) - 1
    while True:
        while True:
            # Everything that ends or gets ready now, and what that makes ready.
            while state.count[N_STACK]:
                state.count[N_STACK] -= 1
                what = state.lists[V_STACK, state.count[N_STACK]]
                if what < n_stages:
                    complete(
                        team, plan, busy, upper, state, pieces, emit, what, t
                    )
                else:
                    get_ready(team, plan, state, what - n_stages, t, opening)
            serve(team, plan, busy, upper, state, t, opening)
            if state.count[N_STACK] == 0:
                break
        opening = False
        if state.count[N_EVENTS] == 0:
            break
        t = state.events[0] >> EVENT
        while state.count[N_EVENTS] and state.events[0] >> EVENT == t:
            what = pop(state) & low_bits
            if what < n_stages:
                if state.stage[what, J_END] == t:
                    state.stage[what, J_END] = -1
                    state.lists[V_STACK, state.count[N_STACK]] = what
                    state.count[N_STACK] += 1
            elif what < 2 * n_stages:
                state.lists[V_STACK, state.count[N_STACK]] = what
                state.count[N_STACK] += 1
            elif what < 2 * n_stages + n_people:
                mark(state, what - 2 * n_stages)
            else:
                state.count[N_RECONSIDER] = 1


# -- whole futures ----------------------------------------------------


@compiled
def room(team: Team, plan: Plan) -> State:
    """Room to run any layer of a plan in."""
    n_people = team.person.shape[0]
    n_stages = plan.stage.shape[0]
    n_skills = team.skills[0] - 1
    crew = np.int64(0)
    for s in range(n_stages):
        crew += plan.stage[s, S_FIXED_END] - plan.stage[s, S_FIXED]
        crew += plan.stage[s, S_SLOT_END] - plan.stage[s, S_SLOT]
    most = max(2 * n_stages + 2, n_people + n_skills + 2, crew + 1, team.capacity.size)
    return State(
        np.zeros((n_stages, 8), dtype=np.int64),
        np.zeros((n_people, 9), dtype=np.int64),
        np.zeros(N_COUNTERS, dtype=np.int64),
        np.empty(2 * n_stages + 4 * n_people + 64, dtype=np.int64),
        np.empty((V_LISTS, most), dtype=np.int32),
    )


@compiled
def merge(team: Team, busy: Busy, pieces: Ints, n_pieces: int) -> Busy:
    """Join new stretches of work with those of earlier layers.

    Stretches with no working time between them become one.
    """
    n_people = busy.first.size - 1
    counts = np.zeros(n_people + 1, dtype=np.int64)
    for p in range(n_people):
        counts[p + 1] = busy.first[p + 1] - busy.first[p]
    for i in range(n_pieces):
        counts[pieces[i, 0] + 1] += 1
    for p in range(n_people):
        counts[p + 1] += counts[p]
    span = np.empty((2, counts[n_people]), dtype=np.int32)
    starts, ends = span[0], span[1]
    fill = counts[:n_people].copy()
    for p in range(n_people):
        for i in range(busy.first[p], busy.first[p + 1]):
            starts[fill[p]] = busy.span[0, i]
            ends[fill[p]] = busy.span[1, i]
            fill[p] += 1
    for k in range(n_pieces):
        p = pieces[k, 0]
        i = fill[p]
        while i > counts[p] and starts[i - 1] > pieces[k, 1]:
            starts[i] = starts[i - 1]
            ends[i] = ends[i - 1]
            i -= 1
        starts[i] = pieces[k, 1]
        ends[i] = pieces[k, 2]
        fill[p] += 1
    first = np.zeros(n_people + 1, dtype=np.int64)
    n = np.int64(0)
    for p in range(n_people):
        low = n
        for i in range(counts[p], counts[p + 1]):
            joined = False
            if n > low:
                joined = starts[i] <= ends[n - 1]
                if not joined:
                    w = first_window(team, p, ends[n - 1])
                    joined = (
                        w >= team.person[p, P_LAST] or team.windows[w, W_START] >= starts[i]
                    )
            if joined:
                ends[n - 1] = max(ends[n - 1], ends[i])
            else:
                starts[n] = starts[i]
                ends[n] = ends[i]
                n += 1
        first[p + 1] = n
    return Busy(first, span[:, :n].copy())


@compiled
def add_load(
    team: Team, busy: Busy, week_from: Longs, week_start: Ints, load: Longs
) -> None:
    """Add one future's working minutes spent, by person and week, to ``load``.

    Args:
        week_from, week_start: the minutes at which each calendar's weeks begin.
        load: (n_people, n_weeks).
    """
    for p in range(busy.first.size - 1):
        c = team.person[p, P_CALENDAR]
        low, n = week_from[c], week_from[c + 1] - week_from[c] - 1
        week = np.int64(0)
        for i in range(busy.first[p], busy.first[p + 1]):
            a, b = np.int64(busy.span[0, i]), np.int64(busy.span[1, i])
            while week + 1 < n and week_start[low + week + 1] <= a:
                week += 1
            k = week
            before = worked_before(team, p, a)
            while a < b and k < load.shape[1]:
                until = b
                if k + 1 <= n:
                    until = min(b, np.int64(week_start[low + k + 1]))
                after = worked_before(team, p, until)
                load[p, k] += after - before
                before = after
                a = until
                k += 1


@compiled
def add_uses(
    plan: Plan, layer_from: Longs, layer: int, state: State, upper: Longs
) -> Longs:
    """Add what a layer's stages use, and when, to what earlier layers use."""
    n = upper.shape[0]
    more = 0
    for at in range(layer_from[layer], layer_from[layer + 1]):
        s = plan.rank[0, at]
        if state.lists[V_START, s] < NEVER:
            more += plan.stage[s, S_USE_END] - plan.stage[s, S_USE]
    if more == 0:
        return upper
    grown = np.empty((n + more, 4), dtype=np.int64)
    grown[:n] = upper
    for at in range(layer_from[layer], layer_from[layer + 1]):
        s = plan.rank[0, at]
        if state.lists[V_START, s] < NEVER:
            for i in range(plan.stage[s, S_USE], plan.stage[s, S_USE_END]):
                grown[n, 0] = plan.uses[i, 0]
                grown[n, 1] = state.lists[V_START, s]
                grown[n, 2] = state.lists[V_FINISH, s]
                grown[n, 3] = plan.uses[i, 1]
                n += 1
    return grown


@kernel
def run_block(
    team: Team, plan: Plan, laws: Laws, layer_from: Longs, promise_release: Ints,
    shared: Shared, seed: Any, low: int, high: int, busy_from: Longs, busy_span: Ints,
    stages: bool, keep_busy: bool, keep_load: bool, week_from: Longs, week_start: Ints,
    n_weeks: int,
) -> Any:  # fmt: skip
    """Simulate futures ``low`` to ``high - 1`` of a plan.

    Args:
        layer_from: (n_layers + 1,) where each layer begins in the plan's rank.
        promise_release: (n_promises,) when a promise without stages is finished.
        busy_from: (n, n_people + 1), or (0, n_people + 1) where nobody is busy: where
            each person's stretches begin in busy_span (2, m), which the plan has to
            leave alone.

    Returns:
        promise finish (n_promises, n); stage start and finish (n_stages, n) or
        (0, n); stretches of work, those given included: offsets (n, n_people + 1) into
        (2, m); working minutes spent (n_people, n_weeks), summed over the futures.
    """
    n = high - low
    n_stages = plan.stage.shape[0]
    n_people = team.person.shape[0]
    n_layers = layer_from.size - 1
    promise_finish = np.zeros((promise_release.size, n), dtype=np.int32)
    kept_stages = n_stages if stages else 0
    stage_start = np.empty((kept_stages, n), dtype=np.int32)
    stage_finish = np.empty((kept_stages, n), dtype=np.int32)
    load = np.zeros((n_people if keep_load else 0, n_weeks), dtype=np.int64)
    offsets = np.zeros((n if keep_busy else 0, n_people + 1), dtype=np.int64)
    spans = np.empty((2, 1024), dtype=np.int32)
    n_spans = np.int64(0)
    state = room(team, plan)
    pieces = np.empty((n_stages + 64, 3), dtype=np.int32)
    nobody = np.zeros(n_people + 1, dtype=np.int64)
    for f in range(low, high):
        draw_all(plan.stage, laws, shared, future_key(seed, f), state.lists[V_WORK])
        busy = Busy(nobody, busy_span)
        if busy_from.shape[0]:
            busy = Busy(busy_from[f - low], busy_span)
        upper = np.empty((0, 4), dtype=np.int64)
        layer = 0
        while layer < n_layers:
            emit = keep_busy or keep_load or layer + 1 < n_layers
            run_layer(team, plan, layer_from, layer, busy, upper, state, pieces, emit)
            if state.count[N_PIECES] > pieces.shape[0]:
                # More stretches than there was room for: once more, with enough.
                pieces = np.empty((2 * state.count[N_PIECES], 3), dtype=np.int32)
                continue
            if emit:
                busy = merge(team, busy, pieces, state.count[N_PIECES])
                upper = add_uses(plan, layer_from, layer, state, upper)
            layer += 1
        for k in range(promise_release.size):
            promise_finish[k, f - low] = promise_release[k]
        for s in range(n_stages):
            k = plan.stage[s, S_PROMISE]
            finish = state.lists[V_FINISH, s]
            promise_finish[k, f - low] = max(promise_finish[k, f - low], finish)
        if stages:
            for s in range(n_stages):
                stage_start[s, f - low] = state.lists[V_START, s]
                stage_finish[s, f - low] = state.lists[V_FINISH, s]
        if keep_load:
            add_load(team, busy, week_from, week_start, load)
        if keep_busy:
            more = busy.span.shape[1]
            if n_spans + more > spans.shape[1]:
                grown = np.empty((2, max(2 * spans.shape[1], n_spans + more)), dtype=np.int32)
                grown[:, :n_spans] = spans[:, :n_spans]
                spans = grown
            spans[:, n_spans : n_spans + more] = busy.span
            for p in range(n_people + 1):
                offsets[f - low, p] = n_spans + busy.first[p]
            n_spans += more
    return promise_finish, stage_start, stage_finish, offsets, spans[:, :n_spans].copy(), load

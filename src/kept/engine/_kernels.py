"""The compiled loops: event dispatch over people's working time.

Array in, array out. Each function is a plain loop that also runs uncompiled.
Times are whole minutes from the situation's start; ``NEVER`` is what does not
happen. Work is counted in units of ``RATE`` per minute, so that shares of a
thousandth and up to ten stages at once divide without a rest.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from kept.engine.worktime import AWAY, HORIZON, NEVER


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
    """The one place where a kernel is compiled: without the interpreter's lock, cached on disk."""
    made: Function = numba.njit(nogil=True, cache=True)(function)
    return made


Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]

RATE = 2_520_000
"""Units of work in a minute at full share."""


class Team(NamedTuple):
    """People, their calendars and what there is to use; windows of all calendars in one row."""

    calendar_from: Longs
    """(n_calendars + 1,) where each calendar's windows begin."""
    window_start: Ints
    window_end: Ints
    window_work: Ints
    """Working minutes of the calendar before each window."""
    window_last: Ints
    """The end of the last window before the next absence (a gap longer than AWAY)."""
    day_window: Ints
    """(n_calendars, n_days + 2) the first window that ends after a day begins."""
    work_from: Longs
    work_window: Ints
    """The window that holds every 256th working minute of a calendar."""
    person_calendar: Ints
    person_rate: Longs
    """Usable share in units of work per minute."""
    person_parallel: Ints
    person_lifted: Flags
    """As many of this person as wanted: nothing queues for them."""
    skill_from: Longs
    skill_person: Ints
    has_skill: Flags
    """(n_people, n_skills)"""
    capacity: Longs
    """(n_resources,)"""


class Plan(NamedTuple):
    """Stages in rank order within layers; a later layer uses what earlier ones leave free."""

    release: Ints
    begun: Flags
    arrival: Flags
    fixed_from: Longs
    fixed_person: Ints
    slot_from: Longs
    slot_skill: Ints
    use_from: Longs
    use_resource: Ints
    use_amount: Longs
    next_from: Longs
    next_stage: Ints
    before_from: Longs
    before_stage: Ints
    layer: Ints
    order: Ints
    layer_from: Longs
    promise: Ints
    n_promises: int
    promise_release: Ints
    luck: Keys
    promise_luck: Keys
    shared: Flags
    """Whether a stage shares in the luck of its promise."""
    form: Ints
    base: Floats
    scale: Floats
    knot_from: Longs
    knot_to: Longs
    knot_u: Floats
    knot_y: Floats
    begin_u: Floats
    """The share of futures that the work done so far has ruled out."""
    stretch: Floats
    minus: Floats
    """Hours worked already."""
    left: Floats
    """The share of each draw that is still to do."""
    arrives_from: Ints


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
def future_key(seed: Any, future: Any) -> Any:
    return mix(mix(np.uint64(seed) + GOLD) + np.uint64(future + 1) * GOLD)


@compiled
def quantile(u, knot_u, knot_y, low, high):  # type: ignore[no-untyped-def]  # arrays or scalars
    """Read the value at ``u`` off straight lines through knots ``low`` to ``high - 1``."""
    if high - low == 1:
        return knot_y[low]
    at = low + int(u * (high - low - 1))
    while at > low and knot_u[at] > u:
        at -= 1
    while at < high - 2 and knot_u[at + 1] < u:
        at += 1
    u0, u1 = knot_u[at], knot_u[at + 1]
    part = (u - u0) / (u1 - u0)
    part = min(max(part, 0.0), 1.0)
    return knot_y[at] + part * (knot_y[at + 1] - knot_y[at])


@compiled
def normal_quantile(u):  # type: ignore[no-untyped-def]
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
    r = np.sqrt(-np.log(u if q < 0 else 1.0 - u))
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
def draw(plan, s, point):  # type: ignore[no-untyped-def]  # a Plan, compiled
    """Minutes of work left of stage ``s`` at one of the 4,096 points."""
    form = plan.form[s]
    if form == 0:
        hours = plan.base[s]
    else:
        u = (point + 0.5) / 4096.0
        u = plan.begin_u[s] + (1.0 - plan.begin_u[s]) * u
        if form == 3:
            hours = -plan.scale[s] * np.log1p(-u)
        elif form == 4:
            hours = np.exp(plan.base[s] + plan.scale[s] * normal_quantile(u))
        else:
            y = quantile(u, plan.knot_u, plan.knot_y, plan.knot_from[s], plan.knot_to[s])
            hours = plan.base[s] + plan.scale[s] * y
            if form == 2:
                hours = np.exp(hours)
    hours = max(hours * plan.stretch[s] - plan.minus[s], 0.0) * plan.left[s]
    return int(min(np.floor(hours * 60.0 + 0.5), float(HORIZON)))


@compiled
def draw_all(plan, key, mine, common, normal_of_point, point_of_normal, out):  # type: ignore[no-untyped-def]
    """Draw the work of every stage in one future.

    Args:
        mine, common: weights of the stage's own and its promise's luck, in 1/65536;
            ``common`` 0 leaves each stage its own.
        normal_of_point: shape (4096,), normal quantiles in 1/65536.
        point_of_normal: the point of each normal value, in steps of 16/65536 from -6.
        out: shape (n_stages,), filled with minutes.
    """
    for s in range(out.size):
        point = np.int64(mix(key ^ plan.luck[s]) >> _S52)
        if common and plan.shared[s]:
            other = np.int64(mix(key ^ plan.promise_luck[plan.promise[s]] ^ _PROMISE) >> _S52)
            z = (mine * normal_of_point[point] + common * normal_of_point[other]) >> 16
            at = (z + 6 * 65536) >> 4
            point = np.int64(point_of_normal[min(max(at, 0), point_of_normal.size - 1)])
        out[s] = draw(plan, s, point)


@compiled
def draw_stages(plan, seed, futures, first, mine, common, normal_of_point, point_of_normal):  # type: ignore[no-untyped-def]
    """Minutes of work left of the stages from ``first`` on, shape (n, futures)."""
    n_stages = plan.release.size
    row = np.empty(n_stages, dtype=np.int32)
    out = np.empty((n_stages - first, futures), dtype=np.int32)
    for f in range(futures):
        key = future_key(seed, f)
        draw_all(plan, key, mine, common, normal_of_point, point_of_normal, row)
        for s in range(first, n_stages):
            out[s - first, f] = row[s]
    return out


# -- calendars --------------------------------------------------------


@compiled
def first_window(team, c, t):  # type: ignore[no-untyped-def]
    """The first window of calendar ``c`` that ends after ``t``."""
    last = team.calendar_from[c + 1]
    day = t // 1440
    if day >= team.day_window.shape[1]:
        return last
    w = np.int64(team.day_window[c, day])
    while w < last and team.window_end[w] <= t:
        w += 1
    return w


@compiled
def worked_before(team, c, t):  # type: ignore[no-untyped-def]
    """Working minutes of calendar ``c`` before ``t``."""
    w = first_window(team, c, t)
    if w >= team.calendar_from[c + 1]:
        if w == team.calendar_from[c]:
            return 0
        return team.window_work[w - 1] + team.window_end[w - 1] - team.window_start[w - 1]
    return team.window_work[w] + max(0, t - team.window_start[w])


@compiled
def minute_of_work(team, c, work):  # type: ignore[no-untyped-def]
    """The moment at which ``work`` (> 0) working minutes of calendar ``c`` have passed."""
    at = team.work_from[c] + (work >> 8)
    if at >= team.work_from[c + 1]:
        return NEVER
    w = np.int64(team.work_window[at])
    last = team.calendar_from[c + 1]
    while w + 1 < last and team.window_work[w + 1] < work:
        w += 1
    minute = team.window_start[w] + (work - team.window_work[w])
    if minute > team.window_end[w]:
        return NEVER
    return minute


@compiled
def next_free(team, busy_from, busy_start, busy_end, p, t):  # type: ignore[no-untyped-def]
    """The next stretch ``[a, b)``, a >= t, in which a person works and nobody above needs them."""
    c = team.person_calendar[p]
    last = team.calendar_from[c + 1]
    w = first_window(team, c, t)
    low, n = busy_from[p], busy_from[p + 1]
    if team.person_lifted[p]:
        low = n
    i = low
    high = n
    while i < high:
        middle = (i + high) // 2
        if busy_end[middle] <= t:
            i = middle + 1
        else:
            high = middle
    while w < last:
        a = max(t, team.window_start[w])
        while i < n and busy_end[i] <= a:
            i += 1
        if i < n and busy_start[i] <= a:
            t = busy_end[i]
            while w < last and team.window_end[w] <= t:
                w += 1
            continue
        b = team.window_end[w]
        if i < n and busy_start[i] < b:
            b = busy_start[i]
        return np.int64(a), np.int64(b)
    return np.int64(NEVER), np.int64(NEVER)


@compiled
def upper_use(upper, r, t):  # type: ignore[no-untyped-def]
    """How much of a resource earlier layers use at ``t``, and when that may change."""
    use, until = 0, NEVER
    for i in range(upper.shape[0]):
        if upper[i, 0] == r:
            if upper[i, 1] <= t < upper[i, 2]:
                use += upper[i, 3]
                until = min(until, upper[i, 2])
            elif upper[i, 1] > t:
                until = min(until, upper[i, 1])
    return use, until


@compiled
def next_common(team, plan, busy, upper, used, people, low, n, s, t):  # type: ignore[no-untyped-def]
    """The next stretch in which everybody on a stage, and all it uses, is there."""
    busy_from, busy_start, busy_end = busy
    a = np.int64(t)
    while True:
        moved = False
        b = np.int64(NEVER)
        for i in range(low, low + n):
            x, y = next_free(team, busy_from, busy_start, busy_end, people[i], a)
            if x >= NEVER:
                return np.int64(NEVER), np.int64(NEVER)
            if x > a:
                a = x
                moved = True
                break
            b = min(b, y)
        if not moved and upper.shape[0]:
            for i in range(plan.use_from[s], plan.use_from[s + 1]):
                r = plan.use_resource[i]
                use, until = upper_use(upper, r, a)
                if use + used[r] > team.capacity[r]:
                    a = np.int64(until)
                    moved = True
                    break
                b = min(b, until)
        if a >= NEVER:
            return np.int64(NEVER), np.int64(NEVER)
        if not moved:
            return a, b


@compiled
def advance(team, plan, busy, upper, used, people, low, n, s, t, minutes):  # type: ignore[no-untyped-def]
    """The moment at which a stage has had ``minutes`` (> 0) of everybody's time since ``t``."""
    if n == 0 and upper.shape[0] == 0:
        end = t + minutes
        return np.int64(end) if end <= HORIZON else np.int64(NEVER)
    if n == 1 and upper.shape[0] == 0:
        p = people[low]
        if busy[0][p] == busy[0][p + 1] or team.person_lifted[p]:
            c = team.person_calendar[p]
            return np.int64(minute_of_work(team, c, worked_before(team, c, t) + minutes))
    left = np.int64(minutes)
    here = np.int64(t)
    while True:
        a, b = next_common(team, plan, busy, upper, used, people, low, n, s, here)
        if a >= NEVER:
            return np.int64(NEVER)
        if left <= b - a:
            end = a + left
            return end if end <= HORIZON else np.int64(NEVER)
        left -= b - a
        here = b


@compiled
def passed(team, plan, busy, upper, used, people, low, n, s, t, end):  # type: ignore[no-untyped-def]
    """Minutes of everybody's time a stage has had in ``[t, end)``."""
    if n == 0 and upper.shape[0] == 0:
        return np.int64(end - t)
    total = np.int64(0)
    here = np.int64(t)
    while here < end:
        a, b = next_common(team, plan, busy, upper, used, people, low, n, s, here)
        if a >= end:
            break
        total += min(b, np.int64(end)) - a
        here = b
    return total


# -- the queue of events ----------------------------------------------


@compiled
def push(times, whats, n, time, what):  # type: ignore[no-untyped-def]
    """Add to a binary heap ordered by time; gives the arrays back, grown if need be."""
    if n == times.size:
        more_times = np.empty(2 * n + 16, dtype=np.int64)
        more_whats = np.empty(2 * n + 16, dtype=np.int64)
        more_times[:n] = times
        more_whats[:n] = whats
        times, whats = more_times, more_whats
    i = n
    while i > 0:
        parent = (i - 1) >> 1
        if times[parent] <= time:
            break
        times[i] = times[parent]
        whats[i] = whats[parent]
        i = parent
    times[i] = time
    whats[i] = what
    return times, whats, n + 1


@compiled
def pop(times, whats, n):  # type: ignore[no-untyped-def]
    """Remove the earliest entry; it is returned with the new length."""
    what = whats[0]
    n -= 1
    time, last = times[n], whats[n]
    i = 0
    while True:
        child = 2 * i + 1
        if child >= n:
            break
        if child + 1 < n and times[child + 1] < times[child]:
            child += 1
        if times[child] >= time:
            break
        times[i] = times[child]
        whats[i] = whats[child]
        i = child
    if n > 0:
        times[i] = time
        whats[i] = last
    return what, n


# -- who takes a stage ------------------------------------------------


@compiled
def place(team, plan, s, p, owner, parent, queue):  # type: ignore[no-untyped-def]
    """Give person ``p`` one of the slots of stage ``s``, moving others if need be.

    Breadth-first augmenting paths: whoever was placed stays placed, so trying
    people in order gives the first of them that can fill the slots together.
    """
    low = plan.slot_from[s]
    n = plan.slot_from[s + 1] - low
    for i in range(n):
        parent[i] = -2
    head, tail = 0, 0
    for i in range(n):
        if team.has_skill[p, plan.slot_skill[low + i]]:
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
            return True
        for i in range(n):
            if parent[i] == -2 and team.has_skill[owner[slot], plan.slot_skill[low + i]]:
                parent[i] = slot
                queue[tail] = i
                tail += 1
    return False


@compiled
def is_away(team, p, t):  # type: ignore[no-untyped-def]
    """Whether a person's next working minute is further off than others need wait for."""
    c = team.person_calendar[p]
    w = first_window(team, c, t)
    return w >= team.calendar_from[c + 1] or team.window_start[w] - t > AWAY


@compiled
def turns_away(team, p, t):  # type: ignore[no-untyped-def]
    """When somebody who is not away next turns so."""
    c = team.person_calendar[p]
    return np.int64(team.window_last[first_window(team, c, t)])


# -- one layer of one future ------------------------------------------


@compiled
def run_layer(team, plan, layer, work, ready_at, busy, upper, start, finish, pieces, emit):  # type: ignore[no-untyped-def]
    """Dispatch the stages of one layer on what earlier layers leave free.

    Args:
        work: (n_stages,) minutes of work left; for an arrival, minutes until it is there.
        ready_at: (n_stages,) the earliest moment by release and by earlier layers.
        busy: earlier layers' stretches per person: offsets, starts, ends.
        upper: (n, 4) resource, from, to, amount of earlier layers.
        start, finish: (n_stages,) filled for the stages of this layer.
        pieces: (capacity, 3) room for person, from, to.
        emit: whether stretches of work are wanted.

    Returns:
        pieces, perhaps grown, and how many are filled.
    """
    n_people = team.person_calendar.size
    first, last = plan.layer_from[layer], plan.layer_from[layer + 1]
    n_stages = work.size
    waits = np.zeros(n_stages, dtype=np.int32)
    position = np.empty(n_stages, dtype=np.int32)
    finish_at = np.full(n_stages, NEVER, dtype=np.int64)
    rest = np.zeros(n_stages, dtype=np.int64)
    settled = np.zeros(n_stages, dtype=np.int64)
    rate = np.zeros(n_stages, dtype=np.int64)
    n_on = np.zeros(n_stages, dtype=np.int64)
    people = np.empty(plan.fixed_person.size + plan.slot_skill.size + 1, dtype=np.int32)
    held = np.zeros(n_people, dtype=np.int32)
    here_at = np.full(n_people, -1, dtype=np.int64)
    here = np.zeros(n_people, dtype=np.bool_)
    next_at = np.zeros(n_people, dtype=np.int64)
    look_at = np.full(n_people, -1, dtype=np.int64)
    lapse_at = np.full(n_people, -1, dtype=np.int64)
    reserved = np.zeros(n_people, dtype=np.int64)
    stamp = 0
    used = np.zeros(team.capacity.size, dtype=np.int64)
    ready = np.empty(last - first + 1, dtype=np.int32)
    n_ready = 0
    running = np.empty(last - first + 1, dtype=np.int32)
    n_running = 0
    stack = np.empty(2 * (last - first) + 2, dtype=np.int32)
    most = 1
    for s in range(n_stages):
        most = max(most, plan.slot_from[s + 1] - plan.slot_from[s])
    owner = np.empty(most, dtype=np.int32)
    parent = np.empty(most, dtype=np.int32)
    queue = np.empty(most, dtype=np.int32)
    times = np.empty(last - first + n_people + 16, dtype=np.int64)
    whats = np.empty(times.size, dtype=np.int64)
    n_events = 0
    n_pieces = 0
    busy_from, busy_start, busy_end = busy

    for at in range(first, last):
        s = plan.order[at]
        position[s] = at
        start[s] = NEVER
        finish[s] = NEVER
        for i in range(plan.before_from[s], plan.before_from[s + 1]):
            if plan.layer[plan.before_stage[i]] == layer:
                waits[s] += 1
    for at in range(first, last):
        s = plan.order[at]
        if waits[s] == 0 and ready_at[s] < NEVER:
            times, whats, n_events = push(times, whats, n_events, max(0, ready_at[s]), -s - 2)

    t = np.int64(0)
    opening = True
    while n_events or opening:
        if not opening or (n_events and times[0] == 0):
            t = times[0]
        n_stack = 0
        while n_events and times[0] == t:
            what, n_events = pop(times, whats, n_events)
            if what >= 0:
                if start[what] < NEVER and finish[what] == NEVER and finish_at[what] == t:
                    finish_at[what] = -1
                    stack[n_stack] = what
                    n_stack += 1
            elif what < -1:
                s = -what - 2
                stack[n_stack] = -s - 2
                n_stack += 1
        looking = True
        while looking:
            # Everything that ends or gets ready now, and what that makes ready.
            while n_stack:
                n_stack -= 1
                what = stack[n_stack]
                if what <= -2:
                    s = -what - 2
                    if plan.arrival[s]:
                        start[s] = max(t, np.int64(work[s]))
                        finish_at[s] = start[s]
                        if work[s] > t:
                            if work[s] >= HORIZON:
                                start[s] = NEVER
                            else:
                                times, whats, n_events = push(times, whats, n_events, work[s], s)
                            continue
                        what = s
                    elif (
                        work[s] == 0
                        and plan.fixed_from[s] == plan.fixed_from[s + 1]
                        and plan.slot_from[s] == plan.slot_from[s + 1]
                        and plan.use_from[s] == plan.use_from[s + 1]
                    ):
                        start[s] = t
                        what = s
                    else:
                        i = n_ready
                        while i > 0 and ready[i - 1] > position[s]:
                            ready[i] = ready[i - 1]
                            i -= 1
                        ready[i] = position[s]
                        n_ready += 1
                        continue
                s = what
                finish[s] = t
                low = plan.fixed_from[s] + plan.slot_from[s]
                if n_on[s] or rate[s]:
                    # It was running: its people and what it uses are free again.
                    shares = False
                    for i in range(low, low + n_on[s]):
                        p = people[i]
                        shares |= team.person_parallel[p] > 1 and not team.person_lifted[p]
                    if upper.shape[0] and plan.use_from[s] < plan.use_from[s + 1]:
                        shares = True
                    for i in range(n_running):
                        if running[i] == s:
                            n_running -= 1
                            running[i] = running[n_running]
                            break
                    if emit:
                        together = upper.shape[0] == 0
                        for i in range(low, low + n_on[s]):
                            p = people[i]
                            same = team.person_calendar[p] == team.person_calendar[people[low]]
                            none = busy_from[p] == busy_from[p + 1]
                            if n_on[s] > 1 and not (same and none):
                                together = False
                        a = np.int64(start[s])
                        b = t
                        while a < t:
                            if not together:
                                a, b = next_common(
                                    team, plan, busy, upper, used, people, low, n_on[s], s, a
                                )
                                b = min(b, t)
                                if a >= t:
                                    break
                            if n_pieces + n_on[s] > pieces.shape[0]:
                                grown = np.empty((2 * pieces.shape[0] + 64, 3), dtype=np.int32)
                                grown[:n_pieces] = pieces[:n_pieces]
                                pieces = grown
                            for i in range(low, low + n_on[s]):
                                pieces[n_pieces, 0] = people[i]
                                pieces[n_pieces, 1] = a
                                pieces[n_pieces, 2] = b
                                n_pieces += 1
                            a = b
                    if shares:
                        settle(team, plan, busy, upper, used, people, n_on, running, n_running,
                               s, low, rest, rate, settled, t)  # fmt: skip
                    for i in range(low, low + n_on[s]):
                        held[people[i]] -= 1
                    for i in range(plan.use_from[s], plan.use_from[s + 1]):
                        used[plan.use_resource[i]] -= plan.use_amount[i]
                    if shares:
                        times, whats, n_events = reschedule(
                            team, plan, busy, upper, used, people, n_on, running, n_running,
                            s, low, rest, rate, held, t, finish_at, times, whats, n_events,
                        )  # fmt: skip
                for i in range(plan.next_from[s], plan.next_from[s + 1]):
                    other = plan.next_stage[i]
                    if plan.layer[other] != layer:
                        continue
                    waits[other] -= 1
                    ready_at[other] = max(np.int64(ready_at[other]), t)
                    if waits[other] == 0 and ready_at[other] < NEVER:
                        if ready_at[other] <= t:
                            stack[n_stack] = -other - 2
                            n_stack += 1
                        else:
                            times, whats, n_events = push(
                                times, whats, n_events, ready_at[other], -other - 2
                            )
            # Who is there takes, of what is ready for them, the first by rank.
            looking = False
            stamp += 1
            i_ready = 0
            passes = 2 if opening else 1
            while passes:
                first_pass = passes == 2
                i_ready = 0
                while i_ready < n_ready:
                    s = plan.order[ready[i_ready]]
                    if first_pass and not plan.begun[s]:
                        i_ready += 1
                        continue
                    low = plan.fixed_from[s] + plan.slot_from[s]
                    n_fixed = plan.fixed_from[s + 1] - plan.fixed_from[s]
                    n_slots = plan.slot_from[s + 1] - plan.slot_from[s]
                    fits = True
                    for i in range(plan.use_from[s], plan.use_from[s + 1]):
                        r = plan.use_resource[i]
                        above, until = upper_use(upper, r, t)
                        if used[r] + above + plan.use_amount[i] > team.capacity[r]:
                            fits = False
                            if until < NEVER:
                                times, whats, n_events = push(times, whats, n_events, until, -1)
                    if not fits:
                        i_ready += 1
                        continue
                    count = 0
                    for i in range(n_fixed):
                        p = plan.fixed_person[plan.fixed_from[s] + i]
                        people[low + i] = p
                        if held[p] >= team.person_parallel[p] and not team.person_lifted[p]:
                            fits = False
                            continue
                        if first_pass:
                            continue
                        if here_at[p] != t:
                            a, _ = next_free(team, busy_from, busy_start, busy_end, p, t)
                            here_at[p] = t
                            here[p] = a == t
                            next_at[p] = a
                        if not here[p]:
                            fits = False
                            if next_at[p] < NEVER and look_at[p] != next_at[p]:
                                look_at[p] = next_at[p]
                                times, whats, n_events = push(
                                    times, whats, n_events, next_at[p], -1
                                )
                        elif reserved[p] == stamp and not team.person_lifted[p]:
                            fits = False
                    count = n_fixed
                    if n_slots and not first_pass:
                        for i in range(n_slots):
                            owner[i] = -1
                        filled = 0
                        for i in range(n_fixed):
                            filled += place(team, plan, s, people[low + i], owner, parent, queue)
                        several = False
                        skill = plan.slot_skill[plan.slot_from[s]]
                        for i in range(1, n_slots):
                            several |= plan.slot_skill[plan.slot_from[s] + i] != skill
                        n_try = n_people
                        if not several:
                            n_try = team.skill_from[skill + 1] - team.skill_from[skill]
                        for k in range(n_try):
                            if filled == n_slots:
                                break
                            p = k
                            if not several:
                                p = team.skill_person[team.skill_from[skill] + k]
                            else:
                                able = False
                                for i in range(n_slots):
                                    able |= team.has_skill[
                                        p, plan.slot_skill[plan.slot_from[s] + i]
                                    ]
                                if not able:
                                    continue
                            on_it = False
                            for i in range(n_fixed):
                                on_it |= people[low + i] == p
                            if on_it:
                                continue
                            if not team.person_lifted[p]:
                                if held[p] >= team.person_parallel[p] or reserved[p] == stamp:
                                    continue
                            if here_at[p] != t:
                                a, _ = next_free(team, busy_from, busy_start, busy_end, p, t)
                                here_at[p] = t
                                here[p] = a == t
                                next_at[p] = a
                            if not here[p]:
                                if next_at[p] < NEVER and look_at[p] != next_at[p]:
                                    look_at[p] = next_at[p]
                                    times, whats, n_events = push(
                                        times, whats, n_events, next_at[p], -1
                                    )
                                continue
                            if not several or place(team, plan, s, p, owner, parent, queue):
                                people[low + count] = p
                                count += 1
                                filled += 1
                        if filled < n_slots:
                            fits = False
                    if not fits:
                        if n_fixed + n_slots > 1 and not first_pass:
                            # Those who are there wait for the others, unless one is away.
                            soon = True
                            for i in range(n_fixed):
                                soon &= not is_away(team, people[low + i], t)
                            if soon and n_slots:
                                for i in range(n_slots):
                                    owner[i] = -1
                                filled = 0
                                for i in range(n_fixed):
                                    filled += place(
                                        team, plan, s, people[low + i], owner, parent, queue
                                    )
                                for p in range(n_people):
                                    if filled == n_slots:
                                        break
                                    on_it = False
                                    for i in range(n_fixed):
                                        on_it |= people[low + i] == p
                                    able = False
                                    for i in range(n_slots):
                                        able |= team.has_skill[
                                            p, plan.slot_skill[plan.slot_from[s] + i]
                                        ]
                                    if on_it or not able or is_away(team, p, t):
                                        continue
                                    filled += place(team, plan, s, p, owner, parent, queue)
                                soon = filled == n_slots
                            if soon:
                                for i in range(low, low + count):
                                    p = people[i]
                                    if here_at[p] == t and here[p]:
                                        reserved[p] = stamp
                                for p in range(n_people):
                                    wanted = False
                                    for i in range(n_fixed):
                                        wanted |= people[low + i] == p
                                    for i in range(n_slots):
                                        wanted |= team.has_skill[
                                            p, plan.slot_skill[plan.slot_from[s] + i]
                                        ]
                                    if wanted and not is_away(team, p, t):
                                        a = turns_away(team, p, t)
                                        if lapse_at[p] != a:
                                            lapse_at[p] = a
                                            times, whats, n_events = push(
                                                times, whats, n_events, a, -1
                                            )
                        i_ready += 1
                        continue
                    # It starts.
                    n_ready -= 1
                    for i in range(i_ready, n_ready):
                        ready[i] = ready[i + 1]
                    start[s] = t
                    if work[s] == 0:
                        finish[s] = t
                        # Done at once: what follows it may rank higher than what comes next.
                        rate[s] = 0
                        stack[n_stack] = s
                        n_stack += 1
                        looking = True
                        break
                    shares = False
                    for i in range(low, low + count):
                        p = people[i]
                        shares |= team.person_parallel[p] > 1 and not team.person_lifted[p]
                    if upper.shape[0] and plan.use_from[s] < plan.use_from[s + 1]:
                        shares = True
                    n_on[s] = count
                    if shares:
                        settle(team, plan, busy, upper, used, people, n_on, running, n_running,
                               s, low, rest, rate, settled, t)  # fmt: skip
                    for i in range(low, low + count):
                        held[people[i]] += 1
                    for i in range(plan.use_from[s], plan.use_from[s + 1]):
                        used[plan.use_resource[i]] += plan.use_amount[i]
                    if shares:
                        times, whats, n_events = reschedule(
                            team, plan, busy, upper, used, people, n_on, running, n_running,
                            s, low, rest, rate, held, t, finish_at, times, whats, n_events,
                        )  # fmt: skip
                    running[n_running] = s
                    n_running += 1
                    rate[s] = rate_of(team, people, low, count, held)
                    rest[s] = np.int64(work[s]) * RATE
                    settled[s] = t
                    end = advance(
                        team, plan, busy, upper, used, people, low, count, s, t,
                        (rest[s] + rate[s] - 1) // rate[s],
                    )  # fmt: skip
                    finish_at[s] = end
                    if end < NEVER:
                        times, whats, n_events = push(times, whats, n_events, end, s)
                if looking:
                    break
                passes -= 1
            opening = opening and looking
    return pieces, n_pieces


@compiled
def rate_of(team, people, low, n, held):  # type: ignore[no-untyped-def]
    """Units of work a minute: the slowest person's share, split over what they are in."""
    rate = np.int64(RATE)
    for i in range(low, low + n):
        p = people[i]
        mine = team.person_rate[p]
        if not team.person_lifted[p]:
            mine = mine // held[p]
        rate = min(rate, mine)
    return max(rate, np.int64(1))


@compiled
def touches(team, plan, upper, people, n_on, s, low, other):  # type: ignore[no-untyped-def]
    """Whether a stage that runs shares a person or a resource with ``s``."""
    at = plan.fixed_from[other] + plan.slot_from[other]
    for i in range(low, low + n_on[s]):
        for j in range(at, at + n_on[other]):
            if people[i] == people[j]:
                return True
    if upper.shape[0]:
        for i in range(plan.use_from[s], plan.use_from[s + 1]):
            for j in range(plan.use_from[other], plan.use_from[other + 1]):
                if plan.use_resource[i] == plan.use_resource[j]:
                    return True
    return False


@compiled
def settle(
    team, plan, busy, upper, used, people, n_on, running, n_running, s, low, rest, rate, settled, t
):  # type: ignore[no-untyped-def]
    """Write down how far stages sharing with ``s`` have come, before their speed changes."""
    for k in range(n_running):
        other = running[k]
        if other == s or not touches(team, plan, upper, people, n_on, s, low, other):
            continue
        at = plan.fixed_from[other] + plan.slot_from[other]
        minutes = passed(
            team, plan, busy, upper, used, people, at, n_on[other], other, settled[other], t
        )
        rest[other] -= minutes * rate[other]
        settled[other] = t


@compiled
def reschedule(
    team,
    plan,
    busy,
    upper,
    used,
    people,
    n_on,
    running,
    n_running,
    s,
    low,
    rest,
    rate,
    held,
    t,
    finish_at,
    times,
    whats,
    n_events,
):  # type: ignore[no-untyped-def]
    """Give the stages sharing with ``s`` their new speed and end."""
    for k in range(n_running):
        other = running[k]
        if other == s or not touches(team, plan, upper, people, n_on, s, low, other):
            continue
        at = plan.fixed_from[other] + plan.slot_from[other]
        if n_on[other]:
            rate[other] = rate_of(team, people, at, n_on[other], held)
        if rest[other] <= 0:
            # It ends at this very moment and is still to be taken off.
            continue
        end = advance(
            team, plan, busy, upper, used, people, at, n_on[other], other, t,
            (rest[other] + rate[other] - 1) // rate[other],
        )  # fmt: skip
        if end != finish_at[other]:
            finish_at[other] = end
            if end < NEVER:
                times, whats, n_events = push(times, whats, n_events, end, other)
    return times, whats, n_events


# -- whole futures ----------------------------------------------------


@compiled
def merge(team, busy, pieces, n_pieces):  # type: ignore[no-untyped-def]
    """Join new stretches of work with those of earlier layers.

    Stretches with no working time between them become one.
    """
    busy_from, busy_start, busy_end = busy
    n_people = busy_from.size - 1
    counts = np.zeros(n_people + 1, dtype=np.int64)
    for p in range(n_people):
        counts[p + 1] = busy_from[p + 1] - busy_from[p]
    for i in range(n_pieces):
        counts[pieces[i, 0] + 1] += 1
    for p in range(n_people):
        counts[p + 1] += counts[p]
    starts = np.empty(counts[n_people], dtype=np.int32)
    ends = np.empty(counts[n_people], dtype=np.int32)
    fill = counts[:n_people].copy()
    for p in range(n_people):
        for i in range(busy_from[p], busy_from[p + 1]):
            starts[fill[p]] = busy_start[i]
            ends[fill[p]] = busy_end[i]
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
    merged_from = np.zeros(n_people + 1, dtype=np.int64)
    n = np.int64(0)
    for p in range(n_people):
        c = team.person_calendar[p]
        low = n
        for i in range(counts[p], counts[p + 1]):
            joined = False
            if n > low:
                if starts[i] <= ends[n - 1]:
                    joined = True
                else:
                    w = first_window(team, c, ends[n - 1])
                    joined = w >= team.calendar_from[c + 1] or team.window_start[w] >= starts[i]
            if joined:
                ends[n - 1] = max(ends[n - 1], ends[i])
            else:
                starts[n] = starts[i]
                ends[n] = ends[i]
                n += 1
        merged_from[p + 1] = n
    return merged_from, starts[:n].copy(), ends[:n].copy()


@compiled
def add_load(team, busy, week_from, week_start, load):  # type: ignore[no-untyped-def]
    """Add one future's working minutes spent, by person and week, to ``load``."""
    busy_from, busy_start, busy_end = busy
    for p in range(busy_from.size - 1):
        c = team.person_calendar[p]
        week = np.int64(0)
        low, n = week_from[c], week_from[c + 1] - week_from[c] - 1
        for i in range(busy_from[p], busy_from[p + 1]):
            a, b = np.int64(busy_start[i]), np.int64(busy_end[i])
            while week + 1 < n and week_start[low + week + 1] <= a:
                week += 1
            k = week
            before = worked_before(team, c, a)
            while a < b and k < load.shape[1]:
                until = b
                if k + 1 <= n:
                    until = min(b, np.int64(week_start[low + k + 1]))
                after = worked_before(team, c, until)
                load[p, k] += after - before
                before = after
                a = until
                k += 1


@compiled
def run_futures(
    team,
    plan,
    seed,
    low,
    high,
    mine,
    common,
    normal_of_point,
    point_of_normal,
    stages,
    busy_wanted,
    load_wanted,
    week_from,
    week_start,
    n_weeks,
):  # type: ignore[no-untyped-def]
    """Simulate futures ``low`` to ``high - 1`` of a plan.

    Returns:
        promise finish (n_promises, n); stage start and finish (n_stages, n) or
        empty; stretches of work: offsets (n, n_people + 1) into starts and ends;
        working minutes spent (n_people, n_weeks), summed over the futures.
    """
    n = high - low
    n_stages = plan.release.size
    n_people = team.person_calendar.size
    n_layers = plan.layer_from.size - 1
    promise_finish = np.zeros((plan.n_promises, n), dtype=np.int32)
    kept_stages = n_stages if stages else 0
    stage_start = np.empty((kept_stages, n), dtype=np.int32)
    stage_finish = np.empty((kept_stages, n), dtype=np.int32)
    load = np.zeros((n_people if load_wanted else 0, n_weeks), dtype=np.int64)
    offsets = np.zeros((n if busy_wanted else 0, n_people + 1), dtype=np.int64)
    all_starts = np.empty(1024, dtype=np.int32)
    all_ends = np.empty(1024, dtype=np.int32)
    n_all = np.int64(0)
    work = np.empty(n_stages, dtype=np.int32)
    start = np.empty(n_stages, dtype=np.int32)
    finish = np.empty(n_stages, dtype=np.int32)
    ready_at = np.empty(n_stages, dtype=np.int32)
    pieces = np.empty((64, 3), dtype=np.int32)
    for f in range(low, high):
        key = future_key(seed, f)
        draw_all(plan, key, mine, common, normal_of_point, point_of_normal, work)
        for s in range(n_stages):
            ready_at[s] = plan.release[s]
            if plan.arrival[s]:
                work[s] = min(np.int64(work[s]) + plan.arrives_from[s], HORIZON)
        busy = (np.zeros(n_people + 1, dtype=np.int64), all_starts[:0].copy(), all_ends[:0].copy())
        upper = np.empty((0, 4), dtype=np.int64)
        for layer in range(n_layers):
            if layer:
                for at in range(plan.layer_from[layer], plan.layer_from[layer + 1]):
                    s = plan.order[at]
                    for i in range(plan.before_from[s], plan.before_from[s + 1]):
                        other = plan.before_stage[i]
                        if plan.layer[other] != layer:
                            ready_at[s] = max(ready_at[s], finish[other])
            emit = busy_wanted or load_wanted or layer + 1 < n_layers
            pieces, n_pieces = run_layer(
                team, plan, layer, work, ready_at, busy, upper, start, finish, pieces, emit
            )
            if emit:
                busy = merge(team, busy, pieces, n_pieces)
                upper = add_uses(plan, layer, start, finish, upper)
        for k in range(plan.n_promises):
            promise_finish[k, f - low] = plan.promise_release[k]
        for s in range(n_stages):
            k = plan.promise[s]
            promise_finish[k, f - low] = max(promise_finish[k, f - low], finish[s])
        if stages:
            for s in range(n_stages):
                stage_start[s, f - low] = start[s]
                stage_finish[s, f - low] = finish[s]
        if load_wanted:
            add_load(team, busy, week_from, week_start, load)
        if busy_wanted:
            more = busy[1].size
            if n_all + more > all_starts.size:
                size = max(2 * all_starts.size, n_all + more)
                grown_starts = np.empty(size, dtype=np.int32)
                grown_ends = np.empty(size, dtype=np.int32)
                grown_starts[:n_all] = all_starts[:n_all]
                grown_ends[:n_all] = all_ends[:n_all]
                all_starts, all_ends = grown_starts, grown_ends
            all_starts[n_all : n_all + more] = busy[1]
            all_ends[n_all : n_all + more] = busy[2]
            for p in range(n_people + 1):
                offsets[f - low, p] = n_all + busy[0][p]
            n_all += more
    return (
        promise_finish,
        stage_start,
        stage_finish,
        offsets,
        all_starts[:n_all].copy(),
        all_ends[:n_all].copy(),
        load,
    )


@compiled
def run_ask(
    team,
    plan,
    seed,
    low,
    high,
    mine,
    common,
    normal_of_point,
    point_of_normal,
    busy_row,
    busy_from,
    busy_start,
    busy_end,
    load_wanted,
    week_from,
    week_start,
    n_weeks,
):  # type: ignore[no-untyped-def]
    """Lay one more promise into what futures ``low`` to ``high - 1`` leave free.

    Args:
        plan: the stages asked for, all in one layer.
        busy_row: the first row of ``busy_from`` that belongs to future ``low``.
        busy_from, busy_start, busy_end: when people are busy in these futures.

    Returns:
        finish (1, n); stage start and finish (n_stages, n); working minutes spent
        with the ask (n_people, n_weeks), summed over the futures.
    """
    n = high - low
    n_stages = plan.release.size
    promise_finish = np.zeros((plan.n_promises, n), dtype=np.int32)
    stage_start = np.empty((n_stages, n), dtype=np.int32)
    stage_finish = np.empty((n_stages, n), dtype=np.int32)
    n_people = team.person_calendar.size
    load = np.zeros((n_people if load_wanted else 0, n_weeks), dtype=np.int64)
    work = np.empty(n_stages, dtype=np.int32)
    start = np.empty(n_stages, dtype=np.int32)
    finish = np.empty(n_stages, dtype=np.int32)
    ready_at = np.empty(n_stages, dtype=np.int32)
    pieces = np.empty((64, 3), dtype=np.int32)
    upper = np.empty((0, 4), dtype=np.int64)
    for f in range(low, high):
        key = future_key(seed, f)
        draw_all(plan, key, mine, common, normal_of_point, point_of_normal, work)
        for s in range(n_stages):
            ready_at[s] = plan.release[s]
            if plan.arrival[s]:
                work[s] = min(np.int64(work[s]) + plan.arrives_from[s], HORIZON)
        busy = (busy_from[busy_row + f - low], busy_start, busy_end)
        pieces, n_pieces = run_layer(
            team, plan, 0, work, ready_at, busy, upper, start, finish, pieces, load_wanted
        )
        for k in range(plan.n_promises):
            promise_finish[k, f - low] = plan.promise_release[k]
        for s in range(n_stages):
            k = plan.promise[s]
            promise_finish[k, f - low] = max(promise_finish[k, f - low], finish[s])
            stage_start[s, f - low] = start[s]
            stage_finish[s, f - low] = finish[s]
        if load_wanted:
            add_load(team, merge(team, busy, pieces, n_pieces), week_from, week_start, load)
    return promise_finish, stage_start, stage_finish, load


@compiled
def add_uses(plan, layer, start, finish, upper):  # type: ignore[no-untyped-def]
    """Add what a layer's stages use, and when, to what earlier layers use."""
    n = upper.shape[0]
    more = 0
    for at in range(plan.layer_from[layer], plan.layer_from[layer + 1]):
        s = plan.order[at]
        if start[s] < NEVER:
            more += plan.use_from[s + 1] - plan.use_from[s]
    if more == 0:
        return upper
    grown = np.empty((n + more, 4), dtype=np.int64)
    grown[:n] = upper
    for at in range(plan.layer_from[layer], plan.layer_from[layer + 1]):
        s = plan.order[at]
        if start[s] < NEVER:
            for i in range(plan.use_from[s], plan.use_from[s + 1]):
                grown[n, 0] = plan.use_resource[i]
                grown[n, 1] = start[s]
                grown[n, 2] = finish[s]
                grown[n, 3] = plan.use_amount[i]
                n += 1
    return grown

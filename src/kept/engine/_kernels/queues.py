"""Queues: what happens next, and which stages are ready for whom."""

import numpy as np

from kept.engine._kernels.compiling import step
from kept.engine._kernels.places import *
from kept.engine._kernels.row import Row, lowest, put_wide, wide
from kept.engine.worktime import NEVER


@step
def sift_up(m: Row, event: Int) -> None:
    """Put an event into the heap."""
    i = m[N_EVENTS]
    m[N_EVENTS] = i + 1
    first = m[EVENTS]
    while i > 0:
        parent = (i - 1) >> 1
        other = wide(m, first + 2 * parent)
        if other <= event:
            break
        put_wide(m, first + 2 * i, other)
        i = parent
    put_wide(m, first + 2 * i, event)


@step
def push(m: Row, time: Int, kind: Int, whom: Int) -> None:
    """Add an event; when there is no room left, those overtaken are dropped first."""
    if m[N_EVENTS] == m[EVENTS_ROOM]:
        purge(m)
    sift_up(m, (time << MINUTE) | (kind << KIND) | whom)


@step
def pop(m: Row) -> Int:
    """Remove and return the earliest event."""
    first = m[EVENTS]
    event = wide(m, first)
    n = m[N_EVENTS] - 1
    m[N_EVENTS] = n
    last = wide(m, first + 2 * n)
    i = np.int64(0)
    child = np.int64(1)
    # What lies behind the last is later than any event.
    put_wide(m, first + 2 * n, LAST_EVENT)
    while child < n:
        at = first + 2 * child
        left, right = wide(m, at), wide(m, at + 2)
        child += right < left
        lower = min(left, right)
        if lower >= last:
            break
        put_wide(m, first + 2 * i, lower)
        i = child
        child = 2 * i + 1
    if n > 0:
        put_wide(m, first + 2 * i, last)
    return event


@step
def purge(m: Row) -> None:
    """Keep only events that still mean something."""
    first, n, old = m[EVENTS], np.int64(0), m[N_EVENTS]
    for i in range(old):
        event = wide(m, first + 2 * i)
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
            put_wide(m, first + 2 * n, event)
            n += 1
    m[N_EVENTS] = 0
    for i in range(n):
        sift_up(m, wide(m, first + 2 * i))


# -- queues of ready stages: bits in order of rank ----------------------


@step
def first_ready(m: Row, q: Int, bits: Int, at: Int) -> Int:
    """The first stage of a queue that is ready, from seat ``at`` on; ``NEVER`` if there is none."""
    for i in range((at >> 6) << 1, m[q + Q_WORDS], 2):
        word = wide(m, bits + i)
        if word:
            return m[m[q + Q_STAGES] + (i << 5) + lowest(word)]
    return np.int64(NEVER)


@step
def put_alone(m: Row, s: Int) -> None:
    """Put a stage for one person into its queue."""
    q, at = m[m[s + S_WATCH]], m[m[s + S_WATCH] + 1]
    m[q + Q_BITS + (at >> 5)] |= np.int64(1) << (at & 31)
    m[q + Q_FIRST] = min(m[q + Q_FIRST], s)


@step
def drop_alone(m: Row, s: Int) -> None:
    """Take the first stage for one person out of its queue."""
    q, at = m[m[s + S_WATCH]], m[m[s + S_WATCH] + 1]
    m[q + Q_BITS + (at >> 5)] ^= np.int64(1) << (at & 31)
    m[q + Q_FIRST] = first_ready(m, q, q + Q_BITS, at)


@step
def put_together(m: Row, s: Int) -> None:
    """Put a stage into the queues of all it needs, and have it looked at."""
    for i in range(m[s + S_WATCH], m[s + S_WATCH_END], 2):
        q, at = m[i], m[i + 1]
        m[q + Q_BITS + m[q + Q_WORDS] + (at >> 5)] |= np.int64(1) << (at & 31)
        m[q + Q_COUNT] += 1
    call(m, s)


@step
def drop_together(m: Row, s: Int) -> None:
    """Take a stage out of the queues of all it needs."""
    for i in range(m[s + S_WATCH], m[s + S_WATCH_END], 2):
        q, at = m[i], m[i + 1]
        m[q + Q_BITS + m[q + Q_WORDS] + (at >> 5)] ^= np.int64(1) << (at & 31)
        m[q + Q_COUNT] -= 1


@step
def call(m: Row, s: Int) -> None:
    """Have a stage looked at, unless its turn has passed."""
    if s > m[CURRENT]:
        at = (s - m[STAGES]) // STAGE
        word = m[CALLED] + (at >> 5)
        bit = np.int64(1) << (at & 31)
        if m[word] & bit == 0:
            m[word] |= bit
            m[N_CALLED] += 1
            words = m[CALLED_WORDS] + (at >> 10)
            m[words] |= np.int64(1) << ((at >> 5) & 31)
            m[CALLED_LOW] = min(m[CALLED_LOW], words)


@step
def call_all(m: Row, q: Int) -> None:
    """Have all stages of a queue that need several, or a machine, looked at."""
    left = m[q + Q_COUNT]
    together = q + Q_BITS + m[q + Q_WORDS]
    i = np.int64(0)
    while left:
        word = wide(m, together + i)
        while word:
            call(m, m[m[q + Q_STAGES] + (i << 5) + lowest(word)])
            word &= word - 1
            left -= 1
        i += 2


@step
def uncall(m: Row, at: Int) -> None:
    """Take a stage, by its number in order of rank, from those to be looked at."""
    word = m[CALLED] + (at >> 5)
    m[word] ^= np.int64(1) << (at & 31)
    m[N_CALLED] -= 1
    if m[word] == 0:
        m[m[CALLED_WORDS] + (at >> 10)] ^= np.int64(1) << ((at >> 5) & 31)


@step
def next_called(m: Row) -> Int:
    """Remove and return the first stage to be looked at; there must be one."""
    words = m[CALLED_LOW]
    while m[words] == 0:
        words += 1
    m[CALLED_LOW] = words
    number = ((words - m[CALLED_WORDS]) << 5) + lowest(m[words])
    at = (number << 5) + lowest(m[m[CALLED] + number])
    uncall(m, at)
    return m[STAGES] + STAGE * at


@step
def first_stage(m: Row, p: Int) -> Int:
    """The first stage a person could take alone, held for another or not; or ``NEVER``."""
    best = np.int64(NEVER)
    for i in range(m[p + P_QUEUES], m[p + P_QUEUES_END]):
        best = min(best, m[m[i] + Q_FIRST])
    return best


@step
def best_stage(m: Row, p: Int, limit: Int) -> Int:
    """The stage a person would take alone; ``NEVER`` if none ranks before ``limit``."""
    rank = limit
    if not m[p + P_LIFTED]:
        # What holds them for a stage of several ranks before what comes after it.
        rank = min(rank, m[p + H_RESERVED])
    s = first_stage(m, p)
    return s if s < rank else np.int64(NEVER)

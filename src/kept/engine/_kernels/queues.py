"""Queues: what happens next, and which stages are ready for whom."""

import numpy as np

from kept.engine._kernels.compiling import step
from kept.engine._kernels.places import *


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

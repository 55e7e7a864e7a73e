"""People: who is here, has room, and can fill which place together; who shares speed."""

import numpy as np

from kept.engine._kernels.calendars import ends_at, free_from, passed, window_now
from kept.engine._kernels.compiling import step
from kept.engine._kernels.places import *
from kept.engine._kernels.queues import call_all, push
from kept.engine._kernels.row import Row, prefetch, put_wide, wide
from kept.engine.worktime import NEVER


@step
def comes_at(m: Row, c: Row, p: Int, t: Int) -> Int:
    """When a person is next at work and not needed above: ``t`` if they are here."""
    if m[p + H_AT] == t:
        return m[p + H_NEXT]
    if m[p + H_BUSY] == m[p + H_BUSY_END] or m[p + P_LIFTED]:
        w = window_now(m, c, p, t)
        coming: Int = np.int64(NEVER)
        if w < m[p + P_LAST]:
            coming = max(t, np.int64(c[w + W_START]))
    else:
        coming = free_from(m, c, p, t)
    m[p + H_AT] = t
    m[p + H_NEXT] = coming
    return coming


@step
def is_here(m: Row, c: Row, p: Int, t: Int) -> bool:
    """Whether a person is at work and not needed above; if not, looked at when they come."""
    coming = comes_at(m, c, p, t)
    if coming == t:
        return True
    if coming < NEVER and m[p + H_LOOK] != coming:
        m[p + H_LOOK] = coming
        push(m, coming, LOOKS, p)
    return False


@step
def mark(m: Row, p: Int) -> None:
    """Something changed for a person: they may take something, or others wait no longer."""
    if m[p + H_DIRTY] == 0:
        m[p + H_DIRTY] = 1
        m[m[DIRTY] + m[N_DIRTY]] = p
        m[N_DIRTY] += 1
        if m[p + P_QUEUE]:
            prefetch(m, m[m[p + P_QUEUE] + Q_FIRST])
        call_for(m, p)


@step
def call_for(m: Row, p: Int) -> None:
    """Have the stages looked at that need a person beside others, by name or by a skill."""
    for i in range(m[p + P_QUEUES], m[p + P_QUEUES_END]):
        call_all(m, m[i])


@step
def has_room(m: Row, p: Int) -> bool:
    """Whether a person may be on one more stage."""
    return bool(m[p + H_ROOM] > 0)


@step
def knows(m: Row, p: Int, k: Int) -> bool:
    """Whether a person has a skill."""
    for i in range(m[p + P_SKILL], m[p + P_SKILL_END]):  # noqa: SIM110 -- compiled
        if m[i] == k:
            return True
    return False


@step
def is_named(m: Row, s: Int, p: Int) -> bool:
    """Whether a stage names a person."""
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):  # noqa: SIM110 -- compiled
        if m[i] == p:
            return True
    return False


@step
def place(m: Row, s: Int, p: Int) -> Int:
    """Give person ``p`` one of the slots of stage ``s``, moving others if need be; 1 if it works.

    Breadth-first augmenting paths: whoever was placed stays placed, so trying
    people in order gives the first of them that can fill the slots together.
    """
    low = m[m[s + S_REST] + O_SLOT]
    n = m[m[s + S_REST] + O_SLOT_END] - low
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
def place_named(m: Row, s: Int) -> Int:
    """Empty the slots of a stage and give the people it names theirs; how many are filled."""
    filled = np.int64(0)
    for i in range(m[m[s + S_REST] + O_SLOT_END] - m[m[s + S_REST] + O_SLOT]):
        m[m[OWNER] + i] = 0
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):
        filled += place(m, s, m[i])
    return filled


@step
def rate_of(m: Row, s: Int) -> Int:
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
def is_sharing(m: Row, s: Int) -> bool:
    """Whether a stage's coming or going may change the speed of others."""
    if m[SHARING] == 0:
        return False
    if m[N_UPPER] and m[m[s + S_REST] + O_USE] < m[m[s + S_REST] + O_USE_END]:
        return True
    low = m[s + S_CREW]
    for i in range(low, low + m[s + J_CREW]):
        if m[m[i] + P_PARALLEL] > 1 and not m[m[i] + P_LIFTED]:
            return True
    return False


@step
def touches(m: Row, s: Int, other: Int) -> bool:
    """Whether two stages share a person, or a resource that earlier layers use too."""
    mine, theirs = m[s + S_CREW], m[other + S_CREW]
    for i in range(mine, mine + m[s + J_CREW]):
        for j in range(theirs, theirs + m[other + J_CREW]):
            if m[i] == m[j]:
                return True
    if m[N_UPPER]:
        for i in range(m[m[s + S_REST] + O_USE], m[m[s + S_REST] + O_USE_END], 2):
            for j in range(m[m[other + S_REST] + O_USE], m[m[other + S_REST] + O_USE_END], 2):
                if m[i] == m[j]:
                    return True
    return False


@step
def settle(m: Row, c: Row, s: Int, t: Int) -> None:
    """Write down how far stages sharing with ``s`` have come, before their speed changes."""
    for i in range(m[N_RUNNING]):
        other = m[m[RUNNING] + i]
        if other != s and touches(m, s, other):
            minutes = passed(m, c, other, m[m[other + S_REST] + O_SETTLED], t)
            at = m[other + S_REST] + O_LEFT
            put_wide(m, at, wide(m, at) - minutes * m[other + J_RATE])
            m[m[other + S_REST] + O_SETTLED] = t


@step
def reschedule(m: Row, c: Row, s: Int, t: Int) -> None:
    """Give the stages sharing with ``s`` their new speed and end."""
    for i in range(m[N_RUNNING]):
        other = m[m[RUNNING] + i]
        if other == s or not touches(m, s, other):
            continue
        m[other + J_RATE] = rate_of(m, other)
        if wide(m, m[other + S_REST] + O_LEFT) <= 0:
            # It ends at this very moment and is still to be taken off.
            continue
        end = ends_at(m, c, other, t)
        if end != m[other + J_END]:
            m[other + J_END] = end
            if end < NEVER:
                push(m, end, ENDS, other)

"""A stage starts, ends, and gets ready."""

from kept.engine._kernels.calendars import ends_at, next_common
from kept.engine._kernels.compiling import step
from kept.engine._kernels.people import has_room, is_sharing, mark, rate_of, reschedule, settle
from kept.engine._kernels.places import *
from kept.engine._kernels.queues import push, put_alone, put_together
from kept.engine._kernels.row import Row, put_wide
from kept.engine.worktime import HORIZON, NEVER


@step
def stack(m: Row, kind: Int, s: Int) -> None:
    """Note what happens now, to be worked off."""
    m[m[STACK] + m[N_STACK]] = (kind << KIND) | s
    m[N_STACK] += 1


@step
def begin(m: Row, c: Row, s: Int, t: Int) -> None:
    """Put the crew on a stage with work to do."""
    m[s + J_START] = t
    sharing = is_sharing(m, s)
    if sharing:
        settle(m, c, s, t)
    low = m[s + S_CREW]
    for i in range(low, low + m[s + J_CREW]):
        m[m[i] + H_ROOM] -= 1
    if m[s + S_KIND] & USES:
        for i in range(m[m[s + S_REST] + O_USE], m[m[s + S_REST] + O_USE_END], 2):
            m[m[i] + R_USED] += m[i + 1]
    if sharing:
        reschedule(m, c, s, t)
    if m[SHARING]:
        m[m[s + S_REST] + O_RUN] = m[N_RUNNING]
        m[m[RUNNING] + m[N_RUNNING]] = s
        m[N_RUNNING] += 1
    m[s + J_RATE] = rate_of(m, s)
    put_wide(m, m[s + S_REST] + O_LEFT, m[s + J_WORK] * RATE)
    m[m[s + S_REST] + O_SETTLED] = t
    end = ends_at(m, c, s, t)
    m[s + J_END] = end
    if end < NEVER:
        push(m, end, ENDS, s)


@step
def write_pieces(m: Row, c: Row, s: Int, end: Int) -> None:
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
def complete(m: Row, c: Row, s: Int, t: Int, emit: bool) -> None:
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
        if m[s + S_KIND] & USES:
            m[RECONSIDER] = 1
            for i in range(m[m[s + S_REST] + O_USE], m[m[s + S_REST] + O_USE_END], 2):
                m[m[i] + R_USED] -= m[i + 1]
        if m[SHARING]:
            n = m[N_RUNNING] - 1
            m[N_RUNNING] = n
            m[m[RUNNING] + m[m[s + S_REST] + O_RUN]] = m[m[RUNNING] + n]
            m[m[m[m[RUNNING] + n] + S_REST] + O_RUN] = m[m[s + S_REST] + O_RUN]
        if sharing:
            reschedule(m, c, s, t)
        m[s + J_RATE] = 0
    for i in range(m[s + S_NEXT], m[s + S_NEXT_END]):
        other = m[i]
        m[other + J_WAITS] -= 1
        m[other + J_READY] = max(m[other + J_READY], t)
        if m[other + J_WAITS] == 0 and m[other + J_READY] < NEVER:
            if m[other + J_READY] <= t:
                stack(m, READIES, other)
            else:
                push(m, m[other + J_READY], READIES, other)


@step
def get_ready(m: Row, s: Int, t: Int, opening: bool) -> None:
    """All a stage waited for is there."""
    work = m[s + J_WORK]
    if m[s + S_KIND] & ARRIVAL:
        if work >= HORIZON:
            return
        m[s + J_START] = max(t, work)
        if work > t:
            m[s + J_END] = work
            push(m, work, ENDS, s)
        else:
            stack(m, ENDS, s)
        return
    if work == 0 and m[s + S_WATCH] == m[s + S_WATCH_END]:
        m[s + J_START] = t
        stack(m, ENDS, s)
    elif m[s + S_KIND] & ALONE and work > 0 and not (opening and m[s + S_KIND] & BEGUN):
        put_alone(m, s)
        if m[s + S_KIND] & NAMES:
            p = m[m[m[s + S_WATCH]] + Q_OWNER]
            if has_room(m, p):
                mark(m, p)
        else:
            k = m[m[m[s + S_WATCH]] + Q_OWNER]
            for i in range(m[k + K_MEMBER], m[k + K_MEMBER_END]):
                if has_room(m, m[i]):
                    mark(m, m[i])
    else:
        put_together(m, s)

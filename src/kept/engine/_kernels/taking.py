"""Who takes what: everybody who is here, the first by rank."""

import numpy as np

from kept.engine._kernels.calendars import is_away, minute_of_work, upper_use, window_now
from kept.engine._kernels.compiling import step
from kept.engine._kernels.people import (
    call_for,
    comes_at,
    has_room,
    is_here,
    is_named,
    knows,
    mark,
    place,
    place_named,
)
from kept.engine._kernels.places import *
from kept.engine._kernels.queues import (
    best_stage,
    call_all,
    drop_alone,
    drop_together,
    first_stage,
    next_called,
    push,
    uncall,
)
from kept.engine._kernels.row import Row
from kept.engine._kernels.stages import begin, stack
from kept.engine.worktime import AWAY, NEVER


@step
def take(m: Row, c: Row, p: Int, s: Int, t: Int) -> None:
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
def serve_alone(m: Row, c: Row, t: Int, limit: Int) -> None:
    """Whoever may take something takes the first stage for one person, ranked before ``limit``.

    Own work that ranks before anything a skill of theirs is wanted for concerns
    nobody else. What any of several could take goes in order of rank to the first
    of them in the order of people.
    """
    if m[N_ASKED] == m[N_DIRTY] and m[TAKERS_LOW] >= limit:
        return
    # Who may take something, and the first stage each of them could: within one moment none
    # gets ready, so it does not come to rank before what it was.
    takers, n = m[TAKERS], m[N_TAKERS]
    for i in range(m[N_ASKED], m[N_DIRTY]):
        m[takers + 2 * n] = m[m[DIRTY] + i]
        m[takers + 2 * n + 1] = 0
        n += 1
    m[N_ASKED] = m[N_DIRTY]
    waiting = 0
    deferred = m[DEFERRED]
    kept, low = np.int64(0), np.int64(NEVER)
    for i in range(n):
        p, s = m[takers + 2 * i], m[takers + 2 * i + 1]
        stays = s >= limit
        while not stays and has_room(m, p):
            s = first_stage(m, p)
            if s == NEVER:
                break
            stays = s >= limit or (s >= m[p + H_RESERVED] and not m[p + P_LIFTED])
            if stays or not is_here(m, c, p, t):
                break
            if m[s + S_KIND] & NAMES:
                take(m, c, p, s, t)
            else:
                m[deferred + waiting] = p
                waiting += 1
                stays = True
        if stays:
            m[takers + 2 * kept] = p
            m[takers + 2 * kept + 1] = s
            kept += 1
            low = min(low, s)
    m[N_TAKERS] = kept
    m[TAKERS_LOW] = low
    while waiting:
        best, chosen = limit, np.int64(0)
        n = 0
        for i in range(waiting):
            p = m[deferred + i]
            s = np.int64(NEVER)
            if has_room(m, p):
                s = best_stage(m, p, limit)
            if s < NEVER:
                m[deferred + n] = p
                n += 1
                if s < best or (s == best and p < chosen):
                    best, chosen = s, p
        waiting = n
        if waiting:
            take(m, c, chosen, best, t)


@step
def may_join(m: Row, c: Row, s: Int, p: Int, t: Int) -> bool:
    """Whether a member of a skill is free for a stage now."""
    if is_named(m, s, p) or not has_room(m, p):
        return False
    if not m[p + P_LIFTED] and m[p + H_RESERVED] < s:
        return False
    return is_here(m, c, p, t)


@step
def can_soon(m: Row, c: Row, s: Int, t: Int) -> bool:
    """Whether, of those who are not away, enough could do a stage together."""
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):
        if is_away(m, c, m[i], t):
            return False
    n_slots = m[m[s + S_REST] + O_SLOT_END] - m[m[s + S_REST] + O_SLOT]
    if n_slots == 0:
        return True
    filled = place_named(m, s)
    for i in range(m[m[s + S_REST] + O_SLOT], m[m[s + S_REST] + O_SLOT_END]):
        k = m[i]
        if i > m[m[s + S_REST] + O_SLOT] and m[i - 1] == k:
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
def lapse(m: Row, c: Row, p: Int, t: Int) -> None:
    """Look again when somebody others wait for turns away."""
    turn = np.int64(c[window_now(m, c, p, t) + W_TURNS])
    if m[p + H_LAPSE] != turn:
        m[p + H_LAPSE] = turn
        push(m, turn, TURNS, p)


@step
def near(m: Row, c: Row, p: Int, t: Int) -> None:
    """Look again when somebody who is away comes soon enough to be waited for."""
    w = window_now(m, c, p, t)
    if w >= m[p + P_LAST] or c[w + W_START] - t <= AWAY:
        return
    turn = np.int64(c[w + W_START] - AWAY)
    if m[p + H_LAPSE] != turn:
        m[p + H_LAPSE] = turn
        push(m, turn, TURNS, p)


@step
def come_back_for(m: Row, c: Row, s: Int, t: Int) -> None:
    """A stage that waits for nobody yet is looked at again when those who are away are near."""
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):
        near(m, c, m[i], t)
    for i in range(m[m[s + S_REST] + O_SLOT], m[m[s + S_REST] + O_SLOT_END]):
        for j in range(m[m[i] + K_MEMBER], m[m[i] + K_MEMBER_END]):
            near(m, c, m[j], t)


@step
def hold_for(m: Row, c: Row, s: Int, count: Int, t: Int) -> None:
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
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):
        lapse(m, c, m[i], t)
    for i in range(m[m[s + S_REST] + O_SLOT], m[m[s + S_REST] + O_SLOT_END]):
        for j in range(m[m[i] + K_MEMBER], m[m[i] + K_MEMBER_END]):
            if not is_away(m, c, m[j], t):
                lapse(m, c, m[j], t)


@step
def let_go(m: Row, s: Int, p: Int) -> None:
    """Let go of somebody a stage held and holds no longer."""
    if m[p + H_RESERVED] == s and m[p + H_STAMP] != m[STAMP]:
        m[p + H_RESERVED] = NEVER
        mark(m, p)


@step
def has_resources(m: Row, s: Int, t: Int) -> bool:
    """Whether enough is left of all resources a stage uses; if not, when to look again."""
    for i in range(m[m[s + S_REST] + O_USE], m[m[s + S_REST] + O_USE_END], 2):
        r = m[i]
        above, until = upper_use(m, r, t)
        if m[r + R_USED] + above + m[i + 1] > m[r + R_CAPACITY]:
            if until < NEVER and (m[MACHINE_AT] <= t or until < m[MACHINE_AT]):
                m[MACHINE_AT] = until
                push(m, until, MACHINE, np.int64(0))
            return False
    return True


@step
def try_together(m: Row, c: Row, s: Int, t: Int, opening: bool) -> bool:
    """Start a stage for several people, or with resources, if all it needs is there now.

    At the opening, work begun before goes on with who began it, at work or not.
    """
    if m[s + S_KIND] & USES and not has_resources(m, s, t):
        return False
    low = m[s + S_CREW]
    count = np.int64(0)
    fits = True
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):
        p = m[i]
        m[low + count] = p
        count += 1
        if not has_room(m, p):
            fits = False
        elif not opening:
            fits &= is_here(m, c, p, t)
            fits &= bool(m[p + P_LIFTED] or m[p + H_RESERVED] >= s)
    n_slots = m[m[s + S_REST] + O_SLOT_END] - m[m[s + S_REST] + O_SLOT]
    if n_slots:
        k = m[m[m[s + S_REST] + O_SLOT]]
        several = count > 0
        for i in range(m[m[s + S_REST] + O_SLOT], m[m[s + S_REST] + O_SLOT_END]):
            several |= m[i] != k
        if several:
            filled = place_named(m, s)
            for j in range(m[CREW], m[CREW_END]):
                p = m[j]
                able = False
                for i in range(m[m[s + S_REST] + O_SLOT], m[m[s + S_REST] + O_SLOT_END]):
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
    several = m[m[s + S_REST] + O_FIXED_END] - m[m[s + S_REST] + O_FIXED] + n_slots > 1
    if several and not opening:
        if can_soon(m, c, s, t):
            hold_for(m, c, s, count, t)
        else:
            come_back_for(m, c, s, t)
    return False


@step
def look_at(m: Row, c: Row, s: Int, t: Int, opening: bool) -> bool:
    """Start a stage for several if it can be, or have those who are here wait for the others."""
    m[STAMP] += 1
    started = try_together(m, c, s, t, opening)
    for i in range(m[m[s + S_REST] + O_FIXED], m[m[s + S_REST] + O_FIXED_END]):
        let_go(m, s, m[i])
    for i in range(m[m[s + S_REST] + O_SLOT], m[m[s + S_REST] + O_SLOT_END]):
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
def is_idle(m: Row, c: Row, s: Int, t: Int) -> bool:
    """Whether looking at a stage changes nothing: it cannot start, and holds whom it held.

    Most looks are such: one of two people takes work of their own that ranks before, or
    the other is held already.
    """
    if not m[s + S_KIND] & PLAIN:
        return False
    low = m[s + S_CREW]
    high = low + ((m[s + S_WATCH_END] - m[s + S_WATCH]) >> 1)
    stuck, holding = False, False
    for i in range(low, high):
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
        for i in range(low, high):
            if is_away(m, c, m[i], t):
                return False
    return stuck


@step
def open_begun(m: Row, c: Row, t: Int, opening: bool) -> bool:
    """Go on with what was begun before; whether one of them was done at once."""
    for i in range((m[STAGES_END] - m[STAGES]) // STAGE):
        s = m[STAGES] + STAGE * i
        if (
            m[s + S_KIND] & BEGUN
            and (m[m[CALLED] + (i >> 5)] >> (i & 31)) & 1
            and look_at(m, c, s, t, opening)
        ):
            uncall(m, np.int64(i))
            if m[s + J_WORK] == 0:
                stack(m, ENDS, s)
                return True
    return False


@step
def serve(m: Row, c: Row, t: Int, opening: bool) -> None:
    """Everybody who is here takes, of what is ready for them, the first by rank.

    Stages that need more than one person are looked at in their place among the
    others, if anything changed for somebody they wait for: what ranks before is
    taken first, and what ranks after may not take whom they hold. When one is done
    at once (it had no work), what follows it may rank higher than what comes next,
    so everything is looked at again.
    """
    m[N_TAKERS] = 0
    m[N_ASKED] = 0
    dirty = m[DIRTY]
    if m[AGAIN]:
        m[AGAIN] = 0
        for i in range(m[N_DIRTY]):
            call_for(m, m[dirty + i])
    if m[RECONSIDER]:
        for r in range(m[RESOURCES], m[RESOURCES_END], RESOURCE):
            if m[r + R_QUEUE]:
                call_all(m, m[r + R_QUEUE])
    if opening and open_begun(m, c, t, opening):
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
        if look_at(m, c, s, t, LATER) and m[s + J_WORK] == 0:
            stack(m, ENDS, s)
            m[CURRENT] = 0
            m[AGAIN] = 1
            return
    m[CURRENT] = 0
    m[CALLED_LOW] = NEVER
    m[RECONSIDER] = 0
    serve_alone(m, c, t, np.int64(NEVER))
    for i in range(dirty, dirty + m[N_DIRTY]):
        m[m[i] + H_DIRTY] = 0
    m[N_DIRTY] = 0

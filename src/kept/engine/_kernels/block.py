"""Whole futures: the memory of a run, its layers, and what is kept of it."""

from typing import Any

import numpy as np

from kept.engine._kernels.calendars import first_window, worked_before
from kept.engine._kernels.compiling import compiled, kernel, step
from kept.engine._kernels.layers import is_over, run_layer
from kept.engine._kernels.luck import Laws, Shared, draw, future_key
from kept.engine._kernels.places import *
from kept.engine._kernels.row import Row, memory
from kept.engine.worktime import HORIZON, NEVER


@step
def merge(m: Row, c: Row) -> bool:
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
def words_of(m: Row, p: Int) -> Int:
    """How many words the stretches of a person take at most."""
    first, end = m[p + H_BUSY], m[p + H_BUSY_END]
    return end - first + m[end - 1] // LONG if first < end else np.int64(0)


@step
def write_words(m: Row, p: Int, words: Words, at: Int) -> Int:
    """Write a person's stretches as words from ``at`` on; where the next ones go.

    Each edge is so many minutes after the one before, which is half of what it takes to write
    the minute itself.
    """
    before = np.int64(0)
    for i in range(m[p + H_BUSY], m[p + H_BUSY_END]):
        passed = m[i] - before
        before = m[i]
        while passed >= LONG:
            words[at] = LONG
            passed -= LONG
            at += 1
        words[at] = passed
        at += 1
    return at


@step
def read_words(m: Row, p: Int, words: Words, low: Int, high: Int, end: Int) -> bool:
    """Read a person's stretches from words to H_BUSY on; whether they end before ``end``."""
    at = m[p + H_BUSY]
    minute = np.int64(0)
    for i in range(low, high):
        passed = np.int64(words[i])
        minute += passed
        if passed != LONG:
            if at == end:
                return False
            m[at] = minute
            at += 1
    m[p + H_BUSY_END] = at
    return True


@compiled
def most_words(plan: Ints, busy_from: Ints) -> Int:
    """How many words the people of a plan are busy for in the future in which it is most."""
    most = np.int64(0)
    # Places in a plan count from the end of the team, where its header stands.
    base = plan[STAGES] - HEADER
    for row in range(busy_from.shape[0]):
        words = np.int64(0)
        for i in range(plan[CREW] - base, plan[CREW_END] - base):
            number = (plan[i] - HEADER) // PERSON
            words += busy_from[row, number + 1] - busy_from[row, number]
        most = max(most, words)
    return most


@step
def add_uses(m: Row, layer: Int) -> None:
    """Add what a layer's stages use, and when, to what earlier layers use."""
    for s in range(m[m[LAYERS] + layer], m[m[LAYERS] + layer + 1], STAGE):
        for j in range(m[m[s + S_REST] + O_USE], m[m[s + S_REST] + O_USE_END], 2):
            if m[s + J_START] < m[s + J_FINISH]:
                at = m[UPPER] + 4 * m[N_UPPER]
                m[at] = m[j]
                m[at + 1] = m[s + J_START]
                m[at + 2] = m[s + J_FINISH]
                m[at + 3] = m[j + 1]
                m[N_UPPER] += 1


@step
def add_load(
    m: Row, c: Row, p: Int, row: Int, week_from: Longs, week_start: Ints, load: Longs
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
def lay_out(team: Ints, plan: Ints, room: Int, only: Int) -> Ints:
    """The memory of a run: people, stages, and room for as many stretches of work."""
    base = team.size - HEADER
    n_stages = (plan[STAGES_END] - plan[STAGES]) // STAGE
    n_people = (team[PEOPLE_END] - team[PEOPLE]) // PERSON
    fixed = base + plan.size
    n_events = 2 * n_stages + 4 * n_people + 64
    n_uses = np.int64(0)
    n_slots = np.int64(1)
    for s in range(plan[STAGES] - base, plan[STAGES_END] - base, STAGE):
        o = plan[s + S_REST] - base
        n_uses += plan[o + O_USE_END] - plan[o + O_USE]
        n_slots = max(n_slots, plan[o + O_SLOT_END] - plan[o + O_SLOT])
    n_heard = n_people
    for p in range(HEADER, HEADER + PERSON * n_people, PERSON):
        n_heard += team[p + P_SKILL_END] - team[p + P_SKILL]
    sizes = (
        (n_stages >> 5) + 1, 2 * n_events + 4, n_stages + 1, 2 * n_stages + 2, n_people + 1,
        n_people + 1, n_slots, n_slots, n_slots, 2 * n_uses, 3 * room, 2 * room, 2 * room,
        n_heard, 2 * n_people + 2, (n_stages >> 10) + 1,
    )  # fmt: skip
    total = np.int64(fixed)
    for size in sizes:
        total += size
    wider = np.empty(total + LINE, dtype=np.int32)
    # Where a line of the processor's own memory begins.
    shift = (-wider.ctypes.data >> 2) & (LINE - 1)
    m = wider[shift : shift + total]
    for i in range(team.size):
        m[i] = team[i]
    for i in range(HEADER, plan.size):
        m[base + i] = plan[i]
    for i in range(STAGES, CALLED):
        m[i] = plan[i]
    places = (CALLED, EVENTS, RUNNING, STACK, DIRTY, DEFERRED, OWNER, PARENT, SEARCH, UPPER,
              PIECES, BUSY_NOW, BUSY_NEXT, HEARD, TAKERS, CALLED_WORDS)  # fmt: skip
    at = np.int64(fixed)
    for i in range(16):
        m[places[i]] = at
        at += sizes[i]
    m[CALLED_END] = m[EVENTS]
    for i in range(m[CALLED], m[CALLED_END]):
        m[i] = 0
    for i in range((n_stages >> 10) + 1):
        m[m[CALLED_WORDS] + i] = 0
    m[EVENTS_ROOM] = n_events
    m[ROOM] = room
    m[ONLY] = m[PROMISES] + PROMISE * only if only >= 0 else 0
    q = m[QUEUES] + 0
    while q < m[QUEUES_END]:
        m[m[q + Q_OWNER]] = q
        q += Q_BITS + 2 * m[q + Q_WORDS]
    # People wait in their own queue and those of their skills, as far as there are any.
    at = np.int64(m[HEARD])
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
def run_future(m: Row, c: Row, emit: bool) -> bool:
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
    m: Row, laws: Laws, shared: Shared, seed: Any, future: Int, busy_from: Ints,
    busy: Words, row: Int,
) -> bool:  # fmt: skip
    """Draw one future's work and lay down when people are busy; whether there was room for it."""
    key = future_key(seed, future)
    for i in range(laws.luck.size):
        s = m[m[PLACES] + i]
        work = draw(laws, shared, key, i)
        if m[s + S_KIND] & ARRIVAL:
            work = min(work + m[m[s + S_REST] + O_ARRIVES], HORIZON)
        m[s + J_WORK] = work
    for y in range(m[PROMISES], m[PROMISES_END], PROMISE):
        m[y + Y_FINISH] = m[y + Y_RELEASE]
        m[y + Y_OPEN] = m[y + Y_STAGES]
    at = m[BUSY_NOW]
    for i in range(m[CREW], m[CREW_END]):
        p = m[i]
        m[p + H_BUSY] = at
        m[p + H_BUSY_END] = at
        if busy_from.shape[0]:
            number = (p - m[PEOPLE]) // PERSON
            low, high = busy_from[row, number], busy_from[row, number + 1]
            if not read_words(m, p, busy, low, high, m[BUSY_NOW] + 2 * m[ROOM]):
                return False
            at = m[p + H_BUSY_END]
    return True


@kernel
def run_block(
    team: Ints, c: Ints, plan: Ints, laws: Laws, shared: Shared, seed: Any, low: Int,
    high: Int, only: Int, busy_from: Ints, busy: Words, stages: bool, keep_busy: bool,
    keep_load: bool, week_from: Longs, week_start: Ints, n_weeks: int,
) -> Any:  # fmt: skip
    """Simulate futures ``low`` to ``high - 1`` of a plan.

    Args:
        team, c: people and their calendars.
        plan: promises and stages; its places count from the end of ``team``.
        only: the number of the one promise whose finish is asked for: a future is left as
            soon as it is known. -1 for all.
        busy_from: (n, n_people + 1), or (0, 1) where nobody is busy: where each person's
            stretches begin in ``busy``, which the plan has to leave alone.
        busy: (k,) the stretches: minutes from the start to the first one's begin, from there
            to its end, from there to the begin of the next, and so on; what a word has no
            room for is in several, all but the last of them ``LONG``.

    Returns:
        promise finish (n, n_promises); stage start and finish (n, n_stages) or
        (n, 0); stretches of work, those given to people of the plan included, as
        ``busy_from`` and ``busy`` are; working minutes that people of the plan spend, in the
        order of its crew (n_crew, n_weeks), summed over the futures.
    """
    n = high - low
    n_people = (team[PEOPLE_END] - team[PEOPLE]) // PERSON
    n_stages = laws.luck.size
    n_promises = (plan[PROMISES_END] - plan[PROMISES]) // PROMISE
    promise_finish = np.empty((n, n_promises), dtype=np.int32)
    kept_stages = n_stages if stages else 0
    stage_start = np.empty((n, kept_stages), dtype=np.int32)
    stage_finish = np.empty((n, kept_stages), dtype=np.int32)
    n_crew = plan[CREW_END] - plan[CREW]
    load = np.zeros((n_crew if keep_load else 0, n_weeks), dtype=np.int64)
    offsets = np.zeros((n if keep_busy else 0, n_people + 1), dtype=np.int32)
    words = np.empty(1024, dtype=np.uint16)
    n_words = np.int64(0)
    room = np.int64(n_stages + 64) + most_words(plan, busy_from) // 2
    m = lay_out(team, plan, room, only)
    mm, cc = memory(m), memory(c)
    f = low
    while f < high:
        if not begin_future(mm, laws, shared, seed, f, busy_from, busy, f - low) or not run_future(
            mm, cc, keep_busy or keep_load
        ):
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
                add_load(mm, cc, mm[i], np.int64(i - m[CREW]), week_from, week_start, load)
        if keep_busy:
            done = np.int64(0)
            for i in range(m[CREW], m[CREW_END]):
                p = mm[i]
                number = (p - mm[PEOPLE]) // PERSON
                while done <= number:
                    offsets[f - low, done] = n_words
                    done += 1
                most = n_words + words_of(mm, p)
                if most > words.size:
                    grown = np.empty(2 * most, dtype=np.uint16)
                    for k in range(n_words):
                        grown[k] = words[k]
                    words = grown
                n_words = write_words(mm, p, words, n_words)
            while done <= n_people:
                offsets[f - low, done] = n_words
                done += 1
        f += 1
    return promise_finish, stage_start, stage_finish, offsets, words[:n_words].copy(), load

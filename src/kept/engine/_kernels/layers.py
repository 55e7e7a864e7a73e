"""One layer of one future, event by event."""

import numpy as np

from kept.engine._kernels.compiling import step
from kept.engine._kernels.people import mark
from kept.engine._kernels.places import *
from kept.engine._kernels.queues import pop, push
from kept.engine._kernels.row import Row, prefetch, wide
from kept.engine._kernels.stages import complete, get_ready, stack
from kept.engine._kernels.taking import serve
from kept.engine.worktime import NEVER


@step
def open_layer(m: Row, layer: Int) -> None:
    """Nobody has begun anything; what waits for nothing is ready, or will be."""
    for i in range(LAYER):
        if i != N_UPPER:
            m[i] = 0
    m[CALLED_LOW] = NEVER
    m[LAYER] = layer
    m[SHARING] = m[N_UPPER] > 0
    for i in range(m[CREW], m[CREW_END]):
        p = m[i]
        m[p + H_ROOM] = NEVER if m[p + P_LIFTED] else m[p + P_PARALLEL]
        m[p + H_WINDOW] = m[p + P_FIRST]
        m[p + H_SPAN] = m[p + H_BUSY]
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
        m[q + Q_FIRST] = NEVER
        m[q + Q_COUNT] = 0
        for i in range(q + Q_BITS, q + Q_BITS + 2 * m[q + Q_WORDS]):
            m[i] = 0
        q += Q_BITS + 2 * m[q + Q_WORDS]
    first, last = m[m[LAYERS] + layer], m[m[LAYERS] + layer + 1]
    for s in range(last - STAGE, first - STAGE, -STAGE):
        m[s + J_WAITS] = m[s + S_KIND] >> WAITS
        m[s + J_END] = -1
        m[s + J_RATE] = 0
        m[s + J_START] = NEVER
        m[s + J_FINISH] = NEVER
        ready = m[m[s + S_PROMISE] + Y_RELEASE]
        if layer:
            for i in range(m[m[s + S_REST] + O_BEFORE], m[m[s + S_REST] + O_BEFORE_END]):
                if m[m[m[i] + S_REST] + O_LAYER] != layer:
                    ready = max(ready, m[m[i] + J_FINISH])
        m[s + J_READY] = ready
        if m[s + J_WAITS] == 0 and ready < NEVER:
            if ready <= 0:
                stack(m, READIES, s)
            else:
                push(m, ready, READIES, s)


@step
def is_over(m: Row) -> bool:
    """Whether the only promise that is asked for is finished."""
    return bool(m[ONLY] and m[m[ONLY] + Y_OPEN] == 0)


@step
def run_layer(m: Row, c: Row, layer: Int, emit: bool) -> None:
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
        t = wide(m, m[EVENTS]) >> MINUTE
        while m[N_EVENTS] and wide(m, m[EVENTS]) >> MINUTE == t:
            event = pop(m)
            # What comes next is fetched while this is worked off.
            prefetch(m, wide(m, m[EVENTS]) & ((np.int64(1) << KIND) - 1))
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

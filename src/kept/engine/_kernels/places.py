"""Where everything lies in the memory of a run.

Times are whole minutes from the situation's start; ``NEVER`` is what does not
happen. Work is counted in units of ``RATE`` per minute, so that shares of a
thousandth and up to ten stages at once divide without a rest.

Everything a run knows lies in one row of 32-bit numbers, the memory ``m``. A
stage ``s``, a person ``p``, a skill ``k`` and a resource ``r`` are the places in
``m`` where their entries begin: ``m[s + J_END]`` is when a stage ends. Stages lie in
the order of their rank, so of two places the lower is the stage that goes first.
Calendars, which are large and never change, lie in ``c`` the same way; a window
``w`` is a place in ``c``. With two arrays handed from step to step instead of twenty, the
kernels compile in a fraction of the time and run several times faster.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from kept.engine.worktime import HORIZON_DAYS

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
Int = Any
"""A whole number; compiled, always one of 64 bits."""

RATE = 2_520_000
"""Units of work in a minute at full share."""

# The first places of m: counters, then where lists begin.
(
    N_EVENTS, N_RUNNING, N_STACK, N_DIRTY, N_PIECES, N_UPPER, N_CALLED, CALLED_LOW, CURRENT,
    AGAIN, RECONSIDER, STAMP, MACHINE_AT, SHARING, N_TAKERS, N_ASKED, TAKERS_LOW,
    LAYER, PEOPLE, PEOPLE_END, SKILLS,
    SKILLS_END, RESOURCES, RESOURCES_END, STAGES, STAGES_END, PLACES, LAYERS, N_LAYERS,
    QUEUES, QUEUES_END, CREW, CREW_END, PROMISES, PROMISES_END, CALLED, CALLED_END, EVENTS,
    EVENTS_ROOM, ONLY, HEARD, RUNNING, STACK, DIRTY, DEFERRED, OWNER, PARENT, SEARCH, UPPER, PIECES,
    ROOM, BUSY_NOW, BUSY_NEXT, TAKERS, CALLED_WORDS,
) = range(55)  # fmt: skip
LINE = 16
"""Numbers that the processor fetches in one go; people and stages begin with such a line."""
HEADER = 4 * LINE
# A window: start, end, working minutes before it, end of the last before the next absence.
W_START, W_END, W_WORK, W_TURNS = range(4)
WINDOW = 4
# A queue of the stages that name a person, skill or resource, in order of rank; then bits
# that say which of them are ready: those for one person alone, and those for several or
# with a machine. Q_FIRST: the first of these, or ``NEVER``.
Q_OWNER, Q_STAGES, Q_WORDS, Q_COUNT, Q_FIRST, Q_BITS = range(6)
# People, skills and resources begin with the place of their queue.
# A person. H_: how things stand while a layer runs.
(
    P_QUEUE, P_QUEUES, P_QUEUES_END, P_LIFTED, H_ROOM, H_WINDOW, H_AT, H_NEXT, H_LOOK, H_RESERVED,
    H_DIRTY, H_BUSY, H_BUSY_END, P_RATE, P_LAST, P_FIRST, P_DAY, P_WORK, P_WORK_END, P_CALENDAR,
    P_PARALLEL, P_SKILL, P_SKILL_END, H_LAPSE, H_STAMP, H_SPAN,
) = range(26)  # fmt: skip
PERSON = 2 * LINE
# A skill: its members.
K_QUEUE, K_MEMBER, K_MEMBER_END = range(3)
SKILL = 3
# A resource.
R_QUEUE, R_CAPACITY, R_USED = range(3)
RESOURCE = 3
# A promise: what it is finished after, how many stages it has and how many are open.
Y_RELEASE, Y_STAGES, Y_FINISH, Y_OPEN = range(4)
PROMISE = 4
# A stage. J_: how things stand while a layer runs. S_KIND: what it is, and how many stages of
# its layer it waits for; S_NEXT: those of its layer that wait for it. The rest of it, O_, lies
# at S_REST: most stages are dispatched without.
(
    J_WORK, J_WAITS, J_READY, J_END, J_RATE, J_CREW, J_START, J_FINISH, S_KIND, S_CREW,
    S_WATCH, S_WATCH_END, S_NEXT, S_NEXT_END, S_PROMISE, S_REST,
) = range(LINE)  # fmt: skip
STAGE = LINE
ALONE, NAMES, PLAIN, USES, BEGUN, ARRIVAL = 1, 2, 4, 8, 16, 32
WAITS = 6
(
    O_FIXED, O_FIXED_END, O_SLOT, O_SLOT_END, O_USE, O_USE_END, O_BEFORE, O_BEFORE_END, O_LAYER,
    O_ARRIVES, O_SETTLED, O_RUN, O_LEFT,
) = range(13)  # fmt: skip
REST = 14

DAYS = HORIZON_DAYS + 2
LONG: Any = np.int64(2**16 - 1)
"""A word that stands for as many minutes and for what the next one says."""
# An event is its minute, what happens, and to whom. Numbers as wide as those that are counted
# with: a step handed a literal would be compiled once more for each of them.
ENDS, READIES, LOOKS, TURNS, MACHINE = map(np.int64, range(5))
KIND, MINUTE = 28, 32
LATER: Any = np.bool_(False)
"""Not at the opening; no literal either."""
LAST_EVENT = 2**63 - 1

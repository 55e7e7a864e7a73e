"""An ask in one placement, and the first moment it can be ranked by."""

import bisect
import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import numpy.typing as npt

from kept.engine.effects import Effect, compared, harms
from kept.engine.futures import Futures, chance_on_time
from kept.engine.laying import Joint
from kept.engine.situation import Situation
from kept.engine.worktime import NEVER

Ints = npt.NDArray[np.int32]

PILOT = 100
"""Futures that a date is tried on before it is confirmed on all."""

COARSE = 8
"""With more ranks than this, a coarse look and halving find the first worth deciding on."""

CONFIRMED = 4
"""Ranks decided on all futures, where there are many."""


@dataclass(frozen=True)
class Placed:
    """The ask in one placement.

    Attributes:
        due: the moment it was ranked by; None where it yields.
        finish: shape (futures,), minutes from the start.
        effects: what every promise given pays; empty where nobody does.
    """

    situation: Situation = field(repr=False)
    candidates: tuple[datetime, ...] = field(repr=False)
    due: datetime | None
    finish: Ints = field(repr=False)
    effects: tuple[Effect, ...] = ()

    def chance(self, moment: datetime) -> float:
        """The chance that it is done by a moment."""
        return chance_on_time(self.finish, self.situation.minute(moment))

    def at(self, q: float) -> datetime | None:
        """The first moment that can be promised with a chance of at least ``q``."""
        minutes = [self.situation.minute(moment) for moment in self.candidates]
        index = first_at(self.finish, minutes, q)
        return None if index is None else self.candidates[index]


def first_at(finish: Ints, minutes: Sequence[int], q: float) -> int | None:
    """The first minute whose chance is at least ``q``; chances rise with minutes."""
    needed = math.ceil(q * (finish.size + 2) - 1 - 1e-9)
    if needed > finish.size:
        return None
    if needed > 0:
        nth = int(np.partition(finish, needed - 1)[needed - 1])
        if nth >= NEVER:
            return None
    else:
        nth = minutes[0] if minutes else 0
    index = bisect.bisect_left(minutes, nth)
    return index if index < len(minutes) else None


def search(
    joint: Joint,
    base: Futures,
    minutes: Sequence[int],
    *,
    confidence: float,
    line: float,
) -> int | None:
    """The first candidate the ask can be ranked by: kept at the confidence, nobody harmed.

    A run depends on the candidate only by how many promises rank before it, so
    candidates with equal rank share one. Each rank is tried on few futures and,
    unless it clearly fails there, decided on all. Where there are many ranks, the
    first that does not clearly fail is found by a coarse look and by halving, and
    at most ``CONFIRMED`` are decided on all.
    """
    situation = joint.base
    groups: dict[int, list[int]] = {}
    for index, minute in enumerate(minutes):
        groups.setdefault(joint.position(minute), []).append(index)
    few = min(PILOT, base.futures)
    se = math.sqrt(confidence * (1 - confidence) / few)
    # Ranked before all others nothing can be much faster; earlier candidates need no trial.
    best = joint.run(minutes[0], few).promise_finish[-1]
    earliest = first_at(best, minutes, max(confidence - 3 * se, 0.01))
    if earliest is None:
        return None
    ranks = [indexes for indexes in groups.values() if indexes[-1] >= earliest]

    @functools.cache
    def hopeful(at: int) -> bool:
        if few == base.futures:
            return True
        trial = joint.run(minutes[ranks[at][0]], few)
        if chance_on_time(trial.promise_finish[-1], minutes[ranks[at][-1]]) < confidence - 3 * se:
            return False
        before = base.promise_finish[:, :few]
        return not harms(compared(situation, before, trial.promise_finish, line=line), slack=3.0)

    def decided(at: int) -> int | None:
        ranked = joint.run(minutes[ranks[at][0]], base.futures)
        index = first_at(ranked.promise_finish[-1], minutes, confidence)
        if index is None or index > ranks[at][-1]:
            return None
        effects = compared(situation, base.promise_finish, ranked.promise_finish, line=line)
        return None if harms(effects) else max(index, ranks[at][0])

    n = len(ranks)
    first, last, most = 0, n, n
    if n > COARSE:
        most = CONFIRMED
        looks = sorted({round(k * (n - 1) / COARSE) for k in range(COARSE + 1)})
        seen = next((k for k, at in enumerate(looks) if hopeful(at)), None)
        if seen is None:
            return None
        low = looks[seen - 1] if seen else -1
        first = looks[seen]
        while first - low > 1:
            middle = (low + first) // 2
            low, first = (low, middle) if hopeful(middle) else (middle, first)
        last = min(n, first + 2 * COARSE)
    for at in range(first, last):
        if most == 0:
            break
        if hopeful(at):
            most -= 1
            chosen = decided(at)
            if chosen is not None:
                return chosen
    return None

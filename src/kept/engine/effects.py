"""What saying yes does to promises already given."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kept.engine.situation import Situation

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Effect:
    """What saying yes does to one promise already given.

    Attributes:
        before, after: its chance to be kept without and with the ask.
        se: standard error of the change, from the same futures with and without.
        notable: a change of at least a point and beyond two standard errors.
        below_line: it falls below the line, having stood at or above it.
        worse_below: it stood below the line already and notably falls further.
    """

    promise_id: str
    before: float
    after: float
    se: float
    notable: bool
    below_line: bool
    worse_below: bool

    @property
    def change(self) -> float:
        return self.after - self.before


def compared(
    situation: Situation, before: Ints, after: Ints, *, line: float, then: Ints | None = None
) -> tuple[Effect, ...]:
    """Compare each given promise's chance in the same futures without and with an ask.

    Args:
        before, after: shape (n_promises or more, futures), finish minutes.
        then: the same as ``after`` with something done about it, in the first of these futures:
            what it changes there is taken for what it changes in all.
    """
    n = before.shape[1]
    found = []
    for i, promise in enumerate(situation.promises):
        if promise.due is None or promise.kind == "work":
            continue
        was, now = before[i] <= promise.due, after[i, :n] <= promise.due
        change = now.astype(np.int8) - was
        kept = float(np.count_nonzero(now))
        if then is not None:
            few = then.shape[1]
            gained = np.count_nonzero(then[i] <= promise.due) - np.count_nonzero(now[:few])
            kept = min(max(kept + gained * n / few, 0), n)
        chance_before = (np.count_nonzero(was) + 1) / (n + 2)
        chance_after = (kept + 1) / (n + 2)
        se = float(change.std(ddof=1) / math.sqrt(n)) if n > 1 else 0.0
        moved = chance_after - chance_before
        notable = bool(abs(moved) >= 0.01 and abs(moved) > 2 * se)
        found.append(
            Effect(
                promise_id=promise.id,
                before=float(chance_before),
                after=float(chance_after),
                se=se,
                notable=notable,
                below_line=bool(chance_after < line <= chance_before),
                worse_below=bool(chance_before < line and notable and moved < 0),
            )
        )
    return tuple(found)


def harms(effects: Sequence[Effect], slack: float = 0.0) -> bool:
    """Whether a date costs more than may be asked of promises given.

    Args:
        slack: how many standard errors a trial on few futures may be wrong by.
    """
    for effect in effects:
        margin = slack * max(effect.se, 0.01) if slack else 0.0
        if (effect.below_line or effect.worse_below) and effect.change < -margin:
            return True
    return False

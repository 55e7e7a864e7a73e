"""The chances shown with dates, against what came; how far out dates were promised."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from kept.engine import calibration
from kept.record.figures.rates import ENOUGH
from kept.record.rows import Row

#: Chances shown to people: the first belongs to the group up to its edge, and so on.
LEVELS = (0.50, 0.80, 0.90, 0.95)
EDGES = (0.0, 0.65, 0.85, 0.925, 1.0)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sharpness:
    """How far out dates were promised, against the date at even chances.

    Attributes:
        of: promises whose chances were known when they were given.
        times: promised lead ÷ lead at even chances, in the middle one of them.
        padding_days: calendar days between the two dates, in the middle one.
    """

    of: int
    times: float
    padding_days: float


@dataclass(frozen=True, slots=True)
class Said:
    """Dates given at about one chance, and how many of them were kept.

    Attributes:
        level: the chance they are gathered under.
        said: the chance that was shown, on average.
        interval: for the share kept: Wilson, two-sided 95 %.
    """

    level: float
    said: float
    kept: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Within which the true share lies."""
        return calibration.wilson(self.kept, self.of)

    @property
    def too_early(self) -> bool:
        """Whether there are too few."""
        return self.of < ENOUGH


@dataclass(frozen=True, slots=True)
class Brier:
    """The mean squared distance between the chances shown and what came; less is better.

    Attributes:
        base: what it had been had we always said the share that was kept.
    """

    of: int
    score: float
    base: float
    base_rate: float


def sharpness(rows: Iterable[Row], leads: Sequence[float]) -> Sharpness | None:
    """Compare promised leads with leads at even chances; None where no chances were known.

    Args:
        leads: what `lead_hours` says of each row.
    """
    at_even_chances = np.array([row.even_hours or 0.0 for row in rows])
    known = at_even_chances != 0.0
    if not known.any():
        return None
    even, promised = at_even_chances[known], np.array(leads)[known]
    return Sharpness(
        of=even.size,
        times=float(np.median(promised / even)),
        padding_days=float(np.median((promised - even) / 24)),
    )


Date = tuple[float, bool]


def first_dates(rows: Iterable[Row]) -> list[Date]:
    """Return the chance shown with each first date, and whether those terms were kept."""
    return [(row.chance, row.first.kept) for row in rows if row.chance is not None]


def last_dates(rows: Iterable[Row]) -> list[Date]:
    """Return the same of dates that were agreed later; each against its own terms."""
    return [
        (row.last_chance, row.last.kept)
        for row in rows
        if row.moved and row.last_chance is not None
    ]


def said_and_got(dates: Sequence[Date]) -> tuple[Said, ...]:
    """Gather dates by the chance that was shown, and count which were kept."""
    if not dates:
        return ()
    chances, kept = (np.array(column) for column in zip(*dates, strict=True))
    groups = np.minimum(np.searchsorted(EDGES, chances, side="right"), len(LEVELS)) - 1
    found = []
    for place, level in enumerate(LEVELS):
        here = groups == place
        if of := int(np.count_nonzero(here)):
            said = math.fsum(chances[here].tolist()) / of
            found.append(Said(level, said, int(np.count_nonzero(kept[here])), of))
    return tuple(found)


def brier(dates: Sequence[Date]) -> Brier | None:
    """Score the chances shown with first dates, beside always saying the share that was kept."""
    if not dates:
        return None
    chances, kept = zip(*dates, strict=True)
    base = sum(kept) / len(kept)
    return Brier(
        of=len(kept),
        score=calibration.brier(chances, kept),
        base=base * (1 - base),
        base_rate=base,
    )


def lead_hours(row: Row) -> float:
    """Return how far out a promise was given, in hours of the clock on the wall.

    It is negative for one that was recorded after it was due.
    """
    return (row.said_at - row.given_at) / HOUR

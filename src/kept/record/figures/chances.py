"""The chances shown with dates, against what came; how far out dates were promised."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, median

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


def sharpness(rows: Iterable[Row]) -> Sharpness | None:
    """Compare promised leads with leads at even chances; None where no chances were known."""
    times, padding = [], []
    for row in rows:
        if row.even_hours:
            promised = (row.said_at - row.given_at) / HOUR
            times.append(promised / row.even_hours)
            padding.append((promised - row.even_hours) / 24)
    if not times:
        return None
    return Sharpness(len(times), median(times), median(padding))


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
    groups: list[list[Date]] = [[] for _level in LEVELS]
    for date in dates:
        groups[min(len(LEVELS), bisect.bisect_right(EDGES, date[0])) - 1].append(date)
    return tuple(
        Said(level, fmean(chance for chance, _kept in group), sum(k for _c, k in group), len(group))
        for level, group in zip(LEVELS, groups, strict=True)
        if group
    )


def brier(dates: Sequence[Date]) -> Brier | None:
    """Score the chances shown with first dates, beside always saying the share that was kept."""
    if not dates:
        return None
    chances, kept = zip(*dates, strict=True)
    base = sum(kept) / len(kept)
    return Brier(
        of=len(kept),
        score=calibration.brier(chances, [float(one) for one in kept]),
        base=base * (1 - base),
        base_rate=base,
    )


def lead_hours(row: Row) -> float:
    """Return how far out a promise was given, in hours of the clock on the wall."""
    return max(0.0, (row.said_at - row.given_at) / HOUR)

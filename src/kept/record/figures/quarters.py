"""Quarters side by side, and whether a change is more than luck."""

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kept.engine import calibration
from kept.record.figures.rates import ENOUGH, counts
from kept.record.rows import Row


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of promises by their first due moment.

    Attributes:
        starts_at, ends_at: from the first moment to before the last.
        limits: within which the first rate stays by chance alone; None without promises.
        last_of, last_kept: the same against last terms, without those whose date lies ahead.
    """

    starts_at: datetime
    ends_at: datetime
    kept: int
    of: int
    last_kept: int
    last_of: int
    limits: tuple[float, float] | None

    @property
    def outside(self) -> int:
        """Above (1) or below (-1) what chance alone would draw; 0 within it."""
        if self.limits is None:
            return 0
        share = self.kept / self.of
        return (share > self.limits[1]) - (share < self.limits[0])


@dataclass(frozen=True, slots=True)
class Trend:
    """Quarters side by side, and what may be said of them.

    Attributes:
        average: the share kept over all of them; the limits stand around it.
        change: from the first to the last quarter that has promises.
    """

    quarters: tuple[Quarter, ...]
    average: float | None
    too_early: bool
    change: float

    @property
    def outside(self) -> tuple[Quarter, ...]:
        """The quarters that chance alone does not explain."""
        return tuple(quarter for quarter in self.quarters if quarter.outside)


def trend(
    rows: Iterable[Row], *, quarters: Sequence[tuple[datetime, datetime]], until: datetime
) -> Trend:
    """Count by quarter, with the limits within which chance alone would keep each."""
    starts = [start for start, _end in quarters]
    totals = [[0, 0, 0, 0, 0] for _quarter in quarters]
    for row in rows:
        place = bisect.bisect_right(starts, row.first_due_at) - 1
        if place < 0 or row.first_due_at > until or not counts(row):
            continue
        total = totals[place]
        total[0] += row.first.kept
        total[1] += 1
        if row.last_due_at <= until:
            total[2] += row.last.kept
            total[3] += 1
        total[4] += not (row.first.open or row.first.provisional)
    of = sum(total[1] for total in totals)
    average = sum(total[0] for total in totals) / of if of else None
    found = []
    for (start, end), (kept, count, last_kept, last_count, _settled) in zip(
        quarters, totals, strict=True
    ):
        limits = None
        if average is not None and count:
            low, high = calibration.control_limits(average, [count])[0]
            limits = float(low), float(high)
        found.append(Quarter(start, end, kept, count, last_kept, last_count, limits))
    filled = [quarter for quarter in found if quarter.of]
    return Trend(
        quarters=tuple(found),
        average=average,
        too_early=sum(total[4] for total in totals) < ENOUGH or len(filled) < 2,
        change=filled[-1].kept / filled[-1].of - filled[0].kept / filled[0].of if filled else 0.0,
    )

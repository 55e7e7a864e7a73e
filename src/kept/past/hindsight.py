"""What kept would have said of the past, and how often it would have been kept.

Computed when a profile is made and stored with it; here it is only read.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kept.engine import calibration
from kept.past import looking, profiles
from kept.past.looking import Count
from kept.past.models import Backtest, BacktestStretch

#: Less than this shift of all luck moves no date by a day.
NOTABLE = 0.02


class Drift(StrEnum):
    """How the newest part of the past differs from the parts before it."""

    NONE = ""
    SLOWER = "slower"  # work takes longer than the past says
    FASTER = "faster"  # more is kept than is said


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the past, and between which counts it lies by chance alone."""

    row: BacktestStretch
    low: float
    high: float

    @property
    def share(self) -> float:
        """The share that was kept, 0 to 1."""
        return self.row.within_90 / self.row.scored


@dataclass(frozen=True, slots=True)
class LookedBack:
    """A backtest on one's own past.

    Attributes:
        ways: how often each would have been kept: as kept says at 90 %, as estimated, × 1.5.
        levels: at 50, 80, 90 and 95 % as kept says.
        parts: along time; empty where the past is too short to tell parts apart.
        drift: whether the newest part lies outside of what chance explains.
        sums: runs of ten pieces in a row of one client, added up as promises are, at 90 %; None
            where there are too few.
        leaning: whether dates count on sums taking more (1) or less (-1) than was said.
    """

    row: Backtest
    ways: tuple[Count, Count, Count]
    levels: tuple[tuple[float, Count], ...]
    parts: tuple[Part, ...]
    drift: Drift
    sums: Count | None
    leaning: int

    @property
    def too_early(self) -> bool:
        """Whether there is too little to judge by."""
        return self.row.scored < looking.ENOUGH


def look_back(now: datetime) -> LookedBack | None:
    """Return the backtest of the newest profile at `now`; None without one, or with no work."""
    profile = profiles.newest(now)
    rows = Backtest.objects.select_related("profile")
    row = rows.filter(profile=profile).first() if profile is not None else None
    if row is None or not row.scored:
        return None
    scored = row.scored
    parts = _parts(list(row.stretches.all()))
    return LookedBack(
        row=row,
        ways=(
            Count("kept", row.within_90, scored),
            Count("as_estimated", row.as_estimated, scored),
            Count("half_more", row.half_more, scored),
        ),
        levels=(
            (0.5, Count("", row.within_50, scored)),
            (0.8, Count("", row.within_80, scored)),
            (0.9, Count("", row.within_90, scored)),
            (0.95, Count("", row.within_95, scored)),
        ),
        parts=parts,
        drift=_drift(parts),
        sums=Count("sums", row.sums_within_90, row.sums) if row.sums else None,
        leaning=0 if abs(row.lean) < NOTABLE else int(math.copysign(1, row.lean)),
    )


def _parts(rows: Sequence[BacktestStretch]) -> tuple[Part, ...]:
    """Put the limits of chance around each part: three standard errors of the share of all."""
    if len(rows) < 2 or min(row.scored for row in rows) < looking.ENOUGH:
        return ()
    share = sum(row.within_90 for row in rows) / sum(row.scored for row in rows)
    limits = calibration.control_limits(share, [row.scored for row in rows])
    return tuple(
        Part(row, float(low), float(high)) for row, (low, high) in zip(rows, limits, strict=True)
    )


def _drift(parts: Sequence[Part]) -> Drift:
    if not parts:
        return Drift.NONE
    last = parts[-1]
    if last.share < last.low:
        return Drift.SLOWER
    return Drift.FASTER if last.share > last.high else Drift.NONE

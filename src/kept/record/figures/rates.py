"""Rates: so many kept, of so many; never of too few."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kept.engine import calibration
from kept.record.rows import Row

#: Below this many settled promises only counts are shown.
ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Rate:
    """So many kept, of so many.

    Attributes:
        settled: of them, how many have their last word; below twenty it is too early to judge.
        provisional: delivered, and the client's word is still to come.
        overdue: still open, though due.
    """

    kept: int
    of: int
    settled: int
    provisional: int = 0
    overdue: int = 0

    @property
    def too_early(self) -> bool:
        """Whether luck is louder than anything else."""
        return self.settled < ENOUGH

    @property
    def share(self) -> float | None:
        """The share kept; None where it is too early to judge."""
        return None if self.too_early else self.kept / self.of

    @property
    def interval(self) -> tuple[float, float] | None:
        """Within which the true rate lies: Wilson, two-sided 95 %; None if too early."""
        return None if self.too_early else calibration.wilson(self.kept, self.of)


@dataclass(frozen=True, slots=True)
class Marks:
    """The promises of the window one by one, each in one group only.

    Attributes:
        kept: as first promised.
        moved: not as first promised, but as agreed in time.
        ahead: moved in time, and the later date has not come yet.
        late: delivered or still open after its due moment; `still_open` of them.
        short: delivered in time, but not in full, or not to standard.
        broken: revoked, or not delivered by the cut-off.
    """

    kept: int = 0
    moved: int = 0
    ahead: int = 0
    late: int = 0
    still_open: int = 0
    short: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """So much of so much."""

    part: float
    of: float

    @property
    def share(self) -> float | None:
        """The share; None of nothing."""
        return self.part / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Part:
    """The rate of one client, service or way of promising."""

    key: Hashable
    rate: Rate


def counts(row: Row) -> bool:
    """Say whether a promise belongs in a rate: released and voided ones are listed apart."""
    return not (row.first.released or row.first.voided)


def rate(rows: Sequence[Row], *, first: bool) -> Rate:
    """Count kept ones among rows that count, against first or last terms."""
    kept = settled = provisional = overdue = 0
    for row in rows:
        outcome = row.first if first else row.last
        if outcome.kept:
            kept += 1
        if outcome.open:
            overdue += outcome.overdue
        elif outcome.provisional:
            provisional += 1
        else:
            settled += 1
    return Rate(kept, len(rows), settled, provisional, overdue)


def marks(rows: Iterable[Row], *, until: datetime) -> Marks:
    """Put each promise into one group; the gravest of what holds for it decides."""
    found: Counter[str] = Counter()
    for row in rows:
        first, last = row.first, row.last
        if first.kept:
            found["kept"] += 1
        elif last.kept:
            found["moved"] += 1
        elif last.overdue:
            # Broken is never said of something still open, though it may count so already.
            found["late"] += 1
            found["still_open"] += 1
        elif last.broken:
            found["broken"] += 1
        elif row.last_due_at > until:
            found["ahead"] += 1
        elif last.late:
            found["late"] += 1
        else:
            found["short"] += 1
    return Marks(**found)


def parts(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> tuple[Part, ...]:
    """Count the first rate apart for each client, service or way; most promises first."""
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), str(item[0])))
    return tuple(Part(key, rate(group, first=True)) for key, group in ordered)

"""Why first dates were missed, and what “one more day” really became."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

from kept.record.rows import Row, Slipped


@dataclass(frozen=True, slots=True)
class Why:
    """One category of reasons for missed first dates; the empty one is those nobody explained."""

    category: str
    controllable: str
    count: int
    reached: int


@dataclass(frozen=True, slots=True)
class OneMoreDay:
    """What “one more day” really became.

    Attributes:
        days: working days that each of them took.
        waiting: said, and not done yet.
        others: slips of more than a day; `others_said` and `others_became` on average.
    """

    days: tuple[int, ...]
    waiting: int
    others: int
    others_said: float
    others_became: float

    @property
    def average(self) -> float:
        """Working days, on average."""
        return fmean(self.days) if self.days else 0.0


def reasons(missed: Iterable[Row]) -> tuple[Why, ...]:
    """Count why first dates were missed, most frequent first; one reason for each promise."""
    found: Counter[str] = Counter()
    whose: dict[str, Counter[str]] = defaultdict(Counter)
    for row in missed:
        found[row.reason] += 1
        whose[row.reason][row.controllable] += 1
    reached, listed = 0, []
    # What nobody explained comes last, however much it is.
    for category, count in sorted(found.items(), key=lambda item: (not item[0], -item[1], item[0])):
        reached += count
        controllable = max(sorted(whose[category]), key=whose[category].__getitem__)
        listed.append(Why(category, controllable, count, reached))
    return tuple(listed)


def one_more_day(slips: Iterable[Slipped]) -> OneMoreDay:
    """Gather what slips of one day became, and apart from them the longer ones."""
    days, others, waiting = [], [], 0
    for slip in slips:
        if slip.became_days is None:
            waiting += 1
        elif slip.said_days <= 1:
            days.append(slip.became_days)
        else:
            others.append(slip)
    return OneMoreDay(
        days=tuple(sorted(days)),
        waiting=waiting,
        others=len(others),
        others_said=fmean(slip.said_days for slip in others) if others else 0.0,
        others_became=fmean(slip.became_days or 0 for slip in others) if others else 0.0,
    )

"""What one's own estimates became: for that person alone.

Nothing here may be called for anybody but the member who asks; every door passes the member who is
logged in, and no door takes another one's key.
"""

from dataclasses import dataclass
from datetime import datetime

from kept.past import looking
from kept.past.looking import Spread
from kept.past.models import PastItem
from kept.people.models import Member


@dataclass(frozen=True, slots=True)
class Bias:
    """A person's own finished work with an estimate and an actual: counts, then the spread.

    `together` is all hours it took ÷ all hours estimated.
    """

    over: int
    exact: int
    under: int
    together: float
    ratios: Spread

    @property
    def count(self) -> int:
        """How many pieces of work there are."""
        return self.ratios.count


def bias(member: Member, *, now: datetime) -> Bias | None:
    """Return what this person's estimates became; None where none is known."""
    rows = (
        PastItem.objects.filter(person__member=member, actual_hours__gt=0)
        .exclude(finished_at__gt=now)
        .values_list("estimate_hours", "actual_hours")
    )
    pairs = [(estimate, actual) for estimate, actual in rows if estimate is not None and actual]
    if not pairs:
        return None
    return Bias(
        over=sum(actual > estimate for estimate, actual in pairs),
        exact=sum(actual == estimate for estimate, actual in pairs),
        under=sum(actual < estimate for estimate, actual in pairs),
        together=sum(actual for _e, actual in pairs) / sum(estimate for estimate, _a in pairs),
        ratios=looking.spread([actual / estimate for estimate, actual in pairs]),
    )

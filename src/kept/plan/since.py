"""What became of the house's promises since a moment, such as the start of the week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, Subquery

from kept import zones
from kept.people import days
from kept.plan.models import Outlook
from kept.plan.standing import Standing
from kept.promises.models import Promise
from kept.tenancy import scope

#: A chance that moved by less is not worth a word.
WORTH_SAYING = 0.05


@dataclass(frozen=True)
class Moved:
    """An open promise whose chance moved, or whose nine-in-ten day did.

    Attributes:
        days: working days gained; negative is lost.
    """

    stands: Standing
    before: float
    after: float
    days: int

    @property
    def chance_moved(self) -> bool:
        """Whether the chance itself is worth a word."""
        return abs(self.after - self.before) >= WORTH_SAYING


@dataclass(frozen=True)
class Since:
    """What was given and kept since a moment, and what moved, the furthest first.

    Attributes:
        compared: how many open promises had an outlook before, to compare with.
    """

    given: int
    settled: int
    compared: int
    moved: Sequence[Moved]


def since(moment: datetime, standings: Sequence[Standing]) -> Since:
    """Compare how promises stand with how they stood at a moment; 2 queries."""
    before = _outlooks_at(moment, [stands.promise.pk for stands in standings])
    moved = []
    for stands in standings:
        then, now = before.get(stands.promise.pk), stands.outlook
        if then is None or now is None:
            continue
        change = Moved(stands, then.chance, now.chance, _days_gained(then, now, stands))
        if change.chance_moved or change.days:
            moved.append(change)
    counted = Promise.objects.filter(Q(given_at__gte=moment) | Q(settled_at__gte=moment)).aggregate(
        given=Count(
            "pk",
            filter=Q(given_at__gte=moment)
            & ~Q(state=Promise.State.VOIDED)
            & ~Q(origin=Promise.Origin.IMPORTED),
        ),
        settled=Count("pk", filter=Q(settled_at__gte=moment)),
    )
    return Since(
        given=counted["given"],
        settled=counted["settled"],
        compared=len(before),
        moved=sorted(moved, key=lambda each: (-abs(each.after - each.before), -abs(each.days))),
    )


def _outlooks_at(moment: datetime, keys: Sequence[int]) -> dict[int, Outlook]:
    """Return the newest outlook of each promise before a moment."""
    last = (
        Outlook.objects.filter(promise=OuterRef("pk"), computed_at__lt=moment)
        .order_by("-computed_at", "-pk")
        .values("pk")
    )
    rows = Promise.objects.filter(pk__in=keys).annotate(last=Subquery(last[:1])).values("last")
    return {outlook.promise_id: outlook for outlook in Outlook.objects.filter(pk__in=rows)}


def _days_gained(then: Outlook, now: Outlook, stands: Standing) -> int:
    if then.finish_90_at is None or now.finish_90_at is None:
        return 0
    zone = stands.promise.zone
    return days.count_between(
        scope.current(),
        zones.day_of(now.finish_90_at, zone),
        zones.day_of(then.finish_90_at, zone),
    )

"""Outlooks as a series: which promises fell under the line, and which drift."""

from collections.abc import Iterable, Iterator

from django.db.models import F, OuterRef, Q, Subquery

from kept.plan import outlook as outlooks
from kept.plan.models import Outlook
from kept.promises.models import Promise, Terms
from kept.tenancy import scope

#: A chance is well again so much above the line: one that hovers at it falls once, not daily.
CLEAR = 0.02


def is_well(chance: float) -> bool:
    """Say whether a chance is clearly not under the line."""
    return chance >= _well()


def _well() -> float:
    return min(scope.current().line + CLEAR, 0.99)


def newest(promises: Iterable[int]) -> dict[int, float]:
    """Return the newest chance of open promises, by the promise's key."""
    found = outlooks.newest(of=list(promises))
    return {key: outlook.chance for key, outlook in found.items()}


def under_the_line() -> Iterator[tuple[Promise, Outlook, float]]:
    """Yield each promise whose newest chance is under the line, with the outlook that fell first.

    A promise that recovers and falls again is another fall.
    """
    house = scope.current()
    chances = {key: row for key, row in outlooks.newest().items() if row.chance < house.line}
    above = Outlook.objects.filter(promise=OuterRef("promise"), chance__gte=_well()).order_by(
        "-computed_at", "-pk"
    )
    rows = (
        Outlook.objects.filter(promise_id__in=chances, chance__lt=house.line)
        .annotate(
            well=Subquery(above.values("pk")[:1]), well_at=Subquery(above.values("computed_at")[:1])
        )
        .filter(
            Q(well__isnull=True)
            | Q(computed_at__gt=F("well_at"))
            | Q(computed_at=F("well_at"), pk__gt=F("well"))
        )
    )
    first: dict[int, Outlook] = {}
    for row in rows.order_by("promise_id", "computed_at", "pk"):
        first.setdefault(row.promise_id, row)
    for promise in _promises(chances):
        if promise.pk in first:  # else it recovered between the two looks
            yield promise, first[promise.pk], chances[promise.pk].chance


def drifting(points: float) -> Iterator[tuple[Promise, str, float]]:
    """Yield each promise that is above the line, but so much below what the client was told.

    Each with what it was measured against. Under the line another rule speaks.
    """
    house = scope.current()
    chances = {key: row for key, row in outlooks.newest().items() if row.chance >= house.line}
    promises = _promises(chances)
    told = _told(promises)
    for promise in promises:
        if promise.pk not in told:
            continue
        name, before = told[promise.pk]
        chance = chances[promise.pk].chance
        # A hair's breadth is no point: 0.92 - 0.82 is a little less than a tenth in binary.
        if before - chance >= points - 1e-9:
            yield promise, name, chance


def drift_of(promise: Promise) -> float:
    """Return how much lower the chance is than when the client was last told; 0 if unknown."""
    found = outlooks.newest(of=[promise.pk]).get(promise.pk)
    told = _told([promise]).get(promise.pk)
    return 0.0 if found is None or told is None else told[1] - found.chance


def _told(promises: Iterable[Promise]) -> dict[int, tuple[str, float]]:
    """Return the chance when the client was last told a date, and the name of that telling.

    Terms given without a chance, as loose ones, are measured by the first outlook after them.
    """
    found: dict[int, tuple[str, float]] = {}
    keys = [promise.pk for promise in promises]
    after = (
        Outlook.objects.filter(promise=OuterRef("promise"), computed_at__gte=OuterRef("agreed_at"))
        .order_by("computed_at", "pk")
        .values("chance")
    )
    rows = Terms.objects.filter(promise_id__in=keys).annotate(first=Subquery(after[:1]))
    for terms in rows.order_by("number"):
        chance = terms.chance_when_given or terms.first
        if chance is not None:
            found[terms.promise_id] = (f"terms {terms.number}", chance)
        else:
            found.pop(terms.promise_id, None)
    return found


def _promises(keys: Iterable[int]) -> list[Promise]:
    rows = Promise.objects.filter(pk__in=list(keys), state=Promise.State.ACTIVE)
    return list(rows.select_related("job", "client", "last_mile_owner").order_by("due_at", "pk"))

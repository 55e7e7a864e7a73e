"""How every open promise stands at a moment: the newest outlook beside what was promised."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import OuterRef, Prefetch, Subquery

from kept import zones
from kept.jobs.models import Obligation, Stage
from kept.people import days
from kept.plan.models import Outlook
from kept.promises.models import Promise
from kept.tenancy import scope


class How(StrEnum):
    """How an open promise stands. The order is the one in which people look."""

    OVERDUE = "overdue"
    AT_RISK = "at-risk"
    ON_TRACK = "on-track"
    PAUSED = "paused"
    UNKNOWN = "unknown"

    @property
    def needs_someone(self) -> bool:
        return self in (How.OVERDUE, How.AT_RISK)


@dataclass(frozen=True, slots=True)
class Standing:
    """One open promise as it stands.

    Attributes:
        outlook: the newest forecast; None where none was computed yet.
        due_on: the promised day in the client's zone.
        even_on, sure_on: days of the house by which the chance reaches 50 and 90 %; None where
            nothing is known or where it never does.
        slack_days: working days between `sure_on` and the promised day, negative when short;
            for an overdue promise the working days since it was due, negative or 0.
        next_stage: the first stage that is not done; None when all are, or none are recorded.
        owes: what the client owes longest past its date.
    """

    promise: Promise
    how: How
    outlook: Outlook | None
    due_on: date
    even_on: date | None
    sure_on: date | None
    slack_days: int | None
    stages: tuple[Stage, ...]
    next_stage: Stage | None
    owes: Obligation | None

    @property
    def chance(self) -> float | None:
        return None if self.outlook is None else self.outlook.chance


def standings(now: datetime) -> list[Standing]:
    """Return every open promise of the current house: those that need someone first, by least slack."""
    found = [standing_of(promise, now=now) for promise in _open_promises()]
    order = {how: place for place, how in enumerate(How)}
    far = 10**6
    return sorted(
        found,
        key=lambda s: (
            order[s.how],
            far if s.slack_days is None else s.slack_days,
            s.promise.due_at,
            s.promise.pk,
        ),
    )


def standing(promise: Promise, now: datetime) -> Standing:
    """Return how one open promise stands."""
    return standing_of(_open_promises().get(pk=promise.pk), now=now)


def _open_promises():  # type: ignore[no-untyped-def]
    newest = (
        Outlook.objects.filter(promise=OuterRef("promise")).order_by("-computed_at", "-pk").values("pk")
    )
    outlooks = Outlook.objects.filter(pk=Subquery(newest[:1]))
    return (
        Promise.objects.filter(state__in=Promise.OPEN)
        .select_related("client", "job", "last_mile_owner")
        .prefetch_related(
            Prefetch("outlooks", queryset=outlooks, to_attr="newest_outlooks"),
            Prefetch("job__stages", queryset=Stage.objects.select_related("owner")),
            "job__obligations",
        )
    )


def standing_of(promise: Promise, *, now: datetime) -> Standing:
    """Judge one promise whose newest outlook, stages and obligations were read."""
    house = scope.current()
    newest: Sequence[Outlook] = promise.newest_outlooks  # type: ignore[attr-defined]
    outlook = newest[0] if newest else None
    today = zones.day_of(now, house.zone)
    due_on = zones.day_of(promise.due_at, promise.zone)
    even_on = _day(outlook.finish_50_at if outlook else None, house.zone)
    sure_on = _day(outlook.finish_90_at if outlook else None, house.zone)
    if promise.state == Promise.State.PAUSED:
        how = How.PAUSED
    elif now > promise.due_at:
        how = How.OVERDUE
    elif outlook is None:
        how = How.UNKNOWN
    else:
        how = How.AT_RISK if outlook.chance < house.line else How.ON_TRACK
    if how is How.OVERDUE:
        slack: int | None = min(0, -days.count_between(house, due_on, today))
    else:
        slack = None if sure_on is None else days.count_between(house, sure_on, due_on)
    stages = tuple(promise.job.stages.all())
    owed = [o for o in promise.job.obligations.all() if o.met_at is None and o.due_at < now]
    return Standing(
        promise=promise,
        how=how,
        outlook=outlook,
        due_on=due_on,
        even_on=even_on,
        sure_on=sure_on,
        slack_days=slack,
        stages=stages,
        next_stage=next((s for s in stages if s.state != Stage.State.DONE), None),
        owes=min(owed, key=lambda o: o.due_at, default=None),
    )


def _day(moment: datetime | None, zone: str) -> date | None:
    return None if moment is None else zones.day_of(moment, zone)

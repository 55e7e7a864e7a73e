"""How every open promise stands, by least slack: the house's first screen."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kept import zones
from kept.jobs import handing, owners
from kept.jobs.models import Obligation, Stage
from kept.jobs.owners import Gap
from kept.people import days
from kept.plan import outlook as outlooks
from kept.plan.models import Outlook
from kept.promises.models import Promise
from kept.tenancy import scope

#: Fewer similar past items than this are too few to say more than that.
ENOUGH_KNOWN = 5


class State(StrEnum):
    """What a screen shows of an open promise; derived, never stored."""

    OVERDUE = "overdue"
    AT_RISK = "at-risk"
    ON_TRACK = "on-track"
    PAUSED = "paused"
    UNKNOWN = "unknown"


#: The order in which people look: what needs someone first.
ORDER = (State.OVERDUE, State.AT_RISK, State.ON_TRACK, State.UNKNOWN, State.PAUSED)


@dataclass(frozen=True)
class Standing:
    """One open promise as it stands.

    Attributes:
        slack_days: working days from the 90 % date to the promised day; negative is short.
            Overdue: minus the working days since the promised day. None if there is no date.
        stages: those of its job, with their owners, in their order.
        waiting_for: what the client owes first.
        gap: whose yes a pending promise waits for first.
        stuck_since: since when nothing happened on its finishing stretch, where it is stuck.
    """

    promise: Promise
    state: State
    outlook: Outlook | None
    chance: float | None
    slack_days: int | None
    stages: Sequence[Stage]
    waiting_for: Obligation | None
    gap: Gap | None = None
    stuck_since: datetime | None = None

    @property
    def next_stage(self) -> Stage | None:
        """The stage that is worked on, else the first that is left."""
        left = [stage for stage in self.stages if stage.state != Stage.State.DONE]
        doing = [stage for stage in left if stage.state == Stage.State.DOING]
        return next(iter(doing or left), None)

    @property
    def promised_on(self) -> date:
        return zones.day_of(self.promise.due_at, self.promise.zone)

    @property
    def likely_on(self) -> date | None:
        """The day by which it is done with nine chances in ten."""
        moment = None if self.outlook is None else self.outlook.finish_90_at
        return None if moment is None else zones.day_of(moment, self.promise.zone)

    @property
    def even_on(self) -> date | None:
        """The day by which it is done with even chances."""
        moment = None if self.outlook is None else self.outlook.finish_50_at
        return None if moment is None else zones.day_of(moment, self.promise.zone)


def standings(*, now: datetime) -> list[Standing]:
    """Return the open promises by what needs someone first, then by least slack.

    The number of queries does not depend on how many there are.
    """
    promises = list(
        Promise.objects.filter(state__in=Promise.OPEN).select_related(
            "job", "client", "last_mile_owner"
        )
    )
    forecasts = outlooks.newest()
    stages: dict[int, list[Stage]] = defaultdict(list)
    jobs = [promise.job_id for promise in promises]
    for stage in Stage.objects.filter(job_id__in=jobs).select_related("owner").order_by("position"):
        stages[stage.job_id].append(stage)
    owed: dict[int, Obligation] = {}
    for obligation in Obligation.objects.filter(job_id__in=jobs, met_at__isnull=True):
        owed.setdefault(obligation.job_id, obligation)
    pending = {p.job_id for p in promises if p.state == Promise.State.PENDING}
    gaps = owners.gaps_of({key: stages[key] for key in pending})
    stuck = handing.standstills((s for group in stages.values() for s in group), now=now)
    found = [
        standing_of(
            promise,
            outlook=forecasts.get(promise.pk),
            stages=stages[promise.job_id],
            waiting_for=owed.get(promise.job_id),
            gap=next(iter(gaps.get(promise.job_id, ())), None),
            stuck_since=min(
                (stuck[s.pk] for s in stages[promise.job_id] if s.pk in stuck), default=None
            ),
            now=now,
        )
        for promise in promises
    ]
    return sorted(found, key=_urgency)


def standing_of(
    promise: Promise,
    *,
    outlook: Outlook | None,
    stages: Sequence[Stage],
    waiting_for: Obligation | None,
    now: datetime,
    gap: Gap | None = None,
    stuck_since: datetime | None = None,
) -> Standing:
    """Return how one open promise stands."""
    return Standing(
        promise=promise,
        state=state_of(promise, outlook, now=now),
        outlook=outlook,
        chance=None if outlook is None else outlook.chance,
        slack_days=slack_of(promise, outlook, now=now),
        stages=stages,
        waiting_for=waiting_for,
        gap=gap,
        stuck_since=stuck_since,
    )


def state_of(promise: Promise, outlook: Outlook | None, *, now: datetime) -> State:
    """Derive what is shown: overdue by the clock, at risk below the line, else on track.

    A healthy chance that rests on too little past is not called on track.
    """
    if promise.state == Promise.State.PAUSED:
        return State.PAUSED
    if promise.due_at < now:
        return State.OVERDUE
    if outlook is None:
        return State.UNKNOWN
    if outlook.chance < scope.current().line:
        return State.AT_RISK
    return State.ON_TRACK if outlook.known_items >= ENOUGH_KNOWN else State.UNKNOWN


def slack_of(promise: Promise, outlook: Outlook | None, *, now: datetime) -> int | None:
    """Return the working days to spare, as the client's calendar counts them."""
    house = scope.current()
    due_on = zones.day_of(promise.due_at, promise.zone)
    if promise.due_at < now:
        return days.count_between(house, zones.day_of(now, promise.zone), due_on)
    if outlook is None or outlook.finish_90_at is None:
        return None
    slack = days.count_between(house, zones.day_of(outlook.finish_90_at, promise.zone), due_on)
    if slack == 0 and outlook.finish_90_at > promise.due_at:
        return -1  # later on the promised day itself
    return slack


def _urgency(standing: Standing) -> tuple[int, float, datetime, int]:
    slack = standing.slack_days
    return (
        ORDER.index(standing.state),
        float("inf") if slack is None else slack,
        standing.promise.due_at,
        standing.promise.pk,
    )

"""What a promise could be moved to: computed in its place, with all other work as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TypedDict

from django.conf import settings

from kept import engine, zones
from kept.people import days
from kept.plan import loading, outlook
from kept.plan.loading import Loaded
from kept.promises.models import Promise
from kept.tenancy import scope

#: A later date ranks later, so each date is computed at its own rank, and looked for anew.
ROUNDS = 8
#: Others count as losing from a point on.
NOTABLE = 0.01


@dataclass(frozen=True)
class Date:
    """A date of a promise, and the chance to keep it there.

    Attributes:
        losers: the promises that would lose a point or more.
    """

    due_at: datetime
    chance: float
    losers: Sequence[Promise] = ()


@dataclass(frozen=True)
class Ways:
    """What can be offered instead.

    Attributes:
        chance: of the present date; None if the work cannot be forecast.
        whole: all of it, at the asked confidence; None if no date is in sight.
        part: the present date without the optional stages; None if there are none left.
    """

    chance: float | None
    whole: Date | None
    part: Date | None


class Drawn(TypedDict):
    """How many futures are drawn, and from which seed."""

    futures: int
    seed: int


class Forecaster:
    """Draws the futures of the plan with one promise at another date."""

    def __init__(self, promise: Promise, *, now: datetime) -> None:
        self.promise, self.now = promise, now
        self.loaded: Loaded = loading.load(now=now)
        self.name = f"j{promise.job_id}"
        self.can = promise.job_id in self.loaded.promises and (
            promise.job_id not in self.loaded.cannot
        )
        self._runs: dict[tuple[datetime, bool], engine.Futures] = {}

    @property
    def has_optional(self) -> bool:
        """Whether stages can be told apart that need not be done by the promised date."""
        optional = [stage.optional for stage in self._work]
        return any(optional) and not all(optional)

    def chance(self, due_at: datetime, *, part: bool = False) -> float:
        """Return the chance that the promise is kept if it is due then."""
        run = self._run(due_at, part)
        found = run.chance(self.name, run.situation.minute(due_at))
        assert found is not None  # it is, for a moment that is given
        return found

    def finish(self, due_at: datetime, confidence: float) -> datetime | None:
        """Return when the work is done at a confidence, if it is due then."""
        run = self._run(due_at, False)
        minute = run.quantile(self.name, confidence)
        return None if minute >= engine.NEVER else run.situation.moment(minute)

    def losers(self, due_at: datetime, *, part: bool = False) -> list[Promise]:
        """Return the promises that lose by moving this one."""
        before, after = self._run(self.promise.due_at, False), self._run(due_at, part)
        found = []
        for key, other in self.loaded.promises.items():
            if other.pk == self.promise.pk or key in self.loaded.cannot:
                continue
            was = before.chance(f"j{key}", before.situation.minute(other.due_at))
            now = after.chance(f"j{key}", after.situation.minute(other.due_at))
            if was is not None and now is not None and was - now >= NOTABLE:
                found.append(other)
        return found

    def _run(self, due_at: datetime, part: bool) -> "engine.Futures":
        known = self._runs.get((due_at, part))
        if known is None:
            situation = self.loaded.situation
            if due_at == self.loaded.due_of(self.promise) and not part:
                known = engine.base_futures(situation, **self._drawn)
            else:
                situation = situation.redated(self.name, due_at)
                if part:
                    situation = situation.without({s.id for s in self._work if s.optional})
                known = engine.simulate(situation, stages=False, load=False, **self._drawn)
            self._runs[due_at, part] = known
        return known

    @property
    def _drawn(self) -> "Drawn":
        return {"futures": settings.FUTURES, "seed": outlook.seed()}

    @property
    def _work(self) -> "list[engine.Stage]":
        """Its stages but for what others supply."""
        stages = self.loaded.situation.stages
        return [row for row in stages if row.promise == self.name and row.arrives is None]


def ways_of(forecaster: Forecaster) -> Ways:
    """Return what can be offered instead of the present date."""
    if not forecaster.can:
        return Ways(None, None, None)
    promise, now = forecaster.promise, forecaster.now
    part = None
    if forecaster.has_optional and promise.due_at > now:
        part = at(forecaster, promise.due_at, part=True)
    return Ways(forecaster.chance(promise.due_at), _whole(forecaster), part)


def at(forecaster: Forecaster, due_at: datetime, *, part: bool = False) -> Date:
    """Return a date with its chance, and who would lose by it."""
    return Date(
        due_at,
        forecaster.chance(due_at, part=part),
        tuple(forecaster.losers(due_at, part=part)),
    )


def _whole(forecaster: Forecaster) -> Date | None:
    promise, confidence = forecaster.promise, scope.current().asked_confidence
    due_at = promise.due_at
    for _round in range(ROUNDS):
        done_at = forecaster.finish(due_at, confidence)
        if done_at is None:
            return None
        # Where exactly as many futures end by then, the chance is a hair below: the next date.
        later = first_date(promise, due_at + timedelta(minutes=1))
        due_at = max(first_date(promise, done_at), later)
        if forecaster.chance(due_at) >= confidence:
            break
    return at(forecaster, due_at)


def first_date(promise: Promise, done_at: datetime) -> datetime:
    """Return the first date that can be promised from a moment on: its hour of a working day."""
    house, zone = promise.organisation, promise.zone
    hour: time = house.day_ends_at
    if not promise.day_only:
        hour = zones.local(promise.due_at, zone).time()
    day = zones.day_of(done_at, zone)
    while True:
        if days.is_working_day(house, day):
            try:
                moment = zones.moment(day, hour, zone)
            except zones.NoSuchLocalTime:
                moment = None
            if moment is not None and moment >= done_at:
                return moment
        day += timedelta(days=1)

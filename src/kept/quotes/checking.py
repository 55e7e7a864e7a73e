"""The inquiry: can we promise this, by when, and who pays for that yes?

It reserves nothing. What it says is computed from the plan as it is now, and
kept with everything needed to compute it again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from kept import engine, zones
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import making
from kept.jobs.models import Job, Stage
from kept.people import days
from kept.people.models import Member
from kept.plan import loading, outlook
from kept.plan.loading import Loaded
from kept.promises.models import Placement, Promise
from kept.quotes import gauges, wording
from kept.quotes.models import Answer
from kept.tenancy import refusals, scope

#: The confidences that dates are offered at.
LEVELS = (0.50, 0.80, 0.90, 0.95)
#: How many working days ahead dates are looked for.
DAYS_AHEAD = 260
#: A hold is computed in four times as many futures as an answer while typing.
HOLD_TIMES = 4


class NotSizedYet(refusals.Refused):
    """Nothing says how much work it is."""


class NobodyCan(refusals.Refused):
    """Nobody here can do a part of it."""


class WantedInThePast(refusals.Refused):
    """The wanted date has gone by."""


@dataclass(frozen=True)
class DateAt:
    """A date, and the chance to keep it."""

    due_at: datetime
    chance: float
    placement: Placement


@dataclass(frozen=True)
class Level:
    """The first day that is at least this likely; None within a year if there is none."""

    level: float
    date: DateAt | None


@dataclass(frozen=True)
class Pays:
    """A promise or hold that loses (or gains) chance by a yes to one date."""

    job: int
    client: str
    what: str
    before: float
    after: float
    below_line: bool


@dataclass(frozen=True)
class Limits:
    """What limits the 90 % date, lifted alone; signed working days."""

    kind: str
    sentence: str
    days: float
    about: dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """An answer, as every door shows it.

    Attributes:
        stages: name, skill and hours of what was asked for.
        advised: the date kept would give, at the asked confidence; None if there is none.
        without, in_place: the two answers: disturbing nobody, or ranked by its date.
        wanted: the wanted date with its chance.
        curve: the chance at the end of each working day, ascending.
        pays_wanted, pays_advised: who pays for a yes to the wanted and to the advised date.
        overtime_hours: what keeping the wanted date would cost the team, at even chances.
        answer: the stored answer; None while typing.
    """

    what: str
    client: Client | None
    client_name: str
    service: Service | None
    zone: str
    confidence: float
    line: float
    stages: Sequence[StageSketch]
    wanted: DateAt | None
    advised: DateAt | None
    without: DateAt | None
    in_place: DateAt | None
    levels: Sequence[Level]
    curve: Sequence[tuple[datetime, float]]
    pays_wanted: Sequence[Pays]
    pays_advised: Sequence[Pays]
    limits: Sequence[Limits]
    gauges: Sequence[gauges.Gauge]
    overtime_hours: float | None
    expected_hours: float
    known_items: int
    promises_given: int
    futures: int
    seconds: float
    answer: Answer | None


@dataclass(frozen=True)
class Asked:
    """What is asked about, ready for the engine."""

    job: Job
    stages: Sequence[Stage]
    ask: "engine.Ask"
    known: int


def check(
    *,
    what: str,
    stages: Sequence[StageSketch] = (),
    client: Client | None = None,
    client_name: str = "",
    service: Service | None = None,
    like: Service | Promise | None = None,
    wanted_at: datetime | None = None,
    by: Member,
    now: datetime,
    keep: bool = True,
) -> Checked:
    """Answer an ask for a date.

    Args:
        stages: what is to be done; else those of `like`, else those of `service`.
        keep: store the answer and its job as a draft, so that it can be held and recomputed.

    Raises:
        NotSizedYet, NobodyCan, WantedInThePast: the ask cannot be answered as it stands.
    """
    started = time.perf_counter()
    house = scope.current()
    sketches = list(stages) or _sketches_of(like or service)
    if not sketches:
        raise NotSizedYet(
            _("Say how big it is: hours such as “24h”, a range such as “16-40h”, or a service."),
            field="size",
        )
    if wanted_at is not None and wanted_at <= now:
        raise WantedInThePast(
            _("%(moment)s has gone by. Ask for a later date.")
            % {"moment": wording.moment(wanted_at, client.zone if client else house.zone)},
            field="wanted",
        )
    if isinstance(like, Service) and service is None:
        service = like
    zone = client.zone if client is not None else house.zone
    loaded = loading.load(now=now)
    if keep:
        job = making.make(
            title=what, client=client, service=service, stages=sketches, by=by, now=now
        )
        rows = list(job.stages.order_by("position"))
    else:
        job, rows = _unsaved(what, client, service, sketches)
    asked = as_ask(job, rows, loaded=loaded, now=now)
    found = engine.find_dates(
        loaded.situation,
        asked.ask,
        due_candidates=candidates(now=now, zone=zone),
        wanted=wanted_at,
        confidence=house.asked_confidence,
        line=house.line,
        futures=settings.FUTURES,
        seed=outlook.seed(),
    )
    checked = _checked(
        found,
        asked=asked,
        loaded=loaded,
        sketches=sketches,
        client=client,
        client_name=client.name if client is not None else client_name,
        zone=zone,
        wanted_at=wanted_at,
        now=now,
        seconds=time.perf_counter() - started,
    )
    if keep:
        answer = _store(checked, loaded=loaded, asked=asked, by=by, now=now)
        checked = Checked(**{**checked.__dict__, "answer": answer})
    return checked


def candidates(*, now: datetime, zone: str) -> list[datetime]:
    """Return the moments a day-only date can mean: ends of working days in the client's zone."""
    house = scope.current()
    today = zones.day_of(now, zone)
    last = today + timedelta(days=DAYS_AHEAD * 7 // 5)
    found = []
    for day in days.working_days(house, today, last):
        try:
            ends_at = days.end_of(day, zone=zone, house=house)
        except refusals.Refused:
            continue  # that day has no such hour; the next one does
        if ends_at > now:
            found.append(ends_at)
    return found


def as_ask(job: Job, rows: Sequence[Stage], *, loaded: Loaded, now: datetime) -> Asked:
    """Turn a job into what the engine is asked.

    Raises:
        NobodyCan: nobody here can do a stage as it stands.
    """
    table = loading.Stages(jobs={job.pk: job}, people=loaded.people, now=now)
    if job.pk is None or not job._state.adding:
        table.read(rows)
    reason = table.reason_against(job.pk)
    if reason:
        raise NobodyCan(
            _("Nobody can do this as it stands: %(reason)s.") % {"reason": reason}, field="stages"
        )
    promise: dict[str, Any] = {"id": f"j{job.pk}", "accepted": int(now.timestamp())}
    if job.release_at is not None:
        promise["release"] = loading.minute(job.release_at)
    entries = table.entries(job.pk)
    return Asked(
        job=job,
        stages=rows,
        ask=engine.Ask(promise=promise, stages=entries),
        known=table.known(job.pk),
    )


def _sketches_of(like: Service | Promise | None) -> list[StageSketch]:
    match like:
        case Service():
            return making.sketches_of(like)
        case Promise():
            return making.sketches_of_job(like.job)
    return []


def _unsaved(
    what: str, client: Client | None, service: Service | None, sketches: Sequence[StageSketch]
) -> tuple[Job, list[Stage]]:
    """Make a job and stages that exist only in memory, for an answer while typing."""
    return making.unsaved(title=what, client=client, service=service, stages=sketches)

"""The inquiry: can we promise this, by when, and who pays for that yes?

It reserves nothing. What it says is computed from the plan as it is now, and
kept with everything needed to compute it again.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kept import engine, zones
from kept.clients import keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import making
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import days
from kept.people.models import Member
from kept.plan import loading, outlook, pressure
from kept.plan.loading import Loaded
from kept.promises.models import Placement, Promise
from kept.quotes import asking, gauges, wording
from kept.quotes.asking import Asked
from kept.quotes.models import Answer, AnswerDate, AnswerEffect, AnswerLimit
from kept.tenancy import given, refusals, scope

#: The confidences that dates are offered at.
LEVELS = (0.50, 0.80, 0.90, 0.95)
#: How many days ahead dates are looked for.
DAYS_AHEAD = 365
#: The engine looks ten years ahead; what lies beyond has no chance to tell.
FARTHEST = timedelta(days=3650)
#: A hold is computed in four times as many futures as an answer while typing.
HOLD_TIMES = 4


class NotSizedYet(refusals.Refused):
    """Nothing says how much work it is."""


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
        overtime_hours: what keeping the wanted date at the asked confidence would cost the team.
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
    if isinstance(like, Service) and service is None:
        service = like
    source = like if like is not None else service
    sketches = list(stages) or ([] if source is None else asking.sketches_like(source))
    if not sketches:
        raise NotSizedYet(
            _("Say how big it is: hours such as “24h”, a range such as “16-40h”, or a service."),
            field="size",
        )
    zone = client.zone if client is not None else house.zone
    if wanted_at is not None and wanted_at <= now:
        raise WantedInThePast(
            _("%(moment)s has gone by. Ask for a later date.")
            % {"moment": wording.moment(wanted_at, zone)},
            field="wanted",
        )
    if wanted_at is not None:
        refuse_too_far(wanted_at, zone=zone, now=now, field="wanted")
    what = given.one_line(what, called=_("What is asked for"), field="what", longest=200)
    loaded = loading.load(now=now)
    asked = asking.asked(sketches, client=client, service=service, loaded=loaded, now=now)
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
        what=what,
        asked=asked,
        loaded=loaded,
        client=client,
        client_name=client.name if client is not None else client_name,
        service=service,
        zone=zone,
        now=now,
        started=started,
    )
    if keep:
        return replace(checked, answer=_store(checked, loaded=loaded, asked=asked, by=by, now=now))
    return checked


def refuse_too_far(moment: datetime, *, zone: str, now: datetime, field: str) -> None:
    """Pass if a moment lies where chances can be told.

    Raises:
        Refused: it is more than ten years ahead.
    """
    if moment > now + FARTHEST:
        raise refusals.Refused(
            _("%(moment)s is too far away: dates are forecast for ten years. Say an earlier one.")
            % {"moment": wording.moment(moment, zone)},
            field=field,
        )


def candidates(*, now: datetime, zone: str) -> list[datetime]:
    """Return the moments a day-only date can mean: ends of working days in the client's zone."""
    house = scope.current()
    today = zones.day_of(now, zone)
    found = []
    for day in days.working_days(house, today, today + timedelta(days=DAYS_AHEAD)):
        try:
            ends_at = days.end_of(day, zone=zone, house=house)
        except refusals.Refused:
            continue  # that day has no such hour; the next one has
        if ends_at > now:
            found.append(ends_at)
    return found


def _checked(
    found: "engine.Dates",
    *,
    what: str,
    asked: Asked,
    loaded: Loaded,
    client: Client | None,
    client_name: str,
    service: Service | None,
    zone: str,
    now: datetime,
    started: float,
) -> Checked:
    """Turn the engine's ids and minutes into what doors show."""
    house = scope.current()
    measured = pressure.measure(loaded, now=now)
    advised = _date_of(found, found.advised, house.asked_confidence)
    wanted = None
    if found.wanted is not None and found.chance_wanted is not None:
        wanted = DateAt(found.wanted, found.chance_wanted, Placement.BY_DATE)
    ids = [name for limit in found.limits for name in limit.ids]
    ids += [effect.promise_id for effect in (*found.effects_wanted, *found.effects_advised)]
    names = wording.Names(wording.keys_of(ids))
    by_at = (wanted or advised or DateAt(now + timedelta(weeks=4), 0.5, Placement.BY_DATE)).due_at
    return Checked(
        what=what,
        client=client,
        client_name=client_name,
        service=service,
        zone=zone,
        confidence=house.asked_confidence,
        line=house.line,
        stages=asked.sketches,
        wanted=wanted,
        advised=advised,
        without=_date_of(found, "without", house.asked_confidence),
        in_place=_date_of(found, "in_place", house.asked_confidence),
        levels=[
            Level(
                level,
                None
                if (due_at := found.at(level)) is None
                else DateAt(due_at, found.shown.chance(due_at), _placement(found.advised)),
            )
            for level in LEVELS
        ],
        curve=found.curve,
        pays_wanted=_pays(found.effects_wanted, names),
        pays_advised=_pays(found.effects_advised, names),
        limits=[
            Limits(
                kind=limit.kind,
                sentence=wording.limit(limit.kind, list(limit.ids), _about(limit), names),
                days=limit.days,
                about=_about(limit),
            )
            for limit in found.limits
        ],
        gauges=gauges.read(measured, stages=asked.stages, hours=asked.hours, by_at=by_at, now=now),
        overtime_hours=None
        if found.overtime is None
        else found.overtime.quantile(house.asked_confidence),
        expected_hours=sum(asked.hours),
        known_items=asked.known,
        promises_given=len(loaded.promises),
        futures=settings.FUTURES,
        seconds=time.perf_counter() - started,
        answer=None,
    )


def _date_of(found: "engine.Dates", way: str | None, confidence: float) -> DateAt | None:
    """Return the date of one of the two answers, with its chance."""
    outcome = found.in_place if way == "in_place" else found.without if way else None
    if outcome is None:
        return None
    due_at = outcome.due if way == "in_place" else outcome.at(confidence)
    if due_at is None:
        return None
    return DateAt(due_at, outcome.chance(due_at), _placement(way))


def _placement(way: str | None) -> Placement:
    return Placement.YIELDS if way == "without" else Placement.BY_DATE


def _pays(effects: Sequence["engine.Effect"], names: wording.Names) -> list[Pays]:
    """Keep the changes worth a word (domain rule 19), the largest loss first."""
    rows = []
    for effect in effects:
        if not effect.notable:
            continue
        key = int(effect.promise_id[1:])
        job = names.jobs[key]
        rows.append(
            Pays(
                job=key,
                client=job.client.name if job.client else "",
                what=job.title,
                before=effect.before,
                after=effect.after,
                below_line=effect.below_line,
            )
        )
    return sorted(rows, key=lambda row: row.after - row.before)


def _about(limit: "engine.Limit") -> dict[str, Any]:
    about: dict[str, Any] = {"ids": list(limit.ids)}
    if limit.from_on is not None:
        about |= {
            "from": limit.from_on.isoformat(),
            "to": (limit.to_on or limit.from_on).isoformat(),
        }
    if limit.on:
        about["on"] = [day.isoformat() for day in limit.on]
    return about


def _store(checked: Checked, *, loaded: Loaded, asked: Asked, by: Member, now: datetime) -> Answer:
    """Keep an answer with its draft job and all that is needed to compute it again."""
    with transaction.atomic():
        client = checked.client
        if client is None and checked.client_name:
            client = keeping.find_or_add(checked.client_name, by=by, now=now)
        job = making.make(
            title=checked.what,
            client=client,
            service=checked.service,
            stages=checked.stages,
            by=by,
            now=now,
        )
        answer = Answer.objects.create(
            job=job,
            client=client,
            wanted_at=None if checked.wanted is None else checked.wanted.due_at,
            zone=checked.zone,
            confidence=checked.confidence,
            line=checked.line,
            chance_wanted=None if checked.wanted is None else checked.wanted.chance,
            advised="" if checked.advised is None else checked.advised.placement,
            asked_at=now,
            asked_by=by,
            snapshot=loading.keep(loaded, now=now),
            plan_fingerprint=loaded.fingerprint,
            ask=asked.fragment(),
            story={
                "curve": [[at.isoformat(), round(chance, 4)] for at, chance in checked.curve],
                "overtime_hours": checked.overtime_hours,
                "expected_hours": checked.expected_hours,
                "known_items": checked.known_items,
                "gauges": [vars(gauge) for gauge in checked.gauges],
            },
            seed=outlook.seed(),
            futures=checked.futures,
            engine_version=engine.ENGINE_VERSION,
            profile_version=loaded.profile_version,
        )
        AnswerDate.objects.bulk_create(_dates(answer, checked))
        AnswerEffect.objects.bulk_create(
            AnswerEffect(
                answer=answer,
                why=why,
                job_id=pays.job,
                chance_before=pays.before,
                chance_after=pays.after,
                below_line=pays.below_line,
            )
            for why, rows in (
                (AnswerDate.Why.WANTED, checked.pays_wanted),
                (AnswerDate.Why.IN_PLACE, checked.pays_advised),
            )
            for pays in rows
        )
        AnswerLimit.objects.bulk_create(
            AnswerLimit(answer=answer, kind=limit.kind, about=limit.about, days=limit.days)
            for limit in checked.limits
        )
        recording.record(
            Event.Kind.ANSWERED,
            about=answer,
            by=by,
            at=now,
            chance=answer.chance_wanted,
            facts={
                "job": job.pk,
                "wanted_at": recording.plain(answer.wanted_at),
                "advised_at": None
                if checked.advised is None
                else recording.plain(checked.advised.due_at),
            },
        )
    return answer


def _dates(answer: Answer, checked: Checked) -> list[AnswerDate]:
    said = [
        *((AnswerDate.Why.LEVEL, level.level, level.date) for level in checked.levels),
        (AnswerDate.Why.WANTED, None, checked.wanted),
        (AnswerDate.Why.WITHOUT, None, checked.without),
        (AnswerDate.Why.IN_PLACE, None, checked.in_place),
    ]
    return [
        AnswerDate(
            answer=answer,
            why=why,
            level=level,
            due_at=date.due_at,
            placement=date.placement,
            chance=date.chance,
        )
        for why, level, date in said
        if date is not None
    ]


def again(answer: Answer) -> "engine.Dates":
    """Compute a kept answer again, from the situation, seed and ask that were kept with it."""
    plan = loading.kept_plan(answer.snapshot)
    ask = engine.Ask(promise=answer.ask["promise"], stages=answer.ask["stages"])
    with scope.acting_in(answer.organisation):
        return engine.find_dates(
            engine.Situation.from_document(plan),
            ask,
            due_candidates=candidates(now=answer.asked_at, zone=answer.zone),
            wanted=answer.wanted_at,
            confidence=answer.confidence,
            line=answer.line,
            futures=answer.futures,
            seed=answer.seed,
        )

"""The inquiry: can we promise this, by when, and who pays for that yes?

It reserves nothing. What it says is computed from the plan as it is now, and
kept with everything needed to compute it again.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from kept import engine, words
from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import making
from kept.jobs.lines import Effort
from kept.people.models import Member
from kept.plan import loading, outlook, pressure
from kept.promises.models import Placement, Promise
from kept.quotes import answers, asking, gauges, moments, ways, wording
from kept.quotes.asking import Asked, Change
from kept.quotes.checked import (
    Checked,
    DateAt,
    Level,
    Limits,
    NoSuchWay,
    NotSizedYet,
    Offer,
    Pays,
    WantedInThePast,
)
from kept.quotes.models import Answer
from kept.tenancy import given, refusals, scope

#: The confidences that dates are offered at.
LEVELS = (0.50, 0.80, 0.90, 0.95)
#: The shares of futures that the overtime for an early date is said for.
OVERTIME_LEVELS = (0.50, 0.80, 0.90)
#: How sure one may want to be.
LEAST_SURE, MOST_SURE = 0.50, 0.99
#: A hold is computed in four times as many futures as an answer while typing.
HOLD_TIMES = 4


def check(
    *,
    what: str,
    stages: Sequence[StageSketch] = (),
    size: Effort | None = None,
    skill: str | None = None,
    client: Client | None = None,
    client_name: str = "",
    service: Service | None = None,
    like: Service | Promise | None = None,
    wanted_at: datetime | None = None,
    confidence: float | None = None,
    change: Change | None = None,
    by: Member,
    now: datetime,
    keep: bool = True,
) -> Checked:
    """Answer an ask for a date.

    Args:
        stages: what is to be done; else those of `like`, else those of `service`.
        size: how large it is: the stages of a service or of an earlier promise are scaled to
            it; without any it is one stage, that needs `skill`.
        confidence: how sure the date is to be; else as sure as the house offers dates.
        change: less of it, or other people, as one of an answer's offers said.
        keep: store the answer and its job as a draft, so that it can be held and recomputed.

    Raises:
        NotSizedYet, NobodyCan, WantedInThePast: the ask cannot be answered as it stands.
    """
    checked = work_out(
        what=what,
        stages=stages,
        size=size,
        skill=skill,
        client=client,
        client_name=client_name,
        service=service,
        like=like,
        wanted_at=wanted_at,
        confidence=confidence,
        change=change,
        now=now,
    )
    return answers.store(checked, by=by) if keep else checked


def work_out(
    *,
    what: str,
    stages: Sequence[StageSketch] = (),
    size: Effort | None = None,
    skill: str | None = None,
    client: Client | None = None,
    client_name: str = "",
    service: Service | None = None,
    like: Service | Promise | None = None,
    wanted_at: datetime | None = None,
    confidence: float | None = None,
    change: Change | None = None,
    now: datetime,
    reasons: bool = True,
    why_not: bool = False,
) -> Checked:
    """Answer an ask without storing anything; as `check`.

    Args:
        reasons: whether to work out limits, overtime and every offer, or only the dates.
        why_not: work out the limits all the same where the wanted date lies under the line.
    """
    started = time.perf_counter()
    house = scope.current()
    confidence = house.asked_confidence if confidence is None else _sure(confidence)
    if isinstance(like, Service) and service is None:
        service = like
    sketches = _sketches(what, stages, size, skill, like if like is not None else service)
    zone = client.zone if client is not None else house.zone
    if wanted_at is not None and wanted_at <= now:
        raise WantedInThePast(
            _("%(moment)s has gone by. Ask for a later date.")
            % {"moment": wording.moment(wanted_at, zone, today=now)},
            field="wanted",
        )
    if wanted_at is not None:
        moments.refuse_too_far(wanted_at, zone=zone, now=now, field="wanted")
    what = given.one_line(what, called=_("What is asked for"), field="what", longest=200)
    sketches = catalogue.checked(sketches)
    if change is not None:
        sketches = asking.changed(sketches, change)
    loaded = loading.load(now=now)
    dues = moments.candidates(now=now, zone=zone)

    def asks(changed: Change) -> Asked:
        return asking.asked(
            asking.changed(sketches, changed),
            client=client,
            service=service,
            loaded=loaded,
            now=now,
        )

    def find(ask: "engine.Ask", *, limits: bool = False) -> "engine.Dates":
        return engine.find_dates(
            loaded.situation,
            ask,
            due_candidates=dues,
            wanted=wanted_at,
            confidence=confidence,
            line=house.line,
            futures=settings.FUTURES,
            seed=outlook.seed(),
            limits=limits,
        )

    asked = asks(Change())
    found = find(asked.ask, limits=reasons)
    under = found.chance_wanted is not None and found.chance_wanted < house.line
    if why_not and under and not reasons:
        found = find(asked.ask, limits=True)
    question = ways.Question(loaded, asked, found, asks, find)
    return _checked(
        question,
        what=what,
        client=client,
        client_name=client.name if client is not None else client_name,
        service=service,
        zone=zone,
        now=now,
        reasons=reasons,
        started=started,
    )


def _sure(confidence: float) -> float:
    if not LEAST_SURE <= confidence <= MOST_SURE:
        raise refusals.Refused(
            _("As sure as %(least)s to %(most)s: beyond that no past can tell.")
            % {"least": words.percent(LEAST_SURE), "most": words.percent(MOST_SURE)},
            field="confidence",
        )
    return confidence


def _sketches(
    what: str,
    stages: Sequence[StageSketch],
    size: Effort | None,
    skill: str | None,
    source: Service | Promise | None,
) -> list[StageSketch]:
    """Return the stages to ask about: as said, as those of the source, or one of the size."""
    if stages:
        return list(stages)
    usual = [] if source is None else asking.sketches_like(source)
    if usual:
        return usual if size is None else asking.scaled(usual, size)
    if size is None:
        raise NotSizedYet(
            _("Say how big it is: hours such as “24h”, a range such as “16-40h”, or a service."),
            field="size",
        )
    return [
        StageSketch(
            name=what.strip()[:120] or _("The work"),
            likely_hours=size.likely_hours,
            low_hours=size.low_hours,
            high_hours=size.high_hours,
            skill=skill,
            finishing=True,
        )
    ]


def take(answer: Answer, kind: str, *, by: Member, now: datetime) -> Checked:
    """Answer again for one of a kept answer's offers, as an answer of its own to be held.

    Raises:
        NoSuchWay: the answer has no offer of this kind.
    """
    return answers.store(taken(answer, kind, now=now), by=by)


def taken(answer: Answer, kind: str, *, now: datetime) -> Checked:
    """Work out one of a kept answer's offers, without storing anything; as `take`."""
    offer = next((row for row in answer.story.get("offers", ()) if row["kind"] == kind), None)
    if offer is None:
        raise NoSuchWay(
            _("This answer has no offer “%(kind)s”.") % {"kind": kind[:40]}, field="kind"
        )
    return work_out(
        what=answer.job.title,
        stages=making.sketches_of_job(answer.job),
        client=answer.client,
        service=answer.job.service,
        wanted_at=answer.wanted_at,
        confidence=answer.confidence,
        change=Change.read(offer["change"]),
        now=now,
    )


def _checked(
    question: ways.Question,
    *,
    what: str,
    client: Client | None,
    client_name: str,
    service: Service | None,
    zone: str,
    now: datetime,
    reasons: bool,
    started: float,
) -> Checked:
    """Turn the engine's ids and minutes into what doors show."""
    found, loaded, asked = question.found, question.loaded, question.asked
    measured = pressure.measure(loaded, now=now)
    confidence = found.confidence
    advised = _date_of(found, found.advised)
    wanted = None
    if found.wanted is not None and found.chance_wanted is not None:
        wanted = DateAt(found.wanted, found.chance_wanted, Placement.BY_DATE)
    walked = ways.two_roads(question) if reasons else None
    offered = ways.all_of(question, walked=walked) if reasons else ways.plain(found)
    ids = [name for limit in found.limits for name in limit.ids]
    ids += [effect.promise_id for effect in (*found.effects_wanted, *found.effects_advised)]
    ids += [effect.promise_id for way in offered for effect in way.effects]
    ids += [f"m{member}" for way in offered for _position, member in way.change.owners]
    names = wording.Names(wording.keys_of(ids))
    by_at = (wanted or advised or DateAt(now + timedelta(weeks=4), 0.5, Placement.BY_DATE)).due_at
    return Checked(
        what=what,
        client=client,
        client_name=client_name,
        service=service,
        zone=zone,
        confidence=confidence,
        line=found.line,
        stages=asked.sketches,
        wanted=wanted,
        advised=advised,
        without=_date_of(found, "without"),
        in_place=_date_of(found, "in_place"),
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
        offers=[
            Offer(
                kind=way.kind,
                date=DateAt(way.due_at, way.chance, way.placement),
                sentence=wording.way(
                    way.kind,
                    stages=[stage.name for stage in asked.sketches],
                    change=way.change,
                    overtime_hours=way.overtime_hours,
                    names=names,
                ),
                pays=_pays(way.effects, names),
                change=way.change,
                overtime_hours=way.overtime_hours,
            )
            for way in offered
        ],
        overtime=[]
        if walked is None
        else [(level, walked.overtime(level)) for level in OVERTIME_LEVELS],
        overtime_hours=None if walked is None else walked.overtime(confidence),
        reasons=reasons,
        expected_hours=sum(asked.hours),
        known_items=asked.known,
        promises_given=len(loaded.promises),
        futures=found.futures,
        seconds=time.perf_counter() - started,
        asked_at=now,
        loaded=loaded,
        asked=asked,
        found=found,
    )


def _date_of(found: "engine.Dates", way: str | None) -> DateAt | None:
    """Return the date of one of the two answers, with its chance."""
    outcome = found.in_place if way == "in_place" else found.without if way else None
    if outcome is None:
        return None
    due_at = outcome.due if way == "in_place" else outcome.at(found.confidence)
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

"""Answers that are kept, with all that is needed to compute them again."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from kept import engine
from kept.clients import keeping
from kept.jobs import making
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people.models import Member
from kept.plan import loading, outlook
from kept.quotes import moments
from kept.quotes.checked import Checked, Offer
from kept.quotes.models import Answer, AnswerDate, AnswerEffect, AnswerLimit
from kept.tenancy import scope


def store(checked: Checked, *, by: Member) -> Checked:
    """Keep an answer with its draft job and all that is needed to compute it again."""
    loaded, now = checked.loaded, checked.asked_at
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
            ask=checked.asked.fragment(),
            story={
                "curve": [[at.isoformat(), round(chance, 4)] for at, chance in checked.curve],
                "overtime": [[level, hours] for level, hours in checked.overtime],
                "overtime_hours": checked.overtime_hours,
                "offers": [_offer_kept(offer) for offer in checked.offers],
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
    return replace(checked, answer=answer)


def _offer_kept(offer: Offer) -> dict[str, Any]:
    """Return an offer as it is kept with its answer: keys only, no names."""
    return {
        "kind": str(offer.kind),
        "due_at": offer.date.due_at.isoformat(),
        "chance": offer.date.chance,
        "placement": str(offer.date.placement),
        "change": str(offer.change),
        "overtime_hours": offer.overtime_hours,
        "pays": [[row.job, row.before, row.after, row.below_line] for row in offer.pays],
    }


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
            due_candidates=moments.candidates(now=answer.asked_at, zone=answer.zone),
            wanted=answer.wanted_at,
            confidence=answer.confidence,
            line=answer.line,
            futures=answer.futures,
            seed=answer.seed,
            limits=False,
        )

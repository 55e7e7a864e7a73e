"""What comes back: I know; done by, blocked by, need help; it is over; was it useful?

Saying that one knows stops the ladder, and owes an answer soon. An answer is a
small promise with a clock of its own: when that passes and the work is not
there, the alarm is raised again, one rung further up.
"""

import logging
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.last_mile import delegating, raising, rules, states
from kept.last_mile.models import Alarm, AlarmAnswer, Kind, Notice
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, NotAllowed, Refused

log = logging.getLogger(__name__)

Outcome = AlarmAnswer.Outcome


class NotAsked(NotAllowed):
    """Somebody else was asked."""


class AnsweredOtherwise(Conflict):
    """The answer ended before."""


def may_answer(alarm: Alarm, member: Member) -> bool:
    """Say whether it is somebody's to acknowledge and answer: who heard of it, or sees it over."""
    if not member.may(Role.MEMBER):
        return False
    return (
        alarm.asked_id == member.pk
        or member.may(Role.LEAD)
        or (alarm.promise is not None and delegating.may_chase(alarm.promise, member))
        or Notice.objects.filter(alarm=alarm, member=member).exists()
    )


def acknowledge(alarm: Alarm, *, by: Member, now: datetime) -> Alarm:
    """Say that one knows: the ladder stops, and an answer is owed soon.

    Raises:
        NotAsked: it is nothing to `by`.
        MoveNotAllowed: somebody did before, or it is over.
    """
    _demand(alarm, by)
    wait = rules.rules()[Kind.ANSWER].amount or 0
    due_at = days.later_by(scope.current(), now, int(wait), zone=alarm.asked.zone)
    with transaction.atomic():
        alarm = states.move(
            alarm, "acknowledge", acknowledged_at=now, acknowledged_by=by, answer_due_at=due_at
        )
        _record(Event.Kind.ALARM_ACKNOWLEDGED, alarm, [alarm], by=by, now=now)
    return alarm


def answer(
    alarm: Alarm,
    *,
    kind: AlarmAnswer.Kind,
    due_at: datetime,
    by: Member,
    now: datetime,
    words: str = "",
) -> AlarmAnswer:
    """Answer: done by then, blocked until then, or help is needed by then.

    A later answer takes the place of the one before.

    Raises:
        NotAsked: it is nothing to `by`.
        Refused: a moment that has gone by, or no word about what blocks or is needed.
        MoveNotAllowed: it is over.
    """
    _demand(alarm, by)
    due_at = given.moment(due_at, called=_("By"), field="due_at")
    if due_at <= now:
        raise Refused(_("That moment has gone by. Say a later one."), field="due_at")
    kind = AlarmAnswer.Kind(kind)
    words = given.one_line(
        words,
        called=_("What it is"),
        field="words",
        longest=300,
        needed=kind is not AlarmAnswer.Kind.DONE_BY,
    )
    with transaction.atomic():
        alarm = _locked(alarm)
        first: dict[str, Any] = {}
        if alarm.acknowledged_at is None:
            first = {"acknowledged_at": now, "acknowledged_by": by}
        alarm = states.move(alarm, "answer", answer_due_at=None, **first)
        rows: list[models.Model] = [alarm, *_end_running(alarm, Outcome.REPLACED, now=now)]
        row = AlarmAnswer.objects.create(
            alarm=alarm, kind=kind, words=words, said_at=now, said_by=by, due_at=due_at
        )
        _record(
            Event.Kind.ALARM_ANSWERED,
            alarm,
            [*rows, row],
            by=by,
            now=now,
            answer=row.pk,
            said=str(kind),
            due_at=recording.plain(due_at),
        )
    return row


def close(
    alarm: Alarm, *, by: Member | None, now: datetime, why: Alarm.Why = Alarm.Why.PERSON
) -> Alarm:
    """Close an alarm: it is done, what raised it is over, or a person says so.

    Raises:
        NotAsked: it is nothing to `by`.
        MoveNotAllowed: it is over.
    """
    if by is not None:
        _demand(alarm, by)
    outcome = {Alarm.Why.DONE: Outcome.KEPT, Alarm.Why.MISSED: Outcome.MISSED}.get(
        why, Outcome.MOOT
    )
    with transaction.atomic():
        alarm = _locked(alarm)
        alarm = states.move(alarm, "close", closed_at=now, closed_by=by, closed_why=why)
        rows: list[models.Model] = [alarm, *_end_running(alarm, outcome, now=now)]
        _record(Event.Kind.ALARM_CLOSED, alarm, rows, by=by, now=now, why=str(why))
    return alarm


def rate(row: AlarmAnswer, *, useful: bool, by: Member, now: datetime) -> AlarmAnswer:
    """Say whether being asked was of use; that is one's own to know.

    Raises:
        NotAsked: somebody else answered.
    """
    access.demand(by, Role.MEMBER)
    if row.said_by_id != by.pk:
        raise NotAsked(_("Whoever answered says whether it was of use."))
    with transaction.atomic():
        AlarmAnswer.objects.filter(pk=row.pk).update(useful=useful)
        row.refresh_from_db()
        # What was said is nobody else's: the event tells that it was said, and no more.
        _record(Event.Kind.ALARM_ANSWER_RATED, row.alarm, [], by=by, now=now, answer=row.pk)
    return row


def overdue(*, now: datetime) -> list[Alarm]:
    """Raise again what was answered and did not come true in time, and what got no answer.

    The next alarm goes on one rung above the last one that was climbed.
    """
    found = []
    on = rules.rules()[Kind.ANSWER].on
    silent = Alarm.objects.filter(
        state=Alarm.State.ACKNOWLEDGED, answer_due_at__isnull=False, answer_due_at__lte=now
    )
    missed = AlarmAnswer.objects.filter(ended_at__isnull=True, due_at__lte=now)
    cases: list[tuple[Alarm, AlarmAnswer | None]] = [
        (alarm, None) for alarm in silent.order_by("answer_due_at", "pk")
    ]
    cases += [(row.alarm, row) for row in missed.select_related("alarm").order_by("due_at", "pk")]
    for alarm, said in cases:
        try:
            again = _again(alarm, said, on=on, now=now)
        except Exception:
            # It holds up no other, and is tried again with the next round.
            log.exception("What alarm %s is owed could not be asked for", alarm.pk)
            continue
        if again is not None:
            found.append(again)
    return found


def _again(alarm: Alarm, said: AlarmAnswer | None, *, on: bool, now: datetime) -> Alarm | None:
    """Raise again what is owed, unless somebody answered in this very moment."""
    with transaction.atomic():
        alarm = _locked(alarm)
        if said is None:
            owed = alarm.state == Alarm.State.ACKNOWLEDGED
        else:
            owed = alarm.answers.filter(pk=said.pk, ended_at__isnull=True).exists()
        if not owed:
            return None
        close(alarm, by=None, now=now, why=Alarm.Why.MISSED)
        if not on:
            return None
        climbed = Notice.objects.filter(alarm=alarm).aggregate(models.Max("rung"))["rung__max"]
        return raising.raise_alarm(
            Kind.ANSWER,
            cause=f"answer:{alarm.pk}:{'silent' if said is None else f'answer {said.pk}'}",
            asked=alarm.asked,
            now=now,
            rung=(climbed or 0) + 1,
            follows=alarm,
            question=alarm.question,
            **{
                name: getattr(alarm, name)
                for name in ("promise", "job", "stage", "responsibility", "obligation")
            },
        )


def _end_running(alarm: Alarm, outcome: AlarmAnswer.Outcome, *, now: datetime) -> list[AlarmAnswer]:
    rows = list(AlarmAnswer.objects.filter(alarm=alarm, ended_at__isnull=True))
    for row in rows:
        row.outcome, row.ended_at = outcome, now
        row.save(update_fields=["outcome", "ended_at"])
    return rows


def _locked(alarm: Alarm) -> Alarm:
    rows = Alarm.objects.select_related("asked", "promise__job", "stage")
    return rows.select_for_update(no_key=True, of=("self",)).get(pk=alarm.pk)


def _demand(alarm: Alarm, by: Member) -> None:
    access.demand(by, Role.MEMBER)
    if not may_answer(alarm, by):
        raise NotAsked(_("%(name)s was asked, not you.") % {"name": alarm.asked.first_name})


def _record(
    event: Event.Kind,
    alarm: Alarm,
    rows: list[models.Model],
    *,
    by: Member | None,
    now: datetime,
    **facts: recording.Json,
) -> None:
    recording.record(
        event,
        about=alarm,
        by=by,
        at=now,
        rows=rows,
        facts={"promise": alarm.promise_id, "member": alarm.asked_id, **facts},
    )

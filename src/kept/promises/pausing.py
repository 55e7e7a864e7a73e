"""The clock stands while the client owes something: rule 4.

A pause starts with its notice, once the obligation is overdue, and ends on
receipt. It is never backdated. It moves the due moment of terms that were
agreed before it, by the working time it stood; what was lost beyond that must
be renegotiated.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words
from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Obligation
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.promises import states, terms, writing
from kept.promises.models import Pause, Promise
from kept.tenancy import refusals, scope


class NotOverdueYet(refusals.Conflict):
    """What the client owes is not due yet, or came."""


def pause(promise: Promise, *, obligation: Obligation, by: Member, now: datetime) -> Pause:
    """Give notice that the clock stands from now, because something overdue has not come.

    Raises:
        MoveNotAllowed: the promise is not active.
        NotOverdueYet: the obligation is not overdue, or was met.
        Refused: the obligation belongs to other work.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = states.locked(promise)
        states.demand(promise, "pause")
        obligation = Obligation.objects.select_for_update(no_key=True).get(pk=obligation.pk)
        _refuse_unless_overdue(promise, obligation, now)
        promise = states.move(promise, "pause")
        row = Pause.objects.create(
            promise=promise, obligation=obligation, notice_at=now, started_at=now, started_by=by
        )
        recording.record(
            Event.Kind.PROMISE_PAUSED,
            about=promise,
            by=by,
            at=now,
            rows=[promise, row],
            promise=promise,
            facts={"obligation": obligation.pk, "pause": row.pk},
        )
        writing.paused(row, by=by, now=now)
    return row


def resume(promise: Promise, *, by: Member, now: datetime) -> Pause:
    """End a pause although nothing came: the clock runs on.

    Raises:
        MoveNotAllowed: the promise is not paused.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = states.locked(promise)
        promise = states.move(promise, "resume")
        row = end(promise, now=now)
        _say_resumed(promise, row, by=by, now=now)
    return row


def receive(
    obligation: Obligation,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
) -> Obligation:
    """Note that the client supplied what they owed; a pause that waited for it ends.

    Args:
        by: the member to whom it came.
        contact: whoever said by link that it was sent; then `by` stays empty.
    """
    if by is not None:
        access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = Promise.objects.filter(job_id=obligation.job_id).first()
        if promise is not None:
            promise = states.locked(promise)
        obligation = making.meet_obligation(obligation, by=by, contact=contact, now=now)
        running = Pause.objects.filter(promise=promise, obligation=obligation, ended_at=None)
        if promise is not None and promise.state == Promise.State.PAUSED and running.exists():
            promise = states.move(promise, "resume")
            _say_resumed(promise, end(promise, now=now), by=by, now=now)
    return obligation


def end(promise: Promise, *, now: datetime) -> Pause:
    """End the running pause of a promise, and move its due moment; the caller writes the event."""
    house = scope.current()
    row = Pause.objects.get(promise=promise, ended_at__isnull=True)
    row.ended_at = max(now, row.started_at)
    row.working_minutes = days.working_minutes(
        house, row.started_at, row.ended_at, zone=promise.zone
    )
    row.save(update_fields=["ended_at", "working_minutes"])
    last = terms.last_of(promise)
    due_at = terms.due_of(
        last, Pause.objects.filter(promise=promise), zone=promise.zone, house=house, now=now
    )
    if due_at != promise.due_at:
        set_due(promise, due_at, since=last.agreed_at)
    return row


def set_due(promise: Promise, due_at: datetime, *, since: datetime) -> None:
    """Write a promise's current due moment, and the internal date that follows from it."""
    house = scope.current()
    promise.due_at = due_at
    promise.day_only = promise.day_only and terms.is_day_end(due_at, zone=promise.zone, house=house)
    promise.internal_due_at = terms.internal_date(due_at, now=since, house=house)
    promise.save(update_fields=["due_at", "day_only", "internal_due_at"])


def stop(promise: Promise, *, now: datetime) -> list[Pause]:
    """End the pause that runs, if one does, because the promise is delivered or ends."""
    if not Pause.objects.filter(promise=promise, ended_at__isnull=True).exists():
        return []
    return [end(promise, now=now)]


def _say_resumed(promise: Promise, row: Pause, *, by: Member | None, now: datetime) -> None:
    recording.record(
        Event.Kind.PROMISE_RESUMED,
        about=promise,
        by=by,
        at=now,
        rows=[promise, row],
        promise=promise,
        facts={
            "pause": row.pk,
            "working_minutes": row.working_minutes,
            "due_at": recording.plain(promise.due_at),
        },
    )


def _refuse_unless_overdue(promise: Promise, obligation: Obligation, now: datetime) -> None:
    if obligation.job_id != promise.job_id:
        raise refusals.Refused(
            _("“%(what)s” belongs to other work. Name something that the client owes for this.")
            % {"what": obligation.what},
            field="obligation_id",
        )
    if obligation.met_at is not None:
        raise NotOverdueYet(
            _("“%(what)s” came on %(moment)s, so the clock runs. Nothing was changed.")
            % {
                "what": obligation.what,
                "moment": words.moment(obligation.met_at, promise.zone),
            },
            field="obligation_id",
        )
    if obligation.due_at > now:
        raise NotOverdueYet(
            _(
                "“%(what)s” is due %(moment)s. The clock can stand from then on, not before. "
                "Nothing was changed."
            )
            % {
                "what": obligation.what,
                "moment": words.moment(obligation.due_at, promise.zone),
            },
            field="obligation_id",
        )

"""The clock stands while the client owes something: rule 4.

Notice can be given before the obligation is overdue. The pause starts at the
later of the two moments, by itself, and ends on receipt. It is never
backdated. It moves the due moment of terms that were agreed before it, by the
working time it stood; what was lost beyond that must be renegotiated.

A notice is a row that begins later. Where nothing came of it, because what was
owed came in time or the promise ended, it ends at the moment it would have
begun: it stood for no time at all.
"""

from datetime import datetime
from typing import Any

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
from kept.promises import states, telling, terms, writing
from kept.promises.models import Pause, Promise, ToldHow
from kept.promises.telling import InPerson
from kept.tenancy import refusals, scope


class CameAlready(refusals.Conflict):
    """What the client owes came, so nothing is waited for."""


class NoticeGiven(refusals.Conflict):
    """The client was told already from when the clock stands, for this promise."""


class NoNotice(refusals.Conflict):
    """No notice waits for its moment."""


def pause(
    promise: Promise,
    *,
    obligation: Obligation,
    by: Member,
    now: datetime,
    in_person: InPerson | None = None,
) -> Pause:
    """Give notice that the clock stands from now, or from when the obligation is overdue.

    Args:
        in_person: that somebody told them; None, a letter does. It stands from when that is
            written down, and never before.

    Raises:
        NobodyToWriteTo: no letter can go, and nobody told them in person.
        MoveNotAllowed: the promise is not active.
        CameAlready: the obligation was met.
        NoticeGiven: notice was given for something else before, and its moment is to come.
        Refused: the obligation belongs to other work.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = _begun(states.locked(promise), now=now)
        states.demand(promise, "pause")
        obligation = Obligation.objects.select_for_update(no_key=True).get(pk=obligation.pk)
        _refuse_unless_owed(promise, obligation)
        _refuse_a_second_notice(promise)
        told = telling.told(promise, in_person, since=promise.given_at, now=now)
        begins_at = max(now, obligation.due_at)
        row = Pause.objects.create(
            promise=promise,
            obligation=obligation,
            notice_at=told.at,
            notice_how=told.how,
            notice_contact=told.contact,
            started_at=begins_at,
            started_by=by,
        )
        if begins_at > now:
            _say(Event.Kind.PAUSE_NOTICED, promise, row, _since(row), by=by, now=now)
        else:
            _begin(promise, row, by=by, now=now)
        if told.how == ToldHow.LINK:
            writing.paused(row, by=by, now=now)
    return row


def begin_due(*, now: datetime) -> int:
    """Let the clock stand where notice was given and its moment has come; return how often.

    It stands from that moment, whenever this is called.
    """
    begun = 0
    waiting = Pause.objects.filter(
        ended_at__isnull=True, started_at__lte=now, promise__state=Promise.State.ACTIVE
    )
    for row in waiting.select_related("promise").order_by("started_at", "pk"):
        with transaction.atomic():
            promise = states.locked(row.promise)
            again = Pause.objects.filter(pk=row.pk, ended_at__isnull=True).first()
            if again is not None and promise.state == Promise.State.ACTIVE:
                _begin(promise, again, by=None, now=now)
                begun += 1
    return begun


def announced(promise: Promise) -> Pause | None:
    """Return the notice of a pause that has not begun."""
    if promise.state != Promise.State.ACTIVE:
        return None
    rows = Pause.objects.filter(promise=promise, ended_at__isnull=True)
    return rows.select_related("obligation").first()


def call_off(promise: Promise, *, by: Member, now: datetime) -> Pause:
    """Take a notice back before its moment: the clock will not stand.

    Raises:
        NoNotice: none waits for its moment.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = states.locked(promise)
        row = announced(promise)
        if row is None or row.started_at <= now:
            raise NoNotice(
                _("No notice of a pause waits for its moment here. Nothing was changed.")
            )
        row = _call_off(promise, by=by, now=now)
        writing.runs_on(row, came=False, by=by, now=now)
    return row


def resume(promise: Promise, *, by: Member, now: datetime) -> Pause:
    """End a pause although nothing came: the clock runs on.

    Raises:
        MoveNotAllowed: the promise is not paused.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = _begun(states.locked(promise), now=now)
        row = _resume(promise, by=by, now=now)
        writing.runs_on(row, came=False, by=by, now=now)
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
        contact: whoever said by link that it was sent; then `by` stays empty, and they need no
            letter to know.
    """
    if by is not None:
        access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = Promise.objects.filter(job_id=obligation.job_id).first()
        if promise is not None:
            promise = _begun(states.locked(promise), now=now)
        obligation = making.meet_obligation(obligation, by=by, contact=contact, now=now)
        running = Pause.objects.filter(promise=promise, obligation=obligation, ended_at=None)
        if promise is not None and running.exists():
            over = _resume if promise.state == Promise.State.PAUSED else _call_off
            row = over(promise, by=by, now=now)
            teller = by or row.started_by
            if teller is not None and (contact is None or contact != promise.contact):
                writing.runs_on(row, came=True, by=teller, now=now)
    return obligation


def end(promise: Promise, *, now: datetime) -> Pause:
    """End the running pause of a promise, and move its due moment; the caller writes the event.

    One that has not begun ends at the moment it would have.
    """
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


def _begun(promise: Promise, *, now: datetime) -> Promise:
    """Return a locked promise, paused if the moment of its notice has come."""
    row = announced(promise)
    if row is None or row.started_at > now:
        return promise
    return _begin(promise, row, by=None, now=now)


def _begin(promise: Promise, row: Pause, *, by: Member | None, now: datetime) -> Promise:
    promise = states.move(promise, "pause")
    _say(Event.Kind.PROMISE_PAUSED, promise, row, _since(row), by=by, now=now)
    return promise


def _resume(promise: Promise, *, by: Member | None, now: datetime) -> Pause:
    promise = states.move(promise, "resume")
    row = end(promise, now=now)
    facts = {"working_minutes": row.working_minutes, "due_at": recording.plain(promise.due_at)}
    _say(Event.Kind.PROMISE_RESUMED, promise, row, facts, by=by, now=now)
    return row


def _call_off(promise: Promise, *, by: Member | None, now: datetime) -> Pause:
    row = end(promise, now=now)
    _say(Event.Kind.PAUSE_CALLED_OFF, promise, row, {}, by=by, now=now)
    return row


def _since(row: Pause) -> dict[str, Any]:
    return {
        "obligation": row.obligation_id,
        "from": recording.plain(row.started_at),
        "how": row.notice_how,
        "told_at": recording.plain(row.notice_at),
        "contact": row.notice_contact_id,
    }


def _say(
    kind: Event.Kind,
    promise: Promise,
    row: Pause,
    facts: dict[str, Any],
    *,
    by: Member | None,
    now: datetime,
) -> None:
    """Write the event; what moved no promise names the pause alone."""
    moved = kind in (Event.Kind.PROMISE_PAUSED, Event.Kind.PROMISE_RESUMED)
    recording.record(
        kind,
        about=promise,
        by=by,
        at=now,
        rows=[promise, row] if moved else [row],
        promise=promise,
        facts={"pause": row.pk, **facts},
    )


def _refuse_a_second_notice(promise: Promise) -> None:
    row = announced(promise)
    if row is not None:
        raise NoticeGiven(
            _(
                "They were told that the clock stands from %(moment)s for “%(what)s”. Take that "
                "back first. Nothing was changed."
            )
            % {
                "moment": words.moment(row.started_at, promise.zone),
                "what": row.obligation.what,
            },
            field="obligation_id",
        )


def _refuse_unless_owed(promise: Promise, obligation: Obligation) -> None:
    if obligation.job_id != promise.job_id:
        raise refusals.Refused(
            _("“%(what)s” belongs to other work. Name something that the client owes for this.")
            % {"what": obligation.what},
            field="obligation_id",
        )
    if obligation.met_at is not None:
        raise CameAlready(
            _("“%(what)s” came on %(moment)s, so the clock runs. Nothing was changed.")
            % {
                "what": obligation.what,
                "moment": words.moment(obligation.met_at, promise.zone),
            },
            field="obligation_id",
        )

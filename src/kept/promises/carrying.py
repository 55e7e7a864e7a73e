"""Carry a promise's work: owners say yes, and what that means for the promise.

A promise whose owners have not all said yes is pending; the last yes makes it
active. It counts in every figure all the while.
"""

from datetime import datetime

from django.db import models, transaction

from kept.jobs import owning
from kept.jobs.models import Job, Responsibility, Stage
from kept.jobs.owning import Gap
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people.models import Member
from kept.promises.models import Promise


def propose(
    what: Stage | Job,
    member: Member,
    *,
    by: Member,
    now: datetime,
    by_at: datetime | None = None,
    hours: float | None = None,
    done_means: str | None = None,
) -> Responsibility:
    """Ask somebody to own a stage, or the last mile of a job. See `owning.propose`."""
    with transaction.atomic():
        row = owning.propose(
            what, member, by=by, now=now, by_at=by_at, hours=hours, done_means=done_means
        )
        _follow(row, by=by, now=now)
    return row


def accept(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Say yes to owning it. The last yes makes a pending promise active. See `owning.accept`."""
    with transaction.atomic():
        row = owning.accept(responsibility, by=by, now=now)
        _follow(row, by=by, now=now)
    return row


def agree(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Take what somebody said instead of yes. See `owning.agree`."""
    with transaction.atomic():
        row = owning.agree(responsibility, by=by, now=now)
        _follow(row, by=by, now=now)
    return row


def gaps_in(promise: Promise) -> list[Gap]:
    """Return who has not said yes to a part of a promise."""
    return owning.gaps(promise.job)


def close_if_complete(promise: Promise, *, by: Member | None, now: datetime) -> bool:
    """Make a pending promise active if nobody's yes is missing any more; say whether it was."""
    if promise.state != Promise.State.PENDING or gaps_in(promise):
        return False
    with transaction.atomic():
        changes = {"state": Promise.State.ACTIVE}
        gate = promise.gate
        if gate == Promise.Gate.OPEN:
            gate = Promise.Gate.COMPLETE  # what a lead signed stays signed
        pending = Promise.objects.filter(pk=promise.pk, state=Promise.State.PENDING)
        if pending.update(**changes, gate=gate) != 1:
            return False  # somebody else was quicker
        promise.refresh_from_db()
        recording.record(
            Event.Kind.PROMISE_ACTIVATED,
            about=promise,
            by=by,
            at=now,
            rows=[promise],
            promise=promise,
        )
    return True


def _follow(row: Responsibility, *, by: Member, now: datetime) -> None:
    """Let a promise follow what was said about its work."""
    if row.state != Responsibility.State.ACCEPTED:
        return
    promise = _live_promise(row.job_id)
    if promise is None:
        return
    if row.stage_id is None and promise.last_mile_owner_id != row.member_id:
        promise.last_mile_owner = row.member
        promise.save(update_fields=["last_mile_owner"])
        rows: list[models.Model] = [promise]
        recording.record(
            Event.Kind.PROMISE_CHANGED,
            about=promise,
            by=by,
            at=now,
            rows=rows,
            promise=promise,
            facts={"what": "last_mile", "member": row.member_id},
        )
    close_if_complete(promise, by=by, now=now)


def _live_promise(job_id: int) -> Promise | None:
    live = Promise.objects.filter(job_id=job_id, state__in=Promise.LIVE)
    return live.select_for_update(no_key=True).first()

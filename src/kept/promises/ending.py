"""A promise ends without being kept: the client lets us off, or we cannot. And looking back."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept.clients.models import Contact
from kept.jobs.models import Job
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import pausing, proposing, states
from kept.promises.models import Promise, Reason
from kept.tenancy import given, refusals


class NotOverYet(refusals.Conflict):
    """It has not ended, so nobody can say yet whether it should be promised again."""


def release(
    promise: Promise,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    word: str,
) -> Promise:
    """Record that the client lets us off; a released promise is listed apart from all rates.

    Args:
        by: the member who writes down what the client said.
        contact: whoever said it themselves, by link; then `by` stays empty.
        word: in their words.

    Raises:
        MoveNotAllowed: it is not open.
        Refused: their word is missing.
    """
    if by is not None:
        access.demand(by, Role.MEMBER)
    word = given.paragraphs(
        word, called=_("What the client said"), field="word", longest=10_000, needed=True
    )
    return _end(
        promise, "release", Event.Kind.PROMISE_RELEASED, word=word, by=by, contact=contact, now=now
    )


def revoke(
    promise: Promise, *, by: Member, now: datetime, word: str, reason: Reason | None = None
) -> Promise:
    """Say that we cannot: it counts as broken.

    Raises:
        NotAllowed: only a lead may.
        MoveNotAllowed: it is not open.
        Refused: what the client is told is missing.
    """
    access.demand(by, Role.LEAD)
    word = given.paragraphs(
        word, called=_("Why we cannot"), field="word", longest=10_000, needed=True
    )
    return _end(
        promise,
        "revoke",
        Event.Kind.PROMISE_REVOKED,
        word=word,
        by=by,
        now=now,
        reason=None if reason is None else reason.pk,
    )


def again(
    promise: Promise, answer: Promise.Again, *, by: Member, now: datetime, word: str = ""
) -> Promise:
    """Say whether we would promise it again; the next check of similar work shows it.

    Raises:
        NotOverYet: it is neither settled nor released or revoked.
    """
    access.demand(by, Role.MEMBER)
    word = given.one_line(word, called=_("The word"), field="word", longest=300, needed=False)
    with transaction.atomic():
        promise = states.locked(promise)
        if promise.state not in (
            Promise.State.SETTLED,
            Promise.State.RELEASED,
            Promise.State.REVOKED,
        ):
            raise NotOverYet(
                _("This promise is %(state)s. Look back when it is over. Nothing was noted.")
                % {"state": promise.get_state_display()}
            )
        promise.again, promise.again_word = answer, word
        promise.save(update_fields=["again", "again_word"])
        recording.record(
            Event.Kind.AGAIN_SAID,
            about=promise,
            by=by,
            at=now,
            rows=[promise],
            promise=promise,
            facts={"again": str(answer)},
        )
    return promise


def _end(
    promise: Promise,
    verb: str,
    kind: Event.Kind,
    *,
    word: str,
    by: Member | None,
    now: datetime,
    contact: Contact | None = None,
    reason: int | None = None,
) -> Promise:
    with transaction.atomic():
        promise = states.locked(promise)
        states.demand(promise, verb)
        due_at = promise.due_at
        stopped = pausing.stop(promise, now=now)
        dropped = proposing.drop(promise, now=now)
        promise = states.move(promise, verb, ended_at=now, ended_word=word)
        job = promise.job
        job.state = Job.State.CLOSED
        job.save(update_fields=["state"])
        recording.record(
            kind,
            about=promise,
            by=by,
            at=now,
            rows=[promise, job, *stopped, *dropped],
            promise=promise,
            facts={
                "contact": None if contact is None else contact.pk,
                "reason": reason,
                "due_at": recording.plain(due_at),
            },
        )
    return promise

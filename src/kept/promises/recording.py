"""Give a promise its rows: by an accepted offer, in one line, or from an import."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words
from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Contact, Service
from kept.jobs import making
from kept.jobs.lines import Effort
from kept.jobs.models import Job, Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import pausing, readers, states
from kept.promises import terms as agreed
from kept.promises.models import Placement, Promise, Terms, TermsLine
from kept.tenancy import refusals

#: What a promise counts for until somebody says how big it is.
UNSIZED = Effort(low_hours=1, likely_hours=4, high_hours=16)


def give(
    *,
    job: Job,
    client: Client,
    due_at: datetime,
    zone: str,
    origin: Promise.Origin,
    by: Member | None,
    now: datetime,
    day_only: bool = True,
    given_at: datetime | None = None,
    first_due_at: datetime | None = None,
    placement: Placement = Placement.BY_DATE,
    last_mile_owner: Member | None = None,
    chance: float | None = None,
    even_chances_at: datetime | None = None,
    internal_due_at: datetime | None = None,
    state: Promise.State = Promise.State.ACTIVE,
    gate: Promise.Gate = Promise.Gate.NOT_ASKED,
    contact: Contact | None = None,
    left_out: Collection[int] = (),
) -> Promise:
    """Make a job a promise, with its first terms.

    Args:
        state: pending, where owners have not said yes; active otherwise.
        gate: whether they had when the client was offered the date.
        given_at: when the client got the yes; `now` unless it was earlier.
        first_due_at: the date promised first, where an import knows an earlier one than `due_at`.
        chance: the chance shown when the date was given; None if none was.
        even_chances_at: the date at even chances then; sharpness is measured from it.
        contact: who at the client reads it by link, and whose word counts.
        left_out: keys of the job's lines that are not promised.
    """
    given_at = given_at or now
    house = job.organisation
    with transaction.atomic():
        promise = Promise.objects.create(
            job=job,
            client=client,
            contact=contact,
            origin=origin,
            state=state,
            gate=gate,
            placement=placement,
            last_mile_owner=last_mile_owner or by,
            due_at=due_at,
            internal_due_at=internal_due_at
            or agreed.internal_date(due_at, now=given_at, house=house),
            day_only=day_only,
            zone=zone,
            given_at=given_at,
            given_by=by,
        )
        lead = None
        if even_chances_at is not None and even_chances_at > given_at:
            lead = (even_chances_at - given_at) / timedelta(hours=1)
        terms = [
            Terms(
                promise=promise,
                number=1,
                due_at=first_due_at or due_at,
                standard=job.standard,
                chance_when_given=chance,
                lead_at_even_chances_hours=lead,
                agreed_at=given_at,
            )
        ]
        if first_due_at is not None and first_due_at != due_at:
            terms.append(
                Terms(
                    promise=promise,
                    number=2,
                    kind=Terms.Kind.IMPORTED,
                    due_at=due_at,
                    standard=job.standard,
                    agreed_at=given_at,
                )
            )
        Terms.objects.bulk_create(terms)
        lines = [line for one in terms for line in agreed.with_lines(one, left_out=left_out)]
        TermsLine.objects.bulk_create(lines)
        job.state = Job.State.OPEN
        job.promised = True
        job.save(update_fields=["state", "promised"])
        recording.record(
            Event.Kind.PROMISE_RECORDED,
            about=promise,
            by=by,
            at=now,
            rows=[promise, *terms, *lines, job],
            promise=promise,
            chance=chance,
            facts={
                "due_at": recording.plain(due_at),
                "origin": str(origin),
                "gate": promise.gate,
            },
        )
    return promise


def loose(
    *,
    what: str,
    client: Client,
    due_at: datetime,
    day_only: bool,
    by: Member,
    now: datetime,
    effort: Effort | None = None,
    service: Service | None = None,
    given_at: datetime | None = None,
    contact: Contact | None = None,
) -> Promise:
    """Record a promise somebody gave, from one line.

    Without a size it is counted as 1 to 16 hours, likely 4, of whoever
    recorded it: a promise that takes no time would make every date too early.

    Args:
        contact: who at the client reads it by link; None, nobody is named yet.

    Raises:
        Refused: the due moment has gone by, a text that cannot be, or a contact of another client.
    """
    if due_at <= now:
        raise refusals.Refused(
            _("%(moment)s has gone by. A promise is recorded with the date that was given.")
            % {"moment": words.moment(due_at, client.zone, today=now)},
            field="due",
        )
    readers.demand_there(client, contact)
    sketches = [] if service is None or effort is not None else catalogue.sketches_of(service)
    if not sketches:
        size = effort or UNSIZED
        sketches = [
            StageSketch(
                name=what[:120],
                low_hours=size.low_hours,
                likely_hours=size.likely_hours,
                high_hours=size.high_hours,
                finishing=True,
                owner=by if by.does_work else None,
            )
        ]
    with transaction.atomic():
        job = making.make(
            title=what,
            client=client,
            service=service,
            stages=sketches,
            state=Job.State.OPEN,
            by=by,
            now=now,
        )
        return give(
            job=job,
            client=client,
            due_at=due_at,
            day_only=day_only,
            zone=client.zone,
            origin=Promise.Origin.LOOSE,
            given_at=given_at,
            contact=contact,
            by=by,
            now=now,
        )


def void(*, promise: Promise, reason: str, by: Member, now: datetime) -> Promise:
    """Take a promise out that was recorded by mistake; it stays listed, with the reason.

    Raises:
        NotAllowed: only a lead may.
        Refused: no reason was given.
        MoveNotAllowed: it was voided already.
    """
    access.demand(by, Role.LEAD)
    reason = reason.strip()
    if not reason:
        raise refusals.Refused(
            _("Say why it was recorded by mistake: the reason stays with the promise."),
            field="reason",
        )
    with transaction.atomic():
        promise = states.locked(promise)
        stopped = pausing.stop(promise, now=now)
        promise = states.move(
            promise, "void", void_reason=reason[:300], settled_at=None, ended_at=now
        )
        job = promise.job
        job.state = Job.State.CLOSED
        job.save(update_fields=["state"])
        recording.record(
            Event.Kind.PROMISE_VOIDED,
            about=promise,
            by=by,
            at=now,
            rows=[promise, job, *stopped],
            promise=promise,
        )
    return promise


def pin(*, promise: Promise, pinned: int | None, by: Member, now: datetime) -> Promise:
    """Rank a promise before all others that are not pinned, or let it go back to its date."""
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        promise = states.locked(promise)
        promise.pinned = pinned
        promise.save(update_fields=["pinned"])
        recording.record(
            Event.Kind.PROMISE_CHANGED,
            about=promise,
            by=by,
            at=now,
            rows=[promise],
            promise=promise,
        )
    return promise


def is_finished(job: Job) -> bool:
    """Say whether every stage of a job is done."""
    return not job.stages.exclude(state=Stage.State.DONE).exists()

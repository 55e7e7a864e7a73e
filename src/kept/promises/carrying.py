"""Carry work on: owners say yes, stages are handed on, and what follows from it.

A promise whose owners have not all said yes is pending; the last yes, or
hand-over, makes it active. It counts in every figure all the while. What a
handed-over stage took is learned from.

Rows are locked in one order everywhere: the house, the promise, the job, the
head of the ledger; so that two who act at once wait for each other and no more.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from kept.jobs import handing, owners, owning, work
from kept.jobs.models import HandOver, Job, Responsibility, Stage, StageAfter
from kept.jobs.owners import Gap
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import learning
from kept.people.models import Member
from kept.promises import states
from kept.promises.models import Promise
from kept.tenancy import scope
from kept.tenancy.models import Organisation


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
        promise = _locked(what.pk if isinstance(what, Job) else what.job_id)
        row = owning.propose(
            what, member, by=by, now=now, by_at=by_at, hours=hours, done_means=done_means
        )
        _follow(promise, row, by=by, now=now)
    return row


def accept(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Say yes to owning it. The last yes makes a pending promise active. See `owning.accept`."""
    with transaction.atomic():
        promise = _locked(responsibility.job_id)
        row = owning.accept(responsibility, by=by, now=now)
        _follow(promise, row, by=by, now=now)
    return row


def agree(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Take what somebody said instead of yes. See `owning.agree`."""
    with transaction.atomic():
        promise = _locked(responsibility.job_id)
        row = owning.agree(responsibility, by=by, now=now)
        _follow(promise, row, by=by, now=now)
    return row


def begin(stage: Stage, *, by: Member, now: datetime) -> Stage:
    """Begin a stage; who begins what is nobody's says yes to it. See `work.begin`."""
    with transaction.atomic():
        promise = _locked(stage.job_id)
        begun = work.begin(stage, by=by, now=now)
        if promise is not None:
            close_if_complete(promise, by=by, now=now)
    return begun


def hand_over(
    stage: Stage,
    *,
    by: Member,
    now: datetime,
    hours: float | None = None,
    out_of_hours: float = 0,
) -> HandOver:
    """Hand over a stage, whole; its hours join the past. See `handing.hand_over`.

    Learned is from the effort that the owner said yes to, and all hours it took.
    """
    with transaction.atomic():
        _lock_house()
        promise = _locked(stage.job_id)
        handed = handing.hand_over(
            stage,
            by=by,
            now=now,
            hours=hours,
            out_of_hours=out_of_hours,
            last_mile_owner=_last_mile_owner(promise),
        )
        done = Stage.objects.select_related("job__client", "job__service", "owner", "skill").get(
            pk=stage.pk
        )
        said = owners.said_when_accepted(done)
        learning.learn_from(
            done,
            actual_hours=done.spent_hours,
            estimate_hours=None if said is None else said[0],
            estimated_at=None if said is None else said[1],
            by=by,
            now=now,
        )
        if promise is not None:
            close_if_complete(promise, by=by, now=now)
    return handed


def take(hand_over: HandOver, *, by: Member, now: datetime) -> HandOver:
    """Take what was handed over. See `handing.take`."""
    with transaction.atomic():
        promise = _locked(hand_over.stage.job_id)
        last = _last_mile_owner(promise)
        return handing.take(hand_over, by=by, now=now, last_mile_owner=last)


def send_back(hand_over: HandOver, *, by: Member, now: datetime, reason: str) -> HandOver:
    """Send back what was handed over; its hours are not final. See `handing.send_back`."""
    with transaction.atomic():
        _lock_house()
        promise = _locked(hand_over.stage.job_id)
        last = _last_mile_owner(promise)
        handed = handing.send_back(hand_over, by=by, now=now, reason=reason, last_mile_owner=last)
        learning.forget(handed.stage, by=by, now=now)
    return handed


def reopen(job: Job, *, by: Member | None, now: datetime, reason: str = "") -> Stage | None:
    """Open a job's finishing stretch again, because the client sent the delivery back.

    Returns:
        The stage that goes on; None where the job has none.
    """
    stage = handing.finishing_of(job)
    if stage is None:
        return None
    with transaction.atomic():
        _lock_house()
        stage = handing.reopen(stage, by=by, now=now, reason=reason)
        learning.forget(stage, by=by, now=now)
    return stage


def handed_over(*, job: Job | None = None) -> list[tuple[HandOver, list[Member]]]:
    """Return hand-overs that wait for an answer, each with who takes it; in a constant number
    of queries.

    Args:
        job: only those of this job; left out, of all open work.
    """
    waiting = HandOver.objects.filter(
        state=HandOver.State.HANDED, stage__state=Stage.State.HANDED_OVER
    ).exclude(stage__job__state=Job.State.CLOSED)
    if job is not None:
        waiting = waiting.filter(stage__job=job)
    rows = list(
        waiting.select_related("stage__job__client", "handed_by").order_by("handed_at", "pk")
    )
    if not rows:
        return []
    followers: dict[int, list[Stage]] = defaultdict(list)
    ties = StageAfter.objects.filter(after_id__in=[row.stage_id for row in rows])
    for tie in ties.select_related("stage__owner").order_by("pk"):
        followers[tie.after_id].append(tie.stage)
    last = _last_mile_owners(
        {row.stage.job_id for row in rows if not handing.goes_on(followers[row.stage_id])}
    )
    return [
        (row, handing.takers_among(followers[row.stage_id], last.get(row.stage.job_id)))
        for row in rows
    ]


def _last_mile_owners(jobs: Collection[int]) -> dict[int, Member | None]:
    """Return who sees each job over the line; its promise knows, if there is one."""
    if not jobs:
        return {}
    found: dict[int, Member | None] = owners.last_mile_owners(jobs)
    promises = Promise.objects.filter(job_id__in=jobs, state__in=Promise.LIVE)
    for promise in promises.select_related("last_mile_owner"):
        found[promise.job_id] = promise.last_mile_owner
    return found


def gaps_in(promise: Promise) -> list[Gap]:
    """Return who has not said yes to a part of a promise."""
    return owners.gaps(promise.job)


def close_if_complete(promise: Promise, *, by: Member | None, now: datetime) -> bool:
    """Make a pending promise active if nobody's yes is missing any more; say whether it was."""
    if promise.state != Promise.State.PENDING or gaps_in(promise):
        return False
    with transaction.atomic():
        gate = promise.gate
        if gate == Promise.Gate.OPEN:
            gate = Promise.Gate.COMPLETE  # what a lead signed stays signed
        try:
            promise = states.move(promise, "activate", gate=gate)
        except states.MoveNotAllowed:
            return False  # somebody else was quicker
        recording.record(
            Event.Kind.PROMISE_ACTIVATED,
            about=promise,
            by=by,
            at=now,
            rows=[promise],
            promise=promise,
        )
    return True


def _follow(promise: Promise | None, row: Responsibility, *, by: Member, now: datetime) -> None:
    """Let a promise follow what was said about its work."""
    if promise is None or row.state != Responsibility.State.ACCEPTED:
        return
    if row.stage_id is None and promise.last_mile_owner_id != row.member_id:
        promise.last_mile_owner = row.member
        promise.save(update_fields=["last_mile_owner"])
        recording.record(
            Event.Kind.PROMISE_CHANGED,
            about=promise,
            by=by,
            at=now,
            rows=[promise],
            promise=promise,
            facts={"what": "last_mile", "member": row.member_id},
        )
    close_if_complete(promise, by=by, now=now)


def _lock_house() -> None:
    """Let whoever learns, or says a client's yes, wait here and not halfway."""
    Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())


def _locked(job_id: int) -> Promise | None:
    """Lock the live promise of a job, if it has one."""
    live = Promise.objects.filter(job_id=job_id, state__in=Promise.LIVE)
    return live.select_for_update(no_key=True).first()


def _last_mile_owner(promise: Promise | None) -> Member | None:
    return None if promise is None else promise.last_mile_owner

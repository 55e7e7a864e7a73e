"""Work goes on: stages are begun, hours are logged, and a stage is handed over whole or not at all.

A stage is its owner's and the named people's to begin and to finish; a lead
may do it for them. What has no owner yet belongs to whoever begins it.
"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.jobs.models import Job, Stage, StagePerson
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, staff
from kept.people.models import Member, Role
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, NotAllowed

MOST_HOURS = 20_000


class NotReady(Conflict):
    """The stage waits for others, or its job is not open."""


class AlreadyDone(Conflict):
    """The stage was handed over before."""


def begin(stage: Stage, *, by: Member, now: datetime) -> Stage:
    """Begin a stage. Without an owner it becomes that of whoever begins it.

    Raises:
        NotReady: it waits for another stage, or the job is not open.
        AlreadyDone: it was handed over before.
        NotAllowed: it is somebody else's.
    """
    with transaction.atomic():
        stage = _locked(stage, by)
        if stage.state == Stage.State.DOING:
            return stage
        _refuse_waiting(stage)
        stage.state = Stage.State.DOING
        stage.begun_at = now
        if stage.owner_id is None and by.does_work:
            stage.owner = by
        stage.save()
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=[stage],
            facts={"what": "begun"},
        )
    return stage


def log_hours(stage: Stage, spent_hours: float, *, by: Member, now: datetime) -> Stage:
    """Add hours worked on a stage; one that was not begun is begun by it.

    Raises: what `begin` raises; Refused: hours that cannot be.
    """
    hours = _hours(spent_hours)
    with transaction.atomic():
        stage = _locked(stage, by)
        if stage.state != Stage.State.DOING:
            stage = begin(stage, by=by, now=now)
        stage.spent_hours = _total(stage, hours)
        stage.save(update_fields=["spent_hours"])
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=[stage],
            facts={"what": "hours", "hours": hours},
        )
    return stage


def finish(stage: Stage, *, by: Member, now: datetime, spent_hours: float | None = None) -> Stage:
    """Hand over a stage, whole. Stages that waited for it alone become ready.

    The last stage of a job closes the job.

    Args:
        spent_hours: hours worked since they were logged last.

    Raises: what `begin` raises; Refused: hours that cannot be.
    """
    more = 0.0 if spent_hours is None else _hours(spent_hours)
    with transaction.atomic():
        stage = _locked(stage, by)
        _refuse_waiting(stage)
        stage.state = Stage.State.DONE
        stage.begun_at = stage.begun_at or now
        stage.done_at = now
        stage.spent_hours = _total(stage, more)
        if stage.owner_id is None and by.does_work:
            stage.owner = by
        stage.save()
        rows: list[models.Model] = [stage]
        followers = Stage.objects.filter(afters__after=stage, state=Stage.State.WAITING)
        for follower in followers.order_by("position"):
            if not _waits_for(follower):
                follower.state = Stage.State.READY
                follower.save(update_fields=["state"])
                rows.append(follower)
        left = Stage.objects.filter(job_id=stage.job_id).exclude(state=Stage.State.DONE)
        if not left.exists():
            job = stage.job
            job.state = Job.State.CLOSED
            job.save(update_fields=["state"])
            rows.append(job)
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=rows,
            facts={"what": "done", "hours": stage.spent_hours},
        )
    return stage


def leave(member: Member, *, by: Member, now: datetime) -> list[Stage]:
    """Note that a person has left, and take their name off every stage that is not done.

    Returns:
        The stages that now have no owner, so that somebody can be found.

    Raises: what `people.staff.leave` raises.
    """
    with transaction.atomic():
        staff.leave(member, by=by, now=now)
        unfinished = Stage.objects.exclude(state=Stage.State.DONE).order_by("job_id", "position")
        owned = list(unfinished.filter(owner=member).select_related("job"))
        for stage in owned:
            stage.owner = None
            stage.save(update_fields=["owner"])
        named = list(StagePerson.objects.filter(member=member, stage__in=unfinished))
        gone = [row.pk for row in named]
        StagePerson.objects.filter(pk__in=gone).delete()
        if owned or gone:
            recording.record(
                Event.Kind.STAGE_CHANGED,
                about=member,
                by=by,
                at=now,
                rows=owned,
                removed=[("stageperson", key) for key in gone],
                facts={"what": "left"},
            )
    return owned


def _locked(stage: Stage, by: Member) -> Stage:
    """Lock a stage's job, so that two hand-overs see each other, and return the stage anew."""
    access.demand(by, Role.MEMBER)
    job = Job.objects.select_for_update(no_key=True).get(pk=stage.job_id)
    fresh = Stage.objects.get(pk=stage.pk)
    fresh.job = job
    if fresh.state == Stage.State.DONE:
        raise AlreadyDone(_("“%(stage)s” was handed over before.") % {"stage": fresh.name})
    if job.state != Job.State.OPEN:
        raise NotReady(
            _("“%(job)s” is not open work: it was only asked about, or is closed.")
            % {"job": job.title}
        )
    mine = fresh.owner_id in (None, by.pk) or by.may(Role.LEAD)
    if not mine and not StagePerson.objects.filter(stage=fresh, member=by).exists():
        raise NotAllowed(
            _("“%(stage)s” is %(name)s’s. They or a lead can say how it goes.")
            % {"stage": fresh.name, "name": "" if fresh.owner is None else fresh.owner.name}
        )
    return fresh


def _refuse_waiting(stage: Stage) -> None:
    names = _waits_for(stage)
    if names:
        raise NotReady(
            _("“%(stage)s” waits for %(names)s.")
            % {"stage": stage.name, "names": ", ".join(f"“{name}”" for name in names)}
        )


def _waits_for(stage: Stage) -> list[str]:
    waited_for = Stage.objects.filter(befores__stage=stage).exclude(state=Stage.State.DONE)
    return [row.name for row in waited_for.order_by("position")]


def _hours(hours: float) -> float:
    return given.number(
        hours, called=_("Hours worked"), field="spent_hours", least=0, most=MOST_HOURS
    )


def _total(stage: Stage, more: float) -> float:
    return given.number(
        stage.spent_hours + more,
        called=_("Hours worked"),
        field="spent_hours",
        least=0,
        most=MOST_HOURS,
    )

"""Work goes on: stages are begun, and hours are logged. `handing` hands them over.

A stage is its owner's and the named people's to begin and to work on; a lead
may do it for them. What has no owner yet belongs to whoever begins it.
"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.jobs import owning
from kept.jobs.models import Job, Responsibility, Stage, StagePerson
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, staff
from kept.people.models import Member, Role
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, NotAllowed, Refused

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
        stage = locked(stage, by)
        if stage.state == Stage.State.DOING:
            return stage
        refuse_waiting(stage)
        stage.state = Stage.State.DOING
        stage.begun_at = now
        rows = take_up(stage, by=by, now=now)
        stage.save()
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=[stage, *rows],
            facts={"what": "begun"},
        )
    return stage


def log_hours(
    stage: Stage, spent_hours: float, *, by: Member, now: datetime, out_of_hours: float = 0
) -> Stage:
    """Add hours worked on a stage; one that was not begun is begun by it.

    Args:
        out_of_hours: how many of them lay outside the working week.

    Raises: what `begin` raises; Refused: hours that cannot be.
    """
    hours = _hours(spent_hours)
    with transaction.atomic():
        stage = locked(stage, by)
        if stage.state != Stage.State.DOING:
            stage = begin(stage, by=by, now=now)
        add_hours(stage, hours, out_of_hours=out_of_hours)
        stage.save(update_fields=["spent_hours", "out_of_hours"])
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=[stage],
            facts={"what": "hours", "hours": hours},
        )
    return stage


def leave(member: Member, *, by: Member, now: datetime) -> list[Stage]:
    """Note that a person has left, and take their name off every stage they have not handed over.

    Returns:
        The stages that now have no owner, so that somebody can be found.

    Raises: what `people.staff.leave` raises.
    """
    with transaction.atomic():
        staff.leave(member, by=by, now=now)
        over = (Stage.State.HANDED_OVER, Stage.State.DONE)
        unfinished = Stage.objects.exclude(state__in=over).order_by("job_id", "position")
        owned = list(unfinished.filter(owner=member).select_related("job"))
        for stage in owned:
            stage.owner = None
            stage.save(update_fields=["owner"])
        named = list(StagePerson.objects.filter(member=member, stage__in=unfinished))
        gone = [row.pk for row in named]
        StagePerson.objects.filter(pk__in=gone).delete()
        asked = list(Responsibility.objects.filter(member=member, state__in=Responsibility.LIVE))
        for question in asked:
            question.state, question.answered_at = Responsibility.State.WITHDRAWN, now
            question.save(update_fields=["state", "answered_at"])
        if owned or gone or asked:
            recording.record(
                Event.Kind.STAGE_CHANGED,
                about=member,
                by=by,
                at=now,
                rows=[*owned, *asked],
                removed=[("stageperson", key) for key in gone],
                facts={"what": "left"},
            )
    return owned


def locked(stage: Stage, by: Member) -> Stage:
    """Lock a stage's job, so that two hand-overs see each other, and return the stage anew.

    Raises:
        AlreadyDone: it was handed over before.
        NotReady: its job is not open.
        NotAllowed: it is somebody else's.
    """
    access.demand(by, Role.MEMBER)
    job = Job.objects.select_for_update(no_key=True).get(pk=stage.job_id)
    fresh = Stage.objects.select_related("owner").get(pk=stage.pk)
    fresh.job = job
    if fresh.state in (Stage.State.HANDED_OVER, Stage.State.DONE):
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


def refuse_waiting(stage: Stage) -> None:
    """Pass if a stage waits for no other.

    Raises:
        NotReady: it does.
    """
    names = waits_for(stage)
    if names:
        raise NotReady(
            _("“%(stage)s” waits for %(names)s.")
            % {"stage": stage.name, "names": ", ".join(f"“{name}”" for name in names)}
        )


def waits_for(stage: Stage) -> list[str]:
    """Return the names of the stages that must be done before a stage."""
    waited_for = Stage.objects.filter(befores__stage=stage).exclude(state=Stage.State.DONE)
    return [row.name for row in waited_for.order_by("position")]


def take_up(stage: Stage, *, by: Member, now: datetime) -> list[models.Model]:
    """Make a stage without an owner that of whoever works on it, which is their yes to it.

    Returns:
        The rows written beside the stage, which the caller saves.
    """
    if stage.owner_id is not None or not by.does_work:
        return []
    stage.owner = by
    return owning.said_by_doing(stage, now=now)


def add_hours(stage: Stage, hours: float | None, *, out_of_hours: float = 0) -> None:
    """Add hours worked to a stage, which the caller saves.

    Raises:
        Refused: hours that cannot be, or more out of hours than there were.
    """
    more = 0.0 if hours is None else _hours(hours)
    outside = given.number(
        out_of_hours, called=_("Out of hours"), field="out_of_hours", least=0, most=MOST_HOURS
    )
    stage.spent_hours = given.number(
        stage.spent_hours + more,
        called=_("Hours worked"),
        field="spent_hours",
        least=0,
        most=MOST_HOURS,
    )
    if stage.out_of_hours + outside > stage.spent_hours:
        raise Refused(
            _("“%(stage)s” took %(hours)s h: no more than that can lie outside the working week.")
            % {"hours": f"{stage.spent_hours:g}", "stage": stage.name},
            field="out_of_hours",
        )
    stage.out_of_hours += outside


def _hours(hours: float) -> float:
    return given.number(
        hours, called=_("Hours worked"), field="spent_hours", least=0, most=MOST_HOURS
    )

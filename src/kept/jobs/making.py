"""Make a job of what was asked, and record what it counts on from others."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypedDict, TypeVar, Unpack

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.clients import catalogue
from kept.clients.catalogue import CircleAmongStages, SkillNobodyHas, StageSketch, sketches_of
from kept.clients.models import Client, Contact, Service
from kept.jobs import owners, owning
from kept.jobs.models import (
    Assumption,
    Condition,
    InboundPromise,
    Job,
    Obligation,
    Stage,
    StageAfter,
    StagePerson,
)
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role, Skill
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, Refused

__all__ = ["CircleAmongStages", "SkillNobodyHas", "StageSketch", "sketches_of"]

MOST_LINES = 200

Line = TypeVar("Line", Obligation, InboundPromise, Assumption)
Supply = TypeVar("Supply", Obligation, InboundPromise)


class StageIsDone(Conflict):
    """What is handed over or done is not changed any more."""


class JobIsClosed(Conflict):
    """The job is closed; nothing is added to it."""


class StandardStands(Conflict):
    """The standard was promised: it is part of terms."""


class NotThere(Refused):
    """Somebody named for a stage has left, or does no planned work here."""


class JobChanges(TypedDict, total=False):
    """What can be changed of a job."""

    title: str
    client: Client | None
    service: Service | None
    state: Job.State
    release_at: datetime | None
    standard: str


class StageChanges(TypedDict, total=False):
    """What can be changed of a stage; `after` are positions of the job's stages from 1."""

    name: str
    likely_hours: float
    low_hours: float | None
    high_hours: float | None
    skill: str | None
    hands: int
    after: tuple[int, ...]
    optional: bool
    finishing: bool
    done_means: str
    owner: Member | None
    people: tuple[Member, ...]


def make(
    *,
    title: str,
    client: Client | None = None,
    service: Service | None = None,
    stages: Sequence[StageSketch] = (),
    state: Job.State = Job.State.DRAFT,
    release_at: datetime | None = None,
    by: Member,
    now: datetime,
) -> Job:
    """Make a job with its stages; without stages, those of the service.

    Args:
        state: a draft was only asked about; open work is on the team's plate.
        release_at: no stage starts before.

    Raises:
        Refused: a text, effort or moment that cannot be; no stage.
        CircleAmongStages: stages wait for each other.
        SkillNobodyHas: a stage needs a skill that too few people here have.
        NotThere: somebody named has left, or does no planned work.
    """
    access.demand(by, Role.MEMBER)
    if service is not None and not stages:
        stages = sketches_of(service)
    stages = catalogue.checked(stages)
    skills = catalogue.skills_for(stages)
    _refuse_absent(stages)
    job = Job(
        title=_title(title),
        client=client,
        service=service,
        state=state,
        release_at=_release(release_at),
        made_at=now,
        made_by=by,
    )
    with transaction.atomic():
        job.save()
        kept = Stage.objects.bulk_create(
            _stage(job, sketch, position, skills) for position, sketch in enumerate(stages, start=1)
        )
        afters = StageAfter.objects.bulk_create(
            StageAfter(stage=row, after=kept[other - 1])
            for row, sketch in zip(kept, stages, strict=True)
            for other in sketch.after or ()
        )
        people = StagePerson.objects.bulk_create(
            StagePerson(stage=row, member=member)
            for row, sketch in zip(kept, stages, strict=True)
            for member in sketch.people
        )
        recording.record(
            Event.Kind.JOB_MADE,
            about=job,
            by=by,
            at=now,
            rows=[job, *kept, *afters, *people],
        )
    return job


def change_job(job: Job, *, by: Member, now: datetime, **changes: Unpack[JobChanges]) -> Job:
    """Change a job; what is not named stays.

    Raises:
        Refused: a text or moment that cannot be.
        StandardStands: the standard was promised, and changes only with the client's yes.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(pk=job.pk)
        if "title" in changes:
            job.title = _title(changes["title"])
        if "client" in changes:
            job.client = changes["client"]
        if "service" in changes:
            job.service = changes["service"]
        if "state" in changes:
            job.state = Job.State(changes["state"])
        if "release_at" in changes:
            job.release_at = _release(changes["release_at"])
        if "standard" in changes:
            job.standard = _standard(job, changes["standard"])
        job.save()
        recording.record(Event.Kind.JOB_CHANGED, about=job, by=by, at=now, rows=[job])
    return job


def add_stage(job: Job, sketch: StageSketch, *, by: Member, now: datetime) -> Stage:
    """Add a stage at the end of a job.

    Raises: what `make` raises; JobIsClosed: nothing is added to a closed job.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        job = _locked(job)
        _refuse_closed(job)
        before = list(Stage.objects.filter(job=job).order_by("position"))
        position = max((stage.position for stage in before), default=0) + 1
        kept = catalogue.checked_one(sketch, position, position)
        if position in (kept.after or ()):
            raise CircleAmongStages(
                _("“%(stage)s” cannot wait for itself.") % {"stage": kept.name}, field="after"
            )
        skills = catalogue.skills_for([kept])
        _refuse_absent([kept])
        stage = _stage(job, kept, position, skills)
        by_position = {row.position: row for row in before}
        waits = [by_position[other] for other in kept.after or () if other in by_position]
        stage.state = _state_of([row.state for row in waits])
        stage.save()
        afters = StageAfter.objects.bulk_create(StageAfter(stage=stage, after=row) for row in waits)
        people = StagePerson.objects.bulk_create(
            StagePerson(stage=stage, member=member) for member in kept.people
        )
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=[stage, *afters, *people],
            facts={"what": "added"},
        )
    return stage


def change_stage(
    stage: Stage, *, by: Member, now: datetime, **changes: Unpack[StageChanges]
) -> Stage:
    """Change a stage that is not handed over; what is not named stays.

    A stage that has an owner stays theirs until somebody else who is named says yes. What its
    owner changes is what they said yes to; what others change is to be asked about again.

    Raises: what `make` raises, `field` without the stage's position;
        StageIsDone: what is done is not changed any more.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        _locked(stage.job)
        all_stages = list(
            Stage.objects.filter(job_id=stage.job_id)
            .select_related("skill", "owner")
            .prefetch_related("afters__after", "people__member")
            .order_by("position")
        )
        stage = next(row for row in all_stages if row.pk == stage.pk)
        if stage.state in (Stage.State.HANDED_OVER, Stage.State.DONE):
            raise StageIsDone(
                _("“%(stage)s” is %(state)s, and is not changed any more.")
                % {"stage": stage.name, "state": Stage.State(stage.state).label}
            )
        try:
            sketch = _changed(stage, changes, len(all_stages))
        except Refused as refused:
            refused.field = refused.field.split(".")[-1]
            raise
        stage.name, stage.done_means = sketch.name, sketch.done_means
        stage.likely_hours = sketch.likely_hours
        stage.low_hours, stage.high_hours = sketch.low_hours, sketch.high_hours
        stage.hands = sketch.hands
        asks = _is_asked(stage, sketch.owner, by)
        if not asks:
            stage.owner = sketch.owner
        stage.optional, stage.finishing = sketch.optional, sketch.finishing
        if sketch.skill is None:
            stage.skill = None
        elif "skill" in changes or "hands" in changes:
            stage.skill = catalogue.skills_for([sketch])[sketch.skill.casefold()]
        rows: list[models.Model] = [stage]
        removed: list[tuple[str, int]] = []
        if "after" in changes:
            more, gone = _wait_anew(stage, all_stages, sketch.after or ())
            rows += more
            removed += gone
        if "people" in changes:
            more, gone = _name_anew(stage, sketch.people)
            rows += more
            removed += gone
        stage.save()
        rows += owning.ask_what_is_now(stage, by=by)
        recording.record(
            Event.Kind.STAGE_CHANGED, about=stage, by=by, at=now, rows=rows, removed=removed
        )
        if asks and sketch.owner is not None:
            owning.propose(stage, sketch.owner, by=by, now=now)
            stage.refresh_from_db()
    return stage


def sketch_of(stage: Stage) -> StageSketch:
    """Return a stage as a sketch."""
    return StageSketch(
        name=stage.name,
        likely_hours=stage.likely_hours,
        low_hours=stage.low_hours,
        high_hours=stage.high_hours,
        skill=None if stage.skill is None else stage.skill.name,
        hands=stage.hands,
        after=tuple(sorted(row.after.position for row in stage.afters.all())),
        optional=stage.optional,
        finishing=stage.finishing,
        done_means=stage.done_means,
        owner=stage.owner,
        people=tuple(row.member for row in stage.people.all()),
    )


def sketches_of_job(job: Job) -> list[StageSketch]:
    """Return the stages of a job as sketches, from which another like it can be made."""
    stages = (
        Stage.objects.filter(job=job)
        .select_related("skill", "owner")
        .prefetch_related("afters__after", "people__member")
        .order_by("position")
    )
    return [sketch_of(stage) for stage in stages]


def add_condition(
    job: Job, text: str, *, required: bool = True, by: Member, now: datetime
) -> Condition:
    """Add a testable line of what satisfies the client."""
    access.demand(by, Role.MEMBER)
    text = given.one_line(text, called=_("The condition"), field="text", longest=300)
    with transaction.atomic():
        job = _locked(job)
        lines = list(Condition.objects.filter(job=job).values_list("position", flat=True))
        if len(lines) >= MOST_LINES:
            raise Refused(_("A job can have %(most)s conditions.") % {"most": MOST_LINES})
        row = Condition.objects.create(
            job=job, position=max(lines, default=0) + 1, text=text, required=required
        )
        recording.record(
            Event.Kind.JOB_CHANGED,
            about=job,
            by=by,
            at=now,
            rows=[row],
            facts={"what": "condition"},
        )
    return row


def record_obligation(
    job: Job,
    *,
    what: str,
    due_at: datetime,
    stage: Stage | None = None,
    by: Member,
    now: datetime,
) -> Obligation:
    """Record what the client must supply, by when, and the stage that waits for it."""
    access.demand(by, Role.MEMBER)
    row = Obligation(
        job=job,
        what=given.one_line(what, called=_("What the client supplies"), field="what", longest=300),
        due_at=given.moment(due_at, called=_("The day"), field="due_at"),
        stage=_stage_of(job, stage),
    )
    return _kept(row, Event.Kind.OBLIGATION_RECORDED, by, now)


def meet_obligation(
    obligation: Obligation,
    *,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
) -> Obligation:
    """Note that the client supplied it.

    Args:
        by: the member to whom it came.
        contact: whoever said by link that it was sent; then `by` stays empty.
    """
    if (by is None) == (contact is None):
        raise ValueError("either a member writes it down, or the contact says it")
    return _met(obligation, Event.Kind.OBLIGATION_MET, by, now, contact)


def record_inbound(
    job: Job,
    *,
    who: str,
    what: str,
    due_at: datetime,
    backed: bool = False,
    stage: Stage | None = None,
    by: Member,
    now: datetime,
) -> InboundPromise:
    """Record what a third party is to supply; `backed` when somebody there promised it."""
    access.demand(by, Role.MEMBER)
    row = InboundPromise(
        job=job,
        who=given.one_line(who, called=_("Who supplies it"), field="who", longest=160),
        what=given.one_line(what, called=_("What is supplied"), field="what", longest=300),
        due_at=given.moment(due_at, called=_("The day"), field="due_at"),
        backed=backed,
        stage=_stage_of(job, stage),
    )
    return _kept(row, Event.Kind.INBOUND_RECORDED, by, now)


def meet_inbound(inbound: InboundPromise, *, by: Member, now: datetime) -> InboundPromise:
    """Note that the third party supplied it."""
    return _met(inbound, Event.Kind.INBOUND_MET, by, now)


def record_assumption(job: Job, text: str, *, by: Member, now: datetime) -> Assumption:
    """Record something that the date counts on."""
    access.demand(by, Role.MEMBER)
    row = Assumption(
        job=job,
        text=given.one_line(text, called=_("The assumption"), field="text", longest=300),
    )
    return _kept(row, Event.Kind.ASSUMPTION_RECORDED, by, now)


def break_assumption(assumption: Assumption, *, by: Member, now: datetime) -> Assumption:
    """Note that an assumption turned out wrong."""
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        assumption = Assumption.objects.select_for_update(no_key=True).get(pk=assumption.pk)
        if assumption.broke_at is None:
            assumption.broke_at = now
            assumption.save(update_fields=["broke_at"])
            recording.record(
                Event.Kind.ASSUMPTION_BROKE, about=assumption, by=by, at=now, rows=[assumption]
            )
    return assumption


def _kept(row: Line, kind: Event.Kind, by: Member, now: datetime) -> Line:
    with transaction.atomic():
        _refuse_closed(_locked(row.job))
        row.save()
        recording.record(kind, about=row, by=by, at=now, rows=[row])
    return row


def _met(
    row: Supply, kind: Event.Kind, by: Member | None, now: datetime, contact: Contact | None = None
) -> Supply:
    if by is not None:
        access.demand(by, Role.MEMBER)
    with transaction.atomic():
        row = type(row).objects.select_for_update(no_key=True).get(pk=row.pk)
        if row.met_at is None:
            row.met_at = now
            row.save(update_fields=["met_at"])
            facts = {} if contact is None else {"contact": contact.pk}
            recording.record(kind, about=row, by=by, at=now, rows=[row], facts=facts)
    return row


def _is_asked(stage: Stage, owner: Member | None, by: Member) -> bool:
    """Say whether an owner named anew is asked, instead of only written down.

    Who names themself says yes by it; what has an owner who is at work on it, or said yes, is
    theirs until somebody else does.
    """
    if owner is None or owner.pk == stage.owner_id:
        return False
    if owner.pk == by.pk:
        return True
    if stage.owner_id is None:
        return False
    return stage.job.state == Job.State.OPEN or owners.said_when_accepted(stage) is not None


def _changed(stage: Stage, changes: StageChanges, of: int) -> StageSketch:
    sketch = catalogue.checked_one(replace(sketch_of(stage), **changes), stage.position, of)
    # Somebody who has left may stay named; whoever is named anew must be here.
    before = {stage.owner_id, *(tie.member_id for tie in stage.people.all())}
    newly_named = [
        member
        for member in (sketch.owner, *sketch.people)
        if member is not None and member.pk not in before
    ]
    _refuse_absent([replace(sketch, owner=None, people=tuple(newly_named))])
    return sketch


def _wait_anew(
    stage: Stage, all_stages: Sequence[Stage], after: Iterable[int]
) -> tuple[list[models.Model], list[tuple[str, int]]]:
    """Make a stage wait for the stages at the positions `after`, and no others."""
    by_position = {row.position: row for row in all_stages}
    waiting = {row.position: {tie.after.position for tie in row.afters.all()} for row in all_stages}
    waiting[stage.position] = set(after)
    circle = catalogue.circle_among(waiting)
    if circle:
        names = " → ".join(f"“{by_position[position].name}”" for position in circle)
        raise CircleAmongStages(
            _("These stages wait for each other, so that none could start: %(names)s.")
            % {"names": names},
            field="after",
        )
    ties = {tie.after.position: tie.pk for tie in stage.afters.all()}
    gone = [key for position, key in ties.items() if position not in waiting[stage.position]]
    StageAfter.objects.filter(pk__in=gone).delete()
    made = StageAfter.objects.bulk_create(
        StageAfter(stage=stage, after=by_position[position])
        for position in sorted(waiting[stage.position] - ties.keys())
    )
    if stage.state in (Stage.State.WAITING, Stage.State.READY):
        stage.state = _state_of([by_position[p].state for p in waiting[stage.position]])
    return [*made], [("stageafter", key) for key in gone]


def _name_anew(
    stage: Stage, people: Iterable[Member]
) -> tuple[list[models.Model], list[tuple[str, int]]]:
    """Name the people of a stage, and no others."""
    ties = {tie.member_id: tie.pk for tie in stage.people.all()}
    wanted = {member.pk: member for member in people}
    gone = [key for member, key in ties.items() if member not in wanted]
    StagePerson.objects.filter(pk__in=gone).delete()
    made = StagePerson.objects.bulk_create(
        StagePerson(stage=stage, member=member) for key, member in wanted.items() if key not in ties
    )
    return [*made], [("stageperson", key) for key in gone]


def _stage(job: Job, sketch: StageSketch, position: int, skills: Mapping[str, Skill]) -> Stage:
    return Stage(
        job=job,
        position=position,
        name=sketch.name,
        skill=skills[sketch.skill.casefold()] if sketch.skill else None,
        hands=sketch.hands,
        owner=sketch.owner,
        low_hours=sketch.low_hours,
        likely_hours=sketch.likely_hours,
        high_hours=sketch.high_hours,
        optional=sketch.optional,
        finishing=sketch.finishing,
        done_means=sketch.done_means,
        state=Stage.State.WAITING if sketch.after else Stage.State.READY,
    )


def _state_of(waited_for: Iterable[str]) -> Stage.State:
    done = all(state == Stage.State.DONE for state in waited_for)
    return Stage.State.READY if done else Stage.State.WAITING


def _stage_of(job: Job, stage: Stage | None) -> Stage | None:
    if stage is not None and stage.job_id != job.pk:
        raise ValueError("the stage belongs to another job")
    return stage


def _standard(job: Job, text: str) -> str:
    text = given.one_line(
        text, called=_("The standard"), field="standard", longest=300, needed=False
    )
    if job.promised and text != job.standard:
        raise StandardStands(
            _("The standard was promised with the date, so it stays. Nothing was changed."),
            field="standard",
        )
    return text


def _locked(job: Job) -> Job:
    return Job.objects.select_for_update(no_key=True).get(pk=job.pk)


def _refuse_closed(job: Job) -> None:
    if job.state == Job.State.CLOSED:
        raise JobIsClosed(
            _("“%(job)s” is closed; nothing is added to it. Nothing was saved.")
            % {"job": job.title}
        )


def _refuse_absent(stages: Iterable[StageSketch]) -> None:
    for position, stage in enumerate(stages, start=1):
        for place, member in (("owner", stage.owner), *(("people", p) for p in stage.people)):
            if member is None or (member.left_at is None and member.does_work):
                continue
            sentence = (
                _("%(name)s has left, and cannot be named for “%(stage)s”.")
                if member.left_at is not None
                else _("%(name)s does no planned work here, and cannot be named for “%(stage)s”.")
            )
            raise NotThere(
                sentence % {"name": member.name, "stage": stage.name},
                field=f"stages.{position}.{place}",
            )


def _title(title: str) -> str:
    return given.one_line(title, called=_("What the job is"), field="title", longest=200)


def _release(release_at: datetime | None) -> datetime | None:
    if release_at is None:
        return None
    return given.moment(release_at, called=_("The day it may start"), field="release_at")

"""Jobs, their stages, and what the client and third parties must supply."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import Prefetch, Q, QuerySet
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.services import SketchedStage
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    Hours,
    Id,
    LongName,
    MaybeSentence,
    Moment,
    Name,
    Page,
    PageAsked,
    Sentence,
    Shown,
    Title,
    unsaid,
)
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import making, models, work
from kept.people.access import Policy
from kept.people.models import Member, Role
from kept.promises import carrying, pausing

door = Door(
    "jobs",
    job_id=models.Job,
    stage_id=models.Stage,
    obligation_id=models.Obligation,
    inbound_id=models.InboundPromise,
    assumption_id=models.Assumption,
)
JobState = Literal["draft", "open", "closed"]
StageState = Literal["waiting", "ready", "doing", "handed_over", "done"]


class Stage(Shown):
    """A piece of a job."""

    id: int = Field(description="Its number.")
    job_id: int = Field(description="The job it belongs to.")
    position: int = Field(description="Its place in the job, counted from 1.")
    name: str = Field(description="What is done.")
    state: StageState = Field(description="How far it is.")
    owner_id: int | None = Field(description="The one person who owns it.")
    people_ids: list[int] = Field(description="People named to do it together with the owner.")
    skill: str | None = Field(description="The skill it needs.")
    hands: int = Field(description="How many people work on it at once.")
    likely_hours: float = Field(description="Hours that everybody on it spends together.")
    low_hours: float | None = Field(description="9 in 10 times it takes longer.")
    high_hours: float | None = Field(description="1 in 10 times it takes longer.")
    spent_hours: float = Field(description="Hours worked on it so far.")
    out_of_hours: float = Field(description="How many of them lay outside the working week.")
    after_ids: list[int] = Field(description="The stages that must be done before it.")
    optional: bool = Field(description="Whether it may be left out.")
    finishing: bool = Field(description="Whether it is the finishing stretch.")
    done_means: str = Field(description="How one sees that it is done.")
    begun_at: datetime | None = Field(description="When work on it began.")
    done_at: datetime | None = Field(description="When it was taken from its owner, done.")


class Condition(Shown):
    """One testable line of what satisfies the client."""

    id: int = Field(description="Its number.")
    text: str = Field(description="The line.")
    required: bool = Field(description="Required, or optional.")


class Obligation(Shown):
    """Something the client must supply."""

    id: int = Field(description="Its number.")
    what: str = Field(description="What the client supplies.")
    due_at: datetime = Field(description="By when.")
    met_at: datetime | None = Field(description="When it came.")
    stage_id: int | None = Field(description="The stage that waits for it.")


class Inbound(Shown):
    """What a third party is to supply."""

    id: int = Field(description="Its number.")
    who: str = Field(description="Who supplies it.")
    what: str = Field(description="What is supplied.")
    due_at: datetime = Field(description="By when.")
    backed: bool = Field(description="Whether somebody there promised it.")
    met_at: datetime | None = Field(description="When it came.")
    stage_id: int | None = Field(description="The stage that waits for it.")


class Assumption(Shown):
    """What was counted on."""

    id: int = Field(description="Its number.")
    text: str = Field(description="What was counted on.")
    broke_at: datetime | None = Field(description="When it turned out wrong.")


class Job(Shown):
    """Work asked for."""

    id: int = Field(description="Its number.")
    title: str = Field(description="What it is.")
    client_id: int | None = Field(description="Whom it is for.")
    service_id: int | None = Field(description="The service it was made from.")
    state: JobState = Field(description="draft: only asked about; open: on the team's plate.")
    release_at: datetime | None = Field(description="No stage starts before.")
    made_at: datetime = Field(description="When it was written down.")
    standard: str = Field(description="How good it is to be.")
    stages: list[Stage] = Field(description="Its stages, in order.")
    conditions: list[Condition] = Field(description="What satisfies the client.")
    obligations: list[Obligation] = Field(description="What the client must supply.")
    inbound: list[Inbound] = Field(description="What third parties are to supply.")
    assumptions: list[Assumption] = Field(description="What was counted on.")


class NewStage(SketchedStage):
    """A piece of a job to be."""

    owner_id: Id | None = Field(None, description="The one person who owns it.")
    people_ids: list[Id] = Field(
        [], max_length=50, description="People named to do it together with the owner."
    )

    def drawn(self, field: str) -> StageSketch:
        """Return it as the rooms take it; `field` is its place in the request."""
        sketch = self.sketch()
        owner = None
        if self.owner_id is not None:
            owner = named(Member, self.owner_id, f"{field}owner_id")
        people = tuple(named(Member, key, f"{field}people_ids") for key in self.people_ids)
        return StageSketch(
            **{name: getattr(sketch, name) for name in SketchedStage.model_fields},
            owner=owner,
            people=people,
        )


class NewJob(Asked):
    """Work to write down: from a service, or stage by stage."""

    title: Title = Field(description="What it is.")
    client_id: Id | None = Field(None, description="Whom it is for.")
    service_id: Id | None = Field(None, description="The service whose stages it takes.")
    stages: list[NewStage] = Field(
        [], max_length=200, description="Its stages; left out, those of the service."
    )
    state: Literal["draft", "open"] = Field(
        "draft", description="open puts it on the team's plate at once."
    )
    release_at: Moment | None = Field(None, description="No stage starts before.")


class JobChanges(Changes):
    """What changes about a job."""

    title: Title = unsaid(description="What it is.")
    client_id: Id | None = unsaid(description="Whom it is for.")
    state: JobState = unsaid(description="How far it is.")
    release_at: Moment | None = unsaid(description="No stage starts before.")
    standard: MaybeSentence = unsaid(
        description="How good it is to be; promised with the date, and fixed from then on."
    )


class StageChanges(Changes):
    """What changes about a stage that is not done."""

    name: Name = unsaid(description="What is done.")
    likely_hours: Hours = unsaid(description="Hours that everybody on it spends together.")
    low_hours: Hours | None = unsaid(description="9 in 10 times it takes longer.")
    high_hours: Hours | None = unsaid(description="1 in 10 times it takes longer.")
    skill: Name | None = unsaid(description="The skill it needs.")
    hands: int = unsaid(ge=1, le=50, description="How many people work on it at once.")
    after: list[int] = unsaid(
        max_length=200, description="Positions, counted from 1, of the stages before it."
    )
    optional: bool = unsaid(description="Whether it may be left out.")
    finishing: bool = unsaid(description="Whether it is the finishing stretch.")
    done_means: MaybeSentence = unsaid(description="How one sees that it is done.")
    owner_id: Id | None = unsaid(description="The one person who owns it.")
    people_ids: list[Id] = unsaid(
        max_length=50, description="People named to do it together with the owner."
    )


class HoursWorked(Asked):
    """Hours worked on a stage."""

    spent_hours: float = Field(
        ge=0, le=20_000, allow_inf_nan=False, description="Hours since they were logged last."
    )
    out_of_hours: float = Field(
        0, ge=0, le=20_000, allow_inf_nan=False,
        description="How many of them lay outside the working week.",
    )  # fmt: skip


class NewCondition(Asked):
    """A line of what satisfies the client."""

    text: Sentence = Field(description="The line.")
    required: bool = Field(True, description="Required, or optional.")


class NewObligation(Asked):
    """Something the client must supply."""

    what: Sentence = Field(description="What the client supplies.")
    due_at: Moment = Field(description="By when.")
    stage_id: Id | None = Field(None, description="The stage of this job that waits for it.")


class NewInbound(Asked):
    """Something a third party is to supply."""

    who: LongName = Field(description="Who supplies it.")
    what: Sentence = Field(description="What is supplied.")
    due_at: Moment = Field(description="By when.")
    backed: bool = Field(False, description="Whether somebody there promised it.")
    stage_id: Id | None = Field(None, description="The stage of this job that waits for it.")


class NewAssumption(Asked):
    """Something counted on."""

    text: Sentence = Field(description="What is counted on.")


def stages_shown() -> QuerySet[models.Stage]:
    """Return stages with what is shown of them, in a constant number of queries."""
    return models.Stage.objects.select_related("skill").prefetch_related("afters", "people")


def _jobs(request: ApiRequest) -> QuerySet[models.Job]:
    """Return the jobs that the member may see: a guest's are those that name them."""
    rows = models.Job.objects.prefetch_related(
        Prefetch("stages", stages_shown().order_by("position")),
        "conditions",
        "obligations",
        "inbound",
        "assumptions",
    )
    if request.member.may(Role.MEMBER):
        return rows
    return rows.filter(pk__in=_named_jobs(request.member))


def _stages(request: ApiRequest) -> QuerySet[models.Stage]:
    rows = stages_shown()
    if request.member.may(Role.MEMBER):
        return rows
    return rows.filter(job__in=_named_jobs(request.member))


def _named_jobs(member: Member) -> QuerySet[models.Stage, Any]:
    named_to = Q(owner=member) | Q(people__member=member)
    return models.Stage.objects.filter(named_to).values("job_id")


def shown_stage(stage: models.Stage) -> dict[str, Any]:
    """Return a stage as it is shown."""
    return {
        "id": stage.pk,
        "job_id": stage.job_id,
        "position": stage.position,
        "name": stage.name,
        "state": stage.state,
        "owner_id": stage.owner_id,
        "people_ids": sorted(tie.member_id for tie in stage.people.all()),
        "skill": None if stage.skill is None else stage.skill.name,
        "hands": stage.hands,
        "likely_hours": stage.likely_hours,
        "low_hours": stage.low_hours,
        "high_hours": stage.high_hours,
        "spent_hours": stage.spent_hours,
        "out_of_hours": stage.out_of_hours,
        "after_ids": sorted(tie.after_id for tie in stage.afters.all()),
        "optional": stage.optional,
        "finishing": stage.finishing,
        "done_means": stage.done_means,
        "begun_at": stage.begun_at,
        "done_at": stage.done_at,
    }


def shown_job(job: models.Job) -> dict[str, Any]:
    """Return a job as it is shown."""
    return {
        "id": job.pk,
        "title": job.title,
        "client_id": job.client_id,
        "service_id": job.service_id,
        "state": job.state,
        "release_at": job.release_at,
        "made_at": job.made_at,
        "standard": job.standard,
        "stages": [shown_stage(stage) for stage in job.stages.all()],
        "conditions": list(job.conditions.all()),
        "obligations": list(job.obligations.all()),
        "inbound": list(job.inbound.all()),
        "assumptions": list(job.assumptions.all()),
    }


def _again(request: ApiRequest, job_id: int) -> dict[str, Any]:
    return shown_job(_jobs(request).get(pk=job_id))


@door.read("/jobs", Policy.GUEST, Page[Job])
def list_jobs(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List jobs; a guest sees those that name them."""
    return paging.page(_jobs(request), asked, shown_job)


@door.add("/jobs", Policy.MEMBER, Job)
def make_job(request: ApiRequest, body: NewJob) -> dict[str, Any]:
    """Write down a job."""
    job = making.make(
        title=body.title,
        client=None if body.client_id is None else named(Client, body.client_id, "client_id"),
        service=None if body.service_id is None else named(Service, body.service_id, "service_id"),
        stages=[stage.drawn(f"stages.{place}.") for place, stage in enumerate(body.stages)],
        state=models.Job.State(body.state),
        release_at=body.release_at,
        by=request.member,
        now=request.now,
    )
    return _again(request, job.pk)


@door.read("/jobs/{int:job_id}", Policy.GUEST, Job)
def show_job(request: ApiRequest, job_id: int) -> dict[str, Any]:
    """Show a job."""
    return _again(request, job_id)


@door.change("/jobs/{int:job_id}", Policy.MEMBER, Job)
def change_job(request: ApiRequest, job_id: int, body: JobChanges) -> dict[str, Any]:
    """Change a job."""
    changes = body.said()
    if "client_id" in changes:
        key = changes.pop("client_id")
        changes["client"] = None if key is None else named(Client, key, "client_id")
    if "state" in changes:
        changes["state"] = models.Job.State(changes["state"])
    job = models.Job.objects.get(pk=job_id)
    making.change_job(job, by=request.member, now=request.now, **changes)
    return _again(request, job_id)


@door.add("/jobs/{int:job_id}/stages", Policy.MEMBER, Stage)
def add_stage(request: ApiRequest, job_id: int, body: NewStage) -> dict[str, Any]:
    """Add a stage at the end of a job."""
    job = models.Job.objects.get(pk=job_id)
    stage = making.add_stage(job, body.drawn(""), by=request.member, now=request.now)
    return shown_stage(stages_shown().get(pk=stage.pk))


@door.add("/jobs/{int:job_id}/conditions", Policy.MEMBER, Job)
def add_condition(request: ApiRequest, job_id: int, body: NewCondition) -> dict[str, Any]:
    """Add a line of what satisfies the client."""
    job = models.Job.objects.get(pk=job_id)
    making.add_condition(job, body.text, required=body.required, by=request.member, now=request.now)
    return _again(request, job_id)


@door.add("/jobs/{int:job_id}/obligations", Policy.MEMBER, Job)
def record_obligation(request: ApiRequest, job_id: int, body: NewObligation) -> dict[str, Any]:
    """Record what the client must supply."""
    job = models.Job.objects.get(pk=job_id)
    making.record_obligation(
        job,
        what=body.what,
        due_at=body.due_at,
        stage=_stage_of(job, body.stage_id),
        by=request.member,
        now=request.now,
    )
    return _again(request, job_id)


@door.add("/jobs/{int:job_id}/inbound", Policy.MEMBER, Job)
def record_inbound(request: ApiRequest, job_id: int, body: NewInbound) -> dict[str, Any]:
    """Record what a third party is to supply."""
    job = models.Job.objects.get(pk=job_id)
    making.record_inbound(
        job,
        who=body.who,
        what=body.what,
        due_at=body.due_at,
        backed=body.backed,
        stage=_stage_of(job, body.stage_id),
        by=request.member,
        now=request.now,
    )
    return _again(request, job_id)


@door.add("/jobs/{int:job_id}/assumptions", Policy.MEMBER, Job)
def record_assumption(request: ApiRequest, job_id: int, body: NewAssumption) -> dict[str, Any]:
    """Record something that the date counts on."""
    job = models.Job.objects.get(pk=job_id)
    making.record_assumption(job, body.text, by=request.member, now=request.now)
    return _again(request, job_id)


@door.add("/obligations/{int:obligation_id}/meet", Policy.MEMBER, Obligation, status=200, reads="")
def meet_obligation(request: ApiRequest, obligation_id: int) -> models.Obligation:
    """Note that the client supplied it."""
    row = models.Obligation.objects.get(pk=obligation_id)
    return pausing.receive(row, by=request.member, now=request.now)


@door.add("/inbound/{int:inbound_id}/meet", Policy.MEMBER, Inbound, status=200, reads="")
def meet_inbound(request: ApiRequest, inbound_id: int) -> models.InboundPromise:
    """Note that the third party supplied it."""
    row = models.InboundPromise.objects.get(pk=inbound_id)
    return making.meet_inbound(row, by=request.member, now=request.now)


@door.add("/assumptions/{int:assumption_id}/break", Policy.MEMBER, Assumption, status=200, reads="")
def break_assumption(request: ApiRequest, assumption_id: int) -> models.Assumption:
    """Note that an assumption turned out wrong."""
    row = models.Assumption.objects.get(pk=assumption_id)
    return making.break_assumption(row, by=request.member, now=request.now)


@door.read("/stages", Policy.GUEST, Page[Stage])
def list_stages(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List stages; a guest sees those of the jobs that name them."""
    return paging.page(_stages(request), asked, shown_stage)


@door.read("/stages/{int:stage_id}", Policy.GUEST, Stage)
def show_stage(request: ApiRequest, stage_id: int) -> dict[str, Any]:
    """Show a stage."""
    return shown_stage(_stages(request).get(pk=stage_id))


@door.change("/stages/{int:stage_id}", Policy.MEMBER, Stage)
def change_stage(request: ApiRequest, stage_id: int, body: StageChanges) -> dict[str, Any]:
    """Change a stage that is not handed over.

    Where it has an owner, somebody else named as owner is asked, and it stays with the old one
    until they say yes.
    """
    changes = body.said()
    if "owner_id" in changes:
        key = changes.pop("owner_id")
        changes["owner"] = None if key is None else named(Member, key, "owner_id")
    if "people_ids" in changes:
        keys = changes.pop("people_ids")
        changes["people"] = tuple(named(Member, key, "people_ids") for key in keys)
    if "after" in changes:
        changes["after"] = tuple(changes["after"])
    stage = models.Stage.objects.select_related("job").get(pk=stage_id)
    making.change_stage(stage, by=request.member, now=request.now, **changes)
    return shown_stage(stages_shown().get(pk=stage_id))


@door.add(
    "/stages/{int:stage_id}/begin", Policy.MEMBER, Stage, status=200, reads="",
    version_of="/stages/{int:stage_id}",
)  # fmt: skip
def begin_stage(request: ApiRequest, stage_id: int) -> dict[str, Any]:
    """Begin a stage; without an owner it becomes one's own."""
    carrying.begin(models.Stage.objects.get(pk=stage_id), by=request.member, now=request.now)
    return shown_stage(stages_shown().get(pk=stage_id))


@door.add(
    "/stages/{int:stage_id}/hours", Policy.MEMBER, Stage, status=200,
    version_of="/stages/{int:stage_id}",
)  # fmt: skip
def log_hours(request: ApiRequest, stage_id: int, body: HoursWorked) -> dict[str, Any]:
    """Add hours worked on a stage."""
    stage = models.Stage.objects.get(pk=stage_id)
    work.log_hours(
        stage,
        body.spent_hours,
        out_of_hours=body.out_of_hours,
        by=request.member,
        now=request.now,
    )
    return shown_stage(stages_shown().get(pk=stage_id))


def _stage_of(job: models.Job, key: int | None) -> models.Stage | None:
    if key is None:
        return None
    stage = named(models.Stage, key, "stage_id")
    return stage if stage.job_id == job.pk else named(models.Stage, 0, "stage_id")

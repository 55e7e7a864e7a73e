"""Who owns what, what was handed over, and checklists."""

from datetime import datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Hours,
    Id,
    MaybeSentence,
    Moment,
    Page,
    PageAsked,
    Sentence,
    Shown,
)
from kept.jobs import checklist, models, owning
from kept.people.access import Policy
from kept.people.models import Member
from kept.promises import carrying

door = Door(
    "stages",
    job_id=models.Job,
    stage_id=models.Stage,
    responsibility_id=models.Responsibility,
    hand_over_id=models.HandOver,
    check_id=models.CheckItem,
)
State = Literal["proposed", "accepted", "countered", "declined", "withdrawn"]
ONE = "/responsibilities/{int:responsibility_id}"
STAGE = "/stages/{int:stage_id}"


class Responsibility(Shown):
    """Somebody was asked to own a stage or a last mile, and what they said."""

    id: int = Field(description="Its number.")
    job_id: int = Field(description="The work.")
    stage_id: int | None = Field(description="The stage; null is the last mile.")
    member_id: int = Field(description="Who was asked.")
    state: State = Field(description="How far it is.")
    can: list[str] = Field(description="What you can do with it now.")
    by_at: datetime | None = Field(description="By when they would be done.")
    likely_hours: float | None = Field(description="How much work it is.")
    done_means: str = Field(description="How one sees that it is done.")
    proposed_at: datetime = Field(description="When they were asked.")
    proposed_by_id: int | None = Field(description="By whom.")
    answered_at: datetime | None = Field(description="When it was answered or taken back.")
    countered_by_at: datetime | None = Field(description="By when it would be possible instead.")
    countered_hours: float | None = Field(description="How much work it would be instead.")
    word: str = Field(description="What they said.")


class ResponsibilitiesAsked(PageAsked):
    """Which of them."""

    job_id: Id | None = Field(None, description="Only those of this job.")
    member_id: Id | None = Field(None, description="Only those of this person.")
    state: State | None = Field(None, description="Only those in this state.")


class LastMile(Asked):
    """Who is asked to see a job over the line."""

    member_id: Id = Field(description="Who is asked. Naming oneself is a yes.")
    by_at: Moment | None = Field(None, description="By when they would be done.")


class ProposedOwner(LastMile):
    """Who is asked to own a stage."""

    hours: Hours | None = Field(
        None, description="How much work it is; left out, what the stage says."
    )
    done_means: MaybeSentence | None = Field(
        None, description="How one sees that it is done; left out, what the stage says."
    )


class OwnerCounter(Asked):
    """What would be possible instead."""

    by_at: Moment | None = Field(None, description="By when.")
    hours: Hours | None = Field(None, description="How much work.")
    word: MaybeSentence = Field("", description="In their words.")


class OwnWord(Asked):
    """A word to it."""

    word: MaybeSentence = Field("", description="In their words.")


class HandOver(Shown):
    """A stage handed over, whole, and what whoever took it said."""

    id: int = Field(description="Its number.")
    stage_id: int = Field(description="The stage.")
    number: int = Field(description="Its place among those of the stage, counted from 1.")
    state: Literal["handed", "accepted", "sent_back"] = Field(description="What came of it.")
    handed_at: datetime = Field(description="When it was handed over.")
    handed_by_id: int | None = Field(description="By whom.")
    hours: float = Field(description="Hours worked since the hand-over before.")
    out_of_hours: float = Field(description="How many of them lay outside the working week.")
    answered_at: datetime | None = Field(description="When it was taken or sent back.")
    answered_by_id: int | None = Field(description="By whom.")
    reason: str = Field(description="Why it was sent back.")


class HandedOver(Asked):
    """What a stage took."""

    hours: float | None = Field(
        None, ge=0, le=20_000, allow_inf_nan=False,
        description="Hours worked since they were logged last.",
    )  # fmt: skip
    out_of_hours: float = Field(
        0, ge=0, le=20_000, allow_inf_nan=False,
        description="How many hours lay outside the working week.",
    )  # fmt: skip


class StageSentBack(Asked):
    """Why it is sent back."""

    reason: Sentence = Field(description="What is missing.")


class Check(Shown):
    """One line of a stage's checklist."""

    id: int = Field(description="Its number.")
    stage_id: int = Field(description="The stage.")
    position: int = Field(description="Its place, counted from 1.")
    text: str = Field(description="The line.")
    done_at: datetime | None = Field(description="When it was true.")
    done_by_id: int | None = Field(description="Who said so.")


class NewCheck(Asked):
    """A line for a checklist."""

    text: Sentence = Field(description="The line.")


def _shown(row: models.Responsibility, request: ApiRequest) -> dict[str, Any]:
    fields = [name for name in Responsibility.model_fields if name not in {"id", "can"}]
    return {
        "id": row.pk,
        "can": owning.allowed(row, request.member),
        **{name: getattr(row, name) for name in fields},
    }


def _again(request: ApiRequest, key: int) -> dict[str, Any]:
    return _shown(models.Responsibility.objects.get(pk=key), request)


def _one(key: int) -> models.Responsibility:
    rows = models.Responsibility.objects.select_related("job", "stage", "member")
    return rows.get(pk=key)


@door.read("/responsibilities", Policy.MEMBER, Page[Responsibility])
def list_responsibilities(
    request: ApiRequest, asked: Query[ResponsibilitiesAsked]
) -> dict[str, Any]:
    """List who was asked to own what, and what they said."""
    rows = models.Responsibility.objects.all()
    if asked.job_id is not None:
        rows = rows.filter(job_id=asked.job_id)
    if asked.member_id is not None:
        rows = rows.filter(member_id=asked.member_id)
    if asked.state is not None:
        rows = rows.filter(state=asked.state)
    return paging.page(rows, asked, lambda row: _shown(row, request))


@door.read(ONE, Policy.MEMBER, Responsibility)
def show_responsibility(request: ApiRequest, responsibility_id: int) -> dict[str, Any]:
    """Show what somebody was asked."""
    return _again(request, responsibility_id)


@door.add(f"{STAGE}/owner", Policy.MEMBER, Responsibility)
def ask_owner(request: ApiRequest, stage_id: int, body: ProposedOwner) -> dict[str, Any]:
    """Ask somebody to own a stage; whoever owns it stays its owner until they say yes."""
    row = carrying.propose(
        models.Stage.objects.select_related("job").get(pk=stage_id),
        named(Member, body.member_id, "member_id"),
        by_at=body.by_at,
        hours=body.hours,
        done_means=body.done_means,
        by=request.member,
        now=request.now,
    )
    return _again(request, row.pk)


@door.add("/jobs/{int:job_id}/last-mile", Policy.MEMBER, Responsibility)
def ask_last_mile_owner(request: ApiRequest, job_id: int, body: LastMile) -> dict[str, Any]:
    """Ask somebody to see a job over the line."""
    row = carrying.propose(
        models.Job.objects.get(pk=job_id),
        named(Member, body.member_id, "member_id"),
        by_at=body.by_at,
        by=request.member,
        now=request.now,
    )
    return _again(request, row.pk)


@door.add(f"{ONE}/accept", Policy.MEMBER, Responsibility, status=200, reads="", version_of=ONE)
def accept_responsibility(request: ApiRequest, responsibility_id: int) -> dict[str, Any]:
    """Say yes to what one was asked. It includes being asked how it goes until it is done."""
    carrying.accept(_one(responsibility_id), by=request.member, now=request.now)
    return _again(request, responsibility_id)


@door.add(f"{ONE}/counter", Policy.MEMBER, Responsibility, status=200, version_of=ONE)
def counter_responsibility(
    request: ApiRequest, responsibility_id: int, body: OwnerCounter
) -> dict[str, Any]:
    """Say what would be possible instead."""
    owning.counter(
        _one(responsibility_id),
        by_at=body.by_at,
        hours=body.hours,
        word=body.word,
        by=request.member,
        now=request.now,
    )
    return _again(request, responsibility_id)


@door.add(f"{ONE}/decline", Policy.MEMBER, Responsibility, status=200, version_of=ONE)
def decline_responsibility(
    request: ApiRequest, responsibility_id: int, body: OwnWord | None = None
) -> dict[str, Any]:
    """Say no to what one was asked."""
    word = "" if body is None else body.word
    owning.decline(_one(responsibility_id), word=word, by=request.member, now=request.now)
    return _again(request, responsibility_id)


@door.add(f"{ONE}/agree", Policy.MEMBER, Responsibility, status=200, reads="", version_of=ONE)
def agree_responsibility(request: ApiRequest, responsibility_id: int) -> dict[str, Any]:
    """Take what somebody said instead of yes; whoever asked, or a lead, can."""
    carrying.agree(_one(responsibility_id), by=request.member, now=request.now)
    return _again(request, responsibility_id)


@door.add(f"{ONE}/withdraw", Policy.MEMBER, Responsibility, status=200, reads="", version_of=ONE)
def withdraw_responsibility(request: ApiRequest, responsibility_id: int) -> dict[str, Any]:
    """Take a question back; whoever asked, or a lead, can."""
    owning.withdraw(_one(responsibility_id), by=request.member, now=request.now)
    return _again(request, responsibility_id)


@door.read(f"{STAGE}/hand-overs", Policy.MEMBER, Page[HandOver])
def list_hand_overs(request: ApiRequest, stage_id: int, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the hand-overs of a stage."""
    stage = models.Stage.objects.get(pk=stage_id)
    return paging.page(models.HandOver.objects.filter(stage=stage), asked, lambda row: row)


@door.add(f"{STAGE}/hand-over", Policy.MEMBER, HandOver, version_of=STAGE)
def hand_over_stage(
    request: ApiRequest, stage_id: int, body: HandedOver | None = None
) -> models.HandOver:
    """Hand over a stage, whole, with the hours it took.

    Whoever goes on from there takes it or sends it back; where that is the same person, it is
    taken in the same breath.
    """
    said = body or HandedOver(hours=None, out_of_hours=0)
    return carrying.hand_over(
        models.Stage.objects.get(pk=stage_id),
        hours=said.hours,
        out_of_hours=said.out_of_hours,
        by=request.member,
        now=request.now,
    )


@door.add("/hand-overs/{int:hand_over_id}/take", Policy.MEMBER, HandOver, status=200, reads="")
def take_hand_over(request: ApiRequest, hand_over_id: int) -> models.HandOver:
    """Take what was handed over: the stage is done."""
    row = models.HandOver.objects.select_related("stage").get(pk=hand_over_id)
    return carrying.take(row, by=request.member, now=request.now)


@door.add("/hand-overs/{int:hand_over_id}/send-back", Policy.MEMBER, HandOver, status=200)
def send_back_hand_over(
    request: ApiRequest, hand_over_id: int, body: StageSentBack
) -> models.HandOver:
    """Send back what was handed over, with the reason."""
    row = models.HandOver.objects.select_related("stage").get(pk=hand_over_id)
    return carrying.send_back(row, reason=body.reason, by=request.member, now=request.now)


@door.read(f"{STAGE}/checks", Policy.MEMBER, Page[Check])
def list_checks(request: ApiRequest, stage_id: int, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the lines of a stage's checklist."""
    stage = models.Stage.objects.get(pk=stage_id)
    return paging.page(models.CheckItem.objects.filter(stage=stage), asked, lambda row: row)


@door.add(f"{STAGE}/checks", Policy.MEMBER, Check)
def add_check(request: ApiRequest, stage_id: int, body: NewCheck) -> models.CheckItem:
    """Add a line to a stage's checklist; nothing is handed over while a line is open."""
    stage = models.Stage.objects.get(pk=stage_id)
    return checklist.add(stage, body.text, by=request.member, now=request.now)


@door.add("/checks/{int:check_id}/done", Policy.MEMBER, Check, status=200, reads="")
def check_done(request: ApiRequest, check_id: int) -> models.CheckItem:
    """Note that a line is true."""
    item = models.CheckItem.objects.select_related("stage").get(pk=check_id)
    return checklist.done(item, by=request.member, now=request.now)


@door.add("/checks/{int:check_id}/reopen", Policy.MEMBER, Check, status=200, reads="")
def check_reopen(request: ApiRequest, check_id: int) -> models.CheckItem:
    """Note that a line is not true after all."""
    item = models.CheckItem.objects.select_related("stage").get(pk=check_id)
    return checklist.reopen(item, by=request.member, now=request.now)

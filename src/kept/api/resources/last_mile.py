"""The last mile: alarms and what came back, the ladder, the rules, delegates."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Id,
    MaybeSentence,
    Moment,
    Page,
    PageAsked,
    Shown,
)
from kept.last_mile import answering, delegating, ladders, models, raising, rules, states
from kept.last_mile.ladders import Step
from kept.last_mile.models import Kind, Rung
from kept.people.access import Policy
from kept.people.models import Member
from kept.promises.models import Promise
from kept.tenancy.refusals import Refused

door = Door("alarms", alarm_id=models.Alarm, delegate_id=models.Delegate)
ONE = "/alarms/{int:alarm_id}"
KindName = Literal[
    "asked", "at_risk", "drift", "silence", "stuck", "obligation", "answer", "undeliverable", "hold"
]
RuleName = Literal[
    "at_risk", "drift", "silence", "stuck", "obligation", "answer", "undeliverable", "hold"
]
StateName = Literal["raised", "acknowledged", "answered", "closed"]
RungName = Literal["nudge", "knock", "huddle", "lead", "ice_bucket"]
HearsName = Literal["asked", "team", "leads", "everybody"]


class Notice(Shown):
    """One message of a rung to one person."""

    id: int = Field(description="Its number.")
    rung: int = Field(description="The rung, counted from 1.")
    member_id: int = Field(description="Who hears.")
    due_at: datetime = Field(description="From when their charter lets it go.")
    late: bool = Field(description="It was climbed clearly after it was meant to be.")
    channel: str = Field(description="How it went out; empty, not yet.")
    sent_at: datetime | None = Field(description="When it went out.")
    failed_at: datetime | None = Field(description="When it was given up.")
    dropped_at: datetime | None = Field(description="When it was not needed any more.")


class AlarmAnswer(Shown):
    """What came back."""

    id: int = Field(description="Its number.")
    kind: Literal["done_by", "blocked_by", "need_help"] = Field(description="What was said.")
    words: str = Field(description="By what, or with what.")
    said_at: datetime = Field(description="When.")
    said_by_id: int = Field(description="By whom.")
    due_at: datetime = Field(description="By when; it has a clock of its own.")
    outcome: Literal["", "kept", "missed", "replaced", "moot"] = Field(
        description="What became of it; empty while it runs."
    )


class Alarm(Shown):
    """One raised case: somebody must answer, and who hears next if they do not."""

    id: int = Field(description="Its number.")
    kind: KindName = Field(description="What it is about.")
    state: StateName = Field(description="How far it is.")
    can: list[str] = Field(description="What can be done with it now.")
    asked_id: int = Field(description="Who is to answer.")
    promise_id: int | None = Field(description="The promise.")
    stage_id: int | None = Field(description="The stage.")
    follows_id: int | None = Field(description="The alarm that it goes on from.")
    proposal_id: int | None = Field(description="The sheet with bad news prepared for it.")
    question: str = Field(description="What a person asked.")
    raised_at: datetime = Field(description="When it was raised.")
    raised_by_id: int | None = Field(description="By whom; null, by a rule.")
    ladder: int = Field(description="The number of the ladder that it climbs.")
    next_rung: int | None = Field(description="The rung that is next.")
    next_at: datetime | None = Field(description="When that is due.")
    acknowledged_at: datetime | None = Field(description="When somebody said that they know.")
    acknowledged_by_id: int | None = Field(description="Who did.")
    answer_due_at: datetime | None = Field(description="By when they owe an answer.")
    closed_at: datetime | None = Field(description="When it was closed.")
    closed_why: Literal["", "done", "over", "person", "missed"] = Field(description="Why.")
    notices: list[Notice] = Field(description="Who heard, rung by rung.")
    answers: list[AlarmAnswer] = Field(description="What came back, in order.")


class AlarmsAsked(PageAsked):
    """Which of them."""

    promise_id: Id | None = Field(None, description="Only those of this promise.")
    asked_id: Id | None = Field(None, description="Only those that this person is to answer.")
    state: StateName | None = Field(None, description="Only those in this state.")


class NewAlarm(Asked):
    """Whom to ask about what."""

    promise_id: Id = Field(description="The promise; you see it over the line, or stand in.")
    member_id: Id = Field(description="Whom.")
    question: MaybeSentence = Field("", description="The question.")


class NewAnswer(Asked):
    """Done by, blocked by, or help."""

    kind: Literal["done_by", "blocked_by", "need_help"] = Field(description="What is said.")
    due_at: Moment = Field(description="By when it is done, or looked at again.")
    words: MaybeSentence = Field("", description="By what, or with what.")


class Useful(Asked):
    """Whether being asked was of use; nobody else sees it."""

    useful: bool = Field(description="Whether it was.")


class LadderRung(Shown):
    """One rung."""

    name: RungName = Field(description="Its name.")
    hears: HearsName = Field(description="Who hears.")
    wait_minutes: int = Field(description="Working minutes before it.")
    any_hour: bool = Field(description="Every hour counts, and who allows it is reached at any.")


class NewRung(Asked):
    """One rung."""

    name: RungName = Field(description="Its name.")
    hears: HearsName = Field(description="Who hears.")
    wait_minutes: int = Field(ge=0, le=43_200, description="Working minutes before it.")
    any_hour: bool = Field(False, description="Every hour counts.")


class Ladder(Shown):
    """Who hears next, and when."""

    number: int = Field(description="Which ladder of this house; 0 is the usual one.")
    rungs: list[LadderRung] = Field(description="From the lowest up.")


class NewLadder(Asked):
    """Another ladder."""

    rungs: list[NewRung] = Field(min_length=1, max_length=5, description="From the lowest up.")


class AlarmRule(Shown):
    """One rule that raises alarms."""

    kind: RuleName = Field(description="Which.")
    on: bool = Field(description="Whether it raises any.")
    amount: float | None = Field(description="Its number; null where it has none.")
    unit: Literal["none", "points", "working minutes"] = Field(description="What that counts.")


class AlarmRules(Shown):
    """Every rule that raises alarms."""

    items: list[AlarmRule] = Field(description="Each rule.")


class RuleChange(Asked):
    """What changes of a rule."""

    kind: RuleName = Field(description="Which.")
    on: bool | None = Field(None, description="Whether it raises any.")
    amount: float | None = Field(
        None, ge=0, le=43_200, allow_inf_nan=False, description="Its number."
    )


class Delegate(Shown):
    """Somebody who may chase in a last-mile owner's place."""

    id: int = Field(description="Its number.")
    owner_id: int = Field(description="In whose place.")
    member_id: int = Field(description="Who.")
    promise_id: int | None = Field(description="For this promise; null, for all of theirs.")
    named_at: datetime = Field(description="Since when.")
    ended_at: datetime | None = Field(description="Until when.")


class NewDelegate(Asked):
    """Who may chase in your place."""

    member_id: Id = Field(description="Who.")
    promise_id: Id | None = Field(None, description="For this promise; left out, for all of yours.")


def _alarms() -> QuerySet[models.Alarm]:
    return models.Alarm.objects.select_related(
        "asked", "ladder", "promise__last_mile_owner", "promise__job"
    ).prefetch_related("notices", "answers")


def _shown(alarm: models.Alarm) -> dict[str, Any]:
    columns = (
        "kind", "state", "asked_id", "promise_id", "stage_id", "follows_id", "proposal_id",
        "question", "raised_at", "raised_by_id", "next_rung", "next_at", "acknowledged_at",
        "acknowledged_by_id", "answer_due_at", "closed_at", "closed_why",
    )  # fmt: skip
    return {
        "id": alarm.pk,
        "can": [verb for verb in states.allowed(alarm.state) if verb != "climb" or alarm.next_rung],
        "ladder": alarm.ladder.number,
        "notices": list(alarm.notices.all()),
        "answers": list(alarm.answers.all()),
        **{name: getattr(alarm, name) for name in columns},
    }


def _one(alarm_id: int) -> models.Alarm:
    return _alarms().get(pk=alarm_id)


@door.read("/alarms", Policy.MEMBER, Page[Alarm])
def list_alarms(request: ApiRequest, asked: Query[AlarmsAsked]) -> dict[str, Any]:
    """List alarms."""
    rows = _alarms()
    for name in ("promise_id", "asked_id", "state"):
        value = getattr(asked, name)
        if value is not None:
            rows = rows.filter(**{name: value})
    return paging.page(rows, asked, _shown)


@door.add("/alarms", Policy.MEMBER, Alarm)
def raise_alarm(request: ApiRequest, body: NewAlarm) -> dict[str, Any]:
    """Ask somebody on a promise how it stands."""
    alarm = raising.ask(
        named(Promise, body.promise_id, "promise_id"),
        named(Member, body.member_id, "member_id"),
        question=body.question,
        by=request.member,
        now=request.now,
    )
    return _shown(_one(alarm.pk))


@door.read(ONE, Policy.MEMBER, Alarm)
def show_alarm(request: ApiRequest, alarm_id: int) -> dict[str, Any]:
    """Show an alarm."""
    return _shown(_one(alarm_id))


@door.add(f"{ONE}/acknowledge", Policy.MEMBER, Alarm, status=200, reads="", version_of=ONE)
def acknowledge_alarm(request: ApiRequest, alarm_id: int) -> dict[str, Any]:
    """Say that you know: the ladder stops, and an answer is owed soon."""
    answering.acknowledge(_one(alarm_id), by=request.member, now=request.now)
    return _shown(_one(alarm_id))


@door.add(f"{ONE}/answer", Policy.MEMBER, Alarm, status=200, version_of=ONE)
def answer_alarm(request: ApiRequest, alarm_id: int, body: NewAnswer) -> dict[str, Any]:
    """Answer: done by, blocked by, or help is needed."""
    answering.answer(
        _one(alarm_id),
        kind=models.AlarmAnswer.Kind(body.kind),
        words=body.words,
        due_at=body.due_at,
        by=request.member,
        now=request.now,
    )
    return _shown(_one(alarm_id))


@door.add(f"{ONE}/climb", Policy.MEMBER, Alarm, status=200, reads="", version_of=ONE)
def climb_alarm(request: ApiRequest, alarm_id: int) -> dict[str, Any]:
    """Take the next rung now."""
    raising.push(_one(alarm_id), by=request.member, now=request.now)
    return _shown(_one(alarm_id))


@door.add(f"{ONE}/close", Policy.MEMBER, Alarm, status=200, reads="", version_of=ONE)
def close_alarm(request: ApiRequest, alarm_id: int) -> dict[str, Any]:
    """Say that it is done."""
    why = models.Alarm.Why.DONE
    answering.close(_one(alarm_id), by=request.member, now=request.now, why=why)
    return _shown(_one(alarm_id))


@door.add(f"{ONE}/useful", Policy.MEMBER, Alarm, status=200, version_of=ONE)
def rate_alarm(request: ApiRequest, alarm_id: int, body: Useful) -> dict[str, Any]:
    """Say whether being asked was of use; only you see it."""
    said = models.AlarmAnswer.objects.filter(alarm=alarm_id, said_by=request.member)
    row = said.order_by("-pk").first()
    if row is None:
        raise Refused(_("You gave no answer here yet."))
    answering.rate(row, useful=body.useful, by=request.member, now=request.now)
    return _shown(_one(alarm_id))


@door.read("/ladders/current", Policy.MEMBER, Ladder)
def show_ladder(request: ApiRequest) -> dict[str, Any]:
    """Show the house's ladder."""
    last = models.Ladder.objects.order_by("-number").first()
    return {"number": 0 if last is None else last.number, "rungs": list(ladders.steps())}


@door.add("/ladders", Policy.OWNER, Ladder, admin=True)
def change_ladder(request: ApiRequest, body: NewLadder) -> dict[str, Any]:
    """Give the house another ladder; alarms that are raised keep climbing theirs."""
    rungs = [
        Step(Rung.Name(each.name), Rung.Hears(each.hears), each.wait_minutes, each.any_hour)
        for each in body.rungs
    ]
    made = ladders.change(rungs, by=request.member, now=request.now)
    return {"number": made.number, "rungs": list(ladders.steps())}


@door.read("/alarm-rules", Policy.MEMBER, AlarmRules)
def list_alarm_rules(request: ApiRequest) -> dict[str, Any]:
    """List the rules that raise alarms."""
    return {"items": list(rules.rules().values())}


@door.add("/alarm-rules", Policy.OWNER, AlarmRule, status=200, admin=True)
def change_alarm_rule(request: ApiRequest, body: RuleChange) -> rules.Rule:
    """Set one rule that raises alarms."""
    return rules.change(
        Kind(body.kind), on=body.on, amount=body.amount, by=request.member, now=request.now
    )


@door.read("/delegates", Policy.MEMBER, Page[Delegate])
def list_delegates(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List who may chase in whose place."""
    return paging.page(models.Delegate.objects.all(), asked, lambda row: row)


@door.add("/delegates", Policy.MEMBER, Delegate)
def name_delegate(request: ApiRequest, body: NewDelegate) -> models.Delegate:
    """Let somebody chase in your place."""
    return delegating.name(
        named(Member, body.member_id, "member_id"),
        promise=None if body.promise_id is None else named(Promise, body.promise_id, "promise_id"),
        by=request.member,
        now=request.now,
    )


@door.add("/delegates/{int:delegate_id}/end", Policy.MEMBER, Delegate, status=200, reads="")
def end_delegate(request: ApiRequest, delegate_id: int) -> models.Delegate:
    """Take it back, or give it back."""
    found = models.Delegate.objects.get(pk=delegate_id)
    return delegating.end(found, by=request.member, now=request.now)

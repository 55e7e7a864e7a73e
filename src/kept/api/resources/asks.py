"""Asks beyond what was promised: the four tests, the decision, and the reply."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    Day,
    Hours,
    Id,
    MaybeName,
    MaybeSentence,
    Moment,
    Money,
    Page,
    PageAsked,
    Prose,
    Shown,
    Title,
    unsaid,
)
from kept.asks import answering, gates, models, receiving, replies, wording
from kept.asks.answering import Saying
from kept.clients.models import Client, Contact, Service
from kept.jobs.lines import Effort
from kept.people.access import Policy
from kept.people.models import Member
from kept.promises.models import Promise
from kept.tenancy import refusals

door = Door("asks", ask_id=models.Ask)
ONE = "/asks/{int:ask_id}"

Sort = Literal["", "core", "in_scope", "change", "extra", "exception"]
Came = Literal["mail", "phone", "in_person", "message", "other"]
Given = Literal["do_it", "yes_once", "paid_yes", "fair_no", "cant_now", "cant_ever"]
Wont = Literal["", "price", "priority", "policy", "principle"]
How = Literal["", "letter", "said"]


class AskShown(Shown):
    """Something a client wants."""

    id: int = Field(description="Its number.")
    client_id: int | None = Field(description="Who asks; null for a walk-in.")
    contact_id: int | None = Field(description="Who there asked.")
    title: str = Field(description="What they want, in a few words.")
    words: str = Field(description="What they said.")
    came: Came = Field(description="How it came.")
    came_at: datetime = Field(description="When.")
    wanted_at: datetime | None = Field(description="By when they want it.")
    likely_hours: float | None = Field(description="How big it is.")
    service_id: int | None = Field(description="Or like which service.")
    state: Literal["open", "answered", "withdrawn"] = Field(description="How far it is.")
    sort: Sort = Field(description="What it is; empty until somebody says.")
    kind: str | None = Field(description="Its kind, for rarity.")
    as_if_due: bool = Field(description="They asked for it as if it were due.")
    beyond_id: int | None = Field(description="The promise that it goes beyond.")
    decider_id: int | None = Field(description="Who decides.")
    due_at: datetime = Field(description="By when the answer is owed.")
    policy_id: int | None = Field(description="The rule it is about.")
    measured: Decimal | None = Field(description="What the rule measures.")
    possible: str = Field(description="What would make it possible.")
    sincere: Literal["", "yes", "no", "not_sure"] = Field(description="A person's word.")
    quote_id: int | None = Field(description="The offer that answers it.")
    holding_reply_id: int | None = Field(description="The holding reply.")
    ended_at: datetime | None = Field(description="When it was answered or withdrawn.")


class AskChanges(Changes):
    """What is known of an ask."""

    title: Title = unsaid(description="What they want, in a few words.")
    words: Prose = unsaid(description="What they said.")
    contact_id: Id | None = unsaid(description="Who there asked.")
    came: Came = unsaid(description="How it came.")
    wanted_on: Day | None = unsaid(description="By which day they want it.")
    wanted_at: Moment | None = unsaid(description="Or by which moment.")
    likely_hours: Hours | None = unsaid(description="How big it is, in hours.")
    service_id: Id | None = unsaid(description="Or like which service.")
    sort: Sort = unsaid(description="What it is.")
    kind: MaybeName = unsaid(description="Its kind, for rarity.")
    as_if_due: bool = unsaid(description="They asked for it as if it were due.")
    beyond_id: Id | None = unsaid(description="The promise that it goes beyond.")
    decider_id: Id | None = unsaid(description="Who decides.")
    due_at: Moment | None = unsaid(description="By when the answer is owed.")
    policy_id: Id | None = unsaid(description="The rule it is about.")
    measured: MaybeName = unsaid(description="What the rule measures: 14:33, 2, 480.")
    measured_at: Moment | None = unsaid(description="For a time of day: the moment meant.")
    possible: Prose = unsaid(description="What would make it possible.")


class NewAsk(AskChanges):
    """An ask, as it came."""

    client_id: Id | None = Field(None, description="Who asks; left out, a walk-in.")
    title: Title = Field(description="What they want, in a few words.")
    came_at: Moment | None = Field(None, description="When; left out, now.")


class Judged(Asked):
    """A person's word."""

    sincere: Literal["yes", "no", "not_sure"] = Field(description="Whether they mean it.")


class HeldOff(Asked):
    """By when they get an answer."""

    due_on: Day | None = Field(None, description="By which day.")
    due_at: Moment | None = Field(None, description="Or by which moment.")
    subject: MaybeSentence = Field("", description="Of the letter.")
    body: Prose = Field("", description="The letter.")
    how: How = Field("said", description="How they are told.")


class AskAnswer(Asked):
    """How an ask is answered."""

    given: Given = Field(description="The answer.")
    wont: Wont = Field("", description="For a fair no: its kind.")
    true_reason: Prose = Field("", description="For us only.")
    constraint: MaybeSentence = Field("", description="For a can't: what stands in the way.")
    due_on: Day | None = Field(None, description="For a yes: by which day.")
    due_at: Moment | None = Field(None, description="Or by which moment.")
    price: Money | None = Field(None, description="For a paid yes.")
    hours: Money | None = Field(None, description="For a free yes: the hours it costs us.")
    worth: Money | None = Field(None, description="For a free yes: what it is worth.")
    override_reason: MaybeSentence = Field("", description="A lead's, against the gate.")
    gap_reason: MaybeSentence = Field("", description="A lead's, without every owner's yes.")
    subject: MaybeSentence = Field("", description="Of the letter.")
    body: Prose = Field("", description="The reply.")
    how: How = Field("", description="How they are told; empty, not yet.")


class DraftReply(Shown):
    """A reply to be looked over by a person; nothing is sent."""

    language: str = Field(description="In which language it is.")
    subject: str = Field(description="The subject.")
    body: str = Field(description="The reply; a merge field left standing has to be filled in.")
    unworded: str = Field(
        description="What to tell whoever sends it, where the rule has no words in its language."
    )
    unwritten: str = Field(
        description="What to tell them, where it is in another language than its reader's."
    )


class DraftAsked(Asked):
    """Which reply to draft."""

    reply_for: Given | Literal["holding"] = Field(description="The answer it tells of.")
    because: MaybeSentence = Field("", description="What stands in the way.")
    due_on: Day | None = Field(None, description="For a holding reply: by which day.")


class Decision(Shown):
    """How an ask was answered, with what the four tests said then."""

    id: int = Field(description="Its number.")
    ask_id: int = Field(description="The ask.")
    given: Given = Field(description="The answer.")
    suggested: str = Field(description="What kept suggested.")
    wont: Wont = Field(description="The kind of a won't.")
    constraint: str = Field(description="What stands in the way.")
    nearest_at: datetime | None = Field(description="When we could.")
    core: str = Field(description="How the core stood.")
    core_kept: int = Field(description="So many of its last ones were kept.")
    core_of: int = Field(description="Of so many.")
    can: str = Field(description="Whether we could.")
    chance: float | None = Field(description="How surely.")
    pushes_below_line: bool = Field(description="It would have pushed a promise below the line.")
    sincere: str = Field(description="A person's word.")
    rarity: str = Field(description="How rare its kind was.")
    of_kind: int = Field(description="The how many-th of its kind lately.")
    within: str = Field(description="Where it lay against the rule.")
    beyond_by: Decimal | None = Field(description="How far beyond the limit.")
    gate: Literal["open", "band", "shut"] = Field(description="What the gate said.")
    overridden: bool = Field(description="A lead decided against the gate.")
    price: Decimal | None = Field(description="What they pay.")
    cost_hours: Decimal | None = Field(description="What it costs us, in hours.")
    cost_money: Decimal | None = Field(description="What it is worth.")
    promise_id: int | None = Field(description="The promise that came of it.")
    decided_at: datetime = Field(description="When.")
    decided_by_id: int | None = Field(description="By whom.")


class StandsInTheWay(Shown):
    """What limits the date of an ask."""

    said: str = Field(description="What it is.")
    days: float = Field(description="Working days that it would come earlier without it.")


class Tests(Shown):
    """The four tests of an ask, as they stand now."""

    core: str = Field(description="hot, warm, cold, unknown, or walk_in.")
    core_kept: int = Field(description="So many of the last ones were kept.")
    core_of: int = Field(description="Of so many.")
    can: str = Field(description="yes, no, or not_asked.")
    chance: float | None = Field(description="How surely, by the wanted or the nearest date.")
    due_at: datetime | None = Field(description="That date.")
    nearest_at: datetime | None = Field(description="The first date as sure as dates are given.")
    pushes: list[str] = Field(description="Whom a yes would push below the line.")
    stands: list[StandsInTheWay] = Field(
        description="For a can't: what stands in the way, the longest first; for us only."
    )
    sincere: str = Field(description="A person's word; empty until somebody says.")
    rarity: str = Field(description="rare, repeated, expected, or settled.")
    of_kind: int = Field(description="The how many-th of its kind, with this one.")
    within: str = Field(description="Where it lies against its rule.")
    verdict: str = Field(description="The same in words.")
    gate: Literal["open", "band", "shut"] = Field(description="For a free yes.")
    reasons: list[str] = Field(description="What stands against a free yes.")
    suggested: str | None = Field(description="What kept suggests; a person decides.")


def _asks() -> QuerySet[models.Ask]:
    return models.Ask.objects.select_related("client", "kind", "policy")


def _shown(row: models.Ask) -> Any:
    shown = {name: getattr(row, name) for name in AskShown.model_fields if name != "kind"}
    return {**shown, "kind": None if row.kind is None else row.kind.name}


@door.read("/asks", Policy.MEMBER, Page[AskShown])
def list_asks(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List asks."""
    return paging.page(_asks(), asked, _shown)


@door.add("/asks", Policy.MEMBER, AskShown)
def receive_ask(request: ApiRequest, body: NewAsk) -> Any:
    """Write down what somebody wants; it reserves nothing."""
    client = None if body.client_id is None else named(Client, body.client_id, "client_id")
    said = body.said()
    for name in ("client_id", "came_at"):
        said.pop(name, None)
    zone = request.member.organisation.zone if client is None else client.zone
    made = receiving.receive(
        client=client,
        came_at=body.came_at,
        by=request.member,
        now=request.now,
        **_said(said, zone),
    )
    return _shown(made)


@door.read(ONE, Policy.MEMBER, AskShown)
def show_ask(request: ApiRequest, ask_id: int) -> Any:
    """Show an ask."""
    return _shown(_asks().get(pk=ask_id))


@door.change(ONE, Policy.MEMBER, AskShown)
def change_ask(request: ApiRequest, ask_id: int, body: AskChanges) -> Any:
    """Say more of an ask while it is open."""
    found = _asks().get(pk=ask_id)
    said = _said(body.said(), found.zone)
    receiving.change(found, by=request.member, now=request.now, **said)
    return _shown(_asks().get(pk=ask_id))


@door.add(f"{ONE}/judge", Policy.MEMBER, AskShown, status=200, version_of=ONE)
def judge_ask(request: ApiRequest, ask_id: int, body: Judged) -> Any:
    """Say whether they mean it: a person's word, never a score."""
    found = _asks().get(pk=ask_id)
    receiving.judge(found, sincere=body.sincere, by=request.member, now=request.now)
    return _shown(_asks().get(pk=ask_id))


@door.add(f"{ONE}/test", Policy.MEMBER, Tests, status=200, reads="")
def run_tests(request: ApiRequest, ask_id: int) -> dict[str, Any]:
    """Run the four tests; while the ask is open, a can-check of another plan is worked out anew."""
    read = _read(_asks().get(pk=ask_id), request)
    passage = gates.passage(read, gates.Given.YES_ONCE)
    return {
        "core": str(read.core),
        "core_kept": 0 if read.health is None else read.health.kept,
        "core_of": 0 if read.health is None else read.health.of,
        "can": str(read.can.can),
        "chance": read.can.chance,
        "due_at": read.can.due_at,
        "nearest_at": read.can.nearest,
        "pushes": list(read.can.pushes),
        "stands": list(read.can.stands),
        "sincere": read.ask.sincere,
        "rarity": str(read.rare.rarity),
        "of_kind": read.rare.of_kind,
        "within": str(read.within),
        "verdict": read.verdict,
        "gate": str(passage.gate),
        "reasons": list(passage.reasons),
        "suggested": gates.suggested(read),
    }


@door.add(f"{ONE}/draft", Policy.MEMBER, DraftReply, status=200)
def draft_reply(request: ApiRequest, ask_id: int, body: DraftAsked) -> wording.Draft:
    """Draft the reply to an ask, in the language of whoever reads it; nothing is sent."""
    found = _asks().get(pk=ask_id)
    read = _read(found, request)
    until = moments.due(None, body.due_on, zone=found.zone, name="due")
    return replies.draft(
        read, body.reply_for, by=request.member, now=request.now,
        because=body.because, answer_by=until,
    )  # fmt: skip


@door.add(f"{ONE}/decide", Policy.MEMBER, Decision, version_of=ONE, computes=True)
def decide_ask(request: ApiRequest, ask_id: int, body: AskAnswer) -> models.Decision:
    """Answer an ask, and tell them."""
    found = _asks().get(pk=ask_id)
    said = body.model_dump(exclude={"due_on", "due_at"})
    due_at = moments.due(body.due_at, body.due_on, zone=found.zone, name="due")
    return answering.answer(
        found,
        Saying(**said, due_at=due_at),
        by=request.member,
        now=request.now,
        begin=request.begin,
    )


@door.read(f"{ONE}/decision", Policy.MEMBER, Decision)
def show_decision(request: ApiRequest, ask_id: int) -> models.Decision:
    """Show how an ask was answered; the true reason stays with its page."""
    return models.Decision.objects.get(ask_id=ask_id)


@door.add(f"{ONE}/hold-off", Policy.MEMBER, AskShown, status=200, version_of=ONE)
def hold_off_ask(request: ApiRequest, ask_id: int, body: HeldOff) -> Any:
    """Say by when they get an answer; the ask stays open.

    A letter is sent as somebody read it: draft it first (`reply_for` holding), and send it as
    `body`. What you say yourself may be left out.
    """
    found = _asks().get(pk=ask_id)
    due_at = moments.needed(body.due_at, body.due_on, zone=found.zone, name="due")
    text, subject = body.body, body.subject
    if not text and body.how == "letter":
        raise refusals.Refused(
            _("No letter goes out unread. Draft it first, and send it as body. Nothing was sent."),
            field="body",
        )
    if not text:
        draft = wording.draft(
            wording.For.HOLDING,
            wording.Facts.of(found, request.member, request.now, answer_by=due_at),
        )
        text, subject = draft.body, subject or draft.subject
    answering.hold_off(
        found,
        due_at=due_at,
        subject=subject,
        body=text,
        how=body.how,
        by=request.member,
        now=request.now,
    )
    return _shown(_asks().get(pk=ask_id))


@door.add(f"{ONE}/withdraw", Policy.MEMBER, AskShown, status=200, reads="", version_of=ONE)
def withdraw_ask(request: ApiRequest, ask_id: int) -> Any:
    """Note that they do not want it any more."""
    found = _asks().get(pk=ask_id)
    receiving.withdraw(found, by=request.member, now=request.now)
    return _shown(_asks().get(pk=ask_id))


def _read(found: models.Ask, request: ApiRequest) -> gates.Tests:
    """Read the four tests; what an answer rested on is not worked out anew."""
    open_ = found.state == models.Ask.State.OPEN
    return gates.read(found, by=request.member, now=request.now, work_out=open_)


def _said(said: dict[str, Any], zone: str) -> dict[str, Any]:
    """Turn numbers of rows into rows, and days into moments."""
    for name, model in (
        ("contact", Contact),
        ("service", Service),
        ("beyond", Promise),
        ("decider", Member),
        ("policy", models.Policy),
    ):
        if f"{name}_id" in said:
            key = said.pop(f"{name}_id")
            said[name] = None if key is None else named(model, key, f"{name}_id")
    if said.keys() & {"wanted_on", "wanted_at"}:
        on, at = said.pop("wanted_on", None), said.pop("wanted_at", None)
        said["wanted_at"] = moments.due(at, on, zone=zone, name="wanted")
    if "likely_hours" in said:
        hours = said.pop("likely_hours")
        said["size"] = None if hours is None else Effort(hours)
    return said

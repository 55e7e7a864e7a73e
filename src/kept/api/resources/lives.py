"""The life of a promise: delivered, paused, moved, late and why, ended."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import ONE, Promise, again
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Chance,
    Day,
    Id,
    MaybeSentence,
    Moment,
    Page,
    PageAsked,
    Prose,
    Shown,
)
from kept.clients.models import Contact
from kept.jobs.models import Assumption, Obligation, Stage
from kept.people.access import Policy
from kept.promises import (
    delivering,
    ending,
    models,
    pausing,
    proposing,
    reasons,
    slips,
    states,
)
from kept.promises.proposing import Way
from kept.tenancy import refusals

door = Door(
    "promises",
    promise_id=models.Promise,
    delivery_id=models.Delivery,
    proposal_id=models.Proposal,
)
DELIVERY = "/deliveries/{int:delivery_id}"
PROPOSAL = "/proposals/{int:proposal_id}"
Category = Literal[
    "client_material", "client_change", "estimate", "third_party", "away", "capacity",
    "quality", "changed_mind", "other",
]  # fmt: skip
Controllable = Literal["ours", "clients", "theirs", "nobodys"]


class Pause(Shown):
    """The clock stood because the client owed something."""

    id: int = Field(description="Its number.")
    obligation_id: int = Field(description="What the client owed.")
    notice_at: datetime = Field(description="When the client was told.")
    started_at: datetime = Field(description="From when the clock stood.")
    ended_at: datetime | None = Field(description="When it ended.")
    working_minutes: int | None = Field(
        description="How much working time it stood; the due moment moved by that."
    )


class NewPause(Asked):
    """Why the clock stands."""

    obligation_id: Id = Field(description="What the client owes; it must be overdue.")


class DeliveredLine(Shown):
    """One line of what was promised, in a delivery."""

    condition_id: int = Field(description="The line.")
    met: bool = Field(description="Whether we say it is met.")
    accepted: bool | None = Field(description="Whether the client took it; null, no word yet.")


class Delivery(Shown):
    """We say it is done; the client says so too, or sends it back."""

    id: int = Field(description="Its number here.")
    promise_id: int = Field(description="Of which promise.")
    number: int = Field(description="1 for the first one.")
    state: Literal["waiting", "accepted", "deemed", "sent_back"] = Field(
        description="What the client said; deemed: they were silent after notice."
    )
    can: list[str] = Field(description="What can be done with it now.")
    delivered_at: datetime = Field(description="On time is judged by it, once it was taken.")
    delivered_by_id: int | None = Field(description="By whom.")
    note: str = Field(description="What the client was told with it.")
    where: str = Field(description="Where it is.")
    noticed_at: datetime | None = Field(
        description="When they were told that silence counts as acceptance."
    )
    deemed_from: datetime | None = Field(description="From when on it does.")
    answered_at: datetime | None = Field(description="When the client answered.")
    to_standard: bool | None = Field(description="What they said of its standard.")
    word: str = Field(description="What they said.")
    thanked_at: datetime | None = Field(description="When they were thanked.")
    lines: list[DeliveredLine] = Field(description="Line by line.")


class LineMet(Asked):
    """One line, and whether it holds."""

    condition_id: Id = Field(description="The line.")
    holds: bool = Field(description="Whether it is met, or was taken.")


class NewDelivery(Asked):
    """What is delivered."""

    note: Prose = Field("", description="What the client is told with it.")
    where: str = Field("", max_length=500, description="Where it is to be found.")
    lines: list[LineMet] = Field(
        [], max_length=200, description="Lines that are met or not; those not named are."
    )


class Acceptance(Asked):
    """The client took it."""

    word: Prose = Field("", description="In their words.")
    to_standard: bool | None = Field(None, description="What they said of its standard.")
    lines: list[LineMet] = Field(
        [], max_length=200, description="Lines they took or not; the others, as delivered."
    )


class SentBack(Asked):
    """The client sent it back."""

    reason: Prose = Field(description="Why.")
    lines: list[LineMet] = Field([], max_length=200, description="Lines that do not hold.")


class Option(Shown):
    """One way out that a proposal offers."""

    id: int = Field(description="Its number.")
    due_at: datetime = Field(description="The date.")
    chance: float | None = Field(description="The chance to keep it, as computed then.")
    words: str = Field(description="What the client reads of it.")
    left_out: list[int] = Field(description="Lines that it leaves out, or for later.")
    rest_due_at: datetime | None = Field(
        description="When what is left for later follows, as a promise of its own."
    )


class Proposal(Shown):
    """Other terms, proposed by one side and answered by the other."""

    id: int = Field(description="Its number here.")
    promise_id: int = Field(description="Of which promise.")
    number: int = Field(description="1 for the first one.")
    by_side: Literal["house", "client"] = Field(description="Whose proposal it is.")
    state: Literal["draft", "told", "agreed", "refused", "withdrawn"] = Field(
        description="How far it is."
    )
    can: list[str] = Field(description="What can be done with it now.")
    contact_id: int | None = Field(description="Who is told at the client.")
    due_before: datetime = Field(description="What was promised when it was told.")
    chance_then: float | None = Field(description="How likely that was.")
    tell_by_at: datetime | None = Field(
        description="Told by then and agreed, it counts as moved; later it does not."
    )
    reason_id: int | None = Field(description="Why.")
    subject: str = Field(description="Of the letter.")
    body: str = Field(description="The letter.")
    told_at: datetime | None = Field(description="When the other side was told.")
    told_how: str = Field(description="link: by mail with a link; said: by word of mouth.")
    answered_at: datetime | None = Field(description="When it was answered or withdrawn.")
    agreed_at: datetime | None = Field(description="When it was agreed.")
    chosen_id: int | None = Field(description="The option agreed to.")
    word: str = Field(description="What the side that is not us said.")
    options: list[Option] = Field(description="The ways out.")


class NewOption(Asked):
    """A way out to offer."""

    due_on: Day | None = Field(None, description="The day: the end of that working day.")
    due_at: Moment | None = Field(None, description="The moment, instead of a day.")
    chance: Chance | None = Field(None, description="The chance to keep it, if computed.")
    words: MaybeSentence = Field("", description="What the client reads of it.")
    left_out: list[Id] = Field(
        [], max_length=200, description="Lines of the terms that it leaves out, or for later."
    )
    rest_due_at: Moment | None = Field(
        None, description="When what is left for later follows, as a promise of its own."
    )


class NewProposal(Asked):
    """Other terms to propose."""

    options: list[NewOption] = Field(
        min_length=1, max_length=proposing.MOST_WAYS, description="The ways out."
    )
    contact_id: Id | None = Field(None, description="Who is to be told.")
    reason_id: Id | None = Field(None, description="Why.")
    chance: Chance | None = Field(None, description="How likely the present date is.")
    subject: str = Field("", max_length=200, description="Of the letter.")
    body: Prose = Field("", description="The letter.")


class Telling(Asked):
    """That the client was told."""

    how: Literal["link", "said"] = Field(description="By mail with a link, or by word of mouth.")
    told_at: Moment | None = Field(
        None, description="When it was said, at most a day ago; left out, now."
    )


class Wish(Asked):
    """What the client asks for."""

    wanted_on: Day | None = Field(None, description="The day they want.")
    wanted_at: Moment | None = Field(None, description="The moment, instead of a day.")
    left_out: list[Id] = Field([], max_length=200, description="Lines that they can do without.")
    word: Prose = Field("", description="In their words.")


class AgreedOption(Asked):
    """Which option was agreed to."""

    option_id: Id | None = Field(None, description="The option; left out, the only one.")
    word: Prose = Field("", description="What the client said.")


class Said(Asked):
    """What was said."""

    word: Prose = Field("", description="In their words.")


class Ending(Asked):
    """Why it ends."""

    word: Prose = Field(description="What the client said, or why we cannot.")


class Revocation(Ending):
    """Why we cannot."""

    reason_id: Id | None = Field(None, description="A reason given before.")


class Reason(Shown):
    """Why a date moved or was missed: about the system, never about a person."""

    id: int = Field(description="Its number.")
    category: Category = Field(description="What kind of reason.")
    controllable: Controllable = Field(description="Whose it is to change.")
    stated: str = Field(description="In a sentence.")
    assumption_id: int | None = Field(description="What was counted on, and broke.")
    said_at: datetime = Field(description="When it was given.")
    said_by_id: int | None = Field(description="By whom.")


class NewReason(Asked):
    """A reason to give."""

    category: Category = Field(description="What kind of reason.")
    controllable: Controllable | None = Field(
        None, description="Whose it is to change; left out, whose it usually is."
    )
    stated: MaybeSentence = Field("", description="In a sentence.")
    assumption_id: Id | None = Field(None, description="What was counted on, and broke.")


class Slip(Shown):
    """Somebody said a later internal date."""

    id: int = Field(description="Its number here.")
    number: int = Field(description="1 for the first one.")
    stage_id: int | None = Field(description="Of which stage; null, of the whole.")
    said_at: datetime = Field(description="When it was said.")
    said_by_id: int | None = Field(description="By whom.")
    before_at: datetime = Field(description="The date before.")
    now_at: datetime = Field(description="The date said.")
    reason_id: int | None = Field(description="Why.")
    said_days: int = Field(description="Working days asked for.")
    became_days: int | None = Field(description="Working days they became; null, not done yet.")


class NewSlip(Asked):
    """A later internal date."""

    until_on: Day | None = Field(None, description="The day: the end of that working day.")
    until_at: Moment | None = Field(None, description="The moment, instead of a day.")
    stage_id: Id | None = Field(None, description="Of which stage; left out, of the whole.")
    reason_id: Id | None = Field(None, description="A reason given before.")


class LookBack(Asked):
    """Would we promise it again?"""

    again: Literal["yes", "otherwise", "no"] = Field(description="The answer.")
    word: MaybeSentence = Field("", description="What to do otherwise.")


def _promise(promise_id: int) -> models.Promise:
    return models.Promise.objects.select_related("job").get(pk=promise_id)


def _deliveries() -> QuerySet[models.Delivery]:
    return models.Delivery.objects.select_related("promise__job").prefetch_related("lines")


def _proposals() -> QuerySet[models.Proposal]:
    return models.Proposal.objects.select_related("promise__job").prefetch_related(
        "options__later_lines"
    )


def _delivery(row: models.Delivery) -> dict[str, Any]:
    can = states.allowed(row.state, states.DELIVERY_MOVES)
    fields = set(Delivery.model_fields) - {"can", "lines"}
    return {
        **{name: getattr(row, name) for name in fields},
        "can": [verb for verb in can if verb != "deem"],
        "lines": sorted(row.lines.all(), key=lambda line: line.pk),
    }


def _proposal(row: models.Proposal) -> dict[str, Any]:
    fields = set(Proposal.model_fields) - {"can", "options"}
    return {
        **{name: getattr(row, name) for name in fields},
        "can": states.allowed(row.state, states.PROPOSAL_MOVES),
        "options": [
            {
                "id": one.pk,
                "due_at": one.due_at,
                "chance": one.chance,
                "words": one.words,
                "left_out": sorted(line.condition_id for line in one.later_lines.all()),
                "rest_due_at": one.rest_due_at,
            }
            for one in row.options.all()
        ],
    }


def _delivery_again(key: int) -> dict[str, Any]:
    return _delivery(_deliveries().get(pk=key))


def _proposal_again(key: int) -> dict[str, Any]:
    return _proposal(_proposals().get(pk=key))


def _lines(said: list[LineMet]) -> dict[int, bool]:
    return {line.condition_id: line.holds for line in said}


# ----- Pauses ------------------------------------------------------------------------------------


@door.read(f"{ONE}/pauses", Policy.MEMBER, Page[Pause])
def list_promise_pauses(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the pauses of a promise."""
    return paging.page(_promise(promise_id).pauses.all(), asked, lambda row: row)


@door.add(f"{ONE}/pauses", Policy.MEMBER, Pause)
def pause_promise(request: ApiRequest, promise_id: int, body: NewPause) -> models.Pause:
    """Give notice that the clock stands from now, because something overdue has not come."""
    owed = named(Obligation, body.obligation_id, "obligation_id")
    return pausing.pause(_promise(promise_id), obligation=owed, by=request.member, now=request.now)


@door.add(f"{ONE}/resume", Policy.MEMBER, Promise, status=200, reads="", version_of=ONE)
def resume_promise(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """End a pause although nothing came; what came ends it when it is noted as met."""
    pausing.resume(_promise(promise_id), by=request.member, now=request.now)
    return again(request, promise_id)


# ----- Deliveries --------------------------------------------------------------------------------


@door.read(f"{ONE}/deliveries", Policy.MEMBER, Page[Delivery])
def list_promise_deliveries(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the deliveries of a promise."""
    _promise(promise_id)
    return paging.page(_deliveries().filter(promise_id=promise_id), asked, _delivery)


@door.add(f"{ONE}/deliveries", Policy.MEMBER, Delivery)
def deliver_promise(
    request: ApiRequest, promise_id: int, body: NewDelivery | None = None
) -> dict[str, Any]:
    """Say that it is done; the client's word is still to come."""
    said = body or NewDelivery(note="", where="", lines=[])
    made = delivering.deliver(
        _promise(promise_id),
        note=said.note,
        where=said.where,
        met=_lines(said.lines),
        by=request.member,
        now=request.now,
    )
    return _delivery_again(made.pk)


@door.read(DELIVERY, Policy.MEMBER, Delivery)
def show_delivery(request: ApiRequest, delivery_id: int) -> dict[str, Any]:
    """Show a delivery."""
    return _delivery_again(delivery_id)


@door.add(f"{DELIVERY}/notice", Policy.MEMBER, Delivery, status=200, reads="", version_of=DELIVERY)
def notice_delivery(request: ApiRequest, delivery_id: int) -> dict[str, Any]:
    """Note that the client was told: silence for five working days counts as acceptance."""
    delivering.notice(_deliveries().get(pk=delivery_id), by=request.member, now=request.now)
    return _delivery_again(delivery_id)


@door.add(f"{DELIVERY}/accept", Policy.MEMBER, Delivery, status=200, version_of=DELIVERY)
def accept_delivery(
    request: ApiRequest, delivery_id: int, body: Acceptance | None = None
) -> dict[str, Any]:
    """Record that the client took it: the promise is settled."""
    said = body or Acceptance(word="", to_standard=None, lines=[])
    delivering.accept(
        _deliveries().get(pk=delivery_id),
        by=request.member,
        now=request.now,
        lines=_lines(said.lines),
        to_standard=said.to_standard,
        word=said.word,
    )
    return _delivery_again(delivery_id)


@door.add(f"{DELIVERY}/send-back", Policy.MEMBER, Delivery, status=200, version_of=DELIVERY)
def send_back_delivery(request: ApiRequest, delivery_id: int, body: SentBack) -> dict[str, Any]:
    """Record that the client sent it back, and why; its finishing stretch is open again."""
    delivering.send_back(
        _deliveries().get(pk=delivery_id),
        by=request.member,
        now=request.now,
        reason=body.reason,
        lines=_lines(body.lines),
    )
    return _delivery_again(delivery_id)


@door.add(f"{DELIVERY}/thanks", Policy.MEMBER, Delivery, status=200, reads="", version_of=DELIVERY)
def thank_for_delivery(request: ApiRequest, delivery_id: int) -> dict[str, Any]:
    """Note that the client was thanked for their word."""
    delivering.thank(_deliveries().get(pk=delivery_id), by=request.member, now=request.now)
    return _delivery_again(delivery_id)


# ----- Other terms -------------------------------------------------------------------------------


@door.read(f"{ONE}/proposals", Policy.MEMBER, Page[Proposal])
def list_promise_proposals(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List what was proposed instead of a promise's terms, by either side."""
    _promise(promise_id)
    return paging.page(_proposals().filter(promise_id=promise_id), asked, _proposal)


@door.add(f"{ONE}/proposals", Policy.MEMBER, Proposal)
def draft_proposal(request: ApiRequest, promise_id: int, body: NewProposal) -> dict[str, Any]:
    """Write down other terms; the client knows nothing of it until they are told."""
    promise = _promise(promise_id)
    contact, reason = body.contact_id, body.reason_id
    made = proposing.draft(
        promise,
        options=[
            Way(
                due_at=moments.needed(one.due_at, one.due_on, zone=promise.zone, name="due"),
                chance=one.chance,
                words=one.words,
                later=one.left_out,
                rest_due_at=one.rest_due_at,
            )
            for one in body.options
        ],
        contact=None if contact is None else _contact(promise, contact),
        reason=None if reason is None else _reason(promise, reason),
        chance=body.chance,
        subject=body.subject,
        body=body.body,
        by=request.member,
        now=request.now,
    )
    return _proposal_again(made.pk)


@door.add(f"{ONE}/wishes", Policy.MEMBER, Proposal)
def record_wish(request: ApiRequest, promise_id: int, body: Wish) -> dict[str, Any]:
    """Record that the client asks for other terms; the house answers."""
    promise = _promise(promise_id)
    made = proposing.ask(
        promise,
        wanted_at=moments.needed(body.wanted_at, body.wanted_on, zone=promise.zone, name="wanted"),
        lines=body.left_out,
        word=body.word,
        by=request.member,
        now=request.now,
    )
    return _proposal_again(made.pk)


@door.read(PROPOSAL, Policy.MEMBER, Proposal)
def show_proposal(request: ApiRequest, proposal_id: int) -> dict[str, Any]:
    """Show a proposal."""
    return _proposal_again(proposal_id)


@door.add(f"{PROPOSAL}/tell", Policy.MEMBER, Proposal, status=200, version_of=PROPOSAL)
def tell_proposal(request: ApiRequest, proposal_id: int, body: Telling) -> dict[str, Any]:
    """Note that the client was told."""
    proposing.tell(
        _proposals().get(pk=proposal_id),
        how=models.Proposal.How(body.how),
        told_at=body.told_at,
        by=request.member,
        now=request.now,
    )
    return _proposal_again(proposal_id)


@door.add(f"{PROPOSAL}/agree", Policy.MEMBER, Proposal, status=200, version_of=PROPOSAL)
def agree_to_proposal(
    request: ApiRequest, proposal_id: int, body: AgreedOption | None = None
) -> dict[str, Any]:
    """Record the other side's yes to one option.

    New terms come of it if they were told with fair notice, or asked before it was due.
    """
    proposal = _proposals().get(pk=proposal_id)
    said = body or AgreedOption(option_id=None, word="")
    options = list(proposal.options.all())
    if said.option_id is not None:
        option = named(models.ProposalOption, said.option_id, "option_id")
    elif len(options) == 1:
        option = options[0]
    else:
        raise refusals.Refused(_("Say which option they agreed to."), field="option_id")
    proposing.agree(proposal, option=option, word=said.word, by=request.member, now=request.now)
    return _proposal_again(proposal_id)


@door.add(f"{PROPOSAL}/refuse", Policy.MEMBER, Proposal, status=200, version_of=PROPOSAL)
def refuse_proposal(
    request: ApiRequest, proposal_id: int, body: Said | None = None
) -> dict[str, Any]:
    """Record the other side's no; the terms stay."""
    proposing.refuse(
        _proposals().get(pk=proposal_id),
        word="" if body is None else body.word,
        by=request.member,
        now=request.now,
    )
    return _proposal_again(proposal_id)


@door.add(
    f"{PROPOSAL}/withdraw", Policy.MEMBER, Proposal, status=200, reads="", version_of=PROPOSAL
)
def withdraw_proposal(request: ApiRequest, proposal_id: int) -> dict[str, Any]:
    """Take a proposal back that was not answered."""
    proposing.withdraw(_proposals().get(pk=proposal_id), by=request.member, now=request.now)
    return _proposal_again(proposal_id)


# ----- Reasons and slips -------------------------------------------------------------------------


@door.read(f"{ONE}/reasons", Policy.MEMBER, Page[Reason])
def list_promise_reasons(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List why a promise moved or was missed."""
    return paging.page(_promise(promise_id).reasons.all(), asked, lambda row: row)


@door.add(f"{ONE}/reasons", Policy.MEMBER, Reason)
def give_reason(request: ApiRequest, promise_id: int, body: NewReason) -> models.Reason:
    """Say why a promise moved or was missed."""
    counted_on = body.assumption_id
    return reasons.give(
        _promise(promise_id),
        category=models.Reason.Category(body.category),
        controllable=None
        if body.controllable is None
        else models.Reason.Controllable(body.controllable),
        stated=body.stated,
        assumption=None if counted_on is None else named(Assumption, counted_on, "assumption_id"),
        by=request.member,
        now=request.now,
    )


@door.read(f"{ONE}/slips", Policy.MEMBER, Page[Slip])
def list_promise_slips(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List each “one more day” of a promise, and what it became."""
    promise = _promise(promise_id)
    became = {link.slip.pk: link for link in slips.chain(promise)}
    return paging.page(promise.slips.all(), asked, lambda row: _slip(row, became.get(row.pk)))


@door.add(f"{ONE}/slips", Policy.MEMBER, Slip)
def say_slip(request: ApiRequest, promise_id: int, body: NewSlip) -> dict[str, Any]:
    """Say a later internal date; what the client was promised does not change."""
    promise = _promise(promise_id)
    stage, reason = body.stage_id, body.reason_id
    made = slips.say(
        promise,
        until=moments.needed(body.until_at, body.until_on, zone=promise.zone, name="until"),
        stage=None if stage is None else named(Stage, stage, "stage_id"),
        reason=None if reason is None else _reason(promise, reason),
        by=request.member,
        now=request.now,
    )
    became = {link.slip.pk: link for link in slips.chain(promise)}
    return _slip(made, became[made.pk])


def _slip(row: models.Slip, link: slips.Link | None) -> dict[str, Any]:
    fields = set(Slip.model_fields) - {"said_days", "became_days"}
    return {
        **{name: getattr(row, name) for name in fields},
        "said_days": 0 if link is None else link.said_days,
        "became_days": None if link is None else link.became_days,
    }


# ----- Endings -----------------------------------------------------------------------------------


@door.add(f"{ONE}/release", Policy.MEMBER, Promise, status=200, version_of=ONE)
def release_promise(request: ApiRequest, promise_id: int, body: Ending) -> dict[str, Any]:
    """Record that the client lets us off."""
    ending.release(_promise(promise_id), word=body.word, by=request.member, now=request.now)
    return again(request, promise_id)


@door.add(f"{ONE}/revoke", Policy.LEAD, Promise, status=200, version_of=ONE)
def revoke_promise(request: ApiRequest, promise_id: int, body: Revocation) -> dict[str, Any]:
    """Say that we cannot: it counts as broken."""
    promise = _promise(promise_id)
    reason = body.reason_id
    ending.revoke(
        promise,
        word=body.word,
        reason=None if reason is None else _reason(promise, reason),
        by=request.member,
        now=request.now,
    )
    return again(request, promise_id)


@door.add(f"{ONE}/again", Policy.MEMBER, Promise, status=200, version_of=ONE)
def say_again(request: ApiRequest, promise_id: int, body: LookBack) -> dict[str, Any]:
    """Say whether we would promise it again, once it is over."""
    ending.again(
        _promise(promise_id),
        models.Promise.Again(body.again),
        word=body.word,
        by=request.member,
        now=request.now,
    )
    return again(request, promise_id)


def _contact(promise: models.Promise, key: int) -> Contact:
    contact = named(Contact, key, "contact_id")
    if contact.client_id != promise.client_id:
        raise refusals.Refused(_("This contact is somebody else’s."), field="contact_id")
    return contact


def _reason(promise: models.Promise, key: int) -> models.Reason:
    reason = named(models.Reason, key, "reason_id")
    if reason.promise_id != promise.pk:
        raise refusals.Refused(_("This reason is another promise’s."), field="reason_id")
    return reason

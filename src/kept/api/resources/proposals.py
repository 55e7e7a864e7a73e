"""Other terms: proposed by one side, told to the other and answered."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import ONE, row_of
from kept.api.resources.reasons import reason_of
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
from kept.people.access import Policy
from kept.promises import models, proposing, states
from kept.promises.proposing import Way
from kept.tenancy import refusals

door = Door("promises", promise_id=models.Promise, proposal_id=models.Proposal)
PROPOSAL = "/proposals/{int:proposal_id}"


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


def _proposals() -> QuerySet[models.Proposal]:
    return models.Proposal.objects.select_related("promise__job").prefetch_related(
        "options__later_lines"
    )


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


def _proposal_again(key: int) -> dict[str, Any]:
    return _proposal(_proposals().get(pk=key))


@door.read(f"{ONE}/proposals", Policy.MEMBER, Page[Proposal])
def list_promise_proposals(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List what was proposed instead of a promise's terms, by either side."""
    row_of(promise_id)
    return paging.page(_proposals().filter(promise_id=promise_id), asked, _proposal)


@door.add(f"{ONE}/proposals", Policy.MEMBER, Proposal)
def draft_proposal(request: ApiRequest, promise_id: int, body: NewProposal) -> dict[str, Any]:
    """Write down other terms; the client knows nothing of it until they are told."""
    promise = row_of(promise_id)
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
        reason=None if reason is None else reason_of(promise, reason),
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
    promise = row_of(promise_id)
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


def _contact(promise: models.Promise, key: int) -> Contact:
    contact = named(Contact, key, "contact_id")
    if contact.client_id != promise.client_id:
        raise refusals.Refused(_("This contact is somebody else’s."), field="contact_id")
    return contact

"""Quotes: a date held for a client, offered, and answered."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from django.db.models import QuerySet
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.answers import Placement
from kept.api.resources.promises import Promise, again
from kept.api.rows import named
from kept.api.shapes import Asked, Day, Id, MaybeSentence, Moment, Page, PageAsked, Prose, Shown
from kept.clients.models import Contact
from kept.jobs.models import Condition, Stage
from kept.people.access import Policy
from kept.people.models import Member
from kept.quotes import accepting, choosing, countering, models, offering, onset, states

door = Door("quotes", quote_id=models.Quote, choice_id=models.QuoteOption)
State = Literal[
    "draft", "held", "offered", "countered", "accepted", "declined", "lapsed", "withdrawn"
]
ONE = "/quotes/{int:quote_id}"
Gate = Literal["not_asked", "open", "signed", "complete", "silent"]


class Quote(Shown):
    """A date for a client, with the capacity it needs held until it expires."""

    id: int = Field(description="Its number.")
    answer_id: int = Field(description="The answer it came from.")
    job_id: int = Field(description="The work.")
    client_id: int = Field(description="The client.")
    state: State = Field(description="How far it is.")
    can: list[str] = Field(description="What can be done with it now.")
    due_at: datetime = Field(description="The date.")
    day_only: bool = Field(description="Whether a day was meant, to the end of the working day.")
    zone: str = Field(description="The client's time zone.")
    internal_due_at: datetime = Field(description="The date the team aims at.")
    placement: Placement = Field(description="How its work stands among all other work.")
    chance_when_given: float = Field(description="The chance to keep it, when it was held.")
    price: Decimal | None = Field(description="The price in the house's currency, if any.")
    held_at: datetime = Field(description="When its capacity was held.")
    expires_at: datetime = Field(description="Until when.")
    offered_at: datetime | None = Field(description="When the client was told.")
    offered_by_id: int | None = Field(description="Who told them.")
    contact_id: int | None = Field(description="Who at the client answers it by link.")
    answered_by_contact_id: int | None = Field(
        description="The contact who answered it by link; null where a member wrote it down."
    )
    answered_at: datetime | None = Field(description="When it was closed.")
    word: str = Field(description="What the client said.")
    promise_id: int | None = Field(description="The promise it became.")
    risk_signed_by_id: int | None = Field(description="The lead who signed for its risk.")
    risk_reason: str = Field(description="Why.")
    gate: Gate = Field(description="Whether its owners had said yes when it was offered.")
    gap_signed_by_id: int | None = Field(description="The lead who signed the missing yes.")
    gap_reason: str = Field(description="Why.")


class NewQuote(Asked):
    """A date of an answer to hold."""

    answer_id: Id = Field(description="The answer.")
    due_on: Day | None = Field(
        None, description="The day to hold: the end of that working day for the client."
    )
    due_at: Moment | None = Field(None, description="The moment to hold, instead of a day.")
    risk_reason: MaybeSentence = Field(
        "", description="A lead's word, if the date is held although it does not stand."
    )


class OfferSent(Asked):
    """How an offer goes out."""

    gap_reason: MaybeSentence = Field(
        "", description="A lead's word, if it goes out though not everybody said yes."
    )
    contact_id: Id | None = Field(
        None,
        description="Who answers it by link; left out, they were told in person.",
    )
    send: bool = Field(True, description="Write that contact a letter with the link.")
    subject: MaybeSentence = Field("", description="Its subject; left out, the usual one.")
    body: Prose = Field("", description="Its text, with {link} in it; left out, the usual one.")


class NewCounter(Asked):
    """What the client proposes instead; at least one of it."""

    wanted_on: Day | None = Field(None, description="The day they would like.")
    wanted_at: Moment | None = Field(None, description="The moment, instead of a day.")
    lines: Prose = Field("", description="What they would leave out or add.")
    word: Prose = Field("", description="In their words.")


class CounterTaken(Asked):
    """The date that is offered instead."""

    due_on: Day | None = Field(None, description="The day; left out, the one they would like.")
    due_at: Moment | None = Field(None, description="The moment, instead of a day.")
    risk_reason: MaybeSentence = Field(
        "", description="A lead's word, if it is offered although it does not stand."
    )


class NewChoice(Asked):
    """Something else that the client may choose, beside the date that is held."""

    due_on: Day | None = Field(None, description="The day; left out, the one that is held.")
    due_at: Moment | None = Field(None, description="The moment, instead of a day.")
    price: Decimal | None = Field(
        None, ge=0, max_digits=12, decimal_places=2, description="Left out, the quote’s own."
    )
    left_out: list[Id] = Field(
        [], max_length=50, description="Conditions of its job that would not be promised."
    )
    words: MaybeSentence = Field("", description="What the client reads of it.")


class QuoteChoice(Shown):
    """Something else that the client may choose, beside the date that is held."""

    id: int = Field(description="Its number.")
    due_at: datetime = Field(description="The date.")
    chance: float = Field(description="The chance to keep it, when it was added.")
    price: Decimal | None = Field(description="The price in the house's currency, if any.")
    words: str = Field(description="What the client reads of it.")
    left_out: list[int] = Field(description="Conditions that would not be promised.")


class QuoteCounter(Shown):
    """What the client proposed instead of an offer."""

    id: int = Field(description="Its number.")
    number: int = Field(description="Which one of this offer.")
    state: Literal["open", "taken", "kept", "closed"] = Field(
        description="open: no answer yet; taken: offered as they wished; kept: the first offer "
        "stands; closed: without an answer."
    )
    wanted_at: datetime | None = Field(description="The date they would like.")
    lines: str = Field(description="What they would leave out or add.")
    word: str = Field(description="In their words.")
    said_at: datetime = Field(description="When.")
    contact_id: int | None = Field(description="Who said it by link.")
    recorded_by_id: int | None = Field(description="The member who wrote it down.")
    answered_at: datetime | None = Field(description="When it was answered or closed.")


class NamedOwner(Asked):
    """Somebody named for a stage."""

    stage_id: Id = Field(description="The stage of the work.")
    member_id: Id = Field(description="Who is asked to own it.")


class Owners(Asked):
    """Who is asked to own what, all at once."""

    stages: list[NamedOwner] = Field([], max_length=200, description="Owners of stages.")
    last_mile_owner_id: Id | None = Field(None, description="Who sees it over the line.")
    by_at: Moment | None = Field(
        None, description="By when they would be done; left out, the date the team aims at."
    )


class Missing(Shown):
    """Somebody's yes that is missing."""

    stage_id: int | None = Field(description="Of which stage; null is the last mile.")
    member_id: int | None = Field(description="Whose; null where nobody is named.")
    state: Literal["nobody", "not_asked", "silent", "countered", "declined", "changed"] = Field(
        description="Why it is missing."
    )
    since: datetime | None = Field(description="Since when.")


class Onset(Shown):
    """Whether an offer may go out."""

    gate: Gate = Field(description="complete, silent and signed pass; open does not.")
    missing: list[Missing] = Field(description="Whose yes is missing.")


class Word(Asked):
    """What the client said."""

    word: Prose = Field("", description="In the client's words.")


class Yes(Word):
    """The client's yes."""

    last_mile_owner_id: Id | None = Field(
        None,
        description="Who is asked to see the promise over the line, if nobody said yes to it yet; "
        "until they do it is whoever records the yes.",
    )
    choice_id: Id | None = Field(
        None, description="What they chose; left out, the date that is held."
    )


def _shown(quote: models.Quote) -> dict[str, Any]:
    fields = [name for name in Quote.model_fields if name not in {"id", "can"}]
    return {
        "id": quote.pk,
        "can": states.allowed(quote),
        **{name: getattr(quote, name) for name in fields},
    }


def _quotes() -> QuerySet[models.Quote]:
    return models.Quote.objects.select_related("job", "client", "hold", "answer")


@door.read("/quotes", Policy.MEMBER, Page[Quote])
def list_quotes(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List quotes."""
    return paging.page(_quotes(), asked, _shown)


@door.add("/quotes", Policy.MEMBER, Quote, computes=True)
def hold(request: ApiRequest, body: NewQuote) -> dict[str, Any]:
    """Hold the capacity that a date of an answer needs.

    It is refused with 409, and nothing is reserved, if the date does not stand any more.
    """
    answer = named(models.Answer, body.answer_id, "answer_id")
    quote = offering.hold(
        answer=answer,
        due_at=moments.needed(body.due_at, body.due_on, zone=answer.zone, name="due"),
        risk_reason=body.risk_reason,
        by=request.member,
        now=request.now,
        begin=request.begin,
    )
    return _shown(_quotes().get(pk=quote.pk))


@door.read(ONE, Policy.MEMBER, Quote)
def show_quote(request: ApiRequest, quote_id: int) -> dict[str, Any]:
    """Show a quote."""
    return _shown(_quotes().get(pk=quote_id))


@door.read(f"{ONE}/onset", Policy.MEMBER, Onset)
def show_onset(request: ApiRequest, quote_id: int) -> dict[str, Any]:
    """Show whether everybody who owns a part of it has said yes."""
    return _onset(_quotes().get(pk=quote_id), request)


@door.add(f"{ONE}/owners", Policy.MEMBER, Onset, status=200)
def ask_owners(request: ApiRequest, quote_id: int, body: Owners) -> dict[str, Any]:
    """Ask people to own its stages and its last mile.

    Who was asked the same already is not asked again.
    """
    quote = _quotes().get(pk=quote_id)
    owners: dict[Stage | None, Member] = {}
    for place, row in enumerate(body.stages):
        stage = named(Stage, row.stage_id, f"stages.{place}.stage_id")
        if stage.job_id != quote.job_id:
            stage = named(Stage, 0, f"stages.{place}.stage_id")
        owners[stage] = named(Member, row.member_id, f"stages.{place}.member_id")
    if body.last_mile_owner_id is not None:
        owners[None] = named(Member, body.last_mile_owner_id, "last_mile_owner_id")
    onset.ask_owners(quote, owners, by_at=body.by_at, by=request.member, now=request.now)
    return _onset(quote, request)


def _onset(quote: models.Quote, request: ApiRequest) -> dict[str, Any]:
    found = onset.state_of(quote, giver=request.member)
    return {
        "gate": str(found.gate),
        "missing": [
            {
                "stage_id": None if gap.stage is None else gap.stage.pk,
                "member_id": None if gap.member is None else gap.member.pk,
                "state": str(gap.state),
                "since": gap.since,
            }
            for gap in found.gaps
        ],
    }


@door.add(f"{ONE}/offer", Policy.MEMBER, Quote, status=200, version_of=ONE)
def offer(request: ApiRequest, quote_id: int, body: OfferSent | None = None) -> dict[str, Any]:
    """Send a contact the offer with a link, or say that the client was told in person.

    It is refused with 409 while somebody who owns a part of it has not said yes, unless a lead
    signs that as a risk.
    """
    said = body or OfferSent(gap_reason="", contact_id=None, send=True, subject="", body="")
    quote = offering.offer(
        quote=_quotes().get(pk=quote_id),
        contact=None if said.contact_id is None else named(Contact, said.contact_id, "contact_id"),
        send=said.send,
        subject=said.subject,
        body=said.body,
        gap_reason=said.gap_reason,
        by=request.member,
        now=request.now,
    )
    return _shown(quote)


@door.read(f"{ONE}/counters", Policy.MEMBER, Page[QuoteCounter])
def list_counters(request: ApiRequest, quote_id: int, asked: Query[PageAsked]) -> dict[str, Any]:
    """List what the client proposed instead."""
    return paging.page(_quotes().get(pk=quote_id).counters.all(), asked, lambda row: row)


@door.add(f"{ONE}/counter", Policy.MEMBER, QuoteCounter, version_of=ONE)
def counter(request: ApiRequest, quote_id: int, body: NewCounter) -> models.Counter:
    """Write down what the client proposes instead. The offer stands."""
    quote = _quotes().get(pk=quote_id)
    return countering.counter(
        quote=quote,
        wanted_at=moments.due(body.wanted_at, body.wanted_on, zone=quote.zone, name="wanted"),
        lines=body.lines,
        word=body.word,
        by=request.member,
        now=request.now,
    )


@door.add(f"{ONE}/take", Policy.MEMBER, Quote, status=200, version_of=ONE)
def take(request: ApiRequest, quote_id: int, body: CounterTaken | None = None) -> dict[str, Any]:
    """Offer what the client wishes: it is computed and held anew, and the offer starts over.

    It is refused with 409, and the first offer stands, if the date does not.
    """
    quote = _quotes().get(pk=quote_id)
    said = body or CounterTaken(due_on=None, due_at=None, risk_reason="")
    countering.take(
        quote=quote,
        due_at=moments.due(said.due_at, said.due_on, zone=quote.zone, name="due"),
        risk_reason=said.risk_reason,
        by=request.member,
        now=request.now,
    )
    return _shown(quote)


@door.add(f"{ONE}/keep", Policy.MEMBER, Quote, status=200, version_of=ONE)
def keep(request: ApiRequest, quote_id: int, body: Word | None = None) -> dict[str, Any]:
    """Stay with the offer that was made; the client is told."""
    quote = countering.keep(
        quote=_quotes().get(pk=quote_id),
        word="" if body is None else body.word,
        by=request.member,
        now=request.now,
    )
    return _shown(quote)


@door.read(f"{ONE}/choices", Policy.MEMBER, Page[QuoteChoice])
def list_choices(request: ApiRequest, quote_id: int, asked: Query[PageAsked]) -> dict[str, Any]:
    """List what the client may choose, beside the date that is held."""
    return paging.page(choosing.of(_quotes().get(pk=quote_id)), asked, _choice)


@door.add(f"{ONE}/choices", Policy.MEMBER, QuoteChoice)
def add_choice(request: ApiRequest, quote_id: int, body: NewChoice) -> dict[str, Any]:
    """Let the client choose something else; 409 if it does not stand, or they have the offer."""
    quote = _quotes().get(pk=quote_id)
    due_at = moments.due(body.due_at, body.due_on, zone=quote.zone, name="due")
    row = choosing.add(
        quote,
        due_at=due_at or quote.due_at,
        price=body.price,
        left_out=[named(Condition, key, "left_out") for key in body.left_out],
        words=body.words,
        by=request.member,
        now=request.now,
    )
    return _choice(row)


@door.add("/choices/{int:choice_id}/remove", Policy.MEMBER, Quote, status=200, reads="")
def remove_choice(request: ApiRequest, choice_id: int) -> dict[str, Any]:
    """Take away what the client could have chosen, before they have the offer."""
    row = models.QuoteOption.objects.get(pk=choice_id)
    choosing.remove(row, by=request.member, now=request.now)
    return _shown(_quotes().get(pk=row.quote_id))


def _choice(row: models.QuoteOption) -> dict[str, Any]:
    return {
        "id": row.pk,
        "due_at": row.due_at,
        "chance": row.chance,
        "price": row.price,
        "words": row.words,
        "left_out": sorted(line.condition_id for line in row.left_out.all()),
    }


@door.add(f"{ONE}/accept", Policy.MEMBER, Promise, version_of=ONE)
def accept(request: ApiRequest, quote_id: int, body: Yes | None = None) -> dict[str, Any]:
    """Record the client's yes: the quote becomes a promise.

    Before it expires a yes is never refused.
    """
    said = body or Yes(word="", last_mile_owner_id=None, choice_id=None)
    owner = said.last_mile_owner_id
    promise = accepting.accept(
        quote=_quotes().get(pk=quote_id),
        word=said.word,
        last_mile_owner=None if owner is None else named(Member, owner, "last_mile_owner_id"),
        option=None
        if said.choice_id is None
        else named(models.QuoteOption, said.choice_id, "choice_id"),
        by=request.member,
        now=request.now,
    )
    return again(request, promise.pk)


@door.add(f"{ONE}/decline", Policy.MEMBER, Quote, status=200, version_of=ONE)
def decline(request: ApiRequest, quote_id: int, body: Word | None = None) -> dict[str, Any]:
    """Record the client's no; the capacity is free again."""
    quote = accepting.decline(
        quote=_quotes().get(pk=quote_id),
        word="" if body is None else body.word,
        by=request.member,
        now=request.now,
    )
    return _shown(quote)


@door.add(f"{ONE}/withdraw", Policy.MEMBER, Quote, status=200, reads="", version_of=ONE)
def withdraw(request: ApiRequest, quote_id: int) -> dict[str, Any]:
    """Take a quote back; its capacity is free again."""
    quote = offering.withdraw(quote=_quotes().get(pk=quote_id), by=request.member, now=request.now)
    return _shown(quote)

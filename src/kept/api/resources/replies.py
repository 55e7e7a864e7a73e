"""Holding replies: “we answer by …”, a small promise with a clock of its own."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import Asked, Day, Id, Moment, Page, PageAsked, Prose, Shown, Title
from kept.clients.models import Client, Contact
from kept.people.access import Policy
from kept.people.models import Member
from kept.quotes import models, replying

door = Door("holding-replies", reply_id=models.HoldingReply)
ONE = "/holding-replies/{int:reply_id}"


class HoldingReply(Shown):
    """By when a client gets an answer."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    contact_id: int | None = Field(description="Who there asked.")
    what: str = Field(description="What they asked.")
    state: Literal["open", "answered", "withdrawn"] = Field(description="How far it is.")
    due_at: datetime = Field(description="By when they get an answer.")
    zone: str = Field(description="The client's time zone.")
    given_at: datetime = Field(description="When that was said.")
    owner_id: int | None = Field(description="Who answers.")
    answered_at: datetime | None = Field(description="When they were answered.")
    quote_id: int | None = Field(description="The offer that answered it.")
    word: str = Field(description="What was answered, in a word.")


class NewHoldingReply(Asked):
    """By when a client gets an answer."""

    client_id: Id = Field(description="The client.")
    what: Title = Field(description="What they asked.")
    due_on: Day | None = Field(None, description="The day; to the end of the working day there.")
    due_at: Moment | None = Field(None, description="The moment, instead of a day.")
    contact_id: Id | None = Field(None, description="Who there asked.")
    owner_id: Id | None = Field(None, description="Who answers; left out, you.")
    send: bool = Field(True, description="Write the contact a letter.")


class Answered(Asked):
    """How the client was answered."""

    quote_id: Id | None = Field(None, description="The offer that answers it.")
    word: Prose = Field("", description="Or in a word.")


class Figure(Shown):
    """How often an answer came by when it was promised; a figure of its own."""

    due: int = Field(description="Answers whose moment has passed or that were given.")
    on_time: int = Field(description="Given by then.")
    late: int = Field(description="Given later.")
    owed: int = Field(description="Still owed though the moment has passed.")
    open: int = Field(description="Still to come.")


def _replies() -> QuerySet[models.HoldingReply]:
    return models.HoldingReply.objects.select_related("client")


@door.read("/holding-replies", Policy.MEMBER, Page[HoldingReply])
def list_replies(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List holding replies."""
    return paging.page(_replies(), asked, lambda row: row)


@door.add("/holding-replies", Policy.MEMBER, HoldingReply)
def give_reply(request: ApiRequest, body: NewHoldingReply) -> models.HoldingReply:
    """Say by when a client gets an answer."""
    client = named(Client, body.client_id, "client_id")
    return replying.give(
        client=client,
        what=body.what,
        due_at=moments.needed(body.due_at, body.due_on, zone=client.zone, name="due"),
        contact=None if body.contact_id is None else named(Contact, body.contact_id, "contact_id"),
        owner=None if body.owner_id is None else named(Member, body.owner_id, "owner_id"),
        send=body.send,
        by=request.member,
        now=request.now,
    )


@door.read("/holding-replies/figure", Policy.MEMBER, Figure)
def show_figure(request: ApiRequest) -> replying.Figure:
    """Count how often an answer came by when it was promised."""
    return replying.figure(now=request.now)


@door.read(ONE, Policy.MEMBER, HoldingReply)
def show_reply(request: ApiRequest, reply_id: int) -> models.HoldingReply:
    """Show a holding reply."""
    return _replies().get(pk=reply_id)


@door.add(f"{ONE}/answer", Policy.MEMBER, HoldingReply, status=200, version_of=ONE)
def answer_reply(
    request: ApiRequest, reply_id: int, body: Answered | None = None
) -> models.HoldingReply:
    """Note that the client was answered, now."""
    said = body or Answered(quote_id=None, word="")
    return replying.answer(
        _replies().get(pk=reply_id),
        quote=None if said.quote_id is None else named(models.Quote, said.quote_id, "quote_id"),
        word=said.word,
        by=request.member,
        now=request.now,
    )


@door.add(f"{ONE}/withdraw", Policy.MEMBER, HoldingReply, status=200, reads="", version_of=ONE)
def withdraw_reply(request: ApiRequest, reply_id: int) -> models.HoldingReply:
    """Note that the client does not want an answer any more."""
    return replying.withdraw(_replies().get(pk=reply_id), by=request.member, now=request.now)

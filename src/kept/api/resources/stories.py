"""Reactions, stories with consent to their exact words, and referrals."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    Day,
    Id,
    MaybeSentence,
    Page,
    PageAsked,
    Prose,
    Sentence,
    Shown,
    Title,
    unsaid,
)
from kept.asks import models, reacting, referring, storytelling
from kept.clients.models import Client, Contact
from kept.people.access import Policy
from kept.promises.models import Promise

door = Door("stories", story_id=models.Story, referral_id=models.Referral)
ONE = "/stories/{int:story_id}"


class Reaction(Shown):
    """How a client took what they got."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    contact_id: int = Field(description="Who was asked.")
    promise_id: int | None = Field(description="The promise it is about.")
    extra_id: int | None = Field(description="The extra it is about.")
    felt: Literal["", "delighted", "pleased", "as_expected", "disappointed"] = Field(
        description="How it was; empty until they say."
    )
    words: str = Field(description="What they said.")
    asked_at: datetime = Field(description="When they were asked.")
    answered_at: datetime | None = Field(description="When they answered.")


class NewReaction(Asked):
    """Ask once how it was: a promise, or an extra."""

    promise_id: Id | None = Field(None, description="A promise that was settled.")
    extra_id: Id | None = Field(None, description="Or an extra that was given.")
    contact_id: Id | None = Field(None, description="Whom; left out, whoever it names.")


class Story(Shown):
    """What we would like to tell."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="About whom.")
    contact_id: int = Field(description="Who has to agree.")
    title: str = Field(description="What it is about.")
    words: str = Field(description="In exactly these words.")
    words_hash: str = Field(description="SHA-256 of the words.")
    consented_hash: str = Field(description="Of the words they agreed to; empty without consent.")
    state: Literal["draft", "asked", "consented", "published", "refused", "withdrawn"] = Field(
        description="How far it is."
    )
    published_at: datetime | None = Field(description="When it was told.")
    published_where: str = Field(description="Where.")


class NewStory(Asked):
    """A story; it stays in the house until they consent."""

    contact_id: Id = Field(description="Who has to agree.")
    title: Title = Field(description="What it is about.")
    words: Prose = Field(description="In exactly these words.")


class StoryChanges(Changes):
    """Other words: whatever was consented to does not hold for them."""

    words: Prose = unsaid(description="In exactly these words.")


class Published(Asked):
    """Where it was told."""

    where: Sentence = Field(description="Such as our site.")


class Referral(Shown):
    """Who sent us whom."""

    id: int = Field(description="Its number.")
    referrer_id: int = Field(description="Who told them of us.")
    client_id: int = Field(description="Whom they sent.")
    words: str = Field(description="What they said.")
    told_on: date = Field(description="When.")
    became_client_at: datetime | None = Field(description="When the prospect became a client.")


class NewReferral(Asked):
    """Who sent us whom."""

    referrer_id: Id = Field(description="Who told them of us.")
    client_id: Id = Field(description="Whom they sent.")
    words: MaybeSentence = Field("", description="What they said.")
    told_on: Day | None = Field(None, description="When; left out, today.")


@door.read("/reactions", Policy.MEMBER, Page[Reaction])
def list_reactions(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List reactions."""
    return paging.page(models.Reaction.objects.all(), asked, lambda row: row)


@door.add("/reactions", Policy.MEMBER, Reaction)
def ask_reaction(request: ApiRequest, body: NewReaction) -> models.Reaction:
    """Ask a contact how it was, once, by a letter with their link."""
    about: Promise | models.Extra = (
        named(models.Extra, body.extra_id, "extra_id")
        if body.extra_id is not None
        else named(Promise, body.promise_id or 0, "promise_id")
    )
    contact = None if body.contact_id is None else named(Contact, body.contact_id, "contact_id")
    return reacting.ask(about, contact=contact, by=request.member, now=request.now)


@door.read("/stories", Policy.MEMBER, Page[Story])
def list_stories(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List stories."""
    return paging.page(models.Story.objects.all(), asked, lambda row: row)


@door.add("/stories", Policy.MEMBER, Story)
def write_story(request: ApiRequest, body: NewStory) -> models.Story:
    """Write a story."""
    return storytelling.write(
        contact=named(Contact, body.contact_id, "contact_id"),
        title=body.title,
        words=body.words,
        by=request.member,
        now=request.now,
    )


@door.read(ONE, Policy.MEMBER, Story)
def show_story(request: ApiRequest, story_id: int) -> models.Story:
    """Show a story."""
    return models.Story.objects.get(pk=story_id)


@door.change(ONE, Policy.MEMBER, Story)
def change_story(request: ApiRequest, story_id: int, body: StoryChanges) -> models.Story:
    """Change the words; a changed word needs new consent."""
    found = models.Story.objects.get(pk=story_id)
    words = body.said().get("words", found.words)
    return storytelling.change(found, words=words, by=request.member, now=request.now)


@door.add(f"{ONE}/ask", Policy.MEMBER, Story, status=200, reads="", version_of=ONE)
def ask_consent(request: ApiRequest, story_id: int) -> models.Story:
    """Ask the contact for consent to the words as they are."""
    found = models.Story.objects.get(pk=story_id)
    storytelling.ask(found, by=request.member, now=request.now)
    return models.Story.objects.get(pk=story_id)


@door.add(f"{ONE}/publish", Policy.MEMBER, Story, status=200, version_of=ONE)
def publish_story(request: ApiRequest, story_id: int, body: Published) -> models.Story:
    """Note that it leaves the house, in the words consented to."""
    found = models.Story.objects.get(pk=story_id)
    return storytelling.publish(found, where=body.where, by=request.member, now=request.now)


@door.add(f"{ONE}/withdraw", Policy.MEMBER, Story, status=200, reads="", version_of=ONE)
def withdraw_story(request: ApiRequest, story_id: int) -> models.Story:
    """Note that they took their consent back."""
    found = models.Story.objects.get(pk=story_id)
    return storytelling.withdraw(found, by=request.member, now=request.now)


@door.read("/referrals", Policy.MEMBER, Page[Referral])
def list_referrals(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List who sent us whom."""
    return paging.page(models.Referral.objects.all(), asked, lambda row: row)


@door.add("/referrals", Policy.MEMBER, Referral)
def record_referral(request: ApiRequest, body: NewReferral) -> models.Referral:
    """Write down who sent us a client."""
    return referring.record(
        referrer=named(Client, body.referrer_id, "referrer_id"),
        client=named(Client, body.client_id, "client_id"),
        words=body.words,
        told_on=body.told_on,
        by=request.member,
        now=request.now,
    )

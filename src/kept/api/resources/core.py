"""What clients hired us for: core services, their health, and standing promises."""

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from django.db import transaction
from ninja import Query
from pydantic import BeforeValidator, Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import Reader
from kept.api.rows import named, reader_of
from kept.api.shapes import (
    Asked,
    ClockTime,
    Day,
    Id,
    LongName,
    MaybeSentence,
    Moment,
    Page,
    PageAsked,
    Sentence,
    Shown,
    Title,
)
from kept.asks import core as health
from kept.clients import core as cores
from kept.clients.models import Client, CoreService, Service
from kept.people.access import Policy
from kept.people.models import Member
from kept.promises import models, occurring

door = Door(
    "core",
    client_id=Client,
    core_id=CoreService,
    standing_id=models.StandingPromise,
    occurrence_id=models.Occurrence,
)
STANDING = "/standing-promises/{int:standing_id}"
OCCURRENCE = "/occurrences/{int:occurrence_id}"


class CoreShown(Shown):
    """A service that a client hired us for."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    service_id: int = Field(description="The service.")
    since_on: date = Field(description="Since when.")
    until_on: date | None = Field(description="Until when; null while it is.")


class NewCore(Asked):
    """A service that a client hired us for."""

    client_id: Id = Field(description="The client.")
    service_id: Id = Field(description="The service.")
    since_on: Day | None = Field(None, description="Since when; left out, today.")


class Health(Shown):
    """How a client's core stands."""

    verdict: Literal["hot", "warm", "cold", "unknown"] = Field(description="How it stands.")
    services: list[str] = Field(description="What they hired us for.")
    kept: int = Field(description="So many of the last ones were kept.")
    of: int = Field(description="Of so many.")
    low: float | None = Field(description="Wilson's lower bound, one-sided at 80 %.")
    said: bool = Field(description="A person said so, since too little is known.")
    outcomes: list[str] = Field(description="What became of the last ones, oldest first.")


class WordOfCore(Asked):
    """How it stands, where too little is known."""

    health: Literal["hot", "warm", "cold"] = Field(description="How it stands.")
    why: MaybeSentence = Field("", description="Why you think so.")


class Standing(Shown):
    """A promise that recurs, in the client's own zone."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    service_id: int | None = Field(description="What it belongs to.")
    what: str = Field(description="What is promised.")
    owner_id: int = Field(description="Who sees to it.")
    rule: str = Field(description="As RFC 5545 writes it, in its one form.")
    starts_on: date = Field(description="From which day on.")
    due_time: Annotated[ClockTime, BeforeValidator(lambda at: f"{at:%H:%M}")] = Field(
        description="By what time there, as 10:00."
    )
    zone: str = Field(description="The zone of that time.")
    in_a_gap: Literal["refuse", "before", "after"] = Field(
        description="What to do where the clocks go forward over it."
    )
    contact_id: int | None = Field(
        description="Who at the client reads it by link; null, nobody does."
    )
    ended_at: datetime | None = Field(description="When it ended.")


class NewStanding(Asked):
    """A promise that recurs."""

    client_id: Id = Field(description="The client.")
    what: Title = Field(description="What is promised.")
    rule: Sentence = Field(description="Such as FREQ=WEEKLY;BYDAY=MO.")
    due_time: ClockTime = Field(description="By what time in the client's zone.")
    starts_on: Day | None = Field(None, description="From which day on; left out, today.")
    service_id: Id | None = Field(None, description="What it belongs to.")
    owner_id: Id | None = Field(None, description="Who sees to it; left out, you.")
    in_a_gap: Literal["refuse", "before", "after"] = Field(
        "refuse", description="What to do where the clocks go forward over it."
    )
    contact_id: Id | None = Field(None, description="Who at the client reads it by link.")
    contact: LongName | None = Field(
        None,
        description="The same, by address or name; as “Sara Nunes <sara@example.com>”, "
        "somebody new is added.",
    )


class Ended(Asked):
    """Why it ends."""

    word: MaybeSentence = Field("", description="In a word.")


class Occurrence(Shown):
    """One instance of a standing promise."""

    id: int = Field(description="Its number.")
    standing_id: int = Field(description="The standing promise.")
    due_on: date = Field(description="The day it belongs to.")
    due_at: datetime = Field(description="When it is due.")
    done_at: datetime | None = Field(description="When it was done.")
    short: bool = Field(description="Done, but not in full.")
    sub_standard: bool = Field(description="Done, but not to standard.")
    released_at: datetime | None = Field(description="When the client let us off.")


class Done(Asked):
    """How it was done."""

    done_at: Moment | None = Field(
        None, description="When; left out, now. Three days back at most."
    )
    short: bool = Field(False, description="Not in full.")
    sub_standard: bool = Field(False, description="Not to standard.")
    word: MaybeSentence = Field("", description="In a word.")


@door.read("/core-services", Policy.MEMBER, Page[CoreShown])
def list_core(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List what clients hired us for."""
    return paging.page(CoreService.objects.all(), asked, lambda row: row)


@door.add("/core-services", Policy.LEAD, CoreShown)
def name_core(request: ApiRequest, body: NewCore) -> CoreService:
    """Say that a client hired us for a service."""
    return cores.name(
        named(Client, body.client_id, "client_id"),
        named(Service, body.service_id, "service_id"),
        since_on=body.since_on,
        by=request.member,
        now=request.now,
    )


@door.add("/core-services/{int:core_id}/end", Policy.LEAD, CoreShown, status=200, reads="")
def end_core(request: ApiRequest, core_id: int) -> CoreService:
    """Say that a service is not core any more."""
    found = CoreService.objects.select_related("client").get(pk=core_id)
    return cores.end(found, by=request.member, now=request.now)


@door.read("/clients/{int:client_id}/core", Policy.MEMBER, Health)
def show_core(request: ApiRequest, client_id: int) -> dict[str, Any]:
    """Show how a client's core stands."""
    return _health(Client.objects.get(pk=client_id), request)


@door.add("/clients/{int:client_id}/core/say", Policy.MEMBER, Health, status=200)
def say_core(request: ApiRequest, client_id: int, body: WordOfCore) -> dict[str, Any]:
    """Say how it stands, where too little is known."""
    client = Client.objects.get(pk=client_id)
    health.say(client, body.health, why=body.why, by=request.member, now=request.now)
    return _health(client, request)


@door.read("/standing-promises", Policy.MEMBER, Page[Standing])
def list_standing(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List standing promises."""
    return paging.page(models.StandingPromise.objects.all(), asked, lambda row: row)


@door.add("/standing-promises", Policy.MEMBER, Standing)
def make_standing(request: ApiRequest, body: NewStanding) -> models.StandingPromise:
    """Promise something that recurs."""
    service = None if body.service_id is None else named(Service, body.service_id, "service_id")
    owner = None if body.owner_id is None else named(Member, body.owner_id, "owner_id")
    with transaction.atomic():  # a refusal leaves nobody new behind
        client = named(Client, body.client_id, "client_id")
        return occurring.make(
            client=client,
            what=body.what,
            rule=body.rule,
            due_time=time.fromisoformat(body.due_time),
            starts_on=body.starts_on,
            service=service,
            owner=owner,
            contact=reader_of(request, client, body),
            in_a_gap=body.in_a_gap,
            by=request.member,
            now=request.now,
        )


@door.read(STANDING, Policy.MEMBER, Standing)
def show_standing(request: ApiRequest, standing_id: int) -> models.StandingPromise:
    """Show a standing promise."""
    return models.StandingPromise.objects.get(pk=standing_id)


@door.add(f"{STANDING}/reader", Policy.MEMBER, Standing, status=200, version_of=STANDING)
def name_standing_reader(
    request: ApiRequest, standing_id: int, body: Reader
) -> models.StandingPromise:
    """Name who at the client reads a standing promise by link from now on, or that nobody does."""
    with transaction.atomic():  # a refusal leaves nobody new behind
        found = models.StandingPromise.objects.select_related("client").get(pk=standing_id)
        contact = reader_of(request, found.client, body)
        return occurring.name_reader(found, contact, by=request.member, now=request.now)


@door.add(f"{STANDING}/end", Policy.MEMBER, Standing, status=200, version_of=STANDING)
def end_standing(
    request: ApiRequest, standing_id: int, body: Ended | None = None
) -> models.StandingPromise:
    """End a standing promise; what lies ahead is owed no more."""
    found = models.StandingPromise.objects.get(pk=standing_id)
    word = "" if body is None else body.word
    return occurring.end(found, word=word, by=request.member, now=request.now)


@door.read("/occurrences", Policy.MEMBER, Page[Occurrence])
def list_occurrences(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the instances of standing promises."""
    return paging.page(models.Occurrence.objects.all(), asked, lambda row: row)


@door.read(OCCURRENCE, Policy.MEMBER, Occurrence)
def show_occurrence(request: ApiRequest, occurrence_id: int) -> models.Occurrence:
    """Show one instance."""
    return models.Occurrence.objects.get(pk=occurrence_id)


@door.add(f"{OCCURRENCE}/done", Policy.MEMBER, Occurrence, status=200, version_of=OCCURRENCE)
def note_done(
    request: ApiRequest, occurrence_id: int, body: Done | None = None
) -> models.Occurrence:
    """Note that it was done: on time or late, in full or short."""
    found = models.Occurrence.objects.get(pk=occurrence_id)
    said = {} if body is None else body.model_dump()
    return occurring.done(found, by=request.member, now=request.now, **said)


@door.add(
    f"{OCCURRENCE}/release", Policy.MEMBER, Occurrence, status=200, reads="", version_of=OCCURRENCE
)
def note_release(request: ApiRequest, occurrence_id: int) -> models.Occurrence:
    """Note that the client let us off this one."""
    found = models.Occurrence.objects.get(pk=occurrence_id)
    return occurring.release(found, by=request.member, now=request.now)


@door.add(
    f"{OCCURRENCE}/reopen", Policy.LEAD, Occurrence, status=200, reads="", version_of=OCCURRENCE
)
def reopen_occurrence(request: ApiRequest, occurrence_id: int) -> models.Occurrence:
    """Take back what was noted of it; the ledger keeps both."""
    found = models.Occurrence.objects.get(pk=occurrence_id)
    return occurring.reopen(found, by=request.member, now=request.now)


def _health(client: Client, request: ApiRequest) -> dict[str, Any]:
    found = health.health(client, now=request.now)
    return {
        "verdict": str(found.verdict),
        "services": list(found.services),
        "kept": found.kept,
        "of": found.of,
        "low": found.low,
        "said": found.said is not None,
        "outcomes": [mark.word for mark in found.marks],
    }

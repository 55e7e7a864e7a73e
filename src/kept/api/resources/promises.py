"""Promises: what clients were given a yes to, and how it stands."""

from datetime import date, datetime
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.answers import Effort, Placement
from kept.api.resources.jobs import Stage, shown_stage, stages_shown
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    Day,
    Id,
    LongName,
    Moment,
    Page,
    PageAsked,
    Sentence,
    Shown,
    Title,
    unsaid,
)
from kept.clients import keeping
from kept.clients.models import Client, Service
from kept.custody import extracting
from kept.jobs.lines import Effort as Size
from kept.people.access import Policy
from kept.plan import outlook as outlooks
from kept.plan import standing
from kept.plan.models import Outlook
from kept.promises import models, recording
from kept.tenancy import refusals

door = Door("promises", promise_id=models.Promise)
ONE = "/promises/{int:promise_id}"
State = Literal[
    "pending", "active", "paused", "delivered", "settled", "released", "revoked", "voided"
]
Standing = Literal["overdue", "at-risk", "on-track", "paused", "unknown"]


class Promise(Shown):
    """What a client was given a yes to."""

    id: int = Field(description="Its number.")
    job_id: int = Field(description="The work.")
    what: str = Field(description="What was promised.")
    client_id: int = Field(description="To whom.")
    state: State = Field(description="How far it is.")
    standing: Standing | None = Field(
        description="How it stands, while it is open; unknown: too little past to say."
    )
    origin: Literal["quote", "loose", "imported"] = Field(description="How it came to be.")
    placement: Placement = Field(description="How its work stands among all other work.")
    pinned: int | None = Field(description="Its rank before all that are not pinned.")
    last_mile_owner_id: int | None = Field(description="Who sees it over the line.")
    due_at: datetime = Field(description="The date promised.")
    day_only: bool = Field(description="Whether a day was meant, to the end of the working day.")
    zone: str = Field(description="The client's time zone.")
    internal_due_at: datetime = Field(description="The date the team aims at.")
    given_at: datetime = Field(description="When the client got the yes.")
    given_by_id: int | None = Field(description="Who gave it.")
    chance: float | None = Field(description="The chance to keep it, as last forecast.")
    likely_on: date | None = Field(description="The day by which it is done, 9 chances in 10.")
    slack_days: int | None = Field(
        description="Working days from that day to the promised one; negative is short."
    )
    settled_at: datetime | None = Field(description="When it was closed.")
    void_reason: str = Field(description="Why it was recorded by mistake.")


class LoosePromise(Asked):
    """A promise somebody has given already."""

    what: Title = Field(description="What was promised.")
    client_id: Id | None = Field(None, description="To whom.")
    client: LongName | None = Field(
        None, description="To whom, by name; somebody new is added as a client."
    )
    due_on: Day | None = Field(
        None, description="The day promised: the end of that working day for the client."
    )
    due_at: Moment | None = Field(None, description="The moment promised, instead of a day.")
    effort: Effort | None = Field(None, description="How much work; left out, 1 to 16 hours.")
    service_id: Id | None = Field(None, description="The service it is.")
    given_at: Moment | None = Field(None, description="When the yes was given; left out, now.")


class PromiseChanges(Changes):
    """What changes about a promise."""

    pinned: int | None = unsaid(
        ge=1, le=1000, description="Rank it before all that are not pinned; null, let it go back."
    )


class Reason(Asked):
    """Why."""

    reason: Sentence = Field(description="Why it was recorded by mistake.")


class Terms(Shown):
    """What was promised. Number 1 are the first terms, which never change."""

    number: int = Field(description="1 for the first terms; the highest are the last ones.")
    due_at: datetime = Field(description="The date.")
    chance_when_given: float | None = Field(description="The chance shown then.")
    lead_at_even_chances_hours: float | None = Field(
        description="The lead at even chances then, in hours; sharpness is measured by it."
    )
    agreed_at: datetime = Field(description="When they were agreed.")


class Forecast(Shown):
    """A forecast of a promise at a moment. Dates are null when they never come."""

    id: int = Field(description="Its number.")
    computed_at: datetime = Field(description="When it was computed.")
    due_at: datetime = Field(description="The date that held then.")
    chance: float = Field(description="The chance to keep it.")
    finish_50_at: datetime | None = Field(description="Done by then, with even chances.")
    finish_80_at: datetime | None = Field(description="Done by then, 8 chances in 10.")
    finish_90_at: datetime | None = Field(description="Done by then, 9 chances in 10.")
    finish_95_at: datetime | None = Field(description="Done by then, 19 chances in 20.")
    known_items: int = Field(description="How many similar past items it rests on.")
    seed: int = Field(description="With the versions, recomputes the same forecast.")
    futures: int = Field(description="How many futures were drawn.")
    engine_version: str = Field(description="The engine that computed it.")
    profile_version: str = Field(description="What of the past it knew.")


class Happened(Shown):
    """One event of a promise's story, from the ledger."""

    number: int = Field(description="Its place in the house's chain of events.")
    kind: str = Field(description="What was done.")
    at: datetime = Field(description="When.")
    by_id: int | None = Field(description="By whom; null for kept itself.")
    chance_then: float | None = Field(description="The chance shown then.")
    facts: dict[str, Any] = Field(description="What the story tells beyond the rows.")
    digest: str = Field(description="Its SHA-256, which the next event carries.")


class PromisesAsked(PageAsked):
    """Which promises."""

    state: State | None = Field(None, description="Only those in this state.")
    client_id: Id | None = Field(None, description="Only those to this client.")


def _promises() -> QuerySet[models.Promise]:
    return models.Promise.objects.select_related("job")


def _shown(
    promise: models.Promise, forecasts: dict[int, Outlook], *, now: datetime
) -> dict[str, Any]:
    is_open = promise.state in models.Promise.OPEN
    forecast = forecasts.get(promise.pk) if is_open else None
    row = None
    if is_open:
        row = standing.standing_of(promise, outlook=forecast, stages=[], waiting_for=None, now=now)
    copied = [
        name
        for name in Promise.model_fields
        if name not in {"id", "what", "standing", "chance", "likely_on", "slack_days"}
    ]
    return {
        "id": promise.pk,
        "what": promise.job.title,
        "standing": None if row is None else str(row.state),
        "chance": None if row is None else row.chance,
        "likely_on": None if row is None else row.likely_on,
        "slack_days": None if row is None else row.slack_days,
        **{name: getattr(promise, name) for name in copied},
    }


def again(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """Return a promise as it is shown now."""
    promise = _promises().get(pk=promise_id)
    return _shown(promise, outlooks.newest(of=[promise.pk]), now=request.now)


@door.read("/promises", Policy.MEMBER, Page[Promise])
def list_promises(request: ApiRequest, asked: Query[PromisesAsked]) -> dict[str, Any]:
    """List promises."""
    rows = _promises()
    if asked.state is not None:
        rows = rows.filter(state=asked.state)
    if asked.client_id is not None:
        rows = rows.filter(client_id=asked.client_id)
    page = paging.page(rows, asked, lambda row: row)
    forecasts = outlooks.newest(of=[row.pk for row in page["items"]])
    page["items"] = [_shown(row, forecasts, now=request.now) for row in page["items"]]
    return page


@door.add("/promises", Policy.MEMBER, Promise)
def record_promise(request: ApiRequest, body: LoosePromise) -> dict[str, Any]:
    """Record a promise somebody has given already."""
    size = body.effort
    service = body.service_id
    with transaction.atomic():  # a refused promise leaves no new client behind
        client = _client(request, body)
        promise = recording.loose(
            what=body.what,
            client=client,
            due_at=moments.needed(body.due_at, body.due_on, zone=client.zone, name="due"),
            day_only=body.due_at is None,
            effort=None
            if size is None
            else Size(size.likely_hours, size.low_hours, size.high_hours),
            service=None if service is None else named(Service, service, "service_id"),
            given_at=body.given_at,
            by=request.member,
            now=request.now,
        )
    return again(request, promise.pk)


@door.read(ONE, Policy.MEMBER, Promise)
def show_promise(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """Show a promise, and how it stands."""
    return again(request, promise_id)


@door.change(ONE, Policy.LEAD, Promise)
def change_promise(request: ApiRequest, promise_id: int, body: PromiseChanges) -> dict[str, Any]:
    """Pin a promise, or let it go back to its date."""
    if "pinned" in body.model_fields_set:
        recording.pin(
            promise=_promises().get(pk=promise_id),
            pinned=body.pinned,
            by=request.member,
            now=request.now,
        )
    return again(request, promise_id)


@door.add(f"{ONE}/void", Policy.LEAD, Promise, status=200, version_of=ONE)
def void_promise(request: ApiRequest, promise_id: int, body: Reason) -> dict[str, Any]:
    """Take out a promise that was recorded by mistake; it stays listed, with the reason."""
    recording.void(
        promise=_promises().get(pk=promise_id),
        reason=body.reason,
        by=request.member,
        now=request.now,
    )
    return again(request, promise_id)


@door.read(f"{ONE}/stages", Policy.MEMBER, Page[Stage])
def list_promise_stages(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the stages of a promise's work."""
    promise = _promises().get(pk=promise_id)
    return paging.page(stages_shown().filter(job_id=promise.job_id), asked, shown_stage)


@door.read(f"{ONE}/terms", Policy.MEMBER, Page[Terms])
def list_promise_terms(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List what was promised: the first terms, and those agreed since."""
    promise = _promises().get(pk=promise_id)
    return paging.page(promise.terms.all(), asked, lambda row: row)


@door.read(f"{ONE}/outlooks", Policy.MEMBER, Page[Forecast])
def list_promise_outlooks(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the forecasts of a promise, the oldest first."""
    promise = _promises().get(pk=promise_id)
    return paging.page(Outlook.objects.filter(promise=promise), asked, lambda row: row)


@door.read(f"{ONE}/events", Policy.MEMBER, Page[Happened])
def list_promise_events(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List what happened to a promise, the oldest first.

    To its job, its stages, its quote and what it counts on, too; forecasts are its outlooks.
    """
    promise = _promises().get(pk=promise_id)
    return paging.page(extracting.events_of(promise), asked, lambda row: row)


def _client(request: ApiRequest, body: LoosePromise) -> Client:
    if body.client_id is not None:
        return named(Client, body.client_id, "client_id")
    if body.client is not None:
        return keeping.find_or_add(body.client, prospect=False, by=request.member, now=request.now)
    raise refusals.Refused(_("Say to whom, as client_id or client."), field="client_id")

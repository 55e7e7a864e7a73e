"""Promises: what clients were given a yes to, and how it stands."""

from collections.abc import Mapping
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
from kept.api.rows import named, reader_of
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
from kept.promises import judging, models, readers, recording, states
from kept.promises.judging import Life
from kept.tenancy import refusals

door = Door("promises", promise_id=models.Promise)
ONE = "/promises/{int:promise_id}"
State = Literal[
    "pending", "active", "paused", "delivered", "settled", "released", "revoked", "voided"
]
Standing = Literal["overdue", "at-risk", "on-track", "paused", "unknown"]


class Outcome(Shown):
    """What became of a promise by one set of its terms; several misses may hold together."""

    word: Literal[
        "kept", "late", "short", "sub_standard", "broken", "released", "voided", "overdue", "open"
    ] = Field(description="The gravest of what follows.")
    kept: bool = Field(description="On time, all required lines, to standard.")
    late: bool = Field(description="Delivered after it was due.")
    short: bool = Field(description="A required line was missing.")
    sub_standard: bool = Field(description="The client said it is not up to standard.")
    broken: bool = Field(description="Revoked, or not delivered by the cut-off.")
    overdue: bool = Field(description="Due, and not delivered.")
    provisional: bool = Field(description="Delivered; the client’s word is still to come.")
    deemed: bool = Field(description="Accepted by silence after notice.")
    warned: bool = Field(description="Late, and the client was told before it was due.")
    painful: bool = Field(description="Kept with more than a tenth of its hours out of hours.")
    share_delivered: float = Field(description="Of its lines, required or not.")


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
    can: list[str] = Field(description="Which moves its state allows.")
    by_first_terms: Outcome = Field(description="What became of it by what was promised first.")
    by_last_terms: Outcome = Field(description="And by what was agreed last.")
    contact_id: int | None = Field(description="Who at the client reads it by link.")
    gate: str = Field(description="Whether everybody who owns a part said yes.")
    settled_at: datetime | None = Field(description="When it was closed.")
    ended_at: datetime | None = Field(description="When it was released, revoked or voided.")
    ended_word: str = Field(description="What was said then.")
    again: str = Field(description="Whether we would promise it again: yes, otherwise, no.")
    again_word: str = Field(description="And how.")
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
    contact_id: Id | None = Field(None, description="Who at the client reads it by link.")
    contact: LongName | None = Field(
        None,
        description="The same, by address or name; as “Sara Nunes <sara@example.com>”, "
        "somebody new is added.",
    )


class Reader(Asked):
    """Who at the client reads a promise by link; both left out, nobody."""

    contact_id: Id | None = Field(None, description="Who.")
    contact: LongName | None = Field(
        None,
        description="The same, by address or name; as “Sara Nunes <sara@example.com>”, "
        "somebody new is added.",
    )


class PromiseChanges(Changes):
    """What changes about a promise."""

    pinned: int | None = unsaid(
        ge=1, le=1000, description="Rank it before all that are not pinned; null, let it go back."
    )


class Mistake(Asked):
    """Why."""

    reason: Sentence = Field(description="Why it was recorded by mistake.")


class Line(Shown):
    """One testable line of terms."""

    condition_id: int | None = Field(description="The job’s line.")
    text: str = Field(description="As it read when it was agreed.")
    required: bool = Field(description="Without it the promise is short.")


class Terms(Shown):
    """What was promised. Number 1 are the first terms, which never change."""

    number: int = Field(description="1 for the first terms; the highest are the last ones.")
    kind: Literal["first", "imported", "renegotiated", "client_asked"] = Field(
        description="How they came to be."
    )
    due_at: datetime = Field(description="The date.")
    judged_at: datetime = Field(description="The moment it is judged by: later by its pauses.")
    lines: list[Line] = Field(description="What done means.")
    standard: str = Field(description="How good it is to be; empty if nothing was said.")
    proposal_id: int | None = Field(description="The proposal they came from.")
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


#: What is not a column.
DERIVED = {
    "id", "what", "standing", "chance", "likely_on", "slack_days", "can", "by_first_terms",
    "by_last_terms",
}  # fmt: skip


def _promises() -> QuerySet[models.Promise]:
    return models.Promise.objects.select_related("job")


def row_of(promise_id: int) -> models.Promise:
    """Return the promise that an address names."""
    return _promises().get(pk=promise_id)


def _shown(
    promise: models.Promise,
    forecasts: dict[int, Outlook],
    lives: Mapping[int, Life],
    *,
    now: datetime,
) -> dict[str, Any]:
    is_open = promise.state in models.Promise.OPEN
    forecast = forecasts.get(promise.pk) if is_open else None
    row = None
    if is_open:
        row = standing.standing_of(promise, outlook=forecast, stages=[], waiting_for=None, now=now)
    copied = [name for name in Promise.model_fields if name not in DERIVED]
    return {
        "id": promise.pk,
        "what": promise.job.title,
        "standing": None if row is None else str(row.state),
        "chance": None if row is None else row.chance,
        "likely_on": None if row is None else row.likely_on,
        "slack_days": None if row is None else row.slack_days,
        "can": states.allowed(promise.state),
        "by_first_terms": judging.by_first_terms(lives[promise.pk], now=now),
        "by_last_terms": judging.by_last_terms(lives[promise.pk], now=now),
        **{name: getattr(promise, name) for name in copied},
    }


def again(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """Return a promise as it is shown now."""
    promise = _promises().get(pk=promise_id)
    lives = judging.lives([promise])
    return _shown(promise, outlooks.newest(of=[promise.pk]), lives, now=request.now)


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
    lives = judging.lives(page["items"])
    page["items"] = [_shown(row, forecasts, lives, now=request.now) for row in page["items"]]
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
            contact=reader_of(request, client, body),
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


@door.add(f"{ONE}/reader", Policy.MEMBER, Promise, status=200, version_of=ONE)
def name_promise_reader(request: ApiRequest, promise_id: int, body: Reader) -> dict[str, Any]:
    """Name who at the client reads a promise by link from now on, or that nobody does."""
    with transaction.atomic():  # a refusal leaves nobody new behind
        promise = _promises().select_related("client").get(pk=promise_id)
        contact = reader_of(request, promise.client, body)
        readers.name(promise, contact, by=request.member, now=request.now)
    return again(request, promise_id)


@door.add(f"{ONE}/void", Policy.LEAD, Promise, status=200, version_of=ONE)
def void_promise(request: ApiRequest, promise_id: int, body: Mistake) -> dict[str, Any]:
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
    life, house = judging.life_of(promise), request.member.organisation

    def shown(row: models.Terms) -> dict[str, Any]:
        copied = set(Terms.model_fields) - {"lines", "judged_at"}
        return {
            **{name: getattr(row, name) for name in copied},
            "lines": life.lines.get(row.pk, []),
            "judged_at": life.due_of(row, house=house, now=request.now),
        }

    return paging.page(promise.terms.all(), asked, shown)


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

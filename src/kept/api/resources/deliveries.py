"""Deliveries: we say it is done; the client takes it or sends it back."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.pauses import HowTold
from kept.api.resources.promises import ONE, row_of
from kept.api.shapes import Asked, Id, Page, PageAsked, Prose, Shown
from kept.people.access import Policy
from kept.promises import delivering, models, states

door = Door("promises", promise_id=models.Promise, delivery_id=models.Delivery)
DELIVERY = "/deliveries/{int:delivery_id}"


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
    noticed_how: str = Field(
        description="link: by a letter with a link; said: in person; empty: not told."
    )
    noticed_contact_id: int | None = Field(description="Who at the client was told, if known.")
    heard: bool = Field(
        description="Whether notice was given that reached, or may still reach, somebody."
    )
    deemed_from: datetime | None = Field(description="From when on silence does.")
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


class Thanks(Asked):
    """What they are thanked with."""

    words: Prose = Field("", description="A letter to them; left out, somebody said it.")


def _deliveries() -> QuerySet[models.Delivery]:
    return models.Delivery.objects.select_related("promise__job").prefetch_related("lines")


def _delivery(row: models.Delivery) -> dict[str, Any]:
    can = states.allowed(row.state, states.DELIVERY_MOVES)
    fields = set(Delivery.model_fields) - {"can", "lines", "heard"}
    return {
        **{name: getattr(row, name) for name in fields},
        "can": [verb for verb in can if verb != "deem"],
        "heard": row.noticed_at is not None and not delivering.unheard(row),
        "lines": sorted(row.lines.all(), key=lambda line: line.pk),
    }


def _delivery_again(key: int) -> dict[str, Any]:
    return _delivery(_deliveries().get(pk=key))


def _lines(said: list[LineMet]) -> dict[int, bool]:
    return {line.condition_id: line.holds for line in said}


@door.read(f"{ONE}/deliveries", Policy.MEMBER, Page[Delivery])
def list_promise_deliveries(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the deliveries of a promise."""
    row_of(promise_id)
    return paging.page(_deliveries().filter(promise_id=promise_id), asked, _delivery)


@door.add(f"{ONE}/deliveries", Policy.MEMBER, Delivery)
def deliver_promise(
    request: ApiRequest, promise_id: int, body: NewDelivery | None = None
) -> dict[str, Any]:
    """Say that it is done; the client's word is still to come."""
    said = body or NewDelivery(note="", where="", lines=[])
    made = delivering.deliver(
        row_of(promise_id),
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


@door.add(f"{DELIVERY}/notice", Policy.MEMBER, Delivery, status=200, version_of=DELIVERY)
def notice_delivery(
    request: ApiRequest, delivery_id: int, body: HowTold | None = None
) -> dict[str, Any]:
    """Tell the client that silence for five working days counts as acceptance.

    By a letter that goes now, to whoever reads the promise; or in person, as you say.
    """
    delivering.notice(
        _deliveries().get(pk=delivery_id),
        in_person=None if body is None else body.in_person(),
        by=request.member,
        now=request.now,
    )
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


@door.add(f"{DELIVERY}/thanks", Policy.MEMBER, Delivery, status=200, version_of=DELIVERY)
def thank_for_delivery(
    request: ApiRequest, delivery_id: int, body: Thanks | None = None
) -> dict[str, Any]:
    """Thank the client for their word, by a letter, or note that somebody did."""
    delivering.thank(
        _deliveries().get(pk=delivery_id),
        words="" if body is None else body.words,
        by=request.member,
        now=request.now,
    )
    return _delivery_again(delivery_id)

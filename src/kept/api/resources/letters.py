"""Letters: what was written to whom, and whether it was sent."""

from datetime import datetime
from typing import Any

from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Page, PageAsked, Shown
from kept.outbox import letters, models
from kept.people.access import Policy

door = Door("letters", letter_id=models.Letter)


class Letter(Shown):
    """A letter. What is filled in on its way out stands in it as {link} and {head}."""

    id: int = Field(description="Its number.")
    to_name: str = Field(description="Who gets it.")
    to_address: str = Field(description="At which address.")
    reply_to: str = Field(description="Whom an answer by mail reaches.")
    subject: str = Field(description="Its subject.")
    body: str = Field(description="Its text.")
    message_id: str = Field(description="Its Message-ID; a letter sent twice has the same.")
    promise_id: int | None = Field(description="The promise it belongs to.")
    written_at: datetime = Field(description="When it was written.")
    sent_at: datetime | None = Field(description="When a mail server took it.")
    failed_at: datetime | None = Field(description="When it was given up.")


@door.read("/letters", Policy.LEAD, Page[Letter])
def list_letters(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the letters of the house."""
    return paging.page(models.Letter.objects.all(), asked, lambda row: row)


@door.read("/letters/{int:letter_id}", Policy.LEAD, Letter)
def show_letter(request: ApiRequest, letter_id: int) -> models.Letter:
    """Show a letter."""
    return models.Letter.objects.get(pk=letter_id)


@door.add("/letters/{int:letter_id}/again", Policy.LEAD, Letter, status=200, reads="")
def send_again(request: ApiRequest, letter_id: int) -> models.Letter:
    """Send a letter again that was given up: with the same id, to the same address."""
    letter = models.Letter.objects.get(pk=letter_id)
    return letters.send_again(letter, by=request.member, now=request.now)

"""The clock stands because the client owes something, and runs on."""

from datetime import datetime
from typing import Any

from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import ONE, Promise, again, row_of
from kept.api.rows import named
from kept.api.shapes import Asked, Id, Page, PageAsked, Shown
from kept.jobs.models import Obligation
from kept.people.access import Policy
from kept.promises import models, pausing

door = Door("promises", promise_id=models.Promise)


class Pause(Shown):
    """The clock stood because the client owed something."""

    id: int = Field(description="Its number.")
    obligation_id: int = Field(description="What the client owed.")
    notice_at: datetime = Field(description="When the client was told.")
    started_at: datetime = Field(
        description="From when the clock stood; ahead while only notice was given."
    )
    ended_at: datetime | None = Field(description="When it ended.")
    working_minutes: int | None = Field(
        description="How much working time it stood; the due moment moved by that."
    )


class NewPause(Asked):
    """Why the clock stands."""

    obligation_id: Id = Field(description="What the client owes; overdue or not yet.")


@door.read(f"{ONE}/pauses", Policy.MEMBER, Page[Pause])
def list_promise_pauses(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the pauses of a promise."""
    return paging.page(row_of(promise_id).pauses.all(), asked, lambda row: row)


@door.add(f"{ONE}/pauses", Policy.MEMBER, Pause)
def pause_promise(request: ApiRequest, promise_id: int, body: NewPause) -> models.Pause:
    """Give notice that the clock stands: from now, or from when what is owed is overdue."""
    owed = named(Obligation, body.obligation_id, "obligation_id")
    return pausing.pause(row_of(promise_id), obligation=owed, by=request.member, now=request.now)


@door.add(f"{ONE}/pauses/call-off", Policy.MEMBER, Pause, status=200, reads="", version_of=ONE)
def call_off_pause(request: ApiRequest, promise_id: int) -> models.Pause:
    """Take the notice of a pause back before its moment: the clock will not stand."""
    return pausing.call_off(row_of(promise_id), by=request.member, now=request.now)


@door.add(f"{ONE}/resume", Policy.MEMBER, Promise, status=200, reads="", version_of=ONE)
def resume_promise(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """End a pause although nothing came; what came ends it when it is noted as met."""
    pausing.resume(row_of(promise_id), by=request.member, now=request.now)
    return again(request, promise_id)

"""The clock stands because the client owes something, and runs on."""

from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import ONE, Promise, again, row_of
from kept.api.rows import named
from kept.api.shapes import Asked, Id, Moment, Page, PageAsked, Shown
from kept.clients.models import Contact
from kept.jobs.models import Obligation
from kept.people.access import Policy
from kept.promises import models, pausing
from kept.promises.telling import InPerson
from kept.tenancy import refusals

door = Door("promises", promise_id=models.Promise)


class Pause(Shown):
    """The clock stood because the client owed something."""

    id: int = Field(description="Its number.")
    obligation_id: int = Field(description="What the client owed.")
    notice_at: datetime = Field(description="When the client was told.")
    notice_how: str = Field(description="link: by a letter with a link; said: in person.")
    notice_contact_id: int | None = Field(description="Who at the client was told, if known.")
    started_at: datetime = Field(
        description="From when the clock stood; ahead while only notice was given."
    )
    ended_at: datetime | None = Field(description="When it ended.")
    working_minutes: int | None = Field(
        description="How much working time it stood; the due moment moved by that."
    )


class HowTold(Asked):
    """How the client is told something a clock of theirs begins with."""

    how: Literal["link", "said"] = Field(
        "link", description="By a letter with a link, now; or said, in person, by somebody."
    )
    told_at: Moment | None = Field(
        None, description="Said: when, at most a day ago; left out, now."
    )
    contact_id: Id | None = Field(None, description="Said: to whom, if known.")

    def in_person(self) -> InPerson | None:
        """Return what was said in person; None where a letter tells them.

        Raises:
            Refused: a letter tells them, and a moment or a person was named all the same.
        """
        if self.how == "said":
            key = self.contact_id
            return InPerson(
                self.told_at, None if key is None else named(Contact, key, "contact_id")
            )
        for name in ("told_at", "contact_id"):
            if getattr(self, name) is not None:
                raise refusals.Refused(
                    _(
                        "A letter goes now, to whoever reads the promise. Leave %(name)s out, or "
                        "say that they were told in person: how is said."
                    )
                    % {"name": name},
                    field=name,
                )
        return None


class NewPause(HowTold):
    """Why the clock stands, and how the client is told."""

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
    return pausing.pause(
        row_of(promise_id),
        obligation=owed,
        in_person=body.in_person(),
        by=request.member,
        now=request.now,
    )


@door.add(f"{ONE}/pauses/call-off", Policy.MEMBER, Pause, status=200, reads="", version_of=ONE)
def call_off_pause(request: ApiRequest, promise_id: int) -> models.Pause:
    """Take the notice of a pause back before its moment: the clock will not stand."""
    return pausing.call_off(row_of(promise_id), by=request.member, now=request.now)


@door.add(f"{ONE}/resume", Policy.MEMBER, Promise, status=200, reads="", version_of=ONE)
def resume_promise(request: ApiRequest, promise_id: int) -> dict[str, Any]:
    """End a pause although nothing came; what came ends it when it is noted as met."""
    pausing.resume(row_of(promise_id), by=request.member, now=request.now)
    return again(request, promise_id)

"""Why a promise moved or was missed, and each “one more day” of it."""

from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import moments, paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.promises import ONE, row_of
from kept.api.rows import named
from kept.api.shapes import Asked, Day, Id, MaybeSentence, Moment, Page, PageAsked, Shown
from kept.jobs.models import Assumption, Stage
from kept.people.access import Policy
from kept.promises import models, reasons, slips
from kept.tenancy import refusals

door = Door("promises", promise_id=models.Promise)


Category = Literal[
    "client_material", "client_change", "estimate", "third_party", "away", "capacity",
    "quality", "changed_mind", "other",
]  # fmt: skip
Controllable = Literal["ours", "clients", "theirs", "nobodys"]


class Reason(Shown):
    """Why a date moved or was missed: about the system, never about a person."""

    id: int = Field(description="Its number.")
    category: Category = Field(description="What kind of reason.")
    controllable: Controllable = Field(description="Whose it is to change.")
    stated: str = Field(description="In a sentence.")
    assumption_id: int | None = Field(description="What was counted on, and broke.")
    said_at: datetime = Field(description="When it was given.")
    said_by_id: int | None = Field(description="By whom.")


class NewReason(Asked):
    """A reason to give."""

    category: Category = Field(description="What kind of reason.")
    controllable: Controllable | None = Field(
        None, description="Whose it is to change; left out, whose it usually is."
    )
    stated: MaybeSentence = Field("", description="In a sentence.")
    assumption_id: Id | None = Field(None, description="What was counted on, and broke.")


class Slip(Shown):
    """Somebody said a later internal date."""

    id: int = Field(description="Its number here.")
    number: int = Field(description="1 for the first one.")
    stage_id: int | None = Field(description="Of which stage; null, of the whole.")
    said_at: datetime = Field(description="When it was said.")
    said_by_id: int | None = Field(description="By whom.")
    before_at: datetime = Field(description="The date before.")
    now_at: datetime = Field(description="The date said.")
    reason_id: int | None = Field(description="Why.")
    said_days: int = Field(description="Working days asked for.")
    became_days: int | None = Field(description="Working days they became; null, not done yet.")


class NewSlip(Asked):
    """A later internal date."""

    until_on: Day | None = Field(None, description="The day: the end of that working day.")
    until_at: Moment | None = Field(None, description="The moment, instead of a day.")
    stage_id: Id | None = Field(None, description="Of which stage; left out, of the whole.")
    reason_id: Id | None = Field(None, description="A reason given before.")


@door.read(f"{ONE}/reasons", Policy.MEMBER, Page[Reason])
def list_promise_reasons(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List why a promise moved or was missed."""
    return paging.page(row_of(promise_id).reasons.all(), asked, lambda row: row)


@door.add(f"{ONE}/reasons", Policy.MEMBER, Reason)
def give_reason(request: ApiRequest, promise_id: int, body: NewReason) -> models.Reason:
    """Say why a promise moved or was missed."""
    counted_on = body.assumption_id
    return reasons.give(
        row_of(promise_id),
        category=models.Reason.Category(body.category),
        controllable=None
        if body.controllable is None
        else models.Reason.Controllable(body.controllable),
        stated=body.stated,
        assumption=None if counted_on is None else named(Assumption, counted_on, "assumption_id"),
        by=request.member,
        now=request.now,
    )


@door.read(f"{ONE}/slips", Policy.MEMBER, Page[Slip])
def list_promise_slips(
    request: ApiRequest, promise_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List each “one more day” of a promise, and what it became."""
    promise = row_of(promise_id)
    became = {link.slip.pk: link for link in slips.chain(promise)}
    return paging.page(promise.slips.all(), asked, lambda row: _slip(row, became.get(row.pk)))


@door.add(f"{ONE}/slips", Policy.MEMBER, Slip)
def say_slip(request: ApiRequest, promise_id: int, body: NewSlip) -> dict[str, Any]:
    """Say a later internal date; what the client was promised does not change."""
    promise = row_of(promise_id)
    stage, reason = body.stage_id, body.reason_id
    made = slips.say(
        promise,
        until=moments.needed(body.until_at, body.until_on, zone=promise.zone, name="until"),
        stage=None if stage is None else named(Stage, stage, "stage_id"),
        reason=None if reason is None else reason_of(promise, reason),
        by=request.member,
        now=request.now,
    )
    became = {link.slip.pk: link for link in slips.chain(promise)}
    return _slip(made, became[made.pk])


def _slip(row: models.Slip, link: slips.Link | None) -> dict[str, Any]:
    fields = set(Slip.model_fields) - {"said_days", "became_days"}
    return {
        **{name: getattr(row, name) for name in fields},
        "said_days": 0 if link is None else link.said_days,
        "became_days": None if link is None else link.became_days,
    }


def reason_of(promise: models.Promise, key: int) -> models.Reason:
    reason = named(models.Reason, key, "reason_id")
    if reason.promise_id != promise.pk:
        raise refusals.Refused(_("This reason is another promise’s."), field="reason_id")
    return reason

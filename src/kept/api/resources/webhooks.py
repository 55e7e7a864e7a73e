"""Webhooks: programs that are told, signed, what becomes of promises and alarms."""

from datetime import datetime
from typing import Annotated, Any

from ninja import Query
from pydantic import Field, StringConstraints

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Asked, MaybeName, Page, PageAsked, Shown
from kept.last_mile.webhooks import keeping, signing
from kept.last_mile.webhooks import models as rows
from kept.people.access import Policy

door = Door("webhooks", webhook_id=rows.Webhook, delivery_id=rows.WebhookDelivery)

Url = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]
EventName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z_.]+$")]


class Webhook(Shown):
    """An address that is told of events. Its secret was shown when it was made."""

    id: int = Field(description="Its number.")
    url: str = Field(description="Where messages go.")
    name: str = Field(description="What it is called.")
    events: list[str] = Field(description="What it is told of; none means all.")
    made_at: datetime = Field(description="When it was added.")
    rotated_at: datetime | None = Field(
        description="When its secret was changed last; the old one signs too for 24 hours."
    )
    failing_since: datetime | None = Field(description="Since when nothing was taken there.")
    disabled_at: datetime | None = Field(description="When it was switched off; null while on.")
    disabled_why: str = Field(description="Why: failing or gone.")


class SecretWebhook(Webhook):
    """A webhook with its secret."""

    secret: str = Field(description="Check signatures with it (Standard Webhooks). Shown now.")


class NewWebhook(Asked):
    """A webhook to add."""

    url: Url = Field(description="An http or https address on the public internet.")
    name: MaybeName = Field("", description="What it is called.")
    events: list[EventName] = Field(
        [], max_length=30, description="What it is told of, such as alarm or promise.kept; or all."
    )


class WebhookMessage(Shown):
    """One message to a webhook."""

    id: int = Field(description="Its number.")
    message_id: str = Field(description="Its webhook-id: the same however often it is sent.")
    kind: str = Field(description="The event's name.")
    event: int = Field(description="The event's number in the ledger.")
    made_at: datetime = Field(description="When it was written.")
    sent_at: datetime | None = Field(description="When it was taken.")
    failed_at: datetime | None = Field(description="When it was given up.")
    status: int | None = Field(description="What the receiver answered last.")


def _shown(row: rows.Webhook) -> dict[str, Any]:
    return {
        "id": row.pk,
        "url": row.url,
        "name": row.name,
        "events": row.events.split(),
        "made_at": row.made_at,
        "rotated_at": row.rotated_at,
        "failing_since": row.failing_since,
        "disabled_at": row.disabled_at,
        "disabled_why": row.disabled_why,
    }


def _sent(row: rows.WebhookDelivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "message_id": row.message_id,
        "kind": row.kind,
        "event": row.number,
        "made_at": row.made_at,
        "sent_at": row.sent_at,
        "failed_at": row.failed_at,
        "status": row.status,
    }


def _live(webhook_id: int) -> rows.Webhook:
    return rows.Webhook.objects.filter(removed_at__isnull=True).get(pk=webhook_id)


@door.read("/webhooks", Policy.OWNER, Page[Webhook])
def list_webhooks(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List webhooks."""
    return paging.page(rows.Webhook.objects.filter(removed_at__isnull=True), asked, _shown)


@door.add("/webhooks", Policy.OWNER, SecretWebhook, admin=True)
def add_webhook(request: ApiRequest, body: NewWebhook) -> dict[str, Any]:
    """Add a webhook: it is told of what happens from now on."""
    row, secret = keeping.add(body.url, body.events, body.name, by=request.member, now=request.now)
    return {**_shown(row), "secret": secret}


@door.read("/webhooks/{int:webhook_id}", Policy.OWNER, Webhook)
def show_webhook(request: ApiRequest, webhook_id: int) -> dict[str, Any]:
    """Show a webhook, without its secret."""
    return _shown(_live(webhook_id))


@door.add(
    "/webhooks/{int:webhook_id}/rotate", Policy.OWNER, SecretWebhook,
    status=200, reads="", admin=True,
)  # fmt: skip
def rotate_webhook(request: ApiRequest, webhook_id: int) -> dict[str, Any]:
    """Change a webhook's secret; for 24 hours the old one signs beside the new one."""
    row, _secret = keeping.rotate(_live(webhook_id), by=request.member, now=request.now)
    return {**_shown(row), "secret": signing.secret_of(row)}


@door.add(
    "/webhooks/{int:webhook_id}/resume", Policy.OWNER, Webhook, status=200, reads="", admin=True
)
def resume_webhook(request: ApiRequest, webhook_id: int) -> dict[str, Any]:
    """Switch a webhook on again: it is told of what happens from now on."""
    return _shown(keeping.resume(_live(webhook_id), by=request.member, now=request.now))


@door.remove("/webhooks/{int:webhook_id}", Policy.OWNER, admin=True)
def remove_webhook(request: ApiRequest, webhook_id: int) -> None:
    """Remove a webhook: nothing more is sent there."""
    keeping.remove(_live(webhook_id), by=request.member, now=request.now)


@door.read("/webhooks/{int:webhook_id}/deliveries", Policy.OWNER, Page[WebhookMessage])
def list_deliveries(
    request: ApiRequest, webhook_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List the messages of a webhook of the last 30 days, and how each was taken."""
    return paging.page(_live(webhook_id).deliveries.all(), asked, _sent)


@door.add(
    "/webhook-deliveries/{int:delivery_id}/replay", Policy.OWNER, WebhookMessage,
    status=200, reads="", admin=True,
)  # fmt: skip
def replay_delivery(request: ApiRequest, delivery_id: int) -> dict[str, Any]:
    """Send a message again: with the same id and the same words."""
    found = rows.WebhookDelivery.objects.select_related("webhook").get(pk=delivery_id)
    return _sent(keeping.replay(found, by=request.member, now=request.now))

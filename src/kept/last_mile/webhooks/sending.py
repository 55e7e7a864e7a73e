"""Send a webhook's messages; one that fails for days is switched off, and the owners are told."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kept.last_mile import reaching
from kept.last_mile.webhooks import signing, telling
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox import letters, outward, posting, tasks
from kept.outbox.models import Task

log = logging.getLogger(__name__)

_GONE = 410


class NotTaken(Exception):
    """Whoever answers there did not take the message."""


def _undeliverable(task: Task, *, now: datetime) -> None:
    key = task.payload["delivery"]
    WebhookDelivery.objects.filter(pk=key, sent_at__isnull=True).update(failed_at=now)


@tasks.handler(telling.WORK, given_up=_undeliverable)
def send(task: Task, *, now: datetime) -> None:
    """Send one message. Killed before it could say so, it is sent again with the same id.

    Raises:
        GiveUp: the webhook is off, or was removed.
    """
    row = (
        WebhookDelivery.objects.filter(pk=task.payload["delivery"])
        .select_related("webhook")
        .first()
    )
    if row is None or row.sent_at is not None:
        return
    webhook = row.webhook
    if webhook.removed_at is not None:
        raise tasks.GiveUp(_("The webhook was removed."))
    if webhook.disabled_at is not None:
        raise tasks.GiveUp(_("The webhook is switched off."))
    body = row.body.encode()
    try:
        taken = posting.post(
            outward.place_of(webhook.url),
            body,
            {
                "Content-Type": "application/json",
                "User-Agent": "kept",
                **signing.headers(webhook, row.message_id, body, now=now),
            },
        )
    except OSError:
        _failed(webhook, row, None, now=now)
        raise
    if not taken.well:
        _failed(webhook, row, taken.status, now=now)
        raise NotTaken(_said(taken.status))
    with transaction.atomic():
        WebhookDelivery.objects.filter(pk=row.pk).update(
            sent_at=now, status=taken.status, failed_at=None
        )
        Webhook.objects.filter(pk=webhook.pk, failing_since__isnull=False).update(
            failing_since=None
        )


def _said(status: int) -> str:
    if 300 <= status < 400:
        return _("It answered %(status)s and points elsewhere; kept follows no redirect.") % {
            "status": status
        }
    return _("It answered %(status)s.") % {"status": status}


def _failed(webhook: Webhook, row: WebhookDelivery, status: int | None, *, now: datetime) -> None:
    """Note a failure, and switch the webhook off if there were nothing but failures for days."""
    WebhookDelivery.objects.filter(pk=row.pk).update(status=status)
    Webhook.objects.filter(pk=webhook.pk, failing_since__isnull=True).update(failing_since=now)
    if status == _GONE:
        _switch_off(webhook, Webhook.Why.GONE, now=now)
        return
    since = webhook.failing_since
    if since is not None and now - since >= timedelta(days=settings.WEBHOOK_DAYS):
        _switch_off(webhook, Webhook.Why.FAILING, now=now)


def _switch_off(webhook: Webhook, why: Webhook.Why, *, now: datetime) -> None:
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
        if webhook.disabled_at is not None or webhook.removed_at is not None:
            return
        webhook.disabled_at, webhook.disabled_why = now, why
        webhook.save(update_fields=["disabled_at", "disabled_why"])
        recording.record(
            Event.Kind.WEBHOOK_DISABLED,
            about=webhook,
            by=None,
            at=now,
            rows=[webhook],
            facts={"why": str(why)},
        )
        for owner in reaching.owners():
            if owner.email:
                letters.write(
                    to=owner,
                    subject=_("A webhook was switched off"),
                    body=_letter(owner.first_name, webhook, why),
                    about=webhook,
                    by=None,
                    now=now,
                )
    log.warning("webhook %s was switched off: %s", webhook.pk, why)


def _letter(name: str, webhook: Webhook, why: Webhook.Why) -> str:
    called = telling.called(webhook)
    if why == Webhook.Why.GONE:
        happened = _("whoever answers there said that it is gone")
    else:
        happened = _("nothing was taken there for %(days)s days") % {"days": settings.WEBHOOK_DAYS}
    return _(
        "Hello %(name)s,\n\nthe webhook “%(called)s” was switched off: %(happened)s. What happens "
        "from now on is not sent there. Nothing in kept was lost.\n\nMend the receiver, then "
        "switch the webhook on again under Settings, Webhooks; messages that failed can be sent "
        "again there, one by one."
    ) % {"name": name, "called": called, "happened": happened}

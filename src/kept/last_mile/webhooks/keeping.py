"""Add a webhook, change its secret, switch it on again, send a message again, remove it."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kept.last_mile.webhooks import signing, telling
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.outbox import outward
from kept.outbox.models import Task
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, NotFound, Refused

#: So many a house may have.
MOST = 20


class Removed(NotFound):
    """The webhook was removed."""


class IsOn(Conflict):
    """The webhook is on already."""


class IsOff(Conflict):
    """Nothing is sent to a webhook that is switched off."""


class StillWaits(Conflict):
    """The message is still on its way."""


class TooMany(Conflict):
    """A house has so many webhooks at most."""


def live() -> list[Webhook]:
    """Return the webhooks of this house."""
    return list(Webhook.objects.filter(removed_at__isnull=True).order_by("pk"))


def add(
    url: str, events: Iterable[str] = (), name: str = "", *, by: Member, now: datetime
) -> tuple[Webhook, str]:
    """Add a webhook; it is told of what happens from now on.

    Args:
        events: names of events, or groups of them; none means all.

    Returns:
        The webhook, and the secret with which its messages are signed.

    Raises:
        Refused: no address, one that leads where kept does not go, or no such event.
    """
    access.demand(by, Role.OWNER)
    outward.check(url)
    wanted = _events(events)
    name = given.one_line(
        name, called=_("What it is called"), field="name", longest=80, needed=False
    )
    with transaction.atomic():
        head = Head.objects.select_for_update(no_key=True).get(organisation=scope.current())
        if Webhook.objects.filter(removed_at__isnull=True).count() >= MOST:
            raise TooMany(
                _("A house has at most %(most)s webhooks. Remove one first.") % {"most": MOST}
            )
        webhook = Webhook.objects.create(
            url=url.strip(),
            name=name,
            events=" ".join(wanted),
            nonce=secrets.token_hex(32),
            made_at=now,
            made_by=by,
            seen_number=head.number,
        )
        recording.record(
            Event.Kind.WEBHOOK_ADDED,
            about=webhook,
            by=by,
            at=now,
            rows=[webhook],
            facts={"events": list(wanted)},
        )
    return webhook, signing.secret_of(webhook)


def rotate(webhook: Webhook, *, by: Member, now: datetime) -> tuple[Webhook, str]:
    """Change a webhook's secret; for a day both sign, so that no message is refused meanwhile.

    Returns:
        The webhook, and its new secret.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        webhook = _locked(webhook)
        webhook.nonce_before, webhook.nonce = webhook.nonce, secrets.token_hex(32)
        webhook.rotated_at = now
        webhook.save(update_fields=["nonce", "nonce_before", "rotated_at"])
        recording.record(Event.Kind.WEBHOOK_ROTATED, about=webhook, by=by, at=now, rows=[webhook])
    return webhook, signing.secret_of(webhook)


def resume(webhook: Webhook, *, by: Member, now: datetime) -> Webhook:
    """Switch a webhook on again; it is told of what happens from now on.

    Raises:
        IsOn: it is not off.
        Refused: its address leads where kept does not go.
    """
    access.demand(by, Role.OWNER)
    outward.check(webhook.url)
    with transaction.atomic():
        webhook = _locked(webhook)
        if webhook.disabled_at is None:
            raise IsOn(_("This webhook is on. Nothing was changed."))
        newest = Head.objects.filter(organisation=scope.current()).aggregate(Max("number"))
        webhook.disabled_at, webhook.disabled_why, webhook.failing_since = None, "", None
        webhook.seen_number = newest["number__max"] or 0
        webhook.save()
        recording.record(Event.Kind.WEBHOOK_RESUMED, about=webhook, by=by, at=now, rows=[webhook])
    return webhook


def replay(delivery: WebhookDelivery, *, by: Member, now: datetime) -> WebhookDelivery:
    """Send a message again: with the same id and the same words.

    Raises:
        StillWaits: it is on its way.
        IsOff: its webhook is switched off.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        webhook = _locked(delivery.webhook)
        if webhook.disabled_at is not None:
            raise IsOff(_("This webhook is switched off. Switch it on first."), field="webhook")
        ours = Task.objects.filter(kind=telling.WORK, key=str(delivery.pk))
        if ours.filter(state=Task.State.WAITING).exists():
            raise StillWaits(_("This message is on its way. Nothing was changed."))
        WebhookDelivery.objects.filter(pk=delivery.pk).update(sent_at=None, failed_at=None)
        again = ours.update(state=Task.State.WAITING, due_at=now, ended_at=None, attempts=0)
        if not again:
            telling.send(delivery, now=now)
        recording.record(
            Event.Kind.WEBHOOK_REPLAYED,
            about=webhook,
            by=by,
            at=now,
            facts={"message": delivery.message_id},
        )
    delivery.refresh_from_db()
    return delivery


def remove(webhook: Webhook, *, by: Member, now: datetime) -> Webhook:
    """Remove a webhook: nothing more is sent there."""
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        webhook = _locked(webhook)
        webhook.removed_at = now
        webhook.save(update_fields=["removed_at"])
        recording.record(Event.Kind.WEBHOOK_REMOVED, about=webhook, by=by, at=now, rows=[webhook])
    return webhook


def _locked(webhook: Webhook) -> Webhook:
    webhook = Webhook.objects.select_for_update(no_key=True).get(pk=webhook.pk)
    if webhook.removed_at is not None:
        raise Removed(_("This webhook was removed."))
    return webhook


def _events(events: Iterable[str]) -> list[str]:
    wanted = dict.fromkeys(part for one in events for part in one.replace(",", " ").split())
    known = [*telling.GROUPS, *telling.NAMES]
    for one in wanted:
        if one not in known:
            raise Refused(
                _("“%(one)s” is no event. There are: %(known)s.")
                % {"one": one[:40], "known": ", ".join(known)},
                field="events",
            )
    return list(wanted)

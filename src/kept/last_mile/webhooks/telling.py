"""What a webhook is told: which events of the ledger, under which names, and in which words.

Numbers and states alone leave: whoever may know more asks the API with a token.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from kept.last_mile.models import Alarm
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.outbox import outward, tasks
from kept.promises import judging
from kept.promises.models import Promise
from kept.tenancy import scope

#: The outbox's word for this work.
WORK = "webhook"
#: So many events are looked through in one transaction.
AT_ONCE = 500
#: A message is shown, and may be sent again, for so long.
KEPT_FOR = timedelta(days=30)

_NAMES: dict[str, str] = {
    Event.Kind.PROMISE_RECORDED: "promise.made",
    Event.Kind.QUOTE_ACCEPTED: "promise.made",
    Event.Kind.PROMISE_ACTIVATED: "promise.activated",
    Event.Kind.PROPOSAL_AGREED: "promise.moved",
    Event.Kind.PROMISE_PAUSED: "promise.paused",
    Event.Kind.PROMISE_RESUMED: "promise.resumed",
    Event.Kind.PROMISE_DELIVERED: "promise.delivered",
    Event.Kind.DELIVERY_SENT_BACK: "promise.sent_back",
    Event.Kind.PROMISE_RELEASED: "promise.released",
    Event.Kind.PROMISE_REVOKED: "promise.broken",
    Event.Kind.PROMISE_VOIDED: "promise.voided",
    Event.Kind.ALARM_RAISED: "alarm.raised",
    Event.Kind.ALARM_CLIMBED: "alarm.climbed",
    Event.Kind.ALARM_ACKNOWLEDGED: "alarm.acknowledged",
    Event.Kind.ALARM_ANSWERED: "alarm.answered",
    Event.Kind.ALARM_CLOSED: "alarm.closed",
}
_SETTLED = (Event.Kind.DELIVERY_ACCEPTED, Event.Kind.DELIVERY_DEEMED)
_OUTCOMES = ("kept", "late", "short", "sub_standard", "broken")
AT_RISK = "promise.at_risk"

#: Every name there is, in the order in which a promise meets them.
NAMES = tuple(
    dict.fromkeys(
        [
            *[name for name in _NAMES.values() if name.startswith("promise.")],
            *[f"promise.{word}" for word in _OUTCOMES],
            AT_RISK,
            *[name for name in _NAMES.values() if name.startswith("alarm.")],
        ]
    )
)
#: What may be asked for at once.
GROUPS = ("promise", "alarm")


def tell(*, now: datetime) -> int:
    """Write the messages for every event that a webhook of this house was not told of yet.

    Returns:
        How many were written; the outbox sends them.
    """
    written = 0
    head = Head.objects.filter(organisation=scope.current()).aggregate(Max("number"))
    newest = head["number__max"] or 0
    behind = Webhook.objects.filter(
        removed_at__isnull=True, disabled_at__isnull=True, seen_number__lt=newest
    )
    for key in list(behind.values_list("pk", flat=True)):
        written += _tell(key, newest=newest, now=now)
    if written:
        old = WebhookDelivery.objects.filter(made_at__lt=now - KEPT_FOR)
        old.filter(sent_at__isnull=False).delete()
    return written


def wants(webhook: Webhook, name: str) -> bool:
    """Say whether a webhook is told of events with that name."""
    asked = webhook.events.split()
    return not asked or name in asked or name.partition(".")[0] in asked


def called(webhook: Webhook) -> str:
    """Return what people call a webhook: its name, else the machine it leads to."""
    return webhook.name or outward.place_of(webhook.url).named


def _tell(key: int, *, newest: int, now: datetime) -> int:
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update(no_key=True).get(pk=key)
        if webhook.removed_at is not None or webhook.disabled_at is not None:
            return 0
        last = min(newest, webhook.seen_number + AT_ONCE)
        events = Event.objects.filter(
            number__gt=webhook.seen_number, number__lte=last, kind__in=[*_NAMES, *_SETTLED]
        )
        rows = [
            WebhookDelivery(
                webhook=webhook,
                number=event.number,
                kind=name,
                message_id=f"msg_{uuid.uuid4().hex}",
                body=json.dumps(
                    {"type": name, "timestamp": recording.plain(event.at), "data": data},
                    separators=(",", ":"),
                ),
                made_at=now,
            )
            for event in events.order_by("number")
            for name, data in _told(event)
            if wants(webhook, name)
        ]
        for row in rows:
            row.save()
            send(row, now=now)
        Webhook.objects.filter(pk=key).update(seen_number=last)
    return len(rows)


def send(row: WebhookDelivery, *, now: datetime) -> None:
    """Have a message sent, in the transaction that wrote it; each receiver has its own lane."""
    tasks.add(
        WORK,
        key=str(row.pk),
        payload={"delivery": row.pk},
        lane=f"{WORK}:{row.webhook_id}",
        now=now,
    )


def _told(event: Event) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Return the names an event goes by, each with what is said: numbers, states and moments."""
    promise = event.promise_id
    alarm = _alarm(event)
    if alarm is not None:
        promise = alarm["promise"]
    data: dict[str, Any] = {"event": event.number, "promise": _promise(event, promise)}
    if alarm is not None:
        data["alarm"] = alarm
    if event.kind in _SETTLED:
        outcome = data["promise"]["outcome"]
        if outcome in _OUTCOMES:  # else it was voided since, and that event says so
            yield f"promise.{outcome}", data
        return
    yield _NAMES[event.kind], data
    if event.kind == Event.Kind.ALARM_RAISED and alarm is not None and alarm["kind"] == "at_risk":
        yield AT_RISK, data


def _promise(event: Event, key: int | None) -> dict[str, Any] | None:
    if key is None:
        return None
    promise = Promise.objects.get(pk=key)
    image = event.images.get(f"promise:{promise.pk}") or {}
    life = judging.life_of(promise)
    return {
        "id": promise.pk,
        "state": image.get("state", str(promise.state)),
        "due_at": image.get("due_at", recording.plain(promise.due_at)),
        "outcome": judging.by_first_terms(life, now=event.at).word if life.terms else "open",
    }


def _alarm(event: Event) -> dict[str, Any] | None:
    if event.about_table != "alarm":
        return None
    alarm = Alarm.objects.get(pk=event.about_id)
    image = event.images.get(f"alarm:{alarm.pk}") or {}
    said: dict[str, Any] = {
        "id": alarm.pk,
        "kind": str(alarm.kind),
        "state": image.get("state", str(alarm.state)),
        "asked": image.get("asked_id", alarm.asked_id),
        "promise": alarm.promise_id,
    }
    if event.kind == Event.Kind.ALARM_CLIMBED:
        said["rung"] = event.facts.get("name")
        said["late"] = event.facts.get("late")
    return said

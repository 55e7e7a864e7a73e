"""How a message is signed, so that its receiver knows it came from here (Standard Webhooks)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.crypto import salted_hmac

from kept.last_mile.webhooks.models import Webhook

PREFIX = "whsec_"
#: The old secret signs beside the new one for so long.
SIDE_BY_SIDE = timedelta(hours=24)


def secret_of(webhook: Webhook) -> str:
    """Return a webhook's secret, as its receiver is given it."""
    return PREFIX + base64.b64encode(_key(webhook.nonce)).decode()


def headers(webhook: Webhook, message_id: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """Return the three lines that sign a message as it leaves now."""
    moment = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(
            _signature(_key(nonce), message_id, moment, body) for nonce in _nonces(webhook, now)
        ),
    }


def runs_out_at(webhook: Webhook) -> datetime | None:
    """Return until when the old secret signs too; None if there is none."""
    return None if webhook.rotated_at is None else webhook.rotated_at + SIDE_BY_SIDE


def _nonces(webhook: Webhook, now: datetime) -> Iterable[str]:
    yield webhook.nonce
    until = runs_out_at(webhook)
    if webhook.nonce_before and until is not None and now < until:
        yield webhook.nonce_before


def _signature(key: bytes, message_id: str, moment: str, body: bytes) -> str:
    signed = f"{message_id}.{moment}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _key(nonce: str) -> bytes:
    return salted_hmac("kept.last_mile.webhooks", nonce, algorithm="sha256").digest()

"""One message to one person: carried by the outbox, through the first channel that reaches them.

Its link opens the page where they answer. The token has 256 bits; only its
hash is kept, and it is made anew from the notice's nonce when a message leaves.
"""

import base64
import hashlib
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kept.last_mile import channels, ladders, reaching, wording
from kept.last_mile.models import Alarm, Notice
from kept.outbox import letters, tasks
from kept.outbox.models import Task
from kept.people import charters
from kept.tenancy import scope


def post(notice: Notice, *, now: datetime) -> None:
    """Have a notice carried once its moment has come; in the transaction that wrote it."""
    tasks.add(
        "notice",
        key=str(notice.pk),
        payload={"notice": notice.pk},
        now=now,
        due_at=notice.due_at,
    )


def _undeliverable(task: Task, *, now: datetime) -> None:
    Notice.objects.filter(pk=task.payload["notice"], sent_at__isnull=True).update(failed_at=now)


@tasks.handler("notice", given_up=_undeliverable)
def carry(task: Task, *, now: datetime) -> None:
    """Send one notice, unless somebody said meanwhile that they know.

    Raises:
        GiveUp: no channel reaches the person.
    """
    notice = Notice.objects.select_related("alarm", "member").get(pk=task.payload["notice"])
    if notice.sent_at is not None or notice.dropped_at is not None:
        return
    if notice.alarm.state != Alarm.State.RAISED:
        Notice.objects.filter(pk=notice.pk, sent_at__isnull=True).update(dropped_at=now)
        return
    who = charters.reachable(notice.member)
    rung = ladders.rung_of(notice.alarm, notice.rung)
    moment = reaching.first_moment(
        who, at=now, any_hour=rung is not None and rung.any_hour, but=notice
    )
    if moment is None:
        raise tasks.GiveUp(_("They took back their consent to be chased."))
    if moment > now:  # it stood in line until quiet hours began, or the charter changed
        with transaction.atomic():
            key = f"{notice.pk}:{moment.isoformat()}"
            tasks.add("notice", key=key, payload=task.payload, now=now, due_at=moment)
        return
    for way in who.ways:
        channel = channels.named(way.kind)
        if channel is None or not channel.reaches(notice.member, way.address):
            continue
        within: AbstractContextManager[object] = (
            transaction.atomic() if channel.in_house else nullcontext()
        )
        with within:
            message = wording.message(notice, now=now)
            letter = channel.send(message, to=notice.member, address=way.address, now=now)
            Notice.objects.filter(pk=notice.pk, sent_at__isnull=True).update(
                sent_at=now, channel=way.kind, letter=letter, failed_at=None
            )
        return
    raise tasks.GiveUp(_("There is no way to reach them."))


def find(token: str, *, now: datetime) -> Notice | None:
    """Return the notice whose link carries this token, of any house; None if there is none."""
    notice = (
        Notice.everywhere.filter(token_hash=_hash(token)).select_related("organisation").first()
    )
    if notice is None or notice.written_at + timedelta(days=settings.LINK_DAYS) < now:
        return None
    with scope.acting_in(notice.organisation):
        notice = (
            Notice.objects.select_related(
                "organisation",
                "member",
                "alarm__asked",
                "alarm__promise__job",
                "alarm__promise__client",
                "alarm__promise__last_mile_owner",
                "alarm__stage",
            )
        ).get(pk=notice.pk)
        return None if notice.member.left_at is not None else notice


letters.left_by("notice", "/settings/charter")


@letters.addresses("notice")
def address_of(key: int) -> str:
    """Return the address of the page where a notice is answered."""
    notice = Notice.objects.get(pk=key)
    base = settings.PUBLIC_URL or "http://localhost:8000"
    return f"{base}/a/{token_of(notice)}/"


def token_of(notice: Notice) -> str:
    """Return a notice's token, which stands in no row."""
    return _token(notice.nonce)


def hash_of(nonce: str) -> str:
    """Return what is kept of the token that a nonce makes."""
    return _hash(_token(nonce))


def _token(nonce: str) -> str:
    digest = salted_hmac("kept.last_mile.notices", nonce, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()

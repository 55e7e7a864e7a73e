"""A notice's link: it opens the page where they answer. The token has 256 bits; only its
hash is kept, and it is made anew from the notice's nonce when a message leaves.
"""

import base64
import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.crypto import salted_hmac

from kept.last_mile.models import Envelope, Notice
from kept.outbox import letters
from kept.tenancy import scope


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
letters.left_by("envelope", "/settings/charter")


@letters.addresses("notice")
def address_of(key: int) -> str:
    """Return the address of the page where a notice is answered."""
    return page_of(Notice.objects.get(pk=key))


@letters.addresses("envelope")
def board_of(_envelope: int) -> str:
    """Return the address of the board, to which a morning digest leads."""
    return f"{_base()}/last-mile"


def page_of(notice: Notice | Envelope) -> str:
    """Return the address that stands for `{link}` in a message."""
    if isinstance(notice, Envelope):
        return board_of(notice.pk)
    return f"{_base()}/a/{token_of(notice)}/"


def _base() -> str:
    return settings.PUBLIC_URL or "http://localhost:8000"


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

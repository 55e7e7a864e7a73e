"""Clients' links: a contact's way in without an account.

The token has 256 bits. Only its hash is kept; the token itself is made anew
from the link's nonce and kept's secret key whenever a letter is sent, so that
whoever reads the database, or a backup of it, cannot use anybody's link.
"""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from kept.clients.models import ClientLink, Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox import letters, tasks
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import scope
from kept.tenancy.refusals import Conflict

USE_IS_NOTED_EVERY = timedelta(minutes=1)


class ContactIsArchived(Conflict):
    """Nobody writes to this contact any more."""


def live_for(contact: Contact, *, by: Member | None, now: datetime) -> ClientLink:
    """Return the contact's one live link, good for another `KEPT_LINK_DAYS`; make it if need be.

    Raises:
        ContactIsArchived: the contact was archived; no link was made.
    """
    if by is not None:
        access.demand(by, Role.MEMBER)
    lasts = timedelta(days=settings.LINK_DAYS)
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        if contact.archived_at is not None:
            raise ContactIsArchived(
                _("%(name)s is archived, so no link was made. Bring the contact back first.")
                % {"name": contact.name},
                field="contact",
            )
        link = ClientLink.objects.filter(contact=contact, revoked_at__isnull=True).first()
        if link is not None and _works(link, now):
            # A day's grace, so that each letter of a busy day is not an event of its own.
            if link.expires_at < now + lasts - timedelta(days=1):
                link.expires_at = now + lasts
                link.save(update_fields=["expires_at"])
                _record(Event.Kind.LINK_MADE, link, by=by, now=now)
            return link
        if link is not None:
            _end(link, by=by, now=now)
        nonce = secrets.token_hex(32)
        link = ClientLink.objects.create(
            contact=contact,
            nonce=nonce,
            token_hash=hash_of(_token(nonce)),
            made_at=now,
            expires_at=now + lasts,
        )
        _record(Event.Kind.LINK_MADE, link, by=by, now=now)
    return link


def find(token: str, *, now: datetime) -> ClientLink | None:
    """Return the live link with that token, of any house; None if it is revoked, old or unknown."""
    link = (
        ClientLink.everywhere.filter(token_hash=hash_of(token), revoked_at__isnull=True)
        .filter(expires_at__gt=now)
        .select_related("organisation")
        .first()
    )
    if link is None:
        return None
    with scope.acting_in(link.organisation):
        link.contact = Contact.objects.select_related("client").get(pk=link.contact_id)
    return None if link.contact.archived_at is not None else link


def note_use(link: ClientLink, *, now: datetime) -> None:
    """Note that the client did something by the link, once a minute, without an event.

    Looking is not noted: programs that scan mail look at links too.
    """
    if link.last_used_at is None or now - link.last_used_at >= USE_IS_NOTED_EVERY:
        link.last_used_at = now
        ClientLink.objects.filter(pk=link.pk).update(last_used_at=now)


def revoke(contact: Contact, *, by: Member, now: datetime) -> ClientLink | None:
    """End a contact's link; the next request with it is refused. None if there was none."""
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        link = ClientLink.objects.filter(contact=contact, revoked_at__isnull=True).first()
        if link is not None:
            _end(link, by=by, now=now)
    return link


def token_of(link: ClientLink) -> str:
    """Return a link's token, which stands in no row."""
    return _token(link.nonce)


@letters.addresses("clientlink")
def address_of(key: int) -> str:
    """Return the address of the page that a link opens.

    Raises:
        GiveUp: the link was ended, so no letter carries it any more.
    """
    link = ClientLink.objects.get(pk=key)
    if link.revoked_at is not None:
        raise tasks.GiveUp(_("The link was ended before the letter could be sent."))
    base = settings.PUBLIC_URL or "http://localhost:8000"
    return f"{base}/p/{token_of(link)}/"


def hash_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256 in hexadecimal."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _works(link: ClientLink, now: datetime) -> bool:
    """Say whether a link opens: not old, and made with the secret key that kept has now."""
    return link.expires_at > now and hash_of(token_of(link)) == link.token_hash


def _token(nonce: str) -> str:
    digest = salted_hmac("kept.clients.links", nonce, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _end(link: ClientLink, *, by: Member | None, now: datetime) -> None:
    link.revoked_at = now
    link.save(update_fields=["revoked_at"])
    _record(Event.Kind.LINK_REVOKED, link, by=by, now=now)


def _record(kind: Event.Kind, link: ClientLink, *, by: Member | None, now: datetime) -> None:
    recording.record(kind, about=link.contact, by=by, at=now, rows=[link])

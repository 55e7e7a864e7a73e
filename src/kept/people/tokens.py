"""Tokens: keys with which scripts act as a member, within scopes. Only hashes are kept."""

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.utils.translation import gettext as _

from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import ApiToken, Member, Role
from kept.tenancy import given, scope, trouble
from kept.tenancy.refusals import Refused

PREFIX = "kept_"
USE_IS_NOTED_EVERY = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may be used for, within what its member may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


def make(
    member: Member,
    scopes: Collection[str],
    name: str = "",
    *,
    by: Member,
    now: datetime,
) -> tuple[ApiToken, str]:
    """Make a token for a member.

    Returns:
        The token, and its secret, which is shown once and not kept.

    Raises:
        Refused: no scope, one there is not, or a name that cannot be.
        NotAllowed: it is for somebody else, and `by` is no owner.
    """
    access.demand(by, Role.GUEST if by.pk == member.pk else Role.OWNER)
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        member=member,
        name=given.one_line(
            name, called=_("What the token is for"), field="name", longest=80, needed=False
        ),
        token_hash=hash_of(secret),
        scopes=" ".join(_scopes(scopes)),
        made_at=now,
    )
    with transaction.atomic():
        token.save()
        recording.record(Event.Kind.TOKEN_MADE, about=token, by=by, at=now, rows=[token])
    return token, secret


def find(secret: str, now: datetime) -> ApiToken | None:
    """Return the live token with that secret, its member and organisation at hand, or None.

    That it was used is noted once a minute, without an event; not while a file comes in, so that
    readers need not wait for it.
    """
    token = (
        ApiToken.everywhere.filter(token_hash=hash_of(secret), revoked_at__isnull=True)
        .select_related("organisation")
        .first()
    )
    if token is None:
        return None
    with scope.acting_in(token.organisation):
        if token.member.left_at is not None:
            return None
        if token.last_used_at is None or now - token.last_used_at >= USE_IS_NOTED_EVERY:
            token.last_used_at = now
            with trouble.not_worth_a_wait():
                ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def revoke(token: ApiToken, *, by: Member, now: datetime) -> ApiToken:
    """End a token; the next request with it is refused.

    Raises:
        NotAllowed: it is somebody else's, and `by` is no owner.
    """
    access.demand(by, Role.GUEST if by.pk == token.member_id else Role.OWNER)
    with transaction.atomic():
        token = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
        if token.revoked_at is None:
            token.revoked_at = now
            token.save(update_fields=["revoked_at"])
            recording.record(Event.Kind.TOKEN_REVOKED, about=token, by=by, at=now, rows=[token])
    return token


def scopes_of(token: ApiToken) -> frozenset[str]:
    """Return a token's scopes."""
    return frozenset(token.scopes.split())


def hash_of(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _scopes(scopes: Iterable[str]) -> list[str]:
    wanted = dict.fromkeys(part for scope in scopes for part in scope.replace(",", " ").split())
    known = [str(scope) for scope in Scope]
    for scope_name in wanted:
        if scope_name not in known:
            raise Refused(
                _("“%(scope)s” is no scope. There are: %(known)s.")
                % {"scope": scope_name[:40], "known": ", ".join(known)},
                field="scopes",
            )
    if not wanted:
        raise Refused(
            _("Say what the token may be used for: %(known)s.") % {"known": ", ".join(known)},
            field="scopes",
        )
    return list(wanted)

"""Invitations: a link that somebody passes on, by which a person gets their log-in.

The link carries a secret of 256 bits; only its hash is kept. It works once,
for two weeks, and ends when another is made.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, logins
from kept.people.models import Invitation, Login, Member, Role
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, NotFound

LASTS = timedelta(days=14)


class HasLogin(Conflict):
    """The person has a log-in, and needs no invitation."""


class AlreadyJoined(Conflict):
    """This log-in belongs to somebody of the house already."""


class NotOpen(Conflict):
    """The invitation lets nobody in any more, so it cannot be ended."""


class NoSuchInvitation(NotFound):
    """The link was used, revoked, has expired, or never was."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This invitation does not work any more: it was used, replaced, or is older than "
                "two weeks. Ask for a new one."
            )
        )


def invite(member: Member, *, by: Member, now: datetime) -> tuple[Invitation, str]:
    """Make a link by which a person of the house gets a log-in; earlier links end.

    Returns:
        The invitation, and its secret, which is shown once and not kept.

    Raises:
        HasLogin: the person needs none.
        NotAllowed: `by` is no owner.
    """
    access.demand(by, Role.OWNER)
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        if member.login_id is not None:
            raise HasLogin(_("%(name)s has a log-in already.") % {"name": member.name})
        if member.left_at is not None:
            raise HasLogin(_("%(name)s has left.") % {"name": member.name})
        ended = list(
            Invitation.objects.filter(member=member, used_at__isnull=True, revoked_at__isnull=True)
        )
        for row in ended:
            row.revoked_at = now
            row.save(update_fields=["revoked_at"])
        invitation = Invitation.objects.create(
            member=member, token_hash=hash_of(secret), expires_at=now + LASTS
        )
        recording.record(
            Event.Kind.MEMBER_INVITED, about=member, by=by, at=now, rows=[*ended, invitation]
        )
    return invitation, secret


def revoke(invitation: Invitation, *, by: Member, now: datetime) -> Invitation:
    """End a link that was not used.

    Raises:
        NotOpen: it was used, or ended before.
        NotAllowed: `by` is no owner.
    """
    access.demand(by, Role.OWNER)
    with transaction.atomic():
        changed = Invitation.objects.filter(
            pk=invitation.pk, used_at__isnull=True, revoked_at__isnull=True
        ).update(revoked_at=now)
        invitation.refresh_from_db()
        if not changed:
            raise NotOpen(
                _("This invitation was used already.")
                if invitation.used_at
                else _("This invitation was ended before.")
            )
        recording.record(
            Event.Kind.INVITATION_REVOKED,
            about=invitation.member,
            by=by,
            at=now,
            rows=[invitation],
        )
    return invitation


def find(secret: str, *, now: datetime) -> Invitation:
    """Return the live invitation with that secret, its member and organisation at hand.

    Raises:
        NoSuchInvitation: there is none.
    """
    found = (
        Invitation.everywhere.filter(token_hash=hash_of(secret), expires_at__gt=now)
        .filter(used_at__isnull=True, revoked_at__isnull=True)
        .select_related("organisation")
        .first()
    )
    if found is None:
        raise NoSuchInvitation
    with scope.acting_in(found.organisation):
        if found.member.left_at is not None or found.member.login_id is not None:
            raise NoSuchInvitation
    return found


def accept(
    secret: str,
    *,
    now: datetime,
    login: Login | None = None,
    name: str = "",
    email: str = "",
    password: str = "",
) -> Member:
    """Join the house that the invitation is for.

    Args:
        login: somebody who has a log-in already joins with it; else one is
            made of `email` and `password`.
        name: the person's name as they write it; empty leaves it.

    Raises:
        NoSuchInvitation: the link does not work.
        AlreadyJoined: the log-in belongs to somebody of that house.
        Refused: a name, address or password that cannot be.
        AddressHasLogin: the address has a log-in, which must be used.
    """
    invitation = find(secret, now=now)
    with scope.acting_in(invitation.organisation), transaction.atomic():
        claimed = Invitation.objects.filter(
            pk=invitation.pk, used_at__isnull=True, revoked_at__isnull=True
        ).update(used_at=now)
        if not claimed:
            raise NoSuchInvitation
        invitation.used_at = now
        member = Member.objects.select_for_update(no_key=True).get(pk=invitation.member_id)
        if name:
            member.name = given.one_line(name, called=_("Your name"), field="name", longest=120)
        if login is None:
            login = logins.make(email=email or member.email, password=password)
        member.login = login
        member.email = login.email
        joined = AlreadyJoined(
            _("%(email)s belongs to somebody of %(house)s already.")
            % {"email": login.email, "house": invitation.organisation.name},
            field="email",
        )
        others = Member.objects.exclude(pk=member.pk)
        if others.filter(login=login).exists() or others.filter(email=login.email).exists():
            raise joined
        with given.constrained(joined):
            member.save()
        recording.record(
            Event.Kind.MEMBER_JOINED, about=member, by=member, at=now, rows=[member, invitation]
        )
    return member


def hash_of(secret: str) -> str:
    """Return what is kept of a link's secret: its SHA-256 in hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()

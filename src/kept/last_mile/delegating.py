"""Who may chase for a promise: its last-mile owner, or whoever they named; else a ladder's rule."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from kept.last_mile.models import Delegate
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy.pointing import AtHand
from kept.tenancy.refusals import Conflict, NotAllowed, Refused


class NamedAlready(Conflict):
    """They may chase in that place already."""


class NotYours(NotAllowed):
    """Somebody else sees this promise over the line."""


def name(member: Member, *, by: Member, now: datetime, promise: Promise | None = None) -> Delegate:
    """Let somebody chase in one's place: for one promise, or for all that one sees over the line.

    Raises:
        NotYours: somebody else is the promise's last-mile owner.
        NamedAlready: they may already.
        Refused: they cannot: a guest, somebody who left, or oneself.
    """
    access.demand(by, Role.MEMBER)
    if promise is not None and promise.last_mile_owner_id != by.pk:
        raise NotYours(_("You are not the last-mile owner of this promise."))
    if member.pk == by.pk or not member.may(Role.MEMBER):
        raise Refused(
            _("%(name)s cannot chase in your place.") % {"name": member.name}, field="member"
        )
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=by.pk)
        if _live().filter(owner=by, member=member, promise=promise).exists():
            raise NamedAlready(
                _("%(name)s may already. Nothing was changed.") % {"name": member.name}
            )
        row = Delegate.objects.create(
            owner=by, member=member, promise=promise, named_at=now, named_by=by
        )
        recording.record(Event.Kind.DELEGATE_NAMED, about=row, by=by, at=now, rows=[row])
    return row


def end(delegate: Delegate, *, by: Member, now: datetime) -> Delegate:
    """Take it back, or give it back.

    Raises:
        NotYours: it is between two others, and `by` does not lead.
        NamedAlready: it ended before.
    """
    access.demand(by, Role.MEMBER)
    if by.pk not in (delegate.owner_id, delegate.member_id) and not by.may(Role.LEAD):
        raise NotYours(_("This is between two others."))
    with transaction.atomic():
        if not _live().filter(pk=delegate.pk).update(ended_at=now):
            raise NamedAlready(_("This ended before. Nothing was changed."))
        delegate.refresh_from_db()
        recording.record(Event.Kind.DELEGATE_ENDED, about=delegate, by=by, at=now, rows=[delegate])
    return delegate


def around(member: Member) -> tuple[list[Delegate], list[Delegate]]:
    """Return who may chase in somebody's place, and in whose place they may."""
    rows = list(_live().filter(Q(owner=member) | Q(member=member)).order_by("pk"))
    at_hand = AtHand(member)
    at_hand.follow((rows, ("owner", "member", "promise")))
    promises = [row.promise for row in rows if row.promise is not None]
    at_hand.follow((promises, ("job", "client")))
    return (
        [row for row in rows if row.owner_id == member.pk],
        [row for row in rows if row.member_id == member.pk],
    )


def may_chase(promise: Promise, member: Member) -> bool:
    """Say whether somebody may chase for a promise; a lead may where it has no last-mile owner."""
    if not member.may(Role.MEMBER):
        return False
    if promise.last_mile_owner_id == member.pk:
        return True
    if promise.last_mile_owner_id is None:
        return member.may(Role.LEAD)
    return (
        _live()
        .filter(Q(promise=promise) | Q(promise__isnull=True))
        .filter(owner=promise.last_mile_owner_id, member=member)
        .exists()
    )


def _live() -> models.QuerySet[Delegate]:
    return Delegate.objects.filter(ended_at__isnull=True)

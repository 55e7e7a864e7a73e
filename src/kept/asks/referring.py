"""Who sent us whom; and whether a prospect became a client."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept import zones
from kept.asks.models import Referral
from kept.clients.models import Client, Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy import given, refusals


class ReferredAlready(refusals.Conflict):
    """Somebody else sent them."""


def record(
    *,
    referrer: Client,
    client: Client,
    by: Member,
    now: datetime,
    contact: Contact | None = None,
    because_of: Promise | None = None,
    words: str = "",
    told_on: date | None = None,
) -> Referral:
    """Write down who sent us a client.

    Args:
        because_of: the promise they spoke of.

    Raises:
        Refused: nobody refers themselves, by way of others neither; a day that lies ahead.
        ReferredAlready: it is written down that somebody sent them.
    """
    access.demand(by, Role.MEMBER)
    if referrer == client:
        raise refusals.Refused(
            _("Nobody refers themselves. Say who told them of you."), field="referrer"
        )
    if contact is not None and contact.client_id != referrer.pk:
        raise refusals.Refused(
            _("%(name)s is not somebody there. Nothing was saved.") % {"name": contact.name},
            field="contact",
        )
    today = zones.day_of(now, client.zone)
    told_on = given.day(told_on or today, called=_("The day"), field="told_on")
    if told_on > today:
        raise refusals.Refused(_("That day lies ahead."), field="told_on")
    already = ReferredAlready(
        _("It is written down who sent %(client)s. Nothing was saved.") % {"client": client.name},
        field="client",
    )
    referral = Referral(
        referrer=referrer,
        referrer_contact=contact,
        client=client,
        because_of=because_of,
        words=given.one_line(
            words, called=_("What they said"), field="words", longest=300, needed=False
        ),
        told_on=told_on,
        recorded_at=now,
        recorded_by=by,
        became_client_at=now if client.standing == Client.Standing.CLIENT else None,
    )
    with transaction.atomic():
        both = Client.objects.select_for_update(no_key=True).filter(pk__in=[referrer.pk, client.pk])
        list(both.order_by("pk"))
        _refuse_a_circle(referrer, client)
        with given.constrained(already):
            referral.save()
        recording.record(
            Event.Kind.REFERRAL_RECORDED, about=referral, by=by, at=now, rows=[referral]
        )
    return referral


def _refuse_a_circle(referrer: Client, client: Client) -> None:
    """Refuse whoever was sent, by way of however many, by the one they are said to have sent."""
    key: int | None = referrer.pk
    seen: set[int] = set()
    while key is not None and key not in seen:
        seen.add(key)
        key = Referral.objects.filter(client_id=key).values_list("referrer_id", flat=True).first()
        if key == client.pk:
            raise refusals.Refused(
                _(
                    "%(referrer)s came to you by way of %(client)s, so it was not them who sent "
                    "%(client)s. Nothing was saved."
                )
                % {"client": client.name, "referrer": referrer.name},
                field="referrer",
            )


def follow(*, now: datetime) -> int:
    """Note which referred prospects have become clients since; return how many."""
    won = Referral.objects.filter(
        became_client_at__isnull=True, client__standing=Client.Standing.CLIENT
    )
    count = 0
    for referral in won:
        with transaction.atomic():
            changed = Referral.objects.filter(pk=referral.pk, became_client_at__isnull=True).update(
                became_client_at=now
            )
            if changed:
                referral.refresh_from_db()
                recording.record(
                    Event.Kind.REFERRAL_BECAME_CLIENT,
                    about=referral,
                    by=None,
                    at=now,
                    rows=[referral],
                )
                count += changed
    return count

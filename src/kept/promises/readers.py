"""Who at the client reads a promise by link, and whose word counts there."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept.clients.models import Client, Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import states
from kept.promises.models import Promise
from kept.tenancy import refusals


def name(promise: Promise, contact: Contact | None, *, by: Member, now: datetime) -> Promise:
    """Name who reads a promise by link from now on, or that nobody does.

    Whoever read it before does no more; nobody is written to. A notice that was
    given stays given.

    Raises:
        Refused: the contact is another client's, or archived.
        MoveNotAllowed: it was voided.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        promise = states.locked(promise)
        if promise.state == Promise.State.VOIDED:
            raise states.MoveNotAllowed(
                _("This promise was recorded by mistake, so nobody reads it. Nothing was changed.")
            )
        demand_there(promise.client, contact)
        if promise.contact_id == (None if contact is None else contact.pk):
            return promise
        promise.contact = contact
        promise.save(update_fields=["contact"])
        recording.record(
            Event.Kind.PROMISE_CHANGED,
            about=promise,
            by=by,
            at=now,
            rows=[promise],
            promise=promise,
            facts={"contact": None if contact is None else contact.pk},
        )
    return promise


def demand_there(client: Client, contact: Contact | None) -> None:
    """Pass if a contact can read what a client is promised, or there is none.

    Raises:
        Refused: the contact is another client's, or archived.
    """
    if contact is None:
        return
    if contact.client_id != client.pk:
        raise refusals.Refused(
            _("%(name)s is not somebody at %(client)s. Nothing was changed.")
            % {"name": contact.name, "client": client.name},
            field="contact_id",
        )
    if contact.archived_at is not None:
        raise refusals.Refused(
            _("%(name)s is archived. Bring the contact back first, or name somebody else.")
            % {"name": contact.name},
            field="contact_id",
        )

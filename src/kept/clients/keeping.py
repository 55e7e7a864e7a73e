"""Keep the list of who is promised to, and of the people there."""

import re
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.utils.translation import gettext as _

from kept.clients import languages
from kept.clients.models import Client, Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, Refused


class NameIsTaken(Conflict):
    """There is a client of that name."""


class ClientChanges(TypedDict, total=False):
    """What can be changed of a client."""

    name: str
    standing: Client.Standing
    zone: str
    language: str
    note: str
    archived: bool


class ContactChanges(TypedDict, total=False):
    """What can be changed of a contact."""

    name: str
    email: str
    language: str
    archived: bool


def add_client(
    *,
    name: str,
    zone: str | None = None,
    prospect: bool = False,
    language: str = "",
    note: str = "",
    by: Member,
    now: datetime,
) -> Client:
    """Add somebody to promise to; their zone is the house's unless given.

    Raises:
        Refused: a name or zone that cannot be.
        NameIsTaken: there is a client of that name.
    """
    access.demand(by, Role.MEMBER)
    client = Client(
        name=_name(name),
        standing=Client.Standing.PROSPECT if prospect else Client.Standing.CLIENT,
        zone=given.zone(scope.current().zone if zone is None else zone),
        language=languages.checked(language),
        note=_note(note),
    )
    with transaction.atomic():
        _save(client)
        recording.record(Event.Kind.CLIENT_ADDED, about=client, by=by, at=now, rows=[client])
    return client


def change_client(
    client: Client, *, by: Member, now: datetime, **changes: Unpack[ClientChanges]
) -> Client:
    """Change what is known of a client; what is not named stays. An archived one is not offered.

    Raises:
        Refused: a value that cannot be.
        NameIsTaken: there is another client of that name.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        client = Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        before = recording.image_of(client), client.name, client.note
        if "name" in changes:
            client.name = _name(changes["name"])
        if "standing" in changes:
            client.standing = Client.Standing(changes["standing"])
        if "zone" in changes:
            client.zone = given.zone(changes["zone"])
        if "language" in changes:
            client.language = languages.checked(changes["language"])
        if "note" in changes:
            client.note = _note(changes["note"])
        if "archived" in changes:
            client.archived_at = (client.archived_at or now) if changes["archived"] else None
        if (recording.image_of(client), client.name, client.note) == before:
            return client
        _save(client)
        recording.record(Event.Kind.CLIENT_CHANGED, about=client, by=by, at=now, rows=[client])
    return client


def find_or_add(name: str, *, by: Member, now: datetime, prospect: bool = True) -> Client:
    """Return the client of that name, whatever the case of its letters; add one if there is none.

    Raises:
        Refused: the name cannot be.
    """
    with transaction.atomic():
        client = find(name)
        if client is None:
            return add_client(name=name, prospect=prospect, by=by, now=now)
        if client.archived_at is not None:
            return change_client(client, archived=False, by=by, now=now)
        return client


def find(name: str) -> Client | None:
    """Return the client of that name, whatever the case of its letters."""
    return given.named(Client.objects.all(), _name(name))


def add_contact(
    client: Client,
    *,
    name: str,
    email: str = "",
    language: str = "",
    by: Member,
    now: datetime,
) -> Contact:
    """Add a person at a client.

    Raises:
        Refused: a name or address that cannot be.
    """
    access.demand(by, Role.MEMBER)
    contact = Contact(
        client=client,
        name=_contact_name(name),
        email=given.address(email),
        language=languages.checked(language),
    )
    with transaction.atomic():
        contact.save()
        recording.record(Event.Kind.CONTACT_ADDED, about=contact, by=by, at=now, rows=[contact])
    return contact


def change_contact(
    contact: Contact, *, by: Member, now: datetime, **changes: Unpack[ContactChanges]
) -> Contact:
    """Change what is known of a person at a client; what is not named stays."""
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        contact = Contact.objects.select_for_update(no_key=True).get(pk=contact.pk)
        if "name" in changes:
            contact.name = _contact_name(changes["name"])
        if "email" in changes:
            contact.email = given.address(changes["email"])
        if "language" in changes:
            contact.language = languages.checked(changes["language"])
        if "archived" in changes:
            contact.archived_at = (contact.archived_at or now) if changes["archived"] else None
        contact.save()
        recording.record(Event.Kind.CONTACT_CHANGED, about=contact, by=by, at=now, rows=[contact])
    return contact


def find_or_add_contact(client: Client, said: str, *, by: Member, now: datetime) -> Contact:
    """Return the person at a client whom somebody means; somebody new is added.

    Args:
        said: an address, a name, or both, as in “Sara Nunes <sara@example.com>”; only somebody
            said with both is added.

    Raises:
        Refused: nobody there is called so, or several are. Whoever was archived is not there.
    """
    name, email = _who(said)
    with transaction.atomic():
        if name and email and not _people_called(client, name, email):
            return add_contact(client, name=name, email=email, by=by, now=now)
        return find_contact(client, said)


def find_contact(client: Client, said: str) -> Contact:
    """Return the person at a client whom somebody means, by address or name.

    Raises:
        Refused: as `find_or_add_contact`.
    """
    name, email = _who(said)
    found = _people_called(client, name, email)
    if len(found) == 1:
        return found[0]
    named = {"client": client.name, "said": said.strip()[:120]}
    if found:
        told = _("Several people at %(client)s fit “%(said)s”. Say the address.")
    else:
        told = _(
            "Nobody at %(client)s fits “%(said)s”. Say name and address of somebody new, as in "
            "Sara Nunes <sara@example.com>."
        )
    raise Refused(told % named + " " + _("Nothing was saved."), field="contact")


_WHO = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")


def _who(said: str) -> tuple[str, str]:
    """Return the name and the address of whom somebody means; either may be empty."""
    parts = _WHO.fullmatch(said.strip())
    name = said.strip() if parts is None else parts["name"].strip()
    email = "" if parts is None else parts["email"]
    if "@" in name and not email:
        name, email = "", name
    return name, given.address(email, field="contact")


def _people_called(client: Client, name: str, email: str) -> list[Contact]:
    people = list(client.contacts.filter(archived_at__isnull=True).order_by("pk"))
    if email:
        return [one for one in people if one.email.casefold() == email.casefold()][:1]
    wanted = name.casefold()
    whole = [one for one in people if one.name.casefold() == wanted]
    return whole or [one for one in people if one.name.casefold().split()[:1] == [wanted]]


def _save(client: Client) -> None:
    taken = NameIsTaken(
        _("There is a client called “%(name)s” already. Nothing was saved.")
        % {"name": client.name},
        field="name",
    )
    same = given.named(Client.objects.exclude(pk=client.pk), client.name)
    if same is not None:
        raise taken
    with given.constrained(taken):
        client.save()


def _name(name: str) -> str:
    return given.one_line(name, called=_("The client’s name"), field="name", longest=160)


def _contact_name(name: str) -> str:
    return given.one_line(name, called=_("The contact’s name"), field="name", longest=120)


def _note(note: str) -> str:
    return given.paragraphs(note, called=_("The note"), field="note", longest=5000)

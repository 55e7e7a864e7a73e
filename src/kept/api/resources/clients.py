"""Clients, and the people at them."""

from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Changes,
    Email,
    Id,
    LongName,
    MaybeName,
    Name,
    Page,
    PageAsked,
    Prose,
    Shown,
    Zone,
    unsaid,
)
from kept.clients import keeping, links, models
from kept.people.access import Policy
from kept.tenancy import refusals

door = Door("clients", client_id=models.Client, contact_id=models.Contact)


class Client(Shown):
    """Who is promised to."""

    id: int = Field(description="Its number.")
    name: str = Field(description="Its name; no two clients of a house share one.")
    standing: Literal["prospect", "client"] = Field(
        description="A prospect has not bought yet; a promise to one counts all the same."
    )
    zone: str = Field(description="The time zone in which its days end.")
    language: str = Field(description="What you write to them in; empty, as your house does.")
    note: str = Field(description="What your house wants to remember.")
    archived_at: datetime | None = Field(description="When it was put away; null while in use.")


class NewClient(Asked):
    """A new client."""

    name: LongName = Field(description="Its name.")
    prospect: bool = Field(False, description="It has not bought yet.")
    zone: Zone | None = Field(None, description="Its time zone; left out, the house's.")
    language: MaybeName = Field("", description="What you write to them in, such as pt.")
    note: Prose = Field("", description="What your house wants to remember.")


class ClientChanges(Changes):
    """What changes about a client."""

    name: LongName = unsaid(description="Its name.")
    standing: Literal["prospect", "client"] = unsaid(description="Whether it has bought yet.")
    zone: Zone = unsaid(description="Its time zone.")
    language: MaybeName = unsaid(description="What you write to them in; empty, as your house.")
    note: Prose = unsaid(description="What your house wants to remember.")
    archived: bool = unsaid(description="Put it away, or take it out again.")


class Contact(Shown):
    """A person at a client."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    name: str = Field(description="The person's name.")
    email: str = Field(description="The person's address, or empty.")
    language: str = Field(description="What you write to them in; empty, as to the client.")
    archived_at: datetime | None = Field(description="When it was put away; null while in use.")


class NewContact(Asked):
    """A new contact."""

    client_id: Id = Field(description="The client.")
    name: Name = Field(description="The person's name.")
    email: Email = Field("", description="The person's address.")
    language: MaybeName = Field("", description="What you write to them in, such as pt.")


class ContactChanges(Changes):
    """What changes about a contact."""

    name: Name = unsaid(description="The person's name.")
    email: Email = unsaid(description="The person's address.")
    language: MaybeName = unsaid(description="What you write to them in; empty, as the client.")
    archived: bool = unsaid(description="Put it away, or take it out again.")


@door.read("/clients", Policy.MEMBER, Page[Client])
def list_clients(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List clients."""
    return paging.page(models.Client.objects.all(), asked, lambda row: row)


@door.add("/clients", Policy.MEMBER, Client)
def add_client(request: ApiRequest, body: NewClient) -> models.Client:
    """Add a client."""
    return keeping.add_client(
        name=body.name,
        zone=body.zone,
        prospect=body.prospect,
        language=body.language,
        note=body.note,
        by=request.member,
        now=request.now,
    )


@door.read("/clients/{int:client_id}", Policy.MEMBER, Client)
def show_client(request: ApiRequest, client_id: int) -> models.Client:
    """Show a client."""
    return models.Client.objects.get(pk=client_id)


@door.change("/clients/{int:client_id}", Policy.MEMBER, Client)
def change_client(request: ApiRequest, client_id: int, body: ClientChanges) -> models.Client:
    """Change a client."""
    client = models.Client.objects.get(pk=client_id)
    return keeping.change_client(client, by=request.member, now=request.now, **body.said())


@door.read("/contacts", Policy.MEMBER, Page[Contact])
def list_contacts(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List the people at clients."""
    return paging.page(models.Contact.objects.all(), asked, lambda row: row)


@door.add("/contacts", Policy.MEMBER, Contact)
def add_contact(request: ApiRequest, body: NewContact) -> models.Contact:
    """Add a person at a client."""
    client = named(models.Client, body.client_id, "client_id")
    return keeping.add_contact(
        client,
        name=body.name,
        email=body.email,
        language=body.language,
        by=request.member,
        now=request.now,
    )


@door.read("/contacts/{int:contact_id}", Policy.MEMBER, Contact)
def show_contact(request: ApiRequest, contact_id: int) -> models.Contact:
    """Show a person at a client."""
    return models.Contact.objects.get(pk=contact_id)


@door.change("/contacts/{int:contact_id}", Policy.MEMBER, Contact)
def change_contact(request: ApiRequest, contact_id: int, body: ContactChanges) -> models.Contact:
    """Change a person at a client."""
    contact = models.Contact.objects.get(pk=contact_id)
    return keeping.change_contact(contact, by=request.member, now=request.now, **body.said())


class Link(Shown):
    """The link that opens a contact's page. Its secret is in the letters alone."""

    contact_id: int = Field(description="Whose page it opens.")
    made_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="Until when it opens.")
    last_used_at: datetime | None = Field(description="When something was done by it last.")


@door.read("/contacts/{int:contact_id}/link", Policy.MEMBER, Link)
def show_link(request: ApiRequest, contact_id: int) -> models.ClientLink:
    """Show whether a contact has a link that opens their page; 404 if not."""
    return _live_link(contact_id, request)


@door.remove("/contacts/{int:contact_id}/link", Policy.MEMBER, version_of="")
def end_link(request: ApiRequest, contact_id: int) -> None:
    """End a contact's link at once; the next letter carries another."""
    link = _live_link(contact_id, request)
    links.revoke(link.contact, by=request.member, now=request.now)


def _live_link(contact_id: int, request: ApiRequest) -> models.ClientLink:
    contact = models.Contact.objects.get(pk=contact_id)
    link = contact.links.filter(revoked_at__isnull=True, expires_at__gt=request.now).first()
    if link is None:
        raise refusals.NotFound(
            _("%(name)s has no link that opens anything.") % {"name": contact.name}
        )
    return link

"""Clients, and the people at them."""

from datetime import datetime
from typing import Any, Literal

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
    Name,
    Page,
    PageAsked,
    Prose,
    Shown,
    Zone,
    unsaid,
)
from kept.clients import keeping, models
from kept.people.access import Policy

door = Door("clients", client_id=models.Client, contact_id=models.Contact)


class Client(Shown):
    """Who is promised to."""

    id: int = Field(description="Its number.")
    name: str = Field(description="Its name; no two clients of a house share one.")
    standing: Literal["prospect", "client"] = Field(
        description="A prospect has not bought yet; a promise to one counts all the same."
    )
    zone: str = Field(description="The time zone in which its days end.")
    note: str = Field(description="What your house wants to remember.")
    archived_at: datetime | None = Field(description="When it was put away; null while in use.")


class NewClient(Asked):
    """A new client."""

    name: LongName = Field(description="Its name.")
    prospect: bool = Field(False, description="It has not bought yet.")
    zone: Zone | None = Field(None, description="Its time zone; left out, the house's.")
    note: Prose = Field("", description="What your house wants to remember.")


class ClientChanges(Changes):
    """What changes about a client."""

    name: LongName = unsaid(description="Its name.")
    standing: Literal["prospect", "client"] = unsaid(description="Whether it has bought yet.")
    zone: Zone = unsaid(description="Its time zone.")
    note: Prose = unsaid(description="What your house wants to remember.")
    archived: bool = unsaid(description="Put it away, or take it out again.")


class Contact(Shown):
    """A person at a client."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    name: str = Field(description="The person's name.")
    email: str = Field(description="The person's address, or empty.")
    archived_at: datetime | None = Field(description="When it was put away; null while in use.")


class NewContact(Asked):
    """A new contact."""

    client_id: Id = Field(description="The client.")
    name: Name = Field(description="The person's name.")
    email: Email = Field("", description="The person's address.")


class ContactChanges(Changes):
    """What changes about a contact."""

    name: Name = unsaid(description="The person's name.")
    email: Email = unsaid(description="The person's address.")
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
        client, name=body.name, email=body.email, by=request.member, now=request.now
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

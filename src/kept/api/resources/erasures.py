"""Personal text, erased on request."""

from typing import Any

from ninja.responses import Status
from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Asked, LongName, Shown
from kept.clients import models as clients
from kept.custody import erasing
from kept.people import models as people
from kept.people.access import Policy

door = Door(
    "erasures",
    client_id=clients.Client,
    contact_id=clients.Contact,
    person_id=people.Member,
)


class Loss(Shown):
    """What would be erased. Nothing was."""

    rows: int = Field(description="Rows in which a name stands, and which would be rewritten.")
    texts: int = Field(description="Texts beside the ledger that would be emptied.")


class Erasure(Shown):
    """What was erased, for good."""

    rows: int = Field(description="Rows that were rewritten.")
    texts: int = Field(description="Texts beside the ledger that were emptied.")
    event: int = Field(description="The number of the event that says so.")


class NewErasure(Asked):
    """Whose text is erased, said again."""

    name: LongName = Field(
        description="The name as it is kept, so that a wrong number erases nobody."
    )
    dry_run: bool = Field(False, description="Only say what would go; erase nothing.")


@door.add("/clients/{int:client_id}/erase", Policy.OWNER, Erasure, admin=True, or_shows={200: Loss})
def erase_client(request: ApiRequest, client_id: int, body: NewErasure) -> Any:
    """Erase what is written about a client and its contacts.

    Names and addresses go everywhere, as they are and as they ever were; dates, hours and chances
    stay, and the ledger stays whole. It does not come back.
    """
    return _erase(request, clients.Client.objects.get(pk=client_id), body)


@door.add(
    "/contacts/{int:contact_id}/erase", Policy.OWNER, Erasure, admin=True, or_shows={200: Loss}
)
def erase_contact(request: ApiRequest, contact_id: int, body: NewErasure) -> Any:
    """Erase what is written about a person at a client. See the same of clients."""
    return _erase(request, clients.Contact.objects.get(pk=contact_id), body)


@door.add("/people/{int:person_id}/erase", Policy.OWNER, Erasure, admin=True, or_shows={200: Loss})
def erase_person(request: ApiRequest, person_id: int, body: NewErasure) -> Any:
    """Erase what is written about somebody who has left. See the same of clients."""
    return _erase(request, people.Member.objects.get(pk=person_id), body)


def _erase(request: ApiRequest, subject: erasing.Subject, body: NewErasure) -> Any:
    if body.dry_run:
        return Status(200, erasing.foresee(subject, by=request.member))
    erased = erasing.erase(subject, confirmed=body.name, by=request.member, now=request.now)
    return {"rows": erased.rows, "texts": erased.texts, "event": erased.event.number}

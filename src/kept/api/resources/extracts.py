"""What a client can check for themselves."""

from typing import Any

from pydantic import Field

from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.shapes import Shown
from kept.clients.models import Client
from kept.custody import extract
from kept.people.access import Policy

door = Door("clients", client_id=Client)


class LedgerOf(Shown):
    """Whose ledger it is."""

    organisation: int = Field(description="Its number, as every header has it.")
    name: str = Field(description="Its name.")


class SignedHead(Shown):
    """Where the ledger ended, signed."""

    number: int = Field(description="How many events there were.")
    digest: str = Field(description="The last one's digest, in hexadecimal.")
    signature: str = Field(description="Ed25519, base64url without padding.")


class ClearEvent(Shown):
    """An event of the client's own."""

    header: dict[str, Any] = Field(description="What the client may read; see the reference.")
    hidden: str = Field(description="The digest of the rest, in hexadecimal.")


class Extract(Shown):
    """A client's events in the clear, all others as bare digests, up to the signed head."""

    form: int = Field(description="The form of the file.")
    house: LedgerOf = Field(description="The house that keeps it.")
    client: str = Field(description="Whose extract it is.")
    made_at: str = Field(description="When it was made.")
    public_key: str = Field(description="Checks the signature, in hexadecimal.")
    head: SignedHead = Field(description="Where the ledger ends.")
    titles: dict[str, str] = Field(description="What the promises are called, by their number.")
    events: list[ClearEvent | str] = Field(description="From the first one to the head.")


@door.read("/clients/{int:client_id}/extract", Policy.OWNER, Extract)
def show_extract(request: ApiRequest, client_id: int) -> dict[str, Any]:
    """Hand out what a client can check for themselves, without trusting this house."""
    client = Client.objects.get(pk=client_id)
    return extract.of(client, by=request.member, now=request.now)

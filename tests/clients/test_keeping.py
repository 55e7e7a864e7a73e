"""Who is promised to."""

from datetime import datetime

import pytest
from tests import cast

from kept.clients import keeping
from kept.clients.models import Client, Contact
from kept.ledger import chain
from kept.ledger.models import Event
from kept.tenancy import scope
from kept.tenancy.refusals import NotAllowed, Refused


def stories() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][1:]


def test_a_client_added_has_the_house_s_zone(northlight: cast.House, now: datetime) -> None:
    client = keeping.add_client(
        name=" Oakfield  School ", note="Calls on Mondays.\r\n", by=northlight.dev, now=now
    )
    client = Client.objects.get(pk=client.pk)
    assert (client.name, client.zone, client.standing, client.note) == (
        "Oakfield School",
        cast.ZONE,
        "client",
        "Calls on Mondays.",
    )
    assert stories() == ["client.added"]
    assert "Oakfield" not in str(Event.objects.last().images)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["Pete's Bakery", "pete's bakery", "  PETE'S  BAKERY "])
def test_two_clients_never_share_a_name(northlight: cast.House, now: datetime, name: str) -> None:
    with pytest.raises(keeping.NameIsTaken) as refused:
        keeping.add_client(name=name, by=northlight.ada, now=now)
    assert (refused.value.kind, refused.value.field) == ("conflict", "name")
    assert Client.objects.count() == 2
    assert stories() == []


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "O" * 10_000}, "name"),
        ({"name": "O\x00"}, "name"),
        ({"name": "O", "zone": "nowhere"}, "zone"),
        ({"name": "O", "note": "x" * 5001}, "note"),
    ],
)
def test_a_client_that_cannot_be_is_refused(
    northlight: cast.House, now: datetime, given: dict[str, str], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        keeping.add_client(**given, by=northlight.ada, now=now)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert Client.objects.count() == 2


def test_a_name_is_found_whatever_its_case_and_else_added_as_a_prospect(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    found = keeping.find_or_add("HARBOUR clinic", by=northlight.dev, now=now)
    assert found == northlight.clients["Harbour Clinic"]

    elan = keeping.find_or_add("Élan", by=northlight.dev, now=now)
    assert elan.standing == Client.Standing.PROSPECT
    assert keeping.find_or_add("élan", by=northlight.dev, now=now) == elan
    assert stories() == ["client.added"]
    with scope.acting_in(southbank.organisation):
        assert keeping.find("Élan") is None


def test_an_archived_client_comes_back_when_it_is_named_again(
    northlight: cast.House, now: datetime
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    clinic = keeping.change_client(clinic, archived=True, by=northlight.dev, now=now)
    assert clinic.archived_at == now
    assert keeping.find_or_add("Harbour Clinic", by=northlight.dev, now=now).archived_at is None
    assert stories() == ["client.changed", "client.changed"]


def test_a_prospect_becomes_a_client_and_a_change_of_nothing_is_no_event(
    northlight: cast.House, now: datetime
) -> None:
    oak = keeping.add_client(name="Oakfield", prospect=True, by=northlight.dev, now=now)
    oak = keeping.change_client(
        oak, standing=Client.Standing.CLIENT, zone="Europe/Madrid", by=northlight.dev, now=now
    )
    keeping.change_client(oak, name="Oakfield", by=northlight.dev, now=now)
    assert (oak.standing, oak.zone) == ("client", "Europe/Madrid")
    assert stories() == ["client.added", "client.changed"]
    with pytest.raises(keeping.NameIsTaken):
        keeping.change_client(oak, name="harbour clinic", by=northlight.dev, now=now)


def test_contacts_are_people_at_a_client(northlight: cast.House, now: datetime) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    rosa = keeping.add_contact(
        clinic, name="Rosa", email="Rosa@clinic.example", by=northlight.dev, now=now
    )
    rosa = keeping.change_contact(rosa, name="Rosa Lima", archived=True, by=northlight.dev, now=now)
    assert (rosa.name, rosa.email, rosa.archived_at) == ("Rosa Lima", "rosa@clinic.example", now)
    with pytest.raises(Refused):
        keeping.add_contact(clinic, name="", by=northlight.dev, now=now)
    assert Contact.objects.count() == 1
    assert stories() == ["contact.added", "contact.changed"]
    assert list(chain.faults()) == []


def test_a_guest_only_reads(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        keeping.add_client(name="Oakfield", by=northlight.gus, now=now)

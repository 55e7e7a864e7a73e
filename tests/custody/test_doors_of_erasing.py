"""Erasing by page, command and REST: said first, asked twice, and the ledger whole afterwards."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from tests.api.conftest import Caller
from tests.custody import story
from tests.custody.test_erasing import places
from tests.web.visiting import Visitor, text
from typer.testing import CliRunner

from kept.cli import commands
from kept.clients.models import Client, Contact
from kept.custody import verifying
from kept.jobs import work
from kept.ledger.models import Event
from kept.people.models import Member
from kept.tenancy import scope

Type = Callable[..., Any]


@pytest.fixture
def told(db: None, now: datetime) -> Iterator[story.Story]:
    told = story.begin(now)
    with scope.acting_in(told.house), time_machine.travel(now, tick=False):
        yield told


def kept(*words: str) -> Any:
    return CliRunner().invoke(commands.app, [*words], prog_name="kept")


def erased_events() -> int:
    return Event.objects.filter(kind=Event.Kind.TEXT_ERASED).count()


def test_the_page_says_what_goes_and_stays_and_asks_for_the_name(told: story.Story) -> None:
    ada = Visitor(told.ada)
    address = f"/contacts/{told.contact.pk}/erase"
    assert address in ada.get(f"/clients/{told.clinic.pk}").content.decode()

    page = text(ada.get(address))
    assert "Erase what is written about Wilma Umbrage?" in page
    assert "It does not come back" in page
    assert "Dates, hours, chances, promises and how they ended" in page
    assert "Rows rewritten: 2; texts beside the ledger emptied: 7." in page

    refused = ada.post(address, {"name": "Wilma"})
    assert (refused.status_code, "Nothing was erased." in text(refused)) == (422, True)
    assert (erased_events(), Contact.objects.get().name) == (0, "Wilma Umbrage")

    answer = ada.post(address, {"name": " wilma  umbrage "})
    assert (answer.status_code, answer["Location"]) == (302, f"/clients/{told.clinic.pk}")
    assert Contact.objects.get().name == f"erased {told.contact.pk}"
    assert places("Umbrage") == []
    assert verifying.verify().faults == []
    assert f"Event {Event.objects.count()} of the ledger says so." in text(
        ada.get(f"/clients/{told.clinic.pk}")
    )


def test_somebody_who_works_here_is_not_erased_by_any_door(told: story.Story) -> None:
    ada, caller = (
        Visitor(told.ada),
        Caller(told.ada, ["read", "write", "admin"], Event.objects.latest("pk").at),
    )
    page = ada.post(f"/people/{told.zoe.pk}/erase", {"name": "Zoe Quartz"})
    assert (page.status_code, "still works here" in text(page)) == (409, True)
    answer = caller.post(f"/people/{told.zoe.pk}/erase", {"name": "Zoe Quartz"})
    assert (answer.status_code, "still works here" in answer.json()["detail"]) == (409, True)
    typed = kept("erase", "person", "Zoe Quartz", "--yes", "Zoe Quartz")
    assert (typed.exit_code, "still works here" in typed.stderr) == (1, True)
    assert erased_events() == 0


def test_a_lead_is_shown_no_way_to_erase_and_has_none(told: story.Story, now: datetime) -> None:
    zoe = Visitor(told.zoe)
    assert "/erase" not in zoe.get(f"/clients/{told.clinic.pk}").content.decode()
    assert (
        zoe.post(f"/clients/{told.clinic.pk}/erase", {"name": "Harbour Clinic"}).status_code == 403
    )
    caller = Caller(told.zoe, ["read", "write", "admin"], now)
    answer = caller.post(f"/clients/{told.clinic.pk}/erase", {"name": "Harbour Clinic"})
    assert answer.status_code == 403
    typed = kept("erase", "client", "Harbour Clinic", "--as", told.zoe.email, "--yes", "x")
    assert typed.exit_code == 1
    assert erased_events() == 0


def test_a_client_is_erased_by_rest_after_a_look(told: story.Story, now: datetime) -> None:
    caller = Caller(told.ada, ["read", "write", "admin"], now)
    address = f"/clients/{told.clinic.pk}/erase"
    looked = caller.post(address, {"name": "Harbour Clinic", "dry_run": True})
    assert (looked.status_code, erased_events()) == (200, 0)
    wrong = caller.post(address, {"name": "Harbor Clinic"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "name")
    answer = caller.post(address, {"name": "Harbour Clinic"})
    assert answer.status_code == 201
    assert answer.json() == looked.json() | {"event": Event.objects.count()}
    assert Client.objects.get().name == f"erased {told.clinic.pk}"
    assert places("Harbour Clinic", "Umbrage") == []
    assert verifying.verify().faults == []


def test_somebody_who_left_is_erased_by_command_and_verify_says_whole(
    told: story.Story, now: datetime
) -> None:
    work.leave(told.zoe, by=told.ada, now=now)
    looked = kept("erase", "person", "zoe@quartz.example", "--dry-run", "--json")
    assert (looked.exit_code, json.loads(looked.stdout)["kind"]) == (0, "person")
    unasked = kept("erase", "person", "Zoe Quartz")
    assert (unasked.exit_code, "Say the name again." in unasked.stderr) == (2, True)
    unknown = kept("erase", "person", "Zed")
    assert (unknown.exit_code, "no person called “Zed”" in unknown.stderr) == (2, True)
    assert erased_events() == 0

    done = kept("erase", "person", str(told.zoe.pk), "--yes", "Zoe Quartz")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"person {told.zoe.pk}: erased: ")
    assert Member.objects.get(pk=told.zoe.pk).name == f"erased {told.zoe.pk}"
    assert places("Quartz") == []
    assert kept("verify").stdout.startswith("northlight: whole (")

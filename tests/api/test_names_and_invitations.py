"""Invitations and names of other tools, by REST."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.api.conftest import Caller
from tests.web.visiting import Visitor, text

from kept.imports import intake
from kept.past.models import SourceName
from kept.people import staff
from kept.people.models import Invitation

FILE = (
    b"row_id,person,client,kind,estimate,actual,t_estimated,t_finished,status\n"
    b"A-1,Zoe,Tidewater,Poster,8,8,2026-04-01,2026-04-08,finished\n"
    b"A-2,Zed,Tidewater,Poster,8,8,2026-04-01,2026-04-08,finished\n"
)


def test_an_invitation_is_made_listed_and_used(
    northlight: cast.House, ada: Caller, settings: Any, now: datetime
) -> None:
    settings.PUBLIC_URL = "https://kept.example.org"
    with time_machine.travel(now, tick=False):
        ines = staff.add_member(name="Ines", by=northlight.ada, now=now)
        made = ada.post("/invitations", {"person_id": ines.pk})
        assert made.status_code == 201
        link = urlsplit(made.json()["link"])
        assert (link.scheme, link.netloc) == ("https", "kept.example.org")
        shown = {key: value for key, value in made.json().items() if key != "link"}
        assert ada.get(f"/invitations/{shown['id']}").json() == shown
        assert ada.get("/invitations").json()["items"] == [shown]
        assert (shown["person_id"], shown["used_at"], shown["revoked_at"]) == (ines.pk, None, None)
        joined = Visitor().post(
            link.path, {"name": "Ines", "email": "ines@x.example", "password": cast.PASSWORD}
        )
        assert joined.status_code == 302
        assert ada.get(f"/invitations/{shown['id']}").json()["used_at"] is not None
        used = ada.delete(f"/invitations/{shown['id']}")
        assert (used.status_code, used.json()["detail"]) == (
            409,
            "This invitation was used already.",
        )
        again = ada.post("/invitations", {"person_id": ines.pk})
        assert (again.status_code, again.json()["detail"]) == (409, "Ines has a log-in already.")


def test_a_revoked_invitation_lets_nobody_in(
    northlight: cast.House, ada: Caller, now: datetime
) -> None:
    with time_machine.travel(now, tick=False):
        ines = staff.add_member(name="Ines", by=northlight.ada, now=now)
        made = ada.post("/invitations", {"person_id": ines.pk}).json()
        path = urlsplit(made["link"]).path
        assert "Join Northlight" in text(Visitor().get(path))
        assert ada.delete(f"/invitations/{made['id']}").status_code == 204
        assert Visitor().get(path).status_code == 404
        assert ada.delete(f"/invitations/{made['id']}").status_code == 409
        assert Invitation.objects.get().revoked_at == now


def test_invitations_are_an_owners_and_of_one_house(
    northlight: cast.House, dev: Caller, ada: Caller, cleo: Caller, now: datetime
) -> None:
    ines = staff.add_member(name="Ines", by=northlight.ada, now=now)
    made = ada.post("/invitations", {"person_id": ines.pk}).json()
    assert dev.get("/invitations").status_code == 403
    assert dev.post("/invitations", {"person_id": ines.pk}).status_code == 403
    assert cleo.get(f"/invitations/{made['id']}").status_code == 404
    assert cleo.delete(f"/invitations/{made['id']}").status_code == 404
    assert cleo.post("/invitations", {"person_id": ines.pk}).status_code == 422
    assert cleo.get("/invitations").json()["items"] == []


@pytest.fixture
def names(northlight: cast.House, now: datetime) -> dict[str, SourceName]:
    intake.accept(FILE, "history.csv", by=northlight.ada, now=now)
    return {name.name: name for name in SourceName.objects.all()}


def test_names_of_files_are_listed_and_mapped_together(
    northlight: cast.House, ada: Caller, names: dict[str, SourceName]
) -> None:
    listed = ada.get("/imports/names").json()["items"]
    assert [(row["role"], row["name"], row["means_id"], row["means"]) for row in listed] == [
        ("kind", "Poster", None, ""),
        ("person", "Zed", None, ""),
        ("person", "Zoe", None, ""),
        ("project", "Tidewater", None, ""),
    ]
    said = {
        "names": [
            {"id": names["Zoe"].pk, "means_id": northlight.maya.pk},
            {"id": names["Zed"].pk, "means_id": northlight.dev.pk},
        ]
    }
    assert ada.post("/imports/names", said).json() == {"changed": 2}
    assert ada.post("/imports/names", said).json() == {"changed": 0}
    known = {row["name"]: row["means"] for row in ada.get("/imports/names").json()["items"]}
    assert (known["Zoe"], known["Zed"]) == ("Maya", "Dev")
    unknown = ada.get("/imports/names?unknown=true").json()["items"]
    assert [row["name"] for row in unknown] == ["Poster", "Tidewater"]
    itself = {"names": [{"id": names["Zoe"].pk, "means_id": None}]}
    assert ada.post("/imports/names", itself).json() == {"changed": 1}


def test_a_name_that_is_none_here_changes_nothing(
    northlight: cast.House, ada: Caller, cleo: Caller, dev: Caller, names: dict[str, SourceName]
) -> None:
    said = {
        "names": [
            {"id": names["Zoe"].pk, "means_id": northlight.maya.pk},
            {"id": names["Zed"].pk, "means_id": 10**6},
        ]
    }
    refused = ada.post("/imports/names", said)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (
        422,
        "names.1.means_id",
    )
    assert SourceName.objects.exclude(member=None).count() == 0
    foreign = cleo.post("/imports/names", {"names": [{"id": names["Zoe"].pk, "means_id": None}]})
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "names.0.id")
    assert cleo.get("/imports/names").json()["items"] == []
    assert dev.get("/imports/names").status_code == 403


def test_mapping_many_names_learns_once(
    northlight: cast.House, ada: Caller, names: dict[str, SourceName]
) -> None:
    def queries(said: list[dict[str, int]]) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert ada.post("/imports/names", {"names": said}).status_code == 200
        return sum("durationprofile" in query["sql"] for query in seen)

    ada.get("/imports/names")
    one = queries([{"id": names["Zoe"].pk, "means_id": northlight.maya.pk}])
    two = queries(
        [
            {"id": names["Zoe"].pk, "means_id": northlight.dev.pk},
            {"id": names["Zed"].pk, "means_id": northlight.dev.pk},
        ]
    )
    assert one == two > 0

"""What stands around every operation."""

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser
from ninja import Schema
from tests import cast
from tests.api.conftest import Caller

from kept import clock
from kept.api import door
from kept.clients.models import Client
from kept.ledger.models import Event
from kept.people import tokens


def problem(answer: Any) -> tuple[int, str, list[str]]:
    """The status, the type and the fields of a problem."""
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "detail", "errors"}
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["type"], [error["field"] for error in body["errors"]]


def test_a_client_is_added_and_shown_with_its_version(ada: Caller) -> None:
    made = ada.post("/clients", {"name": "Corner Café"})
    assert made.status_code == 201
    shown = ada.get(f"/clients/{made.json()['id']}")
    assert shown.json() == {
        "id": made.json()["id"],
        "name": "Corner Café",
        "standing": "client",
        "zone": "Europe/Lisbon",
        "language": "",
        "note": "",
        "archived_at": None,
    }
    assert shown["ETag"] == made["ETag"]


def test_nobody_known_is_told_how_to_say_who_they_are(northlight: cast.House) -> None:
    answer = Browser().get("/api/v1/clients")
    assert problem(answer) == (401, "urn:kept:problem:unknown-sender", [])
    assert answer["WWW-Authenticate"] == 'Bearer realm="kept"'


def test_a_token_reads_only_what_its_scope_allows(
    northlight: cast.House, calling: Callable[..., Caller]
) -> None:
    reader = calling(northlight.dev, "read")
    assert reader.get("/clients").status_code == 200
    assert problem(reader.post("/clients", {"name": "New"}))[:2] == (
        403,
        "urn:kept:problem:not-allowed",
    )


def test_a_revoked_token_is_refused_at_the_next_request(
    northlight: cast.House, calling: Callable[..., Caller], now: datetime
) -> None:
    dev = calling(northlight.dev)
    assert dev.get("/clients").status_code == 200
    token = tokens.find(dev.secret, now=now)
    assert token is not None
    tokens.revoke(token, by=northlight.dev, now=now)
    assert dev.get("/clients").status_code == 401


def test_a_session_needs_the_csrf_token_for_changes(northlight: cast.House) -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert northlight.ada.login is not None
    browser.force_login(northlight.ada.login, backend=BACKEND)
    assert browser.get("/api/v1/clients").status_code == 200
    refused = browser.post("/api/v1/clients", {"name": "X"}, content_type="application/json")
    assert problem(refused)[0] == 403


BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def test_a_role_that_is_too_small_is_refused(dev: Caller) -> None:
    service = {"name": "Signs", "stages": [{"name": "Draw", "likely_hours": 4}]}
    assert problem(dev.post("/services", service))[0] == 403


def test_what_belongs_to_another_house_is_not_there(
    northlight: cast.House, ada: Caller, cleo: Caller
) -> None:
    client = northlight.clients["Harbour Clinic"]
    assert ada.get(f"/clients/{client.pk}").status_code == 200
    for answer in (
        cleo.get(f"/clients/{client.pk}"),
        cleo.patch(f"/clients/{client.pk}", {"name": "Taken"}),
    ):
        assert problem(answer) == (404, "urn:kept:problem:not-found", [])
    refused = cleo.post("/contacts", {"client_id": client.pk, "name": "Zoe"})
    assert problem(refused) == (422, "urn:kept:problem:bad-input", ["client_id"])


def test_an_address_that_is_none_is_a_problem_too(ada: Caller) -> None:
    assert problem(ada.get("/no/such/thing")) == (404, "urn:kept:problem:not-found", [])


def test_a_method_that_is_none_is_a_problem_too(ada: Caller) -> None:
    answer = ada.delete("/clients")
    assert problem(answer) == (405, "urn:kept:problem:wrong-method", [])
    assert sorted(answer["Allow"].split(", ")) == ["GET", "POST"]


@pytest.mark.parametrize(
    ("body", "kind", "status", "fields"),
    [
        ("{", "application/json", 400, []),
        ('{"name": "A"}', "text/plain", 415, []),
        ('{"nom": "A"}', "application/json", 422, ["name", "nom"]),
        ('{"name": "\\u0000"}', "application/json", 422, ["name"]),
        ('{"name": "\\ud800"}', "application/json", 422, ["name"]),
        ('{"name": "A", "zone": "Moon/Base"}', "application/json", 422, ["zone"]),
        ("[]", "application/json", 422, [""]),
        ('{"name": ' + "[" * 100_000, "application/json", 400, []),
    ],
)
def test_bad_input_changes_nothing_and_says_where_it_is_wrong(
    ada: Caller, body: str, kind: str, status: int, fields: list[str]
) -> None:
    before = list(Client.objects.order_by("pk").values_list("name", flat=True))
    answer = ada.http.generic("POST", "/api/v1/clients", body, content_type=kind)
    assert problem(answer)[::2] == (status, [f for f in fields if f] or problem(answer)[2])
    assert list(Client.objects.order_by("pk").values_list("name", flat=True)) == before


def test_the_same_key_does_nothing_twice(ada: Caller) -> None:
    first = ada.post("/clients", {"name": "Once"}, Idempotency_Key="k1")
    second = ada.post("/clients", {"name": "Once"}, Idempotency_Key="k1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Idempotent-Replayed"] == "true"
    assert second["ETag"] == first["ETag"]
    assert Client.objects.filter(name="Once").count() == 1
    assert Event.objects.filter(kind=Event.Kind.CLIENT_ADDED).count() == 1


def test_the_same_key_with_another_request_is_refused(ada: Caller) -> None:
    ada.post("/clients", {"name": "Once"}, Idempotency_Key="k1")
    other = ada.post("/clients", {"name": "Twice"}, Idempotency_Key="k1")
    assert problem(other) == (422, "urn:kept:problem:bad-input", ["Idempotency-Key"])
    assert not Client.objects.filter(name="Twice").exists()


def test_a_key_of_a_refused_request_may_be_used_again(ada: Caller) -> None:
    assert ada.post("/clients", {"name": ""}, Idempotency_Key="k1").status_code == 422
    assert ada.post("/clients", {"name": "Right"}, Idempotency_Key="k1").status_code == 201


def test_two_people_may_use_the_same_key(ada: Caller, dev: Caller) -> None:
    assert ada.post("/clients", {"name": "Hers"}, Idempotency_Key="k1").status_code == 201
    assert dev.post("/clients", {"name": "His"}, Idempotency_Key="k1").status_code == 201


def test_a_change_after_somebody_elses_is_refused(ada: Caller, northlight: cast.House) -> None:
    path = f"/clients/{northlight.clients['Harbour Clinic'].pk}"
    seen = ada.get(path)["ETag"]
    changed = ada.patch(path, {"note": "Rings at nine."}, If_Match=seen)
    assert changed.status_code == 200
    assert changed["ETag"] == ada.get(path)["ETag"] != seen
    late = ada.patch(path, {"note": "Never rings."}, If_Match=seen)
    assert problem(late) == (412, "urn:kept:problem:changed-since", [])
    assert ada.get(path).json()["note"] == "Rings at nine."


def test_pages_show_every_row_once_though_rows_come_in_between(ada: Caller) -> None:
    first = ada.get("/clients?limit=1").json()
    ada.post("/clients", {"name": "Between"})
    names, after = [first["items"][0]["name"]], first["next"]
    while after is not None:
        page = ada.get(f"/clients?limit=1&after={after}").json()
        names += [row["name"] for row in page["items"]]
        after = page["next"]
    assert names == ["Pete's Bakery", "Harbour Clinic", "Between"]


def test_a_cursor_that_is_none_is_refused(ada: Caller) -> None:
    assert problem(ada.get("/clients?after=later")) == (
        422,
        "urn:kept:problem:bad-input",
        ["after"],
    )


def test_bad_tokens_from_one_address_are_soon_not_heard(
    ada: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    wrong = Browser(headers={"Authorization": "Bearer no"})
    answers = [wrong.get("/api/v1/clients").status_code for _try in range(21)]
    assert answers == [401] * 20 + [429]
    refused = wrong.get("/api/v1/clients")
    assert refused["Retry-After"] == "3"
    assert refused.json()["detail"] == (
        "Too many bad tokens came from your address. None is looked at for 3 s."
    )
    # Not even a good one, or the answers would tell which one was right; links are another thing.
    assert ada.get("/clients").status_code == 429
    assert Browser().get("/p/no-such-token/").status_code == 404
    elsewhere = {"Authorization": f"Bearer {ada.secret}"}
    other = Browser(REMOTE_ADDR="203.0.113.9", headers=elsewhere)
    assert other.get("/api/v1/clients").status_code == 200


def test_a_failure_of_kept_is_a_problem_and_changes_nothing(
    ada: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any, **_kw: Any) -> None:
        Client.objects.update(note="half done")
        raise RuntimeError("a wire came loose")

    monkeypatch.setattr("kept.clients.keeping.add_client", fails)
    ada.http.raise_request_exception = False
    answer = ada.post("/clients", {"name": "New"}, Idempotency_Key="k1")
    assert problem(answer) == (500, "urn:kept:problem:crash", [])
    assert not Client.objects.filter(note="half done").exists()


def test_every_operation_declares_a_policy_and_says_what_it_does() -> None:
    from kept.api.v1 import api

    described = api.get_openapi_schema()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
    assert all(contract.policy for contract in door.CONTRACTS.values())


def test_each_shape_has_a_name_of_its_own() -> None:
    """Two shapes of one name would be one in the description, and one of them wrong."""
    places: dict[str, set[str]] = {}
    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("kept.api."):
            for shape in vars(module).values():
                if isinstance(shape, type) and issubclass(shape, Schema):
                    places.setdefault(shape.__name__, set()).add(shape.__module__)
    assert len(places) > 50
    assert {name: where for name, where in places.items() if len(where) > 1} == {}

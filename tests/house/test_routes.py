"""Every address, asked by everybody, by page and by JSON: nobody sees another house's rows.

The addresses are read from the URLconf, so a page that lands is walked at
once. A number in an address is a row of Northlight, found by the word before
it; an address with another parameter must be given a row here first.
"""

import contextvars
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.test import Client as Browser
from tests import cast, furnished
from tests.web.visiting import outside

from kept.people import access, staff, tokens
from kept.people.access import Policy, Route
from kept.people.models import Member, Role
from kept.tenancy import scope

MARK = "canarynorthlight"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

#: Parameters that are no numbers of rows, and what stands in their place.
OTHERS = {
    ("join", "secret"): "no-such-secret",
    ("p", "token"): "no-such-token",
    ("a", "token"): "no-such-token",
}


@dataclass
class Somebody:
    """Somebody who asks, by browser and by token."""

    name: str
    member: Member | None = None
    secret: str = "bad"
    browser: Browser = field(default_factory=Browser)

    def ask(self, method: str, path: str, *, kind: str) -> HttpResponse:
        """Send one request, without the test's own scope around it."""
        headers = {"Accept": "text/html" if kind == "HTML" else "application/json"}
        client = self.browser
        if kind == "JSON" and path.startswith("/api/"):
            client = Browser()
            if self.secret:
                headers["Authorization"] = f"Bearer {self.secret}"
        body = "" if method in {"GET", "HEAD", "OPTIONS"} else "{}"
        content = "application/json" if path.startswith("/api/") else FORM
        sent: Callable[..., Any] = client.generic
        return contextvars.copy_context().run(  # type: ignore[no-any-return]
            outside, sent, method, path, body if content != FORM else "", content, headers=headers
        )


FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def rows(
    northlight: cast.House, now: datetime, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """One row of each kind in Northlight, at this moment."""
    settings.FUTURES = 20
    with time_machine.travel(now, tick=False):
        yield furnished.furnish(northlight, now=now, mark=MARK)


@pytest.fixture
def people(
    northlight: cast.House, southbank: cast.House, rows: dict[str, Any], now: datetime
) -> dict[str, Somebody]:
    """Everybody who may come to an address."""
    found = {"anonymous": Somebody("anonymous", secret="")}
    with scope.acting_in(northlight.organisation):
        gone = cast._member("Gone", Role.OWNER, "gone@northlight.example")
    members = {
        "guest": northlight.gus,
        "member": northlight.maya,
        "lead": northlight.ben,
        "owner": northlight.ada,
        "foreign": southbank.cleo,
        "revoked": gone,
    }
    found |= {name: come_as(member, now) for name, member in members.items()}
    with scope.acting_in(northlight.organisation):
        staff.leave(gone, by=northlight.ada, now=now)
    return found


def come_as(member: Member, now: datetime) -> Somebody:
    """Return a member with a browser that is logged in, and with a token."""
    with scope.acting_in(member.organisation):
        _token, secret = tokens.make(member, scopes=["read", "write", "admin"], by=member, now=now)
    somebody = Somebody(member.name, member, secret)
    assert member.login is not None
    somebody.browser.force_login(member.login, backend=BACKEND)
    return somebody


def address_of(route: Route, rows: dict[str, Any]) -> str:
    """Return the address with rows of Northlight in it; fail if a parameter is not known."""
    parts = route.path.split("/")
    for place, part in enumerate(parts):
        match = re.fullmatch(r"<(?:(\w+):)?(\w+)>", part)
        if match is None:
            assert "<" not in part, f"{route.path}: give {part} a row in tests/house/test_routes.py"
            continue
        before = parts[place - 1]
        if before in rows:
            parts[place] = str(rows[before])
        elif (before, match[2]) in OTHERS:
            parts[place] = OTHERS[before, match[2]]
        else:
            pytest.fail(f"{route.path}: give {part} a row in tests/house/test_routes.py")
    return "/".join(parts)


def names_a_row(route: Route) -> bool:
    """A number or a digest; a secret is nobody's row until it is right."""
    return re.search(r"<(?!str:secret)", route.path) is not None


def routes() -> list[Route]:
    """Every route; the one that logs out comes last, or nobody would be asked after it."""
    return sorted(access.routes(), key=lambda route: route.name == "account_logout")


def test_every_route_declares_a_policy() -> None:
    assert [route.path for route in routes() if route.policy is None] == []
    assert len(routes()) > 60


def test_a_foreign_owner_finds_no_row_of_this_house(
    people: dict[str, Somebody], rows: dict[str, Any]
) -> None:
    wrong = []
    for route in routes():
        path = address_of(route, rows)
        for kind in ("HTML", "JSON"):
            for method in METHODS if kind == "HTML" else route.methods:
                answer = people["foreign"].ask(method, path, kind=kind)
                if MARK.encode() in answer.content.lower():
                    wrong.append((method, path, kind, "shows what it must not"))
                if answer.status_code >= 500:
                    wrong.append((method, path, kind, answer.status_code))
                if (
                    names_a_row(route)
                    and method in route.methods
                    and route.policy not in (Policy.ANYONE, Policy.LINK, Policy.SETUP)
                    and answer.status_code not in {404, 405}
                ):
                    wrong.append((method, path, kind, answer.status_code))
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("name", ["anonymous", "revoked"])
def test_nobody_of_this_house_sees_nothing(
    name: str, people: dict[str, Somebody], rows: dict[str, Any]
) -> None:
    wrong = []
    for route in routes():
        if route.policy in (Policy.ANYONE, Policy.LINK, Policy.SETUP):
            continue
        path = address_of(route, rows)
        for kind in ("HTML", "JSON"):
            for method in route.methods:
                answer = people[name].ask(method, path, kind=kind)
                if MARK.encode() in answer.content.lower():
                    wrong.append((method, path, kind, "shows what it must not"))
                if path.startswith("/api/"):
                    fine = answer.status_code in {401, 403, 429}
                elif route.policy is Policy.LOGGED_IN and name == "revoked":
                    fine = answer.status_code < 500
                else:
                    fine = answer.status_code in {302, 401, 403, 404, 405}
                if not fine:
                    wrong.append((method, path, kind, answer.status_code))
    assert wrong == [], "\n".join(map(str, wrong))


@pytest.mark.parametrize("name", ["guest", "member", "lead", "owner"])
def test_a_role_does_what_its_policy_says_and_no_more(
    name: str, people: dict[str, Somebody], rows: dict[str, Any]
) -> None:
    somebody = people[name]
    assert somebody.member is not None
    wrong = []
    for route in routes():
        role = None if route.policy is None else route.policy.role
        if role is None:
            continue
        path = address_of(route, rows)
        allowed = somebody.member.may(role)
        for kind in ("HTML", "JSON") if path.startswith("/api/") or not allowed else ("HTML",):
            for method in route.methods:
                if method == "DELETE" and allowed:
                    continue  # the rows are needed by the next address
                answer = somebody.ask(method, path, kind=kind)
                if answer.status_code >= 500:
                    wrong.append((method, path, kind, answer.status_code))
                to_the_jobs = answer.status_code == 302 and answer["Location"] == "/jobs"
                if not allowed and answer.status_code != 403 and not to_the_jobs:
                    wrong.append((method, path, kind, answer.status_code))
                if not allowed and MARK.encode() in answer.content.lower():
                    wrong.append((method, path, kind, "shows what it must not"))
    assert wrong == [], "\n".join(map(str, wrong))


def test_a_guest_reads_the_jobs_named_to_them_and_no_others(
    northlight: cast.House, people: dict[str, Somebody], rows: dict[str, Any], now: datetime
) -> None:
    guest = people["guest"]
    assert guest.ask("GET", f"/api/v1/jobs/{rows['jobs']}", kind="JSON").status_code == 404
    assert json.loads(guest.ask("GET", "/api/v1/jobs", kind="JSON").content)["items"] == []
    assert MARK.encode() not in guest.ask("GET", "/jobs", kind="HTML").content.lower()
    assert guest.ask("GET", f"/jobs/{rows['jobs']}", kind="HTML").status_code == 404

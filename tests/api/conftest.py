"""A client that speaks to the API as somebody, by token."""

import copy
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from tests import cast

from kept.people import tokens
from kept.people.models import Member
from kept.tenancy import scope


class Caller:
    """Somebody with a token."""

    def __init__(self, member: Member, scopes: list[str], now: datetime) -> None:
        with scope.acting_in(member.organisation):
            _token, self.secret = tokens.make(member, scopes=scopes, by=member, now=now)
        self.http = Client(headers={"Authorization": f"Bearer {self.secret}"})

    def again(self) -> "Caller":
        """The same caller, for another thread."""
        other = copy.copy(self)
        other.http = Client(headers={"Authorization": f"Bearer {self.secret}"})
        return other

    def get(self, path: str, **headers: str) -> Any:
        return self.http.get(f"/api/v1{path}", headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self._send("POST", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("PATCH", path, body, headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.http.delete(f"/api/v1{path}", headers=headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.generic(
            method,
            f"/api/v1{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json" if body is not None else "",
            headers=named,
        )


@pytest.fixture
def calling(now: datetime) -> Callable[..., Caller]:
    """Make a caller: `calling(house.dev)`, by default with every scope."""

    def make(member: Member, *scopes: str) -> Caller:
        return Caller(member, list(scopes) or ["read", "write", "admin"], now)

    return make


@pytest.fixture
def ada(northlight: cast.House, calling: Callable[..., Caller]) -> Caller:
    """Ada, who owns Northlight."""
    return calling(northlight.ada)


@pytest.fixture
def dev(northlight: cast.House, calling: Callable[..., Caller]) -> Caller:
    """Dev, who works there."""
    return calling(northlight.dev)


@pytest.fixture
def cleo(southbank: cast.House, calling: Callable[..., Caller]) -> Caller:
    """Cleo, who owns another house."""
    return calling(southbank.cleo)

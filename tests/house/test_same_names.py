"""A second house with the very same names: nothing of it is seen, counted or reached."""

import contextvars
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client as Browser
from tests import cast, furnished
from tests.api.conftest import Caller
from tests.web.visiting import outside

from kept.people import access
from kept.people.access import Policy
from kept.tenancy import scope

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
ASK = "/ask?what=same+question+for+same+client,+8h"
#: What a list needs to be asked.
ASKED = {"/api/v1/past/similar": "?estimate_hours=4"}

LISTS = sorted(
    {
        route.path + ASKED.get(route.path, "")
        for route in access.routes()
        if route.path.startswith("/api/v1/")
        and "<" not in route.path
        and "GET" in route.methods
        and route.policy is not Policy.ANYONE
    }
)
PAGES = sorted(
    {
        route.path
        for route in access.routes()
        if not route.path.startswith("/api/")
        and "<" not in route.path
        and "GET" in route.methods
        and route.policy is not None
        and route.policy.role is not None
    }
)


class Looking:
    """The owner of a house, who opens every page and every list."""

    def __init__(self, house: cast.House, now: datetime) -> None:
        owner = next(iter(house.people.values()))
        assert owner.login is not None
        self.browser = Browser()
        self.browser.force_login(owner.login, backend=BACKEND)
        with scope.acting_in(house.organisation):
            self.caller = Caller(owner, ["read", "write", "admin"], now)

    def page(self, path: str) -> str:
        send: Callable[..., Any] = self.browser.get
        answer = contextvars.copy_context().run(outside, send, path, follow=True)
        assert answer.status_code == 200, path
        page: str = answer.content.decode()
        # What is new each time: the token of a form, and the moment a page was drawn.
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)

    def rows(self, path: str) -> Any:
        send: Callable[..., Any] = self.caller.http.get
        answer = contextvars.copy_context().run(outside, send, path)
        assert answer.status_code == 200, path
        return answer.json()


@pytest.mark.slow
def test_a_second_house_with_the_same_names_changes_nothing_and_shows_nothing(
    northlight: cast.House, southbank: cast.House, now: datetime, settings: Any
) -> None:
    settings.FUTURES = 20
    assert len(PAGES) > 15
    assert len(LISTS) > 12
    with time_machine.travel(now, tick=False):
        mine = furnished.furnish(northlight, now=now, mark="same")
        ada = Looking(northlight, now)
        ada.rows("/api/v1/tokens")  # notes that the token was used
        pages = {path: ada.page(path) for path in [*PAGES, ASK, "/search?q=same"]}
        lists = {path: ada.rows(path) for path in LISTS}
        assert "same client" in pages["/clients"]

        theirs = furnished.furnish(southbank, now=now, mark="same")
        cleo = Looking(southbank, now)

        assert [path for path, page in pages.items() if ada.page(path) != page] == []
        assert [path for path, rows in lists.items() if ada.rows(path) != rows] == []
        for path in LISTS:
            hers = cleo.rows(path)
            if isinstance(hers.get("items"), list):
                keys = {row["id"] for row in hers["items"] if "id" in row}
                assert keys.isdisjoint(
                    {row["id"] for row in lists[path]["items"] if "id" in row}
                ), path
        for path in [*PAGES, ASK, "/search?q=same"]:
            linked = set(re.findall(r'(?:href|action)="/(\w+)/(\d+)', cleo.page(path)))
            for word, key in linked:
                if word in theirs and word in mine and word != "houses":
                    assert int(key) != mine[word], (path, word, key)

"""A real Chromium before a real server on a small house; loud where there is no browser."""

import os

# Playwright drives its own loop in this thread; the tests ask the database between its steps.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client as DjangoClient
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from tests import cast

from kept import clock, zones
from kept.clients.models import Service, ServiceStage
from kept.jobs.models import Job, Stage
from kept.people.models import Absence
from kept.plan import outlook
from kept.promises import recording
from kept.promises.models import Promise
from kept.tenancy import scope

expect.set_options(timeout=40_000)  # a first answer compiles the engine on a cold machine

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]

OpenPage = Callable[..., Page]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser, and leave it for the end, whatever order the rest is in.

    While a browser is driven, an event loop runs in the main thread, and Django
    keeps its connections apart by context instead of by thread.
    """
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker("browser")
    items.sort(key=lambda item: "journeys" in item.path.parts)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium by its path, or the one playwright installed."""
    path = os.environ.get("KEPT_CHROMIUM") or shutil.which("chromium") or shutil.which("chrome")
    with sync_playwright() as play:
        path = path or play.chromium.executable_path
        if not os.path.exists(path):  # noqa: PTH110
            said = "No Chromium was found, so no page was opened and nothing here was tested."
            if os.environ.get("KEPT_NO_BROWSER") == "1":
                pytest.skip(said + " (KEPT_NO_BROWSER=1)")
            pytest.fail(said + " Install chromium, set KEPT_CHROMIUM, or set KEPT_NO_BROWSER=1.")
        browser = play.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def studio(
    transactional_db: None, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[cast.House]:
    """Northlight with a service, three promises and an absence; its outlooks are computed."""
    monkeypatch.setattr(clock, "now", lambda: now)
    house = cast.northlight(now=now)
    with scope.acting_in(house.organisation):
        service = Service.objects.create(name="Landing page", price=4800)
        ServiceStage.objects.create(
            service=service,
            position=1,
            name="Building",
            skill=house.skills["build"],
            low_hours=12,
            likely_hours=18,
            high_hours=30,
        )
        for what, client, due, hours in (
            ("Menu cards", "Pete's Bakery", date(2026, 11, 30), 4),
            ("Patient letters", "Harbour Clinic", date(2026, 12, 4), 30),
            ("Online booking", "Harbour Clinic", date(2027, 1, 15), 40),
        ):
            _promise(house, what, client, due, hours, now)
        Absence.objects.create(
            member=house.dev, from_on=date(2026, 12, 17), to_on=date(2026, 12, 18)
        )
        outlook.refresh(by=house.ben, now=now)
        yield house


def _promise(
    house: cast.House, what: str, client: str, due: date, hours: float, now: datetime
) -> Promise:
    customer = house.clients[client]
    job = Job.objects.create(title=what, client=customer, state=Job.State.OPEN, made_at=now)
    Stage.objects.create(
        job=job,
        position=1,
        name="Building",
        likely_hours=hours,
        skill=house.skills["build"],
        owner=house.dev,
    )
    return recording.give(
        job=job,
        client=customer,
        due_at=zones.moment(due, time(18), "Europe/Lisbon").astimezone(UTC),
        zone="Europe/Lisbon",
        origin=Promise.Origin.QUOTE,
        by=house.ben,
        now=now - timedelta(days=12),
        last_mile_owner=house.maya,
        chance=0.91,
    )


@pytest.fixture
def opened(chromium: Browser, live_server: Any, studio: cast.House) -> Iterator[OpenPage]:
    """Open a page as somebody: `opened("/ask", who="ben", width=390, theme="dark")`.

    A message on the console fails the test: a refused style or script would be one. That a form
    came back with 4xx, or that the network was cut on purpose, is none; the page says so.
    """
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def go(
        path: str, *, who: str = "maya", width: int = 1280, theme: str = "light", **how: Any
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            **how,
        )
        contexts.append(context)
        login = DjangoClient()
        login.force_login(
            studio.people[who].login,
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        cookie = login.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield go
    for context in contexts:
        context.close()
    expected = ("status of 4", "net::ERR", "htmx:")
    assert [text for text in said if not any(part in text for part in expected)] == []

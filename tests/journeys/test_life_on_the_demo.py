"""The same five lives on a fresh demo: what they add to a record that has a year behind it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import expect
from tests import cast
from tests.api.conftest import Caller
from tests.journeys.conftest import OpenPage
from tests.journeys.life import Clock, nov, play
from tests.record import from_events

from kept import clock
from kept.custody import verifying
from kept.people import logins
from kept.record import page, plain
from kept.sample import studio as sample
from kept.tenancy import scope

ANA = "ana@harbourclinic.example"


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moment = Clock()
    monkeypatch.setattr(clock, "now", lambda: moment.at)
    return moment


@pytest.fixture
def studio(transactional_db: None, present: Clock, settings: Any) -> Iterator[cast.House]:
    """The sample studio, as `kept demo` makes it."""
    settings.FUTURES = 200
    login = logins.make(email="ada@northlight.example", password="correct horse battery staple")
    ada = sample.make(login=login, now=present.at)
    with scope.acting_in(ada.organisation):
        yield cast.House(ada.organisation, {"ada": ada})


def test_what_five_promises_add_to_the_record_of_a_year(
    opened: OpenPage, studio: cast.House, present: Clock, live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL = live_server.url
    asked_at = nov(26, 10)
    # As the sample's own promises will stand then, whatever is played meanwhile.
    before = plain.of(page.read(months=12, now=asked_at))

    ada, chances = play(opened, present, live_server.url, to=ANA)

    present.set(asked_at)
    after = Caller(studio.ada, ["read"], asked_at).get("/record").json()
    assert added(before, after, "first", "kept", "of") == (2, 5)
    assert added(before, after, "last", "kept", "of") == (3, 5)
    assert added(before, after, "marks", "kept", "moved", "late", "broken", "short", "ahead") == (
        2, 1, 1, 1, 0, 0,
    )  # fmt: skip
    assert added(before, after, "coverage", "part", "of") == (4, 4)
    assert added(before, after, "paused", "part", "of") == (63, 1667)
    assert added(before, after, "deemed", "of") == (4,)
    was, now = (told["brier"]["score"] * told["brier"]["of"] for told in (before, after))
    kept_first = {"Menu cards", "Price list"}
    squares = [(chance - (what in kept_first)) ** 2 for what, chance in chances.items()]
    assert now - was == pytest.approx(sum(squares))

    ada.goto(live_server.url + "/record")
    first = after["first"]
    expect(ada.get_by_role("heading", level=1)).to_have_text(
        f"Of {first['of']} promises, {first['kept']} kept as first promised"
    )
    [clinic] = [part for part in after["by_client"] if part["name"] == "Harbour Clinic"]
    [as_was] = [part for part in before["by_client"] if part["name"] == "Harbour Clinic"]
    assert (clinic["kept"] - as_was["kept"], clinic["of"] - as_was["of"]) == (2, 5)
    # Whoever added it all from the events alone gets no other figures.
    again = from_events.record(asked_at, datetime.fromisoformat(after["since"]))
    assert again["first"] == (first["kept"], first["of"])
    assert again["last"] == (after["last"]["kept"], after["last"]["of"])
    assert again["brier"] == pytest.approx(after["brier"]["score"])
    assert verifying.verify().faults == []


def added(before: dict[str, Any], after: dict[str, Any], part: str, *names: str) -> tuple[Any, ...]:
    """By how much figures of one part of the record grew."""
    return tuple(after[part][name] - before[part][name] for name in names)

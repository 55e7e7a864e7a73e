"""The whole life in a house of its own, and the record worked out by hand; life.py tells it.

Ada works alone, so nobody else has to say yes.
"""

from collections.abc import Iterator
from statistics import median
from typing import Any

import pytest
from playwright.sync_api import expect
from tests import cast
from tests.api.conftest import Caller
from tests.journeys.conftest import OpenPage
from tests.journeys.life import Clock, nov, play
from tests.record import from_events

from kept import clock
from kept.clients import keeping
from kept.custody import verifying
from kept.promises.models import Terms
from kept.tenancy import scope

NBSP = "\N{NO-BREAK SPACE}"


@pytest.fixture
def present(monkeypatch: pytest.MonkeyPatch) -> Clock:
    moment = Clock()
    monkeypatch.setattr(clock, "now", lambda: moment.at)
    return moment


@pytest.fixture
def studio(transactional_db: None, present: Clock) -> Iterator[cast.House]:
    """Northlight as it is founded, with one client and somebody there."""
    house = cast._found("Northlight", "Ada", present.at)
    with scope.acting_in(house.organisation):
        doing = {"by": house.ada, "now": present.at}
        clinic = keeping.add_client(name="Harbour Clinic", zone=cast.ZONE, **doing)
        keeping.add_contact(clinic, name="Sara Nunes", email="sara@clinic.example", **doing)
        yield house


def test_five_promises_and_what_the_record_says_of_them(
    opened: OpenPage, studio: cast.House, present: Clock, live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.FUTURES = live_server.url, 200
    ada, chances = play(opened, present, live_server.url, to="sara@clinic.example")

    present.set(nov(26, 10))
    ada.goto(live_server.url + "/record")
    expect(ada.get_by_role("heading", level=1)).to_have_text("Too early to judge")
    rows = [row.inner_text().replace(NBSP, " ") for row in ada.locator(".record-known tr").all()]
    known = dict(row.split("\t")[:2] for row in rows)
    assert known["Kept rate, first terms"] == "2 of 5"  # Menu cards, Price list
    assert known["Kept rate, last terms"] == "3 of 5"  # and Landing page, which moved in time
    assert known["Coverage"] == "4 of 4"
    assert known["Said 90 %, got …"] == "2 of 5"
    assert known["Sharpness"] == f"{by_hand_sharpness():.1f} ×"

    said = Caller(studio.ada, ["read"], present.at).get("/record").json()
    assert (said["first"]["kept"], said["first"]["of"], said["first"]["settled"]) == (2, 5, 5)
    assert said["marks"] == {
        "kept": 2, "moved": 1, "ahead": 0, "late": 1, "still_open": 0, "short": 0, "broken": 1,
    }  # fmt: skip
    # It stood from Monday 9, 18:00, to Thursday 12, 9:00: 63 hours. The five leads, from Monday 2,
    # 11:00, to 18:00 of the day, are 271, 439, 367, 391 and 199 hours: 1,667.
    assert (said["paused"]["part"], said["paused"]["of"]) == (63, 1667)
    assert (said["deemed"]["part"], said["deemed"]["of"]) == (0, 4)
    kept_first = {"Menu cards", "Price list"}
    squares = [(chance - (what in kept_first)) ** 2 for what, chance in chances.items()]
    assert said["brier"]["score"] == pytest.approx(sum(squares) / 5)
    # Whoever added it all from the events alone gets no other figures.
    assert from_events.record(present.at, nov(1, 0))["first"] == (2, 5)
    assert from_events.record(present.at, nov(1, 0))["last"] == (3, 5)
    assert verifying.verify().faults == []


def by_hand_sharpness() -> float:
    """The median of promised lead over the lead at even chances, from the first terms."""
    rows = Terms.objects.filter(number=1).select_related("promise")
    hours = [(row.due_at - row.agreed_at).total_seconds() / 3600 for row in rows]
    assert sorted(hours) == [199, 271, 367, 391, 439]
    return median(
        lead / even
        for lead, even in zip(hours, (row.lead_at_even_chances_hours for row in rows), strict=True)
        if even
    )

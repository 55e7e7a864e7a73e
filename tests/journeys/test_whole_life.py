"""Five promises from the offer by link to the client's word, and the record worked out by hand.

Ada works alone, so nobody else has to say yes. On Monday 2 November 2026, 10:00, she asks for five
dates, holds them and sends them to Sara; at 11:00 Sara says yes to each. Lisbon keeps Greenwich
time in winter, and November has no holiday.

| work         | due (18:00) | what happens                                     | first | last |
|--------------|-------------|--------------------------------------------------|-------|------|
| Menu cards   | Fri 13 Nov  | delivered Thu 12                                 | kept  | kept |
| Landing page | Fri 20 Nov  | told Mon 16, agreed to Tue 24, delivered Tue 24  | late  | kept |
| Flyers       | Tue 17 Nov  | delivered Thu 19                                 | late  | late |
| Price list   | Wed 18 Nov  | paused Mon 9 18:00 to Thu 12 09:00: two working  | kept  | kept |
|              |             | days, so due Fri 20; delivered Fri 20            |       |      |
| Winter site  | Tue 10 Nov  | revoked Tue 10, 9:00                             | broken| broken |

Landing page has 14 working days of lead, so fair notice is three days: Tuesday 17, 18:00.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Locator, Page, expect
from tests import cast
from tests.api.conftest import Caller
from tests.journeys.conftest import OpenPage
from tests.record import from_events

from kept import clock
from kept.clients import keeping
from kept.custody import verifying
from kept.outbox import running
from kept.promises import pausing
from kept.promises.models import Terms
from kept.tenancy import scope

NBSP = "\N{NO-BREAK SPACE}"
WORK = {
    "Menu cards": 13, "Landing page": 20, "Flyers": 17, "Price list": 18, "Winter site": 10,
}  # fmt: skip


class Clock:
    """The moment that every door sees."""

    def __init__(self) -> None:
        self.at = nov(2, 10)

    def set(self, moment: datetime) -> None:
        """Let time pass, and what happens by itself happen."""
        assert moment >= self.at
        self.at = moment
        pausing.begin_due(now=moment)
        running.run_due(now=moment)


def nov(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


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
    ada = opened("/ask", who="ada", java_script_enabled=False)
    for what, day in WORK.items():
        offer(ada, live_server.url, what, day)

    present.set(nov(2, 11))
    sara = opened(link(), who="ada", width=390, java_script_enabled=False)
    for what in WORK:
        part(sara, what).get_by_role("button", name=re.compile("^Accept")).click()
        expect(sara.get_by_text("Thank you. It is promised, and stands below.")).to_be_visible()
    chances = dict(
        Terms.objects.filter(number=1).values_list("promise__job__title", "chance_when_given")
    )
    assert chances.keys() == WORK.keys()

    # What the client owes: told before, it stands by itself from the moment it is overdue.
    owes(ada, "Price list", "The new prices", "2026-11-09")
    present.set(nov(6, 10))
    act(ada, "Price list", "Pause", "I told them: the clock stands")
    expect(ada.get_by_text("unless it comes before.").first).to_be_visible()
    sara.reload()
    expect(part(sara, "Price list")).to_contain_text("the clock stands from Mon 9 Nov, 18:00")

    present.set(nov(10, 9))
    act(ada, "Winter site", "We cannot", "Revoke it", **{"Why we cannot": "The host is gone."})
    sara.reload()
    expect(part(sara, "Price list")).to_contain_text("The clock has stood since Mon 9 Nov")
    present.set(nov(12, 9))
    part(sara, "Price list").get_by_role("button", name="It is sent").click()
    expect(sara.get_by_text("Thank you. We look out for it.")).to_be_visible()
    expect(part(sara, "Price list")).to_contain_text("Friday 20 November, 18:00")

    deliver(ada, sara, present, "Menu cards", nov(12, 12))
    present.set(nov(16, 10))
    bad_news(ada, "Landing page", "2026-11-24")
    present.set(nov(16, 11))
    sara.reload()
    part(sara, "Landing page").get_by_role("radio").first.check()
    part(sara, "Landing page").get_by_role("button", name="Agree to this date").click()
    expect(sara.get_by_text("Thank you. The new date stands below.")).to_be_visible()
    deliver(ada, sara, present, "Flyers", nov(19, 12))
    deliver(ada, sara, present, "Price list", nov(20, 12))
    deliver(ada, sara, present, "Landing page", nov(24, 12))

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


def offer(ada: Page, base: str, what: str, day: int) -> None:
    """Ask for a date in November, hold it, and send it to Sara."""
    ada.goto(base + "/ask")
    line = ada.get_by_label("What, for whom, by when")
    line.fill(f"{what} for Harbour Clinic by 2026-11-{day}, 4h")
    ada.get_by_role("button", name="Ask", exact=True).click()
    ada.get_by_role("radio").first.check()
    ada.get_by_role("button", name=re.compile("^Hold")).click()
    ada.get_by_role("button", name="Send it").click()


def link() -> str:
    """The path of the client's page, as it stands in the newest letter."""
    running.run_due(now=clock.now())
    found = re.search(r"(/p/[^/\s]+/)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def part(page: Page, what: str) -> Locator:
    """The part of the client's page about one piece of work."""
    return page.get_by_role("region", name=what)


def promise_page(ada: Page, what: str) -> None:
    ada.goto(re.sub(r"(https?://[^/]+).*", r"\1/", ada.url))
    ada.get_by_role("link", name=f"Harbour Clinic · {what}").click()


def act(ada: Page, what: str, name: str, button: str, **said: str) -> None:
    promise_page(ada, what)
    ada.get_by_role("link", name=name, exact=True).click()
    for label, text in said.items():
        ada.get_by_label(label).first.fill(text)
    ada.get_by_role("button", name=button).click()


def owes(ada: Page, what: str, owed: str, day: str) -> None:
    promise_page(ada, what)
    ada.get_by_role("link", name="Stages and hours").click()
    ada.get_by_text("They owe us something more").click()
    ada.locator("#obligation_what").fill(owed)
    ada.locator("#obligation_due_on").fill(day)
    ada.locator("form", has=ada.locator("#obligation_what")).get_by_role("button").click()


def bad_news(ada: Page, what: str, day: str) -> None:
    promise_page(ada, what)
    ada.get_by_role("link", name="Bad news").click()
    ada.get_by_label("All of it by").fill(day)
    ada.get_by_label("The reason, in one sentence").fill("The pictures came late.")
    ada.get_by_role("button", name="Write the letter anew").click()
    ada.get_by_role("button", name=re.compile("^Send")).click()


def deliver(ada: Page, sara: Page, present: Clock, what: str, at: datetime) -> None:
    """Ada delivers, and Sara accepts it an hour later."""
    present.set(at)
    act(ada, what, "Deliver", "It is delivered")
    present.set(at.replace(hour=at.hour + 1))
    sara.reload()
    part(sara, what).get_by_role("button", name="Accept it").click()
    expect(sara.get_by_text("Thank you. It is accepted.")).to_be_visible()

"""Five promises from the offer by link to the client's word, as two houses play them.

On Monday 2 November 2026, 10:00, Ada asks for five dates, holds them and sends them to somebody at
Harbour Clinic; at 11:00 they say yes to each. Lisbon keeps Greenwich time in winter, and November
has no holiday there but Sunday the 1st.

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
from datetime import UTC, datetime

from django.core import mail
from playwright.sync_api import Locator, Page, expect
from tests.journeys.conftest import OpenPage

from kept import clock
from kept.outbox import running
from kept.promises import pausing
from kept.promises.models import Terms

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
        all_due(moment)


def nov(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


def play(opened: OpenPage, present: Clock, base: str, *, to: str) -> tuple[Page, dict[str, float]]:
    """Play all five until Wednesday 25 November; return Ada's page and the chances given first.

    Args:
        to: the address of whoever at the clinic gets the offers.
    """
    ada = opened("/ask", who="ada", java_script_enabled=False)
    for what, day in WORK.items():
        offer(ada, base, what, day)

    present.set(nov(2, 11))
    client = opened(link(to), who="ada", width=390, java_script_enabled=False)
    for what in WORK:
        part(client, what).get_by_role("button", name=re.compile("^Accept")).click()
        expect(client.get_by_text("Thank you. It is promised, and stands below.")).to_be_visible()
    given = Terms.objects.filter(number=1, promise__given_at=present.at)
    chances = dict(given.values_list("promise__job__title", "chance_when_given"))
    assert chances.keys() == WORK.keys()

    # What the client owes: told before, it stands by itself from the moment it is overdue.
    owes(ada, "Price list", "The new prices", "2026-11-09")
    present.set(nov(6, 10))
    act(ada, "Price list", "Pause", "Let the clock stand")
    expect(ada.get_by_text("unless it comes before.").first).to_be_visible()
    client.reload()
    expect(part(client, "Price list")).to_contain_text("the clock stands from Mon 9 Nov, 18:00")

    present.set(nov(10, 9))
    act(ada, "Winter site", "We cannot", "Revoke it", **{"Why we cannot": "The host is gone."})
    client.reload()
    expect(part(client, "Price list")).to_contain_text("The clock has stood since Mon 9 Nov")
    present.set(nov(12, 9))
    part(client, "Price list").get_by_role("button", name="It is sent").click()
    expect(client.get_by_text("Thank you. We look out for it.")).to_be_visible()
    expect(part(client, "Price list")).to_contain_text("Friday 20 November, 18:00")

    deliver(ada, client, present, "Menu cards", nov(12, 12))
    present.set(nov(16, 10))
    bad_news(ada, "Landing page", "2026-11-24")
    present.set(nov(16, 11))
    client.reload()
    part(client, "Landing page").get_by_role("radio").first.check()
    part(client, "Landing page").get_by_role("button", name="Agree to this date").click()
    expect(client.get_by_text("Thank you. The new date stands below.")).to_be_visible()
    deliver(ada, client, present, "Flyers", nov(19, 12))
    deliver(ada, client, present, "Price list", nov(20, 12))
    deliver(ada, client, present, "Landing page", nov(24, 12))

    return ada, chances


def offer(ada: Page, base: str, what: str, day: int) -> None:
    """Ask for a date in November, hold it, and send it to the client."""
    ada.goto(base + "/ask")
    line = ada.get_by_label("What, for whom, by when")
    line.fill(f"{what} for Harbour Clinic by 2026-11-{day}, 4h")
    ada.get_by_role("button", name="Ask", exact=True).click()
    ada.get_by_role("radio").first.check()
    ada.get_by_role("button", name=re.compile("^Hold")).click()
    owners = ada.locator("select[name^=owner-]")
    if owners.count():  # where there are others, she says who owns it: herself
        for one in owners.all():
            one.select_option(label="Ada Marsh")
        ada.get_by_role("button", name="Ask them").click()
    ada.get_by_role("button", name="Send it").click()


def all_due(moment: datetime) -> None:
    """Send every letter that waits, however many."""
    while running.run_due(now=moment):
        pass


def link(to: str) -> str:
    """The path of the client's page, as it stands in the newest letter to them."""
    all_due(clock.now())
    newest = next(letter for letter in reversed(mail.outbox) if to in str(letter.to))
    found = re.search(r"(/p/[^/\s]+/)", str(newest.body))
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


def deliver(ada: Page, client: Page, present: Clock, what: str, at: datetime) -> None:
    """Ada delivers, and the client accepts it an hour later."""
    present.set(at)
    act(ada, what, "Deliver", "It is delivered")
    present.set(at.replace(hour=at.hour + 1))
    client.reload()
    part(client, what).get_by_role("button", name="Accept it").click()
    expect(client.get_by_text("Thank you. It is accepted.")).to_be_visible()

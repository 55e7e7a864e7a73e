"""J5 on both sample houses, as somebody meets them after `kept demo`."""

import contextvars
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as DjangoClient
from playwright.sync_api import Browser, BrowserContext, Page, expect

from kept import clock
from kept.asks.models import Ask, Challenge, Creep, Decision, Extra, Story
from kept.clients import links
from kept.clients.models import Client
from kept.people.models import Login, Member
from kept.sample import restaurant, studio
from kept.tenancy import scope

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
Visit = Callable[..., Page]


def made(sample: Any, now: datetime) -> Member:
    login = Login.objects.create_user("ada@sample.example", "only for this test")
    owner: Member = sample.make(login=login, now=now, seed=1)
    return owner


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Visit]:
    """Open pages as somebody in one browser; nobody's, by link."""
    contexts: list[BrowserContext] = []

    def go(path: str, who: Member | None, width: int = 1280) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        contexts.append(context)
        if who is not None:
            login = DjangoClient()
            login.force_login(who.login, backend=BACKEND)
            cookie = login.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(live_server.url + path)
        return page

    yield go
    for context in contexts:
        context.close()


def plain(page: Page) -> str:
    return page.locator("main").inner_text().replace("\N{NO-BREAK SPACE}", " ")


def added_up(house: Any, year: int) -> tuple[int, Decimal, Decimal]:
    """The ledger once more, row by row, as a child would: no query adds anything."""
    rows = [row for row in Extra.objects.all() if row.state == "given"]
    rows = [row for row in rows if row.given_on.year == year]
    hours, money = Decimal(0), Decimal(0)
    for row in rows:
        hours, money = hours + row.hours, money + row.money
    return len(rows), hours, money


def reconciles(page: Page, owner: Member, year: int) -> None:
    """The page's sums are the rows', to the cent, in all and client by client."""
    with scope.acting_in(owner.organisation):
        count, hours, money = added_up(owner.organisation, year)
        names = list(Client.objects.values_list("name", flat=True))
    said = plain(page)
    worth = f"{money:,.2f}".removesuffix(".00")
    took = f"{hours.normalize():f} h, " if hours else ""  # a gift of no time says nothing of it
    assert f"{count} extras in {year}: {took}€ {worth}." in said
    cells = page.locator("table.ledger").first.locator("tbody tr").all()
    of_each = [row.locator("td").nth(2).inner_text() for row in cells]
    sums = [
        Decimal(one.replace("€", "").replace(",", "").replace("\N{NO-BREAK SPACE}", ""))
        for one in of_each
    ]
    assert sum(sums) == money
    assert len(names) >= len(cells) - 1  # walk-ins stand together


def alone(work: Callable[..., Any], *args: Any) -> Any:
    return contextvars.copy_context().run(work, *args)


@pytest.mark.slow
def test_the_studio_is_asked_for_more(
    transactional_db: None, visit: Visit, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    owner = alone(made, studio, now)
    house = owner.organisation

    # One more page for the school, whose core is cold: refused, then overridden.
    page = visit("/desk/new", owner)
    page.get_by_label("What they want, in a few words").fill("One more page, for the library")
    page.get_by_label("Who; nobody for a walk-in").select_option(label="Oakfield School")
    page.get_by_label("What it is", exact=True).select_option("extra")
    page.get_by_label("Its kind, so that the third is known as one").fill("One more page")
    page.get_by_label("How big").fill("3h")
    page.get_by_role("button", name="To the desk").click()
    expect(page.get_by_text("says cold")).to_be_visible()
    page.get_by_label("yes", exact=True).check()
    page.get_by_role("button", name="My word").click()
    page.get_by_label("Yes, this once").check()
    page.get_by_role("button", name="Write it anew for this answer").click()
    page.get_by_role("button", name="I tell them").or_(
        page.get_by_role("button", name="I told them")
    ).click()
    expect(page.get_by_role("alert").first).to_contain_text("The core is cold")
    page.get_by_label("Against the gate, because").fill("They lost a whole term to us")
    page.get_by_role("button", name="I tell them").or_(
        page.get_by_role("button", name="I told them")
    ).click()
    expect(page.get_by_role("heading", name="Yes, this once")).to_be_visible()
    expect(page.get_by_text("They lost a whole term to us")).to_be_visible()

    # The third page for the clinic in ninety days: a can't challenged, then given, then flagged.
    with scope.acting_in(house):
        flu = Ask.objects.get(title="One more page, about flu jabs")
    page = visit(f"/desk/{flu.pk}?given=cant_now", owner)
    expect(page.get_by_text("It would be number 3 of its kind in 90 days")).to_be_visible()
    page.get_by_role("button", name="I told them").click()
    expect(page.get_by_role("alert").first).to_contain_text("That is a won’t: say so")
    page.get_by_label("Yes, this once").check()
    page.get_by_role("button", name="Write it anew for this answer").click()
    page.get_by_text("Against the gate, with a reason").click()
    page.get_by_label("Against the gate, because").fill("A year of letters in time")
    page.get_by_role("button", name="I told them").click()
    expect(page.get_by_role("heading", name="Yes, this once")).to_be_visible()
    page = visit("/creep", owner)
    expect(page.get_by_text("repeated")).to_be_visible()
    page.get_by_role("button", name="Price it").first.click()
    expect(page.get_by_text("Drafted when it got its price.")).to_be_visible()
    expect(page.get_by_label("The reply")).to_contain_text("From now on it is € 480 each")
    with scope.acting_in(house):
        assert Creep.objects.get().draft == Ask.objects.latest("pk")
        assert Challenge.objects.get().ask == flu

    # The ledger, to the cent.
    reconciles(visit("/extras", owner), owner, now.year)

    # A story: consented, changed, consented again.
    with scope.acting_in(house):
        story = Story.objects.get(title="A logo in colour")
        link = links.live_for(story.contact, by=owner, now=now)
        theirs = f"/p/{links.token_of(link)}/"
    page = visit(f"/stories/{story.pk}", owner)
    page.get_by_role("button", name="Ask ").click()
    client = visit(theirs, None)
    client.get_by_role("button", name="Yes, in these words").click()
    page.reload()
    expect(page.get_by_text("they agree")).to_be_visible()
    page.get_by_label("In exactly these words").fill("The farm’s vans are green, all nine.")
    page.get_by_role("button", name="Keep these words").click()
    expect(page.get_by_text(": draft.")).to_be_visible()
    page.get_by_role("button", name="Ask ").click()
    client = visit(theirs, None)
    expect(client.get_by_text("all nine")).to_be_visible()
    client.get_by_role("button", name="Yes, in these words").click()
    page.reload()
    page.get_by_label("Where it is told").fill("northlight.example")
    page.get_by_role("button", name="It is told").click()
    expect(page.get_by_text("northlight.example,")).to_be_visible()


@pytest.mark.slow
def test_the_restaurant_at_fourteen_thirty_three(
    transactional_db: None, visit: Visit, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now.replace(hour=14, minute=33)
    monkeypatch.setattr(clock, "now", lambda: moment)
    owner = alone(made, restaurant, moment)

    page = visit("/", owner, 390)
    expect(page.locator("#recurring")).to_be_visible()

    page = visit("/desk/minute", owner, 390)
    page.get_by_role("link", name="Kitchen closes").click()
    expect(page.get_by_text("3 minutes past 14:30; tolerance 5 minutes")).to_be_visible()
    page.get_by_role("button", name="Yes, at once").click()
    expect(page.get_by_text("Normally: the kitchen closes at 14:30. This once")).to_be_visible()
    with scope.acting_in(owner.organisation):
        decision = Decision.objects.latest("pk")
        assert (decision.given, decision.within, decision.beyond_by) == ("yes_once", "tolerance", 3)
        assert "This once" in decision.ask.replies.get().body

    # The hotel’s lunches come late, and its core is cold: no, also inside the tolerance.
    page.get_by_role("link", name="Kitchen closes").click()
    page.get_by_text("Who is it?").click()
    page.get_by_label("A regular").select_option(label="Quay Hotel")
    page.get_by_role("button", name="Yes, at once").click()
    expect(page.get_by_role("alert")).to_contain_text("The core is cold")

    reconciles(visit("/extras", owner), owner, now.year)

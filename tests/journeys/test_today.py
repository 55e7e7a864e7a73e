"""Today by keyboard, on the phone, and with a look of one's own."""

from playwright.sync_api import expect
from tests.cast import House
from tests.journeys.conftest import OpenPage

from kept.people.models import Absence


def test_rows_are_walked_and_opened_by_keyboard(opened: OpenPage, studio: House) -> None:
    page = opened("/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("today")

    page.keyboard.press("j")
    first = page.locator("[data-row] a").first
    expect(first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(first).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Menu cards")


def test_single_keys_stay_out_of_fields_and_can_be_switched_off(
    opened: OpenPage, studio: House
) -> None:
    page = opened("/")
    page.keyboard.press("p")
    line = page.get_by_label("Promised something already?")
    expect(line).to_be_focused()
    page.keyboard.type("njk?")
    expect(line).to_have_value("njk?")

    studio.maya.login.single_keys = False
    studio.maya.login.save()
    page.reload()
    page.keyboard.press("n")

    assert page.url.endswith("/")


def test_the_first_tab_leads_past_the_navigation(opened: OpenPage, studio: House) -> None:
    page = opened("/")

    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "page"


def test_colours_are_chosen_at_once_and_kept_with_the_person(
    opened: OpenPage, studio: House
) -> None:
    page = opened("/")
    page.locator(".nav-right summary").click()
    with page.expect_response(lambda response: response.url.endswith("/look")):
        page.get_by_role("button", name="Dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"

    page.reload()

    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    studio.maya.login.refresh_from_db()
    assert studio.maya.login.theme == "dark"


def test_a_promise_already_given_is_recorded_in_one_line(opened: OpenPage, studio: House) -> None:
    page = opened("/", width=390)
    page.get_by_label("Promised something already?").fill("Flyers for Pete's Bakery")
    page.get_by_role("button", name="Record the promise").click()
    expect(page.get_by_text("Say also by when. Nothing was recorded yet.")).to_be_visible()

    line = page.get_by_label("Promised something already?")
    expect(line).to_have_value("Flyers for Pete's Bakery")
    line.fill("Flyers for Pete's Bakery by Fri 18 Dec")
    page.get_by_role("button", name="Record the promise").click()

    expect(page.get_by_role("link", name="Pete's Bakery · Flyers")).to_be_visible()


def test_somebody_away_is_entered_without_a_reason(opened: OpenPage, studio: House) -> None:
    page = opened("/people", java_script_enabled=False)
    page.get_by_label("First day away").fill("2026-12-10")
    page.get_by_label("Last day away").fill("2026-12-11")
    page.get_by_role("button", name="Add it").click()

    expect(page.get_by_text("Maya is away Thu 10 Dec – Fri 11 Dec.")).to_be_visible()
    expect(page.get_by_role("cell", name="away Thu, Fri").first).to_be_visible()
    assert Absence.objects.filter(member=studio.maya).count() == 1

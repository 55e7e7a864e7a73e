"""From one line to a promise: typing, by keyboard, and with scripts off."""

import re

from playwright.sync_api import expect
from tests.cast import House
from tests.journeys.conftest import OpenPage
from tests.journeys.test_every_page import found_by_axe

from kept.jobs.models import Job
from kept.promises.models import Promise
from kept.quotes.models import Answer, Quote

LINE = "Landing page for Harbour Clinic by Fri 18 Dec, 16-40h"


def test_typing_answers_without_storing_a_row(opened: OpenPage, studio: House) -> None:
    jobs = Job.objects.count()
    page = opened("/ask")

    page.get_by_label("What, for whom, by when").press_sequentially(LINE, delay=5)

    expect(page.get_by_text("By when?")).to_be_visible()
    expect(page.locator(".verdict")).to_contain_text("Friday")
    expect(page.locator("#live")).to_contain_text("The chance is")
    expect(page.locator(".chip > summary").first).to_have_text("Harbour Clinic")
    assert "what=Landing" in page.url
    assert (Answer.objects.count(), Job.objects.count()) == (0, jobs)


def test_a_corrected_chip_changes_the_answer_and_stays_while_the_line_is_retyped(
    opened: OpenPage, studio: House
) -> None:
    page = opened("/ask?what=" + LINE.replace(" ", "+"))
    size = page.locator("#ask-chips summary", has_text="16-40 h")

    size.click()
    page.get_by_label("Hours or days, one number or a range").fill("200-300h")
    page.keyboard.press("Tab")

    expect(page.locator("#ask-chips summary", has_text="200-300h")).to_be_visible()
    expect(page.locator(".verdict")).to_contain_text("Not")

    line = page.get_by_label("What, for whom, by when")
    line.fill("Landing page for Harbour Clinic by Fri 18 Dec, 8h")
    expect(page.locator("#ask-chips summary", has_text="200-300h")).to_be_visible()
    page.locator("#ask-chips summary", has_text="Harbour Clinic").click()
    page.get_by_label("For whom", exact=True).fill("Pete's Bakery")
    page.keyboard.press("Tab")
    expect(page.locator("#ask-chips summary", has_text="Pete's Bakery")).to_be_visible()


def test_offers_follow_the_dates_and_are_chosen_by_key(opened: OpenPage, studio: House) -> None:
    page = opened("/ask", who="ben")
    line = page.get_by_label("What, for whom, by when")
    line.fill("Landing page for Harbour Clinic by Fri 4 Dec, 40-60h")

    overtime = page.get_by_text("Overtime alone does not make it 90 %.")
    expect(overtime).to_be_visible()
    expect(page.get_by_text("computing…").last).to_be_hidden()
    page.locator("#ask-chips summary", has_text="90 %").click()
    page.get_by_label("How sure the date is to be, in %").fill("50")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", name="What limits the 50 % date")).to_be_visible()

    offers = page.get_by_role("radio")
    expect(offers).not_to_have_count(0)
    line.blur()
    many = offers.count()
    page.keyboard.press(str(many))
    expect(offers.last).to_be_checked()
    day = page.locator(".offer-date").last.inner_text()
    expect(page.locator(f".for-offer[data-offer='{many}']")).to_have_text(day)
    expect(page.locator(".for-offer:visible")).to_have_count(1)
    assert found_by_axe(page) == []


def test_a_line_becomes_a_promise_with_scripts_off(opened: OpenPage, studio: House) -> None:
    page = opened("/ask", who="ben", java_script_enabled=False)
    page.get_by_label("What, for whom, by when").fill(LINE)
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Who pays?")).to_be_visible()

    page.get_by_role("radio").last.check()
    page.get_by_role("button", name=re.compile("^Hold")).click()
    expect(page.get_by_text("Nothing is promised until the client accepts.")).to_be_visible()
    quote = Quote.objects.get()
    assert quote.state == Quote.State.HELD

    page.get_by_label("In their words, if you like").fill("Lovely, go ahead.")
    page.get_by_role("button", name="They said yes").click()

    expect(page.get_by_text("Promised to Harbour Clinic:")).to_be_visible()
    promise = Promise.objects.get(quote=quote)
    assert promise.due_at == quote.due_at
    # Nobody who builds it has said yes, and the client is not refused for that.
    assert (promise.state, promise.last_mile_owner) == (Promise.State.PENDING, studio.ben)
    page.get_by_role("link", name="Today").first.click()
    expect(page.get_by_role("link", name="Harbour Clinic · Landing page")).to_be_visible()


def test_a_house_that_does_not_answer_is_said_where_it_can_be_seen(
    opened: OpenPage, studio: House
) -> None:
    page = opened("/ask")
    page.context.set_offline(True)
    page.get_by_label("What, for whom, by when").fill(LINE)
    expect(page.get_by_text("The house did not answer. Nothing was changed")).to_be_in_viewport()

    page.context.set_offline(False)
    page.get_by_label("What, for whom, by when").fill(LINE + " ")

    expect(page.get_by_text("By when?")).to_be_visible()
    expect(page.locator("#live")).to_have_class("heard")


def test_keys_choose_and_enter_asks_but_holding_is_a_click(opened: OpenPage, studio: House) -> None:
    page = opened("/ask?what=" + LINE.replace(" ", "+").replace("Fri+18+Dec", "Fri+29+Jan"))
    page.locator("h1").first.evaluate("document.activeElement.blur()")

    page.keyboard.press("2")
    expect(page.locator("#offer-2")).to_be_checked()
    page.keyboard.press("1")
    expect(page.locator("#offer-1")).to_be_checked()
    page.keyboard.press("n")
    expect(page.get_by_label("What, for whom, by when")).to_be_focused()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_text("By when?")).to_be_visible()

    assert Quote.objects.count() == 0


def test_an_offer_taken_back_frees_its_capacity(opened: OpenPage, studio: House) -> None:
    page = opened(
        "/ask?what=" + LINE.replace(" ", "+").replace("Fri+18+Dec", "Fri+29+Jan"), who="ben"
    )
    page.get_by_role("button", name=re.compile("^Hold")).click()
    expect(page.get_by_text("What the client said")).to_be_visible()
    assert found_by_axe(page) == []
    expect(page.get_by_text("nobody is named").first).to_be_visible()
    page.get_by_label("Why it goes out without every yes").fill("Dev is on a train.")
    page.get_by_role("button", name="Sign, I told them").click()
    expect(page.get_by_text(re.compile("Offered until"))).to_be_visible()

    page.get_by_role("button", name="Withdraw it").click()

    expect(page.get_by_text("Its capacity is free again.")).to_be_visible()
    assert Quote.objects.get().hold.ended_at is not None

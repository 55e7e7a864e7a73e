"""Typing an estimate: what past work like it took stands below, with the work behind it."""

from datetime import datetime

from playwright.sync_api import expect
from tests.cast import House
from tests.journeys.conftest import OpenPage
from tests.journeys.test_every_page import found_by_axe
from tests.past.test_profiles import past

from kept.past import profiles


def learned(house: House, now: datetime) -> None:
    past(30, ratio=1.5, now=now)
    profiles.refit(by=house.ada, now=now)


def test_past_work_is_told_while_an_estimate_is_typed(
    opened: OpenPage, studio: House, now: datetime
) -> None:
    learned(studio, now)
    page = opened("/jobs/new")

    page.get_by_label("How big").press_sequentially("16", delay=20)

    said = page.locator(".similar > p")
    expect(said).to_contain_text("The 9 most similar: 24 h for 16 h estimated; 9 in 10 within 24 h")
    expect(page.locator("#live")).to_contain_text("The 9 most similar")
    page.get_by_text("The work behind it").click()
    expect(page.locator(".similar li")).to_have_count(9)
    assert found_by_axe(page) == []
    page.get_by_label("How big").fill("")
    expect(said).to_have_count(0)


def test_each_row_of_a_job_in_stages_is_told_for_itself(
    opened: OpenPage, studio: House, now: datetime
) -> None:
    learned(studio, now)
    page = opened("/jobs/new/stages")

    page.locator("#id_form-1-effort").fill("8")

    told = page.locator(".stage-row").nth(1).locator(".similar > p")
    expect(told).to_contain_text("12 h for 8 h estimated")
    expect(page.locator(".similar > p")).to_have_count(1)


def test_without_scripts_a_button_tells_it(opened: OpenPage, studio: House, now: datetime) -> None:
    learned(studio, now)
    page = opened("/jobs/new", java_script_enabled=False)
    page.get_by_label("How big").fill("16")

    page.get_by_role("button", name="What did such work take?").click()

    expect(page.get_by_role("heading", name="What such work took")).to_be_visible()
    expect(page.locator(".past-table tbody tr")).to_have_count(9)


def test_the_size_of_an_ask_is_told_where_it_is_corrected(
    opened: OpenPage, studio: House, now: datetime
) -> None:
    learned(studio, now)
    page = opened("/ask?what=Poster+for+Harbour+Clinic+by+Fri+18+Dec,+8h")

    page.locator("#ask-chips summary", has_text="8 h").click()
    told = page.locator("#ask-chips .similar > p")
    expect(told).to_contain_text("12 h for 8 h estimated")
    page.get_by_label("Hours or days, one number or a range").fill("16h")

    expect(told).to_contain_text("24 h for 16 h estimated; 9 in 10 within 24 h")

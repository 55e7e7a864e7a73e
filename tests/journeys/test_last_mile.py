"""The last mile in a real browser, by keyboard alone and on a phone; nothing for axe to find."""

from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from tests.cast import House
from tests.journeys.conftest import OpenPage
from tests.journeys.test_every_page import found_by_axe

from kept.last_mile import raising
from kept.last_mile.models import Alarm, Delegate, Kind
from kept.people import charters
from kept.promises.models import Promise
from kept.tenancy import scope


def tab_to(page: Page, name: str) -> None:
    """Go to a control by the tabulator key alone."""
    for _step in range(120):
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => (document.activeElement.getAttribute('aria-label')"
            " || document.activeElement.textContent).trim()"
        )
        if said.startswith(name):
            return
    raise AssertionError(f"The tabulator key never comes to “{name}”.")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_board_is_worked_by_keyboard_alone(
    opened: OpenPage, studio: House, now: datetime, width: int
) -> None:
    """Maya says that she knows, nudges Dev, and lets Ben stand in for her."""
    with scope.acting_in(studio.organisation):
        promise = Promise.objects.order_by("due_at")[1]
        asked = raising.raise_alarm(
            Kind.AT_RISK, cause="risk", asked=studio.maya, now=now, promise=promise,
            job=promise.job, chance_then=0.6,
        )  # fmt: skip
    assert asked is not None
    page = opened("/last-mile", width=width)
    expect(page).to_have_title("(1) Last mile · kept")
    assert found_by_axe(page) == []
    tab_to(page, "I know")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You know. An answer is owed by").first).to_be_visible()
    expect(page).to_have_title("Last mile · kept")

    tab_to(page, "Nudge Dev")
    page.keyboard.press("Enter")
    tab_to(page, "Nudge")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Asked Dev:").first).to_be_visible()

    page.reload()
    tab_to(page, "Hand over")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("B")
    tab_to(page, "Hand over")
    page.keyboard.press("Enter")
    expect(page.get_by_text("may chase in your place").first).to_be_visible()
    assert found_by_axe(page) == []
    with scope.acting_in(studio.organisation):
        asked.refresh_from_db()
        assert asked.state == Alarm.State.ACKNOWLEDGED
        assert Alarm.objects.get(kind=Kind.ASKED).asked == studio.dev
        assert Delegate.objects.get().member == studio.ben


@pytest.mark.parametrize("scripts", [True, False])
def test_a_chat_is_added_and_put_first_by_keyboard_without_scripts_too(
    opened: OpenPage, studio: House, scripts: bool
) -> None:
    page = opened("/settings/charter", width=390, java_script_enabled=scripts)
    page.get_by_label("Another way").fill(
        "https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_text("Slack, …uvwx")).to_be_visible()
    page.get_by_role("button", name="Slack, …uvwx: try it earlier").press("Enter")
    expect(page.get_by_text("Put there.")).to_be_visible()
    if scripts:
        assert found_by_axe(page) == []
    with scope.acting_in(studio.organisation):
        kinds = [way.kind for way in charters.reachable(studio.maya).ways]
        assert kinds == ["slack", "mail"]

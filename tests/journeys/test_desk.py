"""J5, an ask beyond: 14:33 for 14:30; one more page; the third of its kind; a can't challenged."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from tests.cast import House
from tests.journeys.conftest import OpenPage

from kept.asks import answering, policies, receiving
from kept.asks.answering import Saying
from kept.asks.models import Ask, Creep, Decision, Extra
from kept.clients import core as cores
from kept.clients import keeping
from kept.jobs.lines import Effort
from kept.promises.models import Promise
from kept.tenancy import scope


def one_more_page(house: House, now: datetime) -> Ask:
    clinic = house.clients["Harbour Clinic"]
    contact = keeping.add_contact(
        clinic, name="Sara Nunes", email="sara@harbour.example", by=house.ben, now=now
    )
    return receiving.receive(
        client=clinic,
        contact=contact,
        title="One more page, about flu jabs",
        words="Could you add one more page, about flu jabs?",
        sort="extra",
        kind="One more page",
        size=Effort(2, 2, 2),
        wanted_at=now + timedelta(days=60),
        decider=house.ben,
        by=house.ben,
        now=now,
    )


def test_fourteen_thirty_three_is_a_yes_in_two_taps_on_a_phone(
    opened: OpenPage, studio: House, now: datetime
) -> None:
    """The rule here is five minutes before the fixed present, and its tolerance ten."""
    limit = (now - timedelta(minutes=5)).strftime("%H:%M")
    with scope.acting_in(studio.organisation):
        policies.make(
            name="Kitchen closes", rule=f"the kitchen closes at {limit}", purpose="Rest",
            owner=studio.ben, quantity="time_of_day", limit=limit, tolerance="10",
            by=studio.ada, now=now,
        )  # fmt: skip
    page = opened("/desk/minute", width=390)
    page.get_by_role("link", name="Kitchen closes").click()
    expect(page.get_by_text(f"past {limit}; tolerance 10 minutes")).to_be_visible()
    page.get_by_role("button", name="Yes, at once").click()

    expect(page.get_by_text("this once we make an exception")).to_be_visible()
    with scope.acting_in(studio.organisation):
        decision = Decision.objects.get()
        assert (decision.given, decision.within) == ("yes_once", "tolerance")


@pytest.mark.parametrize("scripts", [True, False])
def test_one_more_page_with_a_cold_core_is_refused_then_overridden(
    opened: OpenPage, studio: House, now: datetime, scripts: bool
) -> None:
    with scope.acting_in(studio.organisation):
        ask = one_more_page(studio, now)
        clinic = studio.clients["Harbour Clinic"]
        cores.say(clinic, "cold", why="Two late letters", by=studio.ben, now=now)
    page = opened(f"/desk/{ask.pk}", who="ben", java_script_enabled=scripts)
    expect(page.get_by_text("says cold")).to_be_visible()
    page.get_by_label("yes", exact=True).check()
    page.get_by_role("button", name="My word").click()
    page.get_by_label("Yes, this once").check()
    page.get_by_role("button", name="Write it anew for this answer").click()
    expect(page.get_by_label("The reply")).to_contain_text("This once we make an exception")
    page.get_by_role("button", name="I told them").click()
    expect(page.get_by_role("alert")).to_contain_text("The core is cold")

    page.get_by_label("Against the gate, because").fill("We owe them for October")
    page.get_by_role("button", name="I told them").click()

    expect(page.get_by_role("heading", name="Yes, this once")).to_be_visible()
    expect(page.get_by_text("We owe them for October")).to_be_visible()
    with scope.acting_in(studio.organisation):
        assert Extra.objects.get().promise == Promise.objects.latest("pk")


def test_a_cant_that_we_can_is_challenged(opened: OpenPage, studio: House, now: datetime) -> None:
    with scope.acting_in(studio.organisation):
        ask = one_more_page(studio, now)
    page = opened(f"/desk/{ask.pk}?given=cant_now", who="ben")
    page.get_by_role("button", name="I told them").click()

    expect(page.get_by_role("alert")).to_contain_text("That is a won’t: say so")

    page.get_by_label("Fair no").check()
    page.get_by_label("The kind of won’t").select_option("priority")
    page.get_by_role("button", name="I told them").click()
    expect(page.get_by_role("heading", name="Fair no: priority")).to_be_visible()


def test_the_third_of_its_kind_is_flagged_then_priced(
    opened: OpenPage, studio: House, now: datetime
) -> None:
    clinic = studio.clients["Harbour Clinic"]
    with scope.acting_in(studio.organisation):
        for weeks in (9, 5, 1):
            then = now - timedelta(weeks=weeks)
            ask = receiving.receive(
                client=clinic, title="A page", kind="One more page", sort="extra",
                by=studio.ben, now=then,
            )  # fmt: skip
            receiving.judge(ask, sincere="yes", by=studio.ben, now=then)
            answering.answer(
                ask,
                Saying("yes_once", hours=Decimal(3), worth=Decimal(480)),
                by=studio.ben,
                now=then,
            )
    page = opened("/creep", who="ben")
    expect(page.get_by_text("repeated")).to_be_visible()
    expect(page.get_by_label("The price", exact=True)).to_have_value("480")
    page.get_by_role("button", name="Price it").click()

    expect(page.get_by_text("priced", exact=True)).to_be_visible()
    with scope.acting_in(studio.organisation):
        assert Creep.objects.get().price == Decimal(480)

"""From the printed code to a colleague's first look, without a single script; then each page."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, expect
from tests import cast
from tests.journeys.conftest import OpenPage

from kept.clients import catalogue, keeping
from kept.clients.models import Service
from kept.jobs import making
from kept.jobs.making import StageSketch
from kept.jobs.models import Job
from kept.people import opening
from kept.people.models import Member

PASSWORD = "a stove with nine rings"


@pytest.mark.usefixtures("transactional_db")
def test_a_house_is_founded_peopled_and_put_to_work_with_scripts_off(
    chromium: Browser, live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATA", tmp_path)
    code = opening.issue(tmp_path)
    contexts = [chromium.new_context(java_script_enabled=False) for _who in range(2)]
    ada, ines = (context.new_page() for context in contexts)
    for page in (ada, ines):
        page.set_default_timeout(60_000)

    ada.goto(live_server.url)
    ada.get_by_label("Code").fill(code)
    ada.get_by_label("What is your house called?").fill("Northlight")
    ada.get_by_label("Your name").fill("Ada Marsh")
    ada.get_by_label("E-mail").fill("ada@northlight.example")
    ada.get_by_label("Password").fill(PASSWORD)
    ada.get_by_label("Time zone").select_option("Europe/Lisbon")
    ada.get_by_role("button", name="Begin").click()
    expect(ada.get_by_role("link", name="Today")).to_be_visible()

    ada.goto(f"{live_server.url}/people/new")
    ada.get_by_label("Name").fill("Ines Duarte")
    ada.get_by_label("Can do").fill("design, writing")
    ada.get_by_role("button", name="Add").click()
    ada.get_by_role("button", name="Make a link for Ines").click()
    link = ada.locator("#link").inner_text()

    ines.goto(link)
    ines.get_by_label("E-mail").fill("ines@northlight.example")
    ines.get_by_label("Password").fill(PASSWORD)
    ines.get_by_role("button", name="Join").click()
    expect(ines.get_by_role("link", name="Today")).to_be_visible()

    ada.goto(f"{live_server.url}/services/new")
    ada.get_by_label("Service").fill("Menu cards")
    for row, (stage, hours, skill) in enumerate((("Write", "4", "writing"), ("Set", "6-8-16", ""))):
        ada.locator(f"[name=form-{row}-name]").fill(stage)
        ada.locator(f"[name=form-{row}-effort]").fill(hours)
        ada.locator(f"[name=form-{row}-skill]").fill(skill)
    ada.get_by_role("button", name="Keep").click()
    expect(ada.get_by_text("Write, Set")).to_be_visible()

    ines.goto(f"{live_server.url}/jobs")
    ines.get_by_label("A job in one line").fill("Menu cards for Pete’s Bakery")
    ines.get_by_role("button", name="Make the job").click()
    ines.get_by_role("button", name="Begin").first.click()
    ines.get_by_label("Hours worked on Write").fill("3.5")
    ines.get_by_role("button", name="Hand over").first.click()
    ines.goto(f"{live_server.url}/jobs")
    ines.get_by_role("link", name="Menu cards").click()
    expect(ines.get_by_role("row", name="Write")).to_contain_text("done")

    for context in contexts:
        context.close()
    job = Job.everywhere.get()
    assert (
        job.title,
        [s.state for s in job.stages(manager="everywhere").order_by("position")],
    ) == (
        "Menu cards",
        ["done", "ready"],
    )


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_pages_of_the_house_and_nothing_runs_over_the_edge(
    width: int, theme: str, opened: OpenPage, studio: cast.House
) -> None:
    now = studio.organisation.created_at
    clinic = studio.clients["Harbour Clinic"]
    keeping.add_contact(clinic, name="Ana", email="ana@c.example", by=studio.ben, now=now)
    catalogue.change_service(
        Service.objects.get(),
        stages=[StageSketch("Write", 8, skill="write"), StageSketch("Build", 16, after=())],
        by=studio.ben,
        now=now,
    )
    job = making.make(
        title="Landing page for the whole of the spring campaign",
        client=clinic,
        service=Service.objects.get(),
        state=Job.State.OPEN,
        by=studio.ben,
        now=now,
    )
    making.add_condition(job, "Booking works on a phone.", by=studio.ben, now=now)
    making.record_obligation(job, what="Photos", due_at=now, by=studio.ben, now=now)
    invited = Member.objects.create(name="Ines Duarte", zone=cast.ZONE)
    stage = job.stages.first()
    assert stage is not None
    page = opened("/people", who="ada", width=width, theme=theme)
    server = page.url.removesuffix("/people")
    found = {}
    for path in (
        "/people/everybody",
        "/people/new",
        f"/people/{studio.dev.pk}",
        f"/people/{invited.pk}",
        f"/people/{studio.dev.pk}/leave",
        "/clients",
        f"/clients/{clinic.pk}",
        f"/services/{Service.objects.get().pk}",
        "/jobs",
        "/jobs/new",
        "/jobs/new/stages",
        f"/jobs/{job.pk}",
        f"/stages/{stage.pk}",
        "/settings",
        "/settings/house",
        "/houses",
        "/accounts/password",
        "/accounts/logout",
    ):
        page.goto(server + path)
        if wrong := _wrong(page, width):
            found[path] = wrong
    assert found == {}


def _wrong(page: Page, width: int) -> list[object]:
    response: dict[str, Any] = Axe().run(page, options={"preload": False}).response
    wrong: list[object] = [
        (v["id"], [node["html"] for node in v["nodes"]]) for v in response["violations"]
    ]
    wide = page.evaluate("document.documentElement.scrollWidth")
    return [*wrong, wide] if wide != width else wrong

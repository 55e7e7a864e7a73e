"""Each page in two widths and both themes: nothing for axe to find, nothing beyond the edge."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.cast import House
from tests.journeys.conftest import OpenPage

from kept.promises.models import Promise

ASKED = "/ask?what=Landing+page+for+Harbour+Clinic+by+Fri+18+Dec,+16-40h"
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (390, "dark"))
PAGES = {
    "today": "/",
    "ask": "/ask",
    "answer": ASKED,
    "promise": "/promises/{promise}",
    "bad news": "/promises/{promise}/bad-news",
    "deliver": "/promises/{promise}/deliver",
    "people": "/people",
    "search": "/search?q=pa",
    "past": "/past",
    "record": "/record",
    "work": "/work",
    "ask an owner": "/stages/{stage}/owner",
    "similar work": "/past/similar?effort=16&mine=1",
    "clients": "/clients",
    "import": "/import",
    "everybody": "/people/everybody",
    "person": "/people/{member}",
    "job": "/jobs/{job}",
    "new job": "/jobs/new",
    "new job in stages": "/jobs/new/stages",
    "new service": "/services/new",
    "letters": "/letters",
    "answers owed": "/replies",
    "an ask": "/desk",
    "write down an ask": "/desk/new",
    "minute mode": "/desk/minute",
    "house rules": "/policies",
    "extras": "/extras",
    "what became expected": "/creep",
    "stories": "/stories",
    "core": "/clients/{client}/core",
    "view as client": "/promises/{promise}/as-client",
    "settings": "/settings",
    "house": "/settings/house",
}


def found_by_axe(page: Page) -> list[tuple[str, list[str]]]:
    response: dict[str, Any] = Axe().run(page, options={"preload": False}).response
    return [(v["id"], [node["html"] for node in v["nodes"]]) for v in response["violations"]]


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_runs_over_the_edge(
    name: str, opened: OpenPage, studio: House
) -> None:
    promise = Promise.objects.order_by("pk").last()
    assert promise is not None
    path = PAGES[name].format(
        promise=promise.pk,
        job=promise.job_id,
        client=promise.client_id,
        member=studio.dev.pk,
        stage=promise.job.stages.get().pk,
    )
    page = opened(path, who="ada")
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        assert found_by_axe(page) == [], (width, theme)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_promise_prints_as_one_clean_sheet_for_a_client(opened: OpenPage, studio: House) -> None:
    promise = Promise.objects.order_by("pk").last()
    assert promise is not None
    page = opened(f"/promises/{promise.pk}", theme="dark")

    page.emulate_media(media="print")

    said = page.locator("body").inner_text().replace("\u00a0", " ")
    assert "Online booking" in said
    assert "Harbour Clinic · promised for Fri 15 Jan 2027, 18:00 Lisbon. Running." in said
    assert "Done means" in said
    assert "%" not in said
    assert "Dev" not in said
    assert "Maya" not in said
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"

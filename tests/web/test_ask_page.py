"""Ask: a line is read, chips correct it, gaps are asked back; a hold refused loses nothing."""

import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.http import QueryDict
from tests.cast import House
from tests.quotes.test_checking import given
from tests.web.conftest import LogIn
from tests.web.test_today_page import _words

from kept.clients import catalogue, core
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs.models import Job
from kept.people import staff
from kept.quotes import checking, choosing
from kept.quotes.checked import Limits
from kept.quotes.models import Answer, Quote
from kept.tenancy import scope
from kept.web import example_lines
from kept.web.pages import ask
from kept.web.saying import Saying

LINE = "Landing page for Harbour Clinic by Fri 18 Dec, 16-40h"


def _read(house: House, now: datetime, said: str) -> ask.Reading:
    return ask._read(ask.AskForm(QueryDict(said)), house.organisation, now)


def test_one_line_says_what_for_whom_how_big_and_by_when(northlight: House, now: datetime) -> None:
    reading = _read(northlight, now, f"what={LINE}")

    assert reading.line.what == "Landing page"
    assert reading.client == northlight.clients["Harbour Clinic"]
    assert reading.chips == ask.Chips(
        client="Harbour Clinic", size="16-40 h", service="", skill="", wanted="2026-12-18", at=""
    )
    assert reading.wanted_at == datetime(2026, 12, 18, 18, tzinfo=UTC)


def test_a_chip_that_was_not_touched_follows_the_retyped_line(
    northlight: House, now: datetime
) -> None:
    kept = "client=Harbour Clinic&size=16-40 h&wanted=2026-12-18"

    reading = _read(
        northlight, now, f"what=Landing page for Pete's Bakery by Mon 21 Dec, 8h&was={LINE}&{kept}"
    )

    assert (reading.chips.client, reading.chips.size) == ("Pete's Bakery", "8 h")
    assert reading.chips.wanted == "2026-12-21"


def test_a_corrected_chip_stays_while_the_line_is_retyped(northlight: House, now: datetime) -> None:
    reading = _read(
        northlight,
        now,
        f"what=Landing page for Harbour Clinic by Mon 21 Dec&was={LINE}&size=80h&wanted=2026-12-18",
    )

    assert reading.chips.size == "80h"
    assert reading.effort is not None
    assert reading.effort.likely_hours == 80
    assert reading.chips.wanted == "2026-12-21"


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ("size=huge", "size", "“huge” is not a size. Write hours or days: 24h, 16-40h, 2 days."),
        ("wanted=31/02", "wanted", "“31/02” is not a day. Write one like Fri 18 Dec."),
        (
            "wanted=2026-12-18&at=25:00",
            "wanted",
            "“25:00” is not a time of day. Write one like 17:00.",
        ),
        (
            "wanted=2027-03-28&at=01:30",
            "wanted",
            "Sun 28 Mar has no 01:30 there: the clocks go forward.",
        ),
        ("wanted=9999-12-31", "wanted", "The wanted day: the year 9999 is out of reach."),
    ],
)
def test_a_chip_that_cannot_be_is_named_with_what_would_do(
    said: str, field: str, sentence: str, northlight: House, now: datetime
) -> None:
    reading = _read(northlight, now, f"what=Landing page&{said}")

    assert {name: text.replace("\u00a0", " ") for name, text in reading.wrong.items()} == {
        field: sentence
    }


def test_nothing_typed_shows_what_one_may_type(northlight: House, login: LogIn) -> None:
    page = login(northlight.maya).get("/ask")

    assert page.status_code == 200
    assert "One line is enough" in _words(page.content)


def test_a_house_is_shown_lines_of_its_own_services_for_its_own_clients(
    northlight: House, login: LogIn, now: datetime
) -> None:
    with scope.acting_in(northlight.organisation):
        for name, hours in (("Lunch for the office", 2.0), ("Sunday table", 1.5)):
            catalogue.add_service(
                name=name, stages=[StageSketch("Cook and serve", hours)], by=northlight.ada, now=now
            )
        core.name(
            Client.objects.get(name="Pete's Bakery"),
            Service.objects.get(name="Sunday table"),
            by=northlight.ben,
            now=now,
        )
        services = list(Service.objects.prefetch_related("stages"))
        lines = example_lines.for_house(
            northlight.organisation,
            clients=list(Client.objects.all()),
            services=services,
            now=now,
        )
    assert lines == [
        "Sunday table for Pete's Bakery by 9 Dec",
        "Lunch for the office for Harbour Clinic, 2h",
    ]

    shown = login(northlight.maya).get("/ask")

    said = html.unescape(_words(shown.content))
    assert [line for line in lines if line in said] == lines
    assert "Landing page" not in said
    for line in lines:
        assert "What you can say now" in _words(
            login(northlight.maya).get("/ask", {"what": line}).content
        )


def test_a_service_that_the_line_would_not_be_read_as_is_no_example(
    northlight: House, now: datetime
) -> None:
    """What is called like a size would be answered as something else."""
    with scope.acting_in(northlight.organisation):
        services = [Service.objects.create(name=name) for name in ("8 hours", "2 days")]
        clients = list(Client.objects.all())
        lines = example_lines.for_house(
            northlight.organisation, clients=clients, services=services, now=now
        )
    assert lines == [
        "Landing page for Harbour Clinic by Friday, 16-40h",
        "New menu for the bakery, 2 days",
    ]


def test_without_a_size_the_services_are_offered(northlight: House, login: LogIn) -> None:
    with scope.acting_in(northlight.organisation):
        Service.objects.create(name="Season site")

    page = login(northlight.maya).get("/ask", {"what": "Something for Harbour Clinic, soon"})

    said = _words(page.content)
    assert "How big is it?" in said
    assert "Season site" in said
    assert "Not said yet: what “soon” means: say a day, by when" in said


def test_an_answer_stores_nothing(northlight: House, login: LogIn) -> None:
    page = login(northlight.maya).get("/ask", {"what": LINE})

    said = _words(page.content)
    assert "Can we?" in said
    assert "Who pays? Nobody : nothing else is promised yet." in said
    assert "Hold" in said
    assert (Answer.objects.count(), Job.objects.count()) == (0, 0)


def test_a_fragment_brings_the_answer_and_the_chips(northlight: House, login: LogIn) -> None:
    part = login(northlight.maya).get("/ask", {"what": LINE}, headers={"HX-Request": "true"})

    text = part.content.decode()
    assert text.startswith('<div id="answer"')
    assert 'hx-swap-oob="innerHTML:#ask-chips"' in text
    assert "<html" not in text


def test_a_wanted_day_in_the_past_is_said_and_nothing_is_held(
    northlight: House, login: LogIn
) -> None:
    page = login(northlight.maya).get("/ask", {"what": LINE.replace("18 Dec", "27 Nov")})

    assert "has gone by. Ask for a later date." in _words(page.content)


def test_a_hold_without_a_client_is_asked_back_and_reserves_nothing(
    northlight: House, login: LogIn
) -> None:
    clients = Client.objects.count()

    page = login(northlight.maya).post(
        "/ask/hold",
        {"what": "Landing page by Fri 29 Jan, 16-40h", "due_at": "2027-01-29T18:00:00+00:00"},
    )

    assert page.status_code == 422
    said = _words(page.content)
    assert "Say for whom: a hold belongs to a client. Nothing was reserved." in said
    assert "Can we?" in said
    assert (Quote.objects.count(), Client.objects.count()) == (0, clients)


@pytest.mark.parametrize(
    ("due_at", "sentence"),
    [
        ("nonsense", "Choose one of the dates first. Nothing was reserved."),
        ("2020-01-02T18:00:00+00:00", "has gone by. Hold a later date."),
        ("9999-12-31T18:00:00+00:00", "The date to hold: the year 9999 is out of reach."),
    ],
)
def test_a_date_that_cannot_be_held_is_refused_in_words(
    due_at: str, sentence: str, northlight: House, login: LogIn
) -> None:
    page = login(northlight.maya).post("/ask/hold", {"what": LINE, "due_at": due_at})

    assert page.status_code == 422
    assert sentence in _words(page.content)
    assert Quote.objects.count() == 0


def test_a_date_that_does_not_stand_is_refused_and_only_a_lead_may_sign_it(
    northlight: House, login: LogIn
) -> None:
    asked = {
        "what": "Landing page for Harbour Clinic by Fri 4 Dec, 60-80h",
        "due_at": "2026-12-04T18:00:00+00:00",
    }

    refused = login(northlight.maya).post("/ask/hold", asked)
    assert refused.status_code == 409
    assert "Nothing was reserved." in _words(refused.content)
    assert "Sign it as a risk" not in _words(refused.content)
    assert Quote.objects.count() == 0
    assert "Sign it as a risk" in _words(login(northlight.ben).post("/ask/hold", asked).content)

    signed = login(northlight.ben).post(
        "/ask/hold", asked | {"risk_reason": "We hire a second pair of hands."}, follow=True
    )

    assert "Risk signed Ben: We hire a second pair of hands." in _words(signed.content)
    assert Quote.objects.get().risk_signed_by == northlight.ben


def test_a_hold_becomes_a_promise_by_the_clients_yes(northlight: House, login: LogIn) -> None:
    browser = login(northlight.ben)
    held = browser.post(
        "/ask/hold",
        {"what": LINE.replace("18 Dec", "29 Jan"), "due_at": "2027-01-29T18:00:00+00:00"},
        follow=True,
    )
    quote = Quote.objects.get()
    said = _words(held.content)
    assert "Friday 29 January 2027" in said
    assert "Landing page can be yours by Friday 29 January, 18:00." in said

    done = browser.post(f"/quotes/{quote.pk}/accept", {"word": "Yes!"}, follow=True)
    assert "Promised to Harbour Clinic: Friday 29 January, 18:00 Lisbon." in _words(done.content)

    again = browser.post(f"/quotes/{quote.pk}/accept", {"word": "Yes!"})
    assert again.status_code == 409
    assert "This offer is accepted" in _words(again.content)


FORM = "Landing page for Harbour Clinic by Fri 4 Dec"


@pytest.fixture
def with_a_form(one_builder: House, now: datetime) -> Service:
    """A service of sixteen hours of page and eight of an optional form; Friday holds 18 h 50."""
    return catalogue.add_service(
        name="Landing page",
        stages=[
            StageSketch("Page", 16, low_hours=16, high_hours=16, skill="build"),
            StageSketch("Form", 8, low_hours=8, high_hours=8, skill="build", optional=True),
        ],
        by=one_builder.ada,
        now=now,
    )


def test_one_says_how_sure_it_is_to_be(one_builder: House, login: LogIn) -> None:
    line = {"what": "Landing page for Harbour Clinic, 8-32h"}
    browser = login(one_builder.maya)

    usual = _words(browser.get("/ask", line).content)
    surer = _words(browser.get("/ask", {**line, "sure": "99"}).content)
    wrong = _words(browser.get("/ask", {**line, "sure": "100"}).content)

    assert "As sure as 90 %" in usual
    assert "What limits the 90 % date" in usual
    assert "As sure as 99 %" in surer
    assert "What limits the 99 % date" in surer
    assert "“100” is not how sure one can be. Say 50 to 99 %." in wrong
    assert "Can we?" not in wrong


def test_a_size_beside_a_service_is_shared_out_over_its_stages(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    page = login(one_builder.maya).get("/ask", {"what": f"{FORM}, 36h"})

    said = _words(page.content)
    assert "Size 36 h" in said
    assert "shared out as in “Landing page”" in said
    assert page.context["checked"].expected_hours == pytest.approx(36)
    assert [stage.likely_hours for stage in page.context["checked"].stages] == [24, 12]


def test_the_dates_come_first_and_the_reasons_are_fetched_into_the_same_place(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    browser, swapped = login(one_builder.ben), {"HX-Request": "true"}

    first = browser.get("/ask", {"what": FORM}, headers=swapped).content
    rest = re.search(r'hx-get="([^"]+whole=1[^"]*)"', first.decode())
    assert rest is not None
    whole = browser.get(html.unescape(rest[1]), headers=swapped).content
    page = browser.get("/ask", {"what": FORM}).content

    assert "computing…" in _words(first)
    assert "Without “Form”." not in _words(first)
    assert "computing…" not in _words(whole)
    for text in (whole, page):
        assert "Without “Form”." in _words(text)
        assert "With overtime of the team: 50 % with 5.2 h" in _words(text)
        assert b"whole=1" not in text
    assert whole.startswith(b'<div id="answer"')
    assert b"ask-chips" not in whole
    sentence = re.search(r'data-announce="([^"]+)"', first.decode())
    assert sentence is not None
    assert sentence[0] in whole.decode()


def test_a_page_opened_where_scripts_run_comes_with_the_dates_first(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    browser = login(one_builder.ben)
    browser.cookies["scripts"] = "on"

    first = browser.get("/ask", {"what": FORM}).content.decode()
    rest = re.search(r'<noscript><p class="ask-note"><a class="quiet-link" href="([^"]+)"', first)
    assert rest is not None
    whole = browser.get(html.unescape(rest[1])).content

    assert "Without “Form”." not in first
    assert "<html" in first
    assert "Without “Form”." in _words(whole)
    assert b"<html" in whole
    assert b"computing\xe2\x80\xa6</p>" not in whole


def test_the_offer_that_was_chosen_meanwhile_stays_chosen(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    asked = {"what": FORM, "whole": "1", "due_at": "2026-12-04T18:00:00+00:00 without-2"}

    part = login(one_builder.ben).get("/ask", asked, headers={"HX-Request": "true"})

    chosen = re.findall(r'value="([^"]+)"[^>]* checked>', part.content.decode())
    assert chosen == ["2026-12-04T18:00:00+00:00 without-2"]


def test_later_dates_are_ticked_for_the_client_as_the_date_is_held(
    northlight: House, login: LogIn, now: datetime
) -> None:
    page = login(northlight.ben).get("/ask", {"what": LINE})
    days = re.findall(r'name="also" value="([^"]+)"', page.content.decode())
    offered = re.findall(r'name="due_at" id="offer-\d" value="([^"]+)"', page.content.decode())
    assert [offer[:10] for offer in offered] == ["2026-12-18", "2026-12-14"]
    assert [day[:10] for day in days] == ["2026-12-15", "2026-12-18"]
    assert 'class="choice after after-2"><input type="checkbox" name="also"' in (
        page.content.decode()
    )

    too_early = (now + timedelta(days=1)).isoformat()
    held = offered[1]
    said = {"what": LINE, "due_at": held, "also": [days[-1], held, too_early, "soon"]}
    answer = login(northlight.ben).post("/ask/hold", said, follow=True)

    quote = Quote.objects.get()
    assert quote.due_at == datetime.fromisoformat(held)
    assert [row.due_at for row in choosing.of(quote)] == [datetime.fromisoformat(days[-1])]
    words = _words(answer.content)
    assert "They cannot choose Thu 3 Dec: " in words
    assert "later ones can be chosen from then." in words


def test_what_was_ticked_stays_ticked_where_the_reasons_are_fetched_or_the_hold_is_refused(
    northlight: House, login: LogIn
) -> None:
    page = login(northlight.ben).get("/ask", {"what": LINE})
    [*_days, last] = re.findall(r'name="also" value="([^"]+)"', page.content.decode())
    fetched = login(northlight.ben).get("/ask", {"what": LINE, "whole": "1", "also": last})
    refused = login(northlight.ben).post("/ask/hold", {"what": LINE, "also": last})
    assert refused.status_code == 422
    for answer in (fetched, refused):
        assert f'name="also" value="{last}" checked' in answer.content.decode()


def test_less_of_it_is_held_as_it_was_offered(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    held = login(one_builder.maya).post(
        "/ask/hold",
        {"what": FORM, "due_at": "2026-12-04T18:00:00+00:00 without-2"},
        follow=True,
    )

    assert held.status_code == 200
    quote = Quote.objects.get()
    assert [stage.name for stage in quote.job.stages.all()] == ["Page"]
    assert quote.due_at == datetime(2026, 12, 4, 18, tzinfo=UTC)


def test_overtime_is_held_with_the_teams_yes_and_by_a_lead(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    asked = {"what": FORM, "due_at": "2026-12-04T18:00:00+00:00 overtime"}

    unasked = login(one_builder.ben).post("/ask/hold", asked)
    assert unasked.status_code == 422
    assert "Overtime needs the team’s yes: ask them first. Nothing was reserved." in _words(
        unasked.content
    )
    member = login(one_builder.maya)
    assert "A lead can hold it." in _words(member.get("/ask", {"what": FORM}).content)
    assert member.post("/ask/hold", asked | {"team_yes": "1"}).status_code == 403
    assert Quote.objects.count() == 0

    login(one_builder.ben).post("/ask/hold", asked | {"team_yes": "1"})

    quote = Quote.objects.get()
    assert quote.risk_signed_by == one_builder.ben
    assert quote.risk_reason.replace("\u00a0", " ") == (
        "The team said yes to up to 5.2 h of overtime."
    )


def test_a_date_that_another_would_pay_for_is_no_plain_yes(
    one_builder: House, login: LogIn, now: datetime
) -> None:
    given(one_builder, 16, datetime(2026, 12, 4, 18, tzinfo=UTC), now)

    page = login(one_builder.ben).get(
        "/ask", {"what": "Landing page for Harbour Clinic by Thu 3 Dec, 8-8-8h"}
    )

    said = _words(page.content)
    assert "By Thursday only at another’s cost. The chance is over 99 %." in said
    assert "Bakery under the line; a lead would have to sign that." in said
    assert "As wanted" not in said


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ({"from": "2026-12-09", "to": "2026-12-10"}, "Away: no gain"),
        ({"from": "2026-12-10", "to": "2026-12-10"}, "Away: no gain"),
        # Holidays lie days apart: those between them are none.
        ({"from": "2026-12-08", "to": "2026-12-25", "on": ["2026-12-08", "2026-12-25"]}, None),
        ({}, None),
    ],
)
def test_a_flat_part_of_the_curve_is_labelled_with_what_lies_on_that_day(
    about: dict[str, object], said: str | None, one_builder: House, now: datetime
) -> None:
    # 8 to 32 h, likely 16: even chances on Friday, 90 % on Thursday the 10th of December; and
    # nothing is gained while Dev is away on Wednesday and Thursday.
    staff.add_absence(
        one_builder.dev, date(2026, 12, 9), date(2026, 12, 10), by=one_builder.ada, now=now
    )
    checked = checking.work_out(
        what="Page",
        stages=[StageSketch("Build", 16, low_hours=8, high_hours=32, skill="build")],
        now=now,
    )
    limits = [Limits("absence", "Away", 2.0, about)]

    say = Saying(replace(checked, limits=limits), house=one_builder.organisation, today=now.date())

    assert (said in say.curve()) if said else ("no gain" not in say.curve())


def test_an_offer_nobody_made_is_refused(
    with_a_form: Service, one_builder: House, login: LogIn
) -> None:
    browser = login(one_builder.ben)
    for change in ("without-1", "without-7", "cheaper", "stage-1-by-99999"):
        page = browser.post(
            "/ask/hold", {"what": FORM, "due_at": f"2026-12-04T18:00:00+00:00 {change}"}
        )
        assert page.status_code == 422
    assert Quote.objects.count() == 0

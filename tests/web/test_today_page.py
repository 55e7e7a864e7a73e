"""Today names what needs somebody, by least slack, in as many queries for one row as for three."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import House
from tests.web.conftest import LogIn, Promised

from kept import zones
from kept.plan.models import Outlook
from kept.promises import occurring, recording
from kept.promises.models import Occurrence

DEC = {day: date(2026, 12, day) for day in range(1, 32)}


def _words(html: bytes) -> str:
    text = re.sub(r"<(svg|script|style)\b.*?</\1>", " ", html.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\u00a0", " ").split())


def test_the_headline_counts_and_names_who_is_needed(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promised("Menu cards", due=date(2026, 11, 30), even=DEC[3], sure=DEC[4], chance=0.02)
    promised("Portal", due=DEC[9], even=DEC[9], sure=DEC[10], chance=0.66, owner=northlight.ben)
    promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11], chance=0.95)

    page = login(northlight.maya).get("/")
    said = _words(page.content)

    assert "<title>(2) Today · kept</title>" in page.content.decode()
    assert "Two promises need someone today" in said
    assert "Maya one, Ben one. The other one can wait." in said
    assert said.index("Overdue 1") < said.index("At risk 1") < said.index("On track 1")
    assert "90 % by Fri 4 Dec. Promised Mon 30 Nov, not delivered." in said
    assert "90 % by Thu 10 Dec. Promised Wed 9 Dec. One working day short." in said
    assert "1 day to spare" in said


def test_a_line_says_its_sentence_to_those_who_cannot_see_it(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11], chance=0.95)

    page = login(northlight.maya).get("/").content.decode().replace("\u00a0", " ")

    assert (
        "<title>90 % by Fri 11 Dec. Promised Mon 14 Dec. One working day to spare.</title>" in page
    )


def test_too_little_past_is_called_not_known(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promised("Film", due=DEC[18], even=DEC[10], sure=DEC[11], chance=0.95, known=2)

    said = _words(login(northlight.maya).get("/").content)

    assert "Nothing needs anyone today" in said
    assert "Not enough history 1" in said
    assert "not known" in said


def test_what_recurs_and_falls_due_today_is_ticked_there(
    northlight: House, login: LogIn, now: datetime
) -> None:
    """A call at 15:30 is due today, one at 9:00 tomorrow is not; the rate is bought by neither."""
    doing = {"client": northlight.clients["Harbour Clinic"], "rule": "FREQ=DAILY",
             "owner": northlight.maya, "by": northlight.maya, "now": now}  # fmt: skip
    occurring.make(what="Daily call", due_time=time(15, 30), **doing)
    occurring.make(what="Morning note", due_time=time(9), **doing)
    maya = login(northlight.maya)
    said = _words(maya.get("/").content)
    assert "One standing promise falls due today" in said
    assert "Wed 2 Dec, 15:30 Daily call Harbour Clinic · Maya Done" in said
    assert "Thu 3 Dec, 09:00 Morning note Harbour Clinic · Maya" in said
    assert "No open promise waits for you" in _words(
        login(northlight.dev).get("/?whose=mine").content
    )
    row = Occurrence.objects.filter(standing__what="Daily call").earliest("due_at")
    done = maya.post(f"/occurrences/{row.pk}", {"answer": "done", "back": "today"})
    assert (done.status_code, done.headers["Location"]) == (302, "/")
    said = _words(maya.get("/").content)
    assert "Nothing more falls due today" in said
    assert "kept Daily call" in said


def test_mine_shows_the_promises_i_see_over_the_line(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11], owner=northlight.maya)
    promised("Portal", due=DEC[14], even=DEC[10], sure=DEC[11], owner=northlight.ben)

    said = _words(login(northlight.ben).get("/?whose=mine").content)

    assert "Portal" in said
    assert "Letters" not in said


def test_a_new_house_is_told_where_to_begin(northlight: House, login: LogIn) -> None:
    said = _words(login(northlight.ada).get("/").content)

    assert "Nothing is promised yet" in said
    assert "Who works here" in said
    assert "The next thing somebody wants" in said


def test_another_house_sees_nothing_of_it(
    northlight: House, southbank: House, promised: Promised, login: LogIn
) -> None:
    promise = promised("Secret letters", due=DEC[14], even=DEC[10], sure=DEC[11])

    browser = login(southbank.cleo)

    assert b"Secret letters" not in browser.get("/").content
    assert browser.get(f"/promises/{promise.pk}").status_code == 404
    assert b"Secret letters" not in browser.get("/search?q=Secret").content


def test_a_guest_is_kept_out_in_words(northlight: House, login: LogIn) -> None:
    page = login(northlight.gus).get("/people")

    assert page.status_code == 403
    assert "It needs the role “Member” in this house." in _words(page.content)


@pytest.mark.parametrize("path", ["/", "/search?q=letters", "/people"])
def test_three_promises_ask_no_more_questions_than_one(
    path: str, northlight: House, promised: Promised, login: LogIn
) -> None:
    browser = login(northlight.maya)
    promised("Letters 1", due=DEC[14], even=DEC[10], sure=DEC[11])
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get(path)
    promised("Letters 2", due=DEC[15], even=DEC[10], sure=DEC[11])
    promised("Letters 3", due=DEC[16], even=DEC[10], sure=DEC[11], client="Pete's Bakery")
    with CaptureQueriesContext(connection) as three:
        browser.get(path)

    assert len(three) == len(one)


def test_a_fragment_is_the_part_of_the_page_that_changes(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11])

    part = login(northlight.maya).get("/", headers={"HX-Request": "true"}).content.decode()

    assert part.startswith('<div id="board"')
    assert "<html" not in part
    assert "Letters" in part


def test_a_promise_already_given_is_recorded_in_one_line(northlight: House, login: LogIn) -> None:
    browser = login(northlight.dev)

    page = browser.post(
        "/promises/new", {"line": "Menu cards for Pete's Bakery by Fri 18 Dec"}, follow=True
    )

    said = _words(page.content)
    assert "Promised to Pete&#x27;s Bakery: Friday 18 December, 18:00 Lisbon." in said
    assert "Menu cards" in said


def test_a_vague_promise_is_asked_back_and_its_words_are_kept(
    northlight: House, login: LogIn
) -> None:
    page = login(northlight.dev).post("/promises/new", {"line": "Menu cards, soon"})

    said = _words(page.content)
    assert page.status_code == 422
    assert "Nothing was recorded yet." in said
    assert "by when" in said
    assert 'value="Menu cards, soon"' in page.content.decode()


def test_a_promise_above_the_line_is_never_called_short(
    northlight: House, promised: Promised, login: LogIn
) -> None:
    promised("Letters", due=DEC[11], even=DEC[10], sure=DEC[14], chance=0.84)

    page = login(northlight.maya).get("/").content

    said = _words(page)
    assert "On track 1" in said
    assert "no day to spare" in said
    assert "short" not in said
    assert "Promised Fri 11 Dec. Not a day to spare." in page.decode().replace("\u00a0", " ")


def test_the_page_says_what_moved_since_monday(
    northlight: House, promised: Promised, login: LogIn, now: datetime
) -> None:
    """Wednesday 2 December: what counts is how each stood before Monday 30 November, 0:00."""
    fell = promised("Season site", due=DEC[11], even=DEC[10], sure=DEC[17], chance=0.41)
    gained = promised("Labels", due=DEC[14], even=DEC[9], sure=DEC[10], chance=0.95)
    promised("Portal", due=DEC[14], even=DEC[9], sure=DEC[10], chance=0.95)  # nothing before
    sunday = datetime(2026, 11, 29, 23, tzinfo=UTC)
    for promise, chance, day in ((fell, 0.74, DEC[11]), (gained, 0.93, DEC[11])):
        newest = Outlook.objects.get(promise=promise)
        for at, then in (
            (sunday - timedelta(days=3), 0.99),  # an older one counts no more
            (sunday, chance),
            (sunday + timedelta(hours=2), 0.5),  # and one of Monday not yet
        ):
            newest.pk = None
            newest.computed_at, newest.chance = at, then
            newest.finish_90_at = zones.moment(day, time(18), "Europe/Lisbon")
            newest.save(force_insert=True)
    recording.loose(
        what="Menu cards",
        client=northlight.clients["Harbour Clinic"],
        due_at=datetime(2026, 12, 18, 18, tzinfo=UTC),
        day_only=True,
        by=northlight.ben,
        now=now,
    )

    said = _words(login(northlight.maya).get("/").content)

    assert (
        "Since Monday: one promise given; Harbour Clinic · Season site fell from 74 to 41 %; "
        "Harbour Clinic · Labels gained one day." in said
    )


def test_a_quiet_week_is_said_and_a_first_week_is_not(
    northlight: House, promised: Promised, login: LogIn, now: datetime
) -> None:
    promise = promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11], chance=0.95)
    assert "Since Monday" not in _words(login(northlight.maya).get("/").content)
    outlook = Outlook.objects.get(promise=promise)
    outlook.pk, outlook.computed_at = None, now - timedelta(days=7)
    outlook.save(force_insert=True)
    assert "Since Monday nothing moved." in _words(login(northlight.maya).get("/").content)


def test_the_team_s_tank_is_shown_with_and_without_an_ask(northlight: House, login: LogIn) -> None:
    browser = login(northlight.maya)
    asked = {"what": "Landing page for Harbour Clinic, 40h"}

    without = _words(browser.get("/people").content)
    with_it = _words(browser.get("/people", asked).content)
    not_sized = _words(browser.get("/people", {"what": "Something"}).content)

    assert "with Landing page" in with_it
    for page in (without, not_sized):
        assert "The team" in page
        assert "with Landing page" not in page
    assert "/people?what=" in browser.get("/ask", asked).content.decode()

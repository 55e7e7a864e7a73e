"""Import and Past in the browser: look, say, accept, undo; what nobody else may see."""

import os
import re
import time
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from tests import cast

from kept.imports import intake, running, waiting
from kept.imports.models import Import
from kept.imports.waiting import Waiting
from kept.jobs.models import Stage
from kept.past.models import PastItem, SourceName
from kept.people.models import Member
from kept.promises.models import Promise
from kept.tenancy import scope

LogIn = Callable[[Member], Browser]

HISTORY = (
    b"row_id,person,client,kind,estimate,actual,t_estimated,t_due,t_finished,status\n"
    b"A-1,Dev,Harbour Clinic,Poster,8,12,2026-03-02,2026-03-10,2026-03-12,finished\n"
    b"A-2,Zoe,Tidewater,Poster,8,8,2026-04-01,2026-04-09,2026-04-08,finished\n"
    b"A-3,Zoe,Tidewater,Site,8,<b>,2026-04-01,,31/02/2026,finished\n"
)
PLATE = b"title,person,estimate,status\nTidy the archive,Zoe,6,open\n"
OPEN = b"title,client,estimate,t_due,status\nMenu cards,Harbour Clinic,8,2026-12-11,open\n"


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def send(browser: Browser, data: bytes, name: str = "history.csv") -> Any:
    return browser.post("/import", {"file": SimpleUploadedFile(name, data)})


def words(answer: Any) -> str:
    page = answer.content.decode()
    page = re.sub(r"<(script|style|svg|select).*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_file_is_looked_at_then_brought_in_and_the_past_is_shown(
    northlight: cast.House, login: LogIn
) -> None:
    browser = login(northlight.ada)
    sent = send(browser, HISTORY)
    assert sent.status_code == 302
    seen = browser.get(sent.url)
    assert "2 of 3 rows would come in" in words(seen)
    assert "“31/02/2026” is not a day. t_finished 1 4 the row" in words(seen)
    assert "<b>" not in seen.content.decode().split("<main")[1].split("cell by cell")[0]
    assert PastItem.objects.count() == 0

    brought = browser.post(sent.url, {"accept": "1"})
    assert (brought.status_code, brought.url) == (302, "/past")
    past = words(browser.get("/past"))
    assert "“history.csv” brought 2 rows of finished work." in past
    assert "Of 2 dates, 1 was kept" in past or "Of 2 dates, 1 were kept" in past
    assert "Last dates : the files hold only current due dates" in past
    assert "Too early to judge" in past
    assert "%" not in past.split("Against last dates")[1].split("Below 20")[0]


def test_a_promise_that_comes_in_leads_to_today(northlight: cast.House, login: LogIn) -> None:
    browser = login(northlight.ada)
    sent = send(browser, OPEN, "open.csv")
    assert browser.post(sent.url, {"accept": "1"}).url == "/"
    assert Promise.objects.get().job.title == "Menu cards"


def test_columns_are_chosen_on_the_page_and_remembered(
    northlight: cast.House, login: LogIn
) -> None:
    browser = login(northlight.ada)
    sent = send(browser, b"a,b\n3,04/05/2026\n")
    seen = browser.get(sent.url)
    assert (seen.status_code, "This file cannot be read yet" in words(seen)) == (422, True)
    said = {"actual": "a", "t_finished": "b", "look": "1"}
    asked = browser.post(sent.url, said)
    assert "One question before anything is read" in words(asked)
    answered = browser.post(sent.url, said | {"dates": "", "dates_is": "month-first"})
    assert "1 of 1 rows would come in" in words(answered)
    assert browser.post(sent.url, said | {"dates": "month-first", "accept": "1"}).url == "/past"
    again = browser.get(send(browser, b"a,b\n5,06/07/2026\n").url)
    assert "1 of 1 rows would come in" in words(again)
    assert "Read as last time." in words(again)


def test_accepting_what_is_undecided_saves_nothing_and_asks(
    northlight: cast.House, login: LogIn
) -> None:
    browser = login(northlight.ada)
    sent = send(browser, b"hours,done\n3,04/05/2026\n")
    answer = browser.post(sent.url, {"accept": "1"})
    assert answer.status_code == 422
    assert "may put the day or the month first" in words(answer)
    assert Import.objects.count() == 0


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Choose a file that is not empty"),
        (b"x" * (10 * 1024 * 1024 + 1), "larger than 10 MB"),
    ],
)
def test_no_file_and_too_large_a_file_are_said_and_not_kept(
    northlight: cast.House, login: LogIn, uploads: Path, data: bytes, said: str
) -> None:
    answer = send(login(northlight.ada), data)
    assert (answer.status_code, said in words(answer)) == (422, True)
    assert list(uploads.rglob("*.*")) == []


def test_what_is_no_table_is_said_on_the_page(northlight: cast.House, login: LogIn) -> None:
    browser = login(northlight.ada)
    answer = browser.get(send(browser, b"PK\x03\x04rest", "book.xlsx").url)
    assert answer.status_code == 422
    assert "This is a spreadsheet file, not text." in words(answer)


def test_an_import_is_undone_from_the_list(northlight: cast.House, login: LogIn, now: Any) -> None:
    brought = intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    browser = login(northlight.ada)
    assert "history.csv" in words(browser.get("/import"))
    assert browser.get(f"/import/{brought.pk}/undo").status_code == 405
    assert browser.post(f"/import/{brought.pk}/undo").url == "/import"
    assert PastItem.objects.count() == 0
    twice = browser.post(f"/import/{brought.pk}/undo")
    assert (twice.status_code, "was undone on" in words(twice)) == (409, True)


def test_one_import_lists_what_it_could_not_use(
    northlight: cast.House, login: LogIn, now: Any
) -> None:
    brought = intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    seen = words(login(northlight.ada).get(f"/import/{brought.pk}"))
    assert "4 t_finished 31/02/2026 “31/02/2026” is not a day." in seen


def test_names_are_mapped_once_and_what_was_learned_follows(
    northlight: cast.House, login: LogIn, now: Any
) -> None:
    intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    browser = login(northlight.ada)
    assert "3 names from your files are nobody" in words(browser.get("/import"))
    zoe = SourceName.objects.get(name="Zoe")
    assert "Zoe" in words(browser.get("/import/names"))
    answer = browser.post("/import/names", {f"name-{zoe.pk}": str(northlight.maya.pk)})
    assert answer.url == "/import/names"
    zoe.refresh_from_db()
    assert zoe.member == northlight.maya
    assert "Zoe" not in words(browser.get("/import/names"))
    assert "Zoe" in words(browser.get("/import/names?all"))


def test_who_works_here_by_the_file_is_ticked_and_added_with_it(
    northlight: cast.House, login: LogIn
) -> None:
    browser = login(northlight.ada)
    look = browser.get(send(browser, PLATE).url)
    assert '<input type="checkbox" name="add_people" value="Zoe" checked>' in look.content.decode()
    # Looking again keeps what was unticked.
    again = browser.post(look.wsgi_request.path, {"look": "1"})
    assert '<input type="checkbox" name="add_people" value="Zoe">' in again.content.decode()
    browser.post(look.wsgi_request.path, {"accept": "1", "add_people": ["Zoe"]})
    zoe = Member.objects.get(name="Zoe")
    assert Stage.objects.get(owner=zoe).name == "Tidy the archive"


def test_a_lead_is_told_that_owners_add_people(northlight: cast.House, login: LogIn) -> None:
    browser = login(northlight.ben)
    look = browser.get(send(browser, PLATE).url)
    assert "An owner of the house can add them." in words(look)
    assert "add_people" not in look.content.decode()


def test_a_name_can_be_somebody_new(northlight: cast.House, login: LogIn, now: Any) -> None:
    intake.accept(HISTORY, "history.csv", by=northlight.ada, now=now)
    zoe = SourceName.objects.get(name="Zoe")
    new = '<option value="new">somebody new, who works here</option>'
    assert new not in login(northlight.ben).get("/import/names").content.decode()
    browser = login(northlight.ada)
    assert new in browser.get("/import/names").content.decode()
    browser.post("/import/names", {f"name-{zoe.pk}": "new"})
    zoe.refresh_from_db()
    assert zoe.member == Member.objects.get(name="Zoe")


def test_a_house_neither_sees_nor_undoes_another_s_imports(
    northlight: cast.House, southbank: cast.House, login: LogIn, now: Any
) -> None:
    brought = intake.accept(HISTORY, "canary.csv", by=northlight.ada, now=now)
    digest = waiting.keep(HISTORY, "canary.csv", now=now)
    zoe = SourceName.objects.get(name="Zoe")
    cleo = login(southbank.cleo)
    assert "canary" not in words(cleo.get("/import"))
    assert cleo.get(f"/import/{brought.pk}").status_code == 404
    assert cleo.post(f"/import/{brought.pk}/undo").status_code == 404
    assert login(northlight.ada).get(f"/import/files/{digest}").status_code == 200
    for answer in (
        cleo.get(f"/import/files/{digest}"),
        cleo.post(f"/import/files/{digest}", {"accept": "1"}),
    ):
        assert (answer.status_code, "canary" in words(answer)) == (404, False)
        assert "No file waits at this address" in words(answer)
    cleo.post("/import/names", {f"name-{zoe.pk}": str(southbank.cleo.pk)})
    zoe.refresh_from_db()
    assert zoe.member is None
    assert "Harbour Clinic" not in words(cleo.get("/past"))
    with scope.acting_in(southbank.organisation):
        assert waiting.find(digest) is None


def test_members_see_the_past_and_leave_importing_to_leads(
    northlight: cast.House, login: LogIn
) -> None:
    browser = login(northlight.dev)
    assert "A lead can bring it in." in words(browser.get("/past"))
    assert browser.get("/import").status_code == 403
    assert send(browser, HISTORY).status_code == 403
    assert login(northlight.gus).get("/past").status_code == 403


def test_the_pages_take_as_many_queries_for_three_rows_as_for_one(
    northlight: cast.House, login: LogIn, now: Any
) -> None:
    browser = login(northlight.ada)

    def queries(address: str) -> int:
        browser.get(address)  # what changed is worked out by whoever looks first
        with CaptureQueriesContext(connection) as seen:
            assert browser.get(address).status_code == 200
        return len(seen)

    header, *rows = HISTORY.splitlines(keepends=True)
    intake.accept(header + rows[0], "1.csv", by=northlight.ada, now=now)
    queries("/import")
    addresses = ("/past", "/import", "/import/names?all")
    before = [queries(address) for address in addresses]
    intake.accept(header + rows[1], "2.csv", by=northlight.ada, now=now)
    intake.accept(header + rows[1].replace(b"A-2", b"A-4"), "3.csv", by=northlight.ada, now=now)
    assert [queries(address) for address in addresses] == before


def test_a_file_that_waited_a_day_is_gone(northlight: cast.House, uploads: Path, now: Any) -> None:
    digest = waiting.keep(b"old", "old.csv", now=now)
    path = uploads / "imports" / str(northlight.organisation.pk) / digest
    os.utime(path, (now.timestamp() - 90_000, now.timestamp() - 90_000))
    fresh = waiting.keep(b"new", "new.csv", now=now)
    assert waiting.find(digest) is None
    assert waiting.find(fresh) == Waiting(fresh, "new.csv", b"new")
    assert waiting.find("../" + fresh) is None
    waiting.drop(fresh)
    assert waiting.find(fresh) is None


def until_it_ended(browser: Browser, address: str) -> Any:
    """Poll a file under way as htmx does, then open the page as a browser is told to."""
    for _second in range(600):
        part = browser.get(address, headers={"HX-Request": "true"})
        if "HX-Redirect" in part.headers:
            assert part["HX-Redirect"] == address
            return browser.get(address)
        assert "<html" not in part.content.decode()
        time.sleep(0.05)
    return pytest.fail("the file never ended")


@pytest.mark.django_db(transaction=True)
def test_a_large_file_is_worked_through_beside_the_page_which_says_how_far_it_is(
    now: datetime, login: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 0)
    house = cast.northlight(now=now)
    browser = login(house.ada)
    sent = send(browser, HISTORY)
    with running._turn:  # another file is before it
        waits = browser.get(sent.url)
        assert waits.status_code == 202
        assert "The file is being looked at Nothing is saved." in words(waits)
        assert "Another file is worked through first." in words(waits)
        assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in str(waits.content)
        assert '<progress id="far"></progress>' in waits.content.decode()
    looked = until_it_ended(browser, sent.url)
    assert "2 of 3 rows would come in" in words(looked)

    with running._turn:
        assert browser.post(sent.url, {"accept": "1"}).url == sent.url
        twice = browser.post(sent.url, {"accept": "1"})
        assert (twice.status_code, "The file is being brought in" in words(twice)) == (202, True)
        with scope.acting_in(house.organisation):
            run = running.find(sent.url.rsplit("/", 1)[1])
        assert run is not None
        run.tell(intake.Step.READING, 1500, 3000)
        shown = browser.get(sent.url).content.decode()
        assert '<progress id="far" max="3000" value="1500"></progress>' in shown
        assert "1,500 of 3,000 rows" in shown
    assert until_it_ended(browser, sent.url).url == "/past"
    assert "“history.csv” brought 2 rows of finished work." in words(browser.get("/past"))
    assert browser.get(sent.url).status_code == 404
    with scope.acting_in(house.organisation):
        assert (Import.objects.count(), PastItem.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_what_a_large_file_was_refused_for_stands_on_its_page(
    now: datetime, login: LogIn, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr(running, "AT_ONCE", 0)
    house = cast.northlight(now=now)
    browser = login(house.ada)
    book = send(browser, b"PK\x03\x04rest", "book.xlsx")
    browser.get(book.url)
    refused = until_it_ended(browser, book.url)
    assert refused.status_code == 422
    assert "This is a spreadsheet file, not text." in words(refused)

    def fails(*_args: Any, **_kw: Any) -> None:
        raise RuntimeError("a wire came loose")

    sent = send(browser, HISTORY)
    monkeypatch.setattr(intake, "preview", fails)
    browser.get(sent.url)
    failed = until_it_ended(browser, sent.url)
    assert "kept made a mistake, and wrote it to its log." in words(failed)
    assert "a wire came loose" in caplog.text

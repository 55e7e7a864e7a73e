"""The record: marks before rates, never a rate alone, and no percentage below twenty."""

import re
from datetime import datetime

import pytest
from benchmarks import many_promises
from tests import cast
from tests.api.conftest import Caller
from tests.cli.conftest import Typed
from tests.record.conftest import Played, lived, played
from tests.web.conftest import LogIn
from tests.web.visiting import text
from typer.testing import CliRunner

from kept import clock
from kept.cli import commands
from kept.promises.models import Promise
from kept.record import page

__all__ = ["lived", "played"]


def test_a_new_house_is_told_that_it_is_too_early(northlight: cast.House, login: LogIn) -> None:
    answer = login(northlight.maya).get("/record")
    body, said = answer.content.decode(), text(answer)
    assert "&lt;" not in body
    assert body.count("#mark-dashed") == 21  # one for each that is missing, and the heading's
    assert "Too early to judge" in said
    assert "Nothing is settled yet. Below twenty, luck is louder than anything you do." in said
    assert "20 more settled until a rate means something" in said
    assert "Kept rate, first terms 0 of 0 no percentage before 20" in said
    assert "Sharpness not known" in said
    assert "Coverage 0 of 0" in said
    assert "%" not in said.replace("Said 90 %, got …", "").replace("Said 90\N{NO-BREAK SPACE}%", "")


def test_a_few_settled_promises_are_counts(lived: Played, login: LogIn) -> None:
    answer = login(lived.house.maya).get("/record")
    said = text(answer)
    assert "Eight promises are settled." in said
    assert "12 more settled until a rate means something" in said
    assert "Kept rate, first terms 4 of 11 no percentage before 20" in said
    assert "Kept rate, last terms 5 of 10" in said
    assert "Sharpness 1.4 ×" in said
    assert "1 released and 1 voided count apart." in said
    # What stands apart is listed, each with its promise.
    overdue = Promise.objects.get(job__title="Overdue signs")
    assert f'href="/promises/{overdue.pk}">Overdue signs</a>' in answer.content.decode()
    for name in ("Due and still open", "Moved, date ahead", "Released", "Voided"):
        assert name in said
    assert "Twice" in said
    assert "Never mind." in said


@pytest.fixture
def many(northlight: cast.House, now: datetime) -> cast.House:
    many_promises.write(90, now=now, seed=5)
    return northlight


def test_a_record_shows_marks_first_and_no_rate_alone(many: cast.House, login: LogIn) -> None:
    answer = login(many.maya).get("/record")
    said = text(answer)
    found = page.read(months=12, now=clock.now()).record
    assert f"Of {found.first.of} promises, {found.first.kept} kept as first promised" in said
    body = answer.content.decode()
    assert "&lt;" not in body
    groups = body[body.index("mark-groups") : body.index("Against first terms")]
    assert groups.count("<use ") == found.first.of
    order = [
        "kept as first promised", "Against first terms", "Against last terms", "In short",
        "Better, or luck?", "Never without these", "Sharpness", "Coverage", "Paused", "Deemed",
        "Painful", "Brier score", "first dates were missed", "What “one more day” became",
        "By client, against first terms", "By service", "By way of promising",
    ]  # fmt: skip
    places = [said.index(words) for words in order]
    assert places == sorted(places)
    assert "too early to judge" in said  # clients with few promises have no percentage


def test_every_drawing_says_what_it_shows_and_has_its_figures_as_a_table(
    many: cast.House, login: LogIn
) -> None:
    body = login(many.maya).get("/record").content.decode()
    figures = re.findall(r'<figure class="figure">(.*?)</figure>', body, re.DOTALL)
    assert len(figures) == 3
    for figure in figures:
        assert re.search(r"<svg[^>]*><title>[^<]{30,}</title><desc>[^<]{30,}</desc>", figure)
    assert body.count('<details class="numbers">') == 3


def test_windows_can_be_chosen_and_others_are_no_page(many: cast.House, login: LogIn) -> None:
    browser = login(many.maya)
    for asked, months in (("12", 12), ("24", 24), ("all", None)):
        found = page.read(months=months, now=clock.now()).record
        said = text(browser.get(f"/record?months={asked}"))
        assert f"Of {found.first.of} promises" in said
    assert browser.get("/record?months=7").status_code == 404
    assert browser.get("/record?months=").status_code == 404


def test_guests_do_not_see_it(many: cast.House, login: LogIn) -> None:
    assert login(many.gus).get("/record").status_code == 403


def test_page_api_and_command_say_the_same(
    lived: Played, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    shown = Caller(lived.house.maya, ["read"], now).get("/record").json()
    assert (shown["first"]["kept"], shown["first"]["of"]) == (4, 11)
    assert (shown["first"]["share"], shown["first"]["interval"]) == (None, None)
    assert (shown["last"]["kept"], shown["last"]["of"], len(shown["ahead"])) == (5, 10, 1)
    assert shown["sharpness"]["of"] == 11
    assert [part["name"] for part in shown["by_client"]] == ["Harbour Clinic", "Pete's Bakery"]

    done = CliRunner().invoke(commands.app, ["record", "--json"], prog_name="kept")
    typed = Typed(done.exit_code, done.stdout, done.stderr)
    assert typed.status == 0
    printed = typed.document
    assert {**printed, "since": None, "until": None, "quarters": None} == {
        **shown, "since": None, "until": None, "quarters": None,
    }  # fmt: skip

    in_words = CliRunner().invoke(commands.app, ["record"], prog_name="kept").stdout
    assert "Too early to judge: 8 settled. Kept as first promised: 4 of 11." in in_words
    assert "sharpness" in in_words
    assert "coverage" in in_words
    heads = [line.split("Kept")[0].strip() for line in in_words.splitlines() if "Kept  " in line]
    assert heads[-3:] == ["Client", "Service", "How it was promised"]


def test_the_command_prints_what_no_rate_is_shown_without(
    many: cast.House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)
    record = page.read(months=12, now=now).record
    assert record.brier is not None
    in_words = CliRunner().invoke(commands.app, ["record"], prog_name="kept").stdout
    lines = [" ".join(line.split()) for line in in_words.splitlines()]

    brier = next(line for line in lines if line.startswith("Brier score"))
    assert brier.startswith(f"Brier score {record.brier.score:.2f}; {record.brier.base:.2f} had we")
    missed = record.first.of - record.first.kept
    assert "Why first dates were missed Whose to change Reached" in lines
    assert f"{missed} of {missed}" in in_words
    slips = record.one_more_day
    true = sum(day <= 1 for day in slips.days)
    assert (
        f"“One more day”: true {true} of {len(slips.days)} times, and {slips.average:.1f} working "
        "days on average."
    ) in lines


def test_one_client_s_record_and_account(lived: Played, now: datetime, login: LogIn) -> None:
    bakery = lived.house.clients["Pete's Bakery"]
    clinic = lived.house.clients["Harbour Clinic"]
    maya = Caller(lived.house.maya, ["read"], now)
    shown = maya.get(f"/record?client_id={bakery.pk}&months=all").json()
    assert (shown["first"]["kept"], shown["first"]["of"]) == (1, 1)

    account = maya.get(f"/clients/{clinic.pk}/account").json()
    assert account == {
        "given": 13, "kept": 3, "moved": 1, "missed": 4, "warned": 0, "broken": 1, "released": 1,
        "open": 2, "voided": 1,
    }  # fmt: skip
    assert sum(account.values()) - account["given"] - account["warned"] == account["given"]

    said = text(login(lived.house.maya).get(f"/clients/{clinic.pk}"))
    assert "Trust account" in said
    assert "Promised 13 1 of them recorded by mistake Kept 3 as first promised Moved 1" in said


def test_another_house_s_client_has_no_account_here(
    lived: Played, southbank: cast.House, now: datetime
) -> None:
    theirs = southbank.clients["Harbour Clinic"]
    maya = Caller(lived.house.maya, ["read"], now)
    assert maya.get(f"/clients/{theirs.pk}/account").status_code == 404
    assert maya.get(f"/record?client_id={theirs.pk}").status_code == 422

"""The same bad file by page, REST and command: the same reason, and nothing half-written."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from tests import cast
from tests.api.conftest import Caller
from typer.testing import CliRunner

from kept.cli import commands
from kept.imports.models import Import
from kept.past.models import PastItem
from kept.people.models import Member

LogIn = Callable[[Member], Browser]
NO_COLUMN = "No column for an estimate, for what it took, or for a date was recognised."

#: A file of which nothing can be used, where, and why.
BAD = {
    "an unknown column": (b"nonsense,other\n1,2\n", None, NO_COLUMN),
    "no row at all": (b"actual,t_finished\n", None, ""),
    "nothing at all": (b"\x00\x00", None, "The file is empty: not even a header."),
    "a wrong unit": (
        b"estimate,actual,unit,t_finished\n1,2,bananas,2026-01-01\n",
        (2, "unit"),
        "“bananas” is not a unit of working time; hours and days are. Its efforts were left out.",
    ),
    "a day that is none": (
        b"actual,t_finished\n2,31/02/2026\n",
        (2, "t_finished"),
        "“31/02/2026” is not a day.",
    ),
    "a finish before its start": (
        b"actual,t_started,t_finished\n2,2026-03-02,2026-02-02\n",
        (2, "t_finished"),
        "Finished before it was started (2026-03-02).",
    ),
    "an effort below zero": (
        b"actual,t_finished\n-2,2026-02-02\n",
        (2, "actual"),
        "Effort below zero.",
    ),
    "an absurd effort": (
        b"actual,t_finished\n9e99,2026-02-02\n",
        (2, "actual"),
        "More than a million hours for one piece of work cannot be meant. Is it the unit?",
    ),
    "a moment that the clocks skip": (
        b"title,client,t_due,status\nB,Harbour Clinic,2027-03-28 01:30,open\n",
        (2, "t_due"),
        "2027-03-28 has no 01:30 in Europe/Lisbon: the clocks went forward over it.",
    ),
}


@pytest.fixture(autouse=True)
def _here_and_now(now: datetime, settings: Any, tmp_path: Path) -> Any:
    settings.MEDIA_ROOT = tmp_path
    with time_machine.travel(now, tick=False):
        yield


@pytest.mark.parametrize("what", sorted(BAD))
def test_nothing_comes_in_and_every_door_says_why(
    what: str, northlight: cast.House, now: datetime, tmp_path: Path
) -> None:
    data, place, why = BAD[what]
    path = tmp_path / "bad.csv"
    path.write_bytes(data)

    # The command, for real: exit status 2.
    typed = CliRunner().invoke(commands.app, ["import", str(path), "--json"], prog_name="kept")
    assert typed.exit_code == 2, typed.stdout
    document = json.loads(typed.stdout)
    said = document.get("error", {}).get("detail", "") + json.dumps(
        document.get("problems", []), ensure_ascii=False
    )
    assert why in unescape(said).replace("\\u202f", "\u202f")
    if place is not None:
        assert [(row["row"], row["column"]) for row in document["problems"]] == [place]

    # REST, looked at: 422, or a preview that names the same.
    caller = Caller(northlight.ada, ["read", "write"], now)
    answer = caller.http.post(
        "/api/v1/imports", {"file": SimpleUploadedFile("bad.csv", data), "dry_run": "true"}
    )
    assert answer.status_code in (200, 422)
    body = answer.json()
    problems = body["problems"] if answer.status_code == 200 else body["errors"]
    assert why in json.dumps([body.get("detail", ""), problems], ensure_ascii=False)
    if place is not None:
        assert [(row["row"], row["column"]) for row in problems] == [place]

    # The page.
    browser = Browser()
    browser.force_login(
        northlight.ada.login, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    page = browser.post("/import", {"file": SimpleUploadedFile("bad.csv", data)}, follow=True)
    assert page.status_code in (200, 422)
    assert why in unescape(re.sub(r"<[^>]+>", " ", page.content.decode()))
    assert "Bring it in" not in page.content.decode()

    assert (Import.objects.count(), PastItem.objects.count()) == (0, 0)


def test_a_formula_is_a_text_like_any_other(northlight: cast.House, tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_text("title,client,t_due,status\n=1+1,Harbour Clinic,2026-12-11,open\n")
    typed = CliRunner().invoke(commands.app, ["import", str(path)], prog_name="kept")
    assert typed.exit_code == 0
    shown = CliRunner().invoke(commands.app, ["today", "--json"], prog_name="kept")
    assert "=1+1" in shown.stdout

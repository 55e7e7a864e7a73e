"""First run, joining, and choosing a house."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from tests import cast
from tests.web.conftest import LogIn
from tests.web.visiting import Visitor, text, typed

from kept.people import inviting, opening, staff
from kept.people.models import Member
from kept.tenancy import scope
from kept.tenancy.models import Organisation

ADA = {
    "house": "Northlight",
    "name": "Ada",
    "email": "ada@northlight.example",
    "password": cast.PASSWORD,
    "zone": "Europe/Berlin",
}


@pytest.fixture
def code(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(settings, "DATA", tmp_path)
    return opening.issue(tmp_path)


def test_a_new_server_leads_everybody_to_the_first_run(code: str) -> None:
    visitor = Visitor()
    assert visitor.get("/accounts/login").headers["Location"] == "/first-run"
    page = visitor.get("/first-run", data={"code": code})
    assert page.status_code == 200
    assert code in typed(page)


def test_the_printed_code_founds_a_house_and_logs_its_owner_in(code: str) -> None:
    visitor = Visitor()
    answer = visitor.post("/first-run", {"code": code, **ADA})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    house = Organisation.objects.get()
    assert (house.name, house.zone, house.country) == ("Northlight", "Europe/Berlin", "DE")
    assert visitor.get("/settings").status_code == 200
    assert Visitor().get("/first-run").status_code == 302
    assert Visitor().post("/first-run", {"code": code, **ADA}).status_code == 302
    assert Organisation.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": "AAAA-BBBB-CCCC"}, "That is not the code."),
        ({"code": ""}, "This field is required."),
        ({"password": "short"}, "This password is too short."),
        ({"email": "ada"}, "“ada” is not an e-mail address."),
        ({"zone": "Mars/Olympus"}, "Select a valid choice."),
        ({"name": "A" * 10_000}, "10,000 characters are too many."),
        ({"house": "North\x00light"}, "There is a character in it that cannot be kept."),
    ],
)
def test_a_refused_first_run_keeps_what_was_typed(
    code: str, change: dict[str, str], sentence: str
) -> None:
    said = {"code": code, **ADA, **change}
    answer = Visitor().post("/first-run", said)

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert {said["email"], said["password"]} <= typed(answer)
    assert not Organisation.objects.exists()


def test_the_sample_needs_only_the_code_an_address_and_a_password(code: str) -> None:
    answer = Visitor().post(
        "/first-run", {"sample": "1", "code": "WRONG", "email": "", "house": "Mine"}
    )
    assert answer.status_code == 422
    assert text(answer).count("This field is required.") == 2  # e-mail and password, nothing else
    assert "Mine" in typed(answer)


def test_an_invited_person_sees_who_invites_and_joins(
    northlight: cast.House, now: datetime
) -> None:
    secret = _invited(northlight)
    visitor = Visitor()

    page = visitor.get(f"/join/{secret}")
    assert "Join Northlight" in text(page)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert Member.objects.get(name="Ines").login is None

    refused = visitor.post(
        f"/join/{secret}", {"name": "Ines D", "email": "ines@x.example", "password": "short"}
    )
    assert refused.status_code == 422
    assert {"Ines D", "ines@x.example"} <= typed(refused)

    joined = visitor.post(
        f"/join/{secret}",
        {"name": "Ines D", "email": "ines@x.example", "password": cast.PASSWORD},
    )
    assert (joined.status_code, joined.headers["Location"]) == (302, "/")
    assert visitor.get("/settings").status_code == 200
    assert Visitor().get(f"/join/{secret}").status_code == 404


def test_who_tries_bad_links_is_slowed_down_and_told_for_how_long(
    northlight: cast.House, now: datetime
) -> None:
    visitor = Visitor()
    with time_machine.travel(now, tick=False):
        secret = _invited(northlight)
        answers = [visitor.get(f"/join/bad{number}").status_code for number in range(21)]
        assert answers == [404] * 20 + [429]
        refused = visitor.post(f"/join/{secret}", {"name": "Ines", "password": cast.PASSWORD})
        assert (refused.status_code, refused["Retry-After"]) == (429, "3")
        assert "none is looked at for 3 seconds" in text(refused)
        assert refused["Referrer-Policy"] == "no-referrer"
        assert Member.objects.get(name="Ines").login is None
    with time_machine.travel(now + timedelta(seconds=4), tick=False):
        assert visitor.get(f"/join/{secret}").status_code == 200


def test_somebody_who_is_logged_in_joins_with_one_press(
    northlight: cast.House, southbank: cast.House
) -> None:
    secret = _invited(northlight)
    cleo = Visitor(southbank.cleo)
    assert "You are logged in as cleo@southbank.example" in text(cleo.get(f"/join/{secret}"))

    cleo.post(f"/join/{secret}")

    assert "cleo@southbank.example, Northlight" in text(cleo.get("/settings"))
    here = Member.everywhere.get(login=southbank.cleo.login, organisation=southbank.organisation)
    assert cleo.post(f"/houses/{here.pk}").status_code == 302
    assert "cleo@southbank.example, Southbank" in text(cleo.get("/settings"))


def test_nobody_chooses_a_house_that_is_not_theirs(
    northlight: cast.House, southbank: cast.House
) -> None:
    visitor = Visitor(northlight.dev)
    assert visitor.post(f"/houses/{southbank.cleo.pk}").status_code == 404
    assert "Southbank" not in text(visitor.get("/houses"))


def test_a_log_in_without_a_house_is_told_so(northlight: cast.House, now: datetime) -> None:
    visitor = Visitor(northlight.dev)
    staff.leave(northlight.dev, by=northlight.ada, now=now)
    assert visitor.get("/").headers["Location"] == "/no-house"
    assert "You belong to no house yet" in text(visitor.get("/no-house"))


def test_eight_wrong_passwords_lock_the_log_in_and_a_right_one_does_not_open_it(
    northlight: cast.House,
) -> None:
    visitor = Visitor()
    for _try in range(7):
        answer = visitor.post(
            "/accounts/login", {"login": "dev@northlight.example", "password": "x"}
        )
        assert "do not belong together" in text(answer)
    locked = visitor.post("/accounts/login", {"login": "DEV@northlight.example", "password": "x"})
    assert (locked.status_code, "Too many wrong passwords" in text(locked)) == (429, True)
    right = {"login": "dev@northlight.example", "password": cast.PASSWORD}
    assert visitor.post("/accounts/login", right).status_code == 429

    others = {"login": "maya@northlight.example", "password": cast.PASSWORD}
    assert Visitor().post("/accounts/login", others).status_code == 302


def test_logging_in_out_and_changing_the_password(northlight: cast.House) -> None:
    visitor = Visitor()
    right = {"login": "Dev@northlight.example", "password": cast.PASSWORD, "next": "/jobs"}
    assert visitor.post("/accounts/login", right).headers["Location"] == "/jobs"
    assert visitor.get("/accounts/password").status_code == 200
    changed = visitor.post(
        "/accounts/password",
        {
            "oldpassword": cast.PASSWORD,
            "password1": "a stove with nine rings",
            "password2": "a stove with nine rings",
        },
    )
    assert changed.status_code == 302
    assert visitor.get("/accounts/logout").status_code == 200
    visitor.post("/accounts/logout")
    assert visitor.get("/jobs").status_code == 302
    assert Visitor().post("/accounts/login", right).status_code == 200


def test_log_in_never_leads_to_another_site(northlight: cast.House) -> None:
    said = {
        "login": "dev@northlight.example",
        "password": cast.PASSWORD,
        "next": "https://evil.example/",
    }
    assert Visitor().post("/accounts/login", said).headers["Location"] == "/"


def test_the_invitation_link_is_shown_once_and_works(northlight: cast.House, now: datetime) -> None:
    ines = staff.add_member(name="Ines", by=northlight.ada, now=now)
    ada = Visitor(northlight.ada)

    shown = ada.post(reverse("person_invite", args=[ines.pk]))

    link = re.search(r"http://testserver(/join/[\w-]+)", text(shown))
    assert link is not None
    assert "no-store" in shown.headers["Cache-Control"]
    assert Visitor().get(link[1]).status_code == 200
    assert "/join/" not in text(ada.get(reverse("person", args=[ines.pk])))


def _invited(house: cast.House) -> str:
    now = datetime.now().astimezone()
    with scope.acting_in(house.organisation):
        ines = staff.add_member(name="Ines", by=house.ada, now=now)
        _invitation, secret = inviting.invite(ines, by=house.ada, now=now)
    return secret


def test_an_address_with_a_stroke_too_many_leads_to_the_page_it_means(
    northlight: cast.House, login: LogIn
) -> None:
    browser = login(northlight.ada)

    found = browser.get("/people/?week=2")
    assert (found.status_code, found["Location"]) == (302, "/people?week=2")

    assert browser.get("/peoples/").status_code == 404
    assert browser.post("/people/").status_code == 404

"""The page of letters: for leads and owners, of this house alone."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from tests import cast
from tests.outbox import postman
from tests.web.visiting import Visitor, text

from kept.clients import keeping, links
from kept.clients.models import Contact
from kept.outbox import letters, running
from kept.outbox.models import Letter
from kept.tenancy import scope


@pytest.fixture
def sara(northlight: cast.House, now: datetime) -> Contact:
    return keeping.add_contact(
        northlight.clients["Harbour Clinic"],
        name="Sara Nunes",
        email="sara@clinic.example",
        by=northlight.ada,
        now=now,
    )


def written(to: Contact, house: cast.House, now: datetime) -> Letter:
    return letters.write(
        to=to,
        subject="Your Friday",
        body="Answer here: {link}",
        about=to,
        by=house.people.get("ben", house.people.get("cleo")),
        now=now,
        link=links.live_for(to, by=None, now=now),
    )


def test_without_a_mail_server_leads_read_letters_as_they_left_with_the_link(
    northlight: cast.House, sara: Contact, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "kept.outbox.folder.Folder", tmp_path
    written(sara, northlight, now)
    page = Visitor(northlight.ben).get("/letters")
    assert "on its way" in text(page)
    assert "(the client’s link)" in text(page)

    running.run_due(now=now)
    page = Visitor(northlight.ben).get("/letters")
    token = links.token_of(links.live_for(sara, by=None, now=now))
    assert f"/p/{token}/" in text(page)
    assert "into the folder Wed 2 Dec, 15:10" in text(page)
    assert Visitor(northlight.dev).get("/letters").status_code == 403


def test_with_a_mail_server_nobody_reads_a_clients_link(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    with postman.at_work():
        written(sara, northlight, now)
        running.run_due(now=now)
        page = Visitor(northlight.ada).get("/letters")
    token = links.token_of(links.live_for(sara, by=None, now=now))
    assert token not in page.content.decode()
    assert "Answer here: (the client’s link)" in text(page)


def test_a_letter_that_was_refused_says_why_and_can_be_sent_again(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    ben = Visitor(northlight.ben)
    with postman.at_work() as post:
        letter = written(sara, northlight, now)
        assert ben.post(f"/letters/{letter.pk}/again").status_code == 409, "it is on its way"
        post.to_receiver = "550 Nobody here"
        running.run_due(now=now)
        page = ben.get("/letters")
        assert "could not be sent The mail server refused the address. Send it again" in text(page)

        post.to_receiver = "250 OK"
        assert ben.post(f"/letters/{letter.pk}/again").status_code == 302
        running.run_due(now=datetime.now(tz=now.tzinfo).replace(year=2100))
        assert [came["Message-ID"] for came in post.letters] == [letter.message_id]
    letter.refresh_from_db()
    assert (letter.sent_at is not None, letter.failed_at) == (True, None)


def test_another_houses_letters_are_not_shown(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    with scope.acting_in(southbank.organisation):
        other = keeping.add_contact(
            southbank.clients["Harbour Clinic"],
            name="Theo",
            email="theo@clinic.example",
            by=southbank.cleo,
            now=now,
        )
        letter = written(other, southbank, now)
    ada = Visitor(northlight.ada)
    assert "None was written yet." in text(ada.get("/letters"))
    assert ada.post(f"/letters/{letter.pk}/again").status_code == 404

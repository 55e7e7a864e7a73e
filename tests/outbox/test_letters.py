"""Letters are written with their cause, sent by a real mail server, and one when repeated."""

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from tests import cast
from tests.outbox import postman
from tests.outbox.postman import Postman

from kept.clients import keeping, links
from kept.clients.models import ClientLink, Contact
from kept.jobs.models import Job
from kept.ledger import chain, heads
from kept.ledger.models import ErasableText, Event
from kept.outbox import folder, letters, running
from kept.outbox.models import Letter, Task
from kept.promises.models import Promise
from kept.tenancy import scope
from kept.tenancy.refusals import Refused

SECOND = timedelta(seconds=1)


@pytest.fixture
def sara(northlight: cast.House, now: datetime) -> Contact:
    """Sara Nunes of Harbour Clinic."""
    return keeping.add_contact(
        northlight.clients["Harbour Clinic"],
        name="Sara Nunes",
        email="sara@clinic.example",
        by=northlight.ada,
        now=now,
    )


@pytest.fixture
def post(northlight: cast.House) -> Iterator[Postman]:
    # Mail servers live outside of any house.
    with postman.at_work() as found:
        yield found


def written(sara: Contact, house: cast.House, now: datetime, **changes: Any) -> Letter:
    said = {
        "to": sara,
        "subject": "Landing page: Friday 18 December",
        "body": "Dear Sara,\n\nplease answer here: {link}\n\nBen, Northlight",
        "about": sara,
        "by": house.ben,
        "now": now,
        "link": links.live_for(sara, by=house.ben, now=now),
    }
    return letters.write(**(said | changes))


def test_a_letter_reaches_the_client_with_the_link_and_the_ledgers_end(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    letter = written(sara, northlight, now)
    head = heads.line()
    token = links.token_of(ClientLink.objects.get())

    assert running.run_due(now=now) == 1

    [came] = post.letters
    assert (came["From"], came["To"], came["Reply-To"], came["Subject"]) == (
        "Northlight <promises@northlight.example>",
        "Sara Nunes <sara@clinic.example>",
        "ben@northlight.example",
        "Landing page: Friday 18 December",
    )
    assert came["Message-ID"] == letter.message_id
    assert letter.message_id.endswith("@kept.northlight.example>")
    assert postman.text_of(came).replace("\r\n", "\n") == (
        "Dear Sara,\n\n"
        f"please answer here: https://kept.northlight.example/p/{token}/\n\n"
        "Ben, Northlight\n\n"
        "--\nWith this line anybody can check later that nothing Northlight recorded until now was "
        f"altered:\n{head}\n"
    )
    given = heads.read(postman.text_of(came))
    assert (str(given), list(heads.faults(given))) == (head, [])
    letter.refresh_from_db()
    assert (letter.sent_at is not None, letter.failed_at) == (True, None)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://kept.northlight.example:8443/kept", "kept.northlight.example"),
        ("http://127.0.0.1:8000", "127.0.0.1"),
        ("http://[::1]:8000", "[IPv6:::1]"),
        ("", "northlight.example"),
    ],
)
def test_a_letter_is_named_by_where_kept_is_or_else_by_whom_it_is_from(
    northlight: cast.House,
    sara: Contact,
    post: Postman,
    now: datetime,
    settings: Any,
    address: str,
    name: str,
) -> None:
    settings.PUBLIC_URL = address
    letter = written(sara, northlight, now)
    running.run_due(now=now)

    [came] = post.letters
    assert re.fullmatch(r"<[0-9a-f]{32}@(.*)>", letter.message_id).group(1) == name  # type: ignore[union-attr]
    # A reader of mail finds no defect in it, and a machine the same words.
    assert (came["Message-ID"], came["Message-ID"].defects) == (letter.message_id, ())


def test_the_same_words_come_as_a_page_without_pictures_or_anything_that_counts_readers(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    written(
        sara,
        northlight,
        now,
        body="Dear Sara,\n\n2 < 3 & “yes”;\nanswer here: {link}.\n\nBen",
    )
    token = links.token_of(ClientLink.objects.get())
    running.run_due(now=now)
    [came] = post.letters
    assert came.get_content_type() == "multipart/alternative"
    page = postman.html_of(came)
    address = f"https://kept.northlight.example/p/{token}/"
    assert (
        f"<p>Dear Sara,</p>\n<p>2 &lt; 3 &amp; “yes”;<br>\n"
        f'answer here: <a href="{address}">{address}</a>.</p>\n<p>Ben</p>'
    ) in page.replace("\r\n", "\n")
    loads = {"<img", "<script", "<link", "src=", "url("}
    assert not loads & set(re.findall(r"<\w+|\w+[=(]", page))


def test_letters_about_one_promise_are_one_conversation(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    client = sara.client
    job = Job.objects.create(client=client, title="Landing page", made_at=now)
    promise = Promise.objects.create(
        job=job,
        client=client,
        origin="loose",
        due_at=now + timedelta(days=9),
        internal_due_at=now + timedelta(days=8),
        zone=cast.ZONE,
        given_at=now,
    )
    first = written(sara, northlight, now, promise=promise)
    written(sara, northlight, now, promise=promise, in_reply_to=first.message_id)
    running.run_due(now=now)
    thread = f"<promise-{promise.pk}.northlight@kept.northlight.example>"
    assert [(came["In-Reply-To"], came["References"]) for came in post.letters] == [
        (None, thread),
        (first.message_id, f"{thread} {first.message_id}"),
    ]


def test_a_letter_is_an_event_and_the_chain_holds(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    letter = written(sara, northlight, now)
    event = Event.objects.order_by("number").last()
    assert event is not None
    assert (event.kind, event.by, event.facts) == (
        "letter.written",
        northlight.ben,
        {"letter": letter.pk},
    )
    assert "clinic.example" not in json.dumps(event.images), "personal text stays out of events"
    assert list(chain.faults()) == []


def test_no_raw_token_stands_anywhere_in_the_database(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    written(sara, northlight, now)
    token = links.token_of(ClientLink.objects.get())
    running.run_due(now=now)

    assert token in postman.text_of(post.letters[0])
    rows = [
        *ClientLink.objects.values(),
        *Letter.objects.values(),
        *Task.objects.values(),
        *Event.objects.values(),
        *ErasableText.objects.values(),
    ]
    assert token not in str(rows)


def test_a_letter_belongs_to_the_transaction_of_its_cause(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    with transaction.atomic():
        written(sara, northlight, now)
        transaction.set_rollback(True)
    assert (Letter.objects.count(), Task.objects.count()) == (0, 0)


def test_a_letter_sent_twice_has_the_same_id(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    """Killed between sending and saying so: it goes out again, and is seen to be the same."""
    letter = written(sara, northlight, now)
    task = Task.objects.get()
    lease = running.claim(task, now=now)
    assert lease is not None
    letters.message_of(letter).send()  # and then the power fails

    assert running.run_due(now=now + running.LEASE) == 1
    first, second = post.letters
    assert first["Message-ID"] == second["Message-ID"] == letter.message_id


def test_a_letter_that_is_known_to_be_sent_is_not_sent_again(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    letter = written(sara, northlight, now)
    Letter.objects.filter(pk=letter.pk).update(sent_at=now)
    assert running.run_due(now=now) == 1
    assert (post.letters, Task.objects.get().state) == ([], "done")


@pytest.mark.parametrize("word", ["to_receiver", "to_letter"])
def test_a_server_that_says_later_gets_the_letter_later(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime, word: str
) -> None:
    written(sara, northlight, now)
    setattr(post, word, "421 Try later")
    running.run_due(now=now)
    assert (post.letters, Task.objects.get().state) == ([], "waiting")

    setattr(post, word, "250 OK")
    running.run_due(now=now + 2 * SECOND)
    assert [came["To"] for came in post.letters] == ["Sara Nunes <sara@clinic.example>"]


def test_a_server_that_is_down_gets_the_letter_when_it_is_back(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    port = postman.free_port()
    written(sara, northlight, now)
    with postman.sending_to(port):
        running.run_due(now=now)
    task = Task.objects.get()
    assert (task.state, task.fault.split(":")[0]) == ("waiting", "ConnectionRefusedError")

    with postman.at_work(port) as back:
        running.run_due(now=now + 2 * SECOND)
    assert len(back.letters) == 1


@pytest.mark.parametrize(
    ("to_receiver", "to_letter", "said"),
    [
        ("550 Nobody here", "250 OK", "The mail server refused the address."),
        ("250 OK", "554 Spam", "The mail server refused the letter."),
    ],
)
def test_what_the_server_will_never_take_is_undeliverable_at_once(
    northlight: cast.House,
    sara: Contact,
    post: Postman,
    now: datetime,
    to_receiver: str,
    to_letter: str,
    said: str,
) -> None:
    letter = written(sara, northlight, now)
    post.to_receiver, post.to_letter = to_receiver, to_letter
    running.run_due(now=now)
    task = Task.objects.get()
    letter.refresh_from_db()
    assert (task.state, task.fault) == ("dead", said)
    assert (letter.sent_at, letter.failed_at is not None) == (None, True)


def test_an_undeliverable_letter_goes_out_again_with_its_name_when_somebody_says_so(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    letter = written(sara, northlight, now)
    post.to_receiver = "550 Nobody here"
    running.run_due(now=now)
    post.to_receiver = "250 OK"

    again = letters.send_again(letter, by=northlight.ben, now=now)
    assert (again.failed_at, Task.objects.get().state) == (None, "waiting")
    with pytest.raises(Refused, match="was sent, or will be"):
        letters.send_again(letter, by=northlight.ben, now=now)
    running.run_due(now=now)
    assert [came["Message-ID"] for came in post.letters] == [letter.message_id]
    with pytest.raises(Refused, match="was sent, or will be"):
        letters.send_again(letter, by=northlight.ben, now=now)
    assert str(letter) == letter.message_id


def test_a_letter_whose_link_was_ended_does_not_go_out(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    written(sara, northlight, now)
    links.revoke(sara, by=northlight.ben, now=now)
    running.run_due(now=now)
    assert (post.letters, Task.objects.get().state) == ([], "dead")
    assert Task.objects.get().fault == "The link was ended before the letter could be sent."


def test_a_letter_to_somebody_erased_meanwhile_does_not_go_out(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    letter = written(sara, northlight, now)
    Letter.objects.filter(pk=letter.pk).update(to_address="[…]")
    running.run_due(now=now)
    assert (post.letters, Task.objects.get().fault) == ([], "There is no address any more.")


def test_a_contact_without_an_address_gets_no_letter(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    sara = keeping.change_contact(sara, email="", by=northlight.ada, now=now)
    with pytest.raises(letters.NoAddress) as refused:
        written(sara, northlight, now)
    assert refused.value.sentence == (
        "Sara Nunes has no e-mail address, so no letter can go there. Add the address first."
    )


def test_a_contact_who_is_archived_gets_no_letter(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    sara = keeping.change_contact(sara, archived=True, by=northlight.ada, now=now)
    with pytest.raises(letters.NoAddress) as refused:
        letters.write(
            to=sara, subject="Friday", body="Dear Sara", about=sara, by=northlight.ben, now=now
        )
    assert refused.value.sentence == (
        "Sara Nunes is archived, so no letter can go there. Bring the contact back first."
    )
    assert not Letter.objects.exists()


@pytest.mark.parametrize("subject", ["Hello\nBcc: everybody@example.org", "Hello\r\nX: 1"])
def test_a_subject_cannot_carry_another_header(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime, subject: str
) -> None:
    written(sara, northlight, now, subject=subject)
    running.run_due(now=now)
    assert post.letters[0]["Subject"] == " ".join(subject.split())
    assert post.receivers == [["sara@clinic.example"]]


def test_a_letter_needs_a_text(northlight: cast.House, sara: Contact, now: datetime) -> None:
    with pytest.raises(Refused) as refused:
        written(sara, northlight, now, body="  \n")
    assert refused.value.sentence == "The letter is missing."


def test_letters_to_the_house_itself_carry_no_ledger_line(
    northlight: cast.House, post: Postman, now: datetime
) -> None:
    letters.write(
        to=northlight.maya,
        subject="Stage",
        body="Please look.",
        about=northlight.maya,
        by=None,
        now=now,
    )
    running.run_due(now=now)
    assert postman.text_of(post.letters[0]).strip() == "Please look."
    assert post.letters[0]["Reply-To"] is None


def test_an_answer_is_seen_as_one(
    northlight: cast.House, sara: Contact, post: Postman, now: datetime
) -> None:
    first = written(sara, northlight, now)
    written(sara, northlight, now, in_reply_to=first.message_id)
    running.run_due(now=now)
    assert [came["In-Reply-To"] for came in post.letters] == [None, first.message_id]


def test_without_a_mail_server_letters_are_files_one_for_each(
    northlight: cast.House, sara: Contact, now: datetime, settings: Any, tmp_path: Path
) -> None:
    settings.EMAIL_BACKEND = "kept.outbox.folder.Folder"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    letter = written(sara, northlight, now)
    assert folder.is_used()

    running.run_due(now=now)
    letters.message_of(letter).send()

    [file] = (tmp_path / "mail").iterdir()
    assert file == folder.place_of(letter.message_id)
    assert file.stat().st_mode & 0o777 == 0o600
    token = links.token_of(ClientLink.objects.get())
    assert f"/p/{token}/" in file.read_text().replace("=\n", "")
    folder.remove(letter.message_id)
    folder.remove(letter.message_id)
    assert not file.exists()


def test_each_mail_domain_has_a_lane_that_does_not_name_it(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    lanes = [
        letters.lane_of(one) for one in ("a@clinic.example", "b@Clinic.EXAMPLE", "a@b.example")
    ]
    assert (lanes[0] == lanes[1], lanes[0] == lanes[2]) == (True, False)
    written(sara, northlight, now)
    task = Task.objects.get()
    assert (task.lane, "clinic" in task.lane) == (letters.lane_of("sara@clinic.example"), False)


def test_another_houses_letter_is_not_seen(
    northlight: cast.House, southbank: cast.House, sara: Contact, now: datetime
) -> None:
    written(sara, northlight, now)
    with scope.acting_in(southbank.organisation):
        assert not Letter.objects.exists()

"""A notice goes out once, by mail, with one id; its link opens a page where one answers."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from tests import cast
from tests.last_mile.conftest import dec
from tests.outbox import postman
from tests.outbox.postman import Postman, text_of
from tests.web.visiting import Visitor, text

from kept.last_mile import answering, climbing, notices, raising
from kept.last_mile.models import Alarm, AlarmAnswer, Notice
from kept.outbox import running
from kept.outbox.models import Letter, Task
from kept.people import charters
from kept.promises.models import Promise


@pytest.fixture
def mail() -> Iterator[Postman]:
    with postman.at_work() as at_work:
        yield at_work


@pytest.fixture
def asked(northlight: cast.House, accepted: Promise, now: datetime) -> Alarm:
    return raising.ask(
        accepted, northlight.dev, by=northlight.maya, now=now, question="When is it recorded?"
    )


def run(now: datetime) -> None:
    """Do what is due: the notice becomes a letter, and the letter goes out."""
    for second in range(3):
        running.run_due(now=now + timedelta(seconds=second))


def test_it_says_who_asks_what_and_where_to_answer(
    asked: Alarm, mail: Postman, now: datetime
) -> None:
    run(now)
    [letter] = mail.letters
    said = text_of(letter)
    assert letter["Subject"] == "Nudge: Audio guide, Harbour Clinic"
    assert letter["To"] == "Dev <dev@northlight.example>"
    assert "Hello Dev," in said
    assert "Maya asks about Audio guide, Harbour Clinic: When is it recorded?" in said
    assert re.search(r"https://kept\.northlight\.example/a/[\w-]{43}/", said)
    assert "{link}" not in said
    assert letter["List-Unsubscribe"] == "<https://kept.northlight.example/settings/charter>"
    thread = f"<promise-{asked.promise_id}.northlight@kept.northlight.example>"
    assert (letter["In-Reply-To"], letter["References"]) == (thread, thread)
    notice = Notice.objects.get()
    assert (notice.sent_at is not None, notice.channel) == (True, "mail")


def test_it_goes_out_once_however_often_the_work_is_done(
    asked: Alarm, mail: Postman, now: datetime
) -> None:
    run(now)
    # Whoever carried it was killed before saying so: it is carried again.
    Task.objects.update(state="waiting", ended_at=None, due_at=now)
    run(now)
    assert len(mail.letters) == 1
    assert Letter.objects.count() == 1


def test_killed_between_sending_and_saying_so_it_is_sent_with_the_same_id(
    asked: Alarm, mail: Postman, now: datetime
) -> None:
    run(now)
    Letter.objects.update(sent_at=None)
    Task.objects.filter(kind="mail").update(state="waiting", ended_at=None, due_at=now)
    run(now)
    assert len({letter["Message-ID"] for letter in mail.letters}) == 1
    assert len(mail.letters) == 2


def test_what_somebody_knows_by_then_is_not_sent(
    northlight: cast.House, asked: Alarm, mail: Postman, now: datetime
) -> None:
    climbing.climb_due(now=dec(2, 17, 10))
    answering.acknowledge(asked, by=northlight.dev, now=dec(2, 17, 10))
    run(dec(2, 17, 11))
    assert mail.letters == []
    assert Notice.objects.filter(dropped_at__isnull=False).count() == 2


def test_it_waits_when_quiet_hours_began_while_it_stood_in_line(
    northlight: cast.House, asked: Alarm, mail: Postman, now: datetime
) -> None:
    night = dec(2, 23)
    run(night)
    assert mail.letters == []
    run(dec(3, 9))
    [letter] = mail.letters
    assert "This comes late: it was meant for Wed\u00a02\u00a0Dec, 15:10." in text_of(letter)


def test_looking_changes_nothing_and_a_button_does(
    asked: Alarm, now: datetime, northlight: cast.House
) -> None:
    path = f"/a/{notices.token_of(Notice.objects.get())}/"
    visitor = Visitor()
    with time_machine.travel(now, tick=False):
        page = visitor.get(path)
        assert page.status_code == 200
        assert "When is it recorded?" in text(page)
        asked.refresh_from_db()
        assert asked.state == Alarm.State.RAISED
        assert (page["Referrer-Policy"], page["Cache-Control"]) == ("no-referrer", "no-store")
        assert visitor.post(path, {"act": "acknowledge"}).status_code == 303
        asked.refresh_from_db()
        assert (asked.state, asked.acknowledged_by) == (Alarm.State.ACKNOWLEDGED, northlight.dev)
        said = {"act": "answer", "kind": "done_by", "on": "2026-12-03", "at": "11:00", "words": ""}
        assert visitor.post(path, said).status_code == 303
        row = AlarmAnswer.objects.get()
        assert (row.kind, row.due_at, row.said_by) == ("done_by", dec(3, 11), northlight.dev)
        assert visitor.post(path, {"act": "useful"}).status_code == 303
        row.refresh_from_db()
        assert row.useful is True
        assert visitor.post(path, {"act": "close"}).status_code == 303
        assert "This is over." in text(visitor.get(path))


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ({"act": "answer", "kind": "done_by", "on": "", "at": "11:00"}, 422, "required"),
        (
            {"act": "answer", "kind": "blocked_by", "on": "2026-12-03", "at": "11:00"},
            422,
            "What it is",
        ),
        (
            {"act": "answer", "kind": "done_by", "on": "2026-12-01", "at": "11:00"},
            422,
            "has gone by",
        ),
        ({"act": "useful"}, 409, "You gave no answer here yet."),
        ({"act": "delete"}, 409, "Press one of the buttons."),
    ],
)
def test_what_cannot_be_said_by_link_is_refused_in_words(
    asked: Alarm, now: datetime, said: dict[str, str], status: int, sentence: str
) -> None:
    path = f"/a/{notices.token_of(Notice.objects.get())}/"
    with time_machine.travel(now, tick=False):
        page = Visitor().post(path, said)
    assert (page.status_code, sentence in text(page)) == (status, True)
    asked.refresh_from_db()
    assert asked.state == Alarm.State.RAISED


def test_a_link_ends_with_its_time_and_with_the_person(
    northlight: cast.House, asked: Alarm, now: datetime
) -> None:
    token = notices.token_of(Notice.objects.get())
    assert notices.find(token, now=now) is not None
    assert notices.find(token, now=now + timedelta(days=365)) is None
    assert notices.find(token + "x", now=now) is None
    northlight.dev.left_at = now
    northlight.dev.save()
    assert notices.find(token, now=now) is None


def test_who_took_consent_back_is_not_written_to(
    northlight: cast.House, asked: Alarm, mail: Postman, now: datetime
) -> None:
    charters.take_back(northlight.dev, now=now)
    run(now)
    assert mail.letters == []
    assert Notice.objects.get().failed_at is not None

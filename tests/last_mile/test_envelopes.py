"""What is due to somebody at one moment is one message, by the first channel that takes it."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast
from tests.last_mile.conftest import dec
from tests.last_mile.test_notices import run
from tests.outbox import postman
from tests.outbox.postman import Postman, text_of
from tests.outbox.receiver import Receiver, receiving

from kept.last_mile import (
    answering,
    channels,
    climbing,
    envelopes,
    raising,
    reaching,
    rounds,
    ways,
    wording,
)
from kept.last_mile.models import Alarm, Envelope, Kind, Notice
from kept.outbox import running
from kept.outbox.models import Letter, Task
from kept.people import charters
from kept.promises.models import Promise


@pytest.fixture
def mail() -> Iterator[Postman]:
    with postman.at_work() as at_work:
        yield at_work


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with receiving() as receiver:
        receiver.answers = 200
        yield receiver


def reached_by(house: cast.House, *typed: str, now: datetime) -> None:
    dev = house.dev
    ways.arrange(
        dev,
        [ways.Wanted("mail") if each == "mail" else ways.Wanted(address=each) for each in typed],
        by=dev,
        now=now,
    )


def json_at(receiver: Receiver, path: str = "hook") -> str:
    return f"json://127.0.0.1:{receiver.server_port}/{path}"


def said(receiver: Receiver) -> list[dict[str, str]]:
    return [json.loads(body) for _headers, body in receiver.heard]


def raised(house: cast.House, promise: Promise, cause: str, *, now: datetime) -> Alarm:
    alarm = raising.raise_alarm(
        Kind.AT_RISK,
        cause=cause,
        asked=house.dev,
        now=now,
        promise=promise,
        job=promise.job,
        chance_then=0.6,
    )
    assert alarm is not None
    return alarm


def test_what_came_overnight_is_one_message_in_the_morning(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    for number in range(3):
        raised(northlight, accepted, f"risk {number}", now=dec(2, 20 + number))
    assert [row.due_at for row in Envelope.objects.all()] == [dec(3, 9)]
    assert reaching.asked_today([northlight.dev], now=dec(3, 9)) == {northlight.dev.pk: 1}
    run(dec(3, 9))
    [letter] = mail.letters
    assert letter["Subject"] == "Three things want your word: Audio guide, Harbour Clinic"
    words = text_of(letter)
    for line in ("1. Nudge: Audio guide", "3. Nudge: Audio guide", "Hello Dev,"):
        assert line in words
    assert Notice.objects.filter(sent_at__gte=dec(3, 9), channel="mail").count() == 3


def test_two_rungs_of_one_alarm_are_told_as_the_upper_one(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    alarm = raised(northlight, accepted, "risk", now=dec(2, 22))
    climbing.climb(alarm.pk, now=dec(2, 22), by=northlight.maya)
    run(dec(3, 9))
    [letter] = mail.letters
    assert letter["Subject"] == "Knock: Audio guide, Harbour Clinic"
    assert Notice.objects.filter(sent_at__isnull=False).count() == 2


def test_what_somebody_knows_by_then_is_left_out_of_it(
    northlight: cast.House, accepted: Promise, mail: Postman
) -> None:
    first = raised(northlight, accepted, "one", now=dec(2, 22))
    raised(northlight, accepted, "two", now=dec(2, 22))
    answering.acknowledge(first, by=northlight.dev, now=dec(2, 23))
    run(dec(3, 9))
    [letter] = mail.letters
    assert letter["Subject"] == "Nudge: Audio guide, Harbour Clinic"
    assert Notice.objects.get(alarm=first).dropped_at is not None


def test_a_rung_that_is_due_does_not_wait_for_others(
    northlight: cast.House, accepted: Promise, mail: Postman, now: datetime
) -> None:
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    raised(northlight, accepted, "risk", now=now + timedelta(minutes=1))
    run(now + timedelta(minutes=1))
    assert len(mail.letters) == 2


def test_the_cap_counts_messages_and_what_is_too_many_goes_together_tomorrow(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    charters.change(northlight.dev, daily_cap=1, by=northlight.dev, now=now)
    for number in range(4):
        raised(northlight, accepted, f"risk {number}", now=now + timedelta(minutes=number))
    assert [(row.due_at, row.notices.count()) for row in Envelope.objects.all()] == [
        (now, 1),
        (dec(3, 9), 3),
    ]


def test_the_next_channel_takes_what_the_first_refuses_for_good(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), "mail", now=now)
    chat.answers = 410
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    assert len(chat.heard) == 1
    assert len(mail.letters) == 1
    envelope = Envelope.objects.get()
    assert (envelope.channel, [each["why"] for each in envelope.passed]) == (
        "mail",
        ["It answered 410."],
    )
    assert Notice.objects.get().channel == "mail"


def test_the_next_channel_takes_over_from_one_that_fails_for_long(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), "mail", now=now)
    chat.answers = 503
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    assert mail.letters == []
    since = Envelope.objects.get().failing_since
    assert since is not None
    assert timedelta() <= since - now < timedelta(seconds=5)
    run(now + timedelta(minutes=11))
    assert len(mail.letters) == 1
    assert [each["why"] for each in Envelope.objects.get().passed] == ["It answered 503."]


def test_one_that_comes_back_in_time_takes_it(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), "mail", now=now)
    chat.answers = 503
    raising.ask(
        accepted, northlight.dev, by=northlight.maya, now=now, question="When is it recorded?"
    )
    run(now)
    chat.answers = 200
    run(now + timedelta(minutes=5))
    assert mail.letters == []
    heard = said(chat)[-1]
    assert heard["title"] == "Nudge: Audio guide, Harbour Clinic"
    assert "Maya asks about Audio guide, Harbour Clinic: When is it recorded?" in heard["message"]
    assert "https://kept.northlight.example/a/" in heard["message"]
    assert "{link}" not in heard["message"]


def test_the_next_channel_takes_a_letter_that_mail_refuses(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, "mail", json_at(chat), now=now)
    mail.to_receiver = "550 No such person"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    assert chat.heard == []
    rounds.go(now=now + timedelta(seconds=10))
    run(now + timedelta(seconds=10))
    assert len(chat.heard) == 1
    envelope = Envelope.objects.get()
    assert (envelope.channel, envelope.failed_at) == ("json", None)
    assert not Alarm.objects.filter(kind=Kind.UNDELIVERABLE).exists()


def test_the_next_channel_takes_a_letter_that_mail_does_not_get_rid_of(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, "mail", json_at(chat), now=now)
    mail.to_receiver = "421 Later"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    rounds.go(now=now + timedelta(minutes=5))
    assert Envelope.objects.get().sent_at is not None
    rounds.go(now=now + timedelta(minutes=11))
    run(now + timedelta(minutes=11))
    assert len(chat.heard) == 1
    rounds.go(now=now + timedelta(minutes=12))
    run(now + timedelta(minutes=12))
    assert len(chat.heard) == 1


def test_only_when_every_channel_refused_somebody_else_hears_of_it(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), "mail", now=now)
    chat.answers, mail.to_receiver = 404, "550 No such person"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    rounds.go(now=now + timedelta(seconds=10))
    rounds.go(now=now + timedelta(minutes=6))
    alarm = Alarm.objects.get(kind=Kind.UNDELIVERABLE)
    assert alarm.letter is not None
    assert (alarm.asked, alarm.promise, alarm.letter.to_name) == (northlight.maya, accepted, "Dev")
    assert Notice.objects.get(alarm__kind=Kind.ASKED).envelope.failed_at is not None
    Letter.objects.filter(failed_at__isnull=False).update(failed_at=None, sent_at=now)
    rounds.go(now=now + timedelta(minutes=12))
    alarm.refresh_from_db()
    assert alarm.closed_why == "done"


def test_whom_no_channel_reaches_is_named_in_the_alarm(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), now=now)
    chat.answers = 404
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    rounds.go(now=now + timedelta(minutes=6))
    run(now + timedelta(minutes=6))
    [letter] = mail.letters
    assert letter["To"] == "Maya <maya@northlight.example>"
    assert "A message to Dev could not be delivered. Reach them another way." in text_of(letter)


def test_killed_between_sending_and_saying_so_a_chat_gets_the_same_link_again(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    Envelope.objects.update(sent_at=None)
    Notice.objects.update(sent_at=None)
    Task.objects.update(state="waiting", ended_at=None, due_at=now)
    run(now)
    first, second = said(chat)
    assert first == second


def test_what_waited_in_line_goes_with_what_is_due_when_their_hours_begin(
    northlight: cast.House, accepted: Promise, mail: Postman, now: datetime
) -> None:
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    raised(northlight, accepted, "risk", now=dec(2, 22))
    run(dec(2, 23))  # whoever carries it was away until now
    assert mail.letters == []
    run(dec(3, 9))
    [letter] = mail.letters
    assert letter["Subject"] == "Two things want your word: Audio guide, Harbour Clinic"


def test_a_notice_from_before_there_were_envelopes_goes_out_too(
    northlight: cast.House, accepted: Promise, mail: Postman, now: datetime
) -> None:
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    notice = Notice.objects.get()
    notice.envelope = None
    notice.save()
    Envelope.objects.all().delete()
    Task.objects.update(payload={"notice": notice.pk})
    run(now)
    run(now + timedelta(seconds=5))
    assert len(mail.letters) == 1


def test_one_receiver_that_hangs_holds_up_nobody_elses(
    northlight: cast.House, accepted: Promise, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, json_at(chat), now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    raising.ask(accepted, northlight.ben, by=northlight.maya, now=now)
    lanes = set(Task.objects.filter(kind="notice").values_list("lane", flat=True))
    assert lanes == {f"notice:{northlight.dev.pk}", f"notice:{northlight.ben.pk}"}
    assert running.run_due(now=now) == 2


def test_of_two_who_carry_one_envelope_one_writes_the_letter(
    northlight: cast.House,
    accepted: Promise,
    mail: Postman,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    task, compose = Task.objects.get(kind="notice"), wording.message

    def overtaken(*about: Any, now: datetime) -> channels.Message:
        monkeypatch.setattr(wording, "message", compose)
        envelopes.carry(task, now=now)
        return compose(*about, now=now)

    monkeypatch.setattr(wording, "message", overtaken)
    run(now)
    assert (len(mail.letters), Letter.objects.count()) == (1, 1)
    assert Envelope.objects.get().channel == "mail"


def test_a_letter_that_still_waits_is_all_that_is_left_when_the_chat_refuses(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    """Mail says later for eleven minutes, then the chat that took over is gone for good."""
    reached_by(northlight, "mail", json_at(chat), now=now)
    mail.to_receiver, chat.answers = "421 Later", 404
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    later = now + timedelta(minutes=11)
    rounds.go(now=later)
    run(later)
    envelope = Envelope.objects.get()
    assert [each["why"] for each in envelope.passed] == [
        "The letter was not taken yet.",
        "It answered 404.",
    ]
    rounds.go(now=later + timedelta(minutes=6))
    assert not Alarm.objects.filter(kind=Kind.UNDELIVERABLE).exists()

    mail.to_receiver = "550 No such person"
    end = later + timedelta(hours=2)
    run(end)
    rounds.go(now=end)
    rounds.go(now=end + timedelta(minutes=6))
    envelope.refresh_from_db()
    assert (envelope.failed_at, Notice.objects.get(envelope=envelope).failed_at) == (end, end)
    alarm = Alarm.objects.get(kind=Kind.UNDELIVERABLE)
    assert (alarm.asked, alarm.question) == (northlight.maya, "Dev")


def test_who_is_not_reached_by_mail_any_more_gets_by_chat_what_mail_refused(
    northlight: cast.House, accepted: Promise, mail: Postman, chat: Receiver, now: datetime
) -> None:
    reached_by(northlight, "mail", json_at(chat), now=now)
    mail.to_receiver = "550 No such person"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    dev = northlight.dev
    ways.remove(dev, charters.reachable(dev).ways[0].key, by=dev, now=now)
    rounds.go(now=now + timedelta(seconds=10))
    run(now + timedelta(seconds=10))
    envelope = Envelope.objects.get()
    assert (len(chat.heard), envelope.channel, envelope.passed) == (1, "json", [])


def test_a_notice_from_before_there_were_envelopes_gets_one_however_often_it_is_carried(
    northlight: cast.House, accepted: Promise, mail: Postman, now: datetime
) -> None:
    """Whoever carried it was killed each time, so that its work is given up: it goes out still."""
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    notice = Notice.objects.get()
    notice.envelope = None
    notice.save()
    Envelope.objects.all().delete()
    assert envelopes.beside(notice) == []
    old = Task.objects.get()
    Task.objects.update(payload={"notice": notice.pk}, attempts=running.TRIES)
    run(now)
    old.refresh_from_db()
    assert (old.state, len(mail.letters), Envelope.objects.count()) == ("dead", 1, 1)
    envelopes.carry(old, now=now)
    assert (len(mail.letters), Envelope.objects.count()) == (1, 1)
    assert Notice.objects.get().failed_at is None


def test_where_mail_is_the_only_channel_a_letter_that_still_waits_is_waited_for(
    northlight: cast.House, accepted: Promise, mail: Postman, now: datetime
) -> None:
    mail.to_receiver = "421 Later"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    run(now)
    assert envelopes.follow_letters(now=now + timedelta(minutes=11)) == []
    envelope = Envelope.objects.get()
    assert (envelope.failed_at, envelope.passed, envelope.sent_at is None) == (None, [], False)

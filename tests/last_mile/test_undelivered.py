"""What reaches nobody is told to somebody who can do something, once; and a receiver that is down
for minutes, hangs or refuses loses nothing.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast
from tests.last_mile.conftest import untold
from tests.last_mile.test_rounds import alarms, forecast, raised
from tests.outbox import postman
from tests.outbox.postman import Postman
from tests.outbox.receiver import Receiver, receiving

from kept.clients.models import Contact
from kept.last_mile import answering, raising, rounds, wording
from kept.last_mile.models import Alarm, Kind, Notice
from kept.last_mile.webhooks import keeping, telling
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.outbox import posting, running
from kept.outbox.models import Letter, Task
from kept.people import charters
from kept.people.models import Member
from kept.promises import delivering, readers
from kept.promises.models import Promise

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def mail(northlight: cast.House) -> Iterator[Postman]:
    with postman.at_work() as at_work:
        yield at_work


@pytest.fixture
def hers(northlight: cast.House, promise: Promise, ana: Contact, now: datetime) -> Promise:
    """The audio guide, done, which Ana Prates reads."""
    promise.job.stages.update(state="done", done_at=now)
    return readers.name(promise, ana, by=northlight.maya, now=now)


def work_until(end: datetime, begin: datetime) -> datetime:
    """Do every piece of work at its moment, from `begin` until `end`; return the last moment."""
    at = begin
    while True:
        running.run_due(now=at)
        waiting = Task.objects.filter(state=Task.State.WAITING).order_by("due_at").first()
        if waiting is None or waiting.due_at > end:
            return at
        at = max(at, waiting.due_at)


def test_a_webhook_that_takes_nothing_for_three_days_is_told_to_an_owner_until_it_does(
    northlight: cast.House, accepted: Promise, hook: Receiver, now: datetime
) -> None:
    keeping.add(hook.url, ["alarm.raised"], "board", by=northlight.ada, now=now)
    hook.answers = 503
    asked = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.close(asked, by=northlight.maya, now=now)
    telling.tell(now=now)
    ends = work_until(now + 4 * DAY, now)
    assert ends - now >= timedelta(hours=72)
    assert WebhookDelivery.objects.get().failed_at is not None
    for again in range(3):
        rounds.go(now=ends + again * 6 * MINUTE)
    assert raised(Kind.UNDELIVERABLE) == [("Ada", "raised")]
    alarm = Alarm.objects.get(kind=Kind.UNDELIVERABLE)
    assert wording.sentence(alarm, zone=cast.ZONE) == (
        "The webhook “board” takes no messages any more. Mend its receiver; what was not taken "
        "can be sent again."
    )
    hook.answers = 204
    keeping.replay(WebhookDelivery.objects.get(), by=northlight.ada, now=ends + HOUR)
    running.run_due(now=ends + HOUR)
    rounds.go(now=ends + HOUR)
    assert raised(Kind.UNDELIVERABLE) == [("Ada", "closed")]
    assert untold() == []


def test_a_mail_server_that_refuses_everybody_is_told_once_for_each_and_not_for_ever(
    northlight: cast.House, accepted: Promise, mail: Postman, now: datetime
) -> None:
    mail.to_receiver = "550 Nobody here"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    for minute in range(0, 60, 6):
        running.run_due(now=now + minute * MINUTE)
        running.run_due(now=now + minute * MINUTE)
        rounds.go(now=now + minute * MINUTE)
    assert raised(Kind.UNDELIVERABLE) == [("Maya", "raised")]
    alarm = Alarm.objects.get(kind=Kind.UNDELIVERABLE)
    said = wording.sentence(alarm, zone=cast.ZONE)
    assert said == "A message to Dev could not be delivered. Reach them another way."
    assert untold() == []


def test_a_message_that_no_channel_carries_says_whom_it_was_for_and_ends_with_its_alarm(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    asked = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    charters.take_back(northlight.dev, now=now)
    running.run_due(now=now)
    rounds.go(now=now)
    alarm = Alarm.objects.get(kind=Kind.UNDELIVERABLE)
    said = wording.sentence(alarm, zone=cast.ZONE)
    assert said == "A message to Dev could not be delivered. Reach them another way."
    answering.acknowledge(asked, by=northlight.ben, now=now + MINUTE)
    rounds.go(now=now + 6 * MINUTE)
    assert raised(Kind.UNDELIVERABLE) == [("Maya", "closed")]


@pytest.mark.parametrize("minutes", [3, 10, 60 * 48])
def test_a_receiver_and_a_mail_server_that_say_later_for_so_long_get_everything_in_the_end(
    northlight: cast.House,
    accepted: Promise,
    mail: Postman,
    hook: Receiver,
    now: datetime,
    minutes: int,
) -> None:
    keeping.add(hook.url, ["alarm.raised"], by=northlight.ada, now=now)
    hook.answers, mail.to_receiver = 503, "421 Try later"
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    telling.tell(now=now)
    back_at = now + minutes * MINUTE
    last = work_until(back_at, now)
    assert not WebhookDelivery.objects.filter(sent_at__isnull=False).exists()
    hook.answers, mail.to_receiver = 204, "250 OK"
    work_until(back_at + 2 * HOUR, max(last, back_at))
    delivery, letter = WebhookDelivery.objects.get(), Letter.objects.get()
    assert delivery.sent_at is not None
    assert letter.sent_at is not None
    # It was tried at least once an hour.
    assert max(delivery.sent_at, letter.sent_at) - back_at <= HOUR
    assert len({headers["webhook-id"] for headers, _body in hook.heard}) == 1
    assert [came["Message-ID"] for came in mail.letters] == [letter.message_id]
    assert Webhook.objects.get().failing_since is None


@pytest.mark.parametrize("way", ["hang", "drip"])
def test_a_receiver_that_hangs_for_a_minute_is_left_after_ten_seconds_and_told_again(
    northlight: cast.House,
    accepted: Promise,
    hook: Receiver,
    now: datetime,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert posting.IN_ALL == 10
    hurried = posting.post
    monkeypatch.setattr(posting, "post", lambda *said: hurried(*said, in_all=0.3))
    keeping.add(hook.url, ["alarm.raised"], by=northlight.ada, now=now)
    hook.answers = way
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    telling.tell(now=now)
    running.run_due(now=now)
    assert Task.objects.get(kind="webhook").state == "waiting"
    hook.answers = 204
    work_until(now + MINUTE, now)
    assert WebhookDelivery.objects.get().sent_at is not None


def test_an_alarm_that_cannot_climb_holds_up_no_other(
    northlight: cast.House,
    accepted: Promise,
    give: Any,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stuck = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    other = raising.ask(give(), northlight.ben, by=northlight.maya, now=now + MINUTE)
    hearers = rounds.climbing.reaching.hearers

    def some(alarm: Alarm, rung: Any) -> Any:
        if alarm.pk == stuck.pk:
            raise ValueError("whatever may go wrong with one alarm")
        return hearers(alarm, rung)

    monkeypatch.setattr(rounds.climbing.reaching, "hearers", some)
    rounds.go(now=now + 3 * HOUR)
    other.refresh_from_db()
    assert other.next_rung == 3
    monkeypatch.undo()
    rounds.go(now=now + 3 * HOUR)
    stuck.refresh_from_db()
    assert stuck.next_rung == 3


def test_a_sheet_that_cannot_be_worked_out_keeps_no_alarm_back(
    accepted: Promise, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_promise: Promise, *, now: datetime) -> None:
        raise ValueError(now)

    monkeypatch.setattr(rounds.bad_news, "compose", fails)
    forecast(accepted, 0.70, now)
    rounds.go(now=now)
    assert alarms() == [("at_risk", "Maya", "raised")]
    assert Notice.objects.count() == 1


def test_a_letter_to_a_client_that_was_given_up_is_told_to_who_sees_the_promise_over_the_line(
    northlight: cast.House, hers: Promise, mail: Postman, now: datetime
) -> None:
    mail.to_receiver = "550 No such person"
    delivering.deliver(hers, by=northlight.ben, now=now)
    running.run_due(now=now)
    rounds.go(now=now + 6 * MINUTE)
    rounds.go(now=now + 12 * MINUTE)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.asked, alarm.promise, alarm.job) == (
        Kind.UNDELIVERABLE, northlight.maya, hers, hers.job,
    )  # fmt: skip
    assert wording.sentence(alarm, zone=cast.ZONE) == (
        "A message to Ana Prates could not be delivered. Reach them another way."
    )
    assert wording.signed(alarm) == "for Maya, Northlight"


def test_a_message_that_reaches_nobody_is_told_once(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    Member.objects.filter(pk=northlight.dev.pk).update(email="")
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    running.run_due(now=now)
    for minutes in (6, 12, 18):
        rounds.go(now=now + minutes * MINUTE)
    assert raised(Kind.UNDELIVERABLE) == [("Maya", "raised")]

"""Another program is told what becomes of promises: signed, once, and never near home."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast
from tests.outbox.receiver import Receiver, receiving

from kept.custody import verifying
from kept.last_mile import answering, climbing, raising, rounds
from kept.last_mile.models import Kind
from kept.last_mile.webhooks import keeping, telling
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.outbox import posting, running
from kept.outbox.models import Letter, Task
from kept.people.models import Member, Role
from kept.promises import delivering
from kept.promises import recording as promising
from kept.promises.models import Promise
from kept.tenancy import scope
from kept.tenancy.refusals import NotAllowed, Refused

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def sent(now: datetime) -> None:
    telling.tell(now=now)
    running.run_due(now=now)


def told(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _headers, body in receiver.heard]


def signs(secret: str, message: tuple[dict[str, str], bytes]) -> bool:
    """Check a message as the standard tells its receivers to."""
    headers, body = message
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return f"v1,{wanted}" in headers["webhook-signature"].split()


def untold() -> list[verifying.Fault]:
    return [fault for fault in verifying.verify().faults if fault.place.startswith("webhook")]


def test_it_is_told_of_an_alarm_from_first_to_last(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    _webhook, secret = keeping.add(receiver.url, ["alarm"], "board", by=northlight.ada, now=now)
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.acknowledge(alarm, by=northlight.dev, now=now)
    rounds.everywhere(now=now)
    running.run_due(now=now)
    assert told(receiver) == ["alarm.raised", "alarm.climbed", "alarm.acknowledged"]
    assert all(signs(secret, message) for message in receiver.heard)
    assert json.loads(receiver.heard[1][1])["data"] == {
        "event": WebhookDelivery.objects.order_by("pk")[1].number,
        "promise": {
            "id": accepted.pk,
            "state": "active",
            "due_at": accepted.due_at.isoformat(timespec="microseconds"),
            "outcome": "open",
        },
        "alarm": {
            "id": alarm.pk,
            "kind": "asked",
            "state": "raised",
            "asked": northlight.dev.pk,
            "promise": accepted.pk,
            "rung": "nudge",
            "late": False,
        },
    }
    assert untold() == []


def test_it_is_told_once_of_what_happened_since_it_was_added(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    keeping.add(receiver.url, by=northlight.ada, now=now)
    assert telling.tell(now=now) == 0
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    assert [telling.tell(now=now) for _ in range(3)] == [2, 0, 0]


def test_it_is_told_only_what_it_asks_for(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    keeping.add(receiver.url, ["alarm.raised, promise.kept"], by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    sent(now)
    assert told(receiver) == ["alarm.raised"]


def test_it_learns_that_a_promise_was_delivered_and_kept_and_no_word_of_any_person(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    keeping.add(receiver.url, ["promise"], by=northlight.ada, now=now)
    accepted.job.stages.update(state="done", done_at=now)
    row = delivering.deliver(accepted, by=northlight.ben, now=now)
    delivering.accept(row, by=northlight.ben, now=now + HOUR)
    sent(now + HOUR)
    assert told(receiver) == ["promise.delivered", "promise.kept"]
    said = b"".join(body for _headers, body in receiver.heard).decode()
    for word in ("Dev", "Maya", "Ben", accepted.job.title, accepted.client.name, "@"):
        assert word not in said


def test_the_old_secret_signs_beside_the_new_one_for_a_day(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    webhook, old = keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)
    webhook, new = keeping.rotate(webhook, by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    sent(now)
    (row,) = WebhookDelivery.objects.all()
    keeping.replay(row, by=northlight.ada, now=now + DAY)
    running.run_due(now=now + DAY)
    first, second = receiver.heard
    assert [signs(old, first), signs(new, first)] == [True, True]
    assert [signs(old, second), signs(new, second)] == [False, True]
    assert (first[0]["webhook-id"], first[1]) == (second[0]["webhook-id"], second[1])
    assert untold() == []


@pytest.mark.parametrize("way", [503, 302, "reset", "garbage"])
def test_what_is_not_taken_is_sent_again_with_the_same_id_until_it_is(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime, way: Any
) -> None:
    keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    receiver.answers = way
    sent(now)
    assert Task.objects.get(kind="webhook").state == "waiting"
    receiver.answers = 200
    running.run_due(now=now + timedelta(seconds=2))
    ids = [headers["webhook-id"] for headers, _body in receiver.heard]
    assert (len(ids), len(set(ids))) == (2, 1)
    assert WebhookDelivery.objects.get().sent_at is not None
    assert Webhook.objects.get().failing_since is None


def test_after_five_days_of_failures_it_is_switched_off_and_the_owners_are_told(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    webhook, _secret = keeping.add(receiver.url, ["alarm"], "board", by=northlight.ada, now=now)
    receiver.answers = 503
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    sent(now)
    answering.acknowledge(alarm, by=northlight.dev, now=now + 5 * DAY - HOUR)
    sent(now + 5 * DAY - HOUR)
    assert Webhook.objects.get().disabled_at is None
    running.run_due(now=now + 5 * DAY + HOUR)
    webhook.refresh_from_db()
    assert (webhook.disabled_at is not None, webhook.disabled_why) == (True, "failing")
    letter = Letter.objects.filter(subject="A webhook was switched off").get()
    assert letter.to_address == northlight.ada.email
    assert "“board” was switched off: nothing was taken there for 5 days" in letter.body
    running.run_due(now=now + 6 * DAY)
    # Nothing is tried any more; what was not taken stays to be seen.
    assert set(Task.objects.filter(kind="webhook").values_list("state", flat=True)) == {"dead"}
    assert not WebhookDelivery.objects.filter(failed_at__isnull=True).exists()
    assert untold() == []

    receiver.answers = 200
    row = WebhookDelivery.objects.order_by("pk")[0]
    with pytest.raises(keeping.IsOff):
        keeping.replay(row, by=northlight.ada, now=now + 6 * DAY)
    keeping.resume(webhook, by=northlight.ada, now=now + 6 * DAY)
    receiver.heard.clear()
    keeping.replay(row, by=northlight.ada, now=now + 6 * DAY)
    running.run_due(now=now + 6 * DAY)
    assert told(receiver) == ["alarm.raised"]
    assert untold() == []


def test_one_that_says_it_is_gone_is_switched_off_at_once(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    keeping.add(receiver.url, by=northlight.ada, now=now)
    receiver.answers = 410
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    sent(now)
    assert Webhook.objects.get().disabled_why == "gone"
    assert len(receiver.heard) == 1


def test_an_address_at_home_is_refused_when_it_is_typed_and_when_it_is_sent_to(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime, settings: Any
) -> None:
    keeping.add(receiver.url, by=northlight.ada, now=now)
    settings.REACHABLE = []
    with pytest.raises(Refused, match="KEPT_REACHABLE"):
        keeping.add("http://127.1:8000/", by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    sent(now)
    assert receiver.heard == []
    assert "not on the public internet" in Task.objects.filter(kind="webhook")[0].fault


def test_a_removed_one_hears_nothing_more(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    webhook, _secret = keeping.add(receiver.url, by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    telling.tell(now=now)
    keeping.remove(webhook, by=northlight.ada, now=now)
    running.run_due(now=now)
    assert (receiver.heard, telling.tell(now=now)) == ([], 0)
    with pytest.raises(keeping.Removed):
        keeping.rotate(webhook, by=northlight.ada, now=now)
    assert untold() == []


def test_only_an_owner_sets_them_and_a_name_there_is_not_is_refused(
    northlight: cast.House, receiver: Receiver, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        keeping.add(receiver.url, by=northlight.ben, now=now)
    with pytest.raises(Refused, match="is no event"):
        keeping.add(receiver.url, ["promise.eaten"], by=northlight.ada, now=now)
    assert keeping.live() == []


def test_no_secret_and_no_address_stands_in_the_ledger(
    northlight: cast.House, receiver: Receiver, now: datetime
) -> None:
    from kept.ledger.models import Event

    _webhook, secret = keeping.add(receiver.url, by=northlight.ada, now=now)
    said = json.dumps(list(Event.objects.values_list("images", "facts")))
    assert secret not in said
    assert receiver.url not in said


def test_another_house_hears_nothing_of_it(
    northlight: cast.House,
    southbank: cast.House,
    accepted: Promise,
    receiver: Receiver,
    now: datetime,
) -> None:
    with scope.acting_in(southbank.organisation):
        keeping.add(receiver.url, by=southbank.cleo, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    climbing.climb_due(now=now + HOUR)
    rounds.everywhere(now=now + HOUR)
    running.run_due(now=now + HOUR)
    assert receiver.heard == []


def test_a_house_has_twenty_at_most(
    northlight: cast.House, receiver: Receiver, now: datetime
) -> None:
    for _number in range(keeping.MOST):
        keeping.add(receiver.url, by=northlight.ada, now=now)
    with pytest.raises(keeping.TooMany) as refused:
        keeping.add(receiver.url, by=northlight.ada, now=now)
    assert refused.value.sentence == "A house has at most 20 webhooks. Remove one first."
    assert len(keeping.live()) == 20


def test_a_message_that_is_known_to_be_taken_or_is_too_old_is_not_sent_again(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    sent(now)
    # Whoever sent it was killed before saying so.
    Task.objects.filter(kind="webhook").update(state="waiting", ended_at=None, due_at=now)
    running.run_due(now=now)
    WebhookDelivery.objects.all().delete()  # as after a month
    Task.objects.filter(kind="webhook").update(state="waiting", ended_at=None, due_at=now)
    running.run_due(now=now)
    assert (told(receiver), Task.objects.get(kind="webhook").state) == (["alarm.raised"], "done")


def test_one_that_is_removed_while_its_receiver_says_gone_is_told_of_to_nobody(
    northlight: cast.House,
    accepted: Promise,
    receiver: Receiver,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook, _secret = keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    receiver.answers = 410
    post = posting.post

    def meanwhile(*said: Any) -> posting.Taken:
        keeping.remove(webhook, by=northlight.ada, now=now)
        return post(*said)

    monkeypatch.setattr(posting, "post", meanwhile)
    sent(now)
    webhook.refresh_from_db()
    assert (len(receiver.heard), webhook.disabled_at) == (1, None)
    assert not Letter.objects.filter(subject="A webhook was switched off").exists()
    assert untold() == []


def test_one_that_is_removed_while_others_are_told_is_told_no_more(
    northlight: cast.House,
    accepted: Promise,
    receiver: Receiver,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhooks = [
        keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)[0]
        for _number in range(2)
    ]
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    tell = telling._tell

    def meanwhile(key: int, **how: Any) -> int:
        if key == webhooks[1].pk:
            keeping.remove(webhooks[1], by=northlight.ada, now=now)
        return tell(key, **how)

    monkeypatch.setattr(telling, "_tell", meanwhile)
    assert telling.tell(now=now) == 1
    assert [row.webhook for row in WebhookDelivery.objects.all()] == [webhooks[0]]


def test_each_owner_who_has_an_address_is_told_that_it_was_switched_off(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    Member.objects.filter(pk__in=[northlight.ben.pk, northlight.dev.pk]).update(role=Role.OWNER)
    Member.objects.filter(pk=northlight.ben.pk).update(email="")
    keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)
    raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    receiver.answers = 410
    sent(now)
    letters = Letter.objects.filter(subject="A webhook was switched off")
    assert sorted(letters.values_list("to_name", flat=True)) == ["Ada", "Dev"]


def test_an_alarm_about_no_promise_is_told_without_one(
    northlight: cast.House, receiver: Receiver, now: datetime
) -> None:
    keeping.add(receiver.url, ["alarm.raised"], by=northlight.ada, now=now)
    raising.raise_alarm(Kind.UNDELIVERABLE, cause="a letter", asked=northlight.ada, now=now)
    sent(now)
    [(_headers, body)] = receiver.heard
    assert json.loads(body)["data"]["promise"] is None
    assert json.loads(body)["data"]["alarm"]["kind"] == "undeliverable"


def test_a_promise_that_was_kept_and_then_voided_is_told_as_voided_and_once(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    """Recorded by mistake, as turned out before anybody was told: nothing was kept."""
    accepted.job.stages.update(state="done", done_at=now)
    row = delivering.deliver(accepted, by=northlight.ben, now=now)
    keeping.add(receiver.url, ["promise"], by=northlight.ada, now=now)
    delivering.accept(row, by=northlight.ben, now=now)
    promising.void(promise=accepted, reason="Another job was meant.", by=northlight.ben, now=now)
    sent(now)
    assert told(receiver) == ["promise.voided"]


def test_one_that_is_on_is_not_resumed_and_what_is_on_its_way_not_sent_again(
    northlight: cast.House, accepted: Promise, receiver: Receiver, now: datetime
) -> None:
    webhook, _secret = keeping.add(receiver.url, ["promise"], by=northlight.ada, now=now)
    with pytest.raises(keeping.IsOn):
        keeping.resume(webhook, by=northlight.ada, now=now)
    raising.raise_alarm(
        Kind.AT_RISK, cause="risk", asked=northlight.dev, promise=accepted, now=now, chance_then=0.6
    )
    telling.tell(now=now)
    (row,) = WebhookDelivery.objects.all()
    with pytest.raises(keeping.StillWaits):
        keeping.replay(row, by=northlight.ada, now=now)
    running.run_due(now=now)
    Task.objects.filter(kind="webhook").delete()  # as after a month
    keeping.replay(row, by=northlight.ada, now=now + 29 * DAY)
    running.run_due(now=now + 29 * DAY)
    assert told(receiver) == ["promise.at_risk"] * 2

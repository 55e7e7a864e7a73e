"""The last mile as one story: at risk, up the ladder, known from the mail, answered, closed.

On a fresh sample studio, with a real mail server, real receivers of a webhook and a chat, and a
real web server behind the mail's link; hours pass in seconds.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import time_machine
from tests.outbox import postman
from tests.outbox.postman import Postman, text_of
from tests.outbox.receiver import Receiver, receiving

from kept.custody import verifying
from kept.jobs import making
from kept.last_mile import notices, rounds, ways
from kept.last_mile.models import Alarm, AlarmAnswer, Kind, Notice
from kept.last_mile.webhooks import keeping
from kept.outbox import running
from kept.people import charters
from kept.people.models import Login, Member
from kept.plan import outlook
from kept.promises.models import Promise
from kept.sample import studio
from kept.tenancy import scope

#: A Wednesday morning, in Lisbon.
NOW = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def mail() -> Iterator[Postman]:
    with postman.at_work() as at_work:
        yield at_work


@pytest.fixture
def webhook() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


class Reader:
    """Whoever opens a letter's link, by HTTP, and presses a button that is there."""

    def open(self, link: str) -> str:
        """Return the page behind a link."""
        with urlopen(link, timeout=20) as answer:
            return unescape(answer.read().decode())

    def press(self, link: str, button: str, **said: str) -> str:
        """Press a button of the page; return the page that it leads to."""
        assert f'name="act" value="{button}"' in self.open(link)
        with urlopen(link, urlencode({"act": button, **said}).encode(), timeout=20) as answer:
            return unescape(answer.read().decode())


def pass_by(now: datetime, minutes: int) -> datetime:
    """Let so many minutes pass, going the rounds and doing the work every hour."""
    for _step in range(0, minutes, 60):
        now += timedelta(minutes=60)
        rounds.everywhere(now=now)
        for second in range(3):
            running.run_due(now=now + timedelta(seconds=second))
    return now


def told(receiver: Receiver) -> list[dict[str, Any]]:
    """Return what the webhook heard, in order."""
    return [
        json.loads(body)
        for path, (_headers, body) in zip(receiver.paths, receiver.heard, strict=True)
        if path == "/hook"
    ]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_promise_at_risk_climbs_is_known_from_the_mail_answered_and_closed(
    mail: Postman, webhook: Receiver, live_server: Any, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.FUTURES = live_server.url, 100
    login = Login.objects.create_user("ada@northlight.example", "a long password indeed")
    owner = studio.make(login=login, now=NOW, seed=1)
    with scope.acting_in(owner.organisation):
        promise = at_risk(owner)
        seen_by = promise.last_mile_owner
        assert seen_by is not None
        lead = Member.objects.get(role="lead")
        keeping.add(webhook.url, ["alarm"], by=owner, now=NOW)
        chat = f"json://127.0.0.1:{webhook.server_port}/chat"
        ways.arrange(lead, [ways.Wanted(address=chat)], by=lead, now=NOW)
        for member in Member.objects.all():
            charters.change(member, daily_cap=20, digest=False, by=member, now=NOW)

        # Nobody answers: a day of the house's time, in seconds.
        now = pass_by(NOW, 30 * 60)
        alarm = Alarm.objects.get(kind=Kind.AT_RISK, promise=promise)
        assert (alarm.state, alarm.asked) == (Alarm.State.RAISED, seen_by)
        rungs = [row.rung for row in Notice.objects.filter(alarm=alarm, sent_at__isnull=False)]
        assert sorted(set(rungs)) == [1, 2, 3, 4, 5]

        mine = [letter for letter in mail.letters if seen_by.email in str(letter["To"])]
        pages = [notices.page_of(row) for row in alarm.notices.filter(member=seen_by)]
        first = next(each for each in mine if any(page in text_of(each) for page in pages))
        assert str(first["List-Unsubscribe"]).endswith("/settings/charter>")
        lead_heard = [
            json.loads(body)
            for path, (_headers, body) in zip(webhook.paths, webhook.heard, strict=True)
            if path == "/chat"
        ]
        assert any(said["title"].startswith(f"Lead: {promise.job.title}, ") for said in lead_heard)

        # Whoever is asked opens the mail's link and presses: I know; done by; it is done.
        found = re.search(rf"{re.escape(live_server.url)}/a/[\w-]+/", text_of(first))
        assert found is not None
        reader, link = Reader(), found.group(0)
        with time_machine.travel(now, tick=False):
            assert "You said that you know." in reader.press(link, "acknowledge")
            on = f"{now + timedelta(days=1):%Y-%m-%d}"
            page = reader.press(link, "answer", kind="done_by", words="", on=on, at="17:00")
            assert "This was answered. You can answer otherwise." in page
        now = pass_by(now, 2 * 60)
        assert (
            Notice.objects.filter(alarm=alarm, written_at__gt=now - timedelta(hours=2)).count() == 0
        )
        with time_machine.travel(now, tick=False):
            assert "This is over. Nothing is wanted of you" in reader.press(link, "close")
        pass_by(now, 60)
        alarm.refresh_from_db()
        assert (alarm.state, alarm.closed_by) == (Alarm.State.CLOSED, seen_by)
        assert AlarmAnswer.objects.get(alarm=alarm).outcome == AlarmAnswer.Outcome.KEPT
        about = [
            event["type"] for event in told(webhook) if event["data"]["alarm"]["id"] == alarm.pk
        ]
        assert about == [
            "alarm.raised",
            *["alarm.climbed"] * 5,
            "alarm.acknowledged",
            "alarm.answered",
            "alarm.closed",
        ]
        assert verifying.verify().faults == []


def at_risk(owner: Member) -> Promise:
    """Let the work of a promise on track grow, so that its chance falls under the line."""
    raised = Alarm.objects.filter(kind=Kind.AT_RISK).values("promise")
    promise = (
        Promise.objects.filter(
            state=Promise.State.ACTIVE,
            last_mile_owner__role="member",
            due_at__gt=NOW + timedelta(days=5),
        )
        .exclude(pk__in=raised)
        .select_related("last_mile_owner", "job")
        .order_by("due_at")
    )[0]
    stage = promise.job.stages.exclude(state__in=["handed_over", "done"]).order_by("position")[0]
    making.change_stage(
        stage, likely_hours=400.0, low_hours=None, high_hours=None, by=owner, now=NOW
    )
    outlook.refresh(by=owner, now=NOW + timedelta(minutes=1))
    return promise

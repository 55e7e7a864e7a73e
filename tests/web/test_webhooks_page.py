"""The page of webhooks: add one, read its secret, see what was not taken, send it again."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client as Browser
from tests import cast
from tests.outbox.receiver import Receiver, receiving
from tests.web.conftest import LogIn

from kept.last_mile.webhooks import telling
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.outbox import running
from kept.outbox.models import Task


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def ada(northlight: cast.House, login: LogIn) -> Browser:
    return login(northlight.ada)


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_one_is_added_and_its_secret_is_shown(ada: Browser, receiver: Receiver) -> None:
    empty = ada.get("/settings/webhooks")
    assert "There are none." in text_of(empty)
    answer = ada.post(
        "/settings/webhooks", {"url": receiver.url, "name": "Board", "events": "alarm"}
    )
    said = text_of(answer)
    assert answer.status_code == 200
    assert "This is the secret of webhook" in said
    assert "whsec_" in said
    assert "whsec_" not in text_of(ada.get("/settings/webhooks"))
    assert Webhook.objects.get().events == "alarm"


def test_an_address_at_home_is_refused_beside_its_field_and_what_was_typed_stays(
    ada: Browser,
) -> None:
    answer = ada.post("/settings/webhooks", {"url": "http://10.0.0.7/", "name": "Board"})
    assert answer.status_code == 422
    assert "not on the public internet" in text_of(answer)
    assert "Nothing was kept" in text_of(answer)
    assert 'value="http://10.0.0.7/"' in answer.content.decode()
    assert not Webhook.objects.exists()


def test_what_was_not_taken_is_shown_with_its_reason_and_sent_again(
    northlight: cast.House, ada: Browser, receiver: Receiver, now: datetime
) -> None:
    ada.post("/settings/webhooks", {"url": receiver.url})
    hook = Webhook.objects.get()
    row = WebhookDelivery.objects.create(
        webhook=hook, number=1, kind="alarm.raised", message_id="msg_1", body="{}", made_at=now
    )
    telling.send(row, now=now)
    receiver.answers = 503
    running.run_due(now=now)
    assert "being tried again It answered 503." in text_of(ada.get("/settings/webhooks"))
    assert ada.post(f"/settings/webhooks/messages/{row.pk}").status_code == 409
    Task.objects.filter(kind="webhook").update(state="dead", ended_at=now)
    WebhookDelivery.objects.update(failed_at=now)
    assert "could not be sent" in text_of(ada.get("/settings/webhooks"))
    assert ada.post(f"/settings/webhooks/messages/{row.pk}").status_code == 302
    assert Task.objects.get(kind="webhook").state == "waiting"


def test_the_secret_is_changed_and_the_webhook_removed(ada: Browser, receiver: Receiver) -> None:
    ada.post("/settings/webhooks", {"url": receiver.url})
    hook = Webhook.objects.get()
    said = text_of(ada.post(f"/settings/webhooks/{hook.pk}/secret"))
    assert "The old one signs too for 24 hours." in said
    assert ada.post(f"/settings/webhooks/{hook.pk}/resume").status_code == 409
    assert ada.post(f"/settings/webhooks/{hook.pk}/remove").status_code == 302
    assert ada.post(f"/settings/webhooks/{hook.pk}/secret").status_code == 404


def test_only_owners_see_it(northlight: cast.House, login: LogIn) -> None:
    assert login(northlight.ben).get("/settings/webhooks").status_code == 403


def test_the_same_by_rest(northlight: cast.House, ada: Browser, receiver: Receiver) -> None:
    made = ada.post(
        "/api/v1/webhooks",
        {"url": receiver.url, "events": ["promise.kept"]},
        content_type="application/json",
    )
    assert made.status_code == 201, made.content
    key = made.json()["id"]
    assert made.json()["secret"].startswith("whsec_")
    assert "secret" not in ada.get(f"/api/v1/webhooks/{key}").json()
    turned = ada.post(f"/api/v1/webhooks/{key}/rotate").json()
    assert turned["secret"] != made.json()["secret"]
    assert ada.get(f"/api/v1/webhooks/{key}/deliveries").json()["items"] == []
    assert ada.post(f"/api/v1/webhooks/{key}/resume").status_code == 409
    assert ada.delete(f"/api/v1/webhooks/{key}").status_code == 204
    assert ada.get(f"/api/v1/webhooks/{key}").status_code == 404
    refused = ada.post(
        "/api/v1/webhooks", {"url": "http://[::1]/"}, content_type="application/json"
    )
    assert refused.status_code == 422


def test_the_same_by_command(northlight: cast.House, receiver: Receiver) -> None:
    from typer.testing import CliRunner

    from kept.cli import commands

    def run(*words: str) -> str:
        result = CliRunner().invoke(commands.app, ["webhook", *words], prog_name="kept")
        return f"{result.exit_code} {result.output}"

    added = run("add", receiver.url, "--events", "alarm", "--name", "Board")
    assert added.startswith("0 ")
    assert "whsec_" in added
    key = str(Webhook.objects.get().pk)
    assert f"webhook {key}: Board, {receiver.url}, alarm, on" in run("list")
    assert "whsec_" in run("rotate", key)
    assert run("resume", key).startswith("1 ")
    assert "There is no message 9 here." in run("replay", "9")
    assert "removed" in run("remove", key)
    assert run("add", "http://127.0.0.2/").startswith("2 ")

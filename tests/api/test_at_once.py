"""The same request from many at once."""

import contextvars
import threading
from collections import Counter
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from tests import cast
from tests.api.conftest import Caller

from kept import engine
from kept.api.models import IdempotencyKey
from kept.clients.models import Client
from kept.ledger import chain
from kept.quotes.models import Answer, Quote
from kept.tenancy import scope

ASK = {
    "what": "Landing page",
    "client": "Harbour Clinic",
    "effort": {"low_hours": 8, "likely_hours": 8, "high_hours": 8},
}


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_twenty_times_at_once_has_one_effect(now: datetime) -> None:
    house = cast.northlight(now=now)
    dev = Caller(house.dev, ["read", "write"], now)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        answer = dev.again().post("/clients", {"name": "Once"}, Idempotency_Key="k1")
        answers.append((answer.status_code, answer.content))
        connection.close()

    threads = [threading.Thread(target=contextvars.Context().run, args=(send,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(answers) == {answers[0]: 20}
    assert answers[0][0] == 201
    with scope.acting_in(house.organisation):
        assert Client.objects.filter(name="Once").count() == 1
        assert IdempotencyKey.objects.count() == 1
        assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/check", ASK),
        ("/answers/{answer}/offers", {"kind": "later"}),
        ("/quotes", {"answer_id": "{answer}", "due_on": "2027-01-29"}),
    ],
)
def test_nothing_is_locked_while_a_keyed_question_is_computed(
    path: str, body: dict[str, Any], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = cast.northlight(now=now)
    dev = Caller(house.dev, ["read", "write"], now)
    kept = dev.post("/check", ASK).json()
    if "answer_id" in body:
        body = {**body, "answer_id": kept["id"]}
    computed_in_transaction = []
    find = engine.find_dates

    def watched(*args: Any, **more: Any) -> Any:
        computed_in_transaction.append(connection.in_atomic_block)
        return find(*args, **more)

    monkeypatch.setattr(engine, "find_dates", watched)

    def send() -> Any:
        return dev.post(path.format(answer=kept["id"]), body, Idempotency_Key="k1")

    first, again = send(), send()

    assert first.status_code == 201, first.content
    assert set(computed_in_transaction) == {False}
    runs = len(computed_in_transaction)
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert len(computed_in_transaction) == runs
    with scope.acting_in(house.organisation):
        made = Answer.objects.count() + Quote.objects.count()
        assert (made, list(chain.faults())) == (2, [])


@pytest.mark.django_db(transaction=True)
def test_one_question_sent_by_five_at_once_is_answered_once(now: datetime) -> None:
    house = cast.northlight(now=now)
    dev = Caller(house.dev, ["read", "write"], now)
    answers: list[tuple[int, bytes]] = []

    def send() -> None:
        answer = dev.again().post("/check", ASK, Idempotency_Key="k1")
        answers.append((answer.status_code, answer.content))
        connection.close()

    threads = [threading.Thread(target=contextvars.Context().run, args=(send,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(answers) == {answers[0]: 5}
    assert answers[0][0] == 201
    with scope.acting_in(house.organisation):
        assert (Answer.objects.count(), IdempotencyKey.objects.count()) == (1, 1)
        assert list(chain.faults()) == []


@pytest.mark.django_db(transaction=True)
def test_a_keyed_question_that_is_refused_leaves_no_key(now: datetime) -> None:
    house = cast.northlight(now=now)
    dev = Caller(house.dev, ["read", "write"], now)

    refused = dev.post("/check", {**ASK, "wanted_on": "2020-01-01"}, Idempotency_Key="k1")
    answered = dev.post("/check", ASK, Idempotency_Key="k1")

    assert (refused.status_code, answered.status_code) == (422, 201)
    other = dev.post("/check", {**ASK, "what": "Another"}, Idempotency_Key="k1")
    assert other.status_code == 422
    with scope.acting_in(house.organisation):
        assert Answer.objects.count() == 1

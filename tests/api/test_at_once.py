"""The same request from many at once."""

import contextvars
import threading
from collections import Counter
from datetime import datetime

import pytest
from django.db import connection
from tests import cast
from tests.api.conftest import Caller

from kept.api.models import IdempotencyKey
from kept.clients.models import Client
from kept.ledger import chain
from kept.tenancy import scope


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

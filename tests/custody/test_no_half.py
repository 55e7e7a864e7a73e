"""A fault between any two statements of a verb: nothing of it happened, and it can be said again.

Each verb is asked for by REST with an Idempotency-Key, and the connection fails at its first
statement, at its second, and so on, until it needs no more. After each fault every table is as it
was before, or, where the fault came after the transaction, as after a whole success; and the same
request sent again has the same effect as one that nothing happened to.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.db import OperationalError, connection, transaction
from tests import cast
from tests.api.conftest import Caller
from tests.last_mile.conftest import accepted, ana, give, promise
from tests.outbox import postman
from tests.outbox.postman import Postman
from tests.outbox.receiver import Receiver, receiving

from kept.custody import verifying
from kept.last_mile import raising, rounds, rules
from kept.last_mile.models import Alarm, Envelope, Kind, Notice
from kept.last_mile.webhooks import keeping
from kept.last_mile.webhooks.models import WebhookDelivery
from kept.ledger import chain
from kept.ledger.models import Event
from kept.outbox import running
from kept.outbox.models import Letter, Task
from kept.promises.models import Promise
from kept.tenancy.models import Scoped

__all__ = ["accepted", "ana", "give", "promise"]

ASK = {"what": "Landing page", "client": "Harbour Clinic", "effort": {"likely_hours": 2}}
DUE = "2027-01-29"
#: No verb needs so many statements.
MOST = 1500

#: That a token was used is noted once a minute, whatever becomes of the request; and forecasts are
#: made after the verb, by whoever comes next if this one could not.
APART = ("ApiToken", "Outlook", "Snapshot")

WRITES = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')

Rows = dict[str, list[tuple[Any, ...]]]
Request = tuple[str, Any]
Verb = Callable[[cast.House, Caller, Promise], Request]


class Cut:
    """Lets so many statements pass, and fails at the next; notes which tables they write.

    Attributes:
        last: the number of the one that keeps the answer, the last of a verb's transaction.
    """

    def __init__(self, after: int = 0) -> None:
        self.after, self.seen, self.last = after, 0, 0
        self.written: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.seen += 1
        if self.seen == self.after:
            raise OperationalError("database or disk is full")
        if found := WRITES.match(sql):
            self.written.add(found.group(1))
            if found.group(1) == "kept_idempotencykey":
                self.last = self.seen
        return execute(sql, params, many, context)


def rows(tables: set[str] | None = None) -> Rows:
    """Return every row of this house, of some tables or of all."""
    found = {}
    for model in apps.get_app_config("kept").get_models():
        if model.__name__ in APART or (tables and model._meta.db_table not in tables):
            continue
        manager = model.objects if issubclass(model, Scoped) else model._base_manager
        lines = manager.order_by("pk").values_list()
        if lines:
            found[model.__name__] = [tuple(map(repr, line)) for line in lines]
    return found


def shape(found: Rows) -> tuple[dict[str, int], list[str]]:
    """Return how many rows each table has, and what the ledger tells: what no nonce changes."""
    counts = {name: len(lines) for name, lines in found.items() if name != "Event"}
    events = Event.objects.exclude(kind=Event.Kind.OUTLOOK_COMPUTED).order_by("number")
    return counts, [str(kind) for kind in events.values_list("kind", flat=True)]


@contextmanager
def undone() -> Iterator[None]:
    """Do the block, and then as if it had not been."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def dev_house(northlight: cast.House, settings: Any, now: datetime) -> Iterator[cast.House]:
    settings.FUTURES = 20
    with time_machine.travel(now, tick=False):
        yield northlight


def hold(house: cast.House, caller: Caller, promise: Promise) -> Request:
    answer = caller.post("/check", ASK).json()
    return "/quotes", {"answer_id": answer["id"], "due_on": DUE}


def accept(house: cast.House, caller: Caller, promise: Promise) -> Request:
    path, body = hold(house, caller, promise)
    return f"/quotes/{caller.post(path, body).json()['id']}/accept", {"word": "Yes"}


def record(house: cast.House, caller: Caller, promise: Promise) -> Request:
    return "/promises", {"what": "Poster", "client": "Quayside Books", "due_on": DUE}


def nudge(house: cast.House, caller: Caller, promise: Promise) -> Request:
    return "/alarms", {"promise_id": promise.pk, "member_id": house.dev.pk}


def _alarm(house: cast.House, caller: Caller, promise: Promise) -> int:
    return int(caller.post(*nudge(house, caller, promise)).json()["id"])


def climb(house: cast.House, caller: Caller, promise: Promise) -> Request:
    return f"/alarms/{_alarm(house, caller, promise)}/climb", None


def acknowledge(house: cast.House, caller: Caller, promise: Promise) -> Request:
    return f"/alarms/{_alarm(house, caller, promise)}/acknowledge", None


def answer(house: cast.House, caller: Caller, promise: Promise) -> Request:
    said = {"kind": "done_by", "due_at": "2026-12-03T11:00+00:00"}
    return f"/alarms/{_alarm(house, caller, promise)}/answer", said


def close(house: cast.House, caller: Caller, promise: Promise) -> Request:
    return f"/alarms/{_alarm(house, caller, promise)}/close", None


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("verb", [hold, accept, climb, acknowledge])
def test_a_verb_that_is_cut_short_did_nothing_or_all_of_it(
    dev_house: cast.House, accepted: Promise, now: datetime, verb: Verb
) -> None:
    cut_short(dev_house, accepted, now, verb, retried=10)


def cut_short(
    house: cast.House, accepted: Promise, now: datetime, verb: Verb, *, retried: int
) -> None:
    """Cut a verb short at every statement, and send it again at every so many."""
    caller = Caller(house.maya, ["read", "write"], now)
    caller.http.raise_request_exception = False
    # That a token is used is noted first, and done without where it cannot be.
    assert caller.get("/clients").status_code == 200
    path, body = verb(house, caller, accepted)

    def post() -> Any:
        return caller.post(path, body, Idempotency_Key="k1")

    whole, faults = rows(), set(map(str, verifying.verify().faults))
    with undone(), connection.execute_wrapper(reference := Cut()):
        assert post().status_code in {200, 201}
        written = reference.written
        after = shape(rows(written))
    assert rows() == whole
    before, wrong = rows(written), []
    for number in range(1, MOST):
        cut = Cut(number)
        with connection.execute_wrapper(cut):
            said = post()
        found = rows(written)
        if cut.seen < number:
            break
        if found != before:
            # The transaction was over: what is left to do after it can wait.
            if shape(found) != after:
                wrong.append((number, said.status_code, "half of it"))
            break
        if said.status_code != 503:
            wrong.append((number, said.status_code, "no word of it"))
        if number % retried:
            continue
        with undone():
            again = post()
            if again.status_code not in {200, 201} or shape(rows(written)) != after:
                wrong.append((number, again.status_code, "not again"))
    assert wrong == []
    # A fault was at each of its statements, and the first that changed nothing came after them.
    assert number > cut.last > 10
    assert post().status_code in {200, 201}
    assert shape(rows(written)) == after
    assert set(map(str, verifying.verify().faults)) <= faults


def _come_round(at: datetime) -> None:
    """Go a round, and do what is due as a worker does: what fails is left to the next time."""
    for act in (rounds.everywhere, running.run_due, running.run_due):
        try:
            act(now=at)
        except OperationalError:
            continue
        at += timedelta(seconds=2)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_rung_its_letter_and_its_messages_leave_once_wherever_the_work_is_cut_short(
    dev_house: cast.House, accepted: Promise, now: datetime
) -> None:
    carried(dev_house, accepted, now, step=9)


def carried(house: cast.House, accepted: Promise, now: datetime, *, step: int) -> None:
    """Climb a rung and send what it leaves, cut short at every so many statements."""
    with postman.at_work() as mail, receiving() as hook:
        keeping.add(hook.url, ["alarm"], by=house.ada, now=now)
        rules.change(Kind.SILENCE, on=False, by=house.ada, now=now)
        number, wrong = 1, []
        while True:
            for forgotten in (Notice, Envelope, Alarm, Letter, WebhookDelivery, Task):
                forgotten.objects.all().delete()
            mail.letters.clear()
            hook.heard.clear()
            alarm = raising.ask(accepted, house.dev, by=house.maya, now=now)
            assert alarm.next_at is not None
            with connection.execute_wrapper(cut := Cut(number)):
                _come_round(alarm.next_at)
            if cut.seen < number:
                break
            for later in (6, 12):
                _come_round(alarm.next_at + timedelta(minutes=later))
            if found := _left(alarm, mail, hook):
                wrong.append((number, found))
            number += step
        assert wrong == []
        assert number > 100


def _left(alarm: Alarm, mail: Postman, hook: Receiver) -> list[str]:
    """Say what is not as it is to be after a nudge and a knock."""
    letters = Counter(str(letter["Message-ID"]) for letter in mail.letters)
    messages = Counter(headers["webhook-id"] for headers, _body in hook.heard)
    found = {
        "rungs": list(Notice.objects.filter(alarm=alarm).values_list("rung", flat=True)) != [1, 2],
        "unsent": Notice.objects.filter(sent_at__isnull=True).exists()
        or Letter.objects.filter(sent_at__isnull=True).exists()
        or WebhookDelivery.objects.filter(sent_at__isnull=True).exists(),
        "work": Task.objects.exclude(state=Task.State.DONE).exists(),
        "letters": len(letters) != 2 or max(letters.values()) > 2,
        "messages": len(messages) != 3 or max(messages.values()) > 2,
        "again": letters.total() + messages.total() > 6,
        "chain": list(chain.faults()) != [],
    }
    return [what for what, wrong in found.items() if wrong]

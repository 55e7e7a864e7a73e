"""Work written with its cause is done by whoever holds the newest lease, or stays to be seen."""

import logging
import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast

from kept.ledger.recording import NotInTransaction
from kept.outbox import running, tasks
from kept.outbox.models import Task
from kept.tenancy import scope

KIND = "test"
SECOND = timedelta(seconds=1)


class Wrecked(Exception):
    """Stands for whatever may go wrong at a receiver."""


class Desk:
    """Does the work of a test, and remembers which and when; what it is told to fails."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.last: datetime | None = None
        self.given_up: list[str] = []
        self.faults: dict[str, Exception] = {}

    def does(self, task: Task, *, now: datetime) -> None:
        self.last = now
        if task.key in self.faults:
            raise self.faults[task.key]
        self.done.append(task.key)

    def told(self, task: Task, *, now: datetime) -> None:
        self.last = now
        self.given_up.append(task.key)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    monkeypatch.setattr(tasks, "HANDLERS", {})
    tasks.handler(KIND, given_up=desk.told)(desk.does)
    return desk


def written(key: str, now: datetime, due_at: datetime | None = None) -> Task:
    with transaction.atomic():
        return tasks.add(KIND, key=key, payload={}, now=now, due_at=due_at)


def test_work_is_done_in_the_order_in_which_it_is_due(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    for key, minutes in (("later", 2), ("first", 0), ("not yet", 20)):
        written(key, now, now + timedelta(minutes=minutes))

    assert running.run_due(now=now + timedelta(minutes=5)) == 2
    assert desk.done == ["first", "later"]
    assert running.run_due(now=now + timedelta(minutes=5)) == 0
    assert dict(Task.objects.values_list("key", "state")) == {
        "first": "done",
        "later": "done",
        "not yet": "waiting",
    }


def test_work_belongs_to_the_transaction_of_its_cause(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    with transaction.atomic():
        tasks.add(KIND, key="1", payload={}, now=now)
        transaction.set_rollback(True)
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_work_without_a_transaction_is_refused(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(NotInTransaction):
        tasks.add(KIND, key="1", payload={}, now=now)


def test_the_same_key_is_written_once_in_a_house(
    northlight: cast.House, southbank: cast.House, now: datetime, desk: Desk
) -> None:
    assert written("1", now) == written("1", now + SECOND)
    with scope.acting_in(southbank.organisation):
        written("1", now)

    assert running.run_due(now=now + SECOND) == 2
    assert desk.done == ["1", "1"]


def test_each_piece_of_work_is_done_in_its_own_house(
    northlight: cast.House,
    southbank: cast.House,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []

    def does(task: Task, *, now: datetime) -> None:
        seen.append((task.key, scope.current().slug, now.date()))

    monkeypatch.setattr(tasks, "HANDLERS", {})
    tasks.handler(KIND)(does)
    written("ours", now)
    with scope.acting_in(southbank.organisation):
        written("theirs", now)
    running.run_due(now=now)
    assert seen == [("ours", "northlight", now.date()), ("theirs", "southbank", now.date())]


def test_work_that_this_process_does_not_know_is_left_to_others(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    with transaction.atomic():
        tasks.add("another kind", key="1", payload={}, now=now)
    assert running.run_due(now=now + SECOND) == 0
    assert Task.objects.get().attempts == 0


def test_two_functions_cannot_do_the_same_kind_of_work(desk: Desk) -> None:
    with pytest.raises(tasks.KnownAlready):
        tasks.handler(KIND)(desk.does)


def test_what_fails_is_tried_again_and_holds_nothing_else_up(
    northlight: cast.House, now: datetime, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.faults["1"] = Wrecked("Wilma Umbrage is not there")
    written("1", now)
    written("2", now)

    with caplog.at_level(logging.WARNING):
        running.run_due(now=now)

    assert desk.done == ["2"]
    task = Task.objects.get(key="1")
    assert (task.state, task.attempts, task.leased_until) == ("waiting", 1, None)
    assert task.fault == "Wrecked: Wilma Umbrage is not there"
    assert now + 0.75 * SECOND <= task.due_at <= now + 2 * SECOND
    assert "Wilma" not in caplog.text, "faults may name people; logs do not"

    del desk.faults["1"]
    assert running.run_due(now=now + 2 * SECOND) == 1
    assert (desk.done, Task.objects.get(key="1").fault) == (["2", "1"], "")


def test_what_would_never_work_is_given_up_at_once(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    desk.faults["1"] = tasks.GiveUp("There is no such address.")
    written("1", now)
    running.run_due(now=now)
    task = Task.objects.get()
    assert (task.state, task.fault, desk.given_up) == ("dead", "There is no such address.", ["1"])


def test_waits_double_from_a_second_to_an_hour_with_a_quarter_left_to_luck() -> None:
    whole = [running.wait_after(n, luck=1) / SECOND for n in (1, 2, 3, 12, 13, 500)]
    assert whole == [1, 2, 4, 2048, 3600, 3600]
    assert running.wait_after(3, luck=0) == 3 * SECOND


def test_a_receiver_that_is_down_for_72_hours_loses_nothing_whatever_the_luck() -> None:
    waits = [running.wait_after(n, luck=0) for n in range(1, running.TRIES)]
    assert sum(waits, timedelta()) >= timedelta(hours=72)


def test_work_is_given_up_after_the_last_try_and_stays_to_be_seen(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    desk.faults["1"] = Wrecked("still down")
    written("1", now)
    at = now
    while Task.objects.get().state == "waiting":
        at = max(at, Task.objects.get().due_at)
        running.run_due(now=at)

    task = Task.objects.get()
    assert (task.state, task.attempts, task.fault) == ("dead", 108, "Wrecked: still down")
    assert at - now >= timedelta(hours=72)
    assert desk.given_up == ["1"]


def test_work_that_kills_whoever_does_it_is_given_up_too(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    task = written("1", now)
    Task.objects.update(attempts=running.TRIES)
    running.run_due(now=now)
    task.refresh_from_db()
    assert (task.state, task.fault) == ("dead", "whoever ran it was killed")
    assert desk.done == []


def test_a_killed_runners_work_is_done_when_its_lease_has_run_out(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    killed = running.claim(written("1", now), now=now)
    assert killed is not None

    assert running.run_due(now=now + running.LEASE - SECOND) == 0
    assert running.run_due(now=now + running.LEASE) == 1
    assert desk.done == ["1"]
    assert not running.finish(killed, now=now + running.LEASE), "its word does not count any more"


def test_what_was_done_is_forgotten_after_a_month_and_what_was_given_up_is_not(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    desk.faults["dead"] = tasks.GiveUp("no")
    for key in ("done", "dead"):
        written(key, now)
    running.run_due(now=now)
    written("waiting", now)
    assert running.forget(now=now + timedelta(days=29)) == 0
    assert running.forget(now=now + timedelta(days=31)) == 1
    assert set(Task.objects.values_list("key", flat=True)) == {"dead", "waiting"}


def test_the_lease_is_longer_than_a_letter_may_take() -> None:
    from django.conf import settings as ours

    exchanges = 10  # greeting, EHLO, STARTTLS, EHLO, three for the log-in, sender, receiver, text
    assert timedelta(seconds=exchanges * ours.EMAIL_TIMEOUT) < running.LEASE


@pytest.mark.django_db(transaction=True)
def test_of_many_who_reach_for_the_same_work_one_gets_it(
    northlight: cast.House, now: datetime
) -> None:
    organisation = northlight.organisation
    work = [written(str(n), now) for n in range(12)]
    leases: list[running.Lease] = []
    ready = threading.Barrier(4)

    def reach() -> None:
        with scope.acting_in(organisation):
            ready.wait()
            for task in work:
                lease = running.claim(task, now=now)
                if lease is not None:
                    leases.append(lease)
        connection.close()

    threads = [threading.Thread(target=reach) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(int(lease.task.key) for lease in leases) == list(range(12))
    assert {lease.fence for lease in leases} == {1}


@pytest.mark.django_db(transaction=True)
def test_many_runners_do_each_piece_of_work_once(
    northlight: cast.House, now: datetime, desk: Desk
) -> None:
    for n in range(30):
        written(str(n), now)
    stop = threading.Event()
    runners = [
        threading.Thread(target=running.keep_running, kwargs={"now": lambda: now, "until": stop})
        for _ in range(3)
    ]
    for runner in runners:
        runner.start()
    for _look in range(200):
        if len(desk.done) >= 30:
            break
        stop.wait(0.05)
    stop.set()
    for runner in runners:
        runner.join(timeout=10)
    assert sorted(map(int, desk.done)) == list(range(30))
    assert set(Task.objects.values_list("state", flat=True)) == {"done"}


def test_a_look_that_fails_is_followed_by_another(
    monkeypatch: pytest.MonkeyPatch, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    looks = []

    def failing(_lanes: running.Lanes, *, now: datetime) -> int:
        looks.append(now)
        if len(looks) == 2:
            stop.set()
        raise OSError("the disk is full")

    monkeypatch.setattr(running.Lanes, "look", failing)
    monkeypatch.setattr(running, "BETWEEN_LOOKS", 0)
    monkeypatch.setattr(running.connections, "close_all", lambda: None)
    running.keep_running(now=lambda: now, until=stop)
    assert looks == [now, now]
    assert "it is tried again" in caplog.text


Step = tuple[str, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["claim", "finish", "fail", "give up", "pass a second", "pass a lease"]),
        st.sampled_from(["A", "B"]),
    ),
    max_size=25,
)


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_whatever_two_runners_do_only_the_newest_lease_ends_the_work(
    northlight: cast.House, now: datetime, desk: Desk, steps: list[Step]
) -> None:
    """Runner by runner beside a plain model: who holds the lease, and how the work stands."""
    Task.objects.all().delete()
    task = written("1", now)
    at = now
    leases: dict[str, running.Lease] = {}
    holder, due, state, tries = "", now, "waiting", 0
    for verb, runner in steps:
        match verb:
            case "pass a second":
                at += SECOND
            case "pass a lease":
                at += running.LEASE
            case "claim":
                task.refresh_from_db()
                lease = running.claim(task, now=at)
                assert (lease is not None) == (state == "waiting" and due <= at)
                if lease is not None:
                    tries += 1
                    leases[runner], holder = lease, runner
                    due = at + max(running.LEASE, SECOND * 2 ** (tries - 1))
                    task.refresh_from_db()
                    assert at + running.LEASE <= task.due_at <= due
                    due = task.due_at
            case _ if runner in leases:
                lease, counts = leases[runner], holder == runner and state == "waiting"
                if verb == "finish":
                    assert running.finish(lease, now=at) == counts
                    state = "done" if counts else state
                elif verb == "give up":
                    assert running.give_up(lease, fault="no", now=at) == counts
                    state = "dead" if counts else state
                else:
                    assert running.put_off(lease, fault="down", now=at, luck=1) == counts
                    if counts:
                        due, holder = at + running.wait_after(tries, luck=1), ""
                if counts:
                    holder = ""
        task.refresh_from_db()
        assert (task.state, task.attempts, task.fence, task.due_at) == (state, tries, tries, due)
        assert (task.ended_at is None) == (state == "waiting")

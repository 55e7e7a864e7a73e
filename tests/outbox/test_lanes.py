"""A receiver that hangs stands in a lane of its own: nobody else's work waits behind it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, transaction
from tests import cast
from tests.outbox.receiver import Receiver, receiving

from kept.outbox import posting, running, tasks
from kept.outbox.models import Task


@contextmanager
def keeping_running(now: datetime) -> Iterator[None]:
    stop = threading.Event()
    runner = threading.Thread(
        target=running.keep_running, kwargs={"now": lambda: now, "until": stop}
    )
    runner.start()
    try:
        yield
    finally:
        stop.set()
        runner.join(timeout=20)
        assert not runner.is_alive()


def written(key: str, lane: str, now: datetime) -> None:
    with transaction.atomic():
        tasks.add("call", key=key, payload={}, lane=lane, now=now)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> dict[str, Receiver]:
    """Work that posts to the receiver that its lane names."""
    receivers: dict[str, Receiver] = {}
    monkeypatch.setattr(tasks, "HANDLERS", {})

    @tasks.handler("call")
    def call(task: Task, *, now: datetime) -> None:
        if not posting.post(receivers[task.lane].place, b"{}", {}).well:
            raise OSError("not taken")

    return receivers


@pytest.mark.django_db(transaction=True)
def test_others_are_served_while_one_receiver_hangs(
    northlight: cast.House, now: datetime, calls: dict[str, Receiver]
) -> None:
    """The bad one's work is older, and more than one look takes; it is still under way when all of
    the good one's is done.
    """
    with receiving() as bad, receiving() as good:
        calls |= {"bad": bad, "good": good}
        bad.answers = "hang"
        for n in range(60):
            written(f"bad {n}", "bad", now)
        for n in range(5):
            written(f"good {n}", "good", now)
        with keeping_running(now):
            assert bad.asked.wait(20)
            for _look in range(300):
                if len(good.heard) == 5:
                    break
                threading.Event().wait(0.05)
            still_hanging = len(bad.heard)
            bad.ended.set()
        assert (len(good.heard), still_hanging) == (5, 1)
    assert set(Task.objects.filter(lane="good").values_list("state", flat=True)) == {"done"}
    assert not Task.objects.filter(lane="bad", state="done").exists()


@pytest.mark.django_db(transaction=True)
def test_one_kind_of_work_leaves_lanes_to_the_others_though_all_of_it_hangs(
    northlight: cast.House, now: datetime, calls: dict[str, Receiver], settings: Any
) -> None:
    """As when the mail server hangs, by which letters to twenty domains go."""
    with receiving() as bad, receiving() as good:
        bad.answers = "hang"
        for n in range(20):
            calls[f"mail:{n}"] = bad
            written(f"bad {n}", f"mail:{n}", now)
        calls["webhook:1"] = good
        written("good", "webhook:1", now)
        with keeping_running(now):
            assert good.asked.wait(20)
            assert len(bad.heard) <= settings.LANES_OF_A_KIND
            bad.ended.set()
    assert Task.objects.get(lane="webhook:1").state == "done"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", [503, 302, "reset", "garbage"])
def test_what_a_receiver_refuses_is_tried_again_and_holds_up_nobody(
    northlight: cast.House, now: datetime, calls: dict[str, Receiver], way: int | str
) -> None:
    with receiving() as bad, receiving() as good:
        calls |= {"bad": bad, "good": good}
        bad.answers = way
        written("bad", "bad", now)
        written("good", "good", now)
        with keeping_running(now):
            assert bad.asked.wait(20)
            assert good.asked.wait(20)
    rows = dict(Task.objects.values_list("lane", "state"))
    assert rows == {"bad": "waiting", "good": "done"}
    task = Task.objects.get(lane="bad")
    assert (task.attempts, task.due_at > now, bool(task.fault)) == (1, True, True)


@pytest.mark.django_db(transaction=True)
def test_work_of_one_lane_is_done_in_its_order(
    northlight: cast.House,
    now: datetime,
    calls: dict[str, Receiver],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    all_done = threading.Event()
    monkeypatch.setattr(tasks, "HANDLERS", {})

    @tasks.handler("call")
    def call(task: Task, *, now: datetime) -> None:
        done.append(task.key)
        if len(done) == 20:
            all_done.set()

    for n in range(20):
        written(f"{n:02}", "one", now)
    with keeping_running(now):
        assert all_done.wait(30)
    assert done == [f"{n:02}" for n in range(20)]


@pytest.mark.django_db(transaction=True)
def test_no_more_receivers_are_served_at_a_time_than_there_are_lanes(
    northlight: cast.House, now: datetime, calls: dict[str, Receiver], settings: Any
) -> None:
    settings.LANES = 3
    with receiving() as bad:
        bad.answers = "hang"
        for n in range(5):
            calls[f"kind{n}:1"] = bad
            written(f"bad {n}", f"kind{n}:1", now)
        lanes = running.Lanes(until=threading.Event())
        assert [lanes.look(now=now), lanes.look(now=now)] == [3, 0]
        bad.ended.set()
        lanes.end()
        assert lanes.look(now=now) == 2
        lanes.end()
    assert len(bad.heard) == 5


@pytest.mark.django_db(transaction=True)
def test_who_is_told_to_stop_ends_what_is_under_way_and_begins_nothing_more(
    northlight: cast.House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "HANDLERS", {})
    stop = threading.Event()

    @tasks.handler("call")
    def call(task: Task, *, now: datetime) -> None:
        stop.set()

    for n in range(3):
        written(f"{n}", "one", now)
    lanes = running.Lanes(until=stop)
    assert lanes.look(now=now) == 3
    lanes.end()
    rows = list(Task.objects.order_by("pk").values_list("state", "attempts"))
    assert rows == [("done", 1), ("waiting", 0), ("waiting", 0)]


@pytest.mark.django_db(transaction=True)
def test_a_lane_whose_database_fails_is_free_again_and_its_work_is_done_later(
    northlight: cast.House, now: datetime, calls: dict[str, Receiver], monkeypatch: Any
) -> None:
    with receiving() as good:
        calls["one"] = good
        written("one", "one", now)
        lanes = running.Lanes(until=threading.Event())
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(running, "claim", _no_database)
            assert lanes.look(now=now) == 1
            lanes.end()
        assert (good.heard, Task.objects.get().attempts) == ([], 0)
        assert lanes.look(now=now) == 1
        lanes.end()
    task = Task.objects.get()
    assert (task.state, str(task)) == ("done", "call one")


def _no_database(*_what: Any, **_how: Any) -> None:
    raise OperationalError("the database is away")

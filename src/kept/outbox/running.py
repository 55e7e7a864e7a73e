"""Do the work that is due: by the process that serves, by `kept worker`, by as many as are wanted.

Whoever takes a piece of work takes a lease on it, and a new fence. While the
lease lasts nobody else takes it; when it has run out, because its holder was
killed or hangs, somebody else may, with a newer fence, and the older one's
word does not count any more. Taking and ending are conditional updates, which
both databases decide alike.

Each receiver has a lane of its own: its work is done piece after piece, beside
that of the others, so that a receiver that hangs holds up nobody else. Of one
kind of work some lanes are served at a time, so that a mail server that hangs
for everybody leaves lanes to messages that do not go by it.
"""

import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F, Q, QuerySet

from kept.outbox import tasks
from kept.outbox.models import Task
from kept.tenancy import scope

log = logging.getLogger(__name__)

#: Longer than any work may last: a letter's ten exchanges with a server that waits 20 s each.
LEASE = timedelta(minutes=5)
SHORTEST_WAIT, LONGEST_WAIT = timedelta(seconds=1), timedelta(hours=1)
#: Waits are drawn down to so much of their length, so that many do not come back at once.
LEAST_LUCK = 0.75
#: However luck falls, the waits between so many tries add up to 72 hours or more.
TRIES = 108
#: What was done is remembered so long; what was given up stays until somebody sends it again.
KEPT_FOR = timedelta(days=30)
#: Seconds between two looks for work.
BETWEEN_LOOKS = 2.0
#: Seconds that whoever stops waits for what is under way.
TO_END = 8.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to do one piece of work, until it runs out or the work is ended."""

    task: Task
    fence: int


def run_due(*, now: datetime, limit: int = 50) -> int:
    """Do what is due, in all houses, oldest first; return how many pieces of work were taken.

    Work that fails is tried again later. A failure holds nothing else up.
    """
    began = time.monotonic()
    return sum(_take(task, began=began, now=now) for task in _due(now)[:limit])


class Lanes:
    """Work side by side, one thread for each receiver that has any: one that hangs stands alone."""

    def __init__(self, *, until: threading.Event) -> None:
        self._until = until
        self._at_work: dict[str, threading.Thread] = {}
        self._ends = threading.Condition()

    def look(self, *, now: datetime, limit: int = 50) -> int:
        """Have the work that is due begun in every lane that is free; return how many pieces."""
        with self._ends:
            busy = Counter(_kind_of(lane) for lane in self._at_work)
            due = _due(now).exclude(lane__in=list(self._at_work))
        begun = 0
        for lane, row in self._free(due, busy, limit=limit).items():
            thread = threading.Thread(
                target=self._work, args=(lane, row, now), name=f"outbox {lane}", daemon=True
            )
            with self._ends:
                self._at_work[lane] = thread
            thread.start()
            begun += len(row)
        return begun

    def _free(
        self, due: QuerySet[Task], busy: Counter[str], *, limit: int
    ) -> dict[str, list[Task]]:
        """Return what is due in lanes that can be served now, oldest first."""
        for kind, lanes in busy.items():
            if lanes >= settings.LANES_OF_A_KIND:
                due = due.exclude(Q(lane=kind) | Q(lane__startswith=f"{kind}:"))
        by_lane: dict[str, list[Task]] = {}
        if busy.total() >= settings.LANES:
            return by_lane
        for task in due[:limit]:
            kind = _kind_of(task.lane)
            if task.lane not in by_lane:
                if busy.total() >= settings.LANES or busy[kind] >= settings.LANES_OF_A_KIND:
                    continue
                busy[kind] += 1
                by_lane[task.lane] = []
            by_lane[task.lane].append(task)
        return by_lane

    def wait(self, seconds: float) -> None:
        """Wait until a lane is free again, at most so long, and not once told to stop."""
        with self._ends:
            if not self._until.is_set():
                self._ends.wait(timeout=seconds)

    def end(self) -> None:
        """Wait for what is under way; what hangs is left, and done again when its lease ends."""
        ends = time.monotonic() + TO_END
        with self._ends:
            threads = list(self._at_work.values())
        for thread in threads:
            thread.join(timeout=max(0.0, ends - time.monotonic()))

    def _work(self, lane: str, row: list[Task], now: datetime) -> None:
        began = time.monotonic()
        try:
            for task in row:
                if self._until.is_set():
                    break
                _take(task, began=began, now=now)
        except Exception:
            log.exception("Work of the lane %s stopped; it is tried again", lane)
        finally:
            connections.close_all()
            with self._ends:
                del self._at_work[lane]
                self._ends.notify_all()


def _kind_of(lane: str) -> str:
    return lane.partition(":")[0]


def _due(now: datetime) -> QuerySet[Task]:
    found = Task.everywhere.filter(
        state=Task.State.WAITING, due_at__lte=now, kind__in=list(tasks.HANDLERS)
    )
    return found.select_related("organisation").order_by("due_at", "pk")


def _take(task: Task, *, began: float, now: datetime) -> bool:
    """Do one piece of work, unless somebody else took it; say whether it was taken here."""
    at = now + timedelta(seconds=time.monotonic() - began)
    with scope.acting_in(task.organisation):
        lease = claim(task, now=at)
        if lease is not None:
            _do(lease, began=began, now=now)
        return lease is not None


def claim(task: Task, *, now: datetime) -> Lease | None:
    """Take a piece of work that is due, if nobody else did; of two at once one gets it."""
    wait = max(LEASE, wait_after(task.attempts + 1, luck=random.random()))  # noqa: S311 - jitter
    claimed = Task.objects.filter(
        pk=task.pk, state=Task.State.WAITING, fence=task.fence, due_at__lte=now
    ).update(
        fence=F("fence") + 1,
        attempts=F("attempts") + 1,
        leased_until=now + LEASE,
        due_at=now + wait,
    )
    if not claimed:
        return None
    task = Task.objects.get(pk=task.pk)
    return Lease(task, task.fence)


def finish(lease: Lease, *, now: datetime) -> bool:
    """Say that the work was done; False, and nothing changed, if the lease passed to another."""
    return _end(lease, state=Task.State.DONE, ended_at=now, leased_until=None, fault="")


def put_off(lease: Lease, *, fault: str, now: datetime, luck: float) -> bool:
    """Say that it failed, and have it tried again later; False if the lease passed to another.

    After `TRIES` it is given up, and stays to be seen.
    """
    if lease.task.attempts >= TRIES:
        return give_up(lease, fault=fault, now=now)
    return _end(
        lease,
        leased_until=None,
        fault=fault[:500],
        due_at=now + wait_after(lease.task.attempts, luck=luck),
    )


def give_up(lease: Lease, *, fault: str, now: datetime) -> bool:
    """Say that it cannot be done; False if the lease passed to another."""
    with transaction.atomic():
        ended = _end(
            lease, state=Task.State.DEAD, ended_at=now, leased_until=None, fault=fault[:500]
        )
        told = tasks.HANDLERS[lease.task.kind].given_up
        if ended and told is not None:
            told(lease.task, now=now)
    return ended


def forget(*, now: datetime) -> int:
    """Remove what was done long ago from the current house; return how much it was."""
    done = Task.objects.filter(state=Task.State.DONE, ended_at__lt=now - KEPT_FOR)
    return done.delete()[0]


def wait_after(attempts: int, *, luck: float) -> timedelta:
    """Return how long to wait after so many tries: 1 s, doubled each time, at most an hour.

    Args:
        luck: from 0 to 1; how much of the wait is left.
    """
    whole: timedelta = min(LONGEST_WAIT, SHORTEST_WAIT * 2 ** min(attempts - 1, 30))
    return whole * (LEAST_LUCK + (1 - LEAST_LUCK) * luck)


def keep_running(*, now: Callable[[], datetime], until: threading.Event) -> None:
    """Look for work every two seconds and have it done side by side, until told to stop."""
    lanes = Lanes(until=until)
    while not until.is_set():
        begun = 0
        try:
            begun = lanes.look(now=now())
        except Exception:
            log.exception("Looking for work failed; it is tried again")
        finally:
            connections.close_all()
        if not begun:
            lanes.wait(BETWEEN_LOOKS)
    lanes.end()


def _do(lease: Lease, *, began: float, now: datetime) -> None:
    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    task = lease.task
    if task.attempts > TRIES:  # each time whoever ran it was killed
        give_up(lease, fault=task.fault or "whoever ran it was killed", now=at())
        return
    try:
        tasks.HANDLERS[task.kind].does(task, now=at())
    except tasks.GiveUp as error:
        log.warning("%s %s was given up: %s", task.kind, task.pk, error)
        give_up(lease, fault=str(error), now=at())
    except Exception as error:
        # The fault's own words may name people; the log gets its kind alone.
        log.warning("%s %s failed: %s", task.kind, task.pk, type(error).__name__)
        fault = f"{type(error).__name__}: {error}"
        put_off(lease, fault=fault, now=at(), luck=random.random())  # noqa: S311 - jitter
    else:
        finish(lease, now=at())


def _end(lease: Lease, **changes: object) -> bool:
    held = Task.objects.filter(
        pk=lease.task.pk, state=Task.State.WAITING, fence=lease.fence, leased_until__isnull=False
    )
    return held.update(**changes) == 1

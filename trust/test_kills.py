"""Processes are killed while they write: nothing acknowledged is lost, nothing is half there.

TRUST_ROUNDS sets how often; 1,000 takes a few minutes for each database.
"""

import os
import random
import select
import signal
import time
from datetime import datetime

import pytest
from django.db import connection, connections
from tests.custody import story

from kept.clients import keeping
from kept.clients.models import Client
from kept.custody import verifying
from kept.tenancy import scope

ROUNDS = int(os.environ.get("TRUST_ROUNDS", "1000"))


def let_go() -> None:
    """Close every connection, so that a child takes none of ours."""
    connections.close_all()
    if connection.vendor == "postgresql":
        connection.close_pool()  # type: ignore[attr-defined]


def write_until_killed(told: story.Story, number: int, out: int, now: datetime) -> None:
    """Add clients one after the other, and acknowledge each on `out` once it is kept."""
    with scope.acting_in(told.house):
        for turn in range(10_000):
            name = f"Client {number}-{turn}"
            keeping.add_client(name=name, note=f"Told by {name}", by=told.ada, now=now)
            os.write(out, f"{name}\n".encode())


def killed(told: story.Story, number: int, dice: random.Random, now: datetime) -> list[str]:
    """Start a writer, kill it at a random moment, and return what it acknowledged."""
    let_go()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            write_until_killed(told, number, writing, now)
        finally:
            os._exit(1)
    os.close(writing)
    heard = b""
    select.select([reading], [], [], 30)
    time.sleep(dice.uniform(0, 0.05))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while part := os.read(reading, 65536):
        heard += part
    os.close(reading)
    return heard.decode().splitlines()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_no_acknowledged_write_is_lost_when_processes_are_killed(now: datetime) -> None:
    told = story.begin(now)
    dice = random.Random(7)
    heard: list[str] = []
    for number in range(ROUNDS):
        heard += killed(told, number, dice, now)
    with scope.acting_in(told.house):
        kept = list(Client.objects.exclude(pk=told.clinic.pk).values_list("name", flat=True))
        report = verifying.verify()
    unheard = set(kept) - set(heard)
    print(
        f"\n{connection.vendor}: {ROUNDS} kills, {len(heard)} acknowledged, "
        f"{len(unheard)} kept and not yet acknowledged, {report.events} events"
    )
    assert set(heard) <= set(kept)
    assert len(kept) == len(set(kept))
    assert len(unheard) <= ROUNDS  # at most the one under way
    assert len(heard) >= ROUNDS
    assert report.faults == []

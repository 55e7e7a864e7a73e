"""A process that is forked has lines of its own to PostgreSQL, as many as it needs."""

import os
import threading

import pytest
from django.db import connection

from kept.cli import serve

pytestmark = [
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no lines"),
    pytest.mark.django_db(transaction=True),
]


def session() -> int:
    """Return the number of the server's session behind this thread's connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def sessions_of_three_at_once() -> set[int]:
    """Return the sessions that three threads have which all hold one at the same time."""
    found: set[int] = set()
    together = threading.Barrier(3)

    def work() -> None:
        found.add(session())
        together.wait(20)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def in_a_fork() -> set[int]:
    """Return the sessions that three threads of a forked process have."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writes, repr(sessions_of_three_at_once()).encode())
        finally:
            os._exit(0)
    os.close(writes)
    with os.fdopen(reads) as told:
        said = told.read()
    os.waitpid(child, 0)
    return {int(number) for number in said.strip("{}").split(",")}


def test_a_forked_process_shares_no_session_and_opens_what_it_needs() -> None:
    own = session()

    theirs = in_a_fork()

    assert len(theirs) == 3
    assert own not in theirs
    assert session() == own  # and nobody hung up on it


def test_who_serves_lets_go_of_all_sessions_before_it_is_forked() -> None:
    session()
    connection.close()
    assert connection._connection_pools

    serve.let_go()

    assert connection._connection_pools == {}
    assert session()

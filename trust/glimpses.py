"""What is under way in the moment before a kill: told by the database, the clients, the receivers.

Nothing is stopped for it, so that a kill falls up to a few milliseconds after the glimpse.
"""

import fcntl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from tests.outbox.receiver import Receiver
from trust import kills, writers

#: SQLite's write lock, one byte of the log's index: https://sqlite.org/walformat.html.
WRITE_LOCK = 120
#: struct flock, as Linux has it on 64 bits: type, whence, start, length, who.
FLOCK = "hhqqi4x"

OPEN = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = %s AND backend_type = 'client backend' AND backend_xid IS NOT NULL
"""


@dataclass(frozen=True)
class Glimpse:
    """What a kill falls into."""

    request: bool
    transaction: bool
    sending: bool


@contextmanager
def glimpsing(
    at: kills.Place, clients: writers.Writers, mail: kills.Receiver, hook: Receiver
) -> Iterator[Callable[[], Glimpse]]:
    """Give a function that looks at what is under way now."""
    with writing(at) as is_writing:
        yield lambda: Glimpse(
            request=clients.are_asking(),
            transaction=is_writing(),
            sending=mail.busy or hook.busy > 0,
        )


@contextmanager
def writing(at: kills.Place) -> Iterator[Callable[[], bool]]:
    """Give a function that says whether a transaction is open that wrote, or may (SQLite)."""
    if not at.database:
        yield lambda: _is_locked(at)
        return
    base, _slash, name = at.database.rpartition("/")
    beside = f"{base}/postgres".replace("postgres://", "postgresql://", 1)
    with psycopg.connect(beside, autocommit=True) as server:

        def open_now() -> bool:
            row = server.execute(OPEN, [name]).fetchone()
            return row is not None and row[0] > 0

        yield open_now


def _is_locked(at: kills.Place) -> bool:
    index = at.folder / "data" / "kept.sqlite3-shm"
    try:
        with index.open("r+b") as opened:
            asked = struct.pack(FLOCK, fcntl.F_WRLCK, 0, WRITE_LOCK, 1, 0)
            said = fcntl.fcntl(opened, fcntl.F_GETLK, asked)
    except FileNotFoundError:
        return False
    return bool(struct.unpack(FLOCK, said)[0] != fcntl.F_UNLCK)

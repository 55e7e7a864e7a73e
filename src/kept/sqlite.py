"""A sound SQLite, or the safer journal.

SQLite before 3.51.3 can corrupt a database in write-ahead mode when the log
is reset. Where the library that comes with Python is that old, the newer one
of the pysqlite3 wheel takes its place; where there is neither, the rollback
journal is used, and `kept doctor` says so.
"""

import sqlite3
import sys
from typing import Any

SOUND_SINCE = (3, 51, 3)


def prefer_sound() -> None:
    """Make `import sqlite3` give a SQLite without the defect, where one is installed."""
    if sqlite3.sqlite_version_info >= SOUND_SINCE:
        return
    try:
        import pysqlite3  # only on Linux, see requirements
    except ImportError:
        return
    if pysqlite3.sqlite_version_info > sqlite3.sqlite_version_info:
        sys.modules["sqlite3"] = pysqlite3
        sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2


def version() -> tuple[int, ...]:
    """Return the version of the SQLite in use."""
    in_use = sys.modules["sqlite3"]
    return tuple(in_use.sqlite_version_info)


def is_sound() -> bool:
    """Say whether write-ahead mode is safe with the SQLite in use."""
    return version() >= SOUND_SINCE


def options() -> dict[str, object]:
    """Return the connection options for Django."""
    journal = "WAL" if is_sound() else "DELETE"
    return {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # What is deleted is overwritten: an erased text must not stay in a free page.
        "init_command": (
            f"PRAGMA journal_mode={journal}; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        ),
    }


def fold(path: str) -> None:
    """Fold the log into a database that nobody else has open, so that the file alone is all of it.

    A process that ended while it held the log open left that to do.
    """
    line = sys.modules["sqlite3"].connect(path)
    try:
        line.execute("SELECT count(*) FROM sqlite_master").fetchall()
    finally:
        line.close()  # whoever closes the last connection folds the log in


#: Connections that only keep a log where it is.
_held: list[Any] = []


def hold_open(path: str) -> None:
    """Keep the log beside a database for as long as this process lives.

    Whoever closes the last connection removes the log and its index, and whoever opens the next
    one makes them anew: on a full disk that fails, and nothing can even be read.
    """
    line = sys.modules["sqlite3"].connect(path, check_same_thread=False)
    line.execute("SELECT count(*) FROM sqlite_master").fetchall()
    _held.append(line)

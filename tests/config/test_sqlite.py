"""SQLite without its known defect, and without a lost update."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from kept import sqlite

pytestmark = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL is in use")


def pragma(name: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {name}")
        return cursor.fetchone()[0]


def test_the_sqlite_in_use_is_sound() -> None:
    assert sqlite.is_sound()
    assert sqlite3.sqlite_version_info >= sqlite.SOUND_SINCE
    assert connection.Database.sqlite_version_info >= sqlite.SOUND_SINCE


def test_a_connection_writes_ahead_waits_and_reserves_before_reading(db: None) -> None:
    assert pragma("journal_mode") == "wal"
    assert pragma("busy_timeout") == 20_000
    assert pragma("mmap_size") == 0
    assert pragma("secure_delete") == 1
    assert pragma("foreign_keys") == 1
    assert connection.transaction_mode == "IMMEDIATE"
    assert "PRAGMA synchronous=FULL;" in str(sqlite.options()["init_command"])


def test_without_a_sound_sqlite_the_rollback_journal_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sqlite, "version", lambda: (3, 40, 1))
    assert not sqlite.is_sound()
    assert "PRAGMA journal_mode=DELETE;" in str(sqlite.options()["init_command"])


def test_the_log_stays_while_it_is_held_open_so_that_a_full_disk_can_be_read(
    tmp_path: Path,
) -> None:
    file = tmp_path / "kept.sqlite3"
    log = tmp_path / "kept.sqlite3-wal"

    def write() -> bool:
        line = sqlite3.connect(file)
        line.execute("PRAGMA journal_mode=WAL")
        line.execute("CREATE TABLE IF NOT EXISTS anything (it)")
        line.close()
        return log.exists()

    assert not write()
    sqlite.hold_open(str(file))
    try:
        assert write()
    finally:
        sqlite._held.pop().close()


def test_what_a_process_left_in_the_log_is_folded_into_the_one_file(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite3"
    killed = (
        "import os, sys\n"
        "from kept import sqlite\n"
        "sqlite.prefer_sound()\n"
        "import sqlite3\n"
        "line = sqlite3.connect(sys.argv[1])\n"
        "line.execute('PRAGMA journal_mode=WAL')\n"
        "line.execute('CREATE TABLE anything (it)')\n"
        "line.commit()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(file)], check=True)
    assert {path.name for path in tmp_path.iterdir()} > {"kept.sqlite3"}

    sqlite.fold(str(file))

    assert {path.name for path in tmp_path.iterdir()} == {"kept.sqlite3"}
    assert sqlite3.connect(file).execute("SELECT count(*) FROM anything").fetchone() == (0,)

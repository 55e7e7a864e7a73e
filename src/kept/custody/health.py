"""Is this installation sound? What `kept doctor` finds out, and how to mend it."""

import os
import shutil
import stat
import sys
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kept import clock, sqlite, zones
from kept.ledger.models import Event, Head
from kept.outbox.models import Task
from kept.tenancy import guards, scope
from kept.tenancy.models import Organisation

#: Below this many bytes a database soon cannot be written.
LITTLE_SPACE = 500 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` says what to do where it is not fine."""

    about: str
    fine: bool
    what: str
    mend: str = ""


def look() -> list[Finding]:
    """Look at everything. What needs the database is left out where it cannot be reached."""
    findings = [_python(), _data_folder(), _secret_key(), _disk(), _zones(), _kernels()]
    reached = _database()
    findings.append(reached)
    if reached.fine:
        findings.append(_journal() if connection.vendor == "sqlite" else _role())
        migrated = _migrated()
        findings.append(migrated)
        if migrated.fine:
            findings += [_guards(), _heads(), _work_left()]
    return findings


def _python() -> Finding:
    running = sys.version_info[:3]
    return Finding("python", running >= (3, 11), f"Python {_dotted(running)}", "Use 3.11 or newer.")


def _data_folder() -> Finding:
    folder: Path = settings.DATA
    if not folder.is_dir():
        return Finding("data folder", False, f"{folder} does not exist", "Run `kept serve` once.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            "data folder",
            False,
            f"{folder} cannot be written by this user",
            "Give it to the user who runs kept (chown), or choose another with KEPT_DATA.",
        )
    open_to_all = [
        path.name
        for path in (folder / "kept.sqlite3", folder / "kept.sqlite3-wal", folder / "uploads")
        if path.exists() and _mode(path) & stat.S_IROTH and _mode(folder) & stat.S_IXOTH
    ]
    return Finding(
        "data folder",
        not open_to_all,
        f"{folder}, "
        + (f"where everybody here may read {open_to_all[0]}" if open_to_all else "ours"),
        f"chmod 700 {folder}",
    )


def _secret_key() -> Finding:
    path: Path = settings.DATA / "secret-key"
    if not path.exists():
        given = bool(settings.SECRET_KEY)
        return Finding(
            "secret key",
            given,
            "given by KEPT_SECRET_KEY" if given else "missing",
            "Run `kept serve` once, or set KEPT_SECRET_KEY.",
        )
    mode = _mode(path) & 0o777
    return Finding(
        "secret key",
        mode & 0o077 == 0,
        f"{path.name} may be read by its owner{'' if mode & 0o077 == 0 else ' and by others'}",
        f"chmod 600 {path}, and make a new one if others were here: all sessions end.",
    )


def _disk() -> Finding:
    folder: Path = settings.DATA
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        "disk",
        free >= LITTLE_SPACE,
        f"{free / 1e9:.1f} GB free",
        "Make room: kept stops accepting changes when the disk is full; nothing is half-written.",
    )


def _zones() -> Finding:
    try:
        zones.zone("Europe/Lisbon")
        zones.zone("America/New_York")
    except Exception:  # whatever the platform raises, there are no zones
        return Finding("time zones", False, "the zone data is missing", "Install tzdata.")
    try:
        source = f"tzdata {version('tzdata')}"
    except PackageNotFoundError:
        source = "the system's"
    return Finding("time zones", True, source)


def _kernels() -> Finding:
    """Look whether compiled kernels can be kept; without, each start compiles for seconds."""
    from kept.engine import warm  # slow to load; its module chooses the folder

    named = os.environ.get("NUMBA_CACHE_DIR", "")
    beside = Path(warm.__code__.co_filename).parent / "__pycache__"
    folder = nearest = Path(named) if named else beside
    while not nearest.exists():
        nearest = nearest.parent
    fine = os.access(nearest, os.W_OK)
    return Finding(
        "compiled kernels",
        fine,
        f"kept in {folder}" if fine else f"{folder} cannot be written",
        "Set NUMBA_CACHE_DIR to a folder this user may write.",
    )


def _database() -> Finding:
    try:
        if connection.vendor == "postgresql":
            connection.reach()  # type: ignore[attr-defined]  # kept.tenancy.postgresql
        connection.ensure_connection()
    except DatabaseError as error:
        why = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return Finding("database", False, f"not reached: {why}", "Look at DATABASE_URL.")
    if connection.vendor == "sqlite":
        return Finding("database", True, f"SQLite {_dotted(sqlite.version())}")
    number: Any = _one("SHOW server_version")
    return Finding("database", True, f"PostgreSQL {number}")


def _journal() -> Finding:
    journal = str(_one("PRAGMA journal_mode"))
    sound = sqlite.is_sound()
    if sound or journal != "wal":
        slower = "" if sound else "; slower, since this SQLite is not safe in write-ahead mode"
        return Finding("journal", True, journal + slower)
    return Finding(
        "journal",
        False,
        f"{journal}, which SQLite {_dotted(sqlite.version())} can corrupt",
        "Install pysqlite3, or a SQLite from 3.51.3.",
    )


def _role() -> Finding:
    passes = _one("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    return Finding(
        "role",
        not passes,
        "row-level security " + ("does not bind this role" if passes else "binds this role"),
        "Use a role that is no superuser and has no BYPASSRLS (docs/guide/running.md).",
    )


def _migrated() -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Finding(
        "tables",
        not waiting,
        f"{len(waiting)} migrations to come" if waiting else "up to date",
        "Run `kept serve`, which brings them up to date.",
    )


def _guards() -> Finding:
    faults = guards.faults(connection)
    return Finding(
        "guards",
        not faults,
        "; ".join(faults[:3]) + ("; …" if len(faults) > 3 else "")
        if faults
        else f"{len(guards.tables())} tables keep organisations apart",
        "Run `kept manage migrate`, which puts them back. If nobody here took them away, "
        "find out who did, and run `kept verify`.",
    )


def _heads() -> Finding:
    bad: list[str] = []
    for organisation in Organisation.objects.order_by("pk"):
        with scope.acting_in(organisation):
            head = Head.objects.filter(organisation=organisation).first()
            last = Event.objects.order_by("-number").values_list("number", "digest").first()
        if last != (None if head is None or not head.number else (head.number, head.digest)):
            bad.append(organisation.slug)
    return Finding(
        "ledger",
        not bad,
        f"the last event is not the one written last in {', '.join(bad)}" if bad else "whole ends",
        "Run `kept verify` there, and compare with a backup. Change nothing before.",
    )


def _work_left() -> Finding:
    given_up = Task.everywhere.filter(
        state=Task.State.DEAD, ended_at__gte=clock.now() - timedelta(days=7)
    ).count()
    late = Task.everywhere.filter(
        state=Task.State.WAITING, due_at__lt=clock.now() - timedelta(hours=1)
    ).count()
    if late:
        return Finding(
            "letters and other work",
            False,
            f"{late} waiting for more than an hour",
            "Is `kept serve` or `kept worker` running?",
        )
    return Finding(
        "letters and other work",
        not given_up,
        f"{given_up} given up in the last week" if given_up else "done as it comes",
        "The page Letters says why, and sends them again.",
    )


def _dotted(number: tuple[int, ...]) -> str:
    return ".".join(map(str, number))


def _one(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return None if row is None else row[0]


def _mode(path: Path) -> int:
    return path.stat().st_mode

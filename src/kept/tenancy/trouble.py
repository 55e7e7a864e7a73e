"""What it means for whoever asked that the database failed: come back later, and what is safe."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import Error, OperationalError, connection
from django.utils.translation import gettext as _

#: SQLite says in words alone what happened; that a file could not grow, in words for any fault.
LOCKED, FULL, UNWRITTEN = " is locked", "disk is full", "disk I/O error"
#: With less than so many bytes a disk is full.
ROOM = 2**20
#: PostgreSQL's states: undone for another's sake, or no line left; no room left; not there.
_BUSY = ("40001", "40P01", "55P03", "53300")
_FULL = ("53100", "53200")
_AWAY = ("08", "57P")


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that passes by itself, or that whoever runs kept can end; no mistake of kept.

    Attributes:
        name: `busy`, `full` or `away`.
        title, sentence: what is said about it.
        seconds: after which to come back.
    """

    name: str
    title: str
    sentence: str
    seconds: int


def of(error: BaseException | None) -> Trouble | None:
    """Return what trouble an error tells of; None if it is another kind of error."""
    if not isinstance(error, Error):
        return None
    match _name(error):
        case "busy":
            return Trouble(
                "busy",
                _("The house is busy for a moment"),
                _(
                    "Others write just now, or a large file comes in, whole or not at all; so this "
                    "waited, and was not done. Nothing was changed. Try again in a minute."
                ),
                seconds=30,
            )
        case "full":
            return Trouble(
                "full",
                _("There is no room left"),
                _(
                    "The disk or the memory of the database is full, so nothing more is written "
                    "down. Nothing was changed, and what is there can be read. Whoever runs this "
                    "kept must make room; then try again."
                ),
                seconds=60,
            )
        case "away":
            return Trouble(
                "away",
                _("The database does not answer"),
                _(
                    "The database went away or cannot be reached. What is kept there is safe; what "
                    "you sent was stored whole or not at all. Look whether it is there before you "
                    "send it again."
                ),
                seconds=10,
            )
    return None


@contextmanager
def not_worth_a_wait() -> Iterator[None]:
    """Leave a small note undone if somebody else writes just now, or nothing more can be written;
    for what reading leaves behind, outside of a transaction.

    SQLite has one lock for writing, and who wants it waits up to twenty seconds. On PostgreSQL
    nobody else holds the row of such a note for long.
    """
    if connection.vendor != "sqlite":
        try:
            yield
        except OperationalError as error:
            if _name(error) != "full":
                raise
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        except OperationalError as error:
            if _name(error) not in ("busy", "full"):
                raise
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")


def _name(error: Error) -> str:
    """Return which trouble it is; nothing if it is none."""
    words, cause = str(error), error.__cause__
    state = str(getattr(cause, "sqlstate", None) or "")
    if _waited_for_a_line(cause):
        return "busy" if _can_be_reached() else "away"
    if LOCKED in words or state in _BUSY:
        return "busy"
    if FULL in words or state in _FULL or (UNWRITTEN in words and _no_room()):
        return "full"
    if state.startswith(_AWAY) or (not state and _lost(cause)):
        return "away"
    return ""


def _no_room() -> bool:
    """Say whether the disk of an SQLite database has no room left."""
    file = Path(str(connection.settings_dict["NAME"]))
    return file.exists() and shutil.disk_usage(file.parent).free < ROOM


def _waited_for_a_line(cause: BaseException | None) -> bool:
    """Say whether the pool had no connection to give."""
    return type(cause).__module__.startswith("psycopg_pool")


def _can_be_reached() -> bool:
    """Say whether the server takes a connection: the pool does not tell why it had none."""
    try:
        connection.reach(seconds=2)  # type: ignore[attr-defined]  # kept.tenancy.postgresql
    except OperationalError:
        return False
    return True


def _lost(cause: BaseException | None) -> bool:
    """Say whether psycopg lost or never had its connection; the server then gave no state."""
    return type(cause).__module__.startswith("psycopg") and type(cause).__name__ in {
        "OperationalError",
        "InterfaceError",
        "ConnectionTimeout",
    }

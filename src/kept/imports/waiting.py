"""Files between being sent and being accepted: kept in the data folder for a day."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from kept.tenancy import scope

KEPT_SECONDS = 24 * 60 * 60
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file that waits, with the name under which it was sent."""

    digest: str
    name: str
    data: bytes


def keep(data: bytes, name: str, *, now: datetime) -> str:
    """Keep a file of the current organisation, and return the digest by which it is found.

    Files that have waited longer than a day are removed.
    """
    digest = hashlib.sha256(data).hexdigest()
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    for old in _older_than(folder, now.timestamp() - KEPT_SECONDS):
        old.unlink(missing_ok=True)
    _write(_name_of(digest), name.encode("utf-8", "replace"))
    _write(folder / digest, data)
    return digest


def find(digest: str) -> Waiting | None:
    """Return the file of that digest; None if it does not wait here (any more)."""
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        name = _name_of(digest).read_text(encoding="utf-8")
        return Waiting(digest, name, (_folder() / digest).read_bytes())
    except FileNotFoundError:
        return None


def drop(digest: str) -> None:
    """Remove a file that waits no longer."""
    if _DIGEST.fullmatch(digest):
        (_folder() / digest).unlink(missing_ok=True)
        _name_of(digest).unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "imports" / str(scope.current_id())


def _name_of(digest: str) -> Path:
    return _folder() / f"{digest}.name"


def _write(path: Path, data: bytes) -> None:
    """Write a file at once or not at all."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_bytes(data)
    beside.replace(path)


def _older_than(folder: Path, moment: float) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.stat().st_mtime < moment:
            yield path

"""`kept doctor`: what is fine, what is not, and what to do about it."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from tests import cast, tampering

from kept import clock
from kept.custody import health
from kept.ledger.models import Head
from kept.outbox import tasks
from kept.outbox.models import Task

KEPT = str(Path(sys.executable).parent / "kept")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr(settings, "DATA", folder)
    (folder / "secret-key").write_text("x" * 86)
    (folder / "secret-key").chmod(0o600)
    return folder


def wrong() -> dict[str, str]:
    return {finding.about: finding.what for finding in health.look() if not finding.fine}


def test_a_sound_installation_has_nothing_to_mend(northlight: cast.House, data: Path) -> None:
    assert wrong() == {}
    last = "journal" if connection.vendor == "sqlite" else "role"
    assert [finding.about for finding in health.look()] == [
        "python",
        "data folder",
        "secret key",
        "disk",
        "time zones",
        "compiled kernels",
        "database",
        last,
        "tables",
        "guards",
        "ledger",
        "letters and other work",
    ]


def test_work_that_was_given_up_or_waits_for_nobody_is_named(
    northlight: cast.House, data: Path, now: datetime
) -> None:
    with transaction.atomic():
        task = tasks.add("mail", key="1", payload={}, now=clock.now())
    assert wrong() == {}
    Task.objects.update(due_at=clock.now() - timedelta(hours=2))
    assert wrong() == {"letters and other work": "1 waiting for more than an hour"}
    Task.objects.filter(pk=task.pk).update(state="dead", ended_at=clock.now())
    assert wrong() == {"letters and other work": "1 given up in the last week"}


def test_a_key_others_can_read_is_found(db: None, data: Path) -> None:
    (data / "secret-key").chmod(0o644)
    assert wrong() == {"secret key": "secret-key may be read by its owner and by others"}


def test_a_database_others_can_read_is_found(db: None, data: Path) -> None:
    (data / "kept.sqlite3").touch(mode=0o644)
    assert wrong() == {}  # the folder is closed
    data.chmod(0o755)
    assert wrong() == {"data folder": f"{data}, where everybody here may read kept.sqlite3"}


def test_missing_guards_are_found(db: None, data: Path) -> None:
    with tampering.unguarded():
        assert list(wrong()) == ["guards"]
    assert wrong() == {}


def test_a_head_that_is_not_the_last_event_is_found(northlight: cast.House, data: Path) -> None:
    Head.objects.update(number=7)
    assert wrong() == {"ledger": "the last event is not the one written last in northlight"}


def test_little_room_on_the_disk_is_found(
    db: None, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "LITTLE_SPACE", 10**18)
    assert list(wrong()) == ["disk"]


def test_the_command_says_what_to_do_and_fails(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "KEPT_DATA": str(tmp_path / "new"),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [KEPT, "doctor", "--json"], env=environ, capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    assert (done.returncode, found["fine"]) == (1, False)
    tables = found["findings"][-1]
    assert (tables["about"], tables["fine"]) == ("tables", False)
    assert tables["mend"] == "Run `kept serve`, which brings them up to date."

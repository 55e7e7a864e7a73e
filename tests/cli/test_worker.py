"""`kept worker`: letters leave though nobody serves pages, and killing it loses none."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KEPT = str(Path(sys.executable).parent / "kept")

#: Founds a house with a contact, and writes as many letters as it is told.
WRITE = """
import sys, django; django.setup()
from datetime import UTC, datetime
from kept.clients import keeping
from kept.outbox import letters
from kept.people import founding, logins
from kept.tenancy import scope
now = datetime.now(tz=UTC)
ada = founding.found(name="Northlight", zone="Europe/Lisbon", owner="Ada", now=now,
    login=logins.make(email="ada@northlight.example", password="correct horse battery staple"))
with scope.acting_in(ada.organisation):
    clinic = keeping.add_client(name="Clinic", by=ada, now=now)
    sara = keeping.add_contact(clinic, name="Sara", email="sara@clinic.example", by=ada, now=now)
    for number in range(int(sys.argv[1])):
        letters.write(to=sara, subject=str(number), body="Hello", about=sara, by=ada, now=now)
"""


def environ(folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "KEPT_DATA": str(folder / "data"),
        "DJANGO_SETTINGS_MODULE": "kept.config.settings",
        "PYTHONUNBUFFERED": "1",
    }


def run(folder: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments], env=environ(folder), check=True, capture_output=True
    )


def worker(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [KEPT, "worker"],
        env=environ(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def came(folder: Path, count: int) -> bool:
    """Wait until so many letters lie in the folder."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if len(list((folder / "data" / "mail").glob("*.eml"))) >= count:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.slow
def test_a_worker_sends_what_is_written_and_ends_when_told(tmp_path: Path) -> None:
    run(tmp_path, "-m", "django", "migrate")
    run(tmp_path, "-c", WRITE, "3")
    at_work = worker(tmp_path)
    try:
        assert came(tmp_path, 3)
        at_work.send_signal(signal.SIGTERM)
        said, faults = at_work.communicate(timeout=30)
    finally:
        at_work.kill()
    assert at_work.returncode == 0, faults
    assert said.startswith("At work: letters and rounds.")

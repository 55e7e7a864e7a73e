"""A disk that fills up while kept serves: a clear no within five seconds, reading goes on, and when
there is room again so does writing; nothing is half there.

On SQLite, on a small disk of its own in memory, which only the system's owner may make.
"""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from trust import chased, kills, reckoning

MEGABYTE = 2**20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    size = ["-o", "size=24m", "tmpfs", str(place)]
    made = subprocess.run(["mount", "-t", "tmpfs", *size], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no disk could be made here: {made.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@dataclass
class Answer:
    """What was answered, and after how many seconds."""

    status: int
    said: str
    seconds: float


def ask(at: kills.Place, path: str, *, token: str = "", body: Any = None) -> Answer:
    """Send a request; with a body it is a POST to the API."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        headers["Content-Type"] = "application/json"
    sent = urllib.request.Request(f"http://127.0.0.1:{at.port}{path}", data, headers)
    began = time.monotonic()
    try:
        with urllib.request.urlopen(sent, timeout=60) as answer:
            status, said = answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            status, said = error.code, error.read().decode()
    return Answer(status, said, time.monotonic() - began)


class Visitor:
    """Somebody at a browser, logged in."""

    def __init__(self, at: kills.Place) -> None:
        self.base = f"http://127.0.0.1:{at.port}"
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.visit("/accounts/login")
        said = {"login": "ada@northlight.example", "password": chased.PASSWORD}
        entered = self.visit("/accounts/login", said)
        assert entered.status == 200, entered.said[:500]

    def visit(self, path: str, said: dict[str, str] | None = None) -> Answer:
        """Look at a page, or send a form to it."""
        data = None
        if said is not None:
            token = next(str(one.value) for one in self.jar if "csrf" in one.name)
            data = urlencode(said | {"csrfmiddlewaretoken": token}).encode()
        began = time.monotonic()
        try:
            with self.opener.open(f"{self.base}{path}", data, timeout=60) as answer:
                status, page = answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                status, page = error.code, error.read().decode()
        return Answer(status, page, time.monotonic() - began)


def by_command(at: kills.Place, *words: str) -> Answer:
    """Say something on the command line."""
    began = time.monotonic()
    done = subprocess.run(
        [*kills.KEPT, *words], env=at.environ(), capture_output=True, text=True, check=False
    )
    return Answer(done.returncode, done.stdout + done.stderr, time.monotonic() - began)


def fill(disk: Path) -> Path:
    """Leave no room on a disk."""
    file = disk / "somebody-elses"
    with file.open("wb", buffering=0) as written:
        for size in (MEGABYTE, 4096, 1):
            try:
                while written.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return file


@pytest.mark.slow
def test_a_full_disk_is_said_at_once_and_nothing_is_lost_or_half_there(disk: Path) -> None:
    if os.environ.get("DATABASE_URL"):
        pytest.skip("PostgreSQL's own disk is not ours to fill; its word for it is tested")
    with kills.Receiver() as mail:
        at = kills.Place(disk, "", mail.port, kills.free_port(), reckoning.HOME)
        house = json.loads(at.run("-m", "trust.chased", "found", "http://127.0.0.1:9/hook"))
        server = kills.serve(at)
        try:
            token = house["tokens"]["maya"]
            promise = {"what": "Before", "client_id": house["client"], "due_on": "2031-03-03"}
            assert ask(at, "/api/v1/promises", token=token, body=promise).status == 201
            visitor = Visitor(at)
            file = fill(disk)
            said = [
                ask(at, "/api/v1/promises", token=token, body=promise | {"what": f"Full {n}"})
                for n in range(5)
            ]
            command = by_command(at, "promise", "Full 9 for Harbour Clinic by 2031-03-03")
            read = ask(at, "/api/v1/promises", token=token)
            form = visitor.visit("/clients/new", {"name": "Full by page"})
            page = visitor.visit("/clients")
            listed = by_command(at, "today")
            file.unlink()
            began = time.monotonic()
            after = ask(at, "/api/v1/promises", token=token, body=promise | {"what": "After"})
            recovered = time.monotonic() - began
        finally:
            server.kill()
        told = json.loads(at.run("-m", "trust.chased", "tell"))
    longest = max(answer.seconds for answer in [*said, read, page, form])
    print(
        f"\nfull: {[answer.status for answer in said]}, at most {longest:.1f} s; command "
        f"{command.status} in {command.seconds:.1f} s: {command.said.strip()!r}; "
        f"page {page.status}, list {read.status}, today {listed.status}; after {after.status} "
        f"in {recovered:.1f} s"
    )
    refused = [answer for answer in said if answer.status != 201]
    # A page of the database that had room takes a row or two more.
    assert len(refused) >= 3
    assert {answer.status for answer in refused} == {503}
    assert "disk or the memory of the database is full" in refused[-1].said
    assert (form.status, "There is no room left" in form.said) == (503, True)
    assert longest < 5
    assert command.status == 1, command
    assert "is full" in command.said
    assert (read.status, page.status, listed.status) == (200, 200, 0), listed
    assert after.status == 201
    made = {name for _key, name in told["promises"]}
    kept = {f"Full {n}" for n, answer in enumerate(said) if answer.status == 201}
    assert made == {"Before", "After"} | kept
    assert told["faults"] == []

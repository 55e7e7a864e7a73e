"""`kept serve`: from an empty folder to a page, and an end without loose ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kept.cli import serve
from kept.environment import read

KEPT = str(Path(sys.executable).parent / "kept")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [KEPT, "serve", "--data", str(folder / "data"), *arguments],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def status(address: str) -> int:
    """Return the status of the first answer, waiting for the server to stand."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("kept did not answer within a minute")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    server = start(tmp_path, "--port", str(port))
    yield server, port
    if server.poll() is None:
        server.kill()
    server.communicate()


@pytest.mark.slow
def test_an_empty_folder_becomes_a_page_and_a_code(
    served: tuple[subprocess.Popen[str], int], tmp_path: Path
) -> None:
    server, port = served
    assert status(f"http://127.0.0.1:{port}/static/kept/mark.svg") == 200

    taken = start(tmp_path, "--port", str(port))
    _out, words = taken.communicate(timeout=60)
    assert taken.returncode == 1
    assert words == (
        f"Port {port} of 127.0.0.1 is taken, perhaps by another kept. kept did not start, and "
        f"nothing was changed. Choose another: kept serve --port {port + 1}\n"
    )

    server.send_signal(signal.SIGTERM)
    out, err = server.communicate(timeout=30)
    assert (server.returncode, err) == (0, "")
    code = re.search(r"enter this code, which works once: (\S+)", out)
    assert code
    assert re.fullmatch(r"(\w{4}-){2}\w{4}", code.group(1))
    assert f"http://127.0.0.1:{port}/" in out
    data = tmp_path / "data"
    assert oct(data.stat().st_mode & 0o777) == "0o700"
    assert {path.name for path in data.iterdir()} == {
        "first-run", "kept.sqlite3", "ledger-key", "secret-key",
    }  # fmt: skip


def test_an_address_of_another_machine_is_refused_in_words(tmp_path: Path) -> None:
    done = start(tmp_path, "--host", "192.0.2.1")
    out, err = done.communicate(timeout=60)
    assert (done.returncode, out) == (1, "")
    assert err.startswith("kept cannot listen on 192.0.2.1, port 8000: ")
    assert err.endswith(" It did not start.\n")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("host", "address", "hosts"),
    [
        ("127.0.0.1", "http://127.0.0.1:8100", ["127.0.0.1"]),
        ("studio.lan", "http://studio.lan:8100", ["127.0.0.1", "studio.lan"]),
        ("0.0.0.0", "http://localhost:8100", ["127.0.0.1"]),
    ],
)
def test_links_lead_to_where_kept_listens_and_it_answers_to_that_name(
    host: str,
    address: str,
    hosts: list[str],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.PUBLIC_URL, settings.ALLOWED_HOSTS = "", ["127.0.0.1"]
    monkeypatch.setenv("KEPT_URL", "")
    monkeypatch.setenv("KEPT_HOSTS", "127.0.0.1")

    serve.answer_to(host, 8100)

    # The process that serves may be forked with these settings, or read the environment again.
    forked = (settings.PUBLIC_URL, settings.ALLOWED_HOSTS)
    anew = (read("KEPT_URL"), read("KEPT_HOSTS"))
    assert forked == anew == (address, hosts)


def test_an_address_that_was_set_stays_the_one_in_links(settings: Any) -> None:
    settings.PUBLIC_URL = "https://kept.example.org"
    serve.answer_to("127.0.0.1", 8100)
    assert settings.PUBLIC_URL == "https://kept.example.org"


@pytest.mark.slow
def test_a_house_is_founded_and_used_without_a_browser(tmp_path: Path) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "KEPT_DATA": str(tmp_path / "data"),
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }

    def type_(*words: str, given: str = "") -> tuple[int, str, str]:
        ended = subprocess.run(
            [KEPT, *words], env=environ, input=given, capture_output=True, text=True, check=False
        )
        return ended.returncode, ended.stdout, ended.stderr

    house = ("add", "house", "Northlight", "--owner", "Ada", "--email", "ada@northlight.example")
    weak = type_(*house, "--zone", "Europe/Lisbon", given="short\n")
    assert weak == (
        2,
        "",
        "field password: This password is too short. It must contain at least 10 characters.\n",
    )
    assert type_(*house, "--zone", "Europe/Lisbon", given="a quiet harbour\n") == (
        0,
        "house 1: Northlight (northlight)\n",
        "ada@northlight.example owns it. Next: kept serve, or kept import FILE --dry-run\n",
    )
    assert type_("add", "client", "Harbour Clinic")[:2] == (0, "client 1: Harbour Clinic\n")
    again = type_(*house, "--zone", "Europe/Lisbon", given="a quiet harbour\n")
    assert again[0] == 1
    assert "has a log-in here already" in again[2]

"""Start real processes of kept, kill them at random moments, and count at the receiver.

Reusable: a `Place` is a data folder and a database of its own, a `Process` is a started
`kept worker` or `kept serve` that can be killed with everything it started, a `Nursery` starts them
within a moment, and a `Receiver` is a mail server that remembers which letter came how often. What
is sent, and what must hold afterwards, the tests say.
"""

import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path
from typing import Any, Self, TypeVar

import psycopg
from aiosmtpd.controller import Controller
from psycopg import sql
from trust.nursery import KEPT

# The mail server's own log says each line of each letter.
logging.getLogger("mail.log").setLevel(logging.WARNING)


class DidNotStart(RuntimeError):
    """A process of kept ended, or did not answer, before it was killed."""


@dataclass(frozen=True)
class Place:
    """Where processes of kept find their data: a folder, and PostgreSQL or SQLite."""

    folder: Path
    database: str
    mail_port: int
    port: int
    #: Settings of a run's own.
    more: Mapping[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        """Return what a process is told of it; of our own environment only what it needs."""
        ours = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        return ours | {
            "HOME": str(self.folder),
            "KEPT_DATA": str(self.folder / "data"),
            "DATABASE_URL": self.database,
            "KEPT_SMTP_URL": f"smtp+plain://127.0.0.1:{self.mail_port}",
            "KEPT_MAIL_FROM": "promises@northlight.example",
            "KEPT_URL": f"http://127.0.0.1:{self.port}",
            "DJANGO_SETTINGS_MODULE": "kept.config.settings",
            "PYTHONUNBUFFERED": "1",
            "NUMBA_NUM_THREADS": "1",
            # Compiled once for everybody, and not anew by each process that is killed over it.
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            **self.more,
        }

    def run(self, *arguments: str) -> str:
        """Run Python on it to the end; return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            env=self.environ(),
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout


@contextmanager
def place(
    folder: Path, *, mail_port: int, more: Mapping[str, str] | None = None
) -> Iterator[Place]:
    """Give a place with a database of its own beside the one that DATABASE_URL names."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield Place(folder, "", mail_port, free_port(), more or {})
        return
    base, _slash, name = given.rpartition("/")
    beside = f"{base}/postgres".replace("postgres://", "postgresql://", 1)
    own = f"{name}_kills_{os.getpid()}"
    with psycopg.connect(beside, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own)))
        try:
            yield Place(folder, f"{base}/{own}", mail_port, free_port(), more or {})
        finally:
            drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(own)))


class Process:
    """A started kept, which ends by being killed."""

    def __init__(self, at: Place, *command: str) -> None:
        self.at = at
        self.log = (at.folder / "processes.log").open("ab")
        self.run = subprocess.Popen(
            [*KEPT, *command],
            env=at.environ(),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,  # so that whatever it starts is killed with it
        )

    def kill(self) -> None:
        """End it as a power cut would, with everything it started."""
        with suppress(ProcessLookupError):  # it ended by itself, as its log says
            os.killpg(self.run.pid, signal.SIGKILL)
        self.run.wait()
        self.log.close()

    @property
    def ended(self) -> bool:
        """Say whether it ended by itself."""
        return self.run.poll() is not None


class Nursery:
    """Starts processes of kept that are forked from one which has loaded it: see trust.nursery."""

    def __init__(self, at: Place) -> None:
        self.at = at
        self._run = subprocess.Popen(
            [sys.executable, "-m", "trust.nursery"],
            env=at.environ(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._hear()

    def start(self, *command: str, cold: bool = False) -> "Child":
        """Start kept's command line; a cold one is a new Python that imports everything itself."""
        log = str(self.at.folder / "processes.log")
        return Child(self, self.ask(start=command, log=log, cold=cold))

    def ask(self, **what: Any) -> Any:
        """Tell it to do something; return what it says."""
        assert self._run.stdin is not None
        self._run.stdin.write(json.dumps(what) + "\n")
        self._run.stdin.flush()
        return self._hear()

    def _hear(self) -> Any:
        assert self._run.stdout is not None
        said = self._run.stdout.readline()
        if not said:
            raise DidNotStart("The nursery ended.")
        return json.loads(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self._run.communicate()


class Child:
    """A kept that a nursery started, which ends by being killed."""

    def __init__(self, nursery: Nursery, number: int) -> None:
        self.at = nursery.at
        self._nursery, self._number = nursery, number
        #: Seconds of a processor that it used until it was killed, with everything it started.
        self.used = 0.0

    def kill(self) -> None:
        """End it as a power cut would, with everything it started, and wait until all are gone."""
        with suppress(ProcessLookupError):  # it ended by itself, as its log says
            os.killpg(self._number, signal.SIGKILL)
        self.used = self._nursery.ask(reap=self._number)

    @property
    def ended(self) -> bool:
        """Say whether it ended by itself."""
        return bool(self._nursery.ask(ended=self._number))


AnyProcess = TypeVar("AnyProcess", Process, Child)


def worker(at: Place) -> Process:
    """Start `kept worker`."""
    return Process(at, "worker")


def serving(at: Place) -> Process:
    """Start `kept serve`."""
    return Process(at, "serve", "--port", str(at.port))


def serve(at: Place) -> Process:
    """Start `kept serve`, and wait until it answers."""
    return answering(serving(at))


def answering(process: AnyProcess) -> AnyProcess:
    """Wait until a served kept answers.

    Raises:
        DidNotStart: it ended, or said nothing for two minutes.
    """
    at = process.at
    until = time.monotonic() + 120
    while time.monotonic() < until and not process.ended:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{at.port}/", timeout=5)
        except urllib.error.HTTPError:
            return process
        except OSError:
            time.sleep(0.01)
        else:
            return process
    process.kill()
    raise DidNotStart((at.folder / "processes.log").read_text()[-2000:])


class Receiver:
    """A mail server that remembers how often each letter came; taking one takes a while."""

    def __init__(self, *, seconds: float = 0.03) -> None:
        self.came: Counter[str] = Counter()
        self.bodies: dict[str, set[str]] = {}
        self.port = free_port()
        #: Whether a letter is being taken now.
        self.busy = False
        self._seconds = seconds
        self._new = threading.Condition()
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content)
        name = str(letter["Message-ID"])
        with self._new:
            self.busy = True
            self.came[name] += 1
            self.bodies.setdefault(name, set()).add(str(letter["Subject"]))
            self._new.notify_all()
        # The letter is taken; a sender killed now never hears of it.
        time.sleep(self._seconds)  # one after the other, as a slow server does
        self.busy = False
        return "250 OK"

    def wait_for_more(self, than: int, *, seconds: float) -> bool:
        """Wait until more letters came than so many; False if none did in time."""
        with self._new:
            return self._new.wait_for(lambda: self.came.total() > than, timeout=seconds)

    def wait_for_one(self, *, seconds: float) -> bool:
        """Wait until a letter is being taken; False if none was in time."""
        with self._new:
            return self._new.wait_for(lambda: self.busy, timeout=seconds)

    def wait_for_all(self, count: int, *, seconds: float) -> bool:
        """Wait until so many different letters came."""
        with self._new:
            return self._new.wait_for(lambda: len(self.came) >= count, timeout=seconds)

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_how: object) -> None:
        self._server.stop()


def kill_at_random(process: Process, receiver: Receiver, dice: random.Random) -> bool:
    """Let a process begin to send, and kill it at some moment after; False if it sent nothing."""
    sent = receiver.came.total()
    began = receiver.wait_for_more(sent, seconds=60)
    time.sleep(dice.uniform(0, 0.4))
    if process.ended:
        process.log.close()
        raise DidNotStart((process.at.folder / "processes.log").read_text()[-2000:])
    process.kill()
    return began


def free_port() -> int:
    """Return a port on which nobody listens, and which no outgoing call is given.

    A client that calls a server which was just killed may else be given the server's own port, and
    then talks to itself.
    """
    for port in random.SystemRandom().sample(range(20_000, 30_000), 100):
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise DidNotStart("No port is free.")

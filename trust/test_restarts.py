"""PostgreSQL is stopped at once, five times, while clients write: the first acknowledgement comes
within two seconds of its return, and nothing acknowledged is lost.

On a server of the test's own, in a folder of its own; never on the machine's.
"""

import json
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from trust import kills, reckoning
from trust.test_full_disk import ask

RESTARTS = 5
WITHIN = 2.0


class Cluster:
    """A PostgreSQL server of our own."""

    def __init__(self, binaries: Path, folder: Path, user: str) -> None:
        self.binaries, self.folder, self.user = binaries, folder, user
        self.port = kills.free_port()
        self.run("initdb", "--auth=trust", "--username=owner", "--no-sync")
        self.start()
        with psycopg.connect(self.address("postgres", "owner"), autocommit=True) as server:
            server.execute("CREATE ROLE kept LOGIN CREATEDB")
            server.execute("CREATE DATABASE kept OWNER kept")

    def address(self, database: str, role: str) -> str:
        """Return where a database of it is."""
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self.run("pg_ctl", "start", "--wait", "--log", f"{self.folder}/log", "-o", options)

    def stop(self) -> None:
        """End it as a crash would: everybody is cut off, and what was written is recovered."""
        self.run("pg_ctl", "stop", "--mode", "immediate")

    def run(self, command: str, *options: str) -> None:
        """Run one of PostgreSQL's own commands, as a user who is not the system's owner."""
        words = [str(self.binaries / command), "-D", str(self.folder / "data"), *options]
        subprocess.run(
            words,
            check=True,
            stdout=subprocess.DEVNULL,
            user=self.user,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        )


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    by_path = shutil.which("initdb")
    initdb = Path(by_path) if by_path else found[-1] if found else None
    if initdb is None or os.geteuid() != 0:
        pytest.skip("a server of its own is started by the system's owner, with initdb")
    user = next((u.pw_name for u in pwd.getpwall() if u.pw_name in ("postgres", "nobody")), "")
    folder = Path(f"/tmp/kept-restarts-{os.getpid()}")
    folder.mkdir(mode=0o700)
    shutil.chown(folder, user)
    try:
        made = Cluster(initdb.parent, folder, user)
        try:
            yield made
        finally:
            made.stop()
    finally:
        shutil.rmtree(folder)


@pytest.mark.slow
def test_the_first_acknowledgement_comes_within_two_seconds_of_the_servers_return(
    cluster: Cluster, tmp_path: Path
) -> None:
    if not os.environ.get("DATABASE_URL"):
        pytest.skip("SQLite has no server")
    with kills.Receiver() as mail:
        address = cluster.address("kept", "kept")
        at = kills.Place(tmp_path, address, mail.port, kills.free_port(), reckoning.HOME)
        house = json.loads(at.run("-m", "trust.chased", "found", "http://127.0.0.1:9/hook"))
        token, server = house["tokens"]["maya"], kills.serve(at)
        acknowledged, waits, away = [], [], []
        try:
            for number in range(RESTARTS):
                said = ask(at, "/api/v1/clients", token=token, body={"name": f"Before {number}"})
                assert said.status == 201, said
                acknowledged.append(f"Before {number}")
                cluster.stop()
                away.append(ask(at, "/api/v1/clients", token=token, body={"name": "Meanwhile"}))
                cluster.start()
                began, tries = time.monotonic(), 0
                while True:
                    name = f"After {number}-{tries}"
                    said = ask(at, "/api/v1/clients", token=token, body={"name": name})
                    if said.status == 201:
                        break
                    assert said.status == 503, said
                    tries += 1
                    time.sleep(0.02)
                acknowledged.append(name)
                waits.append(time.monotonic() - began)
        finally:
            server.kill()
        there = at.run("-c", NAMES).split("\n")
        told = json.loads(at.run("-m", "trust.chased", "tell"))
    print(
        f"\n{RESTARTS} restarts: first acknowledgement after "
        f"{', '.join(f'{wait:.2f}' for wait in waits)} s; while it was away "
        f"{[one.status for one in away]} in at most {max(one.seconds for one in away):.1f} s"
    )
    assert {(one.status, "cannot be reached" in one.said) for one in away} == {(503, True)}
    assert max(one.seconds for one in away) < 5
    assert max(waits) <= WITHIN
    assert set(acknowledged) <= set(there)
    assert told["faults"] == []


NAMES = """
import django; django.setup()
from kept.clients.models import Client
from kept.tenancy import scope
from kept.tenancy.models import Organisation
with scope.acting_in(Organisation.objects.get()):
    print("\\n".join(Client.objects.values_list("name", flat=True)))
"""

"""Run every test on both databases, with a real browser: what `make test` does.

What could not be tested is said loudly at the end. A missing browser fails
the run unless KEPT_NO_BROWSER=1; a missing PostgreSQL fails it where CI is set.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests import chromium, postgres

HOUSE = Path(__file__).resolve().parent.parent
#: Without these the run is slower or talks to something that is none of its business.
NOT_OURS = ("DATABASE_URL", "KEPT_MIGRATE_URL", "KEPT_DATA", "KEPT_URL", "KEPT_HTTPS", "KEPT_DEBUG")
#: Tests of what knows no database: once is enough.
OF_NO_DATABASE = ("tests/engine", "tests/house/test_engine_alone.py")
#: Tests that go through every branch of the rooms in which nothing may go untried.
OF_STRONG_ROOMS = (
    "tests/ledger",
    "tests/tenancy",
    "tests/outbox",
    "tests/last_mile",
    "tests/people/test_access.py",
    "tests/config/test_trouble.py",
    "tests/house/test_rows_say_what_they_are.py",
)


def main(arguments: list[str]) -> int:
    """Run the suite twice and return the exit status."""
    long_runs, measured = "--trust" in arguments, "--coverage" in arguments
    rest = [argument for argument in arguments if argument not in ("--trust", "--coverage")]
    unsaid: list[str] = []
    failed: list[str] = []

    browser = find_browser()
    if browser is None:
        unsaid.append("PAGES IN A BROWSER: no Chromium was found, and none could be installed.")
        if os.environ.get("KEPT_NO_BROWSER") != "1":
            failed.append("the browser is missing (KEPT_NO_BROWSER=1 runs without)")

    server = postgres.find()
    runs = [("SQLite", "")]
    if server.address:
        runs.append(("PostgreSQL", server.address))
    else:
        unsaid.append(f"POSTGRESQL: {server.why_not}.")
        if os.environ.get("CI"):
            failed.append("PostgreSQL is missing")

    for name, address in runs:
        began = time.monotonic()
        status = suite(address, browser, rest, long_runs=long_runs, measured=measured)
        print(f"== {name}: {'passed' if status == 0 else 'FAILED'}", end=" ")  # noqa: T201
        print(f"in {time.monotonic() - began:.0f} s", flush=True)  # noqa: T201
        if status:
            failed.append(name)
    if measured and coverage("combine", "--quiet") + coverage("report"):
        failed.append("coverage")

    for line in unsaid:
        print(f"!! NOT TESTED. {line}")  # noqa: T201
    print("== failed: " + ", ".join(failed) if failed else "== all passed")  # noqa: T201
    return 1 if failed else 0


def suite(
    address: str, browser: str | None, rest: list[str], *, long_runs: bool, measured: bool
) -> int:
    """Run the tests once, on SQLite or on the PostgreSQL at `address`."""
    environment = {key: value for key, value in os.environ.items() if key not in NOT_OURS}
    if address:
        environment["DATABASE_URL"] = address
    if browser:
        environment["KEPT_CHROMIUM"] = browser
    else:
        environment["KEPT_NO_BROWSER"] = "1"
    workers = str(min(8, os.cpu_count() or 1))
    if address:
        rest = [*rest, *(f"--ignore={path}" for path in OF_NO_DATABASE)]
    where = ["trust", "-s"] if long_runs else ["tests", "-n", workers, "--dist", "worksteal"]
    tool = ["pytest"]
    if measured:
        where, tool = [*OF_STRONG_ROOMS], ["coverage", "run", "-m", "pytest"]
    return subprocess.run(
        [sys.executable, "-m", *tool, "-q", *where, *rest],
        cwd=HOUSE,
        env=environment,
        check=False,
    ).returncode


def coverage(*said: str) -> int:
    """Have the branches that were gone through put together, or told; return the exit status."""
    return subprocess.run(
        [sys.executable, "-m", "coverage", *said], cwd=HOUSE, check=False
    ).returncode


def find_browser() -> str | None:
    """Return a Chromium, installing one where none is found."""
    found = chromium.find()
    if found or os.environ.get("KEPT_NO_BROWSER") == "1":
        return found
    print("== no Chromium found: installing one", flush=True)  # noqa: T201
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(
                command,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.DEVNULL,
                check=False,
            )
        if found := chromium.find():
            return found
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)
    return chromium.find()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

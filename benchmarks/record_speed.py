"""Measure how long the record of 10,000 promises takes: at most 300 ms of CPU.

    python benchmarks/record_speed.py [PROMISES]

All promises are due within the year of the window, so that every one is read, judged and counted.
The house lies in a folder of its own, made for the purpose and removed afterwards. The page is
opened by a logged-in browser seven times computing everything anew, and seven times when nothing
was written since; the middle ones count. A loop of additions beside it tells how fast the machine
was at that moment.
"""

import os
import platform
import shutil
import statistics
import sys
import tempfile
import time

FOLDER = tempfile.mkdtemp(prefix="kept-bench-")
os.environ["KEPT_DATA"] = FOLDER
os.environ["KEPT_SECRET_KEY"] = "only-for-measuring"
os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"

import django  # noqa: E402

django.setup()

from datetime import UTC, datetime  # noqa: E402

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

import many_promises  # noqa: E402
from kept import clock  # noqa: E402
from kept.people import founding, logins  # noqa: E402
from kept.record import page  # noqa: E402
from kept.tenancy import scope  # noqa: E402

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
LIMIT_MS = 300.0
TIMES = 7


def main(count: int) -> int:
    """Write the house, open the page, print a line of a table; 1 if it took too long."""
    call_command("migrate", verbosity=0)
    login = logins.make(email="ada@bench.example", password="correct horse battery staple")
    ada = founding.found(
        name="Bench", zone="Europe/Lisbon", owner="Ada", login=login, now=NOW, country="PT"
    )
    with scope.acting_in(ada.organisation), transaction.atomic():
        many_promises.write(count, now=NOW)
    with scope.acting_in(ada.organisation), CaptureQueriesContext(connection) as seen:
        found = page.read(months=12, now=NOW).record
        queries = len(seen)
    clock.now = lambda: NOW
    browser = Browser(headers={"host": "localhost"})
    browser.force_login(login, backend="allauth.account.auth_backends.AuthenticationBackend")
    _open(browser)
    anew = []
    for _time in range(TIMES):
        page.forget()
        anew.append(_measured(lambda: _open(browser)))
    again = [_measured(lambda: _open(browser)) for _time in range(TIMES)]
    print("| promises | counted | queries | page anew, ms (CPU) | page again, ms (CPU) | limit "
          "| 2 million additions, ms | machine |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|")
    machine = f"{connection.vendor}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(
        f"| {count} | {found.first.of} | {queries} | {_middle(anew)} | {_middle(again)} "
        f"| {LIMIT_MS:.0f} | {_measured(_add)[1]:.0f} | {machine} |"
    )
    return 0 if statistics.median(work for _wall, work in anew) <= LIMIT_MS else 1


def _add() -> None:
    total = 0
    for number in range(2_000_000):
        total += number


def _open(browser: Browser) -> None:
    answer = browser.get("/record")
    assert answer.status_code == 200, answer.status_code


def _measured(do: object) -> tuple[float, float]:
    began, worked = time.perf_counter(), time.process_time()
    do()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _middle(times: list[tuple[float, float]]) -> str:
    wall, work = (statistics.median(column) for column in zip(*times, strict=True))
    return f"{wall:.0f} ({work:.0f})"


if __name__ == "__main__":
    try:
        status = main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    sys.exit(status)

"""How long looking at and accepting a file takes: 10,000 rows of finished work within 10 s.

Run: `.venv/bin/python benchmarks/import_speed.py [ROWS]`. Works on a new SQLite database in a
temporary folder; prints a table with the date and the machine. The learner's kernels are compiled
first (`make setup` does that), so that what is measured is the import.
"""

import os
import platform
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

FOLDER = tempfile.mkdtemp(prefix="kept-import-speed-")
os.environ["KEPT_DATA"] = FOLDER
os.environ["KEPT_SECRET_KEY"] = "only-for-measuring"
os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402

from kept.imports import intake  # noqa: E402
from kept.past import looking, profiles  # noqa: E402
from kept.people import founding  # noqa: E402
from kept.people.models import Login, Member  # noqa: E402
from kept.tenancy import scope  # noqa: E402

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


def history(rows: int, seed: int) -> bytes:
    """Make a history of finished work: 20 people, 40 clients, lognormal efforts and slips."""
    luck = random.Random(seed)
    lines = ["row_id,person,client,kind,subkind,estimate,actual,unit,t_estimated,t_due,t_finished"]
    for number in range(rows):
        asked = date(2020, 1, 1) + timedelta(days=number * 2400 // rows)
        estimate = round(luck.lognormvariate(1.8, 1), 1) + 0.5
        actual = (
            estimate if luck.random() < 0.3 else round(estimate * luck.lognormvariate(0, 0.6), 1)
        )
        due = asked + timedelta(days=luck.randint(1, 30))
        finished = due + timedelta(days=luck.randint(-5, 10))
        lines.append(
            f"T-{seed}-{number},Person {luck.randrange(20)},Client {luck.randrange(40)},"
            f"Kind {luck.randrange(8)},Part {luck.randrange(12)},{estimate},{max(0.1, actual)},"
            f"hours,{asked},{due},{finished}"
        )
    return "\n".join(lines).encode()


def open_work(rows: int) -> bytes:
    """Make promises already given, one row each."""
    lines = ["id,title,client,estimate,created,due,status"]
    lines += [
        f"O-{number},Work {number},Client {number % 40},{4 + number % 20},2026-11-02,"
        f"2027-0{1 + number % 6}-15,open"
        for number in range(rows)
    ]
    return "\n".join(lines).encode()


def timed(what: str, work: Callable[[], object]) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"| {what} | {seconds:.2f} | {cpu:.2f} | {peak} |", flush=True)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    call_command("migrate", verbosity=0)
    login = Login.objects.create(email="ada@northlight.example")
    by: Member = founding.found(
        name="Northlight", zone="Europe/Lisbon", owner="Ada", login=login, now=NOW
    )
    print(f"{date.today()}, {platform.machine()}, {os.cpu_count()} cores, "  # noqa: DTZ011
          f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")  # fmt: skip
    with scope.acting_in(by.organisation):
        intake.accept(history(50, seed=2), "warm.csv", by=by, now=NOW)
        profiles.current(NOW)
        data = history(rows, seed=1)
        print(
            f"\n| {rows} rows, {len(data) / 1e6:.1f} MB | seconds | CPU seconds | most MB so far |"
        )
        print("|---|---|---|---|")
        timed("look (dry run)", lambda: intake.preview(data, "h.csv", by=by, now=NOW))
        timed("accept", lambda: intake.accept(data, "h.csv", by=by, now=NOW))
        timed("look again (all known)", lambda: intake.preview(data, "h.csv", by=by, now=NOW))
        timed("figures of the past", lambda: looking.figures(NOW))
        present = open_work(100)
        timed("look at 100 promises", lambda: intake.preview(present, "o.csv", by=by, now=NOW))


if __name__ == "__main__":
    main()

"""What a page costs with the sample studio's fourteen promises: at most 40 ms of CPU; an ask ≤ 1 s.

Run: `.venv/bin/python benchmarks/page_speed.py`. Works on a new SQLite database in a temporary
folder, at a fixed moment; prints a table with the date and the machine. Each page is opened five
times and the middle one counts; the first opening is shown apart, as it fills caches. An ask is
made anew each time, so that no answer comes from the memory of the one before.
"""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime

FOLDER = tempfile.mkdtemp(prefix="kept-page-speed-")
os.environ["KEPT_DATA"] = FOLDER
os.environ["KEPT_SECRET_KEY"] = "only-for-measuring"
os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from kept import clock  # noqa: E402
from kept.people.models import Login  # noqa: E402
from kept.plan import outlook  # noqa: E402
from kept.promises.models import Promise  # noqa: E402
from kept.sample import studio  # noqa: E402
from kept.tenancy import scope  # noqa: E402

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
TIMES = 5


def pages(promise: Promise) -> Iterator[tuple[str, list[str]]]:
    """Yield each page's name and the addresses to open, the first one to fill caches."""
    for name, path in (
        ("Today", "/"),
        ("Promise", f"/promises/{promise.pk}"),
        ("Bad news", f"/promises/{promise.pk}/bad-news"),
        ("People", "/people"),
        ("Past", "/past"),
        ("Similar, drawn", "/past/similar?effort=16"),
        ("New job", "/jobs/new"),
        ("Clients", "/clients"),
        ("Job", f"/jobs/{promise.job_id}"),
        ("Import", "/import"),
        ("Search", "/search?q=pa"),
        ("Settings", "/settings"),
        ("Last mile", "/last-mile"),
        ("Record", "/record"),
        ("Yours", "/work"),
        ("Desk", "/desk"),
        ("Extras", "/extras"),
        ("What became expected", "/creep"),
        ("House rules", "/policies"),
        ("Stories", "/stories"),
        ("Wording", "/desk/wording"),
    ):
        yield name, [path] * (TIMES + 1)
    ask = "/ask?what=Landing+page+for+Harbour+Clinic+by+Fri+18+Dec,+16-{}h"
    yield "Ask, answered", [ask.format(40 + n) for n in range(TIMES + 1)]


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.now = lambda: NOW
    login = Login.objects.create_user("ada@northlight.example", "only for measuring")
    owner = studio.make(login=login, now=NOW, seed=1)
    with scope.acting_in(owner.organisation):
        outlook.refresh_if_changed(by=owner, now=NOW)
        promise = Promise.objects.select_related("job").order_by("pk").last()
    assert promise is not None
    browser = Client(headers={"host": "localhost"})
    browser.force_login(login, backend="allauth.account.auth_backends.AuthenticationBackend")
    load = os.getloadavg()[0]
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores "
        f"(load {load:.1f}), Python {platform.python_version()}\n"
    )
    print("| page | first, CPU ms | then, CPU ms | seconds | queries |\n|---|---|---|---|---|")
    for name, paths in pages(promise):
        spent, waited = [], []
        for path in paths:
            cpu, began = time.process_time(), time.perf_counter()
            answer = browser.get(path)
            spent.append(1000 * (time.process_time() - cpu))
            waited.append(time.perf_counter() - began)
            assert answer.status_code == 200, (path, answer.status_code)
        with CaptureQueriesContext(connection) as asked:  # apart: writing them down takes time
            browser.get(paths[-1])
        queries = len(asked)
        print(
            f"| {name} | {spent[0]:.0f} | {statistics.median(spent[1:]):.0f} | "
            f"{statistics.median(waited[1:]):.2f} | {queries} |",
            flush=True,
        )


if __name__ == "__main__":
    main()

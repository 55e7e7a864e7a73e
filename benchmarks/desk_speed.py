"""What the ask desk costs: a decision page with its can-check, and a ledger of 10,000 extras.

Run: `.venv/bin/python benchmarks/desk_speed.py`. Works on the sample studio in a new SQLite
database in a temporary folder, at a fixed moment; prints a table with the date and the machine.
The first view of an ask works the can-check out and keeps it; later views of the same plan reuse
it. To measure working out, what is kept is forgotten before each view. Each page is opened nine
times; the middle one of the last eight counts. Bound: 300 ms of CPU each.
"""

import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

FOLDER = tempfile.mkdtemp(prefix="kept-desk-speed-")
os.environ["KEPT_DATA"] = FOLDER
os.environ["KEPT_SECRET_KEY"] = "only-for-measuring"
os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from kept import clock  # noqa: E402
from kept.asks.models import Ask, Extra  # noqa: E402
from kept.clients.models import Client  # noqa: E402
from kept.people.models import Login  # noqa: E402
from kept.sample import studio  # noqa: E402
from kept.tenancy import scope  # noqa: E402

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
TIMES, EXTRAS = 9, 10_000


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.now = lambda: NOW
    login = Login.objects.create_user("ada@northlight.example", "only for measuring")
    owner = studio.make(login=login, now=NOW, seed=1)
    with scope.acting_in(owner.organisation):
        ask = Ask.objects.get(title="One more page, about flu jabs")
        clients = list(Client.objects.all())
        Extra.objects.bulk_create(
            Extra(
                client=clients[number % len(clients)],
                title=f"Extra {number}",
                hours=Decimal(number % 7) / 4,
                money=Decimal(number % 90),
                given_on=NOW.date() - timedelta(days=number % 330),
                recorded_at=NOW,
            )
            for number in range(EXTRAS)
        )
    browser = Browser(headers={"host": "localhost"})
    browser.force_login(login, backend="allauth.account.auth_backends.AuthenticationBackend")
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores "
        f"(load {os.getloadavg()[0]:.1f}), Python {platform.python_version()}\n"
    )
    print("| page | CPU ms | queries |\n|---|---|---|")
    for name, path, forget in (
        ("A decision, its can-check worked out", f"/desk/{ask.pk}", True),
        ("A decision, its can-check reused", f"/desk/{ask.pk}", False),
        ("The ledger of 10,000 extras", "/extras", False),
    ):
        spent, queries = [], 0
        for _time in range(TIMES):
            if forget:
                with scope.acting_in(owner.organisation):
                    Ask.objects.filter(pk=ask.pk).update(answer=None)
            cpu = time.process_time()
            with CaptureQueriesContext(connection) as asked:
                answer = browser.get(path)
            spent.append(1000 * (time.process_time() - cpu))
            queries = len(asked)
            assert answer.status_code == 200, answer.status_code
        print(f"| {name} | {statistics.median(spent[1:]):.0f} | {queries} |", flush=True)


if __name__ == "__main__":
    main()

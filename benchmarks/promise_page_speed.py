"""What the page of a promise with a long life costs: at most 40 ms of CPU with 200 events.

Run: `.venv/bin/python benchmarks/promise_page_speed.py`. Works on the sample studio in a new SQLite
database in a temporary folder, at a fixed moment; prints a table with the date and the machine.
A promise is paused, proposed otherwise, slipped, delivered and sent back again and again until its
story has 200 events. Each page is opened seven times and the middle one of the last six counts.
"""

import os
import platform
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta

FOLDER = tempfile.mkdtemp(prefix="kept-promise-page-speed-")
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
from kept.custody import extracting  # noqa: E402
from kept.jobs import making  # noqa: E402
from kept.people.models import Login, Member  # noqa: E402
from kept.plan import outlook  # noqa: E402
from kept.promises import delivering, pausing, proposing, reasons, slips  # noqa: E402
from kept.promises.models import Promise, Proposal, Reason  # noqa: E402
from kept.promises.proposing import Way  # noqa: E402
from kept.promises.telling import InPerson  # noqa: E402
from kept.sample import studio  # noqa: E402
from kept.tenancy import scope  # noqa: E402

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
EVENTS, TIMES = 200, 7


def live_long(promise: Promise, by: Member) -> int:
    """Let a promise live until its story is long; return how many events it has."""
    at = NOW - timedelta(hours=20)
    while extracting.events_of(promise).count() < EVENTS:
        at += timedelta(minutes=5)
        owed = making.record_obligation(promise.job, what="photos", due_at=at, by=by, now=at)
        pausing.pause(promise, obligation=owed, in_person=InPerson(), by=by, now=at)
        pausing.receive(owed, by=by, now=at)
        reasons.give(promise, category=Reason.Category.CLIENT_MATERIAL, by=by, now=at)
        promise.refresh_from_db()
        until = promise.internal_due_at + timedelta(hours=1)
        slips.say(promise, until=until, by=by, now=at)
        way = Way(promise.due_at + timedelta(days=1))
        drafted = proposing.draft(promise, options=[way], by=by, now=at)
        proposing.tell(drafted, how=Proposal.How.SAID, by=by, now=at)
        proposing.refuse(drafted, by=by, now=at)
        delivery = delivering.deliver(promise, by=by, now=at)
        delivering.send_back(delivery, by=by, now=at, reason="It creaks.")
    return extracting.events_of(promise).count()


def main() -> None:
    call_command("migrate", verbosity=0)
    clock.now = lambda: NOW
    login = Login.objects.create_user("ada@northlight.example", "only for measuring")
    owner = studio.make(login=login, now=NOW, seed=1)
    with scope.acting_in(owner.organisation):
        few, many = Promise.objects.filter(state=Promise.State.ACTIVE).order_by("-pk")[:2]
        counts = {few.pk: extracting.events_of(few).count(), many.pk: live_long(many, owner)}
        outlook.refresh_if_changed(by=owner, now=NOW)
    browser = Client(headers={"host": "localhost"})
    browser.force_login(login, backend="allauth.account.auth_backends.AuthenticationBackend")
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores "
        f"(load {os.getloadavg()[0]:.1f}), Python {platform.python_version()}\n"
    )
    print("| page | events | CPU ms | queries |\n|---|---|---|---|")
    for promise in (few, many):
        for name, path in (("Promise", ""), ("Bad news", "/bad-news")):
            # Queries are counted in an opening of their own: writing them down takes time.
            with CaptureQueriesContext(connection) as asked:
                browser.get(f"/promises/{promise.pk}{path}")
            queries, spent = len(asked), []
            for _time in range(TIMES):
                cpu = time.process_time()
                answer = browser.get(f"/promises/{promise.pk}{path}")
                spent.append(1000 * (time.process_time() - cpu))
                assert answer.status_code == 200, answer.status_code
            print(
                f"| {name} | {counts[promise.pk]} | {statistics.median(spent[1:]):.0f} | "
                f"{queries} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

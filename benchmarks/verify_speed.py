"""Measure how long `kept verify` takes for a house with 100,000 events.

    python benchmarks/verify_speed.py [EVENTS]

The house lies in a folder of its own, made for the purpose and removed afterwards.
Each event changes a client, with a name that is personal and a row that is rebuilt.
"""

import os
import platform
import secrets
import shutil
import sys
import tempfile
import time

FOLDER = tempfile.mkdtemp(prefix="kept-bench-")
os.environ["KEPT_DATA"] = FOLDER
os.environ.pop("DATABASE_URL", None)
os.environ["DJANGO_SETTINGS_MODULE"] = "kept.config.settings"

import django

django.setup()

from datetime import UTC, datetime, timedelta
from datetime import time as hour

from django.core.management import call_command
from django.db import connection, transaction

from kept.clients.models import Client
from kept.custody import verifying
from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.tenancy import scope
from kept.tenancy.models import Organisation

LIMIT_SECONDS = 30.0
CLIENTS = 5_000


def chain_on(images: dict[str, recording.Json], count: int, start: datetime) -> None:
    """Append events up to `count` in all, in bulk, each with the image of one client."""
    head = Head.objects.get(organisation=scope.current())
    names = list(images)
    events: list[Event] = []
    while head.number < count:
        name = names[head.number % len(names)]
        event = Event(
            number=head.number + 1,
            kind=Event.Kind.CLIENT_CHANGED,
            at=start + timedelta(minutes=head.number),
            about_table="client",
            about_id=int(name.partition(":")[2]),
            images={name: images[name]},
            salt=secrets.token_hex(16),
            digest_before=head.digest,
        )
        event.digest = recording.digest_of(event)
        head.number, head.digest = event.number, event.digest
        events.append(event)
    Event.objects.bulk_create(events, batch_size=2000)
    head.save()


def main(count: int) -> int:
    """Write a house, verify it, and print a line of a table; 1 if it took too long."""
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    house = Organisation.objects.create(
        name="Bench", slug="bench", zone="Europe/Lisbon", day_ends_at=hour(18), created_at=start
    )
    with scope.acting_in(house), transaction.atomic():
        recording.found(house)
        recording.record(
            Event.Kind.ORGANISATION_FOUNDED, about=house, by=None, at=start, rows=[house]
        )
        clients = Client.objects.bulk_create(
            Client(name=f"Client {number}", zone="Europe/Lisbon", note=f"Note {number}")
            for number in range(CLIENTS)
        )
        images: dict[str, recording.Json] = {}
        for place in range(0, CLIENTS, 500):
            some = clients[place : place + 500]
            event = recording.record(
                Event.Kind.IMPORT_ROWS, about=house, by=None, at=start, rows=some
            )
            images.update(event.images)
        chain_on(images, count, start)
    with scope.acting_in(house):
        began, worked = time.perf_counter(), time.process_time()
        report = verifying.verify()
        seconds, work = time.perf_counter() - began, time.process_time() - worked
    assert report.faults == []
    assert report.events == Head.objects.get(organisation=house).number == count
    print("| database | events | rows | texts | seconds | of CPU | limit | machine |")
    print("|---|---|---|---|---|---|---|---|")
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    print(
        f"| {connection.vendor} | {report.events} | {report.rows} | {report.texts} "
        f"| {seconds:.1f} | {work:.1f} | {LIMIT_SECONDS:.0f} | {machine} |"
    )
    return 0 if seconds <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    try:
        status = main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    sys.exit(status)

"""Rows are locked so that others may still point to them."""

import re
import threading
from datetime import datetime
from pathlib import Path

import pytest
from django.db import connection, transaction
from tests import cast

import kept
from kept.ledger import chain, recording
from kept.ledger.models import Event
from kept.tenancy import scope
from kept.tenancy.models import Organisation

SOURCE = Path(kept.__file__).parent


def test_every_lock_leaves_the_key_of_its_row_alone() -> None:
    """A plain FOR UPDATE stands against the checks of foreign keys, which PostgreSQL makes at the
    end of a transaction: two that lock in the same order then wait for each other all the same."""
    locks = [
        (path.relative_to(SOURCE).as_posix(), arguments)
        for path in SOURCE.rglob("*.py")
        for arguments in re.findall(r"select_for_update\(([^)]*)\)", path.read_text())
    ]
    assert len(locks) > 20
    assert [lock for lock in locks if "no_key=True" not in lock[1]] == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_who_holds_the_house_and_who_writes_an_event_do_not_wait_for_each_other(
    now: datetime,
) -> None:
    house = cast.northlight(now=now)
    wrote, locked = threading.Event(), threading.Event()
    wrong: list[BaseException] = []

    def record() -> None:
        recording.record(
            Event.Kind.ORGANISATION_CHANGED, about=house.organisation, by=house.ada, at=now
        )

    def write_an_event() -> None:
        with scope.acting_in(house.organisation), transaction.atomic():
            record()  # holds the end of the chain
            wrote.set()
            locked.wait(10)
            threading.Event().wait(0.5)  # until the other waits for the end of the chain
        connection.close()

    def lock_the_house() -> None:
        try:
            with scope.acting_in(house.organisation), transaction.atomic():
                wrote.wait(10)
                Organisation.objects.select_for_update(no_key=True).get(pk=house.organisation.pk)
                locked.set()
                record()
        except BaseException as error:
            wrong.append(error)
        connection.close()

    threads = [threading.Thread(target=work) for work in (write_an_event, lock_the_house)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
    with scope.acting_in(house.organisation):
        assert list(chain.faults()) == []
        assert Event.objects.count() == 3

"""Threads that read and then write at the same time lose nothing, on either database."""

import threading

import pytest
from django.db import connection, transaction
from tests import cast

from kept.clients.models import Client
from kept.ledger import chain, recording
from kept.ledger.models import Event
from kept.tenancy import scope

THREADS, ROUNDS = 8, 12


def together(work: object) -> list[BaseException]:
    """Run `work(i)` in threads that start at once, and return what went wrong."""
    wrong: list[BaseException] = []
    start = threading.Barrier(THREADS)

    def run(index: int) -> None:
        try:
            start.wait()
            work(index)  # type: ignore[operator]
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return wrong


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_when_many_read_and_then_write(northlight: cast.House) -> None:
    client = northlight.clients["Harbour Clinic"]
    Client.objects.filter(pk=client.pk).update(note="0")

    def add_one(_index: int) -> None:
        with scope.acting_in(northlight.organisation):
            for _round in range(ROUNDS):
                with transaction.atomic():
                    row = Client.objects.select_for_update().get(pk=client.pk)
                    row.note = str(int(row.note) + 1)
                    row.save()

    assert together(add_one) == []
    client.refresh_from_db()
    assert client.note == str(THREADS * ROUNDS)


@pytest.mark.django_db(transaction=True)
def test_events_written_at_once_are_numbered_without_gaps(northlight: cast.House) -> None:
    before = Event.objects.count()

    def write(index: int) -> None:
        with scope.acting_in(northlight.organisation):
            for number in range(ROUNDS):
                with transaction.atomic():
                    recording.record(
                        Event.Kind.CLIENT_CHANGED,
                        about=northlight.clients["Harbour Clinic"],
                        by=northlight.ada,
                        at=northlight.organisation.created_at,
                        facts={"thread": index, "round": number},
                    )

    assert together(write) == []
    assert list(Event.objects.values_list("number", flat=True)) == list(
        range(1, before + THREADS * ROUNDS + 1)
    )
    assert list(chain.faults()) == []

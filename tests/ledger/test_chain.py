"""The chain is walked to its end, whatever somebody put into the rows."""

from datetime import date, datetime, time
from typing import Any

import pytest
from django.db import connection, transaction
from tests import cast, tampering

from kept.ledger import chain, recording
from kept.ledger.models import Event, Head


def write(house: cast.House, count: int, now: datetime) -> None:
    """Let so many changes of a client happen."""
    with transaction.atomic():
        for _time in range(count):
            client = house.clients["Harbour Clinic"]
            recording.record(
                Event.Kind.CLIENT_CHANGED, about=client, by=house.ada, at=now, rows=[client]
            )


def faults() -> list[tuple[str, str]]:
    return [(fault.place, fault.what) for fault in chain.faults()]


def test_a_whole_chain_shows_each_event_in_its_order(northlight: cast.House, now: datetime) -> None:
    write(northlight, 3, now)
    seen: list[Event] = []
    assert list(chain.faults(seen.append)) == []
    assert [event.number for event in seen] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        ([2], ("event 2", "is missing")),
        ([2, 3], ("events 2–3", "are missing")),
        ([5], ("the head", "says 5 events were written, the last one found is 4")),
    ],
)
def test_what_is_cut_out_is_named(
    northlight: cast.House, now: datetime, cut: list[int], told: tuple[str, str]
) -> None:
    write(northlight, 4, now)
    with tampering.unguarded():
        Event.objects.filter(number__in=cut).delete()
    assert faults() == [told]


def test_an_event_whose_digest_was_written_anew_breaks_the_chain_after_it(
    northlight: cast.House, now: datetime
) -> None:
    write(northlight, 2, now)
    event = Event.objects.get(number=2)
    event.facts = {"dates": "moved"}
    with tampering.unguarded():
        Event.objects.filter(number=2).update(facts=event.facts, digest=recording.digest_of(event))
    assert faults() == [("event 3", "does not follow the event before it")]
    with tampering.unguarded():
        Head.objects.update(digest="f" * 64)
    assert faults()[-1] == ("the head", "does not carry the last event's digest")


@pytest.mark.parametrize("events", [4, 0])
def test_a_head_that_is_gone_is_told_though_every_event_went_with_it(
    northlight: cast.House, now: datetime, events: int
) -> None:
    write(northlight, 3, now)
    with tampering.unguarded():
        Event.objects.filter(number__gt=events).delete()
        Head.objects.all().delete()
    assert faults() == [("the head", "is missing")]


@pytest.mark.parametrize("nonsense", ["not hexadecimal", ["a", "list"]])
def test_an_event_that_looks_like_none_was_altered(
    northlight: cast.House, now: datetime, nonsense: Any
) -> None:
    write(northlight, 1, now)
    with tampering.unguarded():
        Event.objects.filter(number=2).update(digest_before=str(nonsense)[:64])
    assert ("event 2", "was altered after it was written") in faults()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps no such moment")
def test_one_event_that_cannot_be_read_hides_no_other(
    northlight: cast.House, now: datetime
) -> None:
    """SQLite keeps a thirty-first of February, which no reader makes sense of."""
    write(northlight, 3, now)
    with tampering.unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE kept_event SET at = '2026-02-31 10:00:00' WHERE number = 2")
        cursor.execute("UPDATE kept_event SET kind = 'other' WHERE number = 4")
        assert faults() == [
            ("event 2", "cannot be read"),
            ("event 4", "was altered after it was written"),
        ]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (b"\x00\xff", "00ff"),
        (memoryview(b"\x01"), "01"),
        (date(2026, 12, 2), "2026-12-02"),
        (time(18, 30), "18:30:00"),
        ((1, [2.5, None]), [1, [2.5, None]]),
        ({3: True}, {"3": True}),
    ],
)
def test_each_kind_of_column_has_one_form_in_the_ledger(value: Any, written: Any) -> None:
    assert recording.plain(value) == written


def test_what_no_column_holds_has_no_form() -> None:
    with pytest.raises(TypeError, match="The ledger has no form for set"):
        recording.plain({1, 2})

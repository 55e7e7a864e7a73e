"""Check that an organisation's events are whole and unaltered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.tenancy import scope

#: Rows read at once.
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the ledger is not what was written."""

    place: str
    what: str


def faults(seen: Callable[[Event], None] | None = None) -> Iterator[Fault]:
    """Walk the current organisation's chain and yield every place where it breaks.

    Args:
        seen: is shown each event on the way, in order.
    """
    head = Head.objects.filter(organisation=scope.current()).first()
    number = 0
    digest: str | None = "0" * 64  # None after an event that cannot be read
    for event, (_key, found) in readable(Event.objects.all(), by="number"):
        if event is None or not isinstance(event.number, int):
            yield Fault(f"event {found}", "cannot be read")
            number, digest = number + 1, None
            continue
        if event.number != number + 1:
            first, last = number + 1, event.number - 1
            if first == last:
                yield Fault(f"event {first}", "is missing")
            else:
                yield Fault(f"events {first}–{last}", "are missing")
        elif digest is not None and event.digest_before != digest:
            yield Fault(f"event {event.number}", "does not follow the event before it")
        if not _is_as_written(event):
            yield Fault(f"event {event.number}", "was altered after it was written")
        number, digest = event.number, event.digest
        if seen is not None:
            seen(event)
    if head is None:
        yield Fault("the head", "is missing")
    elif head.number != number or digest not in (None, head.digest):
        yield Fault(
            "the head",
            f"says {head.number} events were written, the last one found is {number}"
            if head.number != number
            else "does not carry the last event's digest",
        )


def readable(rows: models.QuerySet[Any], *, by: str) -> Iterator[tuple[Any, tuple[int, Any]]]:
    """Yield each row in the order of one column, with its key and that column's value.

    SQLite keeps whatever is put into a column, a word where a moment belongs: a row that Django
    cannot make sense of comes as None, and the walk goes on.
    """
    keys = list(rows.order_by(by, "pk").values_list("pk", by))
    for start in range(0, len(keys), AT_ONCE):
        some = keys[start : start + AT_ONCE]
        found = _by_key(rows, [key for key, _value in some])
        yield from ((found[place[0]], place) for place in some if place[0] in found)


def _by_key(rows: models.QuerySet[Any], keys: Sequence[int]) -> dict[int, Any]:
    """Return rows by their keys; a row that cannot be read is None, one that went is left out."""
    try:
        return {row.pk: row for row in rows.filter(pk__in=keys)}
    except Exception:  # whatever a column's reader raises about what it finds
        if len(keys) == 1:
            return {keys[0]: None}
    found: dict[int, Any] = {}
    for key in keys:
        found |= _by_key(rows, [key])
    return found


def _is_as_written(event: Event) -> bool:
    try:
        return recording.digest_of(event) == event.digest
    except (TypeError, ValueError):  # nothing that was ever recorded looks like this
        return False

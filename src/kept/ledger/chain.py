"""Check that an organisation's events are whole and unaltered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.tenancy import scope


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
    number, digest = 0, "0" * 64
    for event in Event.objects.order_by("number").iterator(chunk_size=2000):
        if event.number != number + 1:
            missing = (
                f"{number + 1}"
                if event.number == number + 2
                else f"{number + 1}–{event.number - 1}"
            )
            yield Fault(f"event {missing}", "is missing")
        elif event.digest_before != digest:
            yield Fault(f"event {event.number}", "does not follow the event before it")
        if recording.digest_of(event) != event.digest:
            yield Fault(f"event {event.number}", "was altered after it was written")
        number, digest = event.number, event.digest
        if seen is not None:
            seen(event)
    if head is None:
        if number:
            yield Fault("the head", "is missing")
    elif (head.number, head.digest) != (number, digest):
        yield Fault(
            "the head",
            f"says {head.number} events were written, the last one found is {number}"
            if head.number != number
            else "does not carry the last event's digest",
        )

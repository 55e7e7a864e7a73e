"""Promises written down in a line each, so that figures can be worked out by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from kept.promises.outcomes import Outcome
from kept.record import figures
from kept.record.rows import Row

NOW = datetime(2026, 12, 2, 15, 10, tzinfo=UTC)
YEAR_AGO = NOW - timedelta(days=365)
DAY = timedelta(days=1)


Became = Outcome
KEPT = Became(kept=True)
LATE = Became(late=True)
BROKEN = Became(broken=True)
OPEN = Became(open=True)
OVERDUE = Became(open=True, overdue=True)


def row(
    first: Became = KEPT,
    last: Became | None = None,
    *,
    due: datetime = NOW - 30 * DAY,
    lead_days: float = 10,
    number: int = 0,
    last_due: datetime | None = None,
    **rest: Any,
) -> Row:
    """Make a promise given `lead_days` before `due`, judged as said."""
    last = last or first
    if "delivered_at" not in rest and (first.kept or first.late or last.kept or last.late):
        rest["delivered_at"] = due if first.kept else due + 2 * DAY
    return Row(
        promise=number,
        client=rest.pop("client", 1),
        service=rest.pop("service", None),
        origin=rest.pop("origin", "quote"),
        what=rest.pop("what", f"work {number:x} {chr(97 + number % 26) * 3}"),
        given_at=due - lead_days * DAY,
        said_at=due,
        first_due_at=due,
        last_due_at=last_due or due,
        first=first,
        last=last,
        moved=1 if last_due or rest.get("moved") else 0,
        **{name: value for name, value in rest.items() if name != "moved"},
    )


def rows(*groups: tuple[int, Became]) -> list[Row]:
    """Make so many of each."""
    return [row(became, number=n) for count, became in groups for n in range(count)]


#: Quarters of three months before the tests' present moment, the last one not over.
QUARTERS = [
    (datetime(2026, month, 1, tzinfo=UTC), datetime(2026, month + 3, 1, tzinfo=UTC))
    for month in (1, 4, 7)
] + [(datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))]


def record(found: Sequence[Row], **rest: Any) -> figures.Record:
    """Compute the record of the year."""
    settings = {"since": YEAR_AGO, "until": NOW, "quarters": QUARTERS}
    return figures.record(found, **{**settings, **rest})

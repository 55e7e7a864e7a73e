"""What was said to one client and what became of it; the same promised again and again."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from kept.record.rows import Row

#: So often the same words to the same client make a repeated promise.
OFTEN = 6


@dataclass(frozen=True, slots=True)
class Account:
    """What was said to one client and what became of it: counts, no score.

    Attributes:
        open: given, and not due yet.
        missed: late, short, sub-standard, or overdue now; broken ones are counted apart.
        warned: of the missed, how many were told of before they were due.
    """

    client: int
    given: int = 0
    kept: int = 0
    moved: int = 0
    missed: int = 0
    warned: int = 0
    broken: int = 0
    released: int = 0
    open: int = 0
    voided: int = 0


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same words promised to the same client again and again.

    Attributes:
        count, kept: of the window's promises, how many are such, and were kept as first promised.
        largest: how many times the most frequent one.
        example: one of them.
    """

    count: int
    kept: int
    largest: int
    example: int


def repeated(rows: Sequence[Row]) -> Repeated | None:
    """Find promises that say the same to the same client again and again, and count them.

    Fifty-two Monday reports must not buy a rate. Days, numbers and months in a title are
    passed over.
    """
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.client, _tidy(row.what)].append(row)
    often = [group for group in groups.values() if len(group) >= OFTEN]
    if not often:
        return None
    largest = max(often, key=len)
    return Repeated(
        count=sum(map(len, often)),
        kept=sum(row.first.kept for group in often for row in group),
        largest=len(largest),
        example=largest[0].promise,
    )


def accounts(rows: Iterable[Row], *, until: datetime) -> dict[int, Account]:
    """Return each client's account over all time, by the client's key."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for row in rows:
        account, first, last = found[row.client], row.first, row.last
        account["given"] += 1
        if first.voided:
            account["voided"] += 1
        elif first.released:
            account["released"] += 1
        elif first.kept:
            account["kept"] += 1
        elif last.kept:
            account["moved"] += 1
        elif last.broken and not last.open:
            account["broken"] += 1
        elif row.last_due_at > until and last.open:
            account["open"] += 1
        else:
            account["missed"] += 1
            account["warned"] += last.warned
    return {client: Account(client, **counted) for client, counted in found.items()}


_SIGNS = re.compile(r"[,.;:()\[\]–\-#/]")
_PASSED_OVER = frozenset(
    [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "week",
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ]
)


def _tidy(what: str) -> str:
    """Return a title's words, without days, months and whatever holds a digit."""
    words = _SIGNS.sub(" ", what).casefold().split()
    return " ".join([word for word in words if word.isalpha() and word not in _PASSED_OVER])

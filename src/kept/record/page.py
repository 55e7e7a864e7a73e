"""The record as every door shows it: the figures of one window, and the names they go by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from kept import zones
from kept.clients.models import Client, Service
from kept.ledger.models import Head
from kept.record import figures, reading
from kept.record.figures import Account, Record
from kept.tenancy import scope

#: Windows to choose from, in months; None is everything.
WINDOWS: tuple[int | None, ...] = (12, 24, None)
#: The trend shows so many quarters, whatever the window.
QUARTERS = 8


@dataclass(frozen=True, slots=True)
class Page:
    """The figures of a window, with names."""

    record: Record
    months: int | None
    clients: dict[int, str]
    services: dict[int, str]


def read(*, months: int | None = 12, now: datetime, client: Client | None = None) -> Page:
    """Return the record of the last so many months, of the house or of one client.

    It is the record of the last full minute: asked for again within it, and while nothing was
    written to the ledger, it is not computed again.
    """
    house = scope.current()
    head = Head.objects.filter(organisation=house).values_list("digest", flat=True).first()
    minute = now.replace(second=0, microsecond=0)
    return _read(house.pk, head, months, minute, None if client is None else client.pk)


@lru_cache(maxsize=32)
def _read(
    _house: int, _head: str | None, months: int | None, now: datetime, key: int | None
) -> Page:
    """Compute a record. House and head are named because rows depend on them."""
    zone = scope.current().zone
    since = None if months is None else months_before(now, months, zone)
    quarters = reading.quarters(now, zone=zone, count=QUARTERS)
    earliest = None if since is None else min(since, quarters[0][0])
    rows = reading.load(since=earliest, until=now, now=now, client=key)
    record = figures.record(
        rows,
        since=since,
        until=now,
        quarters=quarters,
        slips=reading.slipped(rows, zone=zone),
        beside=reading.apart(since=since, until=now, client=key),
    )
    return Page(
        record=record,
        months=months,
        clients=_names(Client, (part.key for part in record.by_client)),
        services=_names(Service, (part.key for part in record.by_service)),
    )


def forget() -> None:
    """Compute records anew from here on; for measuring."""
    _read.cache_clear()


def account(client: Client, *, now: datetime) -> Account:
    """Return a client's account: what was said to them, and what became of it."""
    rows = reading.load(since=None, until=now, now=now, client=client.pk)
    return figures.accounts(rows, until=now).get(client.pk, Account(client.pk))


def months_before(now: datetime, months: int, zone: str) -> datetime:
    """Return the start of the day after the one that lies so many months back."""
    today = zones.day_of(now, zone)
    month = today.year * 12 + today.month - 1 - months
    year, month = month // 12, month % 12 + 1
    next_month = zones.start_of(
        today.replace(year=year + month // 12, month=month % 12 + 1, day=1), zone
    )
    last_day = zones.day_of(next_month - timedelta(hours=12), zone)
    day = min(last_day, last_day.replace(day=min(today.day, last_day.day)))
    return zones.start_of(day + timedelta(days=1), zone)


def _names(table: type[Client] | type[Service], keys: Iterable[object]) -> dict[int, str]:
    wanted = [key for key in keys if isinstance(key, int)]
    return dict(table.objects.filter(pk__in=wanted).values_list("pk", "name"))

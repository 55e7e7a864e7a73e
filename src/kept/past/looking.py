"""What the past says: how dates were kept, how estimates did, how long work lay.

Counts come first; shares only from twenty on. Nothing here is about one person.
"""

import math
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Min
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kept import zones
from kept.ledger.models import Event, Head
from kept.past.models import PastItem
from kept.tenancy import scope

#: Below this many only counts are shown.
ENOUGH = 20
#: At most this many kinds or clients are listed; the rest is summed up.
LISTED = 12


@dataclass(frozen=True, slots=True)
class Count:
    """So many of so many."""

    name: str
    part: int
    of: int

    @property
    def share(self) -> float | None:
        """The share, 0 to 1; None where it is too early to judge."""
        return self.part / self.of if self.of >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class Spread:
    """Quantiles of `count` values: so many in a hundred are no more than this."""

    count: int
    p10: float
    p50: float
    p80: float
    p90: float
    p95: float
    lowest: float
    highest: float

    @property
    def enough(self) -> bool:
        """Whether there are enough values to go by."""
        return self.count >= ENOUGH


@dataclass(frozen=True, slots=True)
class Bar:
    """How many values lie from `low` to below `high`; None is without end."""

    low: float | None
    high: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Moved:
    """Dates that were moved: by how many days as said, and as it turned out (medians)."""

    count: int
    of: int
    said_days: float
    took_days: float


@dataclass(frozen=True, slots=True)
class Dates:
    """How dates were kept.

    Attributes:
        kept: on or before the day, of all finished work with a date.
        first: whether `kept` is about first dates; else only the last known ones are in the past.
        last: the same against last dates, where `kept` is about first ones.
        late_days: calendar days late of those that were late; None if none was.
        bars: calendar days late, early ones below zero.
        by_client: for each client or project, most dates first.
        moved: what became of dates that were moved, where first and last are known.
    """

    kept: Count
    first: bool
    last: Count | None
    late_days: Spread | None
    bars: tuple[Bar, ...]
    by_client: tuple[Count, ...]
    moved: Moved | None


@dataclass(frozen=True, slots=True)
class KindRatio:
    """Actual ÷ estimate of one kind of work; quantiles only where there are enough."""

    name: str
    over: int
    exact: int
    under: int
    ratios: Spread

    @property
    def count(self) -> int:
        """How many pieces of work of this kind have both numbers."""
        return self.ratios.count


@dataclass(frozen=True, slots=True)
class Efforts:
    """How estimates did: actual ÷ estimate in hours, over all work and by kind."""

    all: KindRatio
    by_kind: tuple[KindRatio, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Leads:
    """Calendar days from asked (or started) to finished."""

    days: Spread
    from_start: bool
    bars: tuple[Bar, ...]
    by_kind: tuple[tuple[str, Spread], ...]


@dataclass(frozen=True, slots=True)
class PastFigures:
    """Everything the past says. Parts that its rows do not tell are None."""

    items: int
    finished_from: date | None
    finished_until: date | None
    dates: Dates | None
    efforts: Efforts | None
    leads: Leads | None

    @property
    def too_early(self) -> bool:
        """Whether there is too little of everything to judge by."""
        return self.items < ENOUGH


@dataclass(frozen=True, slots=True)
class _Item:
    project: str
    kind: str
    estimate: float | None
    actual: float | None
    asked_on: date | None
    started_on: date | None
    first_due_on: date | None
    due_on: date | None
    finished_on: date | None
    due_at: datetime | None
    first_due_at: datetime | None
    finished_at: datetime | None
    day_only: bool

    def days_late(self, due_on: date | None, due_at: datetime | None) -> int | None:
        """Return calendar days late; a moment missed on its own day counts as one."""
        if due_on is None or self.finished_on is None:
            return None
        days = (self.finished_on - due_on).days
        if (
            days == 0
            and not self.day_only
            and due_at is not None
            and self.finished_at is not None
            and self.finished_at > due_at
        ):
            return 1
        return days


def figures(now: datetime) -> PastFigures:
    """Return what the current organisation's past says at `now`."""
    items = _items(now)
    finished = [item.finished_on for item in items if item.finished_on is not None]
    return PastFigures(
        items=len(items),
        finished_from=min(finished, default=None),
        finished_until=max(finished, default=None),
        dates=_dates(items),
        efforts=_efforts(items),
        leads=_leads(items),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Figures, after which event they were computed, and from when until when they hold."""

    figures: PastFigures
    number: int
    digest: str
    since: datetime
    until: datetime | None


#: By house and language; a house that nobody looks at any more is pushed out.
_seen: OrderedDict[tuple[int, str | None], _Seen] = OrderedDict()
_HOUSES = 32

#: What these events are about says nothing of finished work, nor of a name that it goes by. An
#: event of any other kind, also one that is new, has the figures computed anew.
_ELSEWHERE = tuple(
    kind
    for kind in Event.Kind.values
    if kind.startswith(
        ("absence.", "again.", "answer.", "assumption.", "check_item.", "counter.", "delivery.",
         "holding_reply.", "inbound.", "letter.", "link.", "obligation.", "outlook.", "owner.",
         "promise.", "proposal.", "quote.", "reason.", "skill.", "slip.", "token.")
    )
)  # fmt: skip


def known(now: datetime) -> PastFigures:
    """Return the same figures, computed anew only when something they depend on was written.

    All of it is written with an event; thousands of rows take a tenth of a second to read.
    """
    house = scope.current()
    key = (house.pk, get_language())
    seen = _seen.get(key)
    if seen is not None and seen.since <= now and (seen.until is None or now < seen.until):
        since = Event.objects.filter(number__gte=seen.number)
        # The event itself must be there still: it may have been undone with its transaction.
        touching = since.exclude(number__gt=seen.number, kind__in=_ELSEWHERE)
        if list(touching.order_by("number").values_list("digest", flat=True)[:2]) == [seen.digest]:
            return seen.figures
    head = Head.objects.filter(organisation=house).values_list("number", "digest").first()
    found = figures(now)
    if head is not None and head[0]:
        ahead = PastItem.objects.filter(finished_at__gt=now).aggregate(next=Min("finished_at"))
        _seen[key] = _Seen(found, *head, since=now, until=ahead["next"])
        _seen.move_to_end(key)
        while len(_seen) > _HOUSES:
            _seen.popitem(last=False)
    return found


def spread(values: Sequence[float]) -> Spread:
    """Return the quantiles of at least one value: the least value that so many do not exceed."""
    ordered = sorted(values)

    def at(level: float) -> float:
        return ordered[max(0, math.ceil(level * len(ordered) - 1e-9) - 1)]

    return Spread(
        count=len(ordered),
        p10=at(0.1),
        p50=at(0.5),
        p80=at(0.8),
        p90=at(0.9),
        p95=at(0.95),
        lowest=ordered[0],
        highest=ordered[-1],
    )


def bars(values: Iterable[float], edges: Sequence[float]) -> tuple[Bar, ...]:
    """Count values between neighbouring edges; the first and last bar are open-ended."""
    counts = [0] * (len(edges) + 1)
    for value in values:
        counts[sum(value >= edge for edge in edges)] += 1
    lows = (None, *edges)
    highs = (*edges, None)
    return tuple(map(Bar, lows, highs, counts))


#: Days late from which a new bar begins; the bar of 0 is the day itself.
LATE_EDGES = (-7, 0, 1, 2, 4, 8, 15, 31, 91)
#: Actual ÷ estimate from which a new bar begins; exactly as estimated has a bar of its own.
RATIO_EDGES = (0.25, 0.5, 0.75, 1.0, 1.0 + 1e-9, 1.25, 1.5, 2.0, 3.0, 5.0)
#: Days from asked to finished from which a new bar begins.
LEAD_EDGES = (1, 2, 4, 8, 15, 31, 61, 121, 241)


def _dates(items: Sequence[_Item]) -> Dates | None:
    last = _judged(items, [item.days_late(item.due_on, item.due_at) for item in items])
    firsts = _judged(
        items, [item.days_late(item.first_due_on, item.first_due_at) for item in items]
    )
    if not last and not firsts:
        return None
    judged = firsts or last
    late = [days for _item, days in judged if days > 0]
    by_client: dict[str, list[int]] = defaultdict(list)
    for item, days in judged:
        by_client[item.project].append(days)
    moved = [
        ((item.due_on - item.first_due_on).days, days)
        for item, days in firsts
        if item.due_on is not None
        and item.first_due_on is not None
        and item.due_on > item.first_due_on
    ]
    return Dates(
        kept=_kept(judged),
        first=bool(firsts),
        last=_kept(last) if firsts and last else None,
        late_days=spread(late) if late else None,
        bars=bars((days for _item, days in judged), LATE_EDGES),
        by_client=_listed(
            [
                Count(name, sum(days <= 0 for days in all_days), len(all_days))
                for name, all_days in by_client.items()
                if name
            ]
        ),
        moved=Moved(
            len(moved),
            len(firsts),
            spread([said for said, _took in moved]).p50,
            spread([took for _said, took in moved]).p50,
        )
        if moved
        else None,
    )


def _judged(items: Sequence[_Item], late: Sequence[int | None]) -> list[tuple[_Item, int]]:
    return [(item, days) for item, days in zip(items, late, strict=True) if days is not None]


def _kept(judged: Sequence[tuple[_Item, int]]) -> Count:
    return Count("", sum(days <= 0 for _item, days in judged), len(judged))


def _listed(counts: list[Count]) -> tuple[Count, ...]:
    counts.sort(key=lambda count: (-count.of, count.name.casefold()))
    rest = counts[LISTED:]
    if not rest:
        return tuple(counts)
    others = _("%(count)d others") % {"count": len(rest)}
    return (
        *counts[:LISTED],
        Count(others, sum(count.part for count in rest), sum(count.of for count in rest)),
    )


def _efforts(items: Sequence[_Item]) -> Efforts | None:
    by_kind: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for item in items:
        if item.estimate is not None and item.actual is not None and item.actual > 0:
            by_kind[item.kind].append((item.estimate, item.actual))
    pairs = [pair for kind in by_kind.values() for pair in kind]
    if not pairs:
        return None
    kinds = sorted(
        (_ratio(name, kind) for name, kind in by_kind.items() if name),
        key=lambda ratio: (-ratio.count, ratio.name.casefold()),
    )
    return Efforts(
        all=_ratio("", pairs),
        by_kind=tuple(kinds[:LISTED]),
        bars=bars((actual / estimate for estimate, actual in pairs), RATIO_EDGES),
    )


def _ratio(name: str, pairs: Sequence[tuple[float, float]]) -> KindRatio:
    return KindRatio(
        name=name,
        over=sum(actual > estimate for estimate, actual in pairs),
        exact=sum(actual == estimate for estimate, actual in pairs),
        under=sum(actual < estimate for estimate, actual in pairs),
        ratios=spread([actual / estimate for estimate, actual in pairs]),
    )


def _leads(items: Sequence[_Item]) -> Leads | None:
    asked = any(item.asked_on is not None for item in items)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for item in items:
        begins = item.asked_on if asked else item.started_on
        if begins is not None and item.finished_on is not None and item.finished_on >= begins:
            by_kind[item.kind].append((item.finished_on - begins).days)
    days = [day for kind in by_kind.values() for day in kind]
    if not days:
        return None
    kinds = sorted(
        ((name, spread(kind)) for name, kind in by_kind.items() if name),
        key=lambda pair: (-pair[1].count, pair[0].casefold()),
    )
    return Leads(
        days=spread(days),
        from_start=not asked,
        bars=bars(days, LEAD_EDGES),
        by_kind=tuple(kinds[:LISTED]),
    )


def _items(now: datetime) -> list[_Item]:
    zone = scope.current().zone
    found = []
    known: dict[datetime, date] = {}

    def day(at: datetime | None) -> date | None:
        if at is None:
            return None
        if at not in known:
            known[at] = zones.day_of(at, zone)
        return known[at]

    rows = PastItem.objects.order_by("pk").values_list(
        "project__client__name",
        "project__name",
        "kind__service__name",
        "kind__name",
        "estimate_hours",
        "actual_hours",
        "estimated_at",
        "started_at",
        "first_due_at",
        "due_at",
        "finished_at",
        "day_only",
    )
    for client, project, service, kind, estimate, actual, *moments, day_only in rows:
        asked, started, first_due, due, finished = moments
        if finished is not None and finished > now:
            continue
        found.append(
            _Item(
                project=client or project or "",
                kind=service or kind or "",
                estimate=estimate,
                actual=actual,
                asked_on=day(asked),
                started_on=day(started),
                first_due_on=day(first_due),
                due_on=day(due),
                finished_on=day(finished),
                due_at=due,
                first_due_at=first_due,
                finished_at=finished,
                day_only=day_only,
            )
        )
    return found

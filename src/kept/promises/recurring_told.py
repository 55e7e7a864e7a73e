"""What a client reads of what recurs for them: when it is due next, and what became of the last.

It is told from the same outcomes as the house's own figures (rule 1), so that
nobody outside reads it as better than it counts inside. No forecast is made of
occurrences. *On track* means that the last one was kept, that none before it is
still to be done, and that the chance of the next, as the last twenty went, is at
or above the house's line. Else the next is only promised, as it is before the
first ones. Each miss of the last weeks is named with its day; there is no rate,
since a share kept would make a miss look smaller than it was to them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from kept import zones
from kept.promises import occurring, repeating
from kept.promises.models import Occurrence, StandingPromise
from kept.promises.outcomes import Outcome
from kept.tenancy import refusals, scope

#: Misses are named so long.
LOOKED_BACK = timedelta(days=90)
MOST_MISSES = 5
#: The chance of the next one is judged by so many that fell due last.
JUDGED_BY = 20


class How(StrEnum):
    """How a standing promise stands, as the client is told."""

    ON_TRACK = "on-track"
    PROMISED = "promised"  # nothing is said of the odds
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Miss:
    """One instance that was not kept.

    Attributes:
        done_at: when it was done after all; None where nobody noted that it was.
    """

    due_at: datetime
    done_at: datetime | None
    late: bool
    short: bool
    sub_standard: bool


@dataclass(frozen=True, slots=True)
class Recurring:
    """Something that recurs.

    Attributes:
        rule, due_time: when it recurs; said in words by the door.
        due_at: of what `how` speaks: the next instance, or the last one where that is overdue.
        next_at: where one is overdue, when the next is due; None where none follows.
        done_at: when the last one was done.
        misses: of the last 90 days, newest first; without the one that is overdue.
        more_misses: so many beyond those.
    """

    key: int
    what: str
    zone: str
    rule: str
    due_time: time
    how: How
    due_at: datetime
    next_at: datetime | None
    done_at: datetime | None
    misses: Sequence[Miss]
    more_misses: int = 0


@dataclass(frozen=True, slots=True)
class Over:
    """Something that recurred, and does no more: since when."""

    what: str
    at: datetime
    zone: str


def read(rows: Sequence[StandingPromise], *, now: datetime) -> tuple[list[Recurring], list[Over]]:
    """Return what recurs, by what is due first, and what does no more.

    The number of queries does not depend on how many there are.
    """
    occurrences = _occurrences(rows, now=now)
    live, over = [], []
    for row in rows:
        found = None if row.ended_at is not None else _told(row, occurrences[row.pk], now=now)
        if found is not None:
            live.append(found)
            continue
        last = max((one.due_at for one in occurrences[row.pk]), default=row.made_at)
        over.append(Over(row.what, row.ended_at or last, row.zone))
    return sorted(live, key=lambda one: (one.due_at, one.key)), over


def _occurrences(rows: Sequence[StandingPromise], *, now: datetime) -> dict[int, list[Occurrence]]:
    """Return what lies ahead, what fell due lately, and the last ones before that; by day."""
    found: dict[int, list[Occurrence]] = defaultdict(list)
    every = Occurrence.objects.filter(standing__in=[row.pk for row in rows])
    before = (
        every.filter(due_at__lte=now - LOOKED_BACK, released_at__isnull=True)
        .annotate(back=Window(RowNumber(), partition_by=F("standing_id"), order_by="-due_at"))
        .filter(back__lte=JUDGED_BY)
        .order_by("due_at", "pk")
    )
    lately = every.filter(due_at__gt=now - LOOKED_BACK)
    for one in (*before, *lately.order_by("due_at", "pk")):
        found[one.standing_id].append(one)
    return found


def _told(
    row: StandingPromise, occurrences: Sequence[Occurrence], *, now: datetime
) -> Recurring | None:
    """Return how one stands; None where nothing of it is open and nothing follows."""
    judged = [(one, occurring.outcome(one, now=now)) for one in occurrences]
    # What they let us off is owed no more, and says nothing of what we keep.
    past = [
        (one, outcome)
        for one, outcome in judged
        if outcome.counts and (one.due_at <= now or not outcome.open)
    ]
    next_at = _next(row, judged, now=now)
    last = past[-1] if past else None
    overdue = last if last is not None and last[1].overdue else None
    if overdue is not None:
        how, due_at = How.OVERDUE, overdue[0].due_at
    elif next_at is not None:
        on_track = _on_track([outcome for _one, outcome in past[-JUDGED_BY:]])
        how, due_at = How.ON_TRACK if on_track else How.PROMISED, next_at
    else:
        return None
    misses = [
        Miss(one.due_at, one.done_at, outcome.late, outcome.short, outcome.sub_standard)
        for one, outcome in reversed(past)
        if outcome.missed and one.due_at > now - LOOKED_BACK and (one, outcome) != overdue
    ]
    return Recurring(
        key=row.pk,
        what=row.what,
        zone=row.zone,
        rule=row.rule,
        due_time=row.due_time,
        how=how,
        due_at=due_at,
        next_at=next_at if overdue is not None else None,
        done_at=max((one.done_at for one, _outcome in past if one.done_at), default=None),
        misses=misses[:MOST_MISSES],
        more_misses=max(0, len(misses) - MOST_MISSES),
    )


def _on_track(last: Sequence[Outcome]) -> bool:
    """Say whether the next one may be called on track, by what became of the last ones.

    The chance is Laplace's rule of succession, as in the engine: (kept + 1) / (due + 2). With
    the line at 80 % three kept in a row are enough, and one or two are not.
    """
    # Past its cut-off it counts as broken: a miss like others, and none that is waited for.
    if not last or not last[-1].kept or any(one.overdue and not one.broken for one in last):
        return False
    chance = (sum(one.kept for one in last) + 1) / (len(last) + 2)
    return chance >= scope.current().line


def _next(
    row: StandingPromise, judged: Sequence[tuple[Occurrence, Outcome]], *, now: datetime
) -> datetime | None:
    """Return when the next one is due that is neither done nor let off.

    Where none is made yet, as of something that recurs by the year, the rule says.
    """
    ahead = [(one, outcome) for one, outcome in judged if one.due_at > now]
    for one, outcome in ahead:
        if outcome.open:
            return one.due_at
    after = max([now, *(one.due_at for one, _outcome in ahead)])
    first = zones.day_of(after, row.zone)
    falls = repeating.falls(
        row.rule,
        starts_on=row.starts_on,
        at=row.due_time,
        zone=row.zone,
        gap=row.in_a_gap,
        first=first,
        last=first + repeating.LOOKED_AT,
    )
    try:
        return next((due.at for due in falls if due.at > after and due.at > row.made_at), None)
    except refusals.Refused:  # the clocks' rules changed since it was made: the round will tell
        return None

"""Read promises as the record needs them: a constant number of queries, however many there are.

`promises.judging` reads whole lives, one object a row; ten thousand of them would take seconds.
Here columns are read as plain values, and each promise is judged by the same
`promises.outcomes.judge`. A test compares the two on lives of all kinds.
"""

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, F, Func, Max, Q, QuerySet, Sum

from kept import zones
from kept.jobs.models import Job, Stage
from kept.past.models import PastItem
from kept.people import days
from kept.promises import outcomes
from kept.promises import terms as agreed
from kept.promises.models import (
    DeliveredLine,
    Delivery,
    Pause,
    Promise,
    Proposal,
    Reason,
    Slip,
    Terms,
    TermsLine,
)
from kept.promises.outcomes import Facts, Outcome
from kept.quotes.models import HoldingReply
from kept.record.rows import Beside, Row, Slipped
from kept.tenancy import scope
from kept.tenancy.models import Organisation

HOUR = timedelta(hours=1)


class _Written(Func):
    """A moment as SQLite keeps it, in text.

    Django reads each moment there in several steps, most of the time that the record would take;
    `_moments` reads thousands of them in one. PostgreSQL's driver hands over moments itself.
    """

    arity = 1
    output_field = CharField()

    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not the bare column, of which the driver would know the type.
        return self.as_sql(compiler, connection, template="(%(expressions)s || '')", **context)


def _moment(value: Any) -> datetime:
    """Return a moment that was read by `_Written`."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    found: datetime = value
    return found


ACCEPTED = {str(Delivery.State.ACCEPTED), str(Delivery.State.DEEMED)}


@dataclass(slots=True)
class _Terms:
    """One set of terms, in plain values."""

    key: int
    kind: str
    due_at: datetime
    agreed_at: datetime
    chance: float | None
    even_hours: float | None


@dataclass(slots=True)
class _Delivery:
    """The delivery that counts: the accepted one, else the one that waits."""

    key: int
    state: str
    delivered_at: datetime
    to_standard: bool


@dataclass(slots=True)
class _Beside:
    """What few promises have: read whole, by the promise's key."""

    pauses: dict[int, list[Pause]] = field(default_factory=lambda: defaultdict(list))
    told: dict[int, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    reasons: dict[int, tuple[str, str]] = field(default_factory=dict)
    hours: dict[int, tuple[float, float]] = field(default_factory=dict)
    lines: dict[int, tuple[bool, float]] = field(default_factory=dict)
    ended: dict[int, datetime | None] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)


def load(
    *, since: datetime | None, until: datetime, now: datetime, client: int | None = None
) -> list[Row]:
    """Read the promises that may belong to a window, judged at `now`.

    Args:
        since: promises due and delivered before are left out; None leaves none out.
        until: promises given after are left out.
        client: only this client's.
    """
    house = scope.current()
    wanted = _wanted(since, until, client)
    few = since is not None or client is not None
    terms: dict[int, list[_Terms]] = defaultdict(list)
    for promise_id, key, kind, due_at, agreed_at, chance, even_hours in (
        _of(Terms.objects, wanted, few)
        .order_by("promise_id", "number")
        .values_list(
            "promise_id", "pk", "kind", _Written("due_at"), _Written("agreed_at"),
            "chance_when_given", "lead_at_even_chances_hours",
        )
    ):  # fmt: skip
        terms[promise_id].append(
            _Terms(key, kind, _moment(due_at), _moment(agreed_at), chance, even_hours)
        )
    deliveries: dict[int, _Delivery] = {}
    counting = _of(Delivery.objects, wanted, few).exclude(state=Delivery.State.SENT_BACK)
    below = set(counting.filter(to_standard=False).order_by().values_list("pk", flat=True))
    for promise_id, key, state, delivered_at in counting.order_by(
        "promise_id", "number"
    ).values_list("promise_id", "pk", "state", _Written("delivered_at")):
        if promise_id not in deliveries:
            deliveries[promise_id] = _Delivery(key, state, _moment(delivered_at), key not in below)
    beside = _beside(wanted, few, terms, deliveries)
    calendar = _WorkingDays(house)
    return [
        _row(columns, terms[columns[0]], deliveries.get(columns[0]), beside, calendar, now)
        for columns in wanted.order_by("pk").values_list(
            "pk", "job_id", "client_id", "job__service_id", "origin", "job__title", "state",
            "zone", _Written("given_at"),
        )
    ]  # fmt: skip


def _wanted(since: datetime | None, until: datetime, client: int | None) -> QuerySet[Promise]:
    wanted = Promise.objects.filter(given_at__lte=until)
    if client is not None:
        wanted = wanted.filter(client_id=client)
    if since is not None:
        first = Terms.objects.filter(number=1, due_at__gte=since)
        delivered = Delivery.objects.filter(delivered_at__gte=since)
        # A pause moves the due moment by any length, so whatever was paused is looked at.
        wanted = wanted.filter(
            Q(pk__in=first.values("promise_id"))
            | Q(pk__in=delivered.values("promise_id"))
            | Q(pk__in=Pause.objects.values("promise_id"))
        )
    return wanted


def _of(rows: Any, wanted: QuerySet[Promise], few: bool) -> QuerySet[Any]:
    """Return the rows of the promises that are wanted; all of them need no condition."""
    found: QuerySet[Any] = rows.all()
    return found.filter(promise_id__in=wanted.order_by().values("pk")) if few else found


def _beside(
    wanted: QuerySet[Promise],
    few: bool,
    terms: Mapping[int, Sequence[_Terms]],
    deliveries: Mapping[int, _Delivery],
) -> _Beside:
    found = _Beside()
    for pause in _of(Pause.objects, wanted, few).order_by("started_at", "pk"):
        found.pauses[pause.promise_id].append(pause)
    told = _of(Proposal.objects, wanted, few).filter(
        by_side=Proposal.From.HOUSE, told_at__isnull=False
    )
    for promise_id, told_at in told.order_by("told_at").values_list("promise_id", "told_at"):
        found.told[promise_id].append(told_at)
    for promise_id, category, controllable in (
        _of(Reason.objects, wanted, few)
        .order_by("pk")
        .values_list("promise_id", "category", "controllable")
    ):
        found.reasons[promise_id] = category, controllable
    # Painful is only what has hours out of hours: the hours of all others change nothing.
    late_work = Stage.objects.filter(out_of_hours__gt=0).values("job_id")
    spent = Stage.objects.filter(job_id__in=late_work).order_by().values("job_id")
    for row in spent.annotate(all=Sum("spent_hours"), out=Sum("out_of_hours")):
        found.hours[row["job_id"]] = row["all"], row["out"]
    found.lines = _lines(terms, deliveries)
    ended = wanted.filter(ended_at__isnull=False) | wanted.filter(state=Promise.State.VOIDED)
    for key, ended_at, void_reason, word in ended.order_by("pk").values_list(
        "pk", "ended_at", "void_reason", "ended_word"
    ):
        found.ended[key] = ended_at
        found.notes[key] = void_reason or word
    return found


def _lines(
    terms: Mapping[int, Sequence[_Terms]], deliveries: Mapping[int, _Delivery]
) -> dict[int, tuple[bool, float]]:
    """Return for terms whether all required lines were taken, and the share of all that was.

    A delivery holds every line of the last terms. So only promises that were moved, and those of
    which a line was left out or refused, can lack one; all others are not looked at.
    """
    refused = Q(accepted=False) | Q(accepted__isnull=True, met=False)
    doubtful = set(
        DeliveredLine.objects.filter(refused).values_list("delivery__promise_id", flat=True)
    )
    doubtful |= {key for key, several in terms.items() if len(several) > 1}
    doubtful &= deliveries.keys()
    keys = {deliveries[key].key for key in doubtful}
    taken = {
        (delivery, condition)
        for delivery, condition, met, accepted in DeliveredLine.objects.filter(
            delivery_id__in=keys
        ).values_list("delivery_id", "condition_id", "met", "accepted")
        if (met if accepted is None else accepted)
    }
    found: dict[int, list[tuple[bool, bool]]] = defaultdict(list)
    for terms_id, promise_id, condition, required in TermsLine.objects.filter(
        terms__promise_id__in=doubtful
    ).values_list("terms_id", "terms__promise_id", "condition_id", "required"):
        has = condition is None or (deliveries[promise_id].key, condition) in taken
        found[terms_id].append((has, has or not required))
    return {
        key: (all(enough for _has, enough in lines), sum(has for has, _e in lines) / len(lines))
        for key, lines in found.items()
    }


def _row(
    columns: Sequence[Any],
    terms: Sequence[_Terms],
    delivery: _Delivery | None,
    beside: _Beside,
    calendar: "_WorkingDays",
    now: datetime,
) -> Row:
    key, job, client, service, origin, what, state, zone, given_at = columns
    pauses = beside.pauses.get(key, ())
    first, last = terms[0], terms[-1]

    def judged(one: _Terms) -> tuple[datetime, Outcome]:
        due_at = calendar.due(one, pauses, zone, now)
        hours, out = beside.hours.get(job, (0.0, 0.0))
        met, share = beside.lines.get(one.key, (True, 1.0))
        return due_at, outcomes.judge(
            Facts(
                state=state,
                due_at=due_at,
                cut_off_at=calendar.cut_off(one, due_at, zone)
                if (now if delivery is None else delivery.delivered_at) > due_at
                else due_at,
                delivered_at=None if delivery is None else delivery.delivered_at,
                answered=delivery is not None and delivery.state in ACCEPTED,
                deemed=delivery is not None and delivery.state == Delivery.State.DEEMED,
                lines_met=met,
                share_delivered=share,
                to_standard=delivery is None or delivery.to_standard,
                told_at=next((t for t in beside.told.get(key, ()) if t >= one.agreed_at), None),
                hours=hours,
                out_of_hours=out,
            ),
            now,
        )

    first_due_at, as_first = judged(first)
    last_due_at, as_last = (first_due_at, as_first) if first is last else judged(last)
    reason, controllable = beside.reasons.get(key, ("", ""))
    return Row(
        promise=key,
        client=client,
        service=service,
        origin=origin,
        what=what,
        given_at=_moment(given_at),
        said_at=first.due_at,
        first_due_at=first_due_at,
        last_due_at=last_due_at,
        first=as_first,
        last=as_last,
        delivered_at=None if delivery is None else delivery.delivered_at,
        ended_at=beside.ended.get(key),
        moved=len(terms) - 1,
        asked=sum(one.kind == Terms.Kind.CLIENT_ASKED for one in terms),
        chance=first.chance,
        last_chance=last.chance,
        even_hours=first.even_hours,
        paused_hours=sum(((p.ended_at or now) - p.started_at) / HOUR for p in pauses),
        reason=reason,
        controllable=controllable,
        note=beside.notes.get(key, ""),
    )


class _WorkingDays:
    """The house's working days in a row, so that many promises can be measured by them."""

    def __init__(self, house: Organisation) -> None:
        self._house = house
        self._days: list[int] = []
        self._first = self._end = 0

    def due(self, terms: _Terms, pauses: Sequence[Pause], zone: str, now: datetime) -> datetime:
        """Return the moment that terms are judged by."""
        if not pauses:
            return terms.due_at
        plain = Terms(due_at=terms.due_at, agreed_at=terms.agreed_at)
        return agreed.due_of(plain, pauses, zone=zone, house=self._house, now=now)

    def cut_off(self, terms: _Terms, due_at: datetime, zone: str) -> datetime:
        """Return the moment from which it counts as broken, as `promises.terms.cut_off` does."""
        given_on = zones.day_of(terms.agreed_at, zone)
        lead = self.between(given_on, zones.day_of(terms.due_at, zone))
        here = zones.local(due_at, zone)
        day = self._after(here.date(), outcomes.grace_days(max(0, lead)))
        # As days.shifted_moment: what falls into the gap of a clock change lies an hour later.
        return datetime.combine(day, here.time(), tzinfo=zones.zone(zone)).astimezone(UTC)

    def between(self, first: date, last: date) -> int:
        """Return how many working days lie after `first` up to `last`."""
        self._cover(first, last)
        return bisect.bisect(self._days, last.toordinal()) - bisect.bisect(
            self._days, first.toordinal()
        )

    def _after(self, day: date, count: int) -> date:
        self._cover(day, day + timedelta(days=4 * count + 30))
        place = bisect.bisect(self._days, day.toordinal()) + count - 1
        return date.fromordinal(self._days[place])

    def _cover(self, first: date, last: date) -> None:
        """Make sure that all working days from `first` to `last` are known."""
        low, high = min(first, last).toordinal(), max(first, last).toordinal()
        if self._days and self._first <= low and high <= self._end:
            return
        # Whole years more on both sides, so that this happens a few times and not for each.
        self._first = min(low - 366, self._first or low)
        self._end = max(high + 366, self._end)
        self._days = [
            day.toordinal()
            for day in days.working_days(
                self._house, date.fromordinal(self._first), date.fromordinal(self._end)
            )
        ]


def slipped(rows: Iterable[Row], *, zone: str) -> list[Slipped]:
    """Read what was said of “one more day” for these promises, and what it became.

    As promises.slips.links counts it, for many at once.
    """
    delivered = {row.promise: row.delivered_at for row in rows}
    calendar = _WorkingDays(scope.current())
    found = []
    for promise_id, stage_id, done_at, *between in (
        Slip.objects.order_by("promise_id", "number").values_list(
            "promise_id", "stage_id", "stage__done_at", "before_at", "now_at"
        )
    ):  # fmt: skip
        if promise_id not in delivered:
            continue
        before_on, now_on = (zones.day_of(at, zone) for at in between)
        end = delivered[promise_id] if stage_id is None else done_at
        found.append(
            Slipped(
                promise_id,
                calendar.between(before_on, now_on),
                None if end is None else calendar.between(before_on, zones.day_of(end, zone)),
            )
        )
    return found


def apart(*, since: datetime | None, until: datetime, client: int | None = None) -> Beside:
    """Count what stands beside promises of work: work nobody promised, replies, imported past."""
    done = (
        Job.objects.filter(client__isnull=False)
        .filter(Q(promised=False, state=Job.State.CLOSED) | Q(promise__state=Promise.State.VOIDED))
        .annotate(
            last=Max("stages__done_at"), left=Count("stages", filter=~Q(stages__state="done"))
        )
        .filter(left=0, last__lte=until)
    )
    replies = HoldingReply.objects.filter(due_at__lte=until).exclude(
        state=HoldingReply.State.WITHDRAWN
    )
    if since is not None:
        done, replies = done.filter(last__gte=since), replies.filter(due_at__gte=since)
    if client is not None:
        done, replies = done.filter(client_id=client), replies.filter(client_id=client)
    answered = replies.aggregate(
        all=Count("pk"), kept=Count("pk", filter=Q(answered_at__lte=F("due_at")))
    )
    items = PastItem.objects.exclude(external_id__startswith="stage:")
    return Beside(
        unpromised=done.order_by().values("pk").count(),
        replies=answered["all"],
        replies_kept=answered["kept"],
        past_items=0 if client is not None else items.count(),
    )


def quarters(until: datetime, *, zone: str, count: int) -> list[tuple[datetime, datetime]]:
    """Return the last quarters of three calendar months; the last one holds `until`."""
    today = zones.day_of(until, zone)
    month = today.year * 12 + today.month - 1 + 1  # the first month after the last quarter
    edges = [
        zones.start_of(date((month - back) // 12, (month - back) % 12 + 1, 1), zone)
        for back in range(3 * count, -1, -3)
    ]
    return list(itertools.pairwise(edges))

"""Read promises as the record needs them: a constant number of queries, however many there are.

`promises.judging.lives` reads whole lives, one object a row; ten thousand of them would take
seconds. Here columns are read as plain values, which the same `promises.judging.Judge` judges.
"""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast

from django.db import connection
from django.db.models import CharField, Count, F, FilteredRelation, Func, Max, Q, QuerySet, Sum

from kept import zones
from kept.jobs.models import Job, Stage
from kept.past.models import PastItem
from kept.people import days
from kept.promises import judging
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
from kept.quotes.models import HoldingReply
from kept.record.rows import Beside, Row, Slipped
from kept.tenancy import scope

HOUR = timedelta(hours=1)
#: Rows read at once.
AT_ONCE = 250
_NO_HOURS = (0.0, 0.0)
_NOTHING: tuple[Any, ...] = ()
_ALL_LINES = judging.taken((), ())
_NO_REASON = ("", "")


class _Written(Func):
    """A moment as SQLite keeps it, in text.

    Django reads each moment there in several steps, most of the time that the record would take;
    `_reader` reads thousands of them in one. PostgreSQL's driver hands over moments itself.
    """

    arity = 1
    output_field = CharField()

    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not the bare column, of which the driver would know the type; all of them are UTC.
        return self.as_sql(
            compiler, connection, template="(%(expressions)s || '+00:00')", **context
        )


def _reader() -> Callable[[Any], datetime]:
    """Return what makes a moment of what `_Written` read."""
    if connection.vendor == "sqlite":
        return datetime.fromisoformat
    return lambda moment: cast("datetime", moment)


@dataclass(slots=True)
class _Terms:
    """Terms that were agreed after the first ones, in plain values."""

    key: int
    kind: str
    due_at: datetime
    agreed_at: datetime
    chance: float | None


@dataclass(slots=True)
class _Paused:
    """As much of a pause as moves a due moment."""

    started_at: datetime
    ended_at: datetime | None
    working_minutes: int | None


@dataclass(slots=True)
class _First:
    """As much of the first terms as their moments depend on."""

    due_at: datetime
    agreed_at: datetime


@dataclass(slots=True)
class _Beside:
    """What few promises have: read whole, by the promise's key."""

    pauses: dict[int, list[_Paused]] = field(default_factory=dict)
    told: dict[int, list[datetime]] = field(default_factory=dict)
    reasons: dict[int, tuple[str, str]] = field(default_factory=dict)
    hours: dict[int, tuple[float, float]] = field(default_factory=dict)
    #: Deliveries of which the client said that they were below standard.
    below: set[int] = field(default_factory=set)
    #: By terms: whether all required lines were taken, and the share of all that was.
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
    wanted = _wanted(since, until, client)
    # Of one client only few rows are wanted; of a window it is quicker to pass over some.
    few = client is not None
    later = _later(wanted, few)
    beside = _beside(wanted, few)
    judge = judging.Judge(scope.current(), now)
    firsts = (
        Terms.objects.filter(number=1, promise__in=wanted)
        .annotate(
            delivery=FilteredRelation(
                "promise__deliveries",
                condition=~Q(promise__deliveries__state=Delivery.State.SENT_BACK),
            )
        )
        .order_by("promise_id", "delivery__number")
        .values_list(
            "promise_id", "pk", _Written("due_at"), _Written("agreed_at"), "chance_when_given",
            "lead_at_even_chances_hours", "promise__job_id", "promise__client_id",
            "promise__job__service_id", "promise__origin", "promise__job__title",
            "promise__state", "promise__zone", _Written("promise__given_at"), "delivery__pk",
            "delivery__state", _Written("delivery__delivered_at"),
        )
    )  # fmt: skip
    read = _reader()
    rows: list[Row] = []
    before = 0
    for (
        key, terms_id, due, agreed_at, chance, even_hours, job, client_id, service, origin, what,
        state, zone, given_at, delivery_id, delivery_state, delivered,
    ) in _fetched(firsts):  # fmt: skip
        if key == before:  # a second delivery that was not sent back; the first one counts
            continue
        before = key
        said_at = read(due)
        pauses = beside.pauses.get(key, _NOTHING)
        lived = judging.Lived(
            state, zone, pauses, beside.told.get(key, _NOTHING), delivery_state,
            None if delivered is None else read(delivered),
            delivery_id not in beside.below, beside.hours.get(job, _NO_HOURS),
        )  # fmt: skip
        first_due_at, as_first = judge.judged(
            _First(said_at, read(agreed_at)), beside.lines.get(terms_id, _ALL_LINES), lived
        )
        last_due_at, as_last, last_chance = first_due_at, as_first, chance
        moved = asked = 0
        if key in later:
            several = later[key]
            last = several[-1]
            last_chance = last.chance
            last_due_at, as_last = judge.judged(last, beside.lines.get(last.key, _ALL_LINES), lived)
            moved = len(several)
            asked = sum(one.kind == Terms.Kind.CLIENT_ASKED for one in several)
        reason, controllable = beside.reasons.get(key, _NO_REASON)
        rows.append(
            Row(
                key,
                client_id,
                service,
                origin,
                what,
                read(given_at),
                said_at,
                first_due_at,
                last_due_at,
                as_first,
                as_last,
                lived.delivered_at,
                beside.ended.get(key),
                moved,
                asked,
                chance,
                last_chance,
                even_hours,
                _hours_of(pauses, now) if pauses else 0.0,
                reason,
                controllable,
                beside.notes.get(key, ""),
            )
        )
    return rows


def _fetched(rows: QuerySet[Any, Any]) -> Iterator[tuple[Any, ...]]:
    """Read columns as the driver gives them, past all that Django does with each row."""
    sql, values = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        while several := cursor.fetchmany(AT_ONCE):
            yield from several


def _hours_of(pauses: Iterable[_Paused], now: datetime) -> float:
    """Return how long the clock of a promise stood."""
    stood = ((pause.ended_at or now) - pause.started_at for pause in pauses)
    # A notice whose moment is to come has not stood yet.
    return sum(max(length, timedelta()) / HOUR for length in stood)


def _later(wanted: QuerySet[Promise], few: bool) -> dict[int, list[_Terms]]:
    """Return the terms that were agreed after the first ones, by the promise's key."""
    found: dict[int, list[_Terms]] = {}
    read = _reader()
    for promise_id, key, kind, due_at, agreed_at, chance in _fetched(
        _of(Terms.objects, wanted, few)
        .filter(number__gt=1)
        .order_by("promise_id", "number")
        .values_list(
            "promise_id",
            "pk",
            "kind",
            _Written("due_at"),
            _Written("agreed_at"),
            "chance_when_given",
        )
    ):
        found.setdefault(promise_id, []).append(
            _Terms(key, kind, read(due_at), read(agreed_at), chance)
        )
    return found


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


def _beside(wanted: QuerySet[Promise], few: bool) -> _Beside:
    found, read = _Beside(), _reader()
    for promise_id, *pause in (
        _of(Pause.objects, wanted, few)
        .order_by("started_at", "pk")
        .values_list("promise_id", "started_at", "ended_at", "working_minutes")
    ):
        found.pauses.setdefault(promise_id, []).append(_Paused(*pause))
    told = _of(Proposal.objects, wanted, few).filter(
        by_side=Proposal.From.HOUSE, told_at__isnull=False
    )
    for promise_id, told_at in _fetched(
        told.order_by("told_at").values_list("promise_id", _Written("told_at"))
    ):
        found.told.setdefault(promise_id, []).append(read(told_at))
    for promise_id, category, controllable in _fetched(
        _of(Reason.objects, wanted, few)
        .order_by("pk")
        .values_list("promise_id", "category", "controllable")
    ):
        found.reasons[promise_id] = category, controllable
    # Painful is only what has hours out of hours: the hours of all others change nothing.
    late_work = Stage.objects.filter(out_of_hours__gt=0).values("job_id")
    spent = Stage.objects.filter(job_id__in=late_work).order_by().values("job_id")
    sums = spent.annotate(all=Sum("spent_hours"), out=Sum("out_of_hours"))
    for job_id, all_hours, out in _fetched(sums.values_list("job_id", "all", "out")):
        found.hours[job_id] = all_hours, out
    found.below = set(
        _of(Delivery.objects, wanted, few).filter(to_standard=False).values_list("pk", flat=True)
    )
    found.lines = _lines(wanted, few)
    ended = wanted.filter(ended_at__isnull=False) | wanted.filter(state=Promise.State.VOIDED)
    for key, ended_at, void_reason, word in ended.order_by("pk").values_list(
        "pk", "ended_at", "void_reason", "ended_word"
    ):
        found.ended[key] = ended_at
        found.notes[key] = void_reason or word
    return found


def _lines(wanted: QuerySet[Promise], few: bool) -> dict[int, tuple[bool, float]]:
    """Return for terms whether all required lines were taken, and the share of all that was.

    A delivery holds every line of the last terms. So only promises that were moved, and those of
    which a line was left out or refused, can lack one; all others are not looked at.
    """
    refused = DeliveredLine.objects.filter(Q(accepted=False) | Q(accepted__isnull=True, met=False))
    if few:
        refused = refused.filter(delivery__promise_id__in=wanted.order_by().values("pk"))
    moved = _of(Terms.objects, wanted, few).filter(number__gt=1)

    def doubtful(column: str) -> Q:
        return Q((f"{column}__in", moved.order_by().values("promise_id"))) | Q(
            (f"{column}__in", refused.order_by().values("delivery__promise_id"))
        )

    delivered: dict[int, int] = {}
    counting = Delivery.objects.filter(doubtful("promise_id")).exclude(
        state=Delivery.State.SENT_BACK
    )
    for promise_id, key in _fetched(counting.order_by("number").values_list("promise_id", "pk")):
        delivered.setdefault(promise_id, key)
    taken: dict[int, set[int]] = defaultdict(set)
    for delivery, condition, met, accepted in _fetched(
        DeliveredLine.objects.filter(doubtful("delivery__promise_id"))
        .order_by()
        .values_list("delivery_id", "condition_id", "met", "accepted")
    ):
        if met if accepted is None else accepted:
            taken[delivery].add(condition)
    lines: dict[int, list[tuple[int | None, bool]]] = defaultdict(list)
    by_delivery: dict[int, int] = {}
    for terms_id, promise_id, condition, required in _fetched(
        TermsLine.objects.filter(doubtful("terms__promise_id"))
        .order_by()
        .values_list("terms_id", "terms__promise_id", "condition_id", "required")
    ):
        if promise_id in delivered:
            lines[terms_id].append((condition, required))
            by_delivery[terms_id] = delivered[promise_id]
    return {key: judging.taken(said, taken[by_delivery[key]]) for key, said in lines.items()}


def slipped(rows: Iterable[Row], *, zone: str) -> list[Slipped]:
    """Read what was said of “one more day” for these promises, and what it became.

    As promises.slips.links counts it, for many at once.
    """
    delivered = {row.promise: row.delivered_at for row in rows}
    house, read = scope.current(), _reader()
    found = []
    local = zones.zone(zone)
    for promise_id, stage_id, done_at, before_at, now_at in _fetched(
        Slip.objects.order_by("promise_id", "number").values_list(
            "promise_id", "stage_id", _Written("stage__done_at"),
            _Written("before_at"), _Written("now_at"),
        )
    ):  # fmt: skip
        if promise_id not in delivered:
            continue
        before_on = read(before_at).astimezone(local).date()
        now_on = read(now_at).astimezone(local).date()
        end = delivered[promise_id]
        if stage_id is not None:
            end = None if done_at is None else read(done_at)
        found.append(
            Slipped(
                promise_id,
                days.count_between(house, before_on, now_on),
                None
                if end is None
                else days.count_between(house, before_on, end.astimezone(local).date()),
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

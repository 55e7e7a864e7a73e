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
    ToldHow,
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

    number: int
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
    #: Promises whose delivery the client found below standard.
    below: set[int] = field(default_factory=set)
    #: Promises accepted by silence after somebody told them in person that it counts.
    in_person: set[int] = field(default_factory=set)
    #: Lines said, by promise and the number of its terms, and the conditions that were taken; only
    #: of promises that may lack one.
    said: defaultdict[tuple[int, int], list[tuple[int | None, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    taken: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    ended: dict[int, datetime | None] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def lines(self, promise: int, terms: int) -> tuple[bool, float]:
        """Say whether all required lines of terms were taken, and what share of all."""
        said = self.said.get((promise, terms))
        return _ALL_LINES if said is None else judging.taken(said, self.taken.get(promise, ()))


def load(
    *, since: datetime | None, until: datetime, now: datetime, client: int | None = None
) -> list[Row]:
    """Read the promises that may belong to a window, judged at `now`.

    Args:
        since: promises due and delivered before are left out; None leaves none out.
        until: promises given after are left out.
        client: only this client's.
    """
    # Of one client only few rows are wanted; of a window it is quicker to pass over some.
    whose = None if client is None else Promise.objects.filter(client_id=client)
    later = _later(whose)
    beside = _beside(whose)
    judge = judging.Judge(scope.current(), now)
    firsts = (
        _of(Terms.objects, whose)
        .filter(number=1, promise__given_at__lte=until)
        .annotate(
            delivery=FilteredRelation(
                "promise__deliveries",
                condition=~Q(promise__deliveries__state=Delivery.State.SENT_BACK),
            )
        )
        .filter(_belongs(since))
        .order_by("promise_id", "delivery__number")
        .values_list(
            "promise_id", _Written("due_at"), _Written("agreed_at"), "chance_when_given",
            "lead_at_even_chances_hours", "promise__client_id", "promise__job__service_id",
            "promise__origin", "promise__job__title", "promise__state", "promise__zone",
            _Written("promise__given_at"), "delivery__state", _Written("delivery__delivered_at"),
        )
    )  # fmt: skip
    read = _reader()
    rows: list[Row] = []
    before = 0
    for (
        key, due, agreed_at, chance, even_hours, client_id, service, origin, what, state, zone,
        given_at, delivery_state, delivered,
    ) in _fetched(firsts):  # fmt: skip
        if key == before:  # a second delivery that was not sent back; the first one counts
            continue
        before = key
        said_at = read(due)
        pauses = beside.pauses.get(key, _NOTHING)
        lived = judging.Lived(
            state, zone, pauses, beside.told.get(key, _NOTHING), delivery_state,
            None if delivered is None else read(delivered),
            key not in beside.below, beside.hours.get(key, _NO_HOURS),
        )  # fmt: skip
        first_due_at, as_first = judge.judged(
            _First(said_at, read(agreed_at)), beside.lines(key, 1), lived
        )
        last_due_at, as_last, last_chance = first_due_at, as_first, chance
        moved = asked = 0
        if key in later:
            several = later[key]
            last = several[-1]
            last_chance = last.chance
            last_due_at, as_last = judge.judged(last, beside.lines(key, last.number), lived)
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
                key in beside.in_person,
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


def _later(whose: QuerySet[Promise] | None) -> dict[int, list[_Terms]]:
    """Return the terms that were agreed after the first ones, by the promise's key."""
    found: dict[int, list[_Terms]] = {}
    read = _reader()
    for promise_id, number, kind, due_at, agreed_at, chance in _fetched(
        _of(Terms.objects, whose)
        .filter(number__gt=1)
        .order_by("promise_id", "number")
        .values_list(
            "promise_id",
            "number",
            "kind",
            _Written("due_at"),
            _Written("agreed_at"),
            "chance_when_given",
        )
    ):
        found.setdefault(promise_id, []).append(
            _Terms(number, kind, read(due_at), read(agreed_at), chance)
        )
    return found


def _belongs(since: datetime | None) -> Q:
    """Leave out first terms due, and delivered, before a moment."""
    if since is None:
        return Q()
    # A pause moves the due moment by any length, so whatever was paused is looked at.
    paused = Q(promise__in=Pause.objects.order_by().values("promise_id"))
    return Q(due_at__gte=since) | Q(delivery__delivered_at__gte=since) | paused


def _of(rows: Any, whose: QuerySet[Promise] | None) -> QuerySet[Any]:
    """Return the rows of these promises; of all of them if none are named."""
    found: QuerySet[Any] = rows.all()
    return found if whose is None else found.filter(promise__in=whose.order_by().values("pk"))


def _beside(whose: QuerySet[Promise] | None) -> _Beside:
    found, read = _Beside(), _reader()
    for promise_id, started_at, ended_at, minutes in _fetched(
        _of(Pause.objects, whose)
        .order_by("started_at", "pk")
        .values_list("promise_id", _Written("started_at"), _Written("ended_at"), "working_minutes")
    ):
        pause = _Paused(read(started_at), None if ended_at is None else read(ended_at), minutes)
        found.pauses.setdefault(promise_id, []).append(pause)
    told = _of(Proposal.objects, whose).filter(by_side=Proposal.From.HOUSE, told_at__isnull=False)
    for promise_id, told_at in _fetched(
        told.order_by("told_at").values_list("promise_id", _Written("told_at"))
    ):
        found.told.setdefault(promise_id, []).append(read(told_at))
    for promise_id, category, controllable in _fetched(
        _of(Reason.objects, whose)
        .order_by("pk")
        .values_list("promise_id", "category", "controllable")
    ):
        found.reasons[promise_id] = category, controllable
    # Painful is only what has hours out of hours: the hours of all others change nothing.
    late_work = Stage.objects.filter(out_of_hours__gt=0).values("job_id")
    spent = Stage.objects.filter(job_id__in=late_work).order_by().values("job__promise")
    sums = spent.annotate(all=Sum("spent_hours"), out=Sum("out_of_hours"))
    for promise_id, all_hours, out in _fetched(sums.values_list("job__promise", "all", "out")):
        found.hours[promise_id] = all_hours, out
    silent = _of(Delivery.objects, whose).filter(state=Delivery.State.DEEMED)
    found.in_person = set(
        silent.filter(noticed_how=ToldHow.SAID).values_list("promise_id", flat=True)
    )
    below = _of(Delivery.objects, whose).filter(to_standard=False)
    found.below = set(
        below.exclude(state=Delivery.State.SENT_BACK).values_list("promise_id", flat=True)
    )
    _lines(found, whose)
    promises = Promise.objects.all() if whose is None else whose
    ended = promises.filter(Q(ended_at__isnull=False) | Q(state=Promise.State.VOIDED))
    for key, ended_at, void_reason, word in _fetched(
        ended.order_by().values_list("pk", _Written("ended_at"), "void_reason", "ended_word")
    ):
        found.ended[key] = None if ended_at is None else read(ended_at)
        found.notes[key] = void_reason or word
    return found


def _lines(found: _Beside, whose: QuerySet[Promise] | None) -> None:
    """Read the lines that were said, and those that were taken.

    A delivery holds every line of the last terms. So only promises that were moved, and those of
    which a line was left out or refused, can lack one; all others are not looked at.
    """
    refused = DeliveredLine.objects.filter(Q(accepted=False) | Q(accepted__isnull=True, met=False))
    if whose is not None:
        refused = refused.filter(delivery__promise__in=whose.order_by().values("pk"))
    moved = _of(Terms.objects, whose).filter(number__gt=1)

    def doubtful(column: str) -> Q:
        return Q((f"{column}__in", moved.order_by().values("promise_id"))) | Q(
            (f"{column}__in", refused.order_by().values("delivery__promise_id"))
        )

    counts: dict[int, int] = {}
    for promise_id, number, condition, met, accepted in _fetched(
        DeliveredLine.objects.filter(doubtful("delivery__promise_id"))
        .exclude(delivery__state=Delivery.State.SENT_BACK)
        .order_by("delivery__number")
        .values_list("delivery__promise_id", "delivery__number", "condition_id", "met", "accepted")
    ):
        first = counts.setdefault(promise_id, number)
        if number == first and (met if accepted is None else accepted):
            found.taken[promise_id].add(condition)
    for promise_id, number, condition, required in _fetched(
        TermsLine.objects.filter(doubtful("terms__promise_id"))
        .order_by()
        .values_list("terms__promise_id", "terms__number", "condition_id", "required")
    ):
        found.said[promise_id, number].append((condition, required))


def slipped(rows: Iterable[Row], *, zone: str) -> list[Slipped]:
    """Read what was said of “one more day” for these promises, and what it became.

    As promises.slips.links counts it, for many at once.
    """
    delivered = {row.promise: row.delivered_at for row in rows}
    house, read, local = scope.current(), _reader(), zones.zone(zone)
    found = []
    for promise_id, stage_id, done_at, before_at, now_at in _fetched(
        Slip.objects.order_by("promise_id", "number").values_list(
            "promise_id", "stage_id", _Written("stage__done_at"),
            _Written("before_at"), _Written("now_at"),
        )
    ):  # fmt: skip
        if promise_id not in delivered:
            continue
        before_on = read(before_at).astimezone(local).date()
        said = days.count_between(house, before_on, read(now_at).astimezone(local).date())
        end = delivered[promise_id]
        if stage_id is not None:
            end = None if done_at is None else read(done_at)
        became = None
        if end is not None:
            became = days.count_between(house, before_on, end.astimezone(local).date())
        found.append(Slipped(promise_id, said, became))
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

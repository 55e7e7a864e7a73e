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
from typing import Any, cast

from django.db.models import CharField, Count, F, FilteredRelation, Func, Max, Q, QuerySet, Sum

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
#: Rows read at once.
AT_ONCE = 2000
#: Working days are no shorter than days.
LEAST_GRACE = timedelta(days=outcomes.LEAST_GRACE)
_NO_HOURS = (0.0, 0.0)
_ALL_LINES = (True, 1.0)


class _Written(Func):
    """A moment as SQLite keeps it, in text.

    Django reads each moment there in several steps, most of the time that the record would take;
    `_moments` reads thousands of them in one. PostgreSQL's driver hands over moments itself.
    """

    arity = 1
    output_field = CharField()

    template = "%(expressions)s"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Not the bare column, of which the driver would know the type; all of them are UTC.
        return self.as_sql(
            compiler, connection, template="(%(expressions)s || '+00:00')", **context
        )


def _moment(value: Any) -> datetime:
    """Return a moment that was read by `_Written`."""
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    found: datetime = value
    return found


ACCEPTED = {str(Delivery.State.ACCEPTED), str(Delivery.State.DEEMED)}


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
class _Agreed:
    """As much of terms as a pause moves."""

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
    beside = _beside(wanted, few, later)
    judging = _Judging(scope.current(), beside, now)
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
    rows: list[Row] = []
    before = 0
    for (
        key, terms_id, due, agreed_at, chance, even_hours, job, client_id, service, origin, what,
        state, zone, given_at, delivery_id, delivery_state, delivered,
    ) in firsts.iterator(chunk_size=AT_ONCE):  # fmt: skip
        if key == before:  # a second delivery that was not sent back; the first one counts
            continue
        before = key
        said_at = _moment(due)
        delivered_at = None if delivered is None else _moment(delivered)
        met_standard = delivery_id not in beside.below
        first_due_at, as_first = judging.judged(
            key, terms_id, said_at, agreed_at, job, state, zone,
            delivery_state, delivered_at, met_standard,
        )  # fmt: skip
        last_due_at, as_last, last_chance = first_due_at, as_first, chance
        moved = asked = 0
        if key in later:
            several = later[key]
            last = several[-1]
            last_chance = last.chance
            last_due_at, as_last = judging.judged(
                key, last.key, last.due_at, last.agreed_at, job, state, zone,
                delivery_state, delivered_at, met_standard,
            )  # fmt: skip
            moved = len(several)
            asked = sum(one.kind == Terms.Kind.CLIENT_ASKED for one in several)
        reason, controllable = beside.reasons.get(key, _NONE)
        rows.append(
            Row(
                key,
                client_id,
                service,
                origin,
                what,
                _moment(given_at),
                said_at,
                first_due_at,
                last_due_at,
                as_first,
                as_last,
                delivered_at,
                beside.ended.get(key),
                moved,
                asked,
                chance,
                last_chance,
                even_hours,
                judging.paused_hours(key),
                reason,
                controllable,
                beside.notes.get(key, ""),
            )
        )
    return rows


def _later(wanted: QuerySet[Promise], few: bool) -> dict[int, list[_Terms]]:
    """Return the terms that were agreed after the first ones, by the promise's key."""
    found: dict[int, list[_Terms]] = {}
    for promise_id, key, kind, due_at, agreed_at, chance in (
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
            _Terms(key, kind, _moment(due_at), _moment(agreed_at), chance)
        )
    return found


#: No reason was given.
_NONE = ("", "")


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


def _beside(wanted: QuerySet[Promise], few: bool, later: Mapping[int, Sequence[_Terms]]) -> _Beside:
    found = _Beside()
    for promise_id, *pause in (
        _of(Pause.objects, wanted, few)
        .order_by("started_at", "pk")
        .values_list("promise_id", "started_at", "ended_at", "working_minutes")
    ):
        found.pauses.setdefault(promise_id, []).append(_Paused(*pause))
    told = _of(Proposal.objects, wanted, few).filter(
        by_side=Proposal.From.HOUSE, told_at__isnull=False
    )
    for promise_id, told_at in told.order_by("told_at").values_list(
        "promise_id", _Written("told_at")
    ):
        found.told.setdefault(promise_id, []).append(_moment(told_at))
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
    found.below = set(
        _of(Delivery.objects, wanted, few).filter(to_standard=False).values_list("pk", flat=True)
    )
    found.lines = _lines(later)
    ended = wanted.filter(ended_at__isnull=False) | wanted.filter(state=Promise.State.VOIDED)
    for key, ended_at, void_reason, word in ended.order_by("pk").values_list(
        "pk", "ended_at", "void_reason", "ended_word"
    ):
        found.ended[key] = ended_at
        found.notes[key] = void_reason or word
    return found


def _lines(later: Iterable[int]) -> dict[int, tuple[bool, float]]:
    """Return for terms whether all required lines were taken, and the share of all that was.

    A delivery holds every line of the last terms. So only promises that were moved, and those of
    which a line was left out or refused, can lack one; all others are not looked at.

    Args:
        later: promises that were moved.
    """
    refused = Q(accepted=False) | Q(accepted__isnull=True, met=False)
    doubtful = {
        *later,
        *DeliveredLine.objects.filter(refused).values_list("delivery__promise_id", flat=True),
    }
    delivered: dict[int, int] = {}
    for promise_id, key in (
        Delivery.objects.filter(promise_id__in=doubtful)
        .exclude(state=Delivery.State.SENT_BACK)
        .order_by("number")
        .values_list("promise_id", "pk")
    ):
        delivered.setdefault(promise_id, key)
    taken = {
        (delivery, condition)
        for delivery, condition, met, accepted in DeliveredLine.objects.filter(
            delivery_id__in=delivered.values()
        ).values_list("delivery_id", "condition_id", "met", "accepted")
        if (met if accepted is None else accepted)
    }
    found: dict[int, list[tuple[bool, bool]]] = defaultdict(list)
    for terms_id, promise_id, condition, required in TermsLine.objects.filter(
        terms__promise_id__in=delivered
    ).values_list("terms_id", "terms__promise_id", "condition_id", "required"):
        has = condition is None or (delivered[promise_id], condition) in taken
        found[terms_id].append((has, has or not required))
    return {
        key: (all(enough for _has, enough in lines), sum(has for has, _e in lines) / len(lines))
        for key, lines in found.items()
    }


class _Judging:
    """Judges many promises. Whatever is the same of two of them is judged once."""

    def __init__(self, house: Organisation, beside: _Beside, now: datetime) -> None:
        self._beside, self._now = beside, now
        self._calendar = _WorkingDays(house)
        self._known: dict[tuple[Any, ...], Outcome] = {}

    def judged(
        self, key: int, terms_id: int, due: datetime, agreed: Any, job: int, state: str, zone: str,
        delivery_state: str | None, delivered_at: datetime | None, to_standard: bool,
    ) -> tuple[datetime, Outcome]:  # fmt: skip
        """Return the moment that terms are judged by, and what became of them.

        `outcomes.judge` looks at moments only by their order: promises whose moments stand in the
        same order, and which are alike in all else, end alike.

        Args:
            due, agreed: of the terms; when they were agreed may still be as it was read.
        """
        beside, now, due_at = self._beside, self._now, due
        if key in beside.pauses:
            due_at = self._calendar.due(
                due, _moment(agreed), beside.pauses[key], zone=zone, now=now
            )
        stands_at = now if delivered_at is None else delivered_at
        late = stands_at > due_at
        # The cut-off lies at least five working days later.
        cut_off_at = due_at + LEAST_GRACE
        if stands_at > cut_off_at:
            cut_off_at = self._calendar.cut_off(due, _moment(agreed), due_at, zone)
        told_at = None
        if key in beside.told:
            agreed_at = _moment(agreed)
            told_at = next((at for at in beside.told[key] if at >= agreed_at), None)
        hours, out = beside.hours.get(job, _NO_HOURS)
        met, share = beside.lines.get(terms_id, _ALL_LINES)
        alike = (
            state, delivery_state, to_standard, late, stands_at > cut_off_at,
            told_at is not None and told_at < due_at, hours, out, met, share,
        )  # fmt: skip
        outcome = self._known.get(alike)
        if outcome is None:
            outcome = self._known[alike] = outcomes.judge(
                Facts(
                    state=state,
                    due_at=due_at,
                    cut_off_at=cut_off_at,
                    delivered_at=delivered_at,
                    answered=delivery_state in ACCEPTED,
                    deemed=delivery_state == Delivery.State.DEEMED,
                    lines_met=met,
                    share_delivered=share,
                    to_standard=to_standard,
                    told_at=told_at,
                    hours=hours,
                    out_of_hours=out,
                ),
                now,
            )
        return due_at, outcome

    def paused_hours(self, key: int) -> float:
        """Return how long the clock of a promise stood."""
        if key not in self._beside.pauses:
            return 0.0
        pauses = self._beside.pauses[key]
        return sum(((pause.ended_at or self._now) - pause.started_at) / HOUR for pause in pauses)


class _WorkingDays:
    """The house's working days in a row, so that many promises can be measured by them."""

    def __init__(self, house: Organisation) -> None:
        self._house = house
        self._days: list[int] = []
        self._first = self._end = 0

    def due(
        self,
        due: datetime,
        agreed_at: datetime,
        pauses: Sequence[_Paused],
        *,
        zone: str,
        now: datetime,
    ) -> datetime:
        """Return the moment that terms are judged by, as `promises.terms.due_of` says.

        Whole rows of terms and pauses would take longer to make than to measure.
        """
        return agreed.due_of(
            cast("Terms", _Agreed(due, agreed_at)),
            cast("Sequence[Pause]", pauses),
            zone=zone,
            house=self._house,
            now=now,
        )

    def cut_off(self, due: datetime, agreed_at: datetime, due_at: datetime, zone: str) -> datetime:
        """Return the moment from which it counts as broken, as `promises.terms.cut_off` does."""
        lead = self.between(zones.day_of(agreed_at, zone), zones.day_of(due, zone))
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
            "promise_id", "stage_id", "stage__done_at", _Written("before_at"), _Written("now_at")
        )
    ):  # fmt: skip
        if promise_id not in delivered:
            continue
        before_on, now_on = (zones.day_of(_moment(at), zone) for at in between)
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

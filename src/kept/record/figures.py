"""Every figure of the record: pure functions of rows (rule 13; docs/method/record.md).

Counts come first. A rate has an interval only from twenty settled promises on,
and is never handed out without sharpness and coverage: they are parts of the
same `Record`.
"""

import bisect
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from statistics import fmean, median

from kept.engine import calibration
from kept.record.rows import Beside, Row, Slipped

#: Below this many settled promises only counts are shown.
ENOUGH = 20
#: So often the same words to the same client make a repeated promise.
OFTEN = 6
#: Chances shown to people: the first belongs to the group up to its edge, and so on.
LEVELS = (0.50, 0.80, 0.90, 0.95)
EDGES = (0.0, 0.65, 0.85, 0.925, 1.0)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many kept, of so many.

    Attributes:
        settled: of them, how many have their last word; below twenty it is too early to judge.
        provisional: delivered, and the client's word is still to come.
        overdue: still open, though due.
    """

    kept: int
    of: int
    settled: int
    provisional: int = 0
    overdue: int = 0

    @property
    def too_early(self) -> bool:
        """Whether luck is louder than anything else."""
        return self.settled < ENOUGH

    @property
    def share(self) -> float | None:
        """The share kept; None where it is too early to judge."""
        return None if self.too_early else self.kept / self.of

    @property
    def interval(self) -> tuple[float, float] | None:
        """Within which the true rate lies: Wilson, two-sided 95 %; None if too early."""
        return None if self.too_early else calibration.wilson(self.kept, self.of)


@dataclass(frozen=True, slots=True)
class Marks:
    """The promises of the window one by one, each in one group only.

    Attributes:
        kept: as first promised.
        moved: not as first promised, but as agreed in time.
        ahead: moved in time, and the later date has not come yet.
        late: delivered or still open after its due moment; `still_open` of them.
        short: delivered in time, but not in full, or not to standard.
        broken: revoked, or not delivered by the cut-off.
    """

    kept: int = 0
    moved: int = 0
    ahead: int = 0
    late: int = 0
    still_open: int = 0
    short: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Sharpness:
    """How far out dates were promised, against the date at even chances.

    Attributes:
        of: promises whose chances were known when they were given.
        times: promised lead ÷ lead at even chances, in the middle one of them.
        padding_days: calendar days between the two dates, in the middle one.
    """

    of: int
    times: float
    padding_days: float


@dataclass(frozen=True, slots=True)
class Share:
    """So much of so much."""

    part: float
    of: float

    @property
    def share(self) -> float | None:
        """The share; None of nothing."""
        return self.part / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Said:
    """Dates given at about one chance, and how many of them were kept.

    Attributes:
        level: the chance they are gathered under.
        said: the chance that was shown, on average.
        interval: for the share kept: Wilson, two-sided 95 %.
    """

    level: float
    said: float
    kept: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """Within which the true share lies."""
        return calibration.wilson(self.kept, self.of)

    @property
    def too_early(self) -> bool:
        """Whether there are too few."""
        return self.of < ENOUGH


@dataclass(frozen=True, slots=True)
class Brier:
    """The mean squared distance between the chances shown and what came; less is better.

    Attributes:
        base: what it had been had we always said the share that was kept.
    """

    of: int
    score: float
    base: float
    base_rate: float


@dataclass(frozen=True, slots=True)
class Quarter:
    """Three months of promises by their first due moment.

    Attributes:
        starts_at, ends_at: from the first moment to before the last.
        limits: within which the first rate stays by chance alone; None without promises.
        last_of, last_kept: the same against last terms, without those whose date lies ahead.
    """

    starts_at: datetime
    ends_at: datetime
    kept: int
    of: int
    last_kept: int
    last_of: int
    limits: tuple[float, float] | None

    @property
    def outside(self) -> int:
        """Above (1) or below (-1) what chance alone would draw; 0 within it."""
        if self.limits is None:
            return 0
        share = self.kept / self.of
        return (share > self.limits[1]) - (share < self.limits[0])


@dataclass(frozen=True, slots=True)
class Trend:
    """Quarters side by side, and what may be said of them.

    Attributes:
        average: the share kept over all of them; the limits stand around it.
        change: from the first to the last quarter that has promises.
    """

    quarters: tuple[Quarter, ...]
    average: float | None
    too_early: bool
    change: float

    @property
    def outside(self) -> tuple[Quarter, ...]:
        """The quarters that chance alone does not explain."""
        return tuple(quarter for quarter in self.quarters if quarter.outside)


@dataclass(frozen=True, slots=True)
class Why:
    """One category of reasons for missed first dates; the empty one is those nobody explained."""

    category: str
    controllable: str
    count: int
    reached: int


@dataclass(frozen=True, slots=True)
class OneMoreDay:
    """What “one more day” really became.

    Attributes:
        days: working days that each of them took.
        waiting: said, and not done yet.
        others: slips of more than a day; `others_said` and `others_became` on average.
    """

    days: tuple[int, ...]
    waiting: int
    others: int
    others_said: float
    others_became: float

    @property
    def average(self) -> float:
        """Working days, on average."""
        return fmean(self.days) if self.days else 0.0


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
class Part:
    """The rate of one client, service or way of promising."""

    key: Hashable
    rate: Rate


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


@dataclass(frozen=True, slots=True)
class Record:
    """Said against done, in one window of first due moments."""

    since: datetime | None
    until: datetime
    first: Rate
    last: Rate
    marks: Marks
    sharpness: Sharpness | None
    coverage: Share
    paused: Share
    deemed: Share
    painful: Share
    calibration: tuple[Said, ...]
    calibration_all: tuple[Said, ...]
    brier: Brier | None
    trend: Trend
    reasons: tuple[Why, ...]
    one_more_day: OneMoreDay
    by_client: tuple[Part, ...]
    by_service: tuple[Part, ...]
    by_origin: tuple[Part, ...]
    repeated: Repeated | None
    asked_changes: int
    imported: int
    ahead: tuple[Row, ...]
    released: tuple[Row, ...]
    voided: tuple[Row, ...]
    overdue: tuple[Row, ...]
    beside: Beside

    @property
    def too_early(self) -> bool:
        """Whether only counts may be shown."""
        return self.first.too_early

    @property
    def empty(self) -> bool:
        """Whether nothing was due in the window."""
        return not (self.first.of or self.released or self.voided)


def record(
    rows: Sequence[Row],
    *,
    since: datetime | None,
    until: datetime,
    quarters: Sequence[tuple[datetime, datetime]],
    slips: Iterable[Slipped] = (),
    beside: Beside | None = None,
) -> Record:
    """Compute all figures of a window.

    Args:
        rows: every promise, whenever it was due.
        since: the window's first moment; None is from the beginning.
        until: its last one, and the moment at which everything is judged.
        quarters: first moment and end of each quarter of the trend, in order.
    """
    beside = beside or Beside()
    due = [
        row
        for row in rows
        if (since is None or since <= row.first_due_at) and row.first_due_at <= until
    ]
    counted = [row for row in due if not (row.first.released or row.first.voided)]
    come = [row for row in counted if row.last_due_at <= until]
    delivered = sum(
        row.delivered_at is not None
        and not row.first.voided
        and (since is None or since <= row.delivered_at)
        and row.delivered_at <= until
        for row in rows
    )
    accepted = [row for row in counted if row.delivered_at is not None and not row.last.provisional]
    kept_last = [row for row in come if row.last.kept]
    in_window = {row.promise for row in due}
    return Record(
        since=since,
        until=until,
        first=rate(counted, first=True),
        last=rate(come, first=False),
        marks=marks(counted, until=until),
        sharpness=sharpness(counted),
        coverage=Share(delivered, delivered + beside.unpromised),
        paused=Share(sum(r.paused_hours for r in counted), sum(map(_lead_hours, counted))),
        deemed=Share(sum(row.last.deemed for row in accepted), len(accepted)),
        painful=Share(sum(row.last.painful for row in kept_last), len(kept_last)),
        calibration=said_and_got(first_dates(counted)),
        calibration_all=said_and_got([*first_dates(counted), *last_dates(come)]),
        brier=brier(first_dates(counted)),
        trend=trend(rows, quarters=quarters, until=until),
        reasons=reasons(row for row in counted if not row.first.kept),
        one_more_day=one_more_day(slip for slip in slips if slip.promise in in_window),
        by_client=parts(counted, attrgetter("client")),
        by_service=parts(counted, attrgetter("service")),
        by_origin=parts(counted, attrgetter("origin")),
        repeated=repeated(counted),
        asked_changes=sum(row.asked for row in counted),
        imported=sum(row.origin == "imported" for row in counted),
        ahead=tuple(row for row in counted if row.last_due_at > until),
        released=tuple(row for row in due if row.first.released),
        voided=tuple(row for row in due if row.first.voided),
        overdue=tuple(row for row in counted if row.last.overdue),
        beside=beside,
    )


def counts(row: Row) -> bool:
    """Say whether a promise belongs in a rate: released and voided ones are listed apart."""
    return not (row.first.released or row.first.voided)


def rate(rows: Sequence[Row], *, first: bool) -> Rate:
    """Count kept ones among rows that count, against first or last terms."""
    kept = settled = provisional = overdue = 0
    for row in rows:
        outcome = row.first if first else row.last
        if outcome.kept:
            kept += 1
        if outcome.open:
            overdue += outcome.overdue
        elif outcome.provisional:
            provisional += 1
        else:
            settled += 1
    return Rate(kept, len(rows), settled, provisional, overdue)


def marks(rows: Iterable[Row], *, until: datetime) -> Marks:
    """Put each promise into one group; the gravest of what holds for it decides."""
    found: Counter[str] = Counter()
    for row in rows:
        first, last = row.first, row.last
        if first.kept:
            found["kept"] += 1
        elif last.kept:
            found["moved"] += 1
        elif last.overdue:
            # Broken is never said of something still open, though it may count so already.
            found["late"] += 1
            found["still_open"] += 1
        elif last.broken:
            found["broken"] += 1
        elif row.last_due_at > until:
            found["ahead"] += 1
        elif last.late:
            found["late"] += 1
        else:
            found["short"] += 1
    return Marks(**found)


def sharpness(rows: Iterable[Row]) -> Sharpness | None:
    """Compare promised leads with leads at even chances; None where no chances were known."""
    times, padding = [], []
    for row in rows:
        if row.even_hours:
            promised = (row.said_at - row.given_at) / HOUR
            times.append(promised / row.even_hours)
            padding.append((promised - row.even_hours) / 24)
    if not times:
        return None
    return Sharpness(len(times), median(times), median(padding))


Date = tuple[float, bool]


def first_dates(rows: Iterable[Row]) -> list[Date]:
    """Return the chance shown with each first date, and whether those terms were kept."""
    return [(row.chance, row.first.kept) for row in rows if row.chance is not None]


def last_dates(rows: Iterable[Row]) -> list[Date]:
    """Return the same of dates that were agreed later; each against its own terms."""
    return [
        (row.last_chance, row.last.kept)
        for row in rows
        if row.moved and row.last_chance is not None
    ]


def said_and_got(dates: Sequence[Date]) -> tuple[Said, ...]:
    """Gather dates by the chance that was shown, and count which were kept."""
    groups: list[list[Date]] = [[] for _level in LEVELS]
    for date in dates:
        groups[min(len(LEVELS), bisect.bisect_right(EDGES, date[0])) - 1].append(date)
    return tuple(
        Said(level, fmean(chance for chance, _kept in group), sum(k for _c, k in group), len(group))
        for level, group in zip(LEVELS, groups, strict=True)
        if group
    )


def brier(dates: Sequence[Date]) -> Brier | None:
    """Score the chances shown with first dates, beside always saying the share that was kept."""
    if not dates:
        return None
    chances, kept = zip(*dates, strict=True)
    base = sum(kept) / len(kept)
    return Brier(
        of=len(kept),
        score=calibration.brier(chances, [float(one) for one in kept]),
        base=base * (1 - base),
        base_rate=base,
    )


def trend(
    rows: Iterable[Row], *, quarters: Sequence[tuple[datetime, datetime]], until: datetime
) -> Trend:
    """Count by quarter, with the limits within which chance alone would keep each."""
    starts = [start for start, _end in quarters]
    totals = [[0, 0, 0, 0, 0] for _quarter in quarters]
    for row in rows:
        place = bisect.bisect_right(starts, row.first_due_at) - 1
        if place < 0 or row.first_due_at > until or not counts(row):
            continue
        total = totals[place]
        total[0] += row.first.kept
        total[1] += 1
        if row.last_due_at <= until:
            total[2] += row.last.kept
            total[3] += 1
        total[4] += not (row.first.open or row.first.provisional)
    of = sum(total[1] for total in totals)
    average = sum(total[0] for total in totals) / of if of else None
    found = []
    for (start, end), (kept, count, last_kept, last_count, _settled) in zip(
        quarters, totals, strict=True
    ):
        limits = None
        if average is not None and count:
            low, high = calibration.control_limits(average, [count])[0]
            limits = float(low), float(high)
        found.append(Quarter(start, end, kept, count, last_kept, last_count, limits))
    filled = [quarter for quarter in found if quarter.of]
    return Trend(
        quarters=tuple(found),
        average=average,
        too_early=sum(total[4] for total in totals) < ENOUGH or len(filled) < 2,
        change=filled[-1].kept / filled[-1].of - filled[0].kept / filled[0].of if filled else 0.0,
    )


def reasons(missed: Iterable[Row]) -> tuple[Why, ...]:
    """Count why first dates were missed, most frequent first; one reason for each promise."""
    found: Counter[str] = Counter()
    whose: dict[str, Counter[str]] = defaultdict(Counter)
    for row in missed:
        found[row.reason] += 1
        whose[row.reason][row.controllable] += 1
    reached, listed = 0, []
    # What nobody explained comes last, however much it is.
    for category, count in sorted(found.items(), key=lambda item: (not item[0], -item[1], item[0])):
        reached += count
        controllable = max(sorted(whose[category]), key=whose[category].__getitem__)
        listed.append(Why(category, controllable, count, reached))
    return tuple(listed)


def one_more_day(slips: Iterable[Slipped]) -> OneMoreDay:
    """Gather what slips of one day became, and apart from them the longer ones."""
    days, others, waiting = [], [], 0
    for slip in slips:
        if slip.became_days is None:
            waiting += 1
        elif slip.said_days <= 1:
            days.append(slip.became_days)
        else:
            others.append(slip)
    return OneMoreDay(
        days=tuple(sorted(days)),
        waiting=waiting,
        others=len(others),
        others_said=fmean(slip.said_days for slip in others) if others else 0.0,
        others_became=fmean(slip.became_days or 0 for slip in others) if others else 0.0,
    )


def parts(rows: Iterable[Row], key: Callable[[Row], Hashable]) -> tuple[Part, ...]:
    """Count the first rate apart for each client, service or way; most promises first."""
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), str(item[0])))
    return tuple(Part(key, rate(group, first=True)) for key, group in ordered)


def repeated(rows: Sequence[Row]) -> Repeated | None:
    """Find promises that say the same to the same client again and again, and count them.

    Fifty-two Monday reports must not buy a rate. Days, numbers and months in a title are
    passed over.
    """
    by_client: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        by_client[row.client].append(row)
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for client, several in by_client.items():
        for row in several if len(several) >= OFTEN else ():
            groups[client, _tidy(row.what)].append(row)
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


_SIGNS = str.maketrans(",.;:()[]–-#/", " " * 12)
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
    words = what.translate(_SIGNS).casefold().split()
    return " ".join([word for word in words if word.isalpha() and word not in _PASSED_OVER])


def _lead_hours(row: Row) -> float:
    return max(0.0, (row.said_at - row.given_at) / HOUR)

"""All figures of one window, together: no rate without what it must be read with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from kept.record.figures.chances import (
    Brier,
    Said,
    Sharpness,
    brier,
    first_dates,
    last_dates,
    lead_hours,
    said_and_got,
    sharpness,
)
from kept.record.figures.quarters import Trend, trend
from kept.record.figures.rates import Marks, Part, Rate, Share, marks, parts, rate
from kept.record.figures.trust_accounts import Repeated, repeated
from kept.record.figures.why import OneMoreDay, Why, one_more_day, reasons
from kept.record.rows import Beside, Row, Slipped


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
    #: Of these, after being told in person that silence counts.
    deemed_in_person: int
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
    said_first = first_dates(counted)
    leads = [lead_hours(row) for row in counted]
    return Record(
        since=since,
        until=until,
        first=rate(counted, first=True),
        last=rate(come, first=False),
        marks=marks(counted, until=until),
        sharpness=sharpness(counted, leads),
        coverage=Share(delivered, delivered + beside.unpromised),
        paused=Share(
            sum(row.paused_hours for row in counted), sum(lead for lead in leads if lead > 0)
        ),
        deemed=Share(sum(row.last.deemed for row in accepted), len(accepted)),
        deemed_in_person=sum(row.last.deemed and row.in_person for row in accepted),
        painful=Share(sum(row.last.painful for row in kept_last), len(kept_last)),
        calibration=said_and_got(said_first),
        calibration_all=said_and_got([*said_first, *last_dates(come)]),
        brier=brier(said_first),
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

"""What kept would have said of the past: made with the profile, read by the page."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.past.test_profiles import past

from kept.past import hindsight, profiles
from kept.past.hindsight import Drift
from kept.past.looking import Count
from kept.past.models import Backtest, PastItem


def worked(days: range, *, ratio: float, now: datetime) -> None:
    """One piece of ten hours estimated each day, done the day after."""
    start = PastItem.objects.count()
    PastItem.objects.bulk_create(
        PastItem(
            external_id=f"{start + number}",
            estimate_hours=10,
            actual_hours=10 * ratio,
            estimated_at=now - timedelta(days=ago),
            finished_at=now - timedelta(days=ago - 1),
        )
        for number, ago in enumerate(days)
    )


def test_each_way_is_counted_on_the_same_work(northlight: cast.House, now: datetime) -> None:
    worked(range(140, 20, -1), ratio=1.4, now=now)
    profiles.refit(by=northlight.ada, now=now)
    seen = hindsight.look_back(now)
    assert seen is not None
    # Day one says 2.6 ×; from then on 1.4 × is known, and always enough.
    assert seen.ways == (
        Count("kept", 120, 120), Count("as_estimated", 0, 120), Count("half_more", 120, 120),
    )  # fmt: skip
    assert seen.row.typical_factor == pytest.approx(1.4)
    assert (seen.row.exact, seen.row.informative, seen.too_early) == (0, True, False)
    assert [level for level, _count in seen.levels] == [0.5, 0.8, 0.9, 0.95]


def test_sums_are_counted_as_promises_are_kept_from_twenty_runs_on(
    northlight: cast.House, now: datetime
) -> None:
    past = list(range(400, 0, -1))
    # Eleven runs of ten are too few; two hundred more pieces are enough.
    for days, runs in ((past[:110], None), (past[110:310], 31)):
        worked(range(days[0], days[-1] - 1, -1), ratio=1.4, now=now)
        profiles.refit(by=northlight.ada, now=now)
        seen = hindsight.look_back(now)
        assert seen is not None
        assert (seen.sums and seen.sums.of) == runs
    # Day one was wide, and since 1.4 × is known each sum takes exactly what was said of it.
    assert seen.sums is not None
    assert seen.sums.part == 31
    assert seen.row.lean == profiles.current(now).together.lean


def test_nothing_is_said_without_a_profile_or_without_dated_work(
    northlight: cast.House, now: datetime
) -> None:
    assert hindsight.look_back(now) is None
    PastItem.objects.create(external_id="1", estimate_hours=1, actual_hours=2)
    profiles.refit(by=northlight.ada, now=now)
    assert hindsight.look_back(now) is None


def test_a_short_past_is_counted_and_not_cut_into_parts(
    northlight: cast.House, now: datetime
) -> None:
    worked(range(40, 21, -1), ratio=1.0, now=now)
    profiles.refit(by=northlight.ada, now=now)
    seen = hindsight.look_back(now)
    assert seen is not None
    assert (seen.row.scored, seen.too_early, seen.parts, seen.drift) == (19, True, (), Drift.NONE)


def test_work_that_suddenly_takes_three_times_as_long_is_a_drift(
    northlight: cast.House, now: datetime
) -> None:
    worked(range(400, 30, -1), ratio=1.0, now=now)
    profiles.refit(by=northlight.ada, now=now)
    steady = hindsight.look_back(now)
    assert steady is not None
    assert (len(steady.parts), steady.drift) == (10, Drift.NONE)

    # All forty at once: none of them could be known when the next was estimated.
    past(40, ratio=3.0, now=now + timedelta(days=12))
    PastItem.objects.filter(actual_hours=30).update(
        estimated_at=now - timedelta(days=1), finished_at=now
    )
    profiles.refit(by=northlight.ada, now=now)
    slower = hindsight.look_back(now)
    assert slower is not None
    assert slower.drift == Drift.SLOWER


def test_copied_time_sheets_are_called_not_informative(
    northlight: cast.House, now: datetime
) -> None:
    worked(range(60, 20, -1), ratio=1.0, now=now)
    profiles.refit(by=northlight.ada, now=now)
    row = Backtest.objects.get()
    assert (row.exact, row.informative) == (40, False)


def test_reading_it_costs_the_same_whatever_its_size(northlight: cast.House, now: datetime) -> None:
    def queries() -> int:
        profiles.refit(by=northlight.ada, now=now)
        with CaptureQueriesContext(connection) as seen:
            hindsight.look_back(now)
        return len(seen)

    worked(range(60, 59, -1), ratio=1.0, now=now)
    one = queries()
    worked(range(59, 20, -1), ratio=1.0, now=now)
    assert queries() == one

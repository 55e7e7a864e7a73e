"""The figures, recomputed from the events alone, and some of them worked out by hand."""

from datetime import datetime

import pytest
from tests.record import from_events
from tests.record.conftest import Played, at

from kept.record import figures, page


def test_the_events_alone_give_the_same_figures(lived: Played, now: datetime) -> None:
    found = page.read(months=12, now=now).record
    assert found.since is not None

    again = from_events.record(now, found.since)

    assert again == {
        "first": (found.first.kept, found.first.of),
        "last": (found.last.kept, found.last.of),
        "released": len(found.released),
        "voided": len(found.voided),
        "provisional": found.first.provisional,
        "overdue": len(found.overdue),
        "ahead": len(found.ahead),
        "deemed": (found.deemed.part, found.deemed.of),
        "deemed in person": found.deemed_in_person,
        "painful": (found.painful.part, found.painful.of),
        "median sharpness": pytest.approx(found.sharpness and found.sharpness.times),
        "brier": pytest.approx(found.brier and found.brier.score),
        "paused": pytest.approx(found.paused.share),
        "delivered": found.coverage.part,
    }


def test_a_year_worked_out_by_hand(lived: Played, now: datetime) -> None:
    """Eleven count: kept painful, silent, waiting and paused; moved; late; ahead; short; below
    standard; broken; overdue. One was released, one voided, one is not due yet.
    """
    found = page.read(months=12, now=now).record

    assert (found.first.kept, found.first.of) == (4, 11)
    assert (found.last.kept, found.last.of, len(found.ahead)) == (5, 10, 1)
    assert found.marks == figures.Marks(
        kept=4, moved=1, ahead=1, late=2, still_open=1, short=2, broken=1
    )
    assert (len(found.released), len(found.voided), len(found.overdue)) == (1, 1, 1)
    assert (found.first.provisional, found.too_early) == (1, True)
    assert (found.deemed, found.deemed_in_person) == (figures.Share(1, 7), 1)
    assert found.painful == figures.Share(1, 5)
    # Given for 14 days at even chances after 10; the one moved beyond today: 29 days and some.
    assert found.sharpness is not None
    assert (found.sharpness.of, found.sharpness.times) == (11, pytest.approx(1.4))
    # The clock stood for 48 hours.
    assert found.paused.part == 48.0
    assert [(why.category, why.count) for why in found.reasons] == [("estimate", 1), ("", 6)]
    # From Wednesday 13 May one more day was said; it was done on Tuesday: 14, 15, 18 and 19.
    assert (found.one_more_day.days, found.one_more_day.waiting) == ((4,), 0)
    assert found.calibration == (
        figures.Said(0.5, 0.5, 1, 1),
        figures.Said(0.8, 0.8, 0, 1),
        figures.Said(0.9, pytest.approx(0.9), 2, 7),
        figures.Said(0.95, 0.95, 1, 2),
    )
    # With the dates agreed later: one kept at 0.9, and none for the one whose date lies ahead.
    assert [(s.level, s.kept, s.of) for s in found.calibration_all][2] == (0.9, 3, 8)


def test_nothing_of_it_is_in_a_window_before(lived: Played) -> None:
    found = page.read(months=12, now=at(1, 15)).record
    assert found.empty


def test_a_window_is_of_whole_days_and_ends_now(lived: Played, now: datetime) -> None:
    assert page.months_before(now, 12, "Europe/Lisbon").isoformat() == "2025-12-03T00:00:00+00:00"
    leap = datetime.fromisoformat("2028-02-29T12:00:00+00:00")
    assert page.months_before(leap, 12, "Europe/Lisbon").isoformat() == "2027-03-01T00:00:00+00:00"

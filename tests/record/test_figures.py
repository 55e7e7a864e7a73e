"""The record's figures, on cases that are worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.record.cases import (
    BROKEN,
    DAY,
    KEPT,
    LATE,
    NOW,
    OPEN,
    OVERDUE,
    QUARTERS,
    YEAR_AGO,
    Became,
    record,
    row,
    rows,
)  # fmt: skip

from kept.record import figures
from kept.record.rows import Beside, Slipped


def test_of_seventy_one_promises_fifty_three_were_kept_as_first_promised() -> None:
    """The house of the pictures, in numbers."""
    moved = [row(LATE, KEPT, last_due=NOW - 20 * DAY) for _n in range(8)]
    found = record(rows((53, KEPT), (8, LATE), (1, OVERDUE), (1, BROKEN)) + moved)

    assert (found.first.kept, found.first.of, found.first.share) == (53, 71, 53 / 71)
    assert (found.last.kept, found.last.of) == (61, 71)
    assert found.marks == figures.Marks(kept=53, moved=8, late=9, still_open=1, broken=1)
    low, high = found.first.interval or (0, 0)
    # Wilson by hand: centre (0.7465 + 3.8415/142) / (1 + 3.8415/71), half width 0.0986.
    assert (round(low, 3), round(high, 3)) == (0.634, 0.833)


def test_below_twenty_settled_there_are_counts_and_nothing_else() -> None:
    found = record(rows((14, KEPT), (5, LATE), (9, OVERDUE)))
    assert (found.first.kept, found.first.of, found.first.settled) == (14, 28, 19)
    assert (found.first.share, found.first.interval, found.too_early) == (None, None, True)

    found = record(rows((15, KEPT), (5, LATE), (9, OVERDUE)))
    assert found.first.share == 15 / 29
    assert found.too_early is False


def test_open_and_past_due_counts_as_not_kept() -> None:
    found = record(rows((20, KEPT), (5, OVERDUE)))
    assert (found.first.kept, found.first.of, found.first.overdue) == (20, 25, 5)
    assert len(found.overdue) == 5


def test_a_delivery_without_an_answer_counts_and_is_marked() -> None:
    waiting = Became(kept=True, provisional=True)
    found = record(rows((20, KEPT), (2, waiting)))
    assert (found.first.kept, found.first.of) == (22, 22)
    assert (found.first.provisional, found.first.settled) == (2, 20)


def test_released_and_voided_ones_are_listed_apart() -> None:
    found = record(rows((20, KEPT), (2, Became(released=True)), (3, Became(voided=True))))
    assert found.first.of == 20
    assert (len(found.released), len(found.voided)) == (2, 3)


def test_only_first_due_moments_in_the_window_count() -> None:
    found = record(
        [
            row(due=YEAR_AGO - DAY),
            row(due=YEAR_AGO),
            row(due=NOW),
            row(OPEN, due=NOW + DAY),
            row(LATE, KEPT, due=YEAR_AGO - DAY, last_due=NOW - DAY),
        ]
    )
    assert (found.first.kept, found.first.of) == (2, 2)
    everything = record([row(due=YEAR_AGO - DAY), row(due=NOW)], since=None)
    assert everything.first.of == 2


def test_a_date_moved_ahead_is_not_kept_at_first_and_listed_apart_at_last() -> None:
    ahead = row(OVERDUE, OPEN, last_due=NOW + 5 * DAY)
    found = record([*rows((20, KEPT)), ahead])
    assert (found.first.kept, found.first.of) == (20, 21)
    assert (found.last.kept, found.last.of) == (20, 20)
    assert found.ahead == (ahead,)
    assert found.marks.ahead == 1


def test_broken_is_never_said_of_something_still_open() -> None:
    past_cut_off = Became(open=True, overdue=True, broken=True)
    assert record([row(past_cut_off)]).marks == figures.Marks(late=1, still_open=1)
    assert record([row(BROKEN)]).marks == figures.Marks(broken=1)


def test_short_and_sub_standard_deliveries_are_no_keeps_though_in_time() -> None:
    found = record([row(Became(short=True)), row(Became(sub_standard=True)), row()])
    assert (found.first.kept, found.first.of) == (1, 3)
    assert found.marks == figures.Marks(kept=1, short=2)


def test_sharpness_is_the_promised_lead_over_the_lead_at_even_chances() -> None:
    """Leads of 10 days; at even chances 5, 8 and 10 days: 2 ×, 1.25 × and 1 ×."""
    found = record([row(even_hours=24 * days, chance=0.9) for days in (5, 8, 10)] + [row()])
    assert found.sharpness == figures.Sharpness(of=3, times=1.25, padding_days=2.0)
    assert record([row()]).sharpness is None


def test_coverage_counts_work_that_nobody_promised() -> None:
    """Three deliveries in the year (one due before it), one before it, two jobs unpromised."""
    found = record(
        [
            row(),
            row(LATE),
            row(LATE, due=YEAR_AGO - DAY, delivered_at=YEAR_AGO + DAY),
            row(due=YEAR_AGO - 2 * DAY),
            row(OVERDUE),
        ],
        beside=Beside(unpromised=2),
    )
    assert found.coverage == figures.Share(3, 5)


def test_paused_time_is_a_share_of_promised_time() -> None:
    """Two promises of ten days, one of which stood for one day."""
    found = record([row(), row(paused_hours=24)])
    assert found.paused == figures.Share(24.0, 480.0)
    assert found.paused.share == 0.05


def test_silence_and_pain_are_counted_among_what_was_accepted_and_kept() -> None:
    silent = Became(kept=True, deemed=True)
    painful = Became(kept=True, painful=True)
    waiting = Became(kept=True, provisional=True)
    found = record(rows((3, KEPT), (2, silent), (1, painful), (1, LATE), (1, waiting)))
    assert found.deemed == figures.Share(2, 7)
    assert found.painful == figures.Share(1, 7)


def test_dates_are_gathered_by_the_chance_that_was_shown() -> None:
    chances = (0.5, 0.6, 0.7, 0.8, 0.9, 0.9, 0.91, 0.93, 0.97)
    found = record([row(KEPT if c != 0.6 else LATE, chance=c) for c in chances] + [row()])
    assert [(s.level, s.kept, s.of, round(s.said, 3)) for s in found.calibration] == [
        (0.5, 1, 2, 0.55),
        (0.8, 2, 2, 0.75),
        (0.9, 3, 3, 0.903),
        (0.95, 2, 2, 0.95),
    ]


def test_a_date_agreed_later_is_judged_against_its_own_terms() -> None:
    found = record(
        [
            row(LATE, KEPT, chance=0.9, last_chance=0.8, last_due=NOW - DAY),
            row(LATE, OPEN, chance=0.9, last_chance=0.8, last_due=NOW + DAY),
        ]
    )
    assert [(s.level, s.kept, s.of) for s in found.calibration] == [(0.9, 0, 2)]
    assert [(s.level, s.kept, s.of) for s in found.calibration_all] == [(0.8, 1, 1), (0.9, 0, 2)]


def test_the_brier_score_stands_beside_always_saying_the_same() -> None:
    """Said 0.9 thrice and 0.5 once; the 0.5 was missed: (3 × 0.01 + 0.25) / 4."""
    found = record([*(row(chance=0.9) for _n in range(3)), row(LATE, chance=0.5)])
    assert found.brier is not None
    assert found.brier.score == pytest.approx(0.07)
    assert (found.brier.base, found.brier.base_rate) == (0.75 * 0.25, 0.75)
    assert record([row()]).brier is None


def test_quarters_step_with_their_counts() -> None:
    """Of 40 in two quarters 30 were kept: limits 0.75 ± 3 √(0.1875 / n)."""
    spring = [row(KEPT if n < 24 else LATE, due=QUARTERS[1][0] + n * DAY) for n in range(30)]
    autumn = [row(KEPT if n < 6 else LATE, due=QUARTERS[3][0] + n * DAY) for n in range(10)]
    found = record(spring + autumn).trend
    assert [(q.kept, q.of) for q in found.quarters] == [(0, 0), (24, 30), (0, 0), (6, 10)]
    assert found.average == 0.75
    limits = [q.limits and tuple(round(x, 3) for x in q.limits) for q in found.quarters]
    assert limits == [None, (0.513, 0.987), None, (0.339, 1.0)]
    assert found.outside == ()
    assert found.change == pytest.approx(-0.2)
    assert found.too_early is False


def test_a_quarter_that_chance_does_not_explain_is_named() -> None:
    good = [row(KEPT, due=QUARTERS[1][0] + n * DAY) for n in range(60)]
    bad = [row(KEPT if n < 4 else LATE, due=QUARTERS[3][0] + n * DAY) for n in range(12)]
    found = record(good + bad).trend
    assert [(q.starts_at.month, q.outside) for q in found.outside] == [(10, -1)]


def test_twenty_in_one_quarter_are_no_trend() -> None:
    assert record([row(due=NOW - DAY) for _n in range(30)]).trend.too_early is True


def test_reasons_add_up_to_the_first_dates_that_were_missed() -> None:
    found = record(
        [
            *(row(LATE, reason="estimate", controllable="ours") for _n in range(2)),
            row(LATE, reason="client_material", controllable="clients"),
            row(LATE, KEPT, last_due=NOW - DAY, reason="client_material", controllable="clients"),
            row(LATE, reason="client_material", controllable="ours"),
            *(row(OVERDUE) for _n in range(4)),
            row(KEPT, reason="other", controllable="ours"),
        ]
    )
    assert found.reasons == (
        figures.Why("client_material", "clients", 3, 3),
        figures.Why("estimate", "ours", 2, 5),
        figures.Why("", "", 4, 9),
    )


def test_what_one_more_day_became() -> None:
    slips = [
        Slipped(0, 1, 1),
        Slipped(0, 1, 4),
        Slipped(0, 1, None),
        Slipped(0, 3, 5),
        Slipped(99, 1, 9),
    ]
    found = record([row(number=0)], slips=slips).one_more_day
    assert (found.days, found.average, found.waiting) == ((1, 4), 2.5, 1)
    assert (found.others, found.others_said, found.others_became) == (1, 3.0, 5.0)


def test_parts_come_with_the_most_promises_first() -> None:
    found = record([row(client=1), row(client=2), row(LATE, client=2, service=7)])
    assert [(p.key, p.rate.kept, p.rate.of) for p in found.by_client] == [(2, 1, 2), (1, 1, 1)]
    assert [(p.key, p.rate.of) for p in found.by_service] == [(None, 2), (7, 1)]


def test_a_client_s_account_is_counts() -> None:
    warned = Became(late=True, warned=True)
    found = figures.accounts(
        [
            row(),
            row(LATE, KEPT, last_due=NOW - DAY),
            row(warned),
            row(OVERDUE),
            row(BROKEN),
            row(Became(released=True)),
            row(Became(voided=True)),
            row(OPEN, due=NOW + DAY),
            row(client=2),
        ],
        until=NOW,
    )
    assert found == {
        1: figures.Account(
            1, given=8, kept=1, moved=1, missed=2, warned=1, broken=1, released=1, open=1, voided=1
        ),
        2: figures.Account(2, given=1, kept=1),
    }


def test_an_empty_house_has_an_empty_record() -> None:
    found = record([])
    assert found.empty
    assert (found.first.of, found.first.share, found.trend.average) == (0, None, None)
    assert found.coverage.share is None


def test_the_order_of_rows_changes_nothing() -> None:
    some = [
        row(KEPT, number=1, chance=0.9, even_hours=100.0, client=2),
        row(LATE, number=2, chance=0.8, reason="estimate", controllable="ours"),
        row(LATE, KEPT, number=3, last_due=NOW - DAY, last_chance=0.7),
        row(OVERDUE, number=4, due=NOW - 200 * DAY),
    ]
    one, other = record(some), record(some[::-1])
    assert replace(one, overdue=()) == replace(other, overdue=())


def test_a_window_is_closed_at_both_ends_and_by_the_clock_not_the_day() -> None:
    moment = datetime(2026, 6, 1, 17, tzinfo=UTC)
    found = record([row(due=moment)], since=moment, until=moment)
    assert found.first.of == 1
    found = record([row(due=moment)], since=moment + timedelta(minutes=1), until=NOW)
    assert found.first.of == 0

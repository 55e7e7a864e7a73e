"""A rate can be bought. Each way of buying it leaves its mark where a reader sees it."""

from tests.record.cases import (
    DAY,
    KEPT,
    LATE,
    NOW,
    OPEN,
    OVERDUE,
    Became,
    record,
    row,
    rows,
)  # fmt: skip

from kept.record.rows import Beside

HONEST = rows((16, KEPT), (8, LATE))


def test_padding_shows_as_bluntness() -> None:
    """Dates three times as far out as even chances are nearly always kept."""
    honest = record([row(chance=0.9, even_hours=24 * 8) for _n in range(20)])
    padded = record([row(chance=0.99, even_hours=24 * 10, lead_days=30) for _n in range(20)])
    assert honest.sharpness is not None
    assert padded.sharpness is not None
    assert (honest.sharpness.times, honest.sharpness.padding_days) == (1.25, 2.0)
    assert (padded.sharpness.times, padded.sharpness.padding_days) == (3.0, 20.0)


def test_sandbagging_shows_as_dates_kept_more_often_than_said() -> None:
    """Said 50 %, kept every time: the odds were talked down."""
    [said] = record([row(chance=0.5) for _n in range(24)]).calibration
    assert (said.said, said.kept, said.of) == (0.5, 24, 24)
    assert said.interval[0] > 0.8


def test_a_date_moved_after_it_passed_stays_late_against_both() -> None:
    found = record([*HONEST, row(LATE, LATE, moved=1)])
    assert (found.first.kept, found.first.of) == (16, 25)
    assert (found.last.kept, found.last.of) == (16, 25)


def test_moving_every_date_in_time_lifts_the_last_rate_only() -> None:
    found = record([*rows((16, KEPT)), *(row(LATE, KEPT, last_due=NOW - DAY) for _n in range(8))])
    assert (found.first.kept, found.first.of, found.marks.moved) == (16, 24, 8)
    assert (found.last.kept, found.last.of) == (24, 24)


def test_moving_dates_beyond_today_takes_them_out_of_the_last_rate_and_lists_them() -> None:
    found = record([*rows((16, KEPT)), *(row(OVERDUE, OPEN, last_due=NOW + DAY),) * 8])
    assert (found.last.kept, found.last.of, len(found.ahead)) == (16, 16, 8)
    assert (found.first.kept, found.first.of) == (16, 24)


def test_voiding_what_was_missed_is_listed_with_how_many_were_due() -> None:
    voided = [row(Became(voided=True), ended_at=NOW - 20 * DAY, note="by mistake")] * 8
    found = record([*rows((20, KEPT)), *voided])
    assert (found.first.kept, found.first.of) == (20, 20)
    assert len(found.voided) == 8
    assert all(one.ended_at is not None and one.ended_at > one.first_due_at for one in found.voided)


def test_pausing_shows_as_a_share_of_promised_time() -> None:
    found = record([row(paused_hours=24 * 5) for _n in range(20)])
    assert found.paused.share == 0.5


def test_what_is_not_recorded_shows_in_coverage() -> None:
    found = record(rows((20, KEPT)), beside=Beside(unpromised=60))
    assert (found.coverage.part, found.coverage.of) == (20, 80)


def test_reports_by_the_dozen_are_told_as_one_promise_repeated() -> None:
    reports = [
        row(number=n, client=3, what=f"Monday report, week {n}", origin="loose", lead_days=1)
        for n in range(52)
    ]
    found = record([*HONEST, *reports])
    assert (found.first.kept, found.first.of) == (68, 76)
    assert found.repeated is not None
    assert (found.repeated.count, found.repeated.kept, found.repeated.largest) == (52, 52, 52)
    assert [(p.key, p.rate.kept, p.rate.of) for p in found.by_origin] == [
        ("loose", 52, 52),
        ("quote", 16, 24),
    ]
    assert record(HONEST).repeated is None


def test_a_client_s_silence_is_told_from_their_yes() -> None:
    found = record(rows((20, Became(kept=True, deemed=True))))
    assert (found.first.kept, found.deemed.part, found.deemed.of) == (20, 20, 20)


def test_nights_and_weekends_do_not_pass_for_a_plan_that_held() -> None:
    found = record(rows((20, Became(kept=True, painful=True))))
    assert (found.painful.part, found.painful.of) == (20, 20)

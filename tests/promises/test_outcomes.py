"""What became of a promise, worked on paper: rules 1 to 4, 15 and 16."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.promises import outcomes
from kept.promises.outcomes import Facts, Outcome, judge

DUE = datetime(2026, 12, 11, 17, tzinfo=UTC)
CUT_OFF = datetime(2027, 1, 11, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
FACTS = Facts(state="active", due_at=DUE, cut_off_at=CUT_OFF)
DONE = replace(FACTS, state="settled", answered=True, delivered_at=DUE - HOUR)
LATER = CUT_OFF + 100 * HOUR


def test_it_is_kept_when_on_time_in_full_and_to_standard() -> None:
    assert judge(DONE, LATER) == Outcome(kept=True, share_delivered=1.0)
    at_the_stroke = replace(DONE, delivered_at=DUE)
    assert judge(at_the_stroke, LATER).kept
    assert judge(replace(DONE, delivered_at=DUE + timedelta(seconds=1)), LATER) == Outcome(
        late=True, share_delivered=1.0
    )


def test_it_can_be_late_short_and_sub_standard_at_once() -> None:
    facts = replace(
        DONE,
        delivered_at=DUE + HOUR,
        lines_met=False,
        share_delivered=0.5,
        to_standard=False,
    )
    assert judge(facts, LATER) == Outcome(
        late=True, short=True, sub_standard=True, share_delivered=0.5
    )
    assert judge(facts, LATER).word == "late"


def test_a_delivery_that_waits_for_the_clients_word_is_provisional() -> None:
    facts = replace(DONE, state="delivered", answered=False)
    assert judge(facts, LATER) == Outcome(kept=True, provisional=True, share_delivered=1.0)


def test_silence_after_notice_is_marked() -> None:
    assert judge(replace(DONE, deemed=True), LATER) == Outcome(
        kept=True, deemed=True, share_delivered=1.0
    )


def test_an_open_promise_is_overdue_by_the_clock_and_broken_by_the_cut_off() -> None:
    assert judge(FACTS, DUE) == Outcome(open=True)
    assert judge(FACTS, DUE + HOUR) == Outcome(open=True, overdue=True)
    assert judge(FACTS, CUT_OFF) == Outcome(open=True, overdue=True)
    gone = judge(FACTS, CUT_OFF + HOUR)
    assert gone == Outcome(open=True, overdue=True, broken=True)
    assert (gone.word, gone.missed) == ("overdue", True)


def test_what_was_delivered_after_the_cut_off_stays_broken() -> None:
    facts = replace(DONE, delivered_at=CUT_OFF + HOUR)
    assert judge(facts, LATER) == Outcome(late=True, broken=True, share_delivered=1.0)


def test_revoked_is_broken_released_and_voided_count_apart() -> None:
    assert judge(replace(FACTS, state="revoked"), DUE - HOUR) == Outcome(broken=True)
    assert judge(replace(FACTS, state="released"), LATER) == Outcome(released=True)
    assert judge(replace(FACTS, state="voided"), LATER) == Outcome(voided=True)
    assert [Outcome(released=True).counts, Outcome(voided=True).counts] == [False, False]
    assert Outcome(broken=True).counts


@pytest.mark.parametrize(
    ("told_at", "warned"), [(None, False), (DUE - HOUR, True), (DUE, False), (DUE + HOUR, False)]
)
def test_told_before_it_was_due_and_late_all_the_same_is_late_warned(
    told_at: datetime | None, warned: bool
) -> None:
    late = replace(DONE, delivered_at=DUE + 2 * HOUR, told_at=told_at)
    assert judge(late, LATER) == Outcome(late=True, warned=warned, share_delivered=1.0)
    assert not judge(replace(DONE, told_at=told_at), LATER).warned


@pytest.mark.parametrize(
    ("hours", "out_of_hours", "painful"),
    [(40, 4, False), (40, 4.1, True), (0, 0, False), (10, 10, True)],
)
def test_a_keep_is_painful_with_more_than_a_tenth_of_its_hours_out_of_hours(
    hours: float, out_of_hours: float, painful: bool
) -> None:
    facts = replace(DONE, hours=hours, out_of_hours=out_of_hours)
    assert judge(facts, LATER).painful is painful
    assert not judge(replace(facts, delivered_at=DUE + HOUR), LATER).painful


@pytest.mark.parametrize(("lead", "grace"), [(0, 5), (4, 5), (5, 5), (12, 12), (20, 20), (90, 20)])
def test_the_cut_off_lies_as_far_after_as_the_lead_was_long(lead: int, grace: int) -> None:
    assert outcomes.grace_days(lead) == grace


@pytest.mark.parametrize(
    ("lead", "notice"), [(0, 1), (1, 1), (5, 1), (8, 2), (25, 5), (50, 10), (200, 10)]
)
def test_fair_notice_is_a_fifth_of_the_lead(lead: int, notice: int) -> None:
    assert outcomes.notice_days(lead) == notice


def test_fair_notice_is_never_more_than_half_the_lead() -> None:
    day_before = DUE - 24 * HOUR
    assert outcomes.tell_by(due_at=DUE, days_before=day_before, lead=100 * HOUR) == day_before
    assert outcomes.tell_by(due_at=DUE, days_before=day_before, lead=6 * HOUR) == DUE - 3 * HOUR


def test_terms_move_only_if_told_with_fair_notice_and_agreed() -> None:
    def moved(told_at: datetime | None, agreed_at: datetime | None) -> bool:
        return outcomes.counts_as_moved(told_at=told_at, tell_by_at=DUE, agreed_at=agreed_at)

    assert moved(DUE, DUE + HOUR)
    assert not moved(DUE + HOUR, DUE + 2 * HOUR)
    assert not moved(DUE - HOUR, None)
    assert not moved(None, None)


# ----- what holds for every promise -------------------------------------------

moments = st.integers(-2000, 4000).map(lambda hours: DUE + hours * HOUR)
facts = st.builds(
    Facts,
    state=st.sampled_from(
        ["pending", "active", "paused", "delivered", "settled", "released", "revoked", "voided"]
    ),
    due_at=st.just(DUE),
    cut_off_at=st.just(CUT_OFF),
    delivered_at=st.none() | moments,
    answered=st.booleans(),
    deemed=st.booleans(),
    lines_met=st.booleans(),
    share_delivered=st.floats(0, 1),
    to_standard=st.booleans(),
    told_at=st.none() | moments,
    hours=st.floats(0, 100),
    out_of_hours=st.floats(0, 100),
)


@given(facts, moments)
def test_kept_excludes_every_miss_and_something_always_holds(one: Facts, now: datetime) -> None:
    outcome = judge(one, now)
    if outcome.kept:
        assert not outcome.missed
    assert outcome.word in {
        "voided", "released", "broken", "late", "short", "sub_standard", "kept", "overdue", "open",
    }  # fmt: skip
    assert sum([outcome.kept, outcome.missed, outcome.open and not outcome.overdue]) == (
        0 if not outcome.counts else 1
    )


@given(facts, moments, moments)
def test_time_alone_never_turns_a_miss_into_a_keep(
    one: Facts, earlier: datetime, later: datetime
) -> None:
    earlier, later = sorted([earlier, later])
    if judge(one, earlier).missed:
        assert judge(one, later).missed


@given(facts, moments, st.integers(0, 4000))
def test_being_early_or_doing_more_never_offsets_a_miss(
    one: Facts, now: datetime, sooner: int
) -> None:
    """Rule 15: a short or sub-standard delivery stays one, however early and however much."""
    outcome = judge(one, now)
    if one.delivered_at is None or not (outcome.short or outcome.sub_standard):
        return
    better = replace(
        one, delivered_at=one.delivered_at - sooner * HOUR, share_delivered=1.0, hours=0
    )
    again = judge(better, now)
    assert (again.short, again.sub_standard, again.kept) == (
        outcome.short, outcome.sub_standard, False,
    )  # fmt: skip


@given(facts, moments)
def test_a_provisional_outcome_is_the_one_that_acceptance_as_delivered_gives(
    one: Facts, now: datetime
) -> None:
    waiting = judge(replace(one, state="delivered", answered=False, deemed=False), now)
    taken = judge(replace(one, state="settled", answered=True, deemed=False), now)
    assert replace(waiting, provisional=False) == replace(taken, provisional=False)


@given(st.integers(0, 400), st.integers(0, 10_000))
def test_notice_is_within_its_limits_for_any_lead(lead_days: int, lead_hours: int) -> None:
    assert 1 <= outcomes.notice_days(lead_days) <= 10
    days_before = DUE - outcomes.notice_days(lead_days) * 24 * HOUR
    told_by = outcomes.tell_by(due_at=DUE, days_before=days_before, lead=lead_hours * HOUR)
    assert DUE - told_by <= max(timedelta(), lead_hours * HOUR / 2)

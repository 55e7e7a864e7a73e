"""How far a rule bends, to the minute and to the cent; each case can be checked on paper."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept import zones
from kept.asks import rules
from kept.asks.rules import Fault, Judged, Rule, Within

LISBON = "Europe/Lisbon"
#: The kitchen closes at 14:30; five minutes need nobody; until 15:00 the head waiter decides;
#: after 16:00 nobody cooks (the gas is off).
KITCHEN = Rule(
    limit=Decimal(870),
    tolerance=Decimal(5),
    band_limit=Decimal(900),
    hard_limit=Decimal(960),
)


def at(clock: str, day: str = "2026-12-02", zone: str = LISBON) -> datetime:
    return zones.moment(date.fromisoformat(day), time.fromisoformat(clock), zone)


@pytest.mark.parametrize(
    ("clock", "judged"),
    [
        ("12:00", Judged(Within.RULE, Decimal(0))),
        ("14:30", Judged(Within.RULE, Decimal(0))),
        ("14:31", Judged(Within.TOLERANCE, Decimal(1))),
        ("14:33", Judged(Within.TOLERANCE, Decimal(3))),
        ("14:35", Judged(Within.TOLERANCE, Decimal(5))),
        ("14:36", Judged(Within.BAND, Decimal(6))),
        ("15:00", Judged(Within.BAND, Decimal(30))),
        ("15:01", Judged(Within.BEYOND, Decimal(31))),
        ("16:00", Judged(Within.BEYOND, Decimal(90))),
        ("16:01", Judged(Within.HARD, Decimal(91))),
    ],
)
def test_a_kitchen_that_closes_at_half_past_two(clock: str, judged: Judged) -> None:
    value = rules.minute_of_day(KITCHEN.limit, at(clock), LISBON)
    assert (rules.judge(KITCHEN, value), rules.clock_face(value)) == (judged, clock)


def test_seconds_do_not_count() -> None:
    late = at("14:35") + timedelta(seconds=59)
    assert rules.judge(KITCHEN, rules.minute_of_day(KITCHEN.limit, late, LISBON)) == Judged(
        Within.TOLERANCE, Decimal(5)
    )


def test_ten_past_midnight_is_twenty_minutes_past_ten_to_twelve() -> None:
    closing = rules.minutes_of(time(23, 50))
    value = rules.minute_of_day(closing, at("00:10", "2026-12-03"), LISBON)
    assert (value - closing, rules.clock_face(value)) == (Decimal(20), "00:10")


def test_by_the_guests_own_clock_whatever_the_servers_zone() -> None:
    """14:33 in Lisbon is 23:33 in Tokyo: the same instant, the same three minutes."""
    instant = at("14:33").astimezone(zones.zone("Asia/Tokyo"))
    assert rules.minute_of_day(KITCHEN.limit, instant, LISBON) == Decimal(873)


def test_when_the_clocks_go_back_an_hour_waited_is_an_hour() -> None:
    """25 October 2026, Lisbon: 02:00 becomes 01:00 again. The bar closes at the first 01:30."""
    closing = rules.minutes_of(time(1, 30))
    first = datetime(2026, 10, 25, 0, 33, tzinfo=UTC)  # 01:33 summer time
    second = datetime(2026, 10, 25, 1, 33, tzinfo=UTC)  # 01:33 again, winter time
    assert [rules.minute_of_day(closing, one, LISBON) - closing for one in (first, second)] == [
        Decimal(3),
        Decimal(63),
    ]


def test_when_the_clocks_go_forward_the_hour_that_was_not_is_not_counted() -> None:
    """29 March 2026, Lisbon: 01:00 becomes 02:00. The bar closes at 00:50; 02:05 is 15 past."""
    closing = rules.minutes_of(time(0, 50))
    late = datetime(2026, 3, 29, 1, 5, tzinfo=UTC)
    assert rules.minute_of_day(closing, late, LISBON) - closing == Decimal(15)


def test_a_closing_time_that_never_comes_is_when_the_clocks_change() -> None:
    """There is no 01:30 that night: the rule's moment is 02:00, which is 01:00 UTC."""
    closing = rules.minutes_of(time(1, 30))
    late = datetime(2026, 3, 29, 1, 4, tzinfo=UTC)
    assert rules.minute_of_day(closing, late, LISBON) - closing == Decimal(4)
    assert zones.gap_end(date(2026, 3, 29), time(1, 30), LISBON) == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


def test_notice_is_a_least_and_bends_the_other_way() -> None:
    """48 hours' notice; 6 fewer need nobody; down to 24 a lead decides; under 12 nobody."""
    notice = Rule(
        limit=Decimal(48),
        tolerance=Decimal(6),
        at_least=True,
        band_limit=Decimal(24),
        hard_limit=Decimal(12),
    )
    assert [
        rules.judge(notice, Decimal(hours)).within for hours in (60, 48, 42, 41, 24, 23, 12, 11)
    ] == [
        Within.RULE,
        Within.RULE,
        Within.TOLERANCE,
        Within.BAND,
        Within.BAND,
        Within.BEYOND,
        Within.BEYOND,
        Within.HARD,
    ]
    assert rules.judge(notice, Decimal(41)).beyond_by == Decimal(7)


def test_what_a_rule_cannot_be() -> None:
    assert rules.faults(KITCHEN) == []
    inside = Rule(limit=Decimal(870), tolerance=Decimal(5), hard_limit=Decimal(873))
    assert rules.faults(inside) == [Fault.HARD_INSIDE_TOLERANCE]
    backwards = Rule(
        limit=Decimal(2), tolerance=Decimal(-1), band_limit=Decimal(9), hard_limit=Decimal(3)
    )
    assert rules.faults(backwards) == [Fault.TOLERANCE_NEGATIVE, Fault.BAND_BEYOND_HARD]
    early = Rule(limit=Decimal(2), tolerance=Decimal(2), band_limit=Decimal(3))
    assert rules.faults(early) == [Fault.BAND_INSIDE_TOLERANCE]


amounts = st.decimals(min_value=0, max_value=1000, places=2)
GENTLEST_FIRST = list(Within)


@given(
    limit=amounts,
    steps=st.tuples(amounts, amounts, amounts),
    values=st.tuples(amounts, amounts),
    at_least=st.booleans(),
)
def test_going_further_is_never_judged_more_gently(
    limit: Decimal,
    steps: tuple[Decimal, Decimal, Decimal],
    values: tuple[Decimal, Decimal],
    at_least: bool,
) -> None:
    tolerance, band, hard = steps[0], steps[0] + steps[1], steps[0] + steps[1] + steps[2]
    sign = -1 if at_least else 1
    rule = Rule(
        limit=limit,
        tolerance=tolerance,
        at_least=at_least,
        band_limit=limit + sign * band,
        hard_limit=limit + sign * hard,
    )
    assert rules.faults(rule) == []
    near, far = sorted(values)
    judged = [rules.judge(rule, limit + sign * step).within for step in (near, far)]
    assert GENTLEST_FIRST.index(judged[0]) <= GENTLEST_FIRST.index(judged[1])

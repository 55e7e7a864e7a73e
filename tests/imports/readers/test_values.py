"""Numbers, lengths of work, days and moments as people write them."""

import contextlib
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kept.imports.readers import values
from kept.imports.readers.values import Decimal, Evidence, Order, Working

EIGHT = Working(hours_per_day=8, days_per_week=5)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("8", 8),
        (" 1.5 ", 1.5),
        (".5", 0.5),
        ("-3", -3),
        ("1,234.5", 1234.5),
        ("1,234", 1234),
        ("12,5", 12.5),
        ("1 234.5", 1234.5),
        ("1\u202f234\u202f567", 1_234_567),
        ("1’234.50", 1234.5),
        ("1e3", 1000),
    ],
)
def test_a_number_is_read_with_a_decimal_point(written: str, meant: float) -> None:
    assert values.number(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"), [("1.234,5", 1234.5), ("1.234", 1234), ("0,25", 0.25), ("12.5", 12.5)]
)
def test_a_number_is_read_with_a_decimal_comma(written: str, meant: float) -> None:
    assert values.number(written, Decimal.COMMA) == meant


@pytest.mark.parametrize(
    "written",
    ["", "-", ".", "e5", "eight", "1.2.3", "1,2,3", "=1+1", "0x10", "1_000", "nan", "inf", "1e999"],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(values.Unreadable):
        values.number(written)


def test_the_column_tells_the_decimal_sign_of_a_cell_that_does_not() -> None:
    assert values.decimal_of(["1,234", "8,5"]) is Decimal.COMMA
    assert values.decimal_of(["1,234", "8.5"]) is Decimal.POINT
    assert values.decimal_of(["1.234.567", "1.234"]) is Decimal.COMMA
    assert values.decimal_of(["1,234", "8"]) is None
    assert values.unclear_decimal(["8", "1,234"]) == "1,234"


@settings(deadline=None)
@given(
    numbers=st.lists(
        st.decimals(min_value=0, max_value=10**7, places=2).map(float), min_size=1, max_size=20
    ),
    comma=st.booleans(),
)
def test_numbers_written_with_thousands_come_back(numbers: list[float], comma: bool) -> None:
    sign = Decimal.COMMA if comma else Decimal.POINT
    swap = str.maketrans(",.", ".,") if comma else {}
    written = [f"{value:,.2f}".translate(swap) for value in numbers]
    assert values.decimal_of(written) is sign
    assert [values.number(text, sign) for text in written] == numbers


@pytest.mark.parametrize(
    ("written", "unit", "meant"),
    [
        ("8", "hours", 8),
        ("2", "days", 16),
        ("1", "weeks", 40),
        ("90", "minutes", 1.5),
        ("7200", "seconds", 2),
        ("3", "pomodoros", 1.25),
        ("2h 30m", "days", 2.5),
        ("1w 2d 4h", "hours", 60),
        ("1,5 h", "hours", 1.5),
        ("90 min", "hours", 1.5),
        ("1:30", "hours", 1.5),
        ("01:30:36", "hours", 1.51),
        ("PT2H30M", "hours", 2.5),
        ("P1DT4H", "hours", 12),
    ],
)
def test_a_length_of_work_is_read_in_hours(written: str, unit: str, meant: float) -> None:
    assert values.hours(written, unit, EIGHT) == pytest.approx(meant)


def test_a_day_of_work_is_as_long_as_the_house_works() -> None:
    assert values.hours("2d", "hours", Working(hours_per_day=6, days_per_week=4)) == 12
    assert values.hours("1", "weeks", Working(hours_per_day=6, days_per_week=4)) == 24


@pytest.mark.parametrize("written", ["5 points", "h", "8 €", "1:75", "2h and a bit", "PT", "=A1*2"])
def test_what_is_no_length_of_work_is_refused(written: str) -> None:
    with pytest.raises(values.Unreadable):
        values.hours(written, "hours", EIGHT)


def test_a_length_on_the_calendar_is_not_work() -> None:
    assert values.unit_of("calendar_days") == values.CALENDAR
    with pytest.raises(values.Unreadable):
        values.hours("35", values.CALENDAR, EIGHT)


@pytest.mark.parametrize(
    ("written", "day", "at"),
    [
        ("2026-12-31", date(2026, 12, 31), None),
        ("20261231", date(2026, 12, 31), None),
        ("2026/12/31", date(2026, 12, 31), None),
        ("2026-12-31 17:05", date(2026, 12, 31), time(17, 5)),
        ("2008-07-08 16:04:27.121", date(2008, 7, 8), time(16, 4, 27)),
        ("31.12.2026", date(2026, 12, 31), None),
        ("31/12/2026 9:30", date(2026, 12, 31), time(9, 30)),
        ("12/31/2026", date(2026, 12, 31), None),
        ("5/5/2026", date(2026, 5, 5), None),
        ("31/Dec/26 2:05 PM", date(2026, 12, 31), time(14, 5)),
        ("12 Mar 2026", date(2026, 3, 12), None),
        ("Thu 12 Mar 2026", date(2026, 3, 12), None),
        ("March 12, 2026", date(2026, 3, 12), None),
        ("12. März 2026", date(2026, 3, 12), None),
        ("3 de abril de 2026", date(2026, 4, 3), None),
        ("Jan 2nd, 2026 12:15 am", date(2026, 1, 2), time(0, 15)),
    ],
)
def test_a_day_is_read_as_people_write_it(written: str, day: date, at: time | None) -> None:
    assert values.parse(written) == values.Written(day, at)


@pytest.mark.parametrize(
    "written",
    ["31/02/2026", "2026-02-30", "2026-13-01", "soon", "12", "2026", "=TODAY()", "25/12", "13 PM"],
)
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(values.Unreadable, match="is not a day"):
        values.parse(written)


def test_a_day_that_can_be_two_days_is_refused_until_the_order_is_known() -> None:
    with pytest.raises(values.Unreadable, match="the day or the month first"):
        values.parse("04/05/2026")
    assert values.parse("04/05/2026", Order.DAY_FIRST).day == date(2026, 5, 4)
    assert values.parse("04/05/2026", Order.MONTH_FIRST).day == date(2026, 4, 5)


def test_one_cell_decides_the_order_of_the_whole_column() -> None:
    assert values.order_of(["04/05/2026", "31/12/2026"]) == Evidence(
        Order.DAY_FIRST, unclear=False, example="31/12/2026"
    )
    assert values.order_of(["04/05/2026", "12/31/2026"]) == Evidence(
        Order.MONTH_FIRST, unclear=False, example="12/31/2026"
    )
    assert values.order_of(["04/05/2026", "2026-01-31"]) == Evidence(
        None, unclear=True, example="04/05/2026"
    )
    assert values.order_of(["2026-01-31", "5/5/2026"]) == Evidence(None, unclear=False, example="")


@settings(deadline=None)
@given(st.lists(st.dates(date(1970, 1, 1), date(2199, 12, 31)), min_size=1), st.sampled_from(Order))
def test_days_come_back_whatever_is_put_first(days: list[date], order: Order) -> None:
    form = "%d/%m/%Y" if order is Order.DAY_FIRST else "%m/%d/%Y"
    written = [day.strftime(form) for day in days]
    found = values.order_of(written)
    assert found.order in (order, None)
    assert [values.parse(text, found.order or order).day for text in written] == days


def test_a_moment_without_an_offset_is_local_to_the_house() -> None:
    noon = time(12)
    assert values.parse("2026-07-01 09:00").moment("Europe/Lisbon", day_means=noon) == datetime(
        2026, 7, 1, 8, tzinfo=UTC
    )
    assert values.parse("2026-07-01T09:00+02:00").moment(
        "Europe/Lisbon", day_means=noon
    ) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert values.parse("1767225600").moment("Europe/Lisbon", day_means=noon) == datetime(
        2026, 1, 1, tzinfo=UTC
    )


def test_a_time_over_which_the_clocks_went_forward_is_refused() -> None:
    with pytest.raises(values.Unreadable, match="the clocks went forward over it"):
        values.parse("2026-03-29 01:30").moment("Europe/Lisbon", day_means=time(12))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    for read in (
        values.number,
        values.unit_of,
        values.parse,
        lambda cell: values.hours(cell, "hours", EIGHT),
    ):
        with contextlib.suppress(values.Unreadable):
            read(text)

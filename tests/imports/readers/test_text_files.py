import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.imports.readers import text

GREETING = "name,hours\nJosé,8\n"


@pytest.mark.parametrize(
    "data",
    [
        GREETING.encode(),
        GREETING.encode("utf-8-sig"),
        GREETING.encode("utf-16"),
        GREETING.encode("utf-16-le"),
        GREETING.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + GREETING.encode("utf-16-be"),
        GREETING.encode("cp1252"),
        GREETING.replace("\n", "\r\n").encode(),
        GREETING.replace("\n", "\r").encode(),
        ("\n\n" + GREETING + "\n,\n").encode(),
    ],
)
def test_a_table_reads_the_same_however_a_spreadsheet_saved_it(data):
    table = text.table(data)

    assert table.header == ("name", "hours")
    assert [cells for _, cells in table.rows] == [("José", "8")]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(sign):
    data = f'"a, b{sign}c"{sign}d{sign}e\n1{sign}2.5{sign}3\n'.encode()

    table = text.table(data)

    assert table.header == (f"a, b{sign}c", "d", "e")
    assert table.rows == ((2, ("1", "2.5", "3")),)


def test_excels_own_separator_line_is_obeyed():
    assert text.table(b"sep=;\r\na,b;c\r\n1;2\r\n").header == ("a,b", "c")


def test_a_repeated_header_gives_every_position():
    table = text.table(b"Sprint,Key,sprint , SPRINT\n1,K,2,3\n")

    assert table.columns == {"sprint": (0, 2, 3), "key": (1,)}


def test_short_rows_are_filled_and_cells_beyond_the_header_dropped():
    table = text.table(b"a,b,c\n1\n1,2,3,4\n")

    assert table.rows == ((2, ("1", "", "")), (3, ("1", "2", "3")))


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"PK\x03\x04....", "spreadsheet"),
        (b'a,b\n"' + b"x" * 1_100_000, "quote"),
    ],
)
def test_what_is_no_table_is_refused_in_plain_words(data, word):
    with pytest.raises(text.NotATable, match=word):
        text.table(data)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("8", 8.0),
        ("1.5", 1.5),
        ("1.234", 1.234),
        ("1,5", 1.5),
        ("0,125", 0.125),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1.234,50", 1234.5),
        ("1,234.50", 1234.5),
        ("1,234,567", 1234567.0),
        ("-2", -2.0),
        ("1e3", 1000.0),
    ],
)
def test_numbers_are_read_in_either_convention(written, value):
    assert text.number(written) == value


@pytest.mark.parametrize("written", ["", "eight", "1,234", "nan", "inf", "1_000", "1e999", "--1"])
def test_what_is_no_clear_number_is_refused_by_name(written):
    with pytest.raises(ValueError, match=written or '""'):
        text.number(written)


def test_days_and_moments_are_counted_from_the_first_of_january_of_year_one():
    assert text.day("0001-01-01") == 1.0
    assert text.day("2026-03-12") == text.day("2026-03-11") + 1
    assert text.day("2026-03-12 18:00") == text.day("2026-03-12") + 0.75
    assert text.day("2026-03-12T18:00:00.000+09:00") == text.day("2026-03-12") + 0.75
    assert text.day("2026-03-12T06:00:00Z") == text.day("2026-03-12") + 0.25


@pytest.mark.parametrize("written", ["31/02/2026", "2026-02-31", "soon", "12"])
def test_what_is_no_day_is_refused_by_name(written):
    with pytest.raises(ValueError, match=f'"{written}" is not a day'):
        text.day(written)


@given(st.binary(max_size=300))
def test_any_bytes_give_a_table_or_a_refusal(data):
    try:
        table = text.table(data)
    except text.NotATable:
        return
    assert all(len(cells) == len(table.header) for _, cells in table.rows)

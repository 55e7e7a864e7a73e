"""Any table, written by any program that quotes properly, comes back cell by cell."""

import csv
import io
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from kept.imports.readers import text

names = st.text(string.ascii_letters + "äöüéñ", min_size=1, max_size=8)
cells = st.text("abzÄé 019;,|\t\"'\n\r=+-@€🐚\u00a0\u2028", max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[str], list[list[str]]]:
    width = draw(st.integers(2, 4))
    header = draw(st.lists(names, min_size=width, max_size=width))
    rows = draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=5))
    return header, [row for row in rows if any(cell.strip() for cell in row)]


@settings(deadline=None)
@given(
    whole=tables(),
    separator=st.sampled_from(text.SEPARATORS),
    everything_quoted=st.booleans(),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "utf-16")),
)
def test_a_table_comes_back_whatever_the_dialect(
    whole: tuple[list[str], list[list[str]]],
    separator: str,
    everything_quoted: bool,
    encoding: str,
) -> None:
    header, rows = whole
    written = io.StringIO(newline="")
    writer = csv.writer(
        written,
        delimiter=separator,
        quoting=csv.QUOTE_ALL if everything_quoted else csv.QUOTE_MINIMAL,
        lineterminator="\r\n",
    )
    writer.writerow(header)
    writer.writerows(rows)
    table = text.table(written.getvalue().encode(encoding))
    assert table.header == tuple(header)
    assert [cells for _number, cells in table.rows] == [
        tuple(cell.strip() for cell in row) for row in rows
    ]
    assert (table.separator, table.beyond, table.zero_bytes) == (separator, (), ())

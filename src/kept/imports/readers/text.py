"""Text files as people send them: encodings, separators, repeated headers, numbers, days.

Nothing here knows what the columns mean. The functions are small so that each reader of a
particular export uses the ones it needs.
"""

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

SEPARATORS = (",", ";", "\t", "|")

# An ordinary cell is short; one of a million characters is a quote that was never closed.
LONGEST_CELL = 1_000_000


class NotATable(Exception):
    """The bytes hold no table: the message says why and is fit to be shown."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing in a file that could not be read, said so that its owner can find it.

    `row` counts as a spreadsheet does: the header is row 1. `column` is the header as it stands
    in the file, empty where the problem concerns the whole row.
    """

    row: int
    column: str
    value: str
    message: str

    def __str__(self) -> str:
        where = f"Row {self.row}, {self.column}" if self.column else f"Row {self.row}"
        return f"{where}: {self.message}"


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows below it, all of them text, all trimmed.

    A header may name a column twice (tracker exports do): `columns` gives every position of a
    name, lower-cased, in the order of the file. `beyond` are the cells that rows have beyond the
    header, and `zero_bytes` the rows out of which zero bytes were taken.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    separator: str = ","
    beyond: tuple[tuple[int, tuple[str, ...]], ...] = ()
    zero_bytes: tuple[int, ...] = ()

    @property
    def columns(self) -> dict[str, tuple[int, ...]]:
        found: dict[str, list[int]] = {}
        for position, name in enumerate(self.header):
            found.setdefault(plain_name(name), []).append(position)
        return {name: tuple(positions) for name, positions in found.items()}


def decode(data: bytes) -> str:
    """Turn the bytes of a text file into text, whatever a spreadsheet saved it as.

    A byte-order mark decides; without one, zero bytes in every second place mean UTF-16; else
    UTF-8; and if it is not that, the Windows page that Western European Excel writes. Bytes that
    mean nothing there become U+FFFD, never an error: a wrong letter is easier to see in the
    preview than a refused file.
    """
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8-sig", errors="replace")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    head = data[:4000]
    if len(head) >= 4:
        half = len(head) // 2
        if head[1::2].count(0) > half * 0.6 and head[0::2].count(0) < half * 0.2:
            return data.decode("utf-16-le", errors="replace")
        if head[0::2].count(0) > half * 0.6 and head[1::2].count(0) < half * 0.2:
            return data.decode("utf-16-be", errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def separator(text: str) -> str:
    """Find what stands between the cells: the separator seen most, outside quotes, in the header.

    An even count falls to the first of comma, semicolon, tab, bar.
    """
    counts = dict.fromkeys(SEPARATORS, 0)
    quoted = False
    seen_text = False
    for sign in text:
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in "\r\n":
            if seen_text:
                break
        elif not quoted and sign in counts:
            counts[sign] += 1
        if not sign.isspace():
            seen_text = True
    return max(SEPARATORS, key=lambda sign: counts[sign])


def table(data: bytes) -> Table:
    """Read a delimited text file: first row with anything in it is the header.

    Rows without any text are left out. Rows shorter than the header are filled with empty cells;
    cells beyond the header are dropped. A first line `sep=;`, as Excel writes it, is obeyed.

    Raises:
        NotATable: nothing in the file, a binary file, or a quote that never closes.
    """
    if data[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise NotATable("This is a spreadsheet file, not text. Save it as CSV first.")
    text = decode(data)
    told = re.match(r"\s*sep=(.)\r?\n", text)
    between = told.group(1) if told else separator(text)
    if told:
        text = text[told.end() :]
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        damaged: list[int] = []
        lines = list(_rows(text, between, damaged))
    except csv.Error as error:
        raise NotATable(
            "The file could not be split into cells; most often a quote is opened and never"
            f" closed ({error})."
        ) from error
    finally:
        csv.field_size_limit(before)
    if not lines:
        raise NotATable("The file is empty: not even a header.")
    _, header = lines[0]
    width = len(header)
    padded = tuple(
        (number, (*cells[:width], *("",) * (width - len(cells)))) for number, cells in lines[1:]
    )
    return Table(
        header=header,
        rows=padded,
        separator=between,
        beyond=tuple((row, cells[width:]) for row, cells in lines[1:] if any(cells[width:])),
        zero_bytes=tuple(damaged),
    )


def _rows(text: str, between: str, damaged: list[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    for number, cells in enumerate(lines, start=1):
        if any("\x00" in cell for cell in cells):
            damaged.append(number)
            cells = [cell.replace("\x00", "") for cell in cells]  # noqa: PLW2901
        trimmed = tuple(cell.strip() for cell in cells)
        if any(trimmed):
            yield number, trimmed


def plain_name(header: str) -> str:
    """Compare headers without regard to case, surrounding space and inner runs of space."""
    return " ".join(header.split()).casefold()


_THOUSANDS_AND_FRACTION = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u202f]\d{3})+([.,]\d+)?")


def number(text: str) -> float:
    """Read a number as written in either convention: `1.5`, `1,5`, `1 234,5`, `1.234,50`, `1e3`.

    A lone comma is a decimal comma, unless exactly three digits follow (`1,234`): that may be a
    thousand or a fraction, and is refused rather than guessed.

    Raises:
        ValueError: not a finite number, or unclear; the message names the value.
    """
    plain = text.strip()
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}", plain) and not plain.lstrip("+-").startswith("0"):
        raise ValueError(f'"{text}" may be a thousand or a fraction; write it without the comma.')
    if "," in plain and "." not in plain and plain.count(",") == 1:
        plain = re.sub(r"[' \u00a0\u202f]", "", plain).replace(",", ".")
    elif _THOUSANDS_AND_FRACTION.fullmatch(plain) and not re.fullmatch(r"[+-]?\d+\.\d+", plain):
        last = max(plain.rfind(","), plain.rfind("."))
        marks = {sign for sign in plain if sign in ".,' \u00a0\u202f"}
        if len(marks) == 1:  # only thousands marks
            plain = re.sub(r"[.,' \u00a0\u202f]", "", plain)
        else:
            whole = re.sub(r"[.,' \u00a0\u202f]", "", plain[:last])
            plain = f"{whole}.{plain[last + 1 :]}"
    try:
        if "_" in plain:
            raise ValueError
        value = float(plain)
    except ValueError:
        raise ValueError(f'"{text}" is not a number.') from None
    if not math.isfinite(value):
        raise ValueError(f'"{text}" is not a number.')
    return value


def day(text: str) -> float:
    """Read an ISO day or moment as days since 1 January of year 1, with a fraction for the time.

    The wall clock counts as it is written; an offset (`Z`, `+02:00`) is read and left aside, so
    that "finished the day before" means what the people there saw on the calendar.

    Raises:
        ValueError: not such a day; the message names the value.
    """
    plain = text.strip()
    try:
        if len(plain) == 10 and plain[4] == "-":
            return float(date.fromisoformat(plain).toordinal())
        moment = datetime.fromisoformat(plain)
    except ValueError:
        raise ValueError(f'"{text}" is not a day. Days are written 2026-03-12.') from None
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return moment.toordinal() + (seconds + moment.microsecond / 1e6) / 86_400

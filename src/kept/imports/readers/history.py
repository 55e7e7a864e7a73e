"""The History CSV: what was estimated, what it took, and when.

Columns by name in any order, extra columns ignored, empty means unknown. Nothing is refused as a
whole because of one bad cell: the cell is reported and read as unknown, and a row that tells
nothing without it is left out.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kept.engine.durations import PastItem
from kept.imports.readers import text
from kept.imports.readers.text import NotATable, Problem

__all__ = ["COLUMNS", "HistoryRow", "NotATable", "Problem", "read", "rows"]

COLUMNS = (
    "row_id",
    "person",
    "team",
    "project",
    "client",
    "promise",
    "kind",
    "subkind",
    "estimate",
    "actual",
    "unit",
    "t_estimated",
    "t_started",
    "t_due",
    "t_due_first",
    "t_finished",
    "status",
)

STATUSES = ("finished", "open", "cancelled")

_STATUS_WORDS = {
    "finished": "finished",
    "done": "finished",
    "closed": "finished",
    "open": "open",
    "cancelled": "cancelled",
    "canceled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One line of a History CSV, parsed. Days are counted from 1 January of year 1.

    `actual` of an open row is work so far. `row` is the row a spreadsheet would show.
    """

    row: int
    row_id: str
    person: str | None
    team: str | None
    project: str | None
    client: str | None
    promise: str | None
    kind: str | None
    subkind: str | None
    estimate: float | None
    actual: float | None
    unit: str
    estimated_on: float | None
    started_on: float | None
    due_on: float | None
    first_due_on: float | None
    finished_on: float | None
    status: str

    def as_past_item(self) -> PastItem:
        """Keep what learning needs. A start stands for a missing day of estimate."""
        return PastItem(
            row_id=self.row_id,
            person=self.person,
            kind=self.kind,
            subkind=self.subkind,
            project=self.project if self.project is not None else self.client,
            estimate=self.estimate,
            actual=self.actual,
            estimated_on=self.estimated_on if self.estimated_on is not None else self.started_on,
            finished_on=self.finished_on,
            status=self.status,
            unit=self.unit,
        )


def read(data: bytes) -> tuple[list[PastItem], list[Problem]]:
    """Read a History CSV for learning.

    Raises:
        NotATable: the bytes are no delimited text, or no column of a history is among its header.
    """
    problems: list[Problem] = []
    return [row.as_past_item() for row in _each(text.table(data), problems)], problems


def rows(data: bytes) -> tuple[list[HistoryRow], list[Problem]]:
    """Read every column of a History CSV; one `Problem` for each cell that could not be read.

    Raises:
        NotATable: the bytes are no delimited text, or no column of a history is among its header.
    """
    problems: list[Problem] = []
    return list(_each(text.table(data), problems)), problems


def _shown(header: Sequence[str]) -> str:
    """Show a header that may be no header at all: not all of a long one, nothing unprintable."""
    line = "".join(letter if letter.isprintable() else "?" for letter in ", ".join(header))
    return line if len(line) <= 200 else f"{line[:199]}…"


def _each(table: text.Table, problems: list[Problem]) -> Iterator[HistoryRow]:
    """Parse one row after the other, so that a long file is not kept in two forms at once."""
    columns = table.columns
    positions = {name: columns.get(name, ()) for name in COLUMNS}
    if not any(positions[name] for name in ("estimate", "actual", "t_finished", "t_due")):
        raise NotATable(
            "No column of a history was found: at least one of estimate, actual, t_finished or"
            f" t_due is needed. The header has: {_shown(table.header) or 'nothing'}."
        )
    seen: dict[str, int] = {}
    for number, cells in table.rows:
        line = _Line(number, cells, positions, table.header, problems)
        row = line.parsed()
        earlier = seen.setdefault(row.row_id, number)
        if earlier != number:
            problems.append(
                Problem(
                    number,
                    "row_id",
                    row.row_id,
                    f'"{row.row_id}" was already used in row {earlier}; both rows are kept.',
                )
            )
        yield row


class _Line:
    """The cells of one row, asked for by name; what cannot be read goes to `problems`."""

    def __init__(
        self,
        number: int,
        cells: Sequence[str],
        positions: dict[str, tuple[int, ...]],
        header: Sequence[str],
        problems: list[Problem],
    ) -> None:
        self.number = number
        self.cells = cells
        self.positions = positions
        self.header = header
        self.problems = problems

    def cell(self, name: str) -> tuple[str, str]:
        """Give the first cell with text under a name, and its header as the file writes it."""
        places = self.positions[name]
        for place in places:
            if self.cells[place]:
                return self.cells[place], self.header[place]
        return "", self.header[places[0]] if places else name

    def word(self, name: str) -> str | None:
        value, _ = self.cell(name)
        return value or None

    def parse(self, name: str, how: Callable[[str], float]) -> float | None:
        value, header = self.cell(name)
        if not value:
            return None
        try:
            return how(value)
        except ValueError as error:
            self.problems.append(Problem(self.number, header, value, str(error)))
            return None

    def hours(self, name: str) -> float | None:
        value = self.parse(name, text.number)
        if value is not None and value < 0:
            shown, header = self.cell(name)
            self.problems.append(
                Problem(self.number, header, shown, f'"{shown}" is less than nothing.')
            )
            return None
        return value

    def status(self, finished_on: float | None) -> str:
        value, header = self.cell("status")
        if not value:
            return "finished" if finished_on is not None else "open"
        known = _STATUS_WORDS.get(value.casefold())
        if known is None:
            self.problems.append(
                Problem(
                    self.number,
                    header,
                    value,
                    f'"{value}" is not one of {", ".join(STATUSES)}; the row was read as'
                    f" {'finished' if finished_on is not None else 'open'}.",
                )
            )
            return "finished" if finished_on is not None else "open"
        return known

    def parsed(self) -> HistoryRow:
        days = {
            name: self.parse(name, text.day)
            for name in ("t_estimated", "t_started", "t_due", "t_due_first", "t_finished")
        }
        told = [n for n in ("t_estimated", "t_started", "t_finished") if days[n] is not None]
        for earlier, later in itertools.pairwise(told):
            first, second = days[earlier], days[later]
            if first is not None and second is not None and int(second) < int(first):
                value, header = self.cell(later)
                self.problems.append(
                    Problem(
                        self.number,
                        header,
                        value,
                        f'"{value}" lies before {earlier} ({self.cell(earlier)[0]});'
                        " both were kept as they stand.",
                    )
                )
        return HistoryRow(
            row=self.number,
            row_id=self.word("row_id") or str(self.number),
            person=self.word("person"),
            team=self.word("team"),
            project=self.word("project"),
            client=self.word("client"),
            promise=self.word("promise"),
            kind=self.word("kind"),
            subkind=self.word("subkind"),
            estimate=self.hours("estimate"),
            actual=self.hours("actual"),
            unit=(self.word("unit") or "hours").casefold(),
            estimated_on=days["t_estimated"],
            started_on=days["t_started"],
            due_on=days["t_due"],
            first_due_on=days["t_due_first"],
            finished_on=days["t_finished"],
            status=self.status(days["t_finished"]),
        )

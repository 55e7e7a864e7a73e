"""Rows of work from a table: what was finished, what is open, what was called off.

One bad cell costs that cell, or the row where the row would mislead without it, never the file.
Every cell and row that is not used is named with its reason.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept.imports.readers import columns, text, values

#: More than this for one piece of work is a slip of the keyboard or of the unit.
MOST_HOURS = 20_000
#: Open work without a date in this time is asked about before it counts.
OLD_AFTER = timedelta(days=180)
EARLIEST, LATEST = 1970, 2200


class Status(StrEnum):
    """What became of a row's work."""

    FINISHED = "finished"
    OPEN = "open"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class House:
    """What reading needs to know of the house: its zone, the end of its day, its working time."""

    zone: str
    day_ends_at: time = time(18)
    working: values.Working = field(default_factory=values.Working)


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that could not be used, and whether its row was left out for it.

    `row` counts as a spreadsheet does: the header is row 1. `column` is empty where it is about
    the whole row.
    """

    row: int
    column: str
    value: str
    why: str
    row_left_out: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work. Texts are empty and numbers None where the file does not say.

    `actual_hours` of open work is what was spent so far. `day_only`: the due date was a day.
    `cells` are the row as it stands in the file.
    """

    number: int
    row_id: str
    title: str
    person: str
    client: str
    project: str
    kind: str
    subkind: str
    promise: str
    estimate_hours: float | None
    actual_hours: float | None
    estimated_at: datetime | None
    started_at: datetime | None
    first_due_at: datetime | None
    due_at: datetime | None
    finished_at: datetime | None
    day_only: bool
    status: Status
    cells: tuple[str, ...]

    @property
    def for_whom(self) -> str:
        """The client, or the project that stands for one."""
        return self.client or self.project

    @property
    def is_promised(self) -> bool:
        """Whether this is open work that somebody was given a date for."""
        return self.status is Status.OPEN and bool(self.for_whom) and self.due_at is not None


@dataclass(frozen=True, slots=True)
class Reading:
    """A file, read: rows to use, cells and rows not used, and what a person should know or say.

    Attributes:
        questions: choices (a name of `columns.CHOICES`) that must be made first, each with the
            sentence that asks; rows are empty then.
        cancelled, old: rows left aside because their work was called off, or is open but has had
            no date for 180 days.
    """

    header: tuple[columns.Column, ...]
    layout: columns.Layout
    header_digest: str
    source: str
    total: int
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    questions: dict[str, str]
    notes: tuple[str, ...]
    cancelled: int
    old: int


def read(
    table: text.Table,
    *,
    house: House,
    now: datetime,
    said: dict[str, str] | None = None,
    tick: Callable[[int, int], None] | None = None,
) -> Reading:
    """Read a table's rows as work.

    Args:
        said: fields and choices that a person decided; the rest is guessed.
        tick: called now and then with rows read and rows in all.

    Raises:
        NoSuchField, NoSuchColumn, NoSuchChoice: `said` does not fit the file.
        text.NotATable: none of the columns tells of work.
    """
    found = columns.columns_of(table)
    layout = columns.laid_out(table, found, said)
    if not set(layout.columns) & {*columns.AMOUNTS, *columns.DATES}:
        raise text.NotATable(
            _(
                "No column for an estimate, for what it took, or for a date was recognised. "
                "Say which column is which. The header has: %(header)s."
            )
            % {"header": ", ".join(values.short(column.name) for column in found[:60])}
        )
    reader = _Reader(table, layout, house, now, jira=columns.is_jira(found))
    questions = reader.questions()
    if not questions:
        for index, (number, cells) in enumerate(table.rows):
            reader.take(number, cells)
            if tick is not None and index % 500 == 499:
                tick(index + 1, len(table.rows))
        reader.problems += _oddities(table)
    return Reading(
        header=found,
        layout=layout,
        header_digest=columns.digest(found),
        source="jira" if reader.jira else "csv",
        total=len(table.rows),
        rows=tuple(reader.rows),
        problems=tuple(sorted(reader.problems, key=lambda problem: problem.row)),
        questions=questions,
        notes=(*reader.notes(), *_unread(found, layout)),
        cancelled=reader.cancelled,
        old=reader.old,
    )


def _unread(found: Sequence[columns.Column], layout: columns.Layout) -> Iterator[str]:
    """Name the columns with text in them that nothing is read from: one may be meant."""
    read_from = {column.position for column in layout.columns.values()}
    left = [each for each in found if each.samples and each.position not in read_from]
    if left:
        shown = ", ".join(f"“{values.short(column.name)}”" for column in left[:6])
        yield (
            ngettext(
                "%(count)d column is not read: %(names)s.",
                "%(count)d columns are not read: %(names)s.",
                len(left),
            )
            % {"count": len(left), "names": shown + (" …" if len(left) > 6 else "")}
        )


def _oddities(table: text.Table) -> Iterator[Problem]:
    """Name the rows that were used but are not as the header says."""
    for number, cells in table.beyond:
        yield Problem(
            number,
            "",
            values.short(" | ".join(cells)),
            _("This row has more cells than the header; those beyond it were not read."),
            row_left_out=False,
        )
    for number in table.zero_bytes:
        yield Problem(
            number, "", "", _("Zero bytes were taken out of this row."), row_left_out=False
        )


class _LeaveOut(Exception):
    """A row would mislead without this cell; its problem is already noted."""


class _Reader:
    """Reads row after row, and remembers what to tell about the file."""

    def __init__(
        self,
        table: text.Table,
        layout: columns.Layout,
        house: House,
        now: datetime,
        *,
        jira: bool,
    ) -> None:
        self.table, self.layout, self.house, self.now, self.jira = table, layout, house, now, jira
        self.rows: list[Row] = []
        self.problems: list[Problem] = []
        self.here: list[Problem] = []
        self.unclear_number = ""
        self.cancelled = self.old = 0
        self.zeros = self.calendar = 0
        self.other_words: Counter[tuple[str, Status]] = Counter()
        self.units_used: set[str] = set()
        self.decimal = self._decimal()
        self.order, self.order_example, self.order_unclear = self._order()
        self.column_unit = {name: self._unit_of_column(name) for name in columns.AMOUNTS}

    # -- looking at whole columns --

    def cells_of(self, name: str) -> list[str]:
        column = self.layout.columns.get(name)
        if column is None:
            return []
        return [
            cells[column.position] for _number, cells in self.table.rows if cells[column.position]
        ]

    def _decimal(self) -> values.Decimal:
        if self.layout.choices["decimal"]:
            return values.Decimal(self.layout.choices["decimal"])
        cells = [cell for name in columns.AMOUNTS for cell in self.cells_of(name)]
        self.unclear_number = values.unclear_decimal(cells)
        found = values.decimal_of(cells)
        if found is not None:
            self.unclear_number = ""
            return found
        # Where cells are parted by semicolons, commas were needed inside of numbers.
        return values.Decimal.COMMA if self.table.separator == ";" else values.Decimal.POINT

    def _order(self) -> tuple[values.Order | None, str, bool]:
        if self.layout.choices["dates"]:
            return values.Order(self.layout.choices["dates"]), "", False
        evidence = values.order_of(cell for name in columns.DATES for cell in self.cells_of(name))
        return evidence.order, evidence.example, evidence.unclear

    def _unit_of_column(self, name: str) -> str:
        column = self.layout.columns.get(name)
        if self.layout.unit or column is None:
            return self.layout.unit or "hours"
        plain = text.plain_name(column.name).removeprefix("σ ")
        bare = [cell for cell in self.cells_of(name) if not values.has_own_unit(cell)]
        if (
            self.jira
            and plain in columns.JIRA_SECONDS
            and all(cell.isdecimal() and int(cell) % 60 == 0 for cell in bare)
        ):
            return "seconds"
        for word in plain.replace("(", " ").replace(")", " ").split():
            try:
                unit = values.unit_of(word)
            except values.Unreadable:
                continue
            if len(word) > 1 or f"({word})" in plain:
                return unit
        return columns.unit_at_end(column.name)[1] or "hours"

    def questions(self) -> dict[str, str]:
        if not self.order_unclear:
            return {}
        return {
            "dates": _(
                "Days such as “%(example)s” may put the day or the month first, and no row of this "
                "file decides it. Which is it?"
            )
            % {"example": self.order_example}
        }

    def notes(self) -> list[str]:
        """Return what was taken for granted, so that a person can object."""
        found = []
        if self.order is not None and self.order_example:
            found.append(
                _("Days are read day first: “%(example)s” leaves no other way.")
                % {"example": self.order_example}
                if self.order is values.Order.DAY_FIRST
                else _("Days are read month first: “%(example)s” leaves no other way.")
                % {"example": self.order_example}
            )
        if self.unclear_number:
            found.append(
                _("“%(example)s” is read as %(meant)s; another way can be chosen.")
                % {
                    "example": self.unclear_number,
                    "meant": f"{values.number(self.unclear_number, self.decimal):g}",
                }
            )
        if "seconds" in self.column_unit.values() and self.jira and not self.layout.unit:
            found.append(_("Jira writes efforts in seconds; they were turned into hours."))
        if self.units_used & {"days", "weeks"}:
            found.append(
                _("A day of work counts as %(hours)g hours, a week as %(days)g such days.")
                % {
                    "hours": self.house.working.hours_per_day,
                    "days": self.house.working.days_per_week,
                }
            )
        if self.calendar:
            found.append(
                ngettext(
                    "%(count)d row gives lengths on the calendar, which are not work: only its "
                    "dates are used.",
                    "%(count)d rows give lengths on the calendar, which are not work: only their "
                    "dates are used.",
                    self.calendar,
                )
                % {"count": self.calendar}
            )
        if self.zeros:
            found.append(
                ngettext(
                    "%(count)d effort of 0 is read as not known.",
                    "%(count)d efforts of 0 are read as not known.",
                    self.zeros,
                )
                % {"count": self.zeros}
            )
        for (word, status), count in self.other_words.most_common(6):
            found.append(
                ngettext(
                    "Status “%(word)s” is read as %(status)s in %(count)d row, going by its dates.",
                    "Status “%(word)s” is read as %(status)s in %(count)d rows, going by their "
                    "dates.",
                    count,
                )
                % {
                    "word": values.short(word),
                    "status": _("finished") if status is Status.FINISHED else _("open"),
                    "count": count,
                }
            )
        for name, column in self.layout.columns.items():
            if column.repeated:
                found.append(
                    _(
                        "The header names “%(column)s” more than once; “%(field)s” is read from "
                        "number %(place)d from the left."
                    )
                    % {
                        "column": values.short(self.table.header[column.position]),
                        "field": str(columns.FIELDS[name]),
                        "place": column.position + 1,
                    }
                )
        return found

    # -- one row --

    def take(self, number: int, cells: Sequence[str]) -> None:
        """Read one row into `rows`, or note why not."""
        self.here = []
        try:
            row = self._row(number, cells)
            if row.status is Status.CANCELLED:
                self.here = []
                self.cancelled += 1
            elif row.status is Status.FINISHED:
                self._take_finished(row)
            else:
                self._take_open(row)
        except _LeaveOut:
            self._leave_out()
        self.problems += self.here

    def _take_finished(self, row: Row) -> None:
        if row.actual_hours is None and not (
            row.finished_at is not None
            and (row.due_at or row.first_due_at or row.estimated_at or row.started_at)
        ):
            self._leave_out(
                row,
                why=_("Neither what it took nor how long it lay is known: nothing to learn from."),
            )
            return
        self.rows.append(row)

    def _take_open(self, row: Row) -> None:
        newest = max(
            (
                at
                for at in (row.due_at, row.first_due_at, row.started_at, row.estimated_at)
                if at is not None
            ),
            default=None,
        )
        if (
            newest is not None
            and newest < self.now - OLD_AFTER
            and self.layout.choices["old"] == "leave"
        ):
            self.here = []
            self.old += 1
            return
        if row.estimate_hours is None and not row.is_promised:
            column = self.layout.columns.get("estimate")
            self._leave_out(
                row,
                column.name if column else "",
                _(
                    "Open work without an estimate and without a date promised to a client: "
                    "nothing says how big it is."
                ),
            )
            return
        self.rows.append(row)

    def _leave_out(self, row: Row | None = None, column: str = "", why: str = "") -> None:
        """Mark what was noted of this row as the reason it is left out; else note `why`."""
        if row is not None and not self.here:
            self._note(row.number, column, "", why)
        self.here = [replace(problem, row_left_out=True) for problem in self.here]

    def _row(self, number: int, cells: Sequence[str]) -> Row:
        def cell(name: str) -> str:
            column = self.layout.columns.get(name)
            return "" if column is None else cells[column.position]

        written = {name: self._written(number, name, cell(name)) for name in columns.DATES}
        moments = {
            name: self._moment(number, name, day, cell(name)) for name, day in written.items()
        }
        status = self._status(cell("status"), finished=bool(cell("t_finished")))
        if status is not Status.CANCELLED:
            self._check_moments(number, cell, moments, status)
        amounts = self._amounts(number, cell)
        due_by = "t_due" if moments["t_due"] is not None else "t_due_first"
        due = written[due_by]
        return Row(
            number=number,
            row_id=cell("row_id"),
            title=cell("title"),
            person=cell("person"),
            client=cell("client"),
            project=cell("project"),
            kind=cell("kind"),
            subkind=cell("subkind"),
            promise=cell("promise"),
            estimate_hours=amounts["estimate"],
            actual_hours=amounts["actual"],
            estimated_at=moments["t_estimated"],
            started_at=moments["t_started"],
            first_due_at=moments["t_due_first"],
            due_at=moments[due_by],
            finished_at=moments["t_finished"] if status is Status.FINISHED else None,
            day_only=due is None or due.at is None,
            status=status,
            cells=tuple(cells),
        )

    def _check_moments(
        self,
        number: int,
        cell: Callable[[str], str],
        moments: dict[str, datetime | None],
        status: Status,
    ) -> None:
        finished, started = moments["t_finished"], moments["t_started"]
        if status is Status.FINISHED:
            if cell("t_finished") and finished is None:
                raise _LeaveOut
            if finished is not None and finished > self.now + timedelta(days=1):
                self._note(
                    number,
                    self._name("t_finished"),
                    cell("t_finished"),
                    _("A finish that lies ahead."),
                )
                raise _LeaveOut
            if finished is not None and started is not None and finished < started:
                self._note(
                    number,
                    self._name("t_finished"),
                    cell("t_finished"),
                    _("Finished before it was started (%(started)s).")
                    % {"started": values.short(cell("t_started"))},
                )
                raise _LeaveOut
        elif any(cell(name) and moments[name] is None for name in ("t_due", "t_due_first")):
            # Without its date it would come in as work that nobody was promised.
            raise _LeaveOut

    def _status(self, word: str, *, finished: bool) -> Status:
        plain = " ".join(word.split()).casefold()
        if plain in columns.CANCELLED_WORDS:
            return Status.CANCELLED
        if plain in columns.FINISHED_WORDS:
            return Status.FINISHED
        if plain in columns.OPEN_WORDS and not finished:
            return Status.OPEN
        status = Status.FINISHED if finished else Status.OPEN
        if plain and plain not in columns.OPEN_WORDS:
            self.other_words[word, status] += 1
        return status

    def _written(self, number: int, name: str, cell: str) -> values.Written | None:
        if not cell:
            return None
        try:
            written = values.parse(cell, self.order)
            if not EARLIEST <= written.day.year <= LATEST:
                raise values.Unreadable(
                    _("“%(value)s” lies too far away to be meant.") % {"value": values.short(cell)}
                )
        except values.Unreadable as error:
            self._note(number, self._name(name), cell, str(error))
            return None
        return written

    def _moment(
        self, number: int, name: str, written: values.Written | None, cell: str
    ) -> datetime | None:
        if written is None:
            return None
        # Noon belongs to its day in every zone; a due day lasts until work ends.
        day_means = self.house.day_ends_at if name.startswith("t_due") else time(12)
        try:
            return written.moment(self.house.zone, day_means=day_means).astimezone(UTC)
        except values.Unreadable as error:
            self._note(number, self._name(name), cell, str(error))
            return None

    def _amounts(self, number: int, cell: Callable[[str], str]) -> dict[str, float | None]:
        unit_cell = cell("unit")
        units = self.column_unit
        if unit_cell and (cell("estimate") or cell("actual")):
            try:
                units = dict.fromkeys(columns.AMOUNTS, values.unit_of(unit_cell))
            except values.Unreadable as error:
                self._note(number, self._name("unit"), unit_cell, str(error))
                return dict.fromkeys(columns.AMOUNTS)
        found: dict[str, float | None] = {}
        on_calendar = False
        for name in columns.AMOUNTS:
            written = cell(name)
            found[name] = None
            if not written:
                continue
            if units[name] == values.CALENDAR and not values.has_own_unit(written):
                on_calendar = True
                continue
            try:
                amount = values.hours(written, units[name], self.house.working, self.decimal)
            except values.Unreadable as error:
                self._note(number, self._name(name), written, str(error))
                continue
            self.units_used.add(units[name])
            if amount < 0:
                self._note(number, self._name(name), written, _("Effort below zero."))
            elif amount > MOST_HOURS:
                self._note(
                    number,
                    self._name(name),
                    written,
                    _("%(hours)s hours for one piece of work cannot be meant. Is it the unit?")
                    % {
                        "hours": _("More than a million")
                        if amount > 1e6
                        else f"{amount:,.0f}".replace(",", "\u202f")
                    },
                )
            elif amount == 0:
                self.zeros += 1
            else:
                found[name] = amount
        self.calendar += on_calendar
        return found

    def _name(self, name: str) -> str:
        return self.layout.columns[name].name

    def _note(self, number: int, column: str, value: str, why: str) -> None:
        self.here.append(Problem(number, column, values.short(value), why, row_left_out=False))

"""Which column of a file tells what: guessed from the header, said by a person, or remembered."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept.imports.readers import text, values
from kept.tenancy import refusals


class NoSuchColumn(refusals.Refused):
    """A field was to be read from a column that the file does not have."""


class NoSuchField(refusals.Refused):
    """A column was given to a field that kept does not know."""


class NoSuchChoice(refusals.Refused):
    """A way of reading was chosen that kept does not know."""


#: What can be read from a file, in the order in which a person would ask.
FIELDS = {
    "row_id": gettext_lazy("Number or key"),
    "title": gettext_lazy("What"),
    "client": gettext_lazy("Client"),
    "project": gettext_lazy("Project"),
    "person": gettext_lazy("Person"),
    "kind": gettext_lazy("Kind of work"),
    "subkind": gettext_lazy("Part of the work"),
    "promise": gettext_lazy("Promise it belongs to"),
    "estimate": gettext_lazy("Estimate"),
    "actual": gettext_lazy("What it took"),
    "unit": gettext_lazy("Unit of both"),
    "t_estimated": gettext_lazy("Asked or estimated on"),
    "t_started": gettext_lazy("Started on"),
    "t_due_first": gettext_lazy("First due date"),
    "t_due": gettext_lazy("Due date, the last one known"),
    "t_finished": gettext_lazy("Finished on"),
    "status": gettext_lazy("Finished, open or cancelled"),
}

#: How cells are read, where the file leaves it open; the first is what holds unless said.
CHOICES: dict[str, tuple[str, ...]] = {
    "dates": ("", *values.Order),
    "decimal": ("", *values.Decimal),
    "old": ("leave", "bring"),
}

DATES = ("t_estimated", "t_started", "t_due_first", "t_due", "t_finished")
AMOUNTS = ("estimate", "actual")

#: Header names seen in exports and hand-made lists, in plain form; earlier ones win.
HEADER_NAMES: dict[str, tuple[str, ...]] = {
    "row_id": (
        "row_id", "issue key", "key", "ticket", "ticket id", "task id", "id", "issue id", "ref",
        "reference", "number", "no", "no.", "#",
    ),
    "title": (
        "title", "summary", "task", "task name", "name", "what", "subject", "issue", "item",
        "deliverable", "description",
    ),
    "client": ("client", "client name", "customer", "customer name", "account", "for"),
    "project": ("project", "project name", "project key"),
    "person": (
        "person", "assignee", "owner", "who", "assigned to", "member", "employee", "developer",
        "responsible", "user", "done by",
    ),
    "kind": ("kind", "issue type", "type", "service", "category", "work type", "activity"),
    "subkind": ("subkind", "component/s", "components", "component", "skill", "phase", "part"),
    "promise": ("promise", "promised as", "order", "deal"),
    "estimate": (
        "estimate", "original estimate", "estimated hours", "estimate (hours)", "estimate (h)",
        "estimated", "estimate hours", "hours estimated", "planned hours", "planned", "budget",
        "budget hours", "σ original estimate",
    ),
    "actual": (
        "actual", "time spent", "actual hours", "actual (hours)", "actual (h)", "spent",
        "hours spent", "spent hours", "logged", "hours logged", "logged hours", "time logged",
        "worked", "took", "hours", "duration", "σ time spent",
    ),
    "unit": ("unit", "units", "estimate unit"),
    "t_estimated": (
        "t_estimated", "created", "created at", "created on", "date created", "creation date",
        "estimated on", "estimated at", "asked", "asked on", "requested", "requested on", "opened",
    ),
    "t_started": (
        "t_started", "started", "started on", "started at", "start", "start date", "begin", "begun",
    ),
    "t_due_first": (
        "t_due_first", "first due", "first due date", "original due date", "original due",
        "first promised", "first promised date", "baseline due",
    ),
    "t_due": (
        "t_due", "due", "due date", "due on", "duedate", "deadline", "promised", "promised for",
        "promised date", "promised on", "target date",
    ),
    "t_finished": (
        "t_finished", "resolved", "resolution date", "finished", "finished on", "finished at",
        "done", "done on", "completed", "completed on", "completed at", "completion date",
        "closed", "closed on", "closed at", "delivered", "delivered on",
    ),
    "status": ("status", "state", "done?", "finished?"),
}  # fmt: skip

#: Jira writes these in seconds, with nothing that says so.
JIRA_SECONDS = ("original estimate", "time spent", "remaining estimate")

FINISHED_WORDS = frozenset({
    "finished", "done", "closed", "resolved", "complete", "completed", "delivered", "shipped",
    "accepted", "yes", "y", "x", "true", "1", "ja", "oui", "si", "sí", "sim",
})  # fmt: skip
OPEN_WORDS = frozenset({
    "open", "new", "backlog", "to-do", "to do", "todo", "doing", "started", "active", "waiting",
    "blocked", "reopened", "review", "in progress", "in review", "selected for development",
    "on hold", "ready", "no", "n", "false", "0", "nein", "non", "nao", "não",
})  # fmt: skip
CANCELLED_WORDS = frozenset({
    "cancelled", "canceled", "rejected", "dropped", "abandoned", "declined", "void", "won't do",
    "won't fix", "wont do", "wont fix", "duplicate", "cannot reproduce",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place from 0, a name that only it has, and the first cells with text."""

    position: int
    name: str
    samples: tuple[str, ...]
    repeated: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Which column each field is read from, and how cells are read where the file leaves it open.

    `unit` is a name from `values.UNITS`, or empty where a column, a header or each cell says it.
    """

    columns: dict[str, Column]
    unit: str
    choices: dict[str, str]

    def said(self) -> dict[str, str]:
        """Return the layout in the words in which a person would say it."""
        chosen = {key: value for key, value in self.choices.items() if value != CHOICES[key][0]}
        named = {field: column.name for field, column in self.columns.items()}
        return named | ({"unit": self.unit} if self.unit else {}) | chosen


def columns_of(table: text.Table) -> tuple[Column, ...]:
    """Name every column: a header that comes again gets `#2`, an empty one its place: `#3`."""
    counts: dict[str, int] = {}
    for name in table.header:
        counts[text.plain_name(name)] = counts.get(text.plain_name(name), 0) + 1
    seen: dict[str, int] = {}
    found = []
    for position, name in enumerate(table.header):
        plain = text.plain_name(name)
        seen[plain] = seen.get(plain, 0) + 1
        label = " ".join(name.split())
        if not plain:
            label = f"#{position + 1}"
        elif seen[plain] > 1:
            label = f"{label}#{seen[plain]}"
        samples: list[str] = []
        for _number, cells in table.rows[:200]:
            if cells[position] and cells[position] not in samples:
                samples.append(cells[position])
            if len(samples) == 3:
                break
        found.append(Column(position, label, tuple(samples), repeated=counts[plain] > 1))
    return tuple(found)


def digest(columns: Sequence[Column]) -> str:
    """Return what files with this header have in common, as 64 hexadecimal digits."""
    names = "\x1f".join(column.name.casefold() for column in columns)
    return hashlib.sha256(names.encode("utf-8", "surrogatepass")).hexdigest()


def is_jira(columns: Sequence[Column]) -> bool:
    """Say whether a header looks like that of Jira's own CSV export."""
    return {"issue key", "summary"} <= {column.name.casefold() for column in columns}


def unit_at_end(name: str) -> tuple[str, str]:
    """Part a header from the unit it ends with: `estimate_h` is `estimate` in `hours`.

    Returns the header in plain words, and the name of the unit, empty where there is none.
    """
    words = _words(name)
    for length in (2, 1):
        try:
            if len(words) > length:
                return " ".join(words[:-length]), values.unit_of(" ".join(words[-length:]))
        except values.Unreadable:
            continue
    return " ".join(words), ""


def guess(table: text.Table, columns: Sequence[Column]) -> dict[str, str]:
    """Guess a file's layout from its header, and from the cells where the header leaves doubt."""
    by_name: dict[str, Column] = {}
    bare: dict[str, Column] = {}
    for column in columns:
        by_name.setdefault(" ".join(_words(column.name)), column)
        bare.setdefault(unit_at_end(column.name)[0], column)
    taken: dict[str, Column] = {}
    for field, names in HEADER_NAMES.items():
        plain = [" ".join(_words(name)) for name in names]
        found = [by_name[name] for name in plain if name in by_name]
        if field in AMOUNTS:
            found += [bare[name] for name in plain if name in bare]
        free = [each for each in found if each not in taken.values()]
        if free:
            taken[field] = free[0]
    done = taken.get("t_finished")
    if done is not None and _says_yes_or_no(table, done):
        del taken["t_finished"]
        taken.setdefault("status", done)
    hours = taken.get("actual")
    if (
        hours is not None
        and hours.name.casefold() in ("hours", "duration")
        and "estimate" not in taken
        and not any(_has_text(table, taken.get(field)) for field in ("t_finished", "status"))
    ):
        taken["estimate"] = taken.pop("actual")
    return {field: column.name for field, column in taken.items()}


def laid_out(
    table: text.Table, columns: Sequence[Column], said: Mapping[str, str] | None = None
) -> Layout:
    """Return the layout that was guessed, with what was said over it.

    Args:
        said: field or choice → column name, value, or nothing (not read). `unit` may name a
            column or a unit.

    Raises:
        NoSuchField, NoSuchColumn, NoSuchChoice: see their names.
    """
    wanted = guess(table, columns)
    choices = {key: values_[0] for key, values_ in CHOICES.items()}
    unit = ""
    for key, value in (said or {}).items():
        plain = " ".join(value.split())
        if key in CHOICES:
            if plain.casefold() not in CHOICES[key]:
                raise NoSuchChoice(
                    _("“%(value)s” is no way to read “%(field)s”. There are: %(known)s.")
                    % {
                        "value": values.short(value),
                        "field": key,
                        "known": ", ".join(filter(None, CHOICES[key])),
                    },
                    field=key,
                )
            choices[key] = plain.casefold()
        elif key not in FIELDS:
            raise NoSuchField(
                _("There is no field “%(field)s”. There are: %(known)s.")
                % {"field": values.short(key), "known": ", ".join([*FIELDS, *CHOICES])},
                field=values.short(key),
            )
        elif plain in ("", "-"):
            wanted.pop(key, None)
        elif key == "unit" and _column(columns, plain) is None:
            try:
                unit = values.unit_of(plain)
            except values.Unreadable as error:
                raise NoSuchChoice(str(error), field="unit") from error
            wanted.pop("unit", None)
        else:
            wanted[key] = plain
    found: dict[str, Column] = {}
    for field, name in wanted.items():
        column = _column(columns, name)
        if column is None:
            raise NoSuchColumn(
                _("There is no column “%(column)s” for “%(field)s”. The file has: %(known)s.")
                % {
                    "column": values.short(name),
                    "field": field,
                    "known": ", ".join(values.short(known.name) for known in columns[:60]),
                },
                field=field,
            )
        found[field] = column
    return Layout(found, unit, choices)


def _words(name: str) -> list[str]:
    return re.sub(r"[\s_\-()\[\]]+", " ", name.casefold()).split()


def _column(columns: Sequence[Column], name: str) -> Column | None:
    wanted = name.casefold()
    for column in columns:
        if column.name.casefold() == wanted:
            return column
    stem, mark, number = wanted.rpartition("#")
    if mark and number.isdecimal():
        if not stem and 1 <= int(number) <= len(columns):
            return columns[int(number) - 1]
        if int(number) == 1:
            return _column(columns, stem)
    return None


def _cells(table: text.Table, column: Column) -> list[str]:
    return [cells[column.position] for _number, cells in table.rows if cells[column.position]]


def _has_text(table: text.Table, column: Column | None) -> bool:
    return column is not None and bool(_cells(table, column))


def _says_yes_or_no(table: text.Table, column: Column) -> bool:
    cells = _cells(table, column)
    words = FINISHED_WORDS | OPEN_WORDS | CANCELLED_WORDS
    return bool(cells) and all(cell.casefold() in words for cell in cells)

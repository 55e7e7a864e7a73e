"""Take a file in: look at it first, accept it as one import, undo it as one.

Looking runs the very code that accepting runs, in a transaction that is rolled back; so what is
shown is what will be there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO

from django.db import transaction
from django.utils.translation import gettext as _

from kept.imports import naming
from kept.imports.bringing import Step, Tell, bring
from kept.imports.models import ColumnChoice, Import
from kept.imports.readers import apart, columns, text, values, work
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import profiles
from kept.people import access
from kept.people.models import Member, Role, WorkingTime
from kept.tenancy import refusals, scope

__all__ = [
    "COMMAND_LINE",
    "WEB",
    "CannotRead",
    "Limits",
    "NothingCameIn",
    "Preview",
    "Step",
    "Tell",
    "Undecided",
    "accept",
    "header",
    "preview",
]


def _silence(_step: Step, _done: int, _total: int) -> None:
    """Tell nobody."""


class CannotRead(refusals.Refused):
    """The file is not a table that kept can use. Nothing was saved."""


class Undecided(refusals.Refused):
    """The file leaves something open that a person must say first. Nothing was saved."""


class NothingCameIn(refusals.Refused):
    """No row of the file could be used. Nothing was saved.

    Attributes:
        row, column: the first place in the file that says why, where there is one.
    """

    def __init__(self, problems: Sequence[work.Problem]) -> None:
        first = problems[0] if problems else None
        self.row = None if first is None else first.row
        self.column = first.column if first is not None and first.column else None
        sentence = _("Nothing in the file could come in, and nothing was saved.")
        super().__init__(sentence if first is None else f"{sentence} {first.why}", field="file")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be, and whether it is split into cells in a process of its own."""

    size_bytes: int
    rows: int
    apart: bool


WEB = Limits(size_bytes=10 * 1024 * 1024, rows=50_000, apart=True)
COMMAND_LINE = Limits(size_bytes=100 * 1024 * 1024, rows=250_000, apart=False)

#: Jira's widest exports have some hundreds.
MOST_COLUMNS = 2_000


@dataclass(frozen=True, slots=True)
class Preview:
    """What accepting a file would do. Nothing of it is saved.

    Attributes:
        header: the file's columns with their first cells.
        layout: which column each field is read from, and how.
        questions: what must be said before anything can be read, by choice.
        notes: what was taken for granted while reading.
        finished, open_work, promises: rows of finished work and of open work that would come in,
            and how many promises given the open rows make.
        known: rows that are here already. cancelled, old, left_out: rows not used, because they
            were called off, have had no date for 180 days, or for a problem.
        problems: cells and rows not used, with the reason.
        names: names in the file that would come in, the unknown first.
        new_clients: clients that would be added, since promises were given to them.
        newcomers: people with open or recent work in the file who are nobody here; they can be
            added with it.
        first_dates: whether first due dates are in the file; else the past is of last dates.
        same_file: when this very file was accepted before.
    """

    file_name: str
    source: str
    header: tuple[columns.Column, ...]
    layout: columns.Layout
    remembered: bool
    questions: dict[str, str]
    notes: tuple[str, ...]
    total: int
    finished: int
    open_work: int
    promises: int
    known: int
    cancelled: int
    old: int
    left_out: int
    problems: tuple[work.Problem, ...]
    names: tuple[naming.NameUse, ...]
    new_clients: tuple[str, ...]
    newcomers: tuple[str, ...]
    first_dates: bool
    same_file: datetime | None

    @property
    def used(self) -> int:
        """How many rows would come in."""
        return self.finished + self.open_work


def preview(
    file: IO[bytes] | bytes,
    name: str,
    mapping: Mapping[str, str] | None = None,
    *,
    add_people: Collection[str] = (),
    by: Member,
    now: datetime,
    limits: Limits = WEB,
    tell: Tell = _silence,
) -> Preview:
    """Say what accepting a file would do, by doing it and rolling it back.

    Args:
        name: the file's name, as a person knows it.
        mapping: field or choice → column or value, as far as a person said it; see
            `readers.columns`. The rest is remembered from last time, or guessed.
        add_people: names among `newcomers` who work here and are added, which owners may do.
        tell: told how far it is.

    Raises:
        CannotRead, NoSuchField, NoSuchColumn, NoSuchChoice: nothing of the file could be used.
        NotAllowed: only leads and owners import.
    """
    access.demand(by, Role.LEAD)
    tell(Step.SPLITTING, 0, 0)
    data, table = _table(file, limits)
    reading, remembered = _reading(table, mapping, now=now, tell=tell)
    with transaction.atomic():
        brought = bring(reading, data, name, add_people=add_people, by=by, now=now, tell=tell)
        names = naming.uses(brought.name_uses, brought.names)
        transaction.set_rollback(True)
    accepted = (
        Import.objects.filter(file_digest=brought.row.file_digest, state=Import.State.ACCEPTED)
        .values_list("accepted_at", flat=True)
        .first()
    )
    return Preview(
        file_name=brought.row.file_name,
        source=reading.source,
        header=reading.header,
        layout=reading.layout,
        remembered=remembered,
        questions=reading.questions,
        notes=(*reading.notes, *brought.notes),
        total=reading.total,
        finished=brought.row.finished_rows,
        open_work=brought.row.open_rows,
        promises=brought.row.promises,
        known=brought.row.known_rows,
        cancelled=reading.cancelled,
        old=reading.old,
        left_out=brought.row.problem_rows,
        problems=brought.problems,
        names=names,
        new_clients=tuple(brought.new_clients),
        newcomers=tuple(brought.newcomers),
        first_dates=any(row.first_due_at for row in reading.rows),
        same_file=accepted,
    )


def header(file: IO[bytes] | bytes, *, limits: Limits = WEB) -> tuple[columns.Column, ...]:
    """Return the columns of a file, so that a person can say which is which.

    Raises:
        CannotRead: the file is no table.
    """
    _data, table = _table(file, limits)
    return columns.columns_of(table)


def accept(
    file: IO[bytes] | bytes,
    name: str,
    mapping: Mapping[str, str] | None = None,
    *,
    add_people: Collection[str] = (),
    by: Member,
    now: datetime,
    limits: Limits = WEB,
    tell: Tell = _silence,
) -> Import:
    """Bring a file in as one import, and learn from it. Arguments as for `preview`.

    Doors look ahead anew afterwards, as after every change of the plan.

    Raises:
        Undecided: the file leaves open how it is to be read.
        NothingCameIn: no row of it could be used.
        CannotRead, NoSuchField, NoSuchColumn, NoSuchChoice: nothing of the file could be used.
        NotAllowed: only leads and owners import.
    """
    access.demand(by, Role.LEAD)
    tell(Step.SPLITTING, 0, 0)
    data, table = _table(file, limits)
    reading, _remembered = _reading(table, mapping, now=now, tell=tell)
    for choice, question in reading.questions.items():
        raise Undecided(question, field=choice)
    with transaction.atomic():
        brought = bring(reading, data, name, add_people=add_people, by=by, now=now, tell=tell)
        came = brought.row.finished_rows + brought.row.open_rows + brought.row.known_rows
        if not (came or reading.cancelled or reading.old):
            raise NothingCameIn(brought.problems)
        _remember(reading, brought.row, by=by, now=now)
        if brought.row.finished_rows:
            tell(Step.LEARNING, 0, 0)
            profiles.refit(by=by, now=now)
    return brought.row


def _table(file: IO[bytes] | bytes, limits: Limits) -> tuple[bytes, text.Table]:
    data = file if isinstance(file, bytes) else file.read(limits.size_bytes + 1)
    if len(data) > limits.size_bytes:
        raise CannotRead(
            _("The file is larger than %(size)d MB. Nothing was read. Split it by year.")
            % {"size": limits.size_bytes // (1024 * 1024)},
            field="file",
        )
    try:
        table = apart.table(data) if limits.apart else text.table(data)
    except text.NotATable as error:
        raise CannotRead(str(error), field="file") from error
    except apart.TooMuch as error:
        raise CannotRead(
            _(
                "Splitting the file into cells took too much memory or time. Nothing was read. "
                "Is it a table, of at most %(most)d rows?"
            )
            % {"most": limits.rows},
            field="file",
        ) from error
    if len(table.header) > MOST_COLUMNS:
        raise CannotRead(
            _("The file has %(columns)d columns; at most %(most)d are read. Nothing was read.")
            % {"columns": len(table.header), "most": MOST_COLUMNS},
            field="file",
        )
    if len(table.rows) > limits.rows:
        raise CannotRead(
            _("The file has %(rows)d rows; at most %(most)d are taken at once. Nothing was read.")
            % {"rows": len(table.rows), "most": limits.rows},
            field="file",
        )
    return data, table


def _reading(
    table: text.Table, mapping: Mapping[str, str] | None, *, now: datetime, tell: Tell
) -> tuple[work.Reading, bool]:
    organisation = scope.current()
    found = columns.columns_of(table)
    remembered = {
        choice.field: choice.column
        for choice in ColumnChoice.objects.filter(header_digest=columns.digest(found))
    }
    house = work.House(
        zone=organisation.zone, day_ends_at=organisation.day_ends_at, working=_working()
    )
    try:
        reading = work.read(
            table,
            house=house,
            now=now,
            said=remembered | dict(mapping or {}),
            tick=partial(tell, Step.READING),
        )
    except text.NotATable as error:
        raise CannotRead(str(error), field="mapping") from error
    return reading, bool(remembered)


def _working() -> values.Working:
    """Return how long this house works: hours on a usual day, days in a usual week (medians)."""
    by_member: dict[int, dict[int, float]] = {}
    for member, weekday, starts, ends in WorkingTime.objects.filter(
        member__left_at__isnull=True
    ).values_list("member_id", "weekday", "starts", "ends"):
        hours = (ends.hour - starts.hour) + (ends.minute - starts.minute) / 60
        week = by_member.setdefault(member, {})
        week[weekday] = week.get(weekday, 0.0) + hours
    if not by_member:
        return values.Working()
    a_day = sorted(sum(week.values()) / len(week) for week in by_member.values())
    a_week = sorted(len(week) for week in by_member.values())
    middle = (len(a_day) - 1) // 2
    return values.Working(round(a_day[middle], 2), float(a_week[middle]))


def _remember(reading: work.Reading, row: Import, *, by: Member, now: datetime) -> None:
    """Keep the layout for the next file with this header."""
    said = reading.layout.said()
    for field in columns.FIELDS:
        said.setdefault(field, "")  # a field that is read from no column stays so
    places = {field: column.position for field, column in reading.layout.columns.items()}
    before = {
        choice.field: choice
        for choice in ColumnChoice.objects.filter(header_digest=reading.header_digest)
    }
    written = []
    for field, column in said.items():
        choice = before.pop(field, None) or ColumnChoice(
            header_digest=reading.header_digest, field=field, position=-1
        )
        now_says = (column[:200], places.get(field, 0))
        if (choice.column, choice.position) != now_says:
            choice.column, choice.position = now_says
            choice.save()
            written.append(choice)
    gone = [choice.pk for choice in before.values()]
    ColumnChoice.objects.filter(pk__in=gone).delete()
    if written or gone:
        recording.record(
            Event.Kind.IMPORT_ROWS,
            about=row,
            by=by,
            at=now,
            rows=written,
            removed=[(recording.table_of(ColumnChoice), key) for key in gone],
        )

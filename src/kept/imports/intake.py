"""Take a file in: look at it first, accept it as one import, undo it as one.

Looking runs the very code that accepting runs, in a transaction that is rolled back; so what is
shown is what will be there.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import IO

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.imports import naming, present
from kept.imports.models import ColumnChoice, Import, ImportedRow, ImportProblem
from kept.imports.present import EVENT_ROWS, Arrival, SomethingDepends
from kept.imports.readers import apart, columns, text, values, work
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import profiles
from kept.past.models import PastItem, SourceName
from kept.people import access
from kept.people.models import Member, Role, WorkingTime
from kept.tenancy import refusals, scope
from kept.tenancy.models import Organisation

__all__ = [
    "COMMAND_LINE",
    "WEB",
    "CannotRead",
    "Limits",
    "NothingCameIn",
    "Preview",
    "SomethingDepends",
    "Step",
    "Tell",
    "Undecided",
    "accept",
    "header",
    "preview",
    "undo",
]


class Step(StrEnum):
    """What is being done with a file."""

    SPLITTING = "splitting"
    READING = "reading"
    BRINGING = "bringing"
    LEARNING = "learning"


#: Told now and then how far a step is: rows done, and rows in all; 0 of 0 where nobody can say.
Tell = Callable[[Step, int, int], None]


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
#: Problems kept with an import; all are counted.
PROBLEMS_KEPT = 1_000
#: Whoever finished nothing for longer perhaps does not work here any more.
RECENT = timedelta(days=180)


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
        brought = _bring(reading, data, name, add_people=add_people, by=by, now=now, tell=tell)
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
        brought = _bring(reading, data, name, add_people=add_people, by=by, now=now, tell=tell)
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


class _Brought:
    """What one file brings while it comes in."""

    def __init__(self, row: Import, reading: work.Reading) -> None:
        self.row = row
        self.problems: tuple[work.Problem, ...] = reading.problems
        self.names: dict[naming.Key, SourceName] = {}
        self.name_uses: list[naming.Key] = []
        self.new_clients: list[str] = []
        self.newcomers: list[str] = []
        self.notes: list[str] = []


def _bring(
    reading: work.Reading,
    data: bytes,
    name: str,
    *,
    add_people: Collection[str],
    by: Member,
    now: datetime,
    tell: Tell,
) -> _Brought:
    """Write everything a reading holds, with its events, into the open transaction."""
    # Two who bring the same file in at once: the second finds its rows here already.
    Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
    row = Import.objects.create(
        file_name=_file_name(name),
        file_digest=hashlib.sha256(data).hexdigest(),
        source=reading.source,
        accepted_at=now,
        accepted_by=by,
    )
    brought = _Brought(row, reading)
    fresh = _new_rows(reading, brought)
    finished = [each for each in fresh if each.row.status is work.Status.FINISHED]
    open_ = [each for each in fresh if each.row.status is work.Status.OPEN]
    rows = len(finished) + len(open_)
    _name_everything(fresh, brought, by=by, now=now)
    _add_newcomers(fresh, brought, add_people, by=by, now=now)
    _bring_finished(
        finished,
        brought,
        by=by,
        now=now,
        tick=lambda done, _total: tell(Step.BRINGING, done, rows),
    )
    arrived = present.bring(
        open_,
        brought.names,
        row,
        by=by,
        now=now,
        tick=lambda done, _total: tell(Step.BRINGING, len(finished) + done, rows),
    )
    brought.problems = _in_order([*brought.problems, *arrived.problems])
    brought.notes += arrived.notes
    brought.new_clients = arrived.new_clients
    row.finished_rows, row.open_rows = len(finished), arrived.rows
    row.promises = arrived.promises
    row.problem_rows = len({each.row for each in brought.problems if each.row_left_out})
    row.save()
    problems = ImportProblem.objects.bulk_create(
        [
            ImportProblem(
                imported=row,
                row=each.row,
                column=each.column[:120],
                value=each.value[:200],
                why=each.why[:300],
            )
            for each in brought.problems[:PROBLEMS_KEPT]
        ],
        batch_size=500,
    )
    recording.record(
        Event.Kind.IMPORT_ACCEPTED,
        about=row,
        by=by,
        at=now,
        rows=[row],
        facts={
            "finished": row.finished_rows,
            "open": row.open_rows,
            "promises": row.promises,
            "known": row.known_rows,
            "problems": row.problem_rows,
        },
    )
    for some in _in_parts(problems):
        recording.record(Event.Kind.IMPORT_ROWS, about=row, by=by, at=now, rows=some)
    return brought


def _new_rows(reading: work.Reading, brought: _Brought) -> list[Arrival]:
    """Leave out rows that are here already, and those that came in before and say other things."""
    identified = _identified(reading)
    known: dict[str, tuple[str, str]] = {}
    ids = [each.external_id for each in identified]
    for start in range(0, len(ids), EVENT_ROWS):
        for external_id, digest, file_name in ImportedRow.objects.filter(
            external_id__in=ids[start : start + EVENT_ROWS]
        ).values_list("external_id", "digest", "imported__file_name"):
            known[external_id] = (digest, file_name)
    fresh, changed, here = [], [], set[str]()
    for each in identified:
        before = known.get(each.external_id)
        if before is None and each.external_id not in here:
            here.add(each.external_id)
            fresh.append(each)
        elif before is None:
            changed.append((each, ""))
        elif before[0] == each.digest:
            brought.row.known_rows += 1
        else:
            changed.append((each, before[1]))
    if changed:
        column = reading.layout.columns["row_id"].name
        brought.problems = _in_order(
            [
                *brought.problems,
                *(
                    work.Problem(
                        each.row.number,
                        column,
                        values.short(each.row.row_id),
                        _(
                            "Came in with “%(file)s” and says other things now; it was left as "
                            "it is. To bring it anew, undo that import first."
                        )
                        % {"file": file_name}
                        if file_name
                        else _(
                            "An earlier row of this file has the same number and says other "
                            "things; that one is used."
                        ),
                        row_left_out=True,
                    )
                    for each, file_name in changed
                ),
            ],
        )
    return fresh


def _in_order(problems: Sequence[work.Problem]) -> tuple[work.Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: problem.row))


def _identified(reading: work.Reading) -> list[Arrival]:
    id_column = reading.layout.columns.get("row_id")
    occurrences: dict[str, int] = {}
    found = []
    for row in reading.rows:
        if row.row_id and id_column is not None:
            # Bare numbers repeat from tool to tool; keys such as ABC-12 do not.
            bare = not any(sign.isalpha() for sign in row.row_id)
            name = f"{id_column.name.casefold()}:{row.row_id}" if bare else row.row_id
            external_id = name if len(name) <= 100 else f"long:{_sha(name)}"
        else:
            digest = _sha("\x1f".join(row.cells))
            occurrences[digest] = occurrences.get(digest, 0) + 1
            external_id = f"row:{digest}:{occurrences[digest]}"
        found.append(Arrival(row, external_id, _sha(repr(_content(row)))))
    return found


def _content(row: work.Row) -> tuple[object, ...]:
    return (
        row.title, row.person, row.client, row.project, row.kind, row.subkind, row.promise,
        row.estimate_hours, row.actual_hours, row.estimated_at, row.started_at, row.first_due_at,
        row.due_at, row.finished_at, row.status,
    )  # fmt: skip


def _sha(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _keys(row: work.Row) -> dict[str, naming.Key]:
    """Return the source names a row uses, by the column of the past item that points to them."""
    names = {
        "person": (SourceName.Role.PERSON, row.person),
        "project": (SourceName.Role.PROJECT, row.for_whom),
        "kind": (SourceName.Role.KIND, row.kind),
        "subkind": (SourceName.Role.SUBKIND, row.subkind),
    }
    return {
        column: (str(role), naming.tidy(name)) for column, (role, name) in names.items() if name
    }


def _name_everything(
    rows: Sequence[Arrival], brought: _Brought, *, by: Member, now: datetime
) -> None:
    brought.name_uses = [key for each in rows for key in _keys(each.row).values()]
    brought.names, fresh = naming.met(brought.name_uses)
    for some in _in_parts(fresh):
        recording.record(Event.Kind.IMPORT_ROWS, about=brought.row, by=by, at=now, rows=some)


def _add_newcomers(
    rows: Sequence[Arrival],
    brought: _Brought,
    add_people: Collection[str],
    *,
    by: Member,
    now: datetime,
) -> None:
    """Find who works here by the file and is nobody here yet, and add those that were asked for."""
    found: dict[str, SourceName] = {}
    for each in rows:
        row = each.row
        finished = row.finished_at
        if row.status is work.Status.OPEN or (finished is not None and finished >= now - RECENT):
            name = brought.names.get(_keys(row).get("person", ("", "")))
            if name is not None and name.member is None:
                found[name.name] = name
    brought.newcomers = sorted(found)
    wanted = {naming.tidy(name) for name in add_people}
    naming.add_people(
        [name for key, name in sorted(found.items()) if key in wanted], by=by, now=now
    )


def _bring_finished(
    rows: Sequence[Arrival],
    brought: _Brought,
    *,
    by: Member,
    now: datetime,
    tick: Callable[[int, int], None],
) -> None:
    for start in range(0, len(rows), EVENT_ROWS // 2):
        some = rows[start : start + EVENT_ROWS // 2]
        items = PastItem.objects.bulk_create(
            [
                PastItem(
                    external_id=each.external_id,
                    estimate_hours=each.row.estimate_hours,
                    actual_hours=each.row.actual_hours,
                    estimated_at=each.row.estimated_at,
                    started_at=each.row.started_at,
                    first_due_at=each.row.first_due_at,
                    due_at=each.row.due_at,
                    finished_at=each.row.finished_at,
                    day_only=each.row.day_only,
                    **{column: brought.names[key] for column, key in _keys(each.row).items()},
                )
                for each in some
            ]
        )
        imported = ImportedRow.objects.bulk_create(
            [
                ImportedRow(
                    imported=brought.row,
                    row=each.row.number,
                    external_id=each.external_id,
                    digest=each.digest,
                    past_item=item,
                )
                for each, item in zip(some, items, strict=True)
            ]
        )
        recording.record(
            Event.Kind.IMPORT_ROWS, about=brought.row, by=by, at=now, rows=[*items, *imported]
        )
        tick(start + len(some), len(rows))


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


def undo(import_: Import, *, by: Member, now: datetime) -> Import:
    """Remove what an import brought; its promises are voided, and stay listed as such.

    Clients it added and names it met stay. The ledger keeps the story.

    Raises:
        SomethingDepends: it was undone before, or what it brought was worked with since.
        NotAllowed: only leads and owners undo.
    """
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        row = Import.objects.select_for_update(no_key=True).get(pk=import_.pk)
        if row.state != Import.State.ACCEPTED:
            raise SomethingDepends(
                _("“%(file)s” was undone on %(day)s.")
                % {"file": row.file_name, "day": f"{row.undone_at:%Y-%m-%d}"}
            )
        voided = present.take_back(row, by=by, now=now)
        imported = list(ImportedRow.objects.filter(imported=row))
        items = [each.past_item_id for each in imported if each.past_item_id is not None]
        _remove(ImportedRow, [each.pk for each in imported], row, by=by, now=now)
        _remove(PastItem, items, row, by=by, now=now)
        row.state, row.undone_at = Import.State.UNDONE, now
        row.save(update_fields=["state", "undone_at"])
        recording.record(
            Event.Kind.IMPORT_UNDONE,
            about=row,
            by=by,
            at=now,
            rows=[row],
            facts={"rows": len(imported), "promises": voided},
        )
        if items:
            profiles.refit(by=by, now=now)
    return row


def _remove(
    table: type[models.Model], keys: Sequence[int], row: Import, *, by: Member, now: datetime
) -> None:
    for start in range(0, len(keys), EVENT_ROWS):
        some = keys[start : start + EVENT_ROWS]
        table._default_manager.filter(pk__in=some).delete()
        recording.record(
            Event.Kind.IMPORT_ROWS,
            about=row,
            by=by,
            at=now,
            removed=[(recording.table_of(table), key) for key in some],
        )


def _file_name(name: str) -> str:
    plain = " ".join(name.replace("\\", "/").rsplit("/", 1)[-1].split())
    return "".join(sign for sign in plain if sign.isprintable())[:255] or _("a file")


def _in_parts(rows: Sequence[models.Model]) -> Iterator[Sequence[models.Model]]:
    for start in range(0, len(rows), EVENT_ROWS):
        yield rows[start : start + EVENT_ROWS]

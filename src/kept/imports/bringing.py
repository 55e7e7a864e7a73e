"""Write what a file holds into the house: finished work, open work, the names, the problems."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import models
from django.utils.translation import gettext as _

from kept.imports import naming, present
from kept.imports.models import Import, ImportedRow, ImportProblem
from kept.imports.present import EVENT_ROWS, Arrival
from kept.imports.readers import values, work
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past.models import PastItem, SourceName
from kept.people.models import Member
from kept.tenancy import scope
from kept.tenancy.models import Organisation


class Step(StrEnum):
    """What is being done with a file."""

    SPLITTING = "splitting"
    READING = "reading"
    BRINGING = "bringing"
    LEARNING = "learning"


#: Told now and then how far a step is: rows done, and rows in all; 0 of 0 where nobody can say.
Tell = Callable[[Step, int, int], None]


#: Problems kept with an import; all are counted.
PROBLEMS_KEPT = 1_000


#: Whoever finished nothing for longer perhaps does not work here any more.
RECENT = timedelta(days=180)


class Brought:
    """What one file brings while it comes in."""

    def __init__(self, row: Import, reading: work.Reading) -> None:
        self.row = row
        self.problems: tuple[work.Problem, ...] = reading.problems
        self.names: dict[naming.Key, SourceName] = {}
        self.name_uses: list[naming.Key] = []
        self.new_clients: list[str] = []
        self.newcomers: list[str] = []
        self.notes: list[str] = []


def bring(
    reading: work.Reading,
    data: bytes,
    name: str,
    *,
    add_people: Collection[str],
    by: Member,
    now: datetime,
    tell: Tell,
) -> Brought:
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
    brought = Brought(row, reading)
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
    brought.problems = in_order([*brought.problems, *arrived.problems])
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
    for some in in_parts(problems):
        recording.record(Event.Kind.IMPORT_ROWS, about=row, by=by, at=now, rows=some)
    return brought


def _new_rows(reading: work.Reading, brought: Brought) -> list[Arrival]:
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
        brought.problems = in_order(
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


def in_order(problems: Sequence[work.Problem]) -> tuple[work.Problem, ...]:
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
    rows: Sequence[Arrival], brought: Brought, *, by: Member, now: datetime
) -> None:
    brought.name_uses = [key for each in rows for key in _keys(each.row).values()]
    brought.names, fresh = naming.met(brought.name_uses)
    for some in in_parts(fresh):
        recording.record(Event.Kind.IMPORT_ROWS, about=brought.row, by=by, at=now, rows=some)


def _add_newcomers(
    rows: Sequence[Arrival],
    brought: Brought,
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
    brought: Brought,
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


def _file_name(name: str) -> str:
    plain = " ".join(name.replace("\\", "/").rsplit("/", 1)[-1].split())
    return "".join(sign for sign in plain if sign.isprintable())[:255] or _("a file")


def in_parts(rows: Sequence[models.Model]) -> Iterator[Sequence[models.Model]]:
    for start in range(0, len(rows), EVENT_ROWS):
        yield rows[start : start + EVENT_ROWS]

"""Files in: looked at, accepted as one import, undone as one."""

import json
from datetime import datetime
from typing import Any, Literal

from django.utils.translation import gettext as _
from ninja import File, Form, Query
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import Field

from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.rows import named
from kept.api.shapes import Asked, Id, Page, PageAsked, Shown
from kept.imports import bringing, intake, models, naming, undoing
from kept.past import models as past
from kept.people.access import Policy
from kept.tenancy import refusals

door = Door("imports", import_id=models.Import)
ONE = "/imports/{int:import_id}"
NameRole = Literal["person", "project", "kind", "subkind"]


class Import(Shown):
    """One accepted file: what it brought."""

    id: int = Field(description="Its number.")
    file_name: str = Field(description="The file's name.")
    source: str = Field(description="What kind of file it was.")
    state: Literal["accepted", "undone"] = Field(description="Whether it was undone.")
    finished_rows: int = Field(description="Rows of finished work that came in.")
    open_rows: int = Field(description="Rows of open work that came in.")
    promises: int = Field(description="Promises given that came in with the open work.")
    known_rows: int = Field(description="Rows that were here already.")
    problem_rows: int = Field(description="Rows that were left out.")
    accepted_at: datetime = Field(description="When it was accepted.")
    accepted_by_id: int | None = Field(description="Who accepted it.")
    undone_at: datetime | None = Field(description="When it was undone.")


class ImportProblem(Shown):
    """A row, or one value of it, that was not used, and why."""

    row: int | None = Field(description="The row, as a spreadsheet counts: the header is 1.")
    column: str = Field(description="The column; empty where it is about the whole row.")
    value: str = Field(description="What stands there.")
    why: str = Field(description="Why it was not used.")


class NameInFile(Shown):
    """A name in a file, and who or what it is here."""

    role: str = Field(description="person, project, kind or subkind.")
    name: str = Field(description="As the file writes it.")
    rows: int = Field(description="In how many rows.")
    means: str = Field(description="Who or what it is here; empty where it is not known.")


class Preview(Shown):
    """What accepting a file would do. Nothing of it was saved."""

    file_name: str = Field(description="The file's name.")
    source: str = Field(description="What kind of file it is.")
    columns: list[str] = Field(description="The file's columns.")
    mapping: dict[str, str] = Field(
        description="The column of each field, and how it is read; send it back to change it."
    )
    remembered: bool = Field(description="Whether that is remembered from last time.")
    questions: dict[str, str] = Field(description="What must be said before it can be accepted.")
    notes: list[str] = Field(description="What was taken for granted while reading.")
    total: int = Field(description="Rows in the file.")
    finished_rows: int = Field(description="Rows of finished work that would come in.")
    open_rows: int = Field(description="Rows of open work that would come in.")
    promises: int = Field(description="Promises given that would come in.")
    known_rows: int = Field(description="Rows that are here already.")
    cancelled_rows: int = Field(description="Rows of work that was called off.")
    old_rows: int = Field(description="Open rows without a date for half a year.")
    problem_rows: int = Field(description="Rows that would be left out.")
    problems: list[ImportProblem] = Field(description="The first thousand problems.")
    names: list[NameInFile] = Field(description="Names that would come in, the unknown first.")
    new_clients: list[str] = Field(description="Clients that would be added.")
    newcomers: list[str] = Field(
        description="People with open or recent work in the file who are nobody here yet."
    )
    first_dates: bool = Field(description="Whether first due dates are in the file.")
    same_file_at: datetime | None = Field(description="When this very file was accepted before.")


class Sent(Asked):
    """How the file is to be read."""

    dry_run: bool = Field(False, description="Only say what would come in; save nothing.")
    mapping: str = Field(
        "",
        max_length=10_000,
        description='A JSON object: the column of each field, such as {"client": "Account"}. '
        "What is left out is remembered from last time, or guessed.",
    )
    add_people: list[str] = Field(
        [],
        max_length=500,
        description="Who of the file's `newcomers` works here and is added with it; owners only.",
    )


class SourceName(Shown):
    """A name as other tools write it, and who or what it is here."""

    id: int = Field(description="Its number.")
    role: NameRole = Field(description="What it was used as.")
    name: str = Field(description="As the files write it.")
    means_id: int | None = Field(
        description="The person, client, service or skill that it is here, by its role; "
        "null, itself."
    )
    means: str = Field(description="The same in words; empty where it is itself.")


class NamesAsked(PageAsked):
    """Which names."""

    unknown: bool = Field(False, description="Only those that are nobody and nothing here.")


class Meaning(Asked):
    """Who or what one name is."""

    id: Id = Field(description="The name's number.")
    means_id: Id | None = Field(
        description="The person (role person), client (project), service (kind) or skill "
        "(subkind) that it is here; null, itself."
    )


class Meanings(Asked):
    """Who or what some names are."""

    names: list[Meaning] = Field(min_length=1, max_length=500, description="Each name once.")


class Mapped(Shown):
    """What became of it."""

    changed: int = Field(description="How many names mean something else than before.")


@door.read("/imports/names", Policy.LEAD, Page[SourceName])
def list_names(request: ApiRequest, asked: Query[NamesAsked]) -> dict[str, Any]:
    """List the names that files brought."""
    rows = past.SourceName.objects.select_related("member", "client", "service", "skill")
    if asked.unknown:
        rows = rows.filter(member=None, client=None, service=None, skill=None)
    return paging.page(rows, asked, _name)


@door.add("/imports/names", Policy.LEAD, Mapped, status=200)
def map_names(request: ApiRequest, body: Meanings) -> dict[str, Any]:
    """Say who or what names are here.

    All are mapped or none; then kept learns anew from the past, once.
    """
    picked = {}
    for place, said in enumerate(body.names):
        name = named(past.SourceName, said.id, f"names.{place}.id")
        _column, table = naming.MEANS[name.role]
        picked[name] = (
            None
            if said.means_id is None
            else named(table, said.means_id, f"names.{place}.means_id")
        )
    return {"changed": naming.map_names(picked, by=request.member, now=request.now)}


@door.read("/imports", Policy.MEMBER, Page[Import])
def list_imports(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List imports."""
    return paging.page(models.Import.objects.all(), asked, lambda row: row)


@door.add("/imports", Policy.LEAD, Import, reads="multipart/form-data", or_shows={200: Preview})
def import_file(request: ApiRequest, file: File[UploadedFile], sent: Form[Sent]) -> Any:
    """Bring in history and open work from a file, or look at it first.

    With `dry_run` the answer is 200 and says what would come in; nothing is saved. Rows that
    cannot be used are named in it. Names of members, clients and services are mapped by
    `POST /imports/names`.
    """
    mapping = _mapping(sent.mapping)
    name = file.name or _("unnamed file")
    if sent.dry_run:
        seen = intake.preview(
            file, name, mapping, add_people=sent.add_people, by=request.member, now=request.now
        )
        return Status(200, _previewed(seen))
    return intake.accept(
        file, name, mapping, add_people=sent.add_people, by=request.member, now=request.now
    )


@door.read(ONE, Policy.MEMBER, Import)
def show_import(request: ApiRequest, import_id: int) -> models.Import:
    """Show an import."""
    return models.Import.objects.get(pk=import_id)


@door.read(f"{ONE}/problems", Policy.MEMBER, Page[ImportProblem])
def list_import_problems(
    request: ApiRequest, import_id: int, asked: Query[PageAsked]
) -> dict[str, Any]:
    """List what of a file was not used, and why."""
    row = models.Import.objects.get(pk=import_id)
    return paging.page(row.problems.all(), asked, lambda problem: problem)


@door.add(f"{ONE}/undo", Policy.LEAD, Import, status=200, reads="", version_of=ONE)
def undo_import(request: ApiRequest, import_id: int) -> models.Import:
    """Take back all that an import brought."""
    row = models.Import.objects.get(pk=import_id)
    return undoing.undo(row, by=request.member, now=request.now)


def _name(row: past.SourceName) -> dict[str, Any]:
    column, _table = naming.MEANS[row.role]
    return {
        "id": row.pk,
        "role": row.role,
        "name": row.name,
        "means_id": getattr(row, f"{column}_id"),
        "means": naming.meaning(row),
    }


def _mapping(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found.values()):
        raise refusals.Refused(
            _("The mapping is a JSON object: the name of a column for each field."),
            field="mapping",
        )
    return found


def _previewed(seen: intake.Preview) -> dict[str, Any]:
    return {
        "file_name": seen.file_name,
        "source": seen.source,
        "columns": [column.name for column in seen.header],
        "mapping": seen.layout.said(),
        "remembered": seen.remembered,
        "questions": seen.questions,
        "notes": list(seen.notes),
        "total": seen.total,
        "finished_rows": seen.finished,
        "open_rows": seen.open_work,
        "promises": seen.promises,
        "known_rows": seen.known,
        "cancelled_rows": seen.cancelled,
        "old_rows": seen.old,
        "problem_rows": seen.left_out,
        "problems": list(seen.problems[: bringing.PROBLEMS_KEPT]),
        "names": list(seen.names),
        "new_clients": list(seen.new_clients),
        "newcomers": list(seen.newcomers),
        "first_dates": seen.first_dates,
        "same_file_at": seen.same_file,
    }

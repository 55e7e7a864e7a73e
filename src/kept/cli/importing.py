"""`kept import`: history and open work from a file; looked at, accepted, undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import Acting, AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.imports.intake import Preview, Tell
    from kept.imports.models import Import

#: What files are known as; each is a table of cells separated by something.
SOURCES = ("auto", "csv", "jira")
SHOWN = 20


def import_(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The file, such as an export as CSV.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="What kind of file it is: auto, csv, or jira for Jira's CSV.")
    ] = "auto",
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="FIELD=COLUMN",
            help="The column a field is read from, such as client=Account; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would come in; save nothing.")
    ] = False,
    add_people: Annotated[
        bool,
        typer.Option(
            "--add-people", help="Add who has open or recent work in the file and is not here yet."
        ),
    ] = False,
    undo: Annotated[
        int | None, typer.Option(metavar="ID", min=1, help="Take back all that an import brought.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring in history and open work from a file."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        if undo is not None:
            _undo(undo, who, as_json=as_json)
            return
        if file is None:
            raise speaking.Stop("Name the file to bring in.", field="FILE")
        _bring(
            file,
            source,
            mapping or [],
            who,
            add_people=add_people,
            dry_run=dry_run,
            as_json=as_json,
        )


def _bring(
    file: Path,
    source: str,
    mapping: list[str],
    who: Acting,
    *,
    add_people: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    from kept.imports import intake
    from kept.tenancy import refusals

    if source not in SOURCES:
        raise speaking.Stop(
            f"“{source}” is not read. There are {', '.join(SOURCES)}; most tools export CSV.",
            field="--source",
        )
    said = dict(_pair(text) for text in mapping)
    try:
        data = file.open("rb")
    except OSError as error:
        raise speaking.Stop(f"It cannot be opened: {error.strerror}.", file=str(file)) from error
    limits = intake.COMMAND_LINE
    with data, _progress(as_json=as_json) as tell:
        content = data.read(limits.size_bytes + 1)
        try:
            seen = intake.preview(
                content, file.name, said, by=who.member, now=who.now, limits=limits, tell=tell
            )
            if source != "auto" and seen.source != source:
                raise speaking.Stop(
                    f"It looks like {seen.source}, not {source}. Nothing was saved.",
                    file=str(file),
                )
            made = None
            useless = not (seen.used or seen.known or seen.cancelled or seen.old)
            if not dry_run and not useless:
                made = intake.accept(
                    content,
                    file.name,
                    said,
                    add_people=seen.newcomers if add_people else (),
                    by=who.member,
                    now=who.now,
                    limits=limits,
                    tell=tell,
                )
        except refusals.Refused as refused:
            raise speaking.Stop(
                refused.sentence,
                status=speaking.NO if refused.kind == "not_allowed" else speaking.WRONG,
                file=str(file),
                row=getattr(refused, "row", None),
                column=getattr(refused, "column", None),
                field=refused.field,
            ) from refused
    if as_json:
        speaking.document(_document(seen, made, dry_run=dry_run))
    else:
        _print(seen, made, dry_run=dry_run)
    if useless:
        raise typer.Exit(speaking.WRONG)


def _undo(key: int, who: Acting, *, as_json: bool) -> None:
    from kept.imports import undoing
    from kept.imports.models import Import

    row = Import.objects.filter(pk=key).first()
    if row is None:
        raise speaking.Stop(f"There is no import {key} here.", field="--undo")
    undoing.undo(row, by=who.member, now=who.now)
    if as_json:
        speaking.document({"id": key, "kind": "import", "state": "undone"})
    else:
        speaking.say(f"import {key}: undone. What it brought is gone; the ledger keeps the story.")


def _pair(text: str) -> tuple[str, str]:
    field, equals, column = text.partition("=")
    if not equals or not field.strip() or not column.strip():
        raise speaking.Stop(f"“{text}” is not FIELD=COLUMN.", field="--map")
    return field.strip(), column.strip()


@contextmanager
def _progress(*, as_json: bool) -> "Iterator[Tell]":
    """Draw a bar on the terminal while a file is read and brought in."""
    from rich.console import Console

    from kept.imports.intake import Step

    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield lambda _step, _done, _total: None
        return
    from rich.progress import Progress

    said = {
        Step.SPLITTING: "Splitting into cells",
        Step.READING: "Reading rows",
        Step.BRINGING: "Bringing rows in",
        Step.LEARNING: "Learning from them",
    }
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task(said[Step.SPLITTING], total=None)
        yield lambda step, done, total: bar.update(
            task, description=said[step], completed=done, total=total or None
        )


def _print(seen: "Preview", made: "Import | None", *, dry_run: bool) -> None:
    verb = "came in" if made is not None else "would come in"
    brought = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (seen.finished, "piece of finished work", "pieces of finished work"),
            (seen.open_work, "piece of open work", "pieces of open work"),
            (seen.promises, "promise given", "promises given"),
        )
        if count
    ]
    rows = "row" if seen.total == 1 else "rows"
    speaking.say(
        f"{seen.file_name}: {seen.used} of {seen.total} {rows} {verb}"
        + (f": {', '.join(brought)}." if brought else ".")
    )
    undated = "open without a date for half a year"
    for count, why in (
        (seen.known, ("is here already", "are here already")),
        (seen.cancelled, ("was called off", "were called off")),
        (seen.old, (f"is {undated}", f"are {undated}")),
        (seen.left_out, ("was left out", "were left out")),
    ):
        if count:
            speaking.say(f"1 row {why[0]}." if count == 1 else f"{count} rows {why[1]}.")
    for question in seen.questions.values():
        speaking.say(f"To be said first: {question}")
    for note in seen.notes:
        speaking.say(note)
    if seen.new_clients:
        speaking.say(f"New clients: {', '.join(seen.new_clients[:SHOWN])}")
    if seen.newcomers:
        speaking.say(
            f"They work here by the file, and are not here yet: {', '.join(seen.newcomers)}. "
            "--add-people adds them."
        )
    for problem in seen.problems[:SHOWN]:
        where = f"row {problem.row}" + (f", {problem.column}" if problem.column else "")
        value = f"“{problem.value}” " if problem.value and problem.value not in problem.why else ""
        speaking.say(f"  {where}: {value}{problem.why}")
    if len(seen.problems) > SHOWN:
        speaking.say(f"  and {len(seen.problems) - SHOWN} more; --json lists them all.")
    if made is None and seen.used and dry_run:
        speaking.say("Nothing was saved. Leave out --dry-run to bring it in.")
    elif made is None and not seen.total:
        speaking.say("Nothing was saved: the file has a header and no rows.")
    elif made is None:
        speaking.say("Nothing was saved: there is nothing in the file that could come in.")
    else:
        speaking.say(f"import {made.pk}")


def _document(seen: "Preview", made: "Import | None", *, dry_run: bool) -> dict[str, Any]:
    return {
        "import": None if made is None else made.pk,
        "dry_run": dry_run,
        "file": seen.file_name,
        "source": seen.source,
        "columns": [column.name for column in seen.header],
        "mapping": seen.layout.said(),
        "questions": seen.questions,
        "notes": list(seen.notes),
        "rows": seen.total,
        "used": seen.used,
        "finished": seen.finished,
        "open": seen.open_work,
        "promises": seen.promises,
        "known": seen.known,
        "cancelled": seen.cancelled,
        "old": seen.old,
        "left_out": seen.left_out,
        "problems": [
            {
                "row": problem.row,
                "column": problem.column,
                "value": problem.value,
                "why": problem.why,
            }
            for problem in seen.problems
        ],
        "names": [
            {"role": use.role, "name": use.name, "rows": use.rows, "means": use.means}
            for use in seen.names
        ],
        "new_clients": list(seen.new_clients),
        "newcomers": list(seen.newcomers),
        "first_dates": seen.first_dates,
        "same_file_at": seen.same_file,
    }

"""What a command says: to people in lines, to scripts as one JSON document, and how it ends."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import typer

#: Exit statuses: the answer is no or a check failed; wrong use or bad input.
NO, WRONG = 1, 2


class Stop(Exception):
    """A command ends early, with a sentence and a status.

    Attributes:
        place: file, row, column or field that is wrong, as far as known.
    """

    def __init__(self, sentence: str, *, status: int = WRONG, **place: Any) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status
        self.place = {name: value for name, value in place.items() if value not in (None, "")}


@contextmanager
def ending(*, as_json: bool) -> Iterator[None]:
    """Say why a command stopped, in the way that was asked for, and end with its status."""
    try:
        yield
    except Stop as stop:
        if as_json:
            document({"error": {"detail": stop.sentence, **stop.place}})
        where = ", ".join(f"{name} {value}" for name, value in stop.place.items())
        aside(f"{where}: {stop.sentence}" if where else stop.sentence)
        raise typer.Exit(stop.status) from stop


def document(content: Any) -> None:
    """Print one JSON document."""
    sys.stdout.write(json.dumps(content, default=_plain, ensure_ascii=False, indent=2) + "\n")


def say(line: str = "") -> None:
    """Print a line of the answer."""
    typer.echo(line)


def aside(line: str) -> None:
    """Print a line that is not part of the answer."""
    typer.echo(line, err=True)


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Sequence[int] = (),
    broken: Sequence[int] = (),
) -> None:
    """Print rows in columns.

    Args:
        right: columns that are set to the right.
        broken: columns whose texts may take several lines.
    """
    from rich import box  # rich takes a while to load, and few commands draw tables
    from rich.console import Console
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for place, name in enumerate(head):
        drawn.add_column(
            name,
            justify="right" if place in right else "left",
            overflow="fold",
            no_wrap=place not in broken,
            min_width=_longest_word(row[place] for row in rows) if place in broken else None,
        )
    for row in rows:
        drawn.add_row(*row)
    console = Console(highlight=False, markup=False, emoji=False)
    console.print(drawn)


#: Longer words are broken where a table is too wide for the terminal.
LONGEST_WORD = 12


def _longest_word(texts: Iterable[str]) -> int:
    words = (len(word) for text in texts for word in text.split())
    return min(max(words, default=0), LONGEST_WORD)


def width() -> int:
    """Return how many signs fit on a line of the terminal; 80 where nobody can say."""
    return shutil.get_terminal_size().columns


def paragraph(text: str, *, indent: int = 0) -> None:
    """Print a sentence that may be long: broken between words, further lines set in."""
    lines = textwrap.wrap(
        text,
        max(width(), 40),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in lines:
        typer.echo(line)


def _plain(value: Any) -> Any:
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
    return str(value)

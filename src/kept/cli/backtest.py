"""`kept backtest`: what would have been forecast for a history file, without a database."""

import csv
import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import JsonOption

if TYPE_CHECKING:
    from kept.engine.backtesting import BacktestReport

#: Larger files are refused before they fill the memory.
MOST_BYTES = 400 * 1024 * 1024
SHOWN = 20
#: Below so many finished pieces a share says less than the counts.
TOO_FEW = 20


def backtest(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The history file.")],
    quantiles: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.csv",
            help="Write row_id,q05,q10,…,q95 of the total effort of every row with an estimate.",
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure forecasts on a history file, without a database."""
    with speaking.ending(as_json=as_json):
        from kept.engine.backtesting import backtest as replay
        from kept.engine.durations import DurationHistory
        from kept.imports.readers import history

        try:
            if file.stat().st_size > MOST_BYTES:
                raise speaking.Stop("It is larger than 400 MB. Split it by year.", file=str(file))
            items, problems = history.read(file.read_bytes())
        except OSError as error:
            raise speaking.Stop(
                f"It cannot be opened: {error.strerror}.", file=str(file)
            ) from error
        except history.NotATable as error:
            raise speaking.Stop(str(error), file=str(file)) from error
        with _progress(as_json=as_json) as tick:
            report = replay(DurationHistory.from_rows(items), progress=tick)
        if quantiles is not None:
            _write(quantiles, report)
        if as_json:
            found = [
                {"row": row.row, "column": row.column, "value": row.value, "why": row.message}
                for row in problems
            ]
            speaking.document({"file": file.name, **report.summary, "problems": found})
            return
        for problem in problems[:SHOWN]:
            speaking.aside(str(problem))
        if len(problems) > SHOWN:
            speaking.aside(f"and {len(problems) - SHOWN} more; --json lists them all.")
        _print(report)


@contextmanager
def _progress(*, as_json: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Draw a bar on the terminal while rows are forecast."""
    from rich.console import Console

    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Forecasting rows", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _write(path: Path, report: "BacktestReport") -> None:
    """Write the quantiles, whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.absolute().parent, newline="", encoding="utf-8", delete=False
        ) as file:
            rows = csv.writer(file)
            rows.writerow(["row_id", *(f"q{round(level * 100):02d}" for level in report.levels)])
            for row_id, values in zip(report.row_ids, report.quantiles.tolist(), strict=True):
                if not math.isnan(values[0]):
                    # In full: a mass point that lost its last digit is no tie any more.
                    rows.writerow([row_id, *(repr(value) for value in values)])
        written = Path(file.name)
        written.chmod(0o644)
        written.replace(path)
    except OSError as error:
        raise speaking.Stop(f"It cannot be written: {error.strerror}.", file=str(path)) from error


def _print(report: "BacktestReport") -> None:
    said, found = report.headline, report.summary
    if not said.scored:
        speaking.say(
            f"{said.rows} rows, and none is finished with both an estimate and an actual: there "
            "is nothing to compare a forecast with."
        )
        return
    speaking.say(
        f"Of {said.scored} finished pieces of work, {said.kept_at_90} took no more than what kept "
        f"would have said at nine in ten{_share(said.kept_at_90, said.scored)}."
    )
    speaking.say(
        f"As estimated it would have been {said.kept_as_estimated}"
        f"{_share(said.kept_as_estimated, said.scored)}, at one and a half times the estimate "
        f"{said.kept_at_half_more}{_share(said.kept_at_half_more, said.scored)}."
    )
    if said.typical_factor is not None:
        speaking.say(
            f"The nine-in-ten figure was typically {said.typical_factor:.2f} times the estimate."
        )
    if not said.is_informative:
        speaking.say(
            f"In {said.exact} of them the actual equals the estimate: this history was filled in "
            "afterwards, and tells nothing about how long work takes."
        )
    if said.undated:
        speaking.say(f"{said.undated} rows have no day of estimate and got the day-one forecast.")
    if said.scored < TOO_FEW:
        speaking.say(f"Fewer than {TOO_FEW} are too few for shares; --json has every figure.")
        return
    speaking.say(
        "Taken no more than was said at 50, 80, 90 and 95 %; for log-CRPS and CRPS less is better; "
        "width is the median of the nine-in-ten figure ÷ actual."
    )
    columns = {"kept": found, **found["baselines"]}
    levels = list(found["coverage"])
    speaking.table(
        ["", *(f"{level} %" for level in levels), "log-CRPS", "CRPS", "width"],
        [
            [
                name.replace("_", " "),
                *(_percent(figures["coverage"][level]) for level in levels),
                _number(figures["log_crps"]),
                _number(figures["crps"]),
                _number(figures["median_p90_over_actual"]),
            ]
            for name, figures in columns.items()
        ],
        right=range(1, 8),
    )
    for what in ("person", "project"):
        worst = found[f"worst_{what}"]
        if worst is not None:
            speaking.say(
                f"The {what} kept least often at 90 %: {worst['name']}, "
                f"{_percent(worst['coverage'])} of {worst['rows']} rows."
            )


def _share(part: int, of: int) -> str:
    return "" if of < TOO_FEW else f" ({_percent(part / of)})"


def _percent(share: Any) -> str:
    return "" if share is None else f"{share * 100:.1f} %"


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.3f}"

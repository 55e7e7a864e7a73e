"""`kept simulate`: the futures of a plan file, without a database."""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from kept.cli import speaking
from kept.cli.acting import JsonOption


def simulate(
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="The plan file.")],
    futures: Annotated[int, typer.Option(help="How many futures to draw.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same answer.")] = 1,
    as_json: JsonOption = False,
) -> None:
    """Draw the futures of a plan file, without a database."""
    with speaking.ending(as_json=as_json):
        try:
            with plan.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise speaking.Stop(
                f"It cannot be opened: {error.strerror}.", file=str(plan)
            ) from error
        from kept import engine
        from kept.engine import planfile

        try:
            planfile.check_numbers(futures=futures, seed=seed)
            situation = planfile.load(data)
        except engine.SituationError as error:
            raise speaking.Stop(error.message, file=str(plan), path=error.path) from error
        with _progress(as_json=as_json) as executor:
            run = engine.simulate(situation, futures=futures, seed=seed, executor=executor)
        answer = run.answer()
        if as_json:
            speaking.document(answer)
        else:
            _print(answer)


#: One byte more than a plan file may have is enough to see that it is too large.
_MOST_BYTES = 10 * 1024 * 1024


class _Counting(ThreadPoolExecutor):
    """Threads that say how many pieces of work are done."""

    def __init__(self, tick: Callable[[int, int], None]) -> None:
        super().__init__()
        self._tick = tick
        self._given = self._done = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        self._given += 1
        future = super().submit(fn, *args, **kwargs)
        future.add_done_callback(self._one_more)
        return future

    def _one_more(self, _future: "Future[Any]") -> None:
        self._done += 1
        self._tick(self._done, self._given)


@contextmanager
def _progress(*, as_json: bool) -> Iterator[ThreadPoolExecutor | None]:
    """Draw a bar on the terminal while futures are drawn."""
    from rich.console import Console

    console = Console(stderr=True)
    if as_json or not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Drawing futures", total=None)
        with _Counting(lambda done, total: bar.update(task, completed=done, total=total)) as pool:
            yield pool


def _print(answer: dict[str, Any]) -> None:
    speaking.table(
        ["Promise", "Chance", "50 %", "80 %", "90 %", "95 %"],
        [
            [
                str(row["id"]),
                "" if row["chance"] is None else _percent(row["chance"]),
                *(_moment(row["finish"], level) for level in ("50", "80", "90", "95")),
            ]
            for row in answer["promises"]
        ],
        broken=[0, 2, 3, 4, 5],
    )
    for row in answer["promises"]:
        for limit in row["limits"]:
            speaking.say(f"{row['id']} waits {limit['days']:g} working days for {limit['what']}")
    speaking.say(
        f"{answer['futures']} futures, seed {answer['seed']}, engine {answer['engine_version']}, "
        f"{answer['seconds']} s"
    )


def _percent(chance: float) -> str:
    """Say a chance as `kept.words` does, without Django's translations."""
    if chance > 0.99:
        return "over 99\u00a0%"
    return "under 1\u00a0%" if chance < 0.01 else f"{math.floor(chance * 100 + 1e-9)}\u00a0%"


def _moment(finish: dict[str, str | None], level: str) -> str:
    text = finish[level]
    return "never" if text is None else text[:16].replace("T", " ")

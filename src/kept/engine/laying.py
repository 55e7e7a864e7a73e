"""An ask beside everything open: laid into what is left free, or run together with it."""

import bisect
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from kept.engine import _kernels, layout
from kept.engine import futures as runs
from kept.engine.futures import Futures
from kept.engine.layout import Weeks
from kept.engine.situation import Ask, Situation

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


class Joint:
    """A situation and an ask, to be run together ranked by any due moment."""

    def __init__(
        self,
        situation: Situation,
        ask: Ask,
        *,
        futures: int,
        seed: int,
        threads: int | None,
        executor: Executor | None,
    ) -> None:
        self.base = situation
        self.futures = futures
        self.seed, self.threads, self.executor = seed, threads, executor
        self.yielding = situation.with_ask(ask, due=None, placement="yields")
        self.by_date = situation.with_ask(ask, due=None, placement="by_date")
        self.people = layout.compile_people(situation)
        self._draft = layout.draft(self.by_date, self.people)
        self.pinned = self.by_date.promises[-1].priority is not None
        self.dues = sorted(
            p.due
            for p in situation.promises
            if p.due is not None and p.priority is None and not p.yields
        )
        self._runs: dict[tuple[int, int, bool], Futures] = {}

    def position(self, due: int) -> int:
        """How many by-date promises rank before this due moment."""
        return -1 if self.pinned else bisect.bisect_right(self.dues, due)

    def ranked(self, due: int) -> Situation:
        promise = replace(self.by_date.promises[-1], due=due)
        return replace(self.by_date, promises=(*self.by_date.promises[:-1], promise))

    def plan(self, due: int) -> layout.Compiled:
        """The arrays of everything together, the ask ranked by ``due``."""
        return self._draft.ordered(self.ranked(due).promises)

    def run(self, due: int, futures: int, *, whole: bool = False) -> Futures:
        """Everything together, the ask ranked by ``due``; equal ranks run once.

        Args:
            whole: with the stages of the ask, and everybody's load.
        """
        key = (self.position(due), futures, whole)
        if key not in self._runs:
            ranked = self.ranked(due)
            self._runs[key] = runs.run(
                ranked,
                self.people,
                self.plan(due),
                futures=futures,
                seed=self.seed,
                threads=self.threads,
                executor=self.executor,
                wanted=(whole, False, whole),
                # Of the stages only the ask's are looked at; all others would fill the memory.
                first=len(self.base.stages),
            )
        return self._runs[key]


def _ask_block(
    team: Ints,
    calendars: Ints,
    plan: layout.Compiled,
    weeks: Weeks,
    seed: int,
    luck: tuple[float, float],
    busy: list[tuple[Any, Any]],
    load: bool,
    low: int,
    high: int,
) -> tuple[Ints, Ints, Ints, Any]:
    n_weeks = runs.weeks_of(weeks) if load else 0
    rows, words = busy[low // runs.CHUNK]
    finish, start, end, _, _, minutes = _kernels.run_block(
        team, calendars, plan.plan, plan.laws, layout.shared_luck(*luck), np.uint64(seed),
        low, high, -1, rows, words, True, False, load, weeks.week_from, weeks.week_start, n_weeks,
    )  # fmt: skip
    return finish, start, end, minutes


@dataclass(frozen=True)
class Laid:
    """An ask laid into what is left free: finish (futures,), its stages, the load with it."""

    finish: Ints
    stage_start: Ints
    stage_finish: Ints
    load_minutes: Any


def lay(
    base: Futures,
    yielding: Situation,
    *,
    threads: int | None,
    executor: Executor | None,
    team: Ints | None = None,
    load: bool = True,
) -> Laid:
    """Lay the last promise of ``yielding`` into what ``base`` leaves free."""
    first = len(base.situation.stages)
    asked = yielding.stages[first:]
    own = {stage.id for stage in asked}
    if any(stage.uses or set(stage.after) - own for stage in asked):
        # What the ask waits for or shares machines with is known only in the whole run.
        people = base.people
        joint = runs.run(
            yielding, people, layout.compile_plan(yielding, people),
            futures=base.futures, seed=base.seed, threads=threads, executor=executor,
            wanted=(True, False, load), team=team, first=first,
        )  # fmt: skip
        return Laid(
            joint.promise_finish[-1], joint.stage_start, joint.stage_finish, joint.load_minutes
        )
    plan = layout.compile_plan(
        yielding, base.people, first_stage=first, first_promise=len(base.situation.promises)
    )
    finish = np.empty(base.futures, dtype=np.int32)
    stage_start, stage_finish = np.empty((2, len(asked), base.futures), dtype=np.int32)
    minutes = base.load_minutes.copy()
    if load:
        # Only people of the ask can be busier than they were.
        minutes[plan.crew] = 0
    for chunk, (finished, started, ended, spent) in runs.in_blocks(
        _ask_block,
        (
            base.people.team if team is None else team,
            base.people.calendars,
            plan,
            base.people.weeks,
            base.seed,
            yielding.luck,
            base.busy,
            load,
        ),
        base.futures,
        threads=threads,
        executor=executor,
    ):
        finish[chunk] = finished[:, 0]
        stage_start[:, chunk] = started.T
        stage_finish[:, chunk] = ended.T
        if load:
            minutes[plan.crew] += spent
    return Laid(finish, stage_start, stage_finish, minutes)

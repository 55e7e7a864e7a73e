"""Many futures of one situation.

In each future every stage draws its work, and event dispatch over people's
working time says when it starts and ends. Luck is keyed by seed, future and
stage, so a stage has the same luck whatever stands beside it.
"""

import math
import os
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kept.engine import ENGINE_VERSION, _kernels, worktime
from kept.engine.layout import (
    Compiled,
    People,
    Weeks,
    compile_people,
    compile_plan,
    shared_luck,
)
from kept.engine.situation import Person, Situation
from kept.engine.worktime import NEVER

MAX_FUTURES = 1_000_000
CHUNK = 50
"""Futures computed in one go by one thread."""

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint16]
Floats = npt.NDArray[np.float64]


def chance_on_time(finish_minutes: npt.NDArray[Any], due_minute: float) -> float:
    """Estimate the chance to finish by a due moment.

    Args:
        finish_minutes: shape (n_futures,), minutes from the situation's start;
            ``NEVER`` counts as late.
        due_minute: same unit and origin.

    Returns:
        A number strictly between 0 and 1.

    Raises:
        ValueError: no futures.

    Source:
        Laplace's rule of succession: (on time + 1) / (all + 2).
    """
    if finish_minutes.size == 0:
        raise ValueError("finish_minutes must hold at least one future")
    on_time = np.count_nonzero(finish_minutes <= min(due_minute, NEVER - 1))
    return float((on_time + 1) / (finish_minutes.size + 2))


def quantile_minute(finish_minutes: npt.NDArray[Any], q: float) -> int:
    """The smallest simulated finish that at least a share ``q`` of futures do not exceed."""
    rank = max(math.ceil(q * finish_minutes.size - 1e-9), 1)
    return int(np.partition(finish_minutes, rank - 1)[rank - 1])


# -- running ----------------------------------------------------------


NOBODY: Ints = np.empty((0, 1), dtype=np.int32)
NEVER_BUSY: Words = np.empty(0, dtype=np.uint16)
"""The stretches of nobody, where nothing is laid into what a plan leaves free."""


class Block(NamedTuple):
    """What one chunk of futures gives back."""

    promise_finish: Ints
    stage_start: Ints
    stage_finish: Ints
    busy_from: Ints
    busy: Words
    load: Longs


def weeks_of(weeks: Weeks) -> int:
    """How many weeks the load of people has room for."""
    return int(np.diff(weeks.week_from).max(initial=1))


def _run_block(
    team: Ints,
    calendars: Ints,
    plan: Compiled,
    weeks: Weeks,
    seed: int,
    luck: tuple[float, float],
    wanted: tuple[bool, bool, bool],
    low: int,
    high: int,
) -> Block:
    """Simulate futures ``low`` to ``high - 1``; a plain function, so any executor can run it."""
    stages, busy, load = wanted
    n_weeks = weeks_of(weeks) if load else 0
    made = _kernels.run_block(
        team, calendars, plan.plan, plan.laws, shared_luck(*luck), np.uint64(seed), low,
        high, -1, NOBODY, NEVER_BUSY, stages, busy, load, weeks.week_from, weeks.week_start,
        n_weeks,
    )  # fmt: skip
    return Block(*made)


def in_blocks(
    run: Callable[..., Any],
    arguments: tuple[Any, ...],
    futures: int,
    *,
    threads: int | None,
    executor: Executor | None,
) -> Iterator[tuple[slice, Any]]:
    """Call ``run(*arguments, low, high)`` for chunks of futures.

    Yields:
        Which futures, and what came of them, in order; each is let go of before the next, so
        that all of them never stand beside what is made of them.
    """
    edges = [(low, min(low + CHUNK, futures)) for low in range(0, futures, CHUNK)]
    count = threads if threads is not None else cores()
    if executor is None and (count <= 1 or len(edges) == 1):
        for low, high in edges:
            yield slice(low, high), run(*arguments, low, high)
    elif executor is None:
        with ThreadPoolExecutor(min(count, len(edges))) as pool:
            yield from in_blocks(run, arguments, futures, threads=threads, executor=pool)
    else:
        jobs = deque(executor.submit(run, *arguments, low, high) for low, high in edges)
        for low, high in edges:
            yield slice(low, high), jobs.popleft().result()


def cores() -> int:
    """How many cores there are to compute on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_futures(futures: int, seed: int) -> None:
    """Refuse numbers that no answer can be computed from.

    Raises:
        ValueError: futures outside 1 to a million, or a seed outside 0 to 2**63 - 1.
    """
    if isinstance(futures, bool) or not isinstance(futures, int) or not 1 <= futures <= MAX_FUTURES:
        raise ValueError(f"futures must be a whole number from 1 to {MAX_FUTURES}, not {futures!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"seed must be a whole number from 0 to 2**63 - 1, not {seed!r}")


def simulate(
    situation: Situation,
    *,
    futures: int = 1000,
    seed: int = 1,
    threads: int | None = None,
    executor: Executor | None = None,
    stages: bool = True,
    load: bool = True,
    busy: bool = False,
) -> "Futures":
    """Simulate many futures of a situation.

    Args:
        futures: how many, 1 to a million.
        seed: 0 to 2**63 - 1; the same seed gives the same futures.
        threads: how many to use; by default one for each core.
        executor: runs the chunks instead of threads of our own.
        stages, load, busy: whether to keep each stage's start and finish, the
            working time spent by person and week, and when people are busy.

    Returns:
        The futures, the same for any number of threads and any executor.

    Raises:
        ValueError: futures or seed out of range.
    """
    check_futures(futures, seed)
    began = time.perf_counter()
    people = compile_people(situation)
    plan = compile_plan(situation, people)
    return run(
        situation, people, plan, futures=futures, seed=seed, threads=threads, executor=executor,
        wanted=(stages, busy, load), began=began,
    )  # fmt: skip


def run(
    situation: Situation,
    people: People,
    plan: Compiled,
    *,
    futures: int,
    seed: int,
    threads: int | None = None,
    executor: Executor | None = None,
    wanted: tuple[bool, bool, bool] = (False, False, False),
    began: float | None = None,
    team: Ints | None = None,
    first: int = 0,
) -> "Futures":
    """Simulate arrays that are compiled already.

    Args:
        first: of the stages, keep only those from this one on.
    """
    began = time.perf_counter() if began is None else began
    used = people.team if team is None else team
    promise_finish = np.empty((len(situation.promises), futures), dtype=np.int32)
    kept = len(situation.stages) - first if wanted[0] else 0
    stage_start, stage_finish = np.empty((2, kept, futures), dtype=np.int32)
    busy = []
    n_weeks = weeks_of(people.weeks)
    load = np.zeros((len(situation.people), n_weeks) if wanted[2] else (0, 0), dtype=np.int64)
    for chunk, block in in_blocks(
        _run_block,
        (used, people.calendars, plan, people.weeks, seed, situation.luck, wanted),
        futures,
        threads=threads,
        executor=executor,
    ):
        promise_finish[:, chunk] = block.promise_finish.T
        if kept:
            stage_start[:, chunk] = block.stage_start[:, first:].T
            stage_finish[:, chunk] = block.stage_finish[:, first:].T
        if wanted[1]:
            busy.append((block.busy_from, block.busy))
        if wanted[2]:
            load[plan.crew] += block.load
    return Futures(
        situation=situation,
        people=people,
        plan=plan,
        futures=futures,
        seed=seed,
        promise_finish=promise_finish,
        stage_start=stage_start,
        stage_finish=stage_finish,
        busy=busy,
        load_minutes=load,
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True)
class Futures:
    """Many futures of one situation.

    Attributes:
        promise_finish: shape (n_promises, futures), minutes from the start; ``NEVER``
            for what is not finished within ten years.
        stage_start, stage_finish: shape (n_stages, futures), or (0, futures) if not kept.
        busy: for each chunk of futures, people's busy stretches in words, and where those
            of each person begin; empty if not kept. See :meth:`stretches`.
        load_minutes: shape (n_people, n_weeks), working minutes spent, summed over
            the futures, by ISO week of the person's zone; (0, 0) if not kept.
    """

    situation: Situation
    people: People = field(repr=False)
    plan: Compiled = field(repr=False)
    futures: int
    seed: int
    promise_finish: Ints = field(repr=False)
    stage_start: Ints = field(repr=False)
    stage_finish: Ints = field(repr=False)
    busy: list[tuple[Ints, Words]] = field(repr=False)
    load_minutes: Longs = field(repr=False)
    seconds: float

    @cached_property
    def _promise_index(self) -> dict[str, int]:
        return {promise.id: i for i, promise in enumerate(self.situation.promises)}

    @cached_property
    def _stage_index(self) -> dict[str, int]:
        return {stage.id: i for i, stage in enumerate(self.situation.stages)}

    def finish(self, promise_id: str) -> Ints:
        """Finish of a promise in each future, shape (futures,).

        Raises:
            KeyError: no such promise.
        """
        finish: Ints = self.promise_finish[self._promise_index[promise_id]]
        return finish

    def stage(self, stage_id: str) -> tuple[Ints, Ints]:
        """Start and finish of a stage in each future.

        Raises:
            KeyError: no such stage.
            ValueError: stages were not kept.
        """
        if not self.stage_start.shape[0]:
            raise ValueError("the stages of these futures were not kept")
        index = self._stage_index[stage_id]
        return self.stage_start[index], self.stage_finish[index]

    def chance(self, promise_id: str, due_minute: int | None = None) -> float | None:
        """The chance that a promise is kept by a minute, its own due moment by default."""
        if due_minute is None:
            due_minute = self.situation.promises[self._promise_index[promise_id]].due
            if due_minute is None:
                return None
        return chance_on_time(self.finish(promise_id), due_minute)

    def quantile(self, promise_id: str, q: float) -> int:
        """The smallest simulated finish that at least a share ``q`` of futures do not exceed."""
        return quantile_minute(self.finish(promise_id), q)

    def stretches(self, person: int) -> tuple[Longs, Ints, Ints]:
        """When a person, by number, is busy.

        Returns:
            How many stretches there are in each future, shape (futures,), and where each
            begins and ends, future by future.
        """
        counts, begins, ends = [], [], []
        for rows, words in self.busy:
            low, high = rows[:, person].astype(np.int64), rows[:, person + 1].astype(np.int64)
            sizes = high - low
            first = np.cumsum(sizes) - sizes
            at = np.repeat(low - first, sizes) + np.arange(sizes.sum())
            passed = words[at].astype(np.int64)
            sums = np.concatenate(([0], np.cumsum(passed)))
            minutes = sums[1:] - np.repeat(sums[first], sizes)
            whole = passed != _kernels.LONG
            edges = minutes[whole].astype(np.int32)
            begins.append(edges[::2])
            ends.append(edges[1::2])
            written = np.concatenate(([0], np.cumsum(whole)))
            counts.append((written[first + sizes] - written[first]) >> 1)
        return np.concatenate(counts), np.concatenate(begins), np.concatenate(ends)

    def load(self, person_id: str) -> list[dict[str, Any]]:
        """Mean hours of promised work by ISO week: ``week``, ``hours``, ``load``, ``usable``.

        ``load`` is the share of the week's usable hours; weeks without work spent are left out.
        """
        if not self.load_minutes.shape[0]:
            raise ValueError("the load of these futures was not kept")
        index = self.people.index[person_id]
        person = self.situation.people[index]
        calendar = self.people.calendar_of(index)
        weeks = self.people.weeks
        starts = weeks.week_start[weeks.week_from[calendar] : weeks.week_from[calendar + 1]]
        minutes = self.load_minutes[index] / self.futures
        rows = []
        at_work = self.situation.calendar(person)
        for week in np.flatnonzero(minutes):
            usable = at_work.minutes_between(max(int(starts[week]), 0), int(starts[week + 1]))
            rows.append(
                {
                    "week": worktime.week_label(weeks.first[calendar], int(week)),
                    "hours": round(float(minutes[week]) * person.share / 60, 2),
                    "load": round(float(minutes[week]) / usable, 4) if usable else 0.0,
                    "usable": round(usable * person.share / 60, 2),
                }
            )
        return rows

    def answer(self, *, limits: bool = True) -> dict[str, Any]:
        """The answer of the plan file, ready for JSON."""
        from kept.engine import answers  # it is written in terms of this class

        return answers.answer(self, limited=limits)


# -- the same situation asked again -----------------------------------


_CACHE: "OrderedDict[tuple[Any, ...], Futures]" = OrderedDict()
_CACHE_LOCK = threading.Lock()
CACHED = 4
"""How many situations stay warm."""


def base_futures(
    situation: Situation,
    *,
    futures: int,
    seed: int,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Futures:
    """The futures of a plan with people's busy stretches, kept for the next ask.

    They are found again by the plan's fingerprint: exactly as long as the plan is the same.
    """
    key = (ENGINE_VERSION, situation.fingerprint, futures, seed)
    with _CACHE_LOCK:
        found = _CACHE.get(key)
        if found is not None:
            _CACHE.move_to_end(key)
            return found
    made = simulate(
        situation, futures=futures, seed=seed, threads=threads, executor=executor,
        stages=False, load=True, busy=True,
    )  # fmt: skip
    with _CACHE_LOCK:
        _CACHE[key] = made
        while len(_CACHE) > CACHED:
            _CACHE.popitem(last=False)
    return made


def warm() -> None:
    """Compile, or load from the cache, every kernel."""
    # What is compiled for them is loaded with them, and both stand on this module.
    from kept.engine import dates, durations
    from kept.engine.situation import Ask

    situation = Situation.from_document(
        {
            "start": "2026-01-05T09:00+00:00",
            "people": [{"id": "a", "skills": ["x"], "week": {"mon": [["09:00", "17:00"]]}}],
            "promises": [{"id": "p", "due": "2026-01-12T17:00+00:00"}],
            "stages": [{"id": "s", "promise": "p", "needs": {"x": 1}, "effort": 4}],
        }
    )
    wanted = datetime.fromisoformat("2026-01-19T17:00+00:00")
    ask = Ask({"id": "q"}, [{"id": "t", "people": ["a"], "effort": 2}])
    dates.find_dates(situation, ask, due_candidates=[wanted], wanted=wanted, futures=8)
    # Last, so that a process which compiles the learner meanwhile has kept it by now.
    durations.warm()


def person_named(situation: Situation, person_id: str) -> Person:
    """The person of this id.

    Raises:
        KeyError: there is none.
    """
    for person in situation.people:
        if person.id == person_id:
            return person
    raise KeyError(person_id)

"""Two roads to a date earlier than advised: break it now and then, or work overtime.

Overtime is work on the ask outside the working week. In each future it takes its
share of the ask's drawn work out of people's calendars; everything else runs as it
does for the date itself, with the same luck.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from kept.engine import futures as runs
from kept.engine import gauging, layout
from kept.engine.effects import Effect, compared
from kept.engine.futures import Futures, chance_on_time
from kept.engine.layout import People
from kept.engine.situation import Ask, Situation, Stage

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]

ROAD_FUTURES = 400
"""Futures that the two roads are walked in: the first ones of the answer's own."""

STEPS = 8
"""Overtime is tried in this many steps of the ask's work."""

PER_NIGHT = 4.0
"""Hours of overtime that one person can put into a stage between two days."""

ENOUGH_KEPT = 0.98
"""Once this share of futures keeps the date, no more overtime is tried."""

TRIAL_FUTURES, TRIAL_SHARE = 100, 0.25
WORTH = 0.25
"""A stage gets overtime if an hour of it gains this share of what the best stage's gains."""


@dataclass(frozen=True)
class Roads:
    """What a date costs that is earlier than advised.

    Attributes:
        due: the date; the ask is ranked by it.
        breaks: road one, the chance to break it without overtime.
        hours: road two, shape (futures,): hours outside the working week that all
            people on the ask put in together so that the date is kept in that future;
            0 where it is kept anyway, ``inf`` where overtime does not keep it.
        effects: what promises given pay at ``confidence``: overtime is worked in the
            futures that it keeps, and the others are as they are without.
    """

    due: datetime
    breaks: float
    hours: Floats = field(repr=False)
    effects: tuple[Effect, ...]
    confidence: float

    def overtime(self, q: float) -> float | None:
        """The hours with which the date is kept at a chance of ``q``; None if none do."""
        rank = max(math.ceil(q * (self.hours.size + 2) - 1 - 1e-9), 1)
        if rank > self.hours.size:
            return None
        hours = float(np.partition(self.hours, rank - 1)[rank - 1])
        return hours if math.isfinite(hours) else None

    def chance(self, hours: float) -> float:
        """The chance to keep the date if up to so many hours of overtime are worked."""
        return chance_on_time(np.where(self.hours <= hours + 1e-9, 0, 1), 0)


def two_roads(
    situation: Situation,
    ask: Ask,
    *,
    due: datetime,
    confidence: float = 0.90,
    line: float = 0.80,
    futures: int = 1000,
    seed: int = 1,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Roads:
    """Find what keeping an early date costs, and what promising it anyway means.

    Overtime is tried step by step on the stages where it gains most, then on all of
    them; in each future the least that keeps the date counts. On a stage it is limited
    to ``PER_NIGHT`` hours a person for each night between the moment the stage could
    begin and the moment the next one does.

    Raises:
        SituationError: the ask does not fit the situation.
        ValueError: numbers out of range.
    """
    runs.check_futures(futures, seed)
    walk = _Walk(
        situation, ask, due, min(futures, ROAD_FUTURES), seed, threads, executor
    )  # fmt: skip
    base = runs.base_futures(
        situation, futures=futures, seed=seed, threads=threads, executor=executor
    )
    whole = walk.run(np.zeros(walk.n), base.futures)
    n = walk.futures
    plain = replace(
        whole,
        futures=n,
        promise_finish=whole.promise_finish[:, :n],
        stage_start=whole.stage_start[:, :n],
        stage_finish=whole.stage_finish[:, :n],
    )
    hours = np.where(plain.promise_finish[-1] <= walk.due, 0.0, np.inf)
    after = plain.promise_finish.copy()
    work = gauging.work_of(plain, walk.first).astype(np.float64) / 60
    for shares in walk.paths(plain, work):
        earlier, done_before, open_before = plain, np.zeros(n), walk.open_hours(plain, work)
        gained = -1
        for step in range(1, STEPS + 1):
            share = step / STEPS
            run = walk.run(shares * share)
            spent = (work * shares[:, None] * walk.heads[:, None]).sum(axis=0) * share
            # Between this step and the one before, what was still open says how much is needed.
            needed = np.clip(done_before + open_before, done_before, spent)
            part = np.divide(needed, spent, out=np.ones(n), where=spent > 0)
            between = np.clip(1 - (1 - part) * step, 0, 1)
            kept = run.promise_finish[-1] <= walk.due
            kept &= walk.possible(
                work * shares[:, None] * share * part[None, :], earlier, run, between
            )
            better = kept & (needed < hours)
            hours = np.where(better, needed, hours)
            after = np.where(better[None, :], run.promise_finish, after)
            kept_now = int(np.isfinite(hours).sum())
            if kept_now >= ENOUGH_KEPT * n or (kept_now == gained and step > STEPS / 2):
                break
            gained, earlier, done_before = kept_now, run, spent
            open_before = walk.open_hours(run, work * (1 - shares * share)[:, None])
        if np.isfinite(hours).sum() >= ENOUGH_KEPT * n:
            break
    roads = Roads(
        due=due,
        breaks=1 - chance_on_time(whole.promise_finish[-1], walk.due),
        hours=hours,
        effects=(),
        confidence=confidence,
    )
    worked = roads.overtime(confidence)
    agreed = hours <= (0.0 if worked is None else worked)
    finish = np.where(agreed[None, :], after, plain.promise_finish)
    effects = compared(situation, base.promise_finish, whole.promise_finish, then=finish, line=line)
    return replace(roads, effects=effects)


def chances(
    situation: Situation,
    asks: Sequence[Ask],
    *,
    due: datetime,
    confidence: float,
    futures: int = TRIAL_FUTURES,
    seed: int = 1,
) -> list[tuple[float, int]]:
    """Compare forms of one ask, ranked by one date, in few futures.

    Returns:
        For each, the chance to keep the date, and the minute that its end does not
        exceed at the confidence.
    """
    found = []
    people = layout.compile_people(situation)
    for ask in asks:
        # So few futures are simulated sooner than a thread starts.
        walk = _Walk(situation, ask, due, futures, seed, 1, None, people)
        finish = walk.run(np.zeros(walk.n)).promise_finish[-1]
        found.append((chance_on_time(finish, walk.due), runs.quantile_minute(finish, confidence)))
    return found


class _Walk:
    """An ask ranked by its date, to be run with shares of its stages done out of hours."""

    def __init__(
        self,
        situation: Situation,
        ask: Ask,
        due: datetime,
        futures: int,
        seed: int,
        threads: int | None,
        executor: Executor | None,
        people: People | None = None,
    ) -> None:
        self.asked = situation.with_ask(ask, due=due, placement="by_date")
        self.due = situation.minute(due)
        self.futures = futures
        self.more = {"seed": seed, "threads": threads, "executor": executor}
        self.people = layout.compile_people(situation) if people is None else people
        self.first = len(situation.stages)
        self.stages = self.asked.stages[self.first :]
        self.n = len(self.stages)
        self.heads = np.array([_heads(stage) for stage in self.stages], dtype=np.float64)
        number = {stage.id: i for i, stage in enumerate(self.stages)}
        self.before = [[number[x] for x in s.after if x in number] for s in self.stages]
        self.then = [
            [i for i, names in enumerate(self.before) if k in names] for k in range(self.n)
        ]
        self.owners = [self._somebody(stage) for stage in self.stages]

    def _somebody(self, stage: Stage) -> Any:
        """Who works on a stage, or one of those who can; None for what arrives."""
        named = stage.people + stage.begun_by
        skills = {skill for skill, _ in stage.needs}
        for person in self.asked.people:
            if person.id in named or (not named and skills.intersection(person.skills)):
                return person
        return None

    def run(self, out: Floats, futures: int | None = None) -> Futures:
        """Everything together, with a share ``out`` of each of the ask's stages out of hours."""
        stages = tuple(
            replace(stage, done=1 - (1 - stage.done) * (1 - float(share)))
            if share > 0 and stage.arrives is None
            else stage
            for stage, share in zip(self.stages, out, strict=True)
        )
        asked = replace(self.asked, stages=(*self.asked.stages[: self.first], *stages))
        return runs.run(
            asked,
            self.people,
            layout.compile_plan(asked, self.people),
            futures=self.futures if futures is None else futures,
            wanted=(True, False, False),
            first=self.first,
            **self.more,  # type: ignore[arg-type] # a seed, threads and an executor by name
        )

    def paths(self, plain: Futures, work: Floats) -> Iterator[Floats]:
        """Which stages get overtime: those where it gains most, then all."""
        few = min(TRIAL_FUTURES, self.futures)
        late = np.clip(plain.promise_finish[-1][:few].astype(np.int64) - self.due, 0, None)
        gain = np.zeros(self.n)
        able = np.array([stage.arrives is None for stage in self.stages])
        for k in np.flatnonzero(able) if able.sum() > 1 else ():
            out = np.zeros(self.n)
            out[k] = TRIAL_SHARE
            run = self.run(out, few)
            finish = run.promise_finish[-1].astype(np.int64)
            spent = TRIAL_SHARE * work[k, :few].mean() * self.heads[k]
            left = np.clip(finish - self.due, 0, None)
            fits = self.possible(work[:, :few] * out[:, None], run, run, np.ones(few))
            gain[k] = float(((late - left) * fits).mean()) / spent if spent > 0 else 0.0
        chosen = able & (gain >= WORTH * gain.max()) & (gain > 0)
        if 0 < chosen.sum() < able.sum():
            yield chosen.astype(np.float64)
        yield able.astype(np.float64)

    def possible(
        self, hours: Floats, earlier: Futures, run: Futures, between: Floats
    ) -> npt.NDArray[np.bool_]:
        """The futures in which there are nights enough for so many hours on each stage.

        Args:
            hours: shape (n_stages, futures), for each person on the stage.
            earlier, run: with a little less overtime, and with a little more.
            between: shape (futures,), how far from the one to the other, 0 to 1.
        """

        def moment(of_earlier: Any, of_run: Any) -> Longs:
            part = between * (of_run.astype(np.float64) - of_earlier)
            minutes: Longs = np.floor(of_earlier + part).astype(np.int64)
            return minutes

        fits = np.ones(run.futures, dtype=np.bool_)
        for k, stage in enumerate(self.stages):
            if stage.arrives is not None:
                continue
            ready = np.zeros(run.futures, dtype=np.int64)
            for other in self.before[k]:
                ended = moment(earlier.stage_finish[other], run.stage_finish[other])
                ready = np.maximum(ready, ended)
            # It may end as late as what comes after it begins, or at the date itself.
            until = np.full(run.futures, self.due, dtype=np.int64)
            for other in self.then[k]:
                begun = moment(earlier.stage_start[other], run.stage_start[other])
                until = np.minimum(until, begun)
            shift = self._shift(self.owners[k])
            nights = (until + shift) // 1440 - (np.minimum(ready, until) + shift) // 1440
            fits &= hours[k] <= PER_NIGHT * nights + 1e-9
        return fits

    def _shift(self, person: Any) -> int:
        """Minutes from local midnight to the start, so that nights can be counted."""
        zone = self.asked.start.tzinfo if person is None else ZoneInfo(person.zone)
        local = self.asked.start.astimezone(zone)
        return local.hour * 60 + local.minute

    def open_hours(self, run: Futures, work: Floats) -> Floats:
        """Hours of the ask's work inside the working week that are still open at the date.

        Args:
            work: shape (n_stages, futures), hours left to the working week.
        """
        hours = np.zeros(run.futures)
        for k, stage in enumerate(self.stages):
            if stage.arrives is not None or self.owners[k] is None:
                continue
            calendar = self.asked.calendar(self.owners[k])
            before = np.concatenate(([0], np.cumsum(calendar.ends - calendar.starts)))
            start = run.stage_start[k].astype(np.int64)
            began = gauging.worked(calendar, before, start)
            ended = gauging.worked(calendar, before, run.stage_finish[k].astype(np.int64))
            there = gauging.worked(calendar, before, np.full_like(start, self.due))
            whole = np.maximum(ended - began, 1)
            passed = np.where(
                run.stage_finish[k] <= self.due, whole, np.clip(there - began, 0, whole)
            )
            hours += work[k] * self.heads[k] * (whole - passed) / whole
        return hours


def _heads(stage: Stage) -> int:
    named = len(set(stage.people + stage.begun_by))
    return max(named, 0 if stage.begun_by else sum(count for _, count in stage.needs), 1)

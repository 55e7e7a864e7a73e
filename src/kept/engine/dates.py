"""Which date can be promised, what limits it, and who would pay for it.

Two answers. *Without disturbing anyone*: the ask uses what everything open
leaves free, computed against people's busy stretches in each future. *In its
place by date*: the ask competes by its due moment, and everything runs again.
"""

import functools
import itertools
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np

from kept.engine import ENGINE_VERSION, layout, limits
from kept.engine import futures as runs
from kept.engine.effects import Effect, compared
from kept.engine.futures import Futures, chance_on_time
from kept.engine.gauging import Gauge, Overtime, gauges_of, overtime_of
from kept.engine.laying import Joint, Laid, lay
from kept.engine.limits import Limit
from kept.engine.placing import Placed, search
from kept.engine.situation import Ask, Situation
from kept.engine.worktime import NEVER

SHOWN = (0.5, 0.8, 0.9, 0.95)

LIMIT_FUTURES = 300
"""Futures, at most, that a limit is measured on."""


@dataclass(frozen=True)
class Dates:
    """Everything a check says.

    Attributes:
        without: the ask using only what is left free; nobody pays.
        in_place: the ask at the earliest moment it can be ranked by, or None.
        advised: ``without``, ``in_place`` or None: the one with the earlier date.
        due: the advised moment, None if there is none.
        curve: candidates and chances of the advised placement.
        dates: the first candidate at 0.5, 0.8, 0.9 and 0.95 of that placement.
        chance_wanted, effects_wanted: of the run ranked by the wanted moment.
        overtime, gauges: computed when they are first looked at.
        load_without, load_with: rows by person and week, as of :meth:`Futures.load`;
            computed when they are first looked at.
    """

    without: Placed
    in_place: Placed | None
    advised: str | None
    due: datetime | None
    curve: tuple[tuple[datetime, float], ...]
    dates: dict[float, datetime | None]
    wanted: datetime | None
    chance_wanted: float | None
    effects_wanted: tuple[Effect, ...]
    effects_advised: tuple[Effect, ...]
    limits: tuple[Limit, ...]
    unbacked: tuple[str, ...]
    """Stages that wait for somebody outside without a recorded promise of theirs."""
    confidence: float
    line: float
    futures: int
    seed: int
    engine_version: str
    fingerprint: str
    _joint: Joint = field(repr=False, compare=False)
    _base: Futures = field(repr=False, compare=False)

    @functools.cached_property
    def overtime(self) -> Overtime | None:
        """Hours of the ask still open at the wanted moment; None where none is wanted."""
        if self.wanted is None:
            return None
        at = self._joint.base.minute(self.wanted)
        return overtime_of(self._joint, self._joint.run(at, self.futures, whole=True), at)

    @functools.cached_property
    def gauges(self) -> tuple[Gauge, ...]:
        """Hours needed of each person and skill, and free until the moment in question."""
        until = self.wanted or self.due or self.without.candidates[-1]
        return gauges_of(self._joint, self._base, until)

    @functools.cached_property
    def load_without(self) -> dict[str, list[dict[str, Any]]]:
        return _load(self._base, self._base.load_minutes)

    @functools.cached_property
    def load_with(self) -> dict[str, list[dict[str, Any]]]:
        joint = self._joint
        if self.advised == "in_place" and self.due is not None:
            run = joint.run(joint.base.minute(self.due), self.futures, whole=True)
            return _load(self._base, run.load_minutes)
        laid = lay(self._base, joint.yielding, threads=joint.threads, executor=joint.executor)
        return _load(self._base, laid.load_minutes)

    @property
    def shown(self) -> Placed:
        """The placement the curve comes from."""
        return self.in_place if self.advised == "in_place" and self.in_place else self.without

    def at(self, q: float) -> datetime | None:
        """The first moment with a chance of at least ``q`` in the advised placement."""
        return self.shown.at(q)

    def effect_on(self, promise_id: str) -> Effect | None:
        """What a given promise pays at the advised moment; None if it has no due moment."""
        return next((e for e in self.effects_advised if e.promise_id == promise_id), None)


def find_dates(
    situation: Situation,
    ask: Ask,
    *,
    due_candidates: Sequence[datetime],
    wanted: datetime | None = None,
    confidence: float = 0.90,
    line: float = 0.80,
    futures: int = 1000,
    seed: int = 1,
    limits: bool = True,
    threads: int | None = None,
    executor: Executor | None = None,
) -> Dates:
    """Find the dates an ask can be promised for.

    Args:
        due_candidates: ascending aware moments a promise can be given for.
        wanted: the moment the client would like.
        confidence: the chance a date is advised at, between 0 and 1.
        line: the chance no promise given may fall below.
        limits: whether to work out what holds the date back.

    Returns:
        Both answers, the advised one, and what it rests on.

    Raises:
        SituationError: the ask does not fit the situation; paths begin with ``ask``.
        ValueError: no candidates or not ascending, or numbers out of range.
    """
    runs.check_futures(futures, seed)
    if not 0 < confidence < 1 or not 0 < line < 1:
        raise ValueError("confidence and line must lie between 0 and 1")
    candidates = tuple(due_candidates)
    minutes = [situation.minute(moment) for moment in candidates]
    if not minutes or any(b <= a for a, b in itertools.pairwise(minutes)):
        raise ValueError("due_candidates must be at least one moment, in ascending order")
    joint = Joint(situation, ask, futures=futures, seed=seed, threads=threads, executor=executor)
    base = runs.base_futures(
        situation, futures=futures, seed=seed, threads=threads, executor=executor
    )
    laid = lay(base, joint.yielding, threads=threads, executor=executor, load=False)
    without = Placed(situation, candidates, None, laid.finish)

    in_place = None
    found = search(joint, base, minutes, confidence=confidence, line=line)
    if found is not None:
        ranked = joint.run(minutes[found], futures)
        in_place = Placed(
            situation,
            candidates,
            candidates[found],
            ranked.promise_finish[-1],
            compared(situation, base.promise_finish, ranked.promise_finish, line=line),
        )
    free_on = without.at(confidence)
    if in_place is not None and (free_on is None or candidates[found or 0] < free_on):
        advised, due = "in_place", in_place.due
    elif free_on is not None:
        advised, due = "without", free_on
    else:
        advised, due = None, None
    shown = in_place if advised == "in_place" and in_place is not None else without

    chance_wanted: float | None = None
    effects_wanted: tuple[Effect, ...] = ()
    if wanted is not None:
        at = situation.minute(wanted)
        asked = joint.run(at, futures)
        chance_wanted = chance_on_time(asked.promise_finish[-1], at)
        effects_wanted = compared(situation, base.promise_finish, asked.promise_finish, line=line)
    first = len(situation.stages)
    return Dates(
        without=without,
        in_place=in_place,
        advised=advised,
        due=due,
        curve=tuple((moment, shown.chance(moment)) for moment in candidates),
        dates={q: shown.at(q) for q in SHOWN},
        wanted=wanted,
        chance_wanted=chance_wanted,
        effects_wanted=effects_wanted,
        effects_advised=() if shown is without else shown.effects,
        limits=_limits(joint, laid, due, minutes, advised=advised, confidence=confidence)
        if limits
        else (),
        unbacked=tuple(
            stage.id
            for stage in joint.yielding.stages[first:]
            if stage.arrives is not None and not stage.arrives.backed
        ),
        confidence=confidence,
        line=line,
        futures=futures,
        seed=seed,
        engine_version=ENGINE_VERSION,
        fingerprint=situation.fingerprint,
        _joint=joint,
        _base=base,
    )


def _load(base: Futures, minutes: Any) -> dict[str, list[dict[str, Any]]]:
    shown = replace(base, load_minutes=minutes)
    return {person.id: shown.load(person.id) for person in base.situation.people}


def effect_of(
    situation: Situation,
    ask: Ask,
    *,
    due: datetime,
    line: float = 0.80,
    futures: int = 1000,
    seed: int = 1,
    threads: int | None = None,
    executor: Executor | None = None,
) -> tuple[Effect, ...]:
    """Who pays if the ask competes by this due moment.

    Returns:
        One effect for every promise and hold with a due moment, in the plan's order.

    Raises:
        SituationError: the ask does not fit the situation.
    """
    runs.check_futures(futures, seed)
    joint = Joint(situation, ask, futures=futures, seed=seed, threads=threads, executor=executor)
    base = runs.base_futures(
        situation, futures=futures, seed=seed, threads=threads, executor=executor
    )
    ranked = joint.run(situation.minute(due), futures)
    return compared(situation, base.promise_finish, ranked.promise_finish, line=line)


def _limits(
    joint: Joint,
    laid: Laid,
    due: datetime | None,
    marks: Sequence[int],
    *,
    advised: str | None,
    confidence: float,
) -> tuple[Limit, ...]:
    """Lift one limit at a time on the same futures; days at the asked confidence."""
    few = min(LIMIT_FUTURES, joint.futures)
    if advised == "in_place" and due is not None:
        minute = joint.base.minute(due)
        whole, plan = joint.ranked(minute), joint.plan(minute)
        plain = joint.run(minute, joint.futures).promise_finish[-1:, :few]
    else:
        whole = joint.yielding
        plan = layout.compile_plan(whole, joint.people)
        plain = laid.finish[np.newaxis, :few]
    ask = len(whole.promises) - 1
    was = runs.quantile_minute(plain[0], confidence)
    until = was if was < NEVER else marks[-1]
    causes = list(limits.of_promise(whole, joint.people, plan, ask, until=until))
    days = limits.days_of(
        causes, plain, marks, q=confidence, seed=joint.seed, luck=whole.luck,
        only=ask, threads=joint.threads, executor=joint.executor,
    )  # fmt: skip
    found = [cause.limit(by) for cause, (by,) in zip(causes, days, strict=True) if by]
    return tuple(sorted(found, key=lambda limit: -limit.days))

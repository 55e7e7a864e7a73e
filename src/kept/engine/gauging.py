"""Hours of an ask: still open at a moment, needed of whom, and free."""

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from kept.engine import _kernels, layout
from kept.engine.futures import Futures
from kept.engine.laying import Joint
from kept.engine.situation import Stage
from kept.engine.worktime import Calendar

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Overtime:
    """Hours of the ask's work still open at the wanted moment, future by future.

    Attributes:
        hours: shape (futures,), 0 where it is done.
    """

    hours: npt.NDArray[np.float64] = field(repr=False)

    @property
    def mean(self) -> float:
        return float(self.hours.mean())

    def quantile(self, q: float) -> float:
        rank = max(math.ceil(q * self.hours.size - 1e-9), 1)
        return float(np.partition(self.hours, rank - 1)[rank - 1])


@dataclass(frozen=True)
class Gauge:
    """Hours of one skill, or of one named person, before a moment.

    Attributes:
        kind: ``skill`` or ``person``.
        needed: mean hours the ask needs of it.
        free: mean usable hours that everything open leaves free.
        usable: usable hours in all.
    """

    kind: str
    id: str
    needed: float
    free: float
    usable: float


def overtime_of(joint: Joint, run: Futures, due: int) -> Overtime:
    """Hours of the ask's work that are not done by ``due``, in each future."""
    first = len(joint.base.stages)
    hours = np.zeros(run.futures)
    work = work_of(run, first)
    for k, stage in enumerate(joint.by_date.stages[first:]):
        if stage.arrives is not None:
            continue
        start = run.stage_start[k].astype(np.int64)
        finish = run.stage_finish[k].astype(np.int64)
        heads = max(len(set(stage.people + stage.begun_by)), _heads(stage), 1)
        whole = np.maximum(finish - start, 1)
        passed = np.clip(due - start, 0, None)
        who = sorted(set(stage.people + stage.begun_by))
        if who:
            calendar = joint.base.calendar(joint.base.people[run.people.index[who[0]]])
            before = np.concatenate(([0], np.cumsum(calendar.ends - calendar.starts)))

            begun = worked(calendar, before, start)
            whole = np.maximum(worked(calendar, before, finish) - begun, 1)
            passed = np.clip(worked(calendar, before, np.full_like(start, due)) - begun, 0, None)
        passed = np.where(finish <= due, whole, np.clip(passed, 0, whole))
        hours += work[k] * heads * (whole - passed) / (whole * 60)
    return Overtime(hours)


def _heads(stage: Stage) -> int:
    return 0 if stage.begun_by else sum(count for _, count in stage.needs)


def work_of(run: Futures, first: int) -> Ints:
    """Minutes of work of the stages from ``first`` on, shape (n, futures)."""
    work: Ints = _kernels.draw_stages(
        run.plan.laws, layout.shared_luck(*run.situation.luck),
        np.uint64(run.seed), run.futures, first,
    )  # fmt: skip
    return work


def gauges_of(joint: Joint, base: Futures, until: datetime) -> tuple[Gauge, ...]:
    """Hours needed of each person and skill of the ask, and hours free before a moment."""
    situation = joint.base
    end = max(situation.minute(until), 0)
    first = len(situation.stages)
    needed: dict[tuple[str, str], float] = {}
    for stage in joint.yielding.stages[first:]:
        if stage.arrives is not None:
            continue
        hours = _mean_hours(stage)
        for name in dict.fromkeys(stage.people + stage.begun_by):
            needed[("person", name)] = needed.get(("person", name), 0.0) + hours
        if not stage.begun_by:
            for skill, count in stage.needs:
                key = ("skill", skill)
                needed[key] = needed.get(key, 0.0) + hours * count
    gauges = []
    for (kind, name), hours in needed.items():
        who = [
            i
            for i, person in enumerate(situation.people)
            if (person.id == name if kind == "person" else name in person.skills)
        ]
        usable = free = 0.0
        for i in who:
            person = situation.people[i]
            minutes = situation.calendar(person).minutes_between(0, end)
            usable += minutes * person.share / 60
            free += (minutes - _busy_before(base, i, end)) * person.share / 60
        gauges.append(Gauge(kind, name, hours, float(free), usable))
    return tuple(gauges)


def _mean_hours(stage: Stage) -> float:
    points = (np.arange(200) + 0.5) / 200
    begin, stretch = layout.begun(stage.law, stage.spent)
    hours = [
        max(stage.law.hours(begin + (1 - begin) * u) * stretch - stage.spent, 0.0) for u in points
    ]
    return float(np.mean(hours)) * (1 - stage.done)


def _busy_before(base: Futures, person: int, end: int) -> float:
    """Mean working minutes a person, by number, is busy before a minute."""
    calendar = base.situation.calendar(base.situation.people[person])
    before = np.concatenate(([0], np.cumsum(calendar.ends - calendar.starts)))
    _, begins, ends = base.stretches(person)
    a, b = np.minimum(begins, end), np.minimum(ends, end)
    busy = (worked(calendar, before, b) - worked(calendar, before, a)).sum()
    return float(busy / base.futures)


def worked(calendar: Calendar, before: Any, t: Any) -> Any:
    """Working minutes of a calendar before each of ``t``.

    Args:
        before: (n_windows + 1,) working minutes before each window.
    """
    w = np.searchsorted(calendar.ends, t, side="right")
    last = np.minimum(w, calendar.starts.size - 1)
    inside = np.clip(t - calendar.starts[last], 0, None)
    return np.where(w < calendar.starts.size, before[last] + inside, before[-1])

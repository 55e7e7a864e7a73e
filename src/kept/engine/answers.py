"""The answer of ``kept simulate``: plain values, ready for JSON."""

import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kept.engine import ENGINE_VERSION, limits
from kept.engine import futures as runs
from kept.engine.layout import Compiled, People
from kept.engine.situation import Situation
from kept.engine.worktime import NEVER

if TYPE_CHECKING:
    from kept.engine.futures import Futures

PROMISE_POINTS = (5, 10, 50, 80, 90, 95)
STAGE_POINTS = (5, 50, 95)
NEVER_REASON = "not finished within ten years in so many futures"
LIMIT_FUTURES = 200
LIMIT_WORK = 30_000_000
"""Stages times futures that all limits together may simulate."""


def answer(run: "Futures", *, limited: bool) -> dict[str, Any]:
    """Every promise's chance, dates and limits; stages; load by person and week."""
    situation = run.situation
    held_back = _limits(run) if limited else {}
    promises = []
    for i, promise in enumerate(situation.promises):
        finish = run.promise_finish[i]
        entry: dict[str, Any] = {"id": promise.id, "chance": None, **_points(
            situation, finish, PROMISE_POINTS
        )}  # fmt: skip
        entry["expected_lateness_hours"] = None
        if promise.due is not None:
            entry["chance"] = round(runs.chance_on_time(finish, promise.due), 6)
            if not (finish >= NEVER).any():
                late = np.maximum(finish.astype(np.int64) - promise.due, 0)
                entry["expected_lateness_hours"] = round(float(late.mean()) / 60, 4)
        entry["limits"] = held_back.get(promise.id, [])
        promises.append(entry)
    stages = []
    for i, stage in enumerate(situation.stages):
        if run.stage_start.shape[0]:
            start = _points(situation, run.stage_start[i], STAGE_POINTS)["finish"]
            points = _points(situation, run.stage_finish[i], STAGE_POINTS)
            stages.append({"id": stage.id, "start": start, **points})
    people = []
    if run.load_minutes.shape[0]:
        for person in situation.people:
            weeks = [
                {key: row[key] for key in ("week", "hours", "load")} for row in run.load(person.id)
            ]
            people.append({"id": person.id, "weeks": weeks})
    return {
        "promises": promises,
        "stages": stages,
        "people": people,
        "seed": run.seed,
        "futures": run.futures,
        "engine_version": ENGINE_VERSION,
        "fingerprint": situation.fingerprint,
        "seconds": round(run.seconds, 3),
    }


def _points(
    situation: Situation, minutes: npt.NDArray[np.int32], points: Sequence[int]
) -> dict[str, Any]:
    """Moments at some percentages; null with a reason where that never comes."""
    ordered = np.sort(minutes)
    found: dict[str, str | None] = {}
    for point in points:
        rank = max(-(-point * ordered.size // 100), 1)
        minute = int(ordered[rank - 1])
        found[str(point)] = (
            None if minute >= NEVER else situation.moment(minute).isoformat(timespec="minutes")
        )
    entry: dict[str, Any] = {"finish": found}
    if None in found.values():
        entry["reason"] = NEVER_REASON
    return entry


def house_days(situation: Situation) -> list[int]:
    """Minutes at which each day ends on which anybody works, for the first years."""
    ends: set[int] = set()
    seen = set()
    for person in situation.people:
        key = (person.zone, person.week, person.away)
        if key not in seen:
            seen.add(key)
            ends.update((situation.calendar(person).ends - 1) // 1440)
    return [int(day) * 1440 + 1440 for day in sorted(ends)]


def _limits(run: "Futures") -> dict[str, list[dict[str, Any]]]:
    """Lift people, their days away, shares and outside arrivals one at a time.

    One changed run tells of all promises; the heaviest loaded people come first
    where a large plan allows only some.
    """
    situation = run.situation
    few = min(LIMIT_FUTURES, run.futures)
    most = max(8, LIMIT_WORK // max(len(situation.stages) * few, 1))
    marks = house_days(situation)
    plain = run.promise_finish[:, :few]
    order = list(range(len(situation.people)))
    if run.load_minutes.shape[0]:
        totals = run.load_minutes.sum(axis=1)
        order.sort(key=lambda i: (-int(totals[i]), i))
    causes = list(itertools.islice(_causes(run, order, plain), most))
    days = limits.days_of(
        [lifted for _, lifted in causes], plain, marks,
        q=0.9, seed=run.seed, luck=situation.luck,
    )  # fmt: skip
    found: dict[str, list[dict[str, Any]]] = {}
    for (what, _), by_promise in zip(causes, days, strict=True):
        for promise, by in zip(situation.promises, by_promise, strict=True):
            if by:
                found.setdefault(promise.id, []).append({"what": what, "days": by})
    for listed in found.values():
        listed.sort(key=lambda limit: -limit["days"])
    return found


def _causes(
    run: "Futures", order: Sequence[int], plain: npt.NDArray[np.int32]
) -> Iterator[tuple[str, limits.Lifted]]:
    """What may hold any promise back, people in this order, each lifted alone."""
    situation, people, plan = run.situation, run.people, run.plan
    named = {name for stage in situation.stages for name in stage.people + stage.begun_by}
    skills = {skill for stage in situation.stages for skill, _ in stage.needs}
    horizon = situation.moment(limits.latest(plain)).date()
    begin = situation.start.date()

    def lifted(what: str, team: People, changed: Compiled = plan) -> tuple[str, limits.Lifted]:
        return what, limits.Lifted("", (), team, changed)

    for i in order:
        person = situation.people[i]
        if person.id not in named and not skills.intersection(person.skills):
            continue
        if person.id in named:
            yield lifted(f"person {person.id}", limits.as_many_as_wanted(people, [i]))
        for at, (first, last) in enumerate(person.absences):
            if first <= horizon and last >= begin:
                rest = person.absences[:at] + person.absences[at + 1 :]
                there = limits.with_days(situation, people, i, absences=rest)
                yield lifted(f"absence {person.id} {first} to {last}", there)
        if any(begin <= day <= horizon for day in person.holidays):
            there = limits.with_days(situation, people, i, holidays=())
            yield lifted(f"holidays {person.id}", there)
        if person.share < 1:
            yield lifted(f"share {person.id}", limits.with_whole_share(people, i))
    for skill in sorted(skills):
        members = [i for i, p in enumerate(situation.people) if skill in p.skills]
        yield lifted(f"skill {skill}", limits.as_many_as_wanted(people, members))
    for i, stage in enumerate(situation.stages):
        if stage.arrives is not None:
            yield lifted(f"arrival {stage.id}", people, limits.with_arrival(plan, i))

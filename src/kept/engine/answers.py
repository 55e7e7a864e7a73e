"""The answer of ``kept simulate``: plain values, ready for JSON."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kept.engine import ENGINE_VERSION
from kept.engine import futures as runs
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


def answer(run: "Futures", *, limits: bool) -> dict[str, Any]:
    """Every promise's chance, dates and limits; stages; load by person and week."""
    situation = run.situation
    held_back = _limits(run) if limits else {}
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
    people = run.people
    marks = house_days(situation)
    plain = run.promise_finish[:, :few]
    order = list(range(len(situation.people)))
    if run.load_minutes.shape[0]:
        totals = run.load_minutes.sum(axis=1)
        order.sort(key=lambda i: (-int(totals[i]), i))
    changes: list[tuple[str, Situation, list[int]]] = []
    named = {name for stage in situation.stages for name in stage.people + stage.begun_by}
    skills = {skill for stage in situation.stages for skill, _ in stage.needs}
    horizon = situation.moment(_latest(plain)).date()
    begin = situation.start.date()
    for i in order:
        person = situation.people[i]
        if person.id not in named and not skills.intersection(person.skills):
            continue
        if person.id in named:
            changes.append((f"person {person.id}", situation, [i]))
        for at, (first, last) in enumerate(person.absences):
            if first <= horizon and last >= begin:
                rest = person.absences[:at] + person.absences[at + 1 :]
                changes.append(
                    (
                        f"absence {person.id} {first} to {last}",
                        _changed(situation, i, absences=rest),
                        [],
                    )
                )
        if any(begin <= day <= horizon for day in person.holidays):
            changes.append((f"holidays {person.id}", _changed(situation, i, holidays=()), []))
        if person.share < 1:
            changes.append((f"share {person.id}", _changed(situation, i, share=1.0), []))
    for skill in sorted(skills):
        members = [i for i, p in enumerate(situation.people) if skill in p.skills]
        changes.append((f"skill {skill}", situation, members))
    for stage in situation.stages:
        if stage.arrives is not None:
            there = replace(stage, arrives=replace(stage.arrives, by=0, late=None))
            stages = tuple(there if s is stage else s for s in situation.stages)
            changes.append((f"arrival {stage.id}", replace(situation, stages=stages), []))
    found: dict[str, list[dict[str, Any]]] = {}
    for what, changed, lifted in changes[:most]:
        team = people if changed.people is situation.people else runs.compile_people(changed)
        plan = run.plan if changed is situation else runs.compile_plan(changed, team)
        made = runs.run(
            changed, team, plan, futures=few, seed=run.seed,
            team=team.lifted(lifted) if lifted else None,
        )  # fmt: skip
        for i, promise in enumerate(situation.promises):
            was = runs.quantile_minute(plain[i], 0.9)
            now = runs.quantile_minute(made.promise_finish[i], 0.9)
            days = bisect_left(marks, was) - bisect_left(marks, now)
            if days:
                found.setdefault(promise.id, []).append({"what": what, "days": float(days)})
    for listed in found.values():
        listed.sort(key=lambda limit: -limit["days"])
    return found


def _latest(finish: npt.NDArray[np.int32]) -> int:
    reached = finish[finish < NEVER]
    return int(reached.max()) if reached.size else 0


def _changed(situation: Situation, index: int, **change: Any) -> Situation:
    people = list(situation.people)
    people[index] = replace(people[index], **change)
    return replace(situation, people=tuple(people))

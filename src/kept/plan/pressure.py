"""How full the house is: hours by person and week, by skill, and the tank.

Figures about people are theirs alone, and no figure is about fewer than three
(domain rule 18): a skill that one or two hold shows only whether it is free.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from django.conf import settings

from kept import engine, zones
from kept.engine import laws
from kept.people.models import Skill
from kept.plan import outlook
from kept.plan.loading import ANY, Loaded
from kept.tenancy import scope

#: The tank looks four weeks ahead; amber above 85 % of what people can give, red above 100 %.
TANK_SPAN = timedelta(weeks=4)
TANK_AMBER, TANK_RED = 0.85, 1.00
#: Fewer people than this have no figure of their own.
SMALLEST_GROUP = 3
#: A week with less than this share of its usable hours left is full.
FULL_BELOW = 0.05
#: The hours of so many plans stay read.
MEASURED_AT_ONCE = 8
_measured: OrderedDict[Any, tuple[dict[str, list[float]], dict[str, list[float]]]] = OrderedDict()
_lock = threading.Lock()
_POINTS = (np.arange(200) + 0.5) / 200


@dataclass(frozen=True)
class Tank:
    """Expected hours owed by internal dates in the next four weeks, and the hours there are."""

    owed_hours: float
    usable_hours: float

    @property
    def share(self) -> float:
        return self.owed_hours / self.usable_hours if self.usable_hours else float("inf")

    def with_hours(self, more: float) -> "Tank":
        return Tank(self.owed_hours + more, self.usable_hours)


@dataclass(frozen=True)
class Cell:
    """One group's week. `free_hours` is None where the group is too small for a figure."""

    usable_hours: float
    free_hours: float | None
    full: bool

    @property
    def share_used(self) -> float | None:
        if self.free_hours is None or not self.usable_hours:
            return None
        return 1 - self.free_hours / self.usable_hours


@dataclass(frozen=True)
class SkillRow:
    """A skill's hours still free, week by week."""

    skill: Skill
    people: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Pressure:
    """Hours by person and week of one plan.

    Attributes:
        mondays: the weeks, by their Mondays, in the house's zone.
        usable: hours that each person can give to promised work, by person and week.
        busy: hours that each is expected to spend on it, by person and week. Both are shared
            by all who ask: nobody may change them.
    """

    loaded: Loaded
    mondays: Sequence[date]
    usable: Mapping[str, Sequence[float]]
    busy: Mapping[str, Sequence[float]]

    @cached_property
    def _skills(self) -> dict[str, set[str]]:
        return {person["id"]: set(person["skills"]) for person in self.loaded.plan["people"]}

    def with_load(self, rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> "Pressure":
        """Return the same weeks with other hours spent, such as those of a plan with an ask.

        Args:
            rows: by person, as the engine's `load` has them.
        """
        return replace(self, busy={**self.busy, **_by_week(self.mondays, rows)})

    def holders(self, skill: str) -> list[str]:
        """Return who has a skill, by the plan file's ids."""
        return [person for person, skills in self._skills.items() if skill in skills]

    def free_before(self, skill: str, until: datetime) -> float:
        """Return the hours a skill's holders have left before a moment, after all planned work."""
        zone = scope.current().zone
        last = zones.day_of(until, zone)
        free = 0.0
        for person in self.holders(skill):
            for number, monday in enumerate(self.mondays):
                if monday > last:
                    break
                left = max(0.0, self.usable[person][number] - self.busy[person][number])
                days_in = min(5, (last - monday).days + 1)
                free += left * (days_in / 5 if monday + timedelta(days=4) > last else 1)
        return free

    def planned_before(self, skill: str, until: datetime) -> float:
        """Return the hours already planned for a skill's holders before a moment."""
        zone = scope.current().zone
        last = zones.day_of(until, zone)
        planned = 0.0
        for person in self.holders(skill):
            for number, monday in enumerate(self.mondays):
                if monday > last:
                    break
                part = min(5, (last - monday).days + 1) / 5
                whole = monday + timedelta(days=4) <= last
                planned += self.busy[person][number] * (1 if whole else part)
        return planned

    def team(self) -> list[Cell]:
        """Return the whole house's weeks; too small a house has no figures but one's own."""
        return self._cells(list(self.usable), seen_by=None)

    def of(self, member: int) -> list[Cell]:
        """Return one person's weeks, for that person's eyes only."""
        person = f"m{member}"
        if person not in self.usable:
            return []
        return self._cells([person], seen_by=member)

    def by_skill(self, skills: Sequence[Skill], *, seen_by: int) -> list[SkillRow]:
        """Return each skill's weeks, as a member may see them."""
        rows = []
        for skill in skills:
            people = self.holders(f"k{skill.pk}")
            if people:
                rows.append(SkillRow(skill, len(people), self._cells(people, seen_by=seen_by)))
        return rows

    def _cells(self, people: Sequence[str], *, seen_by: int | None) -> list[Cell]:
        alone = seen_by is not None and list(people) == [f"m{seen_by}"]
        shown = alone or len(people) >= SMALLEST_GROUP
        cells = []
        for number in range(len(self.mondays)):
            usable = sum(self.usable[person][number] for person in people)
            free = max(0.0, usable - sum(self.busy[person][number] for person in people))
            cells.append(
                Cell(
                    usable_hours=usable if shown else 0.0,
                    free_hours=free if shown else None,
                    full=usable > 0 and free < FULL_BELOW * usable,
                )
            )
        return cells

    def tank(self, *, now: datetime) -> Tank:
        """Return the tank of the whole house."""
        until = now + TANK_SPAN
        owed = sum(
            expected_hours(self.loaded, job)
            for job, promise in self.loaded.promises.items()
            if promise.internal_due_at <= until and job not in self.loaded.cannot
        )
        owed += sum(
            expected_hours(self.loaded, job)
            for job, hold in self.loaded.holds.items()
            if hold.due_at <= until and job not in self.loaded.cannot
        )
        situation = self.loaded.situation
        end = situation.minute(until)
        usable = sum(
            situation.calendar(person).minutes_between(0, end) * person.share / 60
            for person in situation.people
        )
        return Tank(owed, usable)


def measure(loaded: Loaded, *, now: datetime, weeks: int = 8) -> Pressure:
    """Simulate a plan (or take it from the engine's memory) and read hours off it."""
    situation = loaded.situation
    zone = scope.current().zone
    today = zones.day_of(now, zone)
    monday = today - timedelta(days=today.weekday())
    mondays = tuple(monday + timedelta(weeks=number) for number in range(weeks))
    key = (situation.fingerprint, zone, mondays, settings.FUTURES, outlook.seed())
    with _lock:
        known = _measured.get(key)
        if known is not None:
            _measured.move_to_end(key)
            return Pressure(loaded, mondays, *known)
    edges = [
        max(0, situation.minute(zones.start_of(day, zone)))
        for day in [*mondays, monday + timedelta(weeks=weeks)]
    ]
    usable = {}
    for person in situation.people:
        calendar = situation.calendar(person)
        usable[person.id] = [
            calendar.minutes_between(begin, end) * person.share / 60
            for begin, end in pairwise(edges)
        ]
    futures = engine.base_futures(situation, futures=settings.FUTURES, seed=outlook.seed())
    busy = _by_week(mondays, {person.id: futures.load(person.id) for person in situation.people})
    with _lock:
        _measured[key] = (usable, busy)
        while len(_measured) > MEASURED_AT_ONCE:
            _measured.popitem(last=False)
    return Pressure(loaded, mondays, usable, busy)


def _by_week(
    mondays: Sequence[date], rows: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, list[float]]:
    """Return the hours that the engine expects of each person, by the weeks shown."""
    labels = {_label(day): number for number, day in enumerate(mondays)}
    busy = {person: [0.0] * len(mondays) for person in rows}
    for person, weeks in rows.items():
        for row in weeks:
            if row["week"] in labels:
                busy[person][labels[row["week"]]] = float(row["hours"])
    return busy


def expected_hours(loaded: Loaded, job: int) -> float:
    """Return the mean of the hours that a job's stages still take."""
    return sum(
        hours_of_stage(stage)
        for stage in loaded.situation.stages
        if stage.promise == f"j{job}" and stage.arrives is None
    )


def hours_of_stage(stage: "engine.Stage") -> float:
    """Return the mean effort left in a stage, in hours, given what was spent on it."""
    return _mean_left(stage.law, stage.spent) * (1 - stage.done)


@lru_cache(maxsize=20_000)
def _mean_left(law: laws.Law, spent: float) -> float:
    """Return the mean of what a law leaves after some hours, over 200 equally likely points."""
    begun = law.share_below(spent) if spent else 0.0
    shares = begun + (1 - begun) * _POINTS
    if law.form in (laws.LINEAR, laws.LOG):
        known_shares, values = laws.knots(law.shape)
        hours = law.base + law.scale * np.interp(shares, known_shares, values)
        hours = np.exp(hours) if law.form == laws.LOG else hours
    else:
        hours = np.array([law.hours(float(share)) for share in shares])
    return float(np.maximum(hours - spent, 0.0).mean())


def skill_of(key: int | None) -> str:
    """Return the plan file's id of a skill; without one, anybody will do."""
    return ANY if key is None else f"k{key}"


def _label(monday: date) -> str:
    year, week, _day = monday.isocalendar()
    return f"{year}-W{week:02d}"

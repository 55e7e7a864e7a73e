"""What holds promises back: one limit lifted at a time, on the same futures.

A limit is lifted by changing a few numbers in arrays that stand already, so that nothing
is laid out again. Each is tried on few futures first, and where it moves no finish there,
it is let be.
"""

import bisect
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from kept.engine import _kernels, layout
from kept.engine import futures as runs
from kept.engine._kernels import places as k
from kept.engine.layout import Compiled, People
from kept.engine.situation import Situation
from kept.engine.worktime import NEVER

SCREENED = 60
"""Futures a limit is tried on before it is worth all of them."""

MAX_QUEUES = 12
"""Promises before the ask that are lifted one at a time, those with most work first."""

Ints = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Limit:
    """One thing that holds the date back.

    Attributes:
        kind: person, skill, absence, holiday, share, queue or third_party.
        ids: the person, skill, promise or stage meant; of holidays, whose they are.
        days: working days by which the date at the asked confidence comes earlier
            without it; negative if it comes later.
        from_on, to_on: first and last day of an absence, or of the holidays.
        on: the holidays, day by day.
    """

    kind: str
    ids: tuple[str, ...]
    days: float
    from_on: date | None = None
    to_on: date | None = None
    on: tuple[date, ...] = ()


@dataclass(frozen=True)
class Lifted:
    """The arrays of a situation without one limit, and which it is."""

    kind: str
    ids: tuple[str, ...]
    people: People = field(repr=False)
    plan: Compiled = field(repr=False)
    on: tuple[date, ...] = ()

    def limit(self, days: float) -> Limit:
        """The limit, with the working days it costs."""
        ends = (self.on[0], self.on[-1]) if self.on else (None, None)
        on = self.on if self.kind == "holiday" else ()
        return Limit(self.kind, self.ids, days, from_on=ends[0], to_on=ends[1], on=on)


# -- how a limit is lifted --------------------------------------------


def as_many_as_wanted(people: People, chosen: Sequence[int]) -> People:
    """The team if there were as many of these people as wanted."""
    return replace(people, team=people.lifted(chosen))


def with_days(situation: Situation, people: People, index: int, **change: Any) -> People:
    """The team with other ``absences`` or ``holidays`` of one person."""
    calendar = situation.calendar(replace(situation.people[index], **change))
    part, spot = layout.lay_calendar(calendar, people.calendars.size)
    team = people.team.copy()
    place = k.HEADER + k.PERSON * index
    # A number that no other calendar has: only who shares one is at work at the same time.
    team[place + k.P_CALENDAR] = -1 - index
    team[place + np.array(layout.SPOT)] = spot
    return replace(people, team=team, calendars=np.concatenate([people.calendars, part]))


def with_whole_share(people: People, index: int) -> People:
    """The team with all of one person's working time."""
    team = people.team.copy()
    team[k.HEADER + k.PERSON * index + k.P_RATE] = k.RATE
    return replace(people, team=team)


def without_work(plan: Compiled, stages: Sequence[int]) -> Compiled:
    """The plan with these stages out of everybody's way: they need nobody and no time."""
    changed, laws = plan.plan.copy(), _nothing_left(plan, stages)
    for row in plan.rows[list(stages)]:
        rest = plan.rest_of(row)
        for end, begin in (
            (row + k.S_WATCH_END, row + k.S_WATCH),
            (rest + k.O_FIXED_END, rest + k.O_FIXED),
            (rest + k.O_SLOT_END, rest + k.O_SLOT),
            (rest + k.O_USE_END, rest + k.O_USE),
        ):
            changed[end] = changed[begin]
        changed[row + k.S_KIND] &= ~(k.ALONE | k.NAMES | k.PLAIN | k.USES | k.BEGUN | k.ARRIVAL)
    return plan._replace(plan=changed, laws=laws)


def with_arrival(plan: Compiled, stage: int) -> Compiled:
    """The plan with what a stage waits for from outside there at once."""
    changed = plan.plan.copy()
    changed[plan.rest_of(plan.rows[stage]) + k.O_ARRIVES] = 0
    return plan._replace(plan=changed, laws=_nothing_left(plan, [stage]))


def _nothing_left(plan: Compiled, stages: Sequence[int]) -> _kernels.Laws:
    form, law, table = plan.laws.form.copy(), plan.laws.law.copy(), plan.laws.table.copy()
    form[list(stages), 0] = 0
    law[list(stages)] = (0, 0, 0, 1, 0, 1)
    table[list(stages)] = -1
    return plan.laws._replace(form=form, law=law, table=table)


def of_promise(
    situation: Situation, people: People, plan: Compiled, promise: int, *, until: int
) -> Iterator[Lifted]:
    """Everything that may hold one promise back, each lifted alone.

    Args:
        until: the last minute at which a day away could still matter.
    """
    name = situation.promises[promise].id
    own = [i for i, stage in enumerate(situation.stages) if stage.promise == name]
    stages = [situation.stages[i] for i in own]
    named = {who for stage in stages for who in stage.people + stage.begun_by}
    skills = {skill for stage in stages if not stage.begun_by for skill, _ in stage.needs}
    able = {p.id for p in situation.people if skills.intersection(p.skills)}
    index = people.index
    for who in sorted(named, key=index.__getitem__):
        yield Lifted("person", (who,), as_many_as_wanted(people, [index[who]]), plan)
    for skill in sorted(skills):
        members = [i for i, p in enumerate(situation.people) if skill in p.skills]
        yield Lifted("skill", (skill,), as_many_as_wanted(people, members), plan)
    resting: dict[str, tuple[date, ...]] = {}
    for who in sorted(named | able, key=index.__getitem__):
        person = situation.people[index[who]]
        here = ZoneInfo(person.zone)
        begin, last = (situation.moment(t).astimezone(here).date() for t in (0, until))
        for i, (first_day, last_day) in enumerate(person.absences):
            if first_day <= last and last_day >= begin:
                rest = person.absences[:i] + person.absences[i + 1 :]
                there = with_days(situation, people, index[who], absences=rest)
                yield Lifted("absence", (who,), there, plan, on=(first_day, last_day))
        days = tuple(day for day in person.holidays if begin <= day <= last)
        if days:
            resting[who] = days
        if person.share < 1:
            yield Lifted("share", (who,), with_whole_share(people, index[who]), plan)
    if resting:
        there = people
        for who in resting:
            there = with_days(situation, there, index[who], holidays=())
        on = tuple(sorted({day for days in resting.values() for day in days}))
        yield Lifted("holiday", tuple(resting), there, plan, on=on)
    for i, stage in zip(own, stages, strict=True):
        if stage.arrives is not None:
            yield Lifted("third_party", (stage.id,), people, with_arrival(plan, i))
    for other in _before(situation, promise, named | able):
        theirs = [i for i, stage in enumerate(situation.stages) if stage.promise == other]
        yield Lifted("queue", (other,), people, without_work(plan, theirs))


def _before(situation: Situation, promise: int, who: set[str]) -> list[str]:
    """Promises that rank before one and share people with it, most work first."""
    mine = layout.rank_key(situation.promises[promise], promise)
    ahead = {
        other.id
        for i, other in enumerate(situation.promises)
        if i != promise and layout.rank_key(other, i) < mine
    }
    skills = {s for p in situation.people if p.id in who for s in p.skills}
    work: dict[str, int] = {}
    for stage in situation.stages:
        if stage.promise in ahead and (
            who.intersection(stage.people + stage.begun_by)
            or skills.intersection(skill for skill, _ in stage.needs)
        ):
            work[stage.promise] = work.get(stage.promise, 0) + layout.median_minutes(stage)
    return sorted(work, key=lambda name: -work[name])[:MAX_QUEUES]


# -- what it changes --------------------------------------------------


def finishes(
    lifted: Lifted, seed: int, luck: tuple[float, float], only: int, low: int, high: int
) -> Ints:
    """Finish of each promise, shape (n_promises, futures), or of only one, (1, futures)."""
    weeks = lifted.people.weeks
    finish: Ints = _kernels.run_block(
        lifted.people.team, lifted.people.calendars, lifted.plan.plan, lifted.plan.laws,
        layout.shared_luck(*luck), np.uint64(seed), low, high, only, runs.NOBODY, runs.NEVER_BUSY,
        False, False, False, weeks.week_from, weeks.week_start, 0,
    )[0]  # fmt: skip
    return np.ascontiguousarray((finish if only < 0 else finish[:, only : only + 1]).T)


def days_of(
    causes: Sequence[Lifted],
    plain: Ints,
    marks: Sequence[int],
    *,
    q: float,
    seed: int,
    luck: tuple[float, float],
    only: int = -1,
    threads: int | None = None,
    executor: Executor | None = None,
) -> list[list[float]]:
    """Working days by which each promise's date comes earlier without each of the causes.

    Args:
        plain: (n_promises, futures), or (1, futures) of ``only`` one, as things are.
        marks: ascending minutes at which a working day ends.
        q: the chance the date is for.

    Returns:
        For each cause a list of signed days, one for each row of ``plain``.
    """
    futures = plain.shape[1]
    few = min(SCREENED, futures)
    was = [bisect.bisect_left(marks, runs.quantile_minute(row, q)) for row in plain]

    def run(chosen: Sequence[Lifted], low: int, high: int) -> list[Ints]:
        jobs = [(lifted, seed, luck, only, low, high) for lifted in chosen]
        if executor is not None:
            waiting = [executor.submit(finishes, *job) for job in jobs]
            return [job.result() for job in waiting]
        count = threads if threads is not None else runs.cores()
        if count <= 1 or len(jobs) < 2:
            return [finishes(*job) for job in jobs]
        with ThreadPoolExecutor(min(count, len(jobs))) as pool:
            return list(pool.map(lambda job: finishes(*job), jobs))

    tried = run(causes, 0, few)
    moving = [i for i, finish in enumerate(tried) if (finish != plain[:, :few]).any()]
    days = [[0.0] * plain.shape[0] for _ in causes]
    more = run([causes[i] for i in moving], few, futures) if few < futures else []
    for at, i in enumerate(moving):
        finish = np.concatenate([tried[i], more[at]], axis=1) if more else tried[i]
        days[i] = [
            float(was[row] - bisect.bisect_left(marks, runs.quantile_minute(finish[row], q)))
            for row in range(plain.shape[0])
        ]
    return days


def latest(finish: Ints) -> int:
    """The last minute at which anything is finished."""
    reached = finish[finish < NEVER]
    return int(reached.max()) if reached.size else 0

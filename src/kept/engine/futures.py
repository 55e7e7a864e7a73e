"""Many futures of one situation.

In each future every stage draws its work, and event dispatch over people's
working time says when it starts and ends. Luck is keyed by seed, future and
stage, so a stage has the same luck whatever stands beside it.
"""

import hashlib
import itertools
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kept.engine import ENGINE_VERSION, _kernels, laws, worktime
from kept.engine.situation import Person, Situation, Stage
from kept.engine.worktime import HORIZON_DAYS, NEVER

MAX_FUTURES = 1_000_000
WORTH_A_TABLE = 8
"""Stages that share a law before its 4,096 points are computed once for all of them."""

MAX_TABLES = 128
CHUNK = 50
"""Futures computed in one go by one thread."""

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
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


# -- from a situation to arrays ---------------------------------------


class Weeks(NamedTuple):
    """ISO weeks of each calendar: where they begin, and their names."""

    week_from: Longs
    week_start: Ints
    first: tuple[Any, ...]


@dataclass(frozen=True)
class People:
    """A team as arrays: people in ``team``, their working windows in ``calendars``.

    ``index`` numbers people; ``place``, ``skills`` and ``resources`` say where in the
    memory of a run each of them is.
    """

    team: Longs
    calendars: Ints
    weeks: Weeks
    index: Mapping[str, int]
    place: Mapping[str, int]
    skills: Mapping[str, int]
    resources: Mapping[str, int]

    def lifted(self, chosen: Sequence[int]) -> Longs:
        """The team if there were as many of these people as wanted."""
        team = self.team.copy()
        for i in chosen:
            team[_kernels.HEADER + _kernels.PERSON * i + _kernels.P_LIFTED] = 1
        return team

    def calendar_of(self, index: int) -> int:
        """The number of a person's calendar in ``weeks``."""
        place = _kernels.HEADER + _kernels.PERSON * index
        return int(self.team[place + _kernels.P_CALENDAR])


def compile_people(situation: Situation) -> People:
    """Lay people, calendars, skills and resources out as arrays."""
    numbers: dict[Any, int] = {}
    calendars: list[worktime.Calendar] = []
    person_calendar = np.empty(len(situation.people), dtype=np.int32)
    for i, person in enumerate(situation.people):
        key = (person.zone, person.week, person.away)
        if key not in numbers:
            numbers[key] = len(calendars)
            calendars.append(situation.calendar(person))
        person_calendar[i] = numbers[key]
    days = np.arange(HORIZON_DAYS + 2, dtype=np.int64) * 1440
    parts: list[npt.NDArray[Any]] = [np.empty(0)]
    weeks: list[npt.NDArray[Any]] = [np.empty(0)]
    spots: list[tuple[int, ...]] = []
    week_from = [0]
    size = 0
    for calendar in calendars:
        n = calendar.starts.size
        length = calendar.ends.astype(np.int64) - calendar.starts
        before = np.concatenate(([0], np.cumsum(length)))
        # Who works again soon turns away only as late as at the end of the next window.
        gaps = np.ones(n, dtype=np.bool_)
        gaps[:-1] = calendar.starts[1:] - calendar.ends[:-1] > worktime.AWAY
        at = np.where(gaps, np.arange(n), n)
        turns = calendar.ends[np.minimum.accumulate(at[::-1])[::-1]]
        windows = np.stack([calendar.starts, calendar.ends, before[:-1], turns], axis=1)
        steps = np.arange(0, int(before[-1]) + 1, 256)
        by_work = np.minimum(np.searchsorted(before, steps, side="right") - 1, n - 1)
        by_day = np.searchsorted(calendar.ends, days, side="right")
        parts += [windows.ravel(), size + 4 * by_day, size + 4 * by_work]
        last = size + windows.size
        spots.append((size, last, last, last + days.size, last + days.size + steps.size))
        size = last + days.size + steps.size
        weeks.append(calendar.week_starts)
        week_from.append(week_from[-1] + calendar.week_starts.size)

    skills: dict[str, int] = {}
    members: list[list[int]] = []
    k = _kernels
    first_person = k.HEADER
    first_skill = first_person + k.PERSON * len(situation.people)
    for i, person in enumerate(situation.people):
        for skill in person.skills:
            if skill not in skills:
                skills[skill] = first_skill + k.SKILL * len(skills)
                members.append([])
            members[(skills[skill] - first_skill) // k.SKILL].append(first_person + k.PERSON * i)
    first_resource = first_skill + k.SKILL * len(skills)
    lists_from = first_resource + k.RESOURCE * len(situation.resources)
    lists: list[int] = []
    rows = np.zeros((len(situation.people), k.PERSON), dtype=np.int64)
    for i, person in enumerate(situation.people):
        c = int(person_calendar[i])
        known = [skills[skill] for skill in person.skills]
        begin = lists_from + len(lists)
        lists += known
        rate = max(round(person.share * k.RATE), 1)
        rows[i, : k.H_ROOM] = (
            0, 0, 0, c, *spots[c], rate, person.parallel, 0, begin, begin + len(known),
        )  # fmt: skip
    skill_rows = np.zeros((len(skills), k.SKILL), dtype=np.int64)
    for i, who in enumerate(members):
        begin = lists_from + len(lists)
        lists += who
        skill_rows[i] = (0, begin, begin + len(who))
    resource_rows = np.array(
        [(0, capacity, 0) for _, capacity in situation.resources], dtype=np.int64
    ).reshape(-1, k.RESOURCE)
    header = np.zeros(k.HEADER, dtype=np.int64)
    header[k.PEOPLE : k.RESOURCES_END + 1] = (
        first_person, first_skill, first_skill, first_resource, first_resource, lists_from,
    )  # fmt: skip
    team = np.concatenate(
        [header, rows.ravel(), skill_rows.ravel(), resource_rows.ravel(), np.array(lists, np.int64)]
    )
    return People(
        team=team,
        calendars=np.concatenate(parts).astype(np.int32),
        weeks=Weeks(
            np.array(week_from, dtype=np.int64),
            np.concatenate(weeks).astype(np.int32),
            tuple(c.first_week for c in calendars),
        ),
        index={person.id: i for i, person in enumerate(situation.people)},
        place={person.id: first_person + k.PERSON * i for i, person in enumerate(situation.people)},
        skills=skills,
        resources={
            name: first_resource + k.RESOURCE * i for i, (name, _) in enumerate(situation.resources)
        },
    )


@lru_cache(maxsize=200_000)
def _luck(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


@lru_cache(maxsize=50_000)
def _begun(law: laws.Law, spent: float) -> tuple[float, float]:
    """How work already spent conditions a law: the share of futures ruled out, and a stretch.

    A law that work has outgrown (less than a thousandth of futures left) is stretched
    until what was spent lies at its 90 % point.
    """
    if spent <= 0:
        return 0.0, 1.0
    below = law.share_below(spent)
    if below < 0.999:
        return below, 1.0
    at_90 = law.hours(0.9)
    return (0.9, spent / at_90) if at_90 > 0 and not law.is_certain else (0.0, 1.0)


@lru_cache(maxsize=50_000)
def median_minutes(stage: Stage) -> int:
    """The work left of a stage in the middle of its law."""
    if stage.arrives is not None:
        return 0
    begin, stretch = _begun(stage.law, stage.spent)
    hours = stage.law.hours(begin + (1 - begin) * 0.5) * stretch - stage.spent
    return math.floor(max(hours, 0.0) * (1 - stage.done) * 60 + 0.5)


def rank_key(promise: Any, index: int) -> tuple[float, ...]:
    """The order of promises: pinned, by date, without a date, then what yields."""
    if promise.yields:
        return (3, index if promise.accepted is None else promise.accepted, index)
    if promise.priority is not None:
        return (0, promise.priority, index)
    if promise.due is not None:
        return (1, promise.due, index)
    return (2, index)


class Compiled(NamedTuple):
    """The arrays of promises and stages, and the numbers of the people they may need."""

    plan: Longs
    laws: _kernels.Laws
    crew: Longs


def compile_plan(
    situation: Situation,
    people: People,
    *,
    first_stage: int = 0,
    first_promise: int = 0,
) -> Compiled:
    """Lay promises and stages out as arrays, from given first ones on."""
    stages = situation.stages[first_stage:]
    promises = situation.promises[first_promise:]
    n = len(stages)
    number = {stage.id: i for i, stage in enumerate(stages)}
    promise_number = {promise.id: i for i, promise in enumerate(promises)}
    own = [promise_number[stage.promise] for stage in stages]
    before = [[number[name] for name in stage.after if name in number] for stage in stages]
    then: list[list[int]] = [[] for _ in stages]
    for i, names in enumerate(before):
        for other in names:
            then[other].append(i)
    layer, order = _order(promises, stages, own, before, then)
    k = _kernels
    first = people.team.size
    lists_from = first + k.STAGE * n
    lists: list[int] = []

    def span(group: Sequence[int]) -> tuple[int, int]:
        begin = lists_from + len(lists)
        lists.extend(group)
        return begin, begin + len(group)

    # Stages lie in the order of their rank.
    place = [0] * n
    for rank, i in enumerate(order):
        place[i] = first + k.STAGE * rank
    wanted = [_wanted(stage, people) for stage in stages]
    queues: dict[int, list[int]] = {}
    seat: dict[tuple[int, int], int] = {}
    for i in order:
        for owner in dict.fromkeys(itertools.chain(*wanted[i])):
            queue = queues.setdefault(owner, [])
            seat[owner, i] = len(queue)
            queue.append(place[i])
    lists_of = {owner: span(queue)[0] for owner, queue in queues.items()}
    queue_of: dict[int, int] = {}
    queues_from = queues_end = lists_from + len(lists)
    for owner, queue in queues.items():
        words = (len(queue) + 63) // 64
        row = [owner, lists_of[owner], words, 0, 0, *[0] * (2 * words)]
        queue_of[owner], queues_end = span(row)
    open_stages = np.bincount(own, minlength=len(promises))
    promise_rows, promises_end = span(
        [
            x
            for promise, count in zip(promises, open_stages, strict=True)
            for x in (min(promise.release, NEVER), int(count), 0, 0)
        ]
    )
    rows = np.zeros((n, k.STAGE), dtype=np.int64)
    everybody: set[int] = set()
    for i, stage in enumerate(stages):
        fixed, slots, machines = wanted[i]
        crew, _ = span([0] * (len(fixed) + len(slots)))
        is_alone = len(fixed) + len(slots) == 1 and not stage.uses
        watch = [
            x
            for owner in dict.fromkeys([*fixed, *slots, *machines])
            for x in (queue_of[owner], seat[owner, i])
        ]
        rows[(place[i] - first) // k.STAGE, k.S_ALONE : k.J_REST] = (
            is_alone,
            crew,
            *span(watch),
            *span([place[j] for j in then[i]]),
            promise_rows + k.PROMISE * own[i],
            layer[i],
            min(promises[own[i]].release, NEVER),
            sum(layer[j] == layer[i] for j in before[i]),
            bool(stage.begun_by),
            stage.arrives is not None,
            0 if stage.arrives is None else min(max(stage.arrives.by, 0), worktime.HORIZON),
            *span(fixed),
            *span(slots),
            *span([x for name, amount in stage.uses for x in (people.resources[name], amount)]),
            *span([place[j] for j in before[i]]),
        )
        everybody.update(fixed)
        for skill in slots:
            begin, end = people.team[skill + k.K_MEMBER : skill + k.K_MEMBER_END + 1]
            everybody.update(people.team[begin:end].tolist())
    places, _ = span(place)
    edges = np.searchsorted(
        np.sort(np.array(layer, dtype=np.int64)), np.arange(max(layer, default=-1) + 2)
    )
    layers, _ = span([first + k.STAGE * int(edge) for edge in edges])
    crew_from, crew_end = span(sorted(everybody))
    header = np.zeros(k.HEADER, dtype=np.int64)
    header[k.STAGES : k.PROMISES_END + 1] = (
        first, lists_from, places, layers, max(layer, default=-1) + 1, queues_from,
        queues_end, crew_from, crew_end, promise_rows, promises_end,
    )  # fmt: skip
    return Compiled(
        plan=np.concatenate([header, rows.ravel(), np.array(lists, dtype=np.int64)]),
        laws=_compile_laws(promises, stages, own),
        crew=(np.array(sorted(everybody), dtype=np.int64) - k.HEADER) // k.PERSON,
    )


def _wanted(stage: Stage, people: People) -> tuple[list[int], list[int], list[int]]:
    """Where the people a stage names, the skills it needs and its machines are in the memory."""
    needs = () if stage.begun_by else stage.needs
    return (
        [people.place[name] for name in dict.fromkeys(stage.people + stage.begun_by)],
        [people.skills[skill] for skill, count in needs for _ in range(count)],
        [people.resources[name] for name, _ in stage.uses],
    )


def _compile_laws(
    promises: Sequence[Any], stages: Sequence[Stage], own: Sequence[int]
) -> _kernels.Laws:
    """Lay the laws of stages out as arrays, with tables for those that many share."""
    forms = np.zeros((len(stages), 5), dtype=np.int64)
    rows = np.zeros((len(stages), 6), dtype=np.float64)
    knot_at: dict[Any, tuple[int, int]] = {}
    knots = [np.empty((0, 2))]
    n_knots = 0
    alike: dict[Any, list[int]] = {}
    for i, stage in enumerate(stages):
        law, spent = stage.law, stage.spent
        if stage.arrives is not None:
            law = stage.arrives.late or laws.certain(0.0)
            spent = max(-stage.arrives.by, 0) / 60
        if law.shape and law.shape not in knot_at:
            knots.append(np.stack(laws.knots(law.shape), axis=1))
            knot_at[law.shape] = (n_knots, n_knots + knots[-1].shape[0])
            n_knots += knots[-1].shape[0]
        uncertain = not law.is_certain and stage.arrives is None
        forms[i] = (law.form, *knot_at.get(law.shape, (0, 0)), uncertain, own[i])
        begun, stretch = _begun(law, spent)
        rows[i] = (law.base, law.scale, begun, stretch, spent, 1 - stage.done)
        if not law.is_certain:
            alike.setdefault((law, spent, stage.done), []).append(i)
    table = np.full(len(stages), -1, dtype=np.int64)
    compiled = _kernels.Laws(
        form=forms,
        law=rows,
        table=table,
        minutes=np.empty((0, laws.POINTS), dtype=np.int32),
        luck=np.array([_luck(stage.id) for stage in stages], dtype=np.uint64),
        promise_luck=np.array([_luck(promise.id) for promise in promises], dtype=np.uint64),
        knots=np.concatenate(knots),
    )
    shared = sorted(alike.values(), key=len, reverse=True)[:MAX_TABLES]
    shared = [group for group in shared if len(group) >= WORTH_A_TABLE]
    for number, group in enumerate(shared):
        table[group] = number
    if not shared:
        return compiled
    return compiled._replace(
        minutes=np.stack([_kernels.tabulate(compiled, group[0]) for group in shared])
    )


def _order(
    promises: Sequence[Any],
    stages: Sequence[Stage],
    own: Sequence[int],
    before: Sequence[Sequence[int]],
    then: Sequence[Sequence[int]],
) -> tuple[list[int], list[int]]:
    """Layer of each stage, and the stages by layer, rank of their promise and latest finish."""
    ranked = sorted(range(len(promises)), key=lambda i: rank_key(promises[i], i))
    promise_rank = [0] * len(promises)
    promise_layer = [0] * len(promises)
    layers = 0
    for rank, i in enumerate(ranked):
        promise_rank[i] = rank
        if promises[i].yields:
            layers += 1
            promise_layer[i] = layers
    topological = _topological(before, then)
    layer = [0] * len(stages)
    for i in topological:
        # What waits for work that yields, yields with it.
        layer[i] = max([promise_layer[own[i]], *(layer[other] for other in before[i])])
    tail = [0] * len(stages)
    median = [median_minutes(stage) for stage in stages]
    for i in reversed(topological):
        tail[i] = max((tail[j] + median[j] for j in then[i] if own[j] == own[i]), default=0)
    numbers = {old: new for new, old in enumerate(sorted(set(layer)))}
    layer = [numbers[old] for old in layer]
    order = sorted(range(len(stages)), key=lambda i: (layer[i], promise_rank[own[i]], -tail[i], i))
    return layer, order


def _topological(before: Sequence[Sequence[int]], then: Sequence[Sequence[int]]) -> list[int]:
    waiting = [len(names) for names in before]
    ready = [i for i, count in enumerate(waiting) if count == 0]
    for i in ready:
        for j in then[i]:
            waiting[j] -= 1
            if waiting[j] == 0:
                ready.append(j)
    return ready


# -- luck shared inside a promise -------------------------------------


@lru_cache(maxsize=1)
def _normal_tables() -> tuple[Longs, Longs]:
    normal = NormalDist()
    points = laws.POINTS
    z = [round(normal.inv_cdf((i + 0.5) / points) * 65536) for i in range(points)]
    back = [
        min(int(normal.cdf((at * 16 - 6 * 65536) / 65536) * points), points - 1)
        for at in range(12 * 4096 + 1)
    ]
    return np.array(z, dtype=np.int64), np.array(back, dtype=np.int64)


def shared_luck(correlation: float) -> _kernels.Shared:
    """Weights and tables by which stages share in the luck of their promise."""
    normal, point = _normal_tables()
    if correlation == 0:
        return _kernels.Shared(0, 0, normal, point)
    own = round(math.sqrt(1 - correlation) * 65536)
    return _kernels.Shared(own, round(math.sqrt(correlation) * 65536), normal, point)


# -- running ----------------------------------------------------------


_NONE = np.empty((2, 0), dtype=np.int32)


class Block(NamedTuple):
    """What one chunk of futures gives back."""

    promise_finish: Ints
    stage_start: Ints
    stage_finish: Ints
    busy_from: Longs
    busy_span: Ints
    load: Longs


def _run_block(
    team: Longs,
    calendars: Ints,
    plan: Compiled,
    weeks: Weeks,
    seed: int,
    correlation: float,
    wanted: tuple[bool, bool, bool],
    low: int,
    high: int,
) -> Block:
    """Simulate futures ``low`` to ``high - 1``; a plain function, so any executor can run it."""
    stages, busy, load = wanted
    n_weeks = int(np.diff(weeks.week_from).max(initial=1)) if load else 0
    nobody = np.empty((0, 1), dtype=np.int64)
    made = _kernels.run_block(
        team, calendars, plan.plan, plan.laws, shared_luck(correlation), np.uint64(seed), low,
        high, nobody, _NONE, stages, busy, load, weeks.week_from, weeks.week_start, n_weeks,
    )  # fmt: skip
    return Block(*made)


def across(blocks: Sequence[Ints]) -> Ints:
    """Blocks of shape (futures, n) as one array of shape (n, all futures)."""
    return np.ascontiguousarray(np.concatenate(blocks).T)


def run_in_blocks(
    run: Callable[..., Any],
    arguments: tuple[Any, ...],
    futures: int,
    *,
    threads: int | None,
    executor: Executor | None,
) -> list[Any]:
    """Call ``run(*arguments, low, high)`` for chunks of futures, in order."""
    edges = [(low, min(low + CHUNK, futures)) for low in range(0, futures, CHUNK)]
    if executor is not None:
        jobs = [executor.submit(run, *arguments, low, high) for low, high in edges]
        return [job.result() for job in jobs]
    count = threads if threads is not None else _cores()
    if count <= 1 or len(edges) == 1:
        return [run(*arguments, low, high) for low, high in edges]
    with ThreadPoolExecutor(min(count, len(edges))) as pool:
        return list(pool.map(lambda edge: run(*arguments, *edge), edges))


def _cores() -> int:
    import os

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
    team: Longs | None = None,
) -> "Futures":
    """Simulate arrays that are compiled already."""
    began = time.perf_counter() if began is None else began
    used = people.team if team is None else team
    blocks = run_in_blocks(
        _run_block,
        (used, people.calendars, plan, people.weeks, seed, situation.correlation, wanted),
        futures,
        threads=threads,
        executor=executor,
    )
    return Futures(
        situation=situation,
        people=people,
        plan=plan,
        futures=futures,
        seed=seed,
        promise_finish=across([b.promise_finish for b in blocks]),
        stage_start=across([b.stage_start for b in blocks]),
        stage_finish=across([b.stage_finish for b in blocks]),
        busy=[(b.busy_from, b.busy_span) for b in blocks],
        load_minutes=sum((b.load for b in blocks[1:]), blocks[0].load),
        seconds=time.perf_counter() - began,
    )


@dataclass(frozen=True)
class Futures:
    """Many futures of one situation.

    Attributes:
        promise_finish: shape (n_promises, futures), minutes from the start; ``NEVER``
            for what is not finished within ten years.
        stage_start, stage_finish: shape (n_stages, futures), or (0, futures) if not kept.
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
    busy: list[tuple[Longs, Ints]] = field(repr=False)
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
        from kept.engine import answers

        return answers.answer(self, limits=limits)


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

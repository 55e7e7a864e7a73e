"""A situation as arrays: people and their calendars, promises and stages in order of rank.

The places these arrays are made of are those of :mod:`kept.engine._kernels.places`.
"""

import hashlib
import itertools
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from kept.engine import _kernels, laws, worktime
from kept.engine._kernels import places as k
from kept.engine.situation import Situation, Stage
from kept.engine.worktime import HORIZON_DAYS, NEVER

WORTH_A_TABLE = 8
"""Stages that share a law before its 4,096 points are computed once for all of them."""

MAX_TABLES = 128

SPOT = (k.P_FIRST, k.P_LAST, k.P_DAY, k.P_WORK, k.P_WORK_END)
"""Where a person's row says where the parts of their calendar are."""

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]


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

    team: Ints
    calendars: Ints
    weeks: Weeks
    index: Mapping[str, int]
    place: Mapping[str, int]
    skills: Mapping[str, int]
    resources: Mapping[str, int]

    def lifted(self, chosen: Sequence[int]) -> Ints:
        """The team if there were as many of these people as wanted."""
        team = self.team.copy()
        for i in chosen:
            team[k.HEADER + k.PERSON * i + k.P_LIFTED] = 1
        return team

    def calendar_of(self, index: int) -> int:
        """The number of a person's calendar in ``weeks``."""
        place = k.HEADER + k.PERSON * index
        return int(self.team[place + k.P_CALENDAR])


def room_for(calendar: worktime.Calendar) -> int:
    """How many numbers a calendar takes."""
    worked = int(np.sum(calendar.ends - calendar.starts, dtype=np.int64))
    return k.WINDOW * calendar.starts.size + HORIZON_DAYS + 2 + worked // 256 + 1


def lay_calendar(calendar: worktime.Calendar, size: int) -> tuple[Ints, tuple[int, ...]]:
    """One calendar as arrays, to be put behind ``size`` numbers of others, and where its parts are.

    Its windows, then the first window to end after each midnight, then the window in
    which each 256th working minute lies.
    """
    days = np.arange(HORIZON_DAYS + 2, dtype=np.int64) * 1440
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
    parts = [windows.ravel(), size + 4 * by_day, size + 4 * by_work]
    last = size + windows.size
    spot = (size, last, last, last + days.size, last + days.size + steps.size)
    return np.concatenate(parts).astype(np.int32), spot


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
    # Filled calendar by calendar: all of them twice would be the most a plan ever takes.
    whole = np.empty(sum(map(room_for, calendars)), dtype=np.int32)
    weeks: list[npt.NDArray[Any]] = [np.empty(0)]
    spots: list[tuple[int, ...]] = []
    week_from = [0]
    size = 0
    for calendar in calendars:
        part, spot = lay_calendar(calendar, size)
        whole[size : size + part.size] = part
        spots.append(spot)
        size += part.size
        weeks.append(calendar.week_starts)
        week_from.append(week_from[-1] + calendar.week_starts.size)
    skills: dict[str, int] = {}
    members: list[list[int]] = []
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
        rows[i, [*SPOT, k.P_CALENDAR, k.P_RATE, k.P_PARALLEL, k.P_SKILL, k.P_SKILL_END]] = (
            *spots[c], c, rate, person.parallel, begin, begin + len(known),
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
    # The stages that follow begin with a line.
    lists += [0] * (-(lists_from + len(lists)) % k.LINE)
    team = np.concatenate(
        [header, rows.ravel(), skill_rows.ravel(), resource_rows.ravel(), np.array(lists, np.int64)]
    ).astype(np.int32)
    return People(
        team=team,
        calendars=whole,
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


def _luck(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")


@lru_cache(maxsize=50_000)
def begun(law: laws.Law, spent: float) -> tuple[float, float]:
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
def _middle(law: laws.Law, spent: float) -> float:
    """The hours left of a law in its middle, so many of them worked."""
    below, stretch = begun(law, spent)
    return law.hours(below + (1 - below) * 0.5) * stretch - spent


def median_minutes(stage: Stage) -> int:
    """The work left of a stage in the middle of its law."""
    if stage.arrives is not None:
        return 0
    hours = _middle(stage.law, stage.spent)
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


def _released(promise: Any) -> int:
    """The minute a promise's stages may start; what lies beyond ten years never comes."""
    return int(promise.release) if promise.release <= worktime.HORIZON else NEVER


class Compiled(NamedTuple):
    """Promises and stages in order of rank, as arrays.

    Attributes:
        plan: what stands in the memory of a run after the team.
        crew: numbers of the people the stages may need.
        rows: (n_stages,) where in ``plan`` each stage of the file has its row.
    """

    plan: Ints
    laws: _kernels.Laws
    crew: Longs
    rows: Longs

    def rest_of(self, row: int) -> int:
        """Where in ``plan`` the rest of a stage is."""
        first = int(self.plan[k.STAGES]) - k.HEADER
        return int(self.plan[row + k.S_REST]) - first


@dataclass(frozen=True)
class Draft:
    """Promises and stages as arrays that still have to be put in order.

    In ``lists``, places of stages are the stages' numbers in the file.

    Attributes:
        first: where the first stage's row will be in the memory of a run.
        stage_rows: (n_stages, STAGE) in the order of the file.
        numbers_at: where in ``lists`` there is the number of a stage.
        queue, queued: (n,) each entry of a queue: which queue it is, and which stage; the
            entries stand at the beginning of ``lists``.
        seat_at: (n,) where in ``lists`` the stage's seat in that queue belongs.
        own, layer, tail: (n_stages,) promise, layer, and work that follows in the promise.
    """

    first: int
    header: Ints
    stage_rows: Ints
    lists: Ints
    numbers_at: Ints
    queue: Longs
    queued: Longs
    seat_at: Longs
    own: Longs
    layer: Longs
    tail: Longs
    laws: _kernels.Laws
    crew: Longs

    def ordered(self, promises: Sequence[Any]) -> Compiled:
        """Lay the stages out by rank: layer, promise, latest finish, order of the file.

        Args:
            promises: those of the draft; due moments and pins may have changed since.
        """
        n = self.own.size
        ranked = sorted(range(len(promises)), key=lambda i: rank_key(promises[i], i))
        promise_rank = np.empty(len(promises), dtype=np.int64)
        promise_rank[ranked] = np.arange(len(promises))
        order = np.lexsort((np.arange(n), -self.tail, promise_rank[self.own], self.layer))
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        place = self.first + k.STAGE * rank
        size, rows = self.header.size, self.stage_rows.size
        plan = np.empty(size + rows + self.lists.size, dtype=np.int32)
        plan[:size] = self.header
        np.take(self.stage_rows, order, axis=0, out=plan[size : size + rows].reshape(-1, k.STAGE))
        lists = plan[size + rows :]
        lists[:] = self.lists
        lists[self.numbers_at] = place[lists[self.numbers_at]]
        by_rank = np.lexsort((rank[self.queued], self.queue))
        lists[: self.queued.size] = place[self.queued[by_rank]]
        queue = self.queue[by_rank]
        seat = np.arange(queue.size) - np.searchsorted(queue, queue)
        lists[self.seat_at[by_rank]] = seat
        return Compiled(
            plan=plan,
            laws=self.laws,
            crew=self.crew,
            rows=k.HEADER + k.STAGE * rank,
        )


def compile_plan(
    situation: Situation, people: People, *, first_stage: int = 0, first_promise: int = 0
) -> Compiled:
    """Lay promises and stages out as arrays, from given first ones on."""
    made = draft(situation, people, first_stage=first_stage, first_promise=first_promise)
    return made.ordered(situation.promises[first_promise:])


def draft(
    situation: Situation, people: People, *, first_stage: int = 0, first_promise: int = 0
) -> Draft:
    """Draft promises and stages as arrays, from given first ones on."""
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
    layer, tail = _layers_and_tails(promises, stages, own, before, then)
    first = people.team.size
    lists_from = first + k.STAGE * n
    # Half a million numbers of a large plan: as objects they would take ten times the room.
    lists = array("i")
    numbers_at = array("i")

    def span(group: Sequence[int]) -> tuple[int, int]:
        begin = lists_from + len(lists)
        lists.extend(group)
        return begin, begin + len(group)

    def stages_span(group: Sequence[int]) -> tuple[int, int]:
        numbers_at.extend(range(len(lists), len(lists) + len(group)))
        return span(group)

    wanted = [_wanted(stage, people) for stage in stages]
    owners = [list(dict.fromkeys(itertools.chain(*wants))) for wants in wanted]
    queues: dict[int, list[int]] = {}
    for i, mine in enumerate(owners):
        for owner in mine:
            queues.setdefault(owner, []).append(i)
    in_order = {owner: span(queue)[0] for owner, queue in queues.items()}
    queue_of: dict[int, int] = {}
    queues_from = queues_end = lists_from + len(lists)
    for owner, queue in queues.items():
        words = 2 * ((len(queue) + 63) // 64)
        row = [owner, in_order[owner], words, *[0] * (k.Q_BITS - k.Q_COUNT), *[0] * (2 * words)]
        queue_of[owner], queues_end = span(row)
    open_stages = np.bincount(own, minlength=len(promises)).tolist()
    promises_from, promises_end = span(
        [
            x
            for promise, count in zip(promises, open_stages, strict=True)
            for x in (_released(promise), count, 0, 0)
        ]
    )
    rows = np.zeros((n, k.STAGE), dtype=np.int32)
    seats: dict[int, list[int]] = {owner: [] for owner in queues}
    everybody: set[int] = set()
    for i, stage in enumerate(stages):
        fixed, slots, uses = wanted[i]
        kind = (
            (len(fixed) + len(slots) == 1 and not uses) * k.ALONE
            | bool(fixed) * k.NAMES
            | (bool(fixed) and not slots and not uses) * k.PLAIN
            | bool(uses) * k.USES
            | bool(stage.begun_by) * k.BEGUN
            | (stage.arrives is not None) * k.ARRIVAL
            | sum(layer[j] == layer[i] for j in before[i]) << k.WAITS
        )
        then_alike = [j for j in then[i] if layer[j] == layer[i]]
        next_from, next_to = stages_span(then_alike)
        for at, owner in enumerate(owners[i]):
            seats[owner].append(len(lists) + 2 * at + 1)
        watch = span([x for owner in owners[i] for x in (queue_of[owner], 0)])
        crew, _ = span([*fixed, *[0] * len(slots)])
        rows[i, k.S_KIND : k.S_REST] = (
            kind, crew, *watch, next_from, next_to, promises_from + k.PROMISE * own[i],
        )  # fmt: skip
    for i, stage in enumerate(stages):
        fixed, slots, _ = wanted[i]
        rest, _ = span([0] * k.REST)
        rows[i, k.S_REST] = rest
        spans = (
            *span(fixed),
            *span(slots),
            *span([x for name, amount in stage.uses for x in (people.resources[name], amount)]),
            *stages_span(before[i]),
            layer[i],
            0 if stage.arrives is None else min(max(stage.arrives.by, 0), worktime.HORIZON),
        )
        lists[rest - lists_from : rest - lists_from + len(spans)] = array("i", spans)
        everybody.update(fixed)
        for skill in slots:
            begin, end = people.team[skill + k.K_MEMBER : skill + k.K_MEMBER_END + 1]
            everybody.update(people.team[begin:end].tolist())
    places, _ = stages_span(range(n))
    edges = np.searchsorted(
        np.sort(np.array(layer, dtype=np.int64)), np.arange(max(layer, default=-1) + 2)
    )
    layers, _ = span([first + k.STAGE * int(edge) for edge in edges])
    crew_from, crew_end = span(sorted(everybody))
    header = np.zeros(k.HEADER, dtype=np.int32)
    header[k.STAGES : k.PROMISES_END + 1] = (
        first, lists_from, places, layers, max(layer, default=-1) + 1, queues_from,
        queues_end, crew_from, crew_end, promises_from, promises_end,
    )  # fmt: skip
    return Draft(
        first=first,
        header=header,
        stage_rows=rows,
        lists=np.frombuffer(lists, dtype=np.int32),
        numbers_at=np.frombuffer(numbers_at, dtype=np.int32),
        queue=np.repeat(np.arange(len(queues)), [len(queue) for queue in queues.values()]),
        queued=_joined(queues.values()),
        seat_at=_joined(seats.values()),
        own=np.array(own, dtype=np.int64),
        layer=np.array(layer, dtype=np.int64),
        tail=np.array(tail, dtype=np.int64),
        laws=_compile_laws(promises, stages, own),
        crew=(np.array(sorted(everybody), dtype=np.int64) - k.HEADER) // k.PERSON,
    )


def _joined(lists: Iterable[list[int]]) -> Longs:
    return np.fromiter(itertools.chain.from_iterable(lists), dtype=np.int64)


def _wanted(stage: Stage, people: People) -> tuple[tuple[int, ...], ...]:
    """Where the people a stage names, the skills it needs and its machines are in the memory."""
    needs = () if stage.begun_by else stage.needs
    return (
        tuple(people.place[name] for name in dict.fromkeys(stage.people + stage.begun_by)),
        tuple(people.skills[skill] for skill, count in needs for _ in range(count)),
        tuple(people.resources[name] for name, _ in stage.uses),
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
        ruled_out, stretch = begun(law, spent)
        rows[i] = (law.base, law.scale, ruled_out, stretch, spent, 1 - stage.done)
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


def _layers_and_tails(
    promises: Sequence[Any],
    stages: Sequence[Stage],
    own: Sequence[int],
    before: Sequence[Sequence[int]],
    then: Sequence[Sequence[int]],
) -> tuple[list[int], list[int]]:
    """Layer of each stage, and the work that follows it inside its promise."""
    ranked = sorted(range(len(promises)), key=lambda i: rank_key(promises[i], i))
    promise_layer = [0] * len(promises)
    layers = 0
    for i in ranked:
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
    return [numbers[old] for old in layer], tail


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


def shared_luck(correlation: float, lean: float) -> _kernels.Shared:
    """Weights and tables by which stages share in the luck of their promise."""
    normal, point = _normal_tables()
    if correlation == 0 and lean == 0:
        return _kernels.Shared(0, 0, 0, normal, point)
    own, common = (round(math.sqrt(share) * 65536) for share in (1 - correlation, correlation))
    return _kernels.Shared(own, common, round(lean * 65536), normal, point)

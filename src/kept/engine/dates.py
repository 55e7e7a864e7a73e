"""Which date can be promised, what limits it, and who would pay for it.

Two answers. *Without disturbing anyone*: the ask uses what everything open
leaves free, computed against people's busy stretches in each future. *In its
place by date*: the ask competes by its due moment, and everything runs again.
"""

import bisect
import functools
import itertools
import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from kept.engine import ENGINE_VERSION, _kernels, layout, limits
from kept.engine import futures as runs
from kept.engine.futures import Futures, chance_on_time
from kept.engine.layout import Weeks
from kept.engine.limits import Limit
from kept.engine.situation import Ask, Situation, Stage
from kept.engine.worktime import NEVER, Calendar

Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]

SHOWN = (0.5, 0.8, 0.9, 0.95)
PILOT = 100
"""Futures that a date is tried on before it is confirmed on all."""

COARSE = 8
"""With more ranks than this, a coarse look and halving find the first worth deciding on."""

CONFIRMED = 4
"""Ranks decided on all futures, where there are many."""

LIMIT_FUTURES = 300
"""Futures, at most, that a limit is measured on."""


@dataclass(frozen=True)
class Effect:
    """What saying yes does to one promise already given.

    Attributes:
        before, after: its chance to be kept without and with the ask.
        se: standard error of the change, from the same futures with and without.
        notable: a change of at least a point and beyond two standard errors.
        below_line: it falls below the line, having stood at or above it.
        worse_below: it stood below the line already and notably falls further.
    """

    promise_id: str
    before: float
    after: float
    se: float
    notable: bool
    below_line: bool
    worse_below: bool

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True)
class Placed:
    """The ask in one placement.

    Attributes:
        due: the moment it was ranked by; None where it yields.
        finish: shape (futures,), minutes from the start.
        effects: what every promise given pays; empty where nobody does.
    """

    situation: Situation = field(repr=False)
    candidates: tuple[datetime, ...] = field(repr=False)
    due: datetime | None
    finish: Ints = field(repr=False)
    effects: tuple[Effect, ...] = ()

    def chance(self, moment: datetime) -> float:
        """The chance that it is done by a moment."""
        return chance_on_time(self.finish, self.situation.minute(moment))

    def at(self, q: float) -> datetime | None:
        """The first moment that can be promised with a chance of at least ``q``."""
        minutes = [self.situation.minute(moment) for moment in self.candidates]
        index = _first_at(self.finish, minutes, q)
        return None if index is None else self.candidates[index]


def _first_at(finish: Ints, minutes: Sequence[int], q: float) -> int | None:
    """The first minute whose chance is at least ``q``; chances rise with minutes."""
    needed = math.ceil(q * (finish.size + 2) - 1 - 1e-9)
    if needed > finish.size:
        return None
    if needed > 0:
        nth = int(np.partition(finish, needed - 1)[needed - 1])
        if nth >= NEVER:
            return None
    else:
        nth = minutes[0] if minutes else 0
    index = bisect.bisect_left(minutes, nth)
    return index if index < len(minutes) else None


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
        load_without, load_with: rows by person and week, as of :meth:`Futures.load`.
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
    overtime: Overtime | None
    gauges: tuple[Gauge, ...]
    unbacked: tuple[str, ...]
    """Stages that wait for somebody outside without a recorded promise of theirs."""
    load_without: dict[str, list[dict[str, Any]]] = field(repr=False)
    load_with: dict[str, list[dict[str, Any]]] = field(repr=False)
    confidence: float
    line: float
    futures: int
    seed: int
    engine_version: str
    fingerprint: str

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


class _Joint:
    """A situation and an ask, to be run together ranked by any due moment."""

    def __init__(
        self,
        situation: Situation,
        ask: Ask,
        *,
        futures: int,
        seed: int,
        threads: int | None,
        executor: Executor | None,
    ) -> None:
        self.base = situation
        self.futures = futures
        self.seed, self.threads, self.executor = seed, threads, executor
        self.yielding = situation.with_ask(ask, due=None, placement="yields")
        self.by_date = situation.with_ask(ask, due=None, placement="by_date")
        self.people = layout.compile_people(situation)
        self._draft = layout.draft(self.by_date, self.people)
        self.pinned = self.by_date.promises[-1].priority is not None
        self.dues = sorted(
            p.due
            for p in situation.promises
            if p.due is not None and p.priority is None and not p.yields
        )
        self._runs: dict[tuple[int, int], Futures] = {}

    def position(self, due: int) -> int:
        """How many by-date promises rank before this due moment."""
        return -1 if self.pinned else bisect.bisect_right(self.dues, due)

    def ranked(self, due: int) -> Situation:
        promise = replace(self.by_date.promises[-1], due=due)
        return replace(self.by_date, promises=(*self.by_date.promises[:-1], promise))

    def plan(self, due: int) -> layout.Compiled:
        """The arrays of everything together, the ask ranked by ``due``."""
        return self._draft.ordered(self.ranked(due).promises)

    def run(self, due: int, futures: int) -> Futures:
        """Everything together, the ask ranked by ``due``; equal ranks run once."""
        key = (self.position(due), futures)
        if key not in self._runs:
            ranked = self.ranked(due)
            whole = futures == self.futures
            made = runs.run(
                ranked,
                self.people,
                self.plan(due),
                futures=futures,
                seed=self.seed,
                threads=self.threads,
                executor=self.executor,
                wanted=(whole, False, whole),
            )
            first = len(self.base.stages)
            # Of the stages only the ask's are looked at; all others would fill the memory.
            self._runs[key] = replace(
                made,
                stage_start=made.stage_start[first:].copy(),
                stage_finish=made.stage_finish[first:].copy(),
            )
        return self._runs[key]


def _ask_block(
    team: Longs,
    calendars: Ints,
    plan: layout.Compiled,
    weeks: Weeks,
    seed: int,
    correlation: float,
    busy: list[tuple[Any, Any]],
    load: bool,
    low: int,
    high: int,
) -> tuple[Ints, Ints, Ints, Any]:
    n_weeks = int(np.diff(weeks.week_from).max(initial=1)) if load else 0
    rows, spans = busy[low // runs.CHUNK]
    finish, start, end, _, _, minutes = _kernels.run_block(
        team, calendars, plan.plan, plan.laws, layout.shared_luck(correlation), np.uint64(seed),
        low, high, -1, rows, spans, True, False, load, weeks.week_from, weeks.week_start, n_weeks,
    )  # fmt: skip
    return finish, start, end, minutes


@dataclass(frozen=True)
class Laid:
    """An ask laid into what is left free: finish (futures,), its stages, the load with it."""

    finish: Ints
    stage_start: Ints
    stage_finish: Ints
    load_minutes: Any


def _lay(
    base: Futures,
    yielding: Situation,
    *,
    threads: int | None,
    executor: Executor | None,
    team: Longs | None = None,
    load: bool = True,
) -> Laid:
    """Lay the last promise of ``yielding`` into what ``base`` leaves free."""
    first = len(base.situation.stages)
    asked = yielding.stages[first:]
    own = {stage.id for stage in asked}
    if any(stage.uses or set(stage.after) - own for stage in asked):
        # What the ask waits for or shares machines with is known only in the whole run.
        people = base.people
        joint = runs.run(
            yielding, people, layout.compile_plan(yielding, people),
            futures=base.futures, seed=base.seed, threads=threads, executor=executor,
            wanted=(True, False, load), team=team,
        )  # fmt: skip
        return Laid(
            joint.promise_finish[-1],
            joint.stage_start[first:],
            joint.stage_finish[first:],
            joint.load_minutes,
        )
    plan = layout.compile_plan(
        yielding, base.people, first_stage=first, first_promise=len(base.situation.promises)
    )
    blocks = runs.run_in_blocks(
        _ask_block,
        (
            base.people.team if team is None else team,
            base.people.calendars,
            plan,
            base.people.weeks,
            base.seed,
            yielding.correlation,
            base.busy,
            load,
        ),
        base.futures,
        threads=threads,
        executor=executor,
    )
    minutes = base.load_minutes.copy()
    if load:
        # Only people of the ask can be busier than they were.
        minutes[plan.crew] = sum(b[3][plan.crew] for b in blocks)
    return Laid(
        runs.across([b[0] for b in blocks])[0],
        runs.across([b[1] for b in blocks]),
        runs.across([b[2] for b in blocks]),
        minutes,
    )


def _effects(situation: Situation, before: Ints, after: Ints, *, line: float) -> tuple[Effect, ...]:
    """Compare each given promise's chance in the same futures without and with an ask.

    Args:
        before, after: shape (n_promises or more, futures), finish minutes.
    """
    n = before.shape[1]
    found = []
    for i, promise in enumerate(situation.promises):
        if promise.due is None or promise.kind == "work":
            continue
        was, now = before[i] <= promise.due, after[i, :n] <= promise.due
        change = now.astype(np.int8) - was
        chance_before = (np.count_nonzero(was) + 1) / (n + 2)
        chance_after = (np.count_nonzero(now) + 1) / (n + 2)
        se = float(change.std(ddof=1) / math.sqrt(n)) if n > 1 else 0.0
        moved = chance_after - chance_before
        notable = bool(abs(moved) >= 0.01 and abs(moved) > 2 * se)
        found.append(
            Effect(
                promise_id=promise.id,
                before=float(chance_before),
                after=float(chance_after),
                se=se,
                notable=notable,
                below_line=bool(chance_after < line <= chance_before),
                worse_below=bool(chance_before < line and notable and moved < 0),
            )
        )
    return tuple(found)


def _harms(effects: Sequence[Effect], slack: float = 0.0) -> bool:
    """Whether a date costs more than may be asked of promises given.

    Args:
        slack: how many standard errors a trial on few futures may be wrong by.
    """
    for effect in effects:
        margin = slack * max(effect.se, 0.01) if slack else 0.0
        if (effect.below_line or effect.worse_below) and effect.change < -margin:
            return True
    return False


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
    joint = _Joint(situation, ask, futures=futures, seed=seed, threads=threads, executor=executor)
    base = runs.base_futures(
        situation, futures=futures, seed=seed, threads=threads, executor=executor
    )
    laid = _lay(base, joint.yielding, threads=threads, executor=executor)
    without = Placed(situation, candidates, None, laid.finish)

    in_place = None
    found = _search(joint, base, minutes, confidence=confidence, line=line)
    if found is not None:
        ranked = joint.run(minutes[found], futures)
        in_place = Placed(
            situation,
            candidates,
            candidates[found],
            ranked.promise_finish[-1],
            _effects(situation, base.promise_finish, ranked.promise_finish, line=line),
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
    overtime = None
    if wanted is not None:
        at = situation.minute(wanted)
        asked = joint.run(at, futures)
        chance_wanted = chance_on_time(asked.promise_finish[-1], at)
        effects_wanted = _effects(situation, base.promise_finish, asked.promise_finish, line=line)
        overtime = _overtime(joint, asked, at)
    first = len(situation.stages)
    load_with = laid.load_minutes
    if advised == "in_place" and due is not None:
        load_with = joint.run(situation.minute(due), futures).load_minutes
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
        overtime=overtime,
        gauges=_gauges(joint, base, wanted or due or candidates[-1]),
        unbacked=tuple(
            stage.id
            for stage in joint.yielding.stages[first:]
            if stage.arrives is not None and not stage.arrives.backed
        ),
        load_without=_load(base, base.load_minutes),
        load_with=_load(base, load_with),
        confidence=confidence,
        line=line,
        futures=futures,
        seed=seed,
        engine_version=ENGINE_VERSION,
        fingerprint=situation.fingerprint,
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
    joint = _Joint(situation, ask, futures=futures, seed=seed, threads=threads, executor=executor)
    base = runs.base_futures(
        situation, futures=futures, seed=seed, threads=threads, executor=executor
    )
    ranked = joint.run(situation.minute(due), futures)
    return _effects(situation, base.promise_finish, ranked.promise_finish, line=line)


def _search(
    joint: _Joint,
    base: Futures,
    minutes: Sequence[int],
    *,
    confidence: float,
    line: float,
) -> int | None:
    """The first candidate the ask can be ranked by: kept at the confidence, nobody harmed.

    A run depends on the candidate only by how many promises rank before it, so
    candidates with equal rank share one. Each rank is tried on few futures and,
    unless it clearly fails there, decided on all. Where there are many ranks, the
    first that does not clearly fail is found by a coarse look and by halving, and
    at most ``CONFIRMED`` are decided on all.
    """
    situation = joint.base
    groups: dict[int, list[int]] = {}
    for index, minute in enumerate(minutes):
        groups.setdefault(joint.position(minute), []).append(index)
    few = min(PILOT, base.futures)
    se = math.sqrt(confidence * (1 - confidence) / few)
    # Ranked before all others nothing can be much faster; earlier candidates need no trial.
    best = joint.run(minutes[0], few).promise_finish[-1]
    earliest = _first_at(best, minutes, max(confidence - 3 * se, 0.01))
    if earliest is None:
        return None
    ranks = [indexes for indexes in groups.values() if indexes[-1] >= earliest]

    @functools.cache
    def hopeful(at: int) -> bool:
        if few == base.futures:
            return True
        trial = joint.run(minutes[ranks[at][0]], few)
        if chance_on_time(trial.promise_finish[-1], minutes[ranks[at][-1]]) < confidence - 3 * se:
            return False
        before = base.promise_finish[:, :few]
        return not _harms(_effects(situation, before, trial.promise_finish, line=line), slack=3.0)

    def decided(at: int) -> int | None:
        ranked = joint.run(minutes[ranks[at][0]], base.futures)
        index = _first_at(ranked.promise_finish[-1], minutes, confidence)
        if index is None or index > ranks[at][-1]:
            return None
        effects = _effects(situation, base.promise_finish, ranked.promise_finish, line=line)
        return None if _harms(effects) else max(index, ranks[at][0])

    n = len(ranks)
    first, last, most = 0, n, n
    if n > COARSE:
        most = CONFIRMED
        looks = sorted({round(k * (n - 1) / COARSE) for k in range(COARSE + 1)})
        seen = next((k for k, at in enumerate(looks) if hopeful(at)), None)
        if seen is None:
            return None
        low = looks[seen - 1] if seen else -1
        first = looks[seen]
        while first - low > 1:
            middle = (low + first) // 2
            low, first = (low, middle) if hopeful(middle) else (middle, first)
        last = min(n, first + 2 * COARSE)
    for at in range(first, last):
        if most == 0:
            break
        if hopeful(at):
            most -= 1
            chosen = decided(at)
            if chosen is not None:
                return chosen
    return None


# -- overtime and gauges ----------------------------------------------


def _overtime(joint: _Joint, run: Futures, due: int) -> Overtime:
    """Hours of the ask's work that are not done by ``due``, in each future."""
    first = len(joint.base.stages)
    hours = np.zeros(run.futures)
    work = _work(run, first)
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

            worked = _worked(calendar, before, start)
            whole = np.maximum(_worked(calendar, before, finish) - worked, 1)
            passed = np.clip(_worked(calendar, before, np.full_like(start, due)) - worked, 0, None)
        passed = np.where(finish <= due, whole, np.clip(passed, 0, whole))
        hours += work[k] * heads * (whole - passed) / (whole * 60)
    return Overtime(hours)


def _heads(stage: Stage) -> int:
    return 0 if stage.begun_by else sum(count for _, count in stage.needs)


def _work(run: Futures, first: int) -> Ints:
    """Minutes of work of the stages from ``first`` on, shape (n, futures)."""
    work: Ints = _kernels.draw_stages(
        run.plan.laws, layout.shared_luck(run.situation.correlation),
        np.uint64(run.seed), run.futures, first,
    )  # fmt: skip
    return work


def _gauges(joint: _Joint, base: Futures, until: datetime) -> tuple[Gauge, ...]:
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
    busy = _busy_before(base, end)
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
            free += (minutes - busy[i]) * person.share / 60
        gauges.append(Gauge(kind, name, hours, float(free), usable))
    return tuple(gauges)


def _mean_hours(stage: Stage) -> float:
    points = (np.arange(200) + 0.5) / 200
    begin, stretch = layout.begun(stage.law, stage.spent)
    hours = [
        max(stage.law.hours(begin + (1 - begin) * u) * stretch - stage.spent, 0.0) for u in points
    ]
    return float(np.mean(hours)) * (1 - stage.done)


def _busy_before(base: Futures, end: int) -> npt.NDArray[np.float64]:
    """Mean working minutes each person is busy before a minute, shape (n_people,)."""
    situation = base.situation
    busy = np.zeros(len(situation.people))
    for i, person in enumerate(situation.people):
        calendar = situation.calendar(person)
        before = np.concatenate(([0], np.cumsum(calendar.ends - calendar.starts)))
        for rows, spans in base.busy:
            # Stretches of one person in all futures of a block, those after the moment cut off.
            both = np.concatenate([spans[:, row[i] : row[i + 1]] for row in rows], axis=1)
            a, b = np.minimum(both, end)
            busy[i] += (_worked(calendar, before, b) - _worked(calendar, before, a)).sum()
    mean: npt.NDArray[np.float64] = busy / base.futures
    return mean


def _worked(calendar: Calendar, before: Any, t: Any) -> Any:
    """Working minutes of a calendar before each of ``t``.

    Args:
        before: (n_windows + 1,) working minutes before each window.
    """
    w = np.searchsorted(calendar.ends, t, side="right")
    last = np.minimum(w, calendar.starts.size - 1)
    inside = np.clip(t - calendar.starts[last], 0, None)
    return np.where(w < calendar.starts.size, before[last] + inside, before[-1])


# -- what limits ------------------------------------------------------


def _limits(
    joint: _Joint,
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
        causes, plain, marks, q=confidence, seed=joint.seed, correlation=whole.correlation,
        only=ask, threads=joint.threads, executor=joint.executor,
    )  # fmt: skip
    found = [cause.limit(by) for cause, (by,) in zip(causes, days, strict=True) if by]
    return tuple(sorted(found, key=lambda limit: -limit.days))

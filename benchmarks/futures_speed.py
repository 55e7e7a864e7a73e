"""How fast futures are computed, beside SimPy in the same run.

    python benchmarks/futures_speed.py [--large]

Writes benchmarks/results/futures_speed.md. Figures are CPU seconds of one thread.
"""

import os
import platform
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numba
import numpy as np
import simpy

from kept.engine import Ask, Situation, find_dates, laying, layout, simulate
from kept.engine import futures as runs
from portfolio import portfolio, ten_stages

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tests.engine import twin  # noqa: E402 -- it is no part of the package

DAYS = 10
COLUMNS = (
    "people / stages",
    "full refresh, 1,000 futures",
    "against SimPy",
    "ten stages *without disturbing anyone*",
    "cheaper than a refresh",
    "whole check, in refreshes / with what limits",
    "memory",
)
HEAD = (f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|")


def cpu(action: Any, times: int = 1) -> float:
    """The least CPU time of some tries."""
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        action()
        best = min(best, time.process_time() - began)
    return best


def simpy_future(situation: Situation, work: dict[str, int]) -> dict[str, float]:
    """One future in SimPy: a resource per person, a process per stage, the same calendars."""
    env = simpy.Environment()
    people = {p.id: simpy.PriorityResource(env) for p in situation.people}
    windows = {p.id: situation.calendar(p) for p in situation.people}
    share = {p.id: p.share for p in situation.people}
    order = sorted(range(len(situation.promises)), key=lambda i: situation.promises[i].due or 0)
    rank = {situation.promises[i].id: place for place, i in enumerate(order)}
    able = {}
    for person in situation.people:
        for skill in person.skills:
            able.setdefault(skill, person.id)
    done = {stage.id: env.event() for stage in situation.stages}
    finish: dict[str, float] = {}

    def stage_process(stage: Any) -> Any:
        for name in stage.after:
            yield done[name]
        crew = sorted(stage.people) or [able[skill] for skill, _ in stage.needs]
        held = []
        for who in crew:
            request = people[who].request(priority=rank[stage.promise])
            held.append((who, request))
            yield request
        calendar = windows[crew[0]]
        left = work[stage.id] / share[crew[0]]
        w = int(np.searchsorted(calendar.ends, env.now, side="right"))
        while left > 0:
            begin = max(env.now, int(calendar.starts[w]))
            lasting = min(left, int(calendar.ends[w]) - begin)
            yield env.timeout(begin + lasting - env.now)
            left -= lasting
            w += 1
        for who, request in held:
            people[who].release(request)
        finish[stage.id] = env.now
        done[stage.id].succeed()

    for stage in situation.stages:
        env.process(stage_process(stage))
    env.run()
    return finish


def twin_days() -> str:
    """How much faster a future is than some days of the plain twin, both agreeing about them."""
    document = portfolio(10, 100, tight=1.2)
    situation = Situation.from_document(document)
    ours = simulate(situation, futures=200, seed=1, threads=1)
    each = cpu(lambda: simulate(situation, futures=200, seed=1, threads=1), 3) / 200
    began = time.process_time()
    theirs = twin.run(document, seed=1, length=DAYS * 1440)
    seconds = time.process_time() - began
    for name, played in theirs.items():
        first = (int(times[0]) for times in ours.stage(name))
        assert tuple(None if t >= DAYS * 1440 else t for t in first) == played, name
    return (
        f"The plain twin takes {seconds:.1f} s for the first {DAYS} days of 10 people and 100"
        f" stages, the engine {each * 1000:.2f} ms for all of it, laying out included:"
        f" {seconds / each:,.0f}×. Both agree to the minute in every stage."
    )


def measure(n_people: int, n_stages: int, futures: int, rows: list[str]) -> None:
    document = portfolio(n_people, n_stages, tight=1.6)
    situation = Situation.from_document(document)
    people = layout.compile_people(situation)
    plan = layout.compile_plan(situation, people)

    def refresh() -> runs.Futures:
        return runs.run(situation, people, plan, futures=futures, seed=1, threads=1)

    refresh()
    work = {s.id: layout.median_minutes(s) for s in situation.stages}
    # Ours before and after theirs, so that a busy moment does not favour one of them.
    ours = cpu(refresh, 3) / futures
    theirs = cpu(lambda: simpy_future(situation, work), 3)
    ours = min(ours, cpu(refresh, 3) / futures)
    base = runs.base_futures(situation, futures=1000, seed=1, threads=1)
    ask = Ask({"id": "ask"}, ten_stages(document))
    yielding = situation.with_ask(ask, due=None, placement="yields")

    def lay() -> Any:
        return laying.lay(base, yielding, threads=1, executor=None, load=False)

    laid = cpu(lay, 5)
    found = ""
    if n_stages <= 2000:
        first = datetime(2026, 11, 23, 17, tzinfo=UTC)
        days = [first + timedelta(days=i) for i in range(200)]
        days = [day for day in days if day.weekday() < 5]
        for limits in (False, True):
            took = cpu(
                lambda limits=limits: find_dates(
                    situation, ask, due_candidates=days, wanted=days[20], limits=limits, threads=1
                )
            )
            found += f"{took / (ours * 1000):.1f}" if not limits else f" / {took:.1f} s"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(
        f"| {n_people} / {n_stages:,} | {ours * 1000:.2f} s | {theirs / ours:.0f}× |"
        f" {laid * 1000:.1f} ms | {ours * 1000 / laid:.0f}× | {found} |"
        f" {memory:.0f} MB |"
    )


def main() -> None:
    rows: list[str] = []
    said = twin_days()
    measure(50, 2000, 200, rows)
    if "--large" in sys.argv:
        measure(500, 20_000, 20, rows)
    text = f"""# Speed of futures

{datetime.now(UTC).date()}, Python {platform.python_version()}, numpy {np.__version__}, numba
{numba.__version__}, simpy {simpy.__version__}, {platform.processor() or platform.machine()},
{runs.cores()} cores shared with other work: load {os.getloadavg()[0]:.0f} when this was written, so
ratios hold and seconds are high. `python benchmarks/futures_speed.py {" ".join(sys.argv[1:])}`.
CPU seconds of one thread. Portfolios of `benchmarks/portfolio.py`: 85 % of stages name one
person, 10 % take anybody with a skill, 5 % two people at once.

{chr(10).join([*HEAD, *rows])}

SimPy plays each stage as a process that takes its people in order of rank, without holding
some of them until all are there and without choosing among those who could. Memory is the
most this whole process took, with SimPy and with everybody's busy stretches in each of 1,000
futures; `futures_memory.py` measures the engine's own. {said}
"""
    (HERE / "results" / "futures_speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

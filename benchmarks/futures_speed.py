"""How fast futures are computed, beside SimPy in the same run.

    python benchmarks/futures_speed.py [--large]

Writes benchmarks/results/futures_speed.md. Figures are CPU seconds of one thread.
"""

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

from kept.engine import Ask, Situation, dates, find_dates
from kept.engine import futures as runs
from portfolio import portfolio, ten_stages

HERE = Path(__file__).parent
COLUMNS = (
    "people / stages",
    "full refresh, 1,000 futures",
    "against SimPy",
    "ten stages *without disturbing anyone*",
    "cheaper than a refresh",
    "whole check, in refreshes",
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


def measure(n_people: int, n_stages: int, futures: int, rows: list[str]) -> None:
    document = portfolio(n_people, n_stages, tight=1.6)
    situation = Situation.from_document(document)
    people = runs.compile_people(situation)
    plan = runs.compile_plan(situation, people)

    def refresh() -> runs.Futures:
        return runs.run(situation, people, plan, futures=futures, seed=1, threads=1)

    refresh()
    ours = cpu(refresh, 2) / futures
    work = {s.id: runs.median_minutes(s) for s in situation.stages}
    theirs = cpu(lambda: simpy_future(situation, work))
    base = runs.base_futures(situation, futures=1000, seed=1, threads=1)
    ask = Ask({"id": "ask"}, ten_stages(document))
    yielding = situation.with_ask(ask, due=None, placement="yields")

    def lay() -> Any:
        return dates._lay(base, yielding, threads=1, executor=None, load=False)

    laid = cpu(lay, 3)
    first = datetime(2026, 11, 23, 17, tzinfo=UTC)
    days = [first + timedelta(days=i) for i in range(200)]
    days = [day for day in days if day.weekday() < 5]
    found = cpu(
        lambda: find_dates(
            situation, ask, due_candidates=days, wanted=days[20], limits=False, threads=1
        )
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rows.append(
        f"| {n_people} / {n_stages:,} | {ours * 1000:.2f} s | {theirs / ours:.0f}× |"
        f" {laid * 1000:.1f} ms | {ours * 1000 / laid:.0f}× | {found / (ours * 1000):.1f} |"
        f" {memory:.0f} MB |"
    )


def main() -> None:
    rows: list[str] = []
    measure(50, 2000, 200, rows)
    if "--large" in sys.argv:
        measure(500, 20_000, 20, rows)
    text = f"""# Speed of futures

{datetime.now(UTC).date()}, Python {platform.python_version()}, numpy {np.__version__}, numba
{numba.__version__}, simpy {simpy.__version__}, {platform.processor() or platform.machine()}.
`python benchmarks/futures_speed.py {" ".join(sys.argv[1:])}`, on a machine
busy with other work: ratios hold, seconds are high. CPU seconds of one thread.
Portfolios of `benchmarks/portfolio.py`: 85 % of stages name one person, 10 % take anybody
with a skill, 5 % two people at once.

{chr(10).join([*HEAD, *rows])}
"""
    (HERE / "results" / "futures_speed.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""The memory that futures of a large portfolio take: 500 people, 20,000 stages, 1,000 futures.

    python benchmarks/futures_memory.py

Writes benchmarks/results/futures_memory.md. Each figure is the most this process ever took, so
it is to run by itself.
"""

import platform
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import numba
import numpy as np

from kept.engine import Ask, Situation, laying, layout
from kept.engine import futures as runs
from portfolio import portfolio, ten_stages

HERE = Path(__file__).parent
PEOPLE, STAGES, FUTURES = 500, 20_000, 1000


def main() -> None:
    rows: list[str] = []

    def reached(what: str) -> None:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(f"| {what} | {most:.0f} MB |")
        print(rows[-1], file=sys.stderr)

    reached("nothing yet: Python, numpy, numba and the engine")
    small = Situation.from_document(portfolio(5, 200))
    runs.simulate(small, futures=1, busy=True, threads=1)
    reached("a first future of 200 stages: its compiled code, and what loads it")
    document = portfolio(PEOPLE, STAGES, tight=1.6)
    ask = Ask({"id": "ask"}, ten_stages(document))
    reached("the plan as a document")
    situation = Situation.from_document(document)
    del document
    people = layout.compile_people(situation)
    plan = layout.compile_plan(situation, people)
    reached("the plan read and laid out")
    runs.run(situation, people, plan, futures=FUTURES, seed=1, threads=1)
    reached("its dates in 1,000 futures")
    # Whoever asks has it laid out with the stretches, and once.
    del people, plan
    base = runs.base_futures(situation, futures=FUTURES, seed=1, threads=1)
    reached("everybody's busy stretches and load in each of them too")
    yielding = situation.with_ask(ask, due=None, placement="yields")
    laying.lay(base, yielding, threads=1, executor=None)
    reached("an ask laid into what they leave free")
    words = sum(part.nbytes for block in base.busy for part in block)
    text = f"""# Memory of futures

{datetime.now(UTC).date()}, `python benchmarks/futures_memory.py`, Python
{platform.python_version()}, numpy {np.__version__}, numba {numba.__version__},
{platform.processor() or platform.machine()}, one thread. {PEOPLE} people, {STAGES:,} stages,
{FUTURES:,} futures; the most the process had taken by then.

| with | memory |
|---|---|
{chr(10).join(rows)}

The stretches themselves are {words / 2**20:.0f} MB; the plan's calendars, ten years of everybody's
working time, {base.people.calendars.nbytes / 2**20:.0f} MB.
"""
    (HERE / "results" / "futures_memory.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""How the cost of a future grows with the number of stages, and the memory it takes.

    python benchmarks/futures_growth.py

Writes benchmarks/results/futures_growth.md.
"""

import math
import os
import resource
import time
from datetime import UTC, datetime
from pathlib import Path

from kept.engine import Situation, layout
from kept.engine import futures as runs
from portfolio import portfolio

HERE = Path(__file__).parent
TRIES = 3


def main() -> None:
    rows = []
    last: tuple[int, float] | None = None
    for n_people, n_stages in ((50, 2000), (500, 20_000), (5000, 200_000)):
        began = time.process_time()
        situation = Situation.from_document(portfolio(n_people, n_stages))
        people = layout.compile_people(situation)
        plan = layout.compile_plan(situation, people)
        reading = time.process_time() - began
        runs.run(situation, people, plan, futures=1, seed=1, threads=1)
        # A whole chunk at each size, as futures are computed: what lays out its memory is shared.
        took = []
        for _ in range(TRIES):
            began = time.process_time()
            runs.run(situation, people, plan, futures=runs.CHUNK, seed=1, threads=1)
            took.append((time.process_time() - began) / runs.CHUNK)
        each = min(took)
        growth = (
            "" if last is None else f"{math.log(each / last[1]) / math.log(n_stages / last[0]):.2f}"
        )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(
            f"| {n_people} / {n_stages:,} | {reading:.2f} s | {each * 1000:.2f} ms |"
            f" {max(took) * 1000:.2f} ms | {growth} |"
            f" {memory:.0f} MB |"
        )
        last = (n_stages, each)
    text = f"""# Growth of a future with its stages

{datetime.now(UTC).date()}, `python benchmarks/futures_growth.py`, CPU time of one thread on a
machine busy with other work (load {os.getloadavg()[0]:.0f}), best of {TRIES} tries with a chunk of
{runs.CHUNK} futures each; the worst of them beside it.

| people / stages | reading, laying out | one future | at worst | exponent | memory |
|---|---|---|---|---|---|
{chr(10).join(rows)}
"""
    (HERE / "results" / "futures_growth.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""How the cost of a future grows with the number of stages, and the memory it takes.

    python benchmarks/futures_growth.py

Writes benchmarks/results/futures_growth.md.
"""

import math
import resource
import time
from datetime import UTC, datetime
from pathlib import Path

from kept.engine import Situation, layout
from kept.engine import futures as runs
from portfolio import portfolio

HERE = Path(__file__).parent


def main() -> None:
    rows = []
    last: tuple[int, float] | None = None
    for n_people, n_stages, futures in ((50, 2000, 100), (500, 20_000, 10), (5000, 200_000, 2)):
        began = time.process_time()
        situation = Situation.from_document(portfolio(n_people, n_stages))
        people = layout.compile_people(situation)
        plan = layout.compile_plan(situation, people)
        reading = time.process_time() - began
        runs.run(situation, people, plan, futures=1, seed=1, threads=1)
        began = time.process_time()
        runs.run(situation, people, plan, futures=futures, seed=1, threads=1)
        each = (time.process_time() - began) / futures
        growth = (
            "" if last is None else f"{math.log(each / last[1]) / math.log(n_stages / last[0]):.2f}"
        )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(
            f"| {n_people} / {n_stages:,} | {reading:.2f} s | {each * 1000:.2f} ms | {growth} |"
            f" {memory:.0f} MB |"
        )
        last = (n_stages, each)
    text = f"""# Growth of a future with its stages

{datetime.now(UTC).date()}, `python benchmarks/futures_growth.py`, CPU time of one thread on a
machine busy with other work.

| people / stages | reading and laying out | one future | exponent from the row before | memory |
|---|---|---|---|---|
{chr(10).join(rows)}
"""
    (HERE / "results" / "futures_growth.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

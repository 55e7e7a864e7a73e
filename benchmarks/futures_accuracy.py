"""How far a date at 90 % is from its limit, by the number of futures.

    python benchmarks/futures_accuracy.py

Writes benchmarks/results/futures_accuracy.md.
"""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from kept.engine import Situation, simulate
from portfolio import portfolio

HERE = Path(__file__).parent
REFERENCE = 32_000
TRIALS = ((250, 12), (1000, 8), (4000, 3))


def dates_at_90(situation: Situation, futures: int, seed: int) -> np.ndarray:
    """The minute each promise is finished by in nine of ten futures."""
    finish = simulate(situation, futures=futures, seed=seed, stages=False, load=False)
    rank = int(np.ceil(0.9 * futures)) - 1
    return np.partition(finish.promise_finish, rank, axis=1)[:, rank]


def main() -> None:
    situation = Situation.from_document(portfolio(50, 2000, tight=1.6))
    true = dates_at_90(situation, REFERENCE, seed=1)
    rows = []
    for futures, times in TRIALS:
        off = np.concatenate(
            [np.abs(dates_at_90(situation, futures, seed=2 + i) - true) for i in range(times)]
        )
        days = off / 1440
        within = (days <= 0.8).mean()
        rows.append(
            f"| {futures:,} | {times} | {days.mean():.2f} | {np.quantile(days, 0.9):.2f} |"
            f" {days.max():.1f} | {within:.0%} |"
        )
    text = f"""# Dates at 90 % by number of futures

{datetime.now(UTC).date()}, `python benchmarks/futures_accuracy.py`: 200 promises of 50 people,
2,000 stages (`portfolio.py`, seed 7), against {REFERENCE:,} futures of another seed. Distances
in days of the calendar, nights and week-ends included.

| futures | seeds | mean distance | nine in ten within | largest | within 0.8 days |
|---|---|---|---|---|---|
{chr(10).join(rows)}
"""
    (HERE / "results" / "futures_accuracy.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

"""Write a made-up History CSV, the same for the same seed, shaped like real ones.

    python benchmarks/synthetic_history.py OUT.csv [--rows 6000] [--seed 1] [--people 12]

Each person has an own bias and spread that drift over the years; each project a shared slip;
small work runs over more than large work; a third of all work takes exactly its estimate and
most numbers are round; a few rows are open or cancelled. Nothing in it comes from a real row.
"""

import argparse
import csv
import datetime as dt
import io
import math
import random
from pathlib import Path

COLUMNS = (
    "row_id",
    "person",
    "project",
    "kind",
    "subkind",
    "estimate",
    "actual",
    "unit",
    "t_estimated",
    "t_started",
    "t_finished",
    "status",
)
KINDS = {
    "build": ("web", "shop", "api", "print"),
    "design": ("web", "brand", "print"),
    "care": ("bug", "question", "update"),
}
SIZES = (0.25, 0.5, 1, 1, 2, 2, 3, 4, 4, 6, 8, 8, 12, 16, 20, 24, 40)


def rows(*, seed, count, people=12, years=4.0):
    """Yield rows as dictionaries of text, in order of the estimate."""
    draw = random.Random(seed)
    bias = [draw.gauss(0.05, 0.25) for _ in range(people)]
    spread = [draw.uniform(0.35, 0.8) for _ in range(people)]
    exact = [draw.uniform(0.1, 0.55) for _ in range(people)]
    drift = [draw.gauss(0.0, 0.08) for _ in range(people)]
    harder = {sub: draw.gauss(0.0, 0.2) for subs in KINDS.values() for sub in subs}
    first = dt.datetime(2022, 1, 3, 9, 0)  # noqa: DTZ001 - wall clock, as time sheets write it
    span = years * 365 * 24 * 3600
    projects: list[tuple[str, float]] = []
    for number in range(count):
        if number % 25 == 0:
            projects.append((f"Project {len(projects) + 1}", draw.gauss(0.0, 0.2)))
        project, shared = projects[max(0, len(projects) - 1 - int(draw.expovariate(0.6)))]
        person = draw.randrange(people)
        kind = draw.choice(tuple(KINDS))
        subkind = draw.choice(KINDS[kind])
        estimate = draw.choice(SIZES)
        estimated = first + dt.timedelta(seconds=span * (number + draw.random()) / count)
        if draw.random() < exact[person]:
            actual = float(estimate)
        else:
            slip = bias[person] + shared + harder[subkind] - 0.12 * math.log(estimate / 4)
            slip += drift[person] * years * number / count
            # Student's t with 4 degrees of freedom: real tails are heavy.
            heavy = draw.gauss(0, 1) / math.sqrt(draw.gammavariate(2, 1) / 2)
            exactly = estimate * math.exp(slip + spread[person] * heavy)
            step = 0.25 if exactly < 8 else 1.0
            actual = min(2_000.0, max(0.25, round(exactly / step) * step))
        started = estimated + dt.timedelta(days=draw.expovariate(0.5))
        finished = started + dt.timedelta(days=actual / 5 + draw.expovariate(0.4))
        fate = draw.random()
        status = "cancelled" if fate < 0.02 else "open" if fate < 0.05 else "finished"
        yield {
            "row_id": f"h{number:06d}",
            "person": f"Person {person + 1}",
            "project": project,
            "kind": kind,
            "subkind": subkind,
            "estimate": f"{estimate:g}",
            "actual": f"{actual if status == 'finished' else actual * draw.random() / 2:g}",
            "unit": "hours",
            "t_estimated": estimated.isoformat(sep=" ", timespec="minutes"),
            "t_started": started.date().isoformat(),
            "t_finished": finished.date().isoformat() if status == "finished" else "",
            "status": status,
        }


def as_csv(*, seed, count, people=12):
    """Give the history as the bytes of a CSV file."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(seed=seed, count=count, people=people))
    return out.getvalue().encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=12)
    args = parser.parse_args()
    args.out.write_bytes(as_csv(seed=args.seed, count=args.rows, people=args.people))


if __name__ == "__main__":
    main()

"""PSPLIB instances with certain durations through the engine.

    python benchmarks/psplib.py FOLDER

FOLDER holds j30/ and j120-sample/ with .sm files as published (Kolisch & Sprecher 1996)
and j30-bounds.csv, j120-sample-bounds.csv. No schedule may break precedence or capacity
or beat a proven bound. Writes benchmarks/results/psplib.md.
"""

import csv
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kept.engine import Situation, simulate

HERE = Path(__file__).parent


def read(path: Path) -> tuple[dict[int, list[int]], dict[int, tuple[int, list[int]]], list[int]]:
    """Successors, durations with requests, and capacities of an instance."""
    lines = path.read_text("utf-8").splitlines()
    part = ""
    then: dict[int, list[int]] = {}
    jobs: dict[int, tuple[int, list[int]]] = {}
    capacity: list[int] = []
    for line in lines:
        if line.startswith(("PRECEDENCE", "REQUESTS", "RESOURCEAVAIL")):
            part = line.split("/")[0].split()[0].rstrip(":")
            continue
        words = line.split()
        if not words or not words[0].isdigit():
            continue
        numbers = [int(word) for word in words]
        if part == "PRECEDENCE":
            then[numbers[0]] = numbers[3:]
        elif part.startswith("REQUESTS"):
            jobs[numbers[0]] = (numbers[2], numbers[3:])
        elif part.startswith("RESOURCEAVAIL"):
            capacity = numbers
    return then, jobs, capacity


def makespan(path: Path) -> int:
    """Length of the engine's schedule, checked for precedence and capacity."""
    then, jobs, capacity = read(path)
    before: dict[int, list[str]] = {job: [] for job in jobs}
    for job, followers in then.items():
        for other in followers:
            before[other].append(str(job))
    stages: list[dict[str, Any]] = [
        {
            "id": str(job),
            "promise": "p",
            "after": before[job],
            "calendar": "always",
            "effort": hours,
            "uses": {str(r): n for r, n in enumerate(requests) if n},
        }
        for job, (hours, requests) in jobs.items()
    ]
    plan = {
        "start": "2026-01-01T00:00+00:00",
        "resources": [{"id": str(r), "capacity": n} for r, n in enumerate(capacity)],
        "promises": [{"id": "p"}],
        "stages": stages,
    }
    futures = simulate(Situation.from_document(plan), futures=1, threads=1, load=False)
    begin = {job: int(futures.stage_start[i, 0]) // 60 for i, job in enumerate(jobs)}
    end = {job: int(futures.stage_finish[i, 0]) // 60 for i, job in enumerate(jobs)}
    for job, followers in then.items():
        assert all(begin[other] >= end[job] for other in followers), (path, job)
    for r, most in enumerate(capacity):
        for moment in begin.values():
            used = sum(
                requests[r]
                for job, (_, requests) in jobs.items()
                if begin[job] <= moment < end[job]
            )
            assert used <= most, (path, r, moment)
    return max(end.values())


def measure(folder: Path, name: str) -> str:
    with (folder / f"{name}-bounds.csv").open(encoding="utf-8") as file:
        known = {row["problem"]: row["optimum"].split("..") for row in csv.DictReader(file)}
    # "104..105" is proven bound and best known, "..88" only best known, "75" both.
    bounds = {name: (int(parts[0] or 0), int(parts[-1])) for name, parts in known.items()}
    gaps, best = [], 0
    for problem, bound in sorted(bounds.items()):
        length = makespan(folder / name / problem)
        assert length >= bound[0], (problem, length, bound)
        gaps.append(length / bound[1] - 1)
        best += length == bound[1]
    mean = sum(gaps) / len(gaps)
    return f"| {name} | {len(gaps)} | 0 | 0 | {best} | {mean:.2%} | {max(gaps):.1%} |"


def main() -> None:
    folder = Path(sys.argv[1])
    text = f"""# PSPLIB with certain durations

{datetime.now(UTC).date()}, `python benchmarks/psplib.py FOLDER`. One pass of event dispatch,
ranked by latest finish; no search.

| set | instances | rule broken | bound beaten | at best known | mean distance | largest |
|---|---|---|---|---|---|---|
{measure(folder, "j30")}
{measure(folder, "j120-sample")}
"""
    (HERE / "results" / "psplib.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

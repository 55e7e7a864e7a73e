"""Measure how long the effort learner takes, and how much memory, on a made-up history.

    python benchmarks/effort_speed.py [--rows 60000] [--write]

CPU seconds of this one process, kernels compiled before. Peak memory is the process's.
"""

import argparse
import datetime as dt
import platform
import resource
import time
from pathlib import Path

import numpy as np

from kept.engine import backtest, durations
from kept.imports.readers import history
from synthetic_history import as_csv


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    begun = time.process_time()
    few, _ = history.read(as_csv(seed=1, count=50))
    backtest(durations.DurationHistory.from_rows(few))
    durations.DurationHistory.from_rows(few).profile(800_000.0).ratios(estimate=1.0)
    compiled = time.process_time() - begun
    data = as_csv(seed=2, count=args.rows, people=40)

    begun = time.process_time()
    items, _ = history.read(data)
    read = time.process_time() - begun
    past = durations.DurationHistory.from_rows(items)
    columns = time.process_time() - begun - read
    report = backtest(past)
    whole = time.process_time() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    begun = time.process_time()
    profile = past.profile(float(past.finish_days[past.usable].max()) + 1)
    fitted = time.process_time() - begun
    begun = time.process_time()
    for item in past.items[-200:]:
        profile.ratios(
            person=item.person,
            kind=item.kind,
            subkind=item.subkind,
            project=item.project,
            estimate=item.estimate,
        )
    one = (time.process_time() - begun) / 200
    figures = {
        "reading the file": f"{read:.1f} s",
        "columns": f"{columns:.1f} s",
        "forecasting, scoring, baselines": f"{whole - read - columns:.1f} s",
        "backtest from bytes to report": f"{whole:.1f} s",
        "peak memory": f"{memory:.0f} MB",
        "a profile (newest 20,000 items)": f"{fitted:.1f} s",
        "one forecast from it, 99 levels": f"{1000 * one:.2f} ms",
        "compiling or loading the kernels, once": f"{compiled:.1f} s",
    }
    text = "\n".join(
        [
            "# Effort: time and memory",
            "",
            (
                f"`python benchmarks/effort_speed.py --rows {args.rows}`,"
                f" {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, Python {platform.python_version()},"
                f" numpy {np.__version__}, {platform.machine()}, CPU seconds of one core;"
                f" coverage at 90 %: {100 * report.summary['coverage']['90']:.1f} %."
            ),
            "",
            f"| {args.rows:,} made-up rows | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in figures.items()),
            "",
        ]
    )
    print(text)
    if args.write:
        (Path(__file__).parent / "results" / "effort_speed.md").write_text(text)


if __name__ == "__main__":
    main()

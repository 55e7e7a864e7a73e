"""Choose the constants of the effort learner, once, on the first 60 % of several histories.

    python benchmarks/effort_choose.py FOLDER [--minutes 10] [--seed 1]

FOLDER holds History CSVs (`sip_tasks.csv`, `cesaw_tasks.csv`, `renzo_tasks.csv`). Only rows
estimated in the first 60 % of each are read at all, so that the rest can judge. A random search
changes one to three constants by a factor and keeps what lowers the score: the mean over the
histories of ln log-CRPS, once over all rows and once over the later half of them (where there is
as much past as a house that uses kept will have). The result is printed; it goes into
`kept.engine.lenses.METHOD` by hand, rounded to two digits.

The constants of the calibration layer are not searched for: they cost score (0.1 %) and buy that
each person, project and newcomer is kept at 90 %; `effort_variants.py` shows it.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from kept.engine import calibration, durations, lenses
from kept.imports.readers import history

LEVELS = np.arange(1, 20) / 20
FILES = ("sip_tasks.csv", "cesaw_tasks.csv", "renzo_tasks.csv")
LENS_CONSTANTS = (
    "person",
    "subkind",
    "project",
    "kind",
    "half_life_days",
    "pull",
    "size",
    "slip",
    "spread",
)


def first_part(path, share=0.6):
    """Keep the rows estimated in the first share of a history, in order of time."""
    items, _ = history.read(path.read_bytes())
    whole = durations.DurationHistory.from_rows(items)
    rows = np.flatnonzero(whole.scorable & ~np.isnan(whole.estimate_days))
    return [whole.items[row] for row in rows[: int(rows.size * share)]]


def losses(items, method):
    """Give the log-CRPS of each row, forecast before it was known."""
    past = durations.DurationHistory.from_rows(items, method=method)
    replayed = past.replay(LEVELS)
    return calibration.crps(replayed.ln_quantiles, past.ln_ratios, LEVELS)


def score(histories, method):
    total, shown = 0.0, []
    for items in histories:
        loss = losses(items, method)
        total += np.log(loss.mean()) / 2 + np.log(loss[loss.size // 2 :].mean()) / 2
        shown.append(round(float(loss.mean()), 4))
    return total / len(histories), shown


def changed(method, rng):
    """Change one to three constants by a random factor."""
    for _ in range(rng.integers(1, 4)):
        factor = float(np.exp(rng.normal() * 0.6))
        if rng.random() < 0.04:
            method = replace(method, ridge=method.ridge * factor)
            continue
        at = int(rng.integers(len(method.lenses)))
        names = LENS_CONSTANTS if at else ("half_life_days", "pull")
        name = names[rng.integers(len(names))]
        value = getattr(method.lenses[at], name) * factor
        if name in ("person", "subkind", "project", "kind"):
            value = min(1.0, value)
        lenses = list(method.lenses)
        lenses[at] = replace(lenses[at], **{name: value})
        method = replace(method, lenses=tuple(lenses))
    return method


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    histories = [first_part(args.folder / name) for name in FILES]
    rng = np.random.default_rng(args.seed)
    best = lenses.METHOD
    lowest, shown = score(histories, best)
    print("start", round(lowest, 5), shown, flush=True)
    stop = time.monotonic() + 60 * args.minutes
    tried = 0
    while time.monotonic() < stop:
        tried += 1
        method = changed(best, rng)
        found, shown = score(histories, method)
        if found < lowest - 1e-5:
            best, lowest = method, found
            print(tried, round(lowest, 5), shown, flush=True)
    print(tried, "tried; chosen:")
    for lens in best.lenses:
        print(lens)
    print("ridge", best.ridge)


if __name__ == "__main__":
    main()

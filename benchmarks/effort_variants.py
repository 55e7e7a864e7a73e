"""What each part of the effort learner is worth: the same measures with a part left out.

    python benchmarks/effort_variants.py FOLDER [--part early|later] [--write]

`groups below`: persons and projects with at least 100 rows, tenths of the rows, and experience,
whose share kept at 90 % lies below 90 % by more than 3.3 standard errors. `inside`: how many of
them lie within 85–95 %. `apart`: the mean square of how many standard errors they lie from 90 %;
about 1 by chance alone, which tells more than counting those that cross a line.
"""

import argparse
import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np

from effort_accuracy import FILES, LEVELS, below_band, groups, inside
from kept.engine import calibration, durations, lenses
from kept.imports.readers import history

NEVER = 1e6
FULL = lenses.METHOD
ONE_LENS = (lenses.Lens("one", 0.08, 0.15, 0.25, 0.3, 540, 1, 0.4, NEVER, NEVER),)
VARIANTS = {
    "as it is": FULL,
    "one lens, the constants of the first design": replace(
        FULL,
        lenses=ONE_LENS,
        shrink=(60.0, 60.0, NEVER**2, 60.0),
        fade=(1.0, 0.999, 1.0, 0.995),
        caution=(0.0, 0.0),
    ),
    "the same, with this calibration layer": replace(FULL, lenses=ONE_LENS),
    "without expected slip and spread": replace(
        FULL, lenses=tuple(replace(lens, slip=NEVER, spread=NEVER) for lens in FULL.lenses)
    ),
    "without the last lens (lately)": replace(FULL, lenses=FULL.lenses[:-1]),
    "without the calibration layer": replace(FULL, shrink=(NEVER**2,) * 4, caution=(0.0, 0.0)),
    "the layer without caution": replace(FULL, caution=(0.0, 0.0)),
    "the layer without projects": replace(FULL, shrink=(60.0, 60.0, NEVER**2, 60.0)),
    "the layer half as bold about persons": replace(FULL, shrink=(60.0, 60.0, 100.0, 80.0)),
    "persons as they were (60 imagined), never forgetting for all": replace(
        FULL, shrink=(60.0, 60.0, 100.0, 60.0), fade=(1.0, 1.0, 0.97, 0.985)
    ),
    "persons bolder (20 imagined)": replace(FULL, shrink=(60.0, 60.0, 100.0, 20.0)),
    "projects bolder (60 imagined)": replace(FULL, shrink=(60.0, 60.0, 60.0, 40.0)),
}


def measure(items, method, part):
    past = durations.DurationHistory.from_rows(items, method=method)
    dated = np.flatnonzero(past.scorable & ~np.isnan(past.estimate_days))
    cut = int(dated.size * 0.6)
    if part == "early":
        past = durations.DurationHistory.from_rows(
            [past.items[row] for row in dated[:cut]], method=method
        )
        rows = np.arange(cut)
    else:
        rows = dated[cut:]
    replay = past.replay(LEVELS)
    within = inside(replay.reached_low[rows], replay.reached_high[rows], 0.9)
    found = [
        groups(past.codes[rows, 0], within, 100),
        groups(past.codes[rows, 2], within, 100),
        groups(np.arange(rows.size) * 10 // rows.size, within, 20),
        groups(np.searchsorted([0.5, 5.5, 20.5, 50.5], replay.known[rows]), within, 20),
    ]
    shares = np.concatenate([share for share, _ in found])
    counts = np.concatenate([count for _, count in found])
    loss = calibration.crps(replay.ln_quantiles[rows], past.ln_ratios[rows], LEVELS).mean()
    low = below_band(shares, counts)
    inside_85_95 = np.mean((shares >= 0.85) & (shares <= 0.95))
    apart = np.mean((shares - 0.9) ** 2 * counts / 0.09)
    return (
        f"{loss:.4f} · {100 * within.mean():.1f} % · {low} of {shares.size}"
        f" · {100 * inside_85_95:.0f} % · {apart:.2f}"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=("later", "early"), default="early")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    histories = {
        name.split("_")[0]: history.read((args.folder / name).read_bytes())[0]
        for name in FILES
        if (args.folder / name).exists()
    }
    lines = [
        f"# Effort: what each part is worth, {args.part} part",
        "",
        (
            f"`python benchmarks/effort_variants.py FOLDER --part {args.part}`,"
            f" {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, numpy {np.__version__},"
            f" method {lenses.METHOD_VERSION}. log-CRPS · kept at 90 % · groups below · inside"
            " 85–95 % · apart."
        ),
        "",
        "| | " + " | ".join(histories) + " |",
        "|---|" + "---|" * len(histories),
    ]
    for name, method in VARIANTS.items():
        cells = [measure(items, method, args.part) for items in histories.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    if args.write:
        (Path(__file__).parent / "results" / f"effort_variants_{args.part}.md").write_text(
            "\n".join(lines) + "\n"
        )


if __name__ == "__main__":
    main()

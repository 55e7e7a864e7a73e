"""The peer: LightGBM quantile regression on the same rows, the same way through time.

    python benchmarks/effort_lightgbm.py FOLDER [--write]

For each tenth of the last 40 % of a history, 19 models (one per level) are trained on everything
finished before that tenth begins, and forecast its rows; crossing quantiles are sorted. Inputs:
person, kind, subkind, project as categories, ln estimate, the day, and (`with slips`) what kept
itself looks at: the expected slip and spread. Needs lightgbm, a development dependency only.
"""

import argparse
import datetime as dt
import time
from pathlib import Path

import lightgbm
import numpy as np

from kept.engine import calibration, durations, lenses
from kept.imports.readers import history

LEVELS = np.arange(1, 20) / 20
FILES = ("sip_tasks.csv", "cesaw_tasks.csv", "renzo_tasks.csv")
SETTINGS = {
    "objective": "quantile",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "min_data_in_leaf": 40,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "cat_smooth": 30,
    "verbose": -1,
    "num_threads": 1,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
}
TREES = 120


def measure(path):
    items, _ = history.read(path.read_bytes())
    past = durations.DurationHistory.from_rows(items)
    dated = np.flatnonzero(past.scorable & ~np.isnan(past.estimate_days))
    cut = int(dated.size * 0.6)
    kept = past.replay(LEVELS)
    plain = np.column_stack((past.codes, past.ln_estimates, past.estimate_days))
    found = {}
    seconds = {}
    judged = dated[cut:]
    for name, inputs in (("plain", plain), ("with slips", np.column_stack((plain, kept.signs)))):
        begun = time.process_time()
        forecasts = []
        for block in np.array_split(judged, 4):
            known = np.flatnonzero(past.known_days < past.estimate_days[block[0]])
            models = [
                lightgbm.train(
                    SETTINGS | {"alpha": level},
                    lightgbm.Dataset(
                        inputs[known], past.ln_ratios[known], categorical_feature=[0, 1, 2, 3]
                    ),
                    TREES,
                )
                for level in LEVELS
            ]
            forecasts.append(np.column_stack([model.predict(inputs[block]) for model in models]))
        found[name] = np.sort(np.concatenate(forecasts), axis=1)
        seconds[name] = time.process_time() - begun
    outcomes = past.ln_ratios[judged]
    lines = []
    for name, quantiles in (("kept", kept.ln_quantiles[judged]), *found.items()):
        share = calibration.coverage(quantiles, outcomes, LEVELS)
        loss = calibration.crps(quantiles, outcomes, LEVELS).mean()
        lines.append(
            f"| {path.stem.split('_')[0]} | {'kept' if name == 'kept' else 'LightGBM ' + name} |"
            f" {loss:.4f} | {100 * share[15]:.1f} | {100 * share[17]:.1f} |"
            f" {'' if name == 'kept' else format(seconds[name], '.0f')} |"
        )
        print(lines[-1], flush=True)
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    lines = [
        "# Effort: LightGBM quantile regression beside kept, last 40 % of each history",
        "",
        (
            f"`python benchmarks/effort_lightgbm.py FOLDER`, {dt.datetime.now(tz=dt.UTC):%Y-%m-%d},"
            f" LightGBM {lightgbm.__version__}, numpy {np.__version__},"
            f" method {lenses.METHOD_VERSION}."
        ),
        "",
        "| history | forecast | log-CRPS | kept at 80 % | kept at 90 % | CPU s to train |",
        "|---|---|---|---|---|---|",
    ]
    for name in FILES:
        if (args.folder / name).exists():
            lines += measure(args.folder / name)
    if args.write:
        (Path(__file__).parent / "results" / "effort_lightgbm.md").write_text(
            "\n".join(lines) + "\n"
        )


if __name__ == "__main__":
    main()

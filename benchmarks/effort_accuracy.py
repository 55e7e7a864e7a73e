"""Measure the effort learner on real histories, row by row as time went.

    python benchmarks/effort_accuracy.py FOLDER [--part later|early] [--write]

FOLDER holds History CSVs. Each row is forecast from what was finished before its day of
estimate. `later` judges the last 40 % of each history, which played no part in choosing the
constants; `early` judges the first 60 %, on which they were chosen. `--write` puts the table
into benchmarks/results/effort_accuracy.md.
"""

import argparse
import datetime as dt
import platform
from pathlib import Path

import numpy as np

from kept.engine import calibration, durations, lenses, together
from kept.imports.readers import history

LEVELS = np.arange(1, 20) / 20
FILES = ("sip_tasks.csv", "cesaw_tasks.csv", "renzo_tasks.csv")


def inside(low, high, level):
    """The share of an outcome that lies within a level, ties spread over their stretch."""
    width = np.maximum(high - low, 1e-12)
    return np.clip((level - low) / width, 0.0, 1.0)


def groups(codes, within, needed):
    """Coverage of each group with enough rows: shares and counts."""
    counts = np.bincount(codes)
    large = counts >= needed
    return np.bincount(codes, weights=within)[large] / counts[large], counts[large]


def below_band(shares, counts):
    """How many groups lie below 90 % by more than 3.3 standard errors."""
    return int((shares < 0.9 - 3.3 * np.sqrt(0.09 / counts)).sum())


def taught(past, replay, known, cache, half_life_days=together.HALF_LIFE_DAYS):
    """What sums of the work known by then taught; learned anew with every 250 pieces of it."""
    step = known.size // 250, half_life_days
    if step not in cache:
        first = known[np.argsort(past.known_days[known], kind="stable")][: step[0] * 250]
        newest = first[np.argsort(past.estimate_days[first], kind="stable")]
        cache[step] = together.learned(
            positions=((replay.reached_low + replay.reached_high) / 2)[newest],
            projects=past.codes[newest, 2],
            ln_quantiles=replay.ln_quantiles[newest],
            ln_ratios=past.ln_ratios[newest],
            hours=np.exp(past.ln_estimates[newest]),
            days=past.known_days[newest],
            as_of=past.known_days[first[-1]] if first.size else 0.0,
            half_life_days=half_life_days,
        )
    return cache[step]


def sums(past, replay, rows, cache, seed=7, draws=2_000):
    """Forecast sums of 5 to 30 consecutive items of a project, as promises are.

    Every row with a day of estimate takes part in time order; only blocks whose first row is
    among `rows` are judged. What stages have in common (`together`) is learned from what was
    finished before the block's first day, as every plan does.

    Returns:
        How many blocks, and for (independent, shared luck, shared and leaning luck) the share
        kept at 90 % and the median P90 ÷ actual.
    """
    rng = np.random.default_rng(seed)
    levels = replay.levels.size
    projects = past.codes[:, 2]
    dated = np.flatnonzero(np.isfinite(past.known_days) & ~np.isnan(past.estimate_days))
    judged = set(rows.tolist())
    blocks = []
    for project in np.unique(projects[dated]):
        mine = dated[projects[dated] == project]
        at = 0
        while at + 5 <= mine.size:
            block = mine[at : at + int(rng.integers(5, 31))]
            at += block.size
            if block.size >= 5:
                blocks.append(block)
    blocks.sort(key=lambda block: (past.estimate_days[block[0]], block[0]))
    scores = np.linspace(-4.5, 4.5, 2_001)
    normal = np.cumsum(np.exp(-(scores**2) / 2))
    normal = (normal - normal[0] / 2) / normal[-1]
    kept = {name: [] for name in ("independent", "shared", "leaning")}
    width = {name: [] for name in kept}
    for block in blocks:
        day = past.estimate_days[block[0]]
        known = np.flatnonzero(past.known_days < day)
        if block[0] not in judged:
            continue
        luck = taught(past, replay, known, cache)
        actual = past.actuals[block].sum()
        own = rng.normal(size=(draws, block.size))
        factor = rng.normal(size=(draws, 1))
        for name, rho, lean in (
            ("independent", 0.0, 0.0),
            ("shared", luck.correlation, 0.0),
            ("leaning", luck.correlation, luck.lean),
        ):
            z = np.sqrt(rho) * factor + np.sqrt(1 - rho) * own + lean
            # As plans read quantiles: straight lines in ln effort, end slopes extended.
            place = np.interp(z, scores, normal) * (levels + 1) - 1
            index = np.clip(place.astype(int), 0, levels - 2)
            below, above = (replay.ln_quantiles[block, at] for at in (index, index + 1))
            drawn = np.exp(below + (place - index) * (above - below)) * past.estimates[block]
            total = drawn.sum(axis=1)
            p90 = np.quantile(total, 0.9)
            kept[name].append(actual <= p90)
            width[name].append(p90 / actual)
    return len(kept["shared"]), {
        name: (float(np.mean(kept[name])), float(np.median(width[name]))) for name in kept
    }


def measure(path, part):
    items, _ = history.read(path.read_bytes())
    past = durations.DurationHistory.from_rows(items)
    dated = np.flatnonzero(past.scorable & ~np.isnan(past.estimate_days))
    cut = int(dated.size * 0.6)
    if part == "early":
        past = durations.DurationHistory.from_rows([past.items[r] for r in dated[:cut]])
        rows = np.arange(cut)
    else:
        rows = dated[cut:]
    grid = past.replay(LEVELS)
    fine = past.replay(lenses.PERCENT_LEVELS)
    outcomes = past.ln_ratios[rows]
    coarse = grid.ln_quantiles[rows]
    low, high = grid.reached_low[rows], grid.reached_high[rows]
    within = inside(low, high, 0.9)
    spread = np.broadcast_to(0.5 * calibration.normal_quantile(LEVELS), coarse.shape)
    whole = past.global_quantiles(LEVELS)[rows]
    tenths = np.minimum(
        (past.estimate_days[rows] - past.estimate_days[rows[0]])
        / max(past.estimate_days[rows[-1]] - past.estimate_days[rows[0]], 1)
        * 10,
        9,
    ).astype(int)
    bucket = np.searchsorted([0.5, 5.5, 20.5, 50.5], grid.known[rows])
    person, n_person = groups(past.codes[rows, 0], within, 100)
    project, n_project = groups(past.codes[rows, 2], within, 100)
    tenth, n_tenth = groups(tenths, within, 20)
    by_known, n_known = groups(bucket, within, 20)
    every = np.concatenate((person, project, tenth, by_known))
    all_counts = np.concatenate((n_person, n_project, n_tenth, n_known))
    cache = {}
    count, totals = sums(past, fine, rows, cache)
    others = [sums(past, fine, rows, cache, seed)[1]["leaning"] for seed in range(8, 12)]
    _, rough = sums(past, grid, rows, cache)
    on_grid = calibration.coverage(coarse, outcomes, LEVELS)
    return {
        "rows judged": f"{rows.size:,}",
        "kept at 50 / 80 / 90 / 95 %": " / ".join(
            f"{100 * inside(low, high, p).mean():.1f}" for p in (0.5, 0.8, 0.9, 0.95)
        ),
        "the same, read off the 19 quantiles": " / ".join(
            f"{100 * on_grid[i]:.1f}" for i in (9, 15, 17, 18)
        ),
        "log-CRPS": f"{calibration.crps(coarse, outcomes, LEVELS).mean():.4f}",
        "… one global ratio": f"{calibration.crps(whole, outcomes, LEVELS).mean():.4f}",
        "… fixed spread": f"{calibration.crps(spread, outcomes, LEVELS).mean():.4f}",
        "median P90 ÷ actual": f"{np.exp(np.median(coarse[:, 17] - outcomes)):.2f}",
        "persons (≥ 100 rows), lowest–highest": _range(person),
        "projects (≥ 100 rows), lowest–highest": _range(project),
        "tenths of the time, lowest–highest": _range(tenth),
        "known items 0, 1–5, 6–20, 21–50, 51+ (≥ 20 rows)": " ".join(
            f"{100 * share:.1f} ({n:,})" for share, n in zip(by_known, n_known, strict=True)
        ),
        "groups below their band": f"{below_band(every, all_counts)} of {every.size}",
        "groups within 85–95 %": f"{100 * np.mean((every >= 0.85) & (every <= 0.95)):.0f} %",
        "sums of 5–30 items: blocks": f"{count}",
        "… independent: kept at 90 %, median P90 ÷ actual": _sums(totals["independent"]),
        "… with the shared luck": _sums(totals["shared"]),
        "… leaning as earlier sums taught, as plans draw": _sums(totals["leaning"]),
        "… the same, the mean of five cuts into sums": _sums(
            np.mean([totals["leaning"], *others], axis=0)
        ),
        "… the same, drawn from the 19 quantiles": _sums(rough["leaning"]),
    }


def _sums(found):
    return f"{100 * found[0]:.1f} %, × {found[1]:.2f}"


def _range(shares):
    if not shares.size:
        return "–"
    return f"{100 * shares.min():.1f}–{100 * shares.max():.1f} (of {shares.size})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--part", choices=("later", "early"), default="later")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = {
        name.split("_")[0]: measure(args.folder / name, args.part)
        for name in FILES
        if (args.folder / name).exists()
    }
    made = (
        f"`python benchmarks/effort_accuracy.py FOLDER --part {args.part}`,"
        f" {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, Python {platform.python_version()},"
        f" numpy {np.__version__}, method {lenses.METHOD_VERSION}."
    )
    lines = [
        f"# Effort: accuracy on the {args.part} part",
        "",
        made,
        "",
        "| | " + " | ".join(found) + " |",
        "|---|" + "---|" * len(found),
    ]
    names = next(iter(found.values()))
    lines += [
        f"| {name} | " + " | ".join(figures[name] for figures in found.values()) + " |"
        for name in names
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if args.write:
        (Path(__file__).parent / "results" / f"effort_accuracy_{args.part}.md").write_text(text)


if __name__ == "__main__":
    main()

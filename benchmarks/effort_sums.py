"""Choose how earlier sums correct the next ones, once, on the first 60 % of several histories.

    python benchmarks/effort_sums.py FOLDER [--write]

Runs of 5 to 30 consecutive items of a project stand for promises: each is forecast from what was
finished before its first day, drawn with the shared effect, and closed when its last item is.
Five different cuts into runs are averaged. Compared are no correction, a histogram of the places
where earlier sums fell (what kept did first), the mean and spread of their normal scores with
several strengths of shrinkage and of fading (what it did next), and the luck of all stages
shifted as `kept.engine.together` learns it from runs of ten, each counting half after so many
days. Only the first 60 % of each history is read at all. `drift` is where sums fell in each fifth
of the time (mean normal score, as forecast without correction): it says how soon to forget.
`--write` puts the table into benchmarks/results/effort_sums.md.
"""

import argparse
import datetime as dt
import math
from pathlib import Path

import numpy as np

from effort_accuracy import taught
from effort_choose import FILES, first_part
from kept.engine import calibration, durations, lenses, together

LEVELS = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
CUTS = 5
DRAWS = 1_000


class Nothing:
    """No correction."""

    def level(self, _positions, wanted):
        return wanted


class Histogram:
    """Twentieths of the places, shrunk towards even."""

    def __init__(self, prior):
        self.prior = prior

    def level(self, positions, wanted):
        counts = np.histogram(positions, bins=20, range=(0, 1))[0] + (self.prior + 1) / 20
        reached = np.concatenate(([0.0], np.cumsum(counts) / counts.sum()))
        return np.interp(wanted, reached, np.linspace(0, 1, 21))


class Scores:
    """Mean and spread of the normal scores, shrunk and fading."""

    def __init__(self, prior, fade):
        self.prior, self.fade = prior, fade

    def level(self, positions, wanted):
        scores = calibration.normal_quantile(np.clip(positions, 0.001, 0.999))
        weights = self.fade ** np.arange(len(positions) - 1, -1, -1)
        known = weights.sum() + self.prior
        mean = weights @ scores / known
        variance = (weights @ (scores - mean) ** 2 + self.prior) / known
        asked = mean + math.sqrt(variance * (1 + 1 / known)) * calibration.normal_quantile(wanted)
        return np.array([0.5 * math.erfc(-score / math.sqrt(2)) for score in asked])


# Half-life of a sum in the lean, in days.
LEANING = {
    "luck that leans, never forgetting": 1e9,
    "luck that leans, half-life 720 days": 720.0,
    "luck that leans, half-life 360 days": 360.0,
    "luck that leans, half-life 180 days": 180.0,
    "luck that leans, half-life 90 days": 90.0,
}
WAYS = (
    {"no correction": Nothing()}
    | dict.fromkeys(LEANING, Nothing())
    | {f"histogram, {prior} imagined": Histogram(prior) for prior in (60, 20)}
    | {
        f"scores, {prior} imagined, fade {fade}": Scores(prior, fade)
        for prior in (10, 20, 40)
        for fade in (1.0, 0.98, 0.95)
    }
)


def blocks(past, seed):
    """Cut each project's items into runs of 5 to 30, in order of time."""
    rng = np.random.default_rng(seed)
    projects = past.codes[:, 2]
    for project in np.unique(projects):
        mine = np.flatnonzero(projects == project)
        at = 0
        while at + 5 <= mine.size:
            block = mine[at : at + int(rng.integers(5, 31))]
            at += block.size
            if block.size >= 5:
                yield block


def forecasts(past, replay, cache, seed):
    """Draw each run's total: (first day, last known day, actual, draws as forecast and leaning)."""
    quantiles = np.exp(replay.ln_quantiles)
    scores = np.linspace(-4.5, 4.5, 2_001)
    normal = np.cumsum(np.exp(-(scores**2) / 2))
    normal = (normal - normal[0] / 2) / normal[-1]
    rng = np.random.default_rng(99 + seed)
    found = []
    for block in sorted(blocks(past, seed), key=lambda b: (past.estimate_days[b[0]], b[0])):
        day = past.estimate_days[block[0]]
        known = np.flatnonzero(past.known_days < day)
        lucks = {name: taught(past, replay, known, cache, LEANING[name]) for name in LEANING}
        shared = next(iter(lucks.values())).correlation
        plain = np.sqrt(shared) * rng.normal(size=(DRAWS, 1))
        plain = plain + np.sqrt(1 - shared) * rng.normal(size=(DRAWS, block.size))
        totals = {}
        for name, lean in {None: 0.0, **{name: luck.lean for name, luck in lucks.items()}}.items():
            index = np.rint(np.interp(plain + lean, scores, normal) * 100 - 1).astype(int)
            drawn = quantiles[block, np.clip(index, 0, 98)] * past.estimates[block]
            totals[name] = np.sort(drawn.sum(axis=1))
        found.append((day, past.known_days[block].max(), past.actuals[block].sum(), totals))
    return found


def whole(items):
    """Every run of a history, once for each cut."""
    past = durations.DurationHistory.from_rows(items)
    replay = past.replay(lenses.PERCENT_LEVELS)
    cache = {}
    return [forecasts(past, replay, cache, seed) for seed in range(CUTS)]


def judged(runs, name):
    """Kept at 90 and 80 %, median P90 ÷ actual, and log-CRPS, from 20 closed runs on."""
    way = WAYS[name]
    places = [float(np.mean(totals[None] <= actual)) for _, _, actual, totals in runs]
    closing = sorted(range(len(runs)), key=lambda i: runs[i][1])
    kept90, kept80, width, loss = [], [], [], []
    for day, _, actual, totals in runs:
        total = totals[name if name in LEANING else None]
        closed = [places[i] for i in closing if runs[i][1] < day]
        if len(closed) < together.RUNS_NEEDED:
            continue
        said = np.quantile(total, way.level(np.array(closed), LEVELS))
        miss = np.log(actual) - np.log(said)
        loss.append(2 * np.where(miss >= 0, LEVELS * miss, (LEVELS - 1) * miss).mean())
        kept90.append(actual <= said[8])
        kept80.append(actual <= said[7])
        width.append(said[8] / actual)
    return np.mean(kept90), np.mean(kept80), np.median(width), np.mean(loss)


def drift(cuts):
    """Mean normal score of where sums fell, as forecast, in each fifth of the time."""
    runs = sorted((run[:1] + run[2:] for cut in cuts for run in cut), key=lambda run: run[0])
    places = [float(np.mean(totals[None] <= actual)) for _, actual, totals in runs]
    scores = calibration.normal_quantile(np.clip(places, 0.005, 0.995))
    return " ".join(f"{part.mean():+.2f}" for part in np.array_split(scores, 5))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    names = [name.split("_")[0] for name in FILES]
    histories = [whole(first_part(args.folder / name)) for name in FILES]
    made = (
        f"`python benchmarks/effort_sums.py FOLDER`, {dt.datetime.now(tz=dt.UTC):%Y-%m-%d}, numpy"
        f" {np.__version__}, method {lenses.METHOD_VERSION}. Kept at 90 % · at 80 % · median"
        " P90 ÷ actual · log-CRPS; the mean of five cuts into sums of 5–30 items."
    )
    lines = [
        "# Effort: what earlier sums teach, on the early part",
        "",
        made,
        "",
        "| | " + " | ".join(names) + " |",
        "|---|" + "---|" * len(names),
    ]
    for name in WAYS:
        cells = []
        for runs in histories:
            kept90, kept80, width, loss = np.mean([judged(one, name) for one in runs], axis=0)
            cells.append(
                f"{100 * kept90:.1f} % · {100 * kept80:.1f} % · × {width:.2f} · {loss:.4f}"
            )
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    lines.append("| drift | " + " | ".join(drift(cuts) for cuts in histories) + " |")
    text = "\n".join(lines) + "\n"
    if args.write:
        (Path(__file__).parent / "results" / "effort_sums.md").write_text(text)


if __name__ == "__main__":
    main()

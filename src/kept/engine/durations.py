"""How long work of a kind really takes: learned from finished work, said with its spread.

The forecast for a piece of work is a weighted sample of what similar finished work took, as a
multiple of its estimate. Weights come from a chain of *lenses*, from wide ("all work") to narrow
("this person, this kind, lately"): each lens is believed as far as it holds items, and leaves the
rest to the lens before it; the first leaves the rest to a wide prior for day one. A calibration
layer then compares earlier forecasts with what came and reads the level that really gave the
wanted coverage. `docs/method/effort.md` gives formulas, sources and measured accuracy.

Days are numbers: days since 1 January of year 1, with a fraction for the time.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kept.engine import together
from kept.engine.forecasts import Forecast, Similar, Summary, snapped
from kept.engine.lenses import (
    METHOD,
    METHOD_VERSION,
    PERCENT_LEVELS,
    Method,
    prior_atoms,
    prior_ratios,
    tables,
)
from kept.engine.together import Together

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: The levels at which a profile remembers what it would have said of each row it learned from.
SAID_LEVELS: Final[FloatArray] = np.array([0.5, 0.8, 0.9, 0.95])
SAID_LEVELS.flags.writeable = False

# Work that took a ten-thousandth or ten thousand times its estimate says that a number was
# mistyped; it still counts, as far out as this.
_RATIO_LIMIT = 10_000.0

_HOURS: Final[dict[str, float]] = {
    "minute": 1 / 60,
    "minutes": 1 / 60,
    "min": 1 / 60,
    "hour": 1.0,
    "hours": 1.0,
    "h": 1.0,
    "day": 8.0,
    "days": 8.0,
    "person_days": 8.0,
    "week": 40.0,
    "weeks": 40.0,
    "month": 160.0,
    "months": 160.0,
    "pomodoro": 25 / 60,
    "pomodoros": 25 / 60,
}

# What the groups of a row are made of, in the order of the kernels. `size` is the estimate to
# within two hundredths of its logarithm: people use the same few numbers again and again.
_GROUPS: Final[tuple[tuple[str, ...], ...]] = (
    (),
    ("person",),
    ("subkind",),
    ("person", "subkind"),
    ("project", "subkind"),
    ("kind",),
    ("project", "kind"),
    ("person", "kind"),
    ("size",),
    ("subkind", "size"),
    ("person", "subkind", "size"),
)


@dataclass(frozen=True, slots=True)
class PastItem:
    """One piece of work as the past knows it. `None` is unknown.

    `estimate` and `actual` share a unit. For open work `actual` is work so far. Days count from
    1 January of year 1 and may have a fraction.
    """

    row_id: str
    person: str | None = None
    kind: str | None = None
    subkind: str | None = None
    project: str | None = None
    estimate: float | None = None
    actual: float | None = None
    estimated_on: float | None = None
    finished_on: float | None = None
    status: str = "finished"
    unit: str = "hours"


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


class DurationHistory:
    """Finished and open work as columns, in an order that does not depend on the file's.

    Build it with `from_rows`. Attributes, each of shape (n,) in canonical order (by day of
    estimate, day of finish, then content):
        row_ids, estimates, actuals (NaN unknown), estimate_days, finish_days (whole days;
        NaN unknown), finished (bool), usable (bool: finished, with an estimate, an actual above
        zero and a day of finish), open (bool: open, with an estimate and work so far).
    """

    def __init__(self, items: Sequence[PastItem], method: Method = METHOD) -> None:
        self.method = method
        order = sorted(range(len(items)), key=lambda i: _canonical(items[i]))
        self.items = tuple(items[i] for i in order)
        #: position in the order given -> position here
        self.given_order = _read_only(np.argsort(np.asarray(order, dtype=np.int64), kind="stable"))
        n = len(self.items)
        self.row_ids = tuple(item.row_id for item in self.items)
        self.estimates = _read_only(_numbers(item.estimate for item in self.items))
        self.actuals = _read_only(_numbers(item.actual for item in self.items))
        self.estimate_days = _read_only(_days(item.estimated_on for item in self.items))
        self.finish_days = _read_only(_days(item.finished_on for item in self.items))
        self.finished = _read_only(
            np.fromiter((item.status == "finished" for item in self.items), np.bool_, n)
        )
        factors = np.fromiter(
            (_HOURS.get(item.unit.casefold(), 1.0) for item in self.items), np.float64, n
        )
        self.ln_estimates = _read_only(_ln_estimates(self.estimates, factors))
        has_estimate = self.estimates > 0
        has_actual = self.actuals > 0
        ratios = np.ones(n)
        both = has_estimate & has_actual
        with np.errstate(over="ignore", under="ignore"):
            np.divide(self.actuals, self.estimates, out=ratios, where=both)
        ratios = np.clip(ratios, 1.0 / _RATIO_LIMIT, _RATIO_LIMIT)
        # Exactly zero where the work took its estimate, whatever the logarithm rounds to.
        self.ln_ratios = _read_only(np.where(self.actuals == self.estimates, 0.0, np.log(ratios)))
        self.forecastable = _read_only(has_estimate)
        self.scorable = _read_only(both & self.finished)
        self.usable = _read_only(both & self.finished & ~np.isnan(self.finish_days))
        still_open = (item.status == "open" for item in self.items)
        self.open = _read_only(both & np.fromiter(still_open, np.bool_, n))
        self._code_names()

    @classmethod
    def from_rows(cls, rows: Iterable[PastItem], *, method: Method = METHOD) -> "DurationHistory":
        """Take rows in any order; nothing is refused, unusable rows are left unlearned."""
        return cls(list(rows), method)

    def __len__(self) -> int:
        return len(self.items)

    def _code_names(self) -> None:
        """Number persons, subkinds, projects, kinds, and the groups made of them."""
        self._names: dict[str, dict[str | None, int]] = {}
        columns = []
        for name in ("person", "subkind", "project", "kind"):
            known: dict[str | None, int] = {}
            codes = [known.setdefault(getattr(item, name), len(known)) for item in self.items]
            self._names[name] = known
            columns.append(np.asarray(codes, dtype=np.int64))
        self.codes = _read_only(np.ascontiguousarray(np.stack(columns, axis=1)))
        sizes = _sizes(self.ln_estimates)
        parts = dict(
            zip(("person", "subkind", "project", "kind", "size"), (*columns, sizes), strict=True)
        )
        self._group_of: list[dict[tuple[int, ...], int]] = []
        groups = np.empty((len(self.items), len(_GROUPS)), dtype=np.int64)
        start = 0
        for place, names in enumerate(_GROUPS):
            seen: dict[tuple[int, ...], int] = {}
            keys = zip(*(parts[name].tolist() for name in names), strict=True)
            if names:
                groups[:, place] = [seen.setdefault(key, start + len(seen)) for key in keys]
            else:
                seen[()] = start
                groups[:, place] = start
            self._group_of.append(seen)
            start += len(seen)
        self._n_groups = start
        self._groups = groups

    @cached_property
    def known_days(self) -> FloatArray:
        """Give the day from whose end on a row's actual may be used: finished, and estimated."""
        days = np.fmax(self.finish_days, self.estimate_days)
        return np.asarray(_read_only(np.where(self.usable, days, np.inf)))

    def names(self, what: str) -> tuple[str | None, ...]:
        """Give the names behind the codes of `person`, `subkind`, `project` or `kind`."""
        return tuple(self._names[what])

    @property
    def exact_share(self) -> float:
        """Give the share of finished work whose actual equals its estimate; 0 without any."""
        done = self.scorable
        if not done.any():
            return 0.0
        return float(np.mean(self.actuals[done] == self.estimates[done]))

    @property
    def is_informative(self) -> bool:
        """Say whether actuals were measured; see the function of the same name."""
        done = int(self.scorable.sum())
        return is_informative(exact=round(self.exact_share * done), of=done)

    def profile(self, as_of_day: float) -> "Profile":
        """Learn from everything finished before a day; a later row changes nothing in it."""
        return Profile(self, as_of_day)

    def replay(
        self,
        levels: ArrayLike,
        progress: Callable[[int, int], None] | None = None,
    ) -> "Replay":
        """Forecast every row with an estimate from what was finished before its day of estimate.

        Args:
            levels: shape (m,), rising, strictly between 0 and 1.
            progress: called with (rows done, rows in all) now and then.

        Rows without a day of estimate get the day-one prior.
        """
        at = _checked_levels(levels)
        days = self.estimate_days
        ask, learn = self._orders()
        ln_quantiles = np.full((len(self), at.size), np.nan)
        ln_quantiles[self.forecastable] = np.log(prior_ratios(at))
        traces, _ = self._replay(
            ask=ask,
            learn=learn,
            until=np.inf,
            levels=at,
            quantiles=ln_quantiles,
            progress=progress,
        )
        undated = self.forecastable & np.isnan(days)
        atoms = prior_atoms()
        outcomes = self.ln_ratios[undated]
        traces.said_low[undated] = np.searchsorted(atoms, outcomes, "left") / atoms.size
        traces.said_high[undated] = np.searchsorted(atoms, outcomes, "right") / atoms.size
        return Replay(
            levels=at,
            ln_quantiles=ln_quantiles,
            reached_low=traces.said_low,
            reached_high=traces.said_high,
            known=traces.known,
            prior_share=traces.prior_share,
            signs=traces.signs,
        )

    def global_quantiles(self, levels: ArrayLike) -> FloatArray:
        """Give ln(actual ÷ estimate) quantiles of all work known at each row's day, unweighted.

        The simplest thing that learns: a baseline for `replay`, same shape and order.
        """
        from kept.engine import _effort_kernels as kernels  # numba: a second to load

        at = _checked_levels(levels)
        prior = np.log(prior_ratios(at))
        found = np.empty((len(self), at.size))
        found[:] = prior
        ask, learn = self._orders()
        order = np.argsort(self.ln_ratios, kind="stable")
        kernels.global_quantiles(
            np.argsort(order, kind="stable"),
            self.ln_ratios[order],
            self.estimate_days,
            self.known_days,
            ask,
            learn,
            at,
            prior,
            found,
        )
        return found

    def _orders(self) -> tuple[IntArray, IntArray]:
        """Give the dated rows to forecast by day, and those to learn from by day known."""
        ask = np.flatnonzero(self.forecastable & ~np.isnan(self.estimate_days))
        learn = np.flatnonzero(np.isfinite(self.known_days))
        return (
            ask[np.argsort(self.estimate_days[ask], kind="stable")],
            learn[np.argsort(self.known_days[learn], kind="stable")],
        )

    def _replay(
        self,
        *,
        ask: IntArray,
        learn: IntArray,
        until: float,
        levels: FloatArray,
        quantiles: FloatArray,
        progress: Callable[[int, int], None] | None = None,
    ) -> tuple["_Traces", tuple[Any, ...]]:
        from kept.engine import _effort_kernels as kernels  # numba: a second to load

        n = len(self.items)
        traces = _Traces.of(n)
        done = np.zeros(1, np.int64)
        arguments = (
            # Copies, because for what may not be written numba compiles everything once more.
            self.codes.copy(),
            self._groups,
            self.ln_estimates.copy(),
            self.ln_ratios.copy(),
            np.where(np.isnan(self.estimate_days), -np.inf, self.estimate_days),
            self.known_days.copy(),
            ask,
            learn,
            until,
            self.method.capacity,
            prior_atoms(),
            *tables(self.method),
            np.asarray(self.method.shrink),
            np.asarray(self.method.fade),
            np.asarray(self.method.caution),
            self.method.ridge,
            levels.copy(),
            len(self._names["person"]),
            len(self._names["project"]),
            self._n_groups,
            quantiles,
            traces.position_low,
            traces.position_high,
            traces.said_low,
            traces.said_high,
            traces.prior_share,
            traces.known,
            traces.signs,
            traces.has_forecast,
            done,
        )
        if progress is None:
            return traces, kernels.replay(*arguments)
        # The loop counts into `done` and needs no interpreter, so this thread can look.
        with ThreadPoolExecutor(max_workers=1) as pool:
            running = pool.submit(kernels.replay, *arguments)
            while not wait([running], timeout=0.1).done:
                progress(int(done[0]), int(ask.size))
            progress(int(ask.size), int(ask.size))
            return traces, running.result()


@dataclass(frozen=True, slots=True)
class Replay:
    """Forecasts made as a history went along, in the history's canonical order.

    Attributes:
        levels: shape (m,).
        ln_quantiles: shape (n, m). ln(actual ÷ estimate); NaN for rows without an estimate.
        reached_low, reached_high: shape (n,). The level of the forecast just below the outcome,
            and the one that includes it: apart where the outcome is a mass point.
        known: shape (n,). Finished items of the same person at that moment.
        prior_share: shape (n,).
        signs: shape (n, 3). ln estimate in hours, expected slip, expected size of its error.
    """

    levels: FloatArray
    ln_quantiles: FloatArray
    reached_low: FloatArray
    reached_high: FloatArray
    known: IntArray
    prior_share: FloatArray
    signs: FloatArray


@dataclass(frozen=True, slots=True)
class _Traces:
    """What a replay leaves per row. Positions are raw; `said` ones are after calibration."""

    position_low: FloatArray
    position_high: FloatArray
    said_low: FloatArray
    said_high: FloatArray
    prior_share: FloatArray
    known: IntArray
    signs: FloatArray
    has_forecast: NDArray[np.bool_]

    @classmethod
    def of(cls, n: int) -> "_Traces":
        return cls(
            np.zeros(n),
            np.ones(n),
            np.zeros(n),
            np.ones(n),
            np.ones(n),
            np.zeros(n, np.int64),
            np.zeros((n, 3)),
            np.zeros(n, np.bool_),
        )


class Profile:
    """What a history taught up to a day: immutable, with a `version` that names its content.

    Attributes:
        version: the method, and a digest of its constants, the day and every row learned from.
        as_of_day: the day; rows finished on it or later are not in it.
        finished_items: how many rows were learned from.
        together: how the stages of one promise slip together (for sums and simulations).
        asked: positions of the rows learned from that have a day of estimate, in its order.
        open_for_long: positions of open work with hours on it that is too old to be learned from.
        said: shape (asked, 4). ln(actual ÷ estimate) at `SAID_LEVELS` as it would have been
            forecast for each of them when it was estimated.
    """

    def __init__(self, history: DurationHistory, as_of_day: float) -> None:
        if not math.isfinite(as_of_day):
            raise ValueError("a profile needs a day")
        self.history = history
        self.as_of_day = float(math.floor(as_of_day))
        method = history.method
        learn = np.flatnonzero(history.known_days < self.as_of_day)
        learn = learn[np.argsort(history.known_days[learn], kind="stable")][-method.memory :]
        asked = learn[~np.isnan(history.estimate_days[learn])]
        asked = asked[np.argsort(history.estimate_days[asked], kind="stable")]
        self.finished_items = int(learn.size)
        said = np.full((len(history), PERCENT_LEVELS.size), np.nan)
        self._traces, state = history._replay(
            ask=asked,
            learn=learn,
            until=self.as_of_day,
            levels=PERCENT_LEVELS,
            quantiles=said,
        )
        # Work estimated on the day of the profile or later was learned from, but not yet asked.
        self.asked = _read_only(asked[self._traces.has_forecast[asked]])
        at_said = np.searchsorted(PERCENT_LEVELS, SAID_LEVELS)
        self.said = _read_only(said[self.asked][:, at_said])
        self.together = self._together(said)
        size = state[0]
        self._stats, self._slip, self._spread = state[6:9]
        self._histograms = state[9:]
        self._learned = learn
        self._open, self.open_for_long = self._open_work()
        self._pool = self._with_open_work([np.ascontiguousarray(a[:size]) for a in state[1:6]])
        self.version = self._digest()

    def _open_work(self) -> tuple[IntArray, IntArray]:
        """Find open work with hours on it: what it says as a lower bound, and what it says not."""
        history = self.history
        begun = history.open & (history.estimate_days < self.as_of_day)
        age = self.as_of_day - history.estimate_days
        recent = age <= history.method.open_days
        return np.flatnonzero(begun & recent), _read_only(np.flatnonzero(begun & ~recent))

    def _with_open_work(self, pool: list[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """Put open work into the pool, each after all that took as much and was finished."""
        rows, values, codes, signs, days = pool
        history = self.history
        ours = np.array([self._signs(history._groups[row], history.ln_estimates[row])
                         for row in self._open]).reshape(-1, signs.shape[1])  # fmt: skip
        at = np.searchsorted(values, history.ln_ratios[self._open], side="right")
        merged = (
            np.insert(rows, at, self._open),
            np.insert(values, at, history.ln_ratios[self._open]),
            np.insert(codes, at, history.codes[self._open], axis=0),
            np.insert(signs, at, ours, axis=0),
            np.insert(days, at, np.full(self._open.size, self.as_of_day)),
            np.insert(np.zeros(rows.size, np.bool_), at, np.ones(self._open.size, np.bool_)),
        )
        return tuple(np.ascontiguousarray(array) for array in merged)

    def _signs(self, groups: IntArray, ln_estimate: float) -> FloatArray:
        """Say what makes work alike besides its names: size, expected slip and its error."""
        from kept.engine import _effort_kernels as kernels  # numba: a second to load

        described = np.empty(kernels.COVARIATES)
        kernels.covariates(self._stats, groups, ln_estimate, described)
        # Added up in order, as the kernels do: `@` may add in another and end in another digit.
        slip, spread = (np.cumsum(described * w)[-1] for w in (self._slip, self._spread))
        return np.array([ln_estimate, slip, spread])

    def _digest(self) -> str:
        digest = hashlib.sha256(f"{METHOD_VERSION}|{self.history.method}|{self.as_of_day}".encode())
        for row in np.sort(np.concatenate((self._learned, self._open))).tolist():
            digest.update(repr(_canonical(self.history.items[row])).encode())
        return f"{METHOD_VERSION}-{digest.hexdigest()[:16]}"

    def _together(self, said: FloatArray) -> Together:
        """Learn from sums of the work asked about how the stages of a promise slip together."""
        history, rows = self.history, self.asked
        middle = (self._traces.said_low[rows] + self._traces.said_high[rows]) / 2
        return together.learned(
            positions=middle,
            projects=history.codes[rows, 2],
            ln_quantiles=said[rows],
            ln_ratios=history.ln_ratios[rows],
            hours=np.exp(history.ln_estimates[rows]),
            days=history.known_days[rows],
            as_of=self.as_of_day,
        )

    def ratios(
        self,
        *,
        person: str | None = None,
        kind: str | None = None,
        subkind: str | None = None,
        project: str | None = None,
        estimate: float | None = None,
        unit: str = "hours",
        levels: ArrayLike = PERCENT_LEVELS,
        most_similar: int = 9,
    ) -> Forecast:
        """Forecast actual ÷ estimate for a piece of work.

        Args:
            person, kind, subkind, project: names as in the history; unknown ones are fine.
            estimate: what the work was estimated at; without one the usual size is assumed.
            unit: the unit of the estimate.
            levels: shape (n,), rising, strictly between 0 and 1.
            most_similar: how many past items to name.

        Raises:
            ValueError: levels out of order or bounds, or an estimate that is not above zero.
        """
        from kept.engine import _effort_kernels as kernels  # numba: a second to load

        at = _checked_levels(levels)
        if estimate is not None and not (math.isfinite(estimate) and estimate > 0):
            raise ValueError(f"an estimate is a number above zero, not {estimate}")
        history = self.history
        if estimate is None:
            ln_estimate = float(self._stats[0, 1])
        else:
            factor = np.array([_HOURS.get(unit.casefold(), 1.0)])
            ln_estimate = float(_ln_estimates(np.array([estimate]), factor)[0])
        codes, groups = self._codes_of(person, kind, subkind, project, ln_estimate)
        signs = self._signs(groups, ln_estimate)
        rows, values, pool_codes, pool_signs, pool_day, is_open = self._pool
        match, inverse_width, age_weight, kernel, pull = tables(history.method)
        weights = np.empty((rows.size, pull.size))
        mixed = np.empty(rows.size)
        rest = kernels.weigh(
            codes,
            signs,
            self.as_of_day,
            rows.size,
            rows,
            pool_codes,
            pool_signs,
            pool_day,
            match,
            inverse_width,
            age_weight,
            kernel,
            pull,
            weights,
            np.empty(pull.size),
            mixed,
        )
        if self._open.size:
            mixed = beyond_lower_bounds(mixed, is_open)
        whole, n_whole, by_bucket, n_bucket, by_project, n_project, by_person, n_person = (
            self._histograms
        )
        known = int(self._stats[groups[kernels.PERSON], 0])
        bucket = int(np.searchsorted(kernels.BUCKET_ENDS, known))
        steps = np.empty(kernels.BINS)
        kernels.level_steps(
            whole,
            n_whole[0],
            by_bucket[bucket],
            n_bucket[bucket],
            by_project[codes[2]],
            n_project[codes[2]],
            by_person[codes[0]],
            n_person[codes[0]],
            np.asarray(history.method.shrink),
            np.asarray(history.method.caution),
            steps,
        )
        found = np.empty(at.size)
        kernels.read_quantiles(values, mixed, values.size, steps, at, found)
        past = (rows >= 0) & ~is_open
        candidates = past & (mixed > 0)
        mine = candidates & (pool_codes[:, 0] == codes[0])
        own = np.count_nonzero(mine) >= most_similar
        among = np.flatnonzero(mine if own else candidates)
        strongest = among[np.argsort(-mixed[among], kind="stable")[:most_similar]]
        ratios = snapped(np.exp(values))
        steps_at = np.concatenate(([0.0], np.cumsum(steps)))
        chances = np.interp(
            np.minimum(np.cumsum(mixed), 1.0), np.linspace(0.0, 1.0, steps_at.size), steps_at
        )
        asked_about = 1.0 if estimate is None else float(estimate)
        nine = np.empty(1)
        kernels.read_quantiles(values, mixed, values.size, steps, np.array([0.9]), nine)
        near = ratios[strongest]
        used = mixed[past]
        return Forecast(
            levels=_read_only(at.copy()),
            quantiles=_read_only(snapped(np.exp(found))),
            estimate=asked_about,
            effective_n=float(used.sum() ** 2 / np.sum(used**2)) if used.any() else 0.0,
            similar=Similar(_read_only(rows[strongest]), _read_only(mixed[strongest]), bool(own)),
            from_prior_share=float(rest),
            summary=Summary(
                n_similar=int(strongest.size),
                low_actual=float(near.min() * asked_about) if near.size else 0.0,
                high_actual=float(near.max() * asked_about) if near.size else 0.0,
                nine_in_ten_factor=float(snapped(np.exp(nine))[0]),
            ),
            _values=_read_only(ratios),
            _chances=_read_only(chances),
        )

    def _codes_of(
        self,
        person: str | None,
        kind: str | None,
        subkind: str | None,
        project: str | None,
        ln_estimate: float,
    ) -> tuple[IntArray, IntArray]:
        """Number the attributes as the history does; new names get numbers nobody has."""
        names = self.history._names
        # The histogram of a new person, and the group of a new name, is the empty one at the end.
        codes = {
            "person": names["person"].get(person, len(names["person"])),
            "subkind": names["subkind"].get(subkind, -2),
            "project": names["project"].get(project, len(names["project"])),
            "kind": names["kind"].get(kind, -2),
            "size": int(_sizes(np.array([ln_estimate]))[0]),
        }
        groups = [
            known.get(tuple(codes[name] for name in made_of), self.history._n_groups)
            for made_of, known in zip(_GROUPS, self.history._group_of, strict=True)
        ]
        four = [codes[name] for name in ("person", "subkind", "project", "kind")]
        return np.array(four, dtype=np.int64), np.array(groups, dtype=np.int64)


def beyond_lower_bounds(shares: FloatArray, is_open: NDArray[np.bool_]) -> FloatArray:
    """Move the share of open work onto what took more, in proportion: work so far is no outcome.

    Args:
        shares: shape (n,). Shares of a sample sorted by value; open work after equal values.
        is_open: shape (n,). Where the value is a lower bound.

    Returns:
        Shape (n,), with the same sum; zero at open work, unless nothing lies beyond it.

    Source:
        Efron's redistribution to the right ("The two sample problem with censored data", 1967),
        which gives the estimate of Kaplan and Meier, 1958, here with weights.
    """
    beyond = np.cumsum(shares[::-1])[::-1] - shares
    moves = is_open & (beyond > 1e-15)
    growth = np.ones(shares.size)
    np.divide(beyond + shares, beyond, out=growth, where=moves)
    return np.where(moves, 0.0, shares * np.cumprod(growth) / growth)


def is_informative(*, exact: int, of: int) -> bool:
    """Say whether actuals were measured: not if 9 in 10 merely repeat the estimate.

    Fewer than 20 finished pieces of work are too few to call copied.
    """
    return of < 20 or exact < 0.9 * of


def _canonical(item: PastItem) -> tuple[Any, ...]:
    """Order rows by time and content, so that the order of a file never shows."""
    last = math.inf
    return (
        last if item.estimated_on is None else item.estimated_on,
        last if item.finished_on is None else item.finished_on,
        item.row_id,
        item.person or "",
        item.project or "",
        item.kind or "",
        item.subkind or "",
        -1.0 if item.estimate is None else item.estimate,
        -1.0 if item.actual is None else item.actual,
        item.status,
        item.unit,
    )


def warm() -> None:
    """Compile, or load from the cache, every kernel of the learner."""
    items = [
        PastItem(str(n), estimate=1.0, actual=2.0, estimated_on=n, finished_on=n) for n in (1, 2)
    ]
    history = DurationHistory.from_rows(items)
    history.replay((0.5,))
    history.global_quantiles((0.5,))
    history.profile(5.0).ratios(estimate=1.0)


def _numbers(values: Iterable[float | None]) -> FloatArray:
    found = np.array([math.nan if v is None else v for v in values], dtype=np.float64)
    found[~np.isfinite(found)] = math.nan
    return found


def _days(values: Iterable[float | None]) -> FloatArray:
    return np.floor(_numbers(values))


def _ln_estimates(estimates: FloatArray, factors: FloatArray) -> FloatArray:
    """Give ln of the estimate in hours, within what anybody could mean; 0 where there is none."""
    with np.errstate(over="ignore", under="ignore"):
        hours = np.where(estimates > 0, estimates, 1.0) * factors
    return np.asarray(np.log(np.clip(hours, 1e-6, 1e9)))


def _checked_levels(levels: ArrayLike) -> FloatArray:
    at = np.array(levels, dtype=np.float64)
    if at.ndim != 1 or at.size == 0 or not (at[0] > 0 and at[-1] < 1 and (np.diff(at) > 0).all()):
        raise ValueError("levels must rise strictly between 0 and 1")
    return at


def _sizes(ln_estimates: FloatArray) -> IntArray:
    """Number estimates so that the same one, written a little differently, is the same."""
    return np.rint(ln_estimates * 50.0).astype(np.int64)

"""How the effort learner looks at the past: its lenses, its constants, and day one.

`docs/method/effort.md` says what each is for, and how it was chosen.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

METHOD_VERSION: Final = "effort-2"

PERCENT_LEVELS: Final[FloatArray] = np.arange(1, 100) / 100.0
PERCENT_LEVELS.flags.writeable = False

# Actual ÷ estimate before anything is known: half of all work within ×1, 80 % within ×1.6, 90 %
# within ×2.6, 95 % within ×4. Starting narrower was measured to keep 81 % where 90 % was said.
_PRIOR_LEVELS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.99, 1.0)
_PRIOR_RATIOS = (0.05, 0.25, 0.4, 0.64, 0.89, 1.0, 1.2, 1.6, 2.6, 4.0, 10.0, 25.0)
_PRIOR_ATOMS = 199


@dataclass(frozen=True, slots=True)
class Lens:
    """One way of looking at the past: how much an item counts by how it differs.

    `person`, `subkind`, `project`, `kind`: the weight of an item in which that differs.
    `half_life_days`: the age at which an item counts half.
    `size`: the distance in ln estimate over which weight falls by e; `slip` and `spread` the same
    for the expected ln ratio and the expected size of its error.
    `pull`: the lens before counts as much as this many fully similar items.
    """

    name: str
    person: float
    subkind: float
    project: float
    kind: float
    half_life_days: float
    pull: float
    size: float
    slip: float
    spread: float


@dataclass(frozen=True, slots=True)
class Method:
    """All constants of the learner. Chosen once for every history, never for one."""

    lenses: tuple[Lens, ...]
    capacity: int = 8_000
    # Earlier forecasts by all, experience, project, person: how many imagined ones of the wider
    # group each starts from, and how much of the old is kept at each new one.
    shrink: tuple[float, float, float, float] = (60.0, 60.0, 100.0, 40.0)
    fade: tuple[float, float, float, float] = (0.997, 1.0, 0.97, 0.985)
    # Imagined earlier outcomes in the lowest and the highest twentieth, for each experience.
    caution: tuple[float, float] = (4.0, 8.0)
    ridge: float = 100.0
    # A profile learns from this many of the newest finished items and their earlier forecasts.
    memory: int = 20_000
    # Work open for longer is not learned from: it is asked about.
    open_days: int = 180


_NEVER = 1e6

METHOD: Final = Method(
    lenses=(
        Lens("all work", 1, 1, 1, 1, 1300, 8, _NEVER, _NEVER, _NEVER),
        Lens("work like it", 1.0, 1.0, 0.3, 0.1, 250, 0.1, 1.1, 0.3, 0.15),
        Lens("close to it", 1.0, 0.5, 1.0, 0.75, 900, 0.5, 0.7, 0.09, 0.17),
        Lens("the same size", 0.15, 0.01, 0.5, 0.3, 670, 5, 0.24, 1.0, 0.6),
        Lens("the same work, lately", 0.5, 0.4, 0.2, 0.34, 56, 10, 0.6, 0.24, 0.2),
    )
)


def prior_ratios(levels: ArrayLike = PERCENT_LEVELS) -> FloatArray:
    """Give the day-one quantiles of actual ÷ estimate, before anything is known."""
    at = np.asarray(levels, dtype=np.float64)
    return np.exp(np.interp(at, _PRIOR_LEVELS, np.log(_PRIOR_RATIOS)))


def prior_atoms() -> FloatArray:
    """Give the prior as equally weighted ln ratios, the middle one exactly 0."""
    return np.log(prior_ratios(np.arange(1, _PRIOR_ATOMS + 1) / (_PRIOR_ATOMS + 1)))


def tables(method: Method) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Lay out the lenses as arrays: match, inverse widths, weight by age, kernel, pull."""
    match = np.ones((len(method.lenses), 16))
    for k, lens in enumerate(method.lenses):
        for bit, factor in enumerate((lens.person, lens.subkind, lens.project, lens.kind)):
            match[k, (np.arange(16) >> bit) & 1 == 1] *= factor
    widths = np.array([(lens.size, lens.slip, lens.spread) for lens in method.lenses])
    ages = np.arange(6_000)
    age_weight = np.stack([0.5 ** (ages / lens.half_life_days) for lens in method.lenses])
    kernel = np.exp(-(np.arange(2_000) + 0.5) / 50.0)
    pull = np.array([float(lens.pull) for lens in method.lenses])
    return match, 1.0 / widths, age_weight, kernel, pull

"""The engine: from people's working time and open work to dates with a chance.

Pure numpy and numba: no Django, no clock, no files. Everything public is
named in ``__all__`` and loaded when first used, so that importing
``kept.engine`` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING, Any

ENGINE_VERSION = "3"
"""Changes whenever the same situation, seed and futures could give another answer."""

_HOMES = {
    "Situation": "kept.engine.situation",
    "SituationError": "kept.engine.situation",
    "Ask": "kept.engine.situation",
    "Futures": "kept.engine.futures",
    "NEVER": "kept.engine.worktime",
    "Placed": "kept.engine.placing",
    "Stage": "kept.engine.situation",
    "base_futures": "kept.engine.futures",
    "simulate": "kept.engine.futures",
    "warm": "kept.engine.futures",
    "Dates": "kept.engine.dates",
    "Effect": "kept.engine.effects",
    "Limit": "kept.engine.limits",
    "find_dates": "kept.engine.dates",
    "effect_of": "kept.engine.dates",
    "DurationHistory": "kept.engine.durations",
    "PastItem": "kept.engine.durations",
    "backtest": "kept.engine.backtesting",
    "calibration": "kept.engine.calibration",
}
_MODULES = frozenset({"calibration"})

__all__ = [
    "ENGINE_VERSION",
    "NEVER",
    "Ask",
    "Dates",
    "DurationHistory",
    "Effect",
    "Futures",
    "Limit",
    "PastItem",
    "Placed",
    "Situation",
    "SituationError",
    "Stage",
    "backtest",
    "base_futures",
    "calibration",
    "effect_of",
    "find_dates",
    "simulate",
    "warm",
]

if TYPE_CHECKING:
    from kept.engine import calibration
    from kept.engine.backtesting import backtest
    from kept.engine.dates import Dates, effect_of, find_dates
    from kept.engine.durations import DurationHistory, PastItem
    from kept.engine.effects import Effect
    from kept.engine.futures import Futures, base_futures, simulate, warm
    from kept.engine.limits import Limit
    from kept.engine.placing import Placed
    from kept.engine.situation import Ask, Situation, SituationError, Stage
    from kept.engine.worktime import NEVER


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(home)
    value = module if name in _MODULES else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

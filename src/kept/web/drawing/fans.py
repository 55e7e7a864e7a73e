"""How the outlook of a promise moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.utils.safestring import SafeString

from kept.web.drawing.lines import Tick
from kept.web.drawing.strokes import group, level, number, stretched, svg, tag, text, upright

#: What a label takes up: per cent of the width, on a phone as well, and pixels.
LABEL_WIDE, LABEL_HIGH = 24.0, 14.0


@dataclass(frozen=True)
class Forecast:
    """One outlook in a fan: when it was computed and the days by which it saw the end."""

    computed_on: date
    even_on: date
    sure_on: date
    surest_on: date | None = None


@dataclass(frozen=True)
class Fan:
    """How the outlook moved: forecast finish (upward) by the day of computing (sideways).

    Attributes:
        forecasts: by rising day of computing, at least one.
        promised: the promised day from each day on: (day it was agreed, promised day).
        ticks_across, ticks_up: labelled days of the two axes.
        labels: for even chances, for nine in ten, for the promised date, for the dotted line.
    """

    sentence: str
    forecasts: tuple[Forecast, ...]
    promised: tuple[tuple[date, date], ...]
    today: date
    ticks_across: tuple[Tick, ...]
    ticks_up: tuple[Tick, ...]
    even_label: str
    sure_label: str
    promised_label: str
    today_label: str


def fan(value: Fan) -> SafeString:
    """Forecast finish by the day it was computed, with the promised date as a blue step; 300 px.

    Raises:
        ValueError: no forecasts.
    """
    if not value.forecasts:
        raise ValueError("a fan needs at least one forecast")
    left, right, top, bottom = 11.0, 86.0, 14.0, 262.0
    across = [f.computed_on for f in value.forecasts] + [value.today]
    across += [tick.day for tick in value.ticks_across] + [agreed for agreed, _ in value.promised]
    up = [f.even_on for f in value.forecasts] + [f.sure_on for f in value.forecasts]
    up += [f.surest_on for f in value.forecasts if f.surest_on is not None]
    up += [promised for _, promised in value.promised] + [tick.day for tick in value.ticks_up]
    x0, x1 = min(across).toordinal(), max(max(across).toordinal(), min(across).toordinal() + 1)
    y0, y1 = min(up).toordinal() - 1, max(up).toordinal() + 1

    def x(day: date) -> float:
        return left + (right - left) * (day.toordinal() - x0) / (x1 - x0)

    def unit(day: date) -> str:
        return number(1000 * (day.toordinal() - x0) / (x1 - x0))

    def y(day: date) -> float:
        return bottom - (bottom - top) * (day.toordinal() - y0) / (y1 - y0)

    parts: list[str] = []
    shown: list[float] = []
    for tick in sorted(value.ticks_up, key=lambda t: t.day):
        parts.append(level(left, right, y(tick.day), "hair"))
        if all(abs(y(tick.day) - other) >= 13 for other in shown):
            place = y(tick.day) + 4
            parts.append(text(tick.label, left - 1.2, place, "end long-words"))
            parts.append(text(tick.short or tick.label, left - 1.2, place, "end short-words"))
            shown.append(y(tick.day))
    for tick in value.ticks_across:
        parts.append(upright(x(tick.day), bottom, bottom + 5, "rule"))
        parts.append(text(tick.label, x(tick.day), bottom + 19, "middle"))
    parts.append(level(left, right, bottom, "rule"))

    def path(days: Sequence[tuple[date, date]]) -> str:
        return "L".join(f"{unit(when)} {number(y(then))}" for when, then in days)

    even = [(f.computed_on, f.even_on) for f in value.forecasts]
    sure = [(f.computed_on, f.sure_on) for f in value.forecasts]
    outer = [(f.computed_on, f.surest_on or f.sure_on) for f in value.forecasts]
    until = x(value.forecasts[-1].computed_on)
    if len(value.forecasts) > 1:
        shapes = [
            tag("path", d=f"M{path(outer)}L{path(sure[::-1])}Z", class_="fan-outer"),
            tag("path", d=f"M{path(sure)}L{path(even[::-1])}Z", class_="fan-inner"),
            tag("path", d=f"M{path(even)}", class_="fan-low"),
            tag("path", d=f"M{path(sure)}", class_="fan-edge"),
        ]
    else:
        only = value.forecasts[0]
        parts.append(upright(until, y(only.sure_on), y(only.even_on), "band-end"))
        shapes = []
    steps = []
    for (agreed, promised), after in zip(
        value.promised, [*(a for a, _ in value.promised[1:]), None], strict=True
    ):
        end = unit(after) if after else "1000"
        steps.append(f"{unit(max(agreed, date.fromordinal(x0)))} {number(y(promised))}H{end}")
    if steps:
        shapes.append(tag("path", d="M" + "L".join(steps), class_="promised"))
    parts.append(stretched(group(shapes), left, right - left, bottom))
    parts.append(upright(x(value.today), top, bottom, "drop-strong"))
    parts.append(text(value.today_label, x(value.today), 10, "middle halo"))
    last = value.forecasts[-1]
    labels = [(value.sure_label, until, y(last.sure_on), "strong halo")]
    labels.append((value.even_label, until, y(last.even_on), "halo"))
    if value.promised:
        labels.append((value.promised_label, right, y(value.promised[-1][1]), "wanted halo"))
    beside = labels if right - until < LABEL_WIDE else labels[:2]
    places = apart([place for _words, _x, place, _class in beside], LABEL_HIGH, bottom)
    places += [place for _words, _x, place, _class in labels[len(beside) :]]
    for (said, where, _place, class_), place in zip(labels, places, strict=True):
        parts.append(text(said, where, place + 4, class_, dx=7))
    return svg(parts, title=value.sentence, height=bottom + 28)


def apart(places: Sequence[float], gap: float, lowest: float) -> list[float]:
    """Return places that are at least `gap` from each other, in the order they had.

    They move down, and up again where the lowest would fall below `lowest`.
    """
    order = sorted(range(len(places)), key=lambda place: places[place])
    moved = list(places)
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + gap)
    if order:
        moved[order[-1]] = min(moved[order[-1]], lowest)
    for below, above in pairwise(order[::-1]):
        moved[above] = min(moved[above], moved[below] - gap)
    return moved

"""The staircase of an answer: the chance of being done by each working day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import (
    box,
    level,
    number,
    percent,
    placed,
    stretched,
    svg,
    tag,
    text,
    upright,
)


@dataclass(frozen=True)
class Tread:
    """One working day: the chance that the work is done by its end.

    Attributes:
        chance: 0 to 1.
        weekday, day_number, letter: "Thu", "10" and, where there is little room, "T".
        free_days_before: free days between this and the tread before it.
    """

    day: date
    chance: float
    weekday: str
    day_number: str
    letter: str
    free_days_before: int = 0


@dataclass(frozen=True)
class Dot:
    """A tread worth naming. The strongest is the advised date."""

    day: date
    label: str
    strong: bool = False


@dataclass(frozen=True)
class Staircase:
    """The curve of an answer.

    Attributes:
        sentence: what the drawing says. description: how to read it.
        axis_label: what is drawn, above the axis.
        treads: rising days, at least one; chances never fall.
        dots: first treads at or above 50, 80, 90, 95 %, at most one a day.
        levels: chances with a hairline, and their labels; the strong one is the asked confidence.
        advised_label, wanted_label: words below those days, the latter under the wanted column.
        wanted_on: the client's day, drawn as a column, with its chance as ``wanted_chance_label``;
            its height is the curve's own there unless ``wanted_chance`` says another.
        flat_on, flat_words: a day on which nothing is gained, and why, in one or two short lines.
    """

    sentence: str
    description: str
    axis_label: str
    treads: tuple[Tread, ...]
    dots: tuple[Dot, ...]
    levels: tuple[tuple[float, str, bool], ...]
    advised_on: date | None = None
    advised_label: str = ""
    wanted_on: date | None = None
    wanted_label: str = ""
    wanted_chance_label: str = ""
    wanted_chance: float | None = None
    flat_on: date | None = None
    flat_words: tuple[str, ...] = ()


_LABEL_WIDE, _LABEL_HIGH = 7.5, 13.0
"""What a label of a tread takes up: per cent of the width, and pixels."""
_GAP = 0.55
"""Width of free days between two treads, whatever their number, in treads."""


def _tread_places(treads: Sequence[Tread]) -> list[tuple[float, float]]:
    """Left and right end of each tread as shares of the whole width."""
    left, places = 0.0, []
    for index, tread in enumerate(treads):
        left += _GAP if index and tread.free_days_before else 0.0
        places.append((left, left + 1.0))
        left += 1.0
    return [(a / left, b / left) for a, b in places]


def staircase(stairs: Staircase) -> SafeString:
    """The chance of being done by each working day, one tread a day, about 300 px high.

    Raises:
        ValueError: no treads.
    """
    if not stairs.treads:
        raise ValueError("a staircase needs at least one tread")
    left, right, top, bottom = 6.5, 96.0, 24.0, 262.0
    places = {
        tread.day: (left + (right - left) * a, left + (right - left) * b)
        for tread, (a, b) in zip(stairs.treads, _tread_places(stairs.treads), strict=True)
    }
    by_day = {tread.day: tread for tread in stairs.treads}

    def height(chance: float) -> float:
        return bottom - (bottom - top) * chance

    parts: list[str] = [text(stairs.axis_label, 0, 10, "")]
    for chance, label, strong in stairs.levels:
        y = height(chance)
        parts.append(level(left, right, y, "rule" if strong else "hair"))
        parts.append(text(label, left - 1.5, y + 4, "end strong" if strong else "end"))

    # The area and the steps are one path each, stretched sideways; strokes keep their width.
    wide = right - left
    path = [f"M0 {number(height(stairs.treads[0].chance))}"]
    for tread in stairs.treads[1:]:
        path.append(f"H{number((places[tread.day][0] - left) / wide * 1000)}")
        path.append(f"V{number(height(tread.chance))}")
    path.append("H1000")
    steps = "".join(path)
    wanted = by_day.get(stairs.wanted_on) if stairs.wanted_on else None
    if wanted is not None and stairs.wanted_chance is not None:
        wanted = replace(wanted, chance=stairs.wanted_chance)
    area = tag("path", d=f"{steps}V{number(bottom)}H0Z", class_="under")
    parts.append(stretched(area, left, wide, bottom))
    if wanted is not None:
        a, b = places[wanted.day]
        y = height(wanted.chance)
        parts.append(box(a, b, y, bottom - y, "column"))
    parts.append(level(left, right, bottom, "rule"))
    for dot in stairs.dots:
        a, b = places[dot.day]
        parts.append(
            upright(
                (a + b) / 2,
                height(by_day[dot.day].chance),
                bottom,
                "drop-strong" if dot.strong else "drop",
            )
        )
    parts.append(stretched(tag("path", d=steps, class_="step"), left, wide, bottom))
    if wanted is not None:
        a, b = places[wanted.day]
        parts.append(level(a, b, height(wanted.chance), "step-wanted"))

    dotted = {dot.day for dot in stairs.dots}
    for dot in stairs.dots:
        a, b = places[dot.day]
        parts.append(
            tag(
                "circle",
                cx=percent((a + b) / 2),
                cy=height(by_day[dot.day].chance),
                r=4.5 if dot.strong else 3.5,
                class_="dot",
            )
        )
    written: list[tuple[float, float]] = []
    if wanted is not None and wanted.day not in dotted and stairs.wanted_chance_label:
        a, b = places[wanted.day]
        y = height(wanted.chance) - 9
        # Left of the step that may rise at its end.
        near_edge = b < left + 9
        look = "wanted strong halo" if near_edge else "wanted strong halo end"
        place = a if near_edge else b
        parts.append(text(stairs.wanted_chance_label, place, y, look, dx=4 if near_edge else -3))
        written.append((b, y))
    for dot in sorted(stairs.dots, key=lambda dot: not dot.strong):
        a, b = places[dot.day]
        x, y = (a + b) / 2, height(by_day[dot.day].chance) - 9
        # A label that would stand on another gives way; the strong one is written first.
        if any(abs(x - at) < _LABEL_WIDE and abs(y - line) < _LABEL_HIGH for at, line in written):
            continue
        written.append((x, y))
        near_edge = x < left + 9
        look = "ink halo" if not dot.strong else "strong halo"
        look = look if near_edge else look + " end"
        parts.append(text(dot.label, x, y, look, dx=-4 if near_edge else -7))
    if stairs.flat_on in by_day and stairs.flat_words:
        a, b = places[stairs.flat_on]
        if (a + b) / 2 - left >= 30:  # further left the words would stand on the axis
            flat_y = height(by_day[stairs.flat_on].chance)
            parts.append(_flat_label(stairs.flat_words, (a + b) / 2, flat_y))
    labels, lowest = _day_labels(stairs, places, bottom)
    parts.extend(labels)
    return svg(
        parts,
        title=stairs.sentence,
        description=stairs.description,
        height=lowest + 9,
    )


def _flat_label(words: Sequence[str], x: float, y: float) -> SafeString:
    """Why nothing is gained that day, above and left of the tread."""
    lines = [
        tag("text", line, x=-34, y=-46 - 15 * (len(words) - 1 - index), class_="end halo")
        for index, line in enumerate(words)
    ]
    leader = tag("path", d="M-29 -44C-12 -42 -4 -24 0 -4", class_="leader")
    return placed(x, y, leader, *lines)


def _day_labels(
    stairs: Staircase, places: Mapping[date, tuple[float, float]], bottom: float
) -> tuple[list[SafeString], float]:
    """The days below the treads, and where the lowest line of them stands."""
    named = {dot.day for dot in stairs.dots}
    if stairs.wanted_on is not None:
        named.add(stairs.wanted_on)
    strong = {dot.day for dot in stairs.dots if dot.strong}
    every = max(1, -(-len(stairs.treads) // 15))
    index_of = {tread.day: index for index, tread in enumerate(stairs.treads)}
    kept_free = {index_of[day] + step for day in named if day in index_of for step in _near(every)}
    parts: list[SafeString] = []
    for index, tread in enumerate(stairs.treads):
        if tread.day not in named and (index % every or index in kept_free):
            continue
        x = sum(places[tread.day]) / 2
        look = "middle"
        if tread.day == stairs.wanted_on:
            look = "middle wanted strong"
        elif tread.day in strong:
            look = "middle strong"
        elif tread.day in named:
            look = "middle ink"
        parts.append(text(tread.weekday, x, bottom + 17, look + " long-words"))
        parts.append(text(tread.letter, x, bottom + 17, look + " short-words"))
        parts.append(text(tread.day_number, x, bottom + 32, look))
    words: list[tuple[date, str, str]] = []
    if stairs.wanted_on is not None and stairs.wanted_on in places and stairs.wanted_label:
        words.append((stairs.wanted_on, stairs.wanted_label, "wanted"))
    if stairs.advised_on is not None and stairs.advised_on in places and stairs.advised_label:
        words.append((stairs.advised_on, stairs.advised_label, "strong"))
    below: list[tuple[float, float]] = []
    for day, label, look in words:
        x = (places[day][0] + places[day][1]) / 2
        crowded = any(abs(x - other) < 18 for other, _ in below)
        y = bottom + (64 if crowded else 49)
        anchor = "end" if x > 92 else "middle"
        parts.append(text(label, x, y, f"{anchor} {look}", dx=16 if anchor == "end" else 0))
        below.append((x, y))
    return parts, max([bottom + 49, *(y for _x, y in below)])


def _near(every: int) -> range:
    """Neighbours of a named day that give way to its label when days are skipped."""
    return range(1 - every, every) if every > 1 else range(0)

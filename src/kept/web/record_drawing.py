"""The record's drawings: geometry from numbers, every word from the caller.

Built with the same strokes as `drawing`, by its rules: places across are per cent, places down
are pixels, colours are classes, and each drawing carries its sentence as its title.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import (
    box,
    group,
    level,
    number,
    percent,
    stretched,
    svg,
    tag,
    text,
    upright,
)


@dataclass(frozen=True)
class Point:
    """One quarter: shares from 0 to 1; None where nothing was due.

    Attributes:
        months, letters: "Dec–Feb", and "DJF" where there is little room.
        counts, slim: "8 of 14", and "8/14" where there is little room.
        year: stands below where it is another one than in the quarter before.
    """

    months: str
    letters: str
    counts: str
    slim: str
    year: str
    first: float | None
    last: float | None
    limits: tuple[float, float] | None
    outside: bool


def trend(
    points: Sequence[Point],
    *,
    average: float | None,
    sentence: str,
    description: str,
    first_label: str,
    last_label: str,
    average_label: str,
    limits_label: str,
) -> SafeString:
    """Quarters side by side: both rates, the average, and the limits chance alone would draw.

    Raises:
        ValueError: no quarters.
    """
    if not points:
        raise ValueError("a trend needs at least one quarter")
    left, right, top, bottom = 5.0, 84.0, 12.0, 204.0
    wide = (right - left) / len(points)

    def x(index: int) -> float:
        return left + wide * (index + 0.5)

    def y(share: float) -> float:
        return bottom - (bottom - top) * share

    parts: list[str] = []
    for mark in (0, 25, 50, 75, 100):
        parts.append(level(left, right, y(mark / 100), "rule" if mark == 0 else "hair"))
        parts.append(text(str(mark), left - 1.2, y(mark / 100) + 4, "end"))
    for side in (0, 1):
        steps = [(index, point.limits[side]) for index, point in enumerate(points) if point.limits]
        for index, share in steps:
            start = left + wide * index
            parts.append(level(start, start + wide, y(share), "lead-line"))
        for (index, share), (after, then) in itertools.pairwise(steps):
            if after == index + 1 and share != then:
                parts.append(upright(left + wide * after, y(share), y(then), "lead-line"))
    if average is not None:
        parts.append(level(left, right, y(average), "drop-strong"))
    for name, line, dot, radius in (
        ("last", "trend-last", "ring", 3.5),
        ("first", "trend-first", "dot", 4.0),
    ):
        known = [(i, s) for i, p in enumerate(points) if (s := getattr(p, name)) is not None]
        if len(known) > 1:
            path = "L".join(
                f"{number((x(i) - left) / (right - left) * 1000)} {number(y(s))}" for i, s in known
            )
            shape = tag("path", d=f"M{path}", class_=line)
            parts.append(stretched(shape, left, right - left, bottom))
        parts.extend(
            tag("circle", cx=percent(x(i)), cy=y(s), r=radius, class_=dot) for i, s in known
        )
    for index, point in enumerate(points):
        if point.outside and point.first is not None:
            parts.append(
                tag("circle", cx=percent(x(index)), cy=y(point.first), r=9, class_="leader")
            )
        parts.append(text(point.months, x(index), bottom + 18, "middle long-words"))
        parts.append(text(point.letters, x(index), bottom + 18, "middle short-words"))
        parts.append(text(point.counts, x(index), bottom + 37, "middle ink long-words"))
        parts.append(text(point.slim, x(index), bottom + 37, "middle ink short-words"))
        if point.year:
            parts.append(text(point.year, x(index), bottom + 56, "middle"))
    parts.append(
        _end_labels(points, y, right, average, first_label, last_label, average_label, limits_label)
    )
    return svg(parts, title=sentence, description=description, height=bottom + 62)


def _end_labels(
    points: Sequence[Point],
    y: Callable[[float], float],
    right: float,
    average: float | None,
    first_label: str,
    last_label: str,
    average_label: str,
    limits_label: str,
) -> SafeString:
    """Name the lines at their right ends, none over another."""
    wanted: list[tuple[float, str, str]] = []
    for name, label, look in (("last", last_label, ""), ("first", first_label, "strong")):
        shares = [share for p in points if (share := getattr(p, name)) is not None]
        if shares:
            wanted.append((y(shares[-1]), label, look))
    if average is not None:
        wanted.append((y(average), average_label, ""))
    limits = [point.limits for point in points if point.limits]
    if limits:
        wanted.append((y(limits[-1][0]), limits_label, ""))
    placed: list[SafeString] = []
    below = -100.0
    for place, label, look in sorted(wanted, key=lambda item: item[0]):
        below = max(place, below + 14)
        short = label.rpartition(" ")[2] if label == average_label else label.partition(" ")[0]
        for words, size in ((label, "long-words"), (short, "short-words")):
            placed.append(text(words, right, below + 4, f"{look} halo {size}".strip(), dx=6))
    return group(placed)


@dataclass(frozen=True)
class SaidPoint:
    """Dates said at about one chance: shares from 0 to 1, and the count kept."""

    said: float
    kept: float
    low: float
    high: float
    label: str
    strong: bool = False


def said_and_got(
    points: Sequence[SaidPoint],
    *,
    sentence: str,
    description: str,
    up_label: str,
    across_label: str,
    as_said: str,
) -> SafeString:
    """What was said across, what was kept up; on the dotted line both agree. Whiskers: Wilson.

    Raises:
        ValueError: no points.
    """
    if not points:
        raise ValueError("there must be at least one point")
    floor = _floor(min(min(point.low, point.kept) for point in points))
    start = _floor(min(point.said for point in points))
    left, right, top, bottom = 9.0, 96.0, 26.0, 210.0

    def x(chance: float) -> float:
        return left + (right - left) * (chance - start) / (1 - start)

    def y(share: float) -> float:
        return bottom - (bottom - top) * (share - floor) / (1 - floor)

    parts: list[str] = [text(up_label, 0, 10, "")]
    for step in range(round((1 - floor) / 0.2) + 1):
        share = floor + 0.2 * step
        parts.append(level(left, right, y(share), "hair"))
        parts.append(text(f"{share * 100:.0f}", left - 2, y(share) + 4, "end"))
    low = max(start, floor)
    unit = 1000 * (low - start) / (1 - start)
    diagonal = f"M{number(unit)} {number(y(low))}L1000 {number(y(1.0))}"
    as_said_line = tag("path", d=diagonal, class_="trend-as-said")
    parts.append(stretched(as_said_line, left, right - left, bottom))
    middle = low + 0.3 * (1 - low)
    parts.append(text(as_said, x(middle), y(middle) - 8, "end halo", dx=-2))
    parts.append(level(left, right, bottom, "rule"))
    for point in points:
        parts.append(upright(x(point.said), y(point.low), y(point.high), "drop-strong"))
        radius = 5 if point.strong else 4
        parts.append(
            tag("circle", cx=percent(x(point.said)), cy=y(point.kept), r=radius, class_="dot")
        )
    ordered = sorted(points, key=lambda point: point.said)
    for index, point in enumerate(ordered):
        # Neighbours are close together at the right: their counts stand below and above in turn.
        above = index % 2 == 1 and x(point.said) - x(ordered[index - 1].said) < 20
        place = y(point.high) - 5 if above else min(bottom - 4, y(point.low) + 14)
        parts.append(text(point.label, x(point.said), place, "middle strong halo"))
        # Of two that stand on each other the stronger one is named; the table has both.
        near = [one for one in points if abs(x(one.said) - x(point.said)) < 6]
        if point is max(near, key=lambda one: (one.strong, one.said)):
            parts.append(text(f"{point.said * 100:.0f}", x(point.said), bottom + 17, "middle"))
    parts.append(text(across_label, right, bottom + 34, "end"))
    return svg(parts, title=sentence, description=description, height=bottom + 40)


def _floor(least: float) -> float:
    """Return where an axis of shares begins, so that the least of them has room."""
    return next((edge for edge in (0.4, 0.2) if least >= edge), 0.0)


def counted_bar(count: int, most: int, *, sentence: str, strong: bool = False) -> SafeString:
    """One bar of a Pareto, its count at its end; 16 px high."""
    width = 82 * count / max(1, most)
    return svg(
        [
            box(0, width, 4, 8, "bar-ink" if strong else "bar"),
            text(str(count), width, 12, "strong", dx=8),
        ],
        title=sentence,
        height=16,
    )


#: More of them in one place are a column.
MOST_DOTS = 40


def became(
    days: Sequence[int],
    *,
    average: float,
    sentence: str,
    description: str,
    average_label: str,
    as_said: str,
    axis_label: str,
    last: int = 8,
) -> SafeString:
    """Draw each time “one more day” was said over the days it took; the last place is open-ended.

    Each is a dot; where too many would stand on each other, they are columns with their counts.

    Raises:
        ValueError: no days.
    """
    if not days:
        raise ValueError("there must be at least one day")
    first = min(1, *days, 1)
    end = max(last, min(max(days), last + 6))
    columns = list(range(first, end + 1))
    often = Counter(min(max(day, first), end) for day in days)
    counts = [often[column] for column in columns]
    most = max(counts)
    step, radius = (16.0, 5.0) if most <= 10 else (160.0 / most, max(1.5, 70.0 / most))
    top = 42.0
    base = top + step * max(most, 5)

    def x(day: float) -> float:
        return 100 * (min(max(day, first), end) - first + 0.5) / len(columns)

    parts: list[str] = []
    parts.append(upright(x(average), 6, base, "drop"))
    late = x(average) > 55
    parts.append(
        text(
            average_label,
            x(average),
            12,
            "strong halo end" if late else "strong halo",
            dx=-5 if late else 5,
        )
    )
    parts.append(level(0, 100, base, "rule"))
    for column, count in zip(columns, counts, strict=True):
        label = f"{column}+" if column == end and max(days) > end else str(column)
        parts.append(
            text(label, x(column), base + 17, "middle strong" if column == 1 else "middle")
        )
        look = "dot" if column <= 1 else "bar"
        if count and most > MOST_DOTS:
            half, height = 30 / len(columns), step * count
            parts.append(box(x(column) - half, x(column) + half, base - height, height, look))
            parts.append(text(str(count), x(column), base - height - 5, "middle halo"))
            continue
        parts.extend(
            tag(
                "circle",
                cx=percent(x(column)),
                cy=base - step * (nth + 0.6),
                r=radius,
                class_=look,
            )
            for nth in range(count)
        )
    if counts[columns.index(1)]:
        # Above whatever stands beside it, so that no dot lies behind the words.
        tallest = max(counts[: columns.index(1) + 3])
        above = 18 if most > MOST_DOTS else 0  # where the counts stand
        parts.append(text(as_said, 0, base - step * (tallest + 0.45) - above, "strong halo"))
    parts.append(text(axis_label, 0, base + 36, ""))
    return svg(parts, title=sentence, description=description, height=base + 42)

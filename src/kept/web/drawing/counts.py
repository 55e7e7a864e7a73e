"""Counts: dots for few cases, columns for many."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import box, level, percent, svg, tag, text, upright


@dataclass(frozen=True)
class Column:
    """One column of a histogram."""

    label: str
    count: int
    strong: bool = False


def dots(columns: Sequence[Column], *, sentence: str, axis_label: str) -> SafeString:
    """One dot for each case; for small counts, where every case deserves to be seen.

    Raises:
        ValueError: no columns.
    """
    if not columns:
        raise ValueError("dots need at least one column")
    most = max(1, *(column.count for column in columns))
    step, radius = (16.0, 5.5) if most <= 12 else (192.0 / most, max(1.5, 80.0 / most))
    base = 14 + step * most
    parts: list[str] = [level(0, 100, base, "rule")]
    for index, column in enumerate(columns):
        x = 100 * (index + 0.5) / len(columns)
        parts.append(
            text(column.label, x, base + 17, "middle strong" if column.strong else "middle")
        )
        parts.extend(
            tag(
                "circle",
                cx=percent(x),
                cy=base - step * (number + 0.6),
                r=radius,
                class_="dot" if column.strong else "bar",
            )
            for number in range(column.count)
        )
    parts.append(text(axis_label, 0, base + 36, ""))
    return svg(parts, title=sentence, height=base + 42)


def histogram(
    columns: Sequence[Column],
    *,
    sentence: str,
    axis_label: str,
    description: str = "",
    height: float = 140,
    markers: Sequence[tuple[float, str]] = (),
) -> SafeString:
    """Bars side by side; ``markers`` are places from 0 to 1 along the axis, with a word.

    Labels of columns may be empty where there are many.

    Raises:
        ValueError: no columns.
    """
    if not columns:
        raise ValueError("a histogram needs at least one column")
    most = max(1, *(column.count for column in columns))
    top = 20.0 + 15 * max(0, len(markers) - 1)
    base = top + height
    width = 100 / len(columns)
    parts: list[str] = []
    for index, column in enumerate(columns):
        tall = height * column.count / most
        parts.append(
            box(
                width * (index + 0.08),
                width * (index + 0.92),
                base - tall,
                tall,
                "bar-ink" if column.strong else "bar",
            )
        )
        if column.label:
            crowded = len(columns) > 6 and index % 2
            look = "middle long-words" if crowded else "middle"
            parts.append(text(column.label, width * (index + 0.5), base + 16, look))
        if column.count and len(columns) <= 16:
            parts.append(
                text(str(column.count), width * (index + 0.5), base - tall - 5, "middle ink halo")
            )
    parts.append(level(0, 100, base, "rule"))
    for number, (share, word) in enumerate(markers):
        x = 100 * min(1.0, max(0.0, share))
        y = 11.0 + 15 * number
        parts.append(upright(x, y - 9, base, "drop"))
        late = x > 60
        parts.append(
            text(word, x, y, "strong halo end" if late else "strong halo", dx=-5 if late else 5)
        )
    parts.append(text(axis_label, 0, base + 34, ""))
    return svg(parts, title=sentence, description=description, height=base + 40)

"""The ask desk's drawings: what was given this year, one kind over time, and the core's streak."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import box, group, level, placed, svg, tag, text, upright

BARS_HEIGHT = 104
BASE = 84


@dataclass(frozen=True)
class MonthBar:
    """Hours given in one month; `asked` more, dashed, if this ask gets a free yes."""

    letter: str
    hours: float
    said: str = ""
    asked: float = 0.0


@dataclass(frozen=True)
class Moment:
    """One ask of a kind, at a place from 0 to 1 along the time shown."""

    at: float
    label: str
    now: bool = False


def given_by_month(bars: Sequence[MonthBar], *, sentence: str) -> SafeString:
    """Draw a bar a month, with its hours on top, and what this ask would add, dashed."""
    most = max((bar.hours + bar.asked for bar in bars), default=0) or 1.0
    parts: list[str] = []
    width = 100 / max(1, len(bars))
    for place, bar in enumerate(bars):
        left, middle = place * width, (place + 0.5) * width
        height = 64 * bar.hours / most
        extra = 64 * bar.asked / most
        if bar.hours:
            parts.append(
                box(left + width * 0.22, left + width * 0.78, BASE - height, height, "bar")
            )
        if bar.asked:
            parts.append(
                box(
                    left + width * 0.22,
                    left + width * 0.78,
                    BASE - height - extra,
                    extra,
                    "band-unknown",
                )
            )
        if bar.said:
            parts.append(text(bar.said, middle, BASE - height - extra - 5, "ink middle"))
        parts.append(text(bar.letter, middle, BASE + 16, "middle"))
    parts.append(level(0, 100, BASE, "rule"))
    return svg(parts, title=sentence, height=BARS_HEIGHT)


def of_kind(
    moments: Sequence[Moment], *, window_from: float, window_label: str, sentence: str
) -> SafeString:
    """Draw one kind's asks along a line; the days that count lie on a wash."""
    parts: list[str] = [
        box(100 * window_from, 100, 18, 28, "wash"),
        text(window_label, 100 * window_from, 12, ""),
        level(0, 100, 32, "rule"),
    ]
    for moment in moments:
        dot = tag("circle", cx=0, cy=0, r=4.5, class_="ring" if moment.now else "dot")
        x = min(97.0, max(2.0, 100 * moment.at))
        parts.append(placed(x, 32, dot))
        where = "end" if moment.at > 0.85 else "middle" if moment.at > 0.1 else ""
        if moment.label:
            parts.append(text(moment.label, x, 60, f"strong {where}" if moment.now else where))
    return svg(parts, title=sentence, height=66)


def streak(words: Sequence[str], *, sentence: str) -> SafeString:
    """Draw one mark for each occurrence or promise of the core, oldest first."""
    parts: list[str] = []
    for place, word in enumerate(words):
        kept = word == "kept"
        use = tag(
            "use",
            href="#mark-tick" if kept else "#mark-cross",
            width="12",
            height="12",
            x=14 * place,
            y=2,
            class_="mark mark-kept" if kept else "mark mark-missed",
        )
        parts.append(use)
    return svg(parts, title=sentence, height=16, class_="drawing streak")


def control_chart(
    shares: Sequence[float | None],
    limits: Sequence[tuple[float, float] | None],
    labels: Sequence[str],
    *,
    mean: float,
    sentence: str,
) -> SafeString:
    """Draw a p-chart: the share kept of each month, between its control limits."""
    parts: list[str] = []
    count = max(1, len(shares))

    def y(share: float) -> float:
        return 8 + 84 * (1 - share)

    parts += [level(0, 100, y(line), "hair") for line in (0.0, 0.5, 1.0)]
    parts.append(level(0, 100, y(mean), "rule"))
    for place, (share, limit) in enumerate(zip(shares, limits, strict=True)):
        left, middle, right = (100 * (place + part) / count for part in (0.1, 0.5, 0.9))
        if limit is not None:
            parts.append(level(left, right, y(limit[0]), "lead-line"))
            parts.append(level(left, right, y(limit[1]), "lead-line"))
        if share is not None:
            out = limit is not None and share < limit[0]
            dot = tag("circle", cx=0, cy=0, r=4, class_="bar-over" if out else "dot")
            parts.append(placed(middle, y(share), dot))
        parts.append(text(labels[place], middle, 110, "middle"))
        parts.append(upright(middle, 92, 95, "hair"))
    return svg([group(parts)], title=sentence, height=114)

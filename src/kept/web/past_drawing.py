"""Drawings of the past: what similar work took, and what would have been kept.

Built of the same parts as `drawing`, whose rules hold here too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import box, level, percent, svg, tag, text, upright


@dataclass(frozen=True)
class Pieces:
    """What similar work took, in hours of the estimate asked about, and how much each counts."""

    hours: Sequence[tuple[float, float]]
    estimate: float
    estimate_label: str
    sure: float
    sure_label: str
    hours_label: Callable[[float], str]
    sentence: str


def pieces(value: Pieces) -> SafeString:
    """One dot for each piece of work, larger the more it counts; the ticks are what was said."""
    top = 1.08 * max([value.sure, value.estimate, *(hours for hours, _share in value.hours)])

    def place(hours: float) -> float:
        return 100 * hours / top

    base = 44.0
    parts: list[str] = [
        box(0, place(value.sure), base - 5, 10, "band-soft"),
        level(0, 100, base, "rule"),
        upright(place(value.estimate), base - 14, base + 14, "now-strong"),
        upright(place(value.sure), base - 14, base + 14, "step-wanted"),
    ]
    parts += [
        tag("circle", cx=percent(place(hours)), cy=base, r=3 + 4 * share**0.5, class_="ring")
        for hours, share in value.hours
    ]
    for hours, label, look, y in (
        (value.estimate, value.estimate_label, "strong", 18.0),
        (value.sure, value.sure_label, "wanted strong", base + 32),
    ):
        x = place(hours)
        anchor = "end" if x > 70 else "" if x < 12 else "middle"
        words = f"{label} {value.hours_label(hours)}"
        parts.append(text(words, x, y, f"{look} {anchor} halo".replace("  ", " ")))
    return svg(parts, title=value.sentence, height=base + 40)


def against_estimate(ratio: float, *, top: float, sentence: str) -> SafeString:
    """What one piece of work took against its estimate, which is the upright line; 16 px high."""
    one, took = 100 / top, 100 * min(ratio, top) / top
    parts = [
        box(0, took, 5, 6, "bar"),
        box(min(one, took), took, 5, 6, "bar-ink") if took > one else "",
        upright(one, 0, 16, "now-strong"),
    ]
    return svg([part for part in parts if part], title=sentence, height=16)


@dataclass(frozen=True)
class TimePart:
    """A share that was kept in one stretch of time, and what chance alone explains; 0 to 1."""

    share: float
    low: float
    high: float
    label: str
    sentence: str


def along_time(
    parts: Sequence[TimePart], *, said: float, said_label: str, sentence: str, height: float = 140
) -> SafeString:
    """Shares one after the other, each in the band where chance alone would leave it.

    Raises:
        ValueError: no parts.
    """
    if not parts:
        raise ValueError("a line along time needs at least one part")
    lowest = min(0.5, *(part.share for part in parts), *(part.low for part in parts))
    base = 14.0 + height

    def up(share: float) -> float:
        return base - height * (share - lowest) / (1 - lowest)

    width = 100 / len(parts)
    drawn: list[str] = []
    for index, part in enumerate(parts):
        drawn.append(
            box(
                width * (index + 0.04),
                width * (index + 0.96),
                up(part.high),
                max(2.0, up(part.low) - up(part.high)),
                "band-soft",
            )
        )
    drawn.append(level(0, 100, up(said), "step-wanted"))
    drawn.append(text(said_label, 0, base - 8, "wanted strong halo"))
    for index, part in enumerate(parts):
        x = width * (index + 0.5)
        outside = not part.low <= part.share <= part.high
        drawn.append(
            tag(
                "circle",
                tag("title", part.sentence),
                cx=percent(x),
                cy=up(part.share),
                r=5,
                class_="flag" if outside else "dot",
                data_state="at-risk" if outside else None,
            )
        )
        if index == 0:
            drawn.append(text(part.label, 0, base + 18, ""))
        elif index == len(parts) - 1:
            drawn.append(text(part.label, 100, base + 18, "end"))
        else:
            drawn.append(text(part.label, x, base + 18, "middle long-words"))
    drawn.append(level(0, 100, base, "rule"))
    return svg(drawn, title=sentence, height=base + 26)

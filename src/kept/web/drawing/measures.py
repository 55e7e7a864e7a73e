"""Small measures: gauges, bars, who pays, intervals, ranges, heat."""

from dataclasses import dataclass

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import box, level, percent, svg, tag, text, upright


@dataclass(frozen=True)
class Gauge:
    """What is planned, what this ask adds, and what there is; all in one unit."""

    planned: float
    ask: float
    limit: float
    sentence: str


def gauge(value: Gauge) -> SafeString:
    """Grey is planned, dark is this ask, amber is beyond; the tick stands at the limit."""
    total = value.planned + value.ask
    top = max(value.limit / 0.85, total, 1e-9)

    def place(amount: float) -> float:
        return 100 * max(0.0, amount) / top

    limit = place(value.limit)
    planned, until = min(place(value.planned), limit), min(place(total), limit)
    parts = [
        box(0, limit, 4, 8, "band-soft"),
        box(0, planned, 4, 8, "band"),
        box(planned, until, 4, 8, "bar-ink"),
        box(limit, place(total), 4, 8, "bar-over"),
        upright(limit, 1, 15, "limit"),
    ]
    return svg(parts, title=value.sentence, height=16)


def bar(share: float, *, sentence: str, strong: bool = False) -> SafeString:
    """One bar, 4 px high: share of the width, 0 to 1."""
    width = 100 * min(1.0, max(0.0, share))
    return svg([box(0, width, 0, 4, "bar-ink" if strong else "bar")], title=sentence, height=4)


@dataclass(frozen=True)
class Pays:
    """A promise that loses chance: before, after and the line under which we act, 0 to 1."""

    before: float
    after: float
    line: float
    before_label: str
    after_label: str
    line_label: str
    sentence: str


def who_pays(value: Pays, *, lowest: float = 0.5) -> SafeString:
    """From the hollow dot (before) to the filled one (after); ``lowest`` is the left end."""
    low = min(lowest, value.after, value.before)

    def place(chance: float) -> float:
        return 16 + 76 * (chance - low) / (1 - low)

    after, before = place(value.after), place(value.before)
    left, right = min(after, before), max(after, before)
    y = 26.0
    parts = [
        level(2, 94, y, "hair"),
        upright(place(value.line), y - 8, y + 8, "rule"),
        text(value.line_label, place(value.line), 11, "middle"),
        level(left, right, y, "pay"),
        tag("circle", cx=percent(before), cy=y, r=4, class_="pay-ring"),
        tag("circle", cx=percent(after), cy=y, r=4.5, class_="pay-dot"),
    ]
    gains = after > before
    ends = ("", "end") if gains else ("end", "")
    parts.append(
        text(value.after_label, after, y + 4, f"state {ends[0]} halo", dx=9 if gains else -9)
    )
    parts.append(text(value.before_label, before, y + 4, f"{ends[1]} halo", dx=-9 if gains else 9))
    state = "at-risk" if value.after < value.line <= value.before else "on-track"
    return svg(parts, title=value.sentence, height=40, state=state)


def interval(low: float, rate: float, high: float, *, sentence: str) -> SafeString:
    """A rate (0 to 1) as a tick in the band where the true one lies; use for Wilson intervals."""
    parts = [
        box(0, 100, 5, 7, "band-soft"),
        box(100 * low, 100 * high, 5, 7, "band"),
        upright(100 * rate, 1, 16, "limit"),
        text("0", 0, 30, ""),
        text("50", 50, 30, "middle"),
        text("100", 100, 30, "end"),
    ]
    return svg(parts, title=sentence, height=34)


def spread(
    low: float, middle: float, high: float, *, top: float, reference: float, sentence: str
) -> SafeString:
    """A range with its middle on a scale from 0 to ``top``, beside a reference; 16 px high.

    For actual ÷ estimate by kind: reference 1 is "as estimated".
    """

    def place(value: float) -> float:
        return 100 * min(max(value, 0.0), top) / top

    parts = [
        upright(place(reference), 0, 16, "rule"),
        box(place(low), place(high), 5, 6, "band"),
        tag("circle", cx=percent(place(middle)), cy=8, r=4, class_="dot"),
    ]
    return svg(parts, title=sentence, height=16)


def heat(used: float) -> str:
    """The shade of a cell from the share of its time that is taken: "0" to "4", or "over"."""
    if used > 1:
        return "over"
    return str(min(4, max(0, int(used * 100) - 1) // 20))

"""The promise line: today, the band from even chances to nine in ten, the flag."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import box, flag, level, placed, svg, tag, text, upright


@dataclass(frozen=True)
class Tick:
    """A named day on an axis; `short` stands where there is little room."""

    day: date
    label: str
    short: str = ""


@dataclass(frozen=True)
class Axis:
    """Working days side by side, all equally wide; other days have no width.

    Attributes:
        days: the working days shown, rising, at least one.
        today: where the line of today stands.
        passed: share of today's working time that is over, 0 to 1.
        ticks: days whose beginning gets a hairline and a label.
    """

    days: tuple[date, ...]
    today: date
    passed: float
    ticks: tuple[Tick, ...]

    def before(self, day: date) -> float:
        """Where a day begins, in per cent of the width; days outside lie at the edges."""
        return 100 * bisect_left(self.days, day) / len(self.days)

    def after(self, day: date) -> float:
        """Where a day ends, in per cent of the width."""
        return 100 * bisect_right(self.days, day) / len(self.days)

    @property
    def now(self) -> float:
        """Where today's line stands, in per cent of the width."""
        start, end = self.before(self.today), self.after(self.today)
        return start + (end - start) * self.passed

    def reaches(self, day: date) -> bool:
        """Whether the day lies within what is shown."""
        return self.days[0] <= day <= self.days[-1]


@dataclass(frozen=True)
class PromiseLine:
    """One promise on an axis.

    Attributes:
        sentence: what the line says, in words.
        state: on-track, at-risk, overdue, unknown and so on; it colours the flag.
        promised_on: day of the flag.
        even_on: day by which the chance reaches 50 %; None where nothing is known.
        sure_on: day by which it reaches the asked confidence, usually 90 %.
        outside: the promised day in words, shown when it lies beyond the axis.
    """

    sentence: str
    state: str
    promised_on: date
    even_on: date | None = None
    sure_on: date | None = None
    outside: str = ""


def axis_head(axis: Axis, *, today_word: str) -> SafeString:
    """The labels above the rows of promise lines, 32 px high. Hidden from assistive technology."""
    parts: list[str] = []
    shown_until = -100.0
    for tick in axis.ticks:
        x = axis.before(tick.day)
        parts.append(upright(x, 2, 30, "hair"))
        label = tick.label if x >= shown_until else tick.label.split("\N{NO-BREAK SPACE}")[0]
        parts.append(text(label, x, 11, "halo", dx=3))
        shown_until = x + (12 if len(label) > 3 else 6)
    parts.append(upright(axis.now, 18, 30, "now"))
    parts.append(text(today_word, axis.now, 28, "halo", dx=5))
    return tag("svg", *parts, class_="drawing", aria_hidden="true", focusable="false")


def promise_line(axis: Axis, line: PromiseLine) -> SafeString:
    """Today's tick, the band from even chances to nine in ten, the flag at the promised day.

    The drawing fills its box in both directions, so lines of rows of different height meet.
    """
    parts: list[str] = [upright(axis.before(t.day), 0, "100%", "hair") for t in axis.ticks]
    parts.append(upright(axis.now, 0, "100%", "now"))
    flag_x = axis.after(line.promised_on)
    if line.even_on is not None and line.sure_on is not None:
        start, end = axis.before(line.even_on), axis.after(line.sure_on)
        start = max(start, axis.now)
        end = max(end, start + 0.5)
        parts.append(level(axis.now, start, "50%", "lead-line"))
        known = line.state != "unknown"
        band = box(start, end, -5, 10, "band") if known else box(start, end, -4, 8, "band-unknown")
        parts.append(placed(0, "50%", band, *([upright(end, -6, 6, "band-end")] if known else [])))
    else:
        start = max(0.0, min(axis.now, flag_x), flag_x - 22)
        end = max(flag_x, start + 4)
        parts.append(placed(0, "50%", box(start, end, -4, 8, "band-unknown")))
    if line.outside:
        late = line.promised_on > axis.days[-1]
        words = tag(
            "text",
            line.outside,
            x=-6 if late else 4,
            y=14 if late else 20,
            class_="end halo" if late else "halo",
        )
        parts.append(placed(100 if late else 0, "50%", words))
    parts.append(placed(flag_x, "50%", flag()))
    return svg(parts, title=line.sentence, state=line.state)


@dataclass(frozen=True)
class Span:
    """Days that belong together, with a word for them."""

    first: date
    last: date
    label: str


@dataclass(frozen=True)
class PromiseStory:
    """One promise alone, from the day it was given.

    Attributes:
        sentence, state, even_on, sure_on: as in PromiseLine.
        given_on: where the solid line begins.
        last: the flag of the terms that count now.
        first: the flag of the first terms, where they differ.
        pauses: days on which the clock stood.
        today_label: "today, Wed 2 Dec".
        owner: the last-mile owner's first name.
    """

    sentence: str
    state: str
    given_on: date
    last: Tick
    today_label: str
    owner: str
    even_on: date | None = None
    sure_on: date | None = None
    first: Tick | None = None
    pauses: tuple[Span, ...] = ()


def promise_story(axis: Axis, story: PromiseStory) -> SafeString:
    """The wide promise line, 88 px high: pauses as dashed gaps, first terms as an outlined flag."""
    middle, scale = 50.0, 0.94
    parts: list[str] = []

    def place(x: float) -> float:
        return x * scale

    shown_until = -100.0
    for tick in axis.ticks:
        x = place(axis.before(tick.day))
        parts.append(upright(x, 16, 76, "hair"))
        if x >= shown_until:  # else it would stand on the one before
            parts.append(text(tick.label, x, 11, "", dx=3))
            shown_until = x + (6.5 if len(tick.label) > 3 else 3.5)
    given, now = place(axis.before(story.given_on)), place(axis.now)
    parts.append(level(given, now, middle, "done-line"))
    for pause in story.pauses:
        left, right = place(axis.before(pause.first)), place(axis.after(pause.last))
        parts.append(box(left, right, middle - 6, 12, "band-unknown"))
        parts.append(text(pause.label, (left + right) / 2, middle + 22, "middle halo"))
    if story.even_on is not None and story.sure_on is not None:
        start = max(place(axis.before(story.even_on)), now)
        end = max(place(axis.after(story.sure_on)), start + 0.4)
        parts.append(level(now, start, middle, "lead-line"))
        parts.append(box(start, end, middle - 6, 12, "band"))
        parts.append(upright(end, middle - 7, middle + 7, "band-end"))
    parts.append(upright(now, 22, 76, "now-strong"))
    flag_x = place(axis.after(story.last.day))
    label_left = flag_x < 87
    today_left = now > 60 or 0 <= flag_x - now < 16
    parts.append(
        text(
            story.today_label,
            now,
            middle + 36,
            "halo end" if today_left else "halo",
            dx=-5 if today_left else 5,
        )
    )
    if story.first is not None:
        first_x = place(axis.after(story.first.day))
        parts.append(placed(first_x, middle - 4, flag("flag-first")))
        parts.append(text(story.first.label, first_x, middle + 22, "end halo", dx=4))
    parts.append(
        placed(flag_x, middle, tag("path", d="M0 -17V11M0 -17L13 -11L0 -5Z", class_="flag"))
    )
    parts.append(
        text(
            story.last.label,
            flag_x,
            middle + (36 if story.first is not None else 24),
            "strong halo" if label_left else "strong halo end",
            dx=-4 if label_left else 8,
        )
    )
    parts.append(text(story.owner, 100, middle + 4, "ink end"))
    return svg(parts, title=story.sentence, height=92, state=story.state)

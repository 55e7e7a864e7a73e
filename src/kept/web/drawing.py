"""Drawings as SVG: geometry from numbers, every word from the caller.

All functions are pure. They take plain values and give markup that is safe to print. Horizontal
places are percentages of the drawing's own width and vertical ones are pixels, so a drawing fits
any column while its letters keep their size. Colours come from classes in ``drawings.css``; there
is no inline style, as the content security policy forbids it. Each drawing carries its sentence as
``<title>``, which is its accessible name.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

MARKS: Mapping[str, str] = {
    "on-track": "ring",
    "enough": "ring",
    "at-risk": "triangle",
    "tight": "triangle",
    "overdue": "cross",
    "late": "cross",
    "short": "cross",
    "sub-standard": "cross",
    "broken": "crossbox",
    "moved": "arrow",
    "kept": "tick",
    "done": "tick",
    "paused": "bars",
    "delivered": "handed",
    "released": "ring-empty",
    "unknown": "dashed",
}


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _percent(value: float) -> str:
    return _number(value) + "%"


def _tag(name: str, *inside: str, **attributes: str | float | None) -> SafeString:
    """One element; names ending in ``_`` lose it, ``_`` inside becomes ``-``."""
    written = []
    for key, value in attributes.items():
        if value is None:
            continue
        text = _number(value) if isinstance(value, int | float) else value
        written.append(f' {key.rstrip("_").replace("_", "-")}="{conditional_escape(text)}"')
    body = "".join(conditional_escape(part) for part in inside)
    return SafeString(f"<{name}{''.join(written)}>{body}</{name}>")


def _group(parts: Iterable[str]) -> SafeString:
    return SafeString("".join(conditional_escape(part) for part in parts))


def _svg(
    parts: Iterable[str],
    *,
    title: str,
    description: str = "",
    height: float | None = None,
    class_: str = "drawing",
    state: str | None = None,
) -> SafeString:
    words = [_tag("title", title)]
    if description:
        words.append(_tag("desc", description))
    return _tag(
        "svg",
        *words,
        *parts,
        class_=class_,
        role="img",
        width="100%",
        height=None if height is None else _number(height),
        data_state=state,
        focusable="false",
    )


def _text(words: str, x: float, y: float, class_: str, dx: float = 0) -> SafeString:
    return _tag("text", words, x=_percent(x), y=y, dx=dx or None, class_=class_)


def _upright(x: float, y1: str | float, y2: str | float, class_: str) -> SafeString:
    return _tag("line", x1=_percent(x), x2=_percent(x), y1=y1, y2=y2, class_=class_)


def _level(x1: float, x2: float, y: str | float, class_: str) -> SafeString:
    return _tag("line", x1=_percent(x1), x2=_percent(x2), y1=y, y2=y, class_=class_)


def _box(x1: float, x2: float, y: str | float, height: str | float, class_: str) -> SafeString:
    return _tag(
        "rect", x=_percent(x1), width=_percent(max(0.0, x2 - x1)), y=y, height=height, class_=class_
    )


def _at(x: float, y: str | float, *parts: str) -> SafeString:
    """Put parts drawn in pixels around (0, 0) at a place given in per cent."""
    return _tag("svg", *parts, x=_percent(x), y=y, overflow="visible")


def mark(state: str, title: str = "") -> SafeString:
    """The sign of a state: ○ on track, ▲ at risk, ✕ late, → moved, ✓ kept, ◌ not known.

    With a title it speaks for itself; without one it is hidden from assistive technology, because
    the state's word stands beside it.

    Raises:
        KeyError: no such state.
    """
    use = _tag("use", href=f"#mark-{MARKS[state]}")
    if title:
        return _tag("svg", _tag("title", title), use, class_="mark", role="img", data_state=state)
    return _tag(
        "svg",
        use,
        width="12",
        height="12",
        class_="mark",
        aria_hidden="true",
        focusable="false",
        data_state=state,
    )


def numbers(
    *, summary: str, caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]
) -> SafeString:
    """The figures of a drawing as a table that opens on demand."""
    body = [
        _tag("tr", _tag("th", row[0], scope="row"), *(_tag("td", cell) for cell in row[1:]))
        for row in rows
    ]
    table = _tag(
        "table",
        _tag("caption", caption),
        _tag("thead", _tag("tr", *(_tag("th", word, scope="col") for word in head))),
        _tag("tbody", *body),
    )
    return _tag("details", _tag("summary", summary), table, class_="numbers")


# ----- The promise line --------------------------------------------------------------------------


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


def _flag(class_: str = "flag") -> SafeString:
    return _tag("path", d="M0 -11V9M0 -11L11 -6.5L0 -2Z", class_=class_)


def axis_head(axis: Axis, *, today_word: str) -> SafeString:
    """The labels above the rows of promise lines, 32 px high. Hidden from assistive technology."""
    parts: list[str] = []
    shown_until = -100.0
    for tick in axis.ticks:
        x = axis.before(tick.day)
        parts.append(_upright(x, 2, 30, "hair"))
        label = tick.label if x >= shown_until else tick.label.split("\N{NO-BREAK SPACE}")[0]
        parts.append(_text(label, x, 11, "halo", dx=3))
        shown_until = x + (12 if len(label) > 3 else 6)
    parts.append(_upright(axis.now, 18, 30, "now"))
    parts.append(_text(today_word, axis.now, 28, "halo", dx=5))
    return _tag("svg", *parts, class_="drawing", aria_hidden="true", focusable="false")


def promise_line(axis: Axis, line: PromiseLine) -> SafeString:
    """Today's tick, the band from even chances to nine in ten, the flag at the promised day.

    The drawing fills its box in both directions, so lines of rows of different height meet.
    """
    parts: list[str] = [_upright(axis.before(t.day), 0, "100%", "hair") for t in axis.ticks]
    parts.append(_upright(axis.now, 0, "100%", "now"))
    flag_x = axis.after(line.promised_on)
    if line.even_on is not None and line.sure_on is not None:
        start, end = axis.before(line.even_on), axis.after(line.sure_on)
        start = max(start, axis.now)
        end = max(end, start + 0.5)
        parts.append(_level(axis.now, start, "50%", "lead-line"))
        known = line.state != "unknown"
        band = (
            _box(start, end, -5, 10, "band") if known else _box(start, end, -4, 8, "band-unknown")
        )
        parts.append(_at(0, "50%", band, *([_upright(end, -6, 6, "band-end")] if known else [])))
    else:
        start = max(0.0, min(axis.now, flag_x), flag_x - 22)
        end = max(flag_x, start + 4)
        parts.append(_at(0, "50%", _box(start, end, -4, 8, "band-unknown")))
    if line.outside:
        late = line.promised_on > axis.days[-1]
        words = _tag(
            "text",
            line.outside,
            x=-6 if late else 4,
            y=14 if late else 20,
            class_="end halo" if late else "halo",
        )
        parts.append(_at(100 if late else 0, "50%", words))
    parts.append(_at(flag_x, "50%", _flag()))
    return _svg(parts, title=line.sentence, state=line.state)


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

    for tick in axis.ticks:
        x = place(axis.before(tick.day))
        parts.append(_upright(x, 16, 76, "hair"))
        parts.append(_text(tick.label, x, 11, "", dx=3))
    given, now = place(axis.before(story.given_on)), place(axis.now)
    parts.append(_level(given, now, middle, "done-line"))
    for pause in story.pauses:
        left, right = place(axis.before(pause.first)), place(axis.after(pause.last))
        parts.append(_box(left, right, middle - 6, 12, "band-unknown"))
        parts.append(_text(pause.label, (left + right) / 2, middle + 22, "middle halo"))
    if story.even_on is not None and story.sure_on is not None:
        start = max(place(axis.before(story.even_on)), now)
        end = max(place(axis.after(story.sure_on)), start + 0.4)
        parts.append(_level(now, start, middle, "lead-line"))
        parts.append(_box(start, end, middle - 6, 12, "band"))
        parts.append(_upright(end, middle - 7, middle + 7, "band-end"))
    parts.append(_upright(now, 22, 76, "now-strong"))
    flag_x = place(axis.after(story.last.day))
    label_left = flag_x < 87
    today_left = now > 60 or 0 <= flag_x - now < 16
    parts.append(
        _text(
            story.today_label,
            now,
            middle + 36,
            "halo end" if today_left else "halo",
            dx=-5 if today_left else 5,
        )
    )
    if story.first is not None:
        first_x = place(axis.after(story.first.day))
        parts.append(_at(first_x, middle - 4, _flag("flag-first")))
        parts.append(_text(story.first.label, first_x, middle + 22, "end halo", dx=4))
    parts.append(_at(flag_x, middle, _tag("path", d="M0 -17V11M0 -17L13 -11L0 -5Z", class_="flag")))
    parts.append(
        _text(
            story.last.label,
            flag_x,
            middle + (36 if story.first is not None else 24),
            "strong halo" if label_left else "strong halo end",
            dx=-4 if label_left else 8,
        )
    )
    parts.append(_text(story.owner, 100, middle + 4, "ink end"))
    return _svg(parts, title=story.sentence, height=92, state=story.state)


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
        return _number(1000 * (day.toordinal() - x0) / (x1 - x0))

    def y(day: date) -> float:
        return bottom - (bottom - top) * (day.toordinal() - y0) / (y1 - y0)

    parts: list[str] = []
    shown: list[float] = []
    for tick in sorted(value.ticks_up, key=lambda t: t.day):
        parts.append(_level(left, right, y(tick.day), "hair"))
        if all(abs(y(tick.day) - other) >= 13 for other in shown):
            place = y(tick.day) + 4
            parts.append(_text(tick.label, left - 1.2, place, "end long-words"))
            parts.append(_text(tick.short or tick.label, left - 1.2, place, "end short-words"))
            shown.append(y(tick.day))
    for tick in value.ticks_across:
        parts.append(_upright(x(tick.day), bottom, bottom + 5, "rule"))
        parts.append(_text(tick.label, x(tick.day), bottom + 19, "middle"))
    parts.append(_level(left, right, bottom, "rule"))

    def path(days: Sequence[tuple[date, date]]) -> str:
        return "L".join(f"{unit(when)} {_number(y(then))}" for when, then in days)

    even = [(f.computed_on, f.even_on) for f in value.forecasts]
    sure = [(f.computed_on, f.sure_on) for f in value.forecasts]
    outer = [(f.computed_on, f.surest_on or f.sure_on) for f in value.forecasts]
    until = x(value.forecasts[-1].computed_on)
    if len(value.forecasts) > 1:
        shapes = [
            _tag("path", d=f"M{path(outer)}L{path(sure[::-1])}Z", class_="fan-outer"),
            _tag("path", d=f"M{path(sure)}L{path(even[::-1])}Z", class_="fan-inner"),
            _tag("path", d=f"M{path(even)}", class_="fan-low"),
            _tag("path", d=f"M{path(sure)}", class_="fan-edge"),
        ]
    else:
        only = value.forecasts[0]
        parts.append(_upright(until, y(only.sure_on), y(only.even_on), "band-end"))
        shapes = []
    steps = []
    for (agreed, promised), after in zip(
        value.promised, [*(a for a, _ in value.promised[1:]), None], strict=True
    ):
        end = unit(after) if after else "1000"
        steps.append(f"{unit(max(agreed, date.fromordinal(x0)))} {_number(y(promised))}H{end}")
    if steps:
        shapes.append(_tag("path", d="M" + "L".join(steps), class_="promised"))
    parts.append(_stretched(_group(shapes), left, right - left, bottom))
    parts.append(_upright(x(value.today), top, bottom, "drop-strong"))
    parts.append(_text(value.today_label, x(value.today), 10, "middle halo"))
    last = value.forecasts[-1]
    parts.append(_text(value.sure_label, until, y(last.sure_on) + 4, "strong halo", dx=7))
    low = max(y(last.even_on) + 4, y(last.sure_on) + 18)
    parts.append(_text(value.even_label, until, low, "halo", dx=7))
    if value.promised:
        parts.append(
            _text(value.promised_label, right, y(value.promised[-1][1]) + 4, "wanted", dx=7)
        )
    return _svg(parts, title=value.sentence, height=bottom + 28)


# ----- The staircase of an answer ----------------------------------------------------------------


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

    parts: list[str] = [_text(stairs.axis_label, 0, 10, "")]
    for chance, label, strong in stairs.levels:
        y = height(chance)
        parts.append(_level(left, right, y, "rule" if strong else "hair"))
        parts.append(_text(label, left - 1.5, y + 4, "end strong" if strong else "end"))

    # The area and the steps are one path each, stretched sideways; strokes keep their width.
    wide = right - left
    path = [f"M0 {_number(height(stairs.treads[0].chance))}"]
    for tread in stairs.treads[1:]:
        path.append(f"H{_number((places[tread.day][0] - left) / wide * 1000)}")
        path.append(f"V{_number(height(tread.chance))}")
    path.append("H1000")
    steps = "".join(path)
    wanted = by_day.get(stairs.wanted_on) if stairs.wanted_on else None
    if wanted is not None and stairs.wanted_chance is not None:
        wanted = replace(wanted, chance=stairs.wanted_chance)
    area = _tag("path", d=f"{steps}V{_number(bottom)}H0Z", class_="under")
    parts.append(_stretched(area, left, wide, bottom))
    if wanted is not None:
        a, b = places[wanted.day]
        y = height(wanted.chance)
        parts.append(_box(a, b, y, bottom - y, "column"))
    parts.append(_level(left, right, bottom, "rule"))
    for dot in stairs.dots:
        a, b = places[dot.day]
        parts.append(
            _upright(
                (a + b) / 2,
                height(by_day[dot.day].chance),
                bottom,
                "drop-strong" if dot.strong else "drop",
            )
        )
    parts.append(_stretched(_tag("path", d=steps, class_="step"), left, wide, bottom))
    if wanted is not None:
        a, b = places[wanted.day]
        parts.append(_level(a, b, height(wanted.chance), "step-wanted"))

    dotted = {dot.day for dot in stairs.dots}
    for dot in stairs.dots:
        a, b = places[dot.day]
        parts.append(
            _tag(
                "circle",
                cx=_percent((a + b) / 2),
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
        parts.append(_text(stairs.wanted_chance_label, place, y, look, dx=4 if near_edge else -3))
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
        parts.append(_text(dot.label, x, y, look, dx=-4 if near_edge else -7))
    if stairs.flat_on in by_day and stairs.flat_words:
        a, b = places[stairs.flat_on]
        if (a + b) / 2 - left >= 30:  # further left the words would stand on the axis
            flat_y = height(by_day[stairs.flat_on].chance)
            parts.append(_flat_label(stairs.flat_words, (a + b) / 2, flat_y))
    labels, lowest = _day_labels(stairs, places, bottom)
    parts.extend(labels)
    return _svg(
        parts,
        title=stairs.sentence,
        description=stairs.description,
        height=lowest + 9,
    )


def _stretched(path: str, left: float, wide: float, bottom: float) -> SafeString:
    """A path in units of 1000 by ``bottom``, stretched over the plot."""
    return _tag(
        "svg",
        path,
        x=_percent(left),
        y=0,
        width=_percent(wide),
        height=bottom,
        viewBox=f"0 0 1000 {_number(bottom)}",
        preserveAspectRatio="none",
        overflow="visible",
    )


def _flat_label(words: Sequence[str], x: float, y: float) -> SafeString:
    """Why nothing is gained that day, above and left of the tread."""
    lines = [
        _tag("text", line, x=-34, y=-46 - 15 * (len(words) - 1 - index), class_="end halo")
        for index, line in enumerate(words)
    ]
    leader = _tag("path", d="M-29 -44C-12 -42 -4 -24 0 -4", class_="leader")
    return _at(x, y, leader, *lines)


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
        parts.append(_text(tread.weekday, x, bottom + 17, look + " long-words"))
        parts.append(_text(tread.letter, x, bottom + 17, look + " short-words"))
        parts.append(_text(tread.day_number, x, bottom + 32, look))
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
        parts.append(_text(label, x, y, f"{anchor} {look}", dx=16 if anchor == "end" else 0))
        below.append((x, y))
    return parts, max([bottom + 49, *(y for _x, y in below)])


def _near(every: int) -> range:
    """Neighbours of a named day that give way to its label when days are skipped."""
    return range(1 - every, every) if every > 1 else range(0)


# ----- Small measures ----------------------------------------------------------------------------


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
        _box(0, limit, 4, 8, "band-soft"),
        _box(0, planned, 4, 8, "band"),
        _box(planned, until, 4, 8, "bar-ink"),
        _box(limit, place(total), 4, 8, "bar-over"),
        _upright(limit, 1, 15, "limit"),
    ]
    return _svg(parts, title=value.sentence, height=16)


def bar(share: float, *, sentence: str, strong: bool = False) -> SafeString:
    """One bar, 4 px high: share of the width, 0 to 1."""
    width = 100 * min(1.0, max(0.0, share))
    return _svg([_box(0, width, 0, 4, "bar-ink" if strong else "bar")], title=sentence, height=4)


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
        _level(2, 94, y, "hair"),
        _upright(place(value.line), y - 8, y + 8, "rule"),
        _text(value.line_label, place(value.line), 11, "middle"),
        _level(left, right, y, "pay"),
        _tag("circle", cx=_percent(before), cy=y, r=4, class_="pay-ring"),
        _tag("circle", cx=_percent(after), cy=y, r=4.5, class_="pay-dot"),
    ]
    gains = after > before
    ends = ("", "end") if gains else ("end", "")
    parts.append(
        _text(value.after_label, after, y + 4, f"state {ends[0]} halo", dx=9 if gains else -9)
    )
    parts.append(_text(value.before_label, before, y + 4, f"{ends[1]} halo", dx=-9 if gains else 9))
    state = "at-risk" if value.after < value.line <= value.before else "on-track"
    return _svg(parts, title=value.sentence, height=40, state=state)


def interval(low: float, rate: float, high: float, *, sentence: str) -> SafeString:
    """A rate (0 to 1) as a tick in the band where the true one lies; use for Wilson intervals."""
    parts = [
        _box(0, 100, 5, 7, "band-soft"),
        _box(100 * low, 100 * high, 5, 7, "band"),
        _upright(100 * rate, 1, 16, "limit"),
        _text("0", 0, 30, ""),
        _text("50", 50, 30, "middle"),
        _text("100", 100, 30, "end"),
    ]
    return _svg(parts, title=sentence, height=34)


def spread(
    low: float, middle: float, high: float, *, top: float, reference: float, sentence: str
) -> SafeString:
    """A range with its middle on a scale from 0 to ``top``, beside a reference; 16 px high.

    For actual ÷ estimate by kind: reference 1 is "as estimated".
    """

    def place(value: float) -> float:
        return 100 * min(max(value, 0.0), top) / top

    parts = [
        _upright(place(reference), 0, 16, "rule"),
        _box(place(low), place(high), 5, 6, "band"),
        _tag("circle", cx=_percent(place(middle)), cy=8, r=4, class_="dot"),
    ]
    return _svg(parts, title=sentence, height=16)


def heat(used: float) -> str:
    """The shade of a cell from the share of its time that is taken: "0" to "4", or "over"."""
    if used > 1:
        return "over"
    return str(min(4, max(0, int(used * 100) - 1) // 20))


# ----- Counts ------------------------------------------------------------------------------------


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
    parts: list[str] = [_level(0, 100, base, "rule")]
    for index, column in enumerate(columns):
        x = 100 * (index + 0.5) / len(columns)
        parts.append(
            _text(column.label, x, base + 17, "middle strong" if column.strong else "middle")
        )
        parts.extend(
            _tag(
                "circle",
                cx=_percent(x),
                cy=base - step * (number + 0.6),
                r=radius,
                class_="dot" if column.strong else "bar",
            )
            for number in range(column.count)
        )
    parts.append(_text(axis_label, 0, base + 36, ""))
    return _svg(parts, title=sentence, height=base + 42)


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
            _box(
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
            parts.append(_text(column.label, width * (index + 0.5), base + 16, look))
        if column.count and len(columns) <= 16:
            parts.append(
                _text(str(column.count), width * (index + 0.5), base - tall - 5, "middle ink halo")
            )
    parts.append(_level(0, 100, base, "rule"))
    for number, (share, word) in enumerate(markers):
        x = 100 * min(1.0, max(0.0, share))
        y = 11.0 + 15 * number
        parts.append(_upright(x, y - 9, base, "drop"))
        late = x > 60
        parts.append(
            _text(word, x, y, "strong halo end" if late else "strong halo", dx=-5 if late else 5)
        )
    parts.append(_text(axis_label, 0, base + 34, ""))
    return _svg(parts, title=sentence, description=description, height=base + 40)


def tally(groups: Sequence[tuple[str, int, str]]) -> SafeString:
    """Marks one after the other, one for each case: (state, count, what it is in words)."""
    return _group(
        _tag(
            "span",
            *(mark(state) for _ in range(count)),
            class_="tally",
            role="img",
            aria_label=words,
        )
        for state, count, words in groups
        if count
    )

"""How a chance fell, and what is offered instead: the drawing of the bad-news sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import (
    box,
    flag,
    group,
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

_TOP, _BOTTOM, _LINE_Y, _HEIGHT = 24.0, 150.0, 200.0, 258.0


@dataclass(frozen=True)
class Mark:
    """A moment with words."""

    at: datetime
    label: str


@dataclass(frozen=True)
class Fall:
    """What is drawn.

    Attributes:
        chances: the chance by the moment it was computed, the oldest first.
        line: the chance under which we act.
        chance_label: how likely it is now, in words.
        given: when it was given, and how likely it was.
        broke: what broke, and when.
        promised, tell_by: the old date, and until when telling counts as fair notice.
        even_at, offered: where the new band begins, and the new date.
        ticks: labelled moments of the axis.
    """

    sentence: str
    chances: Sequence[tuple[datetime, float]]
    line: float
    line_label: str
    chance_label: str
    given: Mark
    today: Mark
    promised: Mark
    tell_by: Mark
    ticks: Sequence[Mark]
    broke: Mark | None = None
    even_at: datetime | None = None
    offered: Mark | None = None


def fall(value: Fall) -> SafeString:
    """The fall above, the dates below, on one axis of time; about 260 px high.

    Raises:
        ValueError: no chance is known.
    """
    if not value.chances:
        raise ValueError("a fall needs at least one chance")
    moments = [at for at, _chance in value.chances]
    moments += [value.given.at, value.today.at, value.promised.at, value.tell_by.at]
    moments += [mark.at for mark in (value.broke, value.offered) if mark is not None]
    first, last = min(moments), max(moments)
    span = max((last - first).total_seconds(), 1.0)
    right = 88.0

    def x(at: datetime) -> float:
        return min(right, max(0.0, right * (at - first).total_seconds() / span))

    def y(chance: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * chance

    parts: list[str] = []
    for tick in value.ticks:
        if not first <= tick.at <= last:
            continue
        parts.append(upright(x(tick.at), _TOP - 8, _HEIGHT - 26, "hair"))
        parts.append(text(tick.label, x(tick.at), _HEIGHT - 8, "", dx=3))
    parts.append(level(0, x(value.promised.at), y(value.line), "rule"))
    parts.append(text(value.line_label, x(value.promised.at), y(value.line) + 4, "halo", dx=5))

    def points(pairs: Sequence[tuple[datetime, float]]) -> str:
        return "M" + "L".join(
            f"{number(1000 * x(at) / right)} {number(y(chance))}" for at, chance in pairs
        )

    chances = list(value.chances)
    paths = [tag("path", d=points(chances), class_="step")]
    below = next((n for n, (_at_, c) in enumerate(chances) if c < value.line), None)
    if below is not None:
        paths.append(tag("path", d=points(chances[max(0, below - 1) :]), class_="fall"))
    parts.append(stretched(group(paths), 0, right, _HEIGHT))
    now_at, now = chances[-1]
    state = "state" if now < value.line else "strong"
    parts.append(tag("circle", cx=percent(x(now_at)), cy=y(now), r=4, class_="fall-dot"))
    parts.append(text(value.chance_label, x(now_at), y(now) + 5, f"{state} halo big", dx=9))
    parts.append(text(value.given.label, 0, _TOP - 12, "halo", dx=3))
    if value.broke is not None:
        there = x(value.broke.at)
        parts.append(upright(there, y(value.line) + 6, y(value.line) + 44, "drop-strong"))
        side = "halo end" if there > right / 2 else "halo"
        parts.append(
            text(
                value.broke.label,
                there,
                y(value.line) + 58,
                side,
                dx=-4 if there > right / 2 else 4,
            )
        )

    now_x, due_x, tell_x = x(value.today.at), x(value.promised.at), x(value.tell_by.at)
    end_x = max(due_x, x(value.offered.at) if value.offered else 0, now_x)
    parts.append(level(now_x, end_x, _LINE_Y, "lead-line"))
    if value.offered is not None and value.even_at is not None:
        begin, end = max(x(value.even_at), now_x), x(value.offered.at)
        parts.append(box(begin, end, _LINE_Y - 6, 12, "band"))
    parts.append(upright(now_x, _LINE_Y - 18, _LINE_Y + 18, "now-strong"))
    left = now_x > 8
    parts.append(
        text(
            value.today.label,
            now_x,
            _LINE_Y - 12,
            "halo end" if left else "halo",
            dx=-5 if left else 5,
        )
    )
    parts.append(upright(tell_x, _LINE_Y - 8, _LINE_Y + 16, "tell"))
    parts.append(
        text(value.tell_by.label, tell_x, _LINE_Y + 22, "state halo", dx=5)
        if tell_x < 60
        else text(value.tell_by.label, tell_x, _LINE_Y + 22, "state halo end", dx=-5)
    )
    old = tag("path", d="M0 -17V11M0 -17L13 -11L0 -5Z", class_="flag")
    parts.append(placed(due_x, _LINE_Y, old))
    parts.append(text(value.promised.label, due_x, _LINE_Y - 22, "state halo end", dx=-4))
    if value.offered is not None:
        new_x = x(value.offered.at)
        parts.append(placed(new_x, _LINE_Y, flag("flag-first")))
        parts.append(text(value.offered.label, new_x, _LINE_Y - 22, "strong halo", dx=4))
    return svg(parts, title=value.sentence, height=_HEIGHT, state="at-risk")

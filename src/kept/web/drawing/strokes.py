"""What every drawing is made of: elements, lines, boxes, words, and places in per cent."""

from collections.abc import Iterable

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString


def number(value: float) -> str:
    """A number as short as it goes, to two places."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    """A place across."""
    return number(value) + "%"


def tag(name: str, *inside: str, **attributes: str | float | None) -> SafeString:
    """One element; names ending in ``_`` lose it, ``_`` inside becomes ``-``."""
    written = []
    for key, value in attributes.items():
        if value is None:
            continue
        said = conditional_escape(value) if isinstance(value, str) else number(value)
        written.append(f' {key.rstrip("_").replace("_", "-")}="{said}"')
    body = "".join(conditional_escape(part) for part in inside)
    return SafeString(f"<{name}{''.join(written)}>{body}</{name}>")


def group(parts: Iterable[str]) -> SafeString:
    """Parts one after the other."""
    return SafeString("".join(conditional_escape(part) for part in parts))


def svg(
    parts: Iterable[str],
    *,
    title: str,
    description: str = "",
    height: float | None = None,
    class_: str = "drawing",
    state: str | None = None,
) -> SafeString:
    """A drawing: its title first, then its parts."""
    words = [tag("title", title)]
    if description:
        words.append(tag("desc", description))
    return tag(
        "svg",
        *words,
        *parts,
        class_=class_,
        role="img",
        width="100%",
        height=None if height is None else number(height),
        data_state=state,
        focusable="false",
    )


def text(words: str, x: float, y: float, class_: str, dx: float = 0) -> SafeString:
    """Words at a place."""
    return tag("text", words, x=percent(x), y=y, dx=dx or None, class_=class_)


def upright(x: float, y1: str | float, y2: str | float, class_: str) -> SafeString:
    """A line from top to bottom."""
    return tag("line", x1=percent(x), x2=percent(x), y1=y1, y2=y2, class_=class_)


def level(x1: float, x2: float, y: str | float, class_: str) -> SafeString:
    """A line from left to right."""
    return tag("line", x1=percent(x1), x2=percent(x2), y1=y, y2=y, class_=class_)


def box(x1: float, x2: float, y: str | float, height: str | float, class_: str) -> SafeString:
    """A box; none is narrower than nothing."""
    return tag(
        "rect", x=percent(x1), width=percent(max(0.0, x2 - x1)), y=y, height=height, class_=class_
    )


def placed(x: float, y: str | float, *parts: str) -> SafeString:
    """Put parts drawn in pixels around (0, 0) at a place given in per cent."""
    return tag("svg", *parts, x=percent(x), y=y, overflow="visible")


def flag(class_: str = "flag") -> SafeString:
    """The flag of a promised day, around its foot."""
    return tag("path", d="M0 -11V9M0 -11L11 -6.5L0 -2Z", class_=class_)


def stretched(path: str, left: float, wide: float, bottom: float) -> SafeString:
    """A path in units of 1000 by ``bottom``, stretched over the plot."""
    return tag(
        "svg",
        path,
        x=percent(left),
        y=0,
        width=percent(wide),
        height=bottom,
        viewBox=f"0 0 1000 {number(bottom)}",
        preserveAspectRatio="none",
        overflow="visible",
    )

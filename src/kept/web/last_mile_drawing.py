"""The board's drawings: a ladder as five dots, and a charter as a strip of 24 hours."""

from collections.abc import Collection, Sequence

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import box, level, placed, svg, tag, upright

#: Where the dots stand, in per cent of the drawing's width.
FIRST, LAST = 3.0, 97.0
MIDDLE = 8


def ladder(places: Sequence[int], climbed: Collection[int], *, sentence: str) -> SafeString:
    """Return a ladder lying on its side: filled where it was climbed, the top one dashed."""
    step = (LAST - FIRST) / max(1, len(places) - 1)
    at = {place: FIRST + step * number for number, place in enumerate(places)}
    parts = [level(FIRST, LAST, MIDDLE, "hair")]
    reached = max((at[place] for place in climbed if place in at), default=None)
    if reached is not None and reached > FIRST:
        parts.append(level(FIRST, reached, MIDDLE, "done-line"))
    for place, x in at.items():
        kind = "rung"
        if place in climbed:
            kind = "rung climbed"
        elif place == places[-1]:
            kind = "rung top"
        parts.append(placed(x, MIDDLE, tag("circle", r=4, class_=kind)))
    return svg(parts, title=sentence, height=16, class_="drawing ladder")


def strip(open_between: Sequence[tuple[float, float]], now: float, *, sentence: str) -> SafeString:
    """Return a day as a strip: dark where somebody may be asked, with the present moment.

    Args:
        open_between: pairs of shares of the day, from 0 to 1.
    """
    parts = [box(0, 100, 4, 8, "band-soft")]
    parts += [box(100 * first, 100 * last, 4, 8, "asked-hours") for first, last in open_between]
    parts.append(upright(100 * now, 0, 16, "now-strong"))
    return svg(parts, title=sentence, height=16)

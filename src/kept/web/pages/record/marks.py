"""The promises of a window as marks: one for each, or one for several."""

import math
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept.record import figures
from kept.record.figures import Marks, Rate
from kept.web import drawing
from kept.web.pages.record.counted import whole

#: So many marks at most are drawn one by one; of more, each stands for several.
MARKS = 120


@dataclass(frozen=True)
class Group:
    """Marks of one kind, and what they are."""

    marks: SafeString
    words: str
    strong: bool = False


def groups(marks: Marks) -> list[Group]:
    """The marks by what became of them."""
    return [
        Group(drawing.tally([(state, _scaled(count, marks), said)]), said, strong=state == "kept")
        for state, count, said in told(marks)
        if count
    ]


def told(marks: Marks) -> list[tuple[str, int, str]]:
    """Each group of marks: its state, its count and what it is in words."""
    late = ngettext("%(count)s late", "%(count)s late", marks.late) % {"count": whole(marks.late)}
    if marks.still_open:
        late += ngettext(", %(count)s still open", ", %(count)s still open", marks.still_open) % {
            "count": whole(marks.still_open)
        }
    return [
        ("kept", marks.kept, _("%(count)s kept as first promised") % {"count": whole(marks.kept)}),
        ("moved", marks.moved, _("%(count)s moved, then kept") % {"count": whole(marks.moved)}),
        ("paused", marks.ahead, _("%(count)s moved, date ahead") % {"count": whole(marks.ahead)}),
        ("late", marks.late, late),
        (
            "short",
            marks.short,
            _("%(count)s short or below standard") % {"count": whole(marks.short)},
        ),
        ("broken", marks.broken, _("%(count)s broken") % {"count": whole(marks.broken)}),
    ]


def _all(marks: Marks) -> int:
    return marks.kept + marks.moved + marks.ahead + marks.late + marks.short + marks.broken


def _scaled(count: int, marks: Marks) -> int:
    each = max(1, math.ceil(_all(marks) / MARKS))
    return max(1, round(count / each)) if count else 0


def each_stands_for(count: int) -> str:
    """How many promises one mark stands for, where it is not one."""
    each = max(1, math.ceil(count / MARKS))
    return (
        "" if each == 1 else _("Each mark stands for about %(count)s promises.") % {"count": each}
    )


def missing(first: Rate) -> Group:
    """How many more must be settled until a rate means something."""
    count = figures.ENOUGH - first.settled
    said = ngettext(
        "%(count)s more settled until a rate means something",
        "%(count)s more settled until a rate means something",
        count,
    ) % {"count": count}
    return Group(drawing.tally([("unknown", count, said)]), said)

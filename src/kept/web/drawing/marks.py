"""The signs of states, one by one or in a row, and figures as a table."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from django.utils.safestring import SafeString

from kept.web.drawing.strokes import group, tag

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


@lru_cache(maxsize=256)
def mark(state: str, title: str = "") -> SafeString:
    """The sign of a state: ○ on track, ▲ at risk, ✕ late, → moved, ✓ kept, ◌ not known.

    With a title it speaks for itself; without one it is hidden from assistive technology, because
    the state's word stands beside it.

    Raises:
        KeyError: no such state.
    """
    use = tag("use", href=f"#mark-{MARKS[state]}")
    if title:
        return tag("svg", tag("title", title), use, class_="mark", role="img", data_state=state)
    return tag(
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
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:]))
        for row in rows
    ]
    table = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *(tag("th", word, scope="col") for word in head))),
        tag("tbody", *body),
    )
    return tag("details", tag("summary", summary), table, class_="numbers")


def tally(groups: Sequence[tuple[str, int, str]]) -> SafeString:
    """Marks one after the other, one for each case: (state, count, what it is in words)."""
    return group(
        tag(
            "span",
            *(mark(state) for _ in range(count)),
            class_="tally",
            role="img",
            aria_label=words,
        )
        for state, count, words in groups
        if count
    )

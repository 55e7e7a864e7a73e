"""Tables by client, service and way of promising; promises that are listed apart."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.promises.models import Promise
from kept.record import figures, wording
from kept.record.figures import Part, Record
from kept.record.rows import Row
from kept.web import drawing
from kept.web.pages.record.counted import part_of, whole
from kept.web.pages.record.rates import beside

#: Up to this many promises of one client are drawn as marks; more, as a bar.
ROW_MARKS = 36
#: So many rows a list shows.
LISTED = 12


@dataclass(frozen=True)
class Line:
    """One row of a table: a name, its drawing, its counts, and a figure if there are enough."""

    name: str
    drawn: SafeString
    counts: str
    figure: str


@dataclass(frozen=True)
class Listed:
    """Promises that are listed, because they stand apart from a rate or weigh on it."""

    name: str
    words: str
    rows: Sequence[tuple[Row, str]]
    more: int


Naming = Callable[[Hashable], str]


def lines(parts: Sequence[Part], named: Naming) -> list[Line]:
    """The rows of one table."""
    return [
        Line(
            name=named(part.key),
            drawn=_row_marks(part),
            counts=wording.counted(part.rate),
            figure=""
            if part.rate.interval is None
            else _("%(share)s, between %(low)s and %(high)s")
            % {
                "share": words.share(part.rate.kept / part.rate.of),
                "low": words.share(part.rate.interval[0]),
                "high": words.share(part.rate.interval[1]),
            },
        )
        for part in parts[:LISTED]
    ]


def _row_marks(part: Part) -> SafeString:
    rate = part.rate
    if rate.of > ROW_MARKS:
        return drawing.bar(rate.kept / rate.of, sentence=wording.counted(rate), strong=True)
    missed = rate.of - rate.kept
    return drawing.tally(
        [
            ("kept", rate.kept, _("%(count)s kept") % {"count": rate.kept}),
            ("late", missed, _("%(count)s not kept") % {"count": missed}),
        ]
    )


def named(names: dict[int, str], otherwise: str = "") -> Naming:
    """Names by key, and a word for what has none."""

    def name(key: Hashable) -> str:
        return names.get(key, otherwise) if isinstance(key, int) else otherwise

    return name


def way(key: Hashable) -> str:
    """The way a promise came about, as a name."""
    return words.capital(str(Promise.Origin(str(key)).label))


def lists(the: Record, zone: str, today: date) -> list[Listed]:
    """Promises that are listed because they stand apart from a rate or weigh on it."""

    def due(row: Row) -> str:
        return _("first promised for %(day)s") % {"day": _day(row.said_at, zone, today)}

    def later(row: Row) -> str:
        if row.last_due_at == row.said_at:
            return due(row)
        return _("first promised for %(first)s, now %(last)s") % {
            "first": _day(row.said_at, zone, today),
            "last": _day(row.last_due_at, zone, today),
        }

    def noted(row: Row) -> str:
        return f"{due(row)} · {row.note}" if row.note else due(row)

    after = sum(row.ended_at is None or row.ended_at > row.first_due_at for row in the.voided)
    voided = _("recorded by mistake, each with its reason; nothing is deleted")
    if after:
        voided += "; " + ngettext(
            "%(count)s was due when it was voided",
            "%(count)s were due when they were voided",
            after,
        ) % {"count": after}
    every = [
        (_("Due and still open"), _("counted as not kept"), the.overdue, later),
        (
            _("Moved, date ahead"),
            _("not kept as first promised; not yet judged by the later date"),
            the.ahead,
            later,
        ),
        (_("Released"), _("the client let us off; in no rate"), the.released, noted),
        (_("Voided"), voided, the.voided, noted),
    ]
    return [
        Listed(
            name,
            said,
            [(row, tell(row)) for row in sorted(rows, key=lambda r: r.said_at)[:LISTED]],
            max(0, len(rows) - LISTED),
        )
        for name, said, rows, tell in every
        if rows
    ]


def known(the: Record) -> list[tuple[str, str, str]]:
    """What is known before a rate means something."""
    none = _("no percentage before %(enough)s") % {"enough": figures.ENOUGH}
    dates = sum(said.of for said in the.calibration)
    slips = the.one_more_day
    items = the.beside.past_items
    said = len(slips.days) + slips.waiting + slips.others
    return [
        (
            _("Lead times"),
            _("known") if items else _("nothing yet"),
            ngettext(
                "from %(count)s past job in the files you imported",
                "from %(count)s past jobs in the files you imported",
                items,
            )
            % {"count": whole(items)}
            if items
            else _("no finished work was brought in"),
        ),
        (_("Kept rate, first terms"), wording.counted(the.first), none),
        (_("Kept rate, last terms"), wording.counted(the.last), none),
        *((row.name, row.figure, row.words) for row in beside(the)[:2]),
        (
            _("Said 90 %, got …").replace(" %", words.NBSP + "%"),
            part_of(sum(s.kept for s in the.calibration), dates) if dates else _("nothing yet"),
            none if dates else _("dates given before kept had no chance beside them"),
        ),
        (
            _("“One more day”"),
            ngettext("%(count)s time", "%(count)s times", said) % {"count": said}
            if said
            else _("nothing yet"),
            _("said so far") if said else _("no slip has been recorded"),
        ),
    ]


def _day(at: datetime, zone: str, today: date) -> str:
    return words.day(zones.day_of(at, zone), today=today)

"""The record: said against done. Each promise as a mark first; never a rate alone."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import clock, words, zones
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.promises.models import Promise, Reason
from kept.record import figures, wording
from kept.record import page as reading
from kept.record.figures import Marks, OneMoreDay, Part, Quarter, Rate, Record, Said, Trend, Why
from kept.record.rows import Row
from kept.web import drawing, record_drawing
from kept.web.doorkeeper import KeptRequest

#: So many marks at most are drawn one by one; of more, each stands for several.
MARKS = 120
#: Up to this many promises of one client are drawn as marks; more, as a bar.
ROW_MARKS = 36
#: So many rows a list shows.
LISTED = 12
TIMES = "\N{MULTIPLICATION SIGN}"

WINDOWS = {"12": 12, "24": 24, "all": None}


@dataclass(frozen=True)
class Group:
    """Marks of one kind, and what they are."""

    marks: SafeString
    words: str
    strong: bool = False


@dataclass(frozen=True)
class RatePart:
    """One rate with its interval."""

    counts: str
    share: str
    drawn: SafeString
    words: str


@dataclass(frozen=True)
class Line:
    """One row of a table: a name, its drawing, its counts, and a figure if there are enough."""

    name: str
    drawn: SafeString
    counts: str
    figure: str


@dataclass(frozen=True)
class Beside:
    """A figure that stands beside every rate."""

    name: str
    figure: str
    words: str


@dataclass(frozen=True)
class Reached:
    """One bar of the Pareto."""

    name: str
    whose: str
    drawn: SafeString
    reached: str


@dataclass(frozen=True)
class Listed:
    """Promises that are listed, because they stand apart from a rate or weigh on it."""

    name: str
    words: str
    rows: Sequence[tuple[Row, str]]
    more: int


@allow(Policy.MEMBER)
def record(request: KeptRequest) -> HttpResponse:
    """Show what was said, against what was done."""
    asked = request.GET.get("months", "12")
    if asked not in WINDOWS:
        raise Http404
    now = clock.now()
    found = reading.read(months=WINDOWS[asked], now=now)
    zone = request.member.organisation.zone
    today = zones.day_of(now, zone)
    the = found.record
    context = {
        "place": "record",
        "record": the,
        "asked": asked,
        "windows": [("12", _("12 months")), ("24", _("24 months")), ("all", _("All"))],
        "today": today,
        "until": words.day(today, today=None),
        "lead": _lead(the, found.months, today),
        "may_import": request.member.may(Role.LEAD),
        "beside": _beside(the),
        "lists": _lists(the, zone, today),
        "apart": _apart(the),
    }
    if the.too_early:
        context |= {
            "settled": drawing.tally(_told(the.marks)),
            "missing": _missing(the.first),
            "known": _known(the),
        }
    else:
        context |= {
            "headline": _headline(the.first),
            "groups": _groups(the.marks),
            "each": _each(the.first.of),
            "first": _rate(the.first, wording.between(the.first)),
            "last": _rate(the.last, _last_words(the)),
            "in_short": wording.in_short(the),
            "trend": _trend(the.trend, zone),
            "trend_words": wording.better_or_luck(the.trend),
            "said": _said(the),
            "why": _why(the.reasons),
            "missed": sum(why.count for why in the.reasons),
            "became": _became(the.one_more_day),
            "tables": [
                (_("By client, against first terms"), _lines(the.by_client, _named(found.clients))),
                (
                    _("By service"),
                    _lines(the.by_service, _named(found.services, _("no service"))),
                ),
                (_("By way of promising"), _lines(the.by_origin, _way)),
            ],
        }
    return render(request, "kept/record.html", context)


def _headline(first: Rate) -> str:
    return ngettext(
        "Of %(of)s promise, %(kept)s kept as first promised",
        "Of %(of)s promises, %(kept)s kept as first promised",
        first.of,
    ) % {"of": _whole(first.of), "kept": _whole(first.kept)}


def _lead(the: Record, months: int | None, today: date) -> str:
    until = words.long_day(today, today=None)
    span = (
        _("Due until %(day)s, open ones included.")
        if months is None
        else _("Due in the %(months)s months to %(day)s, open ones included.")
    ) % {"months": months, "day": until}
    apart = []
    if the.released:
        apart.append(
            ngettext("%(count)s released", "%(count)s released", len(the.released))
            % {"count": len(the.released)}
        )
    if the.voided:
        apart.append(
            ngettext("%(count)s voided", "%(count)s voided", len(the.voided))
            % {"count": len(the.voided)}
        )
    if not apart:
        return span
    counted = ngettext("%(what)s counts apart.", "%(what)s count apart.", len(apart)) % {
        "what": words.listed(apart)
    }
    return f"{span} {words.capital(counted)}"


# ----- Marks -------------------------------------------------------------------------------------


def _groups(marks: Marks) -> list[Group]:
    return [
        Group(drawing.tally([(state, _scaled(count, marks), said)]), said, strong=state == "kept")
        for state, count, said in _told(marks)
        if count
    ]


def _told(marks: Marks) -> list[tuple[str, int, str]]:
    late = ngettext("%(count)s late", "%(count)s late", marks.late) % {"count": _whole(marks.late)}
    if marks.still_open:
        late += ngettext(", %(count)s still open", ", %(count)s still open", marks.still_open) % {
            "count": _whole(marks.still_open)
        }
    return [
        ("kept", marks.kept, _("%(count)s kept as first promised") % {"count": _whole(marks.kept)}),
        ("moved", marks.moved, _("%(count)s moved, then kept") % {"count": _whole(marks.moved)}),
        ("paused", marks.ahead, _("%(count)s moved, date ahead") % {"count": _whole(marks.ahead)}),
        ("late", marks.late, late),
        (
            "short",
            marks.short,
            _("%(count)s short or below standard") % {"count": _whole(marks.short)},
        ),
        ("broken", marks.broken, _("%(count)s broken") % {"count": _whole(marks.broken)}),
    ]


def _all(marks: Marks) -> int:
    return marks.kept + marks.moved + marks.ahead + marks.late + marks.short + marks.broken


def _scaled(count: int, marks: Marks) -> int:
    each = max(1, math.ceil(_all(marks) / MARKS))
    return max(1, round(count / each)) if count else 0


def _each(count: int) -> str:
    each = max(1, math.ceil(count / MARKS))
    return (
        "" if each == 1 else _("Each mark stands for about %(count)s promises.") % {"count": each}
    )


def _missing(first: Rate) -> Group:
    count = figures.ENOUGH - first.settled
    said = ngettext(
        "%(count)s more settled until a rate means something",
        "%(count)s more settled until a rate means something",
        count,
    ) % {"count": count}
    return Group(drawing.tally([("unknown", count, said)]), said)


# ----- Rates -------------------------------------------------------------------------------------


def _rate(rate: Rate, said: str) -> RatePart:
    assert rate.of
    interval = rate.interval
    share = rate.kept / rate.of
    counts = wording.counted(rate)
    low, high = interval or (share, share)
    return RatePart(
        counts=counts,
        share="" if interval is None else words.percent(share),
        drawn=drawing.interval(low, share, high, sentence=f"{counts}. {said}")
        if interval is not None
        else SafeString(""),
        words=said,
    )


def _last_words(the: Record) -> str:
    said = [wording.between(the.last)]
    moved = the.marks.moved
    if moved:
        said.append(
            ngettext(
                "%(count)s date was moved in time and agreed.",
                "%(count)s dates were moved in time and agreed.",
                moved,
            )
            % {"count": words.capital(words.spelled(moved))}
        )
    if the.ahead:
        said.append(
            ngettext(
                "%(count)s is left out: its later date lies ahead.",
                "%(count)s are left out: their later dates lie ahead.",
                len(the.ahead),
            )
            % {"count": words.capital(words.spelled(len(the.ahead)))}
        )
    return " ".join(said)


def _beside(the: Record) -> list[Beside]:
    """What no rate is shown without."""
    sharp = the.sharpness
    found = [
        Beside(
            _("Sharpness"),
            _("not known") if sharp is None else _times(sharp.times),
            _("no promise had its odds beside it")
            if sharp is None
            else _("promised lead over the lead at even chances; %(padding)s of padding")
            % {"padding": _padding(sharp.padding_days)},
        ),
        Beside(
            _("Coverage"),
            _of(the.coverage.part, the.coverage.of),
            _("deliveries that were promised at all"),
        ),
        Beside(
            _("Paused"),
            _percent(the.paused.share),
            _("of promised time, waiting for clients"),
        ),
        Beside(
            _("Deemed"),
            _of(the.deemed.part, the.deemed.of),
            _("accepted by silence after notice"),
        ),
        Beside(
            _("Painful"),
            _of(the.painful.part, the.painful.of),
            _("kept with much work out of hours"),
        ),
    ]
    if the.brier is not None and not the.too_early:
        found.append(
            Beside(
                _("Brier score"),
                f"{the.brier.score:.2f}",
                _("%(base)s had we always said %(rate)s; less is better")
                % {
                    "base": f"{the.brier.base:.2f}",
                    "rate": words.percent(the.brier.base_rate),
                },
            )
        )
    return found


def _apart(the: Record) -> list[str]:
    """What is counted in no rate, and what weighs on how to read it."""
    said = []
    provisional = the.first.provisional
    if provisional:
        said.append(
            ngettext(
                "%(count)s delivery waits for the client’s word; it is in the count until then.",
                "%(count)s deliveries wait for the client’s word; they are in the count till then.",
                provisional,
            )
            % {"count": _whole(provisional)}
        )
    if the.repeated is not None:
        said.append(
            _(
                "%(count)s of these say the same to the same client again and again, up to "
                "%(largest)s times; %(kept)s of them were kept. Without them: %(rest)s."
            )
            % {
                "count": _whole(the.repeated.count),
                "largest": _whole(the.repeated.largest),
                "kept": _whole(the.repeated.kept),
                "rest": _of(the.first.kept - the.repeated.kept, the.first.of - the.repeated.count),
            }
        )
    if the.asked_changes:
        said.append(
            ngettext(
                "%(count)s change was asked for by the client; the first date counts all the same.",
                "%(count)s changes were asked for by clients; first dates count all the same.",
                the.asked_changes,
            )
            % {"count": _whole(the.asked_changes)}
        )
    if the.imported:
        said.append(
            ngettext(
                "%(count)s came in with an import, with the date it had then.",
                "%(count)s came in with an import, with the dates they had then.",
                the.imported,
            )
            % {"count": _whole(the.imported)}
        )
    if the.beside.replies:
        said.append(
            _("Answers promised by a date: %(count)s given in time, in no rate here.")
            % {"count": _of(the.beside.replies_kept, the.beside.replies)}
        )
    return said


# ----- Drawings ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    """A drawing, its figures as a table, and what stands beside its heading."""

    drawing: SafeString
    table: SafeString
    head: str = ""
    note: str = ""


def _trend(trend: Trend, zone: str) -> Drawn:
    points = []
    years: list[str] = [_years(quarter, zone) for quarter in trend.quarters]
    for index, quarter in enumerate(trend.quarters):
        several = years.count(years[index])
        middle = years.index(years[index]) + (several - 1) // 2
        points.append(
            record_drawing.Point(
                months=_months(quarter, zone),
                letters=_letters(quarter, zone),
                counts=_of(quarter.kept, quarter.of) if quarter.of else "–",
                slim=f"{quarter.kept}/{quarter.of}" if quarter.of else "–",
                year=years[index] if index == middle else "",
                first=quarter.kept / quarter.of if quarter.of else None,
                last=quarter.last_kept / quarter.last_of if quarter.last_of else None,
                limits=quarter.limits,
                outside=bool(quarter.outside),
            )
        )
    drawn = record_drawing.trend(
        points,
        average=trend.average,
        sentence=_("Kept in each quarter, in %. {words}").format(
            words=wording.better_or_luck(trend)
        ),
        description=_(
            "Filled dots: against first terms. Rings: against last terms. Dotted: the limits "
            "within which chance alone would keep a quarter of that size."
        ),
        first_label=_("first terms"),
        last_label=_("last terms"),
        average_label=""
        if trend.average is None
        else _("average %(share)s") % {"share": words.whole_percent(trend.average)},
        limits_label=_("limits"),
    )
    table = drawing.numbers(
        summary=_("The same in numbers"),
        caption=_("By quarter of the first due moment"),
        head=[_("Quarter"), _("First terms"), _("Last terms"), _("Limits")],
        rows=[
            [
                f"{point.months} {year}",
                _of(quarter.kept, quarter.of),
                _of(quarter.last_kept, quarter.last_of),
                ""
                if quarter.limits is None
                else _("%(low)s to %(high)s %%")
                % {"low": round(quarter.limits[0] * 100), "high": round(quarter.limits[1] * 100)},
            ]
            for point, quarter, year in zip(points, trend.quarters, years, strict=True)
        ],
    )
    return Drawn(drawn, table)


def _said(the: Record) -> Drawn | None:
    if not the.calibration:
        return None
    headline = wording.said_at(the, 0.9) or max(the.calibration, key=lambda said: said.of)
    points = [
        record_drawing.SaidPoint(
            said=said.said,
            kept=said.kept / said.of,
            low=said.interval[0],
            high=said.interval[1],
            label=f"{said.kept}/{said.of}",
            strong=said is headline,
        )
        for said in the.calibration
    ]
    dates = sum(said.of for said in the.calibration)
    heading = (
        _("Said %(said)s, got %(got)s")
        % {
            "said": words.percent(headline.said),
            "got": words.percent(headline.kept / headline.of),
        }
        if not headline.too_early
        else _("Said and got")
    )
    drawn = record_drawing.said_and_got(
        points,
        sentence="; ".join(map(_said_words, the.calibration)),
        description=_(
            "First dates, gathered by the chance that was shown with them. On the dotted line as "
            "many were kept as was said. The upright lines hold the true share."
        ),
        up_label=_("were kept, %"),
        across_label=_("said, %"),
        as_said=_("as said"),
    )
    agreed = {said.level: said for said in the.calibration_all}
    table = drawing.numbers(
        summary=_("The same in numbers"),
        caption=_("Dates by the chance shown with them"),
        head=[_("Said"), _("First dates kept"), _("True share"), _("With dates agreed later")],
        rows=[
            [
                words.percent(said.said),
                _of(said.kept, said.of),
                _("%(low)s to %(high)s %%")
                % {"low": round(said.interval[0] * 100), "high": round(said.interval[1] * 100)},
                _of(agreed[said.level].kept, agreed[said.level].of),
            ]
            for said in the.calibration
        ],
    )
    note = ngettext("%(count)s first date", "%(count)s first dates", dates) % {
        "count": _whole(dates)
    }
    return Drawn(drawn, table, heading, note)


def _said_words(said: Said) -> str:
    return _("of %(of)s dates given at about %(said)s, %(kept)s were kept") % {
        "of": _whole(said.of),
        "said": words.percent(said.said),
        "kept": _whole(said.kept),
    }


def _why(reasons: Sequence[Why]) -> list[Reached]:
    most = max((why.count for why in reasons), default=1)
    total = reasons[-1].reached if reasons else 0
    named = dict(Reason.Category.choices)
    whose = dict(Reason.Controllable.choices)
    return [
        Reached(
            name=str(named.get(why.category, _("Nobody said why"))),
            whose=str(whose.get(why.controllable, "")),
            drawn=record_drawing.counted_bar(
                why.count,
                most,
                sentence=_of(why.count, total),
            ),
            reached=_of(why.reached, total),
        )
        for why in reasons
    ]


def _became(slips: OneMoreDay) -> Drawn | None:
    if not slips.days:
        return None
    count = len(slips.days)
    average = formats.number_format(round(slips.average, 1))
    said = sum(day <= 1 for day in slips.days)
    sentence = _(
        "“One more day” was said %(count)s times; it took %(average)s working days on average, "
        "and was true %(said)s times."
    ) % {"count": _whole(count), "average": average, "said": _whole(said)}
    drawn = record_drawing.became(
        slips.days,
        average=slips.average,
        sentence=sentence,
        description=_("One dot for each time, over the working days it really took."),
        average_label=_("average %(days)s days") % {"days": average},
        as_said=_("as said"),
        axis_label=_("working days it really took"),
    )
    table = drawing.numbers(
        summary=_("The same in numbers"),
        caption=_("Working days it took"),
        head=[_("Days"), _("How many times")],
        rows=[[str(day), str(slips.days.count(day))] for day in sorted(set(slips.days))],
    )
    note = []
    if slips.others:
        note.append(
            _("Longer ones: %(said)s days said, %(became)s came, on average of %(count)s.")
            % {
                "said": formats.number_format(round(slips.others_said, 1)),
                "became": formats.number_format(round(slips.others_became, 1)),
                "count": _whole(slips.others),
            }
        )
    if slips.waiting:
        note.append(_("%(count)s still run.") % {"count": _whole(slips.waiting)})
    head = ngettext("%(count)s time", "%(count)s times", count) % {"count": _whole(count)}
    return Drawn(drawn, table, head, " ".join(note))


# ----- Tables and lists --------------------------------------------------------------------------


Naming = Callable[[Hashable], str]


def _lines(parts: Sequence[Part], named: Naming) -> list[Line]:
    return [
        Line(
            name=named(part.key),
            drawn=_row_marks(part),
            counts=wording.counted(part.rate),
            figure=""
            if part.rate.interval is None
            else _("%(share)s, between %(low)s and %(high)s")
            % {
                "share": words.percent(part.rate.kept / part.rate.of),
                "low": words.percent(part.rate.interval[0]),
                "high": words.percent(part.rate.interval[1]),
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


def _named(names: dict[int, str], otherwise: str = "") -> Naming:
    def name(key: Hashable) -> str:
        return names.get(key, otherwise) if isinstance(key, int) else otherwise

    return name


def _way(key: Hashable) -> str:
    return words.capital(str(Promise.Origin(str(key)).label))


def _lists(the: Record, zone: str, today: date) -> list[Listed]:
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


def _known(the: Record) -> list[tuple[str, str, str]]:
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
            % {"count": _whole(items)}
            if items
            else _("no finished work was brought in"),
        ),
        (_("Kept rate, first terms"), wording.counted(the.first), none),
        (_("Kept rate, last terms"), wording.counted(the.last), none),
        *((row.name, row.figure, row.words) for row in _beside(the)[:2]),
        (
            _("Said 90 %, got …").replace(" %", words.NBSP + "%"),
            _of(sum(s.kept for s in the.calibration), dates) if dates else _("nothing yet"),
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


# ----- Words -------------------------------------------------------------------------------------


def _whole(count: float) -> str:
    return formats.number_format(round(count), force_grouping=True)


def _of(part: float, of: float) -> str:
    return _("%(part)s of %(of)s") % {"part": _whole(part), "of": _whole(of)}


def _percent(share: float | None) -> str:
    """A share of something that is no chance: it may be nought."""
    if share is None:
        return "–"
    return f"{round(share * 100)}{words.NBSP}%"


def _times(ratio: float) -> str:
    return f"{formats.number_format(round(ratio, 1))}{words.NBSP}{TIMES}"


def _padding(days: float) -> str:
    if days < 0:
        return _("no day")
    return words.days(days)


def _day(at: datetime, zone: str, today: date) -> str:
    return words.day(zones.day_of(at, zone), today=today)


def _ends(quarter: Quarter, zone: str) -> tuple[date, date]:
    return (
        zones.day_of(quarter.starts_at, zone),
        zones.day_of(quarter.ends_at - timedelta(hours=12), zone),
    )


def _months(quarter: Quarter, zone: str) -> str:
    first, last = _ends(quarter, zone)
    return f"{formats.date_format(first, 'M')}–{formats.date_format(last, 'M')}"


def _letters(quarter: Quarter, zone: str) -> str:
    first, _last = _ends(quarter, zone)
    months = [date(first.year, (first.month - 1 + step) % 12 + 1, 1) for step in range(3)]
    return "".join(formats.date_format(month, "M")[:1] for month in months)


def _years(quarter: Quarter, zone: str) -> str:
    return str(_ends(quarter, zone)[1].year)

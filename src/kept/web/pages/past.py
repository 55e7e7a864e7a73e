"""The past: how dates were kept, how estimates did, how long work lay. Counts before shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import clock, words, zones
from kept.engine import calibration
from kept.past import hindsight, looking, open_work, own
from kept.past.looking import Bar, Count, Dates, Efforts, KindRatio, Leads, PastFigures
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.web import drawing, looking_back
from kept.web.doorkeeper import KeptRequest
from kept.web.looking_back import times, whole

#: Up to this many dates are drawn one by one, as marks.
MARKS = 120


@dataclass(frozen=True)
class Line:
    """One row of a table: a name, its drawing, its counts, and the figure if there are enough."""

    name: str
    drawn: SafeString
    counts: str
    figure: str


@dataclass(frozen=True)
class DatesPart:
    """How dates were kept, drawn."""

    marks: SafeString
    kept: str
    kept_share: str
    kept_drawn: SafeString
    kept_words: str
    last: str
    miss: str
    miss_words: str
    moved: str
    bars: SafeString
    table: SafeString
    clients: Sequence[Line]


@dataclass(frozen=True)
class EffortsPart:
    """How estimates did, drawn."""

    count: str
    sentence: str
    counts: str
    copied: bool
    bars: SafeString
    table: SafeString
    kinds: Sequence[Line]


@dataclass(frozen=True)
class LeadsPart:
    """How long work took from asked to finished, drawn."""

    count: str
    sentence: str
    from_start: bool
    bars: SafeString
    table: SafeString
    kinds: Sequence[Line]


@allow(Policy.MEMBER)
def past(request: KeptRequest) -> HttpResponse:
    """Show what the past says."""
    now = clock.now()
    figures = looking.known(now)
    today = zones.day_of(now, request.member.organisation.zone)
    seen = hindsight.look_back(now)
    bias = own.bias(request.member, now=now)
    return render(
        request,
        "kept/past.html",
        {
            "place": "past",
            "figures": figures,
            "headline": _headline(figures),
            "span": _span(figures, today),
            "dates": _dates(figures.dates) if figures.dates else None,
            "efforts": _efforts(figures.efforts) if figures.efforts else None,
            "leads": _leads(figures.leads) if figures.leads else None,
            "hindsight": looking_back.hindsight(seen, today=today) if seen else None,
            "own": looking_back.own(bias) if bias else None,
            "open_for_long": open_work.for_long(now),
            "ask_after": open_work.ASK_AFTER.days,
            "learn_until": open_work.LEARN_UNTIL.days,
            "may_import": request.member.may(Role.LEAD),
            "enough": looking.ENOUGH,
        },
    )


def _headline(figures: PastFigures) -> str:
    if figures.dates is not None:
        kept = figures.dates.kept
        return ngettext(
            "Of %(of)s date, %(part)s was kept",
            "Of %(of)s dates, %(part)s were kept",
            kept.of,
        ) % {"of": whole(kept.of), "part": whole(kept.part)}
    return ngettext(
        "%(count)s piece of finished work", "%(count)s pieces of finished work", figures.items
    ) % {"count": whole(figures.items)}


def _span(figures: PastFigures, today: date) -> str:
    if figures.finished_from is None or figures.finished_until is None:
        return ""
    return _("Finished between %(first)s and %(last)s.") % {
        "first": words.day(figures.finished_from, today=today),
        "last": words.day(figures.finished_until, today=today),
    }


def _dates(dates: Dates) -> DatesPart:
    kept = dates.kept
    rate = kept.part / kept.of
    low, high = calibration.wilson(kept.part, kept.of)
    between = _("With this many, the true rate lies between %(low)s and %(high)s.") % {
        "low": words.share(low),
        "high": words.share(high),
    }
    sentence = _("%(part)s of %(of)s dates kept. %(between)s") % {
        "part": whole(kept.part),
        "of": whole(kept.of),
        "between": between,
    }
    late = dates.late_days
    return DatesPart(
        marks=_marks(kept) if kept.of <= MARKS else SafeString(""),
        kept=_of(kept),
        kept_share=_share(kept),
        kept_drawn=drawing.interval(low, rate, high, sentence=sentence),
        kept_words=between if kept.share is not None else _("Too early to judge: below 20."),
        last=_("Against the last dates: %(count)s.") % {"count": _of(dates.last)}
        if dates.last
        else "",
        miss=words.days(late.p50) if late else "",
        miss_words=_(
            "Half of the %(count)s late ones were no later than this, 8 in 10 no later than "
            "%(p80)s, 9 in 10 no later than %(p90)s."
        )
        % {"count": whole(late.count), "p80": words.days(late.p80), "p90": words.days(late.p90)}
        if late
        else _("None was late."),
        moved=_(
            "%(count)s of %(of)s dates were moved, typically by %(said)s. Done was typically "
            "%(took)s after the first date."
        )
        % {
            "count": whole(dates.moved.count),
            "of": whole(dates.moved.of),
            "said": words.days(dates.moved.said_days),
            "took": words.days(dates.moved.took_days),
        }
        if dates.moved
        else "",
        bars=drawing.histogram(
            [
                drawing.Column(
                    _late_label(bar), bar.count, strong=bar.high is not None and bar.high <= 1
                )
                for bar in dates.bars
            ],
            sentence=_("How many calendar days early or late each date was met."),
            axis_label=_("days early · 0 on the day · days late, from"),
        ),
        table=_numbers(_("Days late"), dates.bars, _late_words),
        clients=[
            Line(
                count.name,
                _marks(count)
                if count.of <= 20
                else drawing.bar(count.part / count.of, sentence=_of(count), strong=True),
                _of(count),
                _share(count),
            )
            for count in dates.by_client
        ],
    )


def _efforts(efforts: Efforts) -> EffortsPart:
    every = efforts.all
    top = max([2.0, *(kind.ratios.p90 for kind in efforts.by_kind if kind.ratios.enough)])
    return EffortsPart(
        count=ngettext(
            "%(count)s piece of work with both numbers",
            "%(count)s pieces of work with both numbers",
            every.count,
        )
        % {"count": whole(every.count)},
        sentence=_(
            "Half took no more than %(p50)s the estimate, 8 in 10 no more than %(p80)s, 9 in 10 no "
            "more than %(p90)s."
        )
        % {
            "p50": times(every.ratios.p50),
            "p80": times(every.ratios.p80),
            "p90": times(every.ratios.p90),
        }
        if every.ratios.enough
        else _("Too early to judge: below 20."),
        counts=_("%(under)s took less than estimated, %(exact)s exactly as much, %(over)s more.")
        % {
            "under": whole(every.under),
            "exact": whole(every.exact),
            "over": whole(every.over),
        },
        copied=every.count >= looking.ENOUGH and every.exact >= 0.9 * every.count,
        bars=drawing.histogram(
            [
                drawing.Column(_ratio_label(bar), bar.count, strong=bar.low == 1.0)
                for bar in efforts.bars
            ],
            sentence=_("What work took as a multiple of its estimate."),
            axis_label=_("× the estimate, from"),
        ),
        table=_numbers(_("× the estimate"), efforts.bars, _ratio_words),
        kinds=[_kind_line(kind, min(top, 6.0)) for kind in efforts.by_kind],
    )


def _kind_line(kind: KindRatio, top: float) -> Line:
    ratios = kind.ratios
    figure = _("9 in 10 within %(times)s") % {"times": times(ratios.p90)} if ratios.enough else ""
    counts = _("%(under)s under · %(exact)s exact · %(over)s over") % {
        "under": whole(kind.under),
        "exact": whole(kind.exact),
        "over": whole(kind.over),
    }
    if not ratios.enough:
        return Line(kind.name, SafeString(""), counts, figure)
    drawn = drawing.spread(
        ratios.p10,
        ratios.p50,
        ratios.p90,
        top=top,
        reference=1.0,
        sentence=_(
            "1 in 10 within %(p10)s the estimate, half within %(p50)s, 9 in 10 within %(p90)s"
        )
        % {"p10": times(ratios.p10), "p50": times(ratios.p50), "p90": times(ratios.p90)},
    )
    return Line(kind.name, drawn, counts, figure)


def _leads(leads: Leads) -> LeadsPart:
    top = max([1.0, *(days.p90 for _name, days in leads.by_kind if days.enough)])
    return LeadsPart(
        count=ngettext(
            "%(count)s piece of work with both days",
            "%(count)s pieces of work with both days",
            leads.days.count,
        )
        % {"count": whole(leads.days.count)},
        sentence=_(
            "Half took no more than %(p50)s, 8 in 10 no more than %(p80)s, 9 in 10 no more "
            "than %(p90)s."
        )
        % {
            "p50": _days(leads.days.p50),
            "p80": _days(leads.days.p80),
            "p90": _days(leads.days.p90),
        }
        if leads.days.enough
        else _("Too early to judge: below 20."),
        from_start=leads.from_start,
        bars=drawing.histogram(
            [drawing.Column(_day_label(bar), bar.count) for bar in leads.bars],
            sentence=_("Calendar days from asked to finished."),
            axis_label=_("calendar days, from"),
        ),
        table=_numbers(_("Calendar days"), leads.bars, _day_words),
        kinds=[
            Line(
                name,
                drawing.spread(
                    days.p10,
                    days.p50,
                    days.p90,
                    top=top,
                    reference=leads.days.p50,
                    sentence=_("half within %(p50)s, 9 in 10 within %(p90)s")
                    % {"p50": _days(days.p50), "p90": _days(days.p90)},
                )
                if days.enough
                else SafeString(""),
                whole(days.count),
                _("half within %(p50)s, 9 in 10 within %(p90)s")
                % {"p50": _days(days.p50), "p90": _days(days.p90)}
                if days.enough
                else "",
            )
            for name, days in leads.by_kind
        ],
    )


def _of(count: Count) -> str:
    return _("%(part)s of %(of)s") % {"part": whole(count.part), "of": whole(count.of)}


def _share(count: Count) -> str:
    return "" if count.share is None else words.share(count.share)


def _days(count: float) -> str:
    return _("the same day") if count < 1 else words.days(count)


def _marks(count: Count) -> SafeString:
    missed = count.of - count.part
    return drawing.tally(
        [
            ("kept", count.part, _("%(count)s kept") % {"count": whole(count.part)}),
            ("late", missed, _("%(count)s late") % {"count": whole(missed)}),
        ]
    )


def _numbers(name: str, bars: Sequence[Bar], label: Callable[[Bar], str]) -> SafeString:
    return drawing.numbers(
        summary=_("The same in numbers"),
        caption=name,
        head=[name, _("How many")],
        rows=[[label(bar), whole(bar.count)] for bar in bars],
    )


def _late_label(bar: Bar) -> str:
    if bar.low is None:
        return "8+"
    if bar.high is None:
        return f"{bar.low:g}+"
    return "1–7" if bar.low < 0 else f"{bar.low:g}"


def _late_words(bar: Bar) -> str:
    if bar.low is None:
        return _("8 or more days early")
    if bar.low < 0:
        return _("1–7 days early")
    if bar.low == 0:
        return _("on the day")
    return _("%(days)s days late") % {"days": _span_of(bar)}


def _ratio_label(bar: Bar) -> str:
    if bar.low is None:
        return "0"
    if bar.low == 1.0:
        return "= 1"
    number = round(bar.low, 2)
    return "> 1" if number == 1 else f"{number:g}".replace("0.", ".")


def _ratio_words(bar: Bar) -> str:
    if bar.low == 1.0:
        return _("exactly as estimated")
    if bar.low is None:
        return _("below %(high)s") % {"high": f"{bar.high:g}"}
    if bar.high is None:
        return _("%(low)s and more") % {"low": f"{bar.low:g}"}
    return _("from %(low)s to below %(high)s") % {
        "low": f"{round(bar.low, 2):g}",
        "high": f"{bar.high:g}",
    }


def _day_label(bar: Bar) -> str:
    if bar.low is None:
        return "0"
    return f"{bar.low:g}+" if bar.high is None else f"{bar.low:g}"


def _day_words(bar: Bar) -> str:
    return _("the same day") if bar.low is None else _span_of(bar)


def _span_of(bar: Bar) -> str:
    low = bar.low or 0
    if bar.high is None:
        return f"{low:g}+"
    return f"{low:g}" if low == bar.high - 1 else f"{low:g}–{bar.high - 1:g}"

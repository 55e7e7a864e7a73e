"""The record's drawings, each with its figures as a table."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.promises.models import Reason
from kept.record import wording
from kept.record.figures import OneMoreDay, Quarter, Record, Said, Trend, Why
from kept.web import drawing, record_drawing
from kept.web.pages.record.counted import part_of, whole


@dataclass(frozen=True)
class Reached:
    """One bar of the Pareto."""

    name: str
    whose: str
    drawn: SafeString
    reached: str


@dataclass(frozen=True)
class Drawn:
    """A drawing, its figures as a table, and what stands beside its heading."""

    drawing: SafeString
    table: SafeString
    head: str = ""
    note: str = ""


def by_quarter(trend: Trend, zone: str) -> Drawn:
    """Quarters side by side."""
    points = []
    years: list[str] = [_years(quarter, zone) for quarter in trend.quarters]
    for index, quarter in enumerate(trend.quarters):
        several = years.count(years[index])
        middle = years.index(years[index]) + (several - 1) // 2
        points.append(
            record_drawing.Point(
                months=_months(quarter, zone),
                letters=_letters(quarter, zone),
                counts=part_of(quarter.kept, quarter.of) if quarter.of else "–",
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
        else _("average %(share)s") % {"share": words.whole_share(trend.average)},
        limits_label=_("limits"),
    )
    table = drawing.numbers(
        summary=_("The same in numbers"),
        caption=_("By quarter of the first due moment"),
        head=[_("Quarter"), _("First terms"), _("Last terms"), _("Limits")],
        rows=[
            [
                f"{point.months} {year}",
                part_of(quarter.kept, quarter.of),
                part_of(quarter.last_kept, quarter.last_of),
                ""
                if quarter.limits is None
                else _("%(low)s to %(high)s %%")
                % {"low": round(quarter.limits[0] * 100), "high": round(quarter.limits[1] * 100)},
            ]
            for point, quarter, year in zip(points, trend.quarters, years, strict=True)
        ],
    )
    return Drawn(drawn, table)


def said_and_got(the: Record) -> Drawn | None:
    """The chances that were shown, against the shares that were kept."""
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
            "said": words.share(headline.said),
            "got": words.share(headline.kept / headline.of),
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
                words.share(said.said),
                part_of(said.kept, said.of),
                _("%(low)s to %(high)s %%")
                % {"low": round(said.interval[0] * 100), "high": round(said.interval[1] * 100)},
                part_of(agreed[said.level].kept, agreed[said.level].of),
            ]
            for said in the.calibration
        ],
    )
    note = ngettext("%(count)s first date", "%(count)s first dates", dates) % {
        "count": whole(dates)
    }
    return Drawn(drawn, table, heading, note)


def _said_words(said: Said) -> str:
    return _("of %(of)s dates given at about %(said)s, %(kept)s were kept") % {
        "of": whole(said.of),
        "said": words.share(said.said),
        "kept": whole(said.kept),
    }


def pareto(reasons: Sequence[Why]) -> list[Reached]:
    """Why first dates were missed, the most frequent first."""
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
                sentence=part_of(why.count, total),
            ),
            reached=part_of(why.reached, total),
        )
        for why in reasons
    ]


def became(slips: OneMoreDay) -> Drawn | None:
    """What “one more day” really took."""
    if not slips.days:
        return None
    count = len(slips.days)
    average = formats.number_format(round(slips.average, 1))
    said = sum(day <= 1 for day in slips.days)
    sentence = _(
        "“One more day” was said %(count)s times; it took %(average)s working days on average, "
        "and was true %(said)s times."
    ) % {"count": whole(count), "average": average, "said": whole(said)}
    drawn = record_drawing.became(
        slips.days,
        average=slips.average,
        sentence=sentence,
        description=_("How many times it really took so many working days."),
        average_label=_("average %(days)s days") % {"days": average},
        as_said=_("as said"),
        axis_label=_("working days it really took"),
    )
    table = drawing.numbers(
        summary=_("The same in numbers"),
        caption=_("Working days it took"),
        head=[_("Days"), _("How many times")],
        rows=[[str(day), str(often)] for day, often in sorted(Counter(slips.days).items())],
    )
    note = []
    if slips.others:
        note.append(
            _("Longer ones: %(said)s days said, %(became)s came, on average of %(count)s.")
            % {
                "said": formats.number_format(round(slips.others_said, 1)),
                "became": formats.number_format(round(slips.others_became, 1)),
                "count": whole(slips.others),
            }
        )
    if slips.waiting:
        note.append(_("%(count)s still run.") % {"count": whole(slips.waiting)})
    head = ngettext("%(count)s time", "%(count)s times", count) % {"count": whole(count)}
    return Drawn(drawn, table, head, " ".join(note))


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

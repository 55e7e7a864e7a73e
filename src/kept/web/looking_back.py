"""What kept would have promised on one's own past, and one's own bias, in words and drawings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.past.hindsight import Drift, LookedBack, Part
from kept.past.looking import Count
from kept.past.own import Bias
from kept.web import drawing, past_drawing

TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Way:
    """One way to promise: how it is called, how often it would have been kept."""

    name: str
    drawn: SafeString
    counts: str
    share: str


@dataclass(frozen=True)
class HindsightPart:
    """What kept would have promised, drawn. `notices` say where that is worth little."""

    count: str
    sentence: str
    ways: Sequence[Way]
    notices: Sequence[str]
    levels: Sequence[Way]
    along_time: SafeString
    table: SafeString
    sums: str


@dataclass(frozen=True)
class OwnPart:
    """One's own bias, in words; for the person it is about."""

    count: str
    sentence: str
    counts: str


def whole(count: float) -> str:
    """ "5 593": thousands apart, in the language of the page."""
    return formats.number_format(round(count), force_grouping=True)


def times(ratio: float) -> str:
    """ "1.4 ×", with a no-break space."""
    number = round(ratio, 2 if ratio < 1 else 1)
    return f"{formats.number_format(f'{number:g}')}{words.NBSP}{TIMES}"


def hindsight(seen: LookedBack, *, today: date) -> HindsightPart:
    """Say how often what kept says would have been kept, beside simpler ways."""
    row = seen.row
    kept, as_estimated, half_more = seen.ways
    factor = times(row.typical_factor or 1.0)
    return HindsightPart(
        count=ngettext(
            "%(count)s finished piece of work", "%(count)s finished pieces of work", row.scored
        )
        % {"count": whole(row.scored)},
        sentence=_(
            "Each was forecast anew from what was finished before it was estimated. Told at 9 in "
            "10, %(kept)s took no more than kept would have said: typically %(factor)s the "
            "estimate."
        )
        % {"kept": _of(kept), "factor": factor},
        ways=[
            _way(_("kept, at 9 in 10: typically %(factor)s") % {"factor": factor}, kept, True),
            _way(_("the estimate as it is"), as_estimated),
            _way(_("the estimate %(times)s 1.5") % {"times": TIMES}, half_more),
        ],
        notices=list(_notices(seen)),
        levels=[
            _way(_("said %(level)s") % {"level": words.percent(level)}, count)
            for level, count in seen.levels
        ],
        along_time=_along_time(seen.parts) if seen.parts else SafeString(""),
        table=_table(seen, today=today),
        sums=_sums(seen),
    )


def _sums(seen: LookedBack) -> str:
    """Say how sums of work did, since a promise is kept by the sum of its stages."""
    if seen.sums is None:
        return ""
    said = _(
        "Ten pieces in a row of one client, added up: %(kept)s took no more than was said of them "
        "at 9 in 10."
    ) % {"kept": _of(seen.sums)}
    leaning = {
        1: _("Dates now count on such sums taking a little more than their pieces say."),
        -1: _("Dates now count on such sums taking a little less than their pieces say."),
    }
    return f"{said} {leaning[seen.leaning]}" if seen.leaning else said


def own(bias: Bias) -> OwnPart:
    """Say what one's estimates became: counts first, a factor from twenty on."""
    count = ngettext(
        "%(count)s piece of your work", "%(count)s pieces of your work", bias.count
    ) % {"count": whole(bias.count)}
    counts = _(
        "%(under)s took less than you estimated, %(exact)s exactly as much, %(over)s more."
    ) % {
        "under": whole(bias.under),
        "exact": whole(bias.exact),
        "over": whole(bias.over),
    }
    if not bias.ratios.enough:
        return OwnPart(count, _("Too early to judge: below 20."), counts)
    sentence = _(
        "Your actual is typically %(half)s your estimate (n = %(count)s); 9 in 10 took no more "
        "than %(nine)s. All together it was %(together)s the hours you estimated."
    ) % {
        "half": times(bias.ratios.p50),
        "count": whole(bias.count),
        "nine": times(bias.ratios.p90),
        "together": times(bias.together),
    }
    return OwnPart(count, sentence, counts)


def _notices(seen: LookedBack) -> Sequence[str]:
    """Say what makes these figures worth little, the worst first."""
    row = seen.row
    said = []
    if not row.informative:
        said.append(
            _(
                "Not informative: %(exact)s of %(scored)s took exactly what was estimated. Such "
                "numbers were filled in afterwards, and tell nothing about how long work takes."
            )
            % {"exact": whole(row.exact), "scored": whole(row.scored)}
        )
    if seen.too_early:
        said.append(
            _("Too early to judge: below twenty, luck is louder than any way of promising.")
        )
    if seen.drift == Drift.SLOWER:
        said.append(
            _(
                "Lately work takes longer than the past says: in the newest part %(kept)s took no "
                "more than was said. Dates are too early until the past has caught up."
            )
            % {"kept": _of(_newest(seen))}
        )
    elif seen.drift == Drift.FASTER:
        said.append(
            _(
                "Lately work takes less than the past says: in the newest part %(kept)s took no "
                "more than was said. Dates are later than they need be until the past has caught "
                "up."
            )
            % {"kept": _of(_newest(seen))}
        )
    if row.undated:
        said.append(
            ngettext(
                "%(count)s more piece of work has no day of estimate: it was learned from, and "
                "cannot be judged.",
                "%(count)s more pieces of work have no day of estimate: they were learned from, "
                "and cannot be judged.",
                row.undated,
            )
            % {"count": whole(row.undated)}
        )
    return said


def _newest(seen: LookedBack) -> Count:
    row = seen.parts[-1].row
    return Count("", row.within_90, row.scored)


def _way(name: str, count: Count, strong: bool = False) -> Way:
    return Way(
        name=name,
        drawn=drawing.bar(count.part / count.of, sentence=f"{name}: {_of(count)}", strong=strong),
        counts=_of(count),
        share="" if count.share is None else words.percent(count.share),
    )


def _along_time(parts: Sequence[Part]) -> SafeString:
    newest = parts[-1]
    return past_drawing.along_time(
        [
            past_drawing.TimePart(
                share=part.share,
                low=part.low,
                high=part.high,
                label=formats.date_format(part.row.from_on, "M Y"),
                sentence=_("%(first)s – %(last)s: %(kept)s")
                % {
                    "first": words.day(part.row.from_on),
                    "last": words.day(part.row.to_on),
                    "kept": _of(Count("", part.row.within_90, part.row.scored)),
                },
            )
            for part in parts
        ],
        said=0.9,
        said_label=_("the line: said at 9 in 10"),
        sentence=_(
            "How often what kept would have said at 9 in 10 was kept, along time; in the newest "
            "part %(kept)s."
        )
        % {"kept": _of(Count("", newest.row.within_90, newest.row.scored))},
    )


def _table(seen: LookedBack, *, today: date) -> SafeString:
    if not seen.parts:
        return SafeString("")
    return drawing.numbers(
        summary=_("The same in numbers"),
        caption=_("Estimated from – to"),
        head=[_("Estimated from – to"), _("Took no more than was said at 9 in 10")],
        rows=[
            [
                " – ".join(
                    words.day(day, today=today) for day in (part.row.from_on, part.row.to_on)
                ),
                _of(Count("", part.row.within_90, part.row.scored)),
            ]
            for part in seen.parts
        ],
    )


def _of(count: Count) -> str:
    return _("%(part)s of %(of)s") % {"part": whole(count.part), "of": whole(count.of)}

"""What the record says in words; the same through every door. It refuses to celebrate noise."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words
from kept.record.figures import ENOUGH, Rate, Record, Said, Trend


def counted(rate: Rate) -> str:
    """ "53 of 71"."""
    return _("%(kept)s of %(of)s") % {"kept": rate.kept, "of": rate.of}


def between(rate: Rate) -> str:
    """Within which the true rate lies; or that it is too early."""
    if rate.interval is None:
        return _("Too early to judge: below %(enough)s settled.") % {"enough": ENOUGH}
    low, high = rate.interval
    return _("With this many, the true rate lies between %(low)s and %(high)s.") % {
        "low": words.share(low),
        "high": words.share(high),
    }


def in_short(record: Record) -> str:
    """One or two sentences: how much is kept, and whether the odds that were given fit."""
    share = record.first.share
    if share is None:
        return _("Too early to judge.")
    if share >= 0.9:
        first = _("We keep nearly all of what we say.")
    elif share >= 0.7:
        first = _("We keep most of what we say.")
    elif share >= 0.5:
        first = _("We keep little more than half of what we say.")
    else:
        first = _("We miss more than we keep.")
    headline = said_at(record, 0.9)
    if headline is None or headline.too_early:
        return first
    low, high = headline.interval
    told = {
        "kept": headline.kept,
        "of": headline.of,
        "expected": round(headline.said * headline.of),
        "said": words.share(headline.said),
    }
    if headline.said > high:
        second = _(
            "We are too sure of ourselves: dates given at about %(said)s were kept %(kept)s times "
            "in %(of)s, not %(expected)s."
        )
    elif headline.said < low:
        second = _(
            "We could promise sooner: dates given at about %(said)s were kept %(kept)s times in "
            "%(of)s, where %(expected)s were to be expected."
        )
    else:
        second = _(
            "Dates given at about %(said)s were kept %(kept)s times in %(of)s, where %(expected)s "
            "were to be expected: as far as so many can tell, the odds hold."
        )
    return f"{first} {second % told}"


def said_at(record: Record, level: float) -> Said | None:
    """Return the dates gathered under a chance."""
    return next((said for said in record.calibration if said.level == level), None)


def better_or_luck(trend: Trend) -> str:
    """Say what the quarters allow to say, and no more."""
    if trend.too_early:
        return _("Too few promises to tell a change from chance.")
    outside = trend.outside
    if not outside:
        within = _("Every quarter lies within the limits that chance alone would draw.")
        if trend.change > 0.005:
            return f"{within} {_('The rise is not yet a change.')}"
        if trend.change < -0.005:
            return f"{within} {_('The fall is not yet a change.')}"
        return within
    worse = sum(quarter.outside < 0 for quarter in outside)
    better = len(outside) - worse
    told = []
    if worse:
        told.append(
            ngettext(
                "%(count)s quarter lies below what chance alone would draw: something changed "
                "there. Look for its cause.",
                "%(count)s quarters lie below what chance alone would draw: something changed "
                "there. Look for the cause.",
                worse,
            )
            % {"count": worse}
        )
    if better:
        told.append(
            ngettext(
                "%(count)s quarter lies above what chance alone would draw: find out what was "
                "done otherwise.",
                "%(count)s quarters lie above what chance alone would draw: find out what was "
                "done otherwise.",
                better,
            )
            % {"count": better}
        )
    return " ".join(told)

"""The record: said against done. Each promise as a mark first; never a rate alone."""

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import clock, words, zones
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.record import page as reading
from kept.record import wording
from kept.record.figures import Rate, Record
from kept.web import drawing
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.record.counted import whole
from kept.web.pages.record.drawn import became, by_quarter, pareto, said_and_got
from kept.web.pages.record.listed import known, lines, lists, named, way
from kept.web.pages.record.marks import each_stands_for, groups, missing, told
from kept.web.pages.record.rates import apart, beside, last_words, rate_part

WINDOWS = {"12": 12, "24": 24, "all": None}


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
        "beside": beside(the),
        "lists": lists(the, zone, today),
        "apart": apart(the),
    }
    if the.too_early:
        context |= {
            "settled": drawing.tally(told(the.marks)),
            "missing": missing(the.first),
            "known": known(the),
        }
    else:
        context |= {
            "headline": _headline(the.first),
            "groups": groups(the.marks),
            "each": each_stands_for(the.first.of),
            "first": rate_part(the.first, wording.between(the.first)),
            "last": rate_part(the.last, last_words(the)),
            "in_short": wording.in_short(the),
            "trend": by_quarter(the.trend, zone),
            "trend_words": wording.better_or_luck(the.trend),
            "said": said_and_got(the),
            "why": pareto(the.reasons),
            "missed": sum(why.count for why in the.reasons),
            "became": became(the.one_more_day),
            "tables": [
                (_("By client, against first terms"), lines(the.by_client, named(found.clients))),
                (
                    _("By service"),
                    lines(the.by_service, named(found.services, _("no service"))),
                ),
                (_("By way of promising"), lines(the.by_origin, way)),
            ],
        }
    return render(request, "kept/record.html", context)


def _headline(first: Rate) -> str:
    return ngettext(
        "Of %(of)s promise, %(kept)s kept as first promised",
        "Of %(of)s promises, %(kept)s kept as first promised",
        first.of,
    ) % {"of": whole(first.of), "kept": whole(first.kept)}


def _lead(the: Record, months: int | None, today: date) -> str:
    until = words.long_day(today, today=None)
    span = (
        _("Due until %(day)s, open ones included.")
        if months is None
        else _("Due in the %(months)s months to %(day)s, open ones included.")
    ) % {"months": months, "day": until}
    aside = []
    if the.released:
        aside.append(
            ngettext("%(count)s released", "%(count)s released", len(the.released))
            % {"count": len(the.released)}
        )
    if the.voided:
        aside.append(
            ngettext("%(count)s voided", "%(count)s voided", len(the.voided))
            % {"count": len(the.voided)}
        )
    if not aside:
        return span
    counted = ngettext("%(what)s counts apart.", "%(what)s count apart.", len(aside)) % {
        "what": words.listed(aside)
    }
    return f"{span} {words.capital(counted)}"

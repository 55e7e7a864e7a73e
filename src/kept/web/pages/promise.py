"""One promise: its sentence, its line, who owns what, and everything that happened."""

from datetime import date, datetime, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.plan import standing
from kept.plan.models import Outlook
from kept.plan.standing import Standing, State
from kept.promises import recording
from kept.promises.models import Promise, Terms
from kept.tenancy.refusals import Refused
from kept.web import drawing, owned, story, telling
from kept.web.doorkeeper import KeptRequest


class VoidForm(forms.Form):
    """Why a promise was recorded by mistake."""

    reason = forms.CharField(max_length=300, label=gettext_lazy("Why was it recorded by mistake?"))


@allow(Policy.MEMBER)
def promise(request: KeptRequest, pk: int) -> HttpResponse:
    """Show how a promise stands and its story, newest first."""
    return render(request, "kept/promise.html", _context(request, pk, VoidForm()))


@require_POST
@allow(Policy.LEAD)
def void(request: KeptRequest, pk: int) -> HttpResponse:
    """Take out a promise that was recorded by mistake; it stays listed with the reason."""
    found = get_object_or_404(Promise, pk=pk)
    form = VoidForm(request.POST)
    if form.is_valid():
        try:
            recording.void(
                promise=found,
                reason=form.cleaned_data["reason"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.info(
                request, _("Voided. It counts no more, and stays in the ledger with its reason.")
            )
            return redirect("promise", pk)
    return render(request, "kept/promise.html", _context(request, pk, form), status=422)


def _context(request: KeptRequest, pk: int, form: VoidForm) -> dict[str, object]:
    now, house = clock.now(), request.member.organisation
    found = get_object_or_404(
        Promise.objects.select_related("client", "job__service", "last_mile_owner", "given_by"),
        pk=pk,
    )
    this_day = zones.day_of(now, house.zone)
    terms = list(found.terms.all())
    outlooks = list(Outlook.objects.filter(promise=found).order_by("computed_at", "pk"))
    stages = list(found.job.stages.select_related("owner", "skill"))
    obligations = list(found.job.obligations.all())
    inbound = list(found.job.inbound.all())
    assumptions = list(found.job.assumptions.all())
    stands = None
    if found.state in Promise.OPEN:
        stands = standing.standing_of(
            found,
            outlook=outlooks[-1] if outlooks else None,
            stages=stages,
            waiting_for=found.job.obligations.filter(met_at__isnull=True).first(),
            now=now,
        )
    return {
        "place": "today",
        "today": this_day,
        "promise": found,
        "job": found.job,
        "stands": stands,
        "state": _state(found, stands),
        "plain_state": _plain(found, stands),
        "sentence": telling.sentence(stands, today=this_day) if stands else "",
        "line": _line(request, found, stands, terms, now) if stands else "",
        "terms": terms,
        "stages": stages,
        "owns": owned.read(
            found.job,
            viewer=request.member,
            now=now,
            last_mile_owner=found.last_mile_owner,
            stages=stages,
            gate=found.gate,
        ),
        "conditions": found.job.conditions.all(),
        "obligations": obligations,
        "inbound": inbound,
        "assumptions": assumptions,
        "fan": _fan(outlooks, terms, house.zone, this_day, found.zone),
        "outlooks": outlooks[-12:][::-1],
        "story": story.of(
            found,
            outlooks=outlooks,
            stages=stages,
            obligations=obligations,
            inbound=inbound,
            assumptions=assumptions,
            line=house.line,
            today=this_day,
        ),
        "form": form,
        "may_void": request.member.may(Role.LEAD) and found.state != Promise.State.VOIDED,
    }


def _plain(found: Promise, stands: Standing | None) -> str:
    """The state as a client may read it: in words, without a chance."""
    if stands is None:
        return words.capital(str(Promise.State(found.state).label))
    if stands.state is State.OVERDUE:
        return _("Overdue")
    if stands.state is State.PAUSED:
        return _("Paused")
    return _("Running")


def _state(found: Promise, stands: Standing | None) -> tuple[str, str]:
    """The mark and the words of a promise's state."""
    if stands is None:
        mark = {
            Promise.State.DELIVERED: "delivered",
            Promise.State.RELEASED: "released",
            Promise.State.REVOKED: "broken",
        }.get(Promise.State(found.state), "on-track")
        return mark, words.capital(str(Promise.State(found.state).label))
    told = {
        State.OVERDUE: _("Overdue"),
        State.AT_RISK: _("At risk"),
        State.ON_TRACK: _("On track"),
        State.PAUSED: _("Paused"),
        State.UNKNOWN: _("Not enough history"),
    }[stands.state]
    if stands.chance is not None and stands.state in (State.AT_RISK, State.ON_TRACK):
        told = _("%(state)s at %(chance)s") % {
            "state": told,
            "chance": words.percent(stands.chance),
        }
    return stands.state, told


def _line(
    request: KeptRequest, found: Promise, stands: Standing, terms: list[Terms], now: datetime
) -> SafeString:
    house = request.member.organisation
    this_day = zones.day_of(now, house.zone)
    given_on = zones.day_of(found.given_at, house.zone)
    first_shown = max(given_on, this_day - timedelta(days=30))
    shown = [day for day in (stands.promised_on, stands.likely_on, this_day) if day is not None]
    axis = telling.axis(house, shown, now=now, first=min(first_shown, *shown))
    first_due = zones.day_of(terms[0].due_at, found.zone) if terms else stands.promised_on
    return drawing.promise_story(
        axis,
        drawing.PromiseStory(
            sentence=telling.sentence(stands, today=this_day),
            state=stands.state,
            given_on=given_on,
            last=drawing.Tick(
                stands.promised_on,
                words.day(stands.promised_on, today=this_day)
                if found.day_only
                else words.moment(found.due_at, found.zone, today=this_day),
            ),
            first=None
            if first_due == stands.promised_on
            else drawing.Tick(
                first_due, _("first: %(day)s") % {"day": words.day(first_due, today=this_day)}
            ),
            today_label=_("today, %(day)s") % {"day": words.day(this_day, today=this_day)},
            owner=found.last_mile_owner.first_name if found.last_mile_owner else "",
            even_on=stands.even_on,
            sure_on=stands.likely_on,
        ),
    )


def _fan(
    outlooks: list[Outlook], terms: list[Terms], zone: str, this_day: date, their_zone: str
) -> SafeString | None:
    """How the outlook moved; None until two days of forecasts are known."""
    newest: dict[date, drawing.Forecast] = {}
    for outlook in outlooks:
        if outlook.finish_50_at is None or outlook.finish_90_at is None:
            continue
        computed_on = zones.day_of(outlook.computed_at, zone)
        newest[computed_on] = drawing.Forecast(
            computed_on,
            zones.day_of(outlook.finish_50_at, zone),
            zones.day_of(outlook.finish_90_at, zone),
            zones.day_of(outlook.finish_95_at, zone) if outlook.finish_95_at else None,
        )
    if len(newest) < 2:
        return None
    forecasts = tuple(newest[day] for day in sorted(newest))
    promised = tuple(
        (zones.day_of(t.agreed_at, zone), zones.day_of(t.due_at, their_zone)) for t in terms
    )
    up = sorted(
        {f.even_on for f in forecasts} | {f.sure_on for f in forecasts} | {d for _, d in promised}
    )
    first = forecasts[0].computed_on
    mondays = (first + timedelta(days=n - first.weekday()) for n in range(7, 371, 7))
    across = [first, *(day for day in mondays if first + timedelta(days=3) < day < this_day)]
    across = across[:: max(1, -(-len(across) // 6))]
    step = max(1, (up[-1] - up[0]).days // 5)
    levels = {
        day
        for n in range(0, (up[-1] - up[0]).days + 1, step)
        if (day := up[0] + timedelta(days=n)).weekday() < 5
    }
    last = forecasts[-1]
    return drawing.fan(
        drawing.Fan(
            sentence=_("Forecast finish by the day it was computed; now 90 %% by %(day)s.").replace(
                " %", words.NBSP + "%"
            )
            % {"day": words.day(last.sure_on, today=this_day)},
            forecasts=forecasts,
            promised=promised,
            today=this_day,
            ticks_across=tuple(drawing.Tick(day, words.short_day(day)) for day in across),
            ticks_up=tuple(
                drawing.Tick(day, words.day(day, today=this_day), words.short_day(day))
                for day in levels
            ),
            even_label=words.percent(0.5),
            sure_label=words.percent(0.9),
            promised_label=_("promised"),
            today_label=_("today"),
        )
    )

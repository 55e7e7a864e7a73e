"""How one may be chased: hours, days, a daily cap, the top rung; and taking it all back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kept import clock, words, zones
from kept.last_mile import channels, consent, reaching
from kept.people import charters, solo
from kept.people.access import Policy, allow
from kept.people.charters import Reachable, Way
from kept.tenancy.refusals import Refused
from kept.web import last_mile_drawing
from kept.web import last_mile_telling as told
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm
from kept.web.pages.last_mile import share_of_day
from kept.web.pages.staff import TIMES

WEEKDAYS = (
    (0, gettext_lazy("Mon")),
    (1, gettext_lazy("Tue")),
    (2, gettext_lazy("Wed")),
    (3, gettext_lazy("Thu")),
    (4, gettext_lazy("Fri")),
    (5, gettext_lazy("Sat")),
    (6, gettext_lazy("Sun")),
)


class CharterForm(KeptForm):
    """When, how often, and by what."""

    quiet_until = forms.TimeField(
        label=gettext_lazy("I may be asked from"),
        required=False,
        input_formats=TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    quiet_from = forms.TimeField(
        label=gettext_lazy("until"),
        required=False,
        input_formats=TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On"),
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )
    daily_cap = forms.IntegerField(
        label=gettext_lazy("At most so often a day"),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    top_rung = forms.BooleanField(
        label=gettext_lazy("The ice bucket may reach me at any hour"),
        required=False,
        help_text=gettext_lazy("The top rung of the ladder, when nobody else answered."),
    )

    def __init__(self, *args: Any, ways: list[Way], **options: Any) -> None:
        super().__init__(*args, **options)
        self.known = [way for way in ways if channels.named(way.kind) is not None]

    def changes(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        said["weekdays"] = charters.bits(said["weekdays"])
        return said


@require_http_methods(["GET", "POST"])
@allow(Policy.MEMBER)
def charter(request: KeptRequest) -> HttpResponse:
    """Show and set how one may be chased."""
    now, member = clock.now(), request.member
    who = charters.reachable(member)
    form = CharterForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(who),
        ways=list(who.ways),
    )
    if form.is_valid():
        try:
            charters.change(member, by=member, now=now, **form.changes())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept. It holds from now on."))
            return redirect("charter")
    return _page(request, who, form)


@require_http_methods(["GET", "POST"])
@allow(Policy.MEMBER)
def revoke(request: KeptRequest) -> HttpResponse:
    """Say what taking consent back would hand back; then do it."""
    member = request.member
    if request.method == "POST":
        try:
            back = consent.revoke(member, by=member, now=clock.now())
        except Refused as refused:
            messages.info(request, refused.sentence)
            return redirect("charter")
        messages.info(
            request,
            _("Taken back. %(count)s stages and last miles are nobody’s now, for all to see.")
            % {"count": len(back.stages) + len(back.last_miles)},
        )
        return redirect("charter")
    context = {"place": "settings", "back": consent.foresee(member)}
    return render(request, "kept/last_mile/revoke.html", context)


def _initial(who: Reachable) -> dict[str, Any]:
    row = who.charter or charters.usual(who.member)
    return {
        "quiet_until": row.quiet_until,
        "quiet_from": row.quiet_from,
        "weekdays": charters.spoken_days(row),
        "daily_cap": row.daily_cap,
        "top_rung": row.top_rung,
    }


def _page(request: KeptRequest, who: Reachable, form: CharterForm) -> HttpResponse:
    now, member = clock.now(), request.member
    hours = told.hours(who, zone=member.zone, now=now)
    in_force = charters.in_force(member)
    channel_names = [
        str(found.label) for way in who.ways if (found := channels.named(way.kind)) is not None
    ]
    context = {
        "place": "settings",
        "form": form,
        "who": who,
        "charter": in_force,
        "hours": hours,
        "strip": last_mile_drawing.strip(
            hours.between,
            share_of_day(now, member.zone),
            sentence=_("You may be asked today: %(hours)s.") % {"hours": hours.told},
        ),
        "had": reaching.asked_today([member], now=now)[member.pk],
        "ways": words.listed(channel_names),
        "zone": member.zone,
        "today": zones.day_of(now, member.zone),
        "solo": solo.is_solo(member.organisation),
    }
    return render(request, "kept/last_mile/charter.html", context, status=form.status)

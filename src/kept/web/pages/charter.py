"""How one may be chased: hours, days, a daily cap, by what, in order; and taking it all back."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from kept import clock, zones
from kept.last_mile import consent, reaching, ways
from kept.last_mile.channels.services import SERVICES
from kept.people import charters, solo
from kept.people.access import Policy, allow
from kept.people.charters import Reachable, Way
from kept.people.models import Member
from kept.tenancy.refusals import Conflict, Refused
from kept.web import last_mile_drawing
from kept.web import last_mile_telling as told
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.pages.last_mile import share_of_day
from kept.web.pages.staff import TIMES

#: Where the page lists the ways.
_BY_WHAT = "/settings/charter#by-what"
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

    digest = forms.BooleanField(
        label=gettext_lazy("A digest each morning, as my hours begin"),
        required=False,
        help_text=gettext_lazy(
            "What is due, what waits for me, what climbed; none when there is nothing. It counts "
            "as one message, so there is none if only one a day may reach me."
        ),
    )

    def changes(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        said["weekdays"] = charters.bits(said["weekdays"])
        return said


class WayForm(KeptForm):
    """An address by which one is reached."""

    address = forms.CharField(
        label=gettext_lazy("Another way"),
        help_text=gettext_lazy(
            "As the chat gives it out, or as Apprise writes it; or the word mail. It often carries "
            "a key, so it is kept sealed and never shown again."
        ),
        widget=forms.TextInput(
            attrs={
                "placeholder": "https://hooks.slack.com/services/…",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        ),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A way as the page shows it."""

    way: Way
    named: str
    first: bool
    place: int


@require_http_methods(["GET", "POST"])
@allow(Policy.MEMBER)
def charter(request: KeptRequest) -> HttpResponse:
    """Show and set how one may be chased."""
    now, member = clock.now(), request.member
    who = charters.reachable(member)
    form = CharterForm(
        request.POST if request.method == "POST" else None,
        initial=_initial(who),
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


@require_POST
@allow(Policy.MEMBER)
def add_way(request: KeptRequest) -> HttpResponse:
    """Add a way to be reached."""
    member, form = request.member, WayForm(request.POST)
    if form.is_valid():
        try:
            ways.add(member, form.cleaned_data["address"], by=member, now=clock.now())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept, after the others. Test it, or put it first."))
            return redirect(_BY_WHAT)
    return _page(request, charters.reachable(member), _charter_form(member), way_form=form)


@require_POST
@allow(Policy.MEMBER)
def way(request: KeptRequest, pk: int) -> HttpResponse:
    """Test a way, put it into another place, or take it off."""
    member, now = request.member, clock.now()
    act, place = request.POST.get("act", ""), request.POST.get("place", "")
    try:
        ways.is_theirs(member, pk, by=member)
        match act:
            case "test":
                ways.test(member, pk, by=member, now=now)
                said = _("Sent. Look whether it is there.")
            case "move" if place.isdecimal():
                ways.move(member, pk, to=int(place), by=member, now=now)
                said = _("Put there.")
            case "remove":
                ways.remove(member, pk, by=member, now=now)
                said = _("Taken off.")
            case _:
                raise Conflict(_("Press one of the buttons. Nothing was changed."))
    except Refused as refused:
        return _page(request, charters.reachable(member), _charter_form(member), refusal=refused)
    messages.info(request, said)
    return redirect(_BY_WHAT)


def _charter_form(member: Member) -> CharterForm:
    return CharterForm(initial=_initial(charters.reachable(member)))


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
        "digest": row.digest,
    }


def _page(
    request: KeptRequest,
    who: Reachable,
    form: CharterForm,
    *,
    way_form: WayForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    now, member = clock.now(), request.member
    hours = told.hours(who, zone=member.zone, now=now)
    shown = [
        Shown(way, ways.named(way), place == 1, place)
        for place, way in enumerate(who.ways, start=1)
    ]
    context = {
        "place": "settings",
        "form": form,
        "who": who,
        "charter": charters.in_force(member),
        "hours": hours,
        "strip": last_mile_drawing.strip(
            hours.between,
            share_of_day(now, member.zone),
            sentence=_("You may be asked today: %(hours)s.") % {"hours": hours.told},
        ),
        "had": reaching.asked_today([member], now=now)[member.pk],
        "ways": shown,
        "way_form": way_form or WayForm(),
        "known": SERVICES,
        "refusal": refusal,
        "zone": member.zone,
        "today": zones.day_of(now, member.zone),
        "solo": solo.is_solo(member.organisation),
    }
    status = STATUS[refusal.kind] if refusal else way_form.status if way_form else form.status
    return render(request, "kept/last_mile/charter.html", context, status=status)

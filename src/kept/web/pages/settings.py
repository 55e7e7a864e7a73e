"""Settings: one's own, one's tokens, and those of the house."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from kept import clock, zones
from kept.people import places, solo, staff, tokens
from kept.people.access import Policy, allow
from kept.people.models import ApiToken, Role
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm
from kept.web.pages import joining
from kept.web.pages.staff import TIMES, PlaceForm

SCOPES = (
    (tokens.Scope.READ, gettext_lazy("read what you may read")),
    (tokens.Scope.WRITE, gettext_lazy("do what you may do, but what needs the next")),
    (tokens.Scope.ADMIN, gettext_lazy("people, tokens and settings, as far as you may")),
)


class TokenForm(KeptForm):
    """What a new token is for."""

    name = forms.CharField(
        label=gettext_lazy("What is it for?"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("nightly report")}),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("It may"),
        choices=SCOPES,
        initial=[tokens.Scope.READ],
        required=False,
        widget=forms.CheckboxSelectMultiple(),
    )


class HouseForm(PlaceForm):
    """The numbers of the house."""

    name = forms.CharField(label=gettext_lazy("The house’s name"))
    day_ends_at = forms.TimeField(
        label=gettext_lazy("The working day ends at"),
        help_text=gettext_lazy("A promise for a day is due then, in the client’s zone."),
        input_formats=TIMES,
        widget=forms.TimeInput(format="%H:%M", attrs={"class": "short"}),
    )
    asked_percent = forms.FloatField(
        label=gettext_lazy("Offer dates at, in %"),
        help_text=gettext_lazy("How sure a date must be before it is offered. Advised: 90."),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    line_percent = forms.FloatField(
        label=gettext_lazy("Act below, in %"),
        help_text=gettext_lazy("The line: a promise below it is at risk. Advised: 80."),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    usable_percent = forms.FloatField(
        label=gettext_lazy("Usable share, in %"),
        help_text=gettext_lazy(
            "How much of working time goes to promised work, until more is known of somebody. "
            "The rest is meetings, support, mail. Advised: 70."
        ),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    quote_lasts_days = forms.IntegerField(
        label=gettext_lazy("An offer holds capacity for, in days"),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    stuck_after_days = forms.IntegerField(
        label=gettext_lazy("A finish without change is stuck after, in working days"),
        help_text=gettext_lazy("Advised: 2."),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )
    currency = forms.CharField(
        label=gettext_lazy("Currency"), widget=forms.TextInput(attrs={"class": "short"})
    )

    field_order = (
        "name", "zone", "country", "region", "day_ends_at", "asked_percent", "line_percent",
        "usable_percent", "quote_lasts_days", "stuck_after_days", "currency",
    )  # fmt: skip
    fields_of_rooms: ClassVar = {
        "asked_confidence": "asked_percent",
        "line": "line_percent",
        "usable_share": "usable_percent",
    }

    def changes(self) -> dict[str, Any]:
        said = dict(self.cleaned_data)
        return {
            "asked_confidence": said.pop("asked_percent") / 100,
            "line": said.pop("line_percent") / 100,
            "usable_share": said.pop("usable_percent") / 100,
            **said,
        }


@allow(Policy.GUEST)
def settings(request: KeptRequest) -> HttpResponse:
    """Show one's own settings."""
    return _page(request)


@never_cache
@require_POST
@allow(Policy.GUEST)
def token_new(request: KeptRequest) -> HttpResponse:
    """Make a token, and show it once."""
    form = TokenForm(request.POST)
    secret = ""
    if form.is_valid():
        said = form.cleaned_data
        try:
            _token, secret = tokens.make(
                request.member, said["scopes"], said["name"], by=request.member, now=clock.now()
            )
        except Refused as refused:
            form.refuse(refused)
    return _page(request, form=None if secret else form, secret=secret)


@require_POST
@allow(Policy.GUEST)
def token_revoke(request: KeptRequest, pk: int) -> HttpResponse:
    """End a token of one's own."""
    token = get_object_or_404(ApiToken.objects.filter(member=request.member), pk=pk)
    tokens.revoke(token, by=request.member, now=clock.now())
    messages.info(request, _("Revoked. The next request with it is refused."))
    return redirect("settings")


@allow(Policy.OWNER)
def house_settings(request: KeptRequest) -> HttpResponse:
    """Change the house's name, place and numbers."""
    house = request.member.organisation
    form = HouseForm(
        request.POST if request.method == "POST" else None,
        initial={
            "name": house.name,
            "zone": house.zone,
            "country": house.country,
            "region": house.region,
            "day_ends_at": house.day_ends_at,
            "asked_percent": f"{house.asked_confidence * 100:g}",
            "line_percent": f"{house.line * 100:g}",
            "usable_percent": f"{house.usable_share * 100:g}",
            "quote_lasts_days": house.quote_lasts_days,
            "stuck_after_days": house.stuck_after_days,
            "currency": house.currency,
        },
    )
    if form.is_valid():
        try:
            staff.change_house(house, by=request.member, now=clock.now(), **form.changes())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept. Dates that depend on it are computed anew."))
            return redirect("house_settings")
    context = {
        "place": "settings",
        "form": form,
        "house": house,
        "regions": places.regions(house.country),
    }
    return render(request, "kept/settings/house.html", context, status=form.status)


def _page(request: KeptRequest, *, form: TokenForm | None = None, secret: str = "") -> HttpResponse:
    house = request.member.organisation
    context = {
        "place": "settings",
        "today": zones.day_of(clock.now(), house.zone),
        "form": form or TokenForm(),
        "secret": secret,
        "tokens": ApiToken.objects.filter(member=request.member, revoked_at__isnull=True).order_by(
            "-made_at", "-pk"
        ),
        "is_owner": request.member.may(Role.OWNER),
        "is_member": request.member.may(Role.MEMBER),
        "is_lead": request.member.may(Role.LEAD),
        "solo": solo.is_solo(house),
        "memberships": joining.memberships(request),
    }
    status = form.status if form else 200
    return render(request, "kept/settings/own.html", context, status=status)

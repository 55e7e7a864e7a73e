"""The first run: the code from the terminal, then a house of one's own, or a sample to look at."""

from django import forms
from django.conf import settings
from django.contrib.auth import login as log_in
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from kept import clock, zones
from kept.people import access, opening, places
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.sample import opening as sample
from kept.tenancy.refusals import Refused
from kept.web.forms import KeptForm, LongSelect

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


class OwnerForm(KeptForm):
    """Who holds the code."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("It stands on the terminal in which kept was started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.CharField(
        label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=_("At least ten characters. A few words that belong to no saying are best."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )


class HouseForm(OwnerForm):
    """The first house, and its owner."""

    house = forms.CharField(
        label=_("What is your house called?"),
        help_text=_("The business that promises: a studio, a practice, your own name."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    name = forms.CharField(
        label=_("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Public holidays are those of its country; both can be changed later."),
        widget=LongSelect(attrs={"data-zone-guess": ""}),
    )

    field_order = ("code", "house", "name", "email", "password", "zone")

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        zone = self.fields["zone"]
        assert isinstance(zone, forms.ChoiceField)
        zone.choices = [("", "—"), *((name, name.replace("_", " ")) for name in zones.names())]


@never_cache
@sensitive_post_parameters("password", "code")
@allow(Policy.SETUP)
def first_run(request: HttpRequest) -> HttpResponse:
    """Found the first house here with the code that was printed, or make the sample studio."""
    if opening.is_open():
        return redirect("today")
    if request.method != "POST":
        code = request.GET.get("code", "")
        return render(request, "kept/first_run.html", {"form": HouseForm(initial={"code": code})})
    if "sample" in request.POST:
        return _sample(request)
    form = HouseForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            member = opening.found_house(
                settings.DATA,
                said["code"],
                house=said["house"],
                name=said["name"],
                email=said["email"],
                password=said["password"],
                zone=said["zone"],
                country=places.country_of_zone().get(said["zone"], ""),
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return enter(request, member)
    return render(request, "kept/first_run.html", {"form": form}, status=form.status)


def _sample(request: HttpRequest) -> HttpResponse:
    form = OwnerForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            member = sample.look_around(
                settings.DATA,
                said["code"],
                email=said["email"],
                password=said["password"],
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return enter(request, member)
    # Only what the sample needs was looked at: the rest is shown as it was typed.
    whole = HouseForm(request.POST)
    whole.errors.clear()
    for field, errors in form.errors.items():
        whole.add_error(None if field == NON_FIELD_ERRORS else field, list(errors))
    return render(request, "kept/first_run.html", {"form": whole}, status=form.status)


def enter(request: HttpRequest, member: Member) -> HttpResponse:
    """Log somebody in who just got their log-in, and show them their house."""
    assert member.login is not None
    log_in(request, member.login, backend=BACKEND)
    request.session[access.CHOSEN] = member.pk
    return redirect("today")

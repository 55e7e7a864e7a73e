"""Joining a house by invitation, choosing one, and having none."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from kept import clock
from kept.people import access, inviting, throttle
from kept.people.access import Policy, allow
from kept.people.models import Login, Member
from kept.tenancy import scope
from kept.tenancy.refusals import Refused
from kept.web.forms import KeptForm
from kept.web.pages import first_run


class JoinForm(KeptForm):
    """What somebody says who joins with a new log-in."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("You log in with it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        help_text=gettext_lazy(
            "At least ten characters. A few words that belong to no saying are best."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )


@never_cache
@sensitive_post_parameters("password")
@allow(Policy.LINK)
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Show who invites, and join; opening the link alone changes nothing."""
    try:
        with throttle.looking(throttle.address_of(request), now=clock.now()):
            invitation = inviting.find(secret, now=clock.now())
    except inviting.NoSuchInvitation as refused:
        return _kept_secret(
            render(request, "kept/joining/gone.html", {"refused": refused}, status=404)
        )
    login = request.user if isinstance(request.user, Login) else None
    with scope.acting_in(invitation.organisation):
        invited = invitation.member
    form: JoinForm | None = None
    refusal: Refused | None = None
    status = 200
    if request.method == "POST":
        form = None if login else JoinForm(request.POST)
        if form is None or form.is_valid():
            said = {} if form is None else form.cleaned_data
            try:
                member = inviting.accept(secret, login=login, now=clock.now(), **said)
            except Refused as refused:
                refusal = refused
            else:
                return _kept_secret(first_run.enter(request, member))
        if form is not None:
            if refusal is not None:
                form.refuse(refusal)
            status = form.status
        elif refusal is not None:
            status = 409
    elif login is None:
        form = JoinForm(initial={"name": invited.name, "email": invited.email})
    context = {
        "invitation": invitation,
        "house": invitation.organisation,
        "form": form,
        "login": login,
        "refusal": None if form else refusal,
    }
    return _kept_secret(render(request, "kept/joining/join.html", context, status=status))


@allow(Policy.LOGGED_IN)
def no_house(request: HttpRequest) -> HttpResponse:
    """Tell somebody whose log-in belongs to no house what they can do."""
    assert isinstance(request.user, Login)
    if access.working_as(request.user, None) is not None:
        return redirect("today")
    return render(request, "kept/joining/no_house.html")


@allow(Policy.LOGGED_IN)
def houses(request: HttpRequest) -> HttpResponse:
    """List the houses of a log-in that belongs to several."""
    return render(
        request,
        "kept/joining/houses.html",
        {"memberships": memberships(request), "chosen": request.session.get(access.CHOSEN)},
    )


@require_POST
@allow(Policy.LOGGED_IN)
def choose_house(request: HttpRequest, pk: int) -> HttpResponse:
    """Work in another of one's houses from here on."""
    for member in memberships(request):
        if member.pk == pk:
            request.session[access.CHOSEN] = pk
            messages.info(
                request, _("You work in %(house)s now.") % {"house": member.organisation.name}
            )
            return redirect("today")
    return render(request, "404.html", status=404)


def memberships(request: HttpRequest) -> list[Member]:
    """Return the members that a log-in is, in all its houses."""
    assert isinstance(request.user, Login)
    return list(
        Member.everywhere.filter(login=request.user, left_at__isnull=True)
        .select_related("organisation")
        .order_by("organisation__name", "pk")
    )


def _kept_secret(response: HttpResponse) -> HttpResponse:
    """Tell browsers not to pass on the address, which is a secret."""
    response["Referrer-Policy"] = "no-referrer"
    return response

"""The one place where a request becomes a member of an organisation, or is refused."""

import logging
from collections.abc import Callable
from contextvars import Token
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from kept import clock
from kept.people import access, opening, throttle
from kept.people.access import Policy
from kept.people.models import Login, Member
from kept.plan import outlook
from kept.quotes import rounds
from kept.tenancy import scope, trouble

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

log = logging.getLogger(__name__)


class KeptRequest(HttpRequest):
    """A request that the doorkeeper has let in; `member` is there where the policy needs one."""

    member: Member


class Doorkeeper:
    """Lets a request in by the policy of its route; a route without one stays closed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            response = self.get_response(request)
            if request.method not in SAFE and response.status_code < 400:
                look_ahead(request)
            return response
        finally:
            token: Token[Any] | None = request.__dict__.pop("_scope", None)
            if token is not None:
                scope.leave(token)

    def process_view(
        self, request: HttpRequest, _view: object, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None:
            raise Http404
        if "api" in match.namespaces:
            return None  # its operations declare their policies, and keep their own door
        policy = access.policy_of(match.func, match.url_name)
        if policy is None:
            raise PermissionDenied("This route declares no policy.")
        if match.url_name == "account_login" and not opening.is_open():
            return redirect("first_run")
        if policy in (Policy.ANYONE, Policy.SETUP, Policy.LINK):
            return None
        if not request.user.is_authenticated:
            if request.headers.get("HX-Request"):
                return HttpResponse(status=401, headers={"HX-Refresh": "true"})
            if "json" in request.headers.get("Accept", ""):
                return JsonResponse({"title": "Log in first."}, status=401)
            return redirect_to_login(request.get_full_path())
        role = policy.role
        if role is None:
            return None
        member = member_of(request)
        if member is None:
            return redirect("no_house")
        if not member.may(role):
            if match.url_name == "today":
                return redirect("jobs")  # a guest's first page: the jobs that name them
            return render(request, "kept/403.html", {"needs": role}, status=403)
        request.__dict__["_scope"] = scope.enter(member.organisation)
        request.member = member  # type: ignore[attr-defined]  # from here on a KeptRequest
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what may happen on any page: too many bad links, a database in trouble."""
        passing = trouble.of(exception)
        if passing is not None:
            log.warning("%s %s was put off: %s", request.method, request.path, exception)
            return put_off(passing)
        if not isinstance(exception, throttle.TooMany):
            return None
        response = render(request, "kept/too_many.html", {"seconds": exception.seconds}, status=429)
        response["Retry-After"] = str(exception.seconds)
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store"
        return response


def put_off(passing: trouble.Trouble) -> HttpResponse:
    """Return the page that says to come back; it is made without asking the database anything."""
    page = render_to_string("kept/put_off.html", {"trouble": passing})
    return HttpResponse(
        page,
        status=503,
        headers={
            "Retry-After": str(passing.seconds),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )


def look_ahead(request: HttpRequest) -> None:
    """Forecast the promises again if this request changed the plan.

    What was asked for is done by now; a forecast that fails must not undo its answer.
    """
    member = getattr(request, "member", None)
    if member is None or rounds.is_preparing():
        return  # the first round, which follows, forecasts everything
    try:
        outlook.refresh_if_changed(by=member, now=clock.now())
    except Exception:
        log.exception("The promises could not be forecast after %s", request.path)


def member_of(request: HttpRequest) -> Member | None:
    """Return the membership in which this log-in works: the chosen one, else the first."""
    if not isinstance(request.user, Login):
        return None
    return access.working_as(request.user, request.session.get(access.CHOSEN))

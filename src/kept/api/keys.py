"""Who sends a request: a token, or somebody logged in by browser."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.translation import gettext as _

from kept.api.problems import Refusal
from kept.people import access, throttle, tokens
from kept.people.models import ApiToken, Login, Member
from kept.tenancy.refusals import NotFound

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="kept"'}

#: The two ways to say who one is, as OpenAPI has them.
SCHEMES: dict[str, dict[str, str]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token made by `kept token` or on the settings page. It belongs to one "
        "organisation and one member, and carries scopes.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of somebody logged in by browser. Changes need the CSRF token "
        "in the header X-CSRFToken.",
    },
}


class ApiRequest(HttpRequest):
    """A request that was let in: who acts, and when.

    Attributes:
        begin: called by an operation that computes first, when it has and goes on to write.
    """

    member: Member
    now: datetime
    begin: Callable[[], None]


def who(request: HttpRequest, *, scope: str, now: datetime) -> Member:
    """Return the member who acts.

    Raises:
        Refusal: 401 nobody known, 403 the token lacks the scope or the CSRF
            token is missing, 429 too many bad tokens from this address.
    """
    header = request.headers.get("Authorization", "")
    if header:
        return _by_token(request, header, scope=scope, now=now)
    if not isinstance(request.user, Login):
        raise Refusal(401, _("Send “Authorization: Bearer …” with a token."), headers=CHALLENGE)
    member = access.working_as(request.user, request.session.get(access.CHOSEN))
    if member is None:
        raise Refusal(403, _("You are not a member of any house."))
    if request.method not in SAFE and _forged(request):
        raise Refusal(403, _("The CSRF token is missing or wrong. Nothing was changed."))
    return member


def _by_token(request: HttpRequest, header: str, *, scope: str, now: datetime) -> Member:
    kind, _space, secret = header.partition(" ")
    if kind.lower() != "bearer":
        raise Refusal(401, _("Send “Authorization: Bearer …” with a token."), headers=CHALLENGE)
    try:
        with throttle.looking(throttle.address_of(request), now=now, kind="token"):
            token = _token(secret.strip(), now=now)
    except throttle.TooMany as error:
        raise Refusal(
            429,
            _("Too many bad tokens came from your address. None is looked at for %(seconds)d s.")
            % {"seconds": error.seconds},
            headers={"Retry-After": str(error.seconds)},
        ) from error
    except NotFound as error:
        raise Refusal(401, error.sentence, headers=CHALLENGE) from error
    if scope not in tokens.scopes_of(token):
        raise Refusal(403, _("This token lacks the scope “%(scope)s”.") % {"scope": scope})
    return token.member


def _token(secret: str, *, now: datetime) -> ApiToken:
    token = tokens.find(secret, now=now)
    if token is None:
        raise NotFound(_("This token is unknown or was revoked."))
    return token


def _forged(request: HttpRequest) -> bool:
    """Say whether a request from a browser lacks the CSRF token."""

    def passed(_request: HttpRequest) -> Any:
        raise AssertionError("only the check is asked")

    check = CsrfViewMiddleware(passed)
    request.csrf_processing_done = False  # type: ignore[attr-defined]  # Django's own mark
    check.process_request(request)
    return check.process_view(request, passed, (), {}) is not None

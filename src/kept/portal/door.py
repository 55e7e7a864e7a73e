"""Let a request in by the link in its address, and let nothing of it leave again.

The token in the address is all a client has, and all that is needed: there is
no session and no cookie. So there is nothing that another site could make a
browser send along, and no token against forgery is asked for; one could not
be asked for anyway, since without a referrer browsers name no origin.
"""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from kept import clock
from kept.clients import links
from kept.clients.models import ClientLink, Contact
from kept.people import throttle
from kept.people.access import Policy, allow
from kept.tenancy import scope
from kept.tenancy.refusals import NotFound

Rest = ParamSpec("Rest")
View = Callable[Concatenate[HttpRequest, "Visit", Rest], HttpResponse]


class Visit:
    """Who visits, through which link, and when."""

    def __init__(self, link: ClientLink, token: str, now: datetime) -> None:
        self.link, self.token, self.now = link, token, now

    @property
    def contact(self) -> Contact:
        return self.link.contact


class NoSuchLink(NotFound):
    """The link was ended, has run out, or never was."""


def by_link(*methods: str) -> Callable[[View[Rest]], Callable[..., HttpResponse]]:
    """Declare a page that a link opens, and what it answers to."""

    def declare(view: View[Rest]) -> Callable[..., HttpResponse]:
        @functools.wraps(view)
        def answer(
            request: HttpRequest, token: str, *rest: Rest.args, **more: Rest.kwargs
        ) -> HttpResponse:
            now = clock.now()
            try:
                with throttle.looking(throttle.address_of(request), now=now):
                    link = find(token, now=now)
            except NoSuchLink:
                return kept_secret(render(request, "portal/gone.html", status=404))
            with scope.acting_in(link.organisation):
                if request.method == "POST":
                    links.note_use(link, now=now)
                return kept_secret(view(request, Visit(link, token, now), *rest, **more))

        return allow(Policy.LINK)(require_http_methods(methods)(csrf_exempt(answer)))

    return declare


def find(token: str, *, now: datetime) -> ClientLink:
    """Return the live link with that token.

    Raises:
        NoSuchLink: there is none.
    """
    link = links.find(token, now=now)
    if link is None:
        raise NoSuchLink(_("This link does not open anything any more."))
    return link


def kept_secret(response: HttpResponse) -> HttpResponse:
    """Let neither caches nor other sites learn the address."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response

"""The last resort for a request that failed outside of its view, such as in reading its session."""

import sys

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import is_valid_path
from django.views import defaults

from kept.api import problems
from kept.tenancy import trouble
from kept.web import doorkeeper


def answer(request: HttpRequest) -> HttpResponse:
    """Answer in the words of the door that was knocked at; called while the error is handled."""
    error = sys.exc_info()[1]
    if error is not None and request.path_info.startswith("/api/"):
        return problems.of_crash(request, error)
    passing = trouble.of(error)
    return defaults.server_error(request) if passing is None else doorkeeper.put_off(passing)


def missing(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Lead an address that ends in a stroke too many to the page it means; else there is none."""
    meant = request.path_info.rstrip("/")
    if request.method in ("GET", "HEAD") and meant != request.path_info and is_valid_path(meant):
        question = request.META.get("QUERY_STRING")
        return HttpResponseRedirect(f"{meant}?{question}" if question else meant)
    return defaults.page_not_found(request, exception)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a bad request; a session that could not be saved only looks like one."""
    reason: BaseException | None = exception
    while reason is not None:
        passing = trouble.of(reason)
        if passing is not None:
            return doorkeeper.put_off(passing)
        reason = reason.__context__
    return defaults.bad_request(request, exception)

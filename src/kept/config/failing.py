"""The last resort for a request that failed outside of its view, such as in reading its session."""

import sys

from django.http import HttpRequest, HttpResponse
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


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a bad request; a session that could not be saved only looks like one."""
    reason: BaseException | None = exception
    while reason is not None:
        passing = trouble.of(reason)
        if passing is not None:
            return doorkeeper.put_off(passing)
        reason = reason.__context__
    return defaults.bad_request(request, exception)

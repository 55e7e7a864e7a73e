"""The API's addresses; each carries its policies, by method, where `kept routes` finds them."""

import functools
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, include, path, re_path
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from kept.api import problems
from kept.api.door import CONTRACTS
from kept.api.v1 import api, missing
from kept.people.access import Policy, allow


def _shaped(view: Callable[..., HttpResponse], policies: dict[str, Policy]) -> Any:
    """Return the view of one address: a method it does not have is a problem like any other."""

    @functools.wraps(view)
    def answer(request: HttpRequest, **kw: Any) -> HttpResponse:
        response = view(request, **kw)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            return problems.respond(
                405,
                _("This address answers to %(methods)s.") % {"methods": allowed},
                headers={"Allow": allowed},
            )
        return response

    answer.policies = policies  # type: ignore[attr-defined]  # read by people.access
    return csrf_exempt(answer)


def _patterns() -> list[URLPattern]:
    by_path: dict[str, dict[str, Policy]] = {"openapi.json": {"GET": Policy.ANYONE}}
    for (method, declared), contract in CONTRACTS.items():
        address = re.sub(r"{(\w+:)?(\w+)}", r"<\1\2>", declared.lstrip("/"))
        by_path.setdefault(address, {})[method] = contract.policy
    patterns, _app, _namespace = api.urls
    shaped: dict[str, URLPattern] = {}
    for pattern in patterns:  # one for each operation; those of an address share one view
        address = str(pattern.pattern)
        if not isinstance(pattern, URLPattern) or pattern.callback is None:
            continue
        if address in by_path and address not in shaped:
            view = _shaped(pattern.callback, by_path[address])
            shaped[address] = URLPattern(pattern.pattern, view, name=pattern.name)
    return [*shaped.values()]


urlpatterns = [
    path("v1/", include((_patterns(), "api"), namespace="api")),
    re_path("^", csrf_exempt(allow(Policy.ANYONE)(missing)), name="api_missing"),
]

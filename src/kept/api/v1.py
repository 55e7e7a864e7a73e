"""The API: its resources, put together, and its description."""

from typing import Any

from django.http import HttpRequest
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from kept.api import door, keys, problems
from kept.api.resources import (
    answers,
    asks,
    charters,
    clients,
    core,
    deliveries,
    desk_figures,
    endings,
    erasures,
    extracts,
    extras,
    imports,
    invitations,
    jobs,
    last_mile,
    letters,
    lookalikes,
    numbers,
    owning,
    past,
    pauses,
    people,
    policies,
    promises,
    proposals,
    quotes,
    reasons,
    record,
    replies,
    reply_templates,
    services,
    stories,
    tokens,
    webhooks,
)

ROOT = "/api/v1/"
DESCRIPTION = """\
Everything the pages do, for scripts.

Say who you are by `Authorization: Bearer TOKEN`; `kept token` makes one. A token belongs to one
organisation and one member, and does what its scopes and the member's role allow.

Send `Idempotency-Key` with a POST, and the same request sent again does nothing twice. What you
read carries an `ETag`; send it back in `If-Match`, and a change is refused with 412 if somebody
else was there before you. Lists come in pages: send `next` as `after`.

Moments are ISO 8601 with an offset and are shown in UTC; days are YYYY-MM-DD; lengths are hours;
a chance is a number between 0 and 1, never exactly either. Errors are `application/problem+json`
with `type`, `title`, `detail` and `errors`; nothing is half done. A 503 says that the database is
busy or away for a moment: send the same again after the seconds in `Retry-After`, with the same
`Idempotency-Key`."""


class Described(NinjaAPI):
    """The API, with a description that says all that it can answer."""

    def get_openapi_schema(self, **_asked: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(path_prefix=ROOT)
        for path, operations in described["paths"].items():
            for method, operation in operations.items():
                _complete(operation, method.upper(), path)
        described["components"]["securitySchemes"] = keys.SCHEMES
        return described


def _complete(operation: dict[str, Any], method: str, path: str) -> None:
    for status, answer in operation["responses"].items():
        content = answer.get("content", {})
        if status >= 400:
            answer["description"] = str(problems.titles()[status])
            answer["content"] = {problems.MEDIA_TYPE: content["application/json"]}
        elif content and ("{" in path or method != "GET"):
            answer["headers"] = {
                "ETag": {
                    "description": "What this shows, as If-Match wants it.",
                    "schema": {"type": "string"},
                }
            }
        if status in {429, 503}:
            answer["headers"] = {
                "Retry-After": {
                    "description": "How many seconds to wait.",
                    "schema": {"type": "integer"},
                }
            }
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            parameter["description"] = "The number of the row."
            parameter["schema"] = {"type": "integer", "minimum": 1}


api = Described(
    title="kept",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_extra={"tags": []},
)
problems.handled_by(api)
for resource in (
    clients,
    extracts,
    people,
    invitations,
    services,
    jobs,
    owning,
    answers,
    quotes,
    replies,
    letters,
    promises,
    pauses,
    deliveries,
    proposals,
    reasons,
    endings,
    core,
    policies,
    asks,
    extras,
    stories,
    reply_templates,
    numbers,
    desk_figures,
    last_mile,
    charters,
    record,
    imports,
    past,
    lookalikes,
    tokens,
    webhooks,
    erasures,
):
    api.add_router("", resource.door)


def missing(_request: HttpRequest, **_kw: Any) -> Any:
    """Answer for an address that is none, under /api."""
    return problems.respond(404, problems.nothing_here())


__all__ = ["api", "door", "missing"]

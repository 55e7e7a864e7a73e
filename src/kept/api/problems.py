"""Errors as application/problem+json (RFC 9457): what happened, and which input is wrong."""

import json
import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.core import exceptions, signals
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from kept.tenancy import refusals, trouble

MEDIA_TYPE = "application/problem+json"
STATUS_OF = {"bad_input": 422, "conflict": 409, "not_found": 404, "not_allowed": 403}
#: What `type` ends with, for programs to tell problems apart.
NAMES = {
    400: "unreadable",
    401: "unknown-sender",
    403: "not-allowed",
    404: "not-found",
    405: "wrong-method",
    409: "conflict",
    412: "changed-since",
    413: "too-large",
    415: "wrong-content",
    422: "bad-input",
    429: "too-many",
    500: "crash",
    503: "later",
}
logger = logging.getLogger("kept.api")


class Refusal(Exception):
    """The door itself refuses a request, before any room is asked."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        field: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field = status, detail, field
        self.headers = dict(headers or {})


def titles() -> dict[int, str]:
    """Return what each status means, in a few words."""
    return {
        400: _("This request cannot be read"),
        401: _("Say who you are"),
        403: _("Your role or your token does not include this"),
        404: _("There is no such thing here"),
        405: _("This address does not do that"),
        409: _("It cannot be done as things are"),
        412: _("It was changed since you looked"),
        413: _("This is too large"),
        415: _("This kind of content is not read here"),
        422: _("Something in the request is wrong"),
        429: _("Too many attempts"),
        500: _("Something went wrong in kept"),
        503: _("kept cannot do it at the moment"),
    }


def respond(
    status: int,
    detail: str,
    *,
    errors: Iterable[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return a problem as a response. `errors` name a field, a row, a column where there are."""
    body = {
        "type": f"urn:kept:problem:{NAMES[status]}",
        "title": titles()[status],
        "detail": detail,
        "errors": [
            {
                "field": str(error.get("field", "")),
                "detail": str(error.get("detail", "")),
                "row": error.get("row"),
                "column": error.get("column"),
            }
            for error in errors
        ],
    }
    return HttpResponse(
        json.dumps(body), status=status, content_type=MEDIA_TYPE, headers=dict(headers or {})
    )


def of_refusal(error: Refusal) -> HttpResponse:
    """Return the door's own refusal as a response."""
    errors = [{"field": error.field, "detail": error.detail}] if error.field else []
    return respond(error.status, error.detail, errors=errors, headers=error.headers)


def of_room(error: refusals.Refused) -> HttpResponse:
    """Return a room's refusal as a response; its kind gives the status."""
    status = STATUS_OF[error.kind]
    errors = []
    if error.field or status == 422:
        errors = [
            {
                "field": error.field,
                "detail": error.sentence,
                "row": getattr(error, "row", None),
                "column": getattr(error, "column", None),
            }
        ]
    return respond(status, error.sentence, errors=errors)


def handled_by(api: NinjaAPI) -> None:
    """Make `api` answer every error as a problem."""
    for kind in (Exception, ValidationError, HttpError, Http404):
        api.add_exception_handler(kind, of_any)


def of_any(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
    """Return any error as a response."""
    match error:
        case Refusal():
            return of_refusal(error)
        case refusals.Refused():
            return of_room(error)
        case ValidationError():
            return _of_validation(error)
        case HttpError():
            return _of_parsing(error)
        case Http404() | exceptions.ObjectDoesNotExist():
            return respond(404, nothing_here())
        case exceptions.RequestDataTooBig():
            return respond(413, _("At most 10 MB are read. Nothing was saved."))
        case exceptions.BadRequest() | exceptions.SuspiciousOperation() | MultiPartParserError():
            return respond(400, _("The request cannot be read. Nothing was changed."))
    return of_crash(request, error)


def nothing_here() -> str:
    """Return what is said about something missing, and about something of another house."""
    return _("There is nothing at this address, or it is not yours to see.")


def of_crash(request: HttpRequest, error: BaseException | type[Exception]) -> HttpResponse:
    """Return what is said when the database or kept itself fails; the log has the rest."""
    passing = trouble.of(error) if isinstance(error, Exception) else None
    if passing is not None:
        logger.warning("%s %s was put off: %s", request.method, request.path, error)
        return respond(503, passing.sentence, headers={"Retry-After": str(passing.seconds)})
    logger.error(
        "%s %s failed",
        request.method,
        request.path,
        exc_info=error if isinstance(error, Exception) else None,
    )
    signals.got_request_exception.send(sender=None, request=request)
    return respond(500, _("kept made a mistake, and wrote it to its log. Nothing was changed."))


def _of_validation(error: ValidationError) -> HttpResponse:
    errors = [
        {"field": _path(item.get("loc", ())), "detail": _plainly(item)} for item in error.errors
    ]
    return respond(422, _("Nothing was changed. See errors for what to correct."), errors=errors)


def _plainly(item: Mapping[str, Any]) -> str:
    """Return what is wrong with one value, in words for people who know no patterns."""
    said: dict[str, Any] = item.get("ctx") or {}
    match str(item.get("type", "")):
        case "missing":
            return _("It is missing.")
        case "extra_forbidden":
            return _("There is no field of this name here.")
        case "finite_number":
            return _("It must be a number, and not an endless one.")
        case "greater_than":
            return _("It must be above %(bound)g.") % {"bound": said["gt"]}
        case "greater_than_equal":
            return _("It must be %(bound)g or more.") % {"bound": said["ge"]}
        case "less_than_equal":
            return _("It must be %(bound)g or less.") % {"bound": said["le"]}
        case "string_too_short" if said["min_length"] == 1:
            return _("It is empty.")
        case "string_too_long":
            return _("At most %(bound)d characters are kept.") % {"bound": said["max_length"]}
        case "string_pattern_mismatch" if "\\x00" in said.get("pattern", ""):
            return _("It is empty, or has a character in it that cannot be kept. Type it anew.")
        case "timezone_aware":
            return _("Say the offset of its clock as well, as in 2026-12-18T18:00+00:00.")
        case kind if kind.startswith(("date_", "datetime_")):
            return _("This is no day, or no moment. Write it like 2026-12-18.")
        case "value_error":
            return str(item.get("msg", "")).removeprefix("Value error, ")
    return str(item.get("msg", ""))


def _of_parsing(error: HttpError) -> HttpResponse:
    if error.status_code == 400:
        return respond(400, _("The body is not JSON. Nothing was changed."))
    return respond(error.status_code, error.message)


def _path(loc: Iterable[Any]) -> str:
    """Return where in the request a wrong value stands: stages.0.likely_hours."""
    source, *inner = [str(part) for part in loc] or [""]
    if source == "body" and len(inner) > 1:
        inner = inner[1:]  # the name of the argument that takes the body
    return ".".join(inner) or source

"""How an operation is declared, and what happens around every one of them.

An operation says who may use it; without that it cannot be declared. Around
it, in this order: who is it, may they, is the content readable, was this POST
sent before, did the row change since it was looked at. The operation itself
only translates.
"""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.decorators import decorate_view
from ninja.responses import Status

from kept import clock
from kept.api import idempotency, keys, problems
from kept.api.keys import ApiRequest
from kept.api.models import IdempotencyKey
from kept.api.problems import Refusal
from kept.api.shapes import Problem
from kept.people import access
from kept.people.access import Policy
from kept.tenancy import scope
from kept.tenancy.models import Organisation, Scoped

Function = TypeVar("Function", bound=Callable[..., Any])
Run = Callable[..., HttpResponse]

#: A file of 10 MB with its form around it.
MOST_BYTES = 11 * 1024 * 1024

#: Words an operation may name its scope by; a token carries some of them.
SCOPES = {
    "read": "read everything the member may see",
    "write": "do everything the member may do, but what needs the scope admin",
    "admin": "people, tokens and the settings of the house",
}


@dataclass(frozen=True, slots=True)
class Contract:
    """What one operation promises to whoever calls it."""

    resource: str
    method: str
    path: str
    policy: Policy
    scope: str
    status: int
    reads: str = ""
    version_of: str = ""
    versioned: bool = False
    statuses: tuple[int, ...] = ()
    rows: tuple[tuple[str, type[Scoped]], ...] = ()
    computes: bool = False

    @property
    def changes(self) -> bool:
        return self.method not in keys.SAFE


#: Every declared operation, by method and path; the list `kept routes` shows is made from it.
CONTRACTS: dict[tuple[str, str], Contract] = {}
_SHOWN: dict[str, Run] = {}


class Door(Router):
    """A resource of the API: its operations, each with a policy."""

    def __init__(self, tag: str, **rows: type[Scoped]) -> None:
        """Name the resource, and the rows that the numbers in its addresses mean."""
        super().__init__(tags=[tag])
        self.resource = tag
        self.rows = rows

    def read(
        self, path: str, policy: Policy, shows: Any, *, also: tuple[int, ...] = ()
    ) -> Callable[[Function], Function]:
        """Declare a GET."""
        return self._declare("GET", path, policy, shows, also=also)

    def add(
        self,
        path: str,
        policy: Policy,
        shows: Any,
        *,
        status: int = 201,
        reads: str = "application/json",
        version_of: str = "",
        admin: bool = False,
        computes: bool = False,
        or_shows: Mapping[int, Any] | None = None,
    ) -> Callable[[Function], Function]:
        """Declare a POST.

        Args:
            version_of: the address whose ETag an If-Match is compared to.
            computes: whether it computes first and then calls `request.begin()`, so that nobody
                waits for its forecasts.
            or_shows: what is shown with another status; the operation then returns a Status.
        """
        return self._declare(
            "POST", path, policy, shows, status=status, reads=reads,
            version_of=version_of, admin=admin, computes=computes, or_shows=or_shows,
        )  # fmt: skip

    def change(
        self, path: str, policy: Policy, shows: Any, *, admin: bool = False
    ) -> Callable[[Function], Function]:
        """Declare a PATCH: only what is sent changes."""
        return self._declare(
            "PATCH", path, policy, shows, reads="application/json", version_of=path, admin=admin
        )

    def remove(
        self, path: str, policy: Policy, *, admin: bool = False, version_of: str | None = None
    ) -> Callable[[Function], Function]:
        """Declare a DELETE."""
        return self._declare(
            "DELETE", path, policy, None, status=204, admin=admin,
            version_of=path if version_of is None else version_of,
        )  # fmt: skip

    def _declare(
        self,
        method: str,
        path: str,
        policy: Policy,
        shows: Any,
        *,
        status: int = 200,
        reads: str = "",
        version_of: str = "",
        admin: bool = False,
        also: tuple[int, ...] = (),
        computes: bool = False,
        or_shows: Mapping[int, Any] | None = None,
    ) -> Callable[[Function], Function]:
        needs = "read" if method == "GET" else "admin" if admin else "write"
        statuses = {401, 403, 422, 429, 500, 503, *also}
        statuses |= {404} if "{" in path else set()
        statuses |= {400, 413, 415} if reads else set()
        statuses |= {409} if method != "GET" else set()
        statuses |= {412} if version_of else set()
        contract = Contract(
            self.resource, method, path, policy, needs, status, reads, version_of,
            versioned=method in {"GET", "PATCH", "POST"} and ("{" in path or method != "GET"),
            statuses=tuple(sorted(statuses)),
            rows=tuple((name, row) for name, row in self.rows.items() if f":{name}}}" in path),
            computes=computes,
        )  # fmt: skip
        CONTRACTS[method, path] = contract

        def declare(function: Function) -> Function:
            summary, description = told_by(function)
            guarded = decorate_view(_door_of(contract))(_with_status(function, status))
            self.api_operation(
                [method],
                path,
                response={status: shows}
                | dict(or_shows or {})
                | dict.fromkeys(contract.statuses, Problem),
                operation_id=function.__name__,
                summary=summary,
                description=_described(description, contract),
                openapi_extra={
                    "security": [{"token": []}, {"session": []}],
                    "parameters": _headers_asked(contract),
                },
            )(guarded)
            return function

        return declare


def _with_status(function: Callable[..., Any], status: int) -> Callable[..., Any]:
    @functools.wraps(function)
    def answer(*args: Any, **kw: Any) -> Status[Any]:
        result = function(*args, **kw)
        return result if isinstance(result, Status) else Status(status, result)

    return answer


def told_by(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the first line of a docstring, and the rest."""
    first, _newline, rest = (function.__doc__ or "").strip().partition("\n")
    return first.rstrip("."), " ".join(rest.split())


def version_in(response: HttpResponse) -> str:
    """Return the ETag of what a response shows."""
    return f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'


def _described(description: str, contract: Contract) -> str:
    who = f"Needs the role {contract.policy.value} and the scope {contract.scope}."
    return f"{description} {who}".strip()


def _headers_asked(contract: Contract) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = []
    if contract.method == "POST":
        asked.append(
            {
                "in": "header",
                "name": idempotency.HEADER,
                "required": False,
                "description": "The same key sent again within a week does nothing twice and "
                "answers the same. Another request with the same key is refused with 422.",
                "schema": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": idempotency.LONGEST,
                    "pattern": "^[!-~]+$",
                },
            }
        )
    if contract.version_of:
        asked.append(
            {
                "in": "header",
                "name": "If-Match",
                "required": False,
                "description": "The ETag of what you last saw. If it has changed since, nothing "
                "is done and the answer is 412.",
                "schema": {"type": "string"},
            }
        )
    return asked


def _door_of(contract: Contract) -> Callable[[Run], Run]:
    """Return what stands around an operation."""

    def around(run: Run) -> Run:
        if contract.method == "GET":
            _SHOWN[contract.path] = run

        def answer(request: HttpRequest, **kw: Any) -> HttpResponse:
            now = clock.now()
            try:
                member = keys.who(request, scope=contract.scope, now=now)
                # Left by the doorkeeper, who looks ahead after each change.
                request.__dict__["_scope"] = scope.enter(member.organisation)
                if contract.policy.role is not None:
                    access.demand(member, contract.policy.role)
                _there(contract, kw)
                _readable(request, contract)
                asked = cast("ApiRequest", request)
                asked.member, asked.now = member, now
                response = _once(asked, contract, run, kw)
            except Exception as error:
                return problems.of_any(request, error)
            if contract.versioned and response.status_code in {200, 201}:
                response["ETag"] = version_in(response)
            response["Cache-Control"] = "no-store"
            return response

        return answer

    return around


def _there(contract: Contract, kw: Mapping[str, Any]) -> None:
    """Refuse what is not here, or another house's, before anything sent is looked at."""
    for name, row in contract.rows if contract.changes else ():
        if not row.objects.filter(pk=kw[name]).exists():
            raise Refusal(404, problems.nothing_here())


def _readable(request: HttpRequest, contract: Contract) -> None:
    """Refuse content that is too large or of another kind, before any of it is read."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > MOST_BYTES:
        raise Refusal(413, _("At most 10 MB are read. Nothing was changed."))
    sent = request.content_type or ""
    if not contract.reads or (not length and not sent):
        return
    if sent.split(";")[0].strip().lower() != contract.reads:
        raise Refusal(415, _("Send %(kind)s. Nothing was changed.") % {"kind": contract.reads})


class _Answered(Refusal):
    """The key of a request was used before; what it answered then is answered again."""


class _Guarded:
    """A request with a key or a version: its change is one transaction with what they guard."""

    def __init__(
        self, request: ApiRequest, contract: Contract, kw: Mapping[str, Any], key: str | None
    ) -> None:
        self.request, self.contract, self.kw, self.key = request, contract, kw, key
        self.used: IdempotencyKey | None = None
        self.before: HttpResponse | None = None
        self.begun = False
        self._held = contextlib.ExitStack()

    def begin(self) -> None:
        """Open the transaction, and claim the key in it."""
        self._held.enter_context(transaction.atomic())
        self.begun = True
        if self.key is not None:
            self.used, self.before = idempotency.claim(
                self.request, self.key, member=self.request.member, now=self.request.now
            )
            if self.before is not None:
                raise _Answered(409, "")
        _unchanged(self.request, self.contract, self.kw)

    def answer(self, run: Run) -> HttpResponse:
        """Run the operation; it opens the transaction itself if it computes first."""
        if self.contract.computes and self.key is not None:
            known = idempotency.known(self.request, self.key, member=self.request.member)
            if known is not None:
                return known
        with self._held:
            self.request.begin = self.begin
            if not self.contract.computes:
                try:
                    self.begin()
                except _Answered:
                    assert self.before is not None  # it is why
                    return self.before
            response = run(self.request, **self.kw)
            if self.before is not None:
                return self.before
            if self.begun and response.status_code >= 400:
                transaction.set_rollback(True)
            elif self.used is not None:
                idempotency.keep(self.used, response, now=self.request.now)
        return response


def _once(request: ApiRequest, contract: Contract, run: Run, kw: Mapping[str, Any]) -> HttpResponse:
    """Run an operation; with a key or a version, in one transaction with what they guard.

    A POST with neither runs as its verb does everywhere else: forecasts are
    computed before the lock is taken, so that nobody waits for them. One that
    says that it computes opens the transaction itself, when it has computed.
    """
    key = idempotency.key_of(request) if contract.method == "POST" else None
    request.begin = _nothing
    if not contract.changes or (
        contract.method == "POST" and key is None and "If-Match" not in request.headers
    ):
        return run(request, **kw)
    return _Guarded(request, contract, kw, key).answer(run)


def _nothing() -> None:
    """Nothing to begin: no key, and no version to guard."""


def _unchanged(request: ApiRequest, contract: Contract, kw: Mapping[str, Any]) -> None:
    """Refuse with 412 if what If-Match names is not what the address shows now."""
    wanted = request.headers.get("If-Match")
    if wanted is None or not contract.version_of:
        return
    Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
    shown = _SHOWN[contract.version_of](request, **kw)
    if shown.status_code == 404:
        raise Refusal(404, problems.nothing_here())
    if wanted.strip() != "*" and version_in(shown) not in [
        tag.strip().removeprefix("W/") for tag in wanted.split(",")
    ]:
        raise Refusal(
            412, _("Somebody changed it after you looked. Nothing was done; look again first.")
        )

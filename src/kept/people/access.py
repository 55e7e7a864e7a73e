"""Who may do what: the policy that every route declares.

A route without a policy is refused by the doorkeeper, so forgetting one
closes a door instead of leaving it open.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import gettext as _

from kept.people.models import Login, Member, Role
from kept.tenancy import refusals

View = TypeVar("View", bound=Callable[..., object])

#: The name under which a session remembers in which house somebody works.
CHOSEN = "member_id"
#: What a page answers to, unless its view says otherwise.
PAGE_METHODS = ("GET", "POST")


class Policy(StrEnum):
    """Who may use a route. Each member's role includes the ones named before it."""

    ANYONE = "anyone"
    SETUP = "setup"  # whoever holds the one-time code of the first run
    LINK = "link"  # whoever holds the secret in the address
    LOGGED_IN = "logged in"
    GUEST = "guest"
    MEMBER = "member"
    LEAD = "lead"
    OWNER = "owner"

    @property
    def role(self) -> Role | None:
        """The least role a member needs; None where no membership is needed."""
        return Role(self.value) if self.value in Role.values else None


def allow(policy: Policy) -> Callable[[View], View]:
    """Declare who may use a view."""

    def declare(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]  # functions may carry notes
        return view

    return declare


def demand(member: Member, role: Role) -> None:
    """Pass if `member`'s role includes `role`.

    Raises:
        NotAllowed: it does not.
    """
    if not member.may(role):
        raise refusals.NotAllowed(_("This needs the role “%(role)s”.") % {"role": role.label})


def working_as(login: Login, chosen: int | None) -> Member | None:
    """Return the membership in which a log-in works: the chosen one, else the first."""
    memberships = list(
        Member.everywhere.filter(login=login, left_at__isnull=True)
        .select_related("organisation")
        .order_by("pk")
    )
    for member in memberships:
        if member.pk == chosen:
            return member
    return memberships[0] if memberships else None


#: Policies of routes that libraries bring, by the name of the route.
OF_LIBRARIES: Mapping[str, Policy] = {
    "account_login": Policy.ANYONE,
    "account_logout": Policy.LOGGED_IN,
    "account_change_password": Policy.LOGGED_IN,
    "account_reauthenticate": Policy.LOGGED_IN,
}


def policy_of(view: Callable[..., object], name: str | None) -> Policy | None:
    """Return the policy that a page's view declares; None if it declares none."""
    declared: Policy | None = getattr(view, "policy", None)
    return declared if declared is not None else OF_LIBRARIES.get(name or "")


@dataclass(frozen=True, slots=True)
class Route:
    """One address and what may be done there by whom; `policy` is None where nobody said."""

    path: str
    methods: tuple[str, ...]
    policy: Policy | None
    name: str


def routes() -> Iterator[Route]:
    """Yield every route of the URLconf; an address whose methods differ comes several times."""
    yield from _routes_below(get_resolver().url_patterns, "/")


def methods_of(view: Callable[..., object]) -> tuple[str, ...]:
    """Return what a page answers to: what Django's `require_http_methods` allows, if it is there.

    The decorator keeps its list to itself, in the variables of the function it returns.
    """
    inner: Callable[..., object] | None = view
    while inner is not None:
        code = getattr(inner, "__code__", None)
        closure = getattr(inner, "__closure__", None) or ()
        for name, cell in zip(getattr(code, "co_freevars", ()), closure, strict=False):
            if name == "request_method_list":
                return tuple(sorted(cell.cell_contents))
        inner = getattr(inner, "__wrapped__", None)
    return PAGE_METHODS


def _routes_below(patterns: list[URLPattern | URLResolver], path: str) -> Iterator[Route]:
    for pattern in patterns:
        here = path + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from _routes_below(pattern.url_patterns, here)
            continue
        by_method: Mapping[str, Policy] | None = getattr(pattern.callback, "policies", None)
        name = pattern.name or ""
        if by_method is not None:
            for method, policy in by_method.items():
                yield Route(here, (method,), policy, name)
        else:
            methods = methods_of(pattern.callback)
            yield Route(here, methods, policy_of(pattern.callback, name), name)

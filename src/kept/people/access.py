"""Who may do what: the policy that every route declares.

A route without a policy is refused by the doorkeeper, so forgetting one
closes a door instead of leaving it open.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

from django.utils.translation import gettext as _

from kept.people.models import Member, Role
from kept.tenancy import refusals

View = TypeVar("View", bound=Callable[..., object])


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
        view.policy = policy  # type: ignore[attr-defined]
        return view

    return declare


def demand(member: Member, role: Role) -> None:
    """Pass if `member`'s role includes `role`.

    Raises:
        NotAllowed: it does not.
    """
    if not member.may(role):
        raise refusals.NotAllowed(_("This needs the role “%(role)s”.") % {"role": role.label})

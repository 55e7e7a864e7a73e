"""How log-ins come to be: by first run or invitation, never by signing up."""

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """Closes allauth's own sign-up."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False


def address_tried(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """Return the address that somebody tries to log in with, in one case of letters.

    The lock-out counts by address and sender; allauth calls the address
    "email" where axes looks for a user name.
    """
    said = (credentials or {}).get("email") or request.POST.get("login", "")
    return str(said).strip().lower()

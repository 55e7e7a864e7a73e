"""How log-ins come to be: by first run or invitation, never by signing up."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes allauth's own sign-up."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        return False

"""Somebody in a browser, without the test's own scope: pages must find theirs by themselves."""

import contextvars
import re
from collections.abc import Callable
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

from kept.people.models import Member
from kept.tenancy import scope


class Visitor:
    """Sends requests as a member, or as nobody."""

    def __init__(self, member: Member | None = None) -> None:
        self.client = Client()
        if member is not None:
            assert member.login is not None
            self.client.force_login(
                member.login, backend="allauth.account.auth_backends.AuthenticationBackend"
            )

    def get(self, path: str, **options: Any) -> HttpResponse:
        return self._fresh(self.client.get, path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> HttpResponse:
        return self._fresh(self.client.post, path, data or {}, **options)

    @staticmethod
    def _fresh(send: Callable[..., Any], *said: Any, **options: Any) -> HttpResponse:
        # A copy and not a new context: while a browser is driven in this thread, Django keeps
        # its connections in the context, and a new one would see another transaction.
        answer: HttpResponse = contextvars.copy_context().run(outside, send, *said, **options)
        return answer


def outside(send: Callable[..., Any], *said: Any, **options: Any) -> Any:
    """Send a request as if from nowhere: in no organisation."""
    scope._current.set(None)
    return send(*said, **options)


def text(answer: HttpResponse) -> str:
    """The words of a page, without its marks."""
    body = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def typed(answer: HttpResponse) -> set[str]:
    """What stands in the fields of a page."""
    body = answer.content.decode()
    values = re.findall(r'<input\b[^>]*\bvalue="([^"]*)"', body)
    return {unescape(value) for value in values}

"""A real mail server for tests, on this machine, that can be told to fail."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from django.test import override_settings

# The server's thread still writes when a test's own streams are closed already.
logging.getLogger("mail.log").propagate = False
logging.getLogger("mail.log").addHandler(logging.NullHandler())


class Postman:
    """Takes letters, and answers as it is told."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.receivers: list[list[str]] = []
        self.to_receiver = "250 OK"
        self.to_letter = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.to_receiver.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_receiver

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.to_letter.startswith("250"):
            letter = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
            self.letters.append(letter)
            self.receivers.append(list(envelope.rcpt_tos))
        return self.to_letter


def text_of(letter: EmailMessage) -> str:
    """Return a letter's text as its reader sees it."""
    text = letter.get_body(("plain",))
    assert text is not None
    return str(text.get_content())


def html_of(letter: EmailMessage) -> str:
    """Return what a mail program that shows pages shows of a letter."""
    page = letter.get_body(("html",))
    assert page is not None
    return str(page.get_content())


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def sending_to(port: int) -> override_settings:
    """Have kept send its mail through a port of this machine."""
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_TIMEOUT=5,
        DEFAULT_FROM_EMAIL="promises@northlight.example",
        PUBLIC_URL="https://kept.northlight.example",
    )


@contextmanager
def at_work(port: int | None = None) -> Iterator[Postman]:
    """Serve mail until the block ends, and have kept send through it."""
    postman = Postman()
    server = Controller(postman, hostname="127.0.0.1", port=port or free_port())
    server.start()
    try:
        with sending_to(server.port):
            yield postman
    finally:
        server.stop()

"""Where letters go while no mail server is set: a folder of .eml files, one for each letter."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class Folder(BaseEmailBackend):
    """Writes each letter into a file named after its Message-ID; one sent twice is one file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            content = message.message()
            file = place_of(str(content["Message-ID"]))
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            half = file.with_suffix(".half")
            # A letter may carry a client's link: only kept's own user reads it.
            descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as written:
                written.write(content.as_bytes())
            half.replace(file)
        return len(email_messages)


def is_used() -> bool:
    """Say whether letters go to the folder because no mail server is set."""
    return f"{Folder.__module__}.{Folder.__qualname__}" == settings.EMAIL_BACKEND


def place_of(message_id: str) -> Path:
    """Return the file of a letter."""
    name = re.sub(r"[^A-Za-z0-9.@-]", "", message_id).lstrip(".")
    return Path(settings.EMAIL_FILE_PATH) / f"{name}.eml"


def remove(message_id: str) -> None:
    """Remove the file of a letter, if there is one."""
    place_of(message_id).unlink(missing_ok=True)

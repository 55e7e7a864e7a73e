"""Post a small message to an address outside, and hear how it was taken: within ten seconds.

No redirect is followed: whoever moved says so, and a person types the new
address. Of the answer only its status is read.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from kept.outbox import outward
from kept.outbox.outward import Place

#: Seconds until somebody must answer the call, and until all of it must be over.
TO_CONNECT, IN_ALL = 5.0, 10.0
#: No more of an answer's head is read.
LONGEST_HEAD = 32_768


class BadAnswer(OSError):
    """What answers there does not speak HTTP, or not before the time is over."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How a message was taken."""

    status: int

    @property
    def well(self) -> bool:
        """Say whether whoever got it took it."""
        return 200 <= self.status < 300


def post(place: Place, body: bytes, headers: Mapping[str, str], *, in_all: float = IN_ALL) -> Taken:
    """Post a message to a place outside.

    Raises:
        NotReached: the place leads where kept does not go.
        OSError: nobody answers there, or not in time.
    """
    ends = time.monotonic() + in_all
    lines = [f"POST {place.path} HTTP/1.1", f"Host: {place.named}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    with outward.connect(place, within=min(TO_CONNECT, in_all)) as line:
        line.settimeout(_left(ends))
        line.sendall("\r\n".join(lines).encode("ascii") + body)
        heard = b""
        while True:
            line.settimeout(_left(ends))
            more = line.recv(4096)
            heard += more
            status, heard, whole = _status(heard)
            if whole:
                return Taken(status)
            if not more or len(heard) > LONGEST_HEAD:
                raise BadAnswer(_("What answers there does not speak HTTP."))


def _status(heard: bytes) -> tuple[int, bytes, bool]:
    """Return an answer's status once its line is whole; what only says “go on” is passed over."""
    while True:
        first, newline, _rest = heard.partition(b"\n")
        if not newline:
            return 0, heard, False
        parts = first.split(None, 2)
        if len(parts) < 2 or not parts[0].startswith(b"HTTP/1.") or not _is_status(parts[1]):
            raise BadAnswer(_("What answers there does not speak HTTP."))
        status = int(parts[1])
        if not 100 <= status < 200:
            return status, heard, True
        _head, ended, later = heard.partition(b"\r\n\r\n")
        if not ended:
            return 0, heard, False
        heard = later


def _is_status(text: bytes) -> bool:
    return len(text) == 3 and text.isdigit()


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise BadAnswer(_("No answer came within ten seconds."))
    return left

"""What stands where Apprise has the library `requests`: the same calls, made as kept goes outside.

Each address is judged, and the connection made to what was judged; certificates
are checked; no redirect is followed; a message's requests are over, all
together, within ten seconds, and no more of an answer is read than fits a
reasonable one. Whatever else that library offers is not there.
"""

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from kept.outbox import outward
from kept.outbox.posting import IN_ALL, TO_CONNECT
from kept.tenancy.refusals import Refused

#: No more of an answer is read.
LONGEST_ANSWER = 262_144
#: What is not a request: constants and faults.
_HARMLESS = frozenset({"codes", "RequestException", "ConnectionError", "Timeout", "exceptions"})


@dataclass(slots=True)
class Call:
    """The requests of one message, until when they must be over, and how each went."""

    ends: float
    outcomes: list[int | OSError] = field(default_factory=list)

    def left(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


_CALL: ContextVar[Call] = ContextVar("call")


@contextmanager
def call(*, in_all: float = IN_ALL) -> Iterator[Call]:
    """Let requests be made until the block ends; outside of one none is."""
    made = Call(time.monotonic() + in_all)
    token = _CALL.set(made)
    try:
        yield made
    finally:
        _CALL.reset(token)


class StandIn:
    """The part of `requests` that Apprise's modules use."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HARMLESS:
            raise AttributeError(name)
        return getattr(requests, name)

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Any = None,
        data: Any = None,
        json: Any = None,
        headers: Any = None,
        auth: Any = None,
        **_others: Any,
    ) -> requests.Response:
        """Make one request. What it says of time, redirects and certificates is kept's to say."""
        asked = requests.Request(
            method, url, params=params, data=data, json=json, headers=headers, auth=auth
        ).prepare()
        now = _CALL.get()
        try:
            answer = _answered(asked, now)
        except (OSError, http.client.HTTPException, Refused) as error:
            now.outcomes.append(error if isinstance(error, OSError) else OSError())
            raise requests.ConnectionError from None
        now.outcomes.append(answer.status_code)
        return answer

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.request("GET", url, **options)

    def post(self, url: str, data: Any = None, **options: Any) -> requests.Response:
        return self.request("POST", url, data=data, **options)


STAND_IN = StandIn()


def _answered(asked: requests.PreparedRequest, call: Call) -> requests.Response:
    place = outward.place_of(asked.url or "")
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body or b""
    if not isinstance(body, bytes):
        raise OSError("A message holds no file.")
    with outward.connect(place, within=min(TO_CONNECT, call.left())) as line:
        spoken = http.client.HTTPConnection(place.host, place.port)
        spoken.sock = line
        line.settimeout(call.left())
        spoken.putrequest(
            asked.method or "GET", place.path, skip_host=True, skip_accept_encoding=True
        )
        headers = {
            **asked.headers,
            "Host": place.named,
            "Accept-Encoding": "identity",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        for name, value in headers.items():
            spoken.putheader(name, value)
        spoken.endheaders(body)
        heard = http.client.HTTPResponse(_Timed(line, call), method=asked.method)  # type: ignore[arg-type]
        heard.begin()
        content = heard.read(LONGEST_ANSWER + 1)
        if len(content) > LONGEST_ANSWER:
            raise OSError("The answer is too long.")
    answer = requests.Response()
    answer.status_code, answer.reason = heard.status, heard.reason
    answer.headers = CaseInsensitiveDict(heard.getheaders())
    answer.url, answer.request = asked.url or "", asked
    answer.raw = io.BytesIO(content)
    _ = answer.content  # read now, and kept with it
    return answer


class _Timed(io.RawIOBase):
    """A connection that is read until the call must be over, however slowly it drips."""

    def __init__(self, line: socket.socket, call: Call) -> None:
        super().__init__()
        self._line, self._call = line, call

    def makefile(self, *_mode: object) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        self._line.settimeout(self._call.left())
        return self._line.recv_into(into)

"""Clients that write by HTTP while the server is killed: each request again, with its key, until
it is answered. What was answered well must be there afterwards, once.
"""

import http.client
import json
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any


class Over(Exception):
    """The run is over before the request was answered."""


@dataclass
class Acknowledged:
    """What was answered well: by what was done, the number of the row and its name."""

    rows: list[tuple[str, int, str]] = field(default_factory=list)
    tried: int = 0
    again: int = 0
    odd: list[str] = field(default_factory=list)

    def of(self, what: str) -> dict[int, str]:
        """Return what of one kind was acknowledged."""
        return {key: name for kind, key, name in self.rows if kind == what}


class Client:
    """Somebody with a token, who does not give up."""

    def __init__(self, port: int, token: str, said: Acknowledged, over: threading.Event) -> None:
        self._port, self._token, self._said, self._over = port, token, said, over
        self._number = 0
        #: Whether a request is with the server, and not answered.
        self.asks = False

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Send a request until it is answered by less than 500; return the answer.

        Raises:
            Over: it was not before the run ended.
        """
        self._number += 1
        key = f"{self._token[-8:]}-{self._number}"
        self._said.tried += 1
        while True:
            answer = self._once(path, body, key)
            if answer is not None:
                return answer
            self._said.again += 1
            if self._over.wait(0.02):
                raise Over

    def _once(self, path: str, body: Mapping[str, Any] | None, key: str) -> tuple[int, Any] | None:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
        try:
            if body is not None:
                headers["Content-Type"] = "application/json"
            text = None if body is None else json.dumps(body)
            line.connect()
            self.asks = True
            line.request("POST", f"/api/v1{path}", text, headers)
            answer = line.getresponse()
            status, content = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            self.asks = False
            line.close()
        if status >= 500:
            if status != 503:
                self._said.odd.append(f"{status} {path}: {content[:300]!r}")
            return None
        return status, json.loads(content or b"null")


def _day(days: int) -> str:
    return (datetime.now(tz=UTC) + timedelta(days=days)).date().isoformat()


SMALL = {"low_hours": 0.5, "likely_hours": 0.5, "high_hours": 0.5}


def asks(house: Mapping[str, Any], me: Client, said: Acknowledged, turn: int) -> None:
    """Record a promise, ask Ben and Ada about it, and now and then one that cannot be kept."""
    at_risk = turn % 20 == 1
    name = f"{'At risk' if at_risk else 'Recorded'} {turn}"
    due = datetime.now(tz=UTC) + timedelta(hours=3)
    when = {"due_at": due.isoformat()} if at_risk else {"due_on": _day(90)}
    status, promise = me.post(
        "/promises",
        {"what": name, "client_id": house["client"], "effort": SMALL, **when},
    )
    assert status == 201, promise
    said.rows.append(("promise", promise["id"], name))
    if at_risk:
        return
    for whom in ("ben", "ada"):
        status, alarm = me.post("/alarms", {"promise_id": promise["id"], "member_id": house[whom]})
        assert status == 201, alarm
        said.rows.append(("alarm", alarm["id"], f"{name}, {whom}"))


def knows(house: Mapping[str, Any], me: Client, said: Acknowledged, turn: int) -> None:
    """Say of every second alarm that one knows, some time after it was raised."""
    del house
    known = said.of("knows") | said.of("closed to him")
    alarms = [key for key in said.of("alarm") if key % 2 == 0 and key not in known]
    if not alarms:
        return
    status, alarm = me.post(f"/alarms/{alarms[turn % len(alarms)]}/acknowledge")
    what = "knows" if status == 200 else "closed to him"
    said.rows.append((what, alarms[turn % len(alarms)], str(alarm)))


def holds(house: Mapping[str, Any], me: Client, said: Acknowledged, turn: int) -> None:
    """Ask for a date, hold it, and record the client's yes; every third is taken back."""
    name = f"Held {turn}"
    ask = {"what": name, "client_id": house["client"], "effort": SMALL, "wanted_on": _day(60)}
    status, answer = me.post("/check", ask)
    assert status == 201, answer
    status, quote = me.post("/quotes", {"answer_id": answer["id"], "due_on": _day(60)})
    if status != 201:  # the plan moved meanwhile
        return
    said.rows.append(("quote", quote["id"], name))
    if turn % 3 == 0:
        status, quote = me.post(f"/quotes/{quote['id']}/withdraw")
        assert status == 200, quote
        said.rows.append(("withdrawn", quote["id"], name))
        return
    status, promise = me.post(f"/quotes/{quote['id']}/accept", {"word": "Yes"})
    assert status == 201, promise
    said.rows.append(("accepted", quote["id"], name))
    said.rows.append(("promise", promise["id"], name))


#: So many promises stay open: the others are taken out, so that a long run stays a small house.
OPEN = 30


def clears(house: Mapping[str, Any], me: Client, said: Acknowledged, turn: int) -> None:
    """Say of what one knows, and take the oldest promise out while more are open than a few."""
    knows(house, me, said, turn)
    out = said.of("voided")
    still = [key for key in said.of("promise") if key not in out]
    if len(still) <= OPEN:
        return
    oldest = min(still)
    status, promise = me.post(f"/promises/{oldest}/void", {"reason": "Recorded by mistake."})
    assert status == 200, promise
    said.rows.append(("voided", oldest, promise["state"]))


Act = Callable[[Mapping[str, Any], Client, Acknowledged, int], None]
#: Who does what.
WHO: tuple[tuple[str, Act], ...] = (
    ("maya", asks),
    ("ben", clears),
    ("ada", holds),
)


class Writers:
    """Clients at work, each in a thread, until they are told to stop."""

    def __init__(self, house: Mapping[str, Any], port: int, *, pause: float) -> None:
        self.said = Acknowledged()
        self.faults: list[BaseException] = []
        self._over, self._last = threading.Event(), threading.Event()
        self._clients = {
            name: Client(port, house["tokens"][name], self.said, self._over) for name, _act in WHO
        }
        self._threads = [
            threading.Thread(target=self._work, args=(house, name, act, pause), daemon=True)
            for name, act in WHO
        ]
        for thread in self._threads:
            thread.start()

    def wait_for_more(self, than: int, *, seconds: float) -> None:
        """Wait until more was answered well than so much."""
        until = time.monotonic() + seconds
        while len(self.said.rows) <= than and time.monotonic() < until:
            time.sleep(0.01)

    def are_asking(self) -> bool:
        """Say whether any of their requests is with the server."""
        return any(client.asks for client in self._clients.values())

    def _work(self, house: Mapping[str, Any], name: str, act: Act, pause: float) -> None:
        dice, me = random.Random(name), self._clients[name]
        turn = 0
        while not self._last.is_set():
            turn += 1
            try:
                act(house, me, self.said, turn)
            except Over:
                return
            except BaseException as error:
                self.faults.append(error)
                return
            time.sleep(dice.uniform(0, pause))

    def finish(self, *, seconds: float) -> None:
        """Let what was begun be answered, and no more begin."""
        self._last.set()
        for thread in self._threads:
            thread.join(timeout=seconds)
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=70)

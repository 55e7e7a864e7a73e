"""Room for ten, thirty try to hold it at once: ten hold, twenty are refused, ten yeses count.

Through a real `kept serve` over HTTP, thirty connections that all wait for the same moment. Each
round is a house of its own whose only builder is away today and has eight hours on each of the
ten working days after; thirty certain asks of eight hours (8-8-8) want the end of the tenth day.

TRUST_ROUNDS sets how often.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from datetime import time as hour
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from tests import cast
from trust.test_kills import let_go

from kept import clock, zones
from kept.clients import keeping
from kept.ledger import chain
from kept.people import days, founding, staff, tokens
from kept.people.models import Member
from kept.promises.models import Promise
from kept.quotes.models import Quote
from kept.tenancy import scope
from kept.tenancy.models import Organisation

ROUNDS = int(os.environ.get("TRUST_ROUNDS", "100"))
ROOM, TRIES = 10, 30
KEPT = str(Path(sys.executable).parent / "kept")


@dataclass(frozen=True)
class House:
    """A house with room for ten asks, and the token of who asks."""

    organisation: Organisation
    token: str
    client: int
    due_on: date


@dataclass(frozen=True)
class Answer:
    """What the server said, and how long it took."""

    status: int
    said: Any
    seconds: float


def found(number: int) -> House:
    """Found the house of a round."""
    now = clock.now()
    login = cast._login(f"owner{number}@room.example")
    owner = founding.found(
        name=f"Room {number}",
        zone=cast.ZONE,
        owner="Ada",
        login=login,
        now=now,
        day_ends_at=hour(19),  # an hour after work ends, so that the tenth is not a close thing
    )
    house = owner.organisation
    with scope.acting_in(house):
        doing = {"by": owner, "now": now}
        Member.objects.filter(pk=owner.pk).update(does_work=False)
        owner.refresh_from_db()
        staff.change_house(house, usable_share=1.0, **doing)
        builder = staff.add_member(name="Dev", **doing)
        today = zones.day_of(now, cast.ZONE)
        staff.add_absence(builder, today, today, **doing)
        ahead = [
            day
            for day in days.working_days(house, today, today + timedelta(days=30))
            if day > today
        ]
        client = keeping.add_client(name="Harbour Clinic", **doing)
        _token, secret = tokens.make(owner, scopes=["read", "write"], **doing)
    return House(house, secret, client.pk, ahead[ROOM - 1])


class Server:
    """A served kept, and how to send it something."""

    def __init__(self, port: int) -> None:
        self.port = port

    def post(self, house: House, path: str, body: Any, *, ready: threading.Barrier) -> Answer:
        """Connect, wait for the others, send, and read the answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        line.connect()
        ready.wait()
        began = time.perf_counter()
        line.request(
            "POST",
            f"/api/v1{path}",
            json.dumps(body),
            {"Authorization": f"Bearer {house.token}", "Content-Type": "application/json"},
        )
        answer = line.getresponse()
        said = json.loads(answer.read() or b"null")
        line.close()
        return Answer(answer.status, said, time.perf_counter() - began)

    def at_once(self, house: House, sent: list[tuple[str, Any]]) -> list[Answer]:
        """Send requests in the same moment, each over a connection of its own."""
        ready = threading.Barrier(len(sent))
        with ThreadPoolExecutor(len(sent)) as pool:
            return list(pool.map(lambda one: self.post(house, *one, ready=ready), sent))

    def one_by_one(self, house: House, sent: list[tuple[str, Any]]) -> list[Answer]:
        """Send requests one after the other."""
        return [self.post(house, *one, ready=threading.Barrier(1)) for one in sent]


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Callable[[], Server]]:
    """Start `kept serve` on the test's database, once the test has written what it needs."""
    running: list[subprocess.Popen[bytes]] = []
    log = tmp_path / "server.log"

    def start() -> Server:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        let_go()
        environment = os.environ | {
            "DATABASE_URL": _address(),
            "DJANGO_SETTINGS_MODULE": "kept.config.settings",
            "KEPT_SECRET_KEY": settings.SECRET_KEY,
            "KEPT_FUTURES": "50",  # nothing here is left to luck
            "KEPT_LOG_LEVEL": "ERROR",
        }
        command = [KEPT, "serve", "--port", str(port)]
        with log.open("wb") as file:
            running.append(subprocess.Popen(command, env=environment, stdout=file, stderr=file))
        for _try in range(300):
            time.sleep(0.1)
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    return Server(port)
        return pytest.fail(f"kept did not start: {log.read_text()}")

    yield start
    for server in running:
        server.send_signal(signal.SIGTERM)
        server.wait(60)


def _address() -> str:
    """Return the address of the test's own database."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    who = f"{quote(known['USER'])}:{quote(known['PASSWORD'])}"
    return f"postgres://{who}@{known['HOST']}:{known['PORT']}/{known['NAME']}"


def one_round(server: Server, house: House) -> dict[str, list[Answer]]:
    """Ask thirty times, try to hold all answers at once, and accept what was held at once."""
    ask = {
        "what": "Landing page",
        "client_id": house.client,
        "effort": {"low_hours": 8, "likely_hours": 8, "high_hours": 8},
        "wanted_on": house.due_on.isoformat(),
    }
    asked = server.one_by_one(house, [("/check", ask)] * TRIES)
    assert {answer.status for answer in asked} == {201}, asked[-1]
    due_on = house.due_on.isoformat()
    held = server.at_once(
        house, [("/quotes", {"answer_id": a.said["id"], "due_on": due_on}) for a in asked]
    )
    accepted = server.at_once(
        house,
        [(f"/quotes/{a.said['id']}/accept", {"word": "Yes"}) for a in held if a.status == 201],
    )
    return {"asked": asked, "held": held, "accepted": accepted}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_room_for_ten_is_sold_ten_times_over_http(serving: Callable[[], Server]) -> None:
    houses = [found(number) for number in range(ROUNDS)]
    server = serving()
    statuses: dict[str, Counter[int]] = {"held": Counter(), "accepted": Counter()}
    longest = dict.fromkeys(statuses, 0.0)
    wrong = []
    for number, house in enumerate(houses):
        answers = one_round(server, house)
        for what, counted in statuses.items():
            counted.update(answer.status for answer in answers[what])
            longest[what] = max([longest[what], *(a.seconds for a in answers[what])])
        held = Counter(answer.status for answer in answers["held"])
        accepted = Counter(answer.status for answer in answers["accepted"])
        if (held, accepted) != ({201: ROOM, 409: TRIES - ROOM}, {201: ROOM}):
            wrong.append((number, dict(held), dict(accepted)))
    print(
        f"\n{connection.vendor}: {ROUNDS} rounds; holds {dict(statuses['held'])}, "
        f"yeses {dict(statuses['accepted'])}; longest {longest['held']:.2f} s to hold, "
        f"{longest['accepted']:.2f} s to accept; rounds that went wrong: {len(wrong)}"
    )
    assert wrong == []
    for house in houses:
        with scope.acting_in(house.organisation):
            assert Promise.objects.filter(state__in=Promise.OPEN).count() == ROOM
            assert Quote.objects.filter(state=Quote.State.ACCEPTED).count() == ROOM
            assert list(chain.faults()) == []

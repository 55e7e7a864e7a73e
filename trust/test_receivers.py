"""One bad receiver, and how long others wait for it: by mail and by webhook, on the real clock.

A mail server takes letters but hangs for a minute over each to one domain, as one does that asks
there first; and a webhook's receiver hangs. Letters to other domains and another webhook's messages
are written behind them.
"""

import asyncio
import time
from datetime import datetime
from threading import Event
from typing import Any

import pytest
from django.db import connection
from tests import cast
from tests.last_mile.conftest import accepted, ana, give, promise
from tests.outbox import postman
from tests.outbox.postman import Postman
from tests.outbox.receiver import receiving
from tests.outbox.test_lanes import keeping_running

from kept import clock
from kept.clients import keeping as clients
from kept.last_mile import raising, rounds
from kept.last_mile.webhooks import keeping, telling
from kept.outbox import letters
from kept.promises.models import Promise

__all__ = ["accepted", "ana", "give", "promise"]

EACH = 20
#: Importing the rounds makes webhooks known to the outbox.
assert rounds.WORKS_FOR


class Slow(Postman):
    """Hangs over receivers at slow.example."""

    def __init__(self) -> None:
        super().__init__()
        self.came_at: dict[str, float] = {}

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.endswith("@slow.example"):
            await asyncio.sleep(60)
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        said = await super().handle_DATA(server, session, envelope)
        self.came_at[str(envelope.rcpt_tos[0])] = time.monotonic()
        return said


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_one_bad_receiver_delays_others_by_at_most_five_seconds(
    northlight: cast.House,
    accepted: Promise,
    now: datetime,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postman, "Postman", Slow)
    house = northlight
    with postman.at_work() as mail, receiving() as bad, receiving() as good:
        assert isinstance(mail, Slow)
        settings.EMAIL_TIMEOUT = 20
        bad.answers = "hang"
        for hook in (bad, good):
            keeping.add(hook.url, ["alarm"], by=house.ada, now=now)
        for place in ("slow.example", *(f"good{n}.example" for n in range(3))):
            for number in range(EACH):
                who = clients.add_contact(
                    house.clients["Harbour Clinic"],
                    name=f"Reader {number}",
                    email=f"reader{number}@{place}",
                    by=house.ada,
                    now=now,
                )
                letters.write(
                    to=who, subject="News", body="Hello", about=who, by=None, now=clock.now()
                )
        raising.ask(accepted, house.ben, by=house.maya, now=clock.now())
        telling.tell(now=clock.now())
        began = time.monotonic()
        with keeping_running_now():
            while time.monotonic() - began < 30:
                done = [key for key in mail.came_at if "good" in key]
                if len(done) == 3 * EACH and len(good.heard) == 2:
                    break
                Event().wait(0.05)
            took = time.monotonic() - began
            bad.ended.set()
    print(
        f"\n{connection.vendor}: {len(done)} letters to other domains and {len(good.heard)} "
        f"messages came within {took:.1f} s, while one domain and one webhook hung"
    )
    assert (len(done), len(good.heard)) == (3 * EACH, 2)
    # The sixty letters themselves take a while, one after the other for each domain.
    assert took <= 5


def keeping_running_now() -> Any:
    return keeping_running(clock.now())

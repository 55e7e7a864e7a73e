"""Sara Nunes of Harbour Clinic, with a link, and what Northlight offers and promises her."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from tests import cast
from tests.quotes.test_checking import certain
from tests.web.visiting import Visitor

from kept.clients import keeping, links
from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Job
from kept.promises import recording
from kept.promises.models import Promise
from kept.quotes import checking, offering
from kept.quotes.models import Quote


def end_of(day: int, month: int = 12) -> datetime:
    """The end of a working day in Lisbon, 18:00."""
    return datetime(2026, month, day, 18, tzinfo=UTC)


@dataclass
class Sara:
    """A contact with a browser that knows nothing but her link."""

    contact: Contact
    token: str
    browser: Visitor

    def get(self, **said: str) -> HttpResponse:
        return self.browser.get(f"/p/{self.token}/", data=said)

    def post(self, what: str, **said: Any) -> HttpResponse:
        return self.browser.post(f"/p/{self.token}/{what}", said)


@pytest.fixture
def present(now: datetime) -> Any:
    """Let every door see the tests' present moment."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


Known = Callable[[cast.House, str], Contact]


def known(house: cast.House, name: str, now: datetime) -> Contact:
    """Make somebody of Harbour Clinic known to a house."""
    return keeping.add_contact(
        house.clients["Harbour Clinic"],
        name=name,
        email=f"{name.split(maxsplit=1)[0].lower()}@clinic.example",
        by=next(iter(house.people.values())),
        now=now,
    )


@pytest.fixture
def sara(one_builder: cast.House, now: datetime, present: Any) -> Sara:
    contact = known(one_builder, "Sara Nunes", now)
    link = links.live_for(contact, by=one_builder.ben, now=now)
    return Sara(contact, links.token_of(link), Visitor())


def held(house: cast.House, now: datetime, *, what: str = "Landing page", day: int = 10) -> Quote:
    """Hold a date for Harbour Clinic."""
    checked = checking.check(
        what=what,
        client=house.clients["Harbour Clinic"],
        stages=certain(8),
        by=house.ben,
        now=now,
    )
    assert checked.answer is not None
    return offering.hold(answer=checked.answer, due_at=end_of(day), by=house.ben, now=now)


def offered(
    house: cast.House, contact: Contact, now: datetime, *, what: str = "Landing page", day: int = 10
) -> Quote:
    """Offer Harbour Clinic a date by link; a lead signs that nobody was asked."""
    quote = held(house, now, what=what, day=day)
    making.add_condition(quote.job, "the page answers on a phone", by=house.ben, now=now)
    return offering.offer(
        quote=quote, contact=contact, gap_reason="They wait.", by=house.ben, now=now
    )


def promised(
    house: cast.House,
    contact: Contact | None,
    now: datetime,
    *,
    what: str = "Online booking",
    due_at: datetime | None = None,
    lines: Sequence[str] = ("hours are right",),
) -> Promise:
    """Promise Harbour Clinic something of eight hours, to be read by a contact."""
    job = making.make(
        title=what,
        client=house.clients["Harbour Clinic"],
        stages=certain(8),
        state=Job.State.OPEN,
        by=house.ben,
        now=now,
    )
    for line in lines:
        making.add_condition(job, line, by=house.ben, now=now)
    return recording.give(
        job=job,
        client=house.clients["Harbour Clinic"],
        contact=contact,
        due_at=due_at or end_of(18),
        zone=cast.ZONE,
        origin=Promise.Origin.LOOSE,
        by=house.ben,
        now=now,
    )

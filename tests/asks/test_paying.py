"""Do extras pay? Each client counts once, counts come first, and doubt is shown."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from tests import cast

from kept.asks import extras, paying, referring
from kept.asks.models import Reaction
from kept.clients import keeping
from kept.clients.models import Client
from kept.promises import delivering, recording
from kept.promises.models import Delivery, Promise

YEAR = timedelta(days=365)


def delivered(house: cast.House, client: Client, at: datetime) -> Promise:
    promise = recording.loose(
        client=client, what="A page", due_at=at + timedelta(days=9), day_only=True,
        by=house.ben, now=at,
    )  # fmt: skip
    delivering.deliver(promise, by=house.ben, now=at + timedelta(days=1))
    delivering.accept(
        Delivery.objects.latest("pk"), by=house.ben, now=at + timedelta(days=2), word="Thanks"
    )
    return promise


def gave(house: cast.House, client: Client, at: datetime) -> None:
    extras.record(
        client=client, title="A gift", hours=Decimal(2), money=Decimal(50), by=house.ben, now=at
    )


def named(house: cast.House, name: str, now: datetime) -> Client:
    return keeping.add_client(name=name, by=house.ben, now=now)


def test_what_clients_did_in_the_half_year_after(northlight: cast.House, now: datetime) -> None:
    """Two were given something, one of them came back; of two others one did, too late."""
    house, then = northlight, now - YEAR
    came, stayed, late, never = (named(house, name, then) for name in ("A", "B", "C", "D"))
    for client in (came, stayed, late, never):
        delivered(house, client, then)
    for client in (came, stayed):
        gave(house, client, then + timedelta(days=5))
    delivered(house, came, then + timedelta(days=60))
    delivered(house, came, then + timedelta(days=90))
    delivered(house, late, then + timedelta(days=230))
    sent = keeping.add_client(name="E", prospect=True, by=house.ben, now=then)
    referring.record(
        referrer=came, client=sent, told_on=(then + timedelta(days=80)).date(),
        by=house.ben, now=now,
    )  # fmt: skip
    found = paying.paying(now=now)
    assert found.given == paying.Group(2, 1, 1, 0, Decimal(0))
    assert found.without == paying.Group(2, 0, 0, 0, Decimal(0))
    assert (found.hours, found.money, found.difference) == (Decimal(4), Decimal(100), None)
    assert [line.replace("\xa0", " ") for line in paying.told(found).lines()] == [
        "Clients given something: came back 1 of 2, sent somebody 1 of 2, accepted —.",
        "Clients given nothing: came back 0 of 2, sent somebody 0 of 2, accepted —.",
        "What was given: 4 h, € 100.",
        "Too early to judge: it takes 20 clients of each.",
        "What went together, never what caused what: whom we like, we give to.",
    ]


def test_a_gift_of_last_month_has_no_half_year_behind_it(
    northlight: cast.House, now: datetime
) -> None:
    clinic = northlight.clients["Harbour Clinic"]
    delivered(northlight, clinic, now - YEAR)
    gave(northlight, clinic, now - timedelta(days=30))
    found = paying.paying(now=now)
    assert (found.given.clients, found.without.clients) == (0, 1)


@pytest.mark.parametrize(
    ("back", "clear", "verdict"),
    [
        (18, True, "came back +30 to +77 points more often (95 % interval)."),
        (8, False, "came back -13 to +40 points more often: that may as well be nothing."),
    ],
)
def test_from_twenty_clients_of_each_the_difference_is_said_with_its_doubt(
    northlight: cast.House, now: datetime, back: int, clear: bool, verdict: str
) -> None:
    given = paying.Group(20, back, 0, 0, Decimal(0))
    without = paying.Group(20, 6 if clear else 5, 0, 0, Decimal(0))
    found = paying.Paying(
        given=given, without=without, hours=Decimal(1), money=Decimal(1),
        difference=paying.calibration.difference(back, 20, without.back, 20),
        extras=paying.Felt(3, 2), promises=paying.Felt(0, 0),
    )  # fmt: skip
    assert found.clear is clear
    told = paying.told(found)
    assert verdict in told.verdict.replace("\xa0", " ")
    assert told.felt == ["Extras: 2 of 3 who answered were delighted."]
    assert not Reaction.objects.exists()

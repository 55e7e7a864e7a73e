"""What is paid by the month recurs, once they said yes to the first one: with one click."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from tests import cast
from tests.asks.whole import faults

from kept.asks import answering, creep, extras, receiving, retainers
from kept.asks.answering import Saying
from kept.asks.models import Creep
from kept.clients import core as cores
from kept.clients import keeping
from kept.clients.models import Client
from kept.promises import occurring
from kept.promises.models import StandingPromise
from kept.quotes import accepting, offering
from kept.tenancy import refusals


@pytest.fixture
def clinic(one_builder: cast.House, now: datetime) -> Client:
    found = one_builder.clients["Harbour Clinic"]
    cores.say(found, "hot", by=one_builder.ben, now=now)
    return found


def priced(
    house: cast.House, client: Client, now: datetime, *, hours: str = "2", by_month: bool = True
) -> Creep:
    """Three pages in 60 days, and now they are paid."""
    for days in (60, 30, 0):
        extras.record(
            client=client, title="A page", hours=Decimal(hours), money=Decimal(480),
            kind="One more page", given_on=(now - timedelta(days=days)).date(), by=house.ben,
            now=now,
        )  # fmt: skip
    (crept,) = creep.watch(now=now)
    return creep.decide(
        client, crept.kind, decided="priced", price=Decimal(600), by_month=by_month,
        by=house.ben, now=now,
    )  # fmt: skip


def test_the_months_after_the_first_are_promised_once_they_said_yes_to_it(
    one_builder: cast.House, clinic: Client, now: datetime
) -> None:
    """The first is due on Friday the 4th, 18:00; so is each one after."""
    house = one_builder
    row = priced(house, clinic, now)
    assert row.draft is not None
    assert retainers.offered(row, now=now) is None
    with pytest.raises(retainers.NotAgreed) as refused:
        retainers.promise(row, by=house.dev, now=now)
    assert refused.value.sentence == (
        "Harbour Clinic has not said yes to the first month. Nothing was promised."
    )
    receiving.judge(row.draft, sincere="yes", by=house.ben, now=now)
    due = datetime(2026, 12, 4, 18, tzinfo=UTC)
    answering.answer(row.draft, Saying("paid_yes", due_at=due), by=house.ben, now=now)
    row = Creep.objects.get()
    assert row.draft is not None
    assert retainers.offered(row, now=now) is None  # offered, not accepted
    assert row.draft.quote is not None
    sara = keeping.add_contact(
        clinic, name="Sara Nunes", email="sara@clinic.example", by=house.ben, now=now
    )
    quote = offering.offer(
        quote=row.draft.quote, contact=sara, gap_reason="They wait.", by=house.ben, now=now
    )
    accepting.accept(quote=quote, by=house.ben, now=now)
    row = Creep.objects.get()
    assert retainers.offered(row, now=now) == retainers.Months(
        what="One more page",
        day=4,
        due_time=time(18),
        starts_on=date(2026, 12, 5),
        service=None,
        owner=house.ben,
        contact=sara,
    )
    made = retainers.promise(row, by=house.dev, now=now)
    assert (made.client, made.what, made.rule, made.owner, made.contact) == (
        clinic,
        "One more page",
        "FREQ=MONTHLY;BYMONTHDAY=4",
        house.ben,
        sara,
    )
    assert made.occurrences.earliest("due_at").due_at == datetime(2027, 1, 4, 18, tzinfo=UTC)
    row = Creep.objects.get()
    assert retainers.offered(row, now=now) is None
    with pytest.raises(retainers.RecursAlready):
        retainers.promise(row, by=house.dev, now=now)
    occurring.end(made, by=house.ben, now=now)
    keeping.change_contact(sara, archived=True, by=house.ben, now=now)
    again = retainers.promise(Creep.objects.get(), by=house.dev, now=now)
    assert again.contact is None, "whoever was archived reads nothing new"
    assert faults() == []


def test_a_first_month_due_on_a_day_that_not_every_month_has_recurs_on_the_last(
    one_builder: cast.House,
) -> None:
    months = retainers.Months("Page", 29, time(18), date(2027, 1, 30), None, None)
    assert (months.rule, months.said) == (
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "on the last day of every month by 18:00",
    )


def test_a_retainer_without_work_of_ours_recurs_after_the_paid_yes(
    northlight: cast.House, now: datetime
) -> None:
    """Nothing is held, so there is no offer to accept."""
    house, client = northlight, northlight.clients["Harbour Clinic"]
    row = priced(house, client, now, hours="0")
    assert row.draft is not None
    answering.answer(row.draft, Saying("paid_yes"), by=house.ben, now=now)
    made = retainers.promise(Creep.objects.get(), by=house.ben, now=now)
    assert (made.rule, made.starts_on, made.due_time) == (
        "FREQ=MONTHLY;BYMONTHDAY=2",
        date(2026, 12, 3),
        time(15, 10),
    )
    assert faults() == []


def test_what_is_paid_each_does_not_recur(northlight: cast.House, now: datetime) -> None:
    row = priced(northlight, northlight.clients["Harbour Clinic"], now, by_month=False)
    assert retainers.offered(row, now=now) is None
    with pytest.raises(refusals.Refused, match="It is paid each, not by the month"):
        retainers.promise(row, by=northlight.ben, now=now)
    assert not StandingPromise.objects.exists()

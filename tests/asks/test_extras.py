"""The extras ledger: to the cent, against a budget, and never an excuse."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast
from tests.asks.whole import faults

from kept.asks import answering, creep, extras, figures, gates, receiving
from kept.asks.answering import Saying
from kept.asks.models import Ask, AskKind, Extra
from kept.clients import catalogue
from kept.clients import core as cores
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client
from kept.promises import delivering, judging, recording
from kept.promises.models import Delivery
from kept.record import page as reading
from kept.tenancy import refusals

YEAR = {"first_on": date(2026, 1, 1), "last_on": date(2026, 12, 31)}


@pytest.fixture
def clinic(northlight: cast.House) -> Client:
    return northlight.clients["Harbour Clinic"]


def free(house: cast.House, client: Client, at: datetime, **said: Any) -> Extra:
    """Ask for one more page, and get it once: 2 h, worth € 480."""
    options = {"title": "A page", "kind": "One more page", "sort": "extra", **said}
    ask = receiving.receive(client=client, by=house.ben, now=at, **options)
    receiving.judge(ask, sincere="yes", by=house.ben, now=at)
    answering.answer(
        ask,
        Saying("yes_once", hours=Decimal(2), worth=Decimal(480), override_reason="For the journey"),
        by=house.ben,
        now=at,
    )
    return Extra.objects.get(ask=ask)


def test_the_ledger_adds_up_to_the_cent_and_shows_who_is_over(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    """A third of 0.1 in binary would not; each row is added up again here, one by one."""
    house, bakery = northlight, northlight.clients["Pete's Bakery"]
    given_to = [
        (clinic, "0.10", "0.10"),
        (clinic, "0.20", "33.33"),
        (clinic, "11.70", "999.99"),
        (bakery, "1.05", "0.01"),
        (None, "0", "24"),
    ]
    for client, hours, money in given_to:
        extras.record(
            client=client, title="More", hours=Decimal(hours), money=Decimal(money),
            by=house.ben, now=now,
        )  # fmt: skip
    void = extras.record(client=clinic, title="Twice", hours=Decimal(9), by=house.ben, now=now)
    extras.void(void, reason="Written down twice", by=house.ben, now=now)
    extras.set_budget(clinic, hours=Decimal(11), by=house.ben, now=now, **YEAR)
    book = extras.ledger(**YEAR)
    assert [(one.client, one.count, one.hours, one.money, one.over) for one in book.clients] == [
        (clinic, 3, Decimal("12.00"), Decimal("1033.42"), True),
        (bakery, 1, Decimal("1.05"), Decimal("0.01"), False),
        (None, 1, Decimal("0.00"), Decimal("24.00"), False),
    ]
    plain = list(Extra.objects.filter(state="given"))
    assert (book.count, book.hours, book.money) == (
        len(plain),
        sum(row.hours for row in plain),
        sum(row.money for row in plain),
    )
    assert faults() == []


def test_a_budget_is_measured_by_what_was_given_in_its_own_days(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    """Nine hours in spring, one of the autumn's two: nothing is over."""
    house, autumn = northlight, date(2026, 9, 1)
    for hours, day in ((9, date(2026, 4, 1)), (1, date(2026, 11, 2))):
        extras.record(
            client=clinic, title="More", hours=Decimal(hours), given_on=day, by=house.ben, now=now
        )
    extras.set_budget(
        clinic, first_on=autumn, last_on=date(2026, 12, 31), hours=Decimal(2), by=house.ben, now=now
    )
    (one,) = extras.ledger(**YEAR).clients
    assert (one.hours, one.over) == (Decimal(10), False)


def test_a_budget_is_one_for_each_day(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    house = northlight
    earlier = extras.set_budget(clinic, hours=Decimal(11), by=house.ben, now=now, **YEAR)
    again = extras.set_budget(clinic, hours=Decimal(12), by=house.ben, now=now, **YEAR)
    assert (again.pk, again.hours) == (earlier.pk, Decimal(12))
    for first, last, hours, field in (
        (date(2026, 6, 1), date(2027, 5, 31), Decimal(1), "first_on"),
        (date(2028, 6, 1), date(2027, 5, 31), Decimal(1), "last_on"),
        (date(2028, 6, 1), date(2028, 7, 1), None, "hours"),
    ):
        with pytest.raises(refusals.Refused) as refused:
            extras.set_budget(
                clinic, first_on=first, last_on=last, hours=hours, by=house.ben, now=now
            )
        assert refused.value.field == field
    with pytest.raises(refusals.NotAllowed):
        extras.set_budget(clinic, hours=Decimal(1), by=house.dev, now=now, **YEAR)


@pytest.mark.django_db
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 5000)), min_size=1, max_size=6))
def test_no_extra_ever_touches_a_miss(
    northlight: cast.House, clinic: Client, now: datetime, gifts: list[tuple[int, int]]
) -> None:
    """A promise kept late stays late, and every rate stays, whatever is given afterwards."""
    house = northlight
    promise = recording.loose(
        what=f"Late {recording.Promise.objects.count()}",
        client=clinic,
        due_at=now + timedelta(days=3),
        day_only=False,
        by=house.ben,
        now=now,
    )
    late = now + timedelta(days=4)
    delivery = delivering.deliver(promise, by=house.ben, now=late)
    delivering.accept(delivery, by=house.ben, now=late)
    promise.refresh_from_db()

    def judged() -> tuple[str, str, int]:
        life = judging.life_of(promise)
        return (
            judging.by_first_terms(life, now=late).word,
            judging.by_last_terms(life, now=late).word,
            Delivery.objects.count(),
        )

    before, account = judged(), reading.account(clinic, now=late)
    assert before[:2] == ("late", "late")
    for hours, money in gifts:
        extras.record(
            client=clinic, title="A gift", hours=Decimal(hours), money=Decimal(money),
            by=house.ben, now=late,
        )  # fmt: skip
    assert judged() == before
    assert reading.account(clinic, now=late) == account


def test_time_over_what_was_sold_asks_whether_it_was_an_extra(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    """Sold as 4 h, worked 10: six over. A person says what it was, once."""
    house = northlight
    promise = recording.loose(
        what="Form", client=clinic, due_at=now + timedelta(days=3), day_only=False,
        by=house.ben, now=now,
    )  # fmt: skip
    stage = promise.job.stages.get()
    stage.spent_hours = 10
    stage.save()
    assert extras.suggestions(now=now) == []
    delivering.deliver(promise, by=house.ben, now=now + timedelta(days=1))
    found = extras.suggestions(now=now + timedelta(days=1))
    assert [(one.job, one.over_hours) for one in found] == [(promise.job, 6.0)]
    extra = extras.confirm(
        promise.job, title="A second form", hours=Decimal(6), by=house.ben, now=now
    )
    assert (extra.found_in, extra.hours) == (promise.job, Decimal(6))
    assert extras.suggestions(now=now + timedelta(days=1)) == []
    with pytest.raises(extras.JudgedAlready):
        extras.dismiss(promise.job, by=house.ben, now=now)


def test_time_found_over_what_was_sold_counts_among_its_kind(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    """Two pages were given; the third was done without a word, in the hours of a form."""
    house, later = northlight, now + timedelta(days=1)
    for weeks in (8, 4):
        free(house, clinic, now - timedelta(weeks=weeks))
    promise = recording.loose(
        what="Form", client=clinic, due_at=now + timedelta(days=3), day_only=False,
        by=house.ben, now=now,
    )  # fmt: skip
    stage = promise.job.stages.get()
    stage.spent_hours = 10
    stage.save()
    delivering.deliver(promise, by=house.ben, now=later)
    assert creep.watch(now=later) == []
    extra = extras.confirm(
        promise.job, kind="One more page", money=Decimal(480), by=house.ben, now=later
    )
    assert (extra.title, extra.hours, extra.found_in) == ("Form", Decimal(6), promise.job)
    (crept,) = creep.watch(now=later)
    assert (crept.kind.name, crept.count, crept.gifts[-1], crept.money) == (
        "One more page",
        3,
        extra,
        Decimal(1440),
    )


def test_work_that_took_no_more_than_was_sold_holds_no_extra(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    promise = recording.loose(
        what="Form", client=clinic, due_at=now + timedelta(days=3), day_only=False,
        by=northlight.ben, now=now,
    )  # fmt: skip
    with pytest.raises(refusals.Refused, match="Say what it cost"):
        extras.confirm(promise.job, by=northlight.ben, now=now)


def test_the_third_of_its_kind_is_flagged_then_priced(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    house = northlight
    for weeks in (8, 4):
        free(house, clinic, now - timedelta(weeks=weeks))
    assert creep.watch(now=now) == []
    free(house, clinic, now)
    (crept,) = creep.watch(now=now)
    assert (crept.client, crept.kind.name, crept.count, crept.hours, crept.money) == (
        clinic,
        "One more page",
        3,
        Decimal(6),
        Decimal(1440),
    )
    assert (crept.expected, crept.usual_price) == (False, Decimal(480))
    kind = crept.kind
    with pytest.raises(refusals.NotAllowed):
        creep.decide(clinic, kind, decided="priced", price=Decimal(480), by=house.dev, now=now)
    for price, field in ((None, "price"), (Decimal("0.001"), "price"), (Decimal("1e30"), "price")):
        with pytest.raises(refusals.Refused) as refused:
            creep.decide(clinic, kind, decided="priced", price=price, by=house.ben, now=now)
        assert refused.value.field == field
    row = creep.decide(clinic, kind, decided="priced", price=Decimal(450), by=house.ben, now=now)
    assert row.words.replace("\N{NO-BREAK SPACE}", " ") == (
        "One more page: € 450 each. Given free 3 times since 7 Oct, worth € 1,440."
    )
    assert row.evidence.count() == 3
    draft = row.draft
    assert draft is not None
    assert (draft.sort, draft.kind, draft.likely_hours, draft.state) == ("change", kind, 2, "open")
    tests = gates.read(draft, by=house.ben, now=now)
    assert (tests.cost_money, gates.suggested(tests)) == (450, "paid_yes")
    letter = creep.offer(row, by=house.ben, now=now)
    assert letter.body.replace("\N{NO-BREAK SPACE}", " ") == (
        "Hello,\n\nwe have gladly given you “One more page” 3 times since Wed 7 Oct, worth "
        "€ 1,440. From now on it is € 450 each.\n\nSay yes here and we begin:\n{link}\n\n"
        "Ben, Northlight"
    )
    assert creep.watch(now=now) == []
    with pytest.raises(creep.NothingCrept):
        creep.decide(clinic, kind, decided="retired", by=house.ben, now=now)
    creep.reopen(row, by=house.ben, now=now)
    assert len(creep.watch(now=now)) == 1
    assert faults() == []


def test_what_was_given_without_an_ask_counts_too(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    """Two pages written down afterwards, and one asked for: the third is no gift any more."""
    house = northlight
    for days in (100, 40, 20):
        extras.record(
            client=clinic, title="A page, while we were at it", hours=Decimal(3),
            money=Decimal(480), kind="One more page", given_on=(now - timedelta(days=days)).date(),
            by=house.ben, now=now,
        )  # fmt: skip
    ask = receiving.receive(
        client=clinic, title="A page", kind="one more page", sort="extra", by=house.ben, now=now
    )
    rare = gates.how_rare(ask)
    assert (rare.rarity, rare.of_kind) == ("repeated", 3)
    assert creep.watch(now=now) == []
    receiving.judge(ask, sincere="yes", by=house.ben, now=now)
    answering.answer(ask, Saying("yes_once", hours=Decimal(2)), by=house.ben, now=now)
    (crept,) = creep.watch(now=now)
    assert (crept.count, crept.hours, crept.asks) == (3, Decimal(8), [ask])
    row = creep.decide(clinic, crept.kind, decided="retired", by=house.ben, now=now)
    assert "3 times since Fri\N{NO-BREAK SPACE}23\N{NO-BREAK SPACE}Oct" in row.words
    assert [one.extra for one in row.evidence.order_by("pk")] == list(crept.gifts)
    assert faults() == []


def test_a_retainer_is_drafted_with_its_history_and_carries_the_next_ones(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    """Three pages in 60 days: half as much in a month, and its price is of the month."""
    house = northlight
    for days in (60, 30, 0):
        free(house, clinic, now - timedelta(days=days))
    (crept,) = creep.watch(now=now)
    assert crept.in_a_month(crept.money, today=now.date()) == 720
    row = creep.decide(
        clinic, crept.kind, decided="priced", price=Decimal(600), by_month=True,
        by=house.ben, now=now,
    )  # fmt: skip
    assert row.words.replace("\N{NO-BREAK SPACE}", " ") == (
        "One more page: € 600 a month. Given free 3 times since 3 Oct, worth € 1,440."
    )
    draft = row.draft
    assert draft is not None
    assert (draft.title, draft.likely_hours) == ("One more page, from now on by the month", 3)
    tests = gates.read(draft, by=house.ben, now=now)
    assert (tests.cost_money, gates.suggested(tests)) == (600, "paid_yes")
    assert "From now on it is €\N{NO-BREAK SPACE}600 a month." in (
        creep.offer(row, by=house.ben, now=now).body
    )
    another = receiving.receive(
        client=clinic, title="A page", kind="One more page", sort="extra", by=house.ben, now=now
    )
    tests = gates.read(another, by=house.ben, now=now)
    assert (tests.cost_money, gates.suggested(tests)) == (0, None)
    assert "in their retainer it is in scope" in gates.passage(tests, "yes_once").reasons[0]
    assert faults() == []


def test_what_is_adopted_joins_the_core_list_and_what_is_retired_ends_kindly(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    house, bakery = northlight, northlight.clients["Pete's Bakery"]
    for client in (clinic, bakery):
        free(house, client, now - timedelta(weeks=4))
        free(house, client, now, as_if_due=True)
    assert [(one.client, one.expected) for one in creep.watch(now=now)] == [
        (clinic, True),
        (bakery, True),
    ]
    pages = catalogue.add_service(
        name="Pages", stages=[StageSketch("Page", 6)], by=house.ben, now=now
    )
    kind = AskKind.objects.get()
    adopted = creep.decide(clinic, kind, decided="adopted", service=pages, by=house.ben, now=now)
    assert cores.of(clinic).get() == adopted.core_service
    retired = creep.decide(bakery, kind, decided="retired", by=house.ben, now=now)
    assert retired.words.replace("\N{NO-BREAK SPACE}", " ") == (
        "Hello,\n\nwe have gladly given you “One more page” 2 times since Wed 4 Nov. From now on "
        "we go back to what we agreed: this is paid work. If you would like it to go "
        "on, tell us and we make you an offer.\n\nBen, Northlight"
    )
    assert faults() == []


def test_who_asks_and_who_pays_is_for_leads_only(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    house = northlight
    free(house, clinic, now)
    ask = receiving.receive(
        client=clinic, title="Free posters", sort="extra", by=house.ben, now=now
    )
    receiving.judge(ask, sincere="no", by=house.ben, now=now)
    answering.answer(ask, Saying("fair_no", wont="price"), by=house.ben, now=now)
    (one,) = figures.balances(by=house.ben, now=now)
    assert (one.asked, one.free, one.paid, one.declined, one.money_free, one.insincere) == (
        2, 1, 0, 1, Decimal(480), 1,
    )  # fmt: skip
    with pytest.raises(refusals.NotAllowed):
        figures.balances(by=house.dev, now=now)


def test_room_to_shine_needs_a_hot_core_and_nothing_given_lately(
    northlight: cast.House, clinic: Client, now: datetime
) -> None:
    house = northlight
    letters = catalogue.add_service(
        name="Letters", stages=[StageSketch("Write", 2)], by=house.ben, now=now
    )
    cores.name(clinic, letters, by=house.ben, now=now)
    assert figures.room_to_shine(now=now) == []
    cores.say(clinic, "hot", by=house.ben, now=now)
    assert [one.client for one in figures.room_to_shine(now=now)] == [clinic]
    free(house, clinic, now)
    assert figures.room_to_shine(now=now) == []
    assert Ask.objects.get().state == "answered"
    assert figures.cants(now=datetime(2026, 12, 3, tzinfo=UTC)) == figures.Cants(0, 0, 90)

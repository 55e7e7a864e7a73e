"""An ask beyond, answered by a person: the two examples everybody knows."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests import cast
from tests.asks.whole import faults

from kept import words
from kept.asks import answering, bending, gates, policies, receiving, templates, wording
from kept.asks.answering import Saying
from kept.asks.models import Ask, Challenge, Decision, Extra, Policy, Reply
from kept.clients import core as cores
from kept.clients import keeping
from kept.clients.models import Client, Contact
from kept.jobs.lines import Effort
from kept.outbox.models import Letter
from kept.people import staff
from kept.promises.models import Promise
from kept.quotes.models import Quote
from kept.tenancy import refusals

NEW_PAGES: dict[str, Any] = {
    "name": "New pages are paid",
    "rule": "a new page is a paid change, € 480",
    "purpose": "Pages take a day each",
    "quantity": "number",
    "unit": "pages",
    "limit": "0",
    "tolerance": "0",
    "band_limit": "1",
    "band_role": "lead",
    "price": Decimal(480),
}


@pytest.fixture
def clinic(one_builder: cast.House, now: datetime) -> Client:
    return one_builder.clients["Harbour Clinic"]


@pytest.fixture
def sara(one_builder: cast.House, clinic: Client, now: datetime) -> Contact:
    return keeping.add_contact(
        clinic, name="Sara Nunes", email="sara@harbour.example", by=one_builder.ben, now=now
    )


def page(house: cast.House, sara: Contact, now: datetime, **said: Any) -> Ask:
    """ "One more page": 6 hours, wanted by Friday; an extra, since it is asked for free."""
    rule = Policy.objects.filter(name=NEW_PAGES["name"]).first() or policies.make(
        owner=house.ada, by=house.ada, now=now, **NEW_PAGES
    )
    options = {
        "title": "One more page, about flu jabs",
        "kind": "One more page",
        "sort": "extra",
        "size": Effort(6, 6, 6),
        "wanted_at": datetime(2026, 12, 4, 18, tzinfo=UTC),
        "policy": rule,
        "measured": "1",
        "contact": sara,
        **said,
    }
    return receiving.receive(client=sara.client, by=house.ben, now=now, **options)


def letter_for(ask: Ask, house: cast.House, now: datetime, given: str) -> dict[str, str]:
    tests = gates.read(ask, by=house.ben, now=now)
    draft = wording.draft(
        given, wording.Facts.of(ask, house.ben, now, day=tests.can.due_at, price="€ 480")
    )
    return {"subject": draft.subject, "body": draft.body}


def test_fourteen_thirty_three_is_a_yes_at_once_worded_as_once(
    northlight: cast.House, now: datetime
) -> None:
    """The kitchen closes at 14:30, five minutes need nobody; a walk-in comes at 14:33."""
    house, at = northlight, now.replace(hour=14, minute=33)
    kitchen = policies.make(
        name="Kitchen closes",
        rule="the kitchen closes at 14:30",
        purpose="The cooks rest",
        owner=house.ben,
        quantity="time_of_day",
        limit="14:30",
        tolerance="5",
        by=house.ada,
        now=now,
    )
    ask = receiving.receive(
        client=None, title="Lunch for two", sort="exception", policy=kitchen, by=house.dev, now=at
    )
    tests = gates.read(ask, by=house.dev, now=at)
    assert tests.verdict == "3 minutes past 14:30; tolerance 5 minutes"
    assert (tests.core, gates.suggested(tests)) == (Decision.Core.WALK_IN, Decision.Given.YES_ONCE)
    assert ask.due_at == at + timedelta(minutes=15)
    bald = Saying("yes_once", body="Yes, come in.", how="said")
    with pytest.raises(wording.NotWordedAsOnce) as refused:
        answering.answer(ask, bald, by=house.dev, now=at)
    assert refused.value.sentence == (
        "An exception is worded as one: this reply does not name the normal rule and say that it "
        "is this once. Else it becomes expected. Nothing was sent."
    )
    draft = wording.draft("yes_once", wording.Facts.of(ask, house.dev, at))
    assert draft.body == (
        "Hello,\n\nyes, gladly: Lunch for two.\n\nNormally: the kitchen closes at 14:30. "
        "This once we make an exception.\n\nDev, Northlight"
    )
    decision = answering.answer(
        ask, Saying("yes_once", body=draft.body, how="said"), by=house.dev, now=at
    )
    assert (decision.within, decision.beyond_by, decision.gate, decision.overridden) == (
        "tolerance",
        3,
        "open",
        False,
    )
    assert Extra.objects.get().ask == ask
    assert Reply.objects.get().body == draft.body
    assert not Letter.objects.exists()
    assert faults() == []
    with pytest.raises(receiving.AskIsClosed):
        answering.answer(ask, Saying("fair_no", wont="policy"), by=house.ben, now=at)


def test_beyond_a_hard_limit_nobody_says_yes(northlight: cast.House, now: datetime) -> None:
    house = northlight
    rule = policies.make(
        name="Smoke alarm",
        rule="no candles over 20 guests",
        purpose="Fire",
        owner=house.ada,
        quantity="number",
        limit="20",
        hard_limit="20",
        hard_reason="Fire regulations",
        by=house.ada,
        now=now,
    )
    ask = receiving.receive(
        client=None, title="Candles", sort="exception", policy=rule, measured="21",
        by=house.ada, now=now,
    )  # fmt: skip
    with pytest.raises(answering.GateIsShut) as refused:
        answering.answer(
            ask, Saying("yes_once", override_reason="They are nice"), by=house.ada, now=now
        )
    assert refused.value.sentence == ("1 over 20; nobody goes beyond 20. Nothing was decided.")
    assert Ask.objects.get().state == "open"


def test_beyond_a_hard_limit_an_ask_is_not_just_done_either(
    northlight: cast.House, now: datetime
) -> None:
    """Whatever it is called."""
    house = northlight
    rule = policies.make(
        name="Seats", rule="the room seats 42", purpose="Fire", owner=house.ada,
        quantity="number", limit="42", hard_limit="48", by=house.ada, now=now,
    )  # fmt: skip
    ask = receiving.receive(
        client=None, title="Fifty", sort="in_scope", policy=rule, measured="50",
        by=house.ada, now=now,
    )  # fmt: skip
    with pytest.raises(answering.GateIsShut, match="nobody goes beyond 48"):
        answering.answer(ask, Saying("do_it"), by=house.ada, now=now)


def test_a_change_that_is_given_free_meets_the_same_gate(
    northlight: cast.House, now: datetime
) -> None:
    """Else whoever sorts an extra as a change gives it to a cold core, unjudged."""
    house = northlight
    clinic = house.clients["Harbour Clinic"]
    cores.say(clinic, "cold", by=house.ben, now=now)
    ask = receiving.receive(client=clinic, title="A page", sort="change", by=house.ben, now=now)
    with pytest.raises(answering.GateIsShut) as refused:
        answering.answer(ask, Saying("yes_once"), by=house.dev, now=now)
    assert refused.value.sentence.startswith(
        "The core is cold: first what they hired us for. Nobody has said yet whether it is sincere."
    )
    assert not Extra.objects.exists()
    paid = answering.answer(ask, Saying("paid_yes"), by=house.dev, now=now)
    assert (paid.gate, paid.core) == ("open", "cold")


@pytest.mark.parametrize(
    ("sincere", "refusal"),
    [("", answering.GateIsShut), ("no", answering.GateIsShut), ("not_sure", None), ("yes", None)],
)
def test_the_second_key_is_a_persons_word_also_a_leads(
    northlight: cast.House, now: datetime, sincere: str, refusal: type[Exception] | None
) -> None:
    """All else is well: nobody's yes goes round the question whether they mean it."""
    house = northlight
    clinic = house.clients["Harbour Clinic"]
    cores.say(clinic, "hot", by=house.ben, now=now)
    ask = receiving.receive(client=clinic, title="A page", sort="extra", by=house.ben, now=now)
    if sincere:
        receiving.judge(ask, sincere=sincere, by=house.dev, now=now)
    if refusal is None:
        answering.answer(ask, Saying("yes_once"), by=house.ben, now=now)
        return
    with pytest.raises(refusal, match="sincere"):
        answering.answer(ask, Saying("yes_once"), by=house.ben, now=now)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("yes_once", {"hours": Decimal(9_999_999_999)}),
        ("yes_once", {"worth": Decimal(-1)}),
        ("paid_yes", {"price": Decimal("NaN")}),
    ],
)
def test_what_the_ledger_cannot_hold_is_refused_at_its_field(
    northlight: cast.House, now: datetime, given: str, said: dict[str, Decimal]
) -> None:
    """Written down, it could never be read again."""
    house = northlight
    ask = receiving.receive(client=None, title="A page", sort="extra", by=house.ben, now=now)
    with pytest.raises(refusals.Refused) as refused:
        answering.answer(ask, Saying(given, **said), by=house.ben, now=now)
    assert [refused.value.field] == list(said)
    assert Ask.objects.get().state == "open"


def test_a_cold_core_refuses_one_more_page_until_a_lead_overrides_it(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    """Free, sincere, rare and feasible: the core alone stands against it."""
    house = one_builder
    cores.say(sara.client, "cold", why="Two late letters", by=house.ben, now=now)
    ask = receiving.judge(page(house, sara, now), sincere="yes", by=house.ben, now=now)
    written = {**letter_for(ask, house, now, "yes_once"), "how": "letter"}
    with pytest.raises(answering.GateIsShut) as refused:
        answering.answer(ask, Saying("yes_once", **written), by=house.ben, now=now)
    assert refused.value.sentence.startswith(
        "The core is cold: first what they hired us for. 1 over 0 pages; Lead decides up to 1 "
        "pages. A lead may decide otherwise, with a reason."
    )
    with pytest.raises(answering.NotTheirsToGive):
        answering.answer(
            ask, Saying("yes_once", override_reason="Please", **written), by=house.dev, now=now
        )
    assert not Promise.objects.exists()
    decision = answering.answer(
        ask,
        Saying("yes_once", override_reason="We owe them for October", **written),
        by=house.ben,
        now=now,
    )
    assert (decision.core, decision.gate, decision.overridden) == ("cold", "shut", True)
    promise = Promise.objects.get()
    extra = Extra.objects.get()
    assert (extra.hours, extra.money, extra.promise) == (Decimal(6), Decimal(480), promise)
    assert decision.promise == promise
    assert promise.due_at == datetime(2026, 12, 4, 18, tzinfo=UTC)
    assert Letter.objects.filter(to_address="sara@harbour.example").count() == 1
    assert faults() == []


def test_a_cant_that_we_can_is_challenged_and_counted(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    house = one_builder
    ask = page(house, sara, now)
    with pytest.raises(answering.CanAfterAll) as refused:
        answering.answer(ask, Saying("cant_now"), by=house.ben, now=now)
    assert refused.value.sentence.replace(words.NBSP, " ") == (
        "We can: over 99 % by Fri 4 Dec, 18:00. That is a won’t: say so, with its true kind? "
        "Nothing was decided."
    )
    challenge = Challenge.objects.get()
    assert (challenge.ask, challenge.said_by) == (ask, house.ben)
    with pytest.raises(refusals.Refused, match="price, priority, policy or principle"):
        answering.answer(ask, Saying("fair_no"), by=house.ben, now=now)
    decision = answering.answer(
        ask,
        Saying("fair_no", wont="priority", true_reason="We are tired of them"),
        by=house.ben,
        now=now,
    )
    assert (decision.given, decision.wont, decision.can) == ("fair_no", "priority", "yes")
    assert decision.true_reason == "We are tired of them"
    assert faults() == []


def test_a_true_cant_names_the_nearest_date(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    """Dev alone builds 8 hours a day: 40 hours by Friday cannot be, the week after can."""
    house = one_builder
    ask = page(house, sara, now, size=Effort(40, 40, 40))
    decision = answering.answer(ask, Saying("cant_now"), by=house.ben, now=now)
    assert decision.can == "no"
    assert decision.nearest_at is not None
    assert decision.nearest_at > datetime(2026, 12, 9, tzinfo=UTC)
    assert not Challenge.objects.exists()


def test_a_true_cant_says_what_stands_in_the_way_and_a_can_works_out_nothing_more(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    """Dev is away for a week from tomorrow: without that, 16 hours by Friday were no matter."""
    house = one_builder
    staff.add_absence(house.dev, date(2026, 12, 3), date(2026, 12, 9), by=house.dev, now=now)
    away = gates.read(page(house, sara, now, size=Effort(16, 16, 16)), by=house.ben, now=now)
    assert away.can.can == "no"
    said = away.can.stands[0].said.replace(words.NBSP, " ")
    assert said == "Dev away Thu 3 Dec – Wed 9 Dec"
    assert away.can.stands[0].days >= 3
    # It is kept with the answer, and read from it where nothing is worked out anew.
    again = gates.read(away.ask, by=None, now=now, work_out=False)
    assert again.can.stands == away.can.stands
    small = page(house, sara, now, size=Effort(1, 1, 1))
    can = gates.read(small, by=house.ben, now=now).can
    assert (can.can, can.stands) == ("yes", ())
    assert can.answer is not None
    assert not can.answer.limits.exists()


def test_what_lies_inside_its_rule_is_no_exception(northlight: cast.House, now: datetime) -> None:
    """The kitchen closes at 14:30, and they come at 14:30 sharp: nobody makes an exception."""
    kitchen = policies.make(
        name="Kitchen closes", rule="the kitchen closes at 14:30", purpose="The cooks rest",
        owner=northlight.ben, quantity="time_of_day", limit="14:30", tolerance="5",
        by=northlight.ada, now=now,
    )  # fmt: skip
    ask = receiving.receive(
        client=None, title="Lunch for two", sort="exception", policy=kitchen, measured="14:30",
        by=northlight.dev, now=now,
    )  # fmt: skip
    tests = gates.read(ask, by=northlight.dev, now=now)
    assert (tests.within, gates.suggested(tests)) == ("rule", Decision.Given.DO_IT)
    once = "Normally: the kitchen closes at 14:30. This once we make an exception."
    with pytest.raises(refusals.Refused) as refused:
        answering.answer(ask, Saying("yes_once", body=once, how="said"), by=northlight.dev, now=now)
    assert refused.value.sentence == "It is inside the rule, so it is no exception: just do it."
    decision = answering.answer(ask, Saying("do_it"), by=northlight.dev, now=now)
    assert (decision.given, decision.suggested, decision.within, decision.gate) == (
        "do_it",
        "do_it",
        "rule",
        "open",
    )
    assert not Extra.objects.exists()
    assert bending.bent([kitchen], now=now)[kitchen.pk].bent == 0
    assert faults() == []


def test_a_paid_yes_holds_the_date_and_offers_it_with_its_price(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    house = one_builder
    cores.say(sara.client, "hot", by=house.ben, now=now)
    ask = page(house, sara, now, sort="change")
    written = letter_for(ask, house, now, "paid_yes")
    said = Saying("paid_yes", how="letter", gap_reason="Dev is told at lunch", **written)
    decision = answering.answer(ask, said, by=house.ben, now=now)
    quote = Quote.objects.get()
    assert (quote.price, quote.state, quote.contact) == (Decimal(480), "offered", sara)
    assert (decision.price, decision.gate) == (Decimal(480), "open")
    assert not Extra.objects.exists()
    letter = Letter.objects.get(to_address=sara.email)
    assert letter.body.startswith(
        "Dear Sara Nunes,\n\nyes: One more page, about flu jabs. You have it by Friday 4 December, "
        "18:00.\n\nNormally: a new page is a paid change, € 480. The price is € 480.\n\nSay yes "
        "here and we begin:\n{link}"
    )
    assert faults() == []


def test_the_third_of_a_kind_in_ninety_days_is_repeated(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    house = one_builder
    cores.say(sara.client, "hot", by=house.ben, now=now)
    for weeks in (15, 9, 4):
        then = now - timedelta(weeks=weeks)
        ask = receiving.receive(
            client=sara.client,
            title="A page",
            kind="one MORE page",
            sort="extra",
            by=house.ben,
            now=then,
        )
        receiving.judge(ask, sincere="yes", by=house.ben, now=then)
        answering.answer(ask, Saying("yes_once", hours=Decimal(3)), by=house.ben, now=then)
    ask = page(house, sara, now)
    tests = gates.read(ask, by=house.ben, now=now)
    assert (tests.rare.rarity, tests.rare.of_kind, len(tests.rare.before)) == ("repeated", 3, 3)
    assert gates.suggested(tests) == Decision.Given.PAID_YES
    as_if = receiving.change(ask, as_if_due=True, by=house.ben, now=now)
    assert gates.read(as_if, by=house.ben, now=now).rare.rarity == "expected"


def test_a_holding_reply_keeps_it_open_with_a_clock(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    house, later = one_builder, now + timedelta(days=2)
    ask = page(house, sara, now)
    draft = wording.draft("holding", wording.Facts.of(ask, house.ben, now, answer_by=later))
    ask = answering.hold_off(
        ask, due_at=later, body=draft.body, how="letter", by=house.ben, now=now
    )
    assert (ask.state, ask.due_at) == ("open", later)
    assert ask.holding_reply is not None
    answering.answer(ask, Saying("fair_no", wont="price"), by=house.ben, now=now)
    ask.holding_reply.refresh_from_db()
    assert ask.holding_reply.state == "answered"
    assert faults() == []


def test_a_reply_with_an_empty_merge_field_does_not_go_out(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    house = one_builder
    ask = page(house, sara, now)
    with pytest.raises(wording.FieldLeft) as refused:
        answering.answer(
            ask,
            Saying("fair_no", wont="price", body="No. {because}", how="letter"),
            by=house.ben,
            now=now,
        )
    assert refused.value.sentence == (
        "{because} was not filled in. Write what belongs there. Nothing was sent."
    )
    with pytest.raises(refusals.Refused, match="Nobody knows what to put in"):
        templates.keep("fair_no", subject="{what}", body="{weather}", by=house.ben, now=now)
    kept = templates.keep("fair_no", subject="{what}", body="Alas, {what}.", by=house.ben, now=now)
    assert wording.draft("fair_no", wording.Facts.of(ask, house.ben, now)).body == (
        "Alas, One more page, about flu jabs."
    )
    assert kept.language == "en"
    assert faults() == []


def test_an_unknown_core_is_for_whoever_holds_the_discretion_band(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    """The clinic has a core, of which nothing fell due yet; Dev may not decide, Ben may."""
    house = one_builder
    cores.say(sara.client, "warm", by=house.ben, now=now)
    ask = receiving.receive(client=sara.client, title="A logo", sort="extra", by=house.dev, now=now)
    receiving.judge(ask, sincere="yes", by=house.dev, now=now)
    with pytest.raises(answering.NotTheirsToGive) as refused:
        answering.answer(ask, Saying("yes_once"), by=house.dev, now=now)
    assert refused.value.sentence == (
        "The core is warm: whoever holds the discretion band decides. That is for somebody with "
        "the role “Lead”. Nothing was decided."
    )
    decision = answering.answer(ask, Saying("yes_once", hours=Decimal(2)), by=house.ben, now=now)
    assert (decision.gate, decision.overridden) == ("band", False)

"""An offer goes to a contact by letter; they say yes, no, or something else by link.

Dev alone builds: 2 h 50 are left of Wednesday 2 December, then eight hours on
every working day; Tuesday 8 is a holiday.
"""

import threading
from collections import Counter as Tally
from datetime import datetime, timedelta

import pytest
from django.db import connection
from tests import cast
from tests.outbox import postman
from tests.portal.conftest import end_of, held, known, offered
from tests.quotes.test_hold_and_yes import kinds

from kept.clients import keeping, links
from kept.clients.models import ClientLink, Contact
from kept.jobs import making, owners
from kept.ledger import chain
from kept.ledger.models import Event
from kept.outbox import letters, running
from kept.outbox.models import Letter, Task
from kept.people import staff
from kept.plan import loading
from kept.promises import carrying
from kept.promises.models import Promise
from kept.quotes import accepting, countering, offering, onset, states
from kept.quotes.models import Counter, Quote
from kept.tenancy import refusals, scope


@pytest.fixture
def sara(one_builder: cast.House, now: datetime) -> Contact:
    return known(one_builder, "Sara Nunes", now)


def facts(kind: Event.Kind) -> dict[str, object]:
    event = Event.objects.filter(kind=kind).order_by("number").last()
    assert event is not None
    return event.facts


def test_the_offer_reaches_the_client_in_words_that_say_all_they_need(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    making.add_condition(quote.job, "it answers on a phone", by=one_builder.ben, now=now)
    making.record_obligation(
        quote.job, what="six photographs", due_at=end_of(9), by=one_builder.ben, now=now
    )
    Quote.objects.filter(pk=quote.pk).update(price="4800.00")
    quote.refresh_from_db()

    with postman.at_work() as post:
        offering.offer(quote=quote, contact=sara, gap_reason="Now.", by=one_builder.ben, now=now)
        running.run_due(now=now)

    token = links.token_of(ClientLink.objects.get())
    [letter] = post.letters
    said = postman.text_of(letter).replace("\r\n", "\n")
    assert letter["Subject"] == "Landing page: Thursday 10 December, 18:00"
    assert said.partition("\n\n--\n")[0] == (
        "Dear Sara Nunes,\n\n"
        "Landing page can be yours by Thursday 10 December, 18:00 (Lisbon). "
        "The price is €\N{NO-BREAK SPACE}4,800.\n\n"
        "It is done when:\n- it answers on a phone\n\n"
        "We count on you for:\n- six photographs, by "
        "Wed\N{NO-BREAK SPACE}9\N{NO-BREAK SPACE}Dec\n\n"
        "We keep the time for you until Friday 4 December, 18:00. Your yes until then always "
        "counts. Say yes, propose something else, or say no here, without an account:\n"
        f"https://kept.northlight.example/p/{token}/\n\n"
        "Ben, Northlight"
    )
    assert "%" not in said, "no chance goes to a client"
    assert (quote.state, quote.contact, quote.offered_by) == ("offered", sara, one_builder.ben)


def test_what_was_written_by_hand_is_what_goes_out_and_the_link_is_never_forgotten(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    offering.offer(
        quote=quote,
        contact=sara,
        gap_reason="Now.",
        subject="Your page",
        body="Sara, is the 10th fine?",
        by=one_builder.ben,
        now=now,
    )
    letter = Letter.objects.get()
    assert (letter.subject, letter.body) == (
        "Your page",
        "Sara, is the 10th fine?\n\n{link}\n\n{head}",
    )


def test_an_offer_told_by_word_of_mouth_writes_no_letter_and_makes_no_link(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    offering.offer(quote=quote, gap_reason="Now.", by=one_builder.ben, now=now)
    assert (Letter.objects.count(), ClientLink.objects.count(), quote.contact) == (0, 0, None)


def test_an_offer_goes_to_nobody_at_another_client(one_builder: cast.House, now: datetime) -> None:
    pete = keeping.add_contact(
        one_builder.clients["Pete's Bakery"],
        name="Pete",
        email="pete@bakery.example",
        by=one_builder.ben,
        now=now,
    )
    quote = held(one_builder, now)
    with pytest.raises(offering.NotOfThisClient) as refused:
        offering.offer(quote=quote, contact=pete, gap_reason="x", by=one_builder.ben, now=now)
    assert refused.value.sentence == "Pete is not somebody at Harbour Clinic. Nothing was offered."
    quote.refresh_from_db()
    assert quote.state == Quote.State.HELD


def test_an_offer_to_somebody_without_an_address_changes_nothing(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    sara = keeping.change_contact(sara, email="", by=one_builder.ben, now=now)
    quote = held(one_builder, now)
    with pytest.raises(letters.NoAddress):
        offering.offer(quote=quote, contact=sara, gap_reason="x", by=one_builder.ben, now=now)
    quote.refresh_from_db()
    assert (quote.state, ClientLink.objects.count(), Task.objects.count()) == ("held", 0, 0)


def test_without_every_owners_yes_no_letter_goes_out(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    with pytest.raises(onset.GapsLeft):
        offering.offer(quote=quote, contact=sara, by=one_builder.ben, now=now)
    assert Letter.objects.count() == 0


def test_the_clients_own_yes_makes_their_promise_and_both_sides_hear_of_it(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    promise = accepting.accept(quote=quote, contact=sara, word="Lovely.", now=now)

    assert (promise.contact, promise.given_by, promise.last_mile_owner) == (
        sara,
        None,
        one_builder.ben,
    )
    assert (quote.state, quote.answered_by_contact, quote.word) == ("accepted", sara, "Lovely.")
    # A lead signed that nobody was asked, so the promise waits for the owners' yes.
    assert promise.state == Promise.State.PENDING
    accepted = Event.objects.get(kind=Event.Kind.QUOTE_ACCEPTED)
    assert (accepted.by, accepted.facts) == (None, {"contact": sara.pk})
    assert [(row.to_address, row.subject) for row in Letter.objects.all()] == [
        ("sara@clinic.example", "Landing page: Thursday 10 December, 18:00"),
        ("sara@clinic.example", "Promised: Landing page, Thu 10 Dec"),
        ("ben@northlight.example", "Yes to Harbour Clinic · Landing page"),
    ]
    offer, confirmation, house = Letter.objects.all()
    assert confirmation.in_reply_to == offer.message_id
    assert "{head}" not in house.body
    assert list(chain.faults()) == []


def test_a_second_yes_is_refused_clearly(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    accepting.accept(quote=quote, contact=sara, now=now)
    with pytest.raises(states.MoveNotAllowed) as refused:
        accepting.accept(quote=quote, contact=sara, now=now)
    assert refused.value.sentence.startswith("This offer is accepted, so you cannot")
    assert Promise.objects.count() == 1


@pytest.mark.parametrize("verb", ["accept", "decline", "counter"])
def test_nobody_answers_an_offer_that_was_made_to_somebody_else(
    one_builder: cast.House, sara: Contact, now: datetime, verb: str
) -> None:
    rui = known(one_builder, "Rui Costa", now)
    quote = offered(one_builder, sara, now)
    verbs = {
        "accept": accepting.accept,
        "decline": accepting.decline,
        "counter": countering.counter,
    }
    with pytest.raises(accepting.NotTheirOffer):
        verbs[verb](quote=quote, contact=rui, word="Cheaper?", now=now)  # type: ignore[operator]
    quote.refresh_from_db()
    assert quote.state == Quote.State.OFFERED


def test_the_clients_own_no_frees_the_capacity_and_tells_the_house(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    accepting.decline(quote=quote, contact=sara, word="Too dear.", now=now)
    assert loading.load(now=now).plan["promises"] == []
    last = Letter.objects.order_by("pk").last()
    assert last is not None
    assert (last.to_address, last.subject) == (
        "ben@northlight.example",
        "No to Harbour Clinic · Landing page",
    )
    assert "Too dear." in last.body


def test_an_offer_that_runs_out_frees_the_capacity_and_both_sides_are_told(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    countering.counter(quote=quote, contact=sara, word="Could you wait?", now=now)

    assert offering.lapse_expired(now=quote.expires_at) == [quote]

    quote.refresh_from_db()
    assert (quote.state, quote.counters.get().state) == ("lapsed", Counter.State.CLOSED)
    assert loading.load(now=now).plan["promises"] == []
    assert [(row.to_address, row.subject) for row in Letter.objects.order_by("-pk")[:2]] == [
        ("ben@northlight.example", "The offer ran out: Harbour Clinic · Landing page"),
        ("sara@clinic.example", "Run out: Landing page"),
    ]


def test_an_offer_taken_back_is_told_and_cannot_be_accepted_any_more(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    offering.withdraw(quote=quote, by=one_builder.ben, now=now)
    last = Letter.objects.order_by("pk").last()
    assert last is not None
    assert (last.to_address, last.subject) == ("sara@clinic.example", "Taken back: Landing page")
    with pytest.raises(states.MoveNotAllowed):
        accepting.accept(quote=quote, contact=sara, now=now)


def test_a_hold_that_was_never_offered_is_withdrawn_in_silence(
    one_builder: cast.House, now: datetime
) -> None:
    offering.withdraw(quote=held(one_builder, now), by=one_builder.ben, now=now)
    assert Letter.objects.count() == 0


# ----- Something else instead -------------------------------------------------------------------


def test_a_counter_leaves_the_offer_standing_and_a_yes_to_it_still_counts(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    counter = countering.counter(
        quote=quote, contact=sara, wanted_at=end_of(4), word="Earlier?", now=now
    )
    assert (quote.state, counter.number, counter.contact, counter.recorded_by) == (
        "countered",
        1,
        sara,
        None,
    )
    assert facts(Event.Kind.QUOTE_COUNTERED)["contact"] == sara.pk
    told = Letter.objects.order_by("pk").last()
    assert told is not None
    assert "They would like Friday 4 December, 18:00." in told.body

    promise = accepting.accept(quote=quote, contact=sara, now=now)
    assert promise.due_at == end_of(10)
    counter.refresh_from_db()
    assert counter.state == Counter.State.CLOSED


def test_the_house_offers_what_they_wish_and_the_capacity_is_held_anew(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    countering.counter(quote=quote, contact=sara, wanted_at=end_of(4), now=now)
    later = now + timedelta(days=1)

    countering.take(quote=quote, by=one_builder.ben, now=later)

    # Wed 2 h 50, Thu 8 h: eight hours are done on Thursday 3, before Friday 4.
    assert (quote.state, quote.due_at, quote.hold.due_at) == ("offered", end_of(4), end_of(4))
    assert quote.expires_at == quote.hold.expires_at == end_of(7)
    assert quote.counters.get().state == Counter.State.TAKEN
    assert facts(Event.Kind.COUNTER_ANSWERED)["answer"] == "taken"
    entries = loading.load(now=later).plan["promises"]
    assert len(entries) == 1, "the first hold is not kept beside the new one"
    told = Letter.objects.order_by("pk").last()
    assert told is not None
    assert told.subject == "Landing page: Friday 4 December, 18:00"
    assert accepting.accept(quote=quote, contact=sara, now=later).due_at == end_of(4)
    assert list(chain.faults()) == []


def test_a_wish_that_does_not_stand_is_refused_and_the_first_offer_does(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    # Eight hours do not fit into what is left of Wednesday.
    countering.counter(quote=quote, contact=sara, wanted_at=end_of(2), now=now)
    with pytest.raises(offering.DateDoesNotStand):
        countering.take(quote=quote, by=one_builder.ben, now=now)
    quote.refresh_from_db()
    assert (quote.state, quote.due_at, quote.hold.due_at) == ("countered", end_of(10), end_of(10))

    with pytest.raises(refusals.NotAllowed):
        countering.take(quote=quote, risk_reason="They insist.", by=one_builder.dev, now=now)
    countering.take(quote=quote, risk_reason="They insist.", by=one_builder.ben, now=now)
    assert (quote.due_at, quote.risk_signed_by) == (end_of(2), one_builder.ben)


def test_an_offers_own_hold_does_not_stand_in_its_way(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    """Sixteen hours are due Friday 4: exactly what is free. Counted twice, Friday would not do."""
    quote = offered(one_builder, sara, now, day=4)
    countering.counter(quote=quote, contact=sara, wanted_at=end_of(3), now=now)
    countering.take(quote=quote, by=one_builder.ben, now=now)
    assert quote.due_at == end_of(3)


def test_the_house_stays_with_its_offer(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    countering.counter(quote=quote, contact=sara, wanted_at=end_of(4), now=now)
    countering.keep(quote=quote, word="The week is full.", by=one_builder.ben, now=now)
    assert (quote.state, quote.due_at) == ("offered", end_of(10))
    assert quote.counters.get().state == Counter.State.KEPT
    told = Letter.objects.order_by("pk").last()
    assert told is not None
    assert "cannot offer it" in told.body
    assert "The week is full." in told.body
    with pytest.raises(states.MoveNotAllowed) as refused:
        countering.keep(quote=quote, by=one_builder.ben, now=now)
    assert "so you cannot stay with the offer" in refused.value.sentence


def test_a_newer_wish_takes_the_place_of_the_one_before(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    countering.counter(quote=quote, contact=sara, wanted_at=end_of(4), now=now)
    countering.counter(quote=quote, by=one_builder.ben, lines="Without the form", now=now)
    assert [(row.number, row.state) for row in quote.counters.all()] == [
        (1, Counter.State.CLOSED),
        (2, Counter.State.OPEN),
    ]
    with pytest.raises(refusals.Refused) as refused:
        countering.take(quote=quote, by=one_builder.ben, now=now)
    assert refused.value.sentence == "They named no date. Say which one you offer instead."


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "Say what you would like instead: another date, other lines, or a word."),
        ({"wanted_at": end_of(1)}, "has gone by. Propose a later date."),
        ({"wanted_at": end_of(2).replace(year=2150)}, "ten years"),
        ({"word": "x" * 5001}, "5,001 characters are too many"),
    ],
)
def test_a_counter_that_cannot_be_is_refused_and_nothing_changes(
    one_builder: cast.House,
    sara: Contact,
    now: datetime,
    said: dict[str, object],
    sentence: str,
) -> None:
    quote = offered(one_builder, sara, now)
    with pytest.raises(refusals.Refused) as refused:
        countering.counter(quote=quote, contact=sara, now=now, **said)  # type: ignore[arg-type]
    assert sentence in refused.value.sentence
    quote.refresh_from_db()
    assert (quote.state, quote.counters.count()) == ("offered", 0)


def test_a_counter_after_the_offer_ran_out_comes_too_late(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    with pytest.raises(offering.Lapsed):
        countering.counter(quote=quote, contact=sara, word="Hm.", now=quote.expires_at)
    assert kinds().count("quote.lapsed") == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["withdraw", "decline", "accept"])
def test_of_a_yes_and_something_else_at_the_same_moment_one_wins(
    one_builder: cast.House, sara: Contact, now: datetime, other: str
) -> None:
    organisation = scope.current()
    quotes = [
        offered(one_builder, sara, now, what=f"Page {n}", day=17 if n < 4 else 18) for n in range(6)
    ]
    outcomes: dict[int, list[str]] = {quote.pk: [] for quote in quotes}
    ready = threading.Barrier(2)

    def answer(verb: str) -> None:
        with scope.acting_in(organisation):
            for key, said in outcomes.items():
                quote = Quote.objects.get(pk=key)
                ready.wait()
                try:
                    match verb:
                        case "accept":
                            accepting.accept(quote=quote, contact=sara, now=now)
                        case "withdraw":
                            offering.withdraw(quote=quote, by=one_builder.ben, now=now)
                        case "decline":
                            accepting.decline(quote=quote, contact=sara, now=now)
                    said.append(verb)
                except refusals.Conflict:
                    said.append("refused")
                except Exception as error:
                    said.append(repr(error))
        connection.close()

    threads = [threading.Thread(target=answer, args=(verb,)) for verb in ("accept", other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for key, said in outcomes.items():
        quote = Quote.objects.get(pk=key)
        assert Tally(said)["refused"] == 1, said
        assert (quote.promise is not None) == ("accept" in said)
        assert (quote.state == "accepted") == ("accept" in said)
    assert list(chain.faults()) == []


def test_a_yes_by_link_is_somebodys_to_see_over_the_line_even_when_who_offered_has_left(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    offering.offer(quote=quote, contact=sara, gap_reason="Now.", by=one_builder.ben, now=now)
    staff.leave(one_builder.ben, by=one_builder.ada, now=now)

    promise = accepting.accept(quote=Quote.objects.get(), contact=sara, now=now)

    assert promise.last_mile_owner == one_builder.ada
    assert promise.state == Promise.State.PENDING
    last_mile = [row for row in carrying.gaps_in(promise) if row.stage is None]
    assert [row.state for row in last_mile] == [owners.Missing.NOBODY]

"""The client chooses: the hold is for the earliest date, and every choice stands by itself.

Dev alone builds, eight hours a working day; the landing page is eight hours, held for Thursday 10
December.
"""

from datetime import datetime
from decimal import Decimal

import pytest
from tests import cast
from tests.portal.conftest import Sara, end_of, held, present, promised, sara
from tests.web.visiting import Visitor, text

from kept.custody import verifying
from kept.jobs import making
from kept.ledger.models import Event
from kept.outbox.models import Letter
from kept.promises import proposing
from kept.promises.models import Promise, Proposal
from kept.promises.proposing import Way
from kept.quotes import accepting, choosing, countering, for_client, offering
from kept.quotes.models import LeftOutLine, Quote, QuoteOption

__all__ = ["present", "sara"]


def test_the_client_chooses_a_later_date_and_its_price_is_what_is_promised(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    quote = held(one_builder, now)
    booking = making.add_condition(quote.job, "it takes bookings", by=one_builder.ben, now=now)
    making.add_condition(quote.job, "it answers on a phone", by=one_builder.ben, now=now)
    choosing.add(
        quote, due_at=end_of(16), price=Decimal(3900), left_out=[booking],
        words="The booking form follows in January", by=one_builder.ben, now=now,
    )  # fmt: skip
    offering.offer(
        quote=quote, contact=sara.contact, gap_reason="Now.", by=one_builder.ben, now=now
    )

    assert (
        "Or you choose:\n- Wednesday 16 December, 18:00; €\u00a03,900; without it takes bookings; "
        "The booking form follows in January"
    ) in Letter.objects.get().body
    page = sara.get().content.decode()
    assert "Choose one; the others are let go." in page
    assert "%" not in page.partition("<main")[2]
    option = QuoteOption.objects.get()
    assert sara.post(f"offers/{quote.pk}/accept", option="999").status_code == 422
    said = {"option": str(option.pk), "due": quote.due_at.isoformat()}
    assert sara.post(f"offers/{quote.pk}/accept", **said).status_code == 303

    promise = Promise.objects.get()
    terms = promise.terms.get()
    quote.refresh_from_db()
    assert (promise.due_at, terms.due_at, quote.due_at) == (end_of(16),) * 3
    assert (terms.chance_when_given, quote.price) == (option.chance, Decimal(3900))
    assert [line.text for line in terms.lines.all()] == ["it answers on a phone"]
    accepted = Event.objects.get(kind=Event.Kind.QUOTE_ACCEPTED)
    assert accepted.facts == {"contact": sara.contact.pk, "option": option.pk}
    to_house, to_her = Letter.objects.order_by("-pk")[:2]
    assert (
        "is promised: Wednesday 16 December, 18:00 (Lisbon). As you chose, it is without it takes "
        "bookings. This page always shows how it stands:" in to_her.body
    )
    assert "They chose Wednesday 16 December, 18:00, without it takes bookings." in to_house.body
    page = sara.get().content.decode()
    assert "Not part of it, as agreed: it takes bookings" in page
    assert page.count("it takes bookings") == 1
    assert sara.post(f"offers/{quote.pk}/accept", **said).status_code == 409


def test_who_writes_down_their_yes_sees_which_choice_is_which(
    one_builder: cast.House, now: datetime, present: object
) -> None:
    quote = held(one_builder, now)
    booking = making.add_condition(quote.job, "it takes bookings", by=one_builder.ben, now=now)
    choosing.add(
        quote,
        due_at=quote.due_at,
        price=Decimal(3900),
        left_out=[booking],
        by=one_builder.ben,
        now=now,
    )
    offering.offer(quote=quote, gap_reason="Now.", by=one_builder.ben, now=now)

    said = text(Visitor(one_builder.ben).get(f"/quotes/{quote.pk}")).replace("\u00a0", " ")
    assert (
        "To which one Thu 10 Dec, 18:00 Thu 10 Dec, 18:00 · € 3,900 · without it takes bookings"
    ) in said


def test_nothing_earlier_than_what_is_held_can_be_chosen(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, now)
    with pytest.raises(choosing.EarlierThanHeld) as refused:
        choosing.add(quote, due_at=end_of(9), by=one_builder.ben, now=now)
    assert refused.value.sentence == (
        "Thu\u00a010\u00a0Dec, 18:00 is held. Hold the earliest date first; later ones can be "
        "chosen from then."
    )
    with pytest.raises(Exception, match="That is what is held already"):
        choosing.add(quote, due_at=end_of(10), by=one_builder.ben, now=now)
    assert QuoteOption.objects.count() == 0


def test_a_choice_that_does_not_stand_any_more_is_not_offered(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    """Until Thursday 10 there are 2 h 50 and five days of eight hours: 42 h 50.

    Forty hours come in between, due on the 9th; the page of eight would be done on Friday 11.
    """
    quote = held(one_builder, now)
    making.add_condition(quote.job, "it answers on a phone", by=one_builder.ben, now=now)
    for number in range(5):
        promised(one_builder, sara.contact, now, what=f"Work {number}", due_at=end_of(9))
    with pytest.raises(offering.AnswerIsStale) as refused:
        choosing.add(quote, due_at=end_of(10), price=Decimal(1), by=one_builder.ben, now=now)
    assert "reaches under 1\u00a0% only" in refused.value.sentence
    assert QuoteOption.objects.count() == 0
    later = choosing.add(quote, due_at=end_of(14), by=one_builder.ben, now=now)
    assert later.chance > 0.99


def test_what_can_be_chosen_is_fixed_once_it_is_offered_and_goes_with_another_hold(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    quote, doing = held(one_builder, now), {"by": one_builder.ben, "now": now}
    line = making.add_condition(quote.job, "it answers on a phone", **doing)
    first = choosing.add(quote, due_at=end_of(11), left_out=[line], **doing)
    choosing.add(quote, due_at=end_of(14), **doing)
    choosing.remove(first, **doing)
    assert [row.due_at for row in choosing.of(quote)] == [end_of(14)]
    offering.offer(quote=quote, contact=sara.contact, gap_reason="Now.", **doing)
    with pytest.raises(choosing.OfferedAlready) as refused:
        choosing.add(quote, due_at=end_of(15), **doing)
    assert refused.value.sentence == (
        "This offer is offered, so what can be chosen stays. Nothing was changed."
    )
    with pytest.raises(choosing.OfferedAlready):
        choosing.remove(QuoteOption.objects.get(), **doing)
    countering.counter(quote=quote, contact=sara.contact, wanted_at=end_of(9), now=now)
    countering.take(quote=quote, **doing)
    assert (QuoteOption.objects.count(), LeftOutLine.objects.count()) == (0, 0)
    assert [fault for fault in verifying.verify().faults if "option" in str(fault)] == []
    promise = accepting.accept(quote=Quote.objects.get(), contact=sara.contact, now=now)
    assert promise.due_at == end_of(9)


def test_a_line_agreed_away_later_is_no_part_and_one_noted_since_is_not_shown(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    quote = held(one_builder, now)
    booking = making.add_condition(quote.job, "it takes bookings", by=one_builder.ben, now=now)
    making.add_condition(quote.job, "it answers on a phone", by=one_builder.ben, now=now)
    offering.offer(
        quote=quote, contact=sara.contact, gap_reason="Now.", by=one_builder.ben, now=now
    )
    promise = accepting.accept(quote=quote, by=one_builder.ben, now=now)
    drafted = proposing.draft(
        promise, options=[Way(quote.due_at, later=(booking.pk,))], by=one_builder.ben, now=now
    )
    told = proposing.tell(drafted, how=Proposal.How.SAID, by=one_builder.ben, now=now)
    proposing.agree(told, option=told.options.get(), contact=sara.contact, now=now)
    making.add_condition(promise.job, "it is blue", by=one_builder.ben, now=now)

    [running] = for_client.read(sara.contact, now=now).running
    assert [line.text for line in running.lines] == ["it answers on a phone"]
    assert running.without == ["it takes bookings"]

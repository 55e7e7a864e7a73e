"""Capacity is held, offered, accepted or freed; and never sold twice.

Dev alone builds: 2 h 50 are left of Wednesday 2 December, then eight hours on
every working day; Tuesday 8 is a holiday.
"""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests import cast
from tests.quotes.test_checking import SURE, certain, end_of, given

from kept.clients.models import Client
from kept.jobs.models import Job
from kept.ledger import chain
from kept.ledger.models import Event
from kept.plan import loading, outlook
from kept.plan.models import Hold, Outlook
from kept.promises.models import Placement, Promise
from kept.quotes import accepting, checking, offering, states
from kept.quotes.checked import WantedInThePast
from kept.quotes.models import Answer, Quote
from kept.tenancy import refusals, scope


def answered(house: cast.House, hours: float, now: datetime) -> Answer:
    checked = checking.check(
        what="Landing page",
        client=house.clients["Harbour Clinic"],
        stages=certain(hours),
        by=house.ben,
        now=now,
    )
    assert checked.answer is not None
    return checked.answer


def held(house: cast.House, hours: float, due_at: datetime, now: datetime) -> Quote:
    return offering.hold(answer=answered(house, hours, now), due_at=due_at, by=house.ben, now=now)


def kinds() -> list[str]:
    return [str(kind) for kind in Event.objects.order_by("number").values_list("kind", flat=True)]


def test_a_hold_reserves_capacity_until_the_end_of_the_second_working_day(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(3), now)

    assert (quote.state, quote.due_at, quote.chance_when_given) == (
        Quote.State.HELD,
        end_of(3),
        pytest.approx(4001 / 4002),
    )
    assert (quote.expires_at, quote.hold.expires_at) == (end_of(4), end_of(4))
    assert [entry["kind"] for entry in loading.load(now=now).plan["promises"]] == ["hold"]
    assert quote.job.state == Job.State.DRAFT


def test_what_is_held_is_not_free_any_more(one_builder: cast.House, now: datetime) -> None:
    held(one_builder, 8, end_of(3), now)
    with pytest.raises(offering.DateDoesNotStand) as refused:
        held(one_builder, 8, end_of(3), now)
    assert "Nothing was reserved" in refused.value.sentence
    assert Quote.objects.count() == 1


def test_a_date_that_stood_when_it_was_answered_is_refused_when_the_plan_changed(
    one_builder: cast.House, now: datetime
) -> None:
    answer = answered(one_builder, 8, now)
    held(one_builder, 8, end_of(3), now)
    with pytest.raises(offering.AnswerIsStale) as refused:
        offering.hold(answer=answer, due_at=end_of(3), by=one_builder.ben, now=now)
    assert refused.value.kind == "conflict"
    assert (Quote.objects.count(), Hold.objects.count()) == (1, 1)


def test_a_changed_plan_refuses_nothing_that_still_stands(
    one_builder: cast.House, now: datetime
) -> None:
    answer = answered(one_builder, 8, now)
    held(one_builder, 8, end_of(4), now)
    quote = offering.hold(answer=answer, due_at=end_of(9), by=one_builder.ben, now=now)
    assert quote.state == Quote.State.HELD


def test_a_yes_that_would_break_a_given_promise_needs_a_lead_who_signs_it(
    one_builder: cast.House, now: datetime
) -> None:
    given(one_builder, 8, end_of(3), now)
    noon = datetime(2026, 12, 3, 16, tzinfo=UTC)
    answer = answered(one_builder, 8, now)

    with pytest.raises(offering.DateDoesNotStand) as refused:
        offering.hold(answer=answer, due_at=noon, by=one_builder.ben, now=now)
    assert "Pete's Bakery · Shelves" in refused.value.sentence
    with pytest.raises(refusals.NotAllowed):
        offering.hold(
            answer=answer, due_at=noon, by=one_builder.dev, now=now, risk_reason="They insist."
        )

    quote = offering.hold(
        answer=answer, due_at=noon, by=one_builder.ben, now=now, risk_reason="They insist."
    )
    assert (quote.risk_signed_by, quote.placement) == (one_builder.ben, Placement.BY_DATE)


def test_an_answer_is_held_once(one_builder: cast.House, now: datetime) -> None:
    answer = answered(one_builder, 8, now)
    offering.hold(answer=answer, due_at=end_of(3), by=one_builder.ben, now=now)
    with pytest.raises(offering.HeldAlready):
        offering.hold(answer=answer, due_at=end_of(9), by=one_builder.ben, now=now)


def test_the_yes_makes_a_promise_with_first_terms_and_an_internal_date(
    one_builder: cast.House, now: datetime
) -> None:
    client = one_builder.clients["Harbour Clinic"]
    Client.objects.filter(pk=client.pk).update(standing=Client.Standing.PROSPECT)
    quote = held(one_builder, 8, end_of(10), now)

    promise = accepting.accept(quote=quote, by=one_builder.ben, now=now, word="Lovely.")

    terms = promise.terms.get()
    assert (terms.number, terms.due_at, terms.chance_when_given) == (
        1,
        end_of(10),
        quote.chance_when_given,
    )
    # Five working days ahead: Thu 3, Fri 4, Mon 7, Wed 9, Thu 10. A fifth of them is one day.
    assert promise.internal_due_at == end_of(9)
    # Nobody was asked to build it, and the client is not refused for it.
    assert (promise.state, promise.gate) == (Promise.State.PENDING, "open")
    assert (quote.state, quote.promise, quote.word) == (Quote.State.ACCEPTED, promise, "Lovely.")
    assert (promise.job.state, quote.client.standing) == (Job.State.OPEN, Client.Standing.CLIENT)
    assert kinds()[-4:] == [
        "quote.held", "quote.offered", "promise.recorded", "quote.accepted",
    ]  # fmt: skip
    assert list(chain.faults()) == []


def test_a_yes_before_expiry_always_counts_whatever_happened_to_the_odds(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(4), now)
    one_builder.dev.working_times.filter(weekday__lt=4).delete()

    just_before = quote.expires_at - timedelta(seconds=1)
    promise = accepting.accept(quote=quote, by=one_builder.ben, now=just_before)

    outlook.refresh(by=None, now=now)
    assert Outlook.objects.get(promise=promise).chance < one_builder.organisation.line + 0.2


def test_a_yes_after_expiry_comes_too_late_and_frees_the_capacity(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(9), now)
    with pytest.raises(offering.Lapsed) as refused:
        accepting.accept(quote=quote, by=one_builder.ben, now=quote.expires_at)
    assert "lapsed" in refused.value.sentence
    quote.refresh_from_db()
    assert (quote.state, quote.job.state) == (Quote.State.LAPSED, Job.State.CLOSED)
    assert loading.load(now=now).plan["promises"] == []


def test_offers_whose_time_ran_out_lapse_by_themselves(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(9), now)
    assert offering.lapse_expired(now=quote.expires_at - timedelta(seconds=1)) == []
    assert offering.lapse_expired(now=quote.expires_at) == [quote]
    assert offering.lapse_expired(now=quote.expires_at) == []


@pytest.mark.parametrize("end", ["withdraw", "decline"])
def test_what_was_withdrawn_or_declined_is_free_again(
    one_builder: cast.House, now: datetime, end: str
) -> None:
    quote = held(one_builder, 8, end_of(3), now)
    if end == "withdraw":
        offering.withdraw(quote=quote, by=one_builder.ben, now=now)
    else:
        accepting.decline(quote=quote, by=one_builder.ben, now=now, word="Too late for us.")
    assert held(one_builder, 8, end_of(3), now).state == Quote.State.HELD


def test_every_move_that_the_table_does_not_name_is_refused_and_says_what_can_be_done(
    one_builder: cast.House, now: datetime
) -> None:
    quote = held(one_builder, 8, end_of(9), now)
    for state in Quote.State:
        for verb, (sources, _target) in states.MOVES.items():
            if state in sources:
                continue
            promise = quote.promise
            Quote.objects.filter(pk=quote.pk).exclude(state="accepted").update(
                state=state if state != Quote.State.ACCEPTED else Quote.State.DECLINED
            )
            quote.refresh_from_db()
            if quote.state in sources:
                continue
            with pytest.raises(states.MoveNotAllowed) as refused:
                states.move(quote, verb)
            assert "Nothing was changed" in refused.value.sentence
            assert quote.promise == promise


def test_a_date_in_the_past_is_not_held(one_builder: cast.House, now: datetime) -> None:
    answer = answered(one_builder, 8, now)
    with pytest.raises(WantedInThePast):
        offering.hold(answer=answer, due_at=end_of(1), by=one_builder.ben, now=now)


def test_a_date_beyond_what_is_forecast_is_not_held(one_builder: cast.House, now: datetime) -> None:
    answer = answered(one_builder, 8, now)
    with pytest.raises(refusals.Refused) as refused:
        offering.hold(
            answer=answer, due_at=datetime(9999, 1, 1, tzinfo=UTC), by=one_builder.ben, now=now
        )
    assert "ten years" in refused.value.sentence
    assert Quote.objects.count() == 0


def test_another_house_can_neither_see_nor_hold_an_answer(
    one_builder: cast.House, southbank: cast.House, now: datetime
) -> None:
    answer = answered(one_builder, 8, now)
    with scope.acting_in(southbank.organisation):
        assert not Answer.objects.filter(pk=answer.pk).exists()
        assert not Quote.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_room_for_ten_is_sold_ten_times_though_thirty_try_at_once(
    one_builder: cast.House, now: datetime
) -> None:
    # From Wednesday 15:10 to Thursday 17 there are 82 h 50 min: ten asks of eight hours fit.
    due_at = end_of(17)
    organisation = scope.current()
    answers = [answered(one_builder, 8, now) for _ in range(30)]
    outcomes: list[str] = []
    quotes: list[Quote] = []
    ready = threading.Barrier(6)

    def hold_some(mine: list[Answer]) -> None:
        with scope.acting_in(organisation):
            ready.wait()
            for answer in mine:
                try:
                    quotes.append(
                        offering.hold(answer=answer, due_at=due_at, by=one_builder.ben, now=now)
                    )
                    outcomes.append("held")
                except refusals.Conflict:
                    outcomes.append("refused")
                except Exception as error:
                    outcomes.append(repr(error))
        connection.close()

    threads = [threading.Thread(target=hold_some, args=(answers[n::6],)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(outcomes) == {"held": 10, "refused": 20}
    for quote in quotes:
        accepting.accept(quote=quote, by=one_builder.ben, now=now)
    assert Promise.objects.count() == 10
    outlook.refresh(by=None, now=now)
    assert [row.chance for row in Outlook.objects.all()] == [SURE] * 10
    assert list(chain.faults()) == []

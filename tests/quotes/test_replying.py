"""“We answer by …”: a small promise with its own clock and its own figure."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.outbox import postman
from tests.portal.conftest import end_of, held, known
from tests.quotes.test_hold_and_yes import kinds

from kept.clients.models import Contact
from kept.ledger import chain
from kept.outbox import running
from kept.quotes import replying
from kept.quotes.models import HoldingReply
from kept.tenancy import refusals

HOUR = timedelta(hours=1)


@pytest.fixture
def sara(one_builder: cast.House, now: datetime) -> Contact:
    return known(one_builder, "Sara Nunes", now)


def given(
    house: cast.House, now: datetime, contact: Contact | None = None, days: int = 2
) -> HoldingReply:
    return replying.give(
        client=house.clients["Harbour Clinic"],
        contact=contact,
        what="A new site",
        due_at=end_of(2 + days),
        by=house.maya,
        now=now,
    )


def test_the_client_is_told_by_when_they_get_an_answer(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    with postman.at_work() as post:
        reply = given(one_builder, now, sara)
        running.run_due(now=now)
    assert (reply.state, reply.owner, reply.zone) == ("open", one_builder.maya, cast.ZONE)
    [letter] = post.letters
    assert letter["Subject"] == "A new site: we answer by Fri 4 Dec, 18:00"
    assert postman.text_of(letter).replace("\r\n", "\n").partition("\n\n--\n")[0] == (
        "Dear Sara Nunes,\n\n"
        "thank you for asking about A new site. We answer by Friday 4 December, 18:00 (Lisbon)."
        "\n\nMaya, Northlight"
    )


def test_it_reserves_nothing_and_is_no_promise_of_work(
    one_builder: cast.House, now: datetime
) -> None:
    given(one_builder, now)
    assert kinds()[-1] == "holding_reply.given"
    assert held(one_builder, now).state == "held"


def test_its_figure_counts_what_was_due(one_builder: cast.House, now: datetime) -> None:
    said = {"by": one_builder.maya}
    replying.answer(given(one_builder, now), now=end_of(4), **said)
    replying.answer(given(one_builder, now), now=end_of(4) + HOUR, **said)
    replying.withdraw(given(one_builder, now), now=now, **said)
    given(one_builder, now)
    given(one_builder, now, days=15)
    assert replying.figure(now=end_of(4) + HOUR) == replying.Figure(
        due=3, on_time=1, late=1, owed=1, open=1
    )
    assert [row.due_at for row in replying.due(until=end_of(5))] == [end_of(4)]
    assert list(chain.faults()) == []


def test_it_is_answered_by_an_offer_to_that_client(one_builder: cast.House, now: datetime) -> None:
    quote = held(one_builder, now)
    reply = replying.answer(
        given(one_builder, now), quote=quote, word="See the offer.", by=one_builder.maya, now=now
    )
    assert (reply.state, reply.quote, reply.answered_at) == ("answered", quote, now)
    other = replying.give(
        client=one_builder.clients["Pete's Bakery"],
        what="Cards",
        due_at=end_of(4),
        by=one_builder.maya,
        now=now,
    )
    with pytest.raises(replying.NotOfThisClient):
        replying.answer(other, quote=quote, by=one_builder.maya, now=now)


def test_what_was_answered_is_answered_once(one_builder: cast.House, now: datetime) -> None:
    reply = replying.withdraw(given(one_builder, now), by=one_builder.maya, now=now)
    with pytest.raises(replying.AnsweredAlready) as refused:
        replying.answer(reply, by=one_builder.maya, now=now)
    assert (
        refused.value.sentence == "This was noted before: not wanted any more. Nothing was changed."
    )


def test_an_answer_is_not_promised_for_a_moment_that_has_gone_by(
    one_builder: cast.House, now: datetime
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        given(one_builder, now, days=-1)
    assert "has gone by. Say a later moment." in refused.value.sentence
    assert not HoldingReply.objects.exists()


def test_somebody_at_another_client_is_not_told(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    with pytest.raises(replying.NotOfThisClient):
        replying.give(
            client=one_builder.clients["Pete's Bakery"],
            contact=sara,
            what="Cards",
            due_at=end_of(4),
            by=one_builder.maya,
            now=now,
        )

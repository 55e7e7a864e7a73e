"""Reactions are asked once; stories leave only in the words consented to; who sent us whom."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.asks.whole import faults

from kept.asks import extras, reacting, referring, storytelling
from kept.asks.models import Referral, Story, StoryConsent
from kept.clients import keeping
from kept.clients.models import Client, Contact
from kept.outbox import letters
from kept.outbox.models import Letter
from kept.promises import delivering, recording
from kept.tenancy import refusals

WORDS = "They answered on a Sunday."


@pytest.fixture
def sara(northlight: cast.House, now: datetime) -> Contact:
    return keeping.add_contact(
        northlight.clients["Harbour Clinic"],
        name="Sara Nunes",
        email="sara@harbour.example",
        by=northlight.ben,
        now=now,
    )


def test_a_contact_is_asked_once_after_it_was_kept(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    house = northlight
    promise = recording.loose(
        what="Letters", client=sara.client, due_at=now + timedelta(days=3), day_only=False,
        by=house.ben, now=now,
    )  # fmt: skip
    with pytest.raises(reacting.NotYet):
        reacting.ask(promise, contact=sara, by=house.ben, now=now)
    delivery = delivering.deliver(promise, by=house.ben, now=now)
    delivering.accept(delivery, by=house.ben, now=now)
    promise.refresh_from_db()
    with pytest.raises(letters.NoAddress):
        reacting.ask(promise, by=house.ben, now=now)
    reaction = reacting.ask(promise, contact=sara, by=house.ben, now=now)
    assert Letter.objects.get(to_address=sara.email).subject == "Letters: how was it?"
    with pytest.raises(reacting.AskedAlready):
        reacting.ask(promise, contact=sara, by=house.ben, now=now)
    reacting.answer(reaction, felt="delighted", words="Lovely", contact=sara, now=now)
    assert (reaction.felt, reaction.words, reaction.answered_at) == ("delighted", "Lovely", now)
    with pytest.raises(reacting.AnsweredAlready):
        reacting.answer(reaction, felt="pleased", contact=sara, now=now)
    assert faults() == []


def story(house: cast.House, sara: Contact, now: datetime) -> Story:
    return storytelling.write(contact=sara, title="A Sunday", words=WORDS, by=house.ben, now=now)


def test_a_story_is_consented_changed_and_consented_again(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    house, told = northlight, story(northlight, sara, now)
    with pytest.raises(storytelling.NoConsent):
        storytelling.publish(told, where="our site", by=house.ben, now=now)
    asked = storytelling.ask(told, by=house.ben, now=now)
    told = storytelling.consent(asked, yes=True, contact=sara, now=now)
    assert (told.state, told.consented_hash) == ("consented", storytelling.hash_of(WORDS))
    told = storytelling.change(told, words=WORDS + " Twice.", by=house.ben, now=now)
    assert (told.state, told.consented_hash) == ("draft", "")
    with pytest.raises(storytelling.NoConsent):
        storytelling.publish(told, where="our site", by=house.ben, now=now)
    again = storytelling.ask(told, by=house.ben, now=now)
    storytelling.consent(again, yes=True, contact=sara, now=now)
    told = storytelling.publish(told, where="our site", by=house.ben, now=now)
    assert list(storytelling.told()) == [told]
    assert StoryConsent.objects.count() == 2
    assert faults() == []


def test_nothing_is_told_after_consent_was_withdrawn(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    house, told = northlight, story(northlight, sara, now)
    asked = storytelling.ask(told, by=house.ben, now=now)
    storytelling.consent(asked, yes=True, contact=sara, now=now)
    storytelling.publish(told, where="our site", by=house.ben, now=now)
    storytelling.withdraw(told, contact=sara, now=now)
    assert not storytelling.told().exists()
    with pytest.raises(storytelling.ConsentWithdrawn):
        storytelling.publish(told, where="our site", by=house.ben, now=now)
    with pytest.raises(storytelling.NoConsent):
        storytelling.withdraw(told, contact=sara, now=now)
    assert faults() == []


def test_a_word_on_words_that_changed_meanwhile_does_not_count(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    house, told = northlight, story(northlight, sara, now)
    asked = storytelling.ask(told, by=house.ben, now=now)
    storytelling.change(told, words="Another one.", by=house.ben, now=now)
    with pytest.raises(storytelling.NothingAsked):
        storytelling.consent(asked, yes=True, contact=sara, now=now)
    assert Story.objects.get().state == "draft"
    refused = storytelling.ask(told, by=house.ben, now=now)
    storytelling.consent(refused, yes=False, contact=sara, now=now)
    assert Story.objects.get().state == "refused"


def test_nobody_refers_themselves_by_way_of_others_either(
    northlight: cast.House, now: datetime
) -> None:
    house = northlight
    clinic, bakery = house.clients["Harbour Clinic"], house.clients["Pete's Bakery"]
    choir = keeping.add_client(name="Kestrel Choir", prospect=True, by=house.ben, now=now)
    referring.record(referrer=clinic, client=bakery, by=house.ben, now=now)
    referring.record(referrer=bakery, client=choir, by=house.ben, now=now)
    for referrer in (bakery, choir):
        with pytest.raises(refusals.Refused) as refused:
            referring.record(referrer=referrer, client=clinic, by=house.ben, now=now)
        assert refused.value.sentence == (
            f"{referrer.name} came to you by way of Harbour Clinic, so it was not them who sent "
            "Harbour Clinic. Nothing was saved."
        )
        assert refused.value.field == "referrer"
    assert [(row.referrer, row.client) for row in Referral.objects.order_by("pk")] == [
        (clinic, bakery),
        (bakery, choir),
    ]
    assert faults() == []


def test_nobody_refers_themselves_and_a_prospect_becomes_a_client(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    house, clinic = northlight, northlight.clients["Harbour Clinic"]
    with pytest.raises(refusals.Refused, match="Nobody refers themselves"):
        referring.record(referrer=clinic, client=clinic, by=house.ben, now=now)
    choir = keeping.add_client(name="Kestrel Choir", prospect=True, by=house.ben, now=now)
    referral = referring.record(referrer=clinic, client=choir, contact=sara, by=house.ben, now=now)
    assert referral.became_client_at is None
    bakery = house.clients["Pete's Bakery"]
    with pytest.raises(referring.ReferredAlready):
        referring.record(referrer=bakery, client=choir, by=house.ben, now=now)
    assert referring.follow(now=now) == 0
    keeping.change_client(choir, standing=Client.Standing.CLIENT, by=house.ben, now=now)
    assert (referring.follow(now=now), referring.follow(now=now)) == (1, 0)
    gift = extras.record(
        client=clinic, title="A page", hours=extras.Decimal(1), by=house.ben, now=now
    )
    assert reacting.ask(gift, contact=sara, by=house.ben, now=now).extra == gift
    assert faults() == []

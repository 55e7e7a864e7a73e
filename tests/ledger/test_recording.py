"""The chain of events."""

import pytest
from django.db import transaction
from tests import cast, tampering

from kept.ledger import chain, recording
from kept.ledger.models import ErasableText, Event


def test_a_founded_house_has_a_whole_chain_of_one_event(northlight: cast.House) -> None:
    assert list(chain.faults()) == []
    assert [event.kind for event in Event.objects.all()] == [Event.Kind.ORGANISATION_FOUNDED]


def test_an_event_carries_no_personal_text(northlight: cast.House) -> None:
    event = Event.objects.get()
    image = event.images[f"member:{northlight.ada.pk}"]
    assert "Ada" not in str(event.images)
    text = ErasableText.objects.get(pk=image["name"]["text"])
    assert text.text == "Ada"
    assert image["name"]["mac"] == recording.mac_of(bytes(text.key), "Ada")


def test_an_edited_event_is_found(northlight: cast.House) -> None:
    with tampering.unguarded():
        Event.objects.update(facts={"dates": "moved"})
    assert [(fault.place, fault.what) for fault in chain.faults()] == [
        ("event 1", "was altered after it was written")
    ]


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused(northlight: cast.House, now: object) -> None:
    assert not transaction.get_connection().in_atomic_block
    with pytest.raises(recording.NotInTransaction):
        recording.record(
            Event.Kind.MEMBER_CHANGED,
            about=northlight.ada,
            by=northlight.ada,
            at=northlight.organisation.created_at,
        )

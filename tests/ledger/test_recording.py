"""The chain of events."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast, tampering

from kept.clients.models import Service
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


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)


@given(
    facts=st.dictionaries(
        st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=8),
        st.recursive(
            st.none() | st.booleans() | numbers | st.decimals(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=6,
        ),
        max_size=4,
    )
)  # fmt: skip
@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_an_event_tells_reads_the_same_from_the_database(
    facts: dict[str, Any], northlight: cast.House, now: datetime
) -> None:
    """PostgreSQL's JSON keeps numbers as decimals, and they come back in another form."""
    with transaction.atomic():
        recording.record(
            Event.Kind.CLIENT_CHANGED,
            about=northlight.clients["Harbour Clinic"],
            by=northlight.ada,
            at=now,
            facts=facts,
        )
    assert list(chain.faults()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no form for"):
        recording.plain(value)


def test_a_row_just_made_has_the_image_it_will_have_when_read_back(
    northlight: cast.House,
) -> None:
    made = Service.objects.create(name="Site", price=Decimal("1250.5"))
    assert recording.image_of(made)["price"] == "1250.50"
    assert recording.image_of(made) == recording.image_of(Service.objects.get(pk=made.pk))

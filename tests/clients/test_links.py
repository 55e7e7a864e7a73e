"""A contact's link: one at a time, found by its token alone, ended at once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast

from kept.clients import keeping, links
from kept.clients.models import ClientLink, Contact
from kept.ledger.models import Event
from kept.tenancy import refusals

DAY = timedelta(days=1)


@pytest.fixture
def sara(northlight: cast.House, now: datetime) -> Contact:
    return keeping.add_contact(
        northlight.clients["Harbour Clinic"], name="Sara Nunes", by=northlight.ada, now=now
    )


def test_the_token_has_256_bits_and_only_its_hash_is_kept(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    link = links.live_for(sara, by=northlight.ben, now=now)
    token = links.token_of(link)
    assert len(token) == 43  # 256 bits, six to a letter
    assert link.token_hash == links.hash_of(token)
    assert token not in str(ClientLink.objects.values())
    assert link.expires_at == now + 90 * DAY


def test_the_same_link_is_prolonged_by_each_letter(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    first = links.live_for(sara, by=northlight.ben, now=now)
    again = links.live_for(sara, by=northlight.ben, now=now + timedelta(hours=2))
    later = links.live_for(sara, by=northlight.ben, now=now + 10 * DAY)
    assert first.pk == again.pk == later.pk
    assert (again.expires_at, later.expires_at) == (now + 90 * DAY, now + 100 * DAY)
    assert Event.objects.filter(kind=Event.Kind.LINK_MADE).count() == 2


def test_a_link_opens_until_it_expires(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    token = links.token_of(links.live_for(sara, by=northlight.ben, now=now))
    found = links.find(token, now=now + 90 * DAY - timedelta(seconds=1))
    assert found is not None
    assert (found.contact, found.contact.client.name) == (sara, "Harbour Clinic")
    assert links.find(token, now=now + 90 * DAY) is None
    assert links.find(token + "x", now=now) is None


def test_an_expired_link_is_replaced_by_another(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    old = links.live_for(sara, by=northlight.ben, now=now)
    new = links.live_for(sara, by=northlight.ben, now=now + 91 * DAY)
    old.refresh_from_db()
    assert (new.pk != old.pk, old.revoked_at) == (True, now + 91 * DAY)


def test_a_revoked_link_is_closed_at_once_and_the_next_one_is_another(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    token = links.token_of(links.live_for(sara, by=northlight.ben, now=now))
    assert links.revoke(sara, by=northlight.ben, now=now) is not None
    assert links.find(token, now=now) is None
    assert links.revoke(sara, by=northlight.ben, now=now) is None

    other = links.token_of(links.live_for(sara, by=northlight.ben, now=now))
    assert other != token
    assert links.find(other, now=now) is not None


def test_an_archived_contacts_link_does_not_open_and_none_is_made(
    northlight: cast.House, sara: Contact, now: datetime
) -> None:
    token = links.token_of(links.live_for(sara, by=northlight.ben, now=now))
    keeping.change_contact(sara, archived=True, by=northlight.ada, now=now)
    assert links.find(token, now=now) is None
    with pytest.raises(links.ContactIsArchived):
        links.live_for(sara, by=northlight.ben, now=now)


def test_a_new_secret_key_ends_all_links_and_the_next_letter_carries_a_new_one(
    northlight: cast.House, sara: Contact, now: datetime, settings: Any
) -> None:
    old = links.live_for(sara, by=northlight.ben, now=now)
    settings.SECRET_KEY = "another"
    assert links.find(links.token_of(old), now=now) is None
    new = links.live_for(sara, by=northlight.ben, now=now)
    assert (new.pk != old.pk, links.find(links.token_of(new), now=now)) == (True, new)


def test_guests_make_no_links(northlight: cast.House, sara: Contact, now: datetime) -> None:
    with pytest.raises(refusals.NotAllowed):
        links.live_for(sara, by=northlight.gus, now=now)
    with pytest.raises(refusals.NotAllowed):
        links.revoke(sara, by=northlight.gus, now=now)


def test_use_is_noted_once_a_minute(northlight: cast.House, sara: Contact, now: datetime) -> None:
    link = links.live_for(sara, by=northlight.ben, now=now)
    for seconds in (0, 30, 61):
        links.note_use(link, now=now + timedelta(seconds=seconds))
    link.refresh_from_db()
    assert link.last_used_at == now + timedelta(seconds=61)

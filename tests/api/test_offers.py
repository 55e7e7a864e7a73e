"""Offers by letter, what is proposed instead, links, letters and holding replies, by API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller
from tests.portal.conftest import held, known

from kept.clients.models import Contact
from kept.outbox.models import Letter, Task
from kept.quotes.models import Quote


@pytest.fixture
def present(now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def ben(one_builder: cast.House, calling: Callable[..., Caller], present: Any) -> Caller:
    return calling(one_builder.ben)


@pytest.fixture
def sara(one_builder: cast.House, now: datetime) -> Contact:
    return known(one_builder, "Sara Nunes", now)


def offer(ben: Caller, quote: Quote, sara: Contact) -> Any:
    return ben.post(
        f"/quotes/{quote.pk}/offer", {"contact_id": sara.pk, "gap_reason": "They wait."}
    )


def test_an_offer_goes_to_a_contact_and_the_letter_is_there_to_read(
    one_builder: cast.House, ben: Caller, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    said = offer(ben, quote, sara).json()
    assert (said["state"], said["contact_id"], said["offered_by_id"]) == (
        "offered",
        sara.pk,
        one_builder.ben.pk,
    )
    [letter] = ben.get("/letters").json()["items"]
    assert (letter["to_address"], letter["sent_at"]) == ("sara@clinic.example", None)
    assert "{link}" in letter["body"], "the link itself is in the letter that leaves"
    assert ben.get(f"/letters/{letter['id']}").json() == letter
    link = ben.get(f"/contacts/{sara.pk}/link").json()
    assert set(link) == {"contact_id", "made_at", "expires_at", "last_used_at"}
    assert ben.delete(f"/contacts/{sara.pk}/link").status_code == 204
    assert ben.get(f"/contacts/{sara.pk}/link").status_code == 404


def test_an_offer_to_nobody_of_that_client_says_which_input_is_wrong(
    one_builder: cast.House, ben: Caller, now: datetime
) -> None:
    quote = held(one_builder, now)
    refused = ben.post(f"/quotes/{quote.pk}/offer", {"contact_id": 999, "gap_reason": "x"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "contact_id")


def test_what_they_propose_instead_is_written_down_and_answered(
    one_builder: cast.House, ben: Caller, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    path = f"/quotes/{quote.pk}"
    offer(ben, quote, sara)
    assert ben.post(f"{path}/counter", {}).status_code == 422
    counter = ben.post(f"{path}/counter", {"wanted_on": "2026-12-07", "word": "Earlier?"})
    assert (counter.status_code, counter.json()["wanted_at"]) == (201, "2026-12-07T18:00:00Z")
    shown = ben.get(path).json()
    assert shown["state"] == "countered"
    assert shown["can"] == ["counter", "take", "keep", "accept", "decline", "withdraw"]
    taken = ben.post(f"{path}/take").json()
    assert (taken["state"], taken["due_at"]) == ("offered", "2026-12-07T18:00:00Z")
    assert ben.post(f"{path}/keep").status_code == 409
    [row] = ben.get(f"{path}/counters").json()["items"]
    assert (row["state"], row["word"], row["recorded_by_id"]) == (
        "taken",
        "Earlier?",
        one_builder.ben.pk,
    )


def test_a_letter_that_was_given_up_is_sent_again(
    one_builder: cast.House, ben: Caller, sara: Contact, now: datetime
) -> None:
    offer(ben, held(one_builder, now), sara)
    letter = Letter.objects.get()
    assert ben.post(f"/letters/{letter.pk}/again").status_code == 409
    Task.objects.filter(kind="mail").update(state="dead", ended_at=now)
    assert ben.post(f"/letters/{letter.pk}/again").status_code == 200
    assert Task.objects.get(kind="mail").state == "waiting"


def test_members_who_lead_nothing_read_no_letters(
    one_builder: cast.House, calling: Callable[..., Caller], present: Any
) -> None:
    assert calling(one_builder.dev).get("/letters").status_code == 403


def test_an_answer_is_promised_and_given(
    one_builder: cast.House, ben: Caller, sara: Contact
) -> None:
    made = ben.post(
        "/holding-replies",
        {
            "client_id": sara.client_id,
            "contact_id": sara.pk,
            "what": "A new site",
            "due_on": "2026-12-04",
        },
    )
    assert made.status_code == 201, made.content
    reply = made.json()
    assert (reply["state"], reply["due_at"]) == ("open", "2026-12-04T18:00:00Z")
    assert Letter.objects.get().to_address == "sara@clinic.example"
    path = f"/holding-replies/{reply['id']}"
    assert ben.post(f"{path}/answer", {"word": "By phone."}).json()["state"] == "answered"
    assert ben.post(f"{path}/withdraw").status_code == 409
    assert ben.get("/holding-replies/figure").json() == {
        "due": 1,
        "on_time": 1,
        "late": 0,
        "owed": 0,
        "open": 0,
    }
    assert [row["id"] for row in ben.get("/holding-replies").json()["items"]] == [reply["id"]]

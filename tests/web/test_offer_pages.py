"""The page of an offer that goes by letter, a client's links, and answers that are owed."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from tests import cast
from tests.portal.conftest import end_of, held, known, offered
from tests.web.visiting import Visitor, text

from kept.clients import links
from kept.clients.models import ClientLink, Contact
from kept.outbox.models import Letter
from kept.quotes import countering
from kept.quotes.models import Counter, HoldingReply, Quote


def at(name: str, *keys: int) -> str:
    return reverse(name, args=keys)


@pytest.fixture
def sara(one_builder: cast.House, now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        yield known(one_builder, "Sara Nunes", now)


def test_an_offer_is_sent_as_it_was_edited(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    ben = Visitor(one_builder.ben)
    page = ben.get(at("quote", quote.pk))
    assert "Dear Sara Nunes," in page.content.decode()
    assert "Sign, and send it" in text(page)
    nobody = ben.post(at("quote_offer", quote.pk), {"how": "letter", "gap_reason": "Now."})
    assert (nobody.status_code, "Say who at the client gets the letter." in text(nobody)) == (
        422,
        True,
    )
    sent = ben.post(
        at("quote_offer", quote.pk),
        {
            "how": "letter",
            "contact": str(sara.pk),
            "gap_reason": "Now.",
            "subject": "Your page",
            "body": "Here: {link}",
        },
    )
    assert sent.status_code == 302
    assert Letter.objects.get().body == "Here: {link}\n\n{head}"
    said = text(ben.get(at("quote", quote.pk)))
    assert "Offered to Sara Nunes, by letter" in said


def test_an_offer_told_in_person_goes_to_nobody_by_letter(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = held(one_builder, now)
    Visitor(one_builder.ben).post(
        at("quote_offer", quote.pk),
        {"how": "said", "contact": str(sara.pk), "gap_reason": "Now."},
    )
    quote.refresh_from_db()
    assert (quote.state, quote.contact, Letter.objects.count()) == ("offered", None, 0)


def test_a_client_without_addresses_is_told_what_to_do(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    Contact.objects.update(email="")
    quote = held(one_builder, now)
    said = text(Visitor(one_builder.ben).get(at("quote", quote.pk)))
    assert "Nobody at this client has an e-mail address yet." in said


def test_what_they_propose_is_shown_and_answered(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    countering.counter(quote=quote, contact=sara, wanted_at=end_of(4), word="Sooner?", now=now)
    ben = Visitor(one_builder.ben)
    page = ben.get(at("quote", quote.pk))
    assert "What they propose instead" in text(page)
    assert "Friday 4 December “Sooner?”" in text(page)
    assert 'value="2026-12-04"' in page.content.decode()
    wrong = ben.post(at("quote_take", quote.pk), {"wanted": "soon"})
    assert (wrong.status_code, "“soon” is not a day." in text(wrong)) == (422, True)
    full = ben.post(at("quote_take", quote.pk), {"wanted": "2026-12-02"})
    assert (full.status_code, "Nothing was reserved." in text(full)) == (409, True)
    assert ben.post(at("quote_take", quote.pk), {"wanted": "2026-12-04"}).status_code == 302
    quote.refresh_from_db()
    assert (quote.state, quote.due_at) == ("offered", end_of(4))
    assert ben.post(at("quote_keep", quote.pk)).status_code == 409


def test_a_member_writes_down_what_they_propose(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    quote = offered(one_builder, sara, now)
    dev = Visitor(one_builder.dev)
    assert dev.post(at("quote_counter", quote.pk)).status_code == 422
    assert dev.post(at("quote_counter", quote.pk), {"lines": "No form"}).status_code == 302
    assert Counter.objects.get().recorded_by == one_builder.dev
    assert dev.post(at("quote_keep", quote.pk), {"word": "It stays."}).status_code == 302
    assert Quote.objects.get().state == "offered"


def test_a_clients_page_shows_whose_link_opens_and_ends_it(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    links.live_for(sara, by=one_builder.ben, now=now)
    dev = Visitor(one_builder.dev)
    page = text(dev.get(at("client", sara.client_id)))
    # Ninety days after Wednesday 2 December.
    assert "their page opens until Tue 2 Mar" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert dev.post(at("link_end", sara.pk)).status_code == 302
    assert ClientLink.objects.get().revoked_at == now
    assert "their page opens" not in text(dev.get(at("client", sara.client_id)))


def test_an_answer_is_promised_shown_on_today_when_due_and_given(
    one_builder: cast.House, sara: Contact, now: datetime
) -> None:
    maya = Visitor(one_builder.maya)
    missing = maya.post("/replies", {"what": "A new site", "due_on": "2026-12-03"})
    assert missing.status_code == 422
    gone = maya.post(
        "/replies", {"what": "A site", "whom": f"contact-{sara.pk}", "due_on": "2026-12-01"}
    )
    assert (gone.status_code, "has gone by" in text(gone)) == (422, True)
    for what, day in (("A new site", "2026-12-03"), ("A film", "2026-12-21")):
        made = maya.post(
            "/replies",
            {"what": what, "whom": f"contact-{sara.pk}", "due_on": day, "due_time": "17:00"},
        )
        assert made.status_code == 302
    assert Letter.objects.count() == 2
    said = text(maya.get("/"))
    assert "Answers due" in said
    assert "Harbour Clinic · A new site" in said
    assert "A film" not in said, "it is not due yet"

    reply = HoldingReply.objects.get(what="A new site")
    assert maya.post(at("reply_answered", reply.pk), {"word": "Yes."}).status_code == 302
    again = maya.post(at("reply_withdrawn", reply.pk))
    assert (again.status_code, "This was noted before: answered." in text(again)) == (409, True)
    said = text(maya.get("/replies"))
    assert "1 of 1 came by when they were promised." in said
    assert "Answers due" not in text(maya.get("/"))

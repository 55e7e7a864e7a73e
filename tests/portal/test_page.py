"""The client's page: what waits, what is owed, what is promised; and nothing of the house's inside.

Everything is in the client's zone. The present is Wednesday 2 December 2026, 15:10 in Lisbon.
"""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.portal.conftest import Sara, end_of, held, known, offered, promised
from tests.web.visiting import Visitor, text

from kept.clients import keeping, links
from kept.clients.models import ClientLink, Contact
from kept.config.logs import WithoutSecrets
from kept.custody import verifying
from kept.jobs import making
from kept.jobs.models import Obligation
from kept.ledger import heads
from kept.ledger.models import Event
from kept.outbox.models import Letter
from kept.plan import outlook
from kept.promises import delivering, pausing, proposing
from kept.promises.models import Delivery, Promise, Proposal
from kept.promises.proposing import Way
from kept.quotes import offering
from kept.quotes.models import Counter, Quote
from kept.tenancy import scope

NBSP = "\N{NO-BREAK SPACE}"


def plain(answer: Any) -> str:
    """The words of a page, as they are read."""
    return re.sub(r" ([,.:;”])", r"\1", text(answer).replace(NBSP, " "))


# ----- What is shown ----------------------------------------------------------------------------


def test_a_page_with_nothing_on_it_says_what_will_stand_there(sara: Sara) -> None:
    said = plain(sara.get())
    assert "What we promised you Nothing waits for you at the moment." in said
    assert "What we offer or promise you stands here from then on." in said
    assert "This link is for Sara Nunes and needs no account." in said


def test_what_waits_for_the_client_comes_first(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promised(one_builder, sara.contact, now, what="Online booking")
    done = promised(one_builder, sara.contact, now, what="Opening hours", due_at=end_of(3))
    delivering.deliver(done, note="On all five pages.", by=one_builder.dev, now=now)
    quote = offered(one_builder, sara.contact, now)
    making.record_obligation(
        promised(one_builder, sara.contact, now, what="Letters").job,
        what="Doctors' hours",
        due_at=end_of(7),
        by=one_builder.ben,
        now=now,
    )
    said = plain(sara.get())
    places = [
        said.index(part)
        for part in (
            "Two things wait for your word. One thing is owed by you, due Mon 7 Dec.",
            "An offer, held for you until Fri 4 Dec, 18:00 Landing page",
            "Thursday 10 December, 18:00 Lisbon",
            "Delivered Wed 2 Dec, 15:10. Due Thu 3 Dec, 18:00 Opening hours",
            "Promised Wed 2 Dec Online booking",
            "You owe us Nothing at the moment.",
            "You owe us Doctors' hours by Mon 7 Dec.",
        )
    ]
    assert places == sorted(places)
    assert "Accept Thu 10 December" in said
    assert quote.state == Quote.State.OFFERED


def test_no_odds_no_effort_and_no_word_of_the_inside_is_shown(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    offered(one_builder, sara.contact, now)
    promised(one_builder, sara.contact, now)
    outlook.refresh(by=None, now=now)
    page = sara.get()
    drawn = re.findall(r"<title>(.*?)</title>", page.content.decode())
    said = plain(page) + " ".join(drawn)
    assert "Promised on Wed 2 Dec for Fri 18 Dec." in said.replace(NBSP, " ")
    for inside in ("%", "chance", "Build", "hours needed", "8 h", "Dev", "Ben", "They wait.",
                   "pending", "signed", "aim", "yields", "stage", "draft"):  # fmt: skip
        assert inside not in said, inside


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Lisbon", "Friday 18 December, 18:00 Lisbon"),
        ("Asia/Tokyo", "Saturday 19 December, 03:00 Tokyo"),
        ("America/New_York", "Friday 18 December, 13:00 New York"),
    ],
)
def test_days_and_hours_are_the_clients(
    one_builder: cast.House, sara: Sara, now: datetime, zone: str, shown: str
) -> None:
    promise = promised(one_builder, sara.contact, now)
    Promise.objects.filter(pk=promise.pk).update(zone=zone)
    assert shown in plain(sara.get())


def test_what_is_said_of_a_promise_follows_how_it_stands(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    promise = promised(one_builder, sara.contact, now, due_at=end_of(4))
    assert "Promised for Friday 4 December, 18:00" in plain(sara.get()), "nobody knows the odds yet"

    present.move_to(end_of(4) + timedelta(minutes=1))
    assert "Overdue: it was promised for Friday 4 December" in plain(sara.get())

    owed = making.record_obligation(
        promise.job, what="Texts", due_at=end_of(4), by=one_builder.ben, now=now
    )
    pausing.pause(promise, obligation=owed, by=one_builder.ben, now=end_of(4))
    said = plain(sara.get())
    assert "Waiting for what you owe; then due" in said
    assert "The clock has stood since Fri 4 Dec." in said
    assert "Texts it was due Fri 4 Dec." in said


def test_what_ended_stays_for_a_while_with_how_it_ended(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    promise = promised(one_builder, sara.contact, now)
    delivery = delivering.deliver(promise, by=one_builder.dev, now=now)
    delivering.accept(delivery, contact=sara.contact, now=now)
    offered(one_builder, sara.contact, now, what="Menu")
    present.move_to(end_of(4) + timedelta(hours=1))
    said = plain(sara.get())
    assert "Menu the offer ran out, Fri 4 Dec" in said
    assert "Online booking delivered and accepted, Wed 2 Dec" in said
    assert "Accept" not in said
    present.move_to(now + timedelta(days=89))
    assert "Online booking delivered and accepted" in plain(sara.get())
    present.move_to(now + timedelta(days=89, hours=23))
    Promise.objects.filter(pk=promise.pk).update(settled_at=now - timedelta(days=1))
    assert "Online booking" not in plain(sara.get())


def test_what_was_voided_or_only_held_is_not_there(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    Promise.objects.filter(pk=promise.pk).update(state="voided", void_reason="Meant another")
    quote = held(one_builder, now)
    Quote.objects.filter(pk=quote.pk).update(contact=sara.contact)
    said = plain(sara.get())
    assert "Online booking" not in said
    assert "Landing page" not in said


def test_the_page_costs_as_many_questions_with_three_of_each_as_with_one(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    def furnish(name: str, day: int) -> None:
        offered(one_builder, sara.contact, now, what=f"Offer {name}", day=day)
        promised(one_builder, sara.contact, now, what=f"Promise {name}", due_at=end_of(28))
        done = promised(one_builder, sara.contact, now, what=f"Done {name}", due_at=end_of(28))
        delivering.deliver(done, by=one_builder.dev, now=now)

    furnish("1", 18)
    sara.get()
    with CaptureQueriesContext(
        connection,
    ) as one:
        sara.get()
    furnish("2", 21)
    furnish("3", 22)
    with CaptureQueriesContext(connection) as three:
        answer = sara.get()
    assert "Offer 3" in plain(answer)
    assert len(three) == len(one), "\n".join(row["sql"][:200] for row in three.captured_queries)


# ----- What the link opens, and to whom ---------------------------------------------------------


def test_opening_the_page_changes_nothing(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    """Programs that scan mail open every link in it."""
    offered(one_builder, sara.contact, now)
    done = promised(one_builder, sara.contact, now)
    delivery = delivering.deliver(done, by=one_builder.dev, now=now)
    quote = Quote.objects.get()
    before = [list(model.objects.values()) for model in (Event, Quote, Promise, ClientLink, Letter)]
    for path in (
        "",
        f"offers/{quote.pk}/accept",
        f"offers/{quote.pk}/decline",
        f"offers/{quote.pk}/counter",
        f"deliveries/{delivery.pk}/accept",
        f"deliveries/{delivery.pk}/back",
    ):
        for ask in (sara.browser.client.get, sara.browser.client.head, sara.browser.client.options):
            answer = sara.browser._fresh(ask, f"/p/{sara.token}/{path}")
            assert answer.status_code in ({200, 405} if path == "" else {405})
    after = [list(model.objects.values()) for model in (Event, Quote, Promise, ClientLink, Letter)]
    assert after == before


def test_the_address_does_not_leave_the_page(sara: Sara) -> None:
    answer = sara.get()
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert not answer.cookies
    assert "<script" not in answer.content.decode(), "it works with scripts off"


def test_a_link_that_is_none_any_more_says_what_to_do(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    promised(one_builder, sara.contact, now)
    links.revoke(sara.contact, by=one_builder.ben, now=now)
    for answer in (sara.get(), sara.post("offers/1/accept")):
        assert answer.status_code == 404
        assert "It was ended, has run out, or was not copied whole." in plain(answer)
        assert "Online booking" not in answer.content.decode()
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"

    again = links.live_for(sara.contact, by=one_builder.ben, now=now)
    sara.token = links.token_of(again)
    assert sara.get().status_code == 200
    present.move_to(now + timedelta(days=90))
    assert sara.get().status_code == 404


def test_after_twenty_bad_links_in_a_minute_none_is_looked_at(
    sara: Sara, present: Any, now: datetime
) -> None:
    guesser = Visitor()
    for n in range(20):
        assert guesser.get(f"/p/guess-{n}/").status_code == 404
    refused = guesser.get("/p/guess-20/")
    assert refused.status_code == 429
    assert refused["Retry-After"] == "3"
    assert sara.get().status_code == 429, "from the same address not even a good one"
    present.move_to(now + timedelta(seconds=4))
    assert sara.get().status_code == 200


def test_nobody_sees_what_is_somebody_elses(
    one_builder: cast.House, southbank: cast.House, sara: Sara, now: datetime
) -> None:
    rui = known(one_builder, "Rui Costa", now)
    pete = keeping.add_contact(
        one_builder.clients["Pete's Bakery"], name="Pete", by=one_builder.ben, now=now
    )
    promised(one_builder, rui, now, what="Canary of Rui")
    promised(one_builder, None, now, what="Canary of nobody")
    mine = promised(one_builder, sara.contact, now, what="Sara's own")
    offered(one_builder, rui, now, what="Canary offer")
    quote = Quote.objects.get()
    delivery = delivering.deliver(
        promised(one_builder, rui, now, what="Canary done"), by=one_builder.dev, now=now
    )
    owed = making.record_obligation(
        promised(one_builder, rui, now, what="Canary job").job,
        what="Canary texts",
        due_at=end_of(7),
        by=one_builder.ben,
        now=now,
    )
    with scope.acting_in(southbank.organisation):
        theo = known(southbank, "Theo", now)
        token = links.token_of(links.live_for(theo, by=southbank.cleo, now=now))

    page = sara.get().content.decode()
    assert "Sara&#x27;s own" in page
    assert "Canary" not in page
    elsewhere = Visitor().get(f"/p/{token}/")
    assert elsewhere.status_code == 200
    assert "Canary" not in elsewhere.content.decode()
    assert "Sara" not in elsewhere.content.decode()

    before = Event.objects.count()
    for what, said in {
        f"offers/{quote.pk}/accept": {},
        f"offers/{quote.pk}/decline": {},
        f"offers/{quote.pk}/counter": {"word": "x"},
        f"deliveries/{delivery.pk}/accept": {},
        f"deliveries/{delivery.pk}/back": {"word": "x"},
        f"promises/{mine.pk + 1}/release": {"word": "x"},
        f"obligations/{owed.pk}/sent": {},
    }.items():
        for visitor, link in (
            (sara.browser, sara.token),
            (Visitor(), token),
            (Visitor(), links.token_of(links.live_for(pete, by=None, now=now))),
        ):
            answer = visitor.post(f"/p/{link}/{what}", said)
            assert answer.status_code == 404, what
            assert "Canary" not in answer.content.decode()
            assert "This is not here any more. Below stands what is." in plain(answer)
    # Only Pete's link was made.
    assert Event.objects.count() == before + 1


@contextmanager
def logged() -> Iterator[list[str]]:
    """Collect what would be written to the log, as it would be written."""
    written: list[str] = []

    class Paper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    paper = Paper()
    paper.addFilter(WithoutSecrets())
    root = logging.getLogger()
    root.addHandler(paper)
    loggers = [logging.getLogger(name) for name in ("django.request", "django")]
    kept = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.propagate = True
    try:
        yield written
    finally:
        root.removeHandler(paper)
        for logger, propagate in zip(loggers, kept, strict=True):
            logger.propagate = propagate


def test_no_link_stands_in_a_log(one_builder: cast.House, sara: Sara, now: datetime) -> None:
    with logged() as written:
        sara.post("offers/999/accept")
        Visitor().get("/p/some-guess/")
        Visitor().get("/join/some-secret")
    said = "\n".join(written)
    assert "/p/…/offers/999/accept" in said
    for secret in (sara.token, "some-guess", "some-secret"):
        assert secret not in said


# ----- What the client does ---------------------------------------------------------------------


def test_yes_to_an_offer(one_builder: cast.House, sara: Sara, now: datetime) -> None:
    quote = offered(one_builder, sara.contact, now)
    answer = sara.post(f"offers/{quote.pk}/accept", due=quote.due_at.isoformat())
    assert (answer.status_code, answer["Location"]) == (303, f"/p/{sara.token}/?done=accepted")
    said = plain(sara.get(done="accepted"))
    assert "Thank you. It is promised, and stands below." in said
    assert "Promised Wed 2 Dec Landing page" in said
    assert Promise.objects.get().contact == sara.contact
    used = ClientLink.objects.get()
    assert used.last_used_at == now

    twice = sara.post(f"offers/{quote.pk}/accept")
    assert twice.status_code == 409
    assert "You said yes to this before. It is promised, and stands below." in plain(twice)


def test_a_yes_to_a_date_that_is_not_offered_any_more_is_asked_again(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    quote = offered(one_builder, sara.contact, now)
    answer = sara.post(f"offers/{quote.pk}/accept", due=end_of(4).isoformat())
    assert answer.status_code == 422
    assert "The offer changed since you opened this page." in plain(answer)
    assert Promise.objects.count() == 0


def test_something_else_instead_of_an_offer(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    quote = offered(one_builder, sara.contact, now)
    wrong = sara.post(f"offers/{quote.pk}/counter", wanted_on="next week", word="Please")
    assert wrong.status_code == 422
    assert "“next week” is not a day. Write it like 2026-12-18." in plain(wrong)
    assert "Please" in wrong.content.decode(), "what was typed is not lost"

    answer = sara.post(f"offers/{quote.pk}/counter", wanted_on="2026-12-07", lines="No form")
    assert answer.status_code == 303
    counter = Counter.objects.get()
    assert (counter.wanted_at, counter.lines, counter.contact) == (
        end_of(7),
        "No form",
        sara.contact,
    )
    said = plain(sara.get(done="proposed"))
    assert "You proposed Monday 7 December: “No form”." in said
    assert "Accept Thu 10 December" in said, "the offer stands"


def test_no_to_an_offer(one_builder: cast.House, sara: Sara, now: datetime) -> None:
    quote = offered(one_builder, sara.contact, now)
    assert sara.post(f"offers/{quote.pk}/decline", word="Too dear").status_code == 303
    quote.refresh_from_db()
    assert (quote.state, quote.word) == ("declined", "Too dear")
    assert "Landing page you said no, Wed 2 Dec" in plain(sara.get(done="declined"))


def test_an_offer_that_ran_out_is_answered_too_late_and_the_page_says_so(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    quote = offered(one_builder, sara.contact, now)
    present.move_to(quote.expires_at)
    answer = sara.post(f"offers/{quote.pk}/accept")
    assert answer.status_code == 409
    assert "This offer lapsed on Fri 4 Dec, 18:00" in plain(answer)
    quote.refresh_from_db()
    assert quote.state == Quote.State.LAPSED


def test_a_delivery_is_accepted_in_full(one_builder: cast.House, sara: Sara, now: datetime) -> None:
    promise = promised(one_builder, sara.contact, now)
    delivery = delivering.deliver(
        promise, where="https://clinic.example/hours", by=one_builder.dev, now=now
    )
    page = sara.get().content.decode()
    assert 'href="https://clinic.example/hours" rel="noreferrer noopener">Look at it</a>' in page
    assert sara.post(f"deliveries/{delivery.pk}/accept").status_code == 303
    delivery.refresh_from_db()
    promise.refresh_from_db()
    assert (delivery.state, delivery.answered_by_contact, promise.state) == (
        "accepted",
        sara.contact,
        "settled",
    )


def test_a_place_that_is_no_address_is_no_link(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    delivering.deliver(promise, where="javascript:alert(1)", by=one_builder.dev, now=now)
    page = sara.get().content.decode()
    assert 'href="javascript' not in page
    assert "You find it here: javascript:alert(1)" in plain(sara.get())


def test_a_part_of_a_delivery_is_accepted_line_by_line(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    lines = ("hours are right", "Christmas is marked")
    promise = promised(one_builder, sara.contact, now, lines=lines)
    delivery = delivering.deliver(promise, by=one_builder.dev, now=now)
    first, second = [line.condition_id for line in delivery.lines.order_by("condition_id")]
    answer = sara.post(
        f"deliveries/{delivery.pk}/accept",
        lines_shown="1",
        line=[str(first)],
        to_standard="no",
        word="One is missing.",
    )
    assert (answer.status_code, answer["Location"].partition("?")[2]) == (303, "done=taken_in_part")
    said = plain(sara.get(done="taken_in_part"))
    assert "Thank you. What you ticked is accepted, and what is missing is noted." in said
    assert "delivered, and accepted in part" in said
    delivery.refresh_from_db()
    taken = {line.condition_id: line.accepted for line in delivery.lines.all()}
    assert taken == {first: True, second: False}
    assert (delivery.to_standard, delivery.word) == (False, "One is missing.")


def test_a_delivery_is_sent_back_with_a_reason(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    delivery = delivering.deliver(promise, by=one_builder.dev, now=now)
    assert sara.post(f"deliveries/{delivery.pk}/back", word=" ").status_code == 422
    assert sara.post(f"deliveries/{delivery.pk}/back", word="Sunday is wrong.").status_code == 303
    delivery.refresh_from_db()
    promise.refresh_from_db()
    assert (delivery.state, delivery.word, promise.state) == (
        Delivery.State.SENT_BACK,
        "Sunday is wrong.",
        "active",
    )


def proposed(
    house: cast.House, promise: Promise, now: datetime, *, contact: Contact | None = None
) -> Proposal:
    proposal = proposing.draft(
        promise,
        contact=contact,
        options=[Way(due_at=end_of(22), words="All of it"), Way(due_at=end_of(21), words="Half")],
        subject="Online booking: Tuesday 22 December",
        body="Which do you prefer? {link}",
        by=house.ben,
        now=now,
    )
    return proposing.tell(proposal, how=Proposal.How.LINK, by=house.ben, now=now)


def test_another_date_that_the_house_proposes_is_agreed_to(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    proposal = proposed(one_builder, promise, now)
    said = plain(sara.get())
    assert "One thing waits for your word." in said
    assert "We propose another date. You were told Wed 2 Dec, 15:10." in said
    assert "Tuesday 22 December, 18:00 All of it" in said
    assert "Ask for a change" not in said, "one thing at a time"

    nothing = sara.post(f"proposals/{proposal.pk}/agree")
    assert (nothing.status_code, "Choose one of the dates." in plain(nothing)) == (422, True)
    option = proposal.options.get(words="All of it")
    assert sara.post(f"proposals/{proposal.pk}/agree", option=option.pk).status_code == 303
    promise.refresh_from_db()
    assert promise.due_at == end_of(22)
    said = plain(sara.get(done="agreed"))
    assert "Promised Wed 2 Dec, first for Fri 18 Dec" in said


@pytest.mark.parametrize("before", ["nobody", "somebody else"])
def test_whoever_is_told_of_another_date_by_letter_reads_the_promise_and_answers(
    one_builder: cast.House, sara: Sara, now: datetime, before: str
) -> None:
    read_by = known(one_builder, "Rita Sousa", now) if before == "somebody else" else None
    promise = promised(one_builder, read_by, now)
    proposal = proposed(one_builder, promise, now, contact=sara.contact)

    assert "Tuesday 22 December, 18:00 All of it" in plain(sara.get())
    option = proposal.options.get(words="All of it")
    assert sara.post(f"proposals/{proposal.pk}/agree", option=option.pk).status_code == 303
    promise.refresh_from_db()
    assert (promise.contact, promise.due_at) == (sara.contact, end_of(22))
    places = {fault.place for fault in verifying.verify().faults}
    assert places & {f"promise {promise.pk}", f"proposal {proposal.pk}"} == set()


def test_another_date_is_refused_and_what_was_promised_stays(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    proposal = proposed(one_builder, promise, now)
    assert sara.post(f"proposals/{proposal.pk}/refuse", word="No.").status_code == 303
    proposal.refresh_from_db()
    promise.refresh_from_db()
    assert (proposal.state, proposal.word, promise.due_at) == ("refused", "No.", end_of(18))


def test_a_draft_of_other_terms_is_nobodys_business(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    draft = proposing.draft(
        promise, options=[Way(due_at=end_of(22), words="Canary")], by=one_builder.ben, now=now
    )
    assert "Canary" not in sara.get().content.decode()
    option = draft.options.get()
    assert sara.post(f"proposals/{draft.pk}/agree", option=option.pk).status_code == 404


def test_the_client_asks_for_a_change(one_builder: cast.House, sara: Sara, now: datetime) -> None:
    promise = promised(one_builder, sara.contact, now)
    empty = sara.post(f"promises/{promise.pk}/change")
    assert "Say by which day you would like it." in plain(empty)
    answer = sara.post(
        f"promises/{promise.pk}/change", wanted_on="2026-12-22", word="The doctors are away."
    )
    assert answer.status_code == 303
    proposal = Proposal.objects.get()
    assert (proposal.by_side, proposal.state, proposal.contact) == ("client", "told", sara.contact)
    said = plain(sara.get(done="asked"))
    assert "You asked for Tuesday 22 December: “The doctors are away.”." in said
    own = sara.post(f"proposals/{proposal.pk}/agree", option=proposal.options.get().pk)
    assert own.status_code == 403, "what they asked for is the house's to answer"


def test_the_client_does_not_need_it_any_more(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    promise = promised(one_builder, sara.contact, now)
    assert sara.post(f"promises/{promise.pk}/release", word="").status_code == 422
    assert sara.post(f"promises/{promise.pk}/release", word="We closed.").status_code == 303
    promise.refresh_from_db()
    assert (promise.state, promise.ended_word) == ("released", "We closed.")
    assert "Online booking not needed any more, Wed 2 Dec" in plain(sara.get())


def test_what_was_owed_is_sent_and_the_clock_runs_on(
    one_builder: cast.House, sara: Sara, now: datetime, present: Any
) -> None:
    promise = promised(one_builder, sara.contact, now)
    owed = making.record_obligation(
        promise.job, what="Texts", due_at=now + timedelta(hours=1), by=one_builder.ben, now=now
    )
    later = now + timedelta(hours=2)
    pausing.pause(promise, obligation=owed, by=one_builder.ben, now=later)
    present.move_to(later + timedelta(hours=1))
    assert sara.post(f"obligations/{owed.pk}/sent").status_code == 303
    promise.refresh_from_db()
    assert (promise.state, Obligation.objects.get().met_at) == (
        "active",
        later + timedelta(hours=1),
    )
    met = Event.objects.get(kind=Event.Kind.OBLIGATION_MET)
    assert (met.by, met.facts) == (None, {"contact": sara.contact.pk})


# ----- View as client ---------------------------------------------------------------------------


def test_members_see_what_the_client_sees_and_can_do_nothing_there(
    one_builder: cast.House, sara: Sara, southbank: cast.House, now: datetime
) -> None:
    quote = held(one_builder, now)
    promise = promised(one_builder, sara.contact, now)
    dev = Visitor(one_builder.dev)
    for path, what in (
        (f"/quotes/{quote.pk}/as-client", "Accept Thu 10 December"),
        (f"/promises/{promise.pk}/as-client", "Promised for Friday 18 December, 18:00 Lisbon"),
    ):
        answer = dev.get(path)
        page = answer.content.decode()
        assert answer.status_code == 200
        assert what in plain(answer)
        assert "This is what the client sees. Nothing can be done here." in plain(answer)
        assert "<form" not in page
        assert "<button" not in page
        assert "/p/" not in page, "no link of the client's is given away"
        assert dev.post(path).status_code == 405
        assert Visitor(one_builder.gus).get(path).status_code == 403
        assert Visitor(southbank.cleo).get(path).status_code == 404
        assert Visitor().get(path).status_code == 302


def test_the_record_of_what_was_said_is_downloaded_and_checked_without_us(
    one_builder: cast.House, sara: Sara, now: datetime, tmp_path: Path
) -> None:
    mine = promised(one_builder, sara.contact, now)
    rui = known(one_builder, "Rui Costa", now)
    theirs = promised(one_builder, rui, now, what="Secret wing")
    head = heads.line()

    said = sara.get().content.decode()
    assert f'href="/p/{sara.token}/record"' in said
    for name, path in (("extract.json", "record"), ("check_extract.py", "record/check")):
        answer = sara.browser.get(f"/p/{sara.token}/{path}")
        assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer["Cache-Control"] == "no-store"
        (tmp_path / name).write_bytes(answer.content)

    extract = json.loads((tmp_path / "extract.json").read_text())
    assert extract["titles"] == {str(mine.pk): "Online booking"}
    # What a colleague of hers was promised is a bare digest, like everything else.
    assert "Secret wing" not in (tmp_path / "extract.json").read_text()
    read = [event["header"] for event in extract["events"] if isinstance(event, dict)]
    assert [(one["promise"], one["kind"]) for one in read] == [(mine.pk, "promise.recorded")]
    assert theirs.pk != mine.pk
    command = [sys.executable, "-I", "check_extract.py", "extract.json", head]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    reference = Path(__file__).parents[2] / "docs" / "reference" / "check_extract.py"
    assert (tmp_path / "check_extract.py").read_text() == reference.read_text()


def test_what_is_over_is_said_in_the_clients_words(
    one_builder: cast.House, sara: Sara, now: datetime
) -> None:
    first = offered(one_builder, sara.contact, now)
    offering.withdraw(quote=first, by=one_builder.ben, now=now)
    late = sara.post(f"offers/{first.pk}/accept")
    assert late.status_code == 409
    assert "We took this offer back before your answer came, and are sorry." in plain(late)

    second = offered(one_builder, sara.contact, now, what="Poster", day=11)
    assert sara.post(f"offers/{second.pk}/accept").status_code == 303
    for again in ("accept", "decline", "counter"):
        twice = sara.post(f"offers/{second.pk}/{again}", word="Hm.")
        assert (twice.status_code, "You said yes to this before." in plain(twice)) == (409, True)
    assert Promise.objects.filter(client=sara.contact.client).count() == 1

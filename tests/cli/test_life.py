"""A promise's life by command line."""

from datetime import UTC, datetime, timedelta

from tests import cast
from tests.cli.conftest import Type

from kept.jobs import making
from kept.jobs.models import Condition
from kept.outbox.models import Letter
from kept.promises import pausing
from kept.promises.models import Promise, Proposal, Reason, TermsLine

LINE = "Menu cards for Harbour Clinic by Fri 18 Dec"


def test_delivered_sent_back_delivered_and_settled(northlight: cast.House, typed: Type) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    assert typed("deliver", promise, "--note", "Here they are.").out == (
        f"promise {promise}: Menu cards for Harbour Clinic, Fri\u00a018\u00a0Dec, 18:00, "
        "delivered, kept\n"
    )
    back = typed("settle", promise, "--sent-back", "Wrong red.", "--json").document
    assert (back["state"], back["by_last_terms"]) == ("active", "open")
    early = typed("settle", promise)
    assert (early.status, "so you cannot record that it was accepted" in early.err) == (1, True)
    typed("deliver", promise)
    taken = typed("settle", promise, "--word", "Fine.", "--below-standard", "--json").document
    assert (taken["state"], taken["by_first_terms"]) == ("settled", "sub_standard")


def test_the_clock_stands_while_something_is_owed(
    northlight: cast.House, typed: Type, now: datetime
) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    nothing = typed("pause", promise)
    assert (nothing.status, "The client owes nothing for this." in nothing.err) == (1, True)
    job = Promise.objects.get(pk=int(promise)).job
    making.record_obligation(
        job, what="Prices", due_at=now - timedelta(hours=1), by=northlight.dev, now=now
    )
    assert typed("pause", promise, "--said", "--json").document["state"] == "paused"
    friday = datetime(2026, 12, 4, 15, 10, tzinfo=UTC)
    came = typed("resume", promise, "--came", "--json", at=friday).document
    assert (came["state"], came["due_at"]) == ("active", "2026-12-22T18:00:00+00:00")


def test_later_inside_released_and_revoked(northlight: cast.House, typed: Type) -> None:
    first = str(typed("promise", LINE, "--json").document["id"])
    said = typed("slip", first, "--until", "2026-12-17", "--json").document
    assert said["due_at"] == "2026-12-18T18:00:00+00:00"
    assert typed("slip", first, "--until", "2026-12-10").status == 2
    assert typed("release", first, "--word", "Never mind.", "--json").document["state"] == (
        "released"
    )
    again = typed("deliver", first)
    assert (again.status, "What you can do: void it." in again.err.replace("\n", " ")) == (1, True)
    second = str(typed("promise", LINE, "--json").document["id"])
    maya = ("--as", "maya@northlight.example")
    assert typed("revoke", second, "--word", "We cannot.", *maya).status == 1
    assert typed("revoke", second, "--word", "We cannot.", "--json").document["by_last_terms"] == (
        "broken"
    )
    assert typed("deliver", "999").status == 2


def test_a_notice_before_the_day_lets_the_clock_stand_from_then(
    northlight: cast.House, typed: Type
) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    typed("owed", promise, "--what", "Prices", "--by", "2026-12-04")
    assert typed("pause", promise, "--said", "--json").document["state"] == "active"
    assert typed("pause", promise, "--call-off", "--json").document["state"] == "active"
    none = typed("pause", promise, "--call-off")
    assert (none.status, "No notice of a pause waits" in none.err) == (1, True)
    typed("pause", promise, "--said")
    pausing.begin_due(now=datetime(2026, 12, 7, 9, tzinfo=UTC))
    wednesday = datetime(2026, 12, 9, 18, tzinfo=UTC)  # Tuesday is a holiday: two days stood
    came = typed("resume", promise, "--came", "--json", at=wednesday).document
    assert (came["state"], came["due_at"]) == ("active", "2026-12-22T18:00:00+00:00")


def test_another_date_is_told_agreed_and_asked_for(northlight: cast.House, typed: Type) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    assert typed("move", promise).status == 2
    assert typed("move", promise, "--agreed").status == 1
    told = typed("move", promise, "--to", "2026-12-23", "--json").document
    assert told["due_at"] == "2026-12-18T18:00:00+00:00"
    agreed = typed("move", promise, "--agreed", "--word", "Fine.", "--json").document
    assert agreed["due_at"] == "2026-12-23T18:00:00+00:00"
    typed("move", promise, "--to", "2026-12-28", "--asked")
    assert typed("move", promise, "--refused", "--json").document["due_at"] == agreed["due_at"]
    past = typed("move", promise, "--to", "2026-11-02")
    assert (past.status, "has gone by" in past.err) == (2, True)


def test_bad_news_is_shown_sent_and_answered_by_its_number(
    northlight: cast.House, typed: Type
) -> None:
    line = "Menu cards for Harbour Clinic by Fri 18 Dec, 20-40h"
    promise = str(typed("promise", line, "--json").document["id"])
    shown = typed("bad-news", promise, "--to", "2027-01-08", "--json").document
    assert (shown["sent"], shown["options"][0]["due_at"]) == (False, "2027-01-08T18:00:00+00:00")
    assert 0.5 < shown["options"][0]["chance"] < 1
    assert shown["subject"] == "Menu cards: Friday 8 January 2027"
    said = typed("bad-news", promise, "--to", "2027-01-08")
    assert "Nothing was sent. Add --send to send it." in said.out
    assert typed("bad-news", promise, "--to", "2026-12-17").status == 1
    unsaid = typed("bad-news", promise, "--to", "2027-01-08", "--send")
    assert (unsaid.status, "Say with --why what it was: client_material" in unsaid.err) == (2, True)
    why = ("--to", "2027-01-08", "--why", "away", "--stated", "Dev is ill", "--send")
    nobody = typed("bad-news", promise, *why)
    assert (nobody.status, Proposal.objects.count(), Reason.objects.count()) == (2, 0, 0)
    to = ("--contact", "Ana Reis <ana@clinic.example>")
    assert typed("bad-news", promise, *why, *to, "--json").document["sent"] is True
    [letter] = Letter.objects.filter(to_address="ana@clinic.example")
    assert "Dear Ana Reis," in letter.body
    assert "Dev is ill" in letter.body
    again = typed("bad-news", promise, *why, *to)
    assert (again.status, Letter.objects.count()) == (1, 1)
    wrong = typed("move", promise, "--agreed", "--option", "2")
    assert (wrong.status, "Say with --option which way they chose. 1: Fri" in wrong.err) == (
        2,
        True,
    )
    agreed = typed("move", promise, "--agreed", "--option", "1", "--json").document
    assert agreed["due_at"] == "2027-01-08T18:00:00+00:00"


def test_silence_thanks_reasons_and_looking_back(northlight: cast.House, typed: Type) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    assert typed("notice", promise).status == 1
    assert typed("thank", promise).status == 1
    assert typed("again", promise, "yes").status == 1
    typed("deliver", promise)
    assert typed("notice", promise, "--said", "--json").document["state"] == "delivered"
    typed("settle", promise)
    assert typed("thank", promise).status == 0
    assert typed("why", promise, "weather").status == 2
    assert typed("why", promise, "estimate", "--stated", "Twice the pages.").status == 0
    assert typed("again", promise, "otherwise", "--word", "With a proof.").status == 0
    assert Promise.objects.get(pk=int(promise)).again == "otherwise"
    assert typed("void", promise, "--reason", "Twice.", "--json").document["state"] == "voided"


def test_who_reads_it_and_what_was_said_in_person(northlight: cast.House, typed: Type) -> None:
    ana = ("--contact", "Ana Prates <ana@clinic.example>")
    first = typed("promise", LINE, *ana, "--json").document
    assert first["contact"] == "Ana Prates"
    promise = str(typed("promise", LINE, "--json").document["id"])
    typed("deliver", promise)
    alone = typed("notice", promise)
    assert alone.status == 2
    assert "no letter can go there. Name somebody" in alone.err.replace("\n", " ")
    for wrong in (
        ("--at", "today 10:30"),
        ("--said", "--at", "today"),
        ("--said", "--at", "tomorrow 10:30"),
        ("--said", "--to", "zoe@clinic.example"),
    ):
        assert typed("notice", promise, *wrong).status == 2
    assert typed("reader", promise).status == 2
    assert typed("reader", promise, "ana").status == 0
    row = Promise.objects.get(pk=int(promise))
    assert row.contact is not None
    assert row.contact.name == "Ana Prates"
    assert typed("notice", promise, "--said", "--at", "today 15:10", "--to", "ana").status == 0
    delivery = row.deliveries.get()
    assert (delivery.noticed_how, delivery.noticed_contact) == ("said", row.contact)
    assert typed("reader", promise, "--nobody").status == 0
    assert Promise.objects.get(pk=int(promise)).contact is None


def test_a_time_that_comes_twice_says_which_is_meant(northlight: cast.House, typed: Type) -> None:
    said = typed("promise", "Poster for Harbour Clinic by 2027-10-31 01:30", "--json")
    assert said.document["due_at"] == "2027-10-31T00:30:00+00:00"
    assert (
        "01:30 comes twice in Lisbon then, as the clocks go back: the first is meant." in said.err
    )
    once = typed("promise", "Poster for Harbour Clinic by 2027-10-31 03:30")
    assert "twice" not in once.err


def test_a_line_that_is_missing_is_named_by_its_place(northlight: cast.House, typed: Type) -> None:
    promise = Promise.objects.get(pk=typed("promise", LINE, "--json").document["id"])
    terms = promise.terms.get()
    for place, (text, required) in enumerate((("Two sides", True), ("Gold edge", False)), start=1):
        line = Condition.objects.create(
            job=promise.job, position=place, text=text, required=required
        )
        TermsLine.objects.create(
            terms=terms, position=place, condition=line, text=text, required=required
        )
    none = typed("deliver", str(promise.pk), "--missing", "3")
    assert none.status == 2
    assert "no line 3 in what was promised: 1 Two sides; 2 Gold edge." in none.err
    typed("deliver", str(promise.pk), "--missing", "2")
    back = typed("settle", str(promise.pk), "--sent-back", "One side.", "--missing", "1")
    assert back.status == 0
    typed("deliver", str(promise.pk))
    taken = typed("settle", str(promise.pk), "--missing", "1", "--json").document
    assert taken["by_last_terms"] == "short"
    said = promise.deliveries.order_by("number").values_list(
        "lines__condition__position", "lines__met", "lines__accepted"
    )
    assert sorted(said[:4], key=str) == sorted(
        [(1, True, False), (2, False, False), (1, True, False), (2, True, True)], key=str
    )

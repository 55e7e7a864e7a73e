"""How this house words its replies, in which language; and what no wording may leave out."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast
from tests.asks.whole import faults

from kept.asks import policies, receiving, templates, wording
from kept.asks.models import Ask, Policy, ReplyTemplate
from kept.clients import keeping
from kept.clients.models import Contact
from kept.tenancy import refusals, scope

For = ReplyTemplate.For
ONCE = {
    "subject": "{what}",
    "body": "{name},\n\nsim: {what}.[ Está pronto até {day}.]\n\nNormalmente: {rule}. {Once}, sim."
    "\n\n{signed}",
    "once": "desta vez",
    "no_rule": "isto é trabalho pago",
    "language": "pt",
}


@pytest.fixture
def sofia(northlight: cast.House, now: datetime) -> Contact:
    """Of Harbour Clinic, to whom one writes in Portuguese."""
    clinic = northlight.clients["Harbour Clinic"]
    keeping.change_client(clinic, language="pt", by=northlight.ben, now=now)
    clinic.refresh_from_db()
    return keeping.add_contact(
        clinic, name="Sofia Luz", email="sofia@clinic.example", by=northlight.ben, now=now
    )


def more(house: cast.House, contact: Contact | None, now: datetime, **said: Any) -> Ask:
    client = None if contact is None else contact.client
    return receiving.receive(
        client=client, contact=contact, title="Mais uma página", sort="exception",
        by=house.ben, now=now, **said,
    )  # fmt: skip


@pytest.mark.parametrize("reply_for", For.values)
def test_keeps_own_words_say_what_each_reply_has_to_say(
    northlight: cast.House, now: datetime, reply_for: str
) -> None:
    """kept's own words would be taken if a house wrote them."""
    own = templates.usual(reply_for)
    kept = templates.keep(reply_for, subject=own.subject, body=own.body, by=northlight.ben, now=now)
    assert (kept.language, kept.body) == ("en", own.body)
    assert faults() == []


def test_a_reply_is_in_the_readers_language_where_the_house_wrote_one(
    northlight: cast.House, sofia: Contact, now: datetime
) -> None:
    ask = more(northlight, sofia, now)
    facts = wording.Facts.of(ask, northlight.ben, now, day=now + timedelta(days=2))
    assert wording.draft("yes_once", facts).language == "en"
    templates.keep("yes_once", by=northlight.ben, now=now, **ONCE)
    draft = wording.draft("yes_once", facts)
    assert draft.language == "pt"
    assert draft.body == (
        "Sofia Luz,\n\nsim: Mais uma página. Está pronto até Sexta-feira 4 Dezembro, 15:10.\n\n"
        "Normalmente: isto é trabalho pago. Desta vez, sim.\n\nBen, Northlight"
    )
    undated = wording.Facts.of(ask, northlight.ben, now)
    assert "pronto" not in wording.draft("yes_once", undated).body
    keeping.change_contact(sofia, language="en", by=northlight.ben, now=now)
    ask.contact = keeping.change_contact(sofia, language="en", by=northlight.ben, now=now)
    assert wording.draft("yes_once", wording.Facts.of(ask, northlight.ben, now)).language == "en"
    assert faults() == []


def test_a_draft_that_is_not_in_its_readers_language_says_so(
    northlight: cast.House, sofia: Contact, now: datetime
) -> None:
    ask = more(northlight, sofia, now)
    facts = wording.Facts.of(ask, northlight.ben, now)
    draft = wording.draft("fair_no", facts)
    assert (draft.language, draft.reader, draft.unwritten) == (
        "en",
        "pt",
        (
            "Nobody has written “Fair no” in Português, so this is in English. Put it into "
            "Português yourself, or write it once for all letters."
        ),
    )
    # Where the house writes German, that comes before kept's English, and is said to.
    templates.write_in("de", by=northlight.ada, now=now)
    templates.keep(
        "fair_no", subject="{what}", body="Nein: {what}.", language="de", by=northlight.ben, now=now
    )
    draft = wording.draft("fair_no", facts)
    assert (draft.language, "so this is in Deutsch" in draft.unwritten) == ("de", True)
    walk_in = wording.Facts.of(more(northlight, None, now), northlight.ben, now)
    assert wording.draft("fair_no", walk_in).unwritten == ""
    assert "in Deutsch, so this is in English" in wording.draft("holding", walk_in).unwritten
    templates.keep(
        "fair_no", subject="{what}", body="Não: {what}.", language="pt", by=northlight.ben, now=now
    )
    draft = wording.draft("fair_no", facts)
    assert (draft.language, draft.unwritten) == ("pt", "")
    # A dialect is read by whoever reads its language.
    ask.contact = keeping.change_contact(sofia, language="pt-br", by=northlight.ben, now=now)
    facts = wording.Facts.of(ask, northlight.ben, now)
    assert wording.draft("fair_no", facts).unwritten == ""
    ask.contact = keeping.change_contact(sofia, language="en-gb", by=northlight.ben, now=now)
    facts = wording.Facts.of(ask, northlight.ben, now)
    draft = wording.draft("holding", facts)
    assert (draft.language, draft.unwritten) == ("en", "")


def test_a_dialect_reads_what_is_written_in_its_language_and_a_walk_in_the_houses(
    northlight: cast.House, sofia: Contact, now: datetime
) -> None:
    templates.keep("yes_once", by=northlight.ben, now=now, **ONCE)
    keeping.change_contact(sofia, language="pt-br", by=northlight.ben, now=now)
    ask = more(northlight, Contact.objects.get(), now)
    assert wording.draft("yes_once", wording.Facts.of(ask, northlight.ben, now)).language == "pt"
    walk_in = more(northlight, None, now)
    assert wording.draft("yes_once", wording.Facts.of(walk_in, northlight.ben, now)).language == (
        "en"
    )
    templates.write_in("pt", by=northlight.ada, now=now)
    assert scope.current().language == "pt"
    # Where nobody is named, the line that names them keeps the reply from going out.
    with pytest.raises(wording.FieldLeft, match="name"):
        wording.check(
            walk_in,
            "yes_once",
            wording.draft("yes_once", wording.Facts.of(walk_in, northlight.ben, now)).body,
        )
    assert faults() == []


@pytest.fixture
def kitchen(northlight: cast.House, now: datetime) -> Policy:
    return policies.make(
        name="Kitchen", rule="a cozinha fecha às 14:30", language="pt", purpose="Descanso",
        owner=northlight.ben, quantity="time_of_day", limit="14:30", tolerance="60",
        by=northlight.ada, now=now,
    )  # fmt: skip


def test_an_exception_without_the_rule_or_the_one_time_is_refused_in_every_language(
    northlight: cast.House, sofia: Contact, kitchen: Policy, now: datetime
) -> None:
    templates.keep("yes_once", by=northlight.ben, now=now, **ONCE)
    ask = more(northlight, sofia, now, policy=kitchen)
    draft = wording.draft("yes_once", wording.Facts.of(ask, northlight.ben, now))
    wording.check(ask, "yes_once", draft.body)
    for said, missing in (
        (draft.body.replace("Desta vez", "Claro"), "say that it is this once"),
        (draft.body.replace("a cozinha fecha às 14:30", "é pago"), "name the normal rule"),
    ):
        with pytest.raises(wording.NotWordedAsOnce, match=missing):
            wording.check(ask, "yes_once", said)


@pytest.mark.parametrize(
    ("reply_for", "change", "field", "sentence"),
    [
        ("yes_once", {"body": "{what}, {once}"}, "body", "This reply has to say the normal rule"),
        ("yes_once", {"body": "{what}: {rule}"}, "body", "has to say that it is this once"),
        ("yes_once", {"body": "{what}: {rule}[ {once}]"}, "body", "that it is this once"),
        ("yes_once", {"once": ""}, "once", "Write how “this once” is said in that language."),
        ("yes_once", {"no_rule": ""}, "no_rule", "Write what is normal"),
        ("yes_once", {"body": "{greeting} {what} {rule} {once}"}, "body", "greets in English only"),
        ("holding", {"body": "{what}: logo"}, "body", "by when they get an answer"),
        ("cant_now", {"body": "{what}: não."}, "body", "when we could"),
        ("story", {"body": "{what}?"}, "body", "their page"),
        ("fair_no", {"body": "{weather}"}, "body", "Nobody knows what to put in for {weather}."),
        ("fair_no", {"body": "{what}, não.]"}, "body", "A square bracket is opened or closed"),
        ("fair_no", {"language": "xx"}, "language", "“xx” is no language that kept knows."),
        ("fair_no", {"body": " "}, "body", "The reply is missing."),
        ("perhaps", {}, "reply_for", "There is no such reply."),
    ],
)
def test_a_template_that_leaves_out_what_it_has_to_say_is_refused(
    northlight: cast.House, now: datetime, reply_for: str, change: Any, field: str, sentence: str
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        templates.keep(reply_for, by=northlight.ben, now=now, **{**ONCE, **change})
    assert refused.value.field == field
    assert sentence in refused.value.sentence
    assert not ReplyTemplate.objects.exists()


def test_removed_words_leave_kepts_own(northlight: cast.House, now: datetime) -> None:
    kept = templates.keep("fair_no", subject="No", body="No: {what}", by=northlight.ben, now=now)
    assert templates.chosen("fair_no").body == "No: {what}"
    templates.remove(kept, by=northlight.ben, now=now)
    assert templates.chosen("fair_no").own
    with pytest.raises(refusals.NotAllowed):
        templates.keep("fair_no", subject="No", body="No: {what}", by=northlight.dev, now=now)
    assert faults() == []

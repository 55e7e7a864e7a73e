"""A house rule in each language that clients read: no letter is half in another one."""

from datetime import datetime
from typing import Any

import pytest
from tests import cast
from tests.asks.whole import faults

from kept.asks import policies, receiving, rule_wordings, templates, wording
from kept.asks.models import Ask, Policy, RuleWording
from kept.clients import keeping
from kept.clients.models import Contact
from kept.tenancy import refusals

SIM = {
    "subject": "{what}",
    "body": "{name},\n\nsim: {what}.\n\nNormalmente: {rule}. {Once}, sim.\n\n{signed}",
    "once": "desta vez",
    "no_rule": "isto é trabalho pago",
    "language": "pt",
}


@pytest.fixture
def kitchen(northlight: cast.House, now: datetime) -> Policy:
    return policies.make(
        name="Kitchen closes", rule="the kitchen closes at 14:30.", purpose="Rest",
        owner=northlight.ben, quantity="time_of_day", limit="14:30", tolerance="60",
        by=northlight.ada, now=now,
    )  # fmt: skip


@pytest.fixture
def sofia(northlight: cast.House, now: datetime) -> Contact:
    """Of Harbour Clinic, who reads Portuguese."""
    return keeping.add_contact(
        northlight.clients["Harbour Clinic"], name="Sofia Luz", email="sofia@clinic.example",
        language="pt", by=northlight.ben, now=now,
    )  # fmt: skip


@pytest.fixture
def ask(northlight: cast.House, sofia: Contact, kitchen: Policy, now: datetime) -> Ask:
    templates.keep("yes_once", by=northlight.ben, now=now, **SIM)
    return receiving.receive(
        client=sofia.client, contact=sofia, title="Almoço às 14:33", sort="exception",
        policy=kitchen, by=northlight.ben, now=now,
    )  # fmt: skip


def test_a_letter_names_the_rule_in_the_language_it_is_in(
    northlight: cast.House, ask: Ask, kitchen: Policy, now: datetime
) -> None:
    rule_wordings.keep(
        kitchen, language="pt", rule="a cozinha fecha às 14:30.", by=northlight.ben, now=now
    )
    draft = wording.draft("yes_once", wording.Facts.of(ask, northlight.ben, now))
    assert draft == wording.Draft(
        "yes_once",
        "pt",
        "Almoço às 14:33",
        "Sofia Luz,\n\nsim: Almoço às 14:33.\n\nNormalmente: a cozinha fecha às 14:30. Desta vez, "
        "sim.\n\nBen, Northlight",
        "Sofia Luz, sim: Almoço às 14:33. Normalmente: a cozinha fecha às 14:30. Desta vez, sim.",
        reader="pt",
    )
    wording.check(ask, "yes_once", draft.body)
    with pytest.raises(wording.NotWordedAsOnce, match="name the normal rule"):
        wording.check(ask, "yes_once", "Sim, desta vez.")
    assert faults() == []


def test_a_draft_whose_rule_has_no_words_in_its_language_says_so_and_does_not_go_out(
    northlight: cast.House, ask: Ask, now: datetime
) -> None:
    draft = wording.draft("yes_once", wording.Facts.of(ask, northlight.ben, now))
    assert draft.body == (
        "Sofia Luz,\n\nsim: Almoço às 14:33.\n\nNormalmente: {rule}. Desta vez, sim.\n\n"
        "Ben, Northlight"
    )
    assert draft.unworded == (
        "Nobody has put the rule “Kitchen closes” into Português, so it was left out. Write it "
        "into the reply yourself, or give it its words once for all letters."
    )
    with pytest.raises(wording.RuleUnworded) as refused:
        wording.check(ask, "yes_once", draft.body)
    assert refused.value.sentence == f"{draft.unworded} Nothing was sent."
    assert refused.value.field == "body"
    with pytest.raises(wording.RuleUnworded):
        wording.check(ask, "yes_once", "Às 14:30, desta vez.", subject="{rule}")
    # Whoever writes the rule into the letter has named it.
    wording.check(ask, "yes_once", draft.body.replace("{rule}", "a cozinha fecha às 14:30"))


def test_a_reply_that_names_no_rule_needs_none(
    northlight: cast.House, ask: Ask, now: datetime
) -> None:
    templates.keep(
        "fair_no", subject="{what}", body="Não: {what}.", language="pt", by=northlight.ben, now=now
    )
    draft = wording.draft("fair_no", wording.Facts.of(ask, northlight.ben, now))
    assert (draft.language, draft.unworded) == ("pt", "")


def test_a_rule_that_changed_is_put_into_each_language_anew(
    northlight: cast.House, ask: Ask, kitchen: Policy, now: datetime
) -> None:
    rule_wordings.keep(
        kitchen, language="pt", rule="a cozinha fecha às 14:30", by=northlight.ben, now=now
    )
    kitchen = policies.change(
        kitchen, rule="the kitchen closes at 15:00", limit="15:00", by=northlight.ada, now=now
    )
    ask.policy = kitchen
    draft = wording.draft("yes_once", wording.Facts.of(ask, northlight.ben, now))
    assert "14:30" not in draft.body
    assert draft.unworded.startswith(
        "The rule “Kitchen closes” was changed since it was put into Português"
    )
    with pytest.raises(wording.NotWordedAsOnce, match="name the normal rule"):
        wording.check(ask, "yes_once", "Normalmente a cozinha fecha às 14:30, desta vez não.")
    rule_wordings.keep(
        kitchen, language="pt", rule="a cozinha fecha às 15:00", by=northlight.ben, now=now
    )
    assert [(one.language, one.old) for one in rule_wordings.all_of(kitchen)] == [
        ("en", False),
        ("pt", False),
    ]
    assert rule_wordings.said_in(kitchen, "pt") == "a cozinha fecha às 15:00"
    assert faults() == []


def test_a_dialect_reads_the_rule_in_its_language_and_the_other_way_about(
    northlight: cast.House, kitchen: Policy, now: datetime
) -> None:
    rule_wordings.keep(kitchen, language="pt-br", rule="fecha", by=northlight.ben, now=now)
    assert rule_wordings.said_in(kitchen, "pt") == "fecha"
    assert rule_wordings.said_in(kitchen, "en-gb") == "the kitchen closes at 14:30"
    rule_wordings.keep(kitchen, language="pt", rule="encerra", by=northlight.ben, now=now)
    assert rule_wordings.said_in(kitchen, "pt-br") == "fecha"
    assert rule_wordings.said_in(kitchen, "pt") == "encerra"
    assert rule_wordings.said_in(kitchen, "de") == ""


def test_a_rule_keeps_its_language_when_the_house_writes_another(
    northlight: cast.House, kitchen: Policy, now: datetime
) -> None:
    """Also one made before rules said what they are written in."""
    Policy.objects.filter(pk=kitchen.pk).update(language="")
    kitchen.refresh_from_db()
    assert rule_wordings.language_of(kitchen) == "en"
    templates.write_in("pt", by=northlight.ada, now=now)
    kitchen.refresh_from_db()
    assert rule_wordings.language_of(kitchen) == "en"
    german = policies.change(kitchen, language="de", by=northlight.ada, now=now)
    assert rule_wordings.language_of(german) == "de"
    later = policies.make(
        name="Rounds", rule="duas voltas", purpose="Fim", owner=northlight.ben,
        quantity="rounds", limit="2", by=northlight.ada, now=now,
    )  # fmt: skip
    assert rule_wordings.language_of(later) == "pt"
    assert faults() == []


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"language": "xx"}, "language", "“xx” is no language that kept knows."),
        ({"language": ""}, "language", "Say in which language."),
        ({"language": "en"}, "language", "The rule itself is written in English: change it there."),
        ({"rule": " "}, "rule", "The normal rule is missing."),
    ],
)
def test_words_that_cannot_be_are_refused(
    northlight: cast.House, kitchen: Policy, now: datetime, said: Any, field: str, sentence: str
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        rule_wordings.keep(
            kitchen, by=northlight.ben, now=now, **{"language": "pt", "rule": "fecha", **said}
        )
    assert refused.value.field == field
    assert sentence in refused.value.sentence
    assert not RuleWording.objects.exists()


def test_a_lead_words_a_rule_and_takes_it_back_a_member_does_not(
    northlight: cast.House, kitchen: Policy, now: datetime
) -> None:
    with pytest.raises(refusals.NotAllowed):
        rule_wordings.keep(kitchen, language="pt", rule="fecha", by=northlight.dev, now=now)
    row = rule_wordings.keep(kitchen, language="pt", rule="fecha", by=northlight.ben, now=now)
    with pytest.raises(refusals.NotAllowed):
        rule_wordings.remove(row, by=northlight.dev, now=now)
    rule_wordings.remove(row, by=northlight.ben, now=now)
    assert rule_wordings.said_in(kitchen, "pt") == ""
    assert faults() == []

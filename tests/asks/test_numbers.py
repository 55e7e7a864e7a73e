"""The house's own numbers: set on the page, by API and by command; each is heard at once."""

from datetime import datetime
from typing import Any

import pytest
from tests import cast
from tests.asks.whole import faults

from kept.asks import bending, core, numbers, policies
from kept.ledger.models import Event
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import NotAllowed, Refused


def test_an_owner_sets_when_a_core_is_hot_a_kind_rare_and_a_rule_questioned(
    northlight: cast.House, now: datetime
) -> None:
    said = numbers.Numbers(
        core_looks_back=12,
        core_hot=0.6,
        core_warm=0.4,
        repeated_from=2,
        beyond_days=30,
        questioned_above=0.5,
    )
    assert numbers.change(by=northlight.ada, now=now, **said) == said
    assert numbers.of(Organisation.objects.get()) == said
    assert core.verdict_of(7, 10, hot=0.6, warm=0.4) is core.Verdict.WARM
    rule = policies.make(
        name="Pages", rule="paid", purpose="p", owner=northlight.ben, quantity="number",
        limit="0", by=northlight.ada, now=now,
    )  # fmt: skip
    assert bending.bent([rule], now=now)[rule.pk].days == 30
    numbers.change(by=northlight.ada, now=now, **said)
    assert Event.objects.filter(kind=Event.Kind.ORGANISATION_CHANGED).count() == 1
    assert faults() == []


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"core_warm": 0.9}, "core_warm", "A core cannot be warm from higher up than it is hot."),
        ({"core_hot": 1.0}, "core_hot", "A core is hot from: give a share from 1 % to 99 %."),
        ({"core_looks_back": 4}, "core_looks_back", "4 cannot be. Give a number from 5 to 200."),
        ({"repeated_from": 1}, "repeated_from", "1 cannot be. Give a number from 2 to 50."),
        ({"beyond_days": 3}, "beyond_days", "3 cannot be. Give a number from 7 to 730."),
        ({"questioned_above": float("nan")}, "questioned_above", "give a share from 0 % to 99 %."),
    ],
)
def test_a_number_that_cannot_be_is_refused_at_its_field(
    northlight: cast.House, now: datetime, said: Any, field: str, sentence: str
) -> None:
    with pytest.raises(Refused) as refused:
        numbers.change(by=northlight.ada, now=now, **said)
    assert refused.value.field == field
    assert sentence in refused.value.sentence.replace("\xa0", " ")
    assert numbers.of(Organisation.objects.get())["beyond_days"] == 90


def test_only_owners_set_them(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        numbers.change(by=northlight.ben, now=now, beyond_days=30)

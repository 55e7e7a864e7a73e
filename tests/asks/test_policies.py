"""House rules: made, refused, and counted when they are bent."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests import cast
from tests.asks.whole import faults

from kept.asks import measuring, policies, rules
from kept.asks.models import Policy
from kept.tenancy import refusals

KITCHEN: dict[str, Any] = {
    "name": "Kitchen closes",
    "rule": "The kitchen closes at 14:30",
    "purpose": "The cooks rest before the evening",
    "quantity": "time_of_day",
    "limit": "14:30",
    "tolerance": "5",
    "band_limit": "15:00",
    "band_role": "lead",
    "hard_limit": "16:00",
    "hard_reason": "The gas is off",
}


def kitchen(house: cast.House, now: datetime, **said: Any) -> Policy:
    return policies.make(by=house.ada, now=now, **{"owner": house.ben, **KITCHEN, **said})


def test_a_rule_says_what_it_is_for_and_whose_it_is(northlight: cast.House, now: datetime) -> None:
    policy = kitchen(northlight, now)
    assert policies.rule_of(policy) == rules.Rule(
        limit=Decimal(870),
        tolerance=Decimal(5),
        band_limit=Decimal(900),
        hard_limit=Decimal(960),
    )
    assert (policy.zone, policy.owner) == ("Europe/Lisbon", northlight.ben)
    assert faults() == []


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (870, "inside the rule: 14:30"),
        (873, "3 minutes past 14:30; tolerance 5 minutes"),
        (880, "10 minutes past 14:30; Lead decides up to 15:00"),
        (930, "60 minutes past 14:30; beyond what the rule lets anybody decide"),
        (961, "91 minutes past 14:30; nobody goes beyond 16:00"),
    ],
)
def test_where_a_value_lies_in_words(
    northlight: cast.House, now: datetime, value: int, sentence: str
) -> None:
    policy = kitchen(northlight, now)
    judged = rules.judge(policies.rule_of(policy), Decimal(value))
    assert measuring.verdict(policy, judged) == sentence


def test_a_bar_that_closes_at_half_past_eleven_may_be_open_until_one(
    northlight: cast.House, now: datetime
) -> None:
    """A band or a hard limit after midnight belongs to the day after."""
    bar = kitchen(
        northlight, now, limit="23:30", band_limit="00:15", hard_limit="01:00", tolerance="10"
    )
    assert (bar.limit, bar.band_limit, bar.hard_limit) == (1410, 1455, 1500)
    asked = {face: measuring.measure(bar, value=face) for face in ("23:33", "00:10", "01:01")}
    assert [rules.judge(policies.rule_of(bar), value).within for value in asked.values()] == [
        "tolerance",
        "band",
        "hard",
    ]


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        (
            {"owner": None},
            "owner",
            "A rule without an owner is nobody’s: say who answers for it. Nothing was saved.",
        ),
        (
            {"hard_limit": "14:33", "band_limit": "", "band_role": ""},
            "hard_limit",
            (
                "The hard limit 14:33 lies inside the tolerance: 14:30 and 5 minutes more need "
                "nobody. Nothing was saved."
            ),
        ),
        (
            {"band_limit": "14:31"},
            "band_limit",
            (
                "The discretion band ends at 14:31, inside the tolerance: 14:30 and 5 minutes more "
                "need nobody. Nothing was saved."
            ),
        ),
        (
            {"band_limit": "16:30"},
            "band_limit",
            "The discretion band reaches 16:30, beyond the hard limit 16:00. Nothing was saved.",
        ),
        (
            {"band_role": ""},
            "band_role",
            "A discretion band needs both: how far it goes, and who holds it.",
        ),
        (
            {"limit": "half past two"},
            "limit",
            "The limit: “half past two” is not a time of day. 14:30 is one.",
        ),
        (
            {"tolerance": "-1"},
            "tolerance",
            "A tolerance is not less than nothing. Nothing was saved.",
        ),
        ({"purpose": " "}, "purpose", None),
    ],
)
def test_what_a_rule_cannot_be_is_refused(
    northlight: cast.House, now: datetime, said: dict[str, Any], field: str, sentence: str | None
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        kitchen(northlight, now, **said)
    assert refused.value.field == field
    assert sentence is None or refused.value.sentence == sentence
    assert not Policy.objects.exists()


def test_only_owners_make_rules_and_a_name_is_given_once(
    northlight: cast.House, now: datetime
) -> None:
    with pytest.raises(refusals.NotAllowed):
        policies.make(by=northlight.ben, now=now, **KITCHEN, owner=northlight.ben)
    policy = kitchen(northlight, now)
    with pytest.raises(policies.NameIsTaken):
        kitchen(northlight, now, name="KITCHEN CLOSES")
    changed = policies.change(policy, tolerance="10", by=northlight.ada, now=now)
    assert (changed.tolerance, changed.limit) == (10, 870)
    policies.retire(policy, by=northlight.ada, now=now)
    with pytest.raises(policies.PolicyIsRetired):
        policies.change(policy, tolerance="5", by=northlight.ada, now=now)
    assert kitchen(northlight, now).pk != policy.pk
    assert faults() == []


def test_one_page_is_no_pages(northlight: cast.House, now: datetime) -> None:
    pages = policies.make(
        name="Pages", rule="a page is paid", purpose="Time", owner=northlight.ben,
        quantity="number", unit="page/pages", limit="0", by=northlight.ada, now=now,
    )  # fmt: skip
    said = [measuring.said(pages, Decimal(count)) for count in (0, 1, 2)]
    assert said == ["0 pages", "1 page", "2 pages"]
    guests = policies.change(pages, unit="guests", by=northlight.ada, now=now)
    assert measuring.said(guests, Decimal(2)) == "2 guests"

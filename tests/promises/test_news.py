"""The wording of bad news: the date first, a choice, the reason last, and no “soon”."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kept.promises import news
from kept.promises.news import Draft, Offered

OLD = datetime(2026, 12, 11, 17, tzinfo=UTC)
NEW = datetime(2026, 12, 17, 17, tzinfo=UTC)
BOTH = [Offered(NEW), Offered(OLD, ["online tickets"], NEW)]
DRAFT = Draft(
    what="Season site",
    greeting="Dear Helena Matos,",
    signed="João Reis, Northlight",
    due_before=OLD,
    zone="Europe/Lisbon",
    today=datetime(2026, 12, 2, 15, tzinfo=UTC),
    options=BOTH,
    reason="The ticket service that your sales depend on did not arrive on 26 November",
    as_sure=True,
    working_days=4,
)
LETTER = """Dear Helena Matos,

Season site will be complete on Thursday 17 December, 17:00, not on Friday 11 December. \
We are as sure of this date as we were of the first one.

If that day matters more to you than the whole, you can have everything except online tickets \
on Friday 11 December, 17:00, and the rest on Thursday 17 December.

Which do you prefer? You can answer here, without an account:
{link}

The reason: The ticket service that your sales depend on did not arrive on 26 November. \
We are sorry that this costs you four working days.

João Reis, Northlight"""


def holds(text: str, reason: str = DRAFT.reason) -> dict[str, bool]:
    found = news.checks(text, dates=[one.due_at for one in BOTH], zone=DRAFT.zone, reason=reason)
    return {str(one.check): one.holds for one in found}


FINE = {"date_first": True, "choice": True, "reason_last": True, "no_evasion": True}


def test_the_letter_of_the_season_site() -> None:
    assert news.subject(DRAFT) == (
        "Season site: Thursday 17 December, or a first part on Friday 11 December"
    )
    assert news.letter(DRAFT) == LETTER
    assert holds(LETTER) == FINE


def test_one_way_out_is_still_a_question() -> None:
    alone = replace(DRAFT, options=BOTH[:1], as_sure=False, working_days=1)
    text = news.letter(alone)
    assert "Does this date work for you?" in text
    assert "We are as sure" not in text
    assert "costs you one working day." in text
    assert news.subject(alone) == "Season site: Thursday 17 December"


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        ("Season site will be complete", "We have had trouble.\n\nSeason site will be complete",
         "date_first"),
        ("Which do you prefer? You", "You", "choice"),
        ("on Friday 11 December, 17:00, and", "a little before, and", "choice"),
        ("Season site will", "Because of the tickets, Season site will", "reason_last"),
        ("The reason: The ticket service that your sales depend on did not arrive on 26 November.",
         "", "reason_last"),
        ("We are sorry", "We’ll try to be quicker. We are sorry", "no_evasion"),
        ("complete on", "complete, hopefully, on", "no_evasion"),
    ],
)  # fmt: skip
def test_each_check_finds_what_it_is_for(before: str, after: str, broken: str) -> None:
    assert before in LETTER
    text = LETTER.replace(before, after).replace("not on Friday 11 December", "not as promised")
    assert holds(text) == {**FINE, broken: False}


def test_an_evasion_is_named() -> None:
    found = news.checks("Soon, maybe.", dates=[NEW], zone=DRAFT.zone, reason="")
    assert found[-1].words == "says “soon” and “maybe”"


texts = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=40)


@given(texts, st.booleans(), st.integers(0, 30))
def test_the_draft_always_passes_its_own_checks(what: str, as_sure: bool, later: int) -> None:
    draft = replace(DRAFT, what=f"Site {what.split()}", as_sure=as_sure, working_days=later)
    found = holds(news.letter(draft))
    assert {name: found[name] for name in ("date_first", "choice", "reason_last")} == {
        "date_first": True, "choice": True, "reason_last": True,
    }  # fmt: skip

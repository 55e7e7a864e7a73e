"""What a slip of the fingers is told on the command line: which word, and what would do."""

import pytest
from tests import cast
from tests.cli.conftest import Type

from kept.clients.models import Service
from kept.people.models import Absence
from kept.promises.models import Promise
from kept.quotes.models import Answer, Quote


@pytest.mark.parametrize(
    ("typed_words", "said"),
    [
        (
            ["check", "Logo by 2020-01-01, 8h"],
            "field wanted: Wed\u00a01\u00a0Jan\u00a02020, 18:00 has gone by. Ask for a later date.",
        ),
        (
            ["check", "Logo, 8h", "--by", "31/02/2027"],
            "field --by: “31/02/2027” is not a day. Write it like 2026-12-18 or Fri 18 Dec.",
        ),
        (
            ["check", "Logo, 8h", "--by", "2027-03-28 01:30"],
            (
                "field --by: Sun\u00a028\u00a0Mar has no 01:30 in Lisbon: the clocks go forward. "
                "Say another time."
            ),
        ),
        (
            ["check", "Logo", "--size", "-8h"],
            "field --size: “-8h”: work below zero cannot be planned.",
        ),
        (
            ["check", "Logo", "--size", "99999999h"],
            "field --size: “99999999h” is more than 20000 hours. Is it meant?",
        ),
        (
            ["check", "Logo", "--size", "30000h"],
            (
                "field stages.1.likely_hours: Hours of “Logo”: 30,000 cannot be. Give a number "
                "above 0, up to 20,000."
            ),
        ),
        (
            ["check", "Logo", "--size", "8-4-2h"],
            "field --size: “8-4-2h” goes down: say low, then likely, then high, as in 16-24-60h.",
        ),
        (
            ["check", "Logo\x01, 8h"],
            "field what: What is asked for: character 5 cannot be kept. Type it anew.",
        ),
        (
            ["promise", "Menu for Pete's Bakery by 31 February"],
            "field LINE: Say which day: “31 February” is not one. Nothing was recorded.",
        ),
        (
            ["add", "absence", "Dev", "2026-12-10", "9999-12-31"],
            "field to_on: Last day away: the year 9999 is out of reach.",
        ),
        (
            ["add", "absence", "Dev", "2026-12-10", "2026-12-01"],
            "field to_on: The last day away lies before the first one. Nothing was saved.",
        ),
        (
            ["add", "service", "Show", "--stage", "Act: 3h [juggling]"],
            (
                "field stages.1.skill: “Act” needs the skill “juggling”, and nobody who works here "
                "has it. Give it to somebody under People first, or leave it out."
            ),
        ),
    ],
)
def test_a_slip_is_told_by_its_place_and_nothing_is_kept(
    typed_words: list[str], said: str, northlight: cast.House, typed: Type
) -> None:
    services = Service.objects.count()

    answer = typed(*typed_words)

    assert (answer.status, answer.out, answer.err) == (2, "", said + "\n")
    kept = (Answer, Quote, Promise, Absence)
    assert [table.objects.count() for table in kept] == [0, 0, 0, 0]
    assert Service.objects.count() == services


def test_an_offer_with_gaps_names_the_word_that_signs_them(
    northlight: cast.House, typed: Type
) -> None:
    asked = typed("check", "Landing page for Harbour Clinic, 8-8-8h", "--json").document
    date = asked["advised"]["due_at"][:10]
    quote = typed("hold", str(asked["answer"]), "--date", date, "--json").document["id"]

    refused = typed("offer", str(quote))

    assert refused.status == 1
    assert refused.err.startswith("field --sign: Not everybody has said yes: ")

"""What clients want beyond, by command line."""

from pathlib import Path

from tests import cast
from tests.cli.conftest import Type


def test_the_numbers_of_the_house_are_shown_and_set(northlight: cast.House, typed: Type) -> None:
    shown = typed("desk", "numbers").out.replace("\xa0", " ")
    assert shown == (
        "The last 20 tell how a core stands: hot from 85 %, warm from 70 %.\n"
        "Number 3 of one kind for one client in 90 days is not rare any more.\n"
        "A rule bent in more than 20 % of its asks of those days is questioned.\n"
    )
    changed = typed("desk", "numbers", "--warm", "60", "--days", "60", "--json").document
    assert changed == {
        "core_looks_back": 20,
        "core_hot": 0.85,
        "core_warm": 0.6,
        "repeated_from": 3,
        "beyond_days": 60,
        "questioned_above": 0.2,
    }
    refused = typed("desk", "numbers", "--warm", "90")
    assert (refused.status, "cannot be warm from higher up" in refused.err) == (2, True)


def test_a_reply_is_worded_from_a_file(northlight: cast.House, typed: Type, tmp_path: Path) -> None:
    assert "fair_no: in kept’s own words\n" in typed("desk", "words").out
    file = tmp_path / "no.txt"
    file.write_text("Não: {what}.", encoding="utf-8")
    kept = typed("desk", "words", "fair_no", "--language", "pt", "--body", str(file), "--json")
    assert (kept.document["language"], kept.document["body"]) == ("pt", "Não: {what}.")
    assert "fair_no: pt\n" in typed("desk", "words").out
    file.write_text("Não {tempo}.", encoding="utf-8")
    refused = typed("desk", "words", "fair_no", "--language", "pt", "--body", str(file))
    assert (refused.status, "Nobody knows what to put in" in refused.err) == (2, True)
    gone = typed("desk", "words", "fair_no", "--language", "pt", "--remove")
    assert gone.out.startswith("{what}\n\n{greeting}")
    assert typed("desk", "words", "perhaps").status == 2

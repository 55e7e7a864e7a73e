"""Who owns what, by command line: asked, answered, handed over, taken, sent back."""

from tests import cast
from tests.cli.conftest import Type

from kept.promises.models import Promise

LINE = "Menu cards for Harbour Clinic by Fri 18 Dec"
DEV, MAYA = ("--as", "dev@northlight.example"), ("--as", "maya@northlight.example")


def a_stage(typed: Type) -> str:
    promise = typed("promise", LINE, *MAYA, "--json").document["id"]
    return str(Promise.objects.get(pk=promise).job.stages.get().pk)


def test_somebody_is_asked_says_what_is_possible_and_is_taken_at_their_word(
    northlight: cast.House, typed: Type
) -> None:
    stage = a_stage(typed)
    ask = ("own", "ask", "dev@northlight.example", "--stage", stage, "--by", "Tue 15 Dec", *MAYA)
    asked = typed(*ask, "--json").document
    assert (asked["state"], asked["who"]) == ("proposed", "dev@northlight.example")
    question = str(asked["id"])

    assert "Menu cards" in typed("own", "asked", *DEV).out
    said = typed("own", "counter", question, "--by", "Thu 17 Dec", "--word", "Ill.", *DEV, "--json")
    assert said.document["state"] == "countered"
    assert typed("own", "asked", *DEV).out == "Nobody waits for your answer.\n"

    # Nobody takes their own counter for an answer.
    assert typed("own", "agree", question, *DEV).status == 1
    agreed = typed("own", "agree", question, *MAYA, "--json").document
    assert (agreed["state"], agreed["by_at"]) == ("accepted", "2026-12-17T18:00:00+00:00")
    again = typed("own", "accept", question, *DEV)
    assert (again.status, "Nothing was changed." in again.err) == (1, True)


def test_a_question_is_declined_and_one_is_taken_back(northlight: cast.House, typed: Type) -> None:
    stage = a_stage(typed)
    ask = ("own", "ask", "dev@northlight.example", "--stage", stage, *MAYA, "--json")
    first = str(typed(*ask).document["id"])
    no = typed("own", "decline", first, "--word", "Too much.", *DEV, "--json").document
    assert no["state"] == "declined"
    second = str(typed(*ask).document["id"])
    assert typed("own", "withdraw", second, *MAYA, "--json").document["state"] == "withdrawn"
    assert typed("own", "ask", "dev@northlight.example").status == 2
    assert typed("own", "ask", "no@northlight.example", "--stage", stage).status == 2
    assert typed("own", "accept", "999").status == 2


def test_a_last_mile_is_asked_about_and_accepted(northlight: cast.House, typed: Type) -> None:
    promise = typed("promise", LINE, *DEV, "--json").document["id"]
    job = str(Promise.objects.get(pk=promise).job_id)
    ask = ("own", "ask", "maya@northlight.example", "--last-mile", job, *DEV, "--json")
    asked = typed(*ask).document
    assert (asked["stage"], asked["state"]) == (None, "proposed")
    assert typed("own", "accept", str(asked["id"]), *MAYA).out.endswith("accepted\n")
    assert Promise.objects.get(pk=promise).last_mile_owner == northlight.maya


def test_a_stage_is_handed_over_sent_back_and_taken(northlight: cast.House, typed: Type) -> None:
    stage = a_stage(typed)
    typed("own", "ask", "dev@northlight.example", "--stage", stage, *MAYA)
    question = typed("own", "asked", *DEV, "--json").document["questions"][0]["id"]
    typed("own", "accept", str(question), *DEV)
    assert typed("stage", "check", stage, "--add", "Proof-read", *DEV).out == (
        "1. [ ] Proof-read\n"
    )
    early = typed("stage", "hand-over", stage, "--hours", "6", *DEV)
    assert early.status == 1
    assert typed("stage", "check", stage, "--done", "1", *DEV).out == "1. [x] Proof-read\n"

    assert typed("stage", "begin", stage, *DEV, "--json").document["state"] == "doing"
    hours = ("--hours", "6", "--out-of-hours", "1")
    handed = typed("stage", "hand-over", stage, *hours, *DEV, "--json").document
    assert (handed["state"], handed["spent_hours"], handed["out_of_hours"]) == (
        "handed_over", 6, 1,
    )  # fmt: skip
    back = typed("stage", "send-back", stage, "--reason", "Wrong red.", *MAYA, "--json").document
    assert back["state"] == "doing"
    typed("stage", "hand-over", stage, "--hours", "2", *DEV)
    taken = typed("stage", "take", stage, *MAYA, "--json").document
    assert (taken["state"], taken["spent_hours"]) == ("done", 8)
    twice = typed("stage", "take", stage, *MAYA)
    assert (twice.status, "Nothing was changed." in twice.err) == (1, True)
    assert typed("stage", "check", stage, "--done", "9").status == 2

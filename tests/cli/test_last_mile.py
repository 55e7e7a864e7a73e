"""The last mile by command line."""

from tests import cast
from tests.cli.conftest import Type

from kept.last_mile.models import Alarm, AlarmAnswer
from kept.promises.models import Promise

LINE = "Menu cards for Harbour Clinic by Fri 18 Dec"


def test_asked_known_answered(northlight: cast.House, typed: Type) -> None:
    promise = str(typed("promise", LINE, "--json").document["id"])
    Promise.objects.update(last_mile_owner=northlight.maya)
    as_maya, as_ben = ("--as", northlight.maya.email), ("--as", northlight.ben.email)
    asked = typed("nudge", promise, "--whom", "Ben", "--question", "How far?", *as_maya)
    number = str(Alarm.objects.get().pk)
    assert asked.out == f"alarm {number}: Menu cards, Harbour Clinic, Ben, raised\n"
    board = typed("last-mile", *as_maya).out
    assert f"{promise}  Harbour Clinic · Menu cards" in board
    assert f"alarm {number} (raised): Maya asks about Menu cards, Harbour Clinic: How far?" in board
    known = typed("acknowledge", number, "--json", *as_ben).document
    assert (known["state"], known["asked"]) == ("acknowledged", "Ben")
    late = typed("acknowledge", number, *as_ben)
    assert (late.status, "so you cannot say that you know" in late.err) == (1, True)
    unsaid = typed("answer", number, *as_ben)
    assert (unsaid.status, "Give one of --done-by" in unsaid.err) == (2, True)
    typed("answer", number, "--blocked-by", "test accounts", "--until", "2026-12-04", *as_ben)
    row = AlarmAnswer.objects.get()
    assert (row.kind, row.words) == ("blocked_by", "test accounts")
    told = typed("last-mile", "--json", *as_maya).document
    assert [row["promise"] for row in told["promises"]] == [int(promise)]
    assert told["promises"][0]["alarms"][0]["state"] == "answered"


def test_what_is_not_there_is_said(northlight: cast.House, typed: Type) -> None:
    assert "There is no promise 99 here." in typed("nudge", "99").err
    assert "There is no alarm 99 here." in typed("acknowledge", "99").err
    nobody = typed("last-mile", "--as", northlight.dev.email)
    assert nobody.out == "No promise is yours to see over the line.\n"

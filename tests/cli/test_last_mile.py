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


def test_how_one_may_be_chased_is_said_from_a_terminal(northlight: cast.House, typed: Type) -> None:
    me = ("--as", northlight.dev.email)
    said = typed("charter", "show", *me).out
    assert said == (
        "from 09:00 until 18:00, mon tue wed thu fri, 3 a day at most\n"
        "ice bucket at any hour: no\nmorning digest: yes\n1. way 0: mail\n"
    )
    changed = typed(
        "charter", "set", "--from", "9:30", "--until", "16:00", "--days", "mon,Tuesday",
        "--cap", "2", "--no-digest", "--ice-bucket", "--json", *me,
    ).document  # fmt: skip
    changed.pop("ways")
    assert changed.pop("in_force") is True
    assert changed == {
        "from": "09:30", "until": "16:00", "days": ["mon", "tue"], "cap": 2,
        "ice_bucket": True, "digest": False,
    }  # fmt: skip
    assert typed("charter", "set", "--any-hour", *me).out.startswith("at any hour, mon tue")
    slack = "https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx"
    added = typed("charter", "add", slack, "--json", *me).document["ways"]
    assert [way["shown"] for way in added] == ["mail", "Slack, …uvwx"]
    key = str(added[1]["way"])
    moved = typed("charter", "move", key, "1", "--json", *me).document["ways"]
    assert [way["channel"] for way in moved] == ["slack", "mail"]
    assert typed("charter", "test", str(added[0]["way"]), *me).out.startswith("Sent.")
    left = typed("charter", "remove", key, "--json", *me).document["ways"]
    assert [way["channel"] for way in left] == ["mail"]
    assert (
        typed("charter", "set", *me).status,
        typed("charter", "set", "--from", "x", *me).status,
    ) == (2, 2)
    assert "no day of the week" in typed("charter", "set", "--days", "moon", *me).err
    pigeon = typed("charter", "add", "pigeon://home", *me)
    assert (pigeon.status, "It knows: Slack," in pigeon.err) == (2, True)
    told = typed("charter", "revoke", *me)
    assert told.out == "This would be nobody's. Say --yes.\n"
    assert typed("charter", "revoke", "--yes", "--json", *me).document["done"] is True
    assert typed("charter", "show", *me).out.startswith("You took your consent back")


def test_the_ladder_and_the_rules_are_set_from_a_terminal(
    northlight: cast.House, typed: Type
) -> None:
    assert typed("ladder", "show").out.splitlines()[1] == (
        "knock: whoever is asked, after 120 working minutes"
    )
    rungs = ("nudge:asked:0", "lead:leads:60", "ice_bucket:everybody:240h")
    told = typed("ladder", "set", *rungs, "--json").document
    assert [(rung["name"], rung["any_hour"]) for rung in told["rungs"]] == [
        ("nudge", False), ("lead", False), ("ice_bucket", True),
    ]  # fmt: skip
    assert typed("ladder", "set", "shout:asked:0").status == 2
    assert typed("ladder", "set", *rungs, "--as", northlight.dev.email).status == 1
    assert "drift: on, 0.1 points." in typed("rules", "show").out
    [rule] = typed("rules", "set", "drift", "--off", "--amount", "0.2", "--json").document["rules"]
    assert rule == {"kind": "drift", "on": False, "amount": 0.2, "unit": "points"}
    assert "“moon” is no rule" in typed("rules", "set", "moon", "--off").err


def test_somebody_stands_in_from_a_terminal(northlight: cast.House, typed: Type) -> None:
    me = ("--as", northlight.maya.email)
    promise = str(typed("promise", LINE, "--json").document["id"])
    Promise.objects.update(last_mile_owner=northlight.maya)
    assert typed("delegates", "show", *me).out == "There are none.\n"
    row = typed("delegates", "name", northlight.dev.email, "--promise", promise, "--json", *me)
    key = row.document["id"]
    assert (row.document["member"], row.document["promise"]) == ("Dev", int(promise))
    assert (
        typed("delegates", "show", *me).out == f"delegate {key}: Dev for Maya, promise {promise}\n"
    )
    assert typed("delegates", "show", "--json", *me).document["delegates"][0]["id"] == key
    assert typed("delegates", "end", str(key), *me).out.endswith(", ended\n")
    assert typed("delegates", "name", "nobody@x.example", *me).status == 2
    assert typed("delegates", "name", northlight.dev.email, "--promise", "99", *me).status == 2
    assert typed("delegates", "end", "99", *me).status == 2

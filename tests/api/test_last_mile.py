"""The last mile by REST."""

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller
from tests.last_mile.conftest import accepted, ana, give, promise

from kept.api.resources.charters import ChannelName
from kept.last_mile import channels
from kept.promises.models import Promise

__all__ = ["accepted", "ana", "give", "promise"]


@pytest.fixture(autouse=True)
def _at_this_moment(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def maya(northlight: cast.House, calling: Callable[..., Caller]) -> Caller:
    return calling(northlight.maya)


def test_an_alarm_is_raised_known_answered_and_closed(
    northlight: cast.House, accepted: Promise, dev: Caller, maya: Caller
) -> None:
    asked = maya.post(
        "/alarms",
        {"promise_id": accepted.pk, "member_id": northlight.dev.pk, "question": "How far?"},
    ).json()
    assert (asked["kind"], asked["state"], asked["next_rung"]) == ("asked", "raised", 2)
    assert asked["next_at"] == "2026-12-02T17:10:00Z"
    assert [row["member_id"] for row in asked["notices"]] == [northlight.dev.pk]
    path = f"/alarms/{asked['id']}"
    to_ben = {"promise_id": accepted.pk, "member_id": northlight.ben.pk}
    assert dev.post("/alarms", to_ben).status_code == 403
    known = dev.post(f"{path}/acknowledge").json()
    assert (known["state"], known["answer_due_at"]) == ("acknowledged", "2026-12-02T17:10:00Z")
    assert dev.post(f"{path}/acknowledge").status_code == 409
    said = {"kind": "done_by", "due_at": "2026-12-03T11:00:00Z", "words": "At nine."}
    answered = dev.post(f"{path}/answer", said).json()
    assert [row["words"] for row in answered["answers"]] == ["At nine."]
    rated = dev.post(f"{path}/useful", {"useful": True}).json()
    assert "useful" not in rated["answers"][0]
    assert dev.post(f"{path}/close").json()["closed_why"] == "done"
    assert maya.get(f"/alarms?promise_id={accepted.pk}&state=closed").json()["items"][0]["id"]
    assert maya.get("/alarms?state=raised").json()["items"] == []


def test_how_one_may_be_chased(
    northlight: cast.House, accepted: Promise, dev: Caller, maya: Caller
) -> None:
    assert dev.get("/charter").json()["asked_from"] == "09:00"
    said = dev.post(
        "/charter", {"asked_from": "10:00", "asked_until": "16:30", "weekdays": ["mon", "wed"]}
    ).json()
    assert (said["asked_from"], said["asked_until"], said["weekdays"]) == (
        "10:00", "16:30", ["mon", "wed"],
    )  # fmt: skip
    assert dev.post("/charter", {"any_hour": True}).json()["asked_from"] is None
    [recording] = accepted.job.stages.filter(name="Recording")
    assert dev.get("/charter/revoke").json() == {"stages": [recording.pk], "promises": []}
    assert dev.post("/charter/revoke").json() == {"stages": [recording.pk], "promises": []}
    assert dev.get("/charter").json()["in_force"] is False


def test_the_ladder_and_the_rules_are_the_owners(
    northlight: cast.House, maya: Caller, calling: Callable[..., Caller]
) -> None:
    ada = calling(northlight.ada)
    assert maya.get("/ladders/current").json()["number"] == 0
    rungs = [{"name": "nudge", "hears": "asked", "wait_minutes": 0}]
    assert maya.post("/ladders", {"rungs": rungs}).status_code == 403
    assert ada.post("/ladders", {"rungs": rungs}).json()["number"] == 1
    changed = ada.post("/alarm-rules", {"kind": "drift", "amount": 0.2}).json()
    assert changed == {"kind": "drift", "on": True, "amount": 0.2, "unit": "points"}
    assert ada.post("/alarm-rules", {"kind": "stuck", "amount": 3}).status_code == 422
    kinds = [row["kind"] for row in maya.get("/alarm-rules").json()["items"]]
    assert kinds[:2] == ["at_risk", "drift"]


def test_somebody_stands_in(northlight: cast.House, dev: Caller, maya: Caller) -> None:
    named = maya.post("/delegates", {"member_id": northlight.dev.pk}).json()
    assert (named["owner_id"], named["ended_at"]) == (northlight.maya.pk, None)
    assert maya.post("/delegates", {"member_id": northlight.dev.pk}).status_code == 409
    assert dev.post(f"/delegates/{named['id']}/end").json()["ended_at"] is not None
    assert [row["id"] for row in dev.get("/delegates").json()["items"]] == [named["id"]]


SLACK = "https://hooks.slack.com/services/T12345678/B12345678/abcdefghijklmnopqrstuvwx"


def test_ways_are_added_ordered_tested_and_taken_off(dev: Caller, maya: Caller) -> None:
    assert dev.get("/charter").json()["ways"] == [{"id": 0, "kind": "mail", "shown": "mail"}]
    added = dev.post("/charter/ways", {"address": SLACK}, idempotency_key="once")
    again = dev.post("/charter/ways", {"address": SLACK}, idempotency_key="once")
    assert (added.status_code, again.json()) == (201, added.json())
    mail, slack = added.json()["ways"]
    assert (slack["kind"], slack["shown"]) == ("slack", "Slack, …uvwx")
    assert SLACK not in added.text
    path = f"/charter/ways/{slack['id']}"
    moved = dev.post(f"{path}/move", {"position": 1}).json()["ways"]
    assert [way["kind"] for way in moved] == ["slack", "mail"]
    assert dev.post(f"/charter/ways/{mail['id']}/test").status_code == 200
    assert maya.post(f"{path}/move", {"position": 1}).status_code == 404
    assert maya.delete(path).status_code == 404
    assert dev.delete(path).status_code == 204
    assert [way["kind"] for way in dev.get("/charter").json()["ways"]] == ["mail"]


def test_a_channel_that_is_none_is_refused_with_those_there_are(dev: Caller) -> None:
    refused = dev.post("/charter", {"ways": [{"kind": "pigeon"}]})
    assert refused.status_code == 422
    assert "'mail', 'slack', 'teams'" in str(refused.json())
    home = dev.post("/charter", {"ways": [{"kind": "ntfy", "address": "ntfy://127.0.0.1/x"}]})
    assert (home.status_code, "not on the public internet" in str(home.json())) == (422, True)
    ways = [{"kind": "slack", "address": SLACK}, {"kind": "mail"}]
    kept = dev.post("/charter", {"ways": ways, "digest": False}).json()
    assert ([way["kind"] for way in kept["ways"]], kept["digest"]) == (["slack", "mail"], False)
    assert set(ChannelName.__args__) == set(channels.known())

"""Who owns what and what was handed over, by REST."""

from collections.abc import Callable
from datetime import datetime

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller


@pytest.fixture(autouse=True)
def _at_this_moment(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def maya(northlight: cast.House, calling: Callable[..., Caller]) -> Caller:
    return calling(northlight.maya)


def test_somebody_is_asked_answers_otherwise_and_owns_it(
    northlight: cast.House, dev: Caller, maya: Caller
) -> None:
    stages = [{"name": "Build", "likely_hours": 8}]
    job = maya.post("/jobs", {"title": "Signs", "stages": stages, "state": "open"}).json()
    [stage] = job["stages"]
    asked = maya.post(
        f"/stages/{stage['id']}/owner",
        {"member_id": northlight.dev.pk, "by_at": "2026-12-09T18:00:00Z", "hours": 6},
    ).json()
    assert (asked["state"], asked["likely_hours"], asked["can"]) == ("proposed", 6, ["withdraw"])
    path = f"/responsibilities/{asked['id']}"
    assert dev.get(path).json()["can"] == ["accept", "counter", "decline"]
    assert maya.post(f"{path}/accept").status_code == 403

    said = dev.post(f"{path}/counter", {"hours": 9, "word": "It is a big wall."}).json()
    assert (said["state"], said["countered_hours"], said["word"]) == (
        "countered", 9, "It is a big wall.",
    )  # fmt: skip
    assert dev.post(f"{path}/accept").status_code == 409
    assert maya.post(f"{path}/agree").json()["state"] == "accepted"
    again = dev.get(f"/stages/{stage['id']}").json()
    assert (again["owner_id"], again["likely_hours"]) == (northlight.dev.pk, 9)
    mine = dev.get(f"/responsibilities?member_id={northlight.dev.pk}&state=accepted").json()
    assert [row["id"] for row in mine["items"]] == [asked["id"]]
    last = maya.post(f"/jobs/{job['id']}/last-mile", {"member_id": northlight.maya.pk}).json()
    assert (last["stage_id"], last["state"]) == (None, "accepted")


def test_a_stage_is_handed_over_sent_back_and_taken(
    northlight: cast.House, dev: Caller, maya: Caller
) -> None:
    stages = [
        {"name": "Build", "likely_hours": 8, "owner_id": northlight.dev.pk},
        {"name": "Checks", "likely_hours": 2, "owner_id": northlight.maya.pk, "finishing": True},
    ]
    job = dev.post("/jobs", {"title": "Signs", "stages": stages, "state": "open"}).json()
    build, checks = (row["id"] for row in job["stages"])
    handed = dev.post(f"/stages/{build}/hand-over", {"hours": 9, "out_of_hours": 1}).json()
    assert (handed["state"], handed["hours"], handed["out_of_hours"]) == ("handed", 9, 1)
    assert dev.post(f"/hand-overs/{handed['id']}/take").status_code == 403
    back = maya.post(f"/hand-overs/{handed['id']}/send-back", {"reason": "The frame is loose."})
    assert back.json()["state"] == "sent_back"
    assert dev.get(f"/stages/{build}").json()["state"] == "doing"

    second = dev.post(f"/stages/{build}/hand-over", {"hours": 1}).json()
    assert maya.post(f"/hand-overs/{second['id']}/take").json()["state"] == "accepted"
    rows = dev.get(f"/stages/{build}/hand-overs").json()["items"]
    assert [(row["number"], row["state"], row["hours"]) for row in rows] == [
        (1, "sent_back", 9),
        (2, "accepted", 1),
    ]

    line = maya.post(f"/stages/{checks}/checks", {"text": "It hangs straight"}).json()
    refused = maya.post(f"/stages/{checks}/hand-over")
    assert refused.status_code == 409
    assert "“It hangs straight”" in refused.json()["detail"]
    assert maya.post(f"/checks/{line['id']}/done").json()["done_by_id"] == northlight.maya.pk
    assert maya.post(f"/checks/{line['id']}/reopen").json()["done_at"] is None
    maya.post(f"/checks/{line['id']}/done")
    assert maya.post(f"/stages/{checks}/hand-over").json()["state"] == "accepted"
    assert [row["text"] for row in dev.get(f"/stages/{checks}/checks").json()["items"]] == [
        "It hangs straight"
    ]

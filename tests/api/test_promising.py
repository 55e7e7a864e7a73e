"""From a question to a promise, by REST."""

from datetime import UTC, datetime

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller

from kept.promises.models import Promise
from kept.quotes.models import Quote

ASK = {
    "what": "Landing page",
    "client": "Harbour Clinic",
    "effort": {"low_hours": 8, "likely_hours": 8, "high_hours": 8},
    "wanted_on": "2026-12-18",
}


@pytest.fixture(autouse=True)
def _at_this_moment(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


def test_a_question_becomes_a_promise(northlight: cast.House, dev: Caller) -> None:
    answer = dev.post("/check", ASK)
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said["what"] == "Landing page"
    assert said["client_id"] == northlight.clients["Harbour Clinic"].pk
    assert said["wanted"]["due_at"] == "2026-12-18T18:00:00Z"
    assert [row["level"] for row in said["levels"]] == [0.5, 0.8, 0.9, 0.95]
    assert [row["name"] for row in said["gauges"]] == ["people", "time", "tank"]
    assert dev.get(f"/answers/{said['id']}").json() == said

    held = dev.post("/quotes", {"answer_id": said["id"], "due_on": "2026-12-18"})
    assert held.status_code == 201, held.content
    quote = held.json()
    assert (quote["state"], quote["can"]) == ("held", ["offer", "withdraw"])
    assert quote["due_at"] == "2026-12-18T18:00:00Z"

    path = f"/quotes/{quote['id']}"
    refused = dev.post(f"{path}/offer")
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "gap_reason")
    [stage] = [row["id"] for row in dev.get("/stages").json()["items"]]
    assert dev.get(f"{path}/onset").json() == {
        "gate": "open",
        "missing": [
            {"stage_id": stage, "member_id": None, "state": "nobody", "since": None},
            {"stage_id": None, "member_id": None, "state": "nobody", "since": None},
        ],
    }
    myself = {
        "stages": [{"stage_id": stage, "member_id": northlight.dev.pk}],
        "last_mile_owner_id": northlight.dev.pk,
    }
    assert dev.post(f"{path}/owners", myself).json() == {"gate": "silent", "missing": []}
    offered = dev.post(f"{path}/offer")
    assert (offered.json()["state"], offered.json()["gate"]) == ("offered", "silent")
    accepted = dev.post(f"/quotes/{quote['id']}/accept", {"word": "Yes, please."})
    assert accepted.status_code == 201, accepted.content
    promise = accepted.json()
    assert promise["what"] == "Landing page"
    assert promise["due_at"] == "2026-12-18T18:00:00Z"
    assert (promise["state"], promise["origin"]) == ("active", "quote")
    path = f"/promises/{promise['id']}"
    assert [row["number"] for row in dev.get(f"{path}/terms").json()["items"]] == [1]
    assert [row["name"] for row in dev.get(f"{path}/stages").json()["items"]] == ["Landing page"]
    assert [row["kind"] for row in dev.get(f"{path}/events").json()["items"]] == [
        "job.made",
        "answer.given",
        "quote.held",
        "owner.accepted",
        "owner.accepted",
        "quote.offered",
        "promise.recorded",
        "quote.accepted",
    ]
    outlook = dev.get(f"{path}/outlooks").json()["items"][-1]
    assert dev.get(path).json()["chance"] == outlook["chance"]
    assert [row["id"] for row in dev.get("/promises?state=active").json()["items"]] == [
        promise["id"]
    ]


def test_a_lead_signs_what_is_missing_and_the_promise_is_pending(
    northlight: cast.House, dev: Caller, ada: Caller
) -> None:
    answer = dev.post("/check", ASK).json()
    quote = dev.post("/quotes", {"answer_id": answer["id"], "due_on": "2026-12-18"}).json()
    path = f"/quotes/{quote['id']}"
    said = {"gap_reason": "Dev is on a train."}
    assert dev.post(f"{path}/offer", said).status_code == 403
    signed = ada.post(f"{path}/offer", said).json()
    assert (signed["gate"], signed["gap_signed_by_id"], signed["gap_reason"]) == (
        "signed",
        northlight.ada.pk,
        "Dev is on a train.",
    )
    promise = ada.post(f"{path}/accept").json()
    assert promise["state"] == "pending"
    elsewhere = dev.post(
        "/jobs", {"title": "Signs", "stages": [{"name": "Cut", "likely_hours": 2}]}
    )
    stage = elsewhere.json()["stages"][0]["id"]
    refused = dev.post(
        f"{path}/owners", {"stages": [{"stage_id": stage, "member_id": northlight.dev.pk}]}
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "stages.0.stage_id")


def test_an_answer_is_held_once(northlight: cast.House, dev: Caller) -> None:
    answer = dev.post("/check", ASK).json()
    body = {"answer_id": answer["id"], "due_on": "2026-12-18"}
    assert dev.post("/quotes", body).status_code == 201
    again = dev.post("/quotes", body)
    assert (again.status_code, again.json()["title"]) == (409, "It cannot be done as things are")
    assert Quote.objects.count() == 1


def test_a_date_in_a_clock_gap_or_in_the_past_is_refused(
    northlight: cast.House, dev: Caller
) -> None:
    past = dev.post("/check", {**ASK, "wanted_on": "2026-11-30"})
    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "wanted")
    both = dev.post("/check", {**ASK, "wanted_at": "2026-12-18T10:00:00Z"})
    assert (both.status_code, both.json()["errors"][0]["field"]) == (422, "wanted_on")
    naive = dev.post("/check", {**ASK, "wanted_on": None, "wanted_at": "2026-12-18T10:00:00"})
    assert (naive.status_code, naive.json()["errors"][0]["field"]) == (422, "wanted_at")


def test_a_loose_promise_is_recorded_and_a_lead_voids_it(
    northlight: cast.House, dev: Caller, ada: Caller
) -> None:
    made = dev.post(
        "/promises", {"what": "Menu cards", "client": "pete's bakery", "due_on": "2026-12-04"}
    )
    assert made.status_code == 201, made.content
    promise = made.json()
    assert promise["client_id"] == northlight.clients["Pete's Bakery"].pk
    assert (promise["due_at"], promise["day_only"]) == ("2026-12-04T18:00:00Z", True)
    assert promise["last_mile_owner_id"] == northlight.dev.pk
    path = f"/promises/{promise['id']}"
    assert dev.post(f"{path}/void", {"reason": "Twice."}).status_code == 403
    voided = ada.post(f"{path}/void", {"reason": "Written down twice."})
    assert voided.status_code == 200, voided.content
    assert (voided.json()["state"], voided.json()["standing"]) == ("voided", None)
    assert Promise.objects.get().void_reason == "Written down twice."


def test_a_refused_promise_leaves_no_client_behind(northlight: cast.House, dev: Caller) -> None:
    before = dev.get("/clients").json()
    late = {"what": "Cards", "client": "Somebody New", "due_on": "2026-12-01"}
    assert dev.post("/promises", late).status_code == 422
    assert dev.get("/clients").json() == before


def test_a_promise_holds_its_place_when_pinned_by_a_lead(
    northlight: cast.House, dev: Caller, ada: Caller, now: datetime
) -> None:
    promise = dev.post(
        "/promises", {"what": "Cards", "client": "Harbour Clinic", "due_at": "2026-12-04T12:00:00Z"}
    ).json()
    assert promise["day_only"] is False
    assert datetime.fromisoformat(promise["given_at"]) == now.astimezone(UTC)
    pinned = ada.patch(f"/promises/{promise['id']}", {"pinned": 1})
    assert pinned.json()["pinned"] == 1
    assert dev.patch(f"/promises/{promise['id']}", {"pinned": None}).status_code == 403


def test_one_asks_for_a_service_of_a_size_as_sure_as_one_likes(
    northlight: cast.House, ada: Caller, dev: Caller
) -> None:
    stages = [
        {"name": "Copy", "likely_hours": 6},
        {"name": "Build", "likely_hours": 18},
    ]
    service = ada.post("/services", {"name": "Landing page", "stages": stages}).json()
    effort = {"low_hours": 36, "likely_hours": 36, "high_hours": 36}

    asked = dev.post(
        "/check", {"what": "Page", "service_id": service["id"], "effort": effort, "confidence": 0.8}
    )

    assert asked.status_code == 201, asked.content
    answer = asked.json()
    assert answer["confidence"] == 0.8
    work = dev.get(f"/jobs/{answer['job_id']}").json()["stages"]
    assert [row["likely_hours"] for row in work] == [9, 27]
    for wrong in (0.3, 1, "sure"):
        assert dev.post("/check", {**ASK, "confidence": wrong}).status_code == 422


def test_an_offer_of_less_is_taken_and_held_as_an_answer_of_its_own(
    northlight: cast.House, dev: Caller
) -> None:
    certain = {"low_hours": 12, "likely_hours": 12, "high_hours": 12}
    stages = [
        {"name": "Page", "skill": "write", **certain},
        {"name": "Form", "skill": "write", **certain, "optional": True},
    ]
    asked = {"what": "Landing page", "client": "Harbour Clinic", "stages": stages}

    answer = dev.post("/check", {**asked, "wanted_on": "2026-12-07"}).json()

    offers = {row["kind"]: row for row in answer["offers"]}
    assert list(offers) == ["later", "less", "overtime"]
    assert (offers["less"]["without"], offers["less"]["own_answer"]) == (["Form"], True)
    assert offers["less"]["sentence"] == "Without “Form”."
    assert offers["less"]["due_at"] == "2026-12-07T18:00:00Z"
    assert (offers["later"]["own_answer"], offers["later"]["overtime_hours"]) == (False, None)
    assert [row["level"] for row in answer["overtime"]] == [0.5, 0.8, 0.9]
    assert offers["overtime"]["overtime_hours"] == answer["overtime_hours"] > 0

    path = f"/answers/{answer['id']}/offers"
    taken = dev.post(path, {"kind": "less"})
    assert taken.status_code == 201, taken.content
    less = taken.json()
    assert (less["wanted"]["due_at"], less["client_id"]) == (
        "2026-12-07T18:00:00Z",
        answer["client_id"],
    )
    held = dev.post("/quotes", {"answer_id": less["id"], "due_on": "2026-12-07"})
    assert held.status_code == 201, held.content
    work = dev.get(f"/jobs/{held.json()['job_id']}").json()["stages"]
    assert [row["name"] for row in work] == ["Page"]
    assert dev.post(path, {"kind": "people"}).status_code == 404
    assert dev.post(path, {"kind": "cheaper"}).status_code == 422
    assert dev.post("/answers/999/offers", {"kind": "less"}).status_code == 404

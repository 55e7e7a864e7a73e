"""The life of a promise, by REST."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller

from kept.jobs import making
from kept.outbox.models import Letter
from kept.promises.models import Promise

DUE = "2026-12-18T17:00:00Z"


@pytest.fixture(autouse=True)
def clock(now: datetime) -> Any:
    with time_machine.travel(now, tick=False) as travel:
        yield travel


@pytest.fixture
def path(northlight: cast.House, dev: Caller) -> str:
    """The address of menu cards, promised on 2 December for Friday 18 December, 17:00."""
    made = dev.post("/promises", {"what": "Menu cards", "client": "Harbour Clinic", "due_at": DUE})
    assert made.status_code == 201, made.content
    return f"/promises/{made.json()['id']}"


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()


def refused(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.content
    return str(answer.json()["detail"])


def test_delivered_sent_back_delivered_again_and_accepted(path: str, dev: Caller) -> None:
    first = done(dev.post(f"{path}/deliveries", {"note": "Here they are."}), 201)
    assert (first["number"], first["state"], first["can"]) == (
        1, "waiting", ["accept", "send_back"],
    )  # fmt: skip
    promise = done(dev.get(path))
    assert (promise["state"], promise["can"]) == ("delivered", ["send_back", "settle", "void"])
    assert promise["by_first_terms"]["word"] == "kept"
    assert promise["by_first_terms"]["provisional"] is True

    back = done(dev.post(f"/deliveries/{first['id']}/send-back", {"reason": "Wrong red."}))
    assert (back["state"], back["word"]) == ("sent_back", "Wrong red.")
    assert done(dev.get(path))["state"] == "active"
    second = done(dev.post(f"{path}/deliveries"), 201)
    noticed = done(dev.post(f"/deliveries/{second['id']}/notice", {"how": "said"}))
    assert noticed["deemed_from"] == "2026-12-10T15:10:00Z"
    taken = done(dev.post(f"/deliveries/{second['id']}/accept", {"word": "Lovely."}))
    assert (taken["state"], taken["word"]) == ("accepted", "Lovely.")
    assert "cannot accept it. It is closed." in refused(
        dev.post(f"/deliveries/{second['id']}/accept"), 409
    )
    assert done(dev.post(f"/deliveries/{second['id']}/thanks"))["thanked_at"] is not None
    assert done(dev.get(path))["by_last_terms"]["word"] == "kept"
    again = done(dev.post(f"{path}/again", {"again": "no", "word": "Too little time."}))
    assert (again["again"], again["again_word"]) == ("no", "Too little time.")
    assert [row["number"] for row in done(dev.get(f"{path}/deliveries"))["items"]] == [1, 2]


def test_told_and_agreed_the_date_moves(path: str, dev: Caller, clock: Any) -> None:
    drafted = done(
        dev.post(
            f"{path}/proposals",
            {"options": [{"due_at": "2026-12-22T17:00:00Z", "chance": 0.9}], "chance": 0.4},
        ),
        201,
    )
    assert (drafted["state"], drafted["told_at"], drafted["agreed_at"]) == ("draft", None, None)
    # 11 working days of lead, a fifth of them is two: Thu 17, Wed 16.
    assert drafted["tell_by_at"] == "2026-12-16T17:00:00Z"
    proposal = f"/proposals/{drafted['id']}"
    future = {"how": "said", "told_at": "2026-12-03T09:00:00Z"}
    assert "in the future" in refused(dev.post(f"{proposal}/tell", future), 422)
    told = done(dev.post(f"{proposal}/tell", {"how": "said"}))
    assert (told["told_at"], told["agreed_at"]) == ("2026-12-02T15:10:00Z", None)
    assert done(dev.get(path))["due_at"] == DUE
    clock.shift(timedelta(hours=1))
    agreed = done(dev.post(f"{proposal}/agree", {"word": "Fine."}))
    assert agreed["agreed_at"] == "2026-12-02T16:10:00Z"
    assert done(dev.get(path))["due_at"] == "2026-12-22T17:00:00Z"
    terms = done(dev.get(f"{path}/terms"))["items"]
    assert [(row["kind"], row["due_at"]) for row in terms] == [
        ("first", DUE),
        ("renegotiated", "2026-12-22T17:00:00Z"),
    ]
    assert "cannot withdraw it" in refused(dev.post(f"{proposal}/withdraw"), 409)


def test_the_client_asks_and_the_house_refuses(path: str, dev: Caller) -> None:
    asked = done(
        dev.post(f"{path}/wishes", {"wanted_on": "2026-12-11", "word": "Sooner, please."}), 201
    )
    assert (asked["by_side"], asked["state"], asked["can"]) == (
        "client", "told", ["agree", "refuse", "withdraw"],
    )  # fmt: skip
    assert done(dev.post(f"/proposals/{asked['id']}/refuse"))["state"] == "refused"
    assert done(dev.get(path))["due_at"] == DUE


def test_the_clock_stands_while_the_client_owes_something(
    path: str, northlight: cast.House, dev: Caller, now: datetime, clock: Any
) -> None:
    promise = Promise.objects.get()
    owed = making.record_obligation(
        promise.job, what="Prices", due_at=datetime(2026, 12, 3, 18, tzinfo=UTC),
        by=northlight.dev, now=now,
    )  # fmt: skip
    clock.move_to(datetime(2026, 12, 4, 9, tzinfo=UTC))
    pause = done(dev.post(f"{path}/pauses", {"obligation_id": owed.pk, "how": "said"}), 201)
    assert pause["started_at"] == "2026-12-04T09:00:00Z"
    twice = refused(dev.post(f"{path}/pauses", {"obligation_id": owed.pk, "how": "said"}), 409)
    assert twice.startswith("This promise is paused, so you cannot pause it. What you can do:")
    clock.move_to(datetime(2026, 12, 7, 9, tzinfo=UTC))
    done(dev.post(f"/obligations/{owed.pk}/meet"))
    promise_now = done(dev.get(path))
    assert (promise_now["state"], promise_now["due_at"]) == ("active", "2026-12-21T17:00:00Z")
    assert done(dev.get(f"{path}/pauses"))["items"][0]["working_minutes"] == 540
    terms = done(dev.get(f"{path}/terms"))["items"][0]
    assert (terms["due_at"], terms["judged_at"]) == (DUE, "2026-12-21T17:00:00Z")


def test_reasons_slips_and_endings(path: str, dev: Caller, ada: Caller) -> None:
    reason = done(dev.post(f"{path}/reasons", {"category": "estimate", "stated": "Larger."}), 201)
    assert reason["controllable"] == "ours"
    slip = done(
        dev.post(f"{path}/slips", {"until_on": "2026-12-17", "reason_id": reason["id"]}), 201
    )
    # The team aims two working days before Friday 18: from Wednesday 16 to Thursday 17 is one.
    assert (slip["said_days"], slip["became_days"]) == (1, None)
    assert done(dev.get(f"{path}/slips"))["items"] == [slip]
    early = dev.post(f"{path}/slips", {"until_on": "2026-12-16"})
    assert (early.status_code, early.json()["errors"][0]["field"]) == (422, "until")
    assert dev.post(f"{path}/revoke", {"word": "We cannot."}).status_code == 403
    gone = done(ada.post(f"{path}/revoke", {"word": "We cannot.", "reason_id": reason["id"]}))
    assert (gone["state"], gone["by_last_terms"]["word"]) == ("revoked", "broken")
    sentence = refused(dev.post(f"{path}/deliveries"), 409)
    assert sentence == (
        "This promise is revoked, so you cannot deliver it. What you can do: void it. "
        "Nothing was changed."
    )


def test_a_due_moment_in_a_clock_gap_is_refused_by_name(
    northlight: cast.House, dev: Caller, path: str
) -> None:
    """Lisbon puts its clocks forward on 28 March 2027, from 01:00 to 02:00."""
    house = northlight.organisation
    house.day_ends_at = datetime(2026, 1, 1, 1, 30, tzinfo=UTC).time()
    house.save()
    gap = {"options": [{"due_on": "2027-03-28"}]}
    sentence = refused(dev.post(f"{path}/proposals", gap), 422)
    assert "2027-03-28 has no 01:30 in Europe/Lisbon" in sentence
    assert done(dev.get(f"{path}/proposals"))["items"] == []


def test_who_reads_a_promise_is_named_at_once_later_and_nobody_any_more(
    path: str, dev: Caller, northlight: cast.House
) -> None:
    named = {"what": "Flyer", "client": "Harbour Clinic", "due_at": DUE}
    made = done(dev.post("/promises", named | {"contact": "Ana Prates <ana@clinic.example>"}), 201)
    ana = made["contact_id"]
    assert ana is not None
    assert done(dev.get(path))["contact_id"] is None
    assert done(dev.post(f"{path}/reader", {"contact": "ana"}))["contact_id"] == ana
    assert done(dev.post(f"{path}/reader", {}))["contact_id"] is None
    assert done(dev.post(f"{path}/reader", {"contact_id": ana}))["contact_id"] == ana
    for body, expected in (
        ({"contact": "zoe@clinic.example"}, "Nobody at Harbour Clinic fits"),
        ({"contact": "ana", "contact_id": ana}, "Say contact_id or contact, not both."),
        ({"contact_id": 99_999}, "There is no"),
    ):
        assert expected in refused(dev.post(f"{path}/reader", body), 422)
    before = Promise.objects.count()
    refused(dev.post("/promises", named | {"contact": "Zoe"}), 422)
    assert Promise.objects.count() == before


def test_silence_and_pauses_begin_with_a_letter_that_can_go_or_with_a_spoken_word(
    path: str, dev: Caller, northlight: cast.House, now: datetime, clock: Any
) -> None:
    promise = Promise.objects.get()
    owed = making.record_obligation(
        promise.job, what="Prices", due_at=now, by=northlight.dev, now=now
    )
    no_letter = "Nobody at Harbour Clinic is named who reads this promise"
    assert no_letter in refused(dev.post(f"{path}/pauses", {"obligation_id": owed.pk}), 422)
    ahead = {"how": "said", "told_at": "2026-12-02T15:11:00Z"}
    pause = {"obligation_id": owed.pk}
    assert "future" in refused(dev.post(f"{path}/pauses", pause | ahead), 422)
    delivery = done(dev.post(f"{path}/deliveries"), 201)
    notice = f"/deliveries/{delivery['id']}/notice"
    assert (delivery["noticed_how"], delivery["heard"]) == ("", False)
    assert no_letter in refused(dev.post(notice), 422)
    before = {"how": "said", "told_at": "2026-12-02T15:09:00Z"}
    assert "before there was anything to tell" in refused(dev.post(notice, before), 422)
    by_letter = {"how": "link", "told_at": "2026-12-02T15:10:00Z"}
    assert "Leave told_at out" in refused(dev.post(notice, by_letter), 422)
    done(dev.post(f"{path}/reader", {"contact": "Ana Prates <ana@clinic.example>"}))
    clock.move_to(datetime(2026, 12, 2, 17, tzinfo=UTC))
    ana = Promise.objects.get().contact_id
    said = {"how": "said", "told_at": "2026-12-02T16:00:00Z", "contact_id": ana}
    told = done(dev.post(notice, said))
    assert {name: told[name] for name in ("noticed_how", "noticed_contact_id", "heard")} == {
        "noticed_how": "said", "noticed_contact_id": ana, "heard": True,
    }  # fmt: skip
    assert (told["noticed_at"], told["deemed_from"]) == (
        "2026-12-02T16:00:00Z", "2026-12-10T16:00:00Z",
    )  # fmt: skip
    assert "They were told before" in refused(dev.post(notice), 409)
    done(dev.post(f"/deliveries/{delivery['id']}/accept"))
    thanks = f"/deliveries/{delivery['id']}/thanks"
    assert done(dev.post(thanks, {"words": "You were quick."}))["thanked_at"] is not None
    assert "\n\nYou were quick.\n\n" in Letter.objects.latest("pk").body

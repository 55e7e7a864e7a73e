"""The board, the charter and the ladder as pages; constant queries; nothing without permission."""

from datetime import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.last_mile.conftest import accepted, ana, dec, give, promise
from tests.last_mile.test_rounds import forecast
from tests.outbox.receiver import receiving
from tests.web.visiting import Visitor, text

from kept.jobs import checklist
from kept.last_mile import answering, ladders, notices, raising, rounds, rules
from kept.last_mile.models import Alarm, AlarmAnswer, Delegate, Envelope, Kind
from kept.people import charters
from kept.promises.models import Promise

__all__ = ["accepted", "ana", "give", "promise"]


@pytest.fixture(autouse=True)
def _at_this_moment(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def maya(northlight: cast.House) -> Visitor:
    return Visitor(northlight.maya)


def test_the_board_says_what_is_left_who_was_asked_and_what_comes_next(
    northlight: cast.House, accepted: Promise, maya: Visitor, now: datetime
) -> None:
    finishing = accepted.job.stages.get(finishing=True)
    for line in ("Sound signed off", "All 24 stops played"):
        item = checklist.add(finishing, line, by=northlight.maya, now=now)
    checklist.done(item, by=northlight.maya, now=now)
    alarm = raising.ask(
        accepted, northlight.dev, by=northlight.maya, now=now, question="when is it recorded?"
    )
    page = maya.get("/last-mile")
    said = text(page)
    assert "<title>(1) Last mile · kept</title>" in page.content.decode()
    assert "mark-needed.svg" in page.content.decode()
    assert "Your last mile, Maya" in said
    assert "1 of 2 left" in said
    assert "Asked Dev: when is it recorded?" in said
    assert "Next: knock, 17:10 today." in said
    assert "One person is silent: Dev." in said
    answering.answer(
        alarm,
        kind=AlarmAnswer.Kind.DONE_BY,
        due_at=dec(3, 11),
        words="The studio is ours at nine.",
        by=northlight.dev,
        now=now,
    )
    page = maya.get("/last-mile")
    said = text(page)
    assert "Done by Thu 3 Dec, 11:00. “The studio is ours at nine.”" in said
    assert "Stopped: Dev answered. It starts again only if Thu 3 Dec, 11:00 passes." in said
    assert "<title>Last mile · kept</title>" in page.content.decode()


def test_the_promises_story_tells_who_was_asked_and_what_came_back(
    northlight: cast.House, accepted: Promise, maya: Visitor, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    answering.acknowledge(alarm, by=northlight.dev, now=now)
    answering.answer(
        alarm, kind=AlarmAnswer.Kind.DONE_BY, due_at=dec(3, 11), by=northlight.dev, now=now
    )
    answering.close(alarm, by=northlight.dev, now=now, why=Alarm.Why.DONE)
    said = text(maya.get(f"/promises/{accepted.pk}"))
    for line in (
        "Maya asked Dev how it stands.",
        "Nudge: Dev.",
        "Dev knows.",
        "Dev answered: done by, Thu 3 Dec, 11:00.",
        "What Dev was asked is closed: it is done.",
    ):
        assert line in said


def test_one_click_nudges_and_the_next_takes_the_next_rung(
    northlight: cast.House, accepted: Promise, maya: Visitor
) -> None:
    path = f"/promises/{accepted.pk}/nudge"
    said = {"member": northlight.dev.pk, "question": "How far?"}
    assert maya.post(path, said).status_code == 302
    alarm = Alarm.objects.get()
    assert (alarm.asked, alarm.question) == (northlight.dev, "How far?")
    again = maya.post(path, said, headers={"HX-Request": "true"})
    assert (again.status_code, "the answer is still to come" in text(again)) == (409, True)
    assert maya.post(f"/alarms/{alarm.pk}/next-rung").status_code == 302
    alarm.refresh_from_db()
    assert alarm.next_rung == 3
    assert Visitor(northlight.dev).post(f"/alarms/{alarm.pk}/next-rung").status_code == 403


def test_whoever_is_asked_sees_it_first_and_says_that_they_know(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)
    dev = Visitor(northlight.dev)
    assert "Your word is wanted" in text(dev.get("/last-mile"))
    swapped = dev.post(f"/alarms/{alarm.pk}/acknowledge", headers={"HX-Request": "true"})
    assert (swapped.status_code, "<html" in swapped.content.decode()) == (200, False)
    assert "You know. An answer is owed by 17:10 today." in text(swapped)
    late = dev.post(f"/alarms/{alarm.pk}/acknowledge")
    assert (late.status_code, "so you cannot say that you know" in text(late)) == (409, True)


def test_the_same_number_of_queries_for_one_promise_and_for_three(
    northlight: cast.House, give: object, maya: Visitor, now: datetime
) -> None:
    def counted() -> int:
        maya.get("/last-mile")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert maya.get("/last-mile").status_code == 200
        return len(queries)

    for number in range(3):
        promise = give()  # type: ignore[operator]
        raising.ask(promise, northlight.dev, by=northlight.maya, now=now)
        if number == 0:
            first = counted()
    assert counted() == first


def test_bad_news_is_prepared_and_offered(
    northlight: cast.House, accepted: Promise, maya: Visitor, now: datetime
) -> None:
    accepted.job.stages.filter(name="Recording").update(likely_hours=60)
    forecast(accepted, 0.10, now)
    rounds.go(now=now)
    said = text(maya.get("/last-mile"))
    assert "Tell Harbour Clinic a date" in said
    assert "the sheet is prepared" in said
    today = maya.get("/")
    line = "Tell Harbour Clinic another date for Audio guide: the sheet is prepared"
    assert line in text(today)
    assert f'href="/promises/{accepted.pk}/bad-news"' in today.content.decode()
    assert line not in text(Visitor(northlight.dev).get("/"))
    assert line not in text(Visitor(northlight.ben).get("/"))
    Promise.objects.update(last_mile_owner=None)
    assert line in text(Visitor(northlight.ben).get("/"))


def test_the_board_is_handed_over_and_taken_back(
    northlight: cast.House, accepted: Promise, maya: Visitor
) -> None:
    maya.post("/last-mile/hand-over", {"member": northlight.dev.pk})
    dev = Visitor(northlight.dev)
    said = text(dev.get("/last-mile"))
    assert "You chase in the place of Maya." in said
    assert "Audio guide" in said
    delegate = Delegate.objects.get()
    assert dev.post(f"/delegates/{delegate.pk}/end").status_code == 302
    delegate.refresh_from_db()
    assert delegate.ended_at is not None


def test_how_one_may_be_chased_is_set_on_a_page(northlight: cast.House, maya: Visitor) -> None:
    said = text(maya.get("/settings/charter"))
    assert "You may be asked today: 09:00–18:00" in said
    form = {
        "quiet_until": "10:00", "quiet_from": "16:30", "weekdays": ["0", "2"], "daily_cap": "2",
        "top_rung": "on",
    }  # fmt: skip
    assert maya.post("/settings/charter", form).status_code == 302
    charter = charters.in_force(northlight.maya)
    assert charter is not None
    assert (charters.spoken_days(charter), charter.daily_cap, charter.top_rung) == ([0, 2], 2, True)
    wrong = maya.post("/settings/charter", form | {"quiet_from": ""})
    assert (wrong.status_code, "or leave both empty" in text(wrong)) == (422, True)


def test_taking_consent_back_is_explained_before_it_is_done(
    northlight: cast.House, accepted: Promise, maya: Visitor
) -> None:
    before = text(maya.get("/settings/charter/revoke"))
    assert "Finishing stretch Audio guide, Harbour Clinic: nobody’s from now on" in before
    assert "The last mile Audio guide, Harbour Clinic: nobody’s from now on" in before
    accepted.refresh_from_db()
    assert accepted.last_mile_owner == northlight.maya
    maya.post("/settings/charter/revoke")
    accepted.refresh_from_db()
    assert accepted.last_mile_owner is None
    assert "You took your consent back" in text(maya.get("/settings/charter"))


def test_the_owner_sets_the_ladder_and_the_rules(northlight: cast.House) -> None:
    ada = Visitor(northlight.ada)
    ladder = {"which": "ladder"}
    for step in ladders.USUAL:
        ladder |= {
            f"{step.name}_on": "on",
            f"{step.name}_hears": str(step.hears),
            f"{step.name}_wait": "15",
        }
    del ladder["huddle_on"]
    assert ada.post("/settings/ladder", ladder).status_code == 302
    assert [(str(s.name), s.wait_minutes) for s in ladders.steps()] == [
        ("nudge", 15), ("knock", 15), ("lead", 15), ("ice_bucket", 15),
    ]  # fmt: skip
    form = {"which": "rules", "drift_on": "on", "drift_amount": "15"} | {
        f"{kind}_amount": "60" for kind in ("silence", "obligation", "answer", "hold")
    }
    assert ada.post("/settings/ladder", form).status_code == 302
    now_set = rules.rules()
    assert (now_set[Kind.DRIFT].on, now_set[Kind.DRIFT].amount) == (True, 0.15)
    assert now_set[Kind.AT_RISK].on is False
    assert Visitor(northlight.ben).get("/settings/ladder").status_code == 403


def test_a_page_without_promises_says_what_comes_here(northlight: cast.House) -> None:
    said = text(Visitor(northlight.dev).get("/last-mile"))
    assert "When you say yes to one’s last mile, it stands here" in said


def test_ways_are_added_tested_ordered_and_taken_off_without_scripts(
    northlight: cast.House, now: datetime
) -> None:
    dev = Visitor(northlight.dev)
    with receiving() as receiver:
        receiver.answers = 200
        typed = f"json://127.0.0.1:{receiver.server_port}/very-secret"
        refused = dev.post("/settings/charter/ways", {"address": "pigeon://x"})
        assert (refused.status_code, "kept knows no chat" in text(refused)) == (422, True)
        assert dev.post("/settings/charter/ways", {"address": typed}).status_code == 302
        page = dev.get("/settings/charter")
        assert "a program of yours, 127.0.0.1" in text(page)
        assert "very-secret" not in page.content.decode()
        _mail, chat = charters.reachable(northlight.dev).ways
        path = f"/settings/charter/ways/{chat.key}"
        assert dev.post(path, {"act": "test"}).status_code == 302
        assert len(receiver.heard) == 1
        receiver.answers = 404
        failed = dev.post(path, {"act": "test"})
        assert (failed.status_code, "It answered 404." in text(failed)) == (409, True)
        dev.post(path, {"act": "move", "place": "1"})
        kinds = [way.kind for way in charters.reachable(northlight.dev).ways]
        assert kinds == ["json", "mail"]
        assert dev.post(path, {"act": "move", "place": "x"}).status_code == 409
        assert Visitor(northlight.maya).post(path, {"act": "remove"}).status_code == 404
        dev.post(path, {"act": "remove"})
    assert [way.kind for way in charters.reachable(northlight.dev).ways] == ["mail"]


def test_the_page_of_an_alarm_says_which_channel_did_not_take_it_and_what_came_with_it(
    northlight: cast.House, accepted: Promise, maya: Visitor, now: datetime
) -> None:
    for question in ("When?", ""):
        alarm = raising.raise_alarm(
            Kind.ASKED,
            cause=f"asked {question}",
            asked=northlight.dev,
            by=northlight.maya,
            now=now,
            promise=accepted,
            job=accepted.job,
            question=question,
        )
    assert alarm is not None
    envelope = Envelope.objects.get()
    why = {"way": 1, "channel": "slack", "why": "It answered 410.", "at": now.isoformat()}
    envelope.passed = [why]
    envelope.save()
    said = text(maya.get(f"/alarms/{alarm.pk}"))
    assert "Dev’s Slack did not take it: It answered 410." in said
    first, second = envelope.notices.order_by("pk")
    page = Visitor().get(f"/a/{notices.token_of(first)}/")
    assert "The same message said more:" in text(page)
    assert f"/a/{notices.token_of(second)}/" in page.content.decode()

"""Everything that can be done with a promise has a page, a form, and a sentence in its story."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import House
from tests.web.conftest import LogIn, Promised
from tests.web.test_today_page import DEC, _words

from kept import clock
from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Condition
from kept.outbox.models import Letter
from kept.promises import delivering, pausing, proposing, slips
from kept.promises.models import Promise, Proposal, TermsLine
from kept.promises.proposing import Way
from kept.promises.telling import InPerson


@pytest.fixture
def letters(northlight: House, promised: Promised) -> Promise:
    """Letters for Harbour Clinic, promised for Monday 14 December, 18:00."""
    return promised("Letters", due=DEC[14], even=DEC[10], sure=DEC[11], chance=0.94)


@pytest.fixture
def act(letters: Promise, northlight: House, login: LogIn) -> Any:
    """Do something with the letters as Maya; return the words of the page that follows."""

    def do(name: str, /, *, who: str = "maya", **said: Any) -> str:
        browser = login(getattr(northlight, who))
        path = f"/promises/{letters.pk}/{name}"
        assert browser.get(path).status_code == 200
        answer = browser.post(path, said, follow=True)
        assert answer.status_code == 200, _words(answer.content)
        return _words(answer.content)

    return do


def buttons(page: str) -> str:
    """The words between the sentence of a promise and its outlook."""
    return page.split("Stages and hours", maxsplit=1)[0]


def test_delivered_sent_back_and_accepted(letters: Promise, act: Any) -> None:
    said = act("deliver", note="Here they are.", where="In your inbox")
    assert "Delivered. The client’s word closes it." in said
    assert "Delivered by Maya; the client’s word is still to come. “Here they are.”" in said
    said = act("send-back", reason="The logo is old.")
    assert "Sent back by Harbour Clinic. “The logo is old.” Noted by Maya." in said
    act("deliver")
    said = act("notice", how="said")
    assert (
        "Maya told Harbour Clinic in person, Wed 2 Dec, 15:10: silence until Thu 10 Dec, 15:10 "
        "counts as acceptance." in said
    )
    assert "told in person Wed 2 Dec, 15:10" in said
    said = act("accept", standard="yes", word="Lovely.")
    assert "Kept." in said
    assert "Accepted by Harbour Clinic. “Lovely.” Noted by Maya." in said
    assert "Maya thanked Harbour Clinic." in act("thank")
    said = act("again", answer="otherwise", word="With more lead.")
    assert "Would we promise it again? Yes, but otherwise, says Maya. “With more lead.”" in said


def test_notice_is_given_by_letter_where_one_can_go_and_in_person_elsewhere(
    letters: Promise, act: Any, login: LogIn, northlight: House
) -> None:
    assert "Reads it by link nobody yet Name somebody" in act("deliver")
    maya, path = login(northlight.maya), f"/promises/{letters.pk}/notice"
    form = _words(maya.get(path).content)
    assert "no letter can go there." in form
    assert "By a letter" not in form
    early = maya.post(path, {"how": "said", "told_on": "2026-12-02", "told_time": "15:11"})
    assert (early.status_code, "That lies in the future." in _words(early.content)) == (422, True)
    unsaid = maya.post(path, {})
    assert unsaid.status_code == 422
    assert "Name somebody with an address as its reader, or tell them in" in _words(unsaid.content)
    assert maya.post(path, {"how": "link"}).status_code == 422

    said = act("reader", name="Ana Prates", email="ana@clinic.example")
    assert "Ana Prates reads it by link. The next letter brings the link." in said
    assert "Reads it by link Ana Prates Change" in said
    assert "Maya named Ana Prates, who reads it by link." in said
    assert "By a letter to Ana Prates, ana@clinic.example" in _words(maya.get(path).content)
    said = act("notice", how="link")
    assert "Maya told Ana Prates: silence until Thu 10 Dec, 15:10 counts as acceptance." in said
    assert "Give notice" not in buttons(said)
    Letter.objects.update(failed_at=letters.due_at)
    said = _words(maya.get(f"/promises/{letters.pk}").content)
    assert "The notice reached nobody, so silence does not count. Give it again." in said
    assert "Give notice" in buttons(said)
    act("accept")
    assert "Your letter goes to them." in act("thank", words="You were quick.")
    assert "You were quick." in Letter.objects.latest("pk").body
    assert "Maya noted that nobody there reads it by link." in act("reader", contact_id="")


def test_lines_are_ticked_one_by_one(letters: Promise, act: Any) -> None:
    for position, text in enumerate(("Two sides", "Gold edge"), start=1):
        line = Condition.objects.create(
            job=letters.job, position=position, text=text, required=position == 1
        )
        TermsLine.objects.create(
            terms=letters.terms.get(), position=position, condition=line, text=text,
            required=line.required,
        )  # fmt: skip
    two_sides, gold_edge = Condition.objects.filter(job=letters.job).order_by("position")
    said = act("deliver", **{f"line_{two_sides.pk}": "on"})
    assert "1 of 2 lines are met." in said
    said = act("accept", **{f"line_{gold_edge.pk}": "on"})
    assert "Short." in said
    assert "1 of 2 lines were taken." in said


def test_the_clock_stands_and_the_date_moves(
    northlight: House, letters: Promise, act: Any, now: datetime, monkeypatch: Any
) -> None:
    assert "Pause" not in buttons(act("reason", category="other"))
    owed = making.record_obligation(
        letters.job, what="photos", due_at=now - timedelta(hours=1), by=northlight.ben, now=now
    )
    said = act("pause", obligation_id=owed.pk, how="said")
    assert "The clock stands from now until it comes." in said
    assert "Paused by Maya. Owed since Wed 2 Dec: photos." in said
    assert "Promised Mon 14 Dec. The clock stands." in said
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))
    said = act("receive")
    assert "Moved to Wed 16 Dec, 18:00: the pause of two working days ended." in said
    assert "First terms Mon 14 Dec, 18:00 Lisbon with pauses Wed 16 Dec, 18:00" in said


def test_a_notice_says_when_the_clock_stands_and_is_taken_back(
    northlight: House, letters: Promise, act: Any, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    owed = making.record_obligation(
        letters.job, what="photos", due_at=now + timedelta(days=1), by=northlight.ben, now=now
    )
    said = act("pause", obligation_id=owed.pk, how="said")
    assert "The clock stands from Thu 3 Dec, 15:10, unless it comes before." in said
    assert "Maya told them that the clock stands from Thu 3 Dec, 15:10, unless it comes" in said
    assert "Take the notice back" in buttons(said)
    said = act("call-off")
    assert "The clock will not stand, says Maya." in said
    assert "told for Thu 3 Dec, 15:10 · it did not stand" in said
    act("pause", obligation_id=owed.pk, how="said")
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=2))
    pausing.begin_due(now=now + timedelta(days=2))
    said = act("receive")
    assert "The clock stands from Thu 3 Dec, 15:10, as they were told: photos." in said


def test_a_wish_of_the_client_is_answered(letters: Promise, act: Any) -> None:
    said = act("asked", on="2026-12-18", word="We open later.")
    assert "Harbour Clinic asks for other terms. “We open later.” Noted by Maya." in said
    assert "Say yes Say no" in buttons(said)
    option = Proposal.objects.get().options.get()
    said = act("agree", option=option.pk)
    assert "Agreed: Fri 18 Dec, 18:00. The first terms stay." in said
    assert "Moved to Fri 18 Dec, 18:00, as the client asked; Maya agreed." in said


def test_one_more_day_a_reason_and_an_end(letters: Promise, act: Any, login: LogIn,
                                          northlight: House) -> None:  # fmt: skip
    said = act("slip", on="2026-12-15", category="estimate")
    assert "What the client was promised stays Mon 14 Dec, 18:00." in said
    assert "Reason: Estimate too low, ours to change." in said
    assert login(northlight.maya).get(f"/promises/{letters.pk}/revoke").status_code == 403
    said = act("revoke", who="ben", word="The printer burnt down.", category="third_party")
    assert "Broken." in said
    assert "Revoked by Ben: we cannot. It counts as broken. “The printer burnt down.”" in said


def test_what_cannot_be_is_said_on_the_form_and_nothing_typed_is_lost(
    northlight: House, letters: Promise, login: LogIn, act: Any
) -> None:
    act("release", word="Never mind.")
    browser = login(northlight.maya)
    answer = browser.post(f"/promises/{letters.pk}/deliver", {"note": "Here it is."})
    assert answer.status_code == 409
    said = _words(answer.content)
    assert "This promise is released, so you cannot deliver it. What you can do: void it." in said
    assert "Here it is." in answer.content.decode()


def test_dates_before_the_one_so_far_are_named_at_their_field(
    northlight: House, letters: Promise, login: LogIn
) -> None:
    answer = login(northlight.maya).post(f"/promises/{letters.pk}/slip", {"on": "2026-12-03"})
    assert answer.status_code == 422
    assert "A slip names a later one." in _words(answer.content)


def test_the_page_asks_the_database_no_more_often_with_a_long_life(
    northlight: House, letters: Promise, login: LogIn, now: datetime
) -> None:
    ana = Contact.objects.create(client=letters.client, name="Ana")
    browser, path = login(northlight.maya), f"/promises/{letters.pk}"

    def lived(times: int) -> int:
        moment = now - timedelta(days=1)
        for number in range(times):
            owed = making.record_obligation(
                letters.job, what="photos", due_at=moment, by=northlight.ben, now=moment
            )
            pausing.pause(
                letters, obligation=owed, in_person=InPerson(), by=northlight.ben, now=moment
            )
            pausing.receive(owed, by=northlight.ben, now=moment)
            letters.refresh_from_db()
            until = letters.internal_due_at + timedelta(days=1)
            slips.say(letters, until=until, by=northlight.ben, now=moment)
            way = Way(letters.due_at + timedelta(days=number + 1))
            drafted = proposing.draft(letters, options=[way], by=northlight.ben, now=moment)
            proposing.tell(drafted, how=Proposal.How.SAID, by=northlight.ben, now=moment)
            proposing.refuse(drafted, contact=ana, now=moment)
            delivery = delivering.deliver(letters, by=northlight.ben, now=moment)
            delivering.send_back(delivery, contact=ana, now=moment, reason="no")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(path).status_code == 200
        return len(asked)

    browser.get(path)
    assert lived(1) == lived(3)

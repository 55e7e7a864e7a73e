"""No clock of the client's begins with a letter that nobody gets."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.promises.conftest import DUE, GIVEN, TOLD, Give, at
from tests.promises.test_pausing import texts

from kept.clients import keeping
from kept.clients.models import Contact
from kept.ledger.models import Event
from kept.outbox.models import Letter
from kept.promises import (
    delivering,
    judging,
    pausing,
    proposing,
    readers,
    recording,
    states,
    unheard,
)
from kept.promises.models import Delivery, Pause, Promise, Proposal, ToldHow
from kept.promises.proposing import Way
from kept.promises.telling import InPerson, NobodyToWriteTo
from kept.quotes import replying
from kept.tenancy import refusals

NEXT = (
    " Name somebody with an address as its reader, or tell them in person and say when. "
    "Nothing was changed."
)


@pytest.fixture
def hers(promise: Promise, ana: Contact, northlight: cast.House) -> Promise:
    """The audio guide, which Ana Prates reads."""
    return readers.name(promise, ana, by=northlight.maya, now=at(1))


@pytest.fixture
def waiting(promise: Promise, northlight: cast.House) -> Delivery:
    """The audio guide, delivered on Wednesday 2 December; nobody is named who reads it."""
    return delivering.deliver(promise, by=northlight.maya, now=at(2))


def sent(moment: datetime) -> None:
    """All letters leave at a moment."""
    Letter.objects.filter(sent_at__isnull=True).update(sent_at=moment)


def test_where_nobody_is_named_notice_by_letter_is_refused_with_what_to_do(
    northlight: cast.House, waiting: Delivery, ana: Contact
) -> None:
    def told(contact: Contact | None) -> str:
        Promise.objects.filter(pk=waiting.promise_id).update(contact=contact)
        with pytest.raises(NobodyToWriteTo) as refused:
            delivering.notice(waiting, by=northlight.maya, now=at(3))
        waiting.refresh_from_db()
        assert (waiting.noticed_at, waiting.deemed_from, refused.value.field) == (None, None, "how")
        return refused.value.sentence.removesuffix(NEXT)

    assert told(None) == (
        "Nobody at Harbour Clinic is named who reads this promise, so no letter can go there."
    )
    silent = Contact.objects.create(client=ana.client, name="Rui Dias")
    assert told(silent) == "Rui Dias has no e-mail address, so no letter can go there."
    ana.archived_at = at(2)
    ana.save()
    assert told(ana) == "Ana Prates is archived, so no letter can go there."
    assert delivering.deem_due(now=at(31)) == []
    assert Letter.objects.count() == 0


def test_told_in_person_silence_counts_from_that_moment_and_says_so(
    northlight: cast.House, waiting: Delivery, ana: Contact
) -> None:
    said = InPerson(at=at(3, 11), contact=ana)

    noticed = delivering.notice(waiting, in_person=said, by=northlight.maya, now=at(3, 16))

    assert (noticed.noticed_at, noticed.noticed_how, noticed.noticed_contact) == (
        at(3, 11), ToldHow.SAID, ana,
    )  # fmt: skip
    assert noticed.deemed_from == at(11, 11)
    event = Event.objects.get(kind=Event.Kind.DELIVERY_NOTICED)
    assert (event.by, event.facts) == (
        northlight.maya,
        {
            "deemed_from": "2026-12-11T11:00:00.000000+00:00", "how": "said",
            "told_at": "2026-12-03T11:00:00.000000+00:00", "contact": ana.pk,
        },
    )  # fmt: skip
    assert Letter.objects.count() == 0
    assert delivering.deem_due(now=at(11, 10, 59)) == []
    assert len(delivering.deem_due(now=at(11, 11))) == 1
    noticed.refresh_from_db()
    assert (noticed.state, noticed.noticed_how) == (Delivery.State.DEEMED, ToldHow.SAID)


def test_a_spoken_word_is_neither_ahead_nor_before_the_delivery_nor_long_ago(
    northlight: cast.House, waiting: Delivery
) -> None:
    def told(when: datetime, *, now: datetime) -> str:
        with pytest.raises(refusals.Refused) as refused:
            delivering.notice(waiting, in_person=InPerson(at=when), by=northlight.maya, now=now)
        assert refused.value.field == "told_at"
        return refused.value.sentence

    assert told(at(2, 10), now=at(2, 9, 59)).startswith("That lies in the future.")
    assert told(at(2, 8, 59), now=at(2, 10)) == (
        "That was before there was anything to tell. Say when they were told."
    )
    assert told(at(3), now=at(4, 9, 1)).startswith("A spoken word is written down within a day")
    waiting.refresh_from_db()
    assert waiting.noticed_at is None


def test_whom_they_told_is_somebody_there(northlight: cast.House, waiting: Delivery) -> None:
    elsewhere = Contact.objects.create(client=northlight.clients["Pete's Bakery"], name="Pete")
    with pytest.raises(refusals.Refused) as refused:
        delivering.notice(
            waiting, in_person=InPerson(contact=elsewhere), by=northlight.maya, now=at(3)
        )
    assert (refused.value.field, refused.value.sentence) == (
        "contact_id", "Pete is not somebody at Harbour Clinic. Nothing was changed.",
    )  # fmt: skip


def test_a_letter_tells_them_only_when_it_has_left(northlight: cast.House, hers: Promise) -> None:
    delivery = delivering.deliver(hers, by=northlight.maya, now=at(2))
    noticed = delivering.notice(delivery, by=northlight.maya, now=at(3, 11))
    assert (noticed.noticed_how, noticed.noticed_contact) == (ToldHow.LINK, hers.contact)
    assert delivering.deem_due(now=at(31)) == []  # the mail server is down

    sent(at(3, 11, 2))
    assert delivering.silent_until(noticed) == at(11, 11)
    assert delivering.deem_due(now=at(11, 10, 59)) == []
    assert [one.pk for one in delivering.deem_due(now=at(11, 11))] == [hers.pk]


def test_a_letter_that_left_late_gives_them_all_five_days(
    northlight: cast.House, hers: Promise
) -> None:
    delivery = delivering.deliver(hers, by=northlight.maya, now=at(2))
    delivering.notice(delivery, by=northlight.maya, now=at(3, 11))
    sent(at(4, 15))
    assert delivering.deem_due(now=at(14, 14, 59)) == []  # the 8th is a holiday
    assert len(delivering.deem_due(now=at(14, 15))) == 1


def test_a_notice_that_came_back_is_none_and_is_given_again(
    northlight: cast.House, hers: Promise
) -> None:
    delivery = delivering.deliver(hers, by=northlight.maya, now=at(2))
    noticed = delivering.notice(delivery, by=northlight.maya, now=at(3, 11))
    with pytest.raises(delivering.NoticedAlready):
        delivering.notice(delivery, by=northlight.maya, now=at(3, 12))
    Letter.objects.update(failed_at=at(3, 12))
    assert delivering.unheard(noticed)
    assert delivering.deem_due(now=at(31)) == []

    again = delivering.notice(delivery, in_person=TOLD, by=northlight.maya, now=at(4, 9))

    assert (again.noticed_how, again.deemed_from) == (ToldHow.SAID, at(14, 9))
    assert not delivering.unheard(again)
    assert len(delivering.deem_due(now=at(14, 9))) == 1


def test_what_was_noticed_before_kept_asked_how_counts_only_with_a_letter(
    northlight: cast.House, waiting: Delivery
) -> None:
    Delivery.objects.filter(pk=waiting.pk).update(noticed_at=at(3), deemed_from=at(11))
    assert delivering.deem_due(now=at(31)) == []
    waiting.refresh_from_db()
    noticed = delivering.notice(waiting, in_person=TOLD, by=northlight.maya, now=at(14))
    assert noticed.deemed_from == at(21)


def test_no_clock_stands_by_a_letter_that_cannot_go(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(16, 18, month=11))
    with pytest.raises(NobodyToWriteTo) as refused:
        pausing.pause(promise, obligation=owed, by=northlight.maya, now=at(17, month=11))
    assert refused.value.sentence.endswith(NEXT)
    assert (Pause.objects.count(), Promise.objects.get().state) == (0, "active")

    said = InPerson(at=at(17, 9, month=11))
    row = pausing.pause(
        promise, obligation=owed, in_person=said, by=northlight.maya, now=at(17, 15, month=11)
    )

    # It stands from when that was written down: never backdated.
    assert (row.notice_at, row.started_at, row.notice_how) == (
        at(17, 9, month=11), at(17, 15, month=11), ToldHow.SAID,
    )  # fmt: skip
    paused = Event.objects.get(kind=Event.Kind.PROMISE_PAUSED)
    assert (paused.facts["how"], paused.facts["told_at"]) == (
        "said", "2026-11-17T09:00:00.000000+00:00",
    )  # fmt: skip


def test_a_pause_of_which_the_letter_came_back_never_stood(
    northlight: cast.House, hers: Promise
) -> None:
    owed = texts(hers, northlight, at(16, 18, month=11))
    pausing.pause(hers, obligation=owed, by=northlight.maya, now=at(17, month=11))
    assert unheard.call_off_pauses(now=at(17, 10, month=11)) == 0
    Letter.objects.update(failed_at=at(17, 10, month=11))

    assert unheard.call_off_pauses(now=at(18, month=11)) == 1

    row, promise = Pause.objects.get(), Promise.objects.get()
    assert (row.never_began, row.working_minutes) == (True, 0)
    assert (promise.state, promise.due_at) == ("active", DUE)
    event = Event.objects.latest("number")
    assert (event.kind, event.by, event.facts) == (
        Event.Kind.PAUSE_CALLED_OFF, None, {"pause": row.pk, "unheard": True},
    )  # fmt: skip
    assert unheard.call_off_pauses(now=at(19, month=11)) == 0
    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(19, month=11)
    )


def test_a_proposal_of_which_the_letter_came_back_told_and_warned_nobody(
    northlight: cast.House, hers: Promise
) -> None:
    def told() -> Proposal:
        drafted = proposing.draft(
            hers, options=[Way(at(17, 17))], subject="Later", body="It will be the 17th.",
            by=northlight.maya, now=at(2),
        )  # fmt: skip
        return proposing.tell(drafted, how=ToldHow.LINK, by=northlight.maya, now=at(2, 10))

    proposal = told()
    assert unheard.withdraw_proposals(now=at(2, 11)) == 0
    Letter.objects.update(failed_at=at(2, 11))

    assert unheard.withdraw_proposals(now=at(2, 12)) == 1

    proposal.refresh_from_db()
    assert (proposal.state, proposal.told_at, proposal.told_how) == ("withdrawn", None, "")
    event = Event.objects.latest("number")
    assert (event.kind, event.by, event.facts["unheard"]) == (
        Event.Kind.PROPOSAL_WITHDRAWN, None, True,
    )  # fmt: skip
    late = judging.by_last_terms(judging.life_of(hers), now=at(14))
    assert (late.overdue, late.warned) == (True, False)

    heard = told()
    Letter.objects.filter(failed_at__isnull=True).update(sent_at=at(2, 10, 1))
    assert unheard.withdraw_proposals(now=at(2, 12)) == 0
    heard.refresh_from_db()
    assert heard.state == "told"
    assert judging.by_last_terms(judging.life_of(hers), now=at(14)).warned is True


def test_thanks_in_words_need_somebody_who_reads_them(
    northlight: cast.House, waiting: Delivery
) -> None:
    delivering.accept(waiting, by=northlight.maya, now=at(3))
    with pytest.raises(NobodyToWriteTo):
        delivering.thank(waiting, by=northlight.maya, now=at(4), words="You were quick.")
    assert delivering.thank(waiting, by=northlight.maya, now=at(4)).thanked_at == at(4)


def test_an_answer_is_promised_by_a_letter_that_can_go_or_in_person(
    northlight: cast.House, ana: Contact
) -> None:
    def give(contact: Contact | None, **more: bool) -> None:
        replying.give(
            client=ana.client, contact=contact, what="A new site", due_at=at(4), by=northlight.ben,
            now=at(2), **more,
        )  # fmt: skip

    keeping.change_contact(ana, archived=True, by=northlight.ben, now=at(1))
    ana.refresh_from_db()
    with pytest.raises(refusals.Refused) as refused:
        give(ana)
    assert refused.value.sentence == (
        "Ana Prates is archived, so no letter can go there. Bring the contact back first."
    )
    rui = Contact.objects.create(client=ana.client, name="Rui Dias")
    with pytest.raises(refusals.Refused) as refused:
        give(rui)
    assert refused.value.sentence.startswith("Rui Dias has no e-mail address")
    assert Event.objects.filter(kind=Event.Kind.HOLDING_REPLY_GIVEN).count() == 0
    give(None)
    give(rui, send=False)
    keeping.change_contact(ana, archived=False, by=northlight.ben, now=at(1))
    ana.refresh_from_db()
    give(ana)
    given = Event.objects.filter(kind=Event.Kind.HOLDING_REPLY_GIVEN).order_by("number")
    assert [event.facts["how"] for event in given] == ["said", "said", "link"]


# ----- who reads it -----------------------------------------------------------------------------


def test_a_promise_in_one_line_names_who_reads_it_at_once_or_later(
    northlight: cast.House, ana: Contact
) -> None:
    def loose(contact: Contact | None) -> Promise:
        return recording.loose(
            what="Menu cards", client=ana.client, due_at=DUE, day_only=True, contact=contact,
            by=northlight.maya, now=GIVEN,
        )  # fmt: skip

    assert loose(ana).contact == ana
    later = loose(None)
    named = readers.name(later, ana, by=northlight.maya, now=at(1))
    event = Event.objects.latest("number")
    assert (named.contact, event.kind, event.facts) == (
        ana, Event.Kind.PROMISE_CHANGED, {"contact": ana.pk},
    )  # fmt: skip
    readers.name(later, ana, by=northlight.maya, now=at(2))
    assert Event.objects.latest("number") == event  # nothing changed, so nothing is written
    assert readers.name(later, None, by=northlight.maya, now=at(2)).contact is None
    elsewhere = Contact.objects.create(client=northlight.clients["Pete's Bakery"], name="Pete")
    with pytest.raises(refusals.Refused) as refused:
        loose(elsewhere)
    assert refused.value.field == "contact_id"
    with pytest.raises(refusals.NotAllowed):
        readers.name(later, ana, by=northlight.gus, now=at(2))


def test_nobody_is_named_who_is_archived_nor_for_what_was_voided(
    northlight: cast.House, give: Give, ana: Contact
) -> None:
    promise = give()
    Contact.objects.filter(pk=ana.pk).update(archived_at=at(1))
    ana.refresh_from_db()
    with pytest.raises(refusals.Refused) as refused:
        readers.name(promise, ana, by=northlight.maya, now=at(2))
    assert refused.value.sentence == (
        "Ana Prates is archived. Bring the contact back first, or name somebody else."
    )
    recording.void(promise=promise, reason="twice", by=northlight.ada, now=at(2))
    with pytest.raises(states.MoveNotAllowed):
        readers.name(promise, None, by=northlight.maya, now=at(2))


def test_somebody_is_found_by_address_or_name_and_added_with_both(
    northlight: cast.House, ana: Contact
) -> None:
    def who(said: str) -> Contact:
        return keeping.find_or_add_contact(ana.client, said, by=northlight.ben, now=at(1))

    for said in ("ana@clinic.example", " ANA@clinic.example ", "ana prates", "Ana",
                 "A. Prates <ana@clinic.example>"):  # fmt: skip
        assert who(said) == ana
    rui = who("Rui Dias <rui@clinic.example>")
    assert (rui.name, rui.email, rui.client) == ("Rui Dias", "rui@clinic.example", ana.client)
    Contact.objects.create(client=ana.client, name="Ana Maria")
    for said, expected in (
        ("Ana", "Several people at Harbour Clinic fit “Ana”. Say the address."),
        ("Zoe", "Nobody at Harbour Clinic fits “Zoe”. Say name and address of somebody new"),
        ("zoe@clinic.example", "Nobody at Harbour Clinic fits “zoe@clinic.example”."),
        ("Zoe <nowhere>", "“nowhere” is not an e-mail address."),
    ):
        with pytest.raises(refusals.Refused) as refused:
            who(said)
        assert refused.value.sentence.startswith(expected)
        assert refused.value.field == "contact"
    keeping.change_contact(rui, archived=True, by=northlight.ben, now=at(1))
    with pytest.raises(refusals.Refused):
        who("Rui Dias")


def test_a_reader_who_is_gone_does_not_lose_what_they_were_told(
    northlight: cast.House, hers: Promise
) -> None:
    delivery = delivering.deliver(hers, by=northlight.maya, now=at(2))
    delivering.notice(delivery, by=northlight.maya, now=at(3, 11))
    sent(at(3, 11) + timedelta(minutes=1))
    readers.name(hers, None, by=northlight.maya, now=at(4))
    assert len(delivering.deem_due(now=at(11, 11))) == 1

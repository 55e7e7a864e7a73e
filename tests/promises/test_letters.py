"""The client hears of it by letter: in their zone, with their link, without the house's inside."""

import pytest
from tests import cast
from tests.promises.conftest import TOLD, Give, at
from tests.promises.test_pausing import texts

from kept.clients.models import Contact
from kept.outbox.models import Letter
from kept.promises import delivering, pausing, proposing
from kept.promises.models import Promise, Proposal
from kept.promises.proposing import Way
from kept.tenancy import refusals


@pytest.fixture
def hers(promise: Promise, ana: Contact) -> Promise:
    """The audio guide, of which Ana Prates hears."""
    Promise.objects.filter(pk=promise.pk).update(contact=ana)
    return Promise.objects.get(pk=promise.pk)


def last() -> Letter:
    return Letter.objects.latest("pk")


def test_a_delivery_its_notice_and_thanks_are_told(
    northlight: cast.House, hers: Promise, ana: Contact
) -> None:
    delivery = delivering.deliver(
        hers, by=northlight.maya, now=at(2), note="Both languages.", where="example.org/guide"
    )
    letter = last()
    assert (letter.to_address, letter.subject, letter.promise_id) == (
        "ana@clinic.example", "Audio guide is done", hers.pk,
    )  # fmt: skip
    assert letter.body.startswith(
        "Dear Ana Prates,\n\nAudio guide is done.\n\nBoth languages.\n\n"
        "You find it here: example.org/guide\n\n"
        "Please say here whether you take it, or what is missing:\n{link}\n\nMaya, Northlight"
    )
    assert letter.body.endswith("{head}")
    delivery = delivering.notice(delivery, by=northlight.maya, now=at(3, 11))
    assert "If you say nothing until Friday 11 December, 11:00, that counts as your yes." in (
        last().body
    )
    delivering.accept(delivery, contact=ana, now=at(4))
    delivering.thank(delivery, by=northlight.maya, now=at(4), words="You were quick.")
    assert "\n\nYou were quick.\n\n" in last().body
    assert Letter.objects.count() == 3


def test_a_pause_tells_what_is_owed_and_what_it_means(
    northlight: cast.House, hers: Promise
) -> None:
    owed = texts(hers, northlight, at(16, 18, month=11))
    pausing.pause(hers, obligation=owed, by=northlight.maya, now=at(17, month=11))
    assert last().subject == "Audio guide: the clock stands"
    assert (
        "We wait for this, which was due on Monday 16 November, 18:00: German texts." in last().body
    )


def test_whoever_was_told_of_a_pause_ahead_hears_that_it_is_off(
    northlight: cast.House, hers: Promise, give: Give
) -> None:
    owed = texts(hers, northlight, at(16, 18, month=11))
    pausing.pause(hers, obligation=owed, by=northlight.maya, now=at(12, month=11))
    pausing.receive(owed, by=northlight.ben, now=at(13, month=11))
    assert last().subject == "Audio guide: the clock runs"
    assert last().body.startswith(
        "Dear Ana Prates,\n\nGerman texts came, thank you.\n\nThe clock of Audio guide runs on, "
        "and what we promised stands: Friday 11 December, 17:00.\n\n"
        "You see how it stands here:\n{link}\n\nBen, Northlight"
    )

    owed = texts(hers, northlight, at(18, 18, month=11))
    pausing.pause(hers, obligation=owed, by=northlight.maya, now=at(16, month=11))
    pausing.call_off(hers, by=northlight.maya, now=at(17, month=11))
    assert "\n\nwe wait no longer for this: German texts.\n\n" in last().body
    assert Letter.objects.count() == 4

    # Nobody was written to, so nobody wonders.
    by_word = give()
    owed = texts(by_word, northlight, at(16, 18, month=11))
    pausing.pause(
        by_word, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(12, month=11)
    )
    pausing.receive(owed, by=northlight.maya, now=at(13, month=11))
    assert Letter.objects.count() == 4


def test_after_a_pause_the_client_hears_the_date_that_holds_now(
    northlight: cast.House, hers: Promise
) -> None:
    owed = texts(hers, northlight, at(16, 18, month=11))
    pausing.pause(hers, obligation=owed, by=northlight.maya, now=at(17, 9, month=11))
    pausing.receive(owed, by=northlight.maya, now=at(19, 9, month=11))
    assert (
        "German texts came, thank you.\n\nThe clock of Audio guide runs again. What we promised is "
        "due Tuesday 15 December, 17:00: moved by the working time that it stood." in last().body
    )


def test_whoever_sent_it_by_link_in_time_needs_no_letter(
    northlight: cast.House, hers: Promise, ana: Contact
) -> None:
    owed = texts(hers, northlight, at(16, 18, month=11))
    pausing.pause(hers, obligation=owed, by=northlight.maya, now=at(12, month=11))
    pausing.receive(owed, contact=ana, now=at(13, month=11))
    assert Letter.objects.count() == 1


def test_a_proposal_sent_by_link_is_the_letter_that_was_written(
    northlight: cast.House, hers: Promise
) -> None:
    drafted = proposing.draft(
        hers, options=[Way(at(17, 17))], by=northlight.maya, now=at(2),
        subject="Thursday 17 December", body="Dear Ana,\n\nit will be the 17th.",
    )  # fmt: skip
    assert Letter.objects.count() == 0
    proposing.tell(drafted, how=Proposal.How.LINK, by=northlight.maya, now=at(2))
    assert last().subject == "Thursday 17 December"
    assert last().body.startswith("Dear Ana,\n\nit will be the 17th.\n\n{link}")


def test_without_a_letter_or_a_reader_nothing_is_told_by_link(
    northlight: cast.House, hers: Promise, give: Give
) -> None:
    for promise, field in ((hers, "body"), (give(), "contact_id")):
        drafted = proposing.draft(promise, options=[Way(at(17, 17))], by=northlight.maya, now=at(2))
        with pytest.raises(refusals.Refused) as refused:
            proposing.tell(drafted, how=Proposal.How.LINK, by=northlight.maya, now=at(2))
        assert refused.value.field == field
        drafted.refresh_from_db()
        assert (drafted.state, drafted.told_at) == ("draft", None)
    assert Letter.objects.count() == 0


def test_where_nobody_can_be_written_to_the_act_stands_all_the_same(
    northlight: cast.House, promise: Promise
) -> None:
    delivering.deliver(promise, by=northlight.maya, now=at(2))
    assert Letter.objects.count() == 0

"""Other terms: told with fair notice and agreed they move; else they do not. Rule 2."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests import cast
from tests.promises.conftest import DUE, TOLD, Give, at
from tests.promises.test_delivering import keys, outcome
from tests.promises.test_pausing import texts

from kept.clients.models import Contact
from kept.jobs.models import Stage
from kept.ledger.models import Event
from kept.promises import delivering, judging, pausing, proposing, states
from kept.promises.models import Promise, Proposal, Terms
from kept.promises.outcomes import Outcome
from kept.promises.proposing import Way
from kept.tenancy import refusals

SAID, LINK = Proposal.How.SAID, Proposal.How.LINK
NEW = at(17, 17)
#: 25 working days of lead, a fifth of them is five: Thu 10, Wed 9, Mon 7, Fri 4, Thu 3.
TELL_BY = at(3, 17)


def told(
    promise: Promise, house: cast.House, when: datetime, due_at: datetime = NEW, **way: Any
) -> Proposal:
    proposal = proposing.draft(
        promise, options=[Way(due_at, chance=0.9, **way)], by=house.maya, now=when, chance=0.41
    )
    return proposing.tell(proposal, how=SAID, by=house.maya, now=when)


def agree(proposal: Proposal, contact: Contact, now: datetime) -> Proposal:
    return proposing.agree(proposal, option=proposal.options.get(), contact=contact, now=now)


def test_fair_notice_of_the_audio_guide_ends_on_thursday_the_third(promise: Promise) -> None:
    assert proposing.tell_by(promise) == TELL_BY


def test_told_in_time_and_agreed_the_terms_have_moved(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    proposal = told(promise, northlight, TELL_BY)
    promise.refresh_from_db()
    assert (proposal.state, proposal.told_at, proposal.agreed_at) == ("told", TELL_BY, None)
    assert (proposal.due_before, proposal.tell_by_at, promise.due_at) == (DUE, TELL_BY, DUE)

    agree(proposal, ana, at(7))

    promise.refresh_from_db()
    assert (promise.due_at, promise.day_only) == (NEW, False)
    first, last = promise.terms.order_by("number")
    assert (first.due_at, first.kind) == (DUE, Terms.Kind.FIRST)
    assert (last.number, last.due_at, last.kind) == (2, NEW, Terms.Kind.RENEGOTIATED)
    assert (last.agreed_at, last.agreed_by_contact, last.chance_when_given) == (at(7), ana, 0.9)
    assert [line.text for line in last.lines.all()] == [
        "24 stops play", "Works offline", "Hand-out for staff",
    ]  # fmt: skip
    event = Event.objects.latest("number")
    assert (event.kind, event.chance_then, event.facts["moved"]) == (
        Event.Kind.PROPOSAL_AGREED, 0.9, True,
    )  # fmt: skip

    delivering.deliver(promise, by=northlight.maya, now=at(16))
    life = judging.life_of(Promise.objects.get(pk=promise.pk))
    assert judging.by_last_terms(life, now=at(16)).word == "kept"
    by_first = judging.by_first_terms(life, now=at(16))
    assert by_first == Outcome(late=True, warned=True, provisional=True, share_delivered=1.0)


def test_told_in_time_and_not_agreed_it_is_late_warned(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    proposal = told(promise, northlight, at(3))
    proposing.refuse(proposal, contact=ana, now=at(4), word="We open on the 12th.")
    delivering.deliver(promise, by=northlight.maya, now=NEW)
    assert outcome(promise, NEW) == Outcome(
        late=True, warned=True, provisional=True, share_delivered=1.0
    )
    proposal.refresh_from_db()
    assert (proposal.state, proposal.word) == ("refused", "We open on the 12th.")


def test_told_before_due_without_fair_notice_it_is_warned_and_does_not_move(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    proposal = told(promise, northlight, TELL_BY + timedelta(minutes=1))
    agree(proposal, ana, at(4))
    promise.refresh_from_db()
    assert (promise.due_at, promise.terms.count()) == (DUE, 1)
    delivering.deliver(promise, by=northlight.maya, now=NEW)
    assert outcome(promise, NEW).warned


def test_told_after_it_was_due_the_later_date_is_an_announcement(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    agree(told(promise, northlight, at(14)), ana, at(14, 12))
    promise.refresh_from_db()
    assert (promise.due_at, promise.terms.count()) == (DUE, 1)
    delivering.deliver(promise, by=northlight.maya, now=at(16))
    assert outcome(promise, at(16)) == Outcome(late=True, provisional=True, share_delivered=1.0)


def test_what_the_client_asked_for_is_an_agreed_baseline_beside_the_first(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    proposal = proposing.ask(
        promise, contact=ana, wanted_at=at(21, 17), now=at(10), word="We open later."
    )
    assert (proposal.by_side, proposal.state, proposal.told_at) == ("client", "told", at(10))
    with pytest.raises(proposing.NotTheirs):
        agree(proposal, ana, at(10))
    proposing.agree(proposal, option=proposal.options.get(), by=northlight.maya, now=at(10, 12))
    promise.refresh_from_db()
    proposal.refresh_from_db()
    assert promise.due_at == at(21, 17)
    assert promise.terms.latest("number").kind == Terms.Kind.CLIENT_ASKED
    assert proposal.word == "We open later."


def test_an_option_leaves_lines_for_later_and_the_rest_is_promised_apart(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    recording, finishing = promise.job.stages.order_by("position")
    Stage.objects.filter(pk=recording.pk).update(optional=True)
    stops, offline, hand_out = keys(promise)
    proposal = told(
        promise, northlight, at(2), DUE, later=[offline], rest_due_at=NEW, words="All but offline"
    )

    agree(proposal, ana, at(3))

    promise.refresh_from_db()
    assert promise.due_at == DUE
    lines = promise.terms.latest("number").lines.all()
    assert [line.condition_id for line in lines] == [stops, hand_out]
    rest = Promise.objects.exclude(pk=promise.pk).get()
    assert (rest.job.title, rest.due_at, rest.client) == (
        "Audio guide, the rest", NEW, promise.client,
    )  # fmt: skip
    assert [line.text for line in rest.terms.get().lines.all()] == ["Works offline"]
    assert list(rest.job.stages.all()) == [recording]
    finishing.refresh_from_db()
    assert list(promise.job.stages.all()) == [finishing]
    assert finishing.state == Stage.State.READY  # it waits for the recording no more

    delivering.deliver(promise, by=northlight.maya, now=at(11))
    life = judging.life_of(promise)
    assert judging.by_last_terms(life, now=at(11)).kept
    assert judging.by_first_terms(life, now=at(11)).short


def test_telling_is_neither_in_the_future_nor_backdated(
    northlight: cast.House, promise: Promise
) -> None:
    proposal = proposing.draft(promise, options=[Way(NEW)], by=northlight.maya, now=at(4))

    def refused(how: Proposal.How, told_at: datetime) -> str:
        with pytest.raises(refusals.Refused) as error:
            proposing.tell(proposal, how=how, by=northlight.maya, now=at(4), told_at=told_at)
        assert error.value.field == "told_at"
        return error.value.sentence

    assert "in the future" in refused(SAID, at(4, 9, 1))
    assert "within a day" in refused(SAID, at(3, 8, 59))
    assert "leave the moment out" in refused(LINK, at(4, 8))
    proposal.refresh_from_db()
    assert (proposal.state, proposal.told_at) == ("draft", None)
    said = proposing.tell(proposal, how=SAID, by=northlight.maya, now=at(4), told_at=at(3, 16))
    assert said.told_at == at(3, 16)


def test_only_one_proposal_waits_for_an_answer(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    first = told(promise, northlight, at(2))
    second = proposing.draft(promise, options=[Way(at(18))], by=northlight.maya, now=at(2))
    with pytest.raises(proposing.OneWaits):
        proposing.tell(second, how=SAID, by=northlight.maya, now=at(2))
    with pytest.raises(proposing.OneWaits):
        proposing.ask(promise, contact=ana, wanted_at=at(18), now=at(2))
    proposing.withdraw(first, by=northlight.maya, now=at(2))
    assert proposing.tell(second, how=SAID, by=northlight.maya, now=at(3)).state == "told"


def test_nothing_is_agreed_twice_nor_after_it_was_withdrawn(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    proposal = told(promise, northlight, at(2))
    proposing.withdraw(proposal, by=northlight.maya, now=at(2))
    with pytest.raises(states.MoveNotAllowed) as refused:
        agree(proposal, ana, at(3))
    assert refused.value.sentence == (
        "This proposal is withdrawn, so you cannot agree to it. It is closed. Nothing was changed."
    )
    assert promise.terms.count() == 1


@pytest.mark.parametrize(
    "way",
    [
        Way(at(2)),
        Way(DUE),
        Way(NEW, rest_due_at=at(20)),
        Way(NEW, later=[10**9]),
    ],
    ids=["gone by", "as promised", "a rest of nothing", "another line"],
)
def test_an_option_that_cannot_be_is_refused(
    northlight: cast.House, promise: Promise, way: Way
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        proposing.draft(promise, options=[way], by=northlight.maya, now=at(3))
    assert refused.value.field == "options"
    assert Proposal.objects.count() == 0


def test_terms_of_what_is_delivered_stay(northlight: cast.House, promise: Promise) -> None:
    delivering.deliver(promise, by=northlight.maya, now=at(3))
    with pytest.raises(states.MoveNotAllowed) as refused:
        proposing.draft(promise, options=[Way(NEW)], by=northlight.maya, now=at(3))
    assert refused.value.sentence.startswith("This promise is delivered, so its terms stay.")


def test_only_pauses_after_they_were_agreed_move_new_terms(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    owed = texts(promise, northlight, at(16, month=11))
    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(17, 9, month=11)
    )
    proposal = told(promise, northlight, at(18, month=11))
    agree(proposal, ana, at(18, 10, month=11))
    pausing.receive(owed, by=northlight.maya, now=at(19, 9, month=11))
    promise.refresh_from_db()
    assert promise.due_at == NEW
    life = judging.life_of(promise)
    dues = [life.due_of(one, house=northlight.organisation, now=at(2)) for one in life.terms]
    assert dues == [at(15, 17), NEW]


@pytest.mark.parametrize("given_at", [at(10, 9), at(9, 15)])
def test_a_short_lead_asks_for_no_more_than_half_of_it(give: Give, given_at: datetime) -> None:
    promise = give(given_at=given_at, due_at=at(10, 17))
    assert proposing.tell_by(promise) >= at(10, 17) - (at(10, 17) - given_at) / 2

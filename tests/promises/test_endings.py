"""Released, revoked, looked back on; reasons; the chain of “one more day”."""

from collections import Counter

import pytest
from tests import cast
from tests.promises.conftest import DUE, TOLD, Give, at
from tests.promises.test_delivering import outcome
from tests.promises.test_pausing import texts

from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Job, Stage
from kept.ledger.models import Event
from kept.promises import (
    delivering,
    ending,
    pausing,
    proposing,
    reasons,
    recording,
    slips,
    states,
)
from kept.promises.models import Promise, Proposal, Reason
from kept.promises.outcomes import Outcome
from kept.promises.proposing import Way
from kept.tenancy import refusals

Category, Controllable = Reason.Category, Reason.Controllable


def test_released_by_the_client_it_counts_apart(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    gone = ending.release(promise, contact=ana, now=at(9), word="We closed the exhibition.")
    assert (gone.state, gone.ended_at, gone.ended_word) == (
        "released", at(9), "We closed the exhibition.",
    )  # fmt: skip
    assert gone.job.state == Job.State.CLOSED
    assert outcome(promise, at(30)) == Outcome(released=True)
    with pytest.raises(states.MoveNotAllowed) as refused:
        delivering.deliver(promise, by=northlight.maya, now=at(10))
    assert refused.value.sentence == (
        "This promise is released, so you cannot deliver it. What you can do: void it. "
        "Nothing was changed."
    )


def test_revoked_by_a_lead_it_is_broken(northlight: cast.House, promise: Promise) -> None:
    with pytest.raises(refusals.NotAllowed):
        ending.revoke(promise, by=northlight.maya, now=at(9), word="We cannot.")
    with pytest.raises(refusals.Refused) as refused:
        ending.revoke(promise, by=northlight.ben, now=at(9), word=" ")
    assert refused.value.field == "word"
    why = reasons.give(promise, category=Category.CAPACITY, by=northlight.ben, now=at(9))
    ending.revoke(promise, by=northlight.ben, now=at(9), word="We cannot.", reason=why)
    assert outcome(promise, at(9)) == Outcome(broken=True)
    assert Event.objects.latest("number").facts["reason"] == why.pk


def test_an_ending_ends_the_pause_and_withdraws_what_was_proposed(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(16, month=11))
    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(17, month=11)
    )
    proposing.draft(promise, options=[Way(at(17))], by=northlight.maya, now=at(18, month=11))
    ending.release(promise, by=northlight.maya, now=at(19, month=11), word="Never mind.")
    assert promise.pauses.get().ended_at == at(19, month=11)
    assert promise.proposals.get().state == Proposal.State.WITHDRAWN


def test_whether_to_promise_it_again_is_said_when_it_is_over(
    northlight: cast.House, promise: Promise
) -> None:
    with pytest.raises(ending.NotOverYet):
        ending.again(promise, Promise.Again.NO, by=northlight.maya, now=at(9))
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
    delivering.accept(delivery, by=northlight.maya, now=at(10))
    said = ending.again(
        promise, Promise.Again.OTHERWISE, by=northlight.maya, now=at(11), word="With more lead."
    )
    assert (said.again, said.again_word) == ("otherwise", "With more lead.")


def test_reasons_are_about_the_system_and_counted_by_year(
    northlight: cast.House, promise: Promise, give: Give
) -> None:
    counted_on = making.record_assumption(
        promise.job, "Tablets on site by 26 November", by=northlight.ben, now=at(1, month=11)
    )
    said = reasons.give(
        promise, category=Category.THIRD_PARTY, stated="The tablets came late.",
        assumption=counted_on, by=northlight.maya, now=at(9),
    )  # fmt: skip
    assert (said.controllable, said.assumption) == (Controllable.THEIRS, counted_on)
    ours = reasons.give(
        promise, category=Category.THIRD_PARTY, controllable=Controllable.OURS,
        by=northlight.maya, now=at(9),
    )  # fmt: skip
    assert ours.controllable == Controllable.OURS
    mistaken = give()
    reasons.give(mistaken, category=Category.OTHER, by=northlight.maya, now=at(9))
    recording.void(promise=mistaken, reason="twice", by=northlight.ada, now=at(9))
    assert reasons.uses(now=at(9)) == Counter({"third_party": 2})
    assert reasons.uses(now=at(9).replace(year=2027)) == Counter()
    with pytest.raises(refusals.Refused):
        reasons.give(
            give(), category=Category.OTHER, assumption=counted_on, by=northlight.maya, now=at(9)
        )


def test_one_more_day_and_what_it_became(northlight: cast.House, promise: Promise) -> None:
    # A fifth of the lead is five working days: the team aims at Thursday 3 December.
    assert promise.internal_due_at == at(3, 18)
    one = slips.say(promise, until=at(4, 18), by=northlight.maya, now=at(3))
    two = slips.say(promise, until=at(7, 18), by=northlight.maya, now=at(4))
    assert [(s.number, s.before_at, s.now_at) for s in (one, two)] == [
        (1, at(3, 18), at(4, 18)),
        (2, at(4, 18), at(7, 18)),
    ]
    promise.refresh_from_db()
    assert (promise.internal_due_at, promise.due_at) == (at(7, 18), DUE)
    assert [(link.said_days, link.became_days) for link in slips.chain(promise)] == [
        (1, None), (1, None),
    ]  # fmt: skip
    delivering.deliver(promise, by=northlight.maya, now=at(10))
    # From Thu 3 to Thu 10 lie Fri 4, Mon 7, Wed 9, Thu 10; from Fri 4 one fewer.
    assert [(link.said_days, link.became_days) for link in slips.chain(promise)] == [
        (1, 4), (1, 3),
    ]  # fmt: skip


def test_a_stage_has_a_chain_of_its_own(northlight: cast.House, promise: Promise) -> None:
    stage = promise.job.stages.get(position=1)
    first = slips.say(promise, stage=stage, until=at(4, 18), by=northlight.dev, now=at(2))
    second = slips.say(promise, stage=stage, until=at(9, 18), by=northlight.dev, now=at(4))
    assert (first.before_at, second.before_at) == (at(3, 18), at(4, 18))
    Stage.objects.filter(pk=stage.pk).update(state="done", done_at=at(9, 12))
    promise.refresh_from_db()
    assert promise.internal_due_at == at(3, 18)
    assert [(link.said_days, link.became_days) for link in slips.chain(promise)] == [
        (1, 3), (2, 2),
    ]  # fmt: skip


def test_a_slip_names_a_later_date_of_an_open_promise(
    northlight: cast.House, promise: Promise, give: Give
) -> None:
    with pytest.raises(refusals.Refused) as refused:
        slips.say(promise, until=at(3, 18), by=northlight.maya, now=at(2))
    assert refused.value.field == "until"
    other = give().job.stages.get(position=1)
    with pytest.raises(refusals.Refused):
        slips.say(promise, stage=other, until=at(9), by=northlight.maya, now=at(2))
    delivering.deliver(promise, by=northlight.maya, now=at(2))
    with pytest.raises(states.MoveNotAllowed):
        slips.say(promise, until=at(9), by=northlight.maya, now=at(2))

"""We say it is done; the client's word closes it, or their silence after notice."""

from datetime import datetime

import pytest
from tests import cast
from tests.promises.conftest import DUE, GIVEN, TOLD, Give, at

from kept.clients.models import Contact
from kept.jobs.models import HandOver, Job, Stage
from kept.ledger.models import Event
from kept.people import days
from kept.promises import carrying, delivering, judging, recording, states
from kept.promises.models import DeliveredLine, Delivery, Promise
from kept.promises.outcomes import Outcome
from kept.tenancy import refusals

State = Promise.State


def outcome(promise: Promise, now: datetime) -> Outcome:
    promise.refresh_from_db()
    return judging.by_last_terms(judging.life_of(promise), now=now)


def keys(promise: Promise) -> list[int]:
    return list(promise.job.conditions.order_by("position").values_list("pk", flat=True))


def last_event() -> Event:
    return Event.objects.latest("number")


def test_terms_carry_their_lines_from_the_day_they_were_given(promise: Promise) -> None:
    lines = promise.terms.get().lines.order_by("position")
    assert [(line.text, line.required) for line in lines] == [
        ("24 stops play", True),
        ("Works offline", True),
        ("Hand-out for staff", False),
    ]


def test_delivered_and_accepted_it_is_settled_and_its_job_closed(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    delivery = delivering.deliver(
        promise, by=northlight.maya, now=at(10), where="https://example.org/guide"
    )
    promise.refresh_from_db()
    assert (promise.state, delivery.number) == (State.DELIVERED, 1)
    assert outcome(promise, at(10)) == Outcome(kept=True, provisional=True, share_delivered=1.0)

    settled = delivering.accept(delivery, contact=ana, now=at(14, 15), word="Lovely.")

    assert (settled.state, settled.settled_at) == (State.SETTLED, at(14, 15))
    assert settled.job.state == Job.State.CLOSED
    delivery.refresh_from_db()
    assert (delivery.state, delivery.answered_by_contact, delivery.word) == (
        Delivery.State.ACCEPTED, ana, "Lovely.",
    )  # fmt: skip
    assert outcome(settled, at(20)) == Outcome(kept=True, share_delivered=1.0)
    event = last_event()
    assert (event.kind, event.by, event.promise_id) == (
        Event.Kind.DELIVERY_ACCEPTED, None, promise.pk,
    )  # fmt: skip
    assert event.facts == {"contact": ana.pk, "lines": 3, "taken": 3, "to_standard": None}


def test_on_time_is_judged_by_the_delivery_and_not_by_the_answer(
    northlight: cast.House, give: Give
) -> None:
    for delivered_at, expected in ((DUE, "kept"), (at(14), "late")):
        promise = give()
        delivery = delivering.deliver(promise, by=northlight.maya, now=delivered_at)
        delivering.accept(delivery, by=northlight.maya, now=at(30))
        assert outcome(promise, at(31)).word == expected


def test_a_required_line_that_is_missing_makes_it_short_an_optional_one_does_not(
    northlight: cast.House, give: Give
) -> None:
    first = give("24 stops play", "Works offline", "(Hand-out for staff)")
    stops, _offline, hand_out = keys(first)
    delivery = delivering.deliver(first, by=northlight.maya, now=at(10), met={hand_out: False})
    delivering.accept(delivery, by=northlight.maya, now=at(10))
    kept = outcome(first, at(11))
    assert (kept.word, round(kept.share_delivered, 2)) == ("kept", 0.67)

    second = give("24 stops play", "Works offline", "(Hand-out for staff)")
    stops, _offline, hand_out = keys(second)
    delivery = delivering.deliver(second, by=northlight.maya, now=at(10))
    delivering.accept(delivery, by=northlight.maya, now=at(10), lines={stops: False})
    assert outcome(second, at(11)) == Outcome(short=True, share_delivered=2 / 3)


def test_the_client_can_say_that_it_is_not_up_to_standard(
    northlight: cast.House, promise: Promise
) -> None:
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
    delivering.accept(delivery, by=northlight.maya, now=at(10), to_standard=False)
    assert outcome(promise, at(11)).word == "sub_standard"


def test_sent_back_it_is_active_again_and_its_finishing_stretch_open(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    recording_stage, finishing = promise.job.stages.order_by("position")
    for stage in (recording_stage, finishing):
        owner = stage.owner
        assert owner is not None
        handed = carrying.hand_over(stage, by=owner, now=at(9), hours=1)
        if handed.state == HandOver.State.HANDED:
            carrying.take(handed, by=northlight.ben, now=at(9))
    promise.job.refresh_from_db()
    # It was promised, so that it is open until the client has it.
    assert promise.job.state == Job.State.OPEN
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
    stops = keys(promise)[0]

    delivering.send_back(delivery, contact=ana, now=at(10, 16), reason="Stop 7 is silent.",
                         lines={stops: False})  # fmt: skip

    promise = Promise.objects.get(pk=promise.pk)
    recording_stage.refresh_from_db()
    finishing.refresh_from_db()
    assert (promise.state, promise.job.state) == (State.ACTIVE, Job.State.OPEN)
    assert (recording_stage.state, finishing.state) == (Stage.State.DONE, Stage.State.DOING)
    assert finishing.done_at is None
    answers = DeliveredLine.objects.filter(delivery=delivery).order_by("pk")
    assert [line.accepted for line in answers] == [False, True, True]
    assert outcome(promise, at(10, 17)) == Outcome(open=True)

    again = delivering.deliver(promise, by=northlight.maya, now=at(11, 12))
    delivering.accept(again, contact=ana, now=at(14))
    assert (again.number, outcome(promise, at(15)).word) == (2, "kept")


def test_sending_back_needs_a_reason(northlight: cast.House, promise: Promise) -> None:
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
    with pytest.raises(refusals.Refused) as refused:
        delivering.send_back(delivery, by=northlight.maya, now=at(10), reason=" ")
    assert (refused.value.field, refused.value.sentence) == ("reason", "The reason is missing.")


def test_silence_counts_five_working_days_after_notice_and_not_before(
    northlight: cast.House, promise: Promise
) -> None:
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(2))
    assert delivering.deem_due(now=at(30)) == []  # no notice, no silence that counts

    delivery = delivering.notice(delivery, in_person=TOLD, by=northlight.maya, now=at(3, 11))

    # Fri 4, Mon 7, Wed 9 (the 8th is a holiday), Thu 10, Fri 11.
    assert delivery.deemed_from == at(11, 11)
    assert delivering.deem_due(now=at(11, 10, 59)) == []
    assert [row.pk for row in delivering.deem_due(now=at(11, 11))] == [promise.pk]
    promise.refresh_from_db()
    assert promise.state == State.SETTLED
    assert outcome(promise, at(12)) == Outcome(kept=True, deemed=True, share_delivered=1.0)
    assert (last_event().kind, last_event().by) == (Event.Kind.DELIVERY_DEEMED, None)
    assert delivering.deem_due(now=at(30)) == []


def test_notice_is_given_once_and_only_while_the_client_is_silent(
    northlight: cast.House, promise: Promise
) -> None:
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(2))
    delivering.notice(delivery, in_person=TOLD, by=northlight.maya, now=at(3))
    with pytest.raises(delivering.NoticedAlready) as again:
        delivering.notice(delivery, in_person=TOLD, by=northlight.maya, now=at(4))
    assert again.value.sentence == (
        "They were told before: silence until Fri\xa011\xa0Dec, 09:00 counts as acceptance."
    )
    delivering.accept(delivery, by=northlight.maya, now=at(4))
    with pytest.raises(states.MoveNotAllowed):
        delivering.notice(delivery, in_person=TOLD, by=northlight.maya, now=at(4))


def test_thanks_follow_acceptance_and_are_said_once(
    northlight: cast.House, promise: Promise
) -> None:
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
    with pytest.raises(refusals.Conflict):
        delivering.thank(delivery, by=northlight.maya, now=at(10))
    delivering.accept(delivery, by=northlight.maya, now=at(10))
    assert delivering.thank(delivery, by=northlight.maya, now=at(11)).thanked_at == at(11)
    with pytest.raises(refusals.Conflict):
        delivering.thank(delivery, by=northlight.maya, now=at(12))


def test_nothing_is_accepted_twice_nor_delivered_after_it_ended(
    northlight: cast.House, promise: Promise, give: Give
) -> None:
    delivery = delivering.deliver(promise, by=northlight.maya, now=at(10))
    with pytest.raises(states.MoveNotAllowed):
        delivering.deliver(promise, by=northlight.maya, now=at(10))
    delivering.accept(delivery, by=northlight.maya, now=at(10))
    with pytest.raises(states.MoveNotAllowed) as twice:
        delivering.accept(delivery, by=northlight.maya, now=at(11))
    assert twice.value.sentence == (
        "This delivery is accepted, so you cannot accept it. It is closed. Nothing was changed."
    )
    gone = recording.void(promise=give(), reason="twice", by=northlight.ada, now=GIVEN)
    with pytest.raises(states.MoveNotAllowed):
        delivering.deliver(gone, by=northlight.maya, now=at(10))


def test_lines_that_were_not_promised_are_refused_and_nothing_is_written(
    northlight: cast.House, promise: Promise, give: Give
) -> None:
    other = keys(give("Another line"))[0]
    with pytest.raises(delivering.NoSuchLine):
        delivering.deliver(promise, by=northlight.maya, now=at(10), met={other: True})
    promise.refresh_from_db()
    assert (promise.state, Delivery.objects.count()) == (State.ACTIVE, 0)


def test_guests_write_nothing_down(northlight: cast.House, promise: Promise) -> None:
    with pytest.raises(refusals.NotAllowed):
        delivering.deliver(promise, by=northlight.gus, now=at(10))


def test_broken_from_the_cut_off_on_and_late_when_it_comes_after_all(
    northlight: cast.House, promise: Promise
) -> None:
    # 25 working days of lead, so the cut-off lies 20 working days after Friday 11 December.
    cut_off = days.shifted_moment(northlight.organisation, DUE, 20, zone=cast.ZONE)
    assert cut_off == datetime(2027, 1, 12, 17, tzinfo=DUE.tzinfo)
    assert outcome(promise, cut_off).broken is False
    after = cut_off.replace(hour=18)
    assert outcome(promise, after) == Outcome(open=True, overdue=True, broken=True)
    delivery = delivering.deliver(promise, by=northlight.maya, now=after)
    delivering.accept(delivery, by=northlight.maya, now=after)
    assert outcome(promise, after) == Outcome(late=True, broken=True, share_delivered=1.0)

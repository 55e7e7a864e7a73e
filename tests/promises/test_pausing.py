"""Rule 4: the clock stands with notice, from the day it is overdue, until it comes."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import cast
from tests.promises.conftest import DUE, GIVEN, TOLD, Give, at

from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Obligation
from kept.ledger.models import Event
from kept.outbox.models import Letter
from kept.people import days
from kept.promises import delivering, judging, pausing, recording, states, terms
from kept.promises.models import Pause, Promise, Terms
from kept.tenancy import refusals
from kept.tenancy.models import Organisation


def texts(promise: Promise, house: cast.House, due_at: datetime) -> Obligation:
    return making.record_obligation(
        promise.job, what="German texts", due_at=due_at, by=house.ben, now=GIVEN
    )


def test_two_working_days_of_pause_move_friday_to_tuesday(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(16, 18, month=11))
    row = pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(17, 9, 10, month=11)
    )
    promise.refresh_from_db()
    assert (promise.state, promise.due_at) == (Promise.State.PAUSED, DUE)
    assert (row.notice_at, row.started_at) == (at(17, 9, 10, month=11), at(17, 9, 10, month=11))

    pausing.receive(owed, by=northlight.maya, now=at(19, 9, 10, month=11))

    promise.refresh_from_db()
    row.refresh_from_db()
    assert promise.state == Promise.State.ACTIVE
    assert (row.ended_at, row.working_minutes) == (at(19, 9, 10, month=11), 2 * 9 * 60)
    assert promise.due_at == at(15, 17)
    assert promise.terms.get().due_at == DUE  # the first date stays shown
    life = judging.life_of(promise)
    assert life.due_of(life.terms[0], house=northlight.organisation, now=at(2)) == at(15, 17)
    event = Event.objects.latest("number")
    assert (event.kind, event.facts) == (
        Event.Kind.PROMISE_RESUMED,
        {"pause": row.pk, "working_minutes": 1080, "due_at": "2026-12-15T17:00:00.000000+00:00"},
    )


def test_notice_given_early_lets_the_clock_stand_from_the_moment_it_is_overdue(
    northlight: cast.House, promise: Promise, ana: Contact
) -> None:
    Promise.objects.filter(pk=promise.pk).update(contact=ana)
    promise.refresh_from_db()
    owed = texts(promise, northlight, at(16, 18, month=11))

    row = pausing.pause(promise, obligation=owed, by=northlight.maya, now=at(12, 10, month=11))

    promise.refresh_from_db()
    assert promise.state == Promise.State.ACTIVE
    assert (row.notice_at, row.started_at) == (at(12, 10, month=11), at(16, 18, month=11))
    assert Event.objects.filter(kind=Event.Kind.PAUSE_NOTICED).get().facts == {
        "obligation": owed.pk, "pause": row.pk, "from": "2026-11-16T18:00:00.000000+00:00",
        "how": "link", "told_at": "2026-11-12T10:00:00.000000+00:00", "contact": ana.pk,
    }  # fmt: skip
    letter = Letter.objects.latest("pk")
    assert letter.subject == "Audio guide: what we need by Mon 16 Nov"
    assert "If it has not come by then, the clock of Audio guide stands from that" in letter.body
    assert pausing.begin_due(now=at(16, 17, 59, month=11)) == 0

    # The round comes late; the clock stands from the moment that was told all the same.
    assert pausing.begin_due(now=at(17, 11, month=11)) == 1
    assert pausing.begin_due(now=at(17, 11, month=11)) == 0
    promise.refresh_from_db()
    assert promise.state == Promise.State.PAUSED
    pausing.receive(owed, by=northlight.maya, now=at(18, 18, month=11))

    row.refresh_from_db()
    promise.refresh_from_db()
    assert (row.started_at, row.working_minutes) == (at(16, 18, month=11), 2 * 9 * 60)
    assert (promise.state, promise.due_at) == (Promise.State.ACTIVE, at(15, 17))


def test_what_comes_in_time_lets_no_clock_stand(northlight: cast.House, promise: Promise) -> None:
    owed = texts(promise, northlight, at(16, 18, month=11))
    row = pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(12, 10, month=11)
    )
    pausing.receive(owed, by=northlight.maya, now=at(13, 10, month=11))

    row.refresh_from_db()
    promise.refresh_from_db()
    assert row.never_began
    assert (row.ended_at, row.working_minutes) == (at(16, 18, month=11), 0)
    assert (promise.state, promise.due_at) == (Promise.State.ACTIVE, DUE)
    assert Event.objects.latest("number").kind == Event.Kind.PAUSE_CALLED_OFF
    assert pausing.begin_due(now=at(17, 10, month=11)) == 0


def test_what_comes_late_but_before_the_round_let_the_clock_stand_meanwhile(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(16, 12, month=11))
    row = pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(12, 10, month=11)
    )
    pausing.receive(owed, by=northlight.maya, now=at(16, 13, month=11))

    row.refresh_from_db()
    promise.refresh_from_db()
    assert (row.working_minutes, promise.state) == (60, Promise.State.ACTIVE)
    kinds = list(Event.objects.order_by("-number").values_list("kind", flat=True)[:3])
    assert kinds == ["promise.resumed", "obligation.met", "promise.paused"]


def test_a_notice_is_given_once_and_taken_back_only_before_its_moment(
    northlight: cast.House, promise: Promise
) -> None:
    owed, more = texts(promise, northlight, at(16, month=11)), texts(promise, northlight, at(18))
    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(12, month=11)
    )
    with pytest.raises(pausing.NoticeGiven) as refused:
        pausing.pause(
            promise, obligation=more, in_person=TOLD, by=northlight.maya, now=at(12, month=11)
        )
    assert refused.value.sentence == (
        "They were told that the clock stands from Mon\xa016\xa0Nov, 09:00 for “German texts”. "
        "Take that back first. Nothing was changed."
    )

    pausing.call_off(promise, by=northlight.maya, now=at(13, month=11))
    with pytest.raises(pausing.NoNotice):
        pausing.call_off(promise, by=northlight.maya, now=at(13, month=11))

    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(13, month=11)
    )
    with pytest.raises(pausing.NoNotice):
        pausing.call_off(promise, by=northlight.maya, now=at(17, month=11))


def test_a_promise_delivered_before_the_moment_was_never_paused(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(16, month=11))
    row = pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(12, month=11)
    )
    delivering.deliver(promise, by=northlight.maya, now=at(13, month=11))
    row.refresh_from_db()
    promise.refresh_from_db()
    assert (row.never_began, promise.due_at) == (True, DUE)
    assert pausing.begin_due(now=at(17, month=11)) == 0


def test_it_is_never_backdated(northlight: cast.House, promise: Promise) -> None:
    """Overdue since Monday, noticed on Thursday: the days between are the house's own."""
    owed = texts(promise, northlight, at(16, 18, month=11))
    row = pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(19, 10, month=11)
    )
    assert row.started_at == at(19, 10, month=11)


def test_what_came_or_belongs_to_other_work_pauses_nothing(
    northlight: cast.House, promise: Promise, give: Give
) -> None:
    owed = texts(promise, northlight, at(16, month=11))
    pausing.receive(owed, by=northlight.maya, now=at(17, month=11))
    with pytest.raises(pausing.CameAlready):
        pausing.pause(
            promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(18, month=11)
        )
    other = texts(give(), northlight, at(16, month=11))
    with pytest.raises(refusals.Refused) as refused:
        pausing.pause(
            promise, obligation=other, in_person=TOLD, by=northlight.maya, now=at(18, month=11)
        )
    assert refused.value.field == "obligation_id"


def test_it_pauses_once_at_a_time_and_ends_once(northlight: cast.House, promise: Promise) -> None:
    owed = texts(promise, northlight, at(16, month=11))
    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(17, month=11)
    )
    with pytest.raises(states.MoveNotAllowed):
        pausing.pause(
            promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(18, month=11)
        )
    pausing.resume(promise, by=northlight.maya, now=at(18, month=11))
    with pytest.raises(states.MoveNotAllowed) as refused:
        pausing.resume(promise, by=northlight.maya, now=at(18, month=11))
    assert "so you cannot end the pause" in refused.value.sentence


def test_delivering_while_paused_ends_the_pause_at_that_moment(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(9, 18))
    pausing.pause(promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(10, 9))
    delivering.deliver(promise, by=northlight.maya, now=at(14, 9))
    row = Pause.objects.get()
    promise.refresh_from_db()
    # Thursday and Friday stood still: Friday 17:00 becomes Tuesday 17:00.
    assert (row.ended_at, row.working_minutes) == (at(14, 9), 1080)
    assert promise.due_at == at(15, 17)


def test_a_pause_after_the_due_moment_mends_nothing(
    northlight: cast.House, promise: Promise
) -> None:
    owed = texts(promise, northlight, at(9, 18))
    saturday = at(12, 10)
    pausing.pause(promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=saturday)
    pausing.receive(owed, by=northlight.maya, now=at(14, 10))
    promise.refresh_from_db()
    assert promise.due_at == DUE
    delivering.deliver(promise, by=northlight.maya, now=at(14, 10))
    assert judging.by_last_terms(judging.life_of(promise), now=at(14, 10)).late


def test_voiding_a_paused_promise_ends_its_pause(northlight: cast.House, promise: Promise) -> None:
    owed = texts(promise, northlight, at(16, month=11))
    pausing.pause(
        promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(17, month=11)
    )
    recording.void(promise=promise, reason="twice", by=northlight.ada, now=at(18, month=11))
    assert Pause.objects.get().ended_at == at(18, month=11)


def test_a_day_promise_moved_into_a_day_names_its_moment(
    northlight: cast.House, give: Give
) -> None:
    promise = give(due_at=at(11, 18))
    Promise.objects.filter(pk=promise.pk).update(day_only=True)
    owed = texts(promise, northlight, at(9, 18))
    pausing.pause(promise, obligation=owed, in_person=TOLD, by=northlight.maya, now=at(10, 9))
    pausing.resume(promise, by=northlight.maya, now=at(10, 11))
    promise.refresh_from_db()
    assert (promise.due_at, promise.day_only) == (at(14, 11), False)


# ----- the arithmetic of working time -----------------------------------------

HOUSE = Organisation(name="Northlight", zone=cast.ZONE, country="PT", region="",
                     day_ends_at=time(18))  # fmt: skip
minutes = st.integers(0, 40 * 24 * 60)
starts = st.integers(0, 300 * 24 * 60).map(lambda m: datetime(2026, 1, 5, tzinfo=DUE.tzinfo)
                                           + timedelta(minutes=m))  # fmt: skip


@given(starts, st.integers(0, 5000))
def test_moving_by_working_time_moves_by_exactly_that_much(first: datetime, count: int) -> None:
    moved = days.later_by(HOUSE, first, count, zone=cast.ZONE)
    assert days.working_minutes(HOUSE, first, moved, zone=cast.ZONE) == count


@given(starts, minutes, minutes)
def test_working_time_adds_up(first: datetime, one: int, two: int) -> None:
    middle = first + timedelta(minutes=one)
    last = middle + timedelta(minutes=two)

    def between(a: datetime, b: datetime) -> int:
        return days.working_minutes(HOUSE, a, b, zone=cast.ZONE)

    assert between(first, last) == between(first, middle) + between(middle, last)


@given(starts, st.integers(1, 2000), st.integers(0, 20 * 24 * 60), st.integers(0, 30 * 24 * 60))
def test_a_pause_never_makes_up_for_time_that_was_lost_before_it(
    due_at: datetime, lead: int, before: int, stood: int
) -> None:
    """Paused from the day it is overdue: whoever is late when it starts stays late."""
    agreed_at = due_at - timedelta(minutes=lead)
    row = Terms(organisation_id=1, due_at=due_at, agreed_at=agreed_at)
    began = agreed_at + timedelta(minutes=before)
    ended = began + timedelta(minutes=stood)
    pause = Pause(
        organisation_id=1,
        started_at=began,
        ended_at=ended,
        working_minutes=days.working_minutes(HOUSE, began, ended, zone=cast.ZONE),
    )
    moved = terms.due_of(row, [pause], zone=cast.ZONE, house=HOUSE, now=ended)
    assert moved >= due_at
    if began >= due_at:
        assert moved == due_at
    else:
        left_then = days.working_minutes(HOUSE, began, due_at, zone=cast.ZONE)
        left_now = days.working_minutes(HOUSE, ended, moved, zone=cast.ZONE)
        assert left_now <= left_then

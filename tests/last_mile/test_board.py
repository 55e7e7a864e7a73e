"""The board: what somebody sees over the line, what is left of it, who is silent, what is owed."""

from datetime import datetime

from tests import cast
from tests.last_mile.conftest import dec

from kept.jobs import making, owning
from kept.jobs.models import CheckItem
from kept.last_mile import answering, board, raising
from kept.last_mile.models import AlarmAnswer, Rung
from kept.promises.models import Promise


def test_a_lead_sees_everybodys_promises_with_who_is_silent_and_what_is_owed(
    northlight: cast.House, promise: Promise, now: datetime
) -> None:
    house = northlight
    recording = promise.job.stages.get(name="Recording")
    asked = owning.propose(recording, house.dev, by=house.ben, now=now)
    owed = making.record_obligation(
        promise.job, what="test accounts", due_at=now, by=house.ben, now=now
    )
    making.record_obligation(
        promise.job, what="logos", due_at=promise.due_at, by=house.ben, now=now
    )

    [row] = board.board(house.ben, everybody=True, now=now).rows
    assert (row.promise, row.silent, row.owed) == (promise, [asked], [owed])
    # Who is silent is likely asked first, then who owns what is left, then the owner of the house.
    assert [person.name for person in row.whom] == ["Dev", "Maya", "Ada"]
    assert (row.may_chase, row.prepared, row.cases) == (False, False, [])
    assert [len(board.board(who, now=now).rows) for who in (house.ben, house.maya)] == [0, 1]


def test_one_sees_what_is_ones_own_and_what_waits_for_ones_word(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    finishing = accepted.job.stages.get(finishing=True)
    line = CheckItem.objects.create(stage=finishing, position=1, text="Plays offline")
    alarm = raising.ask(accepted, house.dev, by=house.maya, now=now)

    seen = board.board(house.maya, now=now)
    [row] = seen.rows
    [case] = row.cases
    assert (row.left, row.checks, row.needs_somebody, seen.needing) == ([line], 1, True, 1)
    assert (case.alarm, case.climbed, case.running, case.is_heard(now)) == (alarm, {1}, None, True)
    assert (case.next_rung, case.mine) == (Rung.objects.get(position=2), False)
    assert board.board(house.dev, now=now).rows == []
    [his] = board.board(house.dev, now=now).to_answer
    assert (his.alarm, his.mine, board.waiting_for(house.dev)) == (alarm, True, 1)

    said = answering.answer(
        alarm, kind=AlarmAnswer.Kind.DONE_BY, due_at=dec(3, 11), by=house.dev, now=now
    )
    [row] = board.board(house.maya, now=now).rows
    assert ([case.running for case in row.cases], row.needs_somebody) == ([said], False)
    assert board.board(house.maya, now=now).needing == board.waiting_for(house.dev) == 0

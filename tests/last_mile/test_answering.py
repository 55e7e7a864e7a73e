"""What comes back, and who may say it; consent taken back; who stands in."""

from datetime import datetime

import pytest
from tests import cast
from tests.last_mile.conftest import dec, untold

from kept.jobs import owning
from kept.jobs.models import Responsibility
from kept.last_mile import answering, consent, delegating, raising, rules, states, wording
from kept.last_mile.models import Alarm, AlarmAnswer, Kind
from kept.ledger.models import Event
from kept.people import charters
from kept.promises.models import Promise
from kept.tenancy import scope
from kept.tenancy.refusals import Refused


@pytest.fixture
def alarm(northlight: cast.House, accepted: Promise, now: datetime) -> Alarm:
    return raising.ask(accepted, northlight.dev, by=northlight.maya, now=now)


@pytest.mark.parametrize("verb", [verb for verb in states.MOVES if verb != "climb"])
@pytest.mark.parametrize("state", list(Alarm.State))
def test_every_move_is_made_from_its_states_and_refused_from_others(
    northlight: cast.House, alarm: Alarm, now: datetime, verb: str, state: Alarm.State
) -> None:
    house = northlight
    if state in (Alarm.State.ACKNOWLEDGED, Alarm.State.ANSWERED):
        answering.acknowledge(alarm, by=house.dev, now=now)
    if state == Alarm.State.ANSWERED:
        _answer(alarm, house, now)
    if state == Alarm.State.CLOSED:
        answering.close(alarm, by=house.dev, now=now)
    do = {
        "acknowledge": lambda: answering.acknowledge(alarm, by=house.dev, now=now),
        "answer": lambda: _answer(alarm, house, now),
        "close": lambda: answering.close(alarm, by=house.dev, now=now),
    }[verb]
    sources, target = states.MOVES[verb]
    if state in sources:
        do()
        assert Alarm.objects.get().state == target
    else:
        with pytest.raises(states.MoveNotAllowed, match="Nothing was changed"):
            do()
        assert Alarm.objects.get().state == state
    assert untold() == []


def _answer(alarm: Alarm, house: cast.House, now: datetime) -> AlarmAnswer:
    return answering.answer(
        alarm, kind=AlarmAnswer.Kind.DONE_BY, due_at=dec(3, 11), by=house.dev, now=now
    )


def test_an_answer_is_owed_two_working_hours_after_saying_that_one_knows(
    northlight: cast.House, alarm: Alarm, now: datetime
) -> None:
    known = answering.acknowledge(alarm, by=northlight.dev, now=dec(2, 17))
    # One hour of Wednesday is left, and one falls on Thursday.
    assert known.answer_due_at == dec(3, 10)


def test_the_house_says_how_long(northlight: cast.House, alarm: Alarm, now: datetime) -> None:
    rules.change(Kind.ANSWER, amount=30, by=northlight.ada, now=now)
    known = answering.acknowledge(alarm, by=northlight.dev, now=now)
    assert known.answer_due_at == dec(2, 15, 40)


def test_a_later_answer_takes_the_place_of_the_one_before(
    northlight: cast.House, alarm: Alarm, now: datetime
) -> None:
    _answer(alarm, northlight, now)
    answering.answer(
        alarm,
        kind=AlarmAnswer.Kind.BLOCKED_BY,
        words="test accounts",
        due_at=dec(4, 11),
        by=northlight.dev,
        now=now,
    )
    outcomes = list(AlarmAnswer.objects.order_by("pk").values_list("kind", "outcome"))
    assert outcomes == [("done_by", "replaced"), ("blocked_by", "")]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"due_at": dec(2, 15)}, "has gone by"),
        ({"kind": AlarmAnswer.Kind.BLOCKED_BY}, "What it is"),
        ({"kind": AlarmAnswer.Kind.NEED_HELP, "words": " "}, "What it is"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(
    northlight: cast.House, alarm: Alarm, now: datetime, changes: dict[str, object], sentence: str
) -> None:
    said = {"kind": AlarmAnswer.Kind.DONE_BY, "due_at": dec(3, 11)} | changes
    with pytest.raises(Refused, match=sentence):
        answering.answer(alarm, by=northlight.dev, now=now, **said)  # type: ignore[arg-type]
    assert not AlarmAnswer.objects.exists()


def test_nobody_answers_who_was_not_asked(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    alarm = raising.ask(accepted, northlight.ben, by=northlight.maya, now=now)
    with pytest.raises(answering.NotAsked, match="Ben was asked"):
        answering.acknowledge(alarm, by=northlight.dev, now=now)


def test_whether_asking_helped_is_known_to_one_person_alone(
    northlight: cast.House, alarm: Alarm, now: datetime
) -> None:
    row = _answer(alarm, northlight, now)
    with pytest.raises(answering.NotAsked):
        answering.rate(row, useful=False, by=northlight.ada, now=now)
    assert answering.rate(row, useful=True, by=northlight.dev, now=now).useful is True
    event = Event.objects.get(kind=Event.Kind.ALARM_ANSWER_RATED)
    assert event.images == {}
    assert "useful" not in event.facts
    assert untold() == []


def test_taking_consent_back_says_before_what_it_hands_back_and_does_it(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    foreseen = consent.foresee(house.maya)
    assert [stage.name for stage in foreseen.stages] == ["Finishing stretch"]
    assert foreseen.last_miles == [accepted]
    consent.revoke(house.maya, by=house.maya, now=now)
    accepted.refresh_from_db()
    finishing = accepted.job.stages.get(name="Finishing stretch")
    assert (finishing.owner, accepted.last_mile_owner) == (None, None)
    handed = Responsibility.objects.get(stage=finishing)
    assert (handed.state, handed.word) == ("declined", "took consent to be chased back")
    assert charters.reachable(house.maya).charter is None
    with pytest.raises(consent.RevokedAlready):
        consent.revoke(house.maya, by=house.maya, now=now)
    # A lead chases where nobody sees it over the line; Maya is not asked any more.
    with pytest.raises(raising.NotOnIt):
        raising.ask(accepted, house.maya, by=house.ben, now=now)
    assert untold() == []


def test_saying_yes_again_gives_consent_anew_as_it_was_set(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    charters.change(house.dev, daily_cap=7, by=house.dev, now=now)
    consent.revoke(house.dev, by=house.dev, now=now)
    stage = accepted.job.stages.get(name="Recording")
    owning.accept(owning.propose(stage, house.dev, by=house.ben, now=now), by=house.dev, now=now)
    charter = charters.in_force(house.dev)
    assert charter is not None
    assert charter.daily_cap == 7


def test_a_delegate_chases_until_it_is_taken_back(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    row = delegating.name(house.ben, by=house.maya, now=now, promise=accepted)
    raising.ask(accepted, house.dev, by=house.ben, now=now)
    delegating.end(row, by=house.maya, now=now)
    with pytest.raises(raising.MayNotChase):
        raising.ask(accepted, house.ada, by=house.ben, now=now)
    with pytest.raises(delegating.NamedAlready):
        delegating.end(row, by=house.maya, now=now)
    assert untold() == []


def test_nobody_names_a_delegate_twice_nor_themselves(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    house = northlight
    delegating.name(house.ben, by=house.maya, now=now)
    with pytest.raises(delegating.NamedAlready):
        delegating.name(house.ben, by=house.maya, now=now)
    for member in (house.maya, house.gus):
        with pytest.raises(Refused):
            delegating.name(member, by=house.maya, now=now)
    with pytest.raises(delegating.NotYours):
        delegating.name(house.maya, by=house.dev, now=now, promise=accepted)


def test_consent_is_taken_back_by_whose_it_is(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(charters.NotTheirs) as refused:
        consent.revoke(northlight.maya, by=northlight.ada, now=now)
    assert refused.value.sentence == "Maya’s consent is theirs to take back."
    assert charters.reachable(northlight.maya).charter is not None


@pytest.mark.parametrize(
    ("kind", "words", "sentence"),
    [
        (AlarmAnswer.Kind.DONE_BY, "", "Done by Thu 3 Dec, 11:00."),
        (
            AlarmAnswer.Kind.DONE_BY,
            "At ten, I hope.",
            "Done by Thu 3 Dec, 11:00. “At ten, I hope.”",
        ),
        (
            AlarmAnswer.Kind.BLOCKED_BY,
            "No test accounts.",
            "Blocked by No test accounts; look again Thu 3 Dec, 11:00.",
        ),
        (
            AlarmAnswer.Kind.NEED_HELP,
            "a second voice",
            "Need help: a second voice; by Thu 3 Dec, 11:00.",
        ),
    ],
)
def test_an_answer_is_told_in_the_words_of_its_kind(
    northlight: cast.House,
    alarm: Alarm,
    now: datetime,
    kind: AlarmAnswer.Kind,
    words: str,
    sentence: str,
) -> None:
    row = answering.answer(
        alarm, kind=kind, words=words, due_at=dec(3, 11), by=northlight.dev, now=now
    )
    assert wording.said(row, zone=cast.ZONE).replace("\xa0", " ") == sentence
    answering.overdue(now=dec(3, 11))
    again = Alarm.objects.get(kind=Kind.ANSWER)
    assert wording.sentence(again, zone=cast.ZONE).replace("\xa0", " ") == (
        f"Dev said about Audio guide, Harbour Clinic: {sentence} That has passed."
    )


def test_where_the_rule_is_off_what_was_not_answered_is_closed_and_asked_for_no_more(
    northlight: cast.House, alarm: Alarm, now: datetime
) -> None:
    rules.change(Kind.ANSWER, on=False, by=northlight.ada, now=now)
    _answer(alarm, northlight, now)
    assert answering.overdue(now=dec(3, 11)) == []
    alarm.refresh_from_db()
    assert (alarm.state, alarm.closed_why, Alarm.objects.count()) == ("closed", "missed", 1)


def test_who_is_alone_takes_no_consent_back(southbank: cast.House, now: datetime) -> None:
    with scope.acting_in(southbank.organisation), pytest.raises(consent.NobodyElse) as refused:
        consent.revoke(southbank.cleo, by=southbank.cleo, now=now)
    assert refused.value.sentence == (
        "You are alone here, and nobody chases you. Nothing was changed."
    )


def test_a_stage_that_was_given_without_a_question_is_handed_back_too(
    northlight: cast.House, promise: Promise, now: datetime
) -> None:
    back = consent.revoke(northlight.dev, by=northlight.dev, now=now)
    assert [stage.name for stage in back.stages] == ["Recording"]
    assert promise.job.stages.get(name="Recording").owner is None
    assert untold() == []


def test_who_stands_in_is_between_the_two_and_whoever_leads(
    northlight: cast.House, accepted: Promise, now: datetime
) -> None:
    row = delegating.name(northlight.ben, by=northlight.maya, now=now)
    with pytest.raises(delegating.NotYours, match="This is between two others"):
        delegating.end(row, by=northlight.dev, now=now)
    assert delegating.end(row, by=northlight.ada, now=now).ended_at == now

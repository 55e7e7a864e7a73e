"""A stage is handed over whole or not at all, and taken or sent back by who goes on from there."""

from datetime import UTC, datetime, timedelta

import pytest
from tests import cast

from kept.jobs import checklist, handing, making, owners, owning, work
from kept.jobs.making import StageSketch
from kept.jobs.models import HandOver, Job, Responsibility, Stage
from kept.ledger import chain
from kept.ledger.models import Event
from kept.people.models import Member
from kept.tenancy.refusals import NotAllowed, Refused

State = Stage.State


@pytest.fixture
def page(northlight: cast.House, now: datetime) -> Job:
    """Maya writes while Dev builds, then Ben checks."""
    return making.make(
        title="Landing page",
        stages=[
            StageSketch("Write", 8, owner=northlight.maya),
            StageSketch("Build", 16, owner=northlight.dev, after=()),
            StageSketch("Check", 2, after=(1, 2), owner=northlight.ben, finishing=True),
        ],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )


def stage(job: Job, name: str) -> Stage:
    return Stage.objects.select_related("owner", "job").get(job=job, name=name)


def states(job: Job) -> list[str]:
    return [row.state for row in Stage.objects.filter(job=job)]


def kinds() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][2:]


def test_who_goes_on_takes_it_and_what_waited_for_all_of_it_is_ready(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    handed = handing.hand_over(stage(page, "Write"), hours=9, by=northlight.maya, now=now)
    assert (handed.state, handed.hours, handed.number) == (HandOver.State.HANDED, 9, 1)
    assert states(page) == ["handed_over", "ready", "waiting"]
    with pytest.raises(NotAllowed, match="“Write” is for Ben to take or send back"):
        handing.take(handed, by=northlight.dev, now=now)

    later = now + timedelta(hours=2)
    taken = handing.take(handed, by=northlight.ben, now=later)
    assert (taken.state, taken.answered_by, taken.answered_at) == (
        HandOver.State.ACCEPTED, northlight.ben, later,
    )  # fmt: skip
    assert states(page) == ["done", "ready", "waiting"]
    assert stage(page, "Write").done_at == later

    build = handing.hand_over(stage(page, "Build"), by=northlight.dev, now=later)
    handing.take(build, by=northlight.ben, now=later)
    assert states(page) == ["done", "done", "ready"]
    assert kinds() == ["stage.handed_over", "stage.taken"] * 2
    assert list(chain.faults()) == []


def test_what_is_sent_back_says_why_and_is_done_anew(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    first = handing.hand_over(
        stage(page, "Build"), hours=10, out_of_hours=2, by=northlight.dev, now=now
    )
    with pytest.raises(Refused, match="Why it is sent back is missing"):
        handing.send_back(first, reason=" ", by=northlight.ben, now=now)
    handing.send_back(first, reason="The map is missing.", by=northlight.ben, now=now)
    assert stage(page, "Build").state == State.DOING

    work.log_hours(stage(page, "Build"), 3, by=northlight.dev, now=now)
    second = handing.hand_over(
        stage(page, "Build"), hours=1.5, out_of_hours=1, by=northlight.dev, now=now
    )
    # All hours since the hand-over before, also those that were logged meanwhile.
    assert list(HandOver.objects.values_list("number", "state", "hours", "out_of_hours")) == [
        (1, "sent_back", 10, 2),
        (2, "handed", 4.5, 1),
    ]
    handing.take(second, by=northlight.ben, now=now)
    build = stage(page, "Build")
    assert (build.state, build.spent_hours, build.out_of_hours) == (State.DONE, 14.5, 3)


def test_a_hand_over_is_answered_once(northlight: cast.House, page: Job, now: datetime) -> None:
    handed = handing.hand_over(stage(page, "Build"), by=northlight.dev, now=now)
    handing.send_back(handed, reason="The map.", by=northlight.ben, now=now)
    with pytest.raises(handing.AnsweredAlready, match="“Build” is sent back by now"):
        handing.take(handed, by=northlight.ben, now=now)
    assert stage(page, "Build").state == State.DOING


def test_the_same_person_takes_it_in_the_same_breath(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    making.change_stage(stage(page, "Check"), owner=northlight.ben, by=northlight.ben, now=now)
    Stage.objects.filter(name="Build").update(owner=northlight.ben)
    handed = handing.hand_over(stage(page, "Build"), by=northlight.ben, now=now)
    assert (handed.state, handed.answered_by) == (HandOver.State.ACCEPTED, northlight.ben)
    assert states(page) == ["ready", "done", "waiting"]


def test_where_nobody_is_named_next_nobody_has_to_take_it(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Stage.objects.filter(name="Check").update(owner=None)
    handed = handing.hand_over(stage(page, "Build"), by=northlight.dev, now=now)
    assert (handed.state, handed.answered_by) == (HandOver.State.ACCEPTED, None)


def test_alone_in_the_house_one_hands_over_to_nobody(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Member.objects.exclude(pk=northlight.dev.pk).update(left_at=now)
    assert handing.hand_over(stage(page, "Build"), by=northlight.dev, now=now).state == "accepted"


def test_the_last_stage_is_taken_by_the_last_mile_owner(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Stage.objects.exclude(name="Check").update(state=State.DONE)
    Stage.objects.filter(name="Check").update(state=State.READY)
    asked = owning.propose(page, northlight.maya, by=northlight.ben, now=now)
    owning.accept(asked, by=northlight.maya, now=now)
    handed = handing.hand_over(stage(page, "Check"), by=northlight.ben, now=now)
    assert handing.takers_of(stage(page, "Check")) == [northlight.maya]
    assert Job.objects.get().state == Job.State.OPEN
    handing.take(handed, by=northlight.maya, now=now)
    assert Job.objects.get().state == Job.State.CLOSED


def test_a_promised_job_is_not_closed_by_its_last_stage(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Stage.objects.exclude(name="Check").update(state=State.DONE)
    Stage.objects.filter(name="Check").update(state=State.READY)
    Job.objects.update(promised=True)
    handing.hand_over(stage(page, "Check"), by=northlight.ben, now=now)
    assert (states(page), Job.objects.get().state) == (["done"] * 3, Job.State.OPEN)


def test_nothing_is_97_percent_done(northlight: cast.House, page: Job, now: datetime) -> None:
    Stage.objects.exclude(name="Check").update(state=State.DONE)
    Stage.objects.filter(name="Check").update(state=State.READY)
    check = stage(page, "Check")
    links = checklist.add(check, "Every link works", by=northlight.maya, now=now)
    phone = checklist.add(check, "It opens on a phone", by=northlight.maya, now=now)
    checklist.done(links, by=northlight.maya, now=now)
    with pytest.raises(handing.NotCheckedYet) as refused:
        handing.hand_over(check, by=northlight.ben, now=now)
    assert refused.value.sentence == (
        "“Check” is not done: “It opens on a phone”. Nothing was handed over."
    )
    checklist.done(phone, by=northlight.maya, now=now)
    checklist.reopen(links, by=northlight.dev, now=now)
    checklist.done(links, by=northlight.dev, now=now)
    handing.hand_over(check, by=northlight.ben, now=now)
    with pytest.raises(checklist.NoMoreLines, match="“Check” is over"):
        checklist.reopen(links, by=northlight.dev, now=now)
    with pytest.raises(checklist.NoMoreLines):
        checklist.add(check, "One more", by=northlight.dev, now=now)
    assert [(row.text, row.done_by) for row in check.checks.all()] == [
        ("Every link works", northlight.dev),
        ("It opens on a phone", northlight.maya),
    ]


def test_handing_over_is_the_owner_s_yes_and_settles_every_question(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    owning.propose(stage(page, "Build"), northlight.dev, by=northlight.ben, now=now)
    owning.propose(stage(page, "Write"), northlight.dev, by=northlight.ben, now=now)
    handing.hand_over(stage(page, "Build"), by=northlight.dev, now=now)
    handing.hand_over(stage(page, "Write"), by=northlight.maya, now=now)
    assert list(Responsibility.objects.values_list("stage__name", "state")) == [
        ("Build", "accepted"),
        ("Write", "withdrawn"),
    ]
    assert [gap.what for gap in owners.gaps(page)] == ["“Check”", "the last mile"]


def test_what_is_over_is_over(northlight: cast.House, page: Job, now: datetime) -> None:
    handed = handing.hand_over(stage(page, "Build"), by=northlight.dev, now=now)
    for state in ("handed over", "done"):
        for verb in (work.begin, handing.hand_over):
            with pytest.raises(work.AlreadyDone):
                verb(stage(page, "Build"), by=northlight.dev, now=now)
        with pytest.raises(making.StageIsDone, match=f"“Build” is {state}"):
            making.change_stage(stage(page, "Build"), likely_hours=1, by=northlight.ben, now=now)
        if state == "handed over":
            handing.take(handed, by=northlight.ben, now=now)


def test_what_the_client_sent_back_opens_the_finish_again(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    for name in ("Write", "Build"):
        handed = handing.hand_over(
            stage(page, name), by=stage(page, name).owner or northlight.ben, now=now
        )
        handing.take(handed, by=northlight.ben, now=now)
    handing.hand_over(stage(page, "Check"), by=northlight.ben, now=now)
    assert Job.objects.get().state == Job.State.CLOSED
    finish = handing.finishing_of(page)
    assert finish is not None
    assert finish.name == "Check"

    handing.reopen(finish, by=None, reason="The phone number is old.", now=now)
    assert (states(page), Job.objects.get().state) == (["done", "done", "doing"], Job.State.OPEN)
    row = HandOver.objects.get(stage=finish)
    assert (row.state, row.reason, row.answered_by) == (
        "sent_back", "The phone number is old.", None,
    )  # fmt: skip
    # What is open already stays as it is, and what waited for it waits again.
    assert handing.reopen(finish, by=None, now=now).state == State.DOING
    assert kinds()[-1] == "stage.sent_back"
    handing.reopen(stage(page, "Build"), by=northlight.ben, now=now)
    assert states(page) == ["done", "doing", "doing"]
    assert list(chain.faults()) == []


def act(verb: str, on: Stage, handed: HandOver, by: Member, now: datetime) -> object:
    match verb:
        case "begin":
            return work.begin(on, by=by, now=now)
        case "hand_over":
            return handing.hand_over(on, by=by, now=now)
        case "take":
            return handing.take(handed, by=by, now=now)
        case _:
            return handing.send_back(handed, reason="No.", by=by, now=now)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("verb", ["begin", "hand_over", "take", "send_back"])
def test_what_the_table_does_not_name_is_refused_and_changes_nothing(
    northlight: cast.House, page: Job, now: datetime, verb: str, state: Stage.State
) -> None:
    check = stage(page, "Check")
    if state != State.WAITING:
        Stage.objects.exclude(pk=check.pk).update(state=State.DONE)
    handed = HandOver.objects.create(
        stage=check, number=1, handed_at=now, handed_by=northlight.dev,
        state="handed" if state == State.HANDED_OVER else "accepted",
    )  # fmt: skip
    Stage.objects.filter(pk=check.pk).update(
        state=state, done_at=now if state == State.DONE else None, owner=northlight.dev
    )
    sources, target = handing.MOVES[verb]
    if state in sources:
        act(verb, stage(page, "Check"), handed, northlight.ben, now)
        after = stage(page, "Check").state
        # Nobody sees this job over the line, so what is handed over is done at once.
        assert after == (State.DONE if verb == "hand_over" else target)
        return
    if verb == "begin" and state == State.DOING:
        assert work.begin(check, by=northlight.ben, now=now).state == State.DOING
        return
    with pytest.raises(Refused) as refused:
        act(verb, stage(page, "Check"), handed, northlight.ben, now)
    assert refused.value.kind == "conflict"
    assert stage(page, "Check").state == state


# ----- Stuck -------------------------------------------------------------------------------------


def at(day: int, hour: int = 15, minute: int = 10) -> datetime:
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def finish(northlight: cast.House, page: Job, now: datetime) -> Stage:
    """The check is ready since Wednesday 2 December, 15:10."""
    for name in ("Write", "Build"):
        handed = handing.hand_over(stage(page, name), by=northlight.ben, now=now)
        if handed.state == HandOver.State.HANDED:
            handing.take(handed, by=northlight.ben, now=now)
    return stage(page, "Check")


def test_a_finish_on_which_nothing_happens_for_two_working_days_is_stuck_once(
    northlight: cast.House, finish: Stage
) -> None:
    assert handing.stuck(now=at(4, 15, 9)) == []
    assert handing.stuck(now=at(4, 15, 10)) == [finish]
    assert handing.stuck(now=at(4, 16)) == []
    assert handing.stuck(now=at(7)) == []
    [event] = Event.objects.filter(kind=Event.Kind.STAGE_STUCK)
    assert (event.at, event.facts) == (at(4), {"since": "2026-12-02T15:10:00.000000+00:00"})

    # Something happens on Monday 7; Tuesday 8 is a holiday, so that Thursday 10 is two days later.
    checklist.add(finish, "Every link works", by=northlight.ben, now=at(7, 16))
    assert handing.stuck(now=at(10, 15, 59)) == []
    assert handing.stuck(now=at(10, 16)) == [finish]


def test_how_many_days_is_a_setting(northlight: cast.House, finish: Stage) -> None:
    house = northlight.organisation
    house.stuck_after_days = 1
    house.save()
    assert handing.stuck(now=at(3)) == [finish]


def test_what_waits_is_done_or_is_no_finish_is_not_stuck(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    assert handing.stuck(now=at(30)) == []
    Stage.objects.update(state=State.DONE)
    assert handing.stuck(now=at(30)) == []


def test_a_hand_over_that_nobody_answers_is_stuck_too(
    northlight: cast.House, finish: Stage, page: Job, now: datetime
) -> None:
    owning.propose(page, northlight.maya, by=northlight.maya, now=now)
    handing.hand_over(finish, by=northlight.ben, now=at(3))
    assert handing.stuck(now=at(7, 15, 9)) == []
    assert [row.state for row in handing.stuck(now=at(7))] == ["handed_over"]

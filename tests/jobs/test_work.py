"""Work goes on."""

from datetime import datetime, timedelta

import pytest
from tests import cast

from kept.jobs import handing, making, owners, owning, work
from kept.jobs.making import StageSketch
from kept.jobs.models import Job, Stage, StagePerson
from kept.ledger import chain
from kept.ledger.models import Event
from kept.tenancy.refusals import NotAllowed, Refused


def stories() -> list[object]:
    return [event.facts.get("what") for event in Event.objects.order_by("number")][2:]


def states(job: Job) -> list[str]:
    return [stage.state for stage in Stage.objects.filter(job=job)]


@pytest.fixture
def page(northlight: cast.House, now: datetime) -> Job:
    """Writing and building side by side, then a check that waits for both."""
    return making.make(
        title="Landing page",
        stages=[
            StageSketch("Write", 8, owner=northlight.maya),
            StageSketch("Build", 16, owner=northlight.dev, after=()),
            StageSketch("Check", 2, after=(1, 2)),
        ],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )


def test_hours_add_up_and_begin_a_stage(northlight: cast.House, page: Job, now: datetime) -> None:
    build = page.stages.get(name="Build")
    work.log_hours(build, 3, by=northlight.dev, now=now)
    work.log_hours(build, 1.5, by=northlight.dev, now=now + timedelta(hours=5))
    build.refresh_from_db()
    assert (build.state, build.spent_hours, build.begun_at) == ("doing", 4.5, now)
    assert stories() == ["begun", "hours", "hours"]


@pytest.mark.parametrize("hours", [-1, float("nan"), float("inf"), 20_001])
def test_absurd_hours_are_refused(
    northlight: cast.House, page: Job, now: datetime, hours: float
) -> None:
    build = page.stages.get(name="Build")
    for attempt in (
        lambda: work.log_hours(build, hours, by=northlight.dev, now=now),
        lambda: handing.hand_over(build, hours=hours, by=northlight.dev, now=now),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.field == "spent_hours"
    assert states(page) == ["ready", "ready", "waiting"]
    assert stories() == []


def test_hours_out_of_hours_are_part_of_the_hours(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    build = page.stages.get(name="Build")
    work.log_hours(build, 3, out_of_hours=1, by=northlight.dev, now=now)
    with pytest.raises(Refused, match="“Build” took 4 h: no more than that") as refused:
        work.log_hours(build, 1, out_of_hours=3.5, by=northlight.dev, now=now)
    assert refused.value.field == "out_of_hours"
    build.refresh_from_db()
    assert (build.spent_hours, build.out_of_hours) == (3, 1)


def test_who_begins_what_is_nobody_s_says_yes_to_it(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Stage.objects.filter(name="Build").update(owner=None)
    build = work.begin(page.stages.get(name="Build"), by=northlight.dev, now=now)
    assert build.owner == northlight.dev
    assert owners.said_when_accepted(build) == (16, now)
    assert list(chain.faults()) == []


def test_a_stage_that_waits_is_not_begun(northlight: cast.House, page: Job, now: datetime) -> None:
    check = page.stages.get(name="Check")
    for verb in (work.begin, handing.hand_over):
        with pytest.raises(work.NotReady, match="waits for “Write”, “Build”"):
            verb(check, by=northlight.ben, now=now)
    assert stories() == []


def test_work_that_was_only_asked_about_is_not_begun(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Job.objects.update(state=Job.State.DRAFT)
    with pytest.raises(work.NotReady):
        work.begin(page.stages.get(name="Build"), by=northlight.dev, now=now)


def test_a_stage_is_its_owner_s_its_people_s_or_a_lead_s_to_move(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    build = page.stages.get(name="Build")
    with pytest.raises(NotAllowed, match="“Build” is Dev’s"):
        work.begin(build, by=northlight.maya, now=now)
    with pytest.raises(NotAllowed):
        work.begin(build, by=northlight.gus, now=now)

    StagePerson.objects.create(stage=build, member=northlight.maya)
    work.begin(build, by=northlight.maya, now=now)
    handing.hand_over(build, by=northlight.ben, now=now)
    build.refresh_from_db()
    assert build.owner == northlight.dev


def test_who_leaves_hands_back_what_is_not_done(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    write, build, check = page.stages.all()
    StagePerson.objects.create(stage=check, member=northlight.dev)
    StagePerson.objects.create(stage=write, member=northlight.dev)
    handing.hand_over(write, by=northlight.maya, now=now)
    asked = owning.propose(check, northlight.dev, by=northlight.ben, now=now)

    handed_back = work.leave(northlight.dev, by=northlight.ada, now=now)

    assert handed_back == [build]
    assert Stage.objects.get(pk=build.pk).owner is None
    assert [row.stage for row in StagePerson.objects.all()] == [write]
    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert stories() == [None, None, None, "left"]
    assert list(chain.faults()) == []

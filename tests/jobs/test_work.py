"""Work goes on."""

from datetime import datetime, timedelta

import pytest
from tests import cast

from kept.jobs import making, work
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


def test_the_last_of_several_stages_waited_for_makes_the_next_one_ready(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    write, build, check = page.stages.all()
    assert states(page) == ["ready", "ready", "waiting"]

    work.begin(write, by=northlight.maya, now=now)
    assert states(page) == ["doing", "ready", "waiting"]
    work.finish(write, by=northlight.maya, now=now)
    assert states(page) == ["done", "ready", "waiting"]
    work.finish(build, spent_hours=18, by=northlight.dev, now=now)
    assert states(page) == ["done", "done", "ready"]
    assert Job.objects.get().state == Job.State.OPEN

    later = now + timedelta(days=2)
    work.finish(check, by=northlight.ben, now=later)
    assert Job.objects.get().state == Job.State.CLOSED
    check.refresh_from_db()
    assert (check.owner, check.begun_at, check.done_at) == (northlight.ben, later, later)
    build.refresh_from_db()
    assert build.spent_hours == 18
    assert stories() == ["begun", "done", "done", "done"]
    assert list(chain.faults()) == []


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
        lambda: work.finish(build, spent_hours=hours, by=northlight.dev, now=now),
    ):
        with pytest.raises(Refused) as refused:
            attempt()
        assert refused.value.field == "spent_hours"
    assert states(page) == ["ready", "ready", "waiting"]
    assert stories() == []


def test_a_stage_that_waits_is_not_begun(northlight: cast.House, page: Job, now: datetime) -> None:
    check = page.stages.get(name="Check")
    for verb in (work.begin, work.finish):
        with pytest.raises(work.NotReady, match="waits for “Write”, “Build”"):
            verb(check, by=northlight.ben, now=now)
    assert stories() == []


def test_work_that_was_only_asked_about_is_not_begun(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    Job.objects.update(state=Job.State.DRAFT)
    with pytest.raises(work.NotReady):
        work.begin(page.stages.get(name="Build"), by=northlight.dev, now=now)


def test_what_is_done_is_done(northlight: cast.House, page: Job, now: datetime) -> None:
    build = page.stages.get(name="Build")
    work.finish(build, by=northlight.dev, now=now)
    with pytest.raises(work.AlreadyDone):
        work.finish(build, by=northlight.dev, now=now)
    with pytest.raises(making.StageIsDone):
        making.change_stage(build, likely_hours=1, by=northlight.ben, now=now)
    assert stories() == ["done"]


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
    work.finish(build, by=northlight.ben, now=now)
    build.refresh_from_db()
    assert build.owner == northlight.dev


def test_who_leaves_hands_back_what_is_not_done(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    write, build, check = page.stages.all()
    StagePerson.objects.create(stage=check, member=northlight.dev)
    StagePerson.objects.create(stage=write, member=northlight.dev)
    work.finish(write, by=northlight.maya, now=now)

    handed_back = work.leave(northlight.dev, by=northlight.ada, now=now)

    assert handed_back == [build]
    assert Stage.objects.get(pk=build.pk).owner is None
    assert [row.stage for row in StagePerson.objects.all()] == [write]
    assert stories() == ["done", None, "left"]
    assert list(chain.faults()) == []

"""A job is made of what was asked."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests import cast

from kept.clients import catalogue
from kept.jobs import making
from kept.jobs.making import StageSketch
from kept.jobs.models import Assumption, Condition, Job, Obligation, Stage, StageAfter
from kept.ledger import chain
from kept.ledger.models import Event
from kept.people import staff
from kept.tenancy.refusals import NotAllowed, Refused


def stories() -> list[str]:
    return [str(event.kind) for event in Event.objects.order_by("number")][1:]


@pytest.fixture
def page(northlight: cast.House, now: datetime) -> Job:
    """Two days of building for the clinic, then a check."""
    return making.make(
        title="Landing page",
        client=northlight.clients["Harbour Clinic"],
        stages=[
            StageSketch("Build", 16, skill="build", owner=northlight.dev),
            StageSketch("Check", 2, finishing=True),
        ],
        state=Job.State.OPEN,
        by=northlight.ben,
        now=now,
    )


def test_a_two_day_job_is_one_stage(northlight: cast.House, now: datetime) -> None:
    job = making.make(
        title=" Menu  cards ", stages=[StageSketch("Menu cards", 16)], by=northlight.dev, now=now
    )
    stage = job.stages.get()
    assert (job.title, job.state, job.client, stage.state) == ("Menu cards", "draft", None, "ready")
    assert (stage.likely_hours, stage.low_hours, stage.position) == (16, None, 1)
    assert stories() == ["job.made"]


def test_a_job_made_stage_by_stage_keeps_all_of_it(northlight: cast.House, page: Job) -> None:
    build, check = page.stages.all()
    assert (build.owner, build.skill, build.state) == (
        northlight.dev,
        northlight.skills["build"],
        "ready",
    )
    assert (check.finishing, check.state) == (True, "waiting")
    assert [(tie.stage, tie.after) for tie in StageAfter.objects.all()] == [(check, build)]
    event = Event.objects.get(kind=Event.Kind.JOB_MADE)
    tie = StageAfter.objects.get()
    assert set(event.images) == {
        f"job:{page.pk}",
        f"stage:{build.pk}",
        f"stage:{check.pk}",
        f"stageafter:{tie.pk}",
    }
    assert list(chain.faults()) == []


def test_a_job_from_a_service_takes_its_stages(northlight: cast.House, now: datetime) -> None:
    service = catalogue.add_service(
        name="Landing page",
        stages=[StageSketch("Write", 8, skill="write"), StageSketch("Build", 16, after=())],
        by=northlight.ben,
        now=now,
    )
    job = making.make(title="Page", service=service, by=northlight.dev, now=now)
    assert making.sketches_of_job(job) == catalogue.sketches_of(service)
    assert [stage.state for stage in job.stages.all()] == ["ready", "ready"]


def test_named_people_and_owners_work_here(northlight: cast.House, now: datetime) -> None:
    staff.leave(northlight.dev, by=northlight.ada, now=now)
    northlight.dev.refresh_from_db()
    with pytest.raises(making.NotThere) as refused:
        making.make(
            title="Page",
            stages=[StageSketch("Build", 8, people=(northlight.maya, northlight.dev))],
            by=northlight.ben,
            now=now,
        )
    assert (refused.value.field, refused.value.sentence) == (
        "stages.1.people",
        "Dev has left, and cannot be named for “Build”.",
    )
    with pytest.raises(making.SkillNobodyHas):
        making.make(
            title="Page",
            stages=[StageSketch("Write", 8, skill="write", hands=2)],
            by=northlight.ben,
            now=now,
        )
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"stages": []}, "stages"),
        ({"stages": [StageSketch("a", float("inf"))]}, "stages.1.likely_hours"),
        ({"release_at": datetime(9999, 1, 1, tzinfo=UTC)}, "release_at"),
    ],
)
def test_a_job_that_cannot_be_is_refused_and_nothing_is_saved(
    northlight: cast.House, now: datetime, given: dict[str, object], field: str
) -> None:
    with pytest.raises(Refused) as refused:
        making.make(
            **{  # type: ignore[arg-type]
                "title": "Page",
                "stages": [StageSketch("Build", 1)],
                "by": northlight.dev,
                "now": now,
                **given,
            }
        )
    assert refused.value.field == field
    assert (Job.objects.count(), Stage.objects.count(), stories()) == (0, 0, [])


def test_stages_waiting_in_a_circle_are_refused(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(making.CircleAmongStages):
        making.make(
            title="Page",
            stages=[StageSketch("A", 1, after=(2,)), StageSketch("B", 1, after=(1,))],
            by=northlight.dev,
            now=now,
        )


def test_a_change_of_order_that_closes_a_circle_is_refused(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    build, _check = page.stages.all()
    with pytest.raises(making.CircleAmongStages) as refused:
        making.change_stage(build, after=(2,), by=northlight.ben, now=now)
    assert refused.value.sentence == (
        "These stages wait for each other, so that none could start: “Build” → “Check” → “Build”."
    )
    assert StageAfter.objects.count() == 1


def test_a_stage_is_changed_in_parts(northlight: cast.House, page: Job, now: datetime) -> None:
    _build, check = page.stages.all()
    making.change_stage(
        check,
        likely_hours=3,
        low_hours=2,
        high_hours=6,
        after=(),
        owner=northlight.maya,
        people=(northlight.ben,),
        by=northlight.ben,
        now=now,
    )
    check.refresh_from_db()
    assert (check.low_hours, check.likely_hours, check.high_hours) == (2, 3, 6)
    assert (check.owner, check.state, check.name) == (northlight.maya, "ready", "Check")
    assert [tie.member for tie in check.people.all()] == [northlight.ben]
    assert not StageAfter.objects.exists()
    assert stories() == ["job.made", "stage.changed"]

    with pytest.raises(Refused) as refused:
        making.change_stage(check, likely_hours=99, by=northlight.ben, now=now)
    assert refused.value.field == "likely_hours"


def test_a_stage_added_later_waits_for_the_last_one(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    stage = making.add_stage(page, StageSketch("Hand over", 1), by=northlight.ben, now=now)
    assert (stage.position, stage.state) == (3, "waiting")
    assert [tie.after.name for tie in stage.afters.all()] == ["Check"]
    with pytest.raises(making.CircleAmongStages):
        making.add_stage(page, StageSketch("Again", 1, after=(4,)), by=northlight.ben, now=now)


def test_a_closed_job_takes_nothing_more(northlight: cast.House, page: Job, now: datetime) -> None:
    making.change_job(page, state=Job.State.CLOSED, by=northlight.ben, now=now)
    for attempt in (
        lambda: making.add_stage(page, StageSketch("More", 1), by=northlight.ben, now=now),
        lambda: making.record_assumption(page, "Photos are there.", by=northlight.ben, now=now),
    ):
        with pytest.raises(making.JobIsClosed):
            attempt()
    assert stories() == ["job.made", "job.changed"]


def test_what_others_owe_is_recorded_and_met_once(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    build = page.stages.get(name="Build")
    due = now + timedelta(days=3)
    owed = making.record_obligation(
        page, what="Photos", due_at=due, stage=build, by=northlight.ben, now=now
    )
    fonts = making.record_inbound(
        page, who="Type house", what="Fonts", due_at=due, by=northlight.ben, now=now
    )
    making.meet_obligation(owed, by=northlight.ben, now=now)
    making.meet_obligation(owed, by=northlight.ben, now=now + timedelta(days=1))
    making.meet_inbound(fonts, by=northlight.ben, now=now)

    owed = Obligation.objects.get()
    assert (owed.stage, owed.due_at, owed.met_at) == (build, due, now)
    assert not fonts.backed
    assert stories() == [
        "job.made",
        "obligation.recorded",
        "inbound.recorded",
        "obligation.met",
        "inbound.met",
    ]


def test_conditions_and_assumptions_are_lines_of_a_job(
    northlight: cast.House, page: Job, now: datetime
) -> None:
    for text in ("Loads in one second.", "Booking works on a phone."):
        making.add_condition(page, text, by=northlight.ben, now=now)
    assumption = making.record_assumption(
        page, "The clinic sends photos.", by=northlight.ben, now=now
    )
    making.break_assumption(assumption, by=northlight.ben, now=now)
    making.break_assumption(assumption, by=northlight.ben, now=now)

    assert [(row.position, row.required) for row in Condition.objects.all()] == [
        (1, True),
        (2, True),
    ]
    assert Assumption.objects.get().broke_at == now
    assert stories() == [
        "job.made",
        "job.changed",
        "job.changed",
        "assumption.recorded",
        "assumption.broke",
    ]
    assert "photos" not in str([event.images for event in Event.objects.all()])
    for text in ("", "x" * 301, "\x00"):
        with pytest.raises(Refused):
            making.add_condition(page, text, by=northlight.ben, now=now)


def test_a_guest_makes_no_jobs(northlight: cast.House, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        making.make(title="Page", stages=[StageSketch("a", 1)], by=northlight.gus, now=now)


def test_the_database_itself_refuses_effort_out_of_order(northlight: cast.House, page: Job) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        page.stages.update(low_hours=9, likely_hours=8, high_hours=10)

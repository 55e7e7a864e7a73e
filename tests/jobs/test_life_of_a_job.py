"""Whatever is done to a job, in whatever order: its stages make sense, its ledger is whole."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests import cast

from kept.clients import catalogue
from kept.custody import verifying
from kept.jobs import making, work
from kept.jobs.making import StageSketch
from kept.jobs.models import Job, Stage
from kept.tenancy.refusals import Refused

WHO = ("ben", "dev", "maya")
Act = Callable[[Job, cast.House, datetime], object]


def stage_of(job: Job, place: int) -> Stage:
    stages = list(job.stages.all())
    return stages[place % len(stages)]


def begin(place: int, who: str) -> Act:
    return lambda job, house, now: work.begin(stage_of(job, place), by=house.people[who], now=now)


def log(place: int, who: str) -> Act:
    return lambda job, house, now: work.log_hours(
        stage_of(job, place), 1.5, by=house.people[who], now=now
    )


def finish(place: int, who: str) -> Act:
    return lambda job, house, now: work.finish(stage_of(job, place), by=house.people[who], now=now)


def reorder(place: int, after: set[int]) -> Act:
    return lambda job, house, now: making.change_stage(
        stage_of(job, place), after=tuple(after), by=house.ben, now=now
    )


def name(place: int, who: str, helper: str) -> Act:
    return lambda job, house, now: making.change_stage(
        stage_of(job, place),
        owner=house.people[who],
        people=(house.people[helper],),
        by=house.ben,
        now=now,
    )


def add(after: set[int] | None) -> Act:
    return lambda job, house, now: making.add_stage(
        job,
        StageSketch("More", 2, after=None if after is None else tuple(after)),
        by=house.ben,
        now=now,
    )


def leave(who: str) -> Act:
    return lambda _job, house, now: work.leave(house.people[who], by=house.ada, now=now)


places = st.integers(0, 4)
positions = st.sets(st.integers(1, 5), max_size=3)
acts = st.one_of(
    st.builds(begin, places, st.sampled_from(WHO)),
    st.builds(log, places, st.sampled_from(WHO)),
    st.builds(finish, places, st.sampled_from(WHO)),
    st.builds(reorder, places, positions),
    st.builds(name, places, st.sampled_from(WHO), st.sampled_from(WHO)),
    st.builds(add, st.none() | positions),
    st.builds(leave, st.sampled_from(WHO)),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=st.lists(acts, max_size=14))
def test_stages_make_sense_after_whatever_was_done(
    northlight: cast.House, now: datetime, deeds: list[Act]
) -> None:
    _read_anew(northlight)
    with transaction.atomic():
        job = making.make(
            title="Landing page",
            stages=[StageSketch("Write", 8), StageSketch("Build", 16), StageSketch("Check", 2)],
            state=Job.State.OPEN,
            by=northlight.ben,
            now=now,
        )
        for minute, act in enumerate(deeds, start=1):
            _read_anew(northlight)
            with suppress(Refused):  # an answer too, which must leave nothing behind
                act(job, northlight, now + timedelta(minutes=minute))
            _makes_sense(job)
        faults = [f for f in verifying.verify().faults if _of_this_test(f)]
        transaction.set_rollback(True)
    assert faults == []


def _read_anew(house: cast.House) -> None:
    for member in house.people.values():
        member.refresh_from_db()


def _makes_sense(job: Job) -> None:
    stages = list(job.stages.prefetch_related("afters__after"))
    waiting: dict[int, set[int]] = {
        stage.position: {tie.after.position for tie in stage.afters.all()} for stage in stages
    }
    assert catalogue.circle_among(waiting) == []
    done = {stage.position for stage in stages if stage.state == Stage.State.DONE}
    for stage in stages:
        if stage.state in (Stage.State.WAITING, Stage.State.READY):
            assert (stage.state == Stage.State.READY) == (waiting[stage.position] <= done)
        if stage.state == Stage.State.DONE:
            assert waiting[stage.position] <= done
            assert stage.done_at is not None
        assert stage.owner is None or stage.owner.left_at is None or stage.position in done
    job.refresh_from_db()
    assert (job.state == Job.State.CLOSED) == (len(done) == len(stages))


def _of_this_test(fault: Any) -> bool:
    """Rows that the cast wrote past the verbs are no business of this test."""
    return fault.place.split()[0] in {"job", "stage", "stageafter", "stageperson", "event", "the"}


def test_the_rows_that_are_checked_are_there(northlight: cast.House) -> None:
    """The names in the filter above are those of tables."""
    tables = {model._meta.model_name for model in verifying.rebuilt()}
    assert {"job", "stage", "stageafter", "stageperson"} <= tables

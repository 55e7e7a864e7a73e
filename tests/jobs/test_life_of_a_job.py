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
from kept.jobs import checklist, handing, making, owners, owning, work
from kept.jobs.making import StageSketch
from kept.jobs.models import HandOver, Job, Responsibility, Stage
from kept.tenancy.refusals import Refused

WHO = ("ben", "dev", "maya")
TABLES = {
    "job", "stage", "stageafter", "stageperson", "responsibility", "handover", "checkitem",
}  # fmt: skip
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
    return lambda job, house, now: handing.hand_over(
        stage_of(job, place), hours=1, by=house.people[who], now=now
    )


def answer_hand_over(place: int, who: str, taken: bool) -> Act:
    def act(job: Job, house: cast.House, now: datetime) -> object:
        handed = HandOver.objects.filter(stage=stage_of(job, place)).order_by("-number").first()
        if handed is None:
            return None
        if taken:
            return handing.take(handed, by=house.people[who], now=now)
        return handing.send_back(handed, reason="Not yet.", by=house.people[who], now=now)

    return act


def reopen() -> Act:
    def act(job: Job, _house: cast.House, now: datetime) -> object:
        finish = handing.finishing_of(job)
        assert finish is not None
        return handing.reopen(finish, by=None, now=now)

    return act


def propose(place: int | None, who: str, to: str) -> Act:
    return lambda job, house, now: owning.propose(
        job if place is None else stage_of(job, place),
        house.people[to],
        by=house.people[who],
        now=now,
    )


def answer(number: int, verb: str, by_the_asked: bool) -> Act:
    def act(job: Job, house: cast.House, now: datetime) -> object:
        rows = list(Responsibility.objects.filter(job=job).select_related("member", "job", "stage"))
        if not rows:
            return None
        row = rows[number % len(rows)]
        said: dict[str, Any] = {"hours": 3} if verb == "counter" else {}
        who = row.member if by_the_asked else house.ben
        return getattr(owning, verb)(row, by=who, now=now, **said)

    return act


def check(place: int, who: str, deed: str) -> Act:
    def act(job: Job, house: cast.House, now: datetime) -> object:
        stage = stage_of(job, place)
        item = stage.checks.first()
        if deed == "add" or item is None:
            return checklist.add(stage, "Every link works", by=house.people[who], now=now)
        verb = checklist.done if deed == "done" else checklist.reopen
        return verb(item, by=house.people[who], now=now)

    return act


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
    st.builds(answer_hand_over, places, st.sampled_from(WHO), st.booleans()),
    st.builds(reopen),
    st.builds(propose, st.none() | places, st.sampled_from(WHO), st.sampled_from(WHO)),
    st.builds(answer, places, st.sampled_from(list(owning.MOVES)), st.booleans()),
    st.builds(check, places, st.sampled_from(WHO), st.sampled_from(["add", "done", "reopen"])),
    st.builds(reorder, places, positions),
    st.builds(name, places, st.sampled_from(WHO), st.sampled_from(WHO)),
    st.builds(add, st.none() | positions),
    st.builds(leave, st.sampled_from(WHO)),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(deeds=st.lists(acts, max_size=20))
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
        assert (stage.state == Stage.State.DONE) == (stage.done_at is not None)
        over = stage.state in handing.OVER
        assert stage.owner is None or stage.owner.left_at is None or over
        handed = [row.state for row in stage.hand_overs.all()]
        assert handed.count("handed") == (stage.state == Stage.State.HANDED_OVER)
        assert (handed[-1:] == ["accepted"]) == (stage.state == Stage.State.DONE)
        assert sum(row.hours for row in stage.hand_overs.all()) <= stage.spent_hours + 1e-6
        if over:
            assert all(item.done_at is not None for item in stage.checks.all())
    _asked_make_sense(job)
    job.refresh_from_db()
    assert (job.state == Job.State.CLOSED) == (len(done) == len(stages))


def _asked_make_sense(job: Job) -> None:
    """One question at a time about each part, none to who left, none about what is over."""
    live = Responsibility.objects.filter(job=job, state__in=Responsibility.LIVE)
    rows = list(live.select_related("stage", "member"))
    assert len({row.stage_id for row in rows}) == len(rows)
    for row in rows:
        assert row.member.left_at is None
        assert row.stage is None or row.stage.state not in handing.OVER
    for gap in owners.gaps(job):
        assert gap.stage is None or gap.stage.state not in handing.OVER


def _of_this_test(fault: Any) -> bool:
    """Rows that the cast wrote past the verbs are no business of this test."""
    return fault.place.split()[0] in {*TABLES, "event", "the"}


def test_the_rows_that_are_checked_are_there(northlight: cast.House) -> None:
    """The names in the filter above are those of tables."""
    tables = {model._meta.model_name for model in verifying.rebuilt()}
    assert tables >= TABLES

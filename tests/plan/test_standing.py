"""How promises stand: overdue by the clock, at risk below the line, else on track."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.quotes.test_checking import SURE, end_of, given

from kept import engine
from kept.jobs import making
from kept.jobs.models import Stage
from kept.ledger.models import Event
from kept.people import staff
from kept.plan import loading, outlook, standing
from kept.plan.models import Outlook, Snapshot
from kept.promises.models import Promise
from kept.tenancy import scope

pytestmark = pytest.mark.usefixtures("one_builder")


def shown(now: datetime) -> list[tuple[str, str, int | None]]:
    """Client's promise, state and slack, as Today lists them."""
    return [
        (row.promise.job.title, str(row.state), row.slack_days)
        for row in standing.standings(now=now)
    ]


def titled(promise: Promise, title: str) -> Promise:
    promise.job.title = title
    promise.job.save()
    return promise


def test_promises_stand_by_what_needs_someone_first_then_by_least_slack(
    northlight: cast.House, now: datetime
) -> None:
    titled(given(northlight, 8, end_of(11), now), "Roomy")
    titled(given(northlight, 8, end_of(4), now), "Close")
    titled(given(northlight, 40, end_of(7), now), "Short")
    late = given(northlight, 2, end_of(3), now)
    titled(late, "Late")
    Promise.objects.filter(pk=late.pk).update(due_at=end_of(1))
    outlook.refresh(by=None, now=now)

    # Late comes first (2 h), then Close, then Short, which is 40 h of work: Wed 0:50 (after
    # Late), Thu … Close takes 8 h of them, so Short ends on Fri 11 and Roomy on Mon 14.
    assert shown(now) == [
        ("Late", "overdue", -1),
        ("Short", "at-risk", -3),
        ("Roomy", "at-risk", -1),
        ("Close", "on-track", 1),
    ]


def test_the_newest_outlook_is_kept_with_all_that_is_needed_to_compute_it_again(
    northlight: cast.House, now: datetime
) -> None:
    promise = given(northlight, 8, end_of(3), now)
    row = outlook.refresh(by=northlight.ben, now=now)[0]

    loaded = loading.load(now=now)
    assert (row.promise_id, row.chance, row.seed, row.plan_fingerprint) == (
        promise.pk,
        SURE,
        scope.current().pk,
        loaded.fingerprint,
    )
    assert loading.kept_plan(row.snapshot) == loaded.plan
    assert Event.objects.latest("number").facts["chances"] == [[promise.pk, round(row.chance, 4)]]


def test_an_unchanged_plan_is_not_forecast_again_until_a_day_has_passed(
    northlight: cast.House, now: datetime
) -> None:
    given(northlight, 8, end_of(11), now)
    soon = now + timedelta(hours=3)
    tomorrow = now + timedelta(hours=21)

    assert len(outlook.refresh_if_changed(by=None, now=now)) == 1
    assert outlook.refresh_if_changed(by=None, now=soon) == []
    assert len(outlook.refresh_if_changed(by=None, now=tomorrow)) == 1
    given(northlight, 1, end_of(11), tomorrow)
    assert len(outlook.refresh_if_changed(by=None, now=tomorrow)) == 2
    assert Outlook.objects.count() == 4
    assert Snapshot.objects.count() == 3


def test_a_promise_that_nobody_can_do_has_no_outlook_and_is_not_called_on_track(
    northlight: cast.House, now: datetime
) -> None:
    given(northlight, 8, end_of(11), now)
    staff.change_member(northlight.dev, by=northlight.ada, now=now, does_work=False)

    loaded = loading.load(now=now)

    assert outlook.refresh(by=None, now=now) == []
    assert list(loaded.cannot.values()) == ["“Build” needs 1 who can do it, and there are 0"]
    assert shown(now) == [("Shelves", "unknown", None)]


def test_a_part_that_is_done_is_not_planned_again(northlight: cast.House, now: datetime) -> None:
    promise = given(northlight, 8, end_of(3), now)
    stage = promise.job.stages.get()
    Stage.objects.filter(pk=stage.pk).update(spent_hours=6)

    entries = loading.load(now=now).plan["stages"]
    assert [(entry["id"], entry.get("spent")) for entry in entries] == [(f"s{stage.pk}", 6.0)]

    Stage.objects.filter(pk=stage.pk).update(state=Stage.State.DONE)
    assert loading.load(now=now).plan["stages"] == []


def test_what_a_client_owes_holds_the_work_back_until_it_is_met(
    northlight: cast.House, now: datetime
) -> None:
    promise = given(northlight, 8, end_of(11), now)
    owed = making.record_obligation(
        promise.job, what="Photos", due_at=end_of(4), by=northlight.ben, now=now
    )
    before = outlook.refresh(by=None, now=now)[0]
    row = standing.standings(now=now)[0]
    assert row.waiting_for == owed
    # Nothing is built before the photos: due Friday evening, a day late on average.
    assert before.finish_50_at is not None
    assert before.finish_50_at >= end_of(7) - timedelta(hours=4)

    making.meet_obligation(owed, by=northlight.ben, now=now)
    after = outlook.refresh(by=None, now=now)[0]
    assert after.finish_50_at == end_of(3) - timedelta(hours=2, minutes=50)


def test_what_is_overdue_from_a_client_is_not_another_plan_with_every_minute(
    northlight: cast.House, now: datetime
) -> None:
    promise = given(northlight, 8, end_of(18), now)
    making.record_obligation(
        promise.job, what="Photos", due_at=now - timedelta(days=9), by=northlight.ben, now=now
    )
    assert len(outlook.refresh_if_changed(by=None, now=now)) == 1

    for later in (timedelta(minutes=1), timedelta(hours=3)):
        assert outlook.refresh_if_changed(by=None, now=now + later) == []
    assert len(outlook.refresh_if_changed(by=None, now=now + timedelta(hours=10))) == 1


def test_what_is_overdue_comes_as_late_from_now_as_if_it_were_due_now(
    northlight: cast.House, now: datetime
) -> None:
    promise = given(northlight, 8, end_of(18), now)
    making.record_obligation(
        promise.job, what="Photos", due_at=now - timedelta(days=9), by=northlight.ben, now=now
    )
    plan = loading.load(now=now).plan
    arrives = next(entry["arrives"] for entry in plan["stages"] if "arrives" in entry)
    assert arrives["by"] == "2026-12-02T00:00+00:00"
    finishes = []
    for by in (arrives["by"], loading.minute(now)):
        arrives["by"] = by
        situation = engine.Situation.from_document(plan)
        futures = engine.simulate(situation, futures=1000, seed=1)
        finishes.append([futures.quantile(f"j{promise.job_id}", q / 20) for q in range(1, 20)])

    # The law forgets how long one has waited: to the minute, but for rounding.
    assert all(abs(a - b) <= 1 for a, b in zip(*finishes, strict=True))


@pytest.mark.parametrize("count", [1, 3])
def test_reading_takes_the_same_queries_for_one_promise_and_for_three(
    northlight: cast.House, now: datetime, count: int
) -> None:
    for _ in range(count):
        given(northlight, 1, end_of(11), now)
    outlook.refresh(by=None, now=now)
    with CaptureQueriesContext(connection) as read:
        standing.standings(now=now)
    with CaptureQueriesContext(connection) as loaded:
        loading.load(now=now)
    assert (len(read), len(loaded)) == (4, 13)

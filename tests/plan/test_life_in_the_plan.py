"""What a promise's state means for the plan: paused, pending, delivered."""

from datetime import datetime, timedelta
from typing import Any

from tests import cast
from tests.quotes.test_checking import end_of, given

from kept.jobs import making
from kept.jobs.models import Stage
from kept.plan import loading, outlook
from kept.plan.loading import Loaded
from kept.plan.models import Outlook
from kept.promises import delivering, pausing
from kept.promises.models import Promise
from kept.promises.telling import InPerson


def entry(loaded: Loaded, promise: Promise) -> Any:
    name = f"j{promise.job_id}"
    return next((row for row in loaded.plan["promises"] if row["id"] == name), None)


def test_a_paused_promise_is_due_later_by_the_days_its_clock_has_stood(
    one_builder: cast.House, now: datetime
) -> None:
    house = one_builder
    promise = given(house, 8, end_of(10), now)
    owed = making.record_obligation(promise.job, what="photos", due_at=now, by=house.ben, now=now)
    pausing.pause(promise, obligation=owed, in_person=InPerson(), by=house.ben, now=now)
    today = loading.load(now=now)
    assert entry(today, promise)["due"] == "2026-12-10T18:00+00:00"
    # Friday morning: Wednesday from 15:10 and Thursday stood, 2 h 50 and nine hours.
    friday = now + timedelta(days=2) - timedelta(hours=5)
    later = loading.load(now=friday)
    assert entry(later, promise)["due"] == "2026-12-14T11:50+00:00"
    assert later.due_of(Promise.objects.get()) == datetime.fromisoformat("2026-12-14T11:50+00:00")
    outlook.refresh(by=None, now=friday)
    assert Outlook.objects.latest("pk").due_at == later.due_of(promise)


def test_pending_work_takes_capacity_like_any_other(one_builder: cast.House, now: datetime) -> None:
    promise = given(one_builder, 8, end_of(10), now)
    before = entry(loading.load(now=now), promise)
    Promise.objects.filter(pk=promise.pk).update(state=Promise.State.PENDING)
    assert entry(loading.load(now=now), promise) == before


def test_delivered_work_is_off_the_plate_until_it_is_sent_back(
    one_builder: cast.House, now: datetime
) -> None:
    house = one_builder
    promise = given(house, 8, end_of(10), now)
    Stage.objects.filter(job=promise.job).update(state="done", done_at=now, spent_hours=7)
    delivery = delivering.deliver(promise, by=house.ben, now=now)
    assert entry(loading.load(now=now), promise) is None
    delivering.send_back(delivery, by=house.ben, now=now, reason="It creaks.")
    loaded = loading.load(now=now)
    assert entry(loaded, promise)["due"] == "2026-12-10T18:00+00:00"
    assert [row["spent"] for row in loaded.plan["stages"]] == [7]

"""What open work took so far is a lower bound: learned from for a while, then asked about."""

from datetime import datetime, timedelta

from tests import cast
from tests.past.test_learning import stage
from tests.past.test_profiles import past

from kept.custody import verifying
from kept.jobs.models import Stage
from kept.past import open_work, profiles


def begun(house: cast.House, now: datetime, *, days: int, spent: float) -> Stage:
    row = stage(house, now)
    row.state, row.begun_at, row.spent_hours = Stage.State.DOING, now - timedelta(days=days), spent
    row.save()
    return row


def test_a_profile_takes_open_work_as_at_least_that_much(
    northlight: cast.House, now: datetime
) -> None:
    past(60, ratio=1.0, now=now)
    past(20, ratio=3.0, now=now)
    before = profiles.refit(by=northlight.ada, now=now)
    usual = profiles.current(now).ratios(estimate=16).quantiles
    for _each in range(8):
        begun(northlight, now, days=20, spent=40)
    after = profiles.refit(by=northlight.ada, now=now)
    assert after.version != before.version
    later = profiles.current(now).ratios(estimate=16).quantiles
    assert (later >= usual).all()
    assert later.mean() > usual.mean()
    assert (after.items, len(after.open_work)) == (80, 8)


def test_another_process_makes_the_same_version_from_what_was_kept(
    northlight: cast.House, now: datetime
) -> None:
    past(30, ratio=1.5, now=now)
    row = begun(northlight, now, days=20, spent=40)
    made = profiles.refit(by=northlight.ada, now=now)
    assert made.open_work == [
        [
            row.pk, northlight.dev.pk, row.job.service_id, northlight.skills["build"].pk,
            northlight.clients["Harbour Clinic"].pk, 16.0, 40.0, (now.date().toordinal() - 20),
        ]
    ]  # fmt: skip
    row.spent_hours = 60  # worked on since: the version stays what it was
    row.save()
    profiles._profiles.clear()
    assert profiles.current(now).version == made.version


def test_stages_open_for_long_are_asked_about(northlight: cast.House, now: datetime) -> None:
    old = begun(northlight, now, days=200, spent=4)
    middle = begun(northlight, now, days=61, spent=4)
    begun(northlight, now, days=59, spent=4)
    begun(northlight, now, days=300, spent=0)
    done = begun(northlight, now, days=300, spent=9)
    Stage.objects.filter(pk=done.pk).update(state=Stage.State.DONE)
    handed = begun(northlight, now, days=100, spent=9)
    Stage.objects.filter(pk=handed.pk).update(state=Stage.State.HANDED_OVER)
    assert list(open_work.for_long(now)) == [old, middle]
    assert [each[0] for each in open_work.known(now)][:1] == [middle.pk]
    assert old.pk not in {each[0] for each in open_work.known(now)}


def test_what_was_open_is_part_of_the_events(northlight: cast.House, now: datetime) -> None:
    begun(northlight, now, days=20, spent=40.125)
    profiles.refit(by=northlight.ada, now=now)
    faults = [fault for fault in verifying.verify().faults if "durationprofile" in fault.place]
    assert faults == []

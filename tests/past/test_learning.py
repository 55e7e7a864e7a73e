"""A stage that was handed over joins the past, and the past is learned anew."""

from datetime import datetime, timedelta

import pytest
from tests import cast
from tests.past.test_profiles import past

from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.clients.models import Service
from kept.custody import verifying
from kept.engine import lenses
from kept.jobs import making
from kept.jobs.models import Job, Stage
from kept.past import learning, profiles
from kept.past.models import Backtest, DurationProfile, PastItem, SourceName
from kept.tenancy.refusals import Refused


def stage(house: cast.House, now: datetime, *, hours: float = 16, owner: str = "dev") -> Stage:
    """One stage of a website for Harbour Clinic, which the catalogue sells."""
    made = now - timedelta(days=8)
    service = Service.objects.filter(name="Website").first()
    if service is None:
        service = catalogue.add_service(
            name="Website", stages=[StageSketch("Build", 16)], by=house.ada, now=made
        )
    job = making.make(
        title="Clinic site",
        client=house.clients["Harbour Clinic"],
        service=service,
        stages=[StageSketch("Build", hours, skill="build", owner=house.people[owner])],
        state=Job.State.OPEN,
        by=house.ben,
        now=made,
    )
    return Stage.objects.select_related("job").get(job=job)


def test_a_handed_over_stage_becomes_a_piece_of_the_past(
    northlight: cast.House, now: datetime
) -> None:
    handed = stage(northlight, now)
    item = learning.learn_from(handed, actual_hours=24, by=northlight.dev, now=now)
    assert item is not None
    assert (item.estimate_hours, item.actual_hours) == (16, 24)
    assert (item.estimated_at, item.finished_at) == (now - timedelta(days=8), now)
    assert (item.person.member, item.subkind.skill) == (northlight.dev, northlight.skills["build"])
    assert (item.kind.service, item.project.client) == (handed.job.service, handed.job.client)
    assert learning.stage_of(item.external_id) == handed.pk


def test_learning_makes_a_new_version_and_the_old_one_keeps_its_name(
    northlight: cast.House, now: datetime
) -> None:
    before = profiles.refit(by=northlight.ada, now=now - timedelta(days=1))
    learning.learn_from(stage(northlight, now), actual_hours=24, by=northlight.dev, now=now)
    old, new = DurationProfile.objects.all()
    assert (old.version, old.items, new.items) == (before.version, 0, 1)
    assert new.version != old.version
    assert profiles.current(now - timedelta(hours=1)).finished_items == 0
    assert profiles.current(now).version == new.version


def test_the_estimate_learned_is_the_one_that_was_accepted(
    northlight: cast.House, now: datetime
) -> None:
    accepted = now - timedelta(days=5)
    item = learning.learn_from(
        stage(northlight, now, hours=30),
        actual_hours=24,
        estimate_hours=16,
        estimated_at=accepted,
        by=northlight.dev,
        now=now,
    )
    assert item is not None
    assert (item.estimate_hours, item.estimated_at) == (16, accepted)


def test_a_stage_handed_over_again_replaces_what_it_taught(
    northlight: cast.House, now: datetime
) -> None:
    handed = stage(northlight, now)
    learning.learn_from(handed, actual_hours=20, by=northlight.dev, now=now)
    first = profiles.current(now).version
    later = now + timedelta(hours=3)
    learning.learn_from(handed, actual_hours=26, by=northlight.dev, now=later)
    assert list(PastItem.objects.values_list("actual_hours", flat=True)) == [26]
    assert profiles.current(later).version != first


def test_a_stage_sent_back_is_forgotten_until_it_is_handed_over_again(
    northlight: cast.House, now: datetime
) -> None:
    handed = stage(northlight, now)
    learning.learn_from(handed, actual_hours=20, by=northlight.dev, now=now)
    learning.forget(handed, by=northlight.maya, now=now)
    assert profiles.current(now).finished_items == 0
    learning.forget(handed, by=northlight.maya, now=now)
    assert DurationProfile.objects.count() == 2


def test_without_hours_nothing_is_learned(northlight: cast.House, now: datetime) -> None:
    handed = stage(northlight, now)
    assert learning.learn_from(handed, actual_hours=0, by=northlight.dev, now=now) is None
    assert (PastItem.objects.count(), DurationProfile.objects.count()) == (0, 0)
    with pytest.raises(Refused):
        learning.learn_from(handed, actual_hours=-1, by=northlight.dev, now=now)


def test_a_stage_and_imported_work_of_the_same_person_know_each_other(
    northlight: cast.House, now: datetime
) -> None:
    dev = SourceName.objects.create(role="person", name="d.evans", member=northlight.dev)
    SourceName.objects.create(role="subkind", name="build")
    item = learning.learn_from(stage(northlight, now), actual_hours=9, by=northlight.dev, now=now)
    assert item is not None
    assert item.person == dev
    # A name from a file that means nobody yet is not taken over: a lead says what it means.
    assert item.subkind is not None
    assert (item.subkind.name, item.subkind.skill) == ("build (2)", northlight.skills["build"])


def test_a_large_past_is_learned_anew_later_and_until_then_its_version_stays_what_it_was(
    northlight: cast.House, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    past(5, ratio=2.0, now=now)
    row = profiles.refit(by=northlight.ada, now=now)
    monkeypatch.setattr(learning, "SMALL", 3)
    soon = now + timedelta(minutes=20)
    learning.learn_from(stage(northlight, now), actual_hours=9, by=northlight.dev, now=soon)
    assert DurationProfile.objects.count() == 1
    profiles._profiles.clear()  # as in another process
    assert profiles.current(soon).version == row.version
    assert learning.catch_up(now=soon) is None
    later = now + timedelta(hours=2)
    caught_up = learning.catch_up(now=later)
    assert caught_up is not None
    assert caught_up.items == 6
    assert learning.catch_up(now=later + timedelta(days=1)) is None


def test_a_house_learns_anew_once_when_the_method_of_learning_has_changed(
    northlight: cast.House, now: datetime
) -> None:
    past(30, ratio=2.0, now=now)
    row = profiles.refit(by=northlight.ada, now=now)
    assert row.version.startswith(f"{lenses.METHOD_VERSION}-")
    # As an earlier method named it.
    DurationProfile.objects.filter(pk=row.pk).update(version="0123456789abcdef")
    soon, later = now + timedelta(minutes=20), now + timedelta(hours=2)
    assert learning.catch_up(now=soon) is None
    anew = learning.catch_up(now=later)
    assert anew is not None
    assert anew.version.startswith(f"{lenses.METHOD_VERSION}-")
    assert (anew.items, Backtest.objects.filter(profile=anew).count()) == (30, 1)
    # The version that answers named stays.
    assert list(DurationProfile.objects.values_list("version", flat=True)) == [
        "0123456789abcdef",
        anew.version,
    ]
    assert learning.catch_up(now=later + timedelta(days=1)) is None


def test_nothing_learned_leaves_the_ledger_unexplained(
    northlight: cast.House, now: datetime
) -> None:
    handed = stage(northlight, now)
    learning.learn_from(handed, actual_hours=20, by=northlight.dev, now=now)
    learning.learn_from(handed, actual_hours=21, by=northlight.dev, now=now)
    learning.forget(handed, by=northlight.ben, now=now)
    learning.learn_from(handed, actual_hours=22, by=northlight.dev, now=now)
    faults = verifying.verify().faults
    tables = {"pastitem", "sourcename", "durationprofile", "backtest", "backteststretch"}
    assert [fault for fault in faults if fault.place.split()[0] in tables] == []
    assert Backtest.objects.count() == 4

"""What is learned is versioned, kept in memory, and knows people and services by their rows."""

from datetime import UTC, datetime, timedelta

from tests import cast

from kept.ledger.models import Event
from kept.past import profiles
from kept.past.models import DurationProfile, PastItem, SourceName
from kept.tenancy import scope


def past(count: int, *, ratio: float, now: datetime, **names: SourceName) -> None:
    start = PastItem.objects.count()
    PastItem.objects.bulk_create(
        PastItem(
            external_id=f"{start + number}",
            estimate_hours=10,
            actual_hours=10 * ratio,
            estimated_at=now - timedelta(days=40 + number),
            finished_at=now - timedelta(days=10 + number),
            **names,
        )
        for number in range(count)
    )


def test_before_any_past_the_day_one_spread_is_assumed(
    northlight: cast.House, now: datetime
) -> None:
    profile = profiles.current(now)
    assert profile.finished_items == 0
    assert profiles.current(now) is not None


def test_a_new_profile_is_a_row_an_event_and_a_version(
    northlight: cast.House, now: datetime
) -> None:
    past(30, ratio=2.0, now=now)
    row = profiles.refit(by=northlight.ada, now=now)
    assert (row.items, row.made_at) == (30, now)
    assert row.learned_until_at == now - timedelta(days=10)
    profile = profiles.current(now)
    assert (profile.version, profile.finished_items) == (row.version, 30)
    event = Event.objects.latest("number")
    assert (event.kind, event.facts) == (Event.Kind.PROFILE_FITTED, {"items": 30})


def test_the_same_past_gives_the_same_version_and_is_computed_once(
    northlight: cast.House, now: datetime
) -> None:
    past(5, ratio=2.0, now=now)
    first = profiles.refit(by=northlight.ada, now=now)
    assert profiles.current(now) is profiles.current(now + timedelta(days=3))
    assert profiles.refit(by=northlight.ada, now=now).version == first.version
    past(1, ratio=1.0, now=now)
    assert profiles.refit(by=northlight.ada, now=now).version != first.version


def test_an_earlier_moment_is_answered_by_the_profile_of_then(
    northlight: cast.House, now: datetime
) -> None:
    past(5, ratio=2.0, now=now)
    profiles.refit(by=northlight.ada, now=now)
    past(5, ratio=2.0, now=now)
    later = now + timedelta(days=1)
    profiles.refit(by=northlight.ada, now=later)
    assert profiles.current(now).finished_items == 5
    assert profiles.current(later).finished_items == 10
    assert DurationProfile.objects.count() == 2


def test_work_without_a_day_teaches_as_if_it_were_one_half_life_old(
    northlight: cast.House, now: datetime
) -> None:
    PastItem.objects.create(external_id="1", estimate_hours=1, actual_hours=2)
    profiles.refit(by=northlight.ada, now=now)
    history = profiles.current(now).history
    day = datetime(2025, 6, 10, tzinfo=UTC).toordinal()  # 540 days before 2 December 2026
    assert (list(history.finish_days), history.items[0].person) == ([day], None)


def test_mapped_names_are_known_by_their_rows_and_others_by_their_names(
    northlight: cast.House, now: datetime
) -> None:
    dev = SourceName.objects.create(role="person", name="d.evans", member=northlight.dev)
    other = SourceName.objects.create(role="person", name=f"m{northlight.dev.pk}")
    build = SourceName.objects.create(
        role="subkind", name="Backend", skill=northlight.skills["build"]
    )
    harbour = SourceName.objects.create(
        role="project", name="HC", client=northlight.clients["Harbour Clinic"]
    )
    past(1, ratio=1.0, now=now, person=dev, subkind=build, project=harbour)
    past(1, ratio=1.0, now=now, person=other)
    profiles.refit(by=northlight.ada, now=now)
    found = {
        (each.person, each.subkind, each.project) for each in profiles.current(now).history.items
    }
    assert found == {
        (
            profiles.person_key(northlight.dev),
            profiles.subkind_key(northlight.skills["build"]),
            profiles.project_key(northlight.clients["Harbour Clinic"].pk),
        ),
        (f"name:m{northlight.dev.pk}", None, None),
    }


def test_each_house_learns_from_its_own_past_alone(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    past(5, ratio=2.0, now=now)
    profiles.refit(by=northlight.ada, now=now)
    with scope.acting_in(southbank.organisation):
        assert profiles.current(now).finished_items == 0

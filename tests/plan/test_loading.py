"""What the plan takes from the past besides the spread of each stage."""

from datetime import datetime, timedelta

from tests import cast

from kept.past import profiles
from kept.past.models import PastItem, SourceName
from kept.plan import loading


def projects(count: int, now: datetime, *, alike: bool) -> None:
    """So many projects of ten pieces: half took half, half took double, by project or in turn."""
    for number in range(count):
        name = SourceName.objects.create(role="project", name=f"project {number}")
        PastItem.objects.bulk_create(
            PastItem(
                external_id=f"{number}-{place}",
                project=name,
                estimate_hours=8,
                actual_hours=16 if (number if alike else place) % 2 else 4,
                estimated_at=now - timedelta(days=500 - 4 * number),
                finished_at=now - timedelta(days=499 - 4 * number),
            )
            for place in range(10)
        )


def sums_that_came_late(count: int, now: datetime) -> None:
    """So many projects of ten pieces: nine small ones took half, the one large piece double."""
    for number in range(count):
        name = SourceName.objects.create(role="project", name=f"late {number}")
        PastItem.objects.bulk_create(
            PastItem(
                external_id=f"late-{number}-{place}",
                project=name,
                estimate_hours=7 + 0.5 * (number % 3) if large else 6 + 0.5 * (place % 3),
                actual_hours=(14 if large else 3) + (number + place) % 3,
                estimated_at=now - timedelta(days=500 - 4 * number),
                finished_at=now - timedelta(days=499 - 4 * number),
            )
            for place in range(10)
            for large in [place == number % 10]
        )


def test_stages_share_a_twentieth_of_their_luck_until_the_past_tells(
    northlight: cast.House, now: datetime
) -> None:
    plan = loading.load(now=now).plan
    assert (plan["correlation"], plan["lean"]) == (0.05, 0)


def test_a_plan_draws_with_the_luck_that_sums_of_past_work_taught(
    northlight: cast.House, now: datetime
) -> None:
    sums_that_came_late(60, now)
    profiles.refit(by=northlight.ada, now=now)
    plan = loading.load(now=now).plan
    together = profiles.current(now).together
    assert together.runs == 60
    assert (plan["correlation"], plan["lean"]) == (
        round(together.correlation, 3),
        round(together.lean, 3),
    )
    assert plan["lean"] > 0.02


def test_stages_of_projects_that_slipped_together_share_more_luck(
    northlight: cast.House, now: datetime
) -> None:
    projects(60, now, alike=True)
    profiles.refit(by=northlight.ada, now=now)
    together = loading.load(now=now).plan["correlation"]
    assert together > 0.2


def test_stages_of_projects_whose_pieces_slipped_each_for_itself_share_less(
    northlight: cast.House, now: datetime
) -> None:
    projects(60, now, alike=False)
    profiles.refit(by=northlight.ada, now=now)
    assert loading.load(now=now).plan["correlation"] < 0.03

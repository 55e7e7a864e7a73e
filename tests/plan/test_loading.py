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


def test_stages_share_a_twentieth_of_their_luck_until_the_past_tells(
    northlight: cast.House, now: datetime
) -> None:
    assert loading.load(now=now).plan["correlation"] == 0.05


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

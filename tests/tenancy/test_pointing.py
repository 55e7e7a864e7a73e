"""What rows point to is fetched once for all of them."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast

from kept.jobs import making
from kept.jobs.making import StageSketch
from kept.jobs.models import Stage
from kept.tenancy import scope
from kept.tenancy.pointing import AtHand


@pytest.fixture
def stages(northlight: cast.House, now: datetime) -> list[Stage]:
    """Two stages of Maya's, one of Ben's, one of nobody's."""
    owners = {"Write": northlight.maya, "Draw": northlight.maya, "Print": northlight.ben}
    sketches = [StageSketch(name, 2, owner=owner) for name, owner in owners.items()]
    making.make(
        title="Menu", stages=[*sketches, StageSketch("Fold", 1)], by=northlight.ben, now=now
    )
    return list(Stage.objects.order_by("position"))


def asked(act: Any) -> int:
    """How many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def names(stages: list[Stage]) -> list[str | None]:
    return [stage.owner.name if stage.owner else None for stage in stages]


def test_each_table_is_asked_once_for_all_that_point_to_it(stages: list[Stage]) -> None:
    assert asked(lambda: AtHand().follow((stages, ("owner", "job")))) == 2
    assert asked(lambda: names(stages)) == 0
    assert names(stages) == ["Maya", "Maya", "Ben", None]
    assert stages[0].owner is stages[1].owner


def test_what_is_at_hand_is_not_asked_for(northlight: cast.House, stages: list[Stage]) -> None:
    at_hand = AtHand(northlight.maya, northlight.ben)
    assert asked(lambda: at_hand.follow((stages, ("owner",)))) == 0
    assert stages[2].owner is northlight.ben


def test_the_house_one_works_in_is_at_hand(northlight: cast.House, stages: list[Stage]) -> None:
    assert asked(lambda: stages[0].organisation) == 0
    assert stages[0].organisation is scope.current()
    assert stages[0].organisation == northlight.organisation

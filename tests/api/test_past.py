"""What the past says of an estimate, by REST: one's own to oneself alone."""

from datetime import datetime

import pytest
import time_machine
from tests import cast
from tests.api.conftest import Caller
from tests.past.test_profiles import past
from tests.past.test_similar import name_of

from kept.past import profiles


@pytest.fixture(autouse=True)
def _at_this_moment(now: datetime) -> object:
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def worked(northlight: cast.House, now: datetime) -> cast.House:
    past(30, ratio=1.5, now=now, person=name_of(northlight.dev))
    for member in (northlight.maya, northlight.ben, northlight.ada):
        past(30, ratio=1.0, now=now, person=name_of(member))
    profiles.refit(by=northlight.ada, now=now)
    return northlight


def test_an_estimate_is_compared_with_own_work_or_with_the_houses(
    worked: cast.House, dev: Caller
) -> None:
    own = dev.get("/past/similar?estimate_hours=16&mine=true").json()
    assert (own["own"], own["nine_in_ten_hours"], len(own["pieces"])) == (True, 24.0, 9)
    assert own["pieces"][0] == {
        "name": "0", "stage": None, "client": "", "kind": "", "part": "", "estimate_hours": 10.0,
        "actual_hours": 15.0, "finished_at": "2026-11-22T15:10:00Z", "scaled_hours": 24.0,
        "share": 1.0,
    }  # fmt: skip
    house = dev.get("/past/similar?estimate_hours=16").json()
    assert (house["own"], house["too_few_people"], house["assumed"]) == (False, False, False)
    assert dev.get("/past/similar?estimate_hours=0").status_code == 422


def test_the_work_of_one_or_two_others_gives_no_figure(
    northlight: cast.House, dev: Caller, now: datetime
) -> None:
    past(30, ratio=3.0, now=now, person=name_of(northlight.maya))
    profiles.refit(by=northlight.ada, now=now)
    said = dev.get("/past/similar?estimate_hours=16").json()
    assert (said["too_few_people"], said["pieces"]) == (True, [])
    assert (said["half_hours"], said["nine_in_ten_hours"]) == (None, None)


def test_ones_own_bias_is_shown_from_twenty_pieces_on(
    northlight: cast.House, dev: Caller, now: datetime
) -> None:
    nothing = {"count": 0, "over": 0, "exact": 0, "under": 0, "together": None, "ratios": None}
    assert dev.get("/past/mine").json() == nothing
    name = name_of(northlight.dev)
    past(19, ratio=1.5, now=now, person=name)
    assert dev.get("/past/mine").json() == nothing | {"count": 19, "over": 19}
    past(1, ratio=1.5, now=now, person=name)
    found = dev.get("/past/mine").json()
    assert (found["count"], found["together"], found["ratios"]["p50"]) == (20, 1.5, 1.5)


def test_the_past_tells_what_kept_would_have_said(worked: cast.House, dev: Caller) -> None:
    seen = dev.get("/past").json()["hindsight"]
    assert (seen["scored"], seen["as_estimated"]["part"], seen["half_more"]["part"]) == (
        120, 90, 120,
    )  # fmt: skip
    assert [row["level"] for row in seen["levels"]] == [0.5, 0.8, 0.9, 0.95]
    assert seen["informative"]
    # Ten tens are too few to say anything about sums.
    assert (seen["sums"], seen["lean"]) == (None, 0)

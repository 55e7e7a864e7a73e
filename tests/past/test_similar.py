"""What past work like an estimate took, and whose past it may be."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast
from tests.past.test_profiles import past

from kept.past import profiles, similar
from kept.past.models import SourceName
from kept.people.models import Member


def name_of(member: Member) -> SourceName:
    return SourceName.objects.create(role="person", name=member.name, member=member)


def test_own_work_is_told_in_hours_of_the_estimate_asked_about(
    northlight: cast.House, now: datetime
) -> None:
    past(30, ratio=1.5, now=now, person=name_of(northlight.dev))
    profiles.refit(by=northlight.ada, now=now)

    said = similar.similar(estimate_hours=16, asker=northlight.dev, own=True, now=now)

    assert (said.own, len(said.pieces), said.too_few_people) == (True, 9, False)
    assert (said.low_hours, said.high_hours) == (24, 24)
    assert said.nine_in_ten_hours == pytest.approx(24)
    assert not said.assumed
    first = said.pieces[0]
    assert (first.share, first.estimate_hours, first.actual_hours, first.ratio) == (1, 10, 15, 1.5)
    assert [piece.share for piece in said.pieces] == sorted(
        (piece.share for piece in said.pieces), reverse=True
    )


def test_with_three_own_pieces_they_are_named_and_with_two_the_houses(
    northlight: cast.House, now: datetime
) -> None:
    for member in (northlight.ben, northlight.maya, northlight.ada):
        past(10, ratio=2.0, now=now, person=name_of(member))
    dev = name_of(northlight.dev)
    past(2, ratio=1.0, now=now, person=dev)
    profiles.refit(by=northlight.ada, now=now)
    two = similar.similar(estimate_hours=8, asker=northlight.dev, own=True, now=now)
    assert (two.own, len(two.pieces)) == (False, 9)

    past(1, ratio=1.0, now=now, person=dev)
    profiles.refit(by=northlight.ada, now=now)
    three = similar.similar(estimate_hours=8, asker=northlight.dev, own=True, now=now)
    assert (three.own, len(three.pieces), three.high_hours) == (True, 3, 8)


def test_whose_work_it_is_makes_no_difference_to_what_somebody_else_is_told(
    northlight: cast.House, now: datetime
) -> None:
    for member, ratio in ((northlight.dev, 7.0), (northlight.maya, 1.0), (northlight.ada, 1.0)):
        past(20, ratio=ratio, now=now, person=name_of(member))
    profiles.refit(by=northlight.ada, now=now)
    ben = similar.similar(estimate_hours=8, asker=northlight.ben, own=True, now=now)
    gus = similar.similar(estimate_hours=8, asker=northlight.gus, own=False, now=now)
    assert ben == gus
    assert not ben.own


@pytest.mark.parametrize("others", [1, 2])
def test_the_work_of_one_or_two_others_is_not_shown(
    others: int, northlight: cast.House, now: datetime
) -> None:
    for member in (northlight.dev, northlight.maya)[:others]:
        past(20, ratio=7.0, now=now, person=name_of(member))
    profiles.refit(by=northlight.ada, now=now)
    said = similar.similar(estimate_hours=8, asker=northlight.ben, own=False, now=now)
    assert (said.too_few_people, said.pieces) == (True, ())


def test_work_of_nobody_known_is_shown(northlight: cast.House, now: datetime) -> None:
    past(20, ratio=2.0, now=now)
    profiles.refit(by=northlight.ada, now=now)
    said = similar.similar(estimate_hours=8, asker=northlight.ben, own=False, now=now)
    assert (said.too_few_people, len(said.pieces), said.own) == (False, 9, False)


def test_on_day_one_the_wide_spread_is_assumed_and_said_so(
    northlight: cast.House, now: datetime
) -> None:
    said = similar.similar(estimate_hours=10, asker=northlight.ben, own=True, now=now)
    assert (said.assumed, said.known, said.pieces) == (True, 0, ())
    assert said.nine_in_ten_hours == pytest.approx(26, rel=0.02)


def test_nine_pieces_cost_no_more_queries_than_three(northlight: cast.House, now: datetime) -> None:
    def queries() -> int:
        profiles.refit(by=northlight.ada, now=now)
        with CaptureQueriesContext(connection) as seen:
            similar.similar(estimate_hours=10, asker=northlight.ben, own=False, now=now)
        return len(seen)

    past(3, ratio=2.0, now=now)
    three = queries()
    past(9, ratio=2.0, now=now)
    assert queries() == three

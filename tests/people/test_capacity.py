"""What people can give."""

from datetime import date, datetime, time, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast

from kept.people import capacity, places, staff
from kept.people.models import Role


def test_a_week_of_eight_hours_a_day_has_forty(northlight: cast.House) -> None:
    assert capacity.weekly_hours(northlight.dev) == 40


def test_the_usable_share_is_the_house_s_until_something_better_is_known(
    northlight: cast.House, now: datetime
) -> None:
    assert capacity.usable_share(northlight.dev) == 0.7

    dev = staff.change_member(northlight.dev, outside_hours=10, by=northlight.ada, now=now)
    assert capacity.usable_share(dev) == 0.75

    dev = staff.change_member(dev, usable_share=0.5, by=northlight.ada, now=now)
    assert capacity.usable_share(dev) == 0.5


def test_holidays_are_those_of_the_country_and_the_region() -> None:
    assert capacity.holidays("", "", (2026,)) == {}
    portugal = capacity.holidays("PT", "", (2026,))
    assert date(2026, 12, 1) in portugal
    assert date(2026, 12, 8) in portugal
    assert date(2026, 12, 2) not in portugal
    bavaria, berlin = (capacity.holidays("DE", region, (2026,)) for region in ("BY", "BE"))
    epiphany = date(2026, 1, 6)
    assert epiphany in bavaria
    assert epiphany not in berlin


def test_countries_are_named_and_have_regions() -> None:
    assert places.countries()["PT"] == "Portugal"
    assert places.countries()["GB"] == "United Kingdom"
    assert places.regions("GB") == ("ENG", "NIR", "SCT", "WLS")
    assert places.regions("") == ()


def test_a_plan_s_person_has_their_week_absences_holidays_and_share(
    northlight: cast.House, now: datetime
) -> None:
    staff.add_absence(
        northlight.dev, date(2026, 12, 24), date(2027, 1, 2), by=northlight.ada, now=now
    )
    staff.add_absence(
        northlight.dev, date(2025, 11, 3), date(2025, 11, 7), by=northlight.ada, now=now
    )
    staff.set_week(
        northlight.dev, [(0, time(9), time(13)), (2, time(9), time(18))], by=northlight.ada, now=now
    )

    dev = next(p for p in capacity.plan_people(now) if p["id"] == f"m{northlight.dev.pk}")

    days = dev.pop("holidays")
    assert days[:2] == ["2026-01-01", "2026-04-03"]
    assert {"2026-12-08", "2036-12-25"} <= set(days)
    assert dev == {
        "id": f"m{northlight.dev.pk}",
        "skills": [f"k{northlight.skills['build'].pk}"],
        "zone": cast.ZONE,
        "week": {"mon": [["09:00", "13:00"]], "wed": [["09:00", "18:00"]]},
        "absences": [["2026-12-24", "2027-01-02"]],
        "share": 0.7,
        "parallel": 1,
    }


def test_only_people_who_are_here_and_work_are_planned_with(
    northlight: cast.House, southbank: cast.House, now: datetime
) -> None:
    staff.leave(northlight.dev, by=northlight.ada, now=now)
    staff.change_member(northlight.gus, does_work=False, by=northlight.ada, now=now)
    assert [person["id"] for person in capacity.plan_people(now)] == [
        f"m{member.pk}" for member in (northlight.ada, northlight.ben, northlight.maya)
    ]


def test_five_people_cost_no_more_queries_than_fifteen(
    northlight: cast.House, now: datetime
) -> None:
    capacity.plan_people(now)
    with CaptureQueriesContext(connection) as few:
        capacity.plan_people(now)
    for number in range(10):
        staff.add_member(
            name=f"P{number}", role=Role.MEMBER, skills=["build"], by=northlight.ada, now=now
        )
    with CaptureQueriesContext(connection) as many:
        assert len(capacity.plan_people(now)) == 15
    assert (len(few), len(many)) == (4, 4)


def test_a_plan_of_which_only_the_time_changed_is_the_same_plan(
    northlight: cast.House, now: datetime
) -> None:
    staff.add_absence(
        northlight.dev, date(2026, 12, 3), date(2026, 12, 3), by=northlight.ada, now=now
    )
    assert capacity.plan_people(now) == capacity.plan_people(now + timedelta(days=20))

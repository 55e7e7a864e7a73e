"""Two roads to an early date, worked out on paper: everybody works 9 to 17, Monday to Friday."""

import numpy as np
import pytest
from tests.engine.test_dates import EIGHT_HOURS, asking, at, ends_of_days, one_person

from kept.engine import Ask, Situation, dates, roads

LEVELS = (0.5, 0.8, 0.9)


def overtime(situation, ask, due):
    walked = roads.two_roads(situation, ask, due=due)
    return [walked.overtime(level) for level in LEVELS]


@pytest.mark.parametrize(
    ("hours", "due", "extra"),
    [
        (16, "03T17:00", 0.0),  # Monday and Tuesday hold 16
        (20, "03T17:00", 4.0),  # one night, four hours in it
        (21, "03T17:00", None),  # five are too many for one night
        (30, "04T17:00", 6.0),  # 24 by Wednesday; two nights
        (9, "02T17:00", None),  # no night before Monday ends
    ],
)
def test_overtime_is_what_the_working_week_lacks_and_the_nights_can_hold(hours, due, extra):
    assert overtime(one_person(), asking(hours), at(due)) == [extra] * 3


def test_an_hour_of_overtime_is_a_whole_hour_whatever_share_of_the_week_is_usable():
    assert overtime(one_person(share=0.5), asking(10), at("03T17:00")) == [2.0] * 3


def test_people_who_work_together_all_stay_late():
    team = Situation.from_document(
        {
            "start": "2026-11-02T09:00+00:00",
            "people": [{"id": who, "skills": [], "week": EIGHT_HOURS} for who in ("ann", "bob")],
            "promises": [],
            "stages": [],
        }
    )
    both = Ask({"id": "ask"}, [{"id": "a", "people": ["ann", "bob"], "effort": 18}])

    assert overtime(team, both, at("03T17:00")) == [4.0] * 3


def test_overtime_goes_where_it_helps_and_not_where_nothing_waits_for_it():
    team = Situation.from_document(
        {
            "start": "2026-11-02T09:00+00:00",
            "people": [{"id": who, "skills": [], "week": EIGHT_HOURS} for who in ("ann", "bob")],
            "promises": [],
            "stages": [],
        }
    )
    # Ann's draft needs Monday; there is no night before it ends. Bob's eight hours begin on
    # Tuesday: four of them fit into the night before, four are left until one o'clock.
    chain = Ask(
        {"id": "ask"},
        [
            {"id": "draft", "people": ["ann"], "effort": 8},
            {"id": "build", "people": ["bob"], "effort": 8, "after": ["draft"]},
        ],
    )

    assert overtime(team, chain, at("03T13:00")) == [4.0] * 3
    assert overtime(team, chain, at("03T12:00")) == [None] * 3


def test_the_first_road_is_the_chance_to_break_it():
    spread, due = asking({"low": 8, "likely": 16, "high": 32}), at("03T17:00")
    walked = roads.two_roads(one_person(), spread, due=due)

    assert walked.breaks == pytest.approx(0.5, abs=0.05)
    found = dates.find_dates(one_person(), spread, due_candidates=ends_of_days(), wanted=due)
    assert walked.breaks == pytest.approx(1 - found.chance_wanted)
    kept = np.count_nonzero(walked.hours == 0)
    assert kept / walked.hours.size == pytest.approx(found.chance_wanted, abs=0.05)
    assert walked.overtime(0.4) == 0.0
    # 4 of 10 futures need no more than 16 h, and one night adds four hours: 20 h are enough
    # in about 6 of 10 (ln 20/16 is a third of the way from 50 to 90 %).
    assert walked.chance(4) == pytest.approx(0.5 + 0.4 * np.log(20 / 16) / np.log(2), abs=0.05)
    assert walked.overtime(0.9) is None


def test_more_overtime_never_keeps_less():
    spread = asking({"low": 8, "likely": 16, "high": 40})
    walked = roads.two_roads(one_person(("given", at("05T17:00"), 8)), spread, due=at("06T17:00"))

    chances = [walked.chance(hours) for hours in range(20)]
    assert chances == sorted(chances)
    said = [walked.overtime(q) for q in (0.5, 0.6, 0.7, 0.8, 0.9)]
    assert said == sorted(said, key=lambda hours: np.inf if hours is None else hours)
    assert walked.chance(said[2]) >= 0.7


def test_the_same_seed_walks_the_same_roads_in_any_number_of_threads():
    spread = asking({"low": 8, "likely": 16, "high": 40})
    one, two = (
        roads.two_roads(one_person(), spread, due=at("04T17:00"), threads=n) for n in (1, 2)
    )
    assert one.hours.tolist() == two.hours.tolist()


def test_overtime_spares_whoever_comes_after():
    # Ranked by Tuesday, twenty hours go on until Wednesday at one, and the promise's eight until
    # Thursday. With four of them worked in Monday's night the promise has its Wednesday.
    team = one_person(("given", at("04T17:00"), 8))
    walked = roads.two_roads(team, asking(20), due=at("03T17:00"))

    assert walked.overtime(0.9) == 4.0
    assert [(e.promise_id, e.notable) for e in walked.effects] == [("given", False)]


def test_who_pays_stood_the_same_before_whichever_way_is_taken():
    spread = {"low": 8, "likely": 16, "high": 40}
    team = one_person(("given", at("09T13:00"), spread))
    found = dates.find_dates(
        team, asking(16), due_candidates=ends_of_days(), wanted=at("05T17:00"), futures=1000
    )
    walked = roads.two_roads(team, asking(16), due=at("05T17:00"), futures=1000)

    (asked,), (worked,) = found.effects_wanted, walked.effects
    assert walked.hours.size < found.futures == 1000
    assert worked.before == asked.before
    assert asked.after <= worked.after < worked.before


def test_forms_of_one_ask_are_compared_on_the_same_futures():
    team = one_person(("given", at("03T17:00"), 8))
    short, long = roads.chances(
        team, [asking(8), asking(16)], due=at("04T17:00"), confidence=0.9, futures=10
    )

    assert short == (pytest.approx(11 / 12), 2 * 1440 - 16 * 60)
    assert long == (pytest.approx(11 / 12), 3 * 1440 - 16 * 60)

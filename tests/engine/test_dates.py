"""Dates worked out on paper, and what must hold between the two answers."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from tests.engine.random_plans import random_plan

from kept.engine import Ask, Limit, Situation, SituationError, effect_of, find_dates, simulate

DAYS = ("mon", "tue", "wed", "thu", "fri")
EIGHT_HOURS = {day: [["09:00", "17:00"]] for day in DAYS}


def at(text):
    """``Mon 2 17:00`` of November 2026, which begins its second week on Monday the 2nd."""
    return datetime.fromisoformat(f"2026-11-{text}+00:00")


def ends_of_days(n=20):
    days = (at("02T17:00") + timedelta(days=i) for i in range(60))
    return [day for day in days if day.weekday() < 5][:n]


def one_person(*promises, **person):
    """One person, eight hours a day from Monday 2 November 09:00, and promises (id, due, hours)."""
    return Situation.from_document(
        {
            "start": "2026-11-02T09:00+00:00",
            "people": [{"id": "dev", "skills": ["build"], "week": EIGHT_HOURS, **person}],
            "promises": [{"id": name, "due": due.isoformat()} for name, due, _ in promises],
            "stages": [
                {"id": f"{name}-work", "promise": name, "people": ["dev"], "effort": hours}
                for name, _, hours in promises
            ],
        }
    )


def asking(hours, **stage):
    return Ask({"id": "ask"}, [{"id": "ask-work", "people": ["dev"], "effort": hours, **stage}])


def test_a_rush_job_waits_when_its_date_would_break_a_promise():
    team = one_person(("given", at("03T17:00"), 16))

    dates = find_dates(team, asking(8), due_candidates=ends_of_days(), wanted=at("02T17:00"))

    assert (dates.advised, dates.at(0.9)) == ("without", at("04T17:00"))
    assert dates.without.at(0.9) == at("04T17:00")
    assert dates.in_place.due == at("04T17:00")
    assert dates.effects_advised == ()
    assert [(e.promise_id, round(e.after, 3), e.below_line) for e in dates.effects_wanted] == [
        ("given", 0.001, True)
    ]
    assert round(dates.chance_wanted, 3) == 0.999


def test_an_ask_goes_before_a_promise_that_can_wait():
    team = one_person(("given", at("13T17:00"), 16))

    dates = find_dates(team, asking(8), due_candidates=ends_of_days())

    assert (dates.advised, dates.due) == ("in_place", at("02T17:00"))
    assert dates.without.at(0.9) == at("04T17:00")
    assert dates.effect_on("given").change == 0


def test_what_limits_is_named_with_working_days():
    team = one_person(
        ("given", at("03T17:00"), 16), absences=[["2026-11-04", "2026-11-05"]], share=0.5
    )

    dates = find_dates(team, asking(8), due_candidates=ends_of_days())

    # 16 h at half share take Monday to Friday without Wednesday and Thursday, and Monday; the
    # ask Tuesday and Wednesday the 11th: candidate 8. Unqueued it ends Tuesday the 3rd, six
    # working days earlier; without the absence Monday the 9th, two; with full share Friday the
    # 6th, three; without the promise Tuesday the 3rd, six.
    assert dates.due == at("11T17:00")
    assert {(x.kind, *x.ids): x.days for x in dates.limits} == {
        ("person", "dev"): 6.0,
        ("absence", "dev"): 2.0,
        ("share", "dev"): 3.0,
        ("queue", "given"): 6.0,
    }
    absence = next(x for x in dates.limits if x.kind == "absence")
    assert (str(absence.from_on), str(absence.to_on)) == ("2026-11-04", "2026-11-05")


def test_holidays_are_one_limit_that_names_the_days_before_the_date():
    team = one_person(holidays=["2026-11-03", "2026-11-05", "2026-12-25"])

    dates = find_dates(team, asking(20), due_candidates=ends_of_days())

    # 20 h take Monday, Wednesday and half of Friday; without the holidays half of Wednesday.
    assert dates.due == at("06T17:00")
    tuesday, thursday = date(2026, 11, 3), date(2026, 11, 5)
    assert dates.limits == (
        Limit("holiday", ("dev",), 2.0, from_on=tuesday, to_on=thursday, on=(tuesday, thursday)),
    )


def test_the_overtime_for_an_earlier_date_is_the_work_still_open_then():
    team = one_person()

    dates = find_dates(team, asking(20), due_candidates=ends_of_days(), wanted=at("03T17:00"))

    assert dates.overtime.hours.tolist() == [4.0] * 1000
    assert (dates.overtime.mean, dates.overtime.quantile(0.9)) == (4.0, 4.0)


def test_the_gauges_count_hours_needed_and_hours_free():
    team = one_person(("given", at("03T17:00"), 12), share=0.5)

    dates = find_dates(team, asking(8), due_candidates=ends_of_days(), wanted=at("06T17:00"))

    (gauge,) = dates.gauges
    assert (gauge.kind, gauge.id) == ("person", "dev")
    assert (gauge.needed, gauge.free, gauge.usable) == (8.0, 8.0, 20.0)


@pytest.mark.parametrize("number", range(40))
def test_without_disturbing_anyone_equals_the_whole_run_with_the_ask_yielding(number):
    plan = random_plan(number)
    situation = Situation.from_document(plan)
    asked = Situation.from_document(random_plan(number + 1000, machines=False))
    names = {person.id for person in situation.people}
    stages = [
        {**stage, "id": "ask-" + stage["id"], "promise": "ask", "after": []}
        for stage in asked.document()["stages"]
        if not stage.get("needs") and set(stage.get("people", [])) <= names
        and set(stage.get("begun_by", [])) <= names
    ]  # fmt: skip
    ask = Ask({"id": "ask"}, stages)

    found = find_dates(
        situation,
        ask,
        due_candidates=[situation.moment(day * 1440) for day in range(1, 30)],
        futures=20,
        limits=False,
    )

    joint = simulate(situation.with_ask(ask, due=None, placement="yields"), futures=20)
    alone = simulate(situation, futures=20)
    assert found.without.finish.tolist() == joint.finish("ask").tolist()
    assert np.array_equal(joint.promise_finish[:-1], alone.promise_finish)


def test_a_later_date_is_never_less_likely():
    dates = find_dates(
        one_person(("given", at("10T17:00"), 16)),
        asking({"low": 4, "likely": 8, "high": 20}),
        due_candidates=ends_of_days(),
    )

    chances = [chance for _, chance in dates.curve]
    assert chances == sorted(chances)
    assert 0 < min(chances) < max(chances) < 1


def test_effect_of_says_who_pays_at_a_date():
    team = one_person(("first", at("03T17:00"), 16), ("second", at("13T17:00"), 8))

    effects = effect_of(team, asking(8), due=at("03T09:00"), futures=100)

    assert [(e.promise_id, e.notable, e.below_line) for e in effects] == [
        ("first", True, True),
        ("second", False, False),
    ]


def test_candidates_must_rise_and_an_ask_must_fit():
    team = one_person()
    for candidates in ([], [at("03T17:00"), at("03T17:00")]):
        with pytest.raises(ValueError, match="ascending"):
            find_dates(team, asking(8), due_candidates=candidates)
    with pytest.raises(SituationError, match="nobody is called 'bob'"):
        find_dates(team, asking(8, people=["bob"]), due_candidates=ends_of_days())
    with pytest.raises(ValueError, match="futures"):
        find_dates(team, asking(8), due_candidates=ends_of_days(), futures=0)

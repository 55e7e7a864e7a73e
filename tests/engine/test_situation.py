# ruff: noqa: E501 -- one wrong plan a line reads best
"""Reading plans: what is accepted comes back, what is wrong is named."""

import copy
import hashlib
import json

import pytest
from tests.engine.random_plans import random_plan

from kept.engine import Ask, Situation, SituationError

PLAN = {
    "start": "2026-11-23T09:00+00:00",
    "people": [
        {
            "id": "dev",
            "skills": ["build"],
            "zone": "Europe/Lisbon",
            "week": {"mon": [["09:00", "13:00"], ["14:00", "18:00"]], "tue": [["09:00", "18:00"]]},
            "absences": [["2026-12-24", "2027-01-02"]],
            "holidays": ["2026-12-08"],
            "share": 0.7,
            "parallel": 2,
        },
        {"id": "maya", "skills": ["build", "draw"], "week": {"wed": [["09:00", "24:00"]]}},
    ],
    "resources": [{"id": "press", "capacity": 2}],
    "promises": [
        {"id": "p1", "due": "2026-12-18T18:00+00:00", "priority": 1},
        {"id": "p2", "placement": "yields", "accepted": 3, "kind": "hold"},
        {"id": "p3", "release": "2026-11-30T09:00+00:00", "kind": "work"},
    ],
    "stages": [
        {"id": "s1", "promise": "p1", "people": ["dev"], "effort": {"low": 8, "likely": 16, "high": 40}},
        {"id": "s2", "promise": "p1", "after": ["s1"], "needs": {"build": 2}, "effort": 4, "done": 0.5},
        {"id": "s3", "promise": "p2", "needs": {"draw": 1}, "effort": {"law": "uniform", "low": 1, "high": 2}},
        {"id": "s4", "promise": "p2", "calendar": "always", "uses": {"press": 1}, "effort": {"law": "beta", "low": 1, "high": 4, "a": 2, "b": 3}},
        {"id": "s5", "promise": "p3", "people": ["dev"], "begun_by": ["dev"], "effort": {"law": "lognormal", "median": 3, "sigma": 0.5}, "spent": 1.5},
        {"id": "s6", "promise": "p3", "arrives": {"by": "2026-12-01T12:00+00:00", "late": {"law": "exponential", "mean": 24}, "backed": True}},
        {"id": "s7", "promise": "p3", "after": ["s6"], "optional": True, "people": ["maya"], "effort": {"estimate": 16, "ratios": [[0.05, 0.6], [0.5, 1], [0.95, 3]]}},
    ],
}  # fmt: skip


def test_a_plan_comes_back_as_it_was_read():
    situation = Situation.from_document(PLAN)

    document = situation.document()

    assert Situation.from_document(document) == situation
    assert Situation.from_document(json.loads(json.dumps(document))).document() == document
    assert document["stages"] == PLAN["stages"]
    assert situation.unknown == ()


def test_the_fingerprint_changes_with_the_plan_and_only_with_it():
    other = copy.deepcopy(PLAN)
    other["people"][0]["week"] = dict(reversed(other["people"][0]["week"].items()))
    other["promises"][0]["due"] = "2026-12-18T19:00+01:00"
    later = copy.deepcopy(PLAN)
    later["promises"][0]["due"] = "2026-12-18T18:01+00:00"

    prints = [Situation.from_document(plan).fingerprint for plan in (PLAN, other, later)]

    assert prints[0] == prints[1] != prints[2]


def test_minutes_and_moments_turn_into_one_another():
    situation = Situation.from_document(PLAN | {"start": "2026-11-23T09:00:41+01:00"})

    assert situation.start.isoformat() == "2026-11-23T09:00:00+01:00"
    assert situation.moment(61).isoformat() == "2026-11-23T10:01:00+01:00"
    assert situation.minute(situation.moment(61)) == 61
    assert situation.minute(situation.moment(-5)) == -5


def wrong(change):
    plan = copy.deepcopy(PLAN)
    change(plan)
    with pytest.raises(SituationError) as caught:
        Situation.from_document(plan)
    return caught.value.path, caught.value.message


def put(*path_and_value):
    *path, last, value = path_and_value

    def change(plan):
        for key in path:
            plan = plan[key]
        plan[last] = value

    return change


WRONG = [
    (put("stages", 0, "after", ["s2"]), "stages[0].after", "goes in a circle: s1 after s2 after s1"),
    (put("stages", 0, "after", ["s1"]), "stages[0].after", "goes in a circle: s1 after s1"),
    (put("stages", 1, "after", ["s9"]), "stages[1].after[0]", "no stage is called 's9'"),
    (put("stages", 1, "promise", "p9"), "stages[1].promise", "no promise is called 'p9'"),
    (put("stages", 0, "people", ["bob"]), "stages[0].people[0]", "nobody is called 'bob'"),
    (put("stages", 0, "begun_by", ["bob"]), "stages[0].begun_by[0]", "nobody is called 'bob'"),
    (put("stages", 0, "effort", -1), "stages[0].effort", "must be hours from 0 to 100000, not -1"),
    (put("stages", 0, "effort", True), "stages[0].effort", "must be hours or an object, not true"),
    (put("stages", 0, "effort", None), "stages[0].effort", "is missing: hours, or low, likely and high, or another law"),
    (put("stages", 0, "effort", float("nan")), "stages[0].effort", "must be hours from 0 to 100000, not nan"),
    (put("stages", 0, "effort", {"low": 8, "likely": 4, "high": 9}), "stages[0].effort.likely", "must not be below low (8)"),
    (put("stages", 0, "effort", {"low": 8, "likely": 9}), "stages[0].effort.high", "is missing: hours"),
    (put("stages", 0, "effort", {"low": 0, "likely": 1, "high": 2}), "stages[0].effort.low", "must be above 0, as high is"),
    (put("stages", 0, "effort", {"law": "triangle"}), "stages[0].effort.law", 'must be uniform or exponential or lognormal or beta, not "triangle"'),
    (put("stages", 0, "effort", {"estimate": 4, "ratios": [[0.5, 1], [0.5, 2]]}), "stages[0].effort.ratios[1]", "must rise: shares strictly, ratios never fall"),
    (put("stages", 0, "effort", {"estimate": 4, "ratios": []}), "stages[0].effort.ratios", "must hold at least one [share, ratio] pair"),
    (put("stages", 1, "needs", {"cook": 1}), "stages[1].needs.cook", "nobody has this skill"),
    (put("stages", 1, "needs", {"build": 3}), "stages[1].needs.build", "only 2 have this skill, 3 are needed"),
    (put("stages", 1, "needs", {"build": 2, "draw": 1}), "stages[1].needs", "more people are needed at the same time than there are"),
    (put("stages", 1, "needs", {"build": 0}), "stages[1].needs.build", "must be a whole number from 1 to 1000000, not 0"),
    (put("stages", 0, "people", []), "stages[0].people", 'are missing: give people, needs, arrives or "calendar": "always"'),
    (put("stages", 0, "calendar", "always"), "stages[0].calendar", "belongs to a stage without people; theirs counts here"),
    (put("stages", 3, "uses", {"press": 3}), "stages[3].uses.press", "there are only 2, 3 are used"),
    (put("stages", 3, "uses", {"oven": 1}), "stages[3].uses.oven", "no resource is called 'oven'"),
    (put("stages", 5, "effort", 3), "stages[5].effort", "does not go with arrives: nobody here works on it"),
    (put("stages", 1, "spent", 2), "stages[1].spent", "and done exclude one another: give one"),
    (put("stages", 1, "done", 1.5), "stages[1].done", "must be a share of the work from 0 to 1, not 1.5"),
    (put("stages", 1, "id", "s1"), "stages[1].id", "'s1' stands twice"),
    (put("people", 0, "week", {}), "people[0].week", "leaves dev not one working minute in ten years"),
    (put("people", 0, "week", {"moon": []}), "people[0].week.moon", "must be one of mon, tue, wed, thu, fri, sat, sun"),
    (put("people", 0, "week", {"mon": [["18:00", "09:00"]]}), "people[0].week.mon[0]", "must end after it begins; work past midnight is split at 24:00"),
    (put("people", 0, "week", {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}), "people[0].week.mon", "has windows that overlap"),
    (put("people", 0, "week", {"mon": [["9", "12:00"]]}), "people[0].week.mon[0][0]", 'must be a time from 00:00 to 24:00, not "9"'),
    (put("people", 0, "absences", [["2026-01-01", "2200-01-01"]]), "people[0].absences", "leaves dev not one working minute in ten years"),
    (put("people", 0, "absences", [["2026-12-31", "2026-12-24"]]), "people[0].absences[0]", "ends on 2026-12-24 before it begins on 2026-12-31"),
    (put("people", 0, "absences", [["31/12/2026", "2026-12-24"]]), "people[0].absences[0][0]", 'must be a day such as 2026-12-24, not "31/12/2026"'),
    (put("people", 0, "zone", "Lisbon"), "people[0].zone", 'must be a zone such as Europe/Lisbon, not "Lisbon"'),
    (put("people", 0, "zone", "../etc/passwd"), "people[0].zone", 'must be a zone such as Europe/Lisbon, not "../etc/passwd"'),
    (put("people", 0, "share", 0), "people[0].share", "must be a number above 0 up to 1, not 0"),
    (put("people", 0, "parallel", 0), "people[0].parallel", "must be a whole number from 1 to 50, not 0"),
    (put("people", 0, "id", "a\x00b"), "people[0].id", "must not hold a NUL character"),
    (put("promises", 0, "due", "2026-12-18T18:00"), "promises[0].due", 'must be a moment with its offset, such as 2026-12-18T18:00+00:00; "2026-12-18T18:00" has no offset'),
    (put("promises", 0, "due", "soon"), "promises[0].due", 'must be a moment with its offset, such as 2026-12-18T18:00+00:00, not "soon"'),
    (put("promises", 0, "placement", "first"), "promises[0].placement", 'must be by_date or yields, not "first"'),
    (put("promises", 1, "id", "p1"), "promises[1].id", "'p1' stands twice"),
    (put("start", "2026-11-23"), "start", 'must be a moment with its offset, such as 2026-12-18T18:00+00:00; "2026-11-23" has no offset'),
    (put("people", {}), "people", "must be a list of people, not {}"),
    (put("stages", [7]), "stages[0]", "must be an object, not 7"),
    (put("stages", [{}] * 250_001), "stages", "at most 250000 are computed, here are 250001"),
    (put("resources", [{"id": "press", "capacity": -1}]), "resources[0].capacity", "must be a whole number from 0 to 1000000, not -1"),
    (put("correlation", 1), "correlation", "must be a number from 0 to 0.9, not 1"),
    (put("lean", -2), "lean", "must be a number from -1 to 1, not -2"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "path", "message"), WRONG, ids=[f"{i}-{w[1]}" for i, w in enumerate(WRONG)]
)
def test_what_is_wrong_is_named_with_its_path_and_what_is_allowed(change, path, message):
    assert wrong(change) == (path, message)


def test_half_a_character_is_refused_before_it_meets_somebody_who_must_write_it():
    change = put("people", 0, "id", "a\ud800")

    assert wrong(change) == ("people[0].id", "holds half a character, which nothing can write")


def test_a_plan_without_its_parts_says_which_is_missing():
    with pytest.raises(SituationError) as caught:
        Situation.from_document({})
    assert caught.value.path == "start"
    for nothing in (None, [], 7, "plan"):
        with pytest.raises(SituationError):
            Situation.from_document(nothing)


def test_an_entry_nobody_knows_is_ignored_and_named():
    situation = Situation.from_document(
        PLAN | {"people": [{**PLAN["people"][0], "sharre": 1}, PLAN["people"][1]]}
    )

    assert situation.unknown == ("people[0].sharre",)


def test_an_ask_is_added_as_the_last_promise_and_checked_below_its_own_path():
    situation = Situation.from_document(PLAN)
    ask = Ask({"id": "new"}, [{"id": "a", "people": ["dev"], "effort": 2}])

    asked = situation.with_ask(ask, due=situation.moment(600))

    assert (asked.promises[-1].id, asked.promises[-1].due) == ("new", 600)
    assert asked.stages[-1].promise == "new"
    for broken, path in (
        (Ask({"id": "p1"}, []), "ask.promise.id"),
        (Ask({"id": "new"}, [{"id": "s1", "people": ["dev"], "effort": 2}]), "ask.stages[0].id"),
        (
            Ask({"id": "new"}, [{"id": "a", "people": ["bob"], "effort": 2}]),
            "ask.stages[0].people[0]",
        ),
        (
            Ask({"id": "new"}, [{"id": "a", "people": ["dev"], "effort": -2}]),
            "ask.stages[0].effort",
        ),
    ):
        with pytest.raises(SituationError) as caught:
            situation.with_ask(broken, due=None)
        assert caught.value.path == path


def test_a_promise_at_another_date_is_the_plan_with_that_date() -> None:
    moved = copy.deepcopy(PLAN)
    moved["promises"][0]["due"] = "2026-12-21T18:00+00:00"

    situation = Situation.from_document(PLAN)
    redated = situation.redated("p1", situation.moment(0).replace(month=12, day=21, hour=18))

    assert redated == Situation.from_document(moved)


def test_a_plan_without_a_stage_lets_no_other_wait_for_it() -> None:
    less = copy.deepcopy(PLAN)
    less["stages"] = [row for row in less["stages"] if row["id"] not in ("s1", "s7")]
    less["stages"][0]["after"] = []

    assert Situation.from_document(PLAN).without({"s1", "s7"}) == Situation.from_document(less)


@pytest.mark.parametrize("number", range(20))
def test_the_fingerprint_is_that_of_the_whole_document_though_it_is_read_piece_by_piece(number):
    situation = Situation.from_document(random_plan(number) | {"lean": number / 100})
    text = json.dumps(situation.document(), sort_keys=True, separators=(",", ":"))

    assert situation.fingerprint == hashlib.sha256(text.encode()).hexdigest()

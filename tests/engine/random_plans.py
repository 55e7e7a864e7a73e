# ruff: noqa: E501 -- plan entries
"""Small random plans in which everything the engine knows may meet."""

import random

STARTS = (
    "2026-11-23T09:00+00:00",
    "2026-03-27T20:30+00:00",
    "2026-10-23T05:45+05:45",
    "2026-10-02T00:00+10:30",
)
ZONES = ("Europe/Lisbon", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "UTC")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ABSENT = {
    0: ("2026-11-24", "2026-11-25", "2026-11-30"),
    1: ("2026-03-28", "2026-03-30", "2026-04-02"),
    2: ("2026-10-24", "2026-10-26", "2026-10-29"),
    3: ("2026-10-03", "2026-10-05", "2026-10-09"),
}


def _edges(day):
    """Times a window may begin or end at; none inside the hour that Lisbon lives twice."""
    return [m for m in range(0, 1441, 15) if day != "sun" or not 60 < m < 120]


def _clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _person(roll, index, which):
    week = {}
    for day in DAYS:
        if roll.random() < 0.8:
            edges = sorted(roll.sample(_edges(day), roll.choice((2, 2, 4))))
            pairs = zip(edges[::2], edges[1::2], strict=True)
            week[day] = [[_clock(a), _clock(b)] for a, b in pairs]
    week.setdefault("mon", [["09:00", "12:00"]])
    person = {
        "id": f"n{index}",
        "skills": [skill for skill in "abc" if roll.random() < 0.5],
        "zone": roll.choice(ZONES),
        "week": week,
    }
    if roll.random() < 0.3:
        person["share"] = roll.choice((0.7, 0.55, 0.801, 0.333))
    if roll.random() < 0.25:
        person["parallel"] = roll.choice((2, 3))
    if roll.random() < 0.3:
        first, last = sorted(roll.choices(ABSENT[which], k=2))
        person["absences"] = [[first, last]]
    if roll.random() < 0.2:
        person["holidays"] = [roll.choice(ABSENT[which])]
    return person


def random_plan(number, *, certain=0.6, machines=True):
    """A plan of a few people, promises and stages; the same number gives the same plan."""
    roll = random.Random(number)
    which = roll.randrange(len(STARTS))
    start = STARTS[which]
    people = [_person(roll, i, which) for i in range(roll.randint(1, 4))]
    resources = (
        [{"id": "m", "capacity": roll.randint(1, 2)}] if machines and roll.random() < 0.3 else []
    )
    day = int(start[8:10])
    month = start[:8]
    promises = []
    for i in range(roll.randint(1, 5)):
        promise = {"id": f"p{i}"}
        if roll.random() < 0.7:
            promise["due"] = (
                f"{month}{min(day + roll.randint(-1, 6), 28):02d}T{roll.randint(0, 23):02d}:00+00:00"
            )
        if roll.random() < 0.2:
            promise["priority"] = roll.choice((1, 2, 2.5))
        if roll.random() < 0.35:
            promise["placement"] = "yields"
            if roll.random() < 0.5:
                promise["accepted"] = roll.randint(0, 3)
        if roll.random() < 0.2:
            promise["release"] = (
                f"{month}{min(day + roll.randint(0, 3), 28):02d}T{roll.randint(0, 23):02d}:17+00:00"
            )
        promises.append(promise)
    skills = {skill for person in people for skill in person["skills"]}
    stages = []
    for i in range(roll.randint(1, 9)):
        promise = roll.choice(promises)
        stage = {"id": f"s{i}", "promise": promise["id"]}
        if stages and roll.random() < 0.5:
            names = [s["id"] for s in stages]
            stage["after"] = roll.sample(names, min(len(names), roll.choice((1, 1, 2))))
        kind = roll.random()
        if kind < 0.08:
            stage["arrives"] = {
                "by": f"{month}{min(day + roll.randint(-1, 2), 28):02d}T{roll.randint(0, 23):02d}:00+00:00"
            }
            if roll.random() < 0.5:
                stage["arrives"]["late"] = {"law": "exponential", "mean": 5}
            stages.append(stage)
            continue
        if resources and roll.random() < 0.4:
            stage["uses"] = {"m": roll.randint(1, resources[0]["capacity"])}
        if kind < 0.15 and "uses" in stage:
            stage["calendar"] = "always"
        else:
            _staff(roll, stage, people, skills)
        _effort(roll, stage, certain)
        stages.append(stage)
    plan = {"start": start, "people": people, "promises": promises, "stages": stages}
    if resources:
        plan["resources"] = resources
    return plan


def _staff(roll, stage, people, skills):
    everybody = [person["id"] for person in people]
    if roll.random() < 0.6 or not skills:
        stage["people"] = roll.sample(
            everybody, 1 if roll.random() < 0.75 else min(2, len(everybody))
        )
    if skills and ("people" not in stage or roll.random() < 0.15):
        needs = {}
        for skill in roll.sample(sorted(skills), min(len(skills), roll.choice((1, 1, 2)))):
            needs[skill] = roll.choice((1, 1, 2))
        named = stage.get("people", [])
        stage["needs"] = needs
        if not _possible(needs, people, named):
            del stage["needs"]
            stage.setdefault("people", [everybody[0]])
    if roll.random() < 0.15:
        who = stage.get("people") or [roll.choice(everybody)]
        stage["begun_by"] = list(who)


def _possible(needs, people, named):
    slots = [skill for skill, n in needs.items() for _ in range(n)]
    held = {}

    def find(who, tried):
        for slot, skill in enumerate(slots):
            if slot not in tried and skill in who["skills"]:
                tried.add(slot)
                if slot not in held or find(held[slot], tried):
                    held[slot] = who
                    return True
        return False

    for who in sorted(people, key=lambda p: p["id"] not in named):
        find(who, set())
    return len(held) == len(slots)


def _effort(roll, stage, certain):
    if roll.random() < certain:
        stage["effort"] = roll.choice((0, 1, 7, 30, 61, 90, 200)) / 60
    else:
        stage["effort"] = roll.choice(
            (
                {"low": 0.3, "likely": 0.8, "high": 2.5},
                {"law": "uniform", "low": 0.1, "high": 3},
                {"law": "exponential", "mean": 1.5},
                {"law": "lognormal", "median": 1, "sigma": 0.6},
                {"estimate": 1, "ratios": [[0.1, 0.5], [0.5, 1], [0.9, 2]]},
            )
        )
    kind = roll.random()
    if kind < 0.15:
        stage["done"] = 0.25
    elif kind < 0.3:
        stage["spent"] = roll.choice((0.25, 1, 6))

"""Seeded portfolios of people, promises and stages, as plan files."""

import random
from typing import Any

DAYS = ("mon", "tue", "wed", "thu", "fri")
HOLIDAYS = ["2026-12-08", "2026-12-25", "2027-01-01"]


def portfolio(n_people: int, n_stages: int, *, seed: int = 7, tight: float = 1.0) -> dict[str, Any]:
    """A house: ten stages a promise, each after the last or side by side.

    Of the stages with people, 85 % name one person, 10 % take anybody with a skill,
    5 % two people at the same time. Due moments spread over the time the work takes
    at full load, times ``tight``.
    """
    roll = random.Random(seed)
    skills = [f"skill{i}" for i in range(max(2, n_people // 8))]
    people = []
    for i in range(n_people):
        begin = roll.choice(("08:00", "08:30", "09:00", "10:00"))
        hour = int(begin[:2])
        windows = [[begin, "12:30"], ["13:30", f"{hour + 8:02d}:{begin[3:]}"]]
        days = DAYS if roll.random() < 0.8 else DAYS[:4]
        person: dict[str, Any] = {
            "id": f"person{i}",
            "skills": [skills[i % len(skills)], roll.choice(skills)],
            "zone": roll.choice(("Europe/Lisbon", "Europe/Berlin", "Europe/Lisbon")),
            "week": dict.fromkeys(days, windows),
            "holidays": HOLIDAYS,
            "share": 0.7,
        }
        if roll.random() < 0.3:
            first = roll.randint(1, 20)
            person["absences"] = [[f"2026-12-{first:02d}", f"2026-12-{first + 7:02d}"]]
        people.append(person)
    promises, stages = [], []
    n_promises = n_stages // 10
    days = n_stages * 9 / (n_people * 0.7 * 7.5) * 1.5 * tight
    for i in range(n_promises):
        day = 1 + int((i + roll.random()) / n_promises * days * 7 / 5)
        month, rest = divmod(22 + day, 28)
        year, month = 2026 + (10 + month) // 12, (10 + month) % 12 + 1
        promises.append(
            {"id": f"promise{i}", "due": f"{year}-{month:02d}-{rest + 1:02d}T17:00+00:00"}
        )
        team = roll.sample(people, min(4, n_people))
        for k in range(10):
            likely = roll.choice((2, 4, 6, 8, 12, 16))
            stage: dict[str, Any] = {
                "id": f"stage{i}.{k}",
                "promise": f"promise{i}",
                "effort": {"low": likely * 0.6, "likely": likely, "high": likely * 2.2},
            }
            if k:
                stage["after"] = [f"stage{i}.{k - roll.choice((1, 1, 1, min(k, 2)))}"]
            kind = roll.random()
            if kind < 0.85:
                stage["people"] = [roll.choice(team)["id"]]
            elif kind < 0.95:
                stage["needs"] = {roll.choice(skills): 1}
            else:
                stage["people"] = [person["id"] for person in roll.sample(team, 2)]
            stages.append(stage)
    return {
        "start": "2026-11-23T09:00+00:00",
        "people": people,
        "promises": promises,
        "stages": stages,
    }


def ten_stages(document: dict[str, Any], *, seed: int = 3) -> list[dict[str, Any]]:
    """The ten stages of an ask, done by people of the portfolio."""
    roll = random.Random(seed)
    team = roll.sample(document["people"], 4)
    stages: list[dict[str, Any]] = []
    for k in range(10):
        stage: dict[str, Any] = {
            "id": f"ask.{k}",
            "people": [roll.choice(team)["id"]],
            "effort": {"low": 3, "likely": 6, "high": 14},
        }
        if k:
            stage["after"] = [f"ask.{k - 1}"]
        stages.append(stage)
    return stages

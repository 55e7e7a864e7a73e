# ruff: noqa: B023, E501, PERF401 -- a minute is played to its end before the next begins
"""A plain, slow twin of the engine: one minute after another, straight from the plan file.

It shares no code with the engine. Calendars are asked of the wall clock minute
by minute, promises in order of rank look at who is there, and nothing is known
before it has happened.
"""

import bisect
import functools
import hashlib
import math
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from statistics import NormalDist
from zoneinfo import ZoneInfo

AWAY = 4 * 1440
MASK = 2**64 - 1
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _mix(x):
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def _point(seed, future, name):
    gold = 0x9E3779B97F4A7C15
    key = _mix((_mix((seed + gold) & MASK) + (future + 1) * gold) & MASK)
    return _mix(key ^ int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little")) >> 52


def _lines(points, u):
    """Straight lines through points, the first and last one going on."""
    if len(points) == 1:
        return points[0][1]
    at = min(max(bisect.bisect([q for q, _ in points], u) - 1, 0), len(points) - 2)
    (u0, y0), (u1, y1) = points[at], points[at + 1]
    return y0 + (u - u0) / (u1 - u0) * (y1 - y0)


def hours_at(effort, u):
    """The hours a share ``u`` of futures does not exceed."""
    if not isinstance(effort, dict):
        return float(effort)
    law = effort.get("law")
    if law == "uniform":
        return effort["low"] + u * (effort["high"] - effort["low"])
    if law == "exponential":
        return -effort["mean"] * math.log(1 - u)
    if law == "lognormal":
        return effort["median"] * math.exp(effort["sigma"] * NormalDist().inv_cdf(u))
    if "ratios" in effort:
        points = [(q, math.log(r)) for q, r in effort["ratios"]]
        return effort["estimate"] * math.exp(_lines(points, u))
    said = [(0.1, effort["low"]), (0.5, effort["likely"]), (0.9, effort["high"])]
    return math.exp(_lines([(q, math.log(h)) for q, h in said], u))


def _share_below(effort, hours):
    if not isinstance(effort, dict):
        return 1.0 if hours >= effort else 0.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if hours_at(effort, middle) <= hours else (low, middle)
    return low


def minutes_left(stage, seed, future):
    """Minutes of work left of a stage in one future."""
    point = _point(seed, future, stage["id"])
    u = (point + 0.5) / 4096
    effort, spent = stage["effort"], stage.get("spent") or 0
    stretch = 1.0
    if spent:
        below = _share_below(effort, spent)
        if below >= 0.999 and isinstance(effort, dict):
            below, stretch = 0.9, spent / hours_at(effort, 0.9)
        if isinstance(effort, dict):
            u = below + (1 - below) * u
    rest = max(hours_at(effort, u) * stretch - spent, 0) * (1 - (stage.get("done") or 0))
    return math.floor(rest * 60 + 0.5)


@functools.lru_cache(maxsize=64)
def _wall(zone, start, length):
    """Local date, weekday and minute of day of each minute from the start."""
    where = ZoneInfo(zone)
    rows = []
    for minute in range(length):
        local = (start + timedelta(minutes=minute)).astimezone(where)
        rows.append((local.date(), local.weekday(), local.hour * 60 + local.minute))
    return rows


def _clock(text):
    return int(text[:2]) * 60 + int(text[3:])


def at_work(person, start, length):
    """Whether a person is at work, for each minute."""
    windows = [[(_clock(a), _clock(b)) for a, b in person["week"].get(day, [])] for day in DAYS]
    away = [tuple(map(date.fromisoformat, pair)) for pair in person.get("absences", [])]
    away += [(date.fromisoformat(day),) * 2 for day in person.get("holidays", [])]
    return [
        any(a <= minute < b for a, b in windows[weekday])
        and not any(a <= day <= b for a, b in away)
        for day, weekday, minute in _wall(person.get("zone", "UTC"), start, length)
    ]


def _fill(slots, people, placed):
    """The slots that people, tried in order, can fill together; who has which."""
    held = {}

    def find(who, tried):
        for slot, skill in enumerate(slots):
            if slot not in tried and skill in who["skills"]:
                tried.add(slot)
                if slot not in held or find(held[slot], tried):
                    held[slot] = who
                    return True
        return False

    chosen = []
    for who in placed:
        find(who, set())
    for who in people:
        if len(held) < len(slots) and find(who, set()):
            chosen.append(who)
    return chosen, len(held) == len(slots)


def rank_of(promise, index):
    if promise.get("placement") == "yields":
        accepted = promise.get("accepted")
        return (3, index if accepted is None else accepted, index)
    if promise.get("priority") is not None:
        return (0, promise["priority"], index)
    if promise.get("due"):
        return (1, datetime.fromisoformat(promise["due"]).timestamp(), index)
    return (2, 0, index)


def run(plan, *, seed=1, future=0, length=14 * 1440, lifted=()):
    """Simulate one future; give back start and finish of each stage, None for never."""
    start = datetime.fromisoformat(plan["start"]).astimezone(UTC)
    people = {p["id"]: p for p in plan["people"]}
    order = list(people)
    present = {name: at_work(people[name], start, length + AWAY + 1) for name in people}
    next_work = {}
    for name in people:
        row, soon = [0] * len(present[name]), math.inf
        for minute in reversed(range(len(row))):
            soon = minute if present[name][minute] else soon
            row[minute] = soon
        next_work[name] = row
    promises = {p["id"]: p for p in plan["promises"]}
    rank = {p["id"]: rank_of(p, i) for i, p in enumerate(plan["promises"])}
    stages = {s["id"]: s for s in plan["stages"]}
    in_file = {name: i for i, name in enumerate(stages)}
    capacity = {r["id"]: r["capacity"] for r in plan.get("resources", [])}

    def since_start(text):
        return math.floor((datetime.fromisoformat(text) - start).total_seconds() / 60)

    work, arrives, release = {}, {}, {}
    for name, stage in stages.items():
        text = promises[stage["promise"]].get("release")
        release[name] = max(0, since_start(text)) if text else 0
        if "arrives" in stage:
            by = since_start(stage["arrives"]["by"])
            late = {"id": name, "effort": stage["arrives"].get("late", 0)}
            late["spent"] = max(0, -by) / 60
            arrives[name] = max(by, 0) + minutes_left(late, seed, future)
            work[name] = 0
        else:
            work[name] = minutes_left(stage, seed, future)

    def layer_of(name):
        own = rank[stages[name]["promise"]]
        mine = own[1:] if own[0] == 3 else (-math.inf,)
        return max([mine, *(layer_of(other) for other in stages[name].get("after", []))])

    middle = {}
    for name, stage in stages.items():
        if "arrives" in stage:
            middle[name] = 0
            continue
        effort, spent = stage["effort"], stage.get("spent") or 0
        below, stretch = 0.0, 1.0
        if spent and isinstance(effort, dict):
            below = _share_below(effort, spent)
            if below >= 0.999:
                below, stretch = 0.9, spent / hours_at(effort, 0.9)
        hours = hours_at(effort, below + (1 - below) * 0.5) * stretch - spent
        middle[name] = math.floor(max(hours, 0) * (1 - (stage.get("done") or 0)) * 60 + 0.5)

    @functools.cache
    def tail(name):
        return max(
            (
                middle[other] + tail(other)
                for other, stage in stages.items()
                if name in stage.get("after", []) and stage["promise"] == stages[name]["promise"]
            ),
            default=0,
        )

    def by_rank(name):
        return (rank[stages[name]["promise"]], -tail(name), in_file[name])

    layers = {}
    for name in stages:
        layers.setdefault(layer_of(name), []).append(name)
    layers = [sorted(layers[key], key=by_rank) for key in sorted(layers)]
    named = {
        name: list(dict.fromkeys(s.get("people", []) + s.get("begun_by", [])))
        for name, s in stages.items()
    }
    slots = {
        name: []
        if s.get("begun_by")
        else [skill for skill, n in s.get("needs", {}).items() for _ in range(n)]
        for name, s in stages.items()
    }
    started, finished, progress, crew = {}, {}, {}, {}

    def ready(name, minute):
        return (
            release[name] <= minute
            and all(finished.get(other, math.inf) <= minute for other in stages[name].get("after", []))
        )  # fmt: skip

    for minute in range(length):
        working = set()
        machines = dict.fromkeys(capacity, 0)
        for layer in layers:
            running = {n for n in layer if n in started and n not in finished and n in crew}
            for name in list(running):
                if progress[name] >= work[name]:
                    finished[name] = minute
                    running.discard(name)
            again = True
            while again:
                again = False
                waiting = [n for n in layer if n not in started and ready(n, minute)]
                for name in waiting:
                    if name in arrives:
                        if arrives[name] <= minute:
                            started[name] = finished[name] = minute
                            again = True
                    elif work[name] == 0 and not (
                        named[name] or slots[name] or stages[name].get("uses")
                    ):
                        started[name] = finished[name] = minute
                        again = True
                if again:
                    continue

                def held(who, running=running):
                    return sum(who in crew[other] for other in running)

                def in_use(machine, running=running):
                    return sum(stages[o].get("uses", {}).get(machine, 0) for o in running)

                def free(who, held=held):
                    return who in lifted or held(who) < people[who].get("parallel", 1)

                def begin(name, who, running=running):
                    started[name], progress[name], crew[name] = minute, Fraction(0), who
                    if work[name] == 0:
                        finished[name] = minute
                        return True
                    running.add(name)
                    return False

                def machines_free(name, in_use=in_use, machines=machines):
                    return all(
                        machines[m] + in_use(m) + n <= capacity[m]
                        for m, n in stages[name].get("uses", {}).items()
                    )

                if minute == 0:
                    for name in waiting:
                        if (
                            stages[name].get("begun_by")
                            and name not in started
                            and all(free(who) for who in named[name])
                            and machines_free(name)
                            and begin(name, named[name])
                        ):
                            again = True
                            break
                    if again:
                        continue
                taken = set()

                def here(who, free=free, taken=taken, working=working):
                    return (
                        free(who)
                        and present[who][minute]
                        and (who in lifted or (who not in working and who not in taken))
                    )

                for name in waiting:
                    if name in started or name in arrives or not machines_free(name):
                        continue
                    fixed = named[name]
                    others = [who for who in order if who not in fixed]
                    chosen, full = _fill(
                        slots[name],
                        [people[who] for who in others if here(who)],
                        [people[who] for who in fixed],
                    )
                    chosen = [who["id"] for who in chosen]
                    if full and all(here(who) for who in fixed):
                        if begin(name, fixed + chosen):
                            again = True
                            break
                        continue
                    near = [who for who in order if next_work[who][minute] - minute <= AWAY]
                    _, possible = _fill(
                        slots[name],
                        [people[who] for who in others if who in near],
                        [people[who] for who in fixed],
                    )
                    if (
                        len(fixed) + len(slots[name]) > 1
                        and possible
                        and all(who in near for who in fixed)
                    ):
                        taken.update(who for who in fixed + chosen if here(who))
            # One minute of work, shared by those who share people.
            count = {who: sum(who in crew[o] for o in running) for who in people}
            usage = {m: sum(stages[o].get("uses", {}).get(m, 0) for o in running) for m in capacity}
            did = set()
            for name in running:
                uses = stages[name].get("uses", {})
                if all(
                    present[who][minute] and (who in lifted or who not in working)
                    for who in crew[name]
                ) and all(machines[m] + usage[m] <= capacity[m] for m in uses):
                    speed = Fraction(1)
                    for who in crew[name]:
                        share = Fraction(str(people[who].get("share", 1)))
                        speed = min(speed, share / (1 if who in lifted else count[who]))
                    progress[name] += speed
                    did.update(crew[name])
            working |= did
            for name in running:
                for machine, amount in stages[name].get("uses", {}).items():
                    machines[machine] += amount
    return {name: (started.get(name), finished.get(name)) for name in stages}

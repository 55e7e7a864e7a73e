"""Ways to say yes: later, less of it, other people, overtime; each checked like the ask itself.

All of them are computed on the same futures as the answer, so that what differs between
them is what they change and not luck.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kept import engine
from kept.engine import roads
from kept.plan.loading import Loaded
from kept.promises.models import Placement
from kept.quotes.asking import Asked, Change

AS_ASKED = Change()
#: A choice of more than this many is none.
MOST = 4
#: Owners are tried out on so many stages, those with most work, and so often in all.
MOST_STAGES, MOST_TRIALS = 5, 16
#: Optional stages are left out one after the other, the largest first, at most so many.
MOST_LEFT_OUT = 3
#: An owner who gains less than this is as good as anybody.
GAIN = 0.03


class Kind(StrEnum):
    """What a way changes."""

    WANTED = "wanted"
    LATER = "later"
    LESS = "less"
    PEOPLE = "people"
    OVERTIME = "overtime"
    WITHOUT = "without"


@dataclass(frozen=True)
class Way:
    """One way to say yes, in the engine's terms.

    Attributes:
        change: how its stages differ from those asked for.
        overtime_hours: what the team would work outside its week, where it must.
    """

    kind: Kind
    due_at: datetime
    chance: float
    placement: Placement
    effects: Sequence["engine.Effect"]
    change: Change = AS_ASKED
    overtime_hours: float | None = None


@dataclass(frozen=True)
class Question:
    """What every way is a variation of.

    Attributes:
        asks: gives the ask with a change.
        find: finds the dates of an ask, as the answer's own were found.
    """

    loaded: Loaded
    asked: Asked
    found: "engine.Dates"
    asks: Callable[[Change], Asked]
    find: Callable[["engine.Ask"], "engine.Dates"]


def two_roads(question: Question) -> "roads.Roads | None":
    """Return what keeping the wanted date costs; None where it is as safe as asked anyway."""
    found = question.found
    if found.wanted is None or found.chance_wanted is None:
        return None
    if found.chance_wanted >= found.confidence:
        return None
    return roads.two_roads(
        question.loaded.situation,
        question.asked.ask,
        due=found.wanted,
        confidence=found.confidence,
        line=found.line,
        futures=found.futures,
        seed=found.seed,
    )


def plain(found: "engine.Dates") -> list[Way]:
    """Return the ways that change nothing of the ask: as wanted, later, disturbing nobody."""
    ways = []
    stands = found.chance_wanted is not None and found.chance_wanted >= found.line
    if found.wanted is not None and stands and not _harms(found.effects_wanted):
        ways.append(
            Way(
                Kind.WANTED,
                found.wanted,
                found.chance_wanted or 0.0,
                Placement.BY_DATE,
                found.effects_wanted,
            )
        )
    if found.due is not None and found.due != found.wanted:
        ways.append(_advised(Kind.LATER, found, found.due))
    elif found.due is not None and not ways:
        ways.append(_advised(Kind.WANTED, found, found.due))
    free_on = found.without.at(found.confidence)
    if free_on is not None and (found.due is None or free_on > found.due):
        ways.append(Way(Kind.WITHOUT, free_on, found.without.chance(free_on), Placement.YIELDS, ()))
    return ways


def all_of(question: Question, *, walked: "roads.Roads | None") -> list[Way]:
    """Return the ways worth a choice, at most four; those that change the ask only if they help.

    Args:
        walked: the two roads to the wanted date.
    """
    found = question.found
    first = [way for way in plain(found) if way.kind != Kind.WITHOUT]
    last = [way for way in plain(found) if way.kind == Kind.WITHOUT]
    safe = found.chance_wanted is not None and found.chance_wanted >= found.confidence
    if not (safe and first and first[0].kind == Kind.WANTED):
        others = (_less(question), _people(question), _overtime(found, walked))
        first += [other for other in others if other is not None]
    return (first + last)[:MOST]


def _advised(kind: Kind, found: "engine.Dates", due_at: datetime) -> Way:
    placement = Placement.YIELDS if found.advised == "without" else Placement.BY_DATE
    return Way(kind, due_at, found.shown.chance(due_at), placement, found.effects_advised)


def _harms(effects: Sequence["engine.Effect"]) -> bool:
    return any(effect.below_line or effect.worse_below for effect in effects)


def _better(kind: Kind, question: Question, changed: "engine.Dates", change: Change) -> Way | None:
    """Return the way of a changed ask if it keeps the wanted date, or an earlier one at all."""
    found = question.found
    wanted = found.wanted
    if wanted is not None and changed.chance_wanted is not None:
        free = changed.without.chance(wanted)
        if free >= found.confidence:
            return Way(kind, wanted, free, Placement.YIELDS, (), change)
        if changed.chance_wanted >= found.confidence and not _harms(changed.effects_wanted):
            effects = changed.effects_wanted
            return Way(kind, wanted, changed.chance_wanted, Placement.BY_DATE, effects, change)
    due = changed.due
    if due is None or (found.due is not None and due >= found.due):
        return None
    placement = Placement.YIELDS if changed.advised == "without" else Placement.BY_DATE
    chance = changed.shown.chance(due)
    return Way(kind, due, chance, placement, changed.effects_advised, change)


def _less(question: Question) -> Way | None:
    """Leave out optional stages, the largest first, until the wanted date is kept."""
    stages = question.asked.stages
    optional = [n for n, stage in enumerate(stages, start=1) if stage.optional]
    optional.sort(key=lambda n: -question.asked.hours[n - 1])
    if len(optional) == len(stages):
        return None
    best = None
    for many in range(1, min(len(optional), MOST_LEFT_OUT) + 1):
        change = Change(without=tuple(sorted(optional[:many])))
        changed = question.find(question.asks(change).ask)
        way = _better(Kind.LESS, question, changed, change)
        if way is not None and (best is None or way.due_at < best.due_at):
            best = way
        if best is not None and best.due_at == question.found.wanted:
            break
    return best


def _people(question: Question) -> Way | None:
    """Name other owners, stage by stage, where that makes the date safer."""
    asked, found = question.asked, question.found
    due = found.wanted or found.due
    if due is None:
        return None
    holders: dict[str, list[int]] = {}
    for person in question.loaded.plan["people"]:
        for skill in person["skills"]:
            holders.setdefault(skill, []).append(int(person["id"][1:]))
    order = sorted(range(1, len(asked.stages) + 1), key=lambda n: -asked.hours[n - 1])
    chosen: dict[int, int] = {}
    best = _trials(question, [AS_ASKED], due)[0]
    left = MOST_TRIALS
    for position in order[:MOST_STAGES]:
        stage = asked.stages[position - 1]
        if stage.skill_id is None or stage.hands != 1:
            continue
        others = [m for m in holders.get(f"k{stage.skill_id}", ()) if m != stage.owner_id][:left]
        if len(others) + (stage.owner_id is not None) < 2:
            continue
        left -= len(others)
        changes = [Change(owners=tuple(sorted({**chosen, position: m}.items()))) for m in others]
        tried = _trials(question, changes, due)
        key = max(range(len(others)), key=lambda n: (tried[n][0], -tried[n][1]))
        if tried[key][0] >= best[0] + GAIN or (found.wanted is None and tried[key][1] < best[1]):
            chosen[position], best = others[key], tried[key]
    if not chosen:
        return None
    change = Change(owners=tuple(sorted(chosen.items())))
    changed = question.find(question.asks(change).ask)
    return _better(Kind.PEOPLE, question, changed, change)


def _trials(
    question: Question, changes: Sequence[Change], due: datetime
) -> list[tuple[float, int]]:
    """Return each form's chance to keep a date, and its end, in few futures."""
    return roads.chances(
        question.loaded.situation,
        [question.asks(change).ask for change in changes],
        due=due,
        confidence=question.found.confidence,
        seed=question.found.seed,
    )


def _overtime(found: "engine.Dates", walked: "roads.Roads | None") -> Way | None:
    """Keep the wanted date as surely as asked, by working outside the week."""
    if walked is None or found.wanted is None:
        return None
    hours = walked.overtime(found.confidence)
    if hours is None or hours < 0.5:
        return None
    return Way(
        Kind.OVERTIME,
        found.wanted,
        walked.chance(hours),
        Placement.BY_DATE,
        walked.effects,
        overtime_hours=hours,
    )

"""Three gauges before a yes: people and skills, working time, tank; each with its cause."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs.models import Stage
from kept.people.models import Skill
from kept.plan import pressure
from kept.plan.pressure import SMALLEST_GROUP, TANK_AMBER, TANK_RED, Pressure
from kept.tenancy import scope


class Level(StrEnum):
    """How a gauge stands."""

    ENOUGH = "enough"
    TIGHT = "tight"
    SHORT = "short"


@dataclass(frozen=True)
class Gauge:
    """One gauge: what is planned, what this ask adds, and the limit, in the same unit.

    Attributes:
        name: "people", "time" or "tank".
        level: enough, tight (amber) or short (amber, with the amount).
        verdict: the level in a word or two, such as "9 hours short".
        cause: what it rests on, named.
    """

    name: str
    level: Level
    verdict: str
    planned: float
    asked: float
    limit: float
    cause: str


def read(
    measured: Pressure,
    *,
    stages: Sequence[Stage],
    hours: Sequence[float],
    by_at: datetime,
    now: datetime,
) -> list[Gauge]:
    """Return the three gauges for an ask that is to be done by `by_at`.

    Args:
        stages: what is asked for.
        hours: the hours each of them is expected to take.
    """
    return [
        _people(measured, stages),
        _time(measured, stages, hours, by_at),
        _tank(measured, sum(hours), by_at, now),
    ]


def _people(measured: Pressure, stages: Sequence[Stage]) -> Gauge:
    """Are there people enough with each skill? The scarcest skill is shown."""
    names = _skill_names(stages)
    need: dict[int | None, int] = defaultdict(int)
    for stage in stages:
        need[stage.skill_id] = max(need[stage.skill_id], stage.hands)
    parts, worst = [], (Level.ENOUGH, 0.0, 1, 1)
    for key, hands in need.items():
        have = len(measured.holders(pressure.skill_of(key)))
        what = names.get(key, _("Anybody’s work"))
        parts.append(
            ngettext(
                "%(what)s: %(have)s can, %(hands)s is needed.",
                "%(what)s: %(have)s can, %(hands)s are needed.",
                hands,
            )
            % {
                "have": words.spelled(have),
                "what": words.capital(what),
                "hands": words.spelled(hands),
            }
        )
        level = Level.ENOUGH if have > hands else Level.TIGHT if have == hands else Level.SHORT
        candidate = (level, hands / max(have, 1), have, hands)
        if list(Level).index(level) > list(Level).index(worst[0]) or (
            level == worst[0] and candidate[1] > worst[1]
        ):
            worst = candidate
    level, _share, have, hands = worst
    verdict = {
        Level.ENOUGH: _("enough"),
        Level.TIGHT: _("nobody to stand in"),
        Level.SHORT: _("too few"),
    }[level]
    return Gauge("people", level, verdict, 0, hands, have, " ".join(parts))


def _time(
    measured: Pressure, stages: Sequence[Stage], hours: Sequence[float], by_at: datetime
) -> Gauge:
    """Is there working time enough before the date? The skill with the least left is shown."""
    names = _skill_names(stages)
    need: dict[int | None, float] = defaultdict(float)
    for stage, expected in zip(stages, hours, strict=True):
        need[stage.skill_id] += expected * stage.hands
    tightest: tuple[float, int | None] | None = None
    for key, needed in need.items():
        spare = measured.free_before(pressure.skill_of(key), by_at) - needed
        if tightest is None or spare < tightest[0]:
            tightest = (spare, key)
    if tightest is None:
        return Gauge("time", Level.ENOUGH, _("enough"), 0, 0, 1, "")
    spare, key = tightest
    skill = pressure.skill_of(key)
    free, needed = spare + need[key], need[key]
    planned = measured.planned_before(skill, by_at)
    short = spare < 0
    facts = {
        "skill": words.capital(names.get(key, _("everybody"))),
        "needed": words.hours(needed),
        "free": words.hours(free),
        "day": words.day(zones.day_of(by_at, scope.current().zone)),
    }
    few = len(measured.holders(skill)) < SMALLEST_GROUP
    if few:
        cause = (
            _("%(skill)s: %(needed)s needed before %(day)s, and that much is not free.")
            if short
            else _("%(skill)s: %(needed)s needed before %(day)s, and they are free.")
        ) % facts
    else:
        cause = _("%(skill)s: %(needed)s needed, %(free)s free before %(day)s.") % facts
    tight = not short and spare < 0.25 * needed
    verdict = _("enough")
    if short:
        verdict = _("too little") if few else _("%(hours)s short") % {"hours": words.hours(-spare)}
    elif tight:
        verdict = _("tight")
    return Gauge(
        "time",
        Level.SHORT if short else Level.TIGHT if tight else Level.ENOUGH,
        verdict,
        planned,
        needed,
        planned + free,
        cause,
    )


def _tank(measured: Pressure, hours: float, by_at: datetime, now: datetime) -> Gauge:
    """Can the team sustain it? Hours owed in the next four weeks against what it can give."""
    before = measured.tank(now=now)
    counts = by_at <= now + pressure.TANK_SPAN
    after = before.with_hours(hours) if counts else before
    level = (
        Level.SHORT
        if after.share > TANK_RED
        else Level.TIGHT
        if after.share > TANK_AMBER
        else Level.ENOUGH
    )
    verdict = {
        Level.ENOUGH: _("enough"),
        Level.TIGHT: _("tight"),
        Level.SHORT: _("overfull"),
    }[level]
    if counts:
        cause = _(
            "Work owed in the next four weeks goes from %(before)s to %(after)s of what the team "
            "can give."
        ) % {"before": percent(before.share), "after": percent(after.share)}
    else:
        cause = _(
            "Work owed in the next four weeks stays at %(before)s of what the team can give: "
            "this comes later."
        ) % {"before": percent(before.share)}
    return Gauge(
        "tank",
        level,
        verdict,
        before.owed_hours,
        after.owed_hours - before.owed_hours,
        before.usable_hours,
        cause,
    )


def percent(share: float) -> str:
    """Return a load, which may be over a hundred, with a no-break space."""
    if share == float("inf"):
        return _("more than all")
    return f"{round(share * 100)}{words.NBSP}%"


def _skill_names(stages: Sequence[Stage]) -> dict[int | None, str]:
    keys = {stage.skill_id for stage in stages if stage.skill_id}
    return {key: skill.name for key, skill in Skill.objects.in_bulk(keys).items()}

"""How far a house rule bends: rule 8, over plain values.

Nothing here reads a row or a clock. A value lies inside the rule, inside its
tolerance, in the discretion band, beyond it, or beyond a hard limit; each edge
still belongs to the gentler side.

A time of day is measured in minutes since the rule's own moment, not by
subtracting clock faces: on the night the clocks change the two differ, and a
guest who waited an hour waited an hour.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from kept import zones

MINUTES_A_DAY = 24 * 60


class Within(StrEnum):
    """Where a value lies against a rule."""

    RULE = "rule"
    TOLERANCE = "tolerance"
    BAND = "band"
    BEYOND = "beyond"
    HARD = "hard"


class Fault(StrEnum):
    """What is wrong with a rule that cannot be."""

    TOLERANCE_NEGATIVE = "tolerance_negative"
    HARD_INSIDE_TOLERANCE = "hard_inside_tolerance"
    BAND_INSIDE_TOLERANCE = "band_inside_tolerance"
    BAND_BEYOND_HARD = "band_beyond_hard"


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit on a quantity, and how far it bends.

    Attributes:
        at_least: the limit is the least that is normal (hours of notice), not the most.
        tolerance: how far beyond the limit a yes needs nobody.
        band_limit: the value up to which whoever holds the discretion band may go.
        hard_limit: the value beyond which nobody may go.
    """

    limit: Decimal
    tolerance: Decimal = Decimal(0)
    at_least: bool = False
    band_limit: Decimal | None = None
    hard_limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """Where a value lies, and by how much it goes beyond the limit (0 inside the rule)."""

    within: Within
    beyond_by: Decimal


def faults(rule: Rule) -> list[Fault]:
    """Return what cannot be about a rule; an empty list is good."""
    found: list[Fault] = []
    if rule.tolerance < 0:
        found.append(Fault.TOLERANCE_NEGATIVE)
    hard = None if rule.hard_limit is None else _beyond(rule, rule.hard_limit)
    band = None if rule.band_limit is None else _beyond(rule, rule.band_limit)
    if hard is not None and hard < rule.tolerance:
        found.append(Fault.HARD_INSIDE_TOLERANCE)
    if band is not None and band < rule.tolerance:
        found.append(Fault.BAND_INSIDE_TOLERANCE)
    if band is not None and hard is not None and band > hard:
        found.append(Fault.BAND_BEYOND_HARD)
    return found


def judge(rule: Rule, value: Decimal) -> Judged:
    """Say where a value lies against a rule."""
    beyond = _beyond(rule, value)
    if beyond <= 0:
        return Judged(Within.RULE, Decimal(0))
    if rule.hard_limit is not None and beyond > _beyond(rule, rule.hard_limit):
        return Judged(Within.HARD, beyond)
    if beyond <= rule.tolerance:
        return Judged(Within.TOLERANCE, beyond)
    if rule.band_limit is not None and beyond <= _beyond(rule, rule.band_limit):
        return Judged(Within.BAND, beyond)
    return Judged(Within.BEYOND, beyond)


def minute_of_day(limit: Decimal, at: datetime, zone: str) -> Decimal:
    """Return a moment as the value of a rule about a time of day.

    It is the limit, plus the whole minutes that went by since the nearest
    moment at which a clock in `zone` showed it: 873 for 14:33 where the
    kitchen closes at 870 (14:30). It may be less than 0 or more than a day:
    ten past midnight is twenty minutes past 23:50. Seconds do not count.
    """
    minute = at.astimezone(UTC).replace(second=0, microsecond=0)
    past = min(
        (
            (minute - zones.gap_end(day, _time(limit), zone)) // timedelta(minutes=1)
            for day in (
                zones.day_of(minute, zone) + timedelta(days=offset) for offset in (-1, 0, 1)
            )
        ),
        key=abs,
    )
    return limit + past


def nearest(limit: Decimal, face: Decimal) -> Decimal:
    """Return a time of day on the day on which it lies nearest to the limit.

    Args:
        face: minutes after midnight. Ten past midnight is the day after where the limit
            is 23:50.
    """
    half = MINUTES_A_DAY // 2
    return limit + (int(face - limit) + half) % MINUTES_A_DAY - half


def clock_face(value: Decimal) -> str:
    """ "14:33" for 873, whatever the day it belongs to."""
    minutes = int(value) % MINUTES_A_DAY
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def minutes_of(face: time) -> Decimal:
    """Return a time of day as minutes after midnight."""
    return Decimal(face.hour * 60 + face.minute)


def _time(limit: Decimal) -> time:
    return time(int(limit) // 60, int(limit) % 60)


def _beyond(rule: Rule, value: Decimal) -> Decimal:
    return rule.limit - value if rule.at_least else value - rule.limit

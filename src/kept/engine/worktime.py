"""Working time as arrays: when somebody is at work, in minutes from a start.

A calendar is the sorted list of windows ``[start, end)`` in which somebody is
at work, in whole minutes since the situation's start, for ten years ahead.
Local weeks become minutes here and nowhere else, so a night on which the
clocks change gives a window that is an hour shorter or longer, and no other.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

NEVER = 2**31 - 1
"""The minute of what does not happen within the horizon."""

HORIZON_DAYS = 3653
"""Ten years: what is not finished by then never is, as far as an answer goes."""

HORIZON = HORIZON_DAYS * 1440
"""The horizon in minutes."""

AWAY = 4 * 1440
"""A gap longer than this (four days: a long week-end) is an absence others need not wait for."""

Minutes = npt.NDArray[np.int32]
Week = tuple[tuple[tuple[int, int], ...], ...]
"""Seven days from Monday; each a tuple of windows in minutes since local midnight."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody is at work, in minutes since the situation's start.

    Attributes:
        starts, ends: shape (n_windows,), sorted, apart from one another.
        week_starts: shape (n_weeks + 1,). The minute at which each ISO week of
            the calendar's zone begins; the first may be negative.
        first_week: Monday of the first of them.
    """

    starts: Minutes
    ends: Minutes
    week_starts: Minutes
    first_week: date

    @property
    def is_empty(self) -> bool:
        return bool(self.starts.size == 0)

    def minutes_between(self, start: int, end: int) -> int:
        """Working minutes in ``[start, end)``."""
        lengths = np.minimum(self.ends, end) - np.maximum(self.starts, start)
        return int(np.maximum(lengths, 0).sum())


def week_label(first_week: date, index: int) -> str:
    """The ISO name of a week, such as ``2026-W48``."""
    year, week, _ = (first_week + timedelta(weeks=index)).isocalendar()
    return f"{year}-W{week:02d}"


@lru_cache(maxsize=64)
def _days(zone: str, start: datetime) -> tuple[date, Minutes, npt.NDArray[np.bool_]]:
    """Local days from the day before the start: first day, minute of each midnight, odd days.

    A day is odd when it is not 24 hours long or its midnight does not exist;
    its windows are converted one by one.
    """
    where = ZoneInfo(zone)
    first = start.astimezone(where).date() - timedelta(days=8)
    midnights = np.empty(HORIZON_DAYS + 18, dtype=np.int32)
    odd = np.zeros(HORIZON_DAYS + 17, dtype=np.bool_)
    previous = None
    for index in range(midnights.size):
        day = first + timedelta(days=index)
        midnight = datetime.combine(day, time(), where)
        offset = midnight.utcoffset()
        midnights[index] = _minute(midnight, start)
        if previous is not None and (
            offset != previous or midnights[index] - midnights[index - 1] != 1440
        ):
            odd[index - 1] = True
        previous = offset
    return first, midnights, odd


def _minute(moment: datetime, start: datetime) -> int:
    return (moment.astimezone(UTC) - start) // timedelta(minutes=1)


def _local(day: date, minute: int, zone: ZoneInfo, start: datetime) -> int:
    """The minute of a wall-clock time; in a gap, the moment the clock jumps past it."""
    if minute == 1440:
        day, minute = day + timedelta(days=1), 0
    wall = datetime.combine(day, time(minute // 60, minute % 60), zone)
    there = wall.astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        # In a gap, fold 0 keeps the offset from before it: `there` lies behind the
        # jump, at which the window begins or ends.
        before = wall.utcoffset()
        high = _minute(there, start)
        low = high - 1440
        while high - low > 1:
            middle = (low + high) // 2
            here = (start + timedelta(minutes=middle)).astimezone(zone).utcoffset()
            low, high = (middle, high) if here == before else (low, middle)
        return high
    return _minute(wall, start)


@lru_cache(maxsize=2048)
def calendar(
    *,
    start: datetime,
    zone: str,
    week: Week,
    away: tuple[tuple[date, date], ...] = (),
) -> Calendar:
    """Lay a local working week out over ten years of minutes.

    Args:
        start: the situation's start, aware, in UTC.
        zone: IANA name of the zone the week and the days away are meant in.
        week: seven days of windows in minutes since local midnight.
        away: whole local days without work, both ends included.

    Returns:
        The windows that end after the start, cut at the horizon. Equal arguments give
        the same calendar, which nobody may change.
    """
    first, midnights, odd = _days(zone, start)
    days = odd.size
    working = np.ones(days, dtype=np.bool_)
    for from_day, to_day in away:
        low = max((from_day - first).days, 0)
        high = min((to_day - first).days + 1, days)
        if low < high:
            working[low:high] = False
    weekday = (np.arange(days) + first.weekday()) % 7
    starts: list[Minutes] = []
    ends: list[Minutes] = []
    where = ZoneInfo(zone)
    for day_of_week, windows in enumerate(week):
        chosen = np.flatnonzero(working & (weekday == day_of_week))
        for window_from, window_to in windows:
            begin = midnights[chosen] + np.int32(window_from)
            finish = midnights[chosen] + np.int32(window_to)
            for at in np.flatnonzero(odd[chosen]):
                day = first + timedelta(days=int(chosen[at]))
                begin[at] = _local(day, window_from, where, start)
                finish[at] = _local(day, window_to, where, start)
            starts.append(begin)
            ends.append(finish)
    monday = (7 - first.weekday()) % 7
    week_starts = midnights[monday::7].astype(np.int32)
    first_week = first + timedelta(days=monday)
    while week_starts.size > 1 and week_starts[1] <= 0:
        week_starts = week_starts[1:]
        first_week += timedelta(weeks=1)
    if not starts:
        none = np.empty(0, dtype=np.int32)
        return Calendar(none, none, week_starts, first_week)
    begins = np.concatenate(starts)
    finishes = np.concatenate(ends)
    order = np.argsort(begins, kind="stable")
    begins = np.clip(begins[order], 0, HORIZON).astype(np.int32)
    finishes = np.clip(finishes[order], 0, HORIZON).astype(np.int32)
    kept = finishes > begins
    begins, finishes = begins[kept], finishes[kept]
    if begins.size:
        # Windows that touch are one: 24:00 and the next 00:00 are the same moment.
        apart = np.flatnonzero(begins[1:] > finishes[:-1]) + 1
        begins = begins[np.concatenate(([0], apart))]
        finishes = finishes[np.concatenate((apart - 1, [finishes.size - 1]))]
    return Calendar(begins, finishes, week_starts, first_week)

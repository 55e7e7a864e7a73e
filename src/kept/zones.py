"""Moments as machines keep them, days and hours as people say them."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


class NoSuchZone(ValueError):
    """The name is not one of the IANA time zone database."""


class NoSuchLocalTime(ValueError):
    """The clocks are put forward over this local time: it never happens there."""

    def __init__(self, day: date, at: time, zone: str) -> None:
        super().__init__(f"{day} {at:%H:%M} does not exist in {zone}: the clocks go forward.")
        self.day, self.at, self.zone = day, at, zone


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone called `name`.

    Raises:
        NoSuchZone: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NoSuchZone(f"{name!r} is not a time zone. Europe/Lisbon is one.") from error


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """Return the zones worth offering to a person, in order."""
    places = (name for name in available_timezones() if "/" in name)
    return (*sorted(n for n in places if not n.startswith(("Etc/", "posix/"))), "UTC")


def moment(day: date, at: time, name: str) -> datetime:
    """Return the instant at which a clock in the zone `name` shows `day` and `at`.

    When the clocks go back a local time happens twice: the first one is meant.

    Raises:
        NoSuchLocalTime: the clocks go forward over it.
    """
    local = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone(name))
    instant = local.astimezone(UTC)
    if instant.astimezone(zone(name)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchLocalTime(day, at, name)
    return instant


def comes_twice(instant: datetime, name: str) -> bool:
    """Say whether the local time of an instant happens twice there: the clocks go back over it."""
    here = local(instant, name)
    return here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()


def day_of(instant: datetime, name: str) -> date:
    """Return the day that a calendar in the zone `name` shows at `instant`."""
    return instant.astimezone(zone(name)).date()


def local(instant: datetime, name: str) -> datetime:
    """Return `instant` as a clock in the zone `name` shows it."""
    return instant.astimezone(zone(name))


def start_of(day: date, name: str) -> datetime:
    """Return the first instant of a day in the zone `name`, also where midnight is skipped."""
    return datetime.combine(day, time(), tzinfo=zone(name)).astimezone(UTC)


def gap_end(day: date, at: time, name: str) -> datetime:
    """Return the instant at which the clocks in the zone `name` go forward over `day` and `at`.

    For a local time that exists it is the instant itself.
    """
    try:
        return moment(day, at, name)
    except NoSuchLocalTime:
        local = datetime.combine(day, at.replace(tzinfo=None, fold=0), tzinfo=zone(name))
        # By the clocks as they were and as they will be: the change lies between the two.
        early, late = (
            local.replace(fold=fold).astimezone(UTC).replace(second=0, microsecond=0)
            for fold in (1, 0)
        )
        before = early.astimezone(zone(name)).utcoffset()
        while late - early > timedelta(minutes=1):
            middle = early + (late - early) // 2
            middle = middle.replace(second=0, microsecond=0)
            if middle in {early, late}:
                break
            if middle.astimezone(zone(name)).utcoffset() == before:
                early = middle
            else:
                late = middle
        return late

"""What people type at a terminal, read into what rooms take."""

import re
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from kept.cli.speaking import Stop

if TYPE_CHECKING:
    from kept.clients.catalogue import StageSketch
    from kept.jobs.lines import Effort, Line

#: More work than this in one piece is a slip of the finger.
MOST_HOURS = 20_000
_MOMENT = re.compile(r"(?P<day>.+?)(?:[\s,T]+(?:at\s+)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2}))?")
_STAGE = re.compile(r"(?P<name>.+?)\s*:\s*(?P<size>[^\[\]]+?)\s*(?:\[(?P<skill>[^\[\]]+)\])?\s*")


def day(text: str, *, today: date, name: str) -> date:
    """Return the day that was typed, such as `2026-12-18`, `Fri 18 Dec` or `tomorrow`."""
    from kept.jobs import lines

    found = lines.day(text, today=today)
    if found is None:
        raise Stop(f"“{text}” is not a day. Write it like 2026-12-18 or Fri 18 Dec.", field=name)
    return found


def due(text: str, *, now: datetime, zone: str, name: str) -> tuple[datetime, bool]:
    """Return the moment that was typed, and whether only a day was said.

    A day means the end of the working day in `zone`; a time is one of `zone`'s clock.
    """
    from kept import words, zones
    from kept.people import days
    from kept.tenancy import scope

    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is not None and instant.tzinfo is not None:
        return instant, False
    parts = _MOMENT.fullmatch(text.strip())
    assert parts is not None
    on = day(parts["day"], today=zones.day_of(now, zone), name=name)
    if parts["hour"] is None:
        return days.end_of(on, zone=zone, house=scope.current()), True
    try:
        return zones.moment(on, time(int(parts["hour"]), int(parts["minute"])), zone), False
    except zones.NoSuchLocalTime as error:
        raise Stop(words.skipped(error), field=name) from error
    except ValueError as error:
        raise Stop(f"“{text}” has no such time of day.", field=name) from error


def size(text: str, *, name: str) -> "Effort":
    """Return the effort that was typed, such as `24h`, `16-24-60h` or `2 days`."""
    from kept.jobs import lines

    found = lines.size(text)
    said = [float(part.replace(",", ".")) for part in re.findall(r"\d+(?:[.,]\d+)?", text)]
    if found is None and text.strip().startswith("-"):
        raise Stop(f"“{text}”: work below zero cannot be planned.", field=name)
    if found is None and len(said) in (2, 3) and said != sorted(said):
        raise Stop(
            f"“{text}” goes down: say low, then likely, then high, as in 16-24-60h.", field=name
        )
    if found is None and any(part > MOST_HOURS for part in said):
        raise Stop(f"“{text}” is more than {MOST_HOURS} hours. Is it meant?", field=name)
    if found is None:
        raise Stop(
            f"“{text}” is not a size. Write it like 24h, 16-60h or 16-24-60h: low, likely, high.",
            field=name,
        )
    return found


def stage_of(text: str, *, last: bool) -> "StageSketch":
    """Return the stage that was typed, such as `Design: 8-16-30h [draw]`."""
    from kept.clients.catalogue import StageSketch

    parts = _STAGE.fullmatch(text)
    if parts is None:
        raise Stop(
            f"“{text}” is not a stage. Write it like 'Design: 8-16h [draw]'.", field="--stage"
        )
    effort = size(parts["size"], name="--stage")
    return StageSketch(
        name=parts["name"],
        likely_hours=effort.likely_hours,
        low_hours=effort.low_hours,
        high_hours=effort.high_hours,
        skill=parts["skill"],
        finishing=last,
    )


def line_of(text: str, *, now: datetime, zone: str) -> "Line[Any, Any]":
    """Return a typed line, read with the clients and services of the house."""
    from kept.clients.models import Client, Service
    from kept.jobs import lines
    from kept.jobs.lines import Vague
    from kept.quotes import wording

    clients: list[Any] = [*Client.objects.filter(archived_at__isnull=True)]
    services: list[Any] = [*Service.objects.filter(archived_at__isnull=True)]
    read: Line[Any, Any] = lines.read(
        text,
        now=now,
        zone=zone,
        clients=clients,
        services=services,
    )
    for item in read.vague:
        if item.kind is Vague.NO_SUCH_SIZE:
            raise Stop(f"Say {wording.vagueness(item)}. Nothing was stored.", field="WHAT")
    return read


def wanted(line: "Line[Any, Any]", by: str | None, *, now: datetime, zone: str) -> datetime | None:
    """Return the moment wanted: the one typed apart, else the one the line says."""
    from kept import words, zones
    from kept.jobs.lines import Vague
    from kept.people import days
    from kept.quotes import wording
    from kept.tenancy import scope

    if by is not None:
        return due(by, now=now, zone=zone, name="--by")[0]
    for item in line.vague:
        if item.kind in (Vague.NO_SUCH_DAY, Vague.WEEKDAY_DIFFERS):
            # A script must not get an answer to another date than the one it named.
            raise Stop(f"Say {wording.vagueness(item)}. Nothing was stored.", field="WHAT")
    if line.wanted_on is None:
        return None
    if line.wanted_time is None:
        return days.end_of(line.wanted_on, zone=zone, house=scope.current())
    try:
        return zones.moment(line.wanted_on, line.wanted_time, zone)
    except zones.NoSuchLocalTime as error:
        raise Stop(words.skipped(error), field="WHAT") from error

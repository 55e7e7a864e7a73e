"""Numbers, lengths of work, days and moments as people and their tools write them.

A cell alone often does not tell: `1,234` is a thousand or a fraction, `04/05` May or April. The
whole column usually does. `decimal_of` and `order_of` look at all cells of a kind once; `number`,
`hours` and `parse` then read each cell by what was found.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from functools import lru_cache

from django.utils.translation import gettext as _

from kept import zones


class Unreadable(ValueError):
    """A cell does not say what its column is for; the message is fit to be shown."""


# ----- Numbers -----------------------------------------------------------------------------------


class Decimal(StrEnum):
    """The sign between whole and fraction; the other one only groups thousands."""

    POINT = "point"
    COMMA = "comma"


_GROUPS = "' \u00a0\u2009\u202f\u2019"
_FORMS = {
    Decimal.POINT: re.compile(
        rf"[+-]?(?:\d+|\d{{1,3}}(?:[,{_GROUPS}]\d{{3}})+)?(?:\.\d*)?(?:[eE][+-]?\d{{1,3}})?"
    ),
    Decimal.COMMA: re.compile(
        rf"[+-]?(?:\d+|\d{{1,3}}(?:[.{_GROUPS}]\d{{3}})+)?(?:,\d*)?(?:[eE][+-]?\d{{1,3}})?"
    ),
}
_SIGNS = {Decimal.POINT: ".", Decimal.COMMA: ","}
_MARKED = re.compile(r"\d*[.,][\d.,]*")


def decimal_of(cells: Iterable[str]) -> Decimal | None:
    """Tell the decimal sign of a column from its cells; None where they leave it open.

    A cell counts as evidence where it can be read in one way only: it has both signs, one sign
    twice, or not exactly three digits behind its only sign. Ties leave it open.
    """
    votes = dict.fromkeys(Decimal, 0)
    for cell in cells:
        marked = _MARKED.search(cell)
        if marked is None:
            continue
        text = marked.group()
        points, commas = text.count("."), text.count(",")
        if points and commas:
            last_is_comma = text.rfind(",") > text.rfind(".")
            votes[Decimal.COMMA if last_is_comma else Decimal.POINT] += 1
        elif points > 1:
            votes[Decimal.COMMA] += 1
        elif commas > 1:
            votes[Decimal.POINT] += 1
        else:
            whole, _sign, fraction = text.partition("," if commas else ".")
            if len(fraction) != 3 or len(whole) > 3 or whole in ("", "0"):
                votes[Decimal.COMMA if commas else Decimal.POINT] += 1
    if votes[Decimal.POINT] == votes[Decimal.COMMA]:
        return None
    return max(votes, key=lambda sign: votes[sign])


def unclear_decimal(cells: Iterable[str]) -> str:
    """Return the first cell such as `1,234` that only the decimal sign explains, or nothing."""
    for cell in cells:
        if re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", cell.strip()):
            return cell
    return ""


def number(text: str, decimal: Decimal = Decimal.POINT) -> float:
    """Read a number, with or without marks between thousands.

    A cell that makes sense only with the other decimal sign is read that way: `12.5` is twelve
    and a half in a column of commas too.

    Raises:
        Unreadable: it is no number.
    """
    plain = text.strip()
    for sign in (decimal, Decimal.COMMA if decimal is Decimal.POINT else Decimal.POINT):
        if _FORMS[sign].fullmatch(plain):
            other = "," if sign is Decimal.POINT else "."
            bare = re.sub(f"[{_GROUPS}{re.escape(other)}]", "", plain).replace(_SIGNS[sign], ".")
            try:
                value = float(bare)
            except ValueError:  # "e5": a form without a digit before the exponent
                break
            if abs(value) < 1e300:
                return value
    if text.lstrip().startswith("="):
        raise Unreadable(
            _("“%(value)s” is a formula; kept computes none. Save the file with its values.")
            % {"value": short(text)}
        )
    raise Unreadable(_("“%(value)s” is not a number.") % {"value": short(text)})


# ----- Lengths of work ---------------------------------------------------------------------------

#: Not a length of work: how far the calendar moved.
CALENDAR = "calendar_days"

_UNITS: dict[str, tuple[str, ...]] = {
    "seconds": ("second", "seconds", "sec", "secs", "s"),
    "minutes": ("minute", "minutes", "min", "mins", "m"),
    "hours": ("hour", "hours", "hr", "hrs", "h", "std", "stunden", "heures", "horas", "ore"),
    "days": (
        "day", "days", "d", "person-days", "person days", "man-days", "man days", "workdays",
        "working days", "tage", "jours", "dias", "días",
    ),
    "weeks": ("week", "weeks", "w", "wk", "wks", "person-weeks", "wochen", "semaines", "semanas"),
    "pomodoros": ("pomodoro", "pomodoros", "pomodori"),
    CALENDAR: ("calendar_days", "calendar days", "calendar-days", "elapsed days"),
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
UNITS = tuple(_UNITS)

_PART = re.compile(r"([\d.,]+)\s*([^\W\d_]+)")
_CLOCK = re.compile(r"(\d{1,6}):([0-5]\d)(?::([0-5]\d))?")
_ISO = re.compile(
    r"P(?:([\d.]+)W)?(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Working:
    """How many hours a day, and how many days a week, this house works."""

    hours_per_day: float = 8.0
    days_per_week: float = 5.0

    def hours_in(self, unit: str) -> float:
        """Return the hours of one `unit`, a name from `UNITS` but the calendar's."""
        return {
            "seconds": 1 / 3600,
            "minutes": 1 / 60,
            "hours": 1.0,
            "days": self.hours_per_day,
            "weeks": self.hours_per_day * self.days_per_week,
            "pomodoros": 25 / 60,
        }[unit]


def unit_of(text: str) -> str:
    """Return the unit, a name from `UNITS`, that a word stands for.

    Raises:
        Unreadable: it is no unit of time.
    """
    found = _UNIT_OF.get(" ".join(text.split()).casefold().rstrip("."))
    if found is None:
        raise Unreadable(
            _(
                "“%(value)s” is not a unit of working time; hours and days are. "
                "Its efforts were left out."
            )
            % {"value": short(text)}
        )
    return found


def hours(text: str, unit: str, working: Working, decimal: Decimal = Decimal.POINT) -> float:
    """Read a length of work in hours: a number of `unit`s, or with units of its own.

    `2h 30m`, `1w 2d`, `90 min`, `1:30`, `1:30:00` and `PT2H30M` carry theirs.

    Raises:
        Unreadable: it is no length of work, or a length on the calendar.
    """
    plain = text.strip()
    if clock := _CLOCK.fullmatch(plain):
        whole, minutes, seconds = (int(part or 0) for part in clock.groups())
        return whole + minutes / 60 + seconds / 3600
    if len(plain) > 2 and (iso := _ISO.fullmatch(plain)) and any(iso.groups()):
        parts = zip(iso.groups(), ("weeks", "days", "hours", "minutes", "seconds"), strict=True)
        return sum(number(part) * working.hours_in(name) for part, name in parts if part)
    if plain[-1:].isalpha() and _PART.sub("", plain).strip(" ,+") == "":
        total = 0.0
        for amount, word in _PART.findall(plain):
            of = unit_of(word)
            total += number(amount, decimal) * working.hours_in(of)
        return total
    if unit == CALENDAR:
        raise Unreadable(_("a length on the calendar is not working time"))
    return number(plain, decimal) * working.hours_in(unit)


def has_own_unit(text: str) -> bool:
    """Say whether a length carries its unit, as `2h 30m` and `1:30` do."""
    plain = text.strip()
    return ":" in plain or plain[-1:].isalpha()


# ----- Days and moments --------------------------------------------------------------------------


class Order(StrEnum):
    """Which comes first where a day is written in numbers alone."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a column of days tells about its order, and the cell that tells it."""

    order: Order | None
    unclear: bool
    example: str


@dataclass(frozen=True, slots=True)
class Written:
    """A day as written, with the time of day and the offset from UTC where they are given."""

    day: date
    at: time | None = None
    offset: timezone | None = None

    def moment(self, zone: str, *, day_means: time) -> datetime:
        """Return the instant meant; a day alone stands for its local time `day_means`.

        Raises:
            Unreadable: clocks in `zone` skip that time.
        """
        at = day_means if self.at is None else self.at
        if self.offset is not None:
            return datetime.combine(self.day, at, tzinfo=self.offset)
        try:
            return zones.moment(self.day, at, zone)
        except zones.NoSuchLocalTime as error:
            raise Unreadable(
                _("%(day)s has no %(time)s in %(zone)s: the clocks went forward over it.")
                % {"time": f"{at:%H:%M}", "day": self.day.isoformat(), "zone": zone}
            ) from error


_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janv janvier enero ene gennaio gen janeiro januari",
            "february feb februar fév févr fev février febrero febbraio fevereiro februari",
            "march mar märz mär mrz mars marzo março maart mrt",
            "april apr avr avril abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "june jun juni juin junio giugno giu junho",
            "july jul juli juil juillet julio luglio lug julho",
            "august aug août aout agosto ago augustus",
            "september sep sept septembre septiembre settembre set setembro",
            "october oct oktober okt octobre octubre ottobre ott outubro out",
            "november nov novembre noviembre novembro",
            "december dec dezember dez déc décembre diciembre dic dicembre dezembro desember",
        ),
        start=1,
    )
    for name in names.split()
}
_TIME = (
    r"(?:(?:[T,]|\s)\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})"
    r"(?:[.,]\d+)?)?\s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*"
    r"(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
_YEAR_FIRST = re.compile(
    rf"(?P<year>\d{{4}})(?P<mark>[-/.]?)(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}}){_TIME}"
)
_NUMBERS = re.compile(
    rf"{_WEEKDAY}(?P<first>\d{{1,2}})(?P<mark>[-/.])\s?(?P<second_part>\d{{1,2}})(?P=mark)\s?"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TIME}"
)
_DAY_NAME = re.compile(
    rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?:\s+de)?[\s/.-]*(?P<name>[^\W\d_]{{3,10}})"
    rf"\.?(?:\s+de)?[\s/,.-]*(?P<year>\d{{4}}|\d{{2}}){_TIME}"
)
_NAME_DAY = re.compile(
    rf"{_WEEKDAY}(?P<name>[^\W\d_]{{3,10}})\.?[\s/-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"[\s/,-]+(?P<year>\d{{4}}|\d{{2}}){_TIME}"
)
_EPOCH = re.compile(r"\d{10}(?:\d{3})?")


def order_of(cells: Iterable[str]) -> Evidence:
    """Tell whether days written in numbers put the day or the month first.

    One cell with a number above 12 decides for all; `31.12.2026` with dots is day first wherever
    dots are used. Cells that decide both ways leave the order open.
    """
    found: dict[Order, str] = {}
    unclear = ""
    for cell in cells:
        match = _NUMBERS.fullmatch(cell.strip())
        if match is None:
            continue
        first, second = int(match["first"]), int(match["second_part"])
        if match["mark"] == "." or first > 12 >= second:
            found.setdefault(Order.DAY_FIRST, cell)
        elif second > 12 >= first:
            found.setdefault(Order.MONTH_FIRST, cell)
        elif first != second and not unclear:
            unclear = cell
    if len(found) == 1:
        ((order, example),) = found.items()
        return Evidence(order, unclear=False, example=example)
    return Evidence(None, unclear=bool(unclear), example=unclear)


@lru_cache(maxsize=20_000)
def parse(text: str, order: Order | None = None) -> Written:
    """Read a day, or a day with a time.

    ISO, numbers in `order`, names of months, or seconds or milliseconds since 1970.

    Raises:
        Unreadable: it is no day, no such day exists, or `order` is needed and missing.
    """
    plain = text.strip()
    if (match := _YEAR_FIRST.fullmatch(plain)) and (match["mark"] or len(plain) == 8):
        return _written(match, text, int(match["month"]), int(match["day"]))
    if match := _NUMBERS.fullmatch(plain):
        first, second = int(match["first"]), int(match["second_part"])
        if match["mark"] == "." or first > 12:
            order = Order.DAY_FIRST
        elif order is None and first != second:
            if second <= 12:
                raise Unreadable(
                    _("“%(value)s” may put the day or the month first.") % {"value": short(text)}
                )
            order = Order.MONTH_FIRST
        day, month = (second, first) if order is Order.MONTH_FIRST else (first, second)
        return _written(match, text, month, day)
    for form in (_DAY_NAME, _NAME_DAY):
        if match := form.fullmatch(plain):
            month = _MONTHS.get(match["name"].casefold(), 0)
            if month:
                return _written(match, text, month, int(match["day"]))
    if _EPOCH.fullmatch(plain):
        seconds = int(plain) / (1000 if len(plain) == 13 else 1)
        instant = datetime.fromtimestamp(seconds, tz=UTC)
        return Written(instant.date(), instant.time().replace(microsecond=0), UTC)
    raise _no_day(text)


def _written(match: re.Match[str], text: str, month: int, day: int) -> Written:
    year = int(match["year"])
    if len(match["year"]) == 2:
        year += 2000 if year < 70 else 1900
    try:
        found = date(year, month, day)
        if match["hour"] is None:
            return Written(found)
        hour = int(match["hour"])
        if match["half"]:
            if not 1 <= hour <= 12:
                raise _no_day(text)
            hour = hour % 12 + (12 if match["half"][0] in "Pp" else 0)
        at = time(hour, int(match["minute"]), int(match["second"] or 0))
    except ValueError as error:
        raise _no_day(text) from error
    return Written(found, at, _offset(match["offset"]))


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in ("Z", "UTC", "GMT"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    if minutes >= 24 * 60:
        raise Unreadable(_("“%(value)s” is not an offset from UTC.") % {"value": text})
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _no_day(text: str) -> Unreadable:
    return Unreadable(_("“%(value)s” is not a day.") % {"value": short(text)})


def short(text: str) -> str:
    """Return at most 60 characters of a cell, on one line, for a message."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"

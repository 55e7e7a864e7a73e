"""Read one typed line: what, for whom, how big, by when.

“Landing page for Harbour Clinic by Fri 18 Dec, 30-46 h” is enough to ask for
a date or to record a promise. What is missing or vague is pointed out, never
guessed silently.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from kept import zones


class Named(Protocol):
    """A row with a name: a client, a service."""

    @property
    def pk(self) -> int: ...

    @property
    def name(self) -> str: ...


ClientRow = TypeVar("ClientRow", bound=Named)
ServiceRow = TypeVar("ServiceRow", bound=Named)


class Vague(StrEnum):
    """What a line leaves open."""

    NO_DATE = "no_date"
    NO_CLIENT = "no_client"
    WORD = "word"
    SEVERAL_CLIENTS = "several_clients"
    WEEKDAY_DIFFERS = "weekday_differs"
    NO_SUCH_DAY = "no_such_day"
    NO_SUCH_SIZE = "no_such_size"


@dataclass(frozen=True, slots=True)
class Vagueness:
    """One thing left open, with the words of the line that it is about."""

    kind: Vague
    words: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """Hours as said: one number, two ends, or low, likely and high."""

    likely_hours: float
    low_hours: float | None = None
    high_hours: float | None = None


@dataclass(frozen=True, slots=True)
class Line(Generic[ClientRow, ServiceRow]):
    """What was read. `wanted_at` is None where only a day was said."""

    what: str
    client: ClientRow | None
    client_name: str
    service: ServiceRow | None
    effort: Effort | None
    wanted_on: date | None
    wanted_time: time | None
    vague: tuple[Vagueness, ...]


VAGUE_WORDS = (
    "as soon as possible", "soon", "asap", "soonish", "shortly", "we'll try", "we will try",
    "hopefully", "maybe", "probably", "some time", "sometime", "at some point",
    "in the near future", "when possible", "before long",
)  # fmt: skip
#: Words that put a date off instead of naming one; in a letter they say nothing.
EVASIVE = (
    "as soon as possible", "soon", "asap", "soonish", "shortly", "we'll try", "we will try",
    "hopefully", "maybe", "probably", "some time", "sometime", "at some point",
    "in the near future", "when possible", "before long",
)  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july",
    "august", "september", "october", "november", "december",
)  # fmt: skip

_NUMBER = r"\d{1,5}(?:[.,]\d{1,2})?"
_EFFORT = re.compile(
    rf"({_NUMBER})(?:\s*[-–]\s*({_NUMBER}))?(?:\s*[-–]\s*({_NUMBER}))?"
    r"\s*(hours?|hrs?|h|days?|d)(?![\w])",
    re.IGNORECASE,
)
#: Meant as a size, whether or not it is one: “-8h”, “40-16h”, “16-h”, more digits than work has.
_SIZE = re.compile(
    r"(?:^|(?<=[\s,;:(~≈±]))[-–−+]?\d[\d.,]*(?:\s*[-–]\s*(?:\d[\d.,]*)?)*"
    # A “3D model” and a “2d animation” say nothing of their size.
    r"\s*(?:(?:hours?|hrs?|h|days?)(?![\w])"
    r"|(?-i:d)(?![\w]|\s+(?!(?:by|for|due|until|till|before|of|in)\b)[^\W\d]))",
    re.IGNORECASE,
)
_BY = re.compile(r"(?:^|[\s,;])(?:by|until|till|before|due)\s+", re.IGNORECASE)
#: Vague beside a day or a part of the year only: a page about flu is not.
_ROUGH_DAY = re.compile(
    r"(?<![\w-])(around|about|roughly|early|mid|late)[\s-]+(?:in\s+)?(?:the\s+)?"
    r"(?=\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"|next|this|week|month|year|end|spring|summer|autumn|fall|winter|christmas|easter)",
    re.IGNORECASE,
)
#: “about 24 h”: how a size is said, and nothing of what is wanted.
_ROUGHLY = re.compile(
    r"(?:^|(?<=[\s,;(]))(?:about|around|roughly|approximately|approx\.?|circa|ca\.?|some|say|"
    r"maybe|perhaps|size|effort|estimated?(?: at)?|est\.?|[~≈±])[\s:]*$",
    re.IGNORECASE,
)
#: A line is often a question: “by Friday 18th?”.
_ASKING = re.compile(r"[?!]+(?=\s|$)")
_FOR = re.compile(r"(?:^|[\s,;])for\s+(?:the\s+)?", re.IGNORECASE)
_TIME = re.compile(
    r"(?:[\s,]|^)(?:at\s+)?(?:(\d{1,2})[:.h](\d{2})|(\d{1,2})\s*(am|pm)|(noon))(?=$|[\s,;]|\.(?!\d))",
    re.IGNORECASE,
)
_ARTICLES = {"the", "a", "an", "our", "their"}


def read(
    text: str,
    *,
    now: datetime,
    zone: str,
    clients: Iterable[ClientRow] = (),
    services: Iterable[ServiceRow] = (),
    hours_a_day: float = 8,
) -> Line[ClientRow, ServiceRow]:
    """Read one line. Nothing is refused here: what cannot be read is named in `vague`."""
    vague: list[Vagueness] = []
    rest = " ".join(_ASKING.sub(" ", text.replace("\0", " ").replace("\u00a0", " ")).split())
    effort, rest = _effort(rest, hours_a_day, vague)
    plain = rest.casefold()
    wanted_on, wanted_time, rest = _wanted(rest, zones.day_of(now, zone), vague)
    client, client_name, rest = _client(rest, list(clients), vague)
    what = rest.strip(" ,;.–-")
    vague.extend(Vagueness(Vague.WORD, word) for word in VAGUE_WORDS if _says(plain, word))
    vague.extend(Vagueness(Vague.WORD, found[1]) for found in _ROUGH_DAY.finditer(plain))
    if wanted_on is None and not any(v.kind is Vague.NO_SUCH_DAY for v in vague):
        vague.append(Vagueness(Vague.NO_DATE))
    if client is None and not client_name:
        vague.append(Vagueness(Vague.NO_CLIENT))
    return Line(
        what=what[:1].upper() + what[1:],
        client=client,
        client_name=client_name,
        service=_service(what, list(services)),
        effort=effort,
        wanted_on=wanted_on,
        wanted_time=wanted_time,
        vague=tuple(vague),
    )


def evasive(text: str) -> list[str]:
    """Return the words of a letter that put a date off instead of naming one."""
    plain = " ".join(text.replace("’", "'").casefold().split())
    return [word for word in EVASIVE if _says(plain, word)]


def size(text: str, *, hours_a_day: float = 8) -> Effort | None:
    """Read a size such as `24h`, `16-24-60h`, `30–46 h` or `2 days`; None if it is none."""
    match = _EFFORT.fullmatch(text.strip())
    if match is None:
        return None
    scale = hours_a_day if match[4].casefold().startswith("d") else 1.0
    said = [float(part.replace(",", ".")) * scale for part in match.groups()[:3] if part]
    if sorted(said) != said:
        return None
    if len(said) == 1:
        return Effort(likely_hours=said[0])
    if len(said) == 2:
        low, high = said
        return Effort(likely_hours=round((low * high) ** 0.5, 2), low_hours=low, high_hours=high)
    return Effort(low_hours=said[0], likely_hours=said[1], high_hours=said[2])


def day(text: str, *, today: date) -> date | None:
    """Read a day such as `Fri 18 Dec`, `18/12`, `2026-12-18`, `tomorrow`; None if it is none."""
    found, _weekday_differs = _day(text.strip().casefold(), today)
    return found


def _says(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text) is not None


def _effort(text: str, hours_a_day: float, vague: list[Vagueness]) -> tuple[Effort | None, str]:
    match = _SIZE.search(text)
    if match is None:
        return None, text
    effort = size(match[0], hours_a_day=hours_a_day)
    if effort is not None and effort.likely_hours <= 0:
        effort = None
    if effort is None:
        vague.append(Vagueness(Vague.NO_SUCH_SIZE, match[0].strip()))
    before = re.sub(r"[\s,;(]+$", "", _ROUGHLY.sub("", text[: match.start()].rstrip()))
    after = re.sub(r"^[\s,;)]+", " ", text[match.end() :])
    return effort, f"{before}{after}".strip()


def _wanted(text: str, today: date, vague: list[Vagueness]) -> tuple[date | None, time | None, str]:
    said = list(_BY.finditer(text))
    if not said:
        return None, None, text
    before, phrase = text[: said[-1].start()], text[said[-1].end() :]
    at: time | None = None
    clock = _TIME.search(f" {phrase}")
    if clock:
        at = _clock(clock)
        if at is not None:
            phrase = f" {phrase}"[: clock.start()] + f" {phrase}"[clock.end() :]
    tail = ""
    if (later := _FOR.search(f" {phrase}")) is not None:
        # “Menu cards by Friday for the bakery”: the client follows the date.
        padded = f" {phrase}"
        phrase, tail = padded[: later.start()], padded[later.start() :]
    said_day = re.sub(r"^\s*(?:around|about|roughly)\s+", "", phrase, flags=re.IGNORECASE)
    found, differs = _day(said_day.strip(" ,;.").casefold(), today)
    if found is None:
        vague.append(Vagueness(Vague.NO_SUCH_DAY, phrase.strip()))
        return None, at, f"{before}{tail}"
    if differs:
        vague.append(Vagueness(Vague.WEEKDAY_DIFFERS, phrase.strip()))
    return found, at, f"{before}{tail}"


def _clock(match: re.Match[str]) -> time | None:
    hour, minute, bare, half, noon = match.groups()
    try:
        if noon:
            return time(12)
        if bare:
            return time(int(bare) % 12 + (12 if half.casefold() == "pm" else 0))
        return time(int(hour), int(minute))
    except ValueError:
        return None


def _weekday(word: str) -> int | None:
    if len(word) < 2:
        return None
    fits = [n for n, name in enumerate(WEEKDAYS) if name.startswith(word)]
    if word in {"tues", "weds", "thur", "thurs"}:
        return {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}[word]
    return fits[0] if len(fits) == 1 and (len(word) <= 3 or word == WEEKDAYS[fits[0]]) else None


def _month(word: str) -> int | None:
    if len(word) < 3:
        return None
    if word == "sept":
        return 9
    fits = [n for n, name in enumerate(MONTHS, 1) if name.startswith(word)]
    return fits[0] if len(fits) == 1 and (len(word) == 3 or word == MONTHS[fits[0] - 1]) else None


def _day(phrase: str, today: date) -> tuple[date | None, bool]:
    """Return the day that a phrase names, and whether it names another weekday with it."""
    words = re.sub(r"\b(\d{1,2})(?:st|nd|rd|th)\b", r"\1", phrase).replace(",", " ").split()
    words = [word.strip(".") for word in words if word not in _ARTICLES and word != "of"]
    match words:
        case ["today"]:
            return today, False
        case ["tomorrow"]:
            return today + timedelta(days=1), False
        case ["end", "week"] | ["end", "this", "week"]:
            return today + timedelta(days=(4 - today.weekday()) % 7), False
        case ["end", "month"] | ["end", "this", "month"] | ["month's", "end"]:
            return _last_of_month(today.year, today.month), False
        case ["end", name] if number := _month(name):
            year = today.year + (number < today.month)
            return _last_of_month(year, number), False
        case ["next", name] if (weekday := _weekday(name)) is not None:
            monday = today - timedelta(days=today.weekday())
            return monday + timedelta(days=7 + weekday), False
        case ["this", name] if (weekday := _weekday(name)) is not None:
            return today + timedelta(days=(weekday - today.weekday()) % 7), False
        case [name] if (weekday := _weekday(name)) is not None:
            return today + timedelta(days=(weekday - today.weekday()) % 7 or 7), False
    weekday = _weekday(words[0]) if words else None
    if weekday is not None:
        words = words[1:]
    found = _dated(words, today, weekday)
    return found, found is not None and weekday is not None and found.weekday() != weekday


def _dated(words: list[str], today: date, weekday: int | None) -> date | None:
    # “Dec 18” and “18 Dec” are one: the number of the day comes first from here on.
    words = sorted(words, key=lambda word: not (word.isdecimal() and len(word) <= 2))
    try:
        match words:
            case [iso] if re.fullmatch(r"\d{4}-\d{2}-\d{2}", iso):
                return date.fromisoformat(iso)
            case [figures] if parts := re.fullmatch(
                r"(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2}|\d{4}))?", figures.rstrip(".")
            ):
                number, month = int(parts[1]), int(parts[2])
                if parts[3]:
                    return date(int(parts[3]) + (2000 if len(parts[3]) == 2 else 0), month, number)
                return _next(today, month, number)
            case [number] if number.isdecimal():
                return _next_numbered(today, int(number), weekday)
            case [number, name] if number.isdecimal() and (named := _month(name)):
                return _next(today, named, int(number))
            case [number, name, year] if re.fullmatch(r"\d{4}", year) and (named := _month(name)):
                return date(int(year), named, int(number))
    except ValueError:
        return None
    return None


def _last_of_month(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def _next(today: date, month: int, number: int) -> date:
    """Return the first such day that is not long past: within the last month it is kept as said."""
    for year in range(today.year, today.year + 9):
        try:
            found = date(year, month, number)
        except ValueError:
            continue  # 29 February waits for its year
        if found >= today - timedelta(days=31):
            return found
    raise ValueError(f"{number}/{month} is not a day")


def _next_numbered(today: date, number: int, weekday: int | None) -> date | None:
    """“Friday 18th”: the next 18th, and rather one that is a Friday, within three months."""
    fits: list[date] = []
    for ahead in range(4):
        year, month = divmod(today.year * 12 + today.month - 1 + ahead, 12)
        try:
            found = date(year, month + 1, number)
        except ValueError:
            continue
        if found >= today:
            fits.append(found)
    for found in fits:
        if weekday is None or found.weekday() == weekday:
            return found
    return fits[0] if fits else None


def _client(
    text: str, clients: list[ClientRow], vague: list[Vagueness]
) -> tuple[ClientRow | None, str, str]:
    said = list(_FOR.finditer(text))
    for match in reversed(said):
        name = text[match.end() :].strip(" ,;.")
        first, comma, tail = name.partition(",")
        for called, rest in ((name, ""), (first.strip(), f"{comma}{tail}")):
            fits = _fitting(called, clients) if called else []
            if len(fits) == 1:
                return fits[0], fits[0].name, text[: match.start()] + rest
            if len(fits) > 1:
                vague.append(Vagueness(Vague.SEVERAL_CLIENTS, ", ".join(c.name for c in fits[:4])))
                return None, "", text[: match.start()] + rest
    if said and (name := text[said[-1].end() :].strip(" ,;.")):
        first, comma, tail = name.partition(",")
        return None, first.strip(), text[: said[-1].start()] + comma + tail
    for client in clients:
        start = text.casefold().find(client.name.casefold())
        if start >= 0:
            # “Harbour Clinic: landing page”
            rest = text[:start] + text[start + len(client.name) :]
            return client, client.name, rest.strip(" :,;–-")
    return None, "", text


def _fitting(name: str, clients: list[ClientRow]) -> list[ClientRow]:
    wanted = name.casefold()
    exact = [client for client in clients if client.name.casefold() == wanted]
    if exact:
        return exact
    words = set(re.findall(r"\w+", wanted)) - _ARTICLES
    if not words:
        return []
    return [c for c in clients if words <= set(re.findall(r"\w+", c.name.casefold()))]


def _service(what: str, services: list[ServiceRow]) -> ServiceRow | None:
    said = {_stem(word) for word in re.findall(r"\w+", what.casefold())}
    best: tuple[int, ServiceRow] | None = None
    for service in services:
        words = {_stem(word) for word in re.findall(r"\w+", service.name.casefold())}
        if words and words <= said and (best is None or len(words) > best[0]):
            best = (len(words), service)
    return None if best is None else best[1]


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word

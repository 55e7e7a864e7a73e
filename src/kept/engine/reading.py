"""Reading a plan file piece by piece: a situation, or the path of the first thing wrong."""

import itertools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kept.engine import laws, worktime
from kept.engine.situation import (
    WEEKDAYS,
    Arrival,
    Person,
    Promise,
    Situation,
    SituationError,
    Stage,
)
from kept.engine.ties import check

MAX_STAGES = 250_000
MAX_PROMISES = 100_000
MAX_PEOPLE = 5_000
MAX_PARALLEL = 50

_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_PLAN = ("start", "people", "promises", "stages", "resources", "correlation", "lean")
_PERSON = ("id", "skills", "zone", "week", "absences", "holidays", "share", "parallel")
_PROMISE = ("id", "due", "priority", "release", "placement", "accepted", "kind")
_STAGE = (
    "id", "promise", "after", "people", "needs", "begun_by", "uses", "calendar",
    "effort", "done", "spent", "optional", "arrives",
)  # fmt: skip
_REMARKS = frozenset({"name", "title", "note", "comment", "description"})


class Reader:
    """Reads a document piece by piece; raises at the first thing that is wrong."""

    def __init__(self) -> None:
        self.start = datetime(1970, 1, 1, tzinfo=UTC)
        self.unknown: list[str] = []

    # -- plain values -------------------------------------------------

    def known(self, path: str, entry: Mapping[str, Any], keys: Iterable[str]) -> None:
        for key in entry:
            if key not in keys and key not in _REMARKS and len(self.unknown) < 100:
                self.unknown.append(f"{path}.{key}" if path else str(key))

    def mapping(self, path: str, value: Any, what: str) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise SituationError(path, f"must be {what}, not {_shown(value)}")
        return value

    def items(self, path: str, value: Any, what: str) -> Sequence[Any]:
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            raise SituationError(path, f"must be a list of {what}, not {_shown(value)}")
        return value

    def name(self, path: str, value: Any) -> str:
        if not isinstance(value, str) or not value or len(value) > 200:
            raise SituationError(
                path, f"must be a text of 1 to 200 characters, not {_shown(value)}"
            )
        if "\x00" in value:
            raise SituationError(path, "must not hold a NUL character")
        if not value.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in value):
            raise SituationError(path, "holds half a character, which nothing can write")
        return value

    def number(
        self,
        path: str,
        value: Any,
        *,
        low: float = 0.0,
        high: float = 1e6,
        above: bool = False,
        what: str = "a number",
    ) -> float:
        allowed = (
            f"{what} {'above' if above else 'from'} {low:g} {'up ' if above else ''}to {high:g}"
        )
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise SituationError(path, f"must be {allowed}, not {_shown(value)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not (low <= number <= high) or (above and number <= low):
            raise SituationError(path, f"must be {allowed}, not {_shown(value)}")
        return number

    def count(self, path: str, value: Any, *, low: int, high: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise SituationError(
                path, f"must be a whole number from {low} to {high}, not {_shown(value)}"
            )
        return value

    def aware(self, path: str, value: Any) -> datetime:
        allowed = "must be a moment with its offset, such as 2026-12-18T18:00+00:00"
        if not isinstance(value, str):
            raise SituationError(path, f"{allowed}, not {_shown(value)}")
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise SituationError(path, f"{allowed}, not {_shown(value)}") from None
        if moment.tzinfo is None:
            raise SituationError(path, f"{allowed}; {_shown(value)} has no offset")
        if not 1900 < moment.year < 2200:
            raise SituationError(path, f"{allowed}, in the years 1901 to 2199")
        return moment

    def minute(self, path: str, value: Any) -> int:
        return (self.aware(path, value).astimezone(UTC) - self.start) // timedelta(minutes=1)

    def day(self, path: str, value: Any) -> date:
        try:
            if not isinstance(value, str) or len(value) != 10:
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            raise SituationError(
                path, f"must be a day such as 2026-12-24, not {_shown(value)}"
            ) from None

    def flag(self, path: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise SituationError(path, f"must be true or false, not {_shown(value)}")
        return value

    def one_of(self, path: str, value: Any, allowed: Sequence[str]) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise SituationError(path, f"must be {' or '.join(allowed)}, not {_shown(value)}")
        return value

    # -- the parts ----------------------------------------------------

    def situation(self, document: Any) -> Situation:
        plan = self.mapping("", document, "an object with start, people, promises and stages")
        self.known("", plan, _PLAN)
        if "start" not in plan:
            raise SituationError("start", "is missing: a moment such as 2026-11-23T09:00+00:00")
        start = self.aware("start", plan["start"]).replace(second=0, microsecond=0)
        self.start = start.astimezone(UTC)
        people = self.entries(plan, "people", "people", MAX_PEOPLE, self.person)
        for index, person in enumerate(people):
            if worktime.calendar(
                start=self.start, zone=person.zone, week=person.week, away=person.away
            ).is_empty:
                where = "week" if not any(person.week) else "absences"
                raise SituationError(
                    f"people[{index}].{where}",
                    f"leaves {person.id} not one working minute in ten years",
                )
        promises = self.entries(plan, "promises", "promises", MAX_PROMISES, self.promise)
        resources = self.entries(plan, "resources", "resources", MAX_PEOPLE, self.resource)
        stages = self.entries(plan, "stages", "stages", MAX_STAGES, self.stage)
        correlation = self.number("correlation", plan.get("correlation", 0), high=0.9)
        situation = Situation(
            start=start,
            people=tuple(people),
            promises=tuple(promises),
            stages=tuple(stages),
            resources=tuple((r.id, r.capacity) for r in resources),
            correlation=correlation,
            lean=self.number("lean", plan.get("lean", 0), low=-1.0, high=1.0),
            unknown=tuple(self.unknown),
        )
        check(situation, 0, "stages")
        return situation

    def extended(self, base: Situation, promise: Any, stages: Sequence[Any]) -> Situation:
        self.start = base.start_utc
        added = self.promise("ask.promise", self.mapping("ask.promise", promise, "an object"))
        if any(added.id == other.id for other in base.promises):
            raise SituationError("ask.promise.id", f"{added.id!r} is in the plan already")
        listed = self.items("ask.stages", stages, "stages")
        if len(base.stages) + len(listed) > MAX_STAGES:
            raise SituationError("ask.stages", f"at most {MAX_STAGES} stages are computed")
        new = []
        for index, entry in enumerate(listed):
            path = f"ask.stages[{index}]"
            stage = self.mapping(path, entry, "an object")
            new.append(self.stage(path, {"promise": added.id, **stage}))
            if new[-1].promise != added.id:
                raise SituationError(f"{path}.promise", f"must be the ask's own, {added.id!r}")
        situation = replace(base, promises=(*base.promises, added), stages=(*base.stages, *new))
        check(situation, len(base.stages), "ask.stages")
        return situation

    def entries(
        self, plan: Mapping[str, Any], key: str, what: str, most: int, read: Any
    ) -> list[Any]:
        listed = self.items(key, plan.get(key, []), what)
        if len(listed) > most:
            raise SituationError(key, f"at most {most} are computed, here are {len(listed)}")
        found = []
        seen: set[str] = set()
        for index, entry in enumerate(listed):
            path = f"{key}[{index}]"
            one = read(path, self.mapping(path, entry, "an object"))
            if one.id in seen:
                raise SituationError(f"{path}.id", f"{one.id!r} stands twice")
            seen.add(one.id)
            found.append(one)
        return found

    def person(self, path: str, entry: Mapping[str, Any]) -> Person:
        self.known(path, entry, _PERSON)
        zone = entry.get("zone", "UTC")
        try:
            ZoneInfo(zone if isinstance(zone, str) and zone else "?")
        except (ValueError, OSError, KeyError):
            raise SituationError(
                f"{path}.zone", f"must be a zone such as Europe/Lisbon, not {_shown(zone)}"
            ) from None
        skills = tuple(
            self.name(f"{path}.skills[{i}]", skill)
            for i, skill in enumerate(
                self.items(f"{path}.skills", entry.get("skills", []), "texts")
            )
        )
        absences = []
        for i, pair in enumerate(
            self.items(f"{path}.absences", entry.get("absences") or [], "pairs")
        ):
            at = f"{path}.absences[{i}]"
            both = self.items(at, pair, "two days")
            if len(both) != 2:
                raise SituationError(at, "must be two days, the first and the last one away")
            first, last = self.day(f"{at}[0]", both[0]), self.day(f"{at}[1]", both[1])
            if last < first:
                raise SituationError(at, f"ends on {last} before it begins on {first}")
            absences.append((first, last))
        holidays = tuple(
            self.day(f"{path}.holidays[{i}]", day)
            for i, day in enumerate(
                self.items(f"{path}.holidays", entry.get("holidays") or [], "days")
            )
        )
        return Person(
            id=self.name(f"{path}.id", entry.get("id")),
            skills=tuple(dict.fromkeys(skills)),
            zone=zone,
            week=self.week(f"{path}.week", entry.get("week")),
            absences=tuple(absences),
            holidays=tuple(dict.fromkeys(holidays)),
            share=self.number(f"{path}.share", entry.get("share", 1), low=0, high=1, above=True),
            parallel=self.count(
                f"{path}.parallel", entry.get("parallel", 1), low=1, high=MAX_PARALLEL
            ),
        )

    def week(self, path: str, value: Any) -> worktime.Week:
        if value is None:
            raise SituationError(path, 'is missing: such as {"mon": [["09:00", "17:00"]]}')
        week = self.mapping(path, value, "an object of weekdays mon to sun")
        for key in week:
            if key not in WEEKDAYS:
                raise SituationError(f"{path}.{key}", f"must be one of {', '.join(WEEKDAYS)}")
        days = []
        for name in WEEKDAYS:
            windows = []
            here = f"{path}.{name}"
            for index, pair in enumerate(self.items(here, week.get(name) or [], "pairs of times")):
                at = f"{here}[{index}]"
                both = self.items(at, pair, "two times")
                if len(both) != 2:
                    raise SituationError(at, 'must be two times such as ["09:00", "13:00"]')
                begin, end = self.clock(f"{at}[0]", both[0]), self.clock(f"{at}[1]", both[1])
                if end <= begin:
                    raise SituationError(
                        at, "must end after it begins; work past midnight is split at 24:00"
                    )
                windows.append((begin, end))
            windows.sort()
            for (_, before), (after, _) in itertools.pairwise(windows):
                if after < before:
                    raise SituationError(here, "has windows that overlap")
            days.append(tuple(windows))
        return tuple(days)

    def clock(self, path: str, value: Any) -> int:
        match = _CLOCK.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1]) * 60 + int(match[2]) > 1440:
            raise SituationError(path, f"must be a time from 00:00 to 24:00, not {_shown(value)}")
        return int(match[1]) * 60 + int(match[2])

    def promise(self, path: str, entry: Mapping[str, Any]) -> Promise:
        self.known(path, entry, _PROMISE)
        due, release = entry.get("due"), entry.get("release")
        priority, accepted = entry.get("priority"), entry.get("accepted")
        return Promise(
            id=self.name(f"{path}.id", entry.get("id")),
            due=None if due is None else self.minute(f"{path}.due", due),
            priority=None
            if priority is None
            else self.number(f"{path}.priority", priority, low=-1e9, high=1e9),
            release=max(0, 0 if release is None else self.minute(f"{path}.release", release)),
            yields=self.one_of(
                f"{path}.placement", entry.get("placement") or "by_date", ("by_date", "yields")
            )
            == "yields",
            accepted=None
            if accepted is None
            else self.number(f"{path}.accepted", accepted, low=-1e12, high=1e12),
            kind=self.one_of(
                f"{path}.kind", entry.get("kind") or "promise", ("promise", "hold", "work")
            ),
        )

    def resource(self, path: str, entry: Mapping[str, Any]) -> "_Resource":
        self.known(path, entry, ("id", "capacity"))
        return _Resource(
            self.name(f"{path}.id", entry.get("id")),
            self.count(f"{path}.capacity", entry.get("capacity"), low=0, high=1_000_000),
        )

    def names(self, path: str, value: Any) -> tuple[str, ...]:
        listed = self.items(path, value if value is not None else [], "ids")
        return tuple(
            dict.fromkeys(self.name(f"{path}[{i}]", name) for i, name in enumerate(listed))
        )

    def amounts(self, path: str, value: Any, *, low: int) -> tuple[tuple[str, int], ...]:
        entry = self.mapping(path, value if value is not None else {}, "an object of amounts")
        return tuple(
            (self.name(path, name), self.count(f"{path}.{name}", n, low=low, high=1_000_000))
            for name, n in entry.items()
        )

    def stage(self, path: str, entry: Mapping[str, Any]) -> Stage:
        self.known(path, entry, _STAGE)
        name = self.name(f"{path}.id", entry.get("id"))
        calendar = entry.get("calendar")
        if calendar is not None:
            self.one_of(f"{path}.calendar", calendar, ("always",))
        people = self.names(f"{path}.people", entry.get("people"))
        needs = self.amounts(f"{path}.needs", entry.get("needs"), low=1)
        begun_by = self.names(f"{path}.begun_by", entry.get("begun_by"))
        uses = self.amounts(f"{path}.uses", entry.get("uses"), low=0)
        arrives = entry.get("arrives")
        done = self.number(
            f"{path}.done", entry.get("done") or 0, high=1, what="a share of the work"
        )
        spent = self.number(f"{path}.spent", entry.get("spent") or 0, what="hours")
        arrival = None
        if arrives is not None:
            for key in ("people", "needs", "begun_by", "uses", "effort", "calendar"):
                if entry.get(key):
                    raise SituationError(
                        f"{path}.{key}", "does not go with arrives: nobody here works on it"
                    )
            arrival = self.arrival(f"{path}.arrives", arrives)
            law = laws.certain(0.0)
            done = spent = 0.0
        else:
            law = self.law(f"{path}.effort", entry.get("effort"))
            if done and spent:
                raise SituationError(f"{path}.spent", "and done exclude one another: give one")
            if calendar is not None and (people or needs or begun_by):
                raise SituationError(
                    f"{path}.calendar", "belongs to a stage without people; theirs counts here"
                )
            if calendar is None and not (people or needs or begun_by) and not law.is_nothing:
                raise SituationError(
                    f"{path}.people",
                    'are missing: give people, needs, arrives or "calendar": "always"',
                )
        if entry.get("promise") is None:
            raise SituationError(f"{path}.promise", "is missing: the id of one of promises")
        return Stage(
            id=name,
            promise=self.name(f"{path}.promise", entry["promise"]),
            after=self.names(f"{path}.after", entry.get("after")),
            people=people,
            needs=tuple(pair for pair in needs),
            begun_by=begun_by,
            uses=tuple((r, n) for r, n in uses if n),
            always=calendar is not None,
            law=law,
            done=done,
            spent=spent,
            optional=self.flag(f"{path}.optional", entry.get("optional", False)),
            arrives=arrival,
        )

    def arrival(self, path: str, value: Any) -> Arrival:
        entry = self.mapping(path, value, 'an object such as {"by": "2026-12-01T12:00+00:00"}')
        self.known(path, entry, ("by", "late", "backed"))
        late = entry.get("late")
        return Arrival(
            by=self.minute(f"{path}.by", entry.get("by")),
            late=None if late is None else self.law(f"{path}.late", late),
            backed=self.flag(f"{path}.backed", entry.get("backed", False)),
        )

    def law(self, path: str, value: Any) -> laws.Law:
        """Read an effort. Hours up to 100,000."""
        hours: dict[str, Any] = {"high": 1e5, "what": "hours"}
        if value is None:
            raise SituationError(path, "is missing: hours, or low, likely and high, or another law")
        if isinstance(value, int | float) and not isinstance(value, bool):
            return laws.certain(self.number(path, value, **hours))
        entry = self.mapping(path, value, "hours or an object")
        named = entry.get("law")
        if named is not None:
            self.one_of(f"{path}.law", named, ("uniform", "exponential", "lognormal", "beta"))
        if named in {"uniform", "beta"}:
            low = self.number(f"{path}.low", entry.get("low"), **hours)
            high = self.number(f"{path}.high", entry.get("high"), **hours)
            if high < low:
                raise SituationError(f"{path}.high", f"must not be below low ({low:g})")
            if named == "uniform":
                self.known(path, entry, ("law", "low", "high"))
                return laws.uniform(low, high)
            self.known(path, entry, ("law", "low", "high", "a", "b"))
            a = self.number(f"{path}.a", entry.get("a"), low=0.01, high=1e4)
            b = self.number(f"{path}.b", entry.get("b"), low=0.01, high=1e4)
            return laws.beta(low, high, a, b)
        if named == "exponential":
            self.known(path, entry, ("law", "mean"))
            return laws.exponential(self.number(f"{path}.mean", entry.get("mean"), **hours))
        if named == "lognormal":
            self.known(path, entry, ("law", "median", "sigma"))
            median = self.number(f"{path}.median", entry.get("median"), above=True, **hours)
            return laws.lognormal(median, self.number(f"{path}.sigma", entry.get("sigma"), high=5))
        if "ratios" in entry or "estimate" in entry:
            self.known(path, entry, ("estimate", "ratios"))
            estimate = self.number(f"{path}.estimate", entry.get("estimate"), **hours)
            points: list[tuple[float, float]] = []
            for i, pair in enumerate(
                self.items(f"{path}.ratios", entry.get("ratios"), "[share, ratio] pairs")
            ):
                at = f"{path}.ratios[{i}]"
                both = self.items(at, pair, "a share and a ratio")
                if len(both) != 2:
                    raise SituationError(at, "must be a share and a ratio, such as [0.9, 1.8]")
                share = self.number(f"{at}[0]", both[0], high=1)
                ratio = self.number(f"{at}[1]", both[1], high=1000)
                if points and (share <= points[-1][0] or ratio < points[-1][1]):
                    raise SituationError(at, "must rise: shares strictly, ratios never fall")
                points.append((share, ratio))
            if not points:
                raise SituationError(f"{path}.ratios", "must hold at least one [share, ratio] pair")
            return laws.ratios(estimate, tuple(points))
        self.known(path, entry, ("low", "likely", "high"))
        for key in ("low", "likely", "high"):
            if key not in entry:
                raise SituationError(f"{path}.{key}", "is missing: hours")
        low = self.number(f"{path}.low", entry["low"], **hours)
        likely = self.number(f"{path}.likely", entry["likely"], **hours)
        high = self.number(f"{path}.high", entry["high"], **hours)
        if likely < low:
            raise SituationError(f"{path}.likely", f"must not be below low ({low:g})")
        if high < likely:
            raise SituationError(f"{path}.high", f"must not be below likely ({likely:g})")
        if low == 0 < high:
            raise SituationError(f"{path}.low", "must be above 0, as high is")
        return laws.low_likely_high(low, likely, high)


@dataclass(frozen=True, slots=True)
class _Resource:
    id: str
    capacity: int


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    text = json.dumps(value, default=str) if not isinstance(value, float) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

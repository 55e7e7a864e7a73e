"""A frozen, validated picture of everything open: people, promises, stages.

The plan file is its outer form; :meth:`Situation.from_document` reads one and
:meth:`Situation.document` gives the canonical one back.
"""

import hashlib
import itertools
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from kept.engine import laws, worktime

MAX_STAGES = 250_000
MAX_PROMISES = 100_000
MAX_PEOPLE = 5_000
MAX_PARALLEL = 50

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SituationError(ValueError):
    """A plan that cannot be computed.

    Attributes:
        path: where in the document, such as ``stages[3].effort.low``; empty for the whole.
        message: what is wrong and what is allowed.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works: skills, zone, week, whole local days away, usable share."""

    id: str
    skills: tuple[str, ...]
    zone: str
    week: worktime.Week
    absences: tuple[tuple[date, date], ...]
    holidays: tuple[date, ...]
    share: float
    parallel: int

    @property
    def away(self) -> tuple[tuple[date, date], ...]:
        return self.absences + tuple((day, day) for day in self.holidays)


@dataclass(frozen=True, slots=True)
class Promise:
    """What is given, held or merely open. Minutes count from the situation's start."""

    id: str
    due: int | None
    priority: float | None
    release: int
    yields: bool
    accepted: float | None
    kind: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something a client or a third party must supply."""

    by: int
    late: laws.Law | None
    backed: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """A piece of work, or an arrival."""

    id: str
    promise: str
    after: tuple[str, ...]
    people: tuple[str, ...]
    needs: tuple[tuple[str, int], ...]
    begun_by: tuple[str, ...]
    uses: tuple[tuple[str, int], ...]
    always: bool
    law: laws.Law
    done: float
    spent: float
    optional: bool
    arrives: Arrival | None


@dataclass(frozen=True)
class Ask:
    """Something asked for, as a fragment of a plan file.

    Args:
        promise: an entry of ``promises``; its ``due`` is ignored, dates are looked for.
        stages: entries of ``stages`` of that promise.
    """

    promise: Mapping[str, Any]
    stages: Sequence[Mapping[str, Any]]

    def placed(self, *, due: str | None, placement: str) -> "tuple[dict[str, Any], list[Any]]":
        """The fragment with this due moment and placement."""
        if not isinstance(self.promise, Mapping):
            raise SituationError("ask.promise", "must be an object like those in promises")
        promise = {k: v for k, v in self.promise.items() if k not in {"due", "placement"}}
        promise["placement"] = placement
        if due is not None:
            promise["due"] = due
        return promise, list(self.stages)


@dataclass(frozen=True)
class Situation:
    """Everything that competes for people's time, at one moment.

    Minutes are whole minutes since ``start``; seconds of ``start`` are dropped.

    Attributes:
        start: aware; answers are given in its offset.
        correlation: share of a promise's luck common to its uncertain stages, 0 up to 0.9.
        unknown: paths of entries that were not understood and are ignored.
    """

    start: datetime
    people: tuple[Person, ...]
    promises: tuple[Promise, ...]
    stages: tuple[Stage, ...]
    resources: tuple[tuple[str, int], ...] = ()
    correlation: float = 0.0
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Situation":
        """Read and check a plan.

        Raises:
            SituationError: with the path of the first thing that is wrong.
        """
        return _Reader().situation(document)

    @cached_property
    def start_utc(self) -> datetime:
        return self.start.astimezone(UTC)

    def moment(self, minute: int) -> datetime:
        """The moment of a minute, in the offset of ``start``.

        Raises:
            ValueError: the minute lies beyond the horizon (``NEVER``).
        """
        if minute >= worktime.NEVER:
            raise ValueError("what never happens has no moment")
        return (self.start_utc + timedelta(minutes=int(minute))).astimezone(self.start.tzinfo)

    def minute(self, moment: datetime) -> int:
        """The whole minutes from start to a moment; what ends in that minute is in time.

        Raises:
            ValueError: the moment has no zone.
        """
        if moment.tzinfo is None:
            raise ValueError("a moment needs a zone")
        return (moment.astimezone(UTC) - self.start_utc) // timedelta(minutes=1)

    def with_ask(
        self, ask: Ask, *, due: datetime | None, placement: str = "by_date"
    ) -> "Situation":
        """This situation with an ask added as its last promise.

        Raises:
            SituationError: with a path below ``ask``.
        """
        promise, stages = ask.placed(
            due=None if due is None else due.isoformat(), placement=placement
        )
        accepted = [p.accepted for p in self.promises if p.accepted is not None]
        if placement == "yields" and accepted:
            promise["accepted"] = max(*accepted, len(self.promises)) + 1
        return _Reader().extended(self, promise, stages)

    def document(self) -> dict[str, Any]:
        """The canonical plan file: reading it gives an equal situation."""
        return _document(self)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical document."""
        text = json.dumps(self.document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def calendar(self, person: Person) -> worktime.Calendar:
        """When this person is at work."""
        return worktime.calendar(
            start=self.start_utc, zone=person.zone, week=person.week, away=person.away
        )


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _document(situation: Situation) -> dict[str, Any]:
    def moment(minute: int) -> str:
        return situation.moment(minute).isoformat(timespec="minutes")

    def clock(minute: int) -> str:
        return f"{minute // 60:02d}:{minute % 60:02d}"

    people = []
    for person in situation.people:
        entry: dict[str, Any] = {
            "id": person.id,
            "skills": list(person.skills),
            "zone": person.zone,
            "week": {
                name: [[clock(a), clock(b)] for a, b in windows]
                for name, windows in zip(WEEKDAYS, person.week, strict=True)
                if windows
            },
        }
        if person.absences:
            entry["absences"] = [[a.isoformat(), b.isoformat()] for a, b in person.absences]
        if person.holidays:
            entry["holidays"] = [day.isoformat() for day in person.holidays]
        if person.share != 1:
            entry["share"] = person.share
        if person.parallel != 1:
            entry["parallel"] = person.parallel
        people.append(entry)
    promises = []
    for promise in situation.promises:
        entry = {"id": promise.id}
        if promise.due is not None:
            entry["due"] = moment(promise.due)
        if promise.priority is not None:
            entry["priority"] = _number(promise.priority)
        if promise.release:
            entry["release"] = moment(promise.release)
        if promise.yields:
            entry["placement"] = "yields"
        if promise.accepted is not None:
            entry["accepted"] = _number(promise.accepted)
        if promise.kind != "promise":
            entry["kind"] = promise.kind
        promises.append(entry)
    stages = []
    for stage in situation.stages:
        entry = {"id": stage.id, "promise": stage.promise}
        if stage.after:
            entry["after"] = list(stage.after)
        if stage.people:
            entry["people"] = list(stage.people)
        if stage.needs:
            entry["needs"] = dict(stage.needs)
        if stage.begun_by:
            entry["begun_by"] = list(stage.begun_by)
        if stage.uses:
            entry["uses"] = dict(stage.uses)
        if stage.always:
            entry["calendar"] = "always"
        if stage.optional:
            entry["optional"] = True
        if stage.arrives is None:
            entry["effort"] = stage.law.document()
            if stage.done:
                entry["done"] = _number(stage.done)
            if stage.spent:
                entry["spent"] = _number(stage.spent)
        else:
            entry["arrives"] = {"by": moment(stage.arrives.by)}
            if stage.arrives.late is not None:
                entry["arrives"]["late"] = stage.arrives.late.document()
            if stage.arrives.backed:
                entry["arrives"]["backed"] = True
        stages.append(entry)
    document: dict[str, Any] = {
        "start": situation.start.isoformat(timespec="minutes"),
        "people": people,
        "promises": promises,
        "stages": stages,
    }
    if situation.resources:
        document["resources"] = [
            {"id": name, "capacity": capacity} for name, capacity in situation.resources
        ]
    if situation.correlation:
        document["correlation"] = situation.correlation
    return document


_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")
_PLAN = ("start", "people", "promises", "stages", "resources", "correlation")
_PERSON = ("id", "skills", "zone", "week", "absences", "holidays", "share", "parallel")
_PROMISE = ("id", "due", "priority", "release", "placement", "accepted", "kind")
_STAGE = (
    "id", "promise", "after", "people", "needs", "begun_by", "uses", "calendar",
    "effort", "done", "spent", "optional", "arrives",
)  # fmt: skip
_REMARKS = frozenset({"name", "title", "note", "comment", "description"})


class _Reader:
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
            unknown=tuple(self.unknown),
        )
        _check(situation, 0, "stages")
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
        _check(situation, len(base.stages), "ask.stages")
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


def _check(situation: Situation, first: int, root: str) -> None:
    """Check what ties the parts together, for the stages from ``first`` on."""
    people = {person.id: person for person in situation.people}
    promises = {promise.id for promise in situation.promises}
    capacity = dict(situation.resources)
    members: dict[str, set[str]] = {}
    for person in situation.people:
        for skill in person.skills:
            members.setdefault(skill, set()).add(person.id)
    ids: dict[str, int] = {}
    for index, stage in enumerate(situation.stages):
        if stage.id in ids:
            raise SituationError(f"{root}[{index - first}].id", f"{stage.id!r} stands twice")
        ids[stage.id] = index
    for index in range(first, len(situation.stages)):
        stage = situation.stages[index]
        path = f"{root}[{index - first}]"
        if stage.promise not in promises:
            raise SituationError(f"{path}.promise", f"no promise is called {stage.promise!r}")
        for i, name in enumerate(stage.after):
            if name not in ids:
                raise SituationError(f"{path}.after[{i}]", f"no stage is called {name!r}")
        for key, named in (("people", stage.people), ("begun_by", stage.begun_by)):
            for i, name in enumerate(named):
                if name not in people:
                    raise SituationError(f"{path}.{key}[{i}]", f"nobody is called {name!r}")
        for name, amount in stage.uses:
            if name not in capacity:
                raise SituationError(f"{path}.uses.{name}", f"no resource is called {name!r}")
            if amount > capacity[name]:
                raise SituationError(
                    f"{path}.uses.{name}", f"there are only {capacity[name]}, {amount} are used"
                )
        slots = []
        for skill, count in stage.needs:
            if skill not in members:
                raise SituationError(f"{path}.needs.{skill}", "nobody has this skill")
            if count > len(members[skill]):
                raise SituationError(
                    f"{path}.needs.{skill}",
                    f"only {len(members[skill])} have this skill, {count} are needed",
                )
            slots += [skill] * count
        if len(slots) > 1:
            everybody = sorted(set().union(*(members[skill] for skill in slots)))
            if len(_filled(slots, everybody, members)) < len(slots):
                raise SituationError(
                    f"{path}.needs", "more people are needed at the same time than there are"
                )
    circle = _circle(situation.stages, ids)
    if circle:
        index = next(i for i in (ids[name] for name in circle))
        raise SituationError(
            f"{root}[{index - first}].after", "goes in a circle: " + " after ".join(circle)
        )


def _filled(
    slots: Sequence[str], candidates: Sequence[str], members: Mapping[str, set[str]]
) -> dict[int, str]:
    """Fill as many slots as can be with different people (augmenting paths)."""
    held: dict[int, str] = {}

    def place(name: str, tried: set[int]) -> bool:
        for slot, skill in enumerate(slots):
            if slot not in tried and name in members[skill]:
                tried.add(slot)
                if slot not in held or place(held[slot], tried):
                    held[slot] = name
                    return True
        return False

    for name in candidates:
        if len(held) == len(slots):
            break
        place(name, set())
    return held


def _circle(stages: Sequence[Stage], ids: Mapping[str, int]) -> list[str]:
    """One circle among the stages, if any, as a closed list of ids."""
    waiting = [len(stage.after) for stage in stages]
    then: list[list[int]] = [[] for _ in stages]
    for index, stage in enumerate(stages):
        for name in stage.after:
            then[ids[name]].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    done = 0
    while ready:
        index = ready.pop()
        done += 1
        for follower in then[index]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                ready.append(follower)
    if done == len(stages):
        return []
    # Every stage left waits for one that is left too: walking back must meet itself.
    here = next(index for index, count in enumerate(waiting) if count > 0)
    seen: dict[int, int] = {}
    walk: list[int] = []
    while here not in seen:
        seen[here] = len(walk)
        walk.append(here)
        here = next(ids[name] for name in stages[here].after if waiting[ids[name]] > 0)
    names = [stages[index].id for index in walk[seen[here] :]]
    return [*names[:8], "..."] if len(names) > 8 else [*names, names[0]]

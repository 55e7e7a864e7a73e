"""A frozen, validated picture of everything open: people, promises, stages.

The plan file is its outer form; :meth:`Situation.from_document` reads one and
:meth:`Situation.document` gives the canonical one back.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from kept.engine import laws, worktime

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
        lean: by how much the luck of all uncertain stages is shifted, in normal scores, -1 to 1.
        unknown: paths of entries that were not understood and are ignored.
    """

    start: datetime
    people: tuple[Person, ...]
    promises: tuple[Promise, ...]
    stages: tuple[Stage, ...]
    resources: tuple[tuple[str, int], ...] = ()
    correlation: float = 0.0
    lean: float = 0.0
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Situation":
        """Read and check a plan.

        Raises:
            SituationError: with the path of the first thing that is wrong.
        """
        from kept.engine.reading import Reader  # it is written in terms of this class

        return Reader().situation(document)

    @property
    def luck(self) -> tuple[float, float]:
        """How uncertain stages draw: correlation and lean."""
        return self.correlation, self.lean

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
        from kept.engine.reading import Reader  # it is written in terms of this class

        return Reader().extended(self, promise, stages)

    def redated(self, promise: str, due: datetime) -> "Situation":
        """This situation with one promise due at another moment."""
        minute = self.minute(due)
        return replace(
            self,
            promises=tuple(replace(p, due=minute) if p.id == promise else p for p in self.promises),
        )

    def without(self, stages: Collection[str]) -> "Situation":
        """This situation without some stages; what waited for them waits no longer."""
        return replace(
            self,
            stages=tuple(
                replace(stage, after=tuple(key for key in stage.after if key not in stages))
                for stage in self.stages
                if stage.id not in stages
            ),
        )

    def document(self) -> dict[str, Any]:
        """The canonical plan file: reading it gives an equal situation."""
        from kept.engine.writing import document  # it is written in terms of this class

        return document(self)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the canonical document."""
        from kept.engine.writing import text  # it is written in terms of this class

        digest = hashlib.sha256()
        for piece in text(self):
            digest.update(piece.encode())
        return digest.hexdigest()

    def calendar(self, person: Person) -> worktime.Calendar:
        """When this person is at work."""
        return worktime.calendar(
            start=self.start_utc, zone=person.zone, week=person.week, away=person.away
        )

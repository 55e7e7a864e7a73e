"""A situation as its canonical plan file."""

import json
from collections.abc import Iterator
from typing import Any

from kept.engine.situation import WEEKDAYS, Person, Promise, Situation, Stage


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def _moment(situation: Situation, minute: int) -> str:
    return situation.moment(minute).isoformat(timespec="minutes")


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _person(person: Person) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": person.id,
        "skills": list(person.skills),
        "zone": person.zone,
        "week": {
            name: [[_clock(a), _clock(b)] for a, b in windows]
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
    return entry


def _promise(situation: Situation, promise: Promise) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": promise.id}
    if promise.due is not None:
        entry["due"] = _moment(situation, promise.due)
    if promise.priority is not None:
        entry["priority"] = _number(promise.priority)
    if promise.release:
        entry["release"] = _moment(situation, promise.release)
    if promise.yields:
        entry["placement"] = "yields"
    if promise.accepted is not None:
        entry["accepted"] = _number(promise.accepted)
    if promise.kind != "promise":
        entry["kind"] = promise.kind
    return entry


def _stage(situation: Situation, stage: Stage) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": stage.id, "promise": stage.promise}
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
        entry["arrives"] = {"by": _moment(situation, stage.arrives.by)}
        if stage.arrives.late is not None:
            entry["arrives"]["late"] = stage.arrives.late.document()
        if stage.arrives.backed:
            entry["arrives"]["backed"] = True
    return entry


def _parts(situation: Situation) -> Iterator[tuple[str, Any]]:
    """The document's entries; what may be long is made piece by piece."""
    yield "start", situation.start.isoformat(timespec="minutes")
    yield "people", (_person(person) for person in situation.people)
    yield "promises", (_promise(situation, promise) for promise in situation.promises)
    yield "stages", (_stage(situation, stage) for stage in situation.stages)
    if situation.resources:
        resources = situation.resources
        yield "resources", ({"id": name, "capacity": capacity} for name, capacity in resources)
    if situation.correlation:
        yield "correlation", situation.correlation
    if situation.lean:
        yield "lean", situation.lean


def document(situation: Situation) -> dict[str, Any]:
    """The canonical plan file as an object."""
    return {
        key: list(part) if isinstance(part, Iterator) else part for key, part in _parts(situation)
    }


def text(situation: Situation) -> Iterator[str]:
    """The canonical plan file as text, its keys sorted and without spaces, piece by piece.

    A large plan's document and its text would take more memory than the plan itself.
    """
    encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
    between = "{"
    for key, part in sorted(_parts(situation), key=lambda entry: entry[0]):
        yield f"{between}{encoded(key)}:"
        between = ","
        if not isinstance(part, Iterator):
            yield encoded(part)
            continue
        comma = "["
        for entry in part:
            yield comma + encoded(entry)
            comma = ","
        yield "]" if comma == "," else "[]"
    yield "}"

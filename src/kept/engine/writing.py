"""A situation as its canonical plan file."""

from typing import Any

from kept.engine.situation import WEEKDAYS, Situation


def _number(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)


def document(situation: Situation) -> dict[str, Any]:
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
    if situation.lean:
        document["lean"] = situation.lean
    return document

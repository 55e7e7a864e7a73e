"""Check that the ledger is whole, and that the rows are what its events made of them.

Every verb writes what its rows became into its event. Replaying the events of
an organisation therefore gives all its rows; where a row differs, somebody
changed it past the verbs. Personal text is not in the events: they carry a
keyed hash of it, with which the text beside the ledger is checked.

A chain proves nothing against somebody who rewrites all of it, heads included.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import models

from kept.ledger import chain, recording
from kept.ledger.models import ErasableText, Event
from kept.tenancy import guards, scope
from kept.tenancy.models import Organisation

Fault = chain.Fault

#: Tables that are not rebuilt from events, and why that is safe.
NOT_REBUILT = {
    "head": "is where the chain ends, and checked with it",
    "event": "is the ledger itself",
    "erasabletext": "is checked by the keyed hashes in the events",
    "answer": "reserves nothing; its event names the job, the dates and the chance",
    "answerdate": "belongs to an answer; a date that was held lives on in a quote",
    "answereffect": "belongs to an answer",
    "answerlimit": "belongs to an answer",
    "snapshot": "is named by its own fingerprint, and computed from rows that are rebuilt",
    "outlook": "is a forecast; its event carries the chances, and its seed gives it again",
    "task": "is work still to be done; what it does is recorded where it is done",
    "idempotencykey": "remembers what was answered for a day; it decides nothing",
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was checked, and every fault that was found."""

    organisation: str
    events: int
    rows: int
    texts: int
    faults: list[Fault]


@dataclass(slots=True)
class _Replay:
    """What the events seen so far made of the rows."""

    images: dict[str, tuple[int, str]] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    keys: dict[int, bytes] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    events: int = 0

    def see(self, event: Event) -> None:
        self.events += 1
        for name, image in event.images.items():
            if image is None:
                self.images.pop(name, None)
                continue
            self.images[name] = event.number, _written(image)
            for value in image.values():
                if type(value) is dict and value.keys() == {"text", "mac"}:
                    self.hashes[value["text"]] = value["mac"]
        if event.kind == Event.Kind.TEXT_ERASED:
            self.erased.update(event.facts.get("texts", ()))


def rebuilt() -> list[type[models.Model]]:
    """Return the tables whose rows are rebuilt from events."""
    return [
        model
        for model in apps.get_app_config("kept").get_models(include_auto_created=True)
        if (guards.belongs(model) or model is Organisation)
        and recording.table_of(model) not in NOT_REBUILT
    ]


def verify() -> Report:
    """Check the current organisation: its chain, its rows, its personal texts."""
    replay = _Replay()
    faults = list(chain.faults(replay.see))
    rows = texts = 0
    for text in ErasableText.objects.order_by("pk").iterator(chunk_size=2000):
        texts += 1
        faults += _of_text(text, replay)
    for key in sorted(replay.hashes):
        faults.append(Fault(f"text {key}", "is missing"))
    for model in rebuilt():
        for row in _rows_of(model):
            rows += 1
            faults += _of_row(row, replay)
    for row_name, (number, _image) in replay.images.items():
        table, _colon, row_key = row_name.partition(":")
        if table not in NOT_REBUILT:
            faults.append(Fault(f"{table} {row_key}", f"is missing; event {number} wrote it last"))
    return Report(scope.current().slug, replay.events, rows, texts, faults)


def _rows_of(model: type[models.Model]) -> Iterator[Any]:
    manager = model._default_manager
    rows = manager.filter(pk=scope.current().pk) if model is Organisation else manager.all()
    return rows.order_by("pk").iterator(chunk_size=2000)


def _of_text(text: ErasableText, replay: _Replay) -> Iterator[Fault]:
    place = f"text {text.pk} ({text.about_table} {text.about_id} {text.field})"
    mac = replay.hashes.pop(text.pk, None)
    key = bytes(text.key)
    if mac is None:
        yield Fault(place, "was written by no event")
    elif text.pk in replay.erased:
        if key or text.text:
            yield Fault(place, "is there, though an event says it was erased")
    elif not hmac.compare_digest(recording.mac_of(key, text.text), mac):
        yield Fault(place, "was altered" if key else "was erased by no event")
    else:
        replay.keys[text.pk] = key


def _of_row(row: Any, replay: _Replay) -> Iterator[Fault]:
    table = recording.table_of(row)
    place = f"{table} {row.pk}"
    known = replay.images.pop(f"{table}:{row.pk}", None)
    if known is None:
        yield Fault(place, "was written by no event")
        return
    number, written = known
    image = json.loads(written)
    personal = {name: image[name] for name in recording.personal_of(row) if name in image}
    free = {name: image[name] for name in _unrecorded(row) if name in image}
    now = recording.image_of(row) | personal | free
    if _written(now) != written:
        # Columns that came or went with a migration since are not compared.
        for name in sorted(image.keys() & now.keys()):
            if image[name] != now[name]:
                says, said = json.dumps(now[name]), json.dumps(image[name])
                yield Fault(place, f"has {name} {says}; event {number} wrote {said}")
    for name, reference in personal.items():
        key = replay.keys.get(reference["text"])
        if key is None:
            yield Fault(place, f"has a {name} that cannot be checked: the text beside it is gone")
        elif not hmac.compare_digest(
            recording.mac_of(key, str(getattr(row, name) or "")), reference["mac"]
        ):
            yield Fault(place, f"has another {name} than event {number} wrote")


def _unrecorded(row: Any) -> tuple[str, ...]:
    return getattr(row, "unrecorded", ())


def _written(image: dict[str, Any]) -> str:
    return json.dumps(image, sort_keys=True, separators=(",", ":"))

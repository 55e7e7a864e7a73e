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
from typing import Any, TypeGuard

from django.apps import apps
from django.core.exceptions import ValidationError
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
    "envelope": "is how notices travel; the notices themselves are rebuilt",
    "rounds": "is how far the rounds have read; reading again raises nothing twice",
    "webhookdelivery": "is what another program is told of an event, which says the same",
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
        # An altered event holds anything; that it was altered, the chain says.
        self.events += 1
        for name, image in event.images.items() if isinstance(event.images, dict) else ():
            if not isinstance(image, dict):
                self.images.pop(name, None)
                continue
            self.images[name] = event.number, _written(image)
            for value in image.values():
                if _is_reference(value):
                    self.hashes[value["text"]] = value["mac"]
        if event.kind == Event.Kind.TEXT_ERASED and isinstance(event.facts, dict):
            texts = event.facts.get("texts")
            self.erased.update(
                key for key in (texts if isinstance(texts, list) else ()) if type(key) is int
            )


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
    tables: set[str] = set()
    for text, (key, _by) in chain.readable(ErasableText.objects.all(), by="pk"):
        texts += 1
        if text is None:
            faults.append(Fault(f"text {key}", "cannot be read"))
            replay.hashes.pop(key, None)
            continue
        faults += _of_text(text, replay)
    for key in sorted(replay.hashes):
        faults.append(Fault(f"text {key}", "is missing"))
    for model in rebuilt():
        tables.add(recording.table_of(model))
        for row, (key, _by) in chain.readable(_rows_of(model), by="pk"):
            rows += 1
            faults += _of_row(row, f"{recording.table_of(model)}:{key}", replay)
    for row_name, (number, _image) in replay.images.items():
        table, _colon, row_key = row_name.partition(":")
        if table not in tables | NOT_REBUILT.keys():
            said = f"stands in event {number}, but there is no table called that"
            faults.append(Fault(f"{table} {row_key}", said))
        elif table not in NOT_REBUILT:
            faults.append(Fault(f"{table} {row_key}", f"is missing; event {number} wrote it last"))
    return Report(scope.current().slug, replay.events, rows, texts, faults)


def _rows_of(model: type[models.Model]) -> models.QuerySet[Any]:
    manager = model._default_manager
    return manager.filter(pk=scope.current().pk) if model is Organisation else manager.all()


def _of_text(text: ErasableText, replay: _Replay) -> Iterator[Fault]:
    place = f"text {text.pk} ({text.about_table} {text.about_id} {text.field})"
    mac = replay.hashes.pop(text.pk, None)
    key = text.key if isinstance(text.key, bytes | memoryview) else str(text.key).encode()
    if mac is None:
        yield Fault(place, "was written by no event")
    elif text.pk in replay.erased:
        if key or text.text:
            yield Fault(place, "is there, though an event says it was erased")
    elif not _is_hash_of(str(text.text), mac, bytes(key)):
        yield Fault(place, "was altered" if key else "was erased by no event")
    else:
        replay.keys[text.pk] = bytes(key)


def _of_row(row: Any, place_in_events: str, replay: _Replay) -> Iterator[Fault]:
    place = place_in_events.replace(":", " ")
    known = replay.images.pop(place_in_events, None)
    if row is None:
        yield Fault(place, "cannot be read")
        return
    if known is None:
        yield Fault(place, "was written by no event")
        return
    number, written = known
    image = json.loads(written)
    try:
        now = recording.image_of(row)
    except (TypeError, ValueError, ArithmeticError, ValidationError):
        yield Fault(place, f"holds what no verb writes; event {number} wrote it last")
        return
    # What is personal is told by the event, not by the table of today: a column may have become
    # personal since, or have been so before.
    hidden = {name: value for name, value in image.items() if _is_reference(value)}
    now |= {name: _personal_now(row, name) for name in recording.personal_of(row) if name in image}
    now |= hidden | {name: image[name] for name in _unrecorded(row) if name in image}
    if _written(now) != written:
        # Columns that came or went with a migration since are not compared.
        for name in sorted(image.keys() & now.keys()):
            if image[name] == now[name]:
                continue
            if name in recording.personal_of(row):
                yield Fault(place, f"has another {name} than event {number} wrote")
            else:
                says, said = json.dumps(now[name]), json.dumps(image[name])
                yield Fault(place, f"has {name} {says}; event {number} wrote {said}")
    for name, reference in hidden.items():
        key = replay.keys.get(reference["text"])
        if not hasattr(row, name):
            continue
        if key is None:
            yield Fault(place, f"has a {name} that cannot be checked: the text beside it is gone")
        elif not _is_hash_of(_personal_now(row, name), reference["mac"], key):
            yield Fault(place, f"has another {name} than event {number} wrote")


def _is_reference(value: object) -> TypeGuard[dict[str, Any]]:
    """Say whether an event holds a keyed hash here, and the number of the text beside the ledger.

    A flag counts as a number in Python; it is none here.
    """
    return (
        isinstance(value, dict)
        and value.keys() == {"text", "mac"}
        and type(value["text"]) is int
        and isinstance(value["mac"], str)
    )


def _is_hash_of(text: str, mac: str, key: bytes) -> bool:
    """Compare in constant time, as bytes: a forged hash may hold any letter."""
    try:
        return hmac.compare_digest(recording.mac_of(key, text).encode(), mac.encode())
    except UnicodeEncodeError:
        return False


def _personal_now(row: Any, name: str) -> str:
    return str(getattr(row, name) or "")


def _unrecorded(row: Any) -> tuple[str, ...]:
    return getattr(row, "unrecorded", ())


def _written(image: dict[str, Any]) -> str:
    return json.dumps(image, sort_keys=True, separators=(",", ":"))

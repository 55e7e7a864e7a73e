"""Write an event for a verb, in the verb's own transaction."""

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, cast

from django.db import models, transaction

from kept.ledger.models import ErasableText, Event, Head
from kept.tenancy import scope
from kept.tenancy.models import Organisation, Scoped

#: How an event is put into bytes; another form gets another number.
FORM = 1

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class NotInTransaction(RuntimeError):
    """An event was to be written outside the transaction of its cause."""


def record(
    kind: Event.Kind,
    *,
    about: models.Model,
    by: models.Model | None,
    at: datetime,
    rows: Iterable[models.Model] = (),
    removed: Iterable[tuple[str, int]] = (),
    facts: Mapping[str, Json] | None = None,
    promise: models.Model | None = None,
    chance: float | None = None,
    shown: Mapping[str, Json] | None = None,
) -> Event:
    """Append the event of a verb to the organisation's chain.

    Args:
        about: the row the verb is about.
        by: the member who did it; None is kept itself.
        at: when it was done.
        rows: every row that the verb wrote (with `about`, where it was written).
        removed: (table, key) of rows that the verb removed.
        facts: what the story tells beyond the rows; no personal text.
        promise: the promise whose story this belongs to.
        chance: the chance shown then, between 0 and 1.
        shown: what whoever was promised may read of it, beyond the columns that
            the rows' own tables declare (`Scoped.shown`).

    Raises:
        NotInTransaction: there is no open transaction to belong to.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction("An event is written in the transaction of its cause.")
    organisation = scope.current()
    Head.objects.get_or_create(organisation=organisation)
    head = Head.objects.select_for_update(no_key=True).get(organisation=organisation)
    rows = list(rows)
    images: dict[str, Json] = dict(_images(rows))
    images.update({f"{table}:{key}": None for table, key in removed})
    event = Event(
        organisation=organisation,
        number=head.number + 1,
        kind=kind,
        at=at.astimezone(UTC),
        by_id=None if by is None else by.pk,
        about_table=table_of(about),
        about_id=about.pk,
        promise_id=None if promise is None else promise.pk,
        chance_then=chance,
        shown={**_shown(rows, about=about, promise=promise), **_plainly(shown)},
        facts=_plainly(facts),
        images=images,
        salt=secrets.token_hex(16),
        digest_before=head.digest,
    )
    event.digest = digest_of(event)
    event.save(force_insert=True)
    head.number, head.digest = event.number, event.digest
    head.save(update_fields=["number", "digest"])
    return event


def digest_of(event: Event) -> str:
    """Return the SHA-256 of an event and of the digest before it, in hexadecimal."""
    return link(event.digest_before, body_of(event))


def link(digest_before: str, body: str) -> str:
    """Return the digest of an event from the one before it and from its body's."""
    return _sha256(bytes.fromhex(digest_before) + bytes.fromhex(body))


def body_of(event: Event) -> str:
    """Return the digest of an event's two parts; it gives away neither of them."""
    header = _sha256(_written(header_of(event)))
    return _sha256(bytes.fromhex(header) + bytes.fromhex(inner_of(event)))


def header_of(event: Event) -> dict[str, Json]:
    """Return the part of an event that whoever was promised may read."""
    return {
        "form": FORM,
        "organisation": event.organisation_id,
        "number": event.number,
        "kind": str(event.kind),
        "at": plain(event.at),
        "about": [event.about_table, event.about_id],
        "promise": event.promise_id,
        "shown": event.shown,
    }


def inner_of(event: Event) -> str:
    """Return the digest of an event's hidden part: who, the odds, the facts and the rows."""
    return _sha256(
        _written(
            {
                "salt": event.salt,
                "by": event.by_id,
                "chance": event.chance_then,
                "facts": event.facts,
                "images": event.images,
            }
        )
    )


def _written(content: Mapping[str, Any]) -> bytes:
    """Write a part in the one form its digest is taken of."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def table_of(row: models.Model | type[models.Model]) -> str:
    """Return the name under which the ledger knows a row's table."""
    return cast("str", row._meta.model_name)


def plain(value: Any) -> Json:
    """Return a column's value as JSON has it: moments in UTC, decimals as text."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return _number(value)
        case str():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        case date() | time():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
        case bytes() | memoryview():
            return bytes(value).hex()
        case list() | tuple():
            return [plain(item) for item in value]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
    raise TypeError(f"The ledger has no form for {type(value).__name__}")


def _number(value: float) -> Json:
    """Return a number that reads the same from both databases.

    PostgreSQL's JSON keeps numbers as decimals: it knows no minus nought, and
    writes large ones without a point, so that they come back as whole numbers.
    """
    if not math.isfinite(value):
        raise ValueError(f"The ledger has no form for {value}")
    if abs(value) >= 1e16:
        return int(value)
    return value or 0.0


def image_of(row: models.Model) -> dict[str, Json]:
    """Return all columns of a row but the personal ones, as the ledger keeps them."""
    hidden = personal_of(row)
    return {
        field.attname: plain(_value(field, getattr(row, field.attname)))
        for field in row._meta.concrete_fields
        if field.attname not in hidden
    }


def _shown(
    rows: Iterable[models.Model], *, about: models.Model, promise: models.Model | None
) -> dict[str, Json]:
    """Return what the rows of one promise show to whoever was promised."""
    found: dict[str, Json] = {}
    for row in rows:
        if not (isinstance(row, Scoped) and row.shown):
            continue
        if row == about or (promise is not None and promise.pk in _promises_of(row)):
            found[f"{table_of(row)}:{row.pk}"] = {
                name: plain(_value(row._meta.get_field(name), getattr(row, name)))
                for name in row.shown
            }
    return found


def _promises_of(row: Scoped) -> tuple[Any, ...]:
    return (row.pk if table_of(row) == "promise" else None, getattr(row, "promise_id", None))


def _plainly(content: Mapping[str, Json] | None) -> dict[str, Json]:
    return {str(key): plain(value) for key, value in (content or {}).items()}


def _value(field: Any, value: Any) -> Any:
    """Return a column's value as it will be read back, though the row was just made."""
    if value is None or field.remote_field is not None:
        return value
    value = field.to_python(value)
    if isinstance(field, models.DecimalField):
        return value.quantize(Decimal(1).scaleb(-field.decimal_places))
    return value


def personal_of(row: models.Model | type[models.Model]) -> tuple[str, ...]:
    """Return the names of a row's columns that hold personal text."""
    kind = row if isinstance(row, type) else type(row)
    return kind.personal if issubclass(kind, Scoped) else ()


def mac_of(key: bytes, text: str) -> str:
    """Return the keyed hash that an event holds of a personal text."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _images(rows: Iterable[models.Model]) -> Iterable[tuple[str, Json]]:
    by_table: dict[str, list[models.Model]] = {}
    for row in rows:
        by_table.setdefault(table_of(row), []).append(row)
    for table, group in by_table.items():
        references = _references(table, group) if personal_of(group[0]) else {}
        for row in group:
            image = image_of(row)
            for field in personal_of(row):
                image[field] = references[row.pk, field]
            yield f"{table}:{row.pk}", image


def _references(table: str, rows: Sequence[models.Model]) -> dict[tuple[Any, str], dict[str, Json]]:
    """Keep the personal texts of rows beside the ledger; an unchanged text is kept once."""
    known: dict[tuple[int, str], ErasableText] = {}
    for text in ErasableText.objects.filter(
        about_table=table, about_id__in=[row.pk for row in rows]
    ).order_by("pk"):
        known[text.about_id, text.field] = text
    fresh: list[ErasableText] = []
    for row in rows:
        for field in personal_of(row):
            text_now = str(getattr(row, field) or "")
            kept = known.get((row.pk, field))
            if kept is None or kept.erased_at is not None or kept.text != text_now:
                kept = ErasableText(
                    about_table=table,
                    about_id=row.pk,
                    field=field,
                    key=secrets.token_bytes(32),
                    text=text_now,
                )
                known[row.pk, field] = kept
                fresh.append(kept)
    ErasableText.objects.bulk_create(fresh, batch_size=500)
    return {
        (row.pk, field): {
            "text": known[row.pk, field].pk,
            "mac": mac_of(bytes(known[row.pk, field].key), known[row.pk, field].text),
        }
        for row in rows
        for field in personal_of(row)
    }


def found(organisation: Organisation) -> Head:
    """Start an organisation's chain."""
    return Head.objects.create(organisation=organisation)

import hashlib
import json
import secrets
from datetime import UTC

from django.db import migrations, models

from kept.tenancy import scope


class TheLedgerWasAltered(Exception):
    """Chained anew, a ledger that was altered would look whole."""

    def __init__(self, house, number):
        super().__init__(
            f"Event {number} of {house.slug} is not what was written: its digest does not fit. "
            "Nothing was migrated. Go back to the version before, run `kept verify`, and compare "
            "with a backup."
        )


def chain_anew(apps, schema_editor):
    """Give every event the digest that can be taken apart (docs/decisions/ledger.md).

    The old digest is checked on the way. What the migration needs to know of both forms is
    written out here, so that a later form does not change it.
    """
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        guarded = connection.vendor == "postgresql" and _is_guarded(cursor)
        if guarded:
            # Only this trigger, only in this transaction. SQLite's guards made way already.
            cursor.execute("ALTER TABLE kept_event DISABLE TRIGGER kept_guard_frozen")
        for house in apps.get_model("kept", "Organisation").objects.order_by("pk"):
            with scope.acting_in(house):
                _chain_house(apps, house)
        if guarded:
            cursor.execute("ALTER TABLE kept_event ENABLE TRIGGER kept_guard_frozen")


def _is_guarded(cursor):
    cursor.execute(
        "SELECT 1 FROM pg_trigger WHERE tgname = 'kept_guard_frozen'"
        " AND tgrelid = 'kept_event'::regclass"
    )
    return cursor.fetchone() is not None


def _chain_house(apps, house):
    events = apps.get_model("kept", "Event").objects
    before = digest = "0" * 64
    number = 0
    while some := list(
        events.filter(organisation_id=house.pk, number__gt=number).order_by("number")[:500]
    ):
        for event in some:
            if (event.number, event.digest_before) != (number + 1, before) or (
                _as_it_was(event) != event.digest
            ):
                raise TheLedgerWasAltered(house, event.number)
            number, before = event.number, event.digest
            event.salt = secrets.token_hex(16)
            event.digest_before, event.digest = digest, _as_it_is(event, digest)
            digest = event.digest
        events.bulk_update(some, ["salt", "digest_before", "digest"])
    heads = apps.get_model("kept", "Head").objects.filter(organisation_id=house.pk)
    head = heads.first()
    if ((0, "0" * 64) if head is None else (head.number, head.digest)) != (number, before):
        raise TheLedgerWasAltered(house, number + 1)
    heads.update(digest=digest)


def _at(event):
    return event.at.astimezone(UTC).isoformat(timespec="microseconds")


def _as_it_was(event):
    content = [
        event.organisation_id,
        event.number,
        event.kind,
        _at(event),
        event.by_id,
        event.about_table,
        event.about_id,
        event.promise_id,
        event.chance_then,
        event.facts,
        event.images,
        event.digest_before,
    ]
    return hashlib.sha256(_written(content)).hexdigest()


def _as_it_is(event, digest_before):
    header = {
        "form": 1,
        "organisation": event.organisation_id,
        "number": event.number,
        "kind": event.kind,
        "at": _at(event),
        "about": [event.about_table, event.about_id],
        "promise": event.promise_id,
        "shown": {},
    }
    inner = {
        "salt": event.salt,
        "by": event.by_id,
        "chance": event.chance_then,
        "facts": event.facts,
        "images": event.images,
    }
    body = hashlib.sha256(
        hashlib.sha256(_written(header)).digest() + hashlib.sha256(_written(inner)).digest()
    )
    return hashlib.sha256(bytes.fromhex(digest_before) + body.digest()).hexdigest()


def _written(content):
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


class Migration(migrations.Migration):

    dependencies = [
        ('kept', '0003_what_was_promised'),
    ]

    operations = [
        migrations.AddField(
            model_name='event',
            name='shown',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='event',
            name='salt',
            field=models.CharField(default='', max_length=32),
        ),
        migrations.RunPython(chain_anew, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('salt', ''), _negated=True), name='what_an_event_hides_is_salted'),
        ),
    ]

"""Take back a whole import."""

from collections.abc import Sequence
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.imports import present
from kept.imports.models import Import, ImportedRow
from kept.imports.present import EVENT_ROWS, SomethingDepends
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past import profiles
from kept.past.models import PastItem
from kept.people import access
from kept.people.models import Member, Role


def undo(import_: Import, *, by: Member, now: datetime) -> Import:
    """Remove what an import brought; its promises are voided, and stay listed as such.

    Clients it added and names it met stay. The ledger keeps the story.

    Raises:
        SomethingDepends: it was undone before, or what it brought was worked with since.
        NotAllowed: only leads and owners undo.
    """
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        row = Import.objects.select_for_update(no_key=True).get(pk=import_.pk)
        if row.state != Import.State.ACCEPTED:
            raise SomethingDepends(
                _("“%(file)s” was undone on %(day)s.")
                % {"file": row.file_name, "day": f"{row.undone_at:%Y-%m-%d}"}
            )
        voided = present.take_back(row, by=by, now=now)
        imported = list(ImportedRow.objects.filter(imported=row))
        items = [each.past_item_id for each in imported if each.past_item_id is not None]
        _remove(ImportedRow, [each.pk for each in imported], row, by=by, now=now)
        _remove(PastItem, items, row, by=by, now=now)
        row.state, row.undone_at = Import.State.UNDONE, now
        row.save(update_fields=["state", "undone_at"])
        recording.record(
            Event.Kind.IMPORT_UNDONE,
            about=row,
            by=by,
            at=now,
            rows=[row],
            facts={"rows": len(imported), "promises": voided},
        )
        if items:
            profiles.refit(by=by, now=now)
    return row


def _remove(
    table: type[models.Model], keys: Sequence[int], row: Import, *, by: Member, now: datetime
) -> None:
    for start in range(0, len(keys), EVENT_ROWS):
        some = keys[start : start + EVENT_ROWS]
        table._default_manager.filter(pk__in=some).delete()
        recording.record(
            Event.Kind.IMPORT_ROWS,
            about=row,
            by=by,
            at=now,
            removed=[(recording.table_of(table), key) for key in some],
        )

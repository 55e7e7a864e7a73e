"""Databases made before events could be taken apart are chained anew, and only if whole."""

import hashlib
import importlib
import json
import pkgutil
from datetime import datetime
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection, transaction
from tests import tampering
from tests.custody import story

from kept import migrations
from kept.custody import verifying
from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.tenancy import guards, scope

#: Found by its name: what number it got does not matter here.
[NAME] = [m.name for m in pkgutil.iter_modules(migrations.__path__) if "chained_anew" in m.name]
migration = importlib.import_module(f"kept.migrations.{NAME}")


def as_before(told: story.Story) -> None:
    """Give every event the digest that it had when all of it was hashed in one piece."""
    digest = "0" * 64
    with tampering.unguarded():
        for event in Event.objects.order_by("number"):
            content = [
                event.organisation_id, event.number, event.kind, recording.plain(event.at),
                event.by_id, event.about_table, event.about_id, event.promise_id,
                event.chance_then, event.facts, event.images, digest,
            ]  # fmt: skip
            text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            event.shown, event.digest_before = {}, digest
            event.digest = digest = hashlib.sha256(text.encode()).hexdigest()
            event.save()
        Head.objects.update(digest=digest)


def migrate() -> None:
    """Run the step as Django does: outside of any house, SQLite's guards out of the way."""
    guards.make_way(connection)
    try:
        with transaction.atomic():
            migration.chain_anew(apps, SimpleNamespace(connection=connection))
    finally:
        guards.install(connection)


@pytest.mark.django_db(transaction=True)
def test_a_whole_ledger_is_chained_anew_and_stays_whole(now: datetime) -> None:
    told = story.begin(now)
    with scope.acting_in(told.house):
        as_before(told)
        before = list(Event.objects.values_list("digest", flat=True))
        assert len(verifying.verify().faults) == len(before)
    migrate()
    with scope.acting_in(told.house):
        assert verifying.verify().faults == []
        assert set(before).isdisjoint(Event.objects.values_list("digest", flat=True))
    assert guards.faults(connection) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["edited", "cut"])
def test_an_altered_ledger_is_not_made_to_look_whole(now: datetime, how: str) -> None:
    told = story.begin(now)
    with scope.acting_in(told.house):
        as_before(told)
        count = Event.objects.count()
        with tampering.unguarded():
            if how == "edited":
                Event.objects.filter(number=5).update(facts={"other": "story"})
            else:
                Event.objects.filter(number=count).delete()
        before = list(Event.objects.values_list("number", "digest"))
    number = 5 if how == "edited" else count
    with pytest.raises(migration.TheLedgerWasAltered, match=f"Event {number} of northlight"):
        migrate()
    with scope.acting_in(told.house):
        assert list(Event.objects.values_list("number", "digest")) == before

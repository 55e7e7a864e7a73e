"""What the databases refuse, whatever the code does."""

from datetime import datetime
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from tests import cast, tampering

from kept.clients.models import Client
from kept.jobs.models import Job
from kept.ledger.models import Event, Head
from kept.people.models import Login, MemberSkill, TryBucket
from kept.promises.models import Promise, Terms
from kept.tenancy import guards, scope
from kept.tenancy.models import Organisation, Scoped

#: Tables whose rows belong to no organisation, and why.
OF_NO_ORGANISATION = {
    Organisation: "is the organisation",
    Login: "one person may work in several organisations",
    TryBucket: "counts bad secrets of visitors, before it is known whose link they hold",
}


def kept_tables() -> list[type[models.Model]]:
    return list(apps.get_app_config("kept").get_models(include_auto_created=True))


def test_each_table_belongs_to_organisations_or_is_known_not_to() -> None:
    assert {model for model in kept_tables() if not guards.belongs(model)} == set(
        OF_NO_ORGANISATION
    )


def test_each_table_of_an_organisation_has_managers_that_fail_closed() -> None:
    assert {model for model in kept_tables() if not issubclass(model, Scoped)} == {
        *OF_NO_ORGANISATION,
        Head,  # read by the ledger alone, by the organisation itself
    }
    for model in kept_tables():
        if issubclass(model, Scoped):
            assert model._meta.base_manager_name == "objects", model
            assert model._meta.default_manager.name == "objects", model


def test_no_table_without_an_organisation_points_to_one_with() -> None:
    for model in apps.get_models(include_auto_created=True):
        if not guards.belongs(model):
            crossing = [f for f in model._meta.concrete_fields if _is_owned(f.related_model)]
            assert crossing == [], model


def _is_owned(model: Any) -> bool:
    return isinstance(model, type) and guards.belongs(model)


def test_the_guards_stand_after_migrating(db: None) -> None:
    assert guards.faults(connection) == []


def test_a_missing_guard_is_named_and_put_back(db: None) -> None:
    with tampering.unguarded():
        missing = guards.faults(connection)
    assert any("kept_event" in fault for fault in missing)
    assert any("kept_memberskill" in fault for fault in missing)
    assert guards.faults(connection) == []


def test_rebuilding_a_table_loses_no_guard(transactional_db: None) -> None:
    """SQLite rebuilds a table to change a column, and its triggers go with the old one."""
    old = Job._meta.get_field("title")
    new = old.clone()
    new.set_attributes_from_name("title")
    new.model, new.max_length = Job, 201
    guards.make_way(connection)
    with connection.schema_editor() as editor:
        editor.alter_field(Job, old, new)
    guards.install(connection)
    assert guards.faults(connection) == []
    guards.make_way(connection)
    with connection.schema_editor() as editor:
        editor.alter_field(Job, new, old)
    guards.install(connection)


def pointing() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field.name)
        for model in kept_tables()
        for field in model._meta.concrete_fields
        if guards.belongs(model) and _is_owned(field.related_model)
    ]


def test_every_foreign_key_within_a_house_is_guarded() -> None:
    guarded = {(table.name, column) for table in guards.tables() for column, _t, _k in table.points}
    assert guarded == {
        (model._meta.db_table, model._meta.get_field(name).column) for model, name in pointing()
    }
    assert len(guarded) > 50


def test_a_row_cannot_point_into_another_house(
    northlight: cast.House, southbank: cast.House
) -> None:
    foreign = southbank.skills["build"]
    with pytest.raises(IntegrityError, match="into another organisation"), transaction.atomic():
        MemberSkill.objects.create(member=northlight.ada, skill_id=foreign.pk)
    own = MemberSkill.objects.create(member=northlight.ada, skill=northlight.skills["build"])
    own.skill_id = foreign.pk
    with pytest.raises(IntegrityError, match="into another organisation"), transaction.atomic():
        own.save()
    with pytest.raises(IntegrityError, match="into another organisation"), transaction.atomic():
        MemberSkill.objects.filter(pk=own.pk).update(skill_id=foreign.pk)
    assert MemberSkill.objects.get(pk=own.pk).skill == northlight.skills["build"]


def test_a_row_cannot_move_to_another_house(northlight: cast.House, southbank: cast.House) -> None:
    client = northlight.clients["Harbour Clinic"]
    move = Client.objects.filter(pk=client.pk)
    with pytest.raises(IntegrityError, match="may not move"), transaction.atomic():
        move.update(organisation=southbank.organisation, name="x")
    client.refresh_from_db()
    assert client.organisation_id == northlight.organisation.pk


def test_an_event_is_never_changed_or_removed(northlight: cast.House) -> None:
    event = Event.objects.get()
    for attempt in (
        lambda: Event.objects.update(facts={"a": 1}),
        lambda: Event.objects.all().delete(),
        event.save,
    ):
        with pytest.raises(IntegrityError, match="never changed or removed"), transaction.atomic():
            attempt()
    assert Event.objects.get().digest == event.digest


def test_first_terms_are_never_changed_and_later_ones_are_free(
    northlight: cast.House, now: datetime
) -> None:
    job = Job.objects.create(title="Menus", made_at=now)
    promise = Promise.objects.create(
        job=job,
        client=northlight.clients["Pete's Bakery"],
        origin=Promise.Origin.LOOSE,
        due_at=now,
        internal_due_at=now,
        zone=cast.ZONE,
        given_at=now,
    )
    first, second = (
        Terms.objects.create(promise=promise, number=number, due_at=now, agreed_at=now)
        for number in (1, 2)
    )
    for attempt in (lambda: Terms.objects.update(chance_when_given=0.9), first.delete):
        with pytest.raises(IntegrityError, match="never changed or removed"), transaction.atomic():
            attempt()
    second.chance_when_given = 0.5
    second.save()
    second.delete()
    assert list(Terms.objects.values_list("number", "chance_when_given")) == [(1, None)]


def test_a_house_cannot_be_told_from_outside_of_it(southbank: cast.House) -> None:
    with pytest.raises(scope.NoOrganisation):
        MemberSkill.objects.count()
    with pytest.raises(scope.OnlyReading):
        MemberSkill.everywhere.update(skill=None)
    assert MemberSkill.everywhere.count() == 1


def test_who_looks_everywhere_counts_and_adds_up_every_house_and_writes_none(
    northlight: cast.House, southbank: cast.House
) -> None:
    everybody = Client.everywhere.all()
    assert (everybody.count(), everybody.exists(), len(everybody)) == (4, True, 4)
    assert everybody.aggregate(names=models.Count("name"))["names"] == 4
    assert len(list(everybody.iterator())) == 4
    assert Client.objects.count() == 2
    with pytest.raises(scope.OnlyReading):
        everybody.update(name="Eve's")


def test_migrations_see_a_plain_column_for_the_house() -> None:
    """Tables are made outside of any house: no default of the code is asked for then."""
    _name, path, _args, options = Client._meta.get_field("organisation").deconstruct()
    assert (path, options) == (
        "django.db.models.ForeignKey",
        {
            "editable": False,
            "on_delete": models.PROTECT,
            "related_name": "+",
            "to": "kept.organisation",
        },
    )


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")
def test_who_serves_with_the_owners_own_role_is_granted_nothing(db: None) -> None:
    owner = connection.copy("owner")
    try:
        said = list(guards._statements(owner))
    finally:
        owner.let_go()  # of its pool, too
    assert [one for one in said if one.startswith(("GRANT", "REVOKE"))] == []

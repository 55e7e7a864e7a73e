"""What the databases themselves refuse, made from the tables' own description.

Three things that no code of ours can then get wrong: a row never points into
another organisation, a row never moves to another organisation, and what is
frozen (an event, the first terms of a promise) is never changed or removed.
On PostgreSQL row-level security comes on top: without an organisation there
are no rows.

Django's foreign keys cannot say "of the same organisation", so triggers do.
SQLite drops a table's triggers silently when a migration rebuilds the table,
and refuses to rename a table that another one's trigger mentions: the guards
make way before migrations and are installed again after each (apps.py).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from kept.tenancy.models import Organisation

PREFIX = "kept_guard_"
OWN = "organisation_id = NULLIF(current_setting('kept.organisation', true), '')::bigint"
EVERYWHERE = "current_setting('kept.everywhere', true) = 'on'"


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose rows belong to an organisation."""

    name: str
    key: str
    #: (column, table it points to, key of that table), where that one belongs to organisations too
    points: tuple[tuple[str, str, str], ...]
    frozen: Mapping[str, int] | None


def tables() -> list[Table]:
    """Return kept's tables whose rows belong to an organisation, from their models."""
    return [
        Table(
            name=model._meta.db_table,
            key=str(model._meta.pk.column),
            points=tuple(
                (str(field.column), other._meta.db_table, str(other._meta.pk.column))
                for field in model._meta.concrete_fields
                if (other := field.related_model) is not None and belongs(other)
            ),
            frozen=getattr(model, "frozen", None),
        )
        for model in apps.get_app_config("kept").get_models(include_auto_created=True)
        if belongs(model)
    ]


def belongs(model: Any) -> bool:
    """Say whether the rows of a table belong to an organisation each."""
    return any(
        field.name == "organisation" and field.related_model is Organisation
        for field in model._meta.concrete_fields
    )


def install(connection: BaseDatabaseWrapper) -> None:
    """Install the guards, unless they stand as they should or migrations are still to come."""
    if _is_behind(connection) or not faults(connection):
        return
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        for statement in list(_statements(connection)):
            cursor.execute(statement)


def make_way(connection: BaseDatabaseWrapper) -> None:
    """Take SQLite's triggers away, so that migrations may rebuild tables."""
    if connection.vendor == "sqlite":
        lift(connection)


def lift(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away. Row-level security stays."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for name in _present_on_sqlite(cursor):
                cursor.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        else:
            for table in tables():
                cursor.execute(f'DROP TRIGGER IF EXISTS {PREFIX}house ON "{table.name}"')
                cursor.execute(f'DROP TRIGGER IF EXISTS {PREFIX}frozen ON "{table.name}"')


def faults(connection: BaseDatabaseWrapper) -> list[str]:
    """Return what is not guarded as it should be; an empty list is good."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            present, wanted = _present_on_sqlite(cursor), dict(_sqlite_triggers())
            return sorted(
                f"trigger {name} is {'missing' if name not in present else 'not as it should be'}"
                for name in wanted
                if present.get(name) != wanted[name]
            ) + sorted(f"trigger {name} is a stranger" for name in present.keys() - wanted.keys())
        return list(_faults_on_postgresql(cursor))


def _is_behind(connection: BaseDatabaseWrapper) -> bool:
    executor = MigrationExecutor(connection)
    leaves = [node for node in executor.loader.graph.leaf_nodes() if node[0] == "kept"]
    return bool(executor.migration_plan(leaves))


def _statements(connection: BaseDatabaseWrapper) -> Iterator[str]:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            present = _present_on_sqlite(cursor)
        yield from (f'DROP TRIGGER IF EXISTS "{name}"' for name in present)
        yield from (statement for _name, statement in _sqlite_triggers())
    else:
        with connection.cursor() as cursor:
            open_tables = _not_secured(cursor)
        for table in tables():
            yield from _postgresql_triggers(table)
            if table.name in open_tables:
                yield from _postgresql_security(table.name)
        yield from _grants(connection)


# SQLite


def _present_on_sqlite(cursor: Any) -> dict[str, str]:
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'kept_guard_%'"
    )
    return dict(cursor.fetchall())


def _sqlite_triggers() -> Iterator[tuple[str, str]]:
    for table in tables():
        for name, when, condition, words in _sqlite_rules(table):
            full = f"{PREFIX}{table.name}_{name}"
            yield (
                full,
                (
                    f'CREATE TRIGGER "{full}" BEFORE {when} ON "{table.name}" WHEN {condition} '
                    f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
                ),
            )


def _sqlite_rules(table: Table) -> Iterator[tuple[str, str, str, str]]:
    for column, other, key in table.points:
        condition = (
            f'NEW."{column}" IS NOT NULL AND NOT EXISTS (SELECT 1 FROM "{other}" '
            f'WHERE "{key}" = NEW."{column}" AND organisation_id = NEW.organisation_id)'
        )
        words = _crossing(table.name, column)
        yield f"{column}_insert", "INSERT", condition, words
        yield f"{column}_update", f'UPDATE OF "{column}"', condition, words
    yield (
        "moves",
        "UPDATE OF organisation_id",
        "NEW.organisation_id IS NOT OLD.organisation_id",
        _moving(table.name),
    )
    if table.frozen is not None:
        condition = " AND ".join(f"OLD.{key} = {value}" for key, value in table.frozen.items())
        yield "change", "UPDATE", condition or "1", _thawing(table.name)
        yield "removal", "DELETE", condition or "1", _thawing(table.name)


def _crossing(table: str, column: str) -> str:
    return f"kept: {table}.{column} may not point into another organisation"


def _moving(table: str) -> str:
    return f"kept: a row of {table} may not move to another organisation"


def _thawing(table: str) -> str:
    return f"kept: this row of {table} is never changed or removed"


# PostgreSQL


def _house_function(table: Table) -> str:
    checks = [
        f"""IF TG_OP = 'UPDATE' AND NEW.organisation_id IS DISTINCT FROM OLD.organisation_id THEN
            RAISE integrity_constraint_violation USING MESSAGE = '{_moving(table.name)}';
        END IF;"""
    ]
    checks += [
        f"""IF NEW."{column}" IS NOT NULL
            AND (TG_OP = 'INSERT' OR NEW."{column}" IS DISTINCT FROM OLD."{column}")
            AND NOT EXISTS (SELECT 1 FROM "{other}" WHERE "{key}" = NEW."{column}"
                            AND organisation_id = NEW.organisation_id) THEN
            RAISE integrity_constraint_violation
                USING MESSAGE = '{_crossing(table.name, column)}';
        END IF;"""
        for column, other, key in table.points
    ]
    return "\nBEGIN\n" + "\n".join(checks) + "\nRETURN NEW;\nEND\n"


def _frozen_function(table: Table) -> str:
    return (
        f"\nBEGIN\nRAISE integrity_constraint_violation USING MESSAGE = '{_thawing(table.name)}';"
        "\nEND\n"
    )


def _frozen_when(table: Table) -> str:
    conditions = [f"OLD.{key} = {value}" for key, value in (table.frozen or {}).items()]
    return f"WHEN ({' AND '.join(conditions)})" if conditions else ""


def _postgresql_triggers(table: Table) -> Iterator[str]:
    name = table.name
    yield _function(f"{PREFIX}house_{name}", _house_function(table))
    yield f'DROP TRIGGER IF EXISTS {PREFIX}house ON "{name}"'
    yield (
        f'CREATE TRIGGER {PREFIX}house BEFORE INSERT OR UPDATE ON "{name}" '
        f"FOR EACH ROW EXECUTE FUNCTION {PREFIX}house_{name}()"
    )
    yield f'DROP TRIGGER IF EXISTS {PREFIX}frozen ON "{name}"'
    if table.frozen is not None:
        yield _function(f"{PREFIX}frozen_{name}", _frozen_function(table))
        yield (
            f'CREATE TRIGGER {PREFIX}frozen BEFORE UPDATE OR DELETE ON "{name}" '
            f"FOR EACH ROW {_frozen_when(table)} EXECUTE FUNCTION {PREFIX}frozen_{name}()"
        )


def _postgresql_security(name: str) -> Iterator[str]:
    yield f'DROP POLICY IF EXISTS kept_own ON "{name}"'
    yield f'CREATE POLICY kept_own ON "{name}" USING ({OWN}) WITH CHECK ({OWN})'
    yield f'DROP POLICY IF EXISTS kept_everywhere ON "{name}"'
    yield f'CREATE POLICY kept_everywhere ON "{name}" FOR SELECT USING ({EVERYWHERE})'
    yield f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY'
    # Owners pass row-level security unless it is forced upon them.
    yield f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY'


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"


def _faults_on_postgresql(cursor: Any) -> Iterator[str]:
    open_tables = _not_secured(cursor)
    cursor.execute(
        "SELECT c.relname, t.tgname, p.prosrc FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE c.relnamespace = current_schema()::regnamespace AND t.tgenabled = 'O'"
        " AND starts_with(t.tgname, %s)",
        [PREFIX],
    )
    sources = {(table_name, trigger): source for table_name, trigger, source in cursor.fetchall()}
    for table in tables():
        if table.name in open_tables:
            yield f"row-level security of {table.name} is not as it should be"
        wanted = {f"{PREFIX}house": _house_function(table)}
        if table.frozen is not None:
            wanted[f"{PREFIX}frozen"] = _frozen_function(table)
        for trigger, source in wanted.items():
            if sources.get((table.name, trigger)) != source:
                yield f"trigger {trigger} of {table.name} is missing or not as it should be"


def _not_secured(cursor: Any) -> set[str]:
    """Return the tables whose rows are not kept apart by forced row-level security."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relrowsecurity"
        " AND relforcerowsecurity AND relnamespace = current_schema()::regnamespace"
    )
    forced = {name for (name,) in cursor.fetchall()}
    cursor.execute(
        "SELECT tablename, policyname, permissive, cmd, qual, with_check"
        " FROM pg_policies WHERE schemaname = current_schema()"
    )
    policies: dict[str, set[tuple[str, ...]]] = {}
    for table_name, *policy in cursor.fetchall():
        policies.setdefault(table_name, set()).add(tuple(_bare(part) for part in policy))
    own, everywhere = _bare(OWN), _bare(EVERYWHERE)
    wanted = {
        ("kept_own", "permissive", "all", own, own),
        ("kept_everywhere", "permissive", "select", everywhere, ""),
    }
    return {t.name for t in tables() if t.name not in forced or policies.get(t.name) != wanted}


def _bare(text: str | None) -> str:
    """Return a condition without what PostgreSQL adds when it prints one: casts and brackets."""
    return re.sub(r"::text|[()\s]", "", text or "").lower()


def _grants(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """Let the application's role work with the tables that the owner made."""
    if connection.alias != "owner":
        return
    role = settings.DATABASES["default"]["USER"]
    if not role or role == connection.settings_dict["USER"]:
        return
    quoted = connection.ops.quote_name(role)
    yield f"GRANT USAGE ON SCHEMA public TO {quoted}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"
    for table in tables():
        if table.frozen == {}:
            yield f'REVOKE UPDATE, DELETE ON "{table.name}" FROM {quoted}'

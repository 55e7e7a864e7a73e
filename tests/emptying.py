"""Take all rows out of a database after a test with real transactions.

Django empties every table and then installs what the application installs after migrations. With
a hundred tables, their triggers and row-level security that takes a second and more, on PostgreSQL
several: here only the tables that hold rows are emptied, past what guards them, in one transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from kept.tenancy import guards

#: What Django writes after migrations, and nobody changes.
STAYS = {"django_content_type", "django_site", "auth_permission", "django_migrations"}


def empty(connection: BaseDatabaseWrapper) -> None:
    """Remove each row of each table, whoever it belongs to and however frozen it is."""
    own = {table.name: table for table in guards.tables()}
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    } - STAYS
    with (
        connection.constraint_checks_disabled(),
        transaction.atomic(using=connection.alias, durable=True),
        connection.cursor() as cursor,
    ):
        full = _with_rows(cursor, connection.vendor, sorted(tables))
        frozen = [name for name in full if name in own and own[name].frozen is not None]
        with _thawed(cursor, connection.vendor, frozen):
            if connection.vendor == "postgresql":
                cursor.execute("SELECT id FROM kept_organisation")
                for (organisation,) in cursor.fetchall():
                    cursor.execute(f"SET LOCAL kept.organisation = '{organisation}'")
                    for name in own.keys() & set(full):
                        cursor.execute(f'DELETE FROM "{name}"')
                cursor.execute("SET LOCAL kept.organisation = ''")
                full = [name for name in full if name not in own]
            for name in full:
                cursor.execute(f'DELETE FROM "{name}"')
            if connection.vendor == "postgresql":
                # A table with checks still to come cannot be guarded again.
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _with_rows(cursor: Any, vendor: str, tables: list[str]) -> list[str]:
    if vendor == "postgresql":
        cursor.execute("SET LOCAL kept.everywhere = 'on'")
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables
        )
    )
    return [name for (name,) in cursor.fetchall()]


@contextmanager
def _thawed(cursor: Any, vendor: str, tables: list[str]) -> Iterator[None]:
    if vendor == "postgresql":
        trigger = f"TRIGGER {guards.PREFIX}frozen"
        for name in tables:
            cursor.execute(f'ALTER TABLE "{name}" DISABLE {trigger}')
        yield
        for name in tables:
            cursor.execute(f'ALTER TABLE "{name}" ENABLE {trigger}')
        return
    names = [f"{guards.PREFIX}{name}_removal" for name in tables]
    marks = ", ".join(["%s"] * len(names))
    cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE name IN ({marks})", names)
    triggers = cursor.fetchall()
    for name, _sql in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    yield
    for _name, statement in triggers:
        cursor.execute(statement)

"""A new database and one that grew with every version end up with the same tables.

On the database that the tests run on: SQLite in a folder, or two databases on PostgreSQL.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from kept import migrations

#: Migrates as the first version did, when there was nothing but the first migration.
AS_THE_FIRST_VERSION = """
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
executor = MigrationExecutor(connection)
executor.loader = MigrationLoader(connection, replace_migrations=False)
executor.migrate([("kept", "0001_initial")])
"""
MIGRATE = ["-m", "django", "migrate"]


@dataclass(frozen=True, slots=True)
class Place:
    """A database that holds nothing yet, in a folder or at an address."""

    folder: Path
    address: str = ""

    def run(self, *step: str) -> str:
        """Run Python on it; return what it said beside its answer."""
        environment = {
            **os.environ,
            "KEPT_DATA": str(self.folder),
            "KEPT_SECRET_KEY": "unused",
            "DATABASE_URL": self.address,
            "DJANGO_SETTINGS_MODULE": "kept.config.settings",
        }
        done = subprocess.run(
            [sys.executable, *step], env=environment, check=True, capture_output=True, text=True
        )
        return done.stderr

    def tables(self) -> dict[str, set[str]]:
        """Return the columns, keys, conditions, indexes and guards of each table."""
        if self.address:
            return _tables_on_postgresql(self.address)
        return _tables_in_a_file(self.folder / "kept.sqlite3")


@pytest.fixture
def new_place(tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Make a database by a name; those on PostgreSQL are dropped afterwards."""
    suite = os.environ.get("DATABASE_URL", "").replace("postgres://", "postgresql://")
    made: list[str] = []

    def make(name: str) -> Place:
        folder = tmp_path / name
        folder.mkdir()
        if not suite.startswith("postgresql://"):
            return Place(folder)
        base, _slash, own = suite.rpartition("/")
        made.append(f"{own}_{os.getpid()}_{name}")
        with psycopg.connect(f"{base}/postgres", autocommit=True) as server:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made[-1])))
        return Place(folder, f"{base}/{made[-1]}")

    yield make
    if made:
        with psycopg.connect(suite.rpartition("/")[0] + "/postgres", autocommit=True) as server:
            for name in made:
                server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def _tables_in_a_file(file: Path) -> dict[str, set[str]]:
    with sqlite3.connect(file) as database:
        rows = database.execute(
            "SELECT type || ' ' || tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    tables: dict[str, set[str]] = {}
    for name, statement in rows:
        head, _open, body = statement.partition("(")
        parts = (
            _parts(body.rsplit(")", 1)[0]) | {head.strip()}
            if name.startswith("table")
            else {statement}
        )
        tables.setdefault(name, set()).update(parts)
    return tables


def _parts(body: str) -> set[str]:
    """Split a table's definition at its commas, but for those inside brackets and quotes."""
    parts, depth, quoted, start = set(), 0, False, 0
    for place, letter in enumerate(body):
        if letter == "'":
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
        elif not quoted and depth == 0 and letter == ",":
            parts.add(body[start:place].strip())
            start = place + 1
    return parts | {body[start:].strip()}


#: What PostgreSQL knows about a table, as (table, a line of words).
DESCRIBED = """
SELECT 'table ' || table_name, concat_ws(' ', column_name, data_type, character_maximum_length,
       numeric_precision, numeric_scale, is_nullable, column_default, is_identity)
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'table ' || conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
UNION ALL
SELECT 'index ' || tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT 'trigger ' || tgrelid::regclass::text, pg_get_triggerdef(oid)
  FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'security ' || tablename, concat_ws(' ', policyname, permissive, cmd, qual, with_check)
  FROM pg_policies WHERE schemaname = 'public'
"""


def _tables_on_postgresql(address: str) -> dict[str, set[str]]:
    with psycopg.connect(address) as database:
        rows = database.execute(DESCRIBED).fetchall()
    tables: dict[str, set[str]] = {}
    for name, words in rows:
        tables.setdefault(name, set()).add(words)
    return tables


def test_a_new_database_has_the_tables_of_one_that_took_every_step(
    new_place: Callable[[str], Place],
) -> None:
    new, grown = new_place("new"), new_place("grown")
    new.run(*MIGRATE)
    grown.run("-c", AS_THE_FIRST_VERSION)
    grown.run(*MIGRATE)

    assert new.tables() == grown.tables()
    assert "table kept_promise" in new.tables()


#: All apps as a database has them that was made whole when there was only the first migration.
MADE_WHOLE_LONG_AGO = """
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
call_command("migrate", verbosity=0)
taken = MigrationRecorder.Migration.objects.using(connection.alias).filter(app="kept")
taken.exclude(name="0001_initial").delete()
"""
PLAN = """
import django; django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
executor = MigrationExecutor(connection)
executor.loader.check_consistent_history(connection)
plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
assert [migration.app_label for migration, _backwards in plan] == ["kept"] * len(plan)
assert plan[0][0].name == "0002_life_of_a_promise", plan
assert all("whole" not in migration.name for migration, _backwards in plan), plan
"""
TELL = (
    "import django; django.setup(); from kept.cli import serve; serve._tell_of_upgrade('default')"
)


def test_a_database_that_was_made_whole_takes_the_steps_that_came_since(
    new_place: Callable[[str], Place],
) -> None:
    """The log-ins of other apps stand on the first migration, whichever way it was taken.

    And whoever starts a newer kept reads that the database is brought up to date.
    """
    place = new_place("old")
    steps = len(list(Path(migrations.__file__).parent.glob("0*.py"))) - 2

    assert place.run("-c", TELL) == ""
    place.run("-c", MADE_WHOLE_LONG_AGO)
    place.run("-c", PLAN)
    assert place.run("-c", TELL) == (
        f"Bringing the database of an earlier kept up to date, in {steps} steps. This can take a "
        "minute. Each step is done whole or not at all: if it is interrupted, start kept again.\n"
    )
    place.run(*MIGRATE, "--fake")
    assert place.run("-c", TELL) == ""

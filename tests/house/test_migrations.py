"""A new database and one that grew with every version end up with the same tables."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

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


def _run(folder: Path, *step: str) -> str:
    """Run Python in a folder of data; return what it said beside its answer."""
    environment = {
        **os.environ,
        "KEPT_DATA": str(folder),
        "KEPT_SECRET_KEY": "unused",
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "kept.config.settings",
    }
    done = subprocess.run(
        [sys.executable, *step], env=environment, check=True, capture_output=True, text=True
    )
    return done.stderr


def _tables(folder: Path, *steps: list[str]) -> dict[str, set[str]]:
    """Migrate an empty database step by step; return each table's columns, keys and conditions."""
    folder.mkdir()
    for step in steps:
        _run(folder, *step)
    with sqlite3.connect(folder / "kept.sqlite3") as database:
        rows = database.execute(
            "SELECT type || ' ' || tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall()
    tables: dict[str, set[str]] = {}
    for name, sql in rows:
        head, _open, body = sql.partition("(")
        parts = _parts(body.rsplit(")", 1)[0]) if name.startswith("table") else {sql}
        tables.setdefault(name, {head.strip()} if name.startswith("table") else set()).update(parts)
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


def test_a_new_database_has_the_tables_of_one_that_took_every_step(tmp_path: Path) -> None:
    at_once = _tables(tmp_path / "new", MIGRATE)
    step_by_step = _tables(tmp_path / "grown", ["-c", AS_THE_FIRST_VERSION], MIGRATE)

    assert at_once == step_by_step
    assert "table kept_promise" in at_once


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


def test_a_database_that_was_made_whole_takes_the_steps_that_came_since(tmp_path: Path) -> None:
    """The log-ins of other apps stand on the first migration, whichever way it was taken."""
    assert _tables(tmp_path / "old", ["-c", MADE_WHOLE_LONG_AGO], ["-c", PLAN])


def test_whoever_starts_a_newer_kept_reads_that_the_database_is_brought_up_to_date(
    tmp_path: Path,
) -> None:
    tell = (
        "import django; django.setup(); from kept.cli import serve; "
        "serve._tell_of_upgrade('default')"
    )
    steps = len(list(Path(migrations.__file__).parent.glob("0*.py"))) - 2

    assert _run(tmp_path, "-c", tell) == ""
    _run(tmp_path, "-c", MADE_WHOLE_LONG_AGO)
    assert _run(tmp_path, "-c", tell) == (
        f"Bringing the database of an earlier kept up to date, in {steps} steps. This can take a "
        "minute. Each step is done whole or not at all: if it is interrupted, start kept again.\n"
    )
    _run(tmp_path, *MIGRATE, "--fake")
    assert _run(tmp_path, "-c", tell) == ""

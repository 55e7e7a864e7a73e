"""A new database and one that grew with every version end up with the same tables."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

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


def _tables(folder: Path, *steps: list[str]) -> dict[str, set[str]]:
    """Migrate an empty database step by step; return each table's columns, keys and conditions."""
    folder.mkdir()
    environment = {
        **os.environ,
        "KEPT_DATA": str(folder),
        "KEPT_SECRET_KEY": "unused",
        "DATABASE_URL": "",
        "DJANGO_SETTINGS_MODULE": "kept.config.settings",
    }
    for step in steps:
        subprocess.run([sys.executable, *step], env=environment, check=True, capture_output=True)
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

"""PostgreSQL with an owner who migrates and a role that owns nothing, as running.md advises."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no roles")

HOUSE = Path(__file__).resolve().parents[2]
OWNER, APP, NAME = "kept_test_owner", "kept_test_app", "kept_test_roles"
PASSWORD = "only-for-this-test"

TRY = """
import os, sys
sys.path.insert(0, {house!r})
import django
django.setup()
from datetime import UTC, datetime
from django.core.management import call_command
from django.db import ProgrammingError, connection, connections, transaction

call_command("migrate", database="owner", verbosity=0)
from kept.custody import health, verifying
from kept.tenancy import guards, scope
from tests.custody import story

told = story.begin(datetime(2026, 12, 2, 15, tzinfo=UTC))
refused = []
with scope.acting_in(told.house):
    assert verifying.verify().faults == []
    for statement in (
        "UPDATE kept_event SET kind = 'x'",
        "DELETE FROM kept_event",
        "TRUNCATE kept_event",
        "DROP TABLE kept_event",
        "ALTER TABLE kept_client DISABLE ROW LEVEL SECURITY",
        "DROP TRIGGER kept_guard_house ON kept_client",
    ):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
        except ProgrammingError:
            refused.append(statement)
assert len(refused) == 6, refused
assert guards.faults(connections["owner"]) == []
assert [f.about for f in health.look() if not f.fine and f.about not in ("disk",)] == []
print("sound")
"""


@pytest.fixture
def addresses() -> Iterator[dict[str, str]]:
    try:
        server = psycopg.connect(dbname="postgres", autocommit=True)
    except psycopg.Error as error:
        pytest.skip(f"Nobody here may make roles: {error}")
    place = f"127.0.0.1:{server.info.port}/{NAME}"
    with server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME}")
        for role in (OWNER, APP):
            server.execute(f"DROP ROLE IF EXISTS {role}")
            server.execute(
                f"CREATE ROLE {role} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{PASSWORD}'"
            )
        server.execute(f"CREATE DATABASE {NAME} OWNER {OWNER}")
        yield {
            "KEPT_MIGRATE_URL": f"postgres://{OWNER}:{PASSWORD}@{place}",
            "DATABASE_URL": f"postgres://{APP}:{PASSWORD}@{place}",
        }
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        for role in (OWNER, APP):
            server.execute(f"DROP ROLE {role}")


@pytest.mark.slow
def test_who_serves_cannot_undo_what_the_owner_set_up(
    addresses: dict[str, str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TRY.format(house=str(HOUSE))],
        env={
            **{
                key: said
                for key, said in os.environ.items()
                if key.startswith(("COVERAGE_", "PYTHONPATH"))
            },
            "PATH": os.environ["PATH"],
            "HOME": str(Path.home()),
            "DJANGO_SETTINGS_MODULE": "kept.config.settings",
            "KEPT_DATA": str(tmp_path / "data"),
            **addresses,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "sound\n"), done.stderr[-2000:]

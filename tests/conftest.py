"""What every test stands on: settings, the cast, and a fixed present moment."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import connections
from django.test import override_settings
from hypothesis import settings as examples

from kept.people.models import Member
from kept.tenancy import scope
from tests import cast, emptying

# A busy machine is no fault of what is tested: speed is measured in benchmarks/.
examples.register_profile("kept", deadline=None)
examples.load_profile("kept")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Do not wait for the disk: no test pulls the plug (tests/config/test_sqlite.py reads FULL)."""
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if "init_command" in options:
        options["init_command"] = options["init_command"].replace("=FULL", "=OFF")


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> None:
    """Let Django empty the tables after tests with real transactions, past frozen rows."""

    def handle(_self: flush.Command, **options: Any) -> None:
        emptying.empty(connections[options["database"]])

    flush.Command.handle = handle  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash passwords quickly: argon2 takes most of a second on purpose."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Let go of every session before the test database is dropped.

    A server that a test started may hold one in a thread of its own, and
    PostgreSQL drops no database that somebody is in.
    """
    yield
    with django_db_blocker.unblock():
        for connection in connections.all(initialized_only=True):
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                connection.close()
                connection.close_pool()


@pytest.fixture
def now() -> datetime:
    """Wednesday 2 December 2026, 15:10 in Lisbon."""
    return datetime(2026, 12, 2, 15, 10, tzinfo=UTC)


@pytest.fixture
def northlight(db: None, now: datetime) -> Iterator[cast.House]:
    """Ada's house, with Ben who leads and Dev and Maya who work there."""
    house = cast.northlight(now=now)
    with scope.acting_in(house.organisation):
        yield house


@pytest.fixture
def southbank(db: None, now: datetime) -> cast.House:
    """Cleo's house, which must never see or touch Northlight. Not entered."""
    return cast.southbank(now=now)


@pytest.fixture
def one_builder(northlight: cast.House) -> cast.House:
    """Northlight, where only Dev does planned work: 9–13 and 14–18, all of it usable.

    With one builder and nothing else to do, dates are worked out on paper.
    """
    Member.objects.exclude(pk=northlight.dev.pk).update(does_work=False)
    house = northlight.organisation
    house.usable_share = 1.0
    house.save()
    return northlight

"""What every test stands on: settings, the cast, and a fixed present moment."""

import os
import tempfile

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
os.environ.setdefault("KEPT_DATA", tempfile.mkdtemp(prefix="kept-tests-"))
os.environ.setdefault("KEPT_SECRET_KEY", "only-for-tests")

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from kept.tenancy import scope
from tests import cast


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

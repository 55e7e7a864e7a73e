"""A list of three rows asks the database no more often than a list of one."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import cast, furnished
from tests.api.conftest import Caller

LISTS = [
    "/absences",
    "/answers",
    "/clients",
    "/contacts",
    "/imports",
    "/imports/names",
    "/invitations",
    "/jobs",
    "/people",
    "/promises",
    "/quotes",
    "/responsibilities",
    "/services",
    "/stages",
    "/tokens",
]


@pytest.fixture
def asked(
    northlight: cast.House, ada: Caller, now: datetime, settings: Any
) -> Iterator[Callable[[str], tuple[int, int]]]:
    """Ask for a list; return how many rows it has and how many queries it took."""
    settings.FUTURES = 20
    with time_machine.travel(now, tick=False):
        furnished.furnish(northlight, now=now, mark="one")

        def ask(path: str) -> tuple[int, int]:
            with CaptureQueriesContext(connection) as queries:
                answer = ada.get(path)
            assert answer.status_code == 200
            return len(answer.json()["items"]), len(queries)

        yield ask


def test_a_longer_list_takes_no_more_queries(
    asked: Callable[[str], tuple[int, int]], northlight: cast.House, now: datetime
) -> None:
    asked("/clients")  # the first request notes that the token was used
    few = {path: asked(path) for path in LISTS}
    for mark in ("two", "three"):
        furnished.furnish(northlight, now=now, mark=mark)
    many = {path: asked(path) for path in LISTS}
    same = {"/people", "/absences"}  # nobody comes, and the same days away are kept once
    assert [path for path in LISTS if many[path][0] < few[path][0] + 2 and path not in same] == []
    assert {path: count for path, (_rows, count) in many.items()} == {
        path: count for path, (_rows, count) in few.items()
    }

"""No operation fails, and none answers what it does not declare."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from tests import cast, furnished
from tests.api import fuzzing
from tests.api.conftest import Caller

from kept.api.door import CONTRACTS
from kept.api.v1 import api

assert api  # declares the operations
OPERATIONS = sorted((path.replace("int:", ""), method) for method, path in CONTRACTS)


@pytest.fixture(scope="module")
def described() -> Any:
    return fuzzing.description()


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_an_operation_answers_as_it_declares(
    path: str,
    method: str,
    described: Any,
    northlight: cast.House,
    ada: Caller,
    now: datetime,
    settings: Any,
) -> None:
    settings.FUTURES = 20
    with time_machine.travel(now, tick=False):
        rows = furnished.furnish(northlight, now=now, mark="fuzz")
        sent = fuzzing.fuzz(
            described, method, f"/api/v1{path}", secret=ada.secret, rows=rows, examples=20
        )
    assert sent >= 1

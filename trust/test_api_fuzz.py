"""Five hundred requests to every operation of the API, against its own description."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from tests import cast, furnished
from tests.api import fuzzing
from tests.conftest import northlight, now  # noqa: F401 - fixtures

from kept.people import tokens


@pytest.mark.parametrize("resource", fuzzing.RESOURCES)
def test_an_operation_answers_as_it_declares(
    resource: str,
    northlight: cast.House,  # noqa: F811 - the fixture
    now: datetime,  # noqa: F811 - the fixture
    settings: Any,
) -> None:
    settings.FUTURES = 20
    _token, secret = tokens.make(
        northlight.ada, scopes=["read", "write", "admin"], by=northlight.ada, now=now
    )
    with time_machine.travel(now, tick=False):
        rows = furnished.furnish(northlight, now=now, mark="fuzz")
        sent = fuzzing.fuzz(resource, secret=secret, rows=rows, examples=500)
    assert min(sent.values()) >= 10, sent

"""No operation fails, and none answers what it does not declare."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from tests import cast, furnished
from tests.api import fuzzing
from tests.api.conftest import Caller


@pytest.mark.parametrize("resource", fuzzing.RESOURCES)
def test_an_operation_answers_as_it_declares(
    resource: str, northlight: cast.House, ada: Caller, now: datetime, settings: Any
) -> None:
    settings.FUTURES = 20
    with time_machine.travel(now, tick=False):
        rows = furnished.furnish(northlight, now=now, mark="fuzz")
        sent = fuzzing.fuzz(resource, secret=ada.secret, rows=rows, examples=20)
    assert min(sent.values()) >= 10, sent

"""A promise's life by REST beside a model of it in plain Python: every step says the same."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests import cast
from tests.promises import machine


@pytest.mark.slow
def test_kept_and_the_model_say_the_same_at_every_step(
    northlight: cast.House, settings: Any
) -> None:
    settings.FUTURES = 20
    with machine.driven(northlight) as life:
        run_state_machine_as_test(life, settings=SHORT)


SHORT = settings(
    max_examples=5,
    phases=[Phase.reuse, Phase.generate],
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

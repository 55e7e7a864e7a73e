"""Two thousand lives of fifty steps each, by REST beside a model in plain Python.

On the database that DATABASE_URL names, else on SQLite. TRUST_LIVES sets how many.
"""

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests import cast
from tests.promises import machine

LIVES = int(os.environ.get("TRUST_LIVES", "2000"))


def test_kept_and_the_model_say_the_same_in_every_life(
    northlight: cast.House, settings: Any
) -> None:
    settings.FUTURES = 20
    with machine.driven(northlight) as life:
        run_state_machine_as_test(life, settings=LONG)


LONG = settings(
    max_examples=LIVES,
    stateful_step_count=50,
    phases=[Phase.generate, Phase.shrink],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

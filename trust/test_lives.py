"""Two thousand lives of fifty steps each, by REST beside a model in plain Python.

On the database that DATABASE_URL names, else on SQLite. TRUST_LIVES sets how many, and
TRUST_MINUTES after how long no other is begun.
"""

import os
import time
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests import cast
from tests.promises import machine

LIVES = int(os.environ.get("TRUST_LIVES", "2000"))
MINUTES = float(os.environ.get("TRUST_MINUTES", "1e6"))
#: So many at a time: between them it is looked whether time is up.
AT_ONCE = 20


def test_kept_and_the_model_say_the_same_in_every_life(
    northlight: cast.House, settings: Any
) -> None:
    settings.FUTURES = 20
    began = time.monotonic()
    with machine.driven(northlight) as life:
        while life.lives < LIVES and time.monotonic() - began < MINUTES * 60:
            some = min(AT_ONCE, LIVES - life.lives)
            run_state_machine_as_test(life, settings=_long(some))
    print(f"\n{connection.vendor}: {life.lives} lives, {life.steps} steps")
    assert life.lives > 0


def _long(lives: int) -> settings:
    return settings(
        max_examples=lives,
        stateful_step_count=50,
        phases=[Phase.generate, Phase.shrink],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )

"""Two thousand lives of fifty steps each, by REST beside a model in plain Python.

On the database that DATABASE_URL names, else on SQLite. TRUST_LIVES sets how many, and
TRUST_MINUTES after how long no other is begun. Nearly all of it is the steps' own requests, so
TRUST_SHARES parts them among as many processes: TRUST_SHARES=2 pytest trust/test_lives.py -n 2
"""

import os
import time
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests import cast
from tests.promises import machine

LIVES = int(os.environ.get("TRUST_LIVES", "2000"))
MINUTES = float(os.environ.get("TRUST_MINUTES", "1e6"))
SHARES = int(os.environ.get("TRUST_SHARES", "1"))
#: So many at a time: between them it is looked whether time is up.
AT_ONCE = 20


@pytest.mark.parametrize("share", range(SHARES))
def test_kept_and_the_model_say_the_same_in_every_life(
    northlight: cast.House, settings: Any, share: int
) -> None:
    settings.FUTURES = 20
    began, lives = time.monotonic(), LIVES // SHARES + (share < LIVES % SHARES)
    with machine.driven(northlight) as life:
        while life.lives < lives and time.monotonic() - began < MINUTES * 60:
            some = min(AT_ONCE, lives - life.lives)
            run_state_machine_as_test(life, settings=_long(some))
    took = time.monotonic() - began
    print(f"\n{connection.vendor}: {life.lives} lives, {life.steps} steps, {took:.0f} s")
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

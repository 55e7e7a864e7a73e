"""A thousand kills -9 of web and worker together, while clients write and alarms climb.

On the database that DATABASE_URL names, else on SQLite. TRUST_KILLS sets how often, TRUST_MINUTES
after how long none is any more. What was being sent when its sender was killed waits for the end
of its lease, five minutes, and is then sent by another.
"""

import os
from pathlib import Path

import pytest
from trust import reckoning

KILLS = int(os.environ.get("TRUST_KILLS", "1000"))
MINUTES = float(os.environ.get("TRUST_MINUTES", "1e6"))
#: Clients wait at most so many seconds between two requests.
PAUSE = 0.1


@pytest.mark.slow
def test_no_write_and_no_escalation_is_lost_whenever_web_and_worker_are_killed(
    tmp_path: Path,
) -> None:
    run = reckoning.killed(tmp_path, times=KILLS, minutes=MINUTES, pause=PAUSE)
    print(f"\n{run}\n\n{run.table()}")
    assert run.faults == []
    # Kills that hit nobody at work would prove nothing.
    assert run.wrote > run.kills / 2
    assert min(run.requests, run.transactions) > run.kills / 4
    assert min(run.young, run.sendings) > 0
    assert min(sum(run.acknowledged.values()), run.notices) > run.kills

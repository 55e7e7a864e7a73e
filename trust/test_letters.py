"""Workers are killed while they send: no letter is lost, and a kill repeats at most one.

On the database that DATABASE_URL names, else on SQLite. TRUST_KILLS sets how often, TRUST_PROCESS
whether `worker` or `serve` is killed, TRUST_MINUTES after how long none is any more. A letter that
was being sent when its sender was killed waits for the end of its lease, five minutes, and is then
sent by another.
"""

import os
import random
import time
from pathlib import Path

import pytest
from tests.cli.test_worker import WRITE
from trust import kills

KILLS = int(os.environ.get("TRUST_KILLS", "1000"))
START = {"worker": kills.worker, "serve": kills.serve}[os.environ.get("TRUST_PROCESS", "worker")]
MINUTES = float(os.environ.get("TRUST_MINUTES", "1e6"))
#: Enough that there is always something to send.
LETTERS = KILLS * 8 + 20

LEFT = """
import django; django.setup()
from kept.custody import verifying
from kept.outbox.models import Letter, Task
from kept.tenancy import scope
from kept.tenancy.models import Organisation
with scope.acting_in(Organisation.objects.get()):
    print(Letter.objects.count(), Letter.objects.filter(sent_at=None).count(),
          Task.objects.filter(kind="mail", state="waiting").count(), len(verifying.verify().faults))
"""


def left(at: kills.Place) -> tuple[int, ...]:
    """Return how many letters are there, unsent and waiting, and what verify finds."""
    return tuple(map(int, at.run("-c", LEFT).split()))


@pytest.mark.slow
def test_no_letter_is_lost_and_a_kill_repeats_at_most_one(tmp_path: Path) -> None:
    dice = random.Random(7)
    killed = idle = 0
    with kills.Receiver() as receiver, kills.place(tmp_path, mail_port=receiver.port) as at:
        at.run("-m", "django", "migrate", "--verbosity", "0")
        at.run("-c", WRITE, str(LETTERS))
        first = time.monotonic()
        while killed < KILLS and time.monotonic() - first < MINUTES * 60:
            if kills.kill_at_random(START(at), receiver, dice):
                killed += 1
            else:
                idle += 1
                assert idle < 10, "processes send nothing any more"
        began = time.monotonic()
        last = START(at)
        assert receiver.wait_for_all(LETTERS, seconds=1800)
        # What came and was not noted as sent comes again when its lease has run out.
        written, unsent, waiting, faults = left(at)
        while waiting and time.monotonic() - began < 1800:
            time.sleep(10)
            written, unsent, waiting, faults = left(at)
        last.kill()
        seconds = time.monotonic() - began
    came = receiver.came
    repeated = came.total() - len(came)
    print(
        f"\n{at.database.partition(':')[0] or 'sqlite'}: {killed} kills, {written} letters, "
        f"{len(came)} came, {repeated} came again, at most {max(came.values())} times each, "
        f"{seconds:.0f} s until the last one"
    )
    assert killed > 0
    assert (written, unsent, waiting, faults) == (LETTERS, 0, 0, 0)
    assert len(came) == LETTERS
    assert repeated <= killed + 1  # the last process was killed as well
    # The same id is the same letter, so that whoever gets it twice sees that it is one.
    assert all(len(subjects) == 1 for subjects in receiver.bodies.values())
    assert len({subject for one in receiver.bodies.values() for subject in one}) == LETTERS

"""Two runs of the tests at once do not meet in one database, nor change each other's role."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]
SAY = "from tests import postgres; print(postgres.own_name(), flush=True); input()"


@contextmanager
def run() -> Iterator[str]:
    """Begin a run, and end it with the block; the name it has meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", SAY],
        cwd=HOUSE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate("\n")


def test_runs_at_once_have_names_of_their_own_which_are_used_again_afterwards() -> None:
    with run() as first:
        with run() as second:
            assert first
            assert second not in {first, ""}
        with run() as third:
            assert third == second

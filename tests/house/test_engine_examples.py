"""What the reference of the engine shows runs as it stands."""

import os
import re
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).resolve().parents[2]


def test_the_examples_of_the_python_reference_run() -> None:
    page = (HOUSE / "docs" / "reference" / "engine.md").read_text()
    examples = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        done = subprocess.run(
            [sys.executable, "-c", example],
            cwd=HOUSE,
            env={**os.environ, "PYTHONPATH": str(HOUSE / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()

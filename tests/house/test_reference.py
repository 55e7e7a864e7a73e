"""The reference says what there is: every command, option, operation, field and state."""

import pytest
from tests.house import reference


@pytest.mark.parametrize("name", ["api", "commands", "states"])
def test_the_reference_is_what_the_code_says(name: str) -> None:
    written = (reference.FOLDER / f"{name}.md").read_text(encoding="utf-8")
    assert written == getattr(reference, name)(), "run: python -m tests.house.reference"

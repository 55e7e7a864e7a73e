"""The list of commands, and how quickly it is shown."""

import inspect
import subprocess
import sys

import pytest

from kept.cli.commands import COMMANDS, load


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_says_in_its_help_what_the_list_says(name: str) -> None:
    command = load(name)
    assert inspect.cleandoc(command.help or "").splitlines()[0] == COMMANDS[name].does


def test_the_list_of_commands_is_shown_without_loading_what_they_need() -> None:
    code = """
import sys
from kept.cli import commands
try:
    commands.main(["--help"], prog_name="kept")
except SystemExit:
    pass
print(sorted({"django", "numpy", "numba", "rich", "ninja"} & set(sys.modules)))
"""
    seen = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert seen.stdout.splitlines()[-1] == "[]"
    assert all(f"\n  {name} " in seen.stdout for name in COMMANDS)


def test_a_command_typed_wrongly_is_wrong_use_and_a_near_one_is_named() -> None:
    seen = subprocess.run(
        [sys.executable, "-c", "from kept.cli import main; main()", "chek"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert seen.returncode == 2
    assert "Did you mean 'check'?" in seen.stderr
    assert seen.stdout == ""

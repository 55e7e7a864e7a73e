"""Type a command in the test's own database."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
import time_machine
from tests import cast
from typer.testing import CliRunner

from kept.cli import commands


@dataclass(frozen=True)
class Typed:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@pytest.fixture
def typed(northlight: cast.House, now: datetime, settings: Any) -> Any:
    """Type a command at this moment, by default in Northlight as Dev."""
    settings.FUTURES = 50

    def type_(*words: str, at: datetime = now) -> Typed:
        with time_machine.travel(at, tick=False):
            result = CliRunner().invoke(commands.app, [*words], prog_name="kept")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Typed(result.exit_code, result.stdout, result.stderr)

    return type_


Type = Callable[..., Typed]

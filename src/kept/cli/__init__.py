"""Door: the command line. Django and numpy are loaded only by the commands that need them."""

import os
import sys


def main() -> None:
    """Run the command that was typed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    from kept.cli import commands  # typer takes a tenth of a second; importing kept.cli does not

    try:
        sys.exit(commands.main(prog_name="kept"))
    except SystemExit as stop:
        if not isinstance(stop.code, str):
            raise
        print(stop.code, file=sys.stderr)  # noqa: T201 - a setting that cannot be used
        sys.exit(2)

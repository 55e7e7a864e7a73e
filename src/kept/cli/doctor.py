"""`kept doctor`: is this installation sound, and what to mend where it is not."""

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check this installation, and say what to mend."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    import django

    django.setup()
    from kept.custody import health

    findings = health.look()
    wrong = [finding for finding in findings if not finding.fine]
    if as_json:
        shown = [
            {
                key: value
                for key, value in asdict(finding).items()
                if key != "mend" or not finding.fine
            }
            for finding in findings
        ]
        typer.echo(json.dumps({"fine": not wrong, "findings": shown}, ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{'fine ' if finding.fine else 'WRONG'}  {finding.about}: {finding.what}")
            if not finding.fine:
                typer.echo(f"       {finding.mend}")
    if wrong:
        raise typer.Exit(1)

"""`kept routes`: every address, its methods, and who may use it."""

import os

import typer

from kept.cli import speaking
from kept.cli.acting import JsonOption


def routes(as_json: JsonOption = False) -> None:
    """List every address, its methods, and who may use it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    import django

    django.setup()
    from kept.people import access

    found = [
        {
            "path": route.path,
            "methods": list(route.methods),
            "policy": None if route.policy is None else str(route.policy),
        }
        for route in access.routes()
    ]
    if as_json:
        speaking.document(found)
    else:
        speaking.table(
            ["Address", "Methods", "Who"],
            [
                [str(row["path"]), " ".join(row["methods"] or ()), str(row["policy"])]
                for row in found
            ],
        )
    if any(row["policy"] is None for row in found):
        speaking.aside("An address without a policy is closed to everybody.")
        raise typer.Exit(speaking.NO)

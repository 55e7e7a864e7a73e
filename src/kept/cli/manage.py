"""`kept manage`: Django's own commands."""

import os

import typer

#: Everything after the name goes to Django, also --help.
CONTEXT = {
    "ignore_unknown_options": True,
    "allow_extra_args": True,
    "help_option_names": [],
}


def manage(ctx: typer.Context) -> None:
    """Run one of Django's own commands."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["kept manage", *ctx.args])

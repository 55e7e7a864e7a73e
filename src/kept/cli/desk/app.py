"""All commands of `kept desk`, in the order of their help."""

import typer

from kept.cli.desk import asks, extras, recurring, rules, stories

app = typer.Typer(
    help="What clients want beyond: asks, house rules, extras, what recurs, what is told.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)
for room in (asks, rules, extras, recurring, stories):
    app.add_typer(room.app)

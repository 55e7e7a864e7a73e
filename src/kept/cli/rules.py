"""`kept rules`: what raises an alarm by itself; the owner's to set."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.last_mile.rules import Rule

app = typer.Typer(
    help="What raises an alarm by itself, and the number it works by.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def show(
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the rules."""
    with acting(organisation, email, as_json=as_json):
        from kept.last_mile import rules

        _tell(list(rules.rules().values()), as_json=as_json)


@app.command("set")
def set_(
    kind: Annotated[str, typer.Argument(metavar="RULE", help="Which, as `kept rules show` says.")],
    on: Annotated[
        bool | None, typer.Option("--on/--off", help="Whether it raises any alarm.")
    ] = None,
    amount: Annotated[
        float | None,
        typer.Option(help="Its number: working minutes, or of drift a share such as 0.1."),
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a rule; what is left out stays."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import rules

        known = [str(each) for each in rules.USUAL]
        if kind not in known:
            raise speaking.Stop(
                f"“{kind}” is no rule. There are: {', '.join(known)}.", field="RULE"
            )
        from kept.last_mile.models import Kind

        row = rules.change(Kind(kind), on=on, amount=amount, by=who.member, now=who.now)
        _tell([row], as_json=as_json)


def _tell(rows: "list[Rule]", *, as_json: bool) -> None:
    from kept.last_mile import rules

    if as_json:
        speaking.document(
            {
                "rules": [
                    {
                        "kind": str(row.kind),
                        "on": row.on,
                        "amount": row.amount,
                        "unit": str(row.unit),
                    }
                    for row in rows
                ]
            }
        )
        return
    for row in rows:
        number = "" if row.amount is None else f", {row.amount:g} {row.unit}"
        told = rules.USUAL[row.kind].told
        speaking.say(f"{row.kind}: {'on' if row.on else 'off'}{number}. {told}")

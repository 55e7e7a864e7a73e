"""`kept ladder`: who hears next when nobody answers, and how long is waited; the owner's to set."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.last_mile.ladders import Step

app = typer.Typer(
    help="Who hears next when nobody answers, and how long is waited.",
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
    """Show the house's ladder, from the lowest rung up."""
    with acting(organisation, email, as_json=as_json):
        _tell(as_json=as_json)


@app.command("set")
def set_(
    rungs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUNG:WHO:MINUTES",
            help="From the lowest up, as in nudge:asked:0 knock:asked:120 lead:leads:240. WHO is "
            "asked, team, leads or everybody; after MINUTES of working time, or with an h as in "
            "240h, of every hour.",
        ),
    ],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the house another ladder; alarms that are raised keep climbing theirs."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.last_mile import ladders

        ladders.change([_step(text) for text in rungs], by=who.member, now=who.now)
        _tell(as_json=as_json)


def _step(text: str) -> "Step":
    from kept.last_mile.ladders import Step
    from kept.last_mile.models import Rung

    name, _colon, rest = text.partition(":")
    hears, _colon, wait = rest.partition(":")
    minutes = wait.removesuffix("h")
    names, whom = [str(each) for each in Rung.Name], [str(each) for each in Rung.Hears]
    if name not in names or hears not in whom or not minutes.isdecimal():
        raise speaking.Stop(
            f"“{text}” is no rung. nudge:asked:0 is one; rungs are {', '.join(names)}, and who "
            f"hears is {', '.join(whom)}.",
            field="RUNG:WHO:MINUTES",
        )
    return Step(Rung.Name(name), Rung.Hears(hears), int(minutes), any_hour=wait.endswith("h"))


def _tell(*, as_json: bool) -> None:
    from kept.last_mile import ladders

    steps = ladders.steps()
    if as_json:
        speaking.document(
            {
                "rungs": [
                    {
                        "name": str(step.name),
                        "hears": str(step.hears),
                        "wait_minutes": step.wait_minutes,
                        "any_hour": step.any_hour,
                    }
                    for step in steps
                ]
            }
        )
        return
    for step in steps:
        time = "minutes, every hour counts" if step.any_hour else "working minutes"
        speaking.say(f"{step.name.label}: {step.hears.label}, after {step.wait_minutes} {time}")

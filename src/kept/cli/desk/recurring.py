"""What recurs: standing promises and their occurrences."""

from datetime import time
from typing import Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.desk import naming

app = typer.Typer()


@app.command("standing")
def standing(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What is promised.")],
    client: Annotated[str, typer.Option("--for", metavar="CLIENT", help="To whom.")],
    rule: Annotated[str, typer.Option(help="Such as 'FREQ=WEEKLY;BYDAY=MO'.")],
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="By what time there.")],
    service: Annotated[str, typer.Option(help="What it belongs to, by name.")] = "",
    in_a_gap: Annotated[
        str, typer.Option(help="Where the clocks go forward over it: refuse, before or after.")
    ] = "refuse",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise something that recurs."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.clients import catalogue
        from kept.promises import occurring

        found = naming.client(client)
        if found is None:
            raise speaking.Stop(f"There is no client “{client}” here.", field="--for")
        try:
            due_time = time.fromisoformat(at)
        except ValueError as error:
            raise speaking.Stop(f"“{at}” is not a time of day. 10:00 is one.", field="--at") from (
                error
            )
        made = occurring.make(
            client=found,
            what=what,
            rule=rule,
            due_time=due_time,
            service=catalogue.find(service) if service else None,
            in_a_gap=in_a_gap,
            by=who.member,
            now=who.now,
        )
        naming.made("standing_promise", made.pk, f"{made.what}, {made.rule}", as_json=as_json)


@app.command("done")
def done(
    occurrence: Annotated[
        int, typer.Argument(metavar="OCCURRENCE", help="Its number; 0 lists what is due.", min=0)
    ] = 0,
    short: Annotated[bool, typer.Option("--short", help="Not in full.")] = False,
    released: Annotated[
        bool, typer.Option("--released", help="The client let us off this one.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that something that recurs was done; without a number, list what is due."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept import words
        from kept.promises import occurring
        from kept.promises.models import Occurrence

        if not occurrence:
            rows = list(occurring.due(until=who.now))
            if as_json:
                told = [
                    {"id": row.pk, "what": row.standing.what, "due_at": row.due_at} for row in rows
                ]
                speaking.document({"occurrences": told})
                return
            for row in rows:
                when = words.moment(row.due_at, row.standing.zone)
                speaking.say(f"occurrence {row.pk}: {row.standing.what}, {when}")
            if not rows:
                speaking.say("Nothing that recurs is due.")
            return
        found = Occurrence.objects.filter(pk=occurrence).select_related("standing").first()
        if found is None:
            raise speaking.Stop(f"There is no occurrence {occurrence} here.", field="OCCURRENCE")
        if released:
            occurring.release(found, by=who.member, now=who.now)
        else:
            occurring.done(found, short=short, by=who.member, now=who.now)
        word = occurring.outcome(found, now=who.now).word
        naming.made("occurrence", found.pk, f"{found.standing.what}, {word}", as_json=as_json)

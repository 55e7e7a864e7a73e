"""What recurs: standing promises and their occurrences."""

from datetime import time
from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting
from kept.cli.desk import naming

if TYPE_CHECKING:
    from kept.promises.models import StandingPromise

app = typer.Typer()


@app.command("standing")
def standing(
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What is promised.")],
    client: Annotated[str, typer.Option("--for", metavar="CLIENT", help="To whom.")],
    rule: Annotated[str, typer.Option(help="Such as 'FREQ=WEEKLY;BYDAY=MO'.")],
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help="By what time there.")],
    service: Annotated[str, typer.Option(help="What it belongs to, by name.")] = "",
    reader: Annotated[
        str,
        typer.Option(
            metavar="WHO",
            help="Who there reads it by link: an address or a name; 'Sara Nunes "
            "<sara@example.com>' adds somebody new.",
        ),
    ] = "",
    in_a_gap: Annotated[
        str, typer.Option(help="Where the clocks go forward over it: refuse, before or after.")
    ] = "refuse",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise something that recurs."""
    with acting(organisation, email, as_json=as_json) as who:
        from django.db import transaction

        from kept.clients import catalogue, keeping
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
        with transaction.atomic():  # a refusal leaves nobody new behind
            contact = None
            if reader:
                contact = keeping.find_or_add_contact(found, reader, by=who.member, now=who.now)
            made = occurring.make(
                client=found,
                what=what,
                rule=rule,
                due_time=due_time,
                service=catalogue.find(service) if service else None,
                contact=contact,
                in_a_gap=in_a_gap,
                by=who.member,
                now=who.now,
            )
        naming.made("standing_promise", made.pk, f"{made.what}, {made.rule}", as_json=as_json)


@app.command("reader")
def reader(
    standing: Annotated[
        int,
        typer.Argument(metavar="STANDING", help="Its number; 0 lists what recurs.", min=0),
    ] = 0,
    contact: Annotated[
        str,
        typer.Argument(
            metavar="[WHO]",
            help="An address or a name; 'Sara Nunes <sara@example.com>' adds somebody new.",
        ),
    ] = "",
    nobody: Annotated[bool, typer.Option("--nobody", help="Nobody reads it any more.")] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name who at the client reads by link what recurs; without a number, list what does."""
    with acting(organisation, email, as_json=as_json) as who:
        from django.db import transaction

        from kept.clients import keeping
        from kept.promises import occurring
        from kept.promises.models import StandingPromise

        rows = StandingPromise.objects.select_related("client", "contact")
        if not standing:
            _list(list(rows.filter(ended_at__isnull=True)), as_json=as_json)
            return
        if bool(contact) == nobody:
            raise speaking.Stop("Say who reads it, or --nobody.", field="WHO")
        found = rows.filter(pk=standing).first()
        if found is None:
            raise speaking.Stop(f"There is no standing promise {standing} here.", field="STANDING")
        with transaction.atomic():  # a refusal leaves nobody new behind
            named = None
            if contact:
                named = keeping.find_or_add_contact(
                    found.client, contact, by=who.member, now=who.now
                )
            found = occurring.name_reader(found, named, by=who.member, now=who.now)
        _list([found], as_json=as_json)


def _list(rows: "list[StandingPromise]", *, as_json: bool) -> None:
    from kept.promises import repeating

    if as_json:
        told = [
            {
                "id": row.pk,
                "what": row.what,
                "client": row.client.name,
                "rule": row.rule,
                "due_time": f"{row.due_time:%H:%M}",
                "reader": None if row.contact is None else row.contact.name,
            }
            for row in rows
        ]
        speaking.document({"standing_promises": told})
        return
    for row in rows:
        reads = "nobody there reads it" if row.contact is None else f"{row.contact.name} reads it"
        when = repeating.in_words(row.rule, row.due_time)
        speaking.say(f"standing promise {row.pk}: {row.what}, {row.client.name}, {when}; {reads}")
    if not rows:
        speaking.say("Nothing recurs.")


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

"""`kept promise`: record a promise already made, in one line."""

from typing import Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting


def promise(
    line: Annotated[
        str,
        typer.Argument(
            metavar="'WHAT for CLIENT by WHEN'",
            help="The promise, such as 'Menu cards for the "
            "bakery by Friday'; a size may follow: ', 6h'.",
        ),
    ],
    contact: Annotated[
        str,
        typer.Option(
            metavar="WHO",
            help="Who at the client reads it by link: an address or a name; "
            "'Sara Nunes <sara@example.com>' adds somebody new.",
        ),
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record a promise already made, in one line."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from django.db import transaction

        from kept import words
        from kept.clients import keeping
        from kept.promises import recording
        from kept.quotes import wording

        read = reading.line_of(line, now=who.now, zone=who.house.zone)
        missing = [wording.vagueness(item) for item in read.vague if item.kind in _NEEDED]
        if missing or read.wanted_on is None or not read.what:
            asked = "; ".join(missing) or "what"
            raise speaking.Stop(f"Say {asked}. Nothing was recorded.", field="LINE")
        with transaction.atomic():  # a refused promise leaves no new client behind
            client = read.client or keeping.find_or_add(
                read.client_name, prospect=False, by=who.member, now=who.now
            )
            due_at = reading.wanted(read, None, now=who.now, zone=client.zone)
            assert due_at is not None
            who_reads = None
            if contact:
                who_reads = keeping.find_or_add_contact(client, contact, by=who.member, now=who.now)
            made = recording.loose(
                what=read.what,
                client=client,
                due_at=due_at,
                day_only=read.wanted_time is None,
                effort=read.effort,
                service=read.service,
                contact=who_reads,
                by=who.member,
                now=who.now,
            )
        vague = [wording.vagueness(item) for item in read.vague]
        if as_json:
            speaking.document(
                {
                    "id": made.pk,
                    "kind": "promise",
                    "what": made.job.title,
                    "client": client.name,
                    "contact": None if who_reads is None else who_reads.name,
                    "due_at": made.due_at,
                    "day_only": made.day_only,
                    "zone": made.zone,
                    "vague": vague,
                }
            )
        else:
            speaking.say(
                f"promise {made.pk}: {made.job.title} for {client.name}, "
                f"{words.moment(made.due_at, made.zone)}"
            )
        twice = "" if made.day_only else words.first_of_two(made.due_at, made.zone)
        if twice:
            speaking.aside(twice)
        if vague:
            speaking.aside(f"Not said: {'; '.join(vague)}.")


_NEEDED = frozenset({"no_date", "no_client", "several_clients", "no_such_day"})

"""`kept extract`: a file with which a client can check their promises."""

from pathlib import Path
from typing import Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting


def extract(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; it must not be there yet.")
    ],
    client: Annotated[str, typer.Option(metavar="CLIENT", help="Whose promises.")],
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a file with which a client can check their promises."""
    with acting(organisation, email, as_json=as_json) as who:
        import json

        from kept.clients import keeping
        from kept.custody import extract as extracting

        found = keeping.find(client)
        if found is None:
            raise speaking.Stop(f"There is no client called “{client}” here.", field="--client")
        content = extracting.of(found, by=who.member, now=who.now)
        try:
            with file.open("x", encoding="utf-8") as out:
                json.dump(content, out, ensure_ascii=False, indent=1)
        except FileExistsError as error:
            raise speaking.Stop("It is there already; nothing was written.", file=str(file)) from (
                error
            )
        except OSError as error:
            raise speaking.Stop(
                f"It cannot be written: {error.strerror}.", file=str(file)
            ) from error
        told = sum(isinstance(event, dict) for event in content["events"])
        if as_json:
            speaking.document(
                {"file": str(file), "events": len(content["events"]), "in_the_clear": told}
            )
        else:
            speaking.say(
                f"{file}: {told} events of {found.name} in the clear, "
                f"{len(content['events']) - told} as bare digests."
            )

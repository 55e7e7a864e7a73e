"""`kept token`: a key for scripts."""

from typing import Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting


def token(
    member: Annotated[
        str, typer.Option(metavar="EMAIL", help="The member as whom the script acts.")
    ],
    scopes: Annotated[
        str, typer.Option(help="What it may do: read, write, admin; separated by commas.")
    ] = "read,write",
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an API token for scripts; it is shown once."""
    with acting(organisation, email, as_json=as_json) as who:
        from kept.people import tokens
        from kept.people.models import Member

        whose = Member.objects.filter(email__iexact=member, left_at__isnull=True).first()
        if whose is None:
            raise speaking.Stop(
                f"Nobody of {who.house.name} has the address “{member}”.", field="--member"
            )
        made, secret = tokens.make(whose, scopes=[scopes], name=name, by=who.member, now=who.now)
        if as_json:
            speaking.document(
                {
                    "id": made.pk,
                    "kind": "token",
                    "member": whose.email,
                    "scopes": sorted(tokens.scopes_of(made)),
                    "token": secret,
                }
            )
        else:
            speaking.aside(f"token {made.pk} of {whose.name}. Keep it: it is shown this once.")
            speaking.say(secret)

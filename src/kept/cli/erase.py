"""`kept erase`: personal text of a client, a contact or somebody who left, for good."""

import sys
from typing import TYPE_CHECKING, Annotated, cast

import typer

from kept.cli import speaking
from kept.cli.acting import Acting, AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.custody.erasing import Subject

app = typer.Typer(
    help="Erase what is written about a client, a contact, or a person who left.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)

Who = Annotated[
    str, typer.Argument(metavar="WHO", help="The name, the address, or the number of the row.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would go; erase nothing.")]
Yes = Annotated[
    str | None,
    typer.Option("--yes", metavar="NAME", help="The name again, instead of being asked for it."),
]


@app.command()
def client(
    who: Who,
    dry_run: DryRun = False,
    yes: Yes = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase what is written about a client and its contacts."""
    with acting(organisation, email, as_json=as_json) as acts:
        _erase("client", who, acts, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command()
def contact(
    who: Who,
    dry_run: DryRun = False,
    yes: Yes = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase what is written about a person at a client."""
    with acting(organisation, email, as_json=as_json) as acts:
        _erase("contact", who, acts, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command()
def person(
    who: Who,
    dry_run: DryRun = False,
    yes: Yes = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase what is written about somebody who has left."""
    with acting(organisation, email, as_json=as_json) as acts:
        _erase("person", who, acts, dry_run=dry_run, yes=yes, as_json=as_json)


def _erase(
    kind: str, who: str, acts: Acting, *, dry_run: bool, yes: str | None, as_json: bool
) -> None:
    from kept.custody import erasing

    subject = _find(kind, who)
    loss = erasing.foresee(subject, by=acts.member)
    what = f"{loss.rows} rows in which a name stands, and {loss.texts} texts beside the ledger"
    if dry_run:
        if as_json:
            speaking.document(
                {"id": subject.pk, "kind": kind, "rows": loss.rows, "texts": loss.texts}
            )
        else:
            speaking.say(f"{subject.name}: would go for good: {what}. Nothing was erased.")
        return
    if yes is None:
        speaking.aside(
            f"{subject.name}: this goes for good: {what}. Dates, hours, chances and outcomes stay, "
            "and the ledger stays whole. Backups made before are not reached."
        )
        if not sys.stdin.isatty():
            raise speaking.Stop("Say the name again. Nothing was erased.", field="--yes")
        yes = typer.prompt("Type the name to be sure", err=True)
    erased = erasing.erase(subject, confirmed=yes or "", by=acts.member, now=acts.now)
    if as_json:
        speaking.document(
            {
                "id": subject.pk,
                "kind": kind,
                "rows": erased.rows,
                "texts": erased.texts,
                "event": erased.event.number,
            }
        )
    else:
        speaking.say(
            f"{kind} {subject.pk}: erased: {erased.rows} rows, {erased.texts} texts. "
            f"Event {erased.event.number} says so."
        )


def _find(kind: str, who: str) -> "Subject":
    from kept.clients.models import Client, Contact
    from kept.people.models import Member

    tables: dict[str, type[Client | Contact | Member]]
    tables = {"client": Client, "contact": Contact, "person": Member}
    everybody = cast("list[Subject]", list(tables[kind].objects.all()))
    said = who.strip().casefold()
    found = [row for row in everybody if said in {row.name.casefold(), _address(row)}]
    found = found or [row for row in everybody if str(row.pk) == said]
    match found:
        case [only]:
            return only
        case []:
            raise speaking.Stop(f"There is no {kind} called “{who}” here.", field="WHO")
    numbers = ", ".join(str(row.pk) for row in found)
    raise speaking.Stop(
        f"Several are called “{who}”. Say the number: {numbers}. Nothing was erased.", field="WHO"
    )


def _address(row: "Subject") -> str:
    return str(getattr(row, "email", "") or row.name).casefold()

"""`kept add`: houses, clients, people, services, absences."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting, refusing
from kept.cli.reading import day, stage_of

if TYPE_CHECKING:
    from kept.people.models import Member

app = typer.Typer(
    help="Add a client, a person, a service, an absence, or a house of your own.",
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def house(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The house's name.")],
    owner: Annotated[str, typer.Option(help="Your name: you own the house.")],
    address: Annotated[str, typer.Option("--email", help="The address you will log in with.")],
    zone: Annotated[str, typer.Option(help="Its time zone, such as Europe/Lisbon.")],
    country: Annotated[
        str | None,
        typer.Option(help="Whose public holidays it keeps, such as PT; left out, the zone's."),
    ] = None,
    region: Annotated[str, typer.Option(help="The part of the country, such as BY.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Found a house where the data lies: the first run without a browser.

    The password is asked for, or read from the first line of standard input.
    """
    with speaking.ending(as_json=as_json):
        from kept.cli import serve

        try:
            serve.prepare()
        except serve.NotReachable as error:
            raise speaking.Stop(str(error), status=speaking.NO) from error
        from django.conf import settings

        from kept import clock
        from kept.people import opening, places

        with refusing():
            owning = opening.found_here(
                settings.DATA,
                house=name,
                name=owner,
                email=address,
                password=_password(),
                zone=zone,
                country=places.country_of_zone().get(zone, "") if country is None else country,
                region=region,
                now=clock.now(),
            )
        made = owning.organisation
        _made("house", made.pk, f"{made.name} ({made.slug})", as_json=as_json)
        speaking.aside(f"{owning.email} owns it. Next: kept serve, or kept import FILE --dry-run")


def _password() -> str:
    import sys

    if sys.stdin.isatty():
        said: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return said
    return sys.stdin.readline().rstrip("\r\n")


@app.command()
def client(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The client's name.")],
    zone: Annotated[
        str | None, typer.Option(help="The client's time zone; left out, the house's.")
    ] = None,
    language: Annotated[str, typer.Option(help="What we write to them in, such as pt.")] = "",
    prospect: Annotated[bool, typer.Option("--prospect", help="It has not bought yet.")] = False,
    note: Annotated[str, typer.Option(help="What the house wants to remember.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a client."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.clients import keeping

        made = keeping.add_client(
            name=name,
            zone=zone,
            language=language,
            prospect=prospect,
            note=note,
            by=who.member,
            now=who.now,
        )
        _made("client", made.pk, made.name, as_json=as_json)


@app.command()
def person(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The person's name.")],
    address: Annotated[str, typer.Option("--email", help="The person's address.")] = "",
    role: Annotated[
        str, typer.Option(help="guest, member, lead or owner: what the person may do.")
    ] = "member",
    skill: Annotated[
        list[str] | None, typer.Option(help="Something the person can do; may be repeated.")
    ] = None,
    zone: Annotated[str | None, typer.Option(help="The time zone; left out, the house's.")] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a person."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.people import staff
        from kept.people.models import Role

        if role not in Role.values:
            raise speaking.Stop(
                f"“{role}” is no role. There are guest, member, lead and owner.", field="--role"
            )
        made = staff.add_member(
            name=name,
            email=address,
            role=Role(role),
            zone=zone,
            skills=skill or [],
            by=who.member,
            now=who.now,
        )
        _made("person", made.pk, made.name, as_json=as_json)


@app.command()
def service(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The service's name.")],
    stage: Annotated[
        list[str],
        typer.Option(
            metavar="'NAME: SIZE [SKILL]'",
            help="A stage and its usual effort, such as 'Design: 8-16-30h [draw]'; repeat it "
            "for each stage, in order. The last one is the finishing stretch.",
        ),
    ],
    price: Annotated[
        str | None, typer.Option(help="Its price in the house's currency, such as 1200.50.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a service to the catalogue."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from decimal import Decimal, InvalidOperation

        from kept.clients import catalogue

        try:
            amount = None if price is None else Decimal(price)
        except InvalidOperation as error:
            raise speaking.Stop(f"“{price}” is not an amount.", field="--price") from error
        stages = [stage_of(text, last=text is stage[-1]) for text in stage]
        made = catalogue.add_service(
            name=name, stages=stages, price=amount, by=who.member, now=who.now
        )
        _made("service", made.pk, made.name, as_json=as_json)


@app.command()
def absence(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who: an address or a name.")],
    first: Annotated[str, typer.Argument(metavar="FROM", help="The first day away.")],
    last: Annotated[
        str | None, typer.Argument(metavar="TO", help="The last day away; left out, the first.")
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that somebody is away on whole days; nobody asks why."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept import zones
        from kept.people import staff

        member = _person(person)
        today = zones.day_of(who.now, member.zone)
        from_on: date = day(first, today=today, name="FROM")
        to_on: date = from_on if last is None else day(last, today=today, name="TO")
        made = staff.add_absence(member, from_on, to_on, by=who.member, now=who.now)
        _made("absence", made.pk, f"{member.name}, {from_on} to {to_on}", as_json=as_json)


def _person(named: str) -> "Member":
    from django.db.models import Q

    from kept.people.models import Member

    fits = list(
        Member.objects.filter(
            Q(email__iexact=named) | Q(name__iexact=named) | Q(name__istartswith=f"{named} "),
            left_at__isnull=True,
        ).order_by("pk")
    )
    match fits:
        case [only]:
            return only
        case []:
            raise speaking.Stop(f"Nobody here is called “{named}”.", field="PERSON")
    names = ", ".join(f"{row.name} <{row.email}>" for row in fits)
    raise speaking.Stop(f"Several people are meant: {names}. Say the address.", field="PERSON")


def _made(kind: str, key: int, name: str, *, as_json: bool) -> None:
    if as_json:
        speaking.document({"id": key, "kind": kind, "name": name})
    else:
        speaking.say(f"{kind} {key}: {name}")

"""In which house, and as whom, a command acts."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli.speaking import NO, WRONG, Stop, ending

if TYPE_CHECKING:  # Django is loaded by the commands that need it
    from kept.people.models import Member
    from kept.tenancy.models import Organisation

OrganisationOption = Annotated[
    str | None,
    typer.Option("--organisation", metavar="SLUG", help="The house; left out, the only one."),
]
AsOption = Annotated[
    str | None,
    typer.Option("--as", metavar="EMAIL", help="Who acts; left out, the house's owner."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]

_STATUS_OF = {"bad_input": WRONG, "not_found": WRONG, "conflict": NO, "not_allowed": NO}


@dataclass(frozen=True)
class Acting:
    """Who acts, where, and when."""

    house: "Organisation"
    member: "Member"
    now: datetime


def load() -> None:
    """Load Django, and say plainly if there is no database to work on yet."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    import django
    from django.db import connection
    from django.db.utils import OperationalError

    django.setup()
    from django.conf import settings

    try:
        tables = connection.introspection.table_names()
    except OperationalError as error:
        from kept.tenancy import trouble

        passing = trouble.of(error)
        if passing is not None and passing.name == "full":
            raise Stop(f"{passing.title}. {passing.sentence}", status=NO) from error
        raise Stop(f"The database cannot be reached: {error}. Nothing was changed.") from error
    if "kept_organisation" not in tables:
        raise Stop(
            f"There is no house in {settings.DATA} yet. Run “kept serve” or “kept demo” first, "
            "or name another folder in KEPT_DATA."
        )


@contextmanager
def acting(
    organisation: str | None, email: str | None, *, as_json: bool = False, changes: bool = False
) -> Iterator[Acting]:
    """Act in a house as one of its members; refusals end the command with their sentence.

    Args:
        changes: what is done may change the plan, so that the promises are forecast again.
    """
    with ending(as_json=as_json):
        load()
        from kept import clock
        from kept.tenancy import scope

        house = _house(organisation)
        with scope.acting_in(house), refusing():
            who = Acting(house, _member(house, email), clock.now())
            yield who
            if changes:
                _look_ahead(who)


@contextmanager
def refusing() -> Iterator[None]:
    """End the command with the sentence of whoever refuses, or of a database in trouble."""
    from django.db import Error

    from kept.tenancy import refusals, trouble

    try:
        yield
    except refusals.Refused as refused:
        raise Stop(
            refused.sentence,
            status=_STATUS_OF[refused.kind],
            file=getattr(refused, "file", None),
            row=getattr(refused, "row", None),
            column=getattr(refused, "column", None),
            field=refused.field,
        ) from refused
    except Error as error:
        passing = trouble.of(error)
        if passing is None:
            raise
        raise Stop(passing.sentence, status=NO) from error


def _look_ahead(who: Acting) -> None:
    """Forecast the promises again if the plan changed; what was done stands if that fails."""
    from kept.plan import outlook

    try:
        outlook.refresh_if_changed(by=who.member, now=who.now)
    except Exception:
        logging.getLogger("kept.cli").exception("The promises could not be forecast")


def _house(slug: str | None) -> "Organisation":
    from kept.tenancy.models import Organisation

    houses = Organisation.objects.order_by("pk")
    if slug is not None:
        found = houses.filter(slug=slug).first()
        if found is None:
            raise Stop(f"There is no house called “{slug}” here.", field="--organisation")
        return found
    match list(houses[:2]):
        case []:
            raise Stop("There is no house here yet. Run “kept serve” and open its page first.")
        case [only]:
            return only
    slugs = ", ".join(houses.values_list("slug", flat=True)[:20])
    raise Stop(f"There are several houses here: {slugs}. Say which.", field="--organisation")


def _member(house: "Organisation", email: str | None) -> "Member":
    from kept.people.models import Member, Role

    here = Member.objects.filter(left_at__isnull=True).select_related("organisation")
    if email is not None:
        found = here.filter(email__iexact=email).first()
        if found is None:
            raise Stop(f"Nobody of {house.name} has the address “{email}”.", field="--as")
        return found
    owner = here.filter(role=Role.OWNER).order_by("pk").first()
    if owner is None:
        raise Stop(f"{house.name} has no owner. Say who acts.", field="--as")
    return owner

"""`kept demo`: a sample house with a year of past, served like any other."""

import os
import secrets
from pathlib import Path
from typing import Annotated

import typer

from kept.cli import serve as serving
from kept.cli import speaking

#: The sample houses there are.
HOUSES = ("studio", "restaurant")
EMAIL = "ada@northlight.example"
#: Beside the database, readable by its owner alone: the log-in of a house made for looking.
LOGIN_FILE = "demo-login"


def demo(
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the database, the secret key and uploads (KEPT_DATA)."),
    ] = None,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Only make the data; do not serve.")
    ] = False,
    seed: Annotated[
        int, typer.Option(min=0, help="Another seed makes other work and other figures.")
    ] = 1,
    house: Annotated[
        str, typer.Option(help="Which sample house: studio or restaurant.")
    ] = "studio",
) -> None:
    """Make a sample house with a year of past, and serve it."""
    with speaking.ending(as_json=False):
        if house not in HOUSES:
            raise speaking.Stop(
                f"There is no sample house “{house}”. There is: {', '.join(HOUSES)}.",
                field="--house",
            )
        if data is not None:
            os.environ["KEPT_DATA"] = str(data.expanduser().absolute())
        if not no_serve and (problem := serving.not_free("127.0.0.1", port)):
            raise speaking.Stop(problem, status=speaking.NO)
        try:
            serving.prepare()
        except serving.NotReachable as error:
            raise speaking.Stop(str(error), status=speaking.NO) from error
        password = _made(seed, house)
    speaking.say(f"Log in as {EMAIL} with the password {password}")
    if no_serve:
        return
    serving.answer_to("127.0.0.1", port)
    speaking.say(f"kept is at http://127.0.0.1:{port}/")
    serving.run("127.0.0.1", port)


def _made(seed: int, house: str) -> str:
    """Make the sample house unless it is there; return its password."""
    from django.conf import settings
    from django.db import connections, transaction

    from kept import clock
    from kept.people import logins
    from kept.sample import restaurant, studio
    from kept.tenancy.models import Organisation

    kept_at: Path = settings.DATA / LOGIN_FILE
    try:
        if Organisation.objects.exists():
            if not kept_at.exists():
                raise speaking.Stop(
                    f"{settings.DATA} holds a house of its own; nothing was changed. Name another "
                    "folder: kept demo --data FOLDER"
                )
            return kept_at.read_text(encoding="ascii").strip()
        password = secrets.token_urlsafe(12)
        with transaction.atomic():
            login = logins.make(email=EMAIL, password=password)
            make = restaurant.make if house == "restaurant" else studio.make
            make(login=login, now=clock.now(), seed=seed)
            descriptor = os.open(kept_at, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(password + "\n")
        return password
    finally:
        connections.close_all()

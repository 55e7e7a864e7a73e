"""`kept serve`: migrate, then serve the pages and the API until told to stop."""

import contextlib
import os
import socket
from pathlib import Path
from typing import Annotated

import typer

#: Exit statuses: the answer is no; wrong use.
NO, WRONG = 1, 2


class NotReachable(Exception):
    """The database cannot be used: the message says why, and what is safe."""


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of the database, the secret key and uploads (KEPT_DATA)."),
    ] = None,
) -> None:
    """Bring the database up to date and serve kept."""
    if data is not None:
        os.environ["KEPT_DATA"] = str(data.expanduser().absolute())
    if problem := not_free(host, port):
        typer.echo(problem, err=True)
        raise typer.Exit(NO)
    try:
        prepare()
    except NotReachable as error:
        typer.echo(error, err=True)
        raise typer.Exit(NO) from error
    answer_to(host, port)
    address = f"http://{_written(host)}:{port}/"
    if code := first_code():
        typer.echo(f"Nobody has used this kept yet. To begin, open\n\n  {address}\n")
        typer.echo(f"and enter this code, which works once: {code}\n")
    else:
        typer.echo(f"kept is at {address}")
    run(host, port)


def answer_to(host: str, port: int) -> None:
    """Let kept answer to the host name it is told to listen on, and write it into links.

    The settings are read already, and the process that serves may be forked with them or may
    read them from the environment again: both are told.
    """
    from django.conf import settings

    everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - compared
    if not everywhere and _written(host) not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, _written(host)]
        os.environ["KEPT_HOSTS"] = ",".join(settings.ALLOWED_HOSTS)
    if not settings.PUBLIC_URL:
        settings.PUBLIC_URL = f"http://{'localhost' if everywhere else _written(host)}:{port}"
        os.environ["KEPT_URL"] = settings.PUBLIC_URL


def not_free(host: str, port: int) -> str:
    """Say in words why kept cannot listen there; nothing if it can."""
    try:
        family, kind, protocol, _name, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
    except socket.gaierror:
        return f"{host} is not an address of this machine. kept did not start."
    with socket.socket(family, kind, protocol) as tried:
        # As the server does: a port that was closed a moment ago is free.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(place)
        except PermissionError:
            return (
                f"Port {port} may only be used by the system's owner. kept did not start. "
                f"Choose one from 1024, as in: kept serve --port 8000"
            )
        except OSError as error:
            import errno

            if error.errno == errno.EADDRINUSE:
                return (
                    f"Port {port} of {host} is taken, perhaps by another kept. kept did not start, "
                    f"and nothing was changed. Choose another: kept serve --port {port % 65535 + 1}"
                )
            return f"kept cannot listen on {host}, port {port}: {error.strerror}. It did not start."
    return ""


def prepare() -> None:
    """Bring the database up to date, as the owner of its tables."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kept.config.settings")
    import django
    from django.core.management import call_command
    from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

    django.setup()
    owner = "owner" if "owner" in connections else DEFAULT_DB_ALIAS
    try:
        for alias in connections:
            if connections[alias].vendor == "postgresql":
                connections[alias].reach()  # type: ignore[attr-defined]  # kept.tenancy.postgresql
        told = _tell_of_upgrade(owner)
        call_command("migrate", database=owner, interactive=False, verbosity=0)
        if told:
            typer.echo("The database is up to date.", err=True)
        connections[DEFAULT_DB_ALIAS].ensure_connection()
    except OperationalError as error:
        why = str(error).strip().splitlines()[0]
        raise NotReachable(
            f"The database cannot be used: {why}. kept did not start, and nothing was changed. "
            "Look at DATABASE_URL, KEPT_MIGRATE_URL and the data folder."
        ) from error
    finally:
        connections.close_all()


def _tell_of_upgrade(database: str) -> bool:
    """Say before it begins that a database in use is brought up to date; whether it was said."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections[database])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    steps = sum(migration.app_label == "kept" for migration, _backwards in plan)
    if not steps or not executor.loader.applied_migrations:
        return False
    typer.echo(
        f"Bringing the database of an earlier kept up to date, in {steps} "
        f"{'step' if steps == 1 else 'steps'}. This can take a minute. Each step is done whole or "
        "not at all: if it is interrupted, start kept again.",
        err=True,
    )
    return True


def first_code() -> str:
    """Make the one-time code of the first run; none once there is a house."""
    from django.conf import settings
    from django.db import connections

    from kept.people import opening

    try:
        return "" if opening.is_open() else opening.issue(settings.DATA)
    finally:
        connections.close_all()


def run(host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT, finishing the requests that are under way."""
    from django.conf import settings
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    let_go()
    place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][4][0]
    Granian(
        "kept.config.wsgi:application",
        address=str(place),
        port=port,
        interface=Interfaces.WSGI,
        # One process: SQLite then has one writer, and waiting stays short.
        workers=1,
        blocking_threads=settings.THREADS,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
    ).serve()
    _fold()


def _fold() -> None:
    """Leave one whole file behind; where the disk is full, the next start does it."""
    import sqlite3

    from django.db import connection

    from kept import sqlite

    if connection.vendor == "sqlite":
        with contextlib.suppress(sqlite3.Error):
            sqlite.fold(str(connection.settings_dict["NAME"]))


def let_go() -> None:
    """Close every connection of this process: the one that serves is forked from it."""
    from django.db import connections

    for connection in connections.all():
        if connection.vendor == "postgresql":
            connection.let_go()  # type: ignore[attr-defined]  # kept.tenancy.postgresql
        else:
            connection.close()


def _written(host: str) -> str:
    """Return a host as an address shows it."""
    return f"[{host}]" if ":" in host else host

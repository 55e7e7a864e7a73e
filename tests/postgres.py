"""Find a PostgreSQL for the tests, and the role they run as.

The role owns what it makes, and is no superuser: row-level security is forced
upon owners too, but superusers pass it, and tests run as one would prove
nothing. Role and database belong to this run alone while it lives: another one,
of this checkout or of another, finds them taken and uses others.
"""

import fcntl
import getpass
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

#: Two checkouts on one machine do not meet in one database.
CHECKOUT = sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:10]


@dataclass(frozen=True, slots=True)
class Found:
    """The address tests use, or why there is none."""

    address: str = ""
    why_not: str = ""


@cache
def own_name() -> str:
    """Return a name for role and database that no other run has until this process ends.

    It is used again afterwards, so that no more are left behind than ever ran at once.
    """
    for number in count():
        name = f"kept_{CHECKOUT}_{number}"
        taken = os.open(
            Path(tempfile.gettempdir()) / f"{name}_{getpass.getuser()}",
            os.O_RDWR | os.O_CREAT,
            0o600,
        )
        try:
            fcntl.flock(taken, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(taken)
            continue
        return name  # the lock ends with the process
    raise AssertionError


@cache
def find() -> Found:
    """Return DATABASE_URL if it names PostgreSQL, else make a role on this machine's server."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith(("postgres://", "postgresql://")):
        return _sound(given)
    try:
        with psycopg.connect(dbname="postgres", connect_timeout=5, autocommit=True) as server:
            return _sound(_role_on(server))
    except psycopg.Error as error:
        return Found(why_not=_first_line(error))


def _role_on(server: psycopg.Connection[tuple[object, ...]]) -> str:
    name, password = own_name(), secrets.token_urlsafe(18)
    exists = server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER" if exists else "CREATE")
    server.execute(
        sql.SQL(
            "{} ROLE {} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD {}"
        ).format(verb, sql.Identifier(name), sql.Literal(password))
    )
    host = server.info.host
    place = "127.0.0.1" if host.startswith("/") else host
    return f"postgres://{name}:{quote(password)}@{place}:{server.info.port}/{name}"


def _sound(address: str) -> Found:
    """Try the address as the tests will use it; a role that passes row security proves nothing."""
    try:
        with psycopg.connect(_beside(address), connect_timeout=5) as server:
            row = server.execute(
                "SELECT rolsuper OR rolbypassrls, rolcreatedb FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        return Found(why_not=_first_line(error))
    passes_security, makes_databases = row or (True, False)
    if passes_security:
        return Found(why_not="its role passes row-level security, so tests would prove nothing")
    if not makes_databases:
        return Found(why_not="its role may not make a database for the tests (CREATEDB)")
    return Found(address=address)


def _beside(address: str) -> str:
    """Return the address of the server's own database: the tests' one is not there yet."""
    base, _slash, _name = address.rpartition("/")
    return f"{base}/postgres".replace("postgres://", "postgresql://", 1)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

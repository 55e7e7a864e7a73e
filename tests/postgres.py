"""Find a PostgreSQL for the tests, and the role they run as.

The role owns what it makes, and is no superuser: row-level security is forced
upon owners too, but superusers pass it, and tests run as one would prove
nothing.
"""

import os
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

ROLE = "kept_test"
#: Two checkouts on one machine do not meet in one database.
NAME = f"kept_{sha256(str(Path(__file__).resolve()).encode()).hexdigest()[:10]}"


@dataclass(frozen=True, slots=True)
class Found:
    """The address tests use, or why there is none."""

    address: str = ""
    why_not: str = ""


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
    password = secrets.token_urlsafe(18)
    exists = server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
    verb = sql.SQL("ALTER" if exists else "CREATE")
    server.execute(
        sql.SQL(
            "{} ROLE {} LOGIN CREATEDB NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD {}"
        ).format(verb, sql.Identifier(ROLE), sql.Literal(password))
    )
    host = server.info.host
    place = "127.0.0.1" if host.startswith("/") else host
    return f"postgres://{ROLE}:{quote(password)}@{place}:{server.info.port}/{NAME}"


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

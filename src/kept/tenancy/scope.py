"""The organisation that this piece of work is done in.

Everything that touches rows of an organisation happens inside
`acting_in(organisation)`. Outside of it, scoped managers refuse: they fail
closed instead of showing everybody's rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from django.db import connection, transaction

if TYPE_CHECKING:  # the register of tables imports this module
    from kept.tenancy.models import Organisation

_current: ContextVar["Organisation | None"] = ContextVar("organisation", default=None)


class NoOrganisation(RuntimeError):
    """Rows of an organisation were touched without saying which one."""

    def __init__(self) -> None:
        super().__init__(
            "No organisation is set. Wrap the work in tenancy.scope.acting_in(organisation)."
        )


def current() -> "Organisation":
    """Return the organisation this work is done in.

    Raises:
        NoOrganisation: none is set.
    """
    organisation = _current.get()
    if organisation is None:
        raise NoOrganisation
    return organisation


def current_id() -> int:
    """Return the key of the current organisation; the default of every `organisation` column."""
    return current().pk


def enter(organisation: "Organisation") -> Token["Organisation | None"]:
    """Set the organisation until `leave` is given the token; for doors that cannot use `with`."""
    token = _current.set(organisation)
    tell_database(organisation.pk)
    return token


def leave(token: Token["Organisation | None"]) -> None:
    """Return to what was set before `enter`."""
    _current.reset(token)
    before = _current.get()
    tell_database(None if before is None else before.pk)


@contextmanager
def acting_in(organisation: "Organisation") -> Iterator["Organisation"]:
    """Do the work of the block in `organisation`."""
    token = enter(organisation)
    try:
        yield organisation
    finally:
        leave(token)


def tell_database(key: int | None) -> None:
    """Tell PostgreSQL's row-level security which organisation's rows exist for this work.

    A connection taken from the pool starts with none, and so sees no row.
    """
    if connection.vendor != "postgresql" or (key is None and connection.connection is None):
        return
    if connection.in_atomic_block and connection.needs_rollback:
        return  # the transaction is lost, and its settings go with it
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('kept.organisation', %s, false)", ["" if key is None else str(key)]
        )


def after_connecting() -> None:
    """Tell a connection that was opened in the middle of work whose work it is."""
    organisation = _current.get()
    if organisation is not None and not transaction.get_connection().in_atomic_block:
        tell_database(organisation.pk)

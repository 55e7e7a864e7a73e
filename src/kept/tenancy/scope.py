"""The organisation that this piece of work is done in.

Everything that touches rows of an organisation happens inside
`acting_in(organisation)`. Outside of it, scoped managers refuse: they fail
closed instead of showing everybody's rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the register of tables imports this module
    from kept.tenancy.models import Organisation

_current: ContextVar["Organisation | None"] = ContextVar("organisation", default=None)
_everywhere: ContextVar[bool] = ContextVar("everywhere", default=False)


class NoOrganisation(RuntimeError):
    """Rows of an organisation were touched without saying which one."""

    def __init__(self) -> None:
        super().__init__(
            "No organisation is set. Wrap the work in tenancy.scope.acting_in(organisation)."
        )


class OnlyReading(RuntimeError):
    """Rows were to be written through `everywhere`, which only reads."""

    def __init__(self) -> None:
        super().__init__(
            "`everywhere` only reads. Write inside tenancy.scope.acting_in(row.organisation)."
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


def is_current(key: int) -> bool:
    """Whether this work is done in the organisation with this key."""
    organisation = _current.get()
    return organisation is not None and organisation.pk == key


def enter(organisation: "Organisation") -> Token["Organisation | None"]:
    """Set the organisation until `leave` is given the token; for doors that cannot use `with`."""
    return _current.set(organisation)


def leave(token: Token["Organisation | None"]) -> None:
    """Return to what was set before `enter`."""
    _current.reset(token)


@contextmanager
def acting_in(organisation: "Organisation") -> Iterator["Organisation"]:
    """Do the work of the block in `organisation`."""
    token = enter(organisation)
    try:
        yield organisation
    finally:
        leave(token)


@contextmanager
def looking_everywhere() -> Iterator[None]:
    """Let the statements of the block read rows of every organisation.

    Only the `everywhere` managers use it, around the one statement they send.
    """
    token = _everywhere.set(True)
    try:
        yield
    finally:
        _everywhere.reset(token)


def as_settings() -> tuple[str, str]:
    """Return what row-level security is to know: the organisation, and `on` for everywhere."""
    organisation = _current.get()
    return (
        "" if organisation is None else str(organisation.pk),
        "on" if _everywhere.get() else "",
    )

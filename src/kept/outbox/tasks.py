"""Work to be done after a verb, written in the verb's own transaction: none without the other.

A room that knows how to do a kind of work registers a function for it. The
function may be called again after it did its work, when whoever ran it was
killed before saying so: what it does twice must be seen to be one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from django.db import transaction

from kept.ledger.recording import Json, NotInTransaction
from kept.outbox.models import Task


class Does(Protocol):
    """Do a piece of work, or raise to have it tried again later."""

    def __call__(self, task: Task, *, now: datetime) -> None: ...


Doing = TypeVar("Doing", bound=Does)


class GiveUp(Exception):
    """Trying again would not help; the sentence says why."""


class KnownAlready(RuntimeError):
    """Two functions want to do the same kind of work."""


@dataclass(frozen=True, slots=True)
class Handler:
    """Who does a kind of work, and who is told when it is given up."""

    does: Does
    given_up: Does | None


HANDLERS: dict[str, Handler] = {}


def add(
    kind: str,
    *,
    key: str,
    payload: Mapping[str, Json],
    now: datetime,
    due_at: datetime | None = None,
    lane: str = "",
) -> Task:
    """Write a piece of work into the transaction of its cause; the same key is written once.

    Args:
        payload: what the work needs to know: numbers of rows, and no personal text or secret.
        due_at: not before then; left out, at once.
        lane: names the receiver, so that one that hangs holds up nobody else's; left out, the
            kind. It begins with what is served together, as in `webhook:7`.

    Raises:
        NotInTransaction: there is no open transaction to belong to.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction("Work is written in the transaction of its cause.")
    task, _made = Task.objects.get_or_create(
        kind=kind,
        key=key,
        defaults={
            "payload": dict(payload),
            "lane": lane or kind,
            "made_at": now,
            "due_at": due_at or now,
        },
    )
    return task


def handler(kind: str, *, given_up: Does | None = None) -> Callable[[Doing], Doing]:
    """Register the function that does a kind of work.

    Args:
        given_up: is called in the transaction that gives a piece of this work up.
    """

    def register(does: Doing) -> Doing:
        if kind in HANDLERS:
            raise KnownAlready(kind)
        HANDLERS[kind] = Handler(does, given_up)
        return does

    return register

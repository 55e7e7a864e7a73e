"""Which moves a promise, a proposal and a delivery can make.

One table each behind code, refusals, documents and generated tests. A move is
a conditional update that must touch exactly one row, so that of two at once
exactly one wins.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import models
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.promises.models import Delivery, Promise, Proposal
from kept.tenancy import refusals

State = Promise.State
Row = TypeVar("Row", Promise, Proposal, Delivery)
Moves = Mapping[str, tuple[tuple[str, ...], str]]

#: verb → (states it starts from, state it leads to)
MOVES: Moves = {
    "activate": ((State.PENDING,), State.ACTIVE),
    "pause": ((State.ACTIVE,), State.PAUSED),
    "resume": ((State.PAUSED,), State.ACTIVE),
    "deliver": ((State.ACTIVE, State.PAUSED), State.DELIVERED),
    "send_back": ((State.DELIVERED,), State.ACTIVE),
    "settle": ((State.DELIVERED,), State.SETTLED),
    "release": ((State.PENDING, State.ACTIVE, State.PAUSED), State.RELEASED),
    "revoke": ((State.PENDING, State.ACTIVE, State.PAUSED), State.REVOKED),
    "void": (tuple(state for state in State if state != State.VOIDED), State.VOIDED),
}

#: What each verb is called on a button and in a refusal.
VERBS: Mapping[str, Lazy | str] = {
    "activate": gettext_lazy("close its gaps"),
    "pause": gettext_lazy("pause it"),
    "resume": gettext_lazy("end the pause"),
    "deliver": gettext_lazy("deliver it"),
    "send_back": gettext_lazy("record that it came back"),
    "settle": gettext_lazy("record that it was accepted"),
    "release": gettext_lazy("record that the client lets us off"),
    "revoke": gettext_lazy("revoke it"),
    "void": gettext_lazy("void it"),
}

PROPOSAL_MOVES: Moves = {
    "tell": ((Proposal.State.DRAFT,), Proposal.State.TOLD),
    "agree": ((Proposal.State.TOLD,), Proposal.State.AGREED),
    "refuse": ((Proposal.State.TOLD,), Proposal.State.REFUSED),
    "withdraw": ((Proposal.State.DRAFT, Proposal.State.TOLD), Proposal.State.WITHDRAWN),
}

PROPOSAL_VERBS: Mapping[str, Lazy | str] = {
    "tell": gettext_lazy("tell it"),
    "agree": gettext_lazy("agree to it"),
    "refuse": gettext_lazy("refuse it"),
    "withdraw": gettext_lazy("withdraw it"),
}

DELIVERY_MOVES: Moves = {
    "accept": ((Delivery.State.WAITING,), Delivery.State.ACCEPTED),
    "deem": ((Delivery.State.WAITING,), Delivery.State.DEEMED),
    "send_back": ((Delivery.State.WAITING,), Delivery.State.SENT_BACK),
}

DELIVERY_VERBS: Mapping[str, Lazy | str] = {
    "accept": gettext_lazy("accept it"),
    "deem": gettext_lazy("take silence for acceptance"),
    "send_back": gettext_lazy("send it back"),
}


class MoveNotAllowed(refusals.Conflict):
    """It is not in a state from which this can be done; nothing was changed."""


def allowed(state: str, moves: Moves = MOVES) -> list[str]:
    """Return the verbs that a state allows."""
    return [verb for verb, (sources, _to) in moves.items() if state in sources]


def locked(promise: Promise) -> Promise:
    """Lock a promise, so that of two verbs at once the second sees the first; return it anew."""
    return Promise.objects.select_for_update(no_key=True).get(pk=promise.pk)


def demand(promise: Promise, verb: str) -> None:
    """Pass if a promise's state allows a verb.

    Raises:
        MoveNotAllowed: it does not.
    """
    if promise.state not in MOVES[verb][0]:
        raise not_allowed(promise, verb)


def demand_open(promise: Promise) -> None:
    """Pass if a promise's terms can still change: it is neither delivered nor ended.

    Raises:
        MoveNotAllowed: it is.
    """
    if promise.state not in Promise.OPEN:
        raise MoveNotAllowed(
            _("This promise is %(state)s, so its terms stay. %(possible)s Nothing was changed.")
            % {"state": promise.get_state_display(), "possible": _possible(promise.state)}
        )


def move(promise: Promise, verb: str, **changes: Any) -> Promise:
    """Make one move of a promise.

    Raises:
        MoveNotAllowed: it is in another state; nothing was changed.
    """
    return _move(promise, verb, MOVES, changes)


def move_proposal(proposal: Proposal, verb: str, **changes: Any) -> Proposal:
    """Make one move of a proposal; refuse as `move` does."""
    return _move(proposal, verb, PROPOSAL_MOVES, changes)


def move_delivery(delivery: Delivery, verb: str, **changes: Any) -> Delivery:
    """Make one move of a delivery; refuse as `move` does."""
    return _move(delivery, verb, DELIVERY_MOVES, changes)


def _move(row: Row, verb: str, moves: Moves, changes: Mapping[str, Any]) -> Row:
    sources, target = moves[verb]
    rows: models.Manager[Row] = type(row).objects
    moved = rows.filter(pk=row.pk, state__in=sources).update(state=target, **changes)
    row.refresh_from_db()
    if moved != 1:
        raise not_allowed(row, verb)
    return row


def not_allowed(row: Promise | Proposal | Delivery, verb: str) -> MoveNotAllowed:
    """Return the refusal of a move, which says what is possible instead."""
    moves, verbs, sentence = {
        Promise: (
            MOVES,
            VERBS,
            _("This promise is %(state)s, so you cannot %(verb)s. %(possible)s"),
        ),
        Proposal: (
            PROPOSAL_MOVES,
            PROPOSAL_VERBS,
            _("This proposal is %(state)s, so you cannot %(verb)s. %(possible)s"),
        ),
        Delivery: (
            DELIVERY_MOVES,
            DELIVERY_VERBS,
            _("This delivery is %(state)s, so you cannot %(verb)s. %(possible)s"),
        ),
    }[type(row)]
    told = sentence % {
        "state": row.get_state_display(),
        "verb": verbs[verb],
        "possible": _possible(row.state, moves, verbs),
    }
    return MoveNotAllowed(told + " " + _("Nothing was changed."))


def _possible(state: str, moves: Moves = MOVES, verbs: Mapping[str, Lazy | str] = VERBS) -> str:
    possible = [str(verbs[other]) for other in allowed(state, moves)]
    if not possible:
        return _("It is closed.")
    return _("What you can do: %(verbs)s.") % {"verbs": words.listed(possible)}

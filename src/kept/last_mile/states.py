"""Which moves an alarm can make: one table behind code, refusals, documents and generated tests."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.last_mile.models import Alarm
from kept.tenancy import refusals

State = Alarm.State

#: verb → (states it starts from, state it leads to)
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "climb": ((State.RAISED,), State.RAISED),
    "acknowledge": ((State.RAISED,), State.ACKNOWLEDGED),
    "answer": ((State.RAISED, State.ACKNOWLEDGED, State.ANSWERED), State.ANSWERED),
    "close": ((State.RAISED, State.ACKNOWLEDGED, State.ANSWERED), State.CLOSED),
}

#: What each verb is called on a button and in a refusal.
VERBS: Mapping[str, Lazy | str] = {
    "climb": gettext_lazy("take the next rung"),
    "acknowledge": gettext_lazy("say that you know"),
    "answer": gettext_lazy("answer it"),
    "close": gettext_lazy("close it"),
}


class MoveNotAllowed(refusals.Conflict):
    """The alarm is in another state by now; nothing was changed."""


def allowed(state: str, moves: Mapping[str, tuple[tuple[str, ...], str]] = MOVES) -> list[str]:
    """Return the verbs that a state allows."""
    return [verb for verb, (sources, _to) in moves.items() if state in sources]


def move(alarm: Alarm, verb: str, *, rung: int | None = None, **changes: Any) -> Alarm:
    """Make one move by a conditional update, so that of two at once exactly one wins.

    Args:
        rung: only if this is the next rung, so that each is climbed once.

    Raises:
        MoveNotAllowed: it is in another state; nothing was changed.
    """
    sources, target = MOVES[verb]
    found = Alarm.objects.filter(pk=alarm.pk, state__in=sources)
    if rung is not None:
        found = found.filter(next_rung=rung)
    if target != State.RAISED:
        changes |= {"next_rung": None, "next_at": None}
    moved = found.update(state=target, **changes)
    alarm.refresh_from_db()
    if moved != 1:
        raise MoveNotAllowed(_not_now(alarm, verb))
    return alarm


def _not_now(alarm: Alarm, verb: str) -> str:
    can = [str(VERBS[other]) for other in allowed(alarm.state) if other != verb]
    return _("This is %(state)s, so you cannot %(verb)s. %(possible)s Nothing was changed.") % {
        "state": State(alarm.state).label,
        "verb": VERBS[verb],
        "possible": _("What you can do: %(verbs)s.") % {"verbs": words.listed(can)}
        if can
        else _("It is over."),
    }

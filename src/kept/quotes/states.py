"""Which moves a quote can make; the one table behind code, refusals and documents."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.quotes.models import Quote
from kept.tenancy import refusals

State = Quote.State

#: verb → (states it starts from, state it leads to)
MOVES: dict[str, tuple[tuple[Quote.State, ...], Quote.State]] = {
    "offer": ((State.HELD,), State.OFFERED),
    "counter": ((State.OFFERED, State.COUNTERED), State.COUNTERED),
    "take": ((State.COUNTERED,), State.OFFERED),
    "keep": ((State.COUNTERED,), State.OFFERED),
    "accept": ((State.OFFERED, State.COUNTERED), State.ACCEPTED),
    "decline": ((State.OFFERED, State.COUNTERED), State.DECLINED),
    "withdraw": ((State.HELD, State.OFFERED, State.COUNTERED), State.WITHDRAWN),
    "lapse": ((State.HELD, State.OFFERED, State.COUNTERED), State.LAPSED),
}

#: What each verb is called on a button and in a refusal.
VERBS = {
    "offer": gettext_lazy("offer it"),
    "counter": gettext_lazy("record what the client proposes instead"),
    "take": gettext_lazy("offer what they wish"),
    "keep": gettext_lazy("stay with the offer"),
    "accept": gettext_lazy("record the client’s yes"),
    "decline": gettext_lazy("record the client’s no"),
    "withdraw": gettext_lazy("withdraw it"),
    "lapse": gettext_lazy("let it lapse"),
}


class MoveNotAllowed(refusals.Conflict):
    """The quote is not in a state from which this can be done."""


def allowed(quote: Quote) -> list[str]:
    """Return the verbs that a quote's state allows a person."""
    return [
        verb for verb, (sources, _to) in MOVES.items() if quote.state in sources and verb != "lapse"
    ]


def move(quote: Quote, verb: str, *, past: datetime | None = None, **changes: Any) -> Quote:
    """Make one move by a conditional update, so that of two at once exactly one wins.

    Args:
        past: only if its time had run out by then.

    Raises:
        MoveNotAllowed: the quote is in another state; nothing was changed.
    """
    sources, target = MOVES[verb]
    rows = Quote.objects.filter(pk=quote.pk, state__in=sources)
    if past is not None:
        rows = rows.filter(expires_at__lte=past)
    moved = rows.update(state=target, **changes)
    quote.refresh_from_db()
    if moved != 1:
        possible = [str(VERBS[other]) for other in allowed(quote)]
        raise MoveNotAllowed(
            _("This offer is %(state)s, so you cannot %(verb)s. %(possible)s Nothing was changed.")
            % {
                "state": Quote.State(quote.state).label,
                "verb": VERBS[verb],
                "possible": _("What you can do: %(verbs)s.") % {"verbs": words.listed(possible)}
                if possible
                else _("It is closed."),
            }
        )
    return quote

"""What can be done with a promise now: the buttons of its page."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kept.promises import states
from kept.promises.models import Promise, Proposal


@dataclass(frozen=True)
class Doing:
    """A button of the promise page."""

    name: str
    label: str


def doings(
    promise: Promise,
    *,
    proposal: Proposal | None,
    noticed: bool,
    thanked: bool,
    may_pause: bool,
    pause_noticed: bool,
    needs_news: bool,
    is_lead: bool,
) -> tuple[list[Doing], list[Doing]]:
    """Return what can be done, the main thing first, and what is rarely done."""
    can = states.allowed(promise.state)
    first: list[tuple[str, Any]] = []
    if proposal is not None and promise.state in Promise.OPEN:
        theirs = proposal.by_side == Proposal.From.CLIENT
        first += [
            ("agree", _("Say yes") if theirs else _("They said yes")),
            ("refuse", _("Say no") if theirs else _("They said no")),
        ]
        if not theirs:
            first.append(("withdraw", _("Withdraw it")))
    if "settle" in can:
        first += [("accept", _("They accepted it")), ("send_back", _("It came back"))]
        if not noticed:
            first.append(("notice", _("Give notice")))
    if "resume" in can:
        first += [("receive", _("It came")), ("resume", _("Go on without it"))]
    news = ("bad_news", _("Bad news"))
    if promise.state in Promise.OPEN and proposal is None and needs_news:
        first.append(news)
    if "deliver" in can:
        first.append(("deliver", _("Deliver")))
    if promise.state in Promise.OPEN and proposal is None:
        if not needs_news:
            first.append(news)
        first.append(("asked", _("They ask for another date")))
    if pause_noticed and "pause" in can:
        first.append(("call_off", _("Take the notice back")))
    elif may_pause and "pause" in can:
        first.append(("pause", _("Pause")))
    over = promise.state in ("settled", "released", "revoked")
    if over and not promise.again:
        first.append(("again", _("Would you promise it again?")))
    if promise.state == Promise.State.SETTLED and not thanked:
        first.append(("thank", _("Say thank you")))
    rare: list[tuple[str, Any]] = []
    if promise.state in Promise.OPEN:
        rare.append(("slip", _("One more day")))
    if promise.state != Promise.State.VOIDED:
        rare.append(("reason", _("Why it moved")))
    if "release" in can:
        rare.append(("release", _("They let us off")))
    if "revoke" in can and is_lead:
        rare.append(("revoke", _("We cannot")))
    return [Doing(*one) for one in first], [Doing(*one) for one in rare]

"""`kept move`: another date for a promise, told by us or asked for by the client."""

from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import Acting, AsOption, JsonOption, OrganisationOption, acting
from kept.cli.life import PromiseArgument, promise_of, tell

if TYPE_CHECKING:
    from kept.promises.models import Promise, Proposal

ANSWERS = ("agreed", "refused", "withdraw")


def move(
    promise: PromiseArgument,
    to: Annotated[str, typer.Option(metavar="D", help="The other date: 2026-12-18.")] = "",
    asked: Annotated[
        bool, typer.Option("--asked", help="The client asked for it; you answer.")
    ] = False,
    agreed: Annotated[bool, typer.Option("--agreed", help="The other side said yes.")] = False,
    refused: Annotated[bool, typer.Option("--refused", help="The other side said no.")] = False,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back what was told and not answered.")
    ] = False,
    word: Annotated[str, typer.Option(help="What the client said, in their words.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that the client was told of another date, or their wish; then note the answer.

    Told with fair notice and agreed, the date moves; the first terms stay. `--to` says that you
    told them now. A letter with odds and two ways out is written on the promise's page.
    """
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        found = promise_of(promise)
        said = [name for name in ANSWERS if {"agreed": agreed, "refused": refused,
                                             "withdraw": withdraw}[name]]  # fmt: skip
        if len(said) + bool(to) != 1:
            raise speaking.Stop(
                "Say --to with a date, or the answer: --agreed, --refused or --withdraw.",
                field="--to",
            )
        if to:
            _say(found, to, asked=asked, word=word, who=who)
        else:
            _answer(found, said[0], word=word, who=who)
        tell(found, now=who.now, as_json=as_json)


def _say(promise: "Promise", to: str, *, asked: bool, word: str, who: Acting) -> None:
    from django.db import transaction

    from kept.promises import proposing
    from kept.promises.models import Proposal
    from kept.promises.proposing import Way

    by, now = who.member, who.now
    due_at, _day_only = reading.due(to, now=now, zone=promise.zone, name="--to")
    if asked:
        proposing.ask(promise, wanted_at=due_at, word=word, by=by, now=now)
        return
    with transaction.atomic():  # drafted and told, or neither
        drafted = proposing.draft(promise, options=[Way(due_at=due_at)], by=by, now=now)
        proposing.tell(drafted, how=Proposal.How.SAID, by=by, now=now)


def _answer(promise: "Promise", said: str, *, word: str, who: Acting) -> None:
    from kept.promises import proposing

    proposal = _waiting(promise)
    by, now = who.member, who.now
    if said == "withdraw":
        proposing.withdraw(proposal, by=by, now=now)
    elif said == "refused":
        proposing.refuse(proposal, word=word, by=by, now=now)
    else:
        options = list(proposal.options.order_by("position"))
        if len(options) != 1:
            raise speaking.Stop(
                "Several ways were offered. Note on its page which one they chose.",
                status=speaking.NO,
            )
        proposing.agree(proposal, option=options[0], word=word, by=by, now=now)


def _waiting(promise: "Promise") -> "Proposal":
    from kept.promises import proposing

    found = proposing.waiting(promise)
    if found is None:
        raise speaking.Stop(
            "Nothing waits for an answer: it was answered or withdrawn before.",
            status=speaking.NO,
        )
    return found

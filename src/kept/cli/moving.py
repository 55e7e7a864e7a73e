"""`kept move` and `kept bad-news`: another date, told by us or asked for by the client."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from kept.cli import reading, speaking
from kept.cli.acting import Acting, AsOption, JsonOption, OrganisationOption, acting
from kept.cli.life import PromiseArgument, promise_of, tell

if TYPE_CHECKING:
    from datetime import datetime

    from kept.clients.models import Contact
    from kept.last_mile.bad_news import Sheet
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
    option: Annotated[
        int,
        typer.Option(
            metavar="NUMBER", help="With --agreed, which of several ways: 1 for the first.", min=0
        ),
    ] = 0,
    word: Annotated[str, typer.Option(help="What the client said, in their words.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Note that the client was told of another date, or their wish; then note the answer.

    Told with fair notice and agreed, the date moves; the first terms stay. `--to` says that you
    told them now; `kept bad-news` writes them a letter with odds and two ways out.
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
            _answer(found, said[0], option=option, word=word, who=who)
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


def _answer(promise: "Promise", said: str, *, option: int, word: str, who: Acting) -> None:
    from kept.promises import proposing

    proposal = _waiting(promise)
    by, now = who.member, who.now
    if said == "withdraw":
        proposing.withdraw(proposal, by=by, now=now)
    elif said == "refused":
        proposing.refuse(proposal, word=word, by=by, now=now)
    else:
        options = list(proposal.options.order_by("position"))
        if option > len(options) or (option == 0 and len(options) != 1):
            listed = "; ".join(
                f"{number}: {_way(each.due_at, each.words, promise)}"
                for number, each in enumerate(options, start=1)
            )
            raise speaking.Stop(
                f"Say with --option which way they chose. {listed}. Nothing was noted.",
                field="--option",
            )
        chosen = options[max(option, 1) - 1]
        proposing.agree(proposal, option=chosen, word=word, by=by, now=now)


def _way(due_at: "datetime", told: str, promise: "Promise") -> str:
    from kept import words

    return " ".join(filter(None, (words.moment(due_at, promise.zone), told)))


def _waiting(promise: "Promise") -> "Proposal":
    from kept.promises import proposing

    found = proposing.waiting(promise)
    if found is None:
        raise speaking.Stop(
            "Nothing waits for an answer: it was answered or withdrawn before.",
            status=speaking.NO,
        )
    return found


def bad_news(
    promise: PromiseArgument,
    to: Annotated[
        str,
        typer.Option(metavar="D", help="For when all of it; left out, the first date sure enough."),
    ] = "",
    why: Annotated[
        str,
        typer.Option(
            metavar="CATEGORY",
            help="client_material, client_change, estimate, third_party, away, capacity, quality, "
            "changed_mind or other.",
        ),
    ] = "",
    stated: Annotated[
        str, typer.Option(help="Why, in a sentence about the work; the letter ends with it.")
    ] = "",
    subject: Annotated[str, typer.Option(help="Of the letter, instead of the one shown.")] = "",
    letter: Annotated[
        typer.FileText | None,
        typer.Option(metavar="FILE", help="The letter, instead of the one shown; - to type it."),
    ] = None,
    contact: Annotated[
        str, typer.Option(metavar="WHO", help="Who gets it, if not the promise's own reader.")
    ] = "",
    send: Annotated[
        bool, typer.Option("--send", help="Send it; without, it is only shown.")
    ] = False,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write bad news in time: the odds, two ways out, and the letter; send it.

    Nothing is kept or sent without --send. The client answers by the link in the letter; what
    they say otherwise is noted with `kept move`.
    """
    with acting(organisation, email, as_json=as_json, changes=send) as who:
        from django.db import transaction

        from kept.clients import keeping
        from kept.last_mile import bad_news as sheets
        from kept.promises import states
        from kept.promises.models import Reason

        found = promise_of(promise)
        states.demand_open(found)
        if (why or send) and why not in Reason.Category.values:
            listed = ", ".join(Reason.Category.values)
            raise speaking.Stop(f"Say with --why what it was: {listed}.", field="--why")
        whole_at = None
        if to:
            whole_at, _day_only = reading.due(to, now=who.now, zone=found.zone, name="--to")
        with transaction.atomic():  # all of it, or nothing
            reader = None
            if contact:
                reader = keeping.find_or_add_contact(
                    found.client, contact, by=who.member, now=who.now
                )
            sheet = sheets.written(found, now=who.now, to=reader, whole_at=whole_at, reason=stated)
            if sheet is None:
                raise speaking.Stop(
                    "No later date can be offered: the work cannot be forecast, or the date is "
                    "not later than what was promised. What was said in person is noted by "
                    "kept move --to.",
                    status=speaking.NO,
                )
            sheet = replace(
                sheet,
                subject=subject or sheet.subject,
                body=sheet.body if letter is None else letter.read(),
            )
            if send:
                _send(sheet, to=reader, why=why, stated=stated, who=who)
            else:
                transaction.set_rollback(True)
        _show(sheet, sent=send, as_json=as_json)


def _send(sheet: "Sheet", *, to: "Contact | None", why: str, stated: str, who: Acting) -> None:
    from kept.promises import proposing, reasons
    from kept.promises.models import Proposal, Reason

    promise, by, now = sheet.promise, who.member, who.now
    reason = reasons.give(promise, category=Reason.Category(why), stated=stated, by=by, now=now)
    drafted = proposing.draft(
        promise,
        options=sheet.options,
        contact=to,
        reason=reason,
        chance=sheet.chance,
        subject=sheet.subject,
        body=sheet.body,
        by=by,
        now=now,
    )
    proposing.tell(drafted, how=Proposal.How.LINK, by=by, now=now)
    proposing.withdraw_prepared(promise, by=by, now=now)


def _show(sheet: "Sheet", *, sent: bool, as_json: bool) -> None:
    from kept import words

    promise = sheet.promise
    if as_json:
        speaking.document(
            {
                "promise": promise.pk,
                "chance": sheet.chance,
                "options": [
                    {"due_at": way.due_at, "chance": way.chance, "words": way.words}
                    for way in sheet.options
                ],
                "subject": sheet.subject,
                "body": sheet.body,
                "sent": sent,
            }
        )
        return
    if sheet.chance is not None:
        due = words.moment(promise.due_at, promise.zone)
        speaking.say(f"{words.percent(sheet.chance)} for {due}, as promised.")
    for number, way in enumerate(sheet.options, start=1):
        odds = "" if way.chance is None else f", {words.percent(way.chance)}"
        speaking.say(f"{number}: {_way(way.due_at, way.words, promise)}{odds}")
    speaking.say(f"\nSubject: {sheet.subject}\n\n{sheet.body}\n")
    speaking.say("Sent." if sent else "Nothing was sent. Add --send to send it.")

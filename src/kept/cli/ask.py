"""`kept ask`: what a client asked and nobody can answer at once: “we answer by …”."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from kept.quotes.models import HoldingReply


def ask(
    line: Annotated[
        str,
        typer.Argument(
            metavar="'WHAT for CLIENT by WHEN'",
            help="What they asked, and by when they get an answer. Left out: what is owed.",
        ),
    ] = "",
    to: Annotated[
        str, typer.Option(metavar="EMAIL", help="The contact who is told so by letter.")
    ] = "",
    answered: Annotated[
        int, typer.Option(metavar="REPLY", help="The client was answered; its number.", min=0)
    ] = 0,
    withdrawn: Annotated[
        int, typer.Option(metavar="REPLY", help="No answer is wanted any more.", min=0)
    ] = 0,
    quote: Annotated[
        int, typer.Option(metavar="QUOTE", help="With --answered: the offer that answers.", min=0)
    ] = 0,
    word: Annotated[str, typer.Option(help="What was answered, in a word.")] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Promise a client an answer by a day, and note when it was given."""
    with acting(organisation, email, as_json=as_json, changes=False) as who:
        from kept.quotes import replying
        from kept.quotes.models import Quote

        if answered or withdrawn:
            found = _reply(answered or withdrawn)
            if withdrawn:
                done = replying.withdraw(found, word=word, by=who.member, now=who.now)
            else:
                offer = Quote.objects.filter(pk=quote).first() if quote else None
                if quote and offer is None:
                    raise speaking.Stop(f"There is no quote {quote} here.", field="--quote")
                done = replying.answer(found, quote=offer, word=word, by=who.member, now=who.now)
            _tell([done], as_json=as_json)
        elif line:
            _tell([_given(line, to, who)], as_json=as_json)
        else:
            _tell(replying.due(until=who.now.replace(year=9000)), as_json=as_json, several=True)


def _given(line: str, to: str, who: Any) -> "HoldingReply":
    from django.db import transaction

    from kept.clients import keeping
    from kept.quotes import replying

    read = reading.line_of(line, now=who.now, zone=who.house.zone)
    if read.wanted_on is None or not read.what or not (read.client or read.client_name):
        raise speaking.Stop(
            "Say what, for whom and by when: 'A new site for Harbour Clinic by Friday'. "
            "Nothing was saved.",
            field="LINE",
        )
    with transaction.atomic():
        client = read.client or keeping.find_or_add(read.client_name, by=who.member, now=who.now)
        contact = client.contacts.filter(email__iexact=to).first() if to else None
        if to and contact is None:
            raise speaking.Stop(
                f"Nobody at {client.name} has the address “{to}”. Nothing was saved.", field="--to"
            )
        due_at = reading.wanted(read, None, now=who.now, zone=client.zone)
        assert due_at is not None
        return replying.give(
            client=client,
            contact=contact,
            what=read.what,
            due_at=due_at,
            by=who.member,
            now=who.now,
        )


def _reply(key: int) -> "HoldingReply":
    from kept.quotes.models import HoldingReply

    found = HoldingReply.objects.select_related("client").filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no holding reply {key} here.", field="REPLY")
    return found


def _tell(rows: "list[HoldingReply]", *, as_json: bool, several: bool = False) -> None:
    from kept import words

    if as_json:
        told = [
            {
                "id": row.pk,
                "kind": "holding_reply",
                "what": row.what,
                "client": row.client.name,
                "state": str(row.state),
                "due_at": row.due_at,
                "answered_at": row.answered_at,
            }
            for row in rows
        ]
        speaking.document({"holding_replies": told} if several else told[0])
        return
    for row in rows:
        speaking.say(
            f"reply {row.pk}: {row.what} for {row.client.name}, by "
            f"{words.moment(row.due_at, row.zone)}, {row.get_state_display()}"
        )
    if not rows:
        speaking.say("Nobody waits for an answer.")

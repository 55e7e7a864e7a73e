"""`kept hold`, `kept offer`, `kept counter` and `kept accept`: from an answer to a promise."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from kept.cli import reading, speaking
from kept.cli.acting import AsOption, JsonOption, OrganisationOption, acting

if TYPE_CHECKING:
    from decimal import Decimal

    from kept.quotes.models import Quote

QuoteArgument = Annotated[int, typer.Argument(metavar="QUOTE", help="The quote's number.", min=1)]


def hold(
    answer: Annotated[int, typer.Argument(metavar="ANSWER", help="The answer's number.", min=1)],
    date: Annotated[
        str,
        typer.Option(metavar="D", help="The date to hold: 2026-12-18, or 'Fri 18 Dec 15:00'."),
    ],
    risk: Annotated[
        str, typer.Option(help="A lead's word, if the date is held although it does not stand.")
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Hold the capacity that one date of an answer needs."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.quotes import offering
        from kept.quotes.models import Answer

        found = Answer.objects.select_related("job", "client").filter(pk=answer).first()
        if found is None:
            raise speaking.Stop(f"There is no answer {answer} here.", field="ANSWER")
        due_at, _day_only = reading.due(date, now=who.now, zone=found.zone, name="--date")
        quote = offering.hold(
            answer=found, due_at=due_at, risk_reason=risk, by=who.member, now=who.now
        )
        _tell(quote, as_json=as_json)


def offer(
    quote: QuoteArgument,
    sign: Annotated[
        str, typer.Option(help="A lead's word, if it goes out though not everybody said yes.")
    ] = "",
    to: Annotated[
        str,
        typer.Option(
            metavar="EMAIL",
            help="The contact who gets it by letter, with a link to answer it. "
            "Left out, they were told in person.",
        ),
    ] = "",
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="D[=PRICE]",
            help="A later date that they may choose instead, and its price if it is another: "
            "2026-12-23=4800; may be repeated.",
        ),
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a held date to a contact of the client, or say that they were told in person.

    Everybody who owns a part of it must have said yes before, or a lead signs with --sign.
    """
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from django.db import transaction

        from kept.quotes import choosing, offering
        from kept.tenancy import refusals

        found = _quote(quote)
        contact = found.client.contacts.filter(email__iexact=to).first() if to else None
        if to and contact is None:
            raise speaking.Stop(
                f"Nobody at {found.client.name} has the address “{to}”. Nothing was offered.",
                field="--to",
            )
        try:
            with transaction.atomic():  # offered with all of its choices, or not at all
                for text in also or []:
                    day, _equals, price = text.partition("=")
                    due_at = reading.due(day, now=who.now, zone=found.zone, name="--also")[0]
                    choosing.add(
                        found, due_at=due_at, price=_price(price), by=who.member, now=who.now
                    )
                offered = offering.offer(
                    quote=found, contact=contact, gap_reason=sign, by=who.member, now=who.now
                )
        except refusals.Refused as refused:
            if refused.field != "gap_reason":
                raise
            raise speaking.Stop(refused.sentence, status=speaking.NO, field="--sign") from refused
        _tell(offered, as_json=as_json)


def counter(
    quote: QuoteArgument,
    date: Annotated[
        str, typer.Option(metavar="D", help="The date they would like: 2026-12-18, 'Fri 18 Dec'.")
    ] = "",
    lines: Annotated[str, typer.Option(help="What they would leave out or add.")] = "",
    word: Annotated[str, typer.Option(help="What the client said, in their words.")] = "",
    take: Annotated[
        bool, typer.Option("--take", help="Answer what they proposed: offer the date they wish.")
    ] = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="Answer what they proposed: stay with the offer.")
    ] = False,
    risk: Annotated[
        str, typer.Option(help="A lead's word, if --take offers a date that does not stand.")
    ] = "",
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what the client proposes instead of an offer, or answer it.

    With --take the date is computed and held anew first; --date names another one than theirs.
    """
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept.quotes import countering

        if take and keep:
            raise speaking.Stop("Say --take or --keep, not both.", field="--keep")
        found = _quote(quote)
        wanted_at = (
            reading.due(date, now=who.now, zone=found.zone, name="--date")[0] if date else None
        )
        by, now = who.member, who.now
        if take:
            countering.take(quote=found, due_at=wanted_at, risk_reason=risk, by=by, now=now)
        elif keep:
            countering.keep(quote=found, word=word, by=by, now=now)
        else:
            countering.counter(
                quote=found, wanted_at=wanted_at, lines=lines, word=word, by=by, now=now
            )
        _tell(found, as_json=as_json)


def accept(
    quote: QuoteArgument,
    word: Annotated[str, typer.Option(help="What the client said, in their words.")] = "",
    choice: Annotated[
        int | None,
        typer.Option(help="What they chose beside the date held: 1 for the first.", min=1),
    ] = None,
    organisation: OrganisationOption = None,
    email: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record the client's yes: the quote becomes a promise."""
    with acting(organisation, email, as_json=as_json, changes=True) as who:
        from kept import words
        from kept.quotes import accepting

        found = _quote(quote)
        option = None if choice is None else found.options.filter(position=choice).first()
        if choice is not None and option is None:
            raise speaking.Stop(f"There is no choice {choice} in this offer.", field="--choice")
        promise = accepting.accept(
            quote=found, word=word, option=option, by=who.member, now=who.now
        )
        if as_json:
            speaking.document(
                {
                    "id": promise.pk,
                    "kind": "promise",
                    "what": promise.job.title,
                    "client": promise.client.name,
                    "due_at": promise.due_at,
                    "quote": quote,
                }
            )
        else:
            speaking.say(
                f"promise {promise.pk}: {promise.job.title} for {promise.client.name}, "
                f"{words.moment(promise.due_at, promise.zone)}"
            )


def _price(text: str) -> "Decimal | None":
    from decimal import Decimal, InvalidOperation

    if not text:
        return None
    try:
        return Decimal(text).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise speaking.Stop(f"“{text}” is not a price. Write it like 4800.", field="--also") from (
            None
        )


def _quote(key: int) -> "Quote":
    from kept.quotes.models import Quote

    rows = Quote.objects.select_related("job", "client", "hold", "answer")
    found = rows.filter(pk=key).first()
    if found is None:
        raise speaking.Stop(f"There is no quote {key} here.", field="QUOTE")
    return found


def _tell(quote: "Quote", *, as_json: bool) -> None:
    from kept import words

    if as_json:
        told: dict[str, Any] = {
            "id": quote.pk,
            "kind": "quote",
            "state": str(quote.state),
            "what": quote.job.title,
            "client": quote.client.name,
            "due_at": quote.due_at,
            "chance": quote.chance_when_given,
            "expires_at": quote.expires_at,
        }
        speaking.document(told)
        return
    speaking.say(
        f"quote {quote.pk}: {quote.job.title} for {quote.client.name}, "
        f"{words.moment(quote.due_at, quote.zone)}, {words.percent(quote.chance_when_given)}"
    )
    house = quote.organisation
    speaking.say(f"{quote.get_state_display()} until {words.moment(quote.expires_at, house.zone)}")

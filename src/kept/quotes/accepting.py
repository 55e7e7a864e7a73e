"""The client's word on an offer, recorded by a member: a yes makes it a promise."""

from datetime import datetime

from django.db import transaction

from kept.clients.models import Client
from kept.jobs import owning
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import recording as promising
from kept.promises.models import Placement, Promise
from kept.quotes import offering, onset, states
from kept.quotes.models import Quote
from kept.tenancy import scope
from kept.tenancy.models import Organisation


def accept(
    *,
    quote: Quote,
    by: Member,
    now: datetime,
    word: str = "",
    last_mile_owner: Member | None = None,
) -> Promise:
    """Record the client's yes. Before the offer expires it always counts.

    The capacity was held, so nothing is computed and nothing can refuse it; if
    the odds fell meanwhile, the next outlook says so to the house. An offer
    that was only held is offered in the same breath. Where an owner has not
    said yes the promise is pending until they do.

    Args:
        last_mile_owner: who sees it over the line; if that is somebody else who was not asked
            yet, they are asked, and it is `by` until they say yes.

    Raises:
        Lapsed: the offer's time has run out.
        MoveNotAllowed: it was answered or withdrawn before.
    """
    access.demand(by, Role.MEMBER)
    offering.lapse_if_expired(quote, now=now)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        quote.refresh_from_db()
        if quote.state == Quote.State.HELD:
            offering.told(quote=quote, gate=onset.state_of(quote, giver=by).gate, by=by, now=now)
        if quote.state not in states.MOVES["accept"][0]:
            states.move(quote, "accept")  # says why it cannot be
        if last_mile_owner is not None and last_mile_owner != onset.last_mile_owner(quote):
            onset.ask_owners(quote, {None: last_mile_owner}, by=by, now=now)
        state, gate = onset.after_yes(quote, giver=by)
        if gate != Promise.Gate.SILENT:
            owning.say_yes_to_own(quote.job, by=by, now=now)
        held, client = quote.hold, quote.client
        held.ended_at = now
        held.save(update_fields=["ended_at"])
        won = client.standing == Client.Standing.PROSPECT
        if won:
            client.standing = Client.Standing.CLIENT
            client.save(update_fields=["standing"])
        promise = promising.give(
            job=quote.job,
            client=client,
            due_at=quote.due_at,
            internal_due_at=quote.internal_due_at,
            day_only=quote.day_only,
            zone=quote.zone,
            origin=Promise.Origin.QUOTE,
            placement=Placement(quote.placement),
            last_mile_owner=onset.last_mile_owner(quote),
            state=state,
            gate=gate,
            chance=quote.chance_when_given,
            even_chances_at=quote.even_chances_at,
            by=by,
            now=now,
        )
        states.move(quote, "accept", answered_at=now, promise=promise, word=word.strip())
        recording.record(
            Event.Kind.QUOTE_ACCEPTED,
            about=quote,
            by=by,
            at=now,
            rows=[quote, held, *([client] if won else [])],
            promise=promise,
            chance=quote.chance_when_given,
        )
    return promise


def decline(*, quote: Quote, by: Member, now: datetime, word: str = "") -> Quote:
    """Record the client's no; the capacity is free again.

    Raises:
        MoveNotAllowed: it was answered or withdrawn before.
    """
    access.demand(by, Role.MEMBER)
    offering.lapse_if_expired(quote, now=now)
    with transaction.atomic():
        if quote.state == Quote.State.HELD:
            offering.told(quote=quote, gate=onset.state_of(quote, giver=by).gate, by=by, now=now)
        states.move(quote, "decline", answered_at=now, word=word.strip())
        offering.close(quote, kind=Event.Kind.QUOTE_DECLINED, by=by, now=now)
    return quote

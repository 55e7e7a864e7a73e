"""The client's word on an offer, by their own link or recorded by a member: yes or no."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kept.clients.models import Client, Contact
from kept.jobs import owning
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import recording as promising
from kept.promises.models import Placement, Promise
from kept.promises.terms import internal_date
from kept.quotes import offering, onset, states, writing
from kept.quotes.models import Quote, QuoteOption
from kept.tenancy import given, refusals, scope
from kept.tenancy.models import Organisation


class NotTheirOffer(refusals.NotFound):
    """The offer was made to somebody else."""


def accept(
    *,
    quote: Quote,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    word: str = "",
    last_mile_owner: Member | None = None,
    option: QuoteOption | None = None,
) -> Promise:
    """Record the client's yes. Before the offer expires it always counts.

    The capacity was held, so nothing is computed and nothing can refuse it; if
    the odds fell meanwhile, the next outlook says so to the house. An offer
    that was only held is offered in the same breath. Where an owner has not
    said yes the promise is pending until they do.

    Args:
        by: the member who writes down what the client said.
        contact: whoever said it themselves, by link; then `by` stays empty.
        last_mile_owner: who sees it over the line; if that is somebody else who was not asked
            yet, they are asked, and it is `by` until they say yes.
        option: what they chose of the offer; left out, the date that is held.

    Raises:
        Refused: the choice belongs to another offer.
        Lapsed: the offer's time has run out.
        MoveNotAllowed: it was answered or withdrawn before.
        NotTheirOffer: the contact is not the one it was offered to.
    """
    word = said_by(quote, by=by, contact=contact, word=word)
    offering.lapse_if_expired(quote, now=now)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        quote.refresh_from_db()
        if option is not None and option.quote_id != quote.pk:
            raise refusals.Refused(_("This belongs to another offer."), field="option")
        chosen = _chosen(quote, option)
        if quote.state == Quote.State.HELD and by is not None:
            offering.told(quote=quote, gate=onset.state_of(quote, giver=by).gate, by=by, now=now)
        if quote.state not in states.MOVES["accept"][0]:
            states.move(quote, "accept")  # says why it cannot be
        giver = by or _still_here(quote.offered_by)
        if (
            by is not None
            and last_mile_owner is not None
            and last_mile_owner != onset.last_mile_owner(quote)
        ):
            onset.ask_owners(quote, {None: last_mile_owner}, by=by, now=now)
        state, gate = onset.after_yes(quote, giver=giver)
        if gate != Promise.Gate.SILENT and giver is not None:
            # Whoever gave the date said yes to stages of their own by giving it.
            owning.say_yes_to_own(quote.job, by=giver, now=now)
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
            contact=quote.contact,
            due_at=chosen["due_at"],
            internal_due_at=chosen["internal_due_at"],
            day_only=chosen["day_only"],
            zone=quote.zone,
            origin=Promise.Origin.QUOTE,
            placement=Placement(chosen["placement"]),
            last_mile_owner=onset.last_mile_owner(quote) or giver or _owner_of_the_house(),
            state=state,
            gate=gate,
            chance=chosen["chance_when_given"],
            even_chances_at=chosen["even_chances_at"],
            left_out=_left_out(option),
            by=by,
            now=now,
        )
        states.move(
            quote,
            "accept",
            answered_at=now,
            answered_by_contact=contact,
            promise=promise,
            word=word,
            **chosen,
        )
        counters = offering.close_counters(quote, now=now)
        recording.record(
            Event.Kind.QUOTE_ACCEPTED,
            about=quote,
            by=by,
            at=now,
            rows=[quote, held, *counters, *([client] if won else [])],
            promise=promise,
            chance=quote.chance_when_given,
            facts={
                "contact": None if contact is None else contact.pk,
                **({} if option is None else {"option": option.pk}),
            },
        )
        writing.accepted(quote, promise, option=option, by=by, now=now)
    return promise


def _chosen(quote: Quote, option: QuoteOption | None) -> dict[str, Any]:
    """Return what of an offer is promised: as it is held, or as the client chose."""
    source = quote if option is None else option
    house = scope.current()
    moved = option is not None and option.due_at != quote.due_at
    return {
        "due_at": source.due_at,
        "internal_due_at": internal_date(source.due_at, now=quote.held_at, house=house)
        if moved
        else quote.internal_due_at,
        "day_only": offering.is_day_end(source.due_at, quote.zone, house)
        if moved
        else quote.day_only,
        "placement": source.placement,
        "chance_when_given": quote.chance_when_given if option is None else option.chance,
        "even_chances_at": source.even_chances_at,
        "price": source.price,
    }


def _left_out(option: QuoteOption | None) -> list[int]:
    if option is None:
        return []
    return list(option.left_out.values_list("condition_id", flat=True))


def _still_here(member: Member | None) -> Member | None:
    return member if member is not None and member.left_at is None else None


def _owner_of_the_house() -> Member | None:
    """Return who is asked when whoever gave the date has left: a promise is never nobody's."""
    owners = Member.objects.filter(role=Role.OWNER, left_at__isnull=True)
    return owners.order_by("pk").first()


def decline(
    *,
    quote: Quote,
    by: Member | None = None,
    contact: Contact | None = None,
    now: datetime,
    word: str = "",
) -> Quote:
    """Record the client's no; the capacity is free again.

    Args:
        by: the member who writes down what the client said.
        contact: whoever said it themselves, by link; then `by` stays empty.

    Raises:
        Lapsed: the offer's time has run out.
        MoveNotAllowed: it was answered or withdrawn before.
        NotTheirOffer: the contact is not the one it was offered to.
    """
    word = said_by(quote, by=by, contact=contact, word=word)
    offering.lapse_if_expired(quote, now=now)
    with transaction.atomic():
        if quote.state == Quote.State.HELD and by is not None:
            offering.told(quote=quote, gate=onset.state_of(quote, giver=by).gate, by=by, now=now)
        states.move(quote, "decline", answered_at=now, answered_by_contact=contact, word=word)
        offering.close(quote, kind=Event.Kind.QUOTE_DECLINED, by=by, now=now)
        if by is None:
            writing.declined(quote, now=now)
    return quote


def said_by(quote: Quote, *, by: Member | None, contact: Contact | None, word: str) -> str:
    """Pass if a member writes it down, or the contact who has the offer says it; return the word.

    Raises:
        NotAllowed: the member only reads.
        NotTheirOffer: the contact is not the one it was offered to.
    """
    if (by is None) == (contact is None):
        raise ValueError("either a member writes it down, or the contact says it")
    if by is not None:
        access.demand(by, Role.MEMBER)
    elif contact is None or quote.contact_id != contact.pk:
        raise NotTheirOffer(_("There is no such offer for you."))
    return given.paragraphs(word, called=_("The word"), field="word", longest=5000)

"""What a client can check for themselves: their promises, as the ledger holds them.

An extract gives the headers of the client's own events in the clear and every
other event as a bare digest, so that the whole chain can be followed to its
signed head. Nothing of other clients is in it, no effort, no chances and no
names of people here. `docs/reference/check_extract.py` checks one with plain
Python; nothing of kept is needed for it.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q

from kept.clients.models import Client, Contact
from kept.ledger import heads, recording
from kept.ledger.models import Event, Head
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Occurrence, Promise, StandingPromise
from kept.quotes.models import HoldingReply, Quote
from kept.tenancy import scope
from kept.tenancy.models import Scoped

#: Another form of the file gets another number.
FORM = 1

Kind = Event.Kind

#: Kinds of events that a client took part in or was told of. What a house does among itself
#: (who owns what, forecasts, reasons, slips, drafts) is given as a bare digest, and so is every
#: kind that nobody put on this list.
READ_BY_CLIENTS = (
    Kind.QUOTE_OFFERED,
    Kind.QUOTE_COUNTERED,
    Kind.COUNTER_ANSWERED,
    Kind.QUOTE_ACCEPTED,
    Kind.QUOTE_DECLINED,
    Kind.QUOTE_WITHDRAWN,
    Kind.QUOTE_LAPSED,
    Kind.HOLDING_REPLY_GIVEN,
    Kind.HOLDING_REPLY_ANSWERED,
    Kind.HOLDING_REPLY_WITHDRAWN,
    Kind.PROMISE_RECORDED,
    Kind.PROMISE_ACTIVATED,
    Kind.PROMISE_RELEASED,
    Kind.PROMISE_REVOKED,
    Kind.PROMISE_VOIDED,
    Kind.PAUSE_NOTICED,
    Kind.PAUSE_CALLED_OFF,
    Kind.PROMISE_PAUSED,
    Kind.PROMISE_RESUMED,
    Kind.PROMISE_DELIVERED,
    Kind.DELIVERY_NOTICED,
    Kind.DELIVERY_ACCEPTED,
    Kind.DELIVERY_DEEMED,
    Kind.DELIVERY_SENT_BACK,
    Kind.CLIENT_THANKED,
    Kind.PROPOSAL_TOLD,
    Kind.PROPOSAL_AGREED,
    Kind.PROPOSAL_REFUSED,
    Kind.LETTER_WRITTEN,
    Kind.STANDING_MADE,
    Kind.STANDING_ENDED,
    Kind.OCCURRENCES_MADE,
    Kind.OCCURRENCE_DONE,
    Kind.OCCURRENCE_RELEASED,
    Kind.OCCURRENCE_REOPENED,
)


def of(client: Client, *, by: Member, now: datetime) -> dict[str, Any]:
    """Return the extract of one client, ready to be written as JSON.

    Raises:
        NotAllowed: only owners hand out extracts.
    """
    access.demand(by, Role.OWNER)
    return _written(client.name, Q(client=client), now=now)


def for_contact(contact: Contact, *, now: datetime) -> dict[str, Any]:
    """Return the extract of what one contact was offered and promised, and of nobody else's."""
    return _written(contact.client.name, Q(client=contact.client_id, contact=contact), now=now)


def _written(name: str, whose: Q, *, now: datetime) -> dict[str, Any]:
    house = scope.current()
    titles = dict(Promise.objects.filter(whose).values_list("pk", "job__title"))
    recurring = dict(StandingPromise.objects.filter(whose).values_list("pk", "what"))
    head = Head.objects.filter(organisation=house).first() or Head(organisation=house)
    return {
        "form": FORM,
        "house": {"organisation": house.pk, "name": house.name},
        "client": name,
        "made_at": recording.plain(now),
        "public_key": heads.public_key(),
        "head": {
            "number": head.number,
            "digest": head.digest,
            "signature": heads.signature_of(head.number, head.digest),
        },
        # What the promises are called stands beside the chain, where it can be erased.
        "titles": {str(key): title for key, title in sorted(titles.items())},
        "recurring": {str(key): title for key, title in sorted(recurring.items())},
        "events": list(_events(whose, set(titles), until=head.number)),
    }


def _events(whose: Q, promises: set[int], *, until: int) -> Iterator[str | dict[str, Any]]:
    """Yield each event up to the head: header and hidden digest of theirs, else a bare digest."""
    theirs = set(
        Event.objects.filter(kind__in=READ_BY_CLIENTS)
        .filter(
            Q(promise_id__in=promises)
            | _about(Quote, whose)
            | _about(HoldingReply, whose)
            | _about(StandingPromise, whose)
            | _about(Occurrence, Q(standing__in=StandingPromise.objects.filter(whose).values("pk")))
        )
        .values_list("number", flat=True)
    )
    for event in Event.objects.filter(number__lte=until).order_by("number").iterator(500):
        if event.number in theirs:
            yield {"header": recording.header_of(event), "hidden": recording.inner_of(event)}
        else:
            yield recording.body_of(event)


def _about(table: type[Scoped], whose: Q) -> Q:
    keys = table.objects.filter(whose).values("pk")
    return Q(about_table=recording.table_of(table), about_id__in=keys)

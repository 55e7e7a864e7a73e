"""Holding replies: “we answer by …”, a small promise with a clock of its own.

For an ask too little is known about. It reserves nothing, and counts in a
figure of its own: answers promised are not work promised.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words
from kept.clients.models import Client, Contact
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import ToldHow
from kept.quotes import writing
from kept.quotes.models import HoldingReply, Quote
from kept.tenancy import given, refusals

State = HoldingReply.State

#: verb → (states it starts from, state it leads to)
MOVES: dict[str, tuple[tuple[HoldingReply.State, ...], HoldingReply.State]] = {
    "answer": ((State.OPEN,), State.ANSWERED),
    "withdraw": ((State.OPEN,), State.WITHDRAWN),
}


class AnsweredAlready(refusals.Conflict):
    """The reply was answered or taken back before."""


class NotOfThisClient(refusals.Refused):
    """The contact, or the offer, is another client's."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How often an answer came by when it was promised.

    Attributes:
        due: promised answers whose moment has passed or that were given; withdrawn ones apart.
        on_time: given by then.
        late: given later.
        owed: still owed though the moment has passed.
        open: still to come.
    """

    due: int
    on_time: int
    late: int
    owed: int
    open: int


def give(
    *,
    client: Client,
    what: str,
    due_at: datetime,
    by: Member,
    now: datetime,
    contact: Contact | None = None,
    owner: Member | None = None,
    send: bool = True,
) -> HoldingReply:
    """Say by when the client gets an answer; a contact is told by letter.

    Args:
        contact: who is told; None, somebody at the client was told in person.
        owner: who answers; left out, whoever says it.
        send: write the contact a letter; else they were told in person.

    Raises:
        NoAddress: the contact has no address, or is archived, so that no letter can go.
        Refused: the moment has gone by, or a text that cannot be.
        NotOfThisClient: the contact is another client's.
    """
    access.demand(by, Role.MEMBER)
    due_at = given.moment(due_at, called=_("The day"), field="due")
    if due_at <= now:
        raise refusals.Refused(
            _("%(moment)s has gone by. Say a later moment.")
            % {"moment": words.moment(due_at, client.zone, today=now)},
            field="due",
        )
    if contact is not None and contact.client_id != client.pk:
        raise NotOfThisClient(
            _("%(name)s is not somebody at %(client)s. Nothing was saved.")
            % {"name": contact.name, "client": client.name},
            field="contact",
        )
    with transaction.atomic():
        reply = HoldingReply.objects.create(
            client=client,
            contact=contact,
            what=given.one_line(what, called=_("What they asked"), field="what", longest=200),
            due_at=due_at,
            zone=client.zone,
            given_at=now,
            given_by=by,
            owner=owner or by,
        )
        recording.record(
            Event.Kind.HOLDING_REPLY_GIVEN,
            about=reply,
            by=by,
            at=now,
            rows=[reply],
            facts={
                "due_at": recording.plain(due_at),
                "how": str(ToldHow.SAID if contact is None or not send else ToldHow.LINK),
            },
        )
        if send:
            writing.holding(reply, by=by, now=now)
    return reply


def answer(
    reply: HoldingReply, *, by: Member, now: datetime, quote: Quote | None = None, word: str = ""
) -> HoldingReply:
    """Note that the client was answered, now: with an offer, or in a word.

    Raises:
        AnsweredAlready: they were, or do not want it any more.
        NotOfThisClient: the offer is another client's.
    """
    if quote is not None and quote.client_id != reply.client_id:
        raise NotOfThisClient(
            _("That offer is not for %(client)s. Nothing was changed.")
            % {"client": reply.client.name},
            field="quote",
        )
    return _end(reply, "answer", Event.Kind.HOLDING_REPLY_ANSWERED, by, now, word, quote)


def withdraw(reply: HoldingReply, *, by: Member, now: datetime, word: str = "") -> HoldingReply:
    """Note that the client does not want an answer any more.

    Raises:
        AnsweredAlready: they got one, or this was noted before.
    """
    return _end(reply, "withdraw", Event.Kind.HOLDING_REPLY_WITHDRAWN, by, now, word, None)


def due(*, until: datetime) -> list[HoldingReply]:
    """Return the answers that are owed by a moment, soonest first."""
    open_ones = HoldingReply.objects.filter(state=State.OPEN, due_at__lte=until)
    return list(open_ones.select_related("client", "owner"))


def figure(*, now: datetime) -> Figure:
    """Count the answers that were promised in this house: a figure of its own."""
    rows = list(
        HoldingReply.objects.exclude(state=State.WITHDRAWN).values_list("due_at", "answered_at")
    )
    on_time = sum(1 for due, answered in rows if answered is not None and answered <= due)
    late = sum(1 for due, answered in rows if answered is not None and answered > due)
    owed = sum(1 for due, answered in rows if answered is None and due < now)
    return Figure(on_time + late + owed, on_time, late, owed, len(rows) - on_time - late - owed)


def _end(
    reply: HoldingReply,
    verb: str,
    kind: Event.Kind,
    by: Member,
    now: datetime,
    word: str,
    quote: Quote | None,
) -> HoldingReply:
    access.demand(by, Role.MEMBER)
    word = given.paragraphs(word, called=_("The word"), field="word", longest=5000)
    sources, target = MOVES[verb]
    with transaction.atomic():
        ended = HoldingReply.objects.filter(pk=reply.pk, state__in=sources).update(
            state=target, answered_at=now, word=word, quote=quote
        )
        reply.refresh_from_db()
        if not ended:
            raise AnsweredAlready(
                _("This was noted before: %(state)s. Nothing was changed.")
                % {"state": reply.get_state_display()}
            )
        recording.record(
            kind,
            about=reply,
            by=by,
            at=now,
            rows=[reply],
            facts={"on_time": now <= reply.due_at},
        )
    return reply

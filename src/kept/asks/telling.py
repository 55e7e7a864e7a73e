"""The reply to an ask goes out, or was said to somebody's face; either way it is kept."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kept.asks.models import Ask, Decision, Reply
from kept.clients import links
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox import letters
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.quotes import offering
from kept.quotes.models import Quote


@dataclass(frozen=True)
class Words:
    """A reply as a person has it.

    Attributes:
        how: "letter", "said", or "" where they are not told yet.
    """

    subject: str
    body: str
    how: str


def offer(
    ask: Ask, words: Words, quote: Quote, *, gap_reason: str, by: Member, now: datetime
) -> Reply:
    """Tell them of a paid yes: the offer goes out by its own letter."""
    by_letter = words.how == Reply.How.LETTER
    offering.offer(
        quote=quote,
        contact=ask.contact if by_letter else None,
        gap_reason=gap_reason,
        send=by_letter,
        subject=words.subject,
        body=words.body,
        by=by,
        now=now,
    )
    letter = None
    if by_letter and ask.contact is not None:
        written = Event.objects.filter(
            kind=Event.Kind.LETTER_WRITTEN, about_table="quote", about_id=quote.pk
        ).latest("number")
        letter = Letter.objects.get(pk=written.facts["letter"])
    return _keep(ask, Decision.Given.PAID_YES, words, letter, by=by, now=now)


def reply(ask: Ask, reply_for: str, words: Words, *, by: Member, now: datetime) -> Reply | None:
    """Tell them of any other answer; None where nothing was said.

    Raises:
        NoAddress: it is to be a letter, and nobody at the client is named.
    """
    if not words.how or not words.body.strip():
        return None
    letter = None
    if words.how == Reply.How.LETTER:
        if ask.contact is None:
            raise letters.NoAddress(
                _("Nobody at the client is named, so no letter can go there. Say who asked."),
                field="contact",
            )
        has_link = letters.LINK in words.body
        letter = letters.write(
            to=ask.contact,
            subject=words.subject or ask.title,
            body=words.body,
            about=ask,
            link=links.live_for(ask.contact, by=by, now=now) if has_link else None,
            by=by,
            now=now,
        )
    return _keep(ask, reply_for, words, letter, by=by, now=now)


def _keep(
    ask: Ask, reply_for: str, words: Words, letter: Letter | None, *, by: Member, now: datetime
) -> Reply:
    kept = Reply.objects.create(
        ask=ask,
        reply_for=reply_for,
        how=Reply.How.SAID if letter is None else Reply.How.LETTER,
        subject=words.subject[:200],
        body=words.body.strip() or "—",
        letter=letter,
        sent_at=now,
        sent_by=by,
    )
    recording.record(Event.Kind.ASK_REPLIED, about=kept, by=by, at=now, rows=[kept])
    return kept

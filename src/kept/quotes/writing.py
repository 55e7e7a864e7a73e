"""Letters about an offer: to the client in the client's own zone, to the house in its own.

No chance, no hours and no word of the house's inside stand in a letter to a client.
"""

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext as _

from kept import words, zones
from kept.clients import links
from kept.clients.models import Contact
from kept.ledger.models import Event
from kept.outbox import letters
from kept.outbox.models import Letter
from kept.people.models import Member
from kept.promises.models import Promise
from kept.quotes import left_out
from kept.quotes.models import Counter, HoldingReply, Quote, QuoteOption
from kept.tenancy import scope


def draft(quote: Quote, *, to: Contact | None, by: Member, now: datetime) -> tuple[str, str]:
    """Return the subject and the text that offer a date; whoever sends it may change both."""
    client = quote.zone
    subject = _("%(what)s: %(when)s") % {
        "what": quote.job.title,
        "when": _long(quote.due_at, client, now),
    }
    price = quote.organisation.currency
    parts = [
        greeting(to),
        _("%(what)s can be yours by %(when)s (%(place)s).%(price)s")
        % {
            "what": quote.job.title,
            "when": _long(quote.due_at, client, now),
            "place": words.place(client),
            "price": ""
            if quote.price is None
            else " " + _("The price is %(price)s.") % {"price": words.money(quote.price, price)},
        },
        *_choices(quote, now),
        *_lines(quote),
        _(
            "We keep the time for you until %(until)s. Your yes until then always counts. Say yes, "
            "propose something else, or say no here, without an account:"
        )
        % {"until": _long(quote.expires_at, client, now)}
        + "\n{link}",
        signed(by),
    ]
    return subject, "\n\n".join(parts)


def _choices(quote: Quote, now: datetime) -> list[str]:
    """Return what else the client may choose, one line each."""
    found = []
    for option in quote.options.prefetch_related("left_out__condition"):
        parts = [_long(option.due_at, quote.zone, now)]
        if option.price is not None and option.price != quote.price:
            parts.append(words.money(option.price, quote.organisation.currency))
        without = [line.condition.text for line in option.left_out.all()]
        if without:
            parts.append(_("without %(lines)s") % {"lines": words.listed(without)})
        if option.words:
            parts.append(option.words)
        found.append("- " + "; ".join(parts))
    return ["\n".join([_("Or you choose:"), *found])] if found else []


def _lines(quote: Quote) -> list[str]:
    """Return what the offer promises, line by line, and what it counts on the client for."""
    conditions = [f"- {row.text}" for row in quote.job.conditions.all()]
    owed = [
        _("- %(what)s, by %(day)s")
        % {"what": row.what, "day": words.day(zones.day_of(row.due_at, quote.zone))}
        for row in quote.job.obligations.filter(met_at__isnull=True)
    ]
    found = []
    if conditions:
        found.append("\n".join([_("It is done when:"), *conditions]))
    if quote.job.standard:
        found.append(_("How good it is to be: %(standard)s") % {"standard": quote.job.standard})
    if owed:
        found.append("\n".join([_("We count on you for:"), *owed]))
    return found


def offer(
    quote: Quote, *, by: Member, now: datetime, subject: str = "", body: str = ""
) -> Letter | None:
    """Send the offer with its link.

    Raises:
        NoAddress: the contact has no e-mail address.
    """
    usual, text = draft(quote, to=quote.contact, by=by, now=now)
    body = body.strip() or text
    if letters.LINK not in body:
        body = f"{body}\n\n{letters.LINK}"
    return _to_client(quote, subject.strip() or usual, body, by=by, now=now)


def taken(quote: Quote, *, by: Member, now: datetime) -> None:
    """Tell the client that what they wished is offered now."""
    if quote.contact is None:
        return
    subject, text = draft(quote, to=quote.contact, by=by, now=now)
    opening = _("we looked at what you proposed, and it can be done.")
    body = text.replace(greeting(quote.contact), f"{greeting(quote.contact)}\n\n{opening}", 1)
    _to_client(quote, subject, body, by=by, now=now)


def stays(quote: Quote, *, word: str, by: Member, now: datetime) -> None:
    """Tell the client that the offer they have is the one that stands."""
    text = _(
        "we looked at what you proposed, and cannot offer it. What we offered still stands until "
        "%(until)s: %(what)s by %(when)s."
    ) % {
        "until": _long(quote.expires_at, quote.zone, now),
        "what": quote.job.title,
        "when": _long(quote.due_at, quote.zone, now),
    }
    _say(quote, _about(quote), [text, *([word] if word else []), "{link}"], by=by, now=now)


def withdrawn(quote: Quote, *, by: Member, now: datetime) -> None:
    """Tell the client that the offer was taken back."""
    text = _(
        "we have to take back our offer of %(what)s by %(when)s, and are sorry. You owe us nothing "
        "and need not do anything. Answer this letter if you want to talk about another date."
    ) % {"what": quote.job.title, "when": _long(quote.due_at, quote.zone, now)}
    _say(quote, _("Taken back: %(what)s") % {"what": quote.job.title}, [text], by=by, now=now)


def lapsed(quote: Quote, *, now: datetime) -> None:
    """Tell both sides that an offer ran out unanswered."""
    text = _(
        "our offer of %(what)s by %(when)s has run out, and the time we kept for it is free again. "
        "If you still want it, answer this letter: we look again, and the date may still stand."
    ) % {"what": quote.job.title, "when": _long(quote.due_at, quote.zone, now)}
    _say(quote, _("Run out: %(what)s") % {"what": quote.job.title}, [text], by=None, now=now)
    _to_house(quote, _("The offer ran out: %(what)s") % {"what": _named(quote)}, "", now=now)


def accepted(
    quote: Quote,
    promise: Promise,
    *,
    option: QuoteOption | None = None,
    by: Member | None,
    now: datetime,
) -> None:
    """Confirm the yes to the client, and tell the house if they said it by link.

    Args:
        option: what they chose instead of what was held; both read what it leaves out.
    """
    said = {
        "what": quote.job.title,
        "when": _long(promise.due_at, promise.zone, now),
        "place": words.place(promise.zone),
        "lines": words.listed(left_out.of_option(option)),
    }
    text = " ".join(
        [
            _("thank you. %(what)s is promised: %(when)s (%(place)s).") % said,
            *([_("As you chose, it is without %(lines)s.") % said] if said["lines"] else []),
            _("This page always shows how it stands:"),
        ]
    )
    subject = _("Promised: %(what)s, %(when)s") % {
        "what": quote.job.title,
        "when": words.day(zones.day_of(promise.due_at, promise.zone)),
    }
    _say(quote, subject, [f"{text}\n{{link}}"], by=by, now=now, promise=promise)
    if by is None:
        chose = ""
        if said["lines"]:
            chose = _("They chose %(when)s, without %(lines)s.") % said
        elif option is not None:
            chose = _("They chose %(when)s.") % said
        _to_house(
            quote,
            _("Yes to %(what)s") % {"what": _named(quote)},
            "\n\n".join(part for part in (chose, quote.word) if part),
            now=now,
            path=f"/promises/{promise.pk}",
        )


def declined(quote: Quote, *, now: datetime) -> None:
    """Tell the house that the client said no by link."""
    _to_house(quote, _("No to %(what)s") % {"what": _named(quote)}, quote.word, now=now)


def countered(quote: Quote, counter: Counter, *, now: datetime) -> None:
    """Tell the house what the client proposes by link."""
    said = [
        _("They would like %(when)s.") % {"when": _long(counter.wanted_at, quote.zone, now)}
        if counter.wanted_at
        else "",
        counter.lines,
        counter.word,
    ]
    _to_house(
        quote,
        _("Something else for %(what)s") % {"what": _named(quote)},
        "\n\n".join(part for part in said if part),
        now=now,
    )


def holding(reply: HoldingReply, *, by: Member, now: datetime) -> Letter | None:
    """Tell the client by when they get an answer; nobody is named where somebody said it.

    Raises:
        NoAddress: no letter can go to whoever is named.
    """
    if reply.contact is None:
        return None
    text = _("thank you for asking about %(what)s. We answer by %(when)s (%(place)s).") % {
        "what": reply.what,
        "when": _long(reply.due_at, reply.zone, now),
        "place": words.place(reply.zone),
    }
    return letters.write(
        to=reply.contact,
        subject=_("%(what)s: we answer by %(when)s")
        % {"what": reply.what, "when": words.moment(reply.due_at, reply.zone)},
        body="\n\n".join([greeting(reply.contact), text, signed(by)]),
        about=reply,
        by=by,
        now=now,
    )


def greeting(to: Contact | None) -> str:
    """ "Dear Sara Nunes,": kept does not know who is on first-name terms."""
    return _("Dear %(name)s,") % {"name": to.name} if to is not None else _("Hello,")


def signed(by: Member | None) -> str:
    """ "Ben Okafor, Northlight"; the house alone where kept itself writes."""
    house = scope.current().name
    return house if by is None else f"{by.name}, {house}"


def _say(
    quote: Quote,
    subject: str,
    parts: list[str],
    *,
    by: Member | None,
    now: datetime,
    promise: Promise | None = None,
) -> Letter | None:
    """Write to the client who has the offer by letter; nothing where nobody does."""
    body = "\n\n".join([greeting(quote.contact), *parts, signed(by)])
    return _to_client(quote, subject, body, by=by, now=now, promise=promise)


def _to_client(
    quote: Quote,
    subject: str,
    body: str,
    *,
    by: Member | None,
    now: datetime,
    promise: Promise | None = None,
) -> Letter | None:
    contact = quote.contact
    if contact is None:
        return None
    gone = not contact.email or contact.archived_at is not None
    if gone and quote.state != Quote.State.OFFERED:
        return None  # only an offer insists on reaching somebody: its time runs out
    link = links.live_for(contact, by=by, now=now) if letters.LINK in body else None
    return letters.write(
        to=contact,
        subject=subject[:200],
        body=body,
        about=quote,
        by=by or quote.offered_by,
        now=now,
        promise=promise,
        link=link,
        in_reply_to=_first_letter(quote),
    )


def _to_house(
    quote: Quote, subject: str, said: str, *, now: datetime, path: str | None = None
) -> None:
    """Tell whoever offered it what the client did by link."""
    member = quote.offered_by
    if member is None or not member.email or member.left_at is not None:
        return
    where = f"{settings.PUBLIC_URL}{path or f'/quotes/{quote.pk}'}"
    opening = _("%(name)s did this by link.") % {
        "name": quote.contact.name if quote.contact else quote.client.name
    }
    if quote.state == Quote.State.LAPSED:
        opening = _("Nobody answered in time. Its capacity is free again.")
    letters.write(
        to=member,
        subject=subject[:200],
        body="\n\n".join(part for part in (opening, said, where) if part),
        about=quote,
        by=None,
        now=now,
    )


def _first_letter(quote: Quote) -> str:
    """Return the Message-ID of the letter that offered it, so that what follows hangs below it."""
    first = (
        Event.objects.filter(kind=Event.Kind.LETTER_WRITTEN, about_table="quote", about_id=quote.pk)
        .order_by("number")
        .first()
    )
    letter = None if first is None else Letter.objects.filter(pk=first.facts["letter"]).first()
    return "" if letter is None else letter.message_id


def _about(quote: Quote) -> str:
    return _("About %(what)s") % {"what": quote.job.title}


def _named(quote: Quote) -> str:
    return f"{quote.client.name} · {quote.job.title}"


def _long(at: datetime, zone: str, now: datetime) -> str:
    """ "Friday 18 December, 17:00"."""
    local = zones.local(at, zone)
    today = zones.day_of(now, zone)
    return f"{words.long_day(local.date(), today=today)}, {words.clock(local)}"

"""What the client's page says, in the client's own days and hours."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.clients.models import Client, Contact
from kept.portal import drawing
from kept.promises import recurring_told, repeating
from kept.promises.recurring_told import Miss, Recurring
from kept.quotes import for_client
from kept.quotes.for_client import How
from kept.tenancy import scope


@dataclass(frozen=True, slots=True)
class Told:
    """A promise that runs, with its sentence and its line."""

    one: for_client.Running
    mark: str
    opening: str
    line: SafeString


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer, with its price as people write it."""

    one: for_client.Offer
    price: str
    button: str
    choices: tuple[tuple[for_client.Choice, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Recurs:
    """Something that recurs: its days, its state and each miss in words."""

    one: Recurring
    when: str
    mark: str
    opening: str
    misses: tuple[tuple[Miss, str], ...]

    @property
    def overdue(self) -> bool:
        return self.one.how is recurring_told.How.OVERDUE


@dataclass(frozen=True, slots=True)
class Ended:
    """What ended, in a word."""

    one: for_client.Closed
    word: str


def page(
    found: for_client.Page, *, client: Client, contact: Contact | None, now: datetime
) -> dict[str, Any]:
    """Return what the template is told."""
    house = scope.current()
    zone = client.zone
    return {
        "house": house,
        "client": client,
        "contact": contact,
        "zone": zone,
        "today": zones.day_of(now, zone),
        "lead": lead(found, zone=zone),
        "offers": [_offered(one, house.currency) for one in found.offers],
        "delivered": found.delivered,
        "running": [_told(one, now=now) for one in found.running],
        "recurring": [_recurs(one, now=now) for one in found.recurring],
        "closed": [Ended(one, _ended(one.state)) for one in found.closed],
        "empty": not any(
            (found.offers, found.delivered, found.running, found.recurring, found.closed)
        ),
    }


def lead(found: for_client.Page, *, zone: str) -> str:
    """ "Two things wait for your word. One thing is owed by you, due Mon 7 Dec."""
    said = []
    if found.waits:
        said.append(
            ngettext(
                "%(count)s thing waits for your word.",
                "%(count)s things wait for your word.",
                found.waits,
            )
            % {"count": words.capital(words.spelled(found.waits))}
        )
    owed = found.owed
    if owed:
        said.append(
            ngettext(
                "%(count)s thing is owed by you, due %(day)s.",
                "%(count)s things are owed by you, the first due %(day)s.",
                len(owed),
            )
            % {
                "count": words.capital(words.spelled(len(owed))),
                "day": words.day(zones.day_of(owed[0].due_at, zone)),
            }
        )
    return " ".join(said) or _("Nothing waits for you at the moment.")


def _offered(one: for_client.Offer, currency: str) -> Offered:
    return Offered(
        one,
        _price(one.price, currency),
        _("Accept what is chosen")
        if one.choices
        else _("Accept %(day)s") % {"day": _short_long(one.due_at, one.zone)},
        tuple((choice, _price(choice.price, currency)) for choice in one.choices),
    )


def _price(price: Decimal | None, currency: str) -> str:
    return "" if price is None else words.money(price, currency)


def _short_long(at: datetime, zone: str) -> str:
    """ "Wed 23 December"."""
    day = zones.day_of(at, zone)
    return f"{words.short_weekday(day)} {words.long_day(day).split(' ', 1)[1]}"


def _told(one: for_client.Running, *, now: datetime) -> Told:
    mark, opening = {
        How.ON_TRACK: ("on-track", _("On track for")),
        How.PROMISED: ("", _("Promised for")),
        How.PAUSED: ("paused", _("Waiting for what you owe; then due")),
        How.OVERDUE: ("overdue", _("Overdue: it was promised for")),
    }[one.how]
    return Told(one, mark, opening, drawing.line(one, now=now))


def _recurs(one: Recurring, *, now: datetime) -> Recurs:
    mark, opening = {
        recurring_told.How.ON_TRACK: ("on-track", _("On track for")),
        recurring_told.How.PROMISED: ("", _("Promised for")),
        recurring_told.How.OVERDUE: ("overdue", _("Overdue: it was promised for")),
    }[one.how]
    when = repeating.in_words(one.rule, one.due_time, otherwise=_("as agreed,"))
    today = zones.day_of(now, one.zone)
    misses = tuple((miss, _missed(miss, one.zone, today)) for miss in one.misses)
    return Recurs(one, words.capital(when), mark, opening, misses)


def _missed(miss: Miss, zone: str, today: date) -> str:
    """ "done late and not in full, 13:25", with the day where it was another."""
    if miss.done_at is None:
        return _("not noted as done")
    said = words.listed(
        word
        for holds, word in (
            (miss.late, _("done late")),
            (miss.short, _("not in full")),
            (miss.sub_standard, _("not as well as agreed")),
        )
        if holds
    )
    if not miss.late:
        return said
    same = zones.day_of(miss.done_at, zone) == zones.day_of(miss.due_at, zone)
    at = zones.local(miss.done_at, zone)
    when = words.clock(at) if same else words.moment(miss.done_at, zone, today=today)
    return f"{said}, {when}"


def _ended(state: str) -> str:
    return {
        "offer-declined": _("you said no"),
        "offer-lapsed": _("the offer ran out"),
        "offer-withdrawn": _("we took the offer back"),
        "settled": _("delivered and accepted"),
        "settled-in-part": _("delivered, and accepted in part"),
        "released": _("not needed any more"),
        "revoked": _("we could not do it"),
        "recurred": _("it recurs no more"),
    }.get(state, "")

"""Do extras pay? What clients did in the half year after, given something or not; with its doubt.

Each client counts once, so that one who comes back ten times is not ten proofs.
Clients to whom we delivered long enough ago for a half year to have gone by
stand in one of two groups: those who were given something then, counted from
the first gift, and those who were not, counted from the first delivery. It
tells what went together, never what caused what: whom we like, we give to.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.asks.models import Extra, Reaction, Referral
from kept.engine import calibration
from kept.promises.models import Promise
from kept.quotes.models import Quote
from kept.tenancy import scope

#: What came of it is looked for in so many days after.
AFTER = timedelta(days=182)
#: Older gifts and deliveries are not looked at.
BACK = timedelta(days=3 * 365)
#: Below so many clients in either group luck is louder than any gift: only counts are shown.
ENOUGH = 20


@dataclass(frozen=True)
class Group:
    """Clients of one group, and how many of them did something in the half year after.

    Attributes:
        back: came back with other work that we promised them.
        referred: sent us somebody.
        offers, worth: how many offers they accepted, and their prices in all.
    """

    clients: int
    back: int
    referred: int
    offers: int
    worth: Decimal


@dataclass(frozen=True)
class Felt:
    """How clients took it, of those who answered."""

    answered: int
    delighted: int


@dataclass(frozen=True)
class Paying:
    """What went together with giving.

    Attributes:
        hours, money: what the extras cost that the first group was given in the time looked at.
        difference: how much larger the share that came back is among those who were given
            something, from 95 % interval's end to end; None where it is too early to judge.
        extras, promises: reactions to extras, and to promises without one.
    """

    given: Group
    without: Group
    hours: Decimal
    money: Decimal
    difference: tuple[float, float] | None
    extras: Felt
    promises: Felt
    days: int = AFTER.days
    enough: int = ENOUGH

    @property
    def clear(self) -> bool:
        """Whether the difference is more than luck would make of nothing."""
        return self.difference is not None and not self.difference[0] <= 0 <= self.difference[1]


@dataclass(frozen=True)
class Told:
    """The figure in words, counts first.

    Attributes:
        groups: one row for each: who, came back, sent somebody, accepted offers.
        verdict: what may be concluded, or that it is too early to judge.
    """

    groups: list[tuple[str, str, str, str]]
    cost: str
    verdict: str
    early: bool
    felt: list[str]

    def lines(self) -> list[str]:
        """Return all of it in sentences."""
        rows = [
            _("Clients %(who)s: came back %(back)s, sent somebody %(sent)s, accepted %(offers)s.")
            % {"who": who, "back": back, "sent": sent, "offers": offers}
            for who, back, sent, offers in self.groups
        ]
        caveat = _("What went together, never what caused what: whom we like, we give to.")
        return [one for one in (*rows, self.cost, self.verdict, *self.felt, caveat) if one]


def paying(*, now: datetime) -> Paying:
    """Compare clients who were given something with those who were not."""
    first, last = now - BACK, now - AFTER
    delivered = Promise.objects.filter(
        settled_at__gt=first, settled_at__lte=last, extra__isnull=True
    ).exclude(state=Promise.State.VOIDED)
    since: dict[int, datetime] = {}
    for client, at in delivered.order_by("settled_at", "pk").values_list("client_id", "settled_at"):
        if at is not None:
            since.setdefault(client, at)
    zone = scope.current().zone
    gifts: dict[int, datetime] = {}
    hours = money = Decimal(0)
    rows = Extra.objects.filter(
        state=Extra.State.GIVEN,
        client_id__in=since,
        given_on__gt=zones.day_of(first, zone),
        given_on__lte=zones.day_of(last, zone),
    )
    for client, day, spent, worth in rows.order_by("given_on", "pk").values_list(
        "client_id", "given_on", "hours", "money"
    ):
        gifts.setdefault(client, zones.start_of(day, zone))
        hours, money = hours + spent, money + worth
    given = _group(gifts)
    without = _group({client: at for client, at in since.items() if client not in gifts})
    enough = min(given.clients, without.clients) >= ENOUGH
    return Paying(
        given=given,
        without=without,
        hours=hours,
        money=money,
        difference=calibration.difference(given.back, given.clients, without.back, without.clients)
        if enough
        else None,
        extras=_felt(extra=True),
        promises=_felt(extra=False),
    )


def told(found: Paying) -> Told:
    """Say what went together with giving, and how sure that is."""
    currency = scope.current().currency
    return Told(
        groups=[
            _row(who, group, currency)
            for who, group in (
                (_("given something"), found.given),
                (_("given nothing"), found.without),
            )
            if found.given.clients or found.without.clients
        ],
        cost=_("What was given: %(hours)s, %(money)s.")
        % {
            "hours": words.hours(float(found.hours)),
            "money": words.money(found.money, currency),
        }
        if found.given.clients
        else "",
        verdict=_verdict(found),
        early=found.difference is None,
        felt=[
            one
            for one in (
                _felt_told(_("Extras"), found.extras),
                _felt_told(_("Promises without one"), found.promises),
            )
            if one
        ],
    )


def _group(since: Mapping[int, datetime]) -> Group:
    """Count what these clients did within the half year after each one's own moment."""
    zone = scope.current().zone
    back = _after(
        since,
        Promise.objects.filter(client_id__in=since, extra__isnull=True)
        .exclude(state=Promise.State.VOIDED)
        .values_list("client_id", "given_at"),
    )
    sent = _after(
        since,
        (
            (client, zones.start_of(day, zone))
            for client, day in Referral.objects.filter(referrer_id__in=since).values_list(
                "referrer_id", "told_on"
            )
        ),
    )
    offers, worth = 0, Decimal(0)
    accepted = Quote.objects.filter(client_id__in=since, state=Quote.State.ACCEPTED)
    for client, at, price in accepted.values_list("client_id", "answered_at", "price"):
        if at is not None and since[client] < at <= since[client] + AFTER:
            offers, worth = offers + 1, worth + (price or Decimal(0))
    return Group(len(since), len(back), len(sent), offers, worth)


def _after(since: Mapping[int, datetime], happened: Iterable[tuple[int, datetime]]) -> set[int]:
    return {client for client, at in happened if since[client] < at <= since[client] + AFTER}


def _felt(*, extra: bool) -> Felt:
    answered = Reaction.objects.exclude(felt="").filter(extra__isnull=not extra)
    counts = Counter(answered.values_list("felt", flat=True))
    return Felt(sum(counts.values()), counts[Reaction.Felt.DELIGHTED])


def _row(who: str, group: Group, currency: str) -> tuple[str, str, str, str]:
    of = _("%(count)s of %(all)s")
    offers = "—"
    if group.offers:
        offers = ngettext(
            "%(count)s offer, %(worth)s", "%(count)s offers, %(worth)s", group.offers
        ) % {"count": group.offers, "worth": words.money(group.worth, currency)}
    return (
        who,
        of % {"count": group.back, "all": group.clients},
        of % {"count": group.referred, "all": group.clients},
        offers,
    )


def _verdict(found: Paying) -> str:
    if found.difference is None:
        return _("Too early to judge: it takes %(enough)s clients of each.") % {
            "enough": found.enough
        }
    low, high = (round(100 * end) for end in found.difference)
    points = {"low": f"{low:+d}", "high": f"{high:+d}"}
    if not found.clear:
        return (
            _(
                "Whoever was given something came back %(low)s to %(high)s points more often: "
                "that may as well be nothing."
            )
            % points
        )
    return (
        _(
            "Whoever was given something came back %(low)s to %(high)s points more often (95 %% "
            "interval)."
        )
        % points
    )


def _felt_told(what: str, felt: Felt) -> str:
    if not felt.answered:
        return ""
    return _("%(what)s: %(delighted)s of %(answered)s who answered were delighted.") % {
        "what": what,
        "delighted": felt.delighted,
        "answered": felt.answered,
    }

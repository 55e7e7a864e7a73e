"""Creep: extras of one kind that a client came to expect. Rule 9; only a person decides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words, zones
from kept.asks import extras, receiving, wording
from kept.asks.models import Ask, AskKind, Creep, CreepEvidence, Extra
from kept.clients import core as cores
from kept.clients import links
from kept.clients.models import Client, Contact, CoreService, Service
from kept.jobs.lines import Effort
from kept.ledger import recording
from kept.ledger.models import Event
from kept.outbox import letters
from kept.people import access
from kept.people.models import Member, Role
from kept.tenancy import given, refusals, scope

Decided = Creep.Decided
#: Days that a month has here.
MONTH = 30


class NothingCrept(refusals.Conflict):
    """This kind is rare for this client: there is nothing to decide."""


class DecidedAlready(refusals.Conflict):
    """It was decided; look at it anew first."""


@dataclass(frozen=True)
class Crept:
    """One kind that one client was given several times lately, with its evidence.

    Attributes:
        expected: asked for as if it were due.
        gifts: each as the ledger has it, oldest first; asked for, or given without an ask.
    """

    client: Client
    kind: AskKind
    expected: bool
    gifts: Sequence[Extra]
    hours: Decimal
    money: Decimal

    @property
    def count(self) -> int:
        """How many were given in the days looked at."""
        return len(self.gifts)

    @property
    def asks(self) -> list[Ask]:
        """The asks among them that they answered."""
        return [gift.ask for gift in self.gifts if gift.ask is not None]

    @property
    def since(self) -> date:
        """The day of the first."""
        return _day(self.gifts[0])

    @property
    def usual_price(self) -> Decimal:
        """What one of them was worth on average, to the cent."""
        return (self.money / self.count).quantize(extras.CENT)

    def in_a_month(self, amount: Decimal, *, today: date) -> Decimal:
        """Return how much of an amount given in this time falls on a month, to the hundredth."""
        days = max((today - self.since).days, MONTH)
        return (amount * MONTH / days).quantize(extras.CENT)


def watch(*, now: datetime) -> list[Crept]:
    """Return what is repeated or expected and not decided, the most often given first."""
    house = scope.current()
    since = now - timedelta(days=house.beyond_days)
    given_lately: dict[tuple[int, int], list[Extra]] = defaultdict(list)
    rows = (
        extras.of_a_kind(since=since, until=now, zone=house.zone)
        .filter(client__isnull=False, kind__isnull=False)
        .select_related("client", "kind", "ask__contact", "ask__policy", "ask__service")
    )
    for gift in sorted(rows, key=lambda one: (_day(one), one.pk)):
        if gift.client_id is not None and gift.kind_id is not None:
            given_lately[gift.client_id, gift.kind_id].append(gift)
    settled = set(Creep.objects.filter(ended_at__isnull=True).values_list("client_id", "kind_id"))
    due = set(
        Ask.objects.filter(as_if_due=True, came_at__gt=since, kind__isnull=False)
        .exclude(state=Ask.State.WITHDRAWN)
        .values_list("client_id", "kind_id")
    )
    found = [
        _crept(gifts, expected=key in due)
        for key, gifts in given_lately.items()
        if key not in settled and (len(gifts) >= house.repeated_from or key in due)
    ]
    return sorted(found, key=lambda one: (-one.count, one.client.name, one.kind.name))


def of(client: Client, kind: AskKind, *, now: datetime) -> Crept:
    """Return one kind for one client.

    Raises:
        NothingCrept: it is rare.
    """
    for one in watch(now=now):
        if one.client == client and one.kind == kind:
            return one
    raise NothingCrept(
        _("“%(kind)s” is rare for %(client)s, or was decided. Nothing was changed.")
        % {"kind": kind.name, "client": client.name}
    )


def line(crept: Crept, price: Decimal, *, by_month: bool = False) -> str:
    """ "One more page: € 480 each. Given free 3 times since 14 Sep, worth € 1,440." """
    return _("%(kind)s: %(price)s. Given free %(count)s times since %(day)s, worth %(worth)s.") % {
        "kind": crept.kind.name,
        "price": rate(price, by_month=by_month),
        "count": crept.count,
        "day": words.short_day(crept.since),
        "worth": words.money(crept.money, scope.current().currency),
    }


def rate(price: Decimal, *, by_month: bool) -> str:
    """ "€ 480 each", or "€ 480 a month" for a retainer."""
    said = _("%(price)s a month") if by_month else _("%(price)s each")
    return said % {"price": words.money(price, scope.current().currency)}


def ending(crept: Crept, *, by: Member, now: datetime) -> wording.Draft:
    """Draft the letter that ends it kindly, as this house words it."""
    return wording.draft(wording.For.RETIRED, _facts(crept, by=by, now=now))


def offer(
    row: Creep,
    *,
    by: Member,
    now: datetime,
    price: Decimal | None = None,
    day: datetime | None = None,
) -> wording.Draft:
    """Draft the letter that offers a priced kind, with its history.

    Args:
        price: of each; left out, the one that was decided.
        day: by when they have the next one.
    """
    evidence = row.evidence.select_related(
        "extra__client", "extra__ask__contact", "extra__ask__policy",
        "ask__extra__client", "ask__extra__ask__contact", "ask__extra__ask__policy",
    ).order_by("pk")  # fmt: skip
    gifts = [
        gift
        for one in evidence
        if (gift := one.extra or (None if one.ask is None else one.ask.extra)) is not None
    ]
    crept = Crept(row.client, row.kind, row.was_expected, gifts, row.hours, row.money)
    facts = _facts(crept, by=by, now=now)
    each = row.price if price is None else price
    money = rate(each or Decimal(0), by_month=row.by_month)
    return wording.draft(wording.For.PRICED, replace(facts, price=money, day=day))


def decide(
    client: Client,
    kind: AskKind,
    *,
    decided: str,
    by: Member,
    now: datetime,
    price: Decimal | None = None,
    by_month: bool = False,
    service: Service | None = None,
    words_said: str = "",
    send: bool = False,
) -> Creep:
    """Price it, adopt it into the core, or retire it: a person's decision, with its evidence.

    A price comes with the draft of a change, on the desk: from there it is offered. What is
    adopted joins the core list. What is retired ends with a letter.

    Args:
        by_month: the price is that of a retainer: of a month, not of each.
        words_said: the letter that ends it; left out, as this house words it.
        send: send that letter to whoever asked last.

    Raises:
        NotAllowed: only a lead decides.
        NothingCrept: it is rare.
        Refused: priced without a price, or adopted without a service; a letter in which a
            merge field stands.
        NoAddress: it is to be sent, and nobody who asked can be reached.
    """
    access.demand(by, Role.LEAD)
    if decided not in Decided.values:
        raise refusals.Refused(_("Say priced, adopted or retired."), field="decided")
    if decided == Decided.PRICED and (price is None or not extras.amount(price, "price")):
        raise refusals.Refused(_("Say its price."), field="price")
    if decided == Decided.ADOPTED and service is None:
        raise refusals.Refused(
            _("Say which service it becomes: what is adopted joins the core list."),
            field="service",
        )
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        crept = of(client, kind, now=now)
        core = None
        if decided == Decided.ADOPTED and service is not None:
            core = _core_of(client, service) or cores.name(client, service, by=by, now=now)
        draft, said = None, ""
        if decided == Decided.PRICED and price is not None:
            draft = _draft(crept, by_month=by_month, by=by, now=now)
            said = line(crept, price, by_month=by_month)
        elif decided == Decided.RETIRED:
            said = words_said or ending(crept, by=by, now=now).body
            wording.refuse_fields(said)
        row = Creep(
            client=client,
            kind=kind,
            decided=decided,
            was_expected=crept.expected,
            hours=crept.hours,
            money=crept.money,
            price=price if decided == Decided.PRICED else None,
            by_month=by_month and decided == Decided.PRICED,
            core_service=core,
            draft=draft,
            words=given.paragraphs(said, called=_("The words"), field="words", longest=10_000),
            decided_at=now,
            decided_by=by,
        )
        with given.constrained(
            DecidedAlready(_("Somebody decided it already. Nothing was changed."))
        ):
            row.save()
        evidence = CreepEvidence.objects.bulk_create(
            CreepEvidence(creep=row, ask=gift.ask, extra=gift) for gift in crept.gifts
        )
        recording.record(Event.Kind.CREEP_DECIDED, about=row, by=by, at=now, rows=[row, *evidence])
        if send and decided == Decided.RETIRED:
            _send(crept, row, by=by, now=now)
    return row


def reopen(row: Creep, *, by: Member, now: datetime) -> Creep:
    """Look at a decision anew; it stays listed."""
    access.demand(by, Role.LEAD)
    with transaction.atomic():
        changed = Creep.objects.filter(pk=row.pk, ended_at__isnull=True).update(ended_at=now)
        row.refresh_from_db()
        if not changed:
            raise DecidedAlready(_("It is looked at anew already. Nothing was changed."))
        recording.record(Event.Kind.CREEP_REOPENED, about=row, by=by, at=now, rows=[row])
    return row


def _day(gift: Extra) -> date:
    """When it was asked for; given without an ask, when it was given."""
    return gift.given_on if gift.ask is None else zones.day_of(gift.ask.came_at, gift.ask.zone)


def _crept(gifts: list[Extra], *, expected: bool) -> Crept:
    client, kind = gifts[0].client, gifts[0].kind
    assert client is not None  # both were asked for
    assert kind is not None
    return Crept(
        client=client,
        kind=kind,
        expected=expected,
        gifts=gifts,
        hours=sum((gift.hours for gift in gifts), Decimal(0)),
        money=sum((gift.money for gift in gifts), Decimal(0)),
    )


def last_contact(crept: Crept) -> Contact | None:
    """Return who asked for it last, as far as that is known and a letter reaches them."""
    named = [ask.contact for ask in crept.asks if ask.contact is not None]
    able = [one for one in named if one.email and one.archived_at is None]
    return able[-1] if able else None


def _facts(crept: Crept, *, by: Member, now: datetime) -> wording.Facts:
    last = crept.asks[-1] if crept.asks else None
    return wording.Facts(
        what=crept.kind.name,
        zone=crept.client.zone,
        by=by,
        now=now,
        client=crept.client,
        contact=last_contact(crept),
        policy=None if last is None else last.policy,
        since=crept.since,
        count=crept.count,
        worth=words.money(crept.money, scope.current().currency),
    )


def _draft(crept: Crept, *, by_month: bool, by: Member, now: datetime) -> Ask:
    """Lay a change on the desk: as big as one of them was, or what a month of them takes."""
    title = _("%(kind)s, from now on at a price")
    hours = float(crept.hours / crept.count)
    if by_month:
        title = _("%(kind)s, from now on by the month")
        today = zones.day_of(now, crept.client.zone)
        hours = float(crept.in_a_month(crept.hours, today=today))
    return receiving.receive(
        client=crept.client,
        contact=last_contact(crept),
        title=title % {"kind": crept.kind.name},
        sort=Ask.Sort.CHANGE,
        kind=crept.kind.name,
        size=Effort(round(hours, 2)) if hours >= 0.01 else None,
        service=crept.asks[-1].service if crept.asks and not by_month else None,
        decider=by,
        by=by,
        now=now,
    )


def _send(crept: Crept, row: Creep, *, by: Member, now: datetime) -> None:
    contact = last_contact(crept)
    if contact is None:
        raise letters.NoAddress(
            _("Nobody who asked for it has an address, so no letter can go there."), field="words"
        )
    letters.write(
        to=contact,
        subject=ending(crept, by=by, now=now).subject,
        body=row.words,
        about=row,
        link=links.live_for(contact, by=by, now=now) if letters.LINK in row.words else None,
        by=by,
        now=now,
    )


def _core_of(client: Client, service: Service) -> CoreService | None:
    return cores.of(client).filter(service=service).first()

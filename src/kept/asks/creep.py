"""Creep: extras of one kind that a client came to expect. Rule 9; only a person decides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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


class NothingCrept(refusals.Conflict):
    """This kind is rare for this client: there is nothing to decide."""


class DecidedAlready(refusals.Conflict):
    """It was decided; look at it anew first."""


@dataclass(frozen=True)
class Crept:
    """One kind that one client was given several times lately, with its evidence.

    Attributes:
        expected: asked for as if it were due.
    """

    client: Client
    kind: AskKind
    expected: bool
    asks: Sequence[Ask]
    hours: Decimal
    money: Decimal

    @property
    def count(self) -> int:
        """How many were given in the days looked at."""
        return len(self.asks)

    @property
    def usual_price(self) -> Decimal:
        """What one of them was worth on average, to the cent."""
        if not self.asks:
            return Decimal(0)
        return (self.money / len(self.asks)).quantize(Decimal("0.01"))


def watch(*, now: datetime) -> list[Crept]:
    """Return what is repeated or expected and not decided, the most often given first."""
    house = scope.current()
    since = now - timedelta(days=house.beyond_days)
    given_lately: dict[tuple[int, int], list[Ask]] = defaultdict(list)
    rows = (
        Ask.objects.filter(
            extra__state=Extra.State.GIVEN,
            client__isnull=False,
            kind__isnull=False,
            came_at__gt=since,
            came_at__lte=now,
        )
        .select_related("client", "contact", "kind", "extra", "policy", "service")
        .order_by("came_at", "pk")
    )
    for ask in rows:
        if ask.client_id is not None and ask.kind_id is not None:
            given_lately[ask.client_id, ask.kind_id].append(ask)
    settled = set(Creep.objects.filter(ended_at__isnull=True).values_list("client_id", "kind_id"))
    due = set(
        Ask.objects.filter(as_if_due=True, came_at__gt=since, kind__isnull=False)
        .exclude(state=Ask.State.WITHDRAWN)
        .values_list("client_id", "kind_id")
    )
    found = [
        _crept(asks, expected=key in due)
        for key, asks in given_lately.items()
        if key not in settled and (len(asks) >= house.repeated_from or key in due)
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


def line(crept: Crept, price: Decimal) -> str:
    """ "One more page: € 480 each. Given free 3 times since 14 Sep, worth € 1,440." """
    house = scope.current()
    first = crept.asks[0]
    return _(
        "%(kind)s: %(price)s each. Given free %(count)s times since %(day)s, worth %(worth)s."
    ) % {
        "kind": crept.kind.name,
        "price": words.money(price, house.currency),
        "count": crept.count,
        "day": words.short_day(zones.day_of(first.came_at, first.zone)),
        "worth": words.money(crept.money, house.currency),
    }


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
    asks = [
        one.ask for one in row.evidence.select_related("ask__contact", "ask__policy").order_by("pk")
    ]
    crept = Crept(row.client, row.kind, row.was_expected, asks, row.hours, row.money)
    facts = _facts(crept, by=by, now=now)
    each = row.price if price is None else price
    money = words.money(each or Decimal(0), scope.current().currency)
    return wording.draft(wording.For.PRICED, replace(facts, price=money, day=day))


def decide(
    client: Client,
    kind: AskKind,
    *,
    decided: str,
    by: Member,
    now: datetime,
    price: Decimal | None = None,
    service: Service | None = None,
    words_said: str = "",
    send: bool = False,
) -> Creep:
    """Price it, adopt it into the core, or retire it: a person's decision, with its evidence.

    A price comes with the draft of a change, on the desk: from there it is offered. What is
    adopted joins the core list. What is retired ends with a letter.

    Args:
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
            draft, said = _draft(crept, by=by, now=now), line(crept, price)
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
            CreepEvidence(creep=row, ask=ask) for ask in crept.asks
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


def _crept(asks: list[Ask], *, expected: bool) -> Crept:
    client, kind = asks[0].client, asks[0].kind
    assert client is not None  # both were asked for
    assert kind is not None
    return Crept(
        client=client,
        kind=kind,
        expected=expected,
        asks=asks,
        hours=sum((ask.extra.hours for ask in asks), Decimal(0)),
        money=sum((ask.extra.money for ask in asks), Decimal(0)),
    )


def last_contact(crept: Crept) -> Contact | None:
    """Return who asked for it last, as far as that is known and a letter reaches them."""
    named = [ask.contact for ask in crept.asks if ask.contact is not None]
    able = [one for one in named if one.email and one.archived_at is None]
    return able[-1] if able else None


def _facts(crept: Crept, *, by: Member, now: datetime) -> wording.Facts:
    last = crept.asks[-1]
    return wording.Facts(
        what=crept.kind.name,
        zone=last.zone,
        by=by,
        now=now,
        client=crept.client,
        contact=last_contact(crept),
        policy=last.policy,
        since=crept.asks[0].came_at,
        count=crept.count,
        worth=words.money(crept.money, scope.current().currency),
    )


def _draft(crept: Crept, *, by: Member, now: datetime) -> Ask:
    """Lay a change on the desk: as big as one of them was, to be offered at its price."""
    hours = float(crept.hours / crept.count)
    return receiving.receive(
        client=crept.client,
        contact=last_contact(crept),
        title=_("%(kind)s, from now on at a price") % {"kind": crept.kind.name},
        sort=Ask.Sort.CHANGE,
        kind=crept.kind.name,
        size=Effort(round(hours, 2)) if hours >= 0.01 else None,
        service=crept.asks[-1].service,
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

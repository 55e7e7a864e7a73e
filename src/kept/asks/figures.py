"""Figures of the desk: won'ts that were said as can'ts, ask and pay, and room to shine."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from kept.asks import core
from kept.asks.models import Ask, Challenge, Decision, Extra
from kept.clients.models import Client
from kept.people import access
from kept.people.models import Member, Role
from kept.plan import outlook
from kept.promises.models import Promise
from kept.tenancy import scope

#: A kind of client whom nothing was given so long is worth a surprise.
QUIET = timedelta(days=60)


@dataclass(frozen=True)
class Cants:
    """How often "we can't" was said lately, and how often it was a won't. About the team.

    Attributes:
        said: true can'ts, and those that were challenged.
        wonts: challenged ones: we could have.
    """

    said: int
    wonts: int
    days: int


@dataclass(frozen=True)
class Balance:
    """What one client asked for beyond, and what became of it: for leads only."""

    client: Client
    asked: int
    free: int
    paid: int
    declined: int
    hours_free: Decimal
    money_free: Decimal
    money_paid: Decimal
    insincere: int


@dataclass(frozen=True)
class Shine:
    """A client for whom something small and unexpected would be right."""

    client: Client
    health: core.Health


def cants(*, now: datetime) -> Cants:
    """Count the team's can'ts of the days looked at."""
    days = scope.current().beyond_days
    since = now - timedelta(days=days)
    challenged = set(
        Challenge.objects.filter(said_at__gt=since, said_at__lte=now).values_list(
            "ask_id", flat=True
        )
    )
    true = set(
        Decision.objects.filter(
            decided_at__gt=since, decided_at__lte=now, given__in=["cant_now", "cant_ever"]
        ).values_list("ask_id", flat=True)
    )
    return Cants(said=len(challenged | true), wonts=len(challenged - true), days=days)


def balances(*, by: Member, now: datetime) -> list[Balance]:
    """Return who asks and who pays, in the last year; most asked first.

    Raises:
        NotAllowed: it is for leads only.
    """
    access.demand(by, Role.LEAD)
    beyond = (
        Ask.objects.filter(
            client__isnull=False,
            sort__in=Ask.BEYOND,
            prices__isnull=True,
            came_at__gt=now - timedelta(days=365),
            came_at__lte=now,
        )
        .exclude(state=Ask.State.WITHDRAWN)
        .select_related("client", "decision", "extra")
    )
    by_client: dict[int, list[Ask]] = defaultdict(list)
    for ask in beyond:
        if ask.client_id is not None:
            by_client[ask.client_id].append(ask)
    found = [_balance(asks) for asks in by_client.values()]
    return sorted(found, key=lambda one: (-one.asked, one.client.name))


def room_to_shine(*, now: datetime, most: int = 3) -> Sequence[Shine]:
    """Suggest clients for one small unexpected thing: core hot, nothing at risk, nothing lately.

    Slack is free where no open promise of the house stands below its line.
    """
    house = scope.current()
    open_ones = Promise.objects.filter(state__in=Promise.OPEN)
    late = open_ones.filter(due_at__lt=now).exists()
    if late or any(one.chance < house.line for one in outlook.newest().values()):
        return []
    lately = Extra.objects.filter(
        state=Extra.State.GIVEN, given_on__gt=(now - QUIET).date(), client__isnull=False
    ).values("client_id")
    clients = (
        Client.objects.filter(core_services__until_on__isnull=True, archived_at__isnull=True)
        .filter(Q(core_services__isnull=False))
        .exclude(pk__in=lately)
        .distinct()
    )
    healths = core.healths(clients, now=now).values()
    hot = [one for one in healths if one.verdict is core.Verdict.HOT]
    hot.sort(key=lambda one: (-one.of, one.client.name))
    return [Shine(one.client, one) for one in hot[:most]]


def _balance(asks: list[Ask]) -> Balance:
    client = asks[0].client
    assert client is not None  # only those with one were asked for
    decisions = [one for ask in asks if (one := getattr(ask, "decision", None)) is not None]
    free = [one for one in decisions if one.given == Decision.Given.YES_ONCE]
    paid = [one for one in decisions if one.given == Decision.Given.PAID_YES]
    return Balance(
        client=client,
        asked=len(asks),
        free=len(free),
        paid=len(paid),
        declined=len(decisions) - len(free) - len(paid),
        hours_free=sum((one.cost_hours or Decimal(0) for one in free), Decimal(0)),
        money_free=sum((one.cost_money or Decimal(0) for one in free), Decimal(0)),
        money_paid=sum((one.price or Decimal(0) for one in paid), Decimal(0)),
        insincere=sum(1 for ask in asks if ask.sincere == Ask.Sincere.NO),
    )

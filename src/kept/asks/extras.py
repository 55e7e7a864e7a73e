"""The extras ledger: what was given beyond what is paid, in hours and in money, against a budget.

It stands by itself: nothing in it ever changes how a promise was kept (rule 15).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from kept import words, zones
from kept.asks import receiving
from kept.asks.models import AskKind, Budget, Extra
from kept.clients.models import Client
from kept.jobs.models import Job
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy import given, refusals, scope

State = Extra.State
CENT = Decimal("0.01")
#: Worked over the estimate by more than this share, and by more hours, it may hold an extra.
OVER_SHARE, OVER_HOURS = 0.25, 2.0
#: Work that ended longer ago is not asked about any more.
ASKED_WITHIN = timedelta(days=90)


class JudgedAlready(refusals.Conflict):
    """Somebody has said what the time over was."""


@dataclass(frozen=True)
class OfClient:
    """What one client was given in a time, and its budget where there is one.

    Attributes:
        over: more was given than we meant to, in the days of the budget.
    """

    client: Client | None
    count: int
    hours: Decimal
    money: Decimal
    budget: Budget | None
    over: bool


@dataclass(frozen=True)
class Ledger:
    """All that was given in a time, client by client; most hours first."""

    first_on: date
    last_on: date
    clients: Sequence[OfClient]
    count: int
    hours: Decimal
    money: Decimal


@dataclass(frozen=True)
class Suggestion:
    """Work that took more than was sold: an extra that nobody wrote down?"""

    job: Job
    over_hours: float
    estimated_hours: float
    spent_hours: float


def rows(*, client: Client | None = None) -> QuerySet[Extra]:
    """Return what was given, newest first."""
    found = Extra.objects.filter(state=State.GIVEN).select_related("client", "kind", "ask")
    return (found if client is None else found.filter(client=client)).order_by("-given_on", "-pk")


def of_a_kind(*, since: datetime, until: datetime, zone: str) -> QuerySet[Extra]:
    """Return what was given after one moment, until another, to tell what is rare.

    What was asked for counts from when it was asked, the rest by the day it was given.
    """
    asked = Q(ask__came_at__gt=since, ask__came_at__lte=until)
    first, last = zones.day_of(since, zone), zones.day_of(until, zone)
    unasked = Q(ask__isnull=True, given_on__gt=first, given_on__lte=last)
    return Extra.objects.filter(asked | unasked, state=State.GIVEN)


def ledger(*, first_on: date, last_on: date, client: Client | None = None) -> Ledger:
    """Add up what was given from one day to another, both included."""
    given_then = Extra.objects.filter(
        state=State.GIVEN, given_on__gte=first_on, given_on__lte=last_on
    )
    if client is not None:
        given_then = given_then.filter(client=client)
    sums = list(
        given_then.order_by()
        .values("client_id")
        .annotate(count=Count("pk"), hours=Sum("hours"), money=Sum("money"))
    )
    clients = Client.objects.in_bulk([row["client_id"] for row in sums if row["client_id"]])
    used = Extra.objects.filter(
        client=OuterRef("client"),
        state=State.GIVEN,
        given_on__gte=OuterRef("first_on"),
        given_on__lte=OuterRef("last_on"),
    ).order_by()
    budgets = {
        budget.client_id: budget
        for budget in Budget.objects.filter(
            first_on__lte=last_on, last_on__gte=last_on, client_id__in=list(clients)
        ).annotate(
            used_hours=used.values("client").annotate(sum=Sum("hours")).values("sum"),
            used_money=used.values("client").annotate(sum=Sum("money")).values("sum"),
        )
    }
    of_clients = sorted(
        (
            OfClient(
                client=clients.get(row["client_id"]),
                count=row["count"],
                hours=_exact(row["hours"]),
                money=_exact(row["money"]),
                budget=(budget := budgets.get(row["client_id"])),
                over=budget is not None
                and (
                    (budget.hours is not None and _exact(budget.used_hours) > budget.hours)
                    or (budget.money is not None and _exact(budget.used_money) > budget.money)
                ),
            )
            for row in sums
        ),
        key=lambda one: (-one.hours, -one.money, one.client.name if one.client else ""),
    )
    return Ledger(
        first_on=first_on,
        last_on=last_on,
        clients=of_clients,
        count=sum(one.count for one in of_clients),
        hours=sum((one.hours for one in of_clients), Decimal(0)),
        money=sum((one.money for one in of_clients), Decimal(0)),
    )


def record(
    *,
    client: Client | None,
    title: str,
    hours: Decimal,
    money: Decimal = Decimal(0),
    kind: str = "",
    given_on: date | None = None,
    by: Member,
    now: datetime,
) -> Extra:
    """Write down an extra that was given without an ask.

    Raises:
        Refused: less than nothing, nothing at all, or a day that lies ahead.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        extra = _given(client, title, hours, money, kind, given_on, by=by, now=now)
        extra.save()
        recording.record(Event.Kind.EXTRA_GIVEN, about=extra, by=by, at=now, rows=_with_kind(extra))
    return extra


def void(extra: Extra, *, reason: str, by: Member, now: datetime) -> Extra:
    """Take an extra out that was recorded by mistake; it stays listed, with the reason.

    Raises:
        NotAllowed: only a lead may.
        Refused: no reason, or it does not count already.
    """
    access.demand(by, Role.LEAD)
    reason = given.one_line(reason, called=_("The reason"), field="reason", longest=300)
    with transaction.atomic():
        changed = Extra.objects.filter(pk=extra.pk, state=State.GIVEN).update(
            state=State.VOIDED, void_reason=reason
        )
        extra.refresh_from_db()
        if not changed:
            raise JudgedAlready(_("It does not count any more. Nothing was changed."))
        recording.record(Event.Kind.EXTRA_VOIDED, about=extra, by=by, at=now, rows=[extra])
    return extra


def set_budget(
    client: Client,
    *,
    first_on: date,
    last_on: date,
    hours: Decimal | None = None,
    money: Decimal | None = None,
    by: Member,
    now: datetime,
) -> Budget:
    """Say how much we mean to give a client from one day to another.

    Raises:
        Refused: no amount, less than nothing, an end before the beginning, or days that
            another budget of this client has.
    """
    access.demand(by, Role.LEAD)
    if last_on < first_on:
        raise refusals.Refused(_("It ends before it begins."), field="last_on")
    if hours is None and money is None:
        raise refusals.Refused(_("Say how much: hours, money, or both."), field="hours")
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=client.pk)
        theirs = Budget.objects.filter(client=client)
        budget = theirs.filter(first_on=first_on).first() or Budget(
            client=client, first_on=first_on
        )
        others = theirs.filter(first_on__lte=last_on, last_on__gte=first_on).exclude(pk=budget.pk)
        if other := others.first():
            raise refusals.Refused(
                _("From %(first)s to %(last)s they have a budget already. Nothing was saved.")
                % {"first": words.day(other.first_on), "last": words.day(other.last_on)},
                field="first_on",
            )
        budget.last_on = last_on
        budget.hours = None if hours is None else amount(hours, "hours")
        budget.money = None if money is None else amount(money, "money")
        budget.set_at, budget.set_by = now, by
        budget.save()
        recording.record(Event.Kind.BUDGET_SET, about=budget, by=by, at=now, rows=[budget])
    return budget


def suggestions(*, now: datetime) -> list[Suggestion]:
    """Return finished client work that took more hours than were sold, and nobody judged."""
    judged = Extra.objects.filter(found_in=OuterRef("pk")).exclude(state=State.VOIDED)
    promised = Promise.objects.filter(
        job=OuterRef("pk"), state__in=[Promise.State.DELIVERED, Promise.State.SETTLED]
    )
    worked = (
        Job.objects.filter(Exists(promised), ~Exists(judged), client__isnull=False)
        .annotate(estimated=Sum("stages__likely_hours"), spent=Sum("stages__spent_hours"))
        .filter(
            spent__gt=F("estimated") * (1 + OVER_SHARE),
            promise__deliveries__delivered_at__gt=now - ASKED_WITHIN,
        )
        .select_related("client")
        .distinct()
        .order_by("-pk")[:20]
    )
    keys = [job.pk for job in worked]
    sums = {
        row["pk"]: (row["estimated"], row["spent"])
        for row in Job.objects.filter(pk__in=keys)
        .order_by()
        .values("pk")
        .annotate(estimated=Sum("stages__likely_hours"), spent=Sum("stages__spent_hours"))
    }
    return [
        Suggestion(job, spent - estimated, estimated, spent)
        for job in worked
        for estimated, spent in [sums[job.pk]]
        if spent - estimated > OVER_HOURS
    ]


def confirm(
    job: Job,
    *,
    title: str = "",
    hours: Decimal | None = None,
    money: Decimal = Decimal(0),
    kind: str = "",
    by: Member,
    now: datetime,
) -> Extra:
    """Say that time over the estimate was an extra, and which.

    Args:
        title: left out, that of the job.
        hours: left out, all the time over the estimate.
        kind: so that the third of its kind is known as one.

    Raises:
        JudgedAlready: somebody has said what it was.
    """
    access.demand(by, Role.MEMBER)
    if hours is None:
        hours = Decimal(str(round(max(_over_hours(job), 0.0), 2)))
    with transaction.atomic():
        extra = _given(job.client, title or job.title, hours, money, kind, None, by=by, now=now)
        extra.found_in = job
        with given.constrained(_judged()):
            extra.save()
        recording.record(Event.Kind.EXTRA_GIVEN, about=extra, by=by, at=now, rows=_with_kind(extra))
    return extra


def dismiss(job: Job, *, by: Member, now: datetime) -> Extra:
    """Say that time over the estimate was no extra: the estimate was too low.

    Raises:
        JudgedAlready: somebody has said what it was.
    """
    access.demand(by, Role.MEMBER)
    extra = Extra(
        client=job.client,
        title=job.title,
        state=State.DISMISSED,
        found_in=job,
        given_on=zones.day_of(now, scope.current().zone),
        recorded_at=now,
        recorded_by=by,
    )
    with transaction.atomic():
        with given.constrained(_judged()):
            extra.save()
        recording.record(Event.Kind.EXTRA_DISMISSED, about=extra, by=by, at=now, rows=[extra])
    return extra


def _over_hours(job: Job) -> float:
    sums = job.stages.aggregate(estimated=Sum("likely_hours"), spent=Sum("spent_hours"))
    return (sums["spent"] or 0.0) - (sums["estimated"] or 0.0)


def _given(
    client: Client | None,
    title: str,
    hours: Decimal,
    money: Decimal,
    kind: str,
    given_on: date | None,
    *,
    by: Member,
    now: datetime,
) -> Extra:
    zone = scope.current().zone if client is None else client.zone
    today = zones.day_of(now, zone)
    given_on = given.day(given_on or today, called=_("The day"), field="given_on")
    if given_on > today:
        raise refusals.Refused(_("That day lies ahead."), field="given_on")
    hours, money = amount(hours, "hours"), amount(money, "money")
    if not hours and not money:
        raise refusals.Refused(_("Say what it cost: hours, money, or both."), field="hours")
    name = given.one_line(kind, called=_("The kind"), field="kind", longest=80, needed=False)
    found = None
    if name:
        found = receiving.kind_called(name) or AskKind.objects.create(name=name)
    return Extra(
        client=client,
        kind=found,
        title=given.one_line(title, called=_("What was given"), field="title", longest=200),
        hours=hours,
        money=money,
        given_on=given_on,
        recorded_at=now,
        recorded_by=by,
    )


def _with_kind(extra: Extra) -> list[Extra | AskKind]:
    return [extra] if extra.kind is None else [extra, extra.kind]


def amount(value: Decimal, field: str) -> Decimal:
    """Return hours or money, to the hundredth.

    Raises:
        Refused: less than nothing, or more than the ledger can hold.
    """
    if not value.is_finite() or not 0 <= value <= 999_999:
        raise refusals.Refused(
            _("Give an amount from 0 to 999,999. Nothing was saved."), field=field
        )
    return value.quantize(CENT)


def _exact(value: Decimal | float | None) -> Decimal:
    """Return a sum to the cent; SQLite adds decimals as floating numbers."""
    return Decimal(str(value or 0)).quantize(CENT)


def _judged() -> JudgedAlready:
    return JudgedAlready(_("Somebody has said what it was already. Nothing was changed."))

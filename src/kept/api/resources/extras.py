"""The extras ledger, budgets, and what became expected."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from ninja import Query
from pydantic import Field

from kept import zones
from kept.api import paging
from kept.api.door import Door
from kept.api.keys import ApiRequest
from kept.api.resources.core import Standing
from kept.api.rows import named
from kept.api.shapes import (
    Asked,
    Day,
    Id,
    MaybeName,
    MaybeSentence,
    Money,
    Page,
    PageAsked,
    Prose,
    Sentence,
    Shown,
    Title,
)
from kept.asks import creep, extras, models, paying, retainers
from kept.clients.models import Client, Service
from kept.jobs.models import Job
from kept.people.access import Policy
from kept.promises.models import StandingPromise

door = Door("extras", extra_id=models.Extra, creep_id=models.Creep, job_id=Job)


class Extra(Shown):
    """Something given beyond what is paid."""

    id: int = Field(description="Its number.")
    client_id: int | None = Field(description="To whom; null for a walk-in.")
    ask_id: int | None = Field(description="The ask it answers.")
    kind_id: int | None = Field(description="Its kind.")
    title: str = Field(description="What it was.")
    state: Literal["given", "dismissed", "voided"] = Field(description="Whether it counts.")
    hours: Decimal = Field(description="What it cost us.")
    money: Decimal = Field(description="What it was worth.")
    promise_id: int | None = Field(description="The promise that carries it.")
    given_on: date = Field(description="On which day.")


class NewExtra(Asked):
    """An extra that was given without an ask."""

    client_id: Id | None = Field(None, description="To whom; left out, a walk-in.")
    title: Title = Field(description="What it was.")
    hours: Money = Field(Decimal(0), description="What it cost us.")
    money: Money = Field(Decimal(0), description="What it was worth.")
    kind: MaybeName = Field("", description="Its kind.")
    given_on: Day | None = Field(None, description="On which day; left out, today.")


class Found(Shown):
    """Finished work that took more than was sold: an extra that nobody wrote down?"""

    job_id: int = Field(description="The job.")
    client_id: int = Field(description="For whom it was.")
    title: str = Field(description="What it was.")
    estimated_hours: float = Field(description="What was sold.")
    spent_hours: float = Field(description="What it took.")
    over_hours: float = Field(description="What it took beyond.")


class FoundShown(Shown):
    """Work of which nobody said what the time over was."""

    items: list[Found] = Field(description="Each job, newest first.")


class FoundJudged(Asked):
    """What the time over was."""

    answer: Literal["extra", "estimate"] = Field(description="An extra, or a low estimate.")
    title: MaybeSentence = Field("", description="What was given; left out, the job's title.")
    hours: Money | None = Field(None, description="What it cost us; left out, all the time over.")
    money: Money = Field(Decimal(0), description="What it was worth.")
    kind: MaybeName = Field("", description="Its kind, so that the third is known as one.")


class Voided(Asked):
    """Why it was a mistake."""

    reason: Sentence = Field(description="Stays with it.")


class OfClient(Shown):
    """What one client was given."""

    client_id: int | None = Field(description="The client; null for walk-ins.")
    count: int = Field(description="So many extras.")
    hours: Decimal = Field(description="Hours.")
    money: Decimal = Field(description="What they were worth.")
    budget_hours: Decimal | None = Field(description="The hours we meant to give.")
    budget_money: Decimal | None = Field(description="The money we meant to give.")
    over: bool = Field(description="More than we meant to.")


class LedgerShown(Shown):
    """All that was given in a time."""

    count: int = Field(description="So many extras.")
    hours: Decimal = Field(description="Hours.")
    money: Decimal = Field(description="What they were worth.")
    clients: list[OfClient] = Field(description="Client by client.")


class LedgerAsked(Asked):
    """From when to when."""

    first_on: Day | None = Field(None, description="The first day; left out, of this year.")
    last_on: Day | None = Field(None, description="The last day; left out, today.")


class Budget(Shown):
    """How much we mean to give."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="To whom.")
    first_on: date = Field(description="From.")
    last_on: date = Field(description="To.")
    hours: Decimal | None = Field(description="Hours.")
    money: Decimal | None = Field(description="Money.")


class NewBudget(Asked):
    """How much we mean to give a client; setting it again for the same first day changes it."""

    client_id: Id = Field(description="To whom.")
    first_on: Day = Field(description="From.")
    last_on: Day = Field(description="To.")
    hours: Money | None = Field(None, description="Hours.")
    money: Money | None = Field(None, description="Money.")


class Crept(Shown):
    """One kind that one client was given several times lately."""

    client_id: int = Field(description="The client.")
    kind_id: int = Field(description="The kind.")
    kind: str = Field(description="What it is called.")
    expected: bool = Field(description="Asked for as if it were due.")
    count: int = Field(description="So many times lately.")
    hours: Decimal = Field(description="Hours.")
    money: Decimal = Field(description="What they were worth.")
    ask_ids: list[int] = Field(description="The asks among the evidence.")
    extra_ids: list[int] = Field(description="The evidence, as the ledger has it.")


class CreepWatched(Shown):
    """What waits for a person's decision."""

    items: list[Crept] = Field(description="Each kind of each client that came back often.")


class PayingGroup(Shown):
    """Clients, and what they did in the half year after."""

    clients: int = Field(description="So many.")
    back: int = Field(description="Came back with other work that we promised them.")
    referred: int = Field(description="Sent us somebody.")
    offers: int = Field(description="Offers that they accepted.")
    worth: Decimal = Field(description="Their prices in all.")


class FeltOf(Shown):
    """How clients took it."""

    answered: int = Field(description="Answered when they were asked.")
    delighted: int = Field(description="Of them, delighted.")


class PayingShown(Shown):
    """Do extras pay? What went together with giving, never what caused what."""

    given: PayingGroup = Field(description="Clients who were given something.")
    without: PayingGroup = Field(description="Clients who were not.")
    hours: Decimal = Field(description="What was given to them, in hours.")
    money: Decimal = Field(description="What was given to them, at our prices.")
    difference: tuple[float, float] | None = Field(
        description="How much larger the share that came back is among those given something: "
        "a 95 % interval; null where it is too early to judge."
    )
    extras: FeltOf = Field(description="Reactions to extras.")
    promises: FeltOf = Field(description="Reactions to promises without one.")
    days: int = Field(description="Looked for in so many days after.")
    enough: int = Field(description="It takes so many clients of each.")


class CreepShown(Shown):
    """What a person decided about it."""

    id: int = Field(description="Its number.")
    client_id: int = Field(description="The client.")
    kind_id: int = Field(description="The kind.")
    decided: Literal["priced", "adopted", "retired"] = Field(description="The decision.")
    was_expected: bool = Field(description="It was expected then.")
    price: Decimal | None = Field(description="Its price from now on.")
    by_month: bool = Field(description="It is that of a month: a retainer; else of each.")
    core_service_id: int | None = Field(description="The core service it became.")
    draft_id: int | None = Field(description="The ask on the desk that offers its price.")
    words: str = Field(description="The line of an offer, or the letter that ends it.")
    decided_at: datetime = Field(description="When.")
    ended_at: datetime | None = Field(description="When it was looked at anew.")


class NewCreep(Asked):
    """A decision about what became expected."""

    client_id: Id = Field(description="The client.")
    kind_id: Id = Field(description="The kind.")
    decided: Literal["priced", "adopted", "retired"] = Field(description="The decision.")
    price: Money | None = Field(None, description="For a priced one.")
    by_month: bool = Field(False, description="The price is that of a month: a retainer.")
    service_id: Id | None = Field(None, description="For an adopted one: what it becomes.")
    words: Prose = Field("", description="The letter that ends it; left out, as drafted.")
    send: bool = Field(False, description="Send that letter to whoever asked last.")


@door.read("/extras", Policy.MEMBER, Page[Extra])
def list_extras(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List extras."""
    return paging.page(models.Extra.objects.all(), asked, lambda row: row)


@door.add("/extras", Policy.MEMBER, Extra)
def record_extra(request: ApiRequest, body: NewExtra) -> models.Extra:
    """Write down an extra that was given without an ask."""
    said = body.model_dump(exclude={"client_id"})
    client = None if body.client_id is None else named(Client, body.client_id, "client_id")
    return extras.record(client=client, by=request.member, now=request.now, **said)


@door.read("/extras/ledger", Policy.MEMBER, LedgerShown)
def show_ledger(request: ApiRequest, asked: Query[LedgerAsked]) -> dict[str, Any]:
    """Add up what was given from one day to another."""
    today = zones.day_of(request.now, request.member.organisation.zone)
    book = extras.ledger(
        first_on=asked.first_on or today.replace(month=1, day=1), last_on=asked.last_on or today
    )
    return {
        "count": book.count,
        "hours": book.hours,
        "money": book.money,
        "clients": [
            {
                "client_id": None if one.client is None else one.client.pk,
                "count": one.count,
                "hours": one.hours,
                "money": one.money,
                "budget_hours": None if one.budget is None else one.budget.hours,
                "budget_money": None if one.budget is None else one.budget.money,
                "over": one.over,
            }
            for one in book.clients
        ],
    }


@door.read("/extras/paying", Policy.MEMBER, PayingShown)
def show_paying(request: ApiRequest) -> paying.Paying:
    """Say what clients did after they were given something, beside those who were not."""
    return paying.paying(now=request.now)


@door.read("/extras/found", Policy.MEMBER, FoundShown)
def list_found(request: ApiRequest) -> dict[str, Any]:
    """List finished work that took more than was sold, of which nobody said what that was."""
    items = [
        {
            "job_id": one.job.pk,
            "client_id": one.job.client_id,
            "title": one.job.title,
            "estimated_hours": one.estimated_hours,
            "spent_hours": one.spent_hours,
            "over_hours": one.over_hours,
        }
        for one in extras.suggestions(now=request.now)
    ]
    return {"items": items}


@door.add("/extras/found/{int:job_id}", Policy.MEMBER, Extra)
def judge_found(request: ApiRequest, job_id: int, body: FoundJudged) -> models.Extra:
    """Say what time over the estimate was: an extra of a kind, or a low estimate."""
    job = Job.objects.select_related("client").get(pk=job_id)
    if body.answer == "estimate":
        return extras.dismiss(job, by=request.member, now=request.now)
    said = body.model_dump(exclude={"answer"})
    return extras.confirm(job, by=request.member, now=request.now, **said)


@door.read("/extras/{int:extra_id}", Policy.MEMBER, Extra)
def show_extra(request: ApiRequest, extra_id: int) -> models.Extra:
    """Show an extra."""
    return models.Extra.objects.get(pk=extra_id)


@door.add(
    "/extras/{int:extra_id}/void",
    Policy.LEAD,
    Extra,
    status=200,
    version_of="/extras/{int:extra_id}",
)
def void_extra(request: ApiRequest, extra_id: int, body: Voided) -> models.Extra:
    """Take an extra out that was recorded by mistake."""
    found = models.Extra.objects.get(pk=extra_id)
    return extras.void(found, reason=body.reason, by=request.member, now=request.now)


@door.read("/budgets", Policy.MEMBER, Page[Budget])
def list_budgets(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List budgets for extras."""
    return paging.page(models.Budget.objects.all(), asked, lambda row: row)


@door.add("/budgets", Policy.LEAD, Budget)
def set_budget(request: ApiRequest, body: NewBudget) -> models.Budget:
    """Say how much we mean to give a client."""
    said = body.model_dump(exclude={"client_id"})
    client = named(Client, body.client_id, "client_id")
    return extras.set_budget(client, by=request.member, now=request.now, **said)


@door.read("/creep/watch", Policy.MEMBER, CreepWatched)
def watch_creep(request: ApiRequest) -> dict[str, Any]:
    """List what is repeated or expected, and not decided."""
    items = [
        {
            "client_id": one.client.pk,
            "kind_id": one.kind.pk,
            "kind": one.kind.name,
            "expected": one.expected,
            "count": one.count,
            "hours": one.hours,
            "money": one.money,
            "ask_ids": [ask.pk for ask in one.asks],
            "extra_ids": [gift.pk for gift in one.gifts],
        }
        for one in creep.watch(now=request.now)
    ]
    return {"items": items}


@door.read("/creep", Policy.MEMBER, Page[CreepShown])
def list_creep(request: ApiRequest, asked: Query[PageAsked]) -> dict[str, Any]:
    """List what was decided about creep."""
    return paging.page(models.Creep.objects.all(), asked, lambda row: row)


@door.add("/creep", Policy.LEAD, CreepShown)
def decide_creep(request: ApiRequest, body: NewCreep) -> models.Creep:
    """Price it, adopt it into the core, or retire it."""
    return creep.decide(
        named(Client, body.client_id, "client_id"),
        named(models.AskKind, body.kind_id, "kind_id"),
        decided=body.decided,
        price=body.price,
        by_month=body.by_month,
        service=None if body.service_id is None else named(Service, body.service_id, "service_id"),
        words_said=body.words,
        send=body.send,
        by=request.member,
        now=request.now,
    )


@door.add("/creep/{int:creep_id}/recur", Policy.MEMBER, Standing)
def recur_creep(request: ApiRequest, creep_id: int) -> StandingPromise:
    """Promise the months after the first of what is paid by the month, once they said yes to it."""
    found = models.Creep.objects.select_related("client", "kind").get(pk=creep_id)
    return retainers.promise(found, by=request.member, now=request.now)


@door.add("/creep/{int:creep_id}/reopen", Policy.LEAD, CreepShown, status=200, reads="")
def reopen_creep(request: ApiRequest, creep_id: int) -> models.Creep:
    """Look at a decision anew; it stays listed."""
    found = models.Creep.objects.get(pk=creep_id)
    return creep.reopen(found, by=request.member, now=request.now)

"""What a contact may see: their own offers and promises, and nothing of the house's inside.

Whatever a client's page shows goes through these few fields. There is no
chance among them, no effort, no person but the contact, no internal date.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from django.db.models import Q

from kept.clients.models import Contact
from kept.jobs.models import Condition, Obligation
from kept.plan import outlook, standing
from kept.promises import delivering, recurring_told
from kept.promises.models import (
    DeliveredLine,
    Delivery,
    Pause,
    Promise,
    Proposal,
    StandingPromise,
    Terms,
    ToldHow,
)
from kept.promises.recurring_told import Over, Recurring
from kept.quotes import left_out
from kept.quotes.models import Counter, Quote, QuoteOption

#: What ended stays on the page so long.
CLOSED_FOR = timedelta(days=90)
MOST_CLOSED = 10


Part = TypeVar("Part", Condition, Obligation)


class How(StrEnum):
    """How a promise stands, as the client is told."""

    ON_TRACK = "on-track"
    PROMISED = "promised"  # nothing is said of the odds
    PAUSED = "paused"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Line:
    """One testable line: what it is done by."""

    key: int
    text: str
    required: bool
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """Something the client supplies."""

    key: int
    what: str
    due_at: datetime
    overdue: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What the client proposed, or asked for, and nobody answered yet."""

    wanted_at: datetime | None
    words: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """Something else of an offer that the client may choose."""

    key: int
    due_at: datetime
    price: Decimal | None
    words: str
    without: Sequence[str]


@dataclass(frozen=True, slots=True)
class Offer:
    """A date the client may say yes to."""

    key: int
    what: str
    due_at: datetime
    zone: str
    price: Decimal | None
    expires_at: datetime
    lines: Sequence[Line]
    owed: Sequence[Owed]
    wish: Wish | None
    standard: str = ""
    choices: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """One way out that is proposed."""

    key: int
    due_at: datetime
    words: str
    without: Sequence[str]
    rest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """Other terms that are proposed to the client."""

    key: int
    due_before: datetime
    told_at: datetime
    ways: Sequence[Way]


@dataclass(frozen=True, slots=True)
class Delivered:
    """Something that waits for the client's word."""

    key: int
    promise: int
    what: str
    zone: str
    due_at: datetime
    delivered_at: datetime
    note: str
    where: str
    #: Until when silence counts as their yes, and when they were told so in person.
    deemed_from: datetime | None
    told_in_person_at: datetime | None
    lines: Sequence[Line]
    standard: str = ""
    #: What they agreed to do without.
    without: Sequence[str] = ()

    @property
    def link(self) -> bool:
        """Say whether `where` is an address that a browser may open."""
        return self.where.startswith(("https://", "http://"))


@dataclass(frozen=True, slots=True)
class Running:
    """A promise that is being worked on."""

    key: int
    what: str
    zone: str
    how: How
    due_at: datetime
    first_due_at: datetime
    given_at: datetime
    paused_since: datetime | None
    #: The clock will stand from then, unless what is owed comes.
    pauses_from: datetime | None
    #: When they were told of that in person.
    told_in_person_at: datetime | None
    lines: Sequence[Line]
    owed: Sequence[Owed]
    change: Change | None
    wish: Wish | None
    standard: str = ""
    #: What they agreed to do without.
    without: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """What ended: the offer or promise, how, and when."""

    what: str
    state: str
    at: datetime
    zone: str


@dataclass(frozen=True)
class Page:
    """All that one contact's page shows, in the order of what waits for the client."""

    offers: Sequence[Offer] = ()
    delivered: Sequence[Delivered] = ()
    running: Sequence[Running] = ()
    recurring: Sequence[Recurring] = ()
    closed: Sequence[Closed] = field(default=())

    @property
    def waits(self) -> int:
        """How many things wait for the client's word."""
        changes = sum(1 for one in self.running if one.change is not None)
        return len(self.offers) + len(self.delivered) + changes

    @property
    def owed(self) -> list[Owed]:
        """What the client owes for promises that run, soonest first."""
        owed = [row for one in self.running for row in one.owed]
        return sorted(owed, key=lambda row: (row.due_at, row.key))


def read(contact: Contact, *, now: datetime) -> Page:
    """Return what a contact's page shows; the number of queries does not depend on its length."""
    quotes = list(
        Quote.objects.filter(contact=contact)
        .exclude(state=Quote.State.HELD)
        .select_related("job")
        .order_by("expires_at", "pk")
    )
    promises = list(
        Promise.objects.filter(contact=contact)
        .exclude(state=Promise.State.VOIDED)
        .select_related("job")
        .order_by("due_at", "pk")
    )
    recurs = StandingPromise.objects.filter(contact=contact).filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=now - CLOSED_FOR)
    )
    return _page(quotes, promises, list(recurs), now=now)


def of_quote(quote: Quote, *, now: datetime) -> Page:
    """Return the page as a client would see this one offer, offered or not yet."""
    if quote.promise is not None:
        return of_promise(quote.promise, now=now)
    return _page([quote], [], [], now=now, also_held=True)


def of_promise(promise: Promise, *, now: datetime) -> Page:
    """Return the page as a client would see this one promise."""
    return _page([], [promise], [], now=now)


def of_standing(row: StandingPromise, *, now: datetime) -> Page:
    """Return the page as a client would see this one standing promise."""
    return _page([], [], [row], now=now)


def _page(
    quotes: Sequence[Quote],
    promises: Sequence[Promise],
    recurs: Sequence[StandingPromise],
    *,
    now: datetime,
    also_held: bool = False,
) -> Page:
    live = {Quote.State.OFFERED, Quote.State.COUNTERED} | (
        {Quote.State.HELD} if also_held else set()
    )
    open_quotes = [quote for quote in quotes if quote.state in live and quote.expires_at > now]
    delivered = [one for one in promises if one.state == Promise.State.DELIVERED]
    running = [one for one in promises if one.state in Promise.OPEN]
    jobs = [quote.job_id for quote in open_quotes]
    jobs += [promise.job_id for promise in (*delivered, *running)]
    lines = _of_jobs(Condition.objects.filter(job_id__in=jobs).order_by("position", "pk"))
    owed = _of_jobs(Obligation.objects.filter(job_id__in=jobs, met_at__isnull=True))
    wishes = _wishes(open_quotes)
    choices = _choices(open_quotes)
    splits = left_out.of((*delivered, *running))
    recurring, over = recurring_told.read(recurs, now=now)
    return Page(
        offers=[
            Offer(
                key=quote.pk,
                what=quote.job.title,
                due_at=quote.due_at,
                zone=quote.zone,
                price=quote.price,
                expires_at=quote.expires_at,
                lines=_lines(lines[quote.job_id]),
                owed=_owed(owed[quote.job_id], now),
                wish=wishes.get(quote.pk),
                standard=quote.job.standard,
                choices=choices[quote.pk],
            )
            for quote in open_quotes
        ],
        delivered=_delivered(delivered, lines, splits),
        running=_running(running, lines, owed, splits, now=now),
        recurring=recurring,
        closed=_closed(quotes, promises, over, now=now),
    )


def _choices(quotes: Sequence[Quote]) -> Mapping[int, list[Choice]]:
    found: dict[int, list[Choice]] = defaultdict(list)
    rows = QuoteOption.objects.filter(quote__in=[quote.pk for quote in quotes])
    for row in rows.prefetch_related("left_out__condition").order_by("position"):
        without = [line.condition.text for line in row.left_out.all()]
        found[row.quote_id].append(Choice(row.pk, row.due_at, row.price, row.words, without))
    return found


def _wishes(quotes: Iterable[Quote]) -> Mapping[int, Wish]:
    rows = Counter.objects.filter(quote__in=list(quotes), state=Counter.State.OPEN)
    return {
        row.quote_id: Wish(
            row.wanted_at, "\n".join(part for part in (row.lines, row.word) if part), row.said_at
        )
        for row in rows
    }


def _delivered(
    promises: Sequence[Promise],
    lines: Mapping[int, list[Condition]],
    splits: Mapping[int, left_out.Split],
) -> list[Delivered]:
    waiting = Delivery.objects.filter(
        promise__in=[one.pk for one in promises], state=Delivery.State.WAITING
    ).prefetch_related("lines__condition")
    by_promise = {row.promise_id: row for row in waiting}
    standards = _standards(promises)
    return [
        Delivered(
            key=row.pk,
            promise=one.pk,
            what=one.job.title,
            zone=one.zone,
            due_at=one.due_at,
            delivered_at=row.delivered_at,
            note=row.note,
            where=row.where,
            deemed_from=None if delivering.unheard(row) else row.deemed_from,
            told_in_person_at=row.noticed_at if row.noticed_how == ToldHow.SAID else None,
            lines=[
                Line(line.condition_id, line.condition.text, line.condition.required, line.met)
                for line in row.lines.all()
            ],
            standard=standards.get(one.pk, ""),
            without=splits[one.pk].without(lines[one.job_id]),
        )
        for one in promises
        if (row := by_promise.get(one.pk)) is not None
    ]


def _standards(promises: Sequence[Promise]) -> Mapping[int, str]:
    """Return how good each is to be, by the terms that hold now."""
    rows = Terms.objects.filter(promise__in=[one.pk for one in promises]).order_by("number")
    return dict(rows.values_list("promise_id", "standard"))


def _running(
    promises: Sequence[Promise],
    lines: Mapping[int, list[Condition]],
    owed: Mapping[int, list[Obligation]],
    splits: Mapping[int, left_out.Split],
    *,
    now: datetime,
) -> list[Running]:
    keys = [one.pk for one in promises]
    forecasts = outlook.newest(of=keys)
    first = dict(
        Terms.objects.filter(promise__in=keys, number=1).values_list("promise_id", "due_at")
    )
    paused = dict(
        Pause.objects.filter(promise__in=keys, ended_at__isnull=True).values_list(
            "promise_id", "started_at"
        )
    )
    in_person = dict(
        Pause.objects.filter(
            promise__in=keys, ended_at__isnull=True, notice_how=ToldHow.SAID
        ).values_list("promise_id", "notice_at")
    )
    told = (
        Proposal.objects.filter(promise__in=keys, state=Proposal.State.TOLD)
        .prefetch_related("options__later_lines__condition")
        .order_by("pk")
    )
    proposals = {row.promise_id: row for row in told}
    standards = _standards(promises)
    found = []
    for one in promises:
        proposal = proposals.get(one.pk)
        asked = proposal is not None and proposal.by_side == Proposal.From.CLIENT
        found.append(
            Running(
                key=one.pk,
                what=one.job.title,
                zone=one.zone,
                how=_how(standing.state_of(one, forecasts.get(one.pk), now=now)),
                due_at=one.due_at,
                first_due_at=first.get(one.pk, one.due_at),
                given_at=one.given_at,
                paused_since=_before(paused.get(one.pk), now),
                pauses_from=_after(paused.get(one.pk), now),
                told_in_person_at=in_person.get(one.pk),
                lines=_lines(row for row in lines[one.job_id] if row.pk in splits[one.pk].promised),
                owed=_owed(owed[one.job_id], now),
                change=None if proposal is None or asked else _change(proposal),
                wish=_asked(proposal) if proposal is not None and asked else None,
                standard=standards.get(one.pk, ""),
                without=splits[one.pk].without(lines[one.job_id]),
            )
        )
    return found


def _before(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at <= now else None


def _after(at: datetime | None, now: datetime) -> datetime | None:
    return at if at is not None and at > now else None


def _how(state: standing.State) -> How:
    match state:
        case standing.State.ON_TRACK:
            return How.ON_TRACK
        case standing.State.PAUSED:
            return How.PAUSED
        case standing.State.OVERDUE:
            return How.OVERDUE
    return How.PROMISED


def _change(proposal: Proposal) -> Change:
    return Change(
        key=proposal.pk,
        due_before=proposal.due_before,
        told_at=proposal.told_at or proposal.made_at,
        ways=[
            Way(
                key=option.pk,
                due_at=option.due_at,
                words=option.words,
                without=[line.condition.text for line in option.later_lines.all()],
                rest_due_at=option.rest_due_at,
            )
            for option in proposal.options.all()
        ],
    )


def _asked(proposal: Proposal) -> Wish:
    option = next(iter(proposal.options.all()), None)
    return Wish(
        None if option is None else option.due_at,
        proposal.word,
        proposal.told_at or proposal.made_at,
    )


def _closed(
    quotes: Sequence[Quote], promises: Sequence[Promise], over: Sequence[Over], *, now: datetime
) -> list[Closed]:
    """Return what ended lately, newest first. What became of an accepted offer is its promise."""
    settled = [one.pk for one in promises if one.state == Promise.State.SETTLED]
    in_part = set(
        DeliveredLine.objects.filter(
            delivery__promise__in=settled, delivery__state=Delivery.State.ACCEPTED, accepted=False
        ).values_list("delivery__promise", flat=True)
    )
    found = []
    for quote in quotes:
        state, at = Quote.State(quote.state), quote.answered_at
        if state in Quote.LIVE and quote.expires_at <= now:
            state, at = Quote.State.LAPSED, quote.expires_at
        if state in {Quote.State.DECLINED, Quote.State.LAPSED, Quote.State.WITHDRAWN} and at:
            found.append(Closed(quote.job.title, f"offer-{state}", at, quote.zone))
    for one in promises:
        at = one.settled_at or one.ended_at
        if one.state not in Promise.LIVE and one.state != Promise.State.VOIDED and at:
            how = "settled-in-part" if one.pk in in_part else str(one.state)
            found.append(Closed(one.job.title, how, at, one.zone))
    found += [Closed(one.what, "recurred", one.at, one.zone) for one in over]
    recent = [one for one in found if one.at > now - CLOSED_FOR]
    return sorted(recent, key=lambda one: one.at, reverse=True)[:MOST_CLOSED]


def _lines(rows: Iterable[Condition]) -> list[Line]:
    return [Line(row.pk, row.text, row.required) for row in rows]


def _owed(rows: Iterable[Obligation], now: datetime) -> list[Owed]:
    return [Owed(row.pk, row.what, row.due_at, row.due_at < now) for row in rows]


def _of_jobs(rows: Iterable[Part]) -> dict[int, list[Part]]:
    found: dict[int, list[Part]] = defaultdict(list)
    for row in rows:
        found[row.job_id].append(row)
    return found

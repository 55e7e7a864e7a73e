"""What both samples do alike: an ask comes and is answered; something recurs and is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from kept.asks import answering, gates, receiving, replies
from kept.asks.answering import Saying
from kept.asks.models import Ask, Policy
from kept.clients.models import Client, Service
from kept.people.models import Member
from kept.promises import occurring
from kept.promises.models import Occurrence

#: Something that happened, with its moment.
Happening = Callable[[datetime], object]
Step = tuple[datetime, Happening]


@dataclass(frozen=True)
class Asked:
    """One ask of the past, and how it was answered.

    Attributes:
        rule: by which house rule, and what it measured; a time of day: when it came.
        hours, worth: what a free yes cost us; worth is the price of a paid one.
        override: why it was given against the gate, where that was shut.
        said: the reply was said to their face, as the house words it.
    """

    client: str
    title: str
    kind: str
    given: str
    sort: str = "extra"
    came: str = Ask.Came.MAIL
    rule: str = ""
    measured: str = ""
    sincere: str = "yes"
    wont: str = ""
    hours: str = "0"
    worth: int = 0
    override: str = ""
    said: bool = False


def answered(one: Asked, client: Client | None, by: Member) -> Happening:
    """Write an ask down, judge it, and answer it, all at one moment."""

    def happen(at: datetime) -> object:
        ask = receiving.receive(
            client=client,
            contact=None if client is None else client.contacts.first(),
            title=one.title,
            came=one.came,
            sort=one.sort,
            kind=one.kind,
            policy=Policy.objects.get(name=one.rule) if one.rule else None,
            measured=one.measured,
            by=by,
            now=at,
        )
        ask = receiving.judge(ask, sincere=one.sincere, by=by, now=at)
        body = ""
        if one.said:
            tests = gates.read(ask, by=by, now=at)
            body = replies.draft(tests, one.given, by=by, now=at).body
        free = one.given == "yes_once"
        return answering.answer(
            ask,
            Saying(
                one.given,
                wont=one.wont,
                price=Decimal(one.worth) if one.given == "paid_yes" else None,
                hours=Decimal(one.hours) if free else None,
                worth=Decimal(one.worth) if free else None,
                override_reason=one.override if free else "",
                body=body,
                how="said" if body else "",
            ),
            by=by,
            now=at,
        )

    return happen


def recurs(
    what: str, client: Client, rule: str, at: time, service: Service, owner: Member
) -> Happening:
    """Promise something that recurs, to be read by the first who is known there."""
    return lambda now: occurring.make(
        client=client,
        what=what,
        rule=rule,
        due_time=at,
        service=service,
        owner=owner,
        contact=client.contacts.first(),
        by=owner,
        now=now,
    )


def rounds(first: datetime, weeks: int) -> list[Step]:
    """The rounds that make the next occurrences, every four weeks."""
    return [
        (first + timedelta(weeks=ahead), lambda at: occurring.look_ahead(now=at))
        for ahead in range(4, weeks + 1, 4)
    ]


def done(what: str, day: date, by: Member) -> Happening:
    """Note that the occurrence of a day was done."""

    def happen(at: datetime) -> object:
        row = Occurrence.objects.filter(standing__what=what, due_on=day).first()
        return None if row is None else occurring.done(row, by=by, now=at)

    return happen

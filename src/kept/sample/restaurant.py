"""Tasca do Cais, a restaurant of five in Porto: a rule at the door, regulars, and what recurs.

Nothing here is estimated in hours: a yes is given or not, in a minute, with
somebody in front of you.
"""

import random
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from kept import zones
from kept.asks import policies, receiving
from kept.asks.models import Ask, Policy
from kept.clients import catalogue, core, keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.people import founding, staff
from kept.people.models import Login, Member, Role
from kept.sample.asked import Asked, Happening, Step, answered, done, recurs, rounds
from kept.tenancy import scope

NAME, ZONE, COUNTRY = "Tasca do Cais", "Europe/Lisbon", "PT"
WEEKS = 12

#: Name and role.
PEOPLE = (
    ("Rosa Teixeira", Role.LEAD),
    ("Duarte Leal", Role.MEMBER),
    ("Inês Brito", Role.MEMBER),
    ("Paulo Reis", Role.MEMBER),
)

#: Name, who comes, and what they hired us for.
REGULARS = (
    ("Notary Faria", "Clara Faria", "Lunch for the office"),
    ("The Almeidas", "Manuel Almeida", "Sunday table"),
    ("Quay Hotel", "Sofia Luz", "Lunch for the office"),
    ("Book club", "Teresa Pinto", "Sunday table"),
)

#: What, for whom, how it recurs, by when, of which service, and how many are missed of a dozen.
STANDING = (
    ("Eleven lunches, at the office", "Notary Faria", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
     time(12, 30), "Lunch for the office", 0),
    ("The table by the window", "The Almeidas", "FREQ=WEEKLY;BYDAY=SU", time(13),
     "Sunday table", 0),
    ("Six lunches for the desk", "Quay Hotel", "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", time(13),
     "Lunch for the office", 4),
    ("The long table", "Book club", "FREQ=MONTHLY;BYDAY=1TU", time(19, 30), "Sunday table", 0),
)  # fmt: skip


def _at_the_door(
    client: str,
    title: str,
    given: str = "yes_once",
    rule: str = "Kitchen closes",
    measured: str = "",
) -> Asked:
    return Asked(
        client,
        title,
        kind=rule,
        given=given,
        sort="exception",
        came=Ask.Came.IN_PERSON,
        rule=rule,
        measured=measured,
        wont="policy" if given == "fair_no" else "",
        worth=24 if given == "yes_once" else 0,
        said=True,
    )


#: How many days ago, at what time, and what.
PAST = (
    (52, time(14, 34), _at_the_door("", "Lunch for two")),
    (41, time(14, 41), _at_the_door("The Almeidas", "Soup for the grandmother")),
    (33, time(14, 32), _at_the_door("", "Lunch for three")),
    (27, time(12, 10), _at_the_door("Book club", "Ten at the long table", rule="Large parties",
                                    measured="30")),
    (20, time(15, 20), _at_the_door("", "Lunch for four", "fair_no")),
    (12, time(14, 33), _at_the_door("Notary Faria", "A late lunch for one")),
    (9, time(16, 10), _at_the_door("", "Lunch for eight", "fair_no")),
    (5, time(14, 35), _at_the_door("Notary Faria", "A late lunch for one, again")),
    (2, time(14, 31), _at_the_door("", "Coffee and a dessert")),
)  # fmt: skip


def make(*, login: Login, now: datetime, seed: int = 1) -> Member:
    """Make the restaurant with `login` as its owner; the same seed and day give the same one.

    Returns:
        Ada, its owner.
    """
    luck = random.Random(seed)  # noqa: S311 - a sample, not a secret
    began = now - timedelta(weeks=WEEKS + 1)
    with transaction.atomic():
        owner = founding.found(
            name=NAME,
            zone=ZONE,
            country=COUNTRY,
            owner="Ada Marsh",
            login=login,
            now=began,
            day_ends_at=time(23),
            sample=True,
        )
        with scope.acting_in(owner.organisation):
            people = {
                name.split()[0]: staff.add_member(name=name, role=role, by=owner, now=began)
                for name, role in PEOPLE
            }
            clients, services = _regulars(owner, began)
            _rules(owner, people["Rosa"], now=began)
            steps = _recurring(people, clients, services, luck, now=now)
            steps += [
                (
                    zones.moment(zones.day_of(now, ZONE) - timedelta(days=ago), at, ZONE),
                    answered(one, clients.get(one.client), people["Rosa"]),
                )
                for ago, at, one in PAST
            ]
            steps.append((now - timedelta(minutes=12), _waiting(clients, people, now=now)))
            for at, step in sorted(steps, key=lambda step: step[0]):
                step(at)
    return owner


def _regulars(owner: Member, began: datetime) -> tuple[dict[str, Client], dict[str, Service]]:
    services = {
        name: catalogue.add_service(
            name=name,
            price=Decimal(price),
            stages=[StageSketch(name="Cook and serve", likely_hours=hours, finishing=True)],
            by=owner,
            now=began,
        )
        for name, price, hours in (("Lunch for the office", 132, 2), ("Sunday table", 90, 1))
    }
    clients = {}
    for name, contact, hired in REGULARS:
        client = keeping.add_client(name=name, by=owner, now=began)
        first = contact.split(maxsplit=1)[0].lower()
        keeping.add_contact(
            client, name=contact, email=f"{first}@regulars.example", by=owner, now=began
        )
        core.name(client, services[hired], by=owner, now=began)
        clients[name] = client
    return clients, services


def _rules(owner: Member, head_waiter: Member, *, now: datetime) -> None:
    policies.make(
        name="Kitchen closes",
        rule="the kitchen closes at 14:30",
        purpose="The cooks rest before the evening",
        owner=head_waiter,
        quantity="time_of_day",
        limit="14:30",
        tolerance="5",
        band_limit="15:00",
        band_role="lead",
        hard_limit="16:00",
        hard_reason="The gas is off",
        by=owner,
        now=now,
    )
    policies.make(
        name="Large parties",
        rule="parties over eight tell us 48 hours before",
        purpose="Somebody has to buy the fish",
        owner=owner,
        quantity="notice",
        direction="at_least",
        limit="48",
        tolerance="2",
        band_limit="24",
        band_role="lead",
        by=owner,
        now=now,
    )
    policies.make(
        name="Guests in the room",
        rule="the room seats 42",
        purpose="Everybody finds the door",
        owner=owner,
        quantity="number",
        unit="guest/guests",
        limit="42",
        hard_limit="48",
        hard_reason="Fire regulations",
        by=owner,
        now=now,
    )


def _recurring(
    people: Mapping[str, Member],
    clients: Mapping[str, Client],
    services: Mapping[str, Service],
    luck: random.Random,
    *,
    now: datetime,
) -> list[Step]:
    """Return what recurs, made twelve weeks ago, and each of its occurrences as it went."""
    first = now - timedelta(weeks=WEEKS)
    found = rounds(first, WEEKS)
    for what, name, rule, at, service, missed in STANDING:
        found.append(
            (first, recurs(what, clients[name], rule, at, services[service], people["Duarte"]))
        )
        for ago in range(WEEKS * 7, -1, -1):
            day = zones.day_of(now, ZONE) - timedelta(days=ago)
            due_at = zones.moment(day, at, ZONE)
            late = luck.random() < missed / 12
            done_at = due_at + (timedelta(minutes=25) if late else -timedelta(minutes=10))
            if first < due_at and done_at < now:
                found.append((done_at, done(what, day, people["Duarte"])))
    return found


def _waiting(
    clients: Mapping[str, Client], people: Mapping[str, Member], *, now: datetime
) -> Happening:
    """Somebody stands in the door: at 14:33 today, or yesterday where that lies ahead."""
    moment = zones.moment(zones.day_of(now, ZONE), time(14, 33), ZONE)
    if moment > now - timedelta(minutes=12):
        moment = zones.moment(zones.day_of(now, ZONE) - timedelta(days=1), time(14, 33), ZONE)

    return lambda at: receiving.receive(
        client=clients["The Almeidas"],
        title="A late lunch for four",
        came=Ask.Came.IN_PERSON,
        came_at=moment,
        sort=Ask.Sort.EXCEPTION,
        kind="Kitchen closes",
        policy=Policy.objects.get(name="Kitchen closes"),
        decider=people["Rosa"],
        due_at=at + timedelta(minutes=15),
        by=people["Duarte"],
        now=at,
    )

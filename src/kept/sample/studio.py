"""Northlight, a studio of twelve in Lisbon: a year of finished work and what is open now.

Everything is drawn from one seed. Nothing is copied from a real house; the
spread of actual over estimate has the shape that real ones show: much work
takes just what was said, some far more.
"""

import csv
import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction

from kept import zones
from kept.clients import catalogue, keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.imports import intake
from kept.jobs import making, work
from kept.jobs.models import Job, Stage
from kept.people import days, founding, staff
from kept.people.models import Login, Member, Role
from kept.plan import outlook
from kept.promises import recording as promising
from kept.promises.models import Promise
from kept.tenancy import scope

NAME, ZONE, COUNTRY = "Northlight", "Europe/Lisbon", "PT"
DESIGN, WRITING, BUILD, FILM, CHECKS = (
    "Design", "Writing", "Building", "Film and sound", "Checks",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody of the studio. `pace` is how their work runs over what was estimated."""

    name: str
    skills: tuple[str, ...]
    role: Role = Role.MEMBER
    outside_hours: float | None = None
    mornings: bool = False
    pace: float = 1.0


PEOPLE = (
    Person("Ada Marsh", (WRITING,), Role.OWNER, outside_hours=28),
    Person("Ben Okafor", (BUILD,), Role.LEAD, outside_hours=20, pace=0.95),
    Person("Dev Rao", (BUILD,), pace=1.05),
    Person("Rui Teixeira", (BUILD,), pace=1.2),
    Person("Lena Vogt", (WRITING,), mornings=True),
    Person("Kai Lindqvist", (WRITING, FILM), pace=1.1),
    Person("Ines Duarte", (DESIGN,), pace=0.95),
    Person("Tomas Novak", (DESIGN,), pace=1.15),
    Person("Freya Holm", (DESIGN, CHECKS)),
    Person("Omar Haddad", (FILM,), pace=1.25),
    Person("Maya Costa", (CHECKS,), outside_hours=12),
    Person("João Pires", (CHECKS, WRITING), outside_hours=10),
)

CLIENTS = (
    ("Harbour Clinic", "Ana Prates"),
    ("Pete’s Bakery", "Pete Almond"),
    ("Tidewater Museum", "Ruth Abiola"),
    ("Lantern Theatre", "Jo Sandoval"),
    ("Marlow & Finch", "Simon Finch"),
    ("Cobalt Bikes", "Nia Cobb"),
    ("Oakfield School", "Helen Tran"),
    ("Saltgrass Farm", "Wim de Boer"),
)


@dataclass(frozen=True)
class Part:
    """A stage of a service: hours usually estimated, and how far off estimates of it run."""

    name: str
    skill: str
    hours: float
    over: float = 1.0
    optional: bool = False


SERVICES: dict[str, tuple[int, tuple[Part, ...]]] = {
    "Landing page": (4800, (
        Part("Copy", WRITING, 6), Part("Design", DESIGN, 10), Part("Build", BUILD, 14, 1.15),
        Part("Booking form", BUILD, 6, 1.3, optional=True), Part("Checks and hand-over", CHECKS, 4),
    )),
    "Season site": (11500, (
        Part("Copy", WRITING, 14), Part("Design", DESIGN, 24), Part("Build", BUILD, 40, 1.2),
        Part("Checks and hand-over", CHECKS, 8),
    )),
    "Print piece": (1400, (
        Part("Text", WRITING, 3), Part("Layout", DESIGN, 8), Part("Proof and hand-over", CHECKS, 2),
    )),
    "Audio guide": (9200, (
        Part("Script", WRITING, 18), Part("Recording", FILM, 20, 1.2), Part("Player", BUILD, 16),
        Part("Checks and hand-over", CHECKS, 6),
    )),
    "Portal step": (7600, (
        Part("Screens", DESIGN, 12), Part("Build", BUILD, 28, 1.25),
        Part("Checks and hand-over", CHECKS, 6),
    )),
    "Form": (2600, (
        Part("Screens", DESIGN, 5), Part("Build", BUILD, 10, 1.1),
        Part("Checks and hand-over", CHECKS, 3),
    )),
    "Letters": (900, (
        Part("Text", WRITING, 5), Part("Checks and hand-over", CHECKS, 2, 0.95),
    )),
    "Short film": (8800, (
        Part("Script", WRITING, 8), Part("Shoot", FILM, 16, 1.15), Part("Cut", FILM, 22, 1.35),
        Part("Checks and hand-over", CHECKS, 4),
    )),
}  # fmt: skip

#: What was sold again and again in the year past, and how often.
SOLD = {
    "Landing page": 17, "Season site": 5, "Print piece": 26, "Audio guide": 4,
    "Portal step": 11, "Form": 16, "Letters": 20, "Short film": 2,
}  # fmt: skip

#: Open promises: client, what, service, working days since given and until due, how many stages
#: are done, share of the next one's estimate already spent.
OPEN: tuple[tuple[str, str, str, int, int, int, float], ...] = (
    ("Pete’s Bakery", "Menu cards", "Print piece", -14, -2, 2, 0.0),
    ("Lantern Theatre", "Season site", "Season site", -24, 9, 2, 0.35),
    ("Marlow & Finch", "Client portal, step 2", "Portal step", -17, 10, 1, 0.7),
    ("Oakfield School", "Enrolment form", "Form", -9, 3, 1, 0.4),
    ("Harbour Clinic", "Patient letters", "Letters", -5, 4, 1, 0.0),
    ("Tidewater Museum", "Audio guide", "Audio guide", -20, 14, 2, 0.4),
    ("Cobalt Bikes", "Dealer portal", "Portal step", -12, 16, 1, 0.2),
    ("Harbour Clinic", "Online booking, step 1", "Portal step", -8, 22, 1, 0.0),
    ("Pete’s Bakery", "Advent pages", "Landing page", -12, 9, 3, 0.5),
    ("Saltgrass Farm", "Box labels", "Print piece", -6, 7, 1, 0.3),
    ("Marlow & Finch", "Partner pages", "Landing page", -4, 24, 0, 0.5),
    ("Lantern Theatre", "Spring poster", "Print piece", -3, 30, 0, 0.0),
    ("Tidewater Museum", "Members’ letter", "Letters", -2, 28, 0, 0.0),
    ("Oakfield School", "Open-day film", "Short film", -4, 38, 0, 0.0),
)

LAST_MILE = ("Maya", "João", "Freya")


def make(*, login: Login, now: datetime, seed: int = 1) -> Member:
    """Make the studio with `login` as its owner; the same seed and day give the same studio.

    Returns:
        Ada, its owner.
    """
    luck = random.Random(seed)  # noqa: S311 - a sample, not a secret
    began = now - timedelta(days=420)
    with transaction.atomic():
        owner = founding.found(
            name=NAME,
            zone=ZONE,
            country=COUNTRY,
            owner=PEOPLE[0].name,
            login=login,
            now=began,
            sample=True,
        )
        with scope.acting_in(owner.organisation):
            people = _people(owner, began=began, now=now, luck=luck)
            clients = _clients(owner, began)
            services = _services(owner, began)
            history = _history(luck, now=now)
            intake.accept(history, "last-year.csv", by=owner, now=now - timedelta(hours=2))
            _open_work(luck, owner, people, clients, services, now=now)
            outlook.refresh(by=owner, now=now)
    return owner


def _people(
    owner: Member, *, began: datetime, now: datetime, luck: random.Random
) -> dict[str, Member]:
    people = {}
    for person in PEOPLE:
        if person.role is Role.OWNER:
            member = owner
            staff.set_skills(owner, person.skills, by=owner, now=began)
        else:
            member = staff.add_member(
                name=person.name,
                email=f"{person.name.split()[0].lower().replace('ã', 'a')}@northlight.example",
                role=person.role,
                skills=person.skills,
                by=owner,
                now=began,
            )
        if person.mornings:
            staff.set_week(
                member, [(day, time(9), time(13)) for day in range(5)], by=owner, now=began
            )
        if person.outside_hours is not None:
            staff.change_member(member, by=owner, now=began, outside_hours=person.outside_hours)
        people[member.first_name] = member
    today = zones.day_of(now, ZONE)
    for name, (ahead, length) in {
        "Dev": (11, 2), "Ines": (18, 3), "Omar": (23, 5), "Rui": (30, 1), "Ada": (24, 3),
    }.items():  # fmt: skip
        first = days.shifted(owner.organisation, today, ahead + luck.choice((0, 0, 1)))
        last = days.shifted(owner.organisation, first, length - 1) if length > 1 else first
        staff.add_absence(people[name], first, last, by=owner, now=now - timedelta(days=9))
    return people


def _clients(owner: Member, began: datetime) -> dict[str, Client]:
    clients = {}
    for name, contact in CLIENTS:
        client = keeping.add_client(name=name, by=owner, now=began)
        keeping.add_contact(
            client, name=contact, email=_address(contact, name), by=owner, now=began
        )
        clients[name] = client
    return clients


def _address(contact: str, client: str) -> str:
    """Return an address that reaches nobody: names below .example are never anybody's."""
    first = contact.split(maxsplit=1)[0].lower()
    house = "".join(letter for letter in client.lower() if letter.isascii() and letter.isalpha())
    return f"{first}@{house}.example"


def _services(owner: Member, began: datetime) -> dict[str, Service]:
    return {
        name: catalogue.add_service(
            name=name,
            price=Decimal(price),
            stages=[
                StageSketch(
                    name=part.name,
                    skill=part.skill,
                    likely_hours=part.hours,
                    optional=part.optional,
                    finishing=number == len(parts),
                )
                for number, part in enumerate(parts, start=1)
            ],
            by=owner,
            now=began,
        )
        for name, (price, parts) in SERVICES.items()
    }


COLUMNS = (
    "row_id", "person", "client", "kind", "subkind", "estimate", "actual", "unit",
    "t_estimated", "t_started", "t_due_first", "t_due", "t_finished", "status",
)  # fmt: skip


def _history(luck: random.Random, *, now: datetime) -> bytes:
    """Return a year of finished work as the file that another tool would export."""
    today = zones.day_of(now, ZONE)
    house = scope.current()
    rows: list[Sequence[object]] = []
    jobs = [name for name, count in SOLD.items() for _again in range(count)]
    luck.shuffle(jobs)
    for number, name in enumerate(jobs):
        begins = today - timedelta(days=int(365 - 330 * number / len(jobs)) + luck.randint(0, 6))
        begins = days.shifted(house, begins, 1)
        client = luck.choices(CLIENTS, weights=(6, 5, 4, 3, 4, 3, 2, 2))[0][0]
        rows.extend(_one_job(luck, number, name, client, begins, before=today))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    return file.getvalue().encode()


def _one_job(
    luck: random.Random, number: int, name: str, client: str, begins: date, *, before: date
) -> list[Sequence[object]]:
    """Return the rows of one job done in the past; empty if it would not be finished by now."""
    house = scope.current()
    rows: list[Sequence[object]] = []
    day = begins
    bad_luck = luck.gauss(0, 0.12)
    planned = 0.0
    for place, part in enumerate(SERVICES[name][1]):
        if part.optional and luck.random() < 0.5:
            continue
        person = luck.choice([p for p in PEOPLE if part.skill in p.skills])
        estimate = max(1.0, _rounded(part.hours * math.exp(luck.gauss(0, 0.3))))
        actual = _actual(luck, estimate, part.over * person.pace, bad_luck)
        first = day
        # Half a day of somebody's time goes to one job; some days it waits.
        length = max(1, math.ceil(actual / 4.5 + luck.choice((0, 0, 0, 1, 1, 2))))
        day = days.shifted(house, day, length - 1) if length > 1 else day
        planned += max(1, math.ceil(estimate / 4)) + 0.9
        rows.append((
            f"N{number:03d}-{place + 1}", person.name, client, name, part.skill,
            f"{estimate:g}", f"{actual:g}", "hours", begins.isoformat(), first.isoformat(),
            "", "", day.isoformat(), "finished",
        ))  # fmt: skip
        day = days.shifted(house, day, 1)
    if not rows or day >= before:
        return []
    finished = rows[-1][12]
    first_due = days.shifted(house, begins, max(2, round(planned * luck.uniform(0.9, 1.25))))
    due = first_due
    if str(finished) > first_due.isoformat() and luck.random() < 0.45:
        due = days.shifted(house, first_due, luck.choice((2, 3, 5, 5)))
    last = rows[-1]
    rows[-1] = (*last[:10], first_due.isoformat(), due.isoformat(), *last[12:])
    return rows


def _actual(luck: random.Random, estimate: float, over: float, bad_luck: float) -> float:
    """Draw what a piece of work took: a third just what was said, the rest with a long tail."""
    if luck.random() < 0.33:
        return estimate
    ratio = over * math.exp(bad_luck + luck.gauss(-0.03, 0.42))
    if luck.random() < 0.06:
        ratio *= luck.uniform(1.8, 3.2)
    return max(0.5, _rounded(estimate * ratio))


def _rounded(hours: float) -> float:
    return round(hours * 2) / 2 if hours < 8 else float(round(hours))


def _open_work(
    luck: random.Random,
    owner: Member,
    people: dict[str, Member],
    clients: dict[str, Client],
    services: dict[str, Service],
    *,
    now: datetime,
) -> None:
    house = scope.current()
    today = zones.day_of(now, ZONE)
    lead = people["Ben"]
    desks = Desks(people)
    for place, (client, what, service, since, until, done, begun) in enumerate(OPEN):
        given_on = days.shifted(house, today, since)
        due_on = days.shifted(house, today, until)
        given_at = zones.moment(given_on, time(10 + place % 6, 5 * (place % 12)), ZONE)
        sketches = []
        for number, sketch in enumerate(catalogue.sketches_of(services[service])):
            hours = max(1.0, _rounded(sketch.likely_hours * math.exp(luck.gauss(0, 0.18))))
            left = 0.0 if number < done else hours * (1 - begun * (number == done))
            sketches.append(
                StageSketch(
                    name=sketch.name,
                    likely_hours=hours,
                    skill=sketch.skill,
                    after=sketch.after,
                    optional=sketch.optional,
                    finishing=sketch.finishing,
                    owner=desks.owner(sketch.skill, left),
                )
            )
        job = making.make(
            title=what,
            client=clients[client],
            service=services[service],
            stages=sketches,
            state=Job.State.OPEN,
            by=lead,
            now=given_at,
        )
        promising.give(
            job=job,
            client=clients[client],
            due_at=days.end_of(due_on, zone=ZONE, house=house),
            zone=ZONE,
            origin=Promise.Origin.LOOSE,
            contact=clients[client].contacts.get(),
            last_mile_owner=people[LAST_MILE[place % 3]],
            by=lead,
            now=given_at,
        )
        _progress(job, done, begun, given_at, now)
        _told(job, place, owner, now=now)


class Desks:
    """Who has how much on the desk, so that work goes to whoever has most room for it."""

    def __init__(self, people: dict[str, Member]) -> None:
        self.people = people
        self.hours = {person.name: 0.0 for person in PEOPLE}

    def owner(self, skill: str | None, hours: float) -> Member:
        """Return who takes a stage: the one with the skill and the least to do for their time."""
        able = [p for p in PEOPLE if skill in p.skills and p.role is not Role.OWNER]
        chosen = min(able, key=lambda p: (self.hours[p.name] + hours) / _week(p))
        self.hours[chosen.name] += hours
        return self.people[chosen.name.split()[0]]


def _week(person: Person) -> float:
    return 20 if person.mornings else 40 - (person.outside_hours or 12)


def _progress(job: Job, done: int, begun: float, given_at: datetime, now: datetime) -> None:
    """Move a job on: some stages done, the next one begun."""
    at = given_at + timedelta(days=1)
    for place, stage in enumerate(job.stages.select_related("owner").order_by("position")):
        by = stage.owner or job.made_by
        if by is None:
            return
        if place < done:
            work.begin(stage, by=by, now=min(at, now))
            work.finish(stage, by=by, now=min(at + timedelta(days=2), now))
            at += timedelta(days=2)
        elif place == done and begun:
            work.begin(stage, by=by, now=min(at, now))
            hours = _rounded(stage.likely_hours * begun)
            work.log_hours(stage, max(0.5, hours), by=by, now=min(at + timedelta(days=1), now))


def _told(job: Job, place: int, owner: Member, *, now: datetime) -> None:
    """Record what the client owes and what is counted on, for some jobs."""
    house = scope.current()
    stage = job.stages.exclude(state=Stage.State.DONE).order_by("position").first()
    if place % 5 == 2 and stage is not None:
        making.record_obligation(
            job,
            what="Test accounts and texts",
            due_at=days.end_of(
                days.shifted(house, zones.day_of(now, ZONE), 1), zone=ZONE, house=house
            ),
            by=owner,
            now=now,
        )
    if place % 3 == 0:
        making.record_assumption(job, text="The brief stays as it was agreed", by=owner, now=now)
    if place % 2 == 0:
        making.add_condition(job, text="Works on the client’s own devices", by=owner, now=now)
        making.add_condition(job, text="Named contact has signed it off", by=owner, now=now)

"""Northlight, a studio of twelve in Lisbon: a year of finished work and what is open now.

Everything is drawn from one seed. Nothing is copied from a real house; the
spread of actual over estimate has the shape that real ones show: much work
takes just what was said, some far more.
"""

import csv
import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from kept import zones
from kept.clients import catalogue, keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.imports import intake
from kept.jobs import checklist, handing, making, owning, work
from kept.jobs.models import HandOver, Job, Responsibility, Stage
from kept.people import days, founding, staff
from kept.people.models import Login, Member, Role
from kept.plan import outlook
from kept.promises import recording as promising
from kept.promises.models import Promise
from kept.sample import beyond, last_mile, lives
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
    ("Lantern Theatre", "Season site", "Season site", -24, 9, 2, 0.4),
    ("Marlow & Finch", "Client portal, step 2", "Portal step", -17, 10, 1, 0.7),
    ("Oakfield School", "Enrolment form", "Form", -9, 4, 1, 0.5),
    ("Harbour Clinic", "Patient letters", "Letters", -5, 4, 1, 0.0),
    ("Tidewater Museum", "Audio guide", "Audio guide", -20, 14, 2, 0.4),
    ("Cobalt Bikes", "Dealer portal", "Portal step", -12, 22, 1, 0.2),
    ("Harbour Clinic", "Online booking, step 1", "Portal step", -8, 28, 1, 0.0),
    ("Pete’s Bakery", "Advent pages", "Landing page", -12, 10, 3, 0.6),
    ("Saltgrass Farm", "Box labels", "Print piece", -6, 7, 1, 0.3),
    ("Marlow & Finch", "Partner pages", "Landing page", -4, 30, 0, 0.5),
    ("Lantern Theatre", "Spring poster", "Print piece", -3, 30, 0, 0.0),
    ("Tidewater Museum", "Members’ letter", "Letters", -2, 28, 0, 0.0),
    ("Oakfield School", "Open-day film", "Short film", -4, 38, 0, 0.0),
)

#: A year of finished work was brought in so long ago; what was finished since, this morning.
IMPORTED = timedelta(days=28)
#: Working days ago on which kept looked ahead, as it does each day and after each change.
LOOKED_AHEAD = (15, 12, 10, 8, 6, 5, 4, 3, 2, 1)

#: Something that somebody did, and when.
Step = tuple[datetime, Callable[[datetime], object]]

#: What is checked before the client hears that it is done.
FINISH = (
    "Texts read by somebody who did not write them",
    "Tried on a phone",
    "Hand-over list written",
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
            people = _people(owner, began=began)
            steps = _absences(owner, people, now=now, luck=luck)
            clients = _clients(owner, began)
            services = _services(owner, began)
            # A stream of its own, so that the past of a seed does not hang on who is away.
            older, newer = _history(random.Random(seed), now=now)  # noqa: S311 - as above
            steps += _open_work(luck, owner, people, clients, services, now=now)
            skilled = {
                skill: [people[p.name.split()[0]] for p in PEOPLE if skill in p.skills]
                for skill in (DESIGN, WRITING, BUILD, FILM, CHECKS)
            }
            steps += lives.steps(people, clients, services, skilled, now=now, seed=seed)
            steps += last_mile.steps(people, now=now)
            steps += beyond.steps(owner, people, clients, services, now=now)
            steps += [
                (now - IMPORTED, lambda at: intake.accept(older, "a-year.csv", by=owner, now=at)),
                (
                    now - timedelta(hours=2),
                    lambda at: intake.accept(newer, "last-weeks.csv", by=owner, now=at),
                ),
                *_looks_ahead(owner, now=now),
            ]
            # As it happened: what comes first in time comes first in the ledger.
            for at, step in sorted(steps, key=lambda step: step[0]):
                step(at)
    return owner


def _people(owner: Member, *, began: datetime) -> dict[str, Member]:
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
    return people


def _absences(
    owner: Member, people: dict[str, Member], *, now: datetime, luck: random.Random
) -> list[Step]:
    """Return who said last week that they will be away."""
    house = owner.organisation
    today = zones.day_of(now, ZONE)
    steps: list[Step] = []
    for name, (ahead, length) in {
        "Dev": (11, 2), "Ines": (18, 3), "Omar": (23, 5), "Rui": (30, 1), "Ada": (24, 3),
    }.items():  # fmt: skip
        first = days.shifted(house, today, ahead + luck.choice((0, 0, 1)))
        last = days.shifted(house, first, length - 1) if length > 1 else first
        steps.append((now - timedelta(days=9), _away(owner, people[name], first, last)))
    return steps


def _away(owner: Member, member: Member, first: date, last: date) -> Callable[[datetime], object]:
    return lambda at: staff.add_absence(member, first, last, by=owner, now=at)


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


def _history(luck: random.Random, *, now: datetime) -> tuple[bytes, bytes]:
    """Return a year of finished work as two files of another tool: until IMPORTED, and since."""
    today = zones.day_of(now, ZONE)
    until = zones.day_of(now - IMPORTED, ZONE).isoformat()
    house = scope.current()
    rows: list[Sequence[object]] = []
    jobs = [name for name, count in SOLD.items() for _again in range(count)]
    luck.shuffle(jobs)
    for number, name in enumerate(jobs):
        begins = today - timedelta(days=int(365 - 350 * number / len(jobs)) + luck.randint(0, 6))
        begins = days.shifted(house, begins, 1)
        client = luck.choices(CLIENTS, weights=(6, 5, 4, 3, 4, 3, 2, 2))[0][0]
        rows.extend(_one_job(luck, number, name, client, begins, before=today))
    finished = COLUMNS.index("t_finished")
    return (
        _file([row for row in rows if str(row[finished]) < until]),
        _file([row for row in rows if str(row[finished]) >= until]),
    )


def _file(rows: Sequence[Sequence[object]]) -> bytes:
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
    first_due = days.shifted(house, begins, max(2, round(planned * luck.uniform(0.8, 1.16))))
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
    if luck.random() < 0.11:
        ratio *= luck.uniform(1.8, 3.8)
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
) -> list[Step]:
    """Return how the open promises were given, and what was done for them since."""
    house = scope.current()
    today = zones.day_of(now, ZONE)
    lead = people["Ben"]
    desks = Desks(people)
    steps: list[Step] = []
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
        promised = Promised(
            client=clients[client],
            what=what,
            service=services[service],
            stages=sketches,
            due_at=days.end_of(due_on, zone=ZONE, house=house),
            last_mile=people[LAST_MILE[place % 3]],
            lead=lead,
            owner=owner,
            place=place,
        )
        steps.append((given_at, promised.give))
        steps += promised.progress(done, begun, given_at, now=now, luck=luck)
        steps.append((max(given_at, now - timedelta(hours=1)), promised.note_what_is_owed))
        if what == "Audio guide":
            asked_on = zones.moment(days.shifted(house, today, -2), time(15, 20), ZONE)
            steps.append((asked_on, promised.ask_somebody_else))
        if what == "Enrolment form":
            steps.append((now - timedelta(hours=1), promised.hand_on))
    return steps


def _looks_ahead(owner: Member, *, now: datetime) -> list[Step]:
    """Return the forecasts of the days past, made before work began, and the one of now."""
    house = owner.organisation
    today = zones.day_of(now, ZONE)
    mornings = [
        zones.moment(days.shifted(house, today, -ago), time(6), ZONE) for ago in LOOKED_AHEAD
    ]
    return [(at, lambda at: outlook.refresh(by=None, now=at)) for at in mornings] + [
        (now, lambda at: outlook.refresh(by=owner, now=at))
    ]


@dataclass
class Promised:
    """One open promise on its way: given, worked on, told about."""

    client: Client
    what: str
    service: Service
    stages: Sequence[StageSketch]
    due_at: datetime
    last_mile: Member
    lead: Member
    owner: Member
    place: int
    job: Job | None = None

    def give(self, at: datetime) -> None:
        """Make the job and give the promise; some with conditions and what they count on."""
        self.job = making.make(
            title=self.what,
            client=self.client,
            service=self.service,
            stages=self.stages,
            state=Job.State.OPEN,
            by=self.lead,
            now=at,
        )
        doing: dict[str, Any] = {"by": self.owner, "now": at}
        if self.place % 3 == 0:
            making.record_assumption(self.job, text="The brief stays as it was agreed", **doing)
        if self.place % 2 == 0:
            making.add_condition(self.job, text="Works on the client’s own devices", **doing)
            making.add_condition(self.job, text="Named contact has signed it off", **doing)
        self._let_all_agree(at)
        promising.give(
            job=self.job,
            gate=Promise.Gate.COMPLETE,
            client=self.client,
            due_at=self.due_at,
            zone=ZONE,
            origin=Promise.Origin.LOOSE,
            contact=self.client.contacts.get(),
            last_mile_owner=self.last_mile,
            by=self.lead,
            now=at,
        )

    def _let_all_agree(self, at: datetime) -> None:
        """Let everybody who owns a part say yes to it, and write down what the finish checks."""
        assert self.job is not None
        asked = [
            owning.propose(stage, stage.owner, by=self.lead, now=at)
            for stage in self.job.stages.select_related("owner").order_by("position")
            if stage.owner is not None
        ]
        for row in [*asked, owning.propose(self.job, self.last_mile, by=self.lead, now=at)]:
            if row.state == Responsibility.State.PROPOSED:
                owning.accept(row, by=row.member, now=at)
        finish = handing.finishing_of(self.job)
        if finish is not None:
            for text in FINISH:
                checklist.add(finish, text, by=self.last_mile, now=at)

    def progress(
        self, done: int, begun: float, given_at: datetime, *, now: datetime, luck: random.Random
    ) -> list[Step]:
        """Return how the job moved on: some stages done, the next one begun."""
        house = scope.current()
        given_on = zones.day_of(given_at, ZONE)
        steps: list[Step] = []
        gone = 1

        def at(hour: int) -> datetime:
            day = days.shifted(house, given_on, gone)
            return min(now, zones.moment(day, time(hour, 7 * self.place % 60), ZONE))

        for place in range(done):
            steps.append((at(9), self._begin(place)))
            gone += 1
            steps.append((at(16), self._finish(place, luck)))
            gone += 1
        if begun:
            hours = max(0.5, _rounded(self.stages[done].likely_hours * begun))
            steps.append((at(10), self._begin(done)))
            gone += 1
            steps.append((at(17), self._log(done, hours)))
        return steps

    def ask_somebody_else(self, at: datetime) -> None:
        """Ask a builder to take what another one owns; nobody has answered yet."""
        assert self.job is not None
        stage = self.job.stages.select_related("owner").get(name="Player")
        builders = Member.objects.filter(member_skills__skill=stage.skill).order_by("pk")
        other = next(member for member in builders if member != stage.owner)
        owning.propose(stage, other, by=self.lead, now=at)

    def hand_on(self, at: datetime) -> None:
        """Hand over what was begun; whoever goes on has not taken it yet."""
        assert self.job is not None
        stage = self.job.stages.select_related("owner").get(name="Build")
        if stage.owner is not None:
            handing.hand_over(stage, hours=2, by=stage.owner, now=at)

    def note_what_is_owed(self, at: datetime) -> None:
        """Record what the client owes, for some."""
        house = scope.current()
        if self.place % 5 == 2 and self.job is not None:
            due_on = days.shifted(house, zones.day_of(at, ZONE), 1)
            making.record_obligation(
                self.job,
                what="Test accounts and texts",
                due_at=days.end_of(due_on, zone=ZONE, house=house),
                by=self.owner,
                now=at,
            )

    def _stage(self, place: int) -> tuple[Stage, Member]:
        assert self.job is not None
        stage = self.job.stages.select_related("owner").order_by("position")[place]
        return stage, stage.owner or self.lead

    def _begin(self, place: int) -> Callable[[datetime], object]:
        def step(at: datetime) -> None:
            stage, by = self._stage(place)
            work.begin(stage, by=by, now=at)

        return step

    def _finish(self, place: int, luck: random.Random) -> Callable[[datetime], object]:
        took = _actual(luck, self.stages[place].likely_hours, 1.0, 0.0)

        def step(at: datetime) -> None:
            stage, by = self._stage(place)
            handed = handing.hand_over(stage, hours=took, by=by, now=at)
            if handed.state == HandOver.State.HANDED:
                taker = handing.takers_of(stage)[0]
                handing.take(handed, by=taker, now=at)

        return step

    def _log(self, place: int, hours: float) -> Callable[[datetime], object]:
        def step(at: datetime) -> None:
            stage, by = self._stage(place)
            work.log_hours(stage, hours, by=by, now=at)

        return step


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

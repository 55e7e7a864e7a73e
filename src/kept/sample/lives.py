"""What became of the studio's promises of the last months: kept, moved, late, broken, and why."""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from kept import zones
from kept.clients import catalogue
from kept.clients.models import Client, Contact, Service
from kept.jobs import handing, making
from kept.jobs.models import HandOver, Job
from kept.people import days
from kept.people.models import Member
from kept.promises import delivering, ending, pausing, proposing, reasons, slips
from kept.promises import recording as promising
from kept.promises.models import Promise, Proposal, Reason
from kept.promises.proposing import Way
from kept.promises.telling import InPerson
from kept.tenancy import scope

ZONE = "Europe/Lisbon"
Step = tuple[datetime, Callable[[datetime], object]]
Category = Reason.Category

#: Client, what, service, working days since it was given, its lead, working days from the due
#: day to the delivery, and what was out of the ordinary.
LIVES: tuple[tuple[str, str, str, int, int, int, str], ...] = (
    ("Harbour Clinic", "Winter letters", "Letters", 84, 8, -1, ""),
    ("Pete’s Bakery", "Price list", "Print piece", 83, 9, 0, ""),
    ("Cobalt Bikes", "Spring landing page", "Landing page", 82, 18, 0, ""),
    ("Lantern Theatre", "Season poster", "Print piece", 80, 10, -1, ""),
    ("Oakfield School", "Parents’ form", "Form", 79, 12, 3, "late"),
    ("Marlow & Finch", "Client portal, step 1", "Portal step", 78, 22, 0, "moved"),
    ("Tidewater Museum", "Floor plan", "Print piece", 76, 9, 0, "sent back"),
    ("Saltgrass Farm", "Order form", "Form", 74, 11, -1, ""),
    ("Harbour Clinic", "Vaccination page", "Landing page", 72, 17, 0, "paused"),
    ("Pete’s Bakery", "Autumn menu", "Print piece", 71, 8, 0, ""),
    ("Lantern Theatre", "Ticket terms", "Letters", 69, 7, 0, ""),
    ("Cobalt Bikes", "Test ride form", "Form", 68, 12, 2, "warned"),
    ("Oakfield School", "Prospectus", "Print piece", 66, 12, -2, ""),
    ("Marlow & Finch", "Investors’ letter", "Letters", 64, 8, 0, "below standard"),
    ("Tidewater Museum", "Night tour page", "Landing page", 62, 19, 0, "asked"),
    ("Saltgrass Farm", "Harvest box page", "Landing page", 60, 16, 0, "short"),
    ("Harbour Clinic", "Staff form", "Form", 58, 10, 0, ""),
    ("Pete’s Bakery", "Wedding cards", "Print piece", 56, 7, 0, "silent"),
    ("Lantern Theatre", "Festival page", "Landing page", 54, 18, 0, "revoked"),
    ("Cobalt Bikes", "Fair stand", "Print piece", 52, 9, 0, "released"),
    ("Oakfield School", "Sports day letters", "Letters", 50, 8, -1, ""),
    ("Marlow & Finch", "Fund form", "Form", 48, 12, 0, "paused"),
    ("Tidewater Museum", "Labels, room 4", "Print piece", 46, 9, 1, "late"),
    ("Saltgrass Farm", "Recipe cards", "Print piece", 44, 8, 0, ""),
    ("Harbour Clinic", "Waiting room sheet", "Print piece", 42, 8, -1, ""),
    ("Pete’s Bakery", "Easter page", "Landing page", 40, 15, 0, "moved"),
    ("Lantern Theatre", "Members’ form", "Form", 38, 11, 0, ""),
    ("Cobalt Bikes", "Service letters", "Letters", 36, 8, 0, ""),
    ("Oakfield School", "Term dates", "Print piece", 34, 8, 0, ""),
    ("Marlow & Finch", "Annual letter", "Letters", 12, 9, -1, "waiting"),
)


def steps(
    people: Mapping[str, Member],
    clients: Mapping[str, Client],
    services: Mapping[str, Service],
    skilled: Mapping[str, Sequence[Member]],
    *,
    now: datetime,
    seed: int,
) -> list[Step]:
    """Return everything that happened to these promises, each with its moment.

    Args:
        skilled: who can do what, by skill.
    """
    luck = random.Random(seed)  # noqa: S311 - a sample, not a secret
    found: list[Step] = []
    for place, (client, what, service, since, lead, off, kind) in enumerate(LIVES):
        life = Life(
            client=clients[client],
            what=what,
            service=services[service],
            last_mile=people[("Maya", "João", "Freya")[place % 3]],
            lead=people["Ben"],
            skilled=skilled,
            given=-since,
            due=lead - since,
            done=lead - since + off,
            kind=kind,
            now=now,
            luck=luck,
        )
        found += life.steps()
    return found


@dataclass
class Life:
    """One promise from the yes to the client's word; days are working days from today."""

    client: Client
    what: str
    service: Service
    last_mile: Member
    lead: Member
    skilled: Mapping[str, Sequence[Member]]
    given: int
    due: int
    done: int
    kind: str
    now: datetime
    luck: random.Random
    promise: Promise | None = None

    def steps(self) -> list[Step]:
        """Return what happened, each with its moment."""
        lead = self.due - self.given
        half = self.given + lead // 2
        third = self.given + lead // 3
        found: list[Step] = [(self.at(self.given, 10), self.give)]
        parts = self.service.stages.count()
        for place in range(1, parts if self.kind not in ("revoked", "released") else 2):
            day = self.given + max(1, lead * place // (parts + 1))
            found.append((self.at(day, 12 + place), self.finish_one))
        match self.kind:
            case "late" | "warned":
                found.append((self.at(self.due - 2, 16), self.slip))
                if self.kind == "warned":
                    found.append((self.at(self.due - 1, 11), self.tell_too_late))
                found.append((self.at(self.due, 17), self.why(Category.ESTIMATE)))
            case "moved":
                self.done += 3
                found.append((self.at(third, 9), self.why(Category.CAPACITY)))
                found.append((self.at(third, 10), self.propose))
                found.append((self.at(third + 1, 12), self.agree))
            case "asked":
                self.done += 4
                found.append((self.at(half, 10), self.ask))
                found.append((self.at(half + 1, 9), self.agree))
            case "paused":
                self.done += 2
                found.append((self.at(third - 1, 9), self.owe))
                found.append((self.at(third, 10), self.pause))
                found.append((self.at(third + 2, 10), self.receive))
            case "revoked":
                found.append((self.at(half, 15), self.why(Category.THIRD_PARTY)))
                found.append((self.at(half + 1, 9), self.revoke))
                return found
            case "released":
                found.append((self.at(half, 11), self.release))
                return found
            case "sent back":
                found.append((self.at(self.done - 3, 12), self.deliver))
                found.append((self.at(self.done - 2, 10), self.send_back))
        found.append((self.at(self.done, 15), self.deliver))
        match self.kind:
            case "waiting":
                pass
            case "silent":
                found.append((self.at(self.done + 3, 9), self.notice))
                found.append((self.at(self.done + 8, 10), lambda at: delivering.deem_due(now=at)))
            case _:
                found.append((self.at(self.done + 2, 14), self.accept))
                found.append((self.at(self.done + 3, 9), self.again))
        return found

    def at(self, day: int, hour: int) -> datetime:
        """A moment of a working day, counted from today."""
        house = scope.current()
        on = days.shifted(house, zones.day_of(self.now, ZONE), day)
        return zones.moment(on, time(hour, 5 * (abs(self.given) % 12)), ZONE)

    @property
    def alive(self) -> Promise:
        """The promise as it stands."""
        assert self.promise is not None
        self.promise.refresh_from_db()
        return self.promise

    @property
    def contact(self) -> Contact:
        """Who speaks for the client."""
        contact = self.client.contacts.order_by("pk").first()
        assert contact is not None
        return contact

    def give(self, at: datetime) -> None:
        house = scope.current()
        job = making.make(
            title=self.what,
            client=self.client,
            service=self.service,
            stages=[
                replace(sketch, owner=self.luck.choice(self.skilled[sketch.skill or ""]))
                for sketch in catalogue.sketches_of(self.service)
            ],
            state=Job.State.OPEN,
            by=self.lead,
            now=at,
        )
        making.add_condition(job, "Works on the client’s own devices", by=self.lead, now=at)
        making.add_condition(job, "Named contact has signed it off", by=self.lead, now=at)
        making.add_condition(job, "A short manual", required=False, by=self.lead, now=at)
        due_on = days.shifted(house, zones.day_of(self.now, ZONE), self.due)
        due_at = days.end_of(due_on, zone=ZONE, house=house)
        self.promise = promising.give(
            job=job,
            client=self.client,
            contact=self.contact,
            due_at=due_at,
            zone=ZONE,
            origin=Promise.Origin.LOOSE,
            last_mile_owner=self.last_mile,
            chance=round(self.luck.uniform(0.88, 0.95), 2),
            even_chances_at=at + (due_at - at) * self.luck.uniform(0.62, 0.8),
            by=self.lead,
            now=at,
        )

    def finish_one(self, at: datetime) -> bool:
        """Hand over the next stage; False where none is left."""
        left = self.alive.job.stages.exclude(state="done").select_related("owner")
        stage = left.order_by("position").first()
        if stage is None:
            return False
        hours = max(0.5, round(2 * stage.likely_hours * math.exp(self.luck.gauss(0, 0.25))) / 2)
        handed = handing.hand_over(stage, hours=hours, by=stage.owner or self.lead, now=at)
        if handed.state == HandOver.State.HANDED:
            handing.take(handed, by=handing.takers_of(stage)[0], now=at)
        return True

    def deliver(self, at: datetime) -> None:
        while self.finish_one(at):
            pass
        promise = self.alive
        met = {}
        if self.kind == "short":
            line = promise.job.conditions.get(position=1)
            met = {line.pk: False}
        delivering.deliver(promise, met=met, by=self.last_mile, now=at)

    def accept(self, at: datetime) -> None:
        delivery = delivering.waiting(self.alive)
        assert delivery is not None
        delivering.accept(
            delivery,
            contact=self.contact,
            to_standard=self.kind != "below standard",
            word="Thank you." if self.kind == "" else "",
            now=at,
        )
        if self.kind == "":
            delivering.thank(delivery, by=self.last_mile, now=at + timedelta(minutes=20))

    def send_back(self, at: datetime) -> None:
        delivery = delivering.waiting(self.alive)
        assert delivery is not None
        delivering.send_back(
            delivery, contact=self.contact, reason="Room 2 is missing on the plan.", now=at
        )
        self.why(Category.QUALITY)(at)

    def notice(self, at: datetime) -> None:
        delivery = delivering.waiting(self.alive)
        assert delivery is not None
        said = InPerson(contact=self.contact)
        delivering.notice(delivery, in_person=said, by=self.last_mile, now=at)

    def again(self, at: datetime) -> None:
        answer = Promise.Again.YES
        if self.kind in ("late", "warned", "short"):
            answer = Promise.Again.OTHERWISE
        if self.kind == "below standard":
            answer = Promise.Again.NO
        ending.again(self.alive, answer, by=self.last_mile, now=at)

    def slip(self, at: datetime) -> None:
        promise = self.alive
        until = max(promise.internal_due_at, at) + timedelta(days=1)
        slips.say(promise, until=until, by=self.last_mile, now=at)

    def why(self, category: Reason.Category) -> Callable[[datetime], object]:
        """Give a reason of a kind."""
        return lambda at: reasons.give(self.alive, category=category, by=self.lead, now=at)

    def propose(self, at: datetime, *, later: int = 3) -> Proposal:
        promise, house = self.alive, scope.current()
        due_at = days.shifted_moment(house, promise.due_at, later, zone=ZONE)
        drafted = proposing.draft(
            promise, options=[Way(due_at, chance=0.9)], chance=0.55, by=self.last_mile, now=at
        )
        return proposing.tell(drafted, how=Proposal.How.SAID, by=self.last_mile, now=at)

    def tell_too_late(self, at: datetime) -> None:
        told = self.propose(at)
        proposing.refuse(told, contact=self.contact, word="We need it that day.", now=at)

    def ask(self, at: datetime) -> None:
        promise, house = self.alive, scope.current()
        wanted_at = days.shifted_moment(house, promise.due_at, 4, zone=ZONE)
        proposing.ask(
            promise, contact=self.contact, wanted_at=wanted_at, word="We open a week later.", now=at
        )

    def agree(self, at: datetime) -> None:
        proposal = proposing.waiting(self.alive)
        assert proposal is not None
        option = proposal.options.get()
        if proposal.by_side == Proposal.From.CLIENT:
            proposing.agree(proposal, option=option, by=self.last_mile, now=at)
        else:
            proposing.agree(proposal, option=option, contact=self.contact, now=at)

    def owe(self, at: datetime) -> None:
        making.record_obligation(
            self.alive.job,
            what="the texts in both languages",
            due_at=at + timedelta(hours=8),
            by=self.last_mile,
            now=at,
        )

    def pause(self, at: datetime) -> None:
        owed = self.alive.job.obligations.get()
        pausing.pause(self.alive, obligation=owed, by=self.last_mile, now=at)
        self.why(Category.CLIENT_MATERIAL)(at)

    def receive(self, at: datetime) -> None:
        pausing.receive(self.alive.job.obligations.get(), by=self.last_mile, now=at)

    def revoke(self, at: datetime) -> None:
        ending.revoke(
            self.alive, word="The festival’s system has no open door for us.", by=self.lead, now=at
        )

    def release(self, at: datetime) -> None:
        ending.release(
            self.alive, contact=self.contact, word="We do not go to the fair after all.", now=at
        )

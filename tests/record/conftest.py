"""A house that kept, moved, missed and broke promises, every step of it by a verb."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from tests import cast

from kept.clients.catalogue import StageSketch
from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Job, Stage
from kept.ledger import recording as recording_in_ledger
from kept.ledger.models import Event
from kept.promises import (
    delivering,
    ending,
    pausing,
    proposing,
    reasons,
    recording,
    slips,
)
from kept.promises.models import Promise, Proposal, Reason
from kept.promises.proposing import Way
from kept.promises.telling import InPerson

DAY = timedelta(days=1)
END = 18  # of a working day in Lisbon, which keeps Greenwich time in winter


def at(month: int, day: int, hour: int = 9) -> datetime:
    """A moment of 2026; between March and October an hour later by the clock in Lisbon."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


@dataclass
class Played:
    """Who plays: the house, and Ana of the clinic who answers."""

    house: cast.House
    ana: Contact

    def give(
        self, due_at: datetime, *lines: str, given_at: datetime | None = None, **rest: Any
    ) -> Promise:
        """Give a promise two weeks ahead, by default with its odds."""
        given_at = given_at or due_at - 14 * DAY
        client = self.house.clients[rest.pop("client", "Harbour Clinic")]
        job = making.make(
            title=rest.pop("what", "Signs"),
            client=client,
            stages=[StageSketch("Paint", 8, owner=self.house.dev, finishing=True)],
            state=Job.State.OPEN,
            by=self.house.ben,
            now=given_at,
        )
        for line in lines:
            making.add_condition(
                job, line.strip("()"), required=line[0] != "(", by=self.house.ben, now=given_at
            )
        return recording.give(
            job=job,
            client=client,
            due_at=due_at,
            zone=cast.ZONE,
            origin=rest.pop("origin", Promise.Origin.QUOTE),
            chance=rest.pop("chance", 0.9),
            even_chances_at=rest.pop("even", given_at + 10 * DAY),
            day_only=False,
            by=self.house.ben,
            now=given_at,
            **rest,
        )

    def deliver(self, promise: Promise, when: datetime, **answer: Any) -> None:
        """Deliver, and let Ana take it a day later."""
        delivery = delivering.deliver(promise, by=self.house.maya, now=when)
        delivering.accept(delivery, contact=self.ana, now=when + DAY, **answer)

    def worked(
        self, promise: Promise, hours: float, *, out_of_hours: float, when: datetime
    ) -> None:
        """Note the hours that the one stage took."""
        stage = Stage.objects.get(job=promise.job)
        stage.spent_hours, stage.out_of_hours = hours, out_of_hours
        with transaction.atomic():
            stage.save()
            recording_in_ledger.record(
                Event.Kind.STAGE_CHANGED, about=stage, by=self.house.dev, at=when, rows=[stage]
            )

    def move(self, promise: Promise, when: datetime, until: datetime, chance: float) -> None:
        """Tell of another date, and let Ana agree an hour later."""
        drafted = proposing.draft(
            promise,
            options=[Way(until, chance=chance)],
            by=self.house.maya,
            now=when,
            chance=0.4,
        )
        told = proposing.tell(drafted, how=Proposal.How.SAID, by=self.house.maya, now=when)
        proposing.agree(
            told, option=told.options.get(), contact=self.ana, now=when + timedelta(hours=1)
        )


@pytest.fixture
def played(northlight: cast.House) -> Played:
    """The house and Ana, before anything was promised."""
    ana = Contact.objects.create(client=northlight.clients["Harbour Clinic"], name="Ana Prates")
    return Played(northlight, ana)


@pytest.fixture
def lived(played: Played) -> Played:
    """Once each: kept, moved, late, paused, broken, short, released, voided, open, waiting…

    Worked out by hand in test_from_events.py.
    """
    play, house = played, played.house
    # Kept, with its hours at night; kept by silence; one waits for its answer.
    painful = play.give(at(2, 13, END), chance=0.95)
    play.worked(painful, 8, out_of_hours=2, when=at(2, 11))
    play.deliver(painful, at(2, 12))
    silent = play.give(at(3, 13, END), client="Pete's Bakery")
    delivery = delivering.deliver(silent, by=house.maya, now=at(3, 12))
    delivering.notice(delivery, in_person=InPerson(), by=house.maya, now=at(3, 12, 10))
    delivering.deem_due(now=at(3, 27))
    waiting = play.give(at(12, 1, END), chance=0.5)
    delivering.deliver(waiting, by=house.maya, now=at(12, 1, 12))
    # Moved in time and kept; told too late, so late; moved beyond today.
    moved = play.give(at(4, 17, 17), chance=0.8)
    play.move(moved, at(4, 8), at(4, 24, 17), 0.9)
    reasons.give(moved, category=Reason.Category.ESTIMATE, by=house.maya, now=at(4, 8))
    play.deliver(moved, at(4, 24, 12))
    slipped = play.give(at(5, 15, 17))
    slips.say(slipped, until=slipped.internal_due_at + DAY, by=house.maya, now=at(5, 11))
    play.deliver(slipped, at(5, 19))
    ahead = play.give(at(12, 1, END), given_at=at(11, 2))
    play.move(ahead, at(11, 20), at(12, 18, 17), 0.9)
    # Paused from Monday to Wednesday, so that Thursday's delivery is in time.
    paused = play.give(at(6, 17, 17))
    owed = making.record_obligation(
        paused.job, what="Wall colours", due_at=at(6, 14), by=house.ben, now=at(6, 4)
    )
    pausing.pause(paused, obligation=owed, in_person=InPerson(), by=house.maya, now=at(6, 15))
    pausing.receive(owed, by=house.maya, now=at(6, 17))
    play.deliver(paused, at(6, 18, 12))
    # Short of a required line; below standard; broken; overdue.
    short = play.give(at(7, 17, 17), "Hangs", "(Shines)")
    first, _second = short.job.conditions.order_by("position")
    delivery = delivering.deliver(short, by=house.maya, now=at(7, 16), met={first.pk: False})
    delivering.accept(delivery, contact=play.ana, now=at(7, 17))
    play.deliver(play.give(at(8, 14, 17)), at(8, 13), to_standard=False)
    broken = play.give(at(9, 11, 17), chance=0.95)
    ending.revoke(broken, by=house.ben, now=at(9, 10), word="The paint is not sold any more.")
    play.give(at(11, 27, 17), what="Overdue signs")
    # Released, voided, and one whose day is still to come.
    ending.release(play.give(at(10, 16, 17)), contact=play.ana, now=at(10, 12), word="Never mind.")
    recording.void(promise=play.give(at(10, 23, 17)), reason="Twice", by=house.ben, now=at(10, 26))
    play.give(at(12, 11, 17), given_at=at(12, 1))
    return play

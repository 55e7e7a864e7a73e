"""The audio guide: promised on Wednesday 4 November for Friday 11 December, 17:00 Lisbon.

Northlight keeps the holidays of Portugal: Tuesday 1 and Tuesday 8 December are
free. Its working day ends at 18:00 and is nine hours long. From the day it was
given there are 25 working days of lead.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests import cast

from kept.clients.catalogue import StageSketch
from kept.clients.models import Contact
from kept.jobs import making
from kept.jobs.models import Job
from kept.promises import recording
from kept.promises.models import Promise
from kept.promises.telling import InPerson

GIVEN = datetime(2026, 11, 4, 11, 20, tzinfo=UTC)
DUE = datetime(2026, 12, 11, 17, tzinfo=UTC)

#: The client was told in person, at the moment of the act.
TOLD = InPerson()

Give = Callable[..., Promise]


def at(day: int, hour: int = 9, minute: int = 0, *, month: int = 12) -> datetime:
    """A moment of 2026 in Lisbon, which keeps Greenwich time in winter."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def ana(northlight: cast.House) -> Contact:
    """Ana Prates of Harbour Clinic, who answers by link."""
    return Contact.objects.create(
        client=northlight.clients["Harbour Clinic"], name="Ana Prates", email="ana@clinic.example"
    )


@pytest.fixture
def give(northlight: cast.House) -> Give:
    """Give a promise with the lines named; a line in brackets is optional."""

    def promised(
        *lines: str, due_at: datetime = DUE, given_at: datetime = GIVEN, hours: float = 16
    ) -> Promise:
        house = northlight
        job = making.make(
            title="Audio guide",
            client=house.clients["Harbour Clinic"],
            stages=[
                StageSketch("Recording", hours, owner=house.dev),
                StageSketch("Finishing stretch", 2, owner=house.maya, finishing=True, after=(1,)),
            ],
            state=Job.State.OPEN,
            by=house.ben,
            now=given_at,
        )
        for line in lines:
            text = line.strip("()")
            making.add_condition(
                job, text, required=not line.startswith("("), by=house.ben, now=given_at
            )
        return recording.give(
            job=job,
            client=house.clients["Harbour Clinic"],
            due_at=due_at,
            zone=cast.ZONE,
            origin=Promise.Origin.QUOTE,
            last_mile_owner=house.maya,
            chance=0.92,
            day_only=False,
            by=house.ben,
            now=given_at,
        )

    return promised


@pytest.fixture
def promise(give: Give) -> Promise:
    """The audio guide, with two lines that are required and one that is not."""
    return give("24 stops play", "Works offline", "(Hand-out for staff)")

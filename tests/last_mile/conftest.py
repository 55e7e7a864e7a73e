"""The audio guide again: Dev records, Maya finishes and sees it over the line, Ben leads, Ada owns.

It is Wednesday 2 December 2026, 15:10 in Lisbon; 1 and 8 December are holidays.
Everybody works 9 to 13 and 14 to 18, Monday to Friday.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from tests import cast
from tests.promises.conftest import ana, at, give, promise

from kept.custody import verifying
from kept.jobs import owning
from kept.last_mile.models import Alarm, Notice, Rung
from kept.promises.models import Promise

__all__ = ["ana", "at", "give", "promise"]

Accepted = Callable[[], Promise]


@pytest.fixture
def accepted(northlight: cast.House, promise: Promise) -> Promise:
    """The audio guide, of which Dev and Maya said yes to their stages."""
    recording, finishing = promise.job.stages.order_by("position")
    for stage, who in ((recording, northlight.dev), (finishing, northlight.maya)):
        asked = owning.propose(stage, who, by=northlight.ben, now=promise.given_at)
        owning.accept(asked, by=who, now=promise.given_at)
    promise.refresh_from_db()
    return promise


def dec(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of December 2026 in Lisbon."""
    return datetime(2026, 12, day, hour, minute, tzinfo=UTC)


def heard(alarm: Alarm) -> list[tuple[str, str, str]]:
    """Return who heard on which rung, and from when: ("nudge", "Dev", "2 Dec 15:10")."""
    names = {row.position: row.name for row in Rung.objects.filter(ladder_id=alarm.ladder_id)}
    rows = Notice.objects.filter(alarm=alarm).select_related("member")
    return [
        (names[row.rung], row.member.name, f"{row.due_at:%-d %b %H:%M}") + (("late",) * row.late)
        for row in rows.order_by("rung", "member_id")
    ]


OURS = {"alarm", "alarmanswer", "notice", "ladder", "rung", "chaserule", "delegate", "charter"}


def untold() -> list[verifying.Fault]:
    """Return the rows of this room that the ledger would not rebuild as they are."""
    faults = verifying.verify().faults
    return [fault for fault in faults if fault.place.split()[0] in {*OURS, "charterchannel"}]

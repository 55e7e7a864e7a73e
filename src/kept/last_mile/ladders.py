"""Who hears next, and when: the house's ladder. Another ladder gets another number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kept.last_mile.models import Alarm, Ladder, Rung
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.tenancy import given, scope
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused

LONGEST_WAIT_MINUTES = 60 * 24 * 30


@dataclass(frozen=True, slots=True)
class Step:
    """One rung: who hears, and how many working minutes are waited before it.

    Attributes:
        any_hour: the wait counts every hour, and whoever allows the top rung is reached at any.
    """

    name: Rung.Name
    hears: Rung.Hears
    wait_minutes: int
    any_hour: bool = False


#: Until a house says otherwise.
USUAL = (
    Step(Rung.Name.NUDGE, Rung.Hears.ASKED, 0),
    Step(Rung.Name.KNOCK, Rung.Hears.ASKED, 120),
    Step(Rung.Name.HUDDLE, Rung.Hears.TEAM, 120),
    Step(Rung.Name.LEAD, Rung.Hears.LEADS, 240),
    Step(Rung.Name.ICE_BUCKET, Rung.Hears.EVERYBODY, 240, any_hour=True),
)


def current(*, now: datetime) -> Ladder:
    """Return the house's ladder; the usual one is written down when the first alarm needs it."""
    return _newest() or _first(now=now)


def _newest() -> Ladder | None:
    return Ladder.objects.order_by("-number").first()


def _first(*, now: datetime) -> Ladder:
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        # Another alarm may have needed it in this very moment.
        return _newest() or _write(USUAL, number=1, by=None, now=now)


def steps() -> Sequence[Step]:
    """Return the rungs of the house's ladder, without writing anything."""
    ladder = _newest()
    if ladder is None:
        return USUAL
    return [
        Step(Rung.Name(row.name), Rung.Hears(row.hears), row.wait_minutes, row.any_hour)
        for row in Rung.objects.filter(ladder=ladder).order_by("position")
    ]


def change(rungs: Sequence[Step], *, by: Member, now: datetime) -> Ladder:
    """Give the house another ladder; alarms that are raised keep climbing theirs.

    Raises:
        Refused: no rung, one named twice, out of order, or a wait that cannot be.
        NotAllowed: only owners do.
    """
    access.demand(by, Role.OWNER)
    order = list(Rung.Name)
    places = [order.index(step.name) for step in rungs]
    if not rungs or places != sorted(set(places)):
        raise Refused(
            _("A ladder has at least one rung, each once, from nudge up to ice bucket."),
            field="rungs",
        )
    for step in rungs:
        given.count(
            step.wait_minutes,
            called=_("The wait before it"),
            field="rungs",
            least=0,
            most=LONGEST_WAIT_MINUTES,
        )
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=scope.current_id())
        last = _newest()
        if list(steps()) == list(rungs) and last is not None:
            return last
        return _write(rungs, number=1 if last is None else last.number + 1, by=by, now=now)


def rung_of(alarm: Alarm, position: int) -> Rung | None:
    """Return a rung of the ladder that an alarm climbs; None above the top."""
    return Rung.objects.filter(ladder_id=alarm.ladder_id, position=position).first()


def moment_of(rung: Rung, *, after: datetime, zone: str) -> datetime:
    """Return when a rung is due, once the one below was heard at `after`."""
    if rung.any_hour:
        return after + timedelta(minutes=rung.wait_minutes)
    return days.later_by(scope.current(), after, rung.wait_minutes, zone=zone)


def _write(rungs: Sequence[Step], *, number: int, by: Member | None, now: datetime) -> Ladder:
    ladder = Ladder.objects.create(number=number, made_at=now, made_by=by)
    rows = [
        Rung.objects.create(
            ladder=ladder,
            position=position,
            name=step.name,
            hears=step.hears,
            wait_minutes=step.wait_minutes,
            any_hour=step.any_hour,
        )
        for position, step in enumerate(rungs, start=1)
    ]
    recording.record(
        Event.Kind.LADDER_CHANGED,
        about=ladder,
        by=by,
        at=now,
        rows=[ladder, *rows],
        facts={"rungs": [str(step.name) for step in rungs]},
    )
    return ladder

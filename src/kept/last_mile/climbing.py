"""Up the ladder: each rung once, in order, until somebody says that they know.

A rung's notices are written in the transaction that climbs it, one for each
person, and put into envelopes, which the outbox carries. After a standstill one
rung is climbed, marked late, and the wait for the next one starts anew: nobody
gets three at once.
"""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from kept.last_mile import envelopes, ladders, reaching, states
from kept.last_mile.models import Alarm, Notice, Rung
from kept.last_mile.notices import hash_of
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import charters
from kept.people.models import Member

log = logging.getLogger(__name__)

#: A rung climbed so much after its moment is late.
LATE_AFTER = timedelta(minutes=15)


def climb_due(*, now: datetime) -> list[Alarm]:
    """Climb every rung whose moment has come, one for each alarm; return those that climbed."""
    due = Alarm.objects.filter(state=Alarm.State.RAISED, next_at__lte=now)
    found = []
    for key in due.order_by("next_at", "pk").values_list("pk", flat=True):
        try:
            alarm = climb(key, now=now)
        except Exception:
            # Those behind it climb all the same, and it is tried again with the next round.
            log.exception("Alarm %s could not climb", key)
            continue
        if alarm is not None:
            found.append(alarm)
    return found


def climb(key: int, *, now: datetime, by: Member | None = None) -> Alarm | None:
    """Climb an alarm's next rung if its moment has come; None, and nothing done, if not.

    Args:
        by: whoever takes the next rung now, without waiting for its moment.
    """
    with transaction.atomic():
        alarm = (
            Alarm.objects.select_for_update(no_key=True, of=("self",))
            .select_related("asked", "promise__last_mile_owner", "promise__job", "job")
            .get(pk=key)
        )
        if alarm.state != Alarm.State.RAISED or alarm.next_at is None or alarm.next_rung is None:
            return None
        if by is None and alarm.next_at > now:
            return None
        rung = ladders.rung_of(alarm, alarm.next_rung)
        assert (
            rung is not None
        )  # an alarm's next rung stands on its own ladder, which never changes
        meant_at = min(alarm.next_at, now)
        late = by is None and now - meant_at > LATE_AFTER
        notices = _write(alarm, rung, meant_at=meant_at, late=late, now=now)
        above = ladders.rung_of(alarm, rung.position + 1)
        states.move(
            alarm,
            "climb",
            rung=rung.position,
            next_rung=None if above is None else above.position,
            next_at=None if above is None else _next(alarm, above, notices, now=now),
        )
        recording.record(
            Event.Kind.ALARM_CLIMBED,
            about=alarm,
            by=by,
            at=now,
            rows=[alarm, *notices],
            facts={
                "rung": rung.position,
                "name": str(rung.name),
                "late": late,
                "members": [notice.member_id for notice in notices],
                "promise": alarm.promise_id,
            },
        )
    return alarm


def _write(
    alarm: Alarm, rung: Rung, *, meant_at: datetime, late: bool, now: datetime
) -> list[Notice]:
    people = reaching.hearers(alarm, rung)
    # Locked in one order, so that two alarms at once both see the day's messages.
    list(
        Member.objects.select_for_update(no_key=True)
        .filter(pk__in=[member.pk for member in people])
        .order_by("pk")
    )
    ways = charters.reachables(people)
    notices = []
    for member in people:
        moment = reaching.first_moment(ways[member.pk], at=now, any_hour=rung.any_hour)
        if moment is None:
            continue
        nonce = secrets.token_hex(32)
        notices.append(
            Notice.objects.create(
                alarm=alarm,
                rung=rung.position,
                member=member,
                written_at=now,
                meant_at=meant_at,
                due_at=moment,
                late=late,
                nonce=nonce,
                token_hash=hash_of(nonce),
                envelope=envelopes.at(member, moment, now=now),
            )
        )
    return notices


def _next(alarm: Alarm, above: Rung, notices: Sequence[Notice], *, now: datetime) -> datetime:
    """Return when the next rung is due: its wait starts when this one can be heard."""
    if not notices:
        return now  # nobody could be told: whoever is above hears at once
    asked = [notice.due_at for notice in notices if notice.member_id == alarm.asked_id]
    heard_at = min(asked or [notice.due_at for notice in notices])
    return ladders.moment_of(above, after=heard_at, zone=alarm.asked.zone)

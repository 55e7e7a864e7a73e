"""Open everybody's morning digest shortly before their hours begin, once for each day."""

from datetime import date, datetime, timedelta

from django.db import transaction

from kept import zones
from kept.last_mile import envelopes, reaching
from kept.last_mile.models import Envelope
from kept.people import charters
from kept.people.charters import Reachable
from kept.people.models import Member, Role

#: It is opened so long before their hours begin, and not later than that after.
BEFORE, AFTER = timedelta(minutes=30), timedelta(hours=4)
#: Whoever wants fewer messages a day gets no digest: the one is for what cannot wait.
LEAST_CAP = 2


def open_digests(*, now: datetime) -> list[Envelope]:
    """Open the digests whose moment is near; return them. What is in each is found as it leaves."""
    people = charters.reachables(
        member for member in Member.objects.filter(left_at__isnull=True) if member.may(Role.MEMBER)
    )
    near = {
        key: moment
        for key, who in people.items()
        if (moment := _begins_at(who, now=now)) is not None
        and moment - BEFORE <= now < moment + AFTER
    }
    if not near:
        return []
    wanted = {key: zones.day_of(near[key], people[key].member.zone) for key in near}
    done = set(
        Envelope.objects.filter(
            member_id__in=wanted, digest_on__gte=min(wanted.values())
        ).values_list("member_id", "digest_on")
    )
    found = []
    for key, day in wanted.items():
        if (key, day) not in done:
            envelope = _open(people[key], day, at=max(near[key], now), now=now)
            if envelope is not None:
                found.append(envelope)
    return found


def _begins_at(who: Reachable, *, now: datetime) -> datetime | None:
    """Return when somebody's hours begin on this day of theirs; None where no digest is wanted."""
    charter, zone = who.charter, who.member.zone
    if charter is None or not charter.digest or charter.daily_cap < LEAST_CAP:
        return None
    day = zones.day_of(now, zone)
    if not who.is_asked_on(day):
        return None
    if charter.quiet_until is None:  # at any hour: then as their work begins
        charter = charters.usual(who.member)
    return charters.open_hours(charter, day, zone)[0]


def _open(who: Reachable, day: date, *, at: datetime, now: datetime) -> Envelope | None:
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=who.member.pk)
        moment = reaching.first_moment(who, at=at)
        if moment is None or zones.day_of(moment, who.member.zone) != day:
            return None  # as many messages as they want reach them today already
        if Envelope.objects.filter(member=who.member, digest_on=day).exists():
            return None
        envelope = envelopes.at(who.member, moment, now=now)
        envelope.digest_on = day
        envelope.save(update_fields=["digest_on"])
    return envelope

"""Bad news in time: when a chance falls under the line, the sheet is there before anybody asks.

It is a draft: nobody is told anything by it. Whoever sees the promise over the
line looks it through, changes it, and sends it, or leaves it.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kept import words, zones
from kept.clients.models import Contact
from kept.last_mile.models import Alarm
from kept.people import days
from kept.people.models import Member, Role
from kept.plan import moving
from kept.plan.moving import Forecaster
from kept.promises import news, proposing, writing
from kept.promises import terms as agreed
from kept.promises.models import Promise, Proposal
from kept.promises.news import Draft, Offered
from kept.promises.proposing import Way
from kept.tenancy.refusals import Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """What would be said: ways out, and the letter."""

    promise: Promise
    options: tuple[Way, ...]
    chance: float | None
    subject: str
    body: str


def compose(promise: Promise, *, now: datetime) -> Sheet | None:
    """Work out the ways out and the letter, and write nothing.

    None where no later date is sure enough, or somebody is at it already.
    """
    if promise.state not in Promise.OPEN or promise.due_at <= now:
        return None
    alive = (Proposal.State.DRAFT, Proposal.State.TOLD)
    if Proposal.objects.filter(promise=promise, state__in=alive).exists():
        return None
    return written(promise, now=now)


def written(
    promise: Promise,
    *,
    now: datetime,
    to: Contact | None = None,
    whole_at: datetime | None = None,
    reason: str = "",
) -> Sheet | None:
    """Work out the ways out of an open promise and the letter; None where there is no later date.

    Args:
        to: who reads it; left out, the promise's own reader.
        whole_at: when all of it is offered for; left out, the first date that is sure enough.
        reason: why, in a sentence, which the letter ends with.
    """
    forecaster = Forecaster(promise, now=now)
    ways = moving.ways_of(forecaster)
    whole = ways.whole
    if whole_at is not None and forecaster.can:
        whole = moving.at(forecaster, whole_at)
    if whole is None or whole.due_at <= max(promise.due_at, now):
        return None
    house = promise.organisation
    options = [Way(whole.due_at, chance=whole.chance)]
    offered = [Offered(whole.due_at)]
    lines = agreed.last_of(promise).lines.filter(required=False, condition__isnull=False)
    left_out = list(lines.order_by("position"))
    if ways.part is not None and ways.part.chance >= house.line and left_out:
        told = words.listed(line.text for line in left_out)
        options.append(
            Way(
                ways.part.due_at,
                chance=ways.part.chance,
                words=_("without %(lines)s") % {"lines": told},
                later=[line.condition_id for line in left_out if line.condition_id is not None],
                rest_due_at=whole.due_at,
            )
        )
        offered.append(Offered(ways.part.due_at, [line.text for line in left_out], whole.due_at))
    signed = promise.last_mile_owner
    draft = Draft(
        what=promise.job.title,
        greeting=writing.greeting(to or promise.contact),
        signed=house.name if signed is None else writing.signed(signed),
        due_before=promise.due_at,
        zone=promise.zone,
        today=now,
        options=offered,
        reason=reason,
        working_days=days.count_between(
            house,
            zones.day_of(promise.due_at, promise.zone),
            zones.day_of(whole.due_at, promise.zone),
        ),
    )
    return Sheet(promise, tuple(options), ways.chance, news.subject(draft), news.letter(draft))


def prepared_for(member: Member, promises: Iterable[Promise]) -> list[Promise]:
    """Return those open promises of which a sheet is prepared and nobody was told, for whoever
    sees them over the line; for a lead, those too that nobody does. In one query at most.
    """
    whose = {member.pk, None} if member.may(Role.LEAD) else {member.pk}
    mine = [promise for promise in promises if promise.last_mile_owner_id in whose]
    if not mine:
        return []
    prepared = set(
        Alarm.objects.filter(
            promise_id__in=[promise.pk for promise in mine],
            state__in=Alarm.OPEN,
            proposal__state=Proposal.State.DRAFT,
        ).values_list("promise_id", flat=True)
    )
    found = [promise for promise in mine if promise.pk in prepared]
    return sorted(found, key=lambda promise: (promise.due_at, promise.pk))


def keep(sheet: Sheet, *, now: datetime) -> Proposal | None:
    """Keep a sheet as a draft; None where the promise cannot be proposed for any more."""
    try:
        return proposing.draft(
            sheet.promise,
            options=sheet.options,
            by=None,
            now=now,
            chance=sheet.chance,
            subject=sheet.subject,
            body=sheet.body,
        )
    except Refused as refused:
        log.info("No sheet was prepared for promise %s: %s", sheet.promise.pk, refused.sentence)
        return None

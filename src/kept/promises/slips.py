"""The chain of “one more day”, and what each of them really became."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept import words, zones
from kept.jobs.models import Responsibility, Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days
from kept.people.models import Member, Role
from kept.promises import judging, states
from kept.promises.models import Promise, Reason, Slip
from kept.tenancy import given, refusals, scope


@dataclass(frozen=True)
class Link:
    """One slip, and what it became.

    Attributes:
        said_days: working days that were asked for.
        became_days: working days from the date before it to when it was done; None until then.
    """

    slip: Slip
    said_days: int
    became_days: int | None


def say(
    promise: Promise,
    *,
    until: datetime,
    by: Member,
    now: datetime,
    stage: Stage | None = None,
    reason: Reason | None = None,
) -> Slip:
    """Say a later internal date, of the promise or of one of its stages.

    What the client was promised does not change: that takes a proposal they agree to.

    Raises:
        MoveNotAllowed: the promise is not open.
        Refused: the date is no later than the one before it, or the stage is another job's.
    """
    access.demand(by, Role.MEMBER)
    until = given.moment(until, called=_("The later date"), field="until")
    if stage is not None and stage.job_id != promise.job_id:
        raise refusals.Refused(
            _("“%(stage)s” belongs to other work.") % {"stage": stage.name}, field="stage_id"
        )
    with transaction.atomic():
        promise = states.locked(promise)
        states.demand_open(promise)
        before_at = _before(promise, stage)
        if until <= before_at:
            raise refusals.Refused(
                _("The date so far is %(moment)s. A slip names a later one.")
                % {"moment": words.moment(before_at, promise.zone)},
                field="until",
            )
        slip = Slip.objects.create(
            promise=promise,
            stage=stage,
            number=Slip.objects.filter(promise=promise).count() + 1,
            said_at=now,
            said_by=by,
            before_at=before_at,
            now_at=until,
            reason=reason,
        )
        if stage is None:
            promise.internal_due_at = until
            promise.save(update_fields=["internal_due_at"])
        recording.record(
            Event.Kind.SLIP_SAID,
            about=slip,
            by=by,
            at=now,
            rows=[slip, promise],
            promise=promise,
            facts={
                "before_at": recording.plain(before_at),
                "now_at": recording.plain(until),
                "stage": None if stage is None else stage.pk,
            },
        )
    return slip


def chain(promise: Promise) -> list[Link]:
    """Return the slips of a promise in their order, with what each became."""
    rows = Slip.objects.filter(promise=promise).select_related("stage", "said_by", "reason")
    delivery = judging.life_of(promise).delivery
    return links(
        rows.order_by("number"),
        done_at=None if delivery is None else delivery.delivered_at,
        zone=promise.zone,
    )


def links(rows: Iterable[Slip], *, done_at: datetime | None, zone: str) -> list[Link]:
    """Return slips with what each became.

    Args:
        done_at: when the promise was delivered; a stage's slip ends with the stage.
    """
    house, found = scope.current(), []
    for slip in rows:
        end = done_at if slip.stage is None else slip.stage.done_at
        before_on = zones.day_of(slip.before_at, zone)
        found.append(
            Link(
                slip=slip,
                said_days=days.count_between(house, before_on, zones.day_of(slip.now_at, zone)),
                became_days=None
                if end is None
                else days.count_between(house, before_on, zones.day_of(end, zone)),
            )
        )
    return found


def _before(promise: Promise, stage: Stage | None) -> datetime:
    """Return the internal date that held until now: of the stage, if it has one of its own."""
    last = Slip.objects.filter(promise=promise, stage=stage).order_by("number").last()
    if last is not None and (stage is not None or last.now_at == promise.internal_due_at):
        return last.now_at
    if stage is not None:
        asked = (
            Responsibility.objects.filter(
                stage=stage, state=Responsibility.State.ACCEPTED, by_at__isnull=False
            )
            .order_by("pk")
            .last()
        )
        if asked is not None and asked.by_at is not None:
            return asked.by_at
    return promise.internal_due_at

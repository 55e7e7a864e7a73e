"""Raise an alarm: by a rule, once for each cause, or by whoever sees the promise over the line."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from kept.jobs.models import Responsibility, Stage, StagePerson
from kept.last_mile import climbing, delegating, ladders, reaching
from kept.last_mile.models import Alarm, Kind
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, charters
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, NotAllowed, Refused


class MayNotChase(NotAllowed):
    """Only the last-mile owner, or whoever stands in for them, chases on a promise."""


class NotOnIt(Refused):
    """The person said yes to nothing on this promise, or took their consent back."""


class AskedAlready(Conflict):
    """They were asked, and their answer is still to come."""


def raise_alarm(
    kind: Kind,
    *,
    cause: str,
    asked: Member,
    now: datetime,
    by: Member | None = None,
    rung: int = 1,
    **about: Any,
) -> Alarm | None:
    """Raise an alarm, and climb its first rung if that is due; None if its cause raised one before.

    Args:
        cause: names what raised it: the same cause raises nothing twice.
        rung: from which rung it climbs; beyond the top nobody hears more.
        about: columns of the alarm: promise, job, stage, and so on.
    """
    if Alarm.objects.filter(cause=cause).exists():
        return None
    try:
        with transaction.atomic():
            ladder = ladders.current(now=now)
            first = ladder.rungs.filter(position__gte=rung).order_by("position").first()
            first = first or ladder.rungs.order_by("-position").first()
            assert first is not None  # a ladder has a rung
            next_at = now
            if by is None and rung == 1:
                next_at = ladders.moment_of(first, after=now, zone=asked.zone)
            alarm = Alarm.objects.create(
                kind=kind,
                cause=cause,
                asked=asked,
                ladder=ladder,
                raised_at=now,
                raised_by=by,
                next_rung=first.position,
                next_at=next_at,
                **about,
            )
            recording.record(
                Event.Kind.ALARM_RAISED,
                about=alarm,
                by=by,
                at=now,
                rows=[alarm],
                chance=alarm.chance_then,
                facts={
                    "kind": str(kind),
                    "member": asked.pk,
                    "promise": alarm.promise_id,
                    "stage": alarm.stage_id,
                },
            )
            if next_at <= now:
                climbing.climb(alarm.pk, now=now)
    except IntegrityError:
        if Alarm.objects.filter(cause=cause).exists():
            return None  # another round raised it in this very moment
        raise
    alarm.refresh_from_db()
    return alarm


def ask(
    promise: Promise,
    member: Member,
    *,
    by: Member,
    now: datetime,
    question: str = "",
    stage: Stage | None = None,
) -> Alarm:
    """Ask somebody on a promise how it stands: the first rung, at once, within their charter.

    Raises:
        MayNotChase: `by` is neither the last-mile owner nor stands in for them.
        NotOnIt: the person owns nothing of it and neither leads nor owns the house,
            or took back their consent to be chased.
        AskedAlready: an alarm waits for their word.
        Refused: a question that cannot be, or the promise is over.
    """
    access.demand(by, Role.MEMBER)
    question = given.one_line(
        question, called=_("The question"), field="question", longest=300, needed=False
    )
    if not delegating.may_chase(promise, by):
        raise MayNotChase(
            _("Only whoever sees this promise over the line may chase, or whom they name.")
        )
    if promise.state not in Promise.OPEN:
        raise Conflict(_("This promise is over. Nobody was asked."))
    if member.pk == by.pk:
        raise Refused(_("You need not ask yourself."), field="member")
    if not is_on(promise, member) or charters.reachable(member).charter is None:
        raise NotOnIt(
            _("%(name)s said yes to nothing here, or took back their consent. Nobody was asked.")
            % {"name": member.name},
            field="member",
        )
    with transaction.atomic():
        Promise.objects.select_for_update(no_key=True).get(pk=promise.pk)
        waiting = Alarm.objects.filter(
            promise=promise,
            asked=member,
            kind=Kind.ASKED,
            state__in=[Alarm.State.RAISED, Alarm.State.ACKNOWLEDGED],
        ).first()
        if waiting is not None:
            raise AskedAlready(
                _("%(name)s was asked, and the answer is still to come. Take the next rung?")
                % {"name": member.first_name}
            )
        alarm = raise_alarm(
            Kind.ASKED,
            cause=f"asked:{promise.pk}:{member.pk}:{now.isoformat()}",
            asked=member,
            by=by,
            now=now,
            promise=promise,
            job=promise.job,
            stage=stage,
            question=question,
        )
    if alarm is None:
        raise AskedAlready(_("%(name)s was just asked.") % {"name": member.first_name})
    return alarm


def push(alarm: Alarm, *, by: Member, now: datetime) -> Alarm:
    """Take the next rung of an alarm now, without waiting for its moment.

    Raises:
        MayNotChase: `by` may not chase for it.
        Conflict: somebody knows already, or the top was reached.
    """
    access.demand(by, Role.MEMBER)
    may = by.may(Role.LEAD) if alarm.promise is None else delegating.may_chase(alarm.promise, by)
    if not may:
        raise MayNotChase(
            _("Only whoever sees this promise over the line may chase, or whom they name.")
        )
    climbed = climbing.climb(alarm.pk, now=now, by=by)
    if climbed is None:
        raise Conflict(
            _("There is no next rung: somebody said that they know, or the top was reached.")
        )
    return climbed


def is_on(promise: Promise, member: Member) -> bool:
    """Say whether somebody can be asked about a promise: who works on it, and the leads and owners.

    Consent comes with a yes to a stage, with the last mile, with giving the
    promise, and with leading or owning the house.
    """
    if not member.may(Role.MEMBER):
        return False
    if member.may(Role.LEAD) or member.pk in (promise.last_mile_owner_id, promise.given_by_id):
        return True
    stages = Stage.objects.filter(job_id=promise.job_id)
    return (
        stages.filter(owner=member).exists()
        or StagePerson.objects.filter(stage__in=stages, member=member).exists()
        or Responsibility.objects.filter(
            job_id=promise.job_id, member=member, state=Responsibility.State.PROPOSED
        ).exists()
    )


def whom(promise: Promise) -> list[Member]:
    """Return who can be asked about a promise: who works on it first, then leads and owners."""
    stages = Stage.objects.filter(job_id=promise.job_id).exclude(state=Stage.State.DONE)
    found = [row.owner for row in stages.select_related("owner") if row.owner is not None]
    found += [
        row.member
        for row in Responsibility.objects.filter(
            job_id=promise.job_id, state=Responsibility.State.PROPOSED
        ).select_related("member")
    ]
    found += [*reaching.leads(), *reaching.owners()]
    people = {member.pk: member for member in found if member.left_at is None}
    return list(people.values())

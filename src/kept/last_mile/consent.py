"""Taking consent back: what it would hand back is said before; then it is handed back, visibly."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.jobs import owning
from kept.jobs.models import Job, Responsibility, Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, charters, solo
from kept.people.charters import NotTheirs
from kept.people.models import Charter, Member, Role
from kept.promises.models import Promise
from kept.tenancy.refusals import Conflict


class RevokedAlready(Conflict):
    """They took their consent back before."""


class NobodyElse(Conflict):
    """There is nobody to hand it back to."""


@dataclass(frozen=True, slots=True)
class HandedBack:
    """What taking consent back would hand back, or did."""

    stages: Sequence[Stage]
    last_miles: Sequence[Promise]


def foresee(member: Member) -> HandedBack:
    """Say what would become nobody's."""
    stages = Stage.objects.filter(owner=member, job__state=Job.State.OPEN).exclude(
        state__in=[Stage.State.HANDED_OVER, Stage.State.DONE]
    )
    promises = Promise.objects.filter(last_mile_owner=member, state__in=Promise.LIVE)
    return HandedBack(
        list(stages.select_related("job__client").order_by("job_id", "position")),
        list(promises.select_related("job", "client").order_by("due_at", "pk")),
    )


def revoke(member: Member, *, by: Member, now: datetime) -> HandedBack:
    """Take back one's consent to be chased: what one owns is nobody's from now on.

    Saying yes to a stage again gives consent anew.

    Raises:
        NotTheirs: it is somebody else's to take back.
        RevokedAlready: it was taken back before.
        NobodyElse: one person holds every role here.
    """
    access.demand(by, Role.MEMBER)
    if member.pk != by.pk:
        raise NotTheirs(_("%(name)s’s consent is theirs to take back.") % {"name": member.name})
    if solo.is_solo(member.organisation):
        raise NobodyElse(_("You are alone here, and nobody chases you. Nothing was changed."))
    with transaction.atomic():
        Member.objects.select_for_update(no_key=True).get(pk=member.pk)
        newest = Charter.objects.filter(member=member).order_by("-pk").first()
        if newest is not None and newest.revoked_at is not None:
            raise RevokedAlready(_("You took it back before. Nothing was changed."))
        found = foresee(member)
        rows: list[models.Model] = []
        charter = charters.take_back(member, now=now)
        rows += [charter, *charter.channels.all()]
        for row in _yeses(member):
            rows += owning.hand_back(row, word=_("took consent to be chased back"), now=now)
        written = {row.pk for row in rows if isinstance(row, Stage)}
        for stage in found.stages:
            if stage.pk not in written:
                stage.owner = None
                stage.save(update_fields=["owner"])
                rows.append(stage)
        for promise in found.last_miles:
            promise.last_mile_owner = None
            promise.save(update_fields=["last_mile_owner"])
            rows.append(promise)
        recording.record(
            Event.Kind.CHARTER_REVOKED,
            about=member,
            by=by,
            at=now,
            rows=rows,
            facts={
                "stages": [stage.pk for stage in found.stages],
                "promises": [promise.pk for promise in found.last_miles],
            },
        )
    return found


def _yeses(member: Member) -> list[Responsibility]:
    """Return the yeses to what is not handed over."""
    rows = Responsibility.objects.filter(
        member=member, state=Responsibility.State.ACCEPTED, job__state=Job.State.OPEN
    ).exclude(stage__state__in=[Stage.State.HANDED_OVER, Stage.State.DONE])
    return list(rows.select_related("stage", "job").order_by("pk"))

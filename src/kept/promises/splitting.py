"""What an agreed option leaves for later becomes a promise of its own."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _

from kept.jobs.models import Condition, Job, Responsibility, Stage, StageAfter
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people.models import Member
from kept.promises import recording as promising
from kept.promises import terms
from kept.promises.models import Placement, Promise, ProposalOption
from kept.tenancy import scope


def promise_the_rest(
    promise: Promise, option: ProposalOption, *, by: Member | None, now: datetime
) -> Promise:
    """Promise what an option left for later, by the date it named.

    The optional stages that are not done go along: they are the ones that can
    be told apart. Where there are none, the rest counts as work of unknown
    size of whoever sees the promise over the line.
    """
    assert option.rest_due_at is not None
    with transaction.atomic():
        old = promise.job
        job = Job.objects.create(
            title=_("%(title)s, the rest").replace("%(title)s", old.title[:180]),
            client=old.client,
            service=old.service,
            state=Job.State.OPEN,
            standard=terms.last_of(promise).standard,
            made_at=now,
            made_by=by,
        )
        later = option.later_lines.select_related("condition").order_by("condition__position")
        conditions = Condition.objects.bulk_create(
            Condition(
                job=job,
                position=position,
                text=line.condition.text,
                required=line.condition.required,
            )
            for position, line in enumerate(later, start=1)
        )
        rows, removed = _take_along(old, job)
        if not rows:
            owner = promise.last_mile_owner
            size = promising.UNSIZED
            rows = [
                Stage.objects.create(
                    job=job,
                    position=1,
                    name=job.title[:120],
                    owner=owner if owner is not None and owner.does_work else None,
                    low_hours=size.low_hours,
                    likely_hours=size.likely_hours,
                    high_hours=size.high_hours,
                    finishing=True,
                    state=Stage.State.READY,
                )
            ]
        recording.record(
            Event.Kind.JOB_MADE,
            about=job,
            by=by,
            at=now,
            rows=[job, *conditions, *rows],
            removed=removed,
            facts={"rest_of": old.pk},
        )
        return promising.give(
            job=job,
            client=promise.client,
            contact=promise.contact,
            due_at=option.rest_due_at,
            zone=promise.zone,
            origin=Promise.Origin.QUOTE,
            placement=Placement(promise.placement),
            last_mile_owner=promise.last_mile_owner,
            day_only=terms.is_day_end(option.rest_due_at, zone=promise.zone, house=scope.current()),
            by=by,
            now=now,
        )


def _take_along(old: Job, job: Job) -> tuple[list[models.Model], list[tuple[str, int]]]:
    """Move the optional stages that are not done; return what was written and what is gone."""
    stages = list(old.stages.order_by("position"))
    going = [s for s in stages if s.optional and s.state != Stage.State.DONE]
    keys = {stage.pk for stage in going}
    ties = StageAfter.objects.filter(stage__job=old)
    cut = [tie for tie in ties if (tie.stage_id in keys) != (tie.after_id in keys)]
    StageAfter.objects.filter(pk__in=[tie.pk for tie in cut]).delete()
    rows: list[models.Model] = []
    for position, stage in enumerate(going, start=1):
        stage.job, stage.position = job, position
        stage.save(update_fields=["job", "position"])
        for asked in Responsibility.objects.filter(stage=stage):
            asked.job = job
            asked.save(update_fields=["job"])
            rows.append(asked)
    touched = {tie.stage_id for tie in cut}
    for stage in stages:
        waits = StageAfter.objects.filter(stage=stage).exclude(after__state=Stage.State.DONE)
        freed = stage.pk in touched and stage.state == Stage.State.WAITING and not waits.exists()
        if freed:
            stage.state = Stage.State.READY
            stage.save(update_fields=["state"])
        if freed or stage.pk in keys:
            rows.append(stage)
    return rows, [("stageafter", tie.pk) for tie in cut]

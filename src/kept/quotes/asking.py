"""What is asked about, before anything is kept: stages in memory, as the engine takes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from kept import engine
from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs.models import Job, Stage
from kept.plan import loading, pressure
from kept.plan.loading import Loaded
from kept.promises.models import Promise
from kept.tenancy import refusals

#: The key of a job that exists only in memory; its stages are -1, -2 … by position, so that the
#: answer while typing, the kept answer and the hold draw the same luck.
UNSAVED = 0


class NobodyCan(refusals.Refused):
    """Nobody here can do a part of it."""


@dataclass(frozen=True)
class Asked:
    """What is asked about.

    Attributes:
        stages: unsaved rows, with skill, hands and effort.
        hours: the hours that each of them is expected to take.
        ask: the engine's form of it.
        known: how many past items the least known estimate rests on.
    """

    sketches: Sequence[StageSketch]
    stages: Sequence[Stage]
    hours: Sequence[float]
    ask: "engine.Ask"
    known: int

    def fragment(self) -> dict[str, Any]:
        """Return the ask as it is kept with an answer."""
        return {"promise": dict(self.ask.promise), "stages": [dict(s) for s in self.ask.stages]}


def asked(
    sketches: Sequence[StageSketch],
    *,
    client: Client | None,
    service: Service | None,
    loaded: Loaded,
    now: datetime,
) -> Asked:
    """Turn sketches into what the engine is asked.

    Raises:
        Refused: a sketch that cannot be.
        NobodyCan: nobody here can do a stage as it stands.
    """
    checked = catalogue.checked(sketches)
    skills = catalogue.skills_for(checked)
    job = Job(pk=UNSAVED, client=client, service=service)
    rows = [
        Stage(
            pk=-position,
            job_id=UNSAVED,
            position=position,
            name=sketch.name,
            skill=skills[sketch.skill.casefold()] if sketch.skill else None,
            hands=sketch.hands,
            owner=sketch.owner,
            low_hours=sketch.low_hours,
            likely_hours=sketch.likely_hours,
            high_hours=sketch.high_hours,
            optional=sketch.optional,
            finishing=sketch.finishing,
        )
        for position, sketch in enumerate(checked, start=1)
    ]
    table = loading.Stages(jobs={UNSAVED: job}, people=loaded.people, now=now)
    table.take(
        rows,
        afters={-n: [-other for other in s.after or ()] for n, s in enumerate(checked, start=1)},
        named={-n: [member.pk for member in s.people] for n, s in enumerate(checked, start=1)},
    )
    reason = table.reason_against(UNSAVED)
    if reason:
        raise NobodyCan(
            _("Nobody can do this as it stands: %(reason)s.") % {"reason": reason}, field="stages"
        )
    entries = table.entries(UNSAVED)
    promise = {"id": f"j{UNSAVED}", "accepted": int(now.timestamp())}
    ask = engine.Ask(promise=promise, stages=entries)
    placed = loaded.situation.with_ask(ask, due=None)
    hours = {stage.id: pressure.hours_of_stage(stage) for stage in placed.stages[-len(entries) :]}
    return Asked(
        sketches=checked,
        stages=rows,
        hours=[hours[f"s{row.pk}"] for row in rows],
        ask=ask,
        known=table.known(UNSAVED),
    )


def sketches_like(like: Service | Promise) -> list[StageSketch]:
    """Return the stages of a service or of an earlier promise, to be asked about again."""
    if isinstance(like, Service):
        return catalogue.sketches_of(like)
    stages = list(
        Stage.objects.filter(job_id=like.job_id)
        .select_related("skill")
        .prefetch_related("afters__after")
        .order_by("position")
    )
    return [
        StageSketch(
            name=stage.name,
            likely_hours=stage.likely_hours,
            low_hours=stage.low_hours,
            high_hours=stage.high_hours,
            skill=None if stage.skill is None else stage.skill.name,
            hands=stage.hands,
            after=tuple(sorted(row.after.position for row in stage.afters.all())),
            optional=stage.optional,
            finishing=stage.finishing,
            done_means=stage.done_means,
        )
        for stage in stages
    ]

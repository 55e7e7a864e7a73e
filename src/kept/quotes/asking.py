"""What is asked about, before anything is kept: stages in memory, as the engine takes them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from kept import engine
from kept.clients import catalogue
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import making
from kept.jobs.lines import Effort
from kept.jobs.models import Job, Stage
from kept.people.models import Member
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
        ask: the engine's form of it.
        known: how many past items the least known estimate rests on.
        among: the plan it is asked in.
    """

    sketches: Sequence[StageSketch]
    stages: Sequence[Stage]
    ask: "engine.Ask"
    known: int
    among: "engine.Situation" = field(repr=False)

    @cached_property
    def hours(self) -> Sequence[float]:
        """The hours that each stage is expected to take."""
        placed = self.among.with_ask(self.ask, due=None).stages[-len(self.stages) :]
        hours = {stage.id: pressure.hours_of_stage(stage) for stage in placed}
        return [hours[f"s{row.pk}"] for row in self.stages]

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
    table = loading.Stages(
        jobs={UNSAVED: job}, people=loaded.people, now=now, profile=loaded.profile
    )
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
    return Asked(
        sketches=checked,
        stages=rows,
        ask=ask,
        known=table.known(UNSAVED),
        among=loaded.situation,
    )


@dataclass(frozen=True)
class Change:
    """How one form of an ask differs from what was asked: less of it, or other people.

    Attributes:
        without: positions of the stages left out, from 1.
        owners: positions of stages, and the members who would take them.
    """

    without: tuple[int, ...] = ()
    owners: tuple[tuple[int, int], ...] = ()

    def __str__(self) -> str:
        said = [f"without-{position}" for position in self.without]
        said += [f"stage-{position}-by-{member}" for position, member in self.owners]
        return " ".join(said)

    @classmethod
    def read(cls, text: str) -> "Change":
        """Read what `str` wrote.

        Raises:
            Refused: it says something else.
        """
        without, owners = [], []
        for word in text.split():
            if found := re.fullmatch(r"without-(\d{1,3})", word):
                without.append(int(found[1]))
            elif found := re.fullmatch(r"stage-(\d{1,3})-by-(\d{1,15})", word):
                owners.append((int(found[1]), int(found[2])))
            else:
                raise refusals.Refused(
                    _("“%(word)s” is no way to do it. Ask again, and choose one of the offers.")
                    % {"word": word[:40]},
                    field="due_at",
                )
        return cls(tuple(without), tuple(owners))


def changed(sketches: Sequence[StageSketch], change: Change) -> list[StageSketch]:
    """Return an ask's stages, checked before, as a change would have them.

    What waited for a stage that is left out waits for what that one waited for.

    Raises:
        Refused: a stage or a member that is not there, or a stage that may not be left out.
    """
    owners: dict[int, Member | None] = {}
    if change.owners:
        members = Member.objects.in_bulk([member for _position, member in change.owners])
        owners = {position: members.get(member) for position, member in change.owners}
    places = {*change.without, *owners}
    if not places <= set(range(1, len(sketches) + 1)) or None in owners.values():
        raise refusals.Refused(
            _("Its stages or your people changed meanwhile. Ask again."), field="stages"
        )
    for position in change.without:
        if not sketches[position - 1].optional:
            raise refusals.Refused(
                _("“%(stage)s” is not optional.") % {"stage": sketches[position - 1].name},
                field="stages",
            )
    left = [n for n in range(1, len(sketches) + 1) if n not in change.without]
    now_at = {position: place for place, position in enumerate(left, start=1)}

    def before(position: int) -> set[int]:
        found: set[int] = set()
        for other in sketches[position - 1].after or ():
            found |= {now_at[other]} if other in now_at else before(other)
        return found

    return [
        replace(
            sketches[position - 1],
            after=tuple(sorted(before(position))),
            owner=owners.get(position, sketches[position - 1].owner),
        )
        for position in left
    ]


def scaled(sketches: Sequence[StageSketch], size: Effort) -> list[StageSketch]:
    """Return stages whose efforts add up to a size, in the proportions they have.

    A size of one number scales what each stage says; low, likely and high are
    shared out alike.
    """
    whole = sum(sketch.likely_hours for sketch in sketches)
    if whole <= 0:
        return list(sketches)
    grown = []
    for sketch in sketches:
        share = sketch.likely_hours / whole
        low, high = sketch.low_hours, sketch.high_hours
        if size.low_hours is not None and size.high_hours is not None:
            low, high = size.low_hours * share, size.high_hours * share
        elif low is not None and high is not None:
            low, high = low * size.likely_hours / whole, high * size.likely_hours / whole
        grown.append(
            replace(
                sketch,
                likely_hours=round(size.likely_hours * share, 4),
                low_hours=None if low is None else round(low, 4),
                high_hours=None if high is None else round(high, 4),
            )
        )
    return grown


def sketches_like(like: Service | Promise) -> list[StageSketch]:
    """Return the stages of a service or of an earlier promise, to be asked about again.

    Who did them then need not do them now.
    """
    if isinstance(like, Service):
        return catalogue.sketches_of(like)
    return [replace(sketch, owner=None, people=()) for sketch in making.sketches_of_job(like.job)]

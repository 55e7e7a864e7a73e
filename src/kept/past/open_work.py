"""Stages with hours on them that are not done: what they took so far is a lower bound."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from kept import zones
from kept.engine.lenses import METHOD
from kept.jobs.models import Job, Stage
from kept.tenancy import scope

#: Open for longer, a stage is asked about: is somebody still at it?
ASK_AFTER = timedelta(days=60)
#: Open for longer, its hours teach nothing any more.
LEARN_UNTIL = timedelta(days=METHOD.open_days)

#: Stage, owner, service, skill, client; estimate and hours so far; the day it was begun.
Known = tuple[int, int | None, int | None, int | None, int | None, float, float, int]


def known(now: datetime) -> list[Known]:
    """Return what open work says at `now`, in a form that a profile keeps as its evidence."""
    zone = scope.current().zone
    rows = _begun().values_list(
        "pk", "owner_id", "job__service_id", "skill_id", "job__client_id", "likely_hours",
        "spent_hours", "since",
    )  # fmt: skip
    return [
        (*who_and_what, round(estimate, 2), round(spent, 2), zones.day_of(since, zone).toordinal())
        for *who_and_what, estimate, spent, since in rows.filter(since__gt=now - LEARN_UNTIL)
        if round(estimate, 2) > 0 and round(spent, 2) > 0
    ]


def for_long(now: datetime) -> Sequence[Stage]:
    """Return the stages to ask about, open for longest first."""
    return list(_begun().filter(since__lt=now - ASK_AFTER).order_by("since", "pk"))


def _begun() -> QuerySet[Any]:
    return (
        Stage.objects.filter(spent_hours__gt=0, job__state=Job.State.OPEN)
        .exclude(state__in=(Stage.State.HANDED_OVER, Stage.State.DONE))
        .annotate(since=Coalesce(F("begun_at"), F("job__made_at")))
        .select_related("job")
        .order_by("pk")
    )

"""A stage that was handed over joins the past, and kept learns from it.

Kind is the service, subkind the skill, person the stage's owner, estimate its likely effort when
it was accepted, actual the hours at hand-over. The client stands for the project, as in imports:
so that work handed over here and work brought in from elsewhere know each other.
"""

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from kept.engine import lenses
from kept.jobs.models import Stage
from kept.ledger import recording
from kept.ledger.models import Event, Head
from kept.past import profiles
from kept.past.models import DurationProfile, PastItem, SourceName
from kept.people.models import Member
from kept.tenancy import given, scope

MOST_HOURS = 20_000
#: A past of up to so many pieces is learned anew at once: a fraction of a second.
SMALL = 2_000
#: A larger past is learned anew at most this often.
PAUSE = timedelta(hours=1)

_ROLES = SourceName.Role


def learn_from(
    stage: Stage,
    *,
    actual_hours: float,
    by: Member | None,
    now: datetime,
    estimate_hours: float | None = None,
    estimated_at: datetime | None = None,
) -> PastItem | None:
    """Put a handed-over stage into the past, and learn anew; a second time replaces the first.

    To be called in the hand-over's own transaction.

    Args:
        actual_hours: all hours the stage took.
        estimate_hours: its likely effort when it was accepted; as it stands now if left out.
        estimated_at: when that was accepted; when the job was made if left out.

    Returns:
        What the past now knows; None where no hours were logged, since nothing is learned then.

    Raises:
        Refused: hours that cannot be.
    """
    hours = given.number(
        actual_hours, called=_("Hours worked"), field="actual_hours", least=0, most=MOST_HOURS
    )
    with transaction.atomic():
        _one_at_a_time()
        if hours == 0:
            forget(stage, by=by, now=now)
            return None
        names, fresh = _names(stage)
        item, is_new = PastItem.objects.update_or_create(
            external_id=_key(stage),
            defaults={
                **names,
                "estimate_hours": stage.likely_hours if estimate_hours is None else estimate_hours,
                "actual_hours": hours,
                "estimated_at": estimated_at or stage.job.made_at,
                "started_at": stage.begun_at,
                "finished_at": now,
                "day_only": False,
            },
        )
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            rows=[item, *fresh],
            facts={"what": "learned from", "hours": hours},
        )
        # What is replaced cannot wait: a version names what it was learned from.
        if not is_new or PastItem.objects.count() <= SMALL:
            profiles.refit(by=by, now=now)
    return item


def forget(stage: Stage, *, by: Member | None, now: datetime) -> None:
    """Take a stage out of the past again: it was sent back, so that its hours are not final."""
    with transaction.atomic():
        _one_at_a_time()
        item = PastItem.objects.filter(external_id=_key(stage)).first()
        if item is None:
            return
        key = item.pk
        item.delete()
        recording.record(
            Event.Kind.STAGE_CHANGED,
            about=stage,
            by=by,
            at=now,
            removed=[(recording.table_of(PastItem), key)],
            facts={"what": "forgotten"},
        )
        profiles.refit(by=by, now=now)


def catch_up(*, now: datetime) -> DurationProfile | None:
    """Learn anew from stages that a large past left for later; to be called now and then.

    So does a house whose newest version an earlier method made: what its answers name, and the
    backtest on its past page, are then this method's again.

    Returns:
        The new version, or None where nothing was waiting.
    """
    row = profiles.newest(now)
    newest_item = PastItem.objects.aggregate(Max("pk"))["pk__max"]
    if newest_item is None:
        return None
    if (
        row is not None
        and (row.newest_item or 0) >= newest_item
        and row.version.startswith(f"{lenses.METHOD_VERSION}-")
    ):
        return None
    if row is not None and now - row.made_at < PAUSE:
        return None
    return profiles.refit(by=None, now=now)


def stage_of(external_id: str) -> int | None:
    """Return the key of the stage that a past item was learned from; None for imported work."""
    room, _colon, key = external_id.partition(":")
    return int(key) if room == "stage" and key.isdecimal() else None


def _key(stage: Stage) -> str:
    return f"stage:{stage.pk}"


def _one_at_a_time() -> None:
    """Let hand-overs of a house wait for each other, so that keys rise as they are committed.

    The end of the ledger is what every verb locks last, so that none waits in a circle.
    """
    Head.objects.select_for_update(no_key=True).get(organisation=scope.current_id())


def _names(stage: Stage) -> tuple[dict[str, SourceName | None], list[models.Model]]:
    """Return who, what and for whom as the past names them, and the names that are new."""
    job = stage.job
    fresh: list[models.Model] = []
    names: dict[str, SourceName | None] = {}
    for column, role, meaning, row in (
        ("person", _ROLES.PERSON, "member", stage.owner),
        ("project", _ROLES.PROJECT, "client", job.client),
        ("kind", _ROLES.KIND, "service", job.service),
        ("subkind", _ROLES.SUBKIND, "skill", stage.skill),
    ):
        names[column] = None
        if row is None:
            continue
        known = SourceName.objects.filter(role=role, **{meaning: row}).order_by("pk").first()
        if known is None:
            known = SourceName.objects.create(role=role, name=_free(role, row), **{meaning: row})
            fresh.append(known)
        names[column] = known
    return names, fresh


def _free(role: str, row: models.Model) -> str:
    """Return a name that no file has used for somebody else."""
    name = str(row)[:180]
    taken = set(
        SourceName.objects.filter(role=role, name__startswith=name).values_list("name", flat=True)
    )
    tried, number = name, 1
    while tried in taken:
        number += 1
        tried = f"{name} ({number})"
    return tried

"""Open work from a file: jobs on the team's plate, and promises already given."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept.clients import keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client
from kept.imports import naming
from kept.imports.models import Import, ImportedRow
from kept.imports.readers import values, work
from kept.jobs import making
from kept.jobs.models import Job, Stage, StageAfter, StagePerson
from kept.ledger import recording
from kept.ledger.models import Event
from kept.past.models import SourceName
from kept.people.models import Member, MemberSkill
from kept.promises import recording as promising
from kept.promises.models import Promise
from kept.tenancy import refusals, scope

Key = naming.Key

#: Rows in one event of the ledger.
EVENT_ROWS = 500


class SomethingDepends(refusals.Conflict):
    """What an import brought has been worked with since. Nothing was undone."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """An open row on its way in, with the id under which it comes in once."""

    row: work.Row
    external_id: str
    digest: str


@dataclass(slots=True)
class Arrived:
    """What open rows became, and what could not."""

    rows: int = 0
    promises: int = 0
    unsized: int = 0
    new_clients: list[str] = field(default_factory=list)
    problems: list[work.Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    begun: list[Stage] = field(default_factory=list)
    imported: list[ImportedRow] = field(default_factory=list)


def bring(
    arrivals: Sequence[Arrival],
    names: Mapping[Key, SourceName],
    row: Import,
    *,
    by: Member,
    now: datetime,
    tick: Callable[[int, int], None] | None = None,
) -> Arrived:
    """Make jobs of open rows, and promises of those that a client was given a date for.

    Rows of one client with the same text in `promise` are stages of one promise; no order among
    them is known, so none waits for another. A row that cannot be kept is a problem, and costs
    its own job only.
    """
    arrived = Arrived()
    skills = _skills_at_work()
    groups = _grouped(arrivals)
    for place, group in enumerate(groups, start=1):
        try:
            with transaction.atomic():
                _bring_one(group, names, skills, row, arrived, by=by, now=now)
        except refusals.Refused as refused:
            arrived.problems += [
                work.Problem(
                    each.row.number, "", values.short(each.row.title), refused.sentence, True
                )
                for each in group
            ]
            continue
        arrived.rows += len(group)
        arrived.promises += group[0].row.is_promised
        if tick is not None and place % 20 == 0:
            tick(arrived.rows, len(arrivals))
    for start in range(0, len(arrived.imported), EVENT_ROWS):
        rows = ImportedRow.objects.bulk_create(arrived.imported[start : start + EVENT_ROWS])
        recording.record(Event.Kind.IMPORT_ROWS, about=row, by=by, at=now, rows=rows)
    for start in range(0, len(arrived.begun), EVENT_ROWS):
        begun = arrived.begun[start : start + EVENT_ROWS]
        recording.record(Event.Kind.IMPORT_ROWS, about=row, by=by, at=now, rows=begun)
    if arrived.unsized:
        arrived.notes.append(
            ngettext(
                "%(count)d promised row has no estimate; it counts as %(low)g to %(high)g hours, "
                "likely %(likely)g, until you say how big it is.",
                "%(count)d promised rows have no estimate; each counts as %(low)g to %(high)g "
                "hours, likely %(likely)g, until you say how big it is.",
                arrived.unsized,
            )
            % {
                "count": arrived.unsized,
                "low": promising.UNSIZED.low_hours,
                "high": promising.UNSIZED.high_hours,
                "likely": promising.UNSIZED.likely_hours,
            }
        )
    return arrived


def _grouped(arrivals: Iterable[Arrival]) -> list[list[Arrival]]:
    groups: dict[tuple[str, ...], list[Arrival]] = defaultdict(list)
    for each in arrivals:
        row = each.row
        key: tuple[str, ...]
        if row.is_promised and row.promise:
            key = (
                naming.tidy(row.for_whom).casefold(),
                " ".join(row.promise.split()).casefold(),
            )
        else:
            key = (str(row.number),)
        groups[key].append(each)
    return list(groups.values())


def _bring_one(
    group: Sequence[Arrival],
    names: Mapping[Key, SourceName],
    skills: set[int],
    row: Import,
    arrived: Arrived,
    *,
    by: Member,
    now: datetime,
) -> None:
    first = group[0].row
    new_clients: list[str] = []
    client = _client(first, names, new_clients, by=by, now=now)
    service = _name(names, SourceName.Role.KIND, first.kind)
    job = making.make(
        title=_short(first.promise or _title(first), 200),
        client=client,
        service=None if service is None else service.service,
        stages=[_sketch(each.row, names, skills) for each in group],
        state=Job.State.OPEN,
        by=by,
        now=now,
    )
    stages = list(Stage.objects.filter(job=job).order_by("position"))
    begun = []
    for each, stage in zip(group, stages, strict=True):
        if each.row.actual_hours:
            stage.spent_hours = each.row.actual_hours
            stage.state = Stage.State.DOING
            stage.begun_at = min(each.row.started_at or now, now)
            stage.save(update_fields=["spent_hours", "state", "begun_at"])
            begun.append(stage)
    if client is not None and first.is_promised:
        due_at, day_only = max((each.row.due_at or now, each.row.day_only) for each in group)
        firsts = [each.row.first_due_at for each in group if each.row.first_due_at is not None]
        asked = [each.row.estimated_at for each in group if each.row.estimated_at is not None]
        promising.give(
            job=job,
            client=client,
            due_at=due_at,
            first_due_at=max(firsts, default=None),
            day_only=day_only,
            zone=scope.current().zone,
            origin=Promise.Origin.IMPORTED,
            given_at=min([*asked, now]),
            by=by,
            now=now,
        )
    # Only now, when nothing can fail any more, is it counted.
    arrived.unsized += sum(each.row.estimate_hours is None for each in group)
    arrived.new_clients += new_clients
    arrived.begun += begun
    arrived.imported += [
        ImportedRow(
            imported=row,
            row=each.row.number,
            external_id=each.external_id,
            digest=each.digest,
            job=job,
            stage=stage,
            person=_name(names, SourceName.Role.PERSON, each.row.person),
        )
        for each, stage in zip(group, stages, strict=True)
    ]


def _sketch(row: work.Row, names: Mapping[Key, SourceName], skills: set[int]) -> StageSketch:
    person = _name(names, SourceName.Role.PERSON, row.person)
    owner = None if person is None else naming.at_work(person)
    part = _name(names, SourceName.Role.SUBKIND, row.subkind)
    skill = None if part is None else part.skill
    if skill is not None and skill.pk not in skills:
        skill = None
    unsized = promising.UNSIZED if row.estimate_hours is None else None
    return StageSketch(
        name=_short(_title(row), 120),
        likely_hours=unsized.likely_hours if unsized else row.estimate_hours or 0,
        low_hours=unsized.low_hours if unsized else None,
        high_hours=unsized.high_hours if unsized else None,
        skill=None if skill is None else skill.name,
        after=(),
        owner=owner,
    )


def _client(
    row: work.Row,
    names: Mapping[Key, SourceName],
    new_clients: list[str],
    *,
    by: Member,
    now: datetime,
) -> Client | None:
    """Return whom a row is for; a client named as such, or promised to, is added if unknown."""
    name = _name(names, SourceName.Role.PROJECT, row.for_whom)
    if name is None:
        return None
    if name.client is None and (row.client or row.is_promised):
        known = keeping.find(name.name)
        name.client = keeping.find_or_add(name.name, prospect=False, by=by, now=now)
        name.save(update_fields=["client"])
        recording.record(Event.Kind.NAMES_MAPPED, about=name, by=by, at=now, rows=[name])
        if known is None:
            new_clients.append(name.client.name)
    return name.client


def _name(names: Mapping[Key, SourceName], role: str, name: str) -> SourceName | None:
    return names.get((str(role), naming.tidy(name))) if name else None


def _title(row: work.Row) -> str:
    return (
        row.title or row.subkind or row.kind or row.row_id or _("Row %(row)d") % {"row": row.number}
    )


def _short(words: str, longest: int) -> str:
    plain = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"


def _skills_at_work() -> set[int]:
    return set(
        MemberSkill.objects.filter(
            member__left_at__isnull=True, member__does_work=True
        ).values_list("skill_id", flat=True)
    )


def take_back(row: Import, *, by: Member, now: datetime) -> int:
    """Remove the open jobs an import brought, and void its promises, which stay listed.

    Returns:
        How many promises were voided.

    Raises:
        SomethingDepends: something was done with one of them since.
    """
    jobs = list(
        Job.objects.filter(imported_rows__imported=row)
        .select_related("promise")
        .distinct()
        .order_by("pk")
    )
    _refuse_worked_with(jobs)
    ImportedRow.objects.filter(imported=row, job__isnull=False).update(job=None, stage=None)
    voided = 0
    for job in jobs:
        promise = getattr(job, "promise", None)
        if promise is None:
            _delete(job, row, by=by, now=now)
        elif promise.state != Promise.State.VOIDED:
            promising.void(
                promise=promise,
                reason=_("The import “%(file)s” was undone.") % {"file": row.file_name},
                by=by,
                now=now,
            )
            voided += 1
    return voided


#: Events that an import itself makes, and those that kept makes by looking.
_OWN = (
    Event.Kind.JOB_MADE,
    Event.Kind.PROMISE_RECORDED,
    Event.Kind.PROMISE_VOIDED,
    Event.Kind.OUTLOOK_COMPUTED,
)


def _refuse_worked_with(jobs: Sequence[Job]) -> None:
    by_key: dict[tuple[str, int], Job] = {}
    for job in jobs:
        by_key["job", job.pk] = job
        promise = getattr(job, "promise", None)
        if promise is not None:
            by_key["promise", promise.pk] = job
    for stage in Stage.objects.filter(job__in=jobs):
        by_key["stage", stage.pk] = next(job for job in jobs if job.pk == stage.job_id)
    touched = []
    for table in ("job", "promise", "stage"):
        keys = [key for name, key in by_key if name == table]
        touched += [
            by_key[table, key]
            for key in Event.objects.filter(about_table=table, about_id__in=keys)
            .exclude(kind__in=_OWN)
            .values_list("about_id", flat=True)
        ]
    if touched:
        raise SomethingDepends(
            _(
                "“%(job)s” came with this file and has been worked with since. Nothing was undone. "
                "Void or finish such work by itself."
            )
            % {"job": touched[0].title}
        )


def _delete(job: Job, row: Import, *, by: Member, now: datetime) -> None:
    title = job.title
    gone: list[tuple[str, int]] = [
        (recording.table_of(table), key)
        for table, where in (
            (StageAfter, {"stage__job": job}),
            (StagePerson, {"stage__job": job}),
            (Stage, {"job": job}),
            (Job, {"pk": job.pk}),
        )
        for key in _manager(table).filter(**where).values_list("pk", flat=True)
    ]
    try:
        job.delete()
    except ProtectedError as error:
        raise SomethingDepends(
            _("“%(job)s” came with this file and something depends on it. Nothing was undone.")
            % {"job": title}
        ) from error
    recording.record(Event.Kind.IMPORT_ROWS, about=row, by=by, at=now, removed=gone)


def _manager(table: type[models.Model]) -> models.Manager[models.Model]:
    return table._default_manager

"""Who owns what of a job, and whose yes to it is missing.

Whoever was only named has not said yes; nor has whoever said yes to something
that changed since.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from kept.jobs.models import Job, Responsibility, Stage, StagePerson
from kept.people.models import Member, Role

State = Responsibility.State


class Missing(StrEnum):
    """Why nobody's yes stands behind a stage or a last mile."""

    NOBODY = "nobody"
    NOT_ASKED = "not_asked"
    SILENT = "silent"
    COUNTERED = "countered"
    DECLINED = "declined"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Gap:
    """Somebody's yes that is missing.

    Attributes:
        stage: None is the last mile.
        member: whose yes it is; None where nobody is named.
        since: when they were asked, or said what they said; None where nobody was asked.
    """

    stage: Stage | None
    member: Member | None
    state: Missing
    since: datetime | None

    @property
    def what(self) -> str:
        return _("the last mile") if self.stage is None else f"“{self.stage.name}”"

    def __str__(self) -> str:
        said = {"what": self.what, "name": "" if self.member is None else self.member.first_name}
        match self.state:
            case Missing.NOBODY:
                return _("nobody is named for %(what)s") % said
            case Missing.NOT_ASKED:
                return _("%(name)s was not asked about %(what)s") % said
            case Missing.SILENT:
                return _("%(name)s has not answered about %(what)s") % said
            case Missing.COUNTERED:
                return _("%(name)s said something else about %(what)s") % said
            case Missing.DECLINED:
                return _("%(name)s said no to %(what)s") % said
            case Missing.CHANGED:
                return _("%(what)s changed after %(name)s said yes") % said


@dataclass(frozen=True, slots=True)
class Owned:
    """One row of who owns what.

    Attributes:
        stage: None is the last mile.
        owner: who owns it now.
        yes: the answer by which they do; None where they were named without being asked.
        asked: a question that is open, or the newest that got a no.
    """

    stage: Stage | None
    owner: Member | None
    yes: Responsibility | None
    asked: Responsibility | None
    gap: Gap | None


def table(
    job: Job, *, last_mile_owner: Member | None = None, stages: Sequence[Stage] | None = None
) -> list[Owned]:
    """Return who owns what of a job, stage by stage, and last its last mile.

    Args:
        last_mile_owner: who sees it over the line as things are; a promise knows.
        stages: the job's stages with their owners, where they are at hand.
    """
    if stages is None:
        stages = list(
            Stage.objects.filter(job=job).select_related("owner", "skill").order_by("position")
        )
    answers = Responsibility.objects.filter(job=job).select_related("member").order_by("pk")
    return _table(stages, list(answers), last_mile_owner)


def gaps(job: Job, *, last_mile_owner: Member | None = None) -> list[Gap]:
    """Return who has not said yes to what."""
    rows = table(job, last_mile_owner=last_mile_owner)
    return [row.gap for row in rows if row.gap is not None]


def gaps_of(stages: Mapping[int, Sequence[Stage]]) -> dict[int, list[Gap]]:
    """Return who has not said yes to what, by the job's key, in one query at most.

    Args:
        stages: the stages of each job with their owners, by the job's key.
    """
    keys = list(stages)
    if not keys:
        return {}
    answers: dict[int, list[Responsibility]] = {key: [] for key in keys}
    for row in (
        Responsibility.objects.filter(job_id__in=keys).select_related("member").order_by("pk")
    ):
        answers[row.job_id].append(row)
    return {
        key: [row.gap for row in _table(stages[key], answers[key], None) if row.gap is not None]
        for key in keys
    }


def asked_of(member: Member) -> list[Responsibility]:
    """Return what somebody was asked and has not answered, the oldest first."""
    rows = Responsibility.objects.filter(member=member, state=State.PROPOSED)
    rows = rows.exclude(job__state=Job.State.CLOSED).select_related("job", "stage")
    return list(rows.order_by("proposed_at", "pk"))


def count_asked_of(member: Member) -> int:
    """Return how much somebody was asked and has not answered."""
    rows = Responsibility.objects.filter(member=member, state=State.PROPOSED)
    return rows.exclude(job__state=Job.State.CLOSED).count()


def last_mile_owner(job: Job) -> Member | None:
    """Return who said yes to the last mile of a job; None where nobody did."""
    return last_mile_owners([job.pk]).get(job.pk)


def last_mile_owners(jobs: Iterable[int]) -> dict[int, Member | None]:
    """Return who said yes to the last miles of jobs, by the jobs' keys."""
    rows = Responsibility.objects.filter(
        job_id__in=list(jobs),
        stage__isnull=True,
        state=State.ACCEPTED,
        member__left_at__isnull=True,
    )
    newest_last = rows.select_related("member").order_by("answered_at", "pk")
    return {row.job_id: row.member for row in newest_last}


def suggested_last_mile_owner(job: Job) -> Member | None:
    """Return a lead or member who is no doer of the job and sees fewest others over the line."""
    doers = {
        *Stage.objects.filter(job=job, finishing=False).values_list("owner_id", flat=True),
        *StagePerson.objects.filter(stage__job=job).values_list("member_id", flat=True),
    }
    people = Member.objects.filter(left_at__isnull=True, role__in=[Role.MEMBER, Role.LEAD])
    free = [member for member in people.order_by("pk") if member.pk not in doers]
    busy: dict[int, int] = {}
    for key in Responsibility.objects.filter(
        stage__isnull=True, state__in=[State.ACCEPTED, State.PROPOSED], job__state=Job.State.OPEN
    ).values_list("member_id", flat=True):
        busy[key] = busy.get(key, 0) + 1
    finishing = set(
        Stage.objects.filter(job=job, finishing=True).values_list("owner_id", flat=True)
    )
    return min(
        free,
        key=lambda member: (
            member.pk not in finishing,
            busy.get(member.pk, 0),
            not member.may(Role.LEAD),
            member.pk,
        ),
        default=None,
    )


def said_when_accepted(stage: Stage) -> tuple[float, datetime] | None:
    """Return the effort that a stage's owner said yes to, and when; None without a yes."""
    if stage.owner is None:
        return None
    row = (
        Responsibility.objects.filter(
            stage=stage, member=stage.owner, state=State.ACCEPTED, likely_hours__isnull=False
        )
        .order_by("-answered_at", "-pk")
        .first()
    )
    if row is None or row.likely_hours is None or row.answered_at is None:
        return None
    return row.likely_hours, row.answered_at


def _table(
    stages: Sequence[Stage], answers: Sequence[Responsibility], last_mile: Member | None
) -> list[Owned]:
    by_stage: dict[int | None, list[Responsibility]] = {}
    for row in answers:
        by_stage.setdefault(row.stage_id, []).append(row)
    found = [_owned(stage, stage.owner, by_stage.get(stage.pk, [])) for stage in stages]
    of_last_mile = by_stage.get(None, [])
    if last_mile is None:
        yeses = [
            row
            for row in of_last_mile
            if row.state == State.ACCEPTED and row.member.left_at is None
        ]
        last_mile = yeses[-1].member if yeses else None
    return [*found, _owned(None, last_mile, of_last_mile)]


def _owned(stage: Stage | None, owner: Member | None, answers: Sequence[Responsibility]) -> Owned:
    live = [row for row in answers if row.state in Responsibility.LIVE]
    mine = [
        row
        for row in answers
        if row.state == State.ACCEPTED and owner is not None and row.member_id == owner.pk
    ]
    yes = mine[-1] if mine else None
    asked = live[-1] if live else None
    said_no = [row for row in answers if row.state == State.DECLINED]
    if asked is None and said_no and (yes is None or said_no[-1].pk > yes.pk):
        asked = said_no[-1]
    gap = None
    if stage is None or stage.state not in (Stage.State.HANDED_OVER, Stage.State.DONE):
        gap = _gap(stage, owner, yes, asked)
    return Owned(stage, owner, yes, asked, gap)


def _gap(
    stage: Stage | None,
    owner: Member | None,
    yes: Responsibility | None,
    asked: Responsibility | None,
) -> Gap | None:
    if yes is not None:
        if stage is not None and differs(stage, yes):
            return Gap(stage, owner, Missing.CHANGED, yes.answered_at)
        return None  # who is asked to take over leaves no gap: the owner's yes stands till then
    if asked is None:
        return Gap(stage, owner, Missing.NOBODY if owner is None else Missing.NOT_ASKED, None)
    state = {
        State.PROPOSED: Missing.SILENT,
        State.COUNTERED: Missing.COUNTERED,
        State.DECLINED: Missing.DECLINED,
    }[Responsibility.State(asked.state)]
    return Gap(stage, asked.member, state, asked.answered_at or asked.proposed_at)


def differs(stage: Stage, yes: Responsibility) -> bool:
    """Say whether a stage asks for something else than its owner said yes to."""
    return (yes.likely_hours, yes.done_means) != (stage.likely_hours, stage.done_means)

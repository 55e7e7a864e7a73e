"""Who owns what, as the pages tell it: the rows of one table, with who has not said yes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import words, zones
from kept.jobs import handing, owners, owning
from kept.jobs.models import CheckItem, Job, Responsibility, Stage
from kept.jobs.owners import Missing, Owned
from kept.people import solo
from kept.people.models import Member, Role
from kept.promises.models import Promise
from kept.tenancy.models import Organisation


@dataclass(frozen=True)
class Row:
    """One stage, or the last mile, and whose it is.

    Attributes:
        told: how the stage stands; for a finishing stretch, what is left of its checklist.
        said: how the owner came by it.
        missing: whose yes is missing and since when; empty where none is.
        stuck: since when nothing happened on a finishing stretch; empty where it moves.
        asked: an open question, with what may be done about it by whoever looks.
    """

    stage: Stage | None
    what: str
    told: str
    owner: str
    said: str
    missing: str
    stuck: str
    asked: Responsibility | None
    instead: str
    can: Sequence[str]
    open: bool


@dataclass(frozen=True)
class Owns:
    """The whole table."""

    job: Job
    rows: Sequence[Row]
    may_ask: bool
    alone: bool


def read(
    job: Job,
    *,
    viewer: Member,
    now: datetime,
    last_mile_owner: Member | None = None,
    stages: Sequence[Stage] | None = None,
    gate: str = Promise.Gate.NOT_ASKED,
) -> Owns:
    """Read who owns what of a job, as one member sees it.

    Args:
        gate: how the promise of the work passed its gate. Where owners were never to be asked,
            as of work recorded in one line, nobody's yes is called missing before they are.
        last_mile_owner: who sees a promise over the line as things are.
        stages: the job's stages with their owners, where they are at hand.
    """
    house = viewer.organisation
    table = owners.table(job, last_mile_owner=last_mile_owner, stages=stages)
    left, checks = _checks(job)
    stuck = handing.standstills((row.stage for row in table if row.stage is not None), now=now)
    alone = solo.is_solo(house)
    wanted = gate not in (Promise.Gate.NOT_ASKED, Promise.Gate.SILENT)
    return Owns(
        job=job,
        rows=[
            _row(row, viewer, house, now, left, checks, stuck, wanted=wanted)
            for row in table
            if row.stage is not None or not alone
        ],
        may_ask=viewer.may(Role.MEMBER) and job.state != Job.State.CLOSED and not alone,
        alone=alone,
    )


def _row(
    row: Owned,
    viewer: Member,
    house: Organisation,
    now: datetime,
    left: dict[int, int],
    checks: dict[int, int],
    stuck: dict[int, datetime],
    *,
    wanted: bool,
) -> Row:
    stage = row.stage
    asked = row.asked if row.asked is not None and row.asked.state in Responsibility.LIVE else None
    over = stage is not None and stage.state in (Stage.State.HANDED_OVER, Stage.State.DONE)
    return Row(
        stage=stage,
        what=last_mile_name() if stage is None else stage.name,
        told="" if stage is None else _told(stage, house, now, left, checks),
        owner=_owner(row, wanted=wanted),
        said="" if over else _said(row),
        missing="" if over else _missing(row, house, now, wanted=wanted),
        stuck=_("stuck since %(since)s") % {"since": since(stuck[stage.pk], house, now)}
        if stage is not None and stage.pk in stuck
        else "",
        asked=asked,
        instead="" if asked is None else instead(asked, house, now),
        can=[] if asked is None else owning.allowed(asked, viewer),
        open=not over,
    )


def instead(asked: Responsibility, house: Organisation, now: datetime) -> str:
    """ "24 h, by Fri 11 Dec: “The map is new to me.”", what somebody said instead of yes."""
    if asked.state != Responsibility.State.COUNTERED:
        return ""
    parts = []
    if asked.countered_hours is not None:
        parts.append(words.hours(asked.countered_hours))
    if asked.countered_by_at is not None:
        parts.append(by(asked.countered_by_at, house, now))
    said = ", ".join(parts)
    if asked.word:
        word = _("“%(word)s”") % {"word": asked.word}
        said = f"{said}: {word}" if said else word
    return said


def last_mile_name() -> str:
    """What the last mile of a job is called among its stages."""
    return _("The last mile")


def by(moment: datetime, house: Organisation, now: datetime) -> str:
    """ "by Fri 11 Dec"."""
    return _("by %(day)s") % {"day": day(moment, house, now)}


def day(moment: datetime, house: Organisation, now: datetime) -> str:
    """A moment's day, as the house's calendar has it."""
    return words.day(zones.day_of(moment, house.zone), today=zones.day_of(now, house.zone))


def since(moment: datetime, house: Organisation, now: datetime) -> str:
    """ "Mon", within the last six days; with its date before."""
    on, today = zones.day_of(moment, house.zone), zones.day_of(now, house.zone)
    if on == today:
        return _("today")
    return words.short_weekday(on) if (today - on).days < 7 else words.day(on, today=today)


def _told(
    stage: Stage, house: Organisation, now: datetime, left: dict[int, int], checks: dict[int, int]
) -> str:
    if stage.state == Stage.State.DONE and stage.done_at is not None:
        return _("done %(day)s") % {"day": day(stage.done_at, house, now)}
    parts = [str(Stage.State(stage.state).label)]
    if stage.pk in checks:
        count = left.get(stage.pk, 0)
        parts.append(
            ngettext(
                "%(left)s of %(all)s check left",
                "%(left)s of %(all)s checks left",
                checks[stage.pk],
            )
            % {"left": count, "all": checks[stage.pk]}
        )
    if stage.finishing:
        rest = max(0.0, stage.likely_hours - stage.spent_hours)
        parts.append(_("%(hours)s held") % {"hours": words.hours(rest)})
    return ", ".join(parts)


def _owner(row: Owned, *, wanted: bool) -> str:
    """Whose it is; empty where it is said with a mark that nobody is named."""
    if row.owner is not None:
        return row.owner.name
    if wanted and row.gap is not None and row.gap.state is Missing.NOBODY:
        return ""
    return _("nobody yet")


def _said(row: Owned) -> str:
    asked = row.asked
    if row.yes is not None:
        if asked is not None and asked.state in Responsibility.LIVE:
            return _("until %(name)s accepts") % {"name": asked.member.first_name}
        return _("accepted")
    if row.owner is None:
        return ""
    if asked is not None and asked.member_id != row.owner.pk:
        return _("until %(name)s accepts") % {"name": asked.member.first_name}
    return _("named")


def _missing(row: Owned, house: Organisation, now: datetime, *, wanted: bool) -> str:
    asked = row.asked
    if row.gap is not None and row.gap.since is None and not wanted:
        return ""
    at: datetime | None
    if row.gap is None:
        if asked is None or asked.state not in Responsibility.LIVE:
            return ""
        state = (
            Missing.SILENT if asked.state == Responsibility.State.PROPOSED else Missing.COUNTERED
        )
        name, at = asked.member.first_name, asked.answered_at or asked.proposed_at
    else:
        state, at = row.gap.state, row.gap.since
        name = "" if row.gap.member is None else row.gap.member.first_name
    said = {"name": name, "since": "" if at is None else since(at, house, now)}
    return {
        Missing.NOBODY: _("nobody is named"),
        Missing.NOT_ASKED: _("%(name)s was not asked") % said,
        Missing.SILENT: _("%(name)s silent since %(since)s") % said,
        Missing.COUNTERED: _("%(name)s said something else, %(since)s") % said,
        Missing.DECLINED: _("%(name)s said no, %(since)s") % said,
        Missing.CHANGED: _("changed after %(name)s said yes") % said,
    }[state]


def _checks(job: Job) -> tuple[dict[int, int], dict[int, int]]:
    """How many lines of each checklist are open, and how many there are."""
    left: dict[int, int] = {}
    every: dict[int, int] = {}
    for stage_id, done_at in CheckItem.objects.filter(stage__job=job).values_list(
        "stage_id", "done_at"
    ):
        every[stage_id] = every.get(stage_id, 0) + 1
        if done_at is None:
            left[stage_id] = left.get(stage_id, 0) + 1
    return left, every

"""A stage is handed over whole or not at all; whoever goes on from there takes it or sends it back.

The owner of the next stage takes it, and for the last one the last-mile
owner. Where that is the same person, nobody, or the only one in the house, it
is taken in the same breath.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words, zones
from kept.jobs import owners, owning, work
from kept.jobs.models import CheckItem, HandOver, Job, Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, days, solo
from kept.people.models import Member, Role
from kept.tenancy import given, scope
from kept.tenancy.refusals import Conflict, NotAllowed

State = Stage.State

#: verb → (states of a stage it starts from, state it leads to); `free` happens by itself.
MOVES: dict[str, tuple[tuple[Stage.State, ...], Stage.State]] = {
    "free": ((State.WAITING,), State.READY),
    "begin": ((State.READY,), State.DOING),
    "hand_over": ((State.READY, State.DOING), State.HANDED_OVER),
    "take": ((State.HANDED_OVER,), State.DONE),
    "send_back": ((State.HANDED_OVER,), State.DOING),
    "reopen": ((State.HANDED_OVER, State.DONE), State.DOING),
}

#: What each verb is called on a button and in a document.
VERBS = {
    "free": gettext_lazy("let it begin: all that it waited for is done"),
    "begin": gettext_lazy("begin it"),
    "hand_over": gettext_lazy("hand it over"),
    "take": gettext_lazy("take it"),
    "send_back": gettext_lazy("send it back"),
    "reopen": gettext_lazy("open it again: the client sent the delivery back"),
}

#: Stages that hold no more work to be done.
OVER = (State.HANDED_OVER, State.DONE)


class NotCheckedYet(Conflict):
    """Lines of the checklist are open: nothing is 97 % done."""


class AnsweredAlready(Conflict):
    """The hand-over was taken or sent back before."""


def hand_over(
    stage: Stage,
    *,
    by: Member,
    now: datetime,
    hours: float | None = None,
    out_of_hours: float = 0,
    last_mile_owner: Member | None = None,
) -> HandOver:
    """Hand over a stage, whole, with the hours it took.

    Args:
        hours: hours worked since they were logged last.
        out_of_hours: how many hours lay outside the working week.
        last_mile_owner: who takes the last stage; a promise knows. Left out, whoever said yes
            to the job's last mile.

    Raises:
        NotReady: it waits for another stage, or the job is not open.
        AlreadyDone: it was handed over before.
        NotCheckedYet: lines of its checklist are open.
        NotAllowed: it is somebody else's.
        Refused: hours that cannot be.
    """
    with transaction.atomic():
        stage = work.locked(stage, by)
        work.refuse_waiting(stage)
        _refuse_unchecked(stage)
        work.add_hours(stage, hours, out_of_hours=out_of_hours)
        stage.begun_at = stage.begun_at or now
        rows = work.take_up(stage, by=by, now=now)
        handed = _handed(stage, by=by, now=now)
        takers = takers_of(stage, last_mile_owner=last_mile_owner)
        stage.state = State.HANDED_OVER
        taken = _in_the_same_breath(stage, takers, by)
        if taken:
            handed.state, handed.answered_at = HandOver.State.ACCEPTED, now
            handed.answered_by = _themself(stage, takers, by)
            rows += _done(stage, now=now)
        handed.save()
        stage.save()
        rows += owning.settle_by_hand_over(stage, now=now)
        recording.record(
            Event.Kind.STAGE_HANDED_OVER,
            about=stage,
            by=by,
            at=now,
            rows=[stage, handed, *rows],
            facts={
                "hand_over": handed.pk,
                "hours": stage.spent_hours,
                "out_of_hours": stage.out_of_hours,
                "to": [member.pk for member in takers],
                "taken": taken,
            },
        )
    return handed


def take(
    hand_over: HandOver, *, by: Member, now: datetime, last_mile_owner: Member | None = None
) -> HandOver:
    """Take what was handed over: the stage is done, and what waited for it alone is ready.

    The last stage of a job that nobody was promised closes the job.

    Raises:
        AnsweredAlready: it was taken or sent back before.
        NotAllowed: somebody else goes on from there.
    """
    with transaction.atomic():
        handed, stage = _open(hand_over, by=by, last_mile_owner=last_mile_owner)
        _answer(handed, HandOver.State.ACCEPTED, by=by, now=now)
        rows = _done(stage, now=now)
        stage.save()
        recording.record(
            Event.Kind.STAGE_TAKEN,
            about=stage,
            by=by,
            at=now,
            rows=[stage, handed, *rows],
            facts={"hand_over": handed.pk},
        )
    return handed


def send_back(
    hand_over: HandOver,
    *,
    by: Member,
    now: datetime,
    reason: str,
    last_mile_owner: Member | None = None,
) -> HandOver:
    """Send back what was handed over, with the reason; the stage is done anew.

    Raises: what `take` raises; Refused: no reason was given.
    """
    reason = _reason(reason)
    with transaction.atomic():
        handed, stage = _open(hand_over, by=by, last_mile_owner=last_mile_owner)
        _answer(handed, HandOver.State.SENT_BACK, by=by, now=now, reason=reason)
        stage.state = State.DOING
        stage.save()
        recording.record(
            Event.Kind.STAGE_SENT_BACK,
            about=stage,
            by=by,
            at=now,
            rows=[stage, handed],
            facts={"hand_over": handed.pk},
        )
    return handed


def reopen(stage: Stage, *, by: Member | None, now: datetime, reason: str = "") -> Stage:
    """Open a stage again that was over, because the client sent back what it led to.

    What waited for it and was not begun waits again. A stage that is not over stays as it is.

    Args:
        by: who acts; None where the client does.
        reason: what they said; it stands with the hand-over.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update(no_key=True).get(pk=stage.job_id)
        stage = Stage.objects.select_related("owner").get(pk=stage.pk)
        if stage.state not in MOVES["reopen"][0]:
            return stage
        rows: list[models.Model] = [stage]
        handed = HandOver.objects.filter(stage=stage).order_by("-number").first()
        if handed is not None:
            handed.state, handed.answered_at, handed.answered_by = (
                HandOver.State.SENT_BACK, now, by,
            )  # fmt: skip
            said = " ".join(reason.split())[:300]
            handed.reason = _reason(said or _("The client sent it back."))
            handed.save()
            rows.append(handed)
        stage.state, stage.done_at = State.DOING, None
        stage.save()
        for follower in Stage.objects.filter(afters__after=stage, state=State.READY):
            follower.state = State.WAITING
            follower.save(update_fields=["state"])
            rows.append(follower)
        if job.state == Job.State.CLOSED:
            job.state = Job.State.OPEN
            job.save(update_fields=["state"])
            rows.append(job)
        recording.record(
            Event.Kind.STAGE_SENT_BACK,
            about=stage,
            by=by,
            at=now,
            rows=rows,
            facts={"reopened": True},
        )
    return stage


def finishing_of(job: Job) -> Stage | None:
    """Return a job's finishing stretch: its last stage called so, else its last one."""
    stages = list(Stage.objects.filter(job=job).order_by("position"))
    marked = [stage for stage in stages if stage.finishing] or stages
    return marked[-1] if marked else None


def takers_of(stage: Stage, *, last_mile_owner: Member | None = None) -> list[Member]:
    """Return who goes on from a stage: the owners of the next ones, or the last-mile owner."""
    followers = Stage.objects.filter(afters__after=stage).select_related("owner")
    last = last_mile_owner or owners.last_mile_owner(stage.job)
    return takers_among(list(followers.order_by("position")), last)


def goes_on(followers: Iterable[Stage]) -> bool:
    """Whether work goes on after a stage, in one of those that follow it."""
    return any(stage.state != State.DONE for stage in followers)


def takers_among(followers: Sequence[Stage], last_mile_owner: Member | None) -> list[Member]:
    """Return who goes on, where the stages that follow and the last-mile owner are at hand."""
    if goes_on(followers):
        left = [stage for stage in followers if stage.state != State.DONE]
        found = {stage.owner.pk: stage.owner for stage in left if stage.owner is not None}
        return [owner for owner in found.values() if owner.left_at is None]
    if last_mile_owner is None or last_mile_owner.left_at is not None:
        return []
    return [last_mile_owner]


def standstills(stages: Iterable[Stage], *, now: datetime) -> dict[int, datetime]:
    """Return since when nothing changed on finishing stretches that are stuck, by the stage's key.

    Stuck is one that could go on, and on which nothing happened for two working
    days (set).
    """
    house = scope.current()
    keys = [s.pk for s in stages if s.finishing and s.state not in (State.WAITING, State.DONE)]
    if not keys:
        return {}
    changed = dict(
        Event.objects.filter(about_table="stage", about_id__in=keys)
        .exclude(kind=Event.Kind.STAGE_STUCK)
        .values_list("about_id")
        .annotate(Max("at"))
        .order_by()
    )
    begun = (
        Stage.objects.filter(pk__in=keys)
        .annotate(ready=Max("afters__after__done_at"))
        .values_list("pk", "job__made_at", "ready")
        .order_by()
    )
    found: dict[int, datetime] = {}
    for key, made, ready in begun:
        since = max(moment for moment in (changed.get(key), ready, made) if moment is not None)
        if _working_days_later(since, house.stuck_after_days) <= now:
            found[key] = since
    return found


def stuck(*, now: datetime) -> list[Stage]:
    """Write down each finishing stretch that got stuck, once for each standstill."""
    running = list(
        Stage.objects.filter(finishing=True, job__state=Job.State.OPEN)
        .exclude(state__in=[State.WAITING, State.DONE])
        .select_related("job")
        .order_by("job_id", "position")
    )
    since = standstills(running, now=now)
    told = dict(
        Event.objects.filter(
            about_table="stage", about_id__in=list(since), kind=Event.Kind.STAGE_STUCK
        )
        .values_list("about_id")
        .annotate(Max("at"))
        .order_by()
    )
    found = []
    for stage in running:
        at = since.get(stage.pk)
        if at is None or (stage.pk in told and told[stage.pk] >= at):
            continue
        with transaction.atomic():
            recording.record(
                Event.Kind.STAGE_STUCK,
                about=stage,
                by=None,
                at=now,
                facts={"since": recording.plain(at)},
            )
        found.append(stage)
    return found


def _working_days_later(moment: datetime, count: int) -> datetime:
    """Return the same time of the day, so many of the house's working days later."""
    house = scope.current()
    local = zones.local(moment, house.zone)
    later = days.shifted(house, local.date(), count)
    return datetime.combine(later, local.time(), tzinfo=local.tzinfo)


def _handed(stage: Stage, *, by: Member, now: datetime) -> HandOver:
    """Draw up a hand-over with the hours since the one before."""
    earlier = list(HandOver.objects.filter(stage=stage))
    hours = round(stage.spent_hours - sum(row.hours for row in earlier), 6)
    outside = round(stage.out_of_hours - sum(row.out_of_hours for row in earlier), 6)
    hours = max(0.0, hours)
    return HandOver(
        stage=stage,
        number=len(earlier) + 1,
        handed_at=now,
        handed_by=by,
        hours=hours,
        out_of_hours=min(hours, max(0.0, outside)),
    )


def _in_the_same_breath(stage: Stage, takers: Sequence[Member], by: Member) -> bool:
    """Say whether nobody else is there to take it."""
    same = {by.pk, stage.owner_id}
    return (
        not takers or any(member.pk in same for member in takers) or solo.is_solo(by.organisation)
    )


def _themself(stage: Stage, takers: Sequence[Member], by: Member) -> Member | None:
    """Return which of the takers took it by handing it over; None where nobody is there."""
    if any(member.pk == by.pk for member in takers):
        return by
    return next((member for member in takers if member.pk == stage.owner_id), None)


def _open(
    hand_over: HandOver, *, by: Member, last_mile_owner: Member | None
) -> tuple[HandOver, Stage]:
    """Lock a hand-over that waits for an answer, and return it and its stage anew."""
    access.demand(by, Role.MEMBER)
    key = Stage.objects.values_list("job_id", flat=True).get(pk=hand_over.stage_id)
    job = Job.objects.select_for_update(no_key=True).get(pk=key)
    handed = HandOver.objects.get(pk=hand_over.pk)
    stage = Stage.objects.select_related("owner").get(pk=handed.stage_id)
    stage.job = job
    handed.stage = stage
    takers = takers_of(stage, last_mile_owner=last_mile_owner)
    if not by.may(Role.LEAD) and by.pk not in {member.pk for member in takers}:
        raise NotAllowed(
            _("“%(stage)s” is for %(names)s to take or send back.")
            % {
                "stage": stage.name,
                "names": words.listed(member.name for member in takers) or _("a lead"),
            }
        )
    return handed, stage


def _answer(
    handed: HandOver, state: HandOver.State, *, by: Member, now: datetime, reason: str = ""
) -> None:
    """Answer a hand-over by a conditional update, so that of two at once exactly one wins."""
    waiting = HandOver.objects.filter(
        pk=handed.pk, state=HandOver.State.HANDED, stage__state=State.HANDED_OVER
    )
    moved = waiting.update(state=state, answered_at=now, answered_by=by, reason=reason)
    stage = handed.stage
    handed.refresh_from_db()
    handed.stage = stage
    if moved != 1:
        raise AnsweredAlready(
            _("“%(stage)s” is %(state)s by now. Nothing was changed.")
            % {"stage": stage.name, "state": HandOver.State(handed.state).label}
        )


def _done(stage: Stage, *, now: datetime) -> list[models.Model]:
    """Make a stage done, which the caller saves; return what else became different by it."""
    stage.state, stage.done_at = State.DONE, now
    rows: list[models.Model] = []
    for follower in Stage.objects.filter(afters__after=stage, state=State.WAITING).order_by(
        "position"
    ):
        waited_for = Stage.objects.filter(befores__stage=follower).exclude(pk=stage.pk)
        if not waited_for.exclude(state=State.DONE).exists():
            follower.state = State.READY
            follower.save(update_fields=["state"])
            rows.append(follower)
    job = stage.job
    left = Stage.objects.filter(job=job).exclude(pk=stage.pk).exclude(state=State.DONE)
    if not job.promised and not left.exists():
        job.state = Job.State.CLOSED
        job.save(update_fields=["state"])
        rows.append(job)
    return rows


def _refuse_unchecked(stage: Stage) -> None:
    left = list(CheckItem.objects.filter(stage=stage, done_at__isnull=True))
    if left:
        raise NotCheckedYet(
            _("“%(stage)s” is not done: %(lines)s. Nothing was handed over.")
            % {"stage": stage.name, "lines": words.listed(f"“{row.text}”" for row in left[:3])}
        )


def _reason(reason: str) -> str:
    return given.one_line(reason, called=_("Why it is sent back"), field="reason", longest=300)

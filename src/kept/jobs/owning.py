"""Somebody is asked to own a stage or a last mile, and says yes, otherwise, or no.

Whoever owns it stays its owner until somebody new has said yes. What one
proposes to oneself is a yes. Handing a stage over counts as its owner's yes.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.jobs import owners
from kept.jobs.models import Job, Responsibility, Stage
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access, charters
from kept.people.models import Member, Role
from kept.tenancy import given
from kept.tenancy.refusals import Conflict, NotAllowed, Refused

State = Responsibility.State

#: verb → (states it starts from, state it leads to)
MOVES: dict[str, tuple[tuple[Responsibility.State, ...], Responsibility.State]] = {
    "accept": ((State.PROPOSED,), State.ACCEPTED),
    "counter": ((State.PROPOSED,), State.COUNTERED),
    "decline": ((State.PROPOSED, State.COUNTERED), State.DECLINED),
    "agree": ((State.COUNTERED,), State.ACCEPTED),
    "withdraw": ((State.PROPOSED, State.COUNTERED), State.WITHDRAWN),
}

#: What each verb is called on a button and in a refusal.
VERBS = {
    "accept": gettext_lazy("say yes"),
    "counter": gettext_lazy("say what would be possible instead"),
    "decline": gettext_lazy("say no"),
    "agree": gettext_lazy("take what they said instead"),
    "withdraw": gettext_lazy("take the question back"),
}

#: Whose verbs these are; the others belong to whoever asked, or to a lead.
OF_THE_ASKED = frozenset({"accept", "counter", "decline"})

_KINDS = {
    "accept": Event.Kind.OWNER_ACCEPTED,
    "counter": Event.Kind.OWNER_COUNTERED,
    "decline": Event.Kind.OWNER_DECLINED,
    "agree": Event.Kind.OWNER_ACCEPTED,
    "withdraw": Event.Kind.OWNER_WITHDRAWN,
}


class MoveNotAllowed(Conflict):
    """The question was answered or taken back before."""


class NothingToOwn(Conflict):
    """What is handed over, done or closed is not given to an owner any more."""


class CannotOwn(Refused):
    """The person has left, reads only, or does no planned work here."""


def propose(
    what: Stage | Job,
    member: Member,
    *,
    by: Member,
    now: datetime,
    by_at: datetime | None = None,
    hours: float | None = None,
    done_means: str | None = None,
) -> Responsibility:
    """Ask somebody to own a stage, or the last mile of a job; a question still open is taken back.

    Args:
        by_at: by when they would be done.
        hours: how much work it is; left out, what the stage says.
        done_means: how one sees that it is done; left out, what the stage says.

    Returns:
        The question; answered with yes already where somebody asks themselves.

    Raises:
        NothingToOwn: it is handed over or done, or the job is closed.
        CannotOwn: the person cannot.
        NotAllowed: somebody would take for themself what is somebody else's.
    """
    access.demand(by, Role.MEMBER)
    with transaction.atomic():
        job, stage = _locked(what)
        _refuse_unfit(member, stage)
        _refuse_taking(stage, member, by)
        if stage is not None:
            hours = stage.likely_hours if hours is None else hours
            done_means = stage.done_means if done_means is None else done_means
        row = Responsibility(
            job=job,
            stage=stage,
            member=member,
            by_at=None if by_at is None else given.moment(by_at, called=_("By"), field="by_at"),
            likely_hours=None if stage is None else _hours(hours, "hours"),
            done_means=_done_means(done_means),
            proposed_at=now,
            proposed_by=by,
        )
        rows: list[models.Model] = [*_take_back(job, stage, now=now), row]
        kind = Event.Kind.OWNER_PROPOSED
        if member.pk == by.pk:
            kind = Event.Kind.OWNER_ACCEPTED
            row.state, row.answered_at = State.ACCEPTED, now
            rows += _consent(row, now=now)
        row.save()
        if row.state == State.ACCEPTED:
            rows += _give(row)
        _record(kind, row, rows, by=by, now=now)
    return row


def accept(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Say yes to what, when and what done means; from now on the stage is one's own.

    Raises:
        MoveNotAllowed: it was answered or taken back before.
        NotAllowed: somebody else was asked.
        NothingToOwn: it is handed over or done, or the job is closed.
    """
    with transaction.atomic():
        row = _answer(responsibility, "accept", by=by, now=now)
        rows = [*_consent(row, now=now, keep=True), row, *_give(row)]
        _record(Event.Kind.OWNER_ACCEPTED, row, rows, by=by, now=now)
    return row


def counter(
    responsibility: Responsibility,
    *,
    by: Member,
    now: datetime,
    by_at: datetime | None = None,
    hours: float | None = None,
    word: str = "",
) -> Responsibility:
    """Say what would be possible instead: another date, more or less work, or a word.

    Raises: what `accept` raises; Refused: nothing was said, or hours that cannot be.
    """
    word = _word(word, needed=False)
    if by_at is None and hours is None and not word:
        raise Refused(
            _("Say what would be possible instead: by when, how many hours, or a word."),
            field="word",
        )
    changes: dict[str, Any] = {"word": word}
    if by_at is not None:
        changes["countered_by_at"] = given.moment(by_at, called=_("By"), field="by_at")
    if hours is not None:
        changes["countered_hours"] = _hours(hours, "hours")
    with transaction.atomic():
        row = _answer(responsibility, "counter", by=by, now=now, **changes)
        _record(Event.Kind.OWNER_COUNTERED, row, [row], by=by, now=now)
    return row


def decline(
    responsibility: Responsibility, *, by: Member, now: datetime, word: str = ""
) -> Responsibility:
    """Say no. Whoever owned it before stays its owner.

    Raises: what `accept` raises.
    """
    word = _word(word, needed=False)
    with transaction.atomic():
        row = _answer(responsibility, "decline", by=by, now=now, **({"word": word} if word else {}))
        _record(Event.Kind.OWNER_DECLINED, row, [row], by=by, now=now)
    return row


def agree(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Take what they said instead: it is what was agreed now, and the stage is theirs.

    Raises:
        MoveNotAllowed: they said nothing else, or it is settled.
        NotAllowed: `by` neither asked nor leads.
        NothingToOwn: it is handed over or done, or the job is closed.
    """
    with transaction.atomic():
        said = Responsibility.objects.get(pk=responsibility.pk)
        changes: dict[str, Any] = {}
        if said.countered_by_at is not None:
            changes["by_at"] = said.countered_by_at
        if said.countered_hours is not None:
            changes["likely_hours"] = said.countered_hours
        row = _answer(responsibility, "agree", by=by, now=now, **changes)
        rows = [*_consent(row, now=now, keep=True), row, *_give(row)]
        _record(Event.Kind.OWNER_ACCEPTED, row, rows, by=by, now=now)
    return row


def withdraw(responsibility: Responsibility, *, by: Member, now: datetime) -> Responsibility:
    """Take a question back; whoever owned it before stays its owner.

    Raises: what `agree` raises.
    """
    with transaction.atomic():
        row = _answer(responsibility, "withdraw", by=by, now=now)
        _record(Event.Kind.OWNER_WITHDRAWN, row, [row], by=by, now=now)
    return row


def allowed(responsibility: Responsibility, member: Member) -> list[str]:
    """Return the verbs that a question's state allows a member."""
    return [
        verb
        for verb, (sources, _to) in MOVES.items()
        if responsibility.state in sources and _may(responsibility, verb, member)
    ]


def hand_back(responsibility: Responsibility, *, word: str, now: datetime) -> list[models.Model]:
    """Turn a yes into a no: whoever gave it took back their consent to be chased.

    The stage is nobody's then, for everybody to see.

    Returns:
        The rows written; to be part of the revoking's event, in its transaction.
    """
    stage = responsibility.stage
    responsibility.state, responsibility.answered_at = State.DECLINED, now
    responsibility.word = word
    responsibility.save(update_fields=["state", "answered_at", "word"])
    rows: list[models.Model] = [responsibility]
    if stage is not None and stage.owner_id == responsibility.member_id:
        stage.owner = None
        stage.save(update_fields=["owner"])
        rows.append(stage)
    return rows


def say_yes_to_own(job: Job, *, by: Member, now: datetime) -> list[Responsibility]:
    """Write down somebody's yes to the stages they were named for, as giving the date says it."""
    said = []
    for row in owners.table(job):
        if row.stage is None or row.gap is None or row.asked is not None:
            continue
        if row.owner is not None and row.owner.pk == by.pk and by.does_work:
            said.append(propose(row.stage, by, by=by, now=now))
    return said


def settle_by_hand_over(stage: Stage, *, now: datetime) -> list[models.Model]:
    """Answer a question still open by the stage's hand-over: its owner's yes, others' moot.

    Returns:
        The rows written; to be part of the hand-over's event, in its transaction.
    """
    rows: list[models.Model] = []
    for row in Responsibility.objects.filter(stage=stage, state__in=Responsibility.LIVE):
        row.state = State.ACCEPTED if row.member_id == stage.owner_id else State.WITHDRAWN
        row.answered_at = now
        if row.state == State.ACCEPTED:
            rows += _consent(row, now=now)
        row.save(update_fields=["state", "answered_at", "charter"])
        rows.append(row)
    return rows


def said_by_doing(stage: Stage, *, now: datetime) -> list[models.Model]:
    """Write down the yes of somebody who took up a stage that was nobody's.

    Returns:
        The rows written; to be part of the event of what they did, in its transaction.
    """
    rows: list[models.Model] = [*_take_back(stage.job, stage, now=now)]
    if stage.owner is not None:
        charter, written = charters.consent(stage.owner, now=now)
        rows += written
        yes = Responsibility.objects.create(
            charter=charter,
            job=stage.job,
            stage=stage,
            member=stage.owner,
            state=State.ACCEPTED,
            likely_hours=stage.likely_hours,
            done_means=stage.done_means,
            proposed_at=now,
            proposed_by=stage.owner,
            answered_at=now,
        )
        rows.append(yes)
    return rows


def ask_what_is_now(stage: Stage, *, by: Member) -> list[models.Model]:
    """Let an open question follow a stage that changed, and its owner's yes if they changed it.

    Returns:
        The rows written; to be part of the change's event, in its transaction.
    """
    found = Responsibility.objects.filter(stage=stage, state=State.PROPOSED)
    if stage.owner is not None and stage.owner_id == by.pk:
        yes = Responsibility.objects.filter(stage=stage, member=by, state=State.ACCEPTED)
        found = found | yes
    rows: list[models.Model] = []
    for row in found.order_by("pk"):
        if owners.differs(stage, row):
            row.likely_hours, row.done_means = stage.likely_hours, stage.done_means
            row.save(update_fields=["likely_hours", "done_means"])
            rows.append(row)
    return rows


def _give(row: Responsibility) -> list[models.Model]:
    """Make a stage what its new owner said yes to; the last mile is written down by its promise."""
    stage = row.stage
    if stage is None:
        return []
    stage.owner = row.member
    hours = row.likely_hours
    if hours is not None and hours != stage.likely_hours:
        if stage.low_hours is not None and stage.high_hours is not None:
            times = hours / stage.likely_hours
            stage.low_hours, stage.high_hours = stage.low_hours * times, stage.high_hours * times
        stage.likely_hours = hours
    stage.done_means = row.done_means
    stage.save()
    return [stage]


def _consent(row: Responsibility, *, now: datetime, keep: bool = False) -> list[models.Model]:
    """Note under which charter a yes consents to being chased; return what was written for it.

    Args:
        keep: save the note at once; else the caller saves the row.
    """
    row.charter, rows = charters.consent(row.member, now=now)
    if keep:
        row.save(update_fields=["charter"])
    return rows


def _answer(
    asked: Responsibility, verb: str, *, by: Member, now: datetime, **changes: Any
) -> Responsibility:
    """Make one move by a conditional update, so that of two at once exactly one wins."""
    access.demand(by, Role.MEMBER)
    sources, target = MOVES[verb]
    if not _may(asked, verb, by):
        raise NotAllowed(
            (
                _("%(name)s was asked, and answers for themself.")
                if verb in OF_THE_ASKED
                else _("Whoever asked %(name)s, or a lead, can do this.")
            )
            % {"name": asked.member.name}
        )
    if verb in ("accept", "agree"):
        _locked(asked.job if asked.stage is None else asked.stage)
    moved = Responsibility.objects.filter(pk=asked.pk, state__in=sources).update(
        state=target, answered_at=now, **changes
    )
    row = Responsibility.objects.select_related("job", "stage", "member").get(pk=asked.pk)
    if moved != 1:
        raise MoveNotAllowed(_not_now(row, verb, by))
    return row


def _not_now(row: Responsibility, verb: str, by: Member) -> str:
    can = [str(VERBS[other]) for other in allowed(row, by)]
    return _("This is %(state)s, so you cannot %(verb)s. %(possible)s Nothing was changed.") % {
        "state": State(row.state).label,
        "verb": VERBS[verb],
        "possible": _("What you can do: %(verbs)s.") % {"verbs": words.listed(can)}
        if can
        else _("It is settled."),
    }


def _may(row: Responsibility, verb: str, member: Member) -> bool:
    if verb in OF_THE_ASKED:
        return row.member_id == member.pk
    return row.proposed_by_id == member.pk or member.may(Role.LEAD)


def _take_back(job: Job, stage: Stage | None, *, now: datetime) -> list[Responsibility]:
    """Take a question back that another one takes the place of."""
    open_ones = list(
        Responsibility.objects.filter(job=job, stage=stage, state__in=Responsibility.LIVE)
    )
    for row in open_ones:
        row.state, row.answered_at = State.WITHDRAWN, now
        row.save(update_fields=["state", "answered_at"])
    return open_ones


def _locked(what: Stage | Job) -> tuple[Job, Stage | None]:
    """Lock a job, so that two answers see each other, and return it and the stage anew."""
    key = what.pk if isinstance(what, Job) else what.job_id
    job = Job.objects.select_for_update(no_key=True).get(pk=key)
    stage = None
    if isinstance(what, Stage):
        stage = Stage.objects.select_related("owner").get(pk=what.pk)
        stage.job = job
    if job.state == Job.State.CLOSED:
        raise NothingToOwn(_("“%(job)s” is closed. Nothing was changed.") % {"job": job.title})
    if stage is not None and stage.state in (Stage.State.HANDED_OVER, Stage.State.DONE):
        raise NothingToOwn(
            _("“%(stage)s” is %(state)s, and needs no owner any more. Nothing was changed.")
            % {"stage": stage.name, "state": Stage.State(stage.state).label}
        )
    return job, stage


def _refuse_unfit(member: Member, stage: Stage | None) -> None:
    if member.left_at is not None:
        raise CannotOwn(_("%(name)s has left.") % {"name": member.name}, field="member")
    if not member.may(Role.MEMBER):
        raise CannotOwn(
            _("%(name)s is a guest here, and cannot own work.") % {"name": member.name},
            field="member",
        )
    if stage is not None and not member.does_work:
        raise CannotOwn(
            _("%(name)s does no planned work here, and cannot own “%(stage)s”.")
            % {"name": member.name, "stage": stage.name},
            field="member",
        )


def _refuse_taking(stage: Stage | None, member: Member, by: Member) -> None:
    """Leave what is somebody's with them, until they or a lead pass it on."""
    if stage is None or stage.owner_id in (None, member.pk) or member.pk != by.pk:
        return
    if not by.may(Role.LEAD):
        raise NotAllowed(
            _("“%(stage)s” is %(name)s’s. They or a lead can pass it on.")
            % {"stage": stage.name, "name": "" if stage.owner is None else stage.owner.name}
        )


def _hours(hours: float | None, field: str) -> float | None:
    if hours is None:
        return None
    return given.number(hours, called=_("Hours"), field=field, least=0, most=20_000, above=True)


def _done_means(text: str | None) -> str:
    return given.one_line(
        text, called=_("What done means"), field="done_means", longest=300, needed=False
    )


def _word(text: str, *, needed: bool) -> str:
    return given.one_line(text, called=_("Your word"), field="word", longest=300, needed=needed)


def _record(
    kind: Event.Kind,
    row: Responsibility,
    rows: Iterable[models.Model],
    *,
    by: Member,
    now: datetime,
) -> None:
    """Write the event about the stage, or about the job where it is the last mile."""
    recording.record(
        kind,
        about=row.job if row.stage is None else row.stage,
        by=by,
        at=now,
        rows=rows,
        facts={
            "responsibility": row.pk,
            "member": row.member_id,
            "by_at": recording.plain(row.countered_by_at or row.by_at),
        },
    )

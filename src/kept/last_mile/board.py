"""The last-mile owner's board: least slack first, what is left, who was asked, what they said."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from kept.jobs.models import CheckItem, Obligation, Responsibility, Stage
from kept.last_mile import delegating, reaching
from kept.last_mile.models import Alarm, AlarmAnswer, Notice, Rung
from kept.people import charters
from kept.people.charters import Reachable
from kept.people.models import Member, Role
from kept.plan import standing
from kept.plan.standing import Standing, State
from kept.promises.models import Promise

#: What was closed stays on the board so long.
SHOWN_AFTER_CLOSING = timedelta(days=2)


@dataclass(frozen=True)
class Case:
    """One alarm with all that belongs to it.

    Attributes:
        climbed: positions of the rungs that were climbed.
        next_rung: the rung that is next, and the moment at which its first hearer can hear it.
        mine: whether the one who looks may acknowledge and answer it.
    """

    alarm: Alarm
    rungs: Sequence[Rung]
    notices: Sequence[Notice]
    answers: Sequence[AlarmAnswer]
    next_rung: Rung | None
    mine: bool

    @property
    def climbed(self) -> set[int]:
        return {notice.rung for notice in self.notices}

    @property
    def running(self) -> AlarmAnswer | None:
        return next((row for row in self.answers if row.ended_at is None), None)

    @property
    def needs_somebody(self) -> bool:
        return self.alarm.state == Alarm.State.RAISED

    def is_heard(self, now: datetime) -> bool:
        """Whether its newest message could reach somebody by now."""
        return any(notice.due_at <= now for notice in self.notices)


@dataclass(frozen=True)
class Row:
    """One promise on the board.

    Attributes:
        left: lines of the checklist that are not done, and of how many.
        silent: questions to owners that nobody answered.
        owed: what the client owes and is overdue.
        may_chase: whether the one who looks may ask somebody.
        whom: who can be asked, whoever is likely first.
    """

    stands: Standing
    left: Sequence[CheckItem]
    checks: int
    cases: Sequence[Case]
    silent: Sequence[Responsibility]
    owed: Sequence[Obligation]
    may_chase: bool
    whom: Sequence[Member]
    prepared: bool

    @property
    def promise(self) -> Promise:
        return self.stands.promise

    @property
    def needs_somebody(self) -> bool:
        return any(case.needs_somebody for case in self.cases) or self.stands.state in (
            State.OVERDUE,
            State.AT_RISK,
        )


@dataclass(frozen=True)
class Board:
    """What one member sees over the line, and what waits for their own word."""

    rows: Sequence[Row]
    to_answer: Sequence[Case]
    people: Sequence[Reachable]
    asked_today: Mapping[int, int] = field(default_factory=dict)

    @property
    def needing(self) -> int:
        """How many alarms wait for somebody."""
        mine = {case.alarm.pk for case in self.to_answer if case.needs_somebody}
        rows = {c.alarm.pk for row in self.rows for c in row.cases if c.needs_somebody}
        return len(mine | rows)


def board(member: Member, *, everybody: bool = False, now: datetime) -> Board:
    """Return what somebody sees over the line; the number of queries does not grow with it.

    Args:
        everybody: everybody's promises, and not one's own alone.
    """
    stood_for = {row.owner_id for row in delegating.stands_in_for(member) if row.promise_id is None}
    named = {row.promise_id for row in delegating.stands_in_for(member) if row.promise_id}
    seen_over = {member.pk, *stood_for}
    standings = [
        stands
        for stands in standing.standings(now=now)
        if everybody or stands.promise.last_mile_owner_id in seen_over or stands.promise.pk in named
    ]
    promises = [stands.promise for stands in standings]
    keys = [promise.pk for promise in promises]
    jobs = [promise.job_id for promise in promises]
    cases = _cases(
        Q(promise_id__in=keys) | Q(asked=member),
        member=member,
        chases={p.pk for p in promises if p.last_mile_owner_id in seen_over or p.pk in named},
        now=now,
    )
    by_promise: dict[int | None, list[Case]] = defaultdict(list)
    for case in cases:
        by_promise[case.alarm.promise_id].append(case)
    checks = _by_job(CheckItem.objects.filter(stage__job_id__in=jobs).select_related("stage"))
    owners = _owners(jobs)
    silent: dict[int, list[Responsibility]] = defaultdict(list)
    asked = Responsibility.objects.filter(job_id__in=jobs, state=Responsibility.State.PROPOSED)
    for question in asked.select_related("member", "stage__owner").order_by("pk"):
        silent[question.job_id].append(question)
    owed: dict[int, list[Obligation]] = defaultdict(list)
    overdue = Obligation.objects.filter(job_id__in=jobs, met_at__isnull=True, due_at__lte=now)
    for each in overdue.order_by("due_at"):
        owed[each.job_id].append(each)
    bosses = [*reaching.leads(), *reaching.owners()]
    rows = []
    for stands in standings:
        promise = stands.promise
        lines = checks[promise.job_id]
        people = [
            *(question.member for question in silent[promise.job_id]),
            *owners[promise.job_id],
            *bosses,
        ]
        rows.append(
            Row(
                stands=stands,
                left=[line for line in lines if line.done_at is None],
                checks=len(lines),
                cases=by_promise[promise.pk],
                silent=silent[promise.job_id],
                owed=owed[promise.job_id],
                may_chase=promise.last_mile_owner_id in seen_over
                or promise.pk in named
                or (promise.last_mile_owner_id is None and member.may(Role.LEAD)),
                whom=_each_once(people, but=member),
                prepared=any(
                    case.alarm.proposal is not None and case.alarm.state != Alarm.State.CLOSED
                    for case in by_promise[promise.pk]
                ),
            )
        )
    team = _each_once([person for key in jobs for person in owners[key]], but=member)
    return Board(
        rows=rows,
        to_answer=[c for c in cases if c.alarm.asked_id == member.pk and c.alarm.closed_at is None],
        people=list(charters.reachables(sorted(team, key=lambda m: (m.name, m.pk))).values()),
        asked_today=reaching.asked_today(team, now=now),
    )


def case_of(alarm: Alarm, *, member: Member, now: datetime) -> Case:
    """Return one alarm with all that belongs to it."""
    return _cases(Q(pk=alarm.pk), member=member, chases=set(), now=now, closed=True)[0]


def waiting_for(member: Member) -> int:
    """Return how many alarms wait for somebody's own word."""
    return Alarm.objects.filter(
        asked=member, state__in=[Alarm.State.RAISED, Alarm.State.ACKNOWLEDGED]
    ).count()


def _cases(
    which: Q, *, member: Member, chases: Collection[int], now: datetime, closed: bool = False
) -> list[Case]:
    rows = Alarm.objects.filter(which)
    if not closed:
        rows = rows.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=now - SHOWN_AFTER_CLOSING))
    alarms = list(
        rows.select_related(
            "asked", "raised_by", "acknowledged_by", "closed_by", "promise__job",
            "promise__client", "promise__last_mile_owner", "job", "stage", "obligation", "hold",
            "letter", "follows", "proposal",
        ).order_by("raised_at", "pk")
    )  # fmt: skip
    keys = [alarm.pk for alarm in alarms]
    notices: dict[int, list[Notice]] = defaultdict(list)
    for notice in Notice.objects.filter(alarm_id__in=keys).select_related("member"):
        notices[notice.alarm_id].append(notice)
    answers: dict[int, list[AlarmAnswer]] = defaultdict(list)
    for answer in AlarmAnswer.objects.filter(alarm_id__in=keys).select_related("said_by"):
        answers[answer.alarm_id].append(answer)
    rungs: dict[int, list[Rung]] = defaultdict(list)
    for rung in Rung.objects.filter(ladder_id__in={alarm.ladder_id for alarm in alarms}):
        rungs[rung.ladder_id].append(rung)
    found = []
    for alarm in alarms:
        ladder = rungs[alarm.ladder_id]
        heard = {notice.member_id for notice in notices[alarm.pk]}
        found.append(
            Case(
                alarm=alarm,
                rungs=ladder,
                notices=notices[alarm.pk],
                answers=answers[alarm.pk],
                next_rung=next((r for r in ladder if r.position == alarm.next_rung), None),
                mine=member.pk == alarm.asked_id
                or member.pk in heard
                or (alarm.promise_id in chases and alarm.raised_by_id != member.pk),
            )
        )
    return found


def _by_job(rows: Iterable[CheckItem]) -> dict[int, list[CheckItem]]:
    found: dict[int, list[CheckItem]] = defaultdict(list)
    for row in rows:
        found[row.stage.job_id].append(row)
    return found


def _owners(jobs: Collection[int]) -> dict[int, list[Member]]:
    """Return who owns what is still to do, the owner of what is worked on first."""
    found: dict[int, list[Member]] = defaultdict(list)
    left = Stage.objects.filter(job_id__in=jobs, owner__left_at__isnull=True).exclude(
        state=Stage.State.DONE
    )
    stages = sorted(
        left.select_related("owner"),
        key=lambda stage: (stage.state != Stage.State.DOING, stage.position),
    )
    for stage in stages:
        if stage.owner is not None:
            found[stage.job_id].append(stage.owner)
    return found


def _each_once(people: Iterable[Member], *, but: Member) -> list[Member]:
    found = {person.pk: person for person in people if person.left_at is None}
    found.pop(but.pk, None)
    return list(found.values())

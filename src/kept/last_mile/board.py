"""The last-mile owner's board: least slack first, what is left, who was asked, what they said."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from kept.jobs.models import CheckItem, Obligation, Responsibility, Stage
from kept.last_mile import delegating, reaching
from kept.last_mile.models import Alarm, AlarmAnswer, Delegate, Notice, Rung
from kept.people import charters
from kept.people.charters import Reachable
from kept.people.models import Member, Role
from kept.plan import standing
from kept.plan.standing import Standing, State
from kept.promises.models import Promise
from kept.tenancy.pointing import AtHand

#: What an alarm may be about.
ABOUT = ("promise", "job", "stage", "obligation", "hold", "letter", "follows", "proposal")

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
    """What one member sees over the line, and what waits for their own word.

    Attributes:
        asked_today: how many messages reach each of the people today.
        everybody: it shows everybody's promises.
        delegates: who may chase in the member's place.
        stands_in_for: in whose place the member may chase.
        staff: who works here and may chase, by name.
    """

    rows: Sequence[Row]
    to_answer: Sequence[Case]
    people: Sequence[Reachable]
    asked_today: Mapping[int, int]
    everybody: bool
    delegates: Sequence[Delegate]
    stands_in_for: Sequence[Delegate]
    staff: Sequence[Member]

    @property
    def needing(self) -> int:
        """How many alarms wait for somebody."""
        mine = {case.alarm.pk for case in self.to_answer if case.needs_somebody}
        rows = {c.alarm.pk for row in self.rows for c in row.cases if c.needs_somebody}
        return len(mine | rows)


def board(member: Member, *, everybody: bool | None = False, now: datetime) -> Board:
    """Return what somebody sees over the line; the number of queries does not grow with it.

    Args:
        everybody: everybody's promises, and not one's own alone; None: everybody's where whoever
            leads sees none over the line themselves.
    """
    delegates, stands_in_for = delegating.around(member)
    named = {row.promise_id for row in stands_in_for if row.promise_id}
    seen_over = {member.pk, *(row.owner_id for row in stands_in_for if row.promise_id is None)}
    standings = standing.standings(now=now)
    at_hand = AtHand(member)
    for stands in standings:
        at_hand.keep([stands.promise, stands.promise.job, *stands.stages])
        at_hand.keep(stage.owner for stage in stands.stages if stage.owner is not None)
    if not everybody:
        own = [
            stands
            for stands in standings
            if stands.promise.last_mile_owner_id in seen_over or stands.promise.pk in named
        ]
        everybody = everybody is None and not own and member.may(Role.LEAD)
        standings = standings if everybody else own
    promises = [stands.promise for stands in standings]
    keys = [promise.pk for promise in promises]
    jobs = [promise.job_id for promise in promises]
    cases = _cases(
        Q(promise_id__in=keys) | Q(asked=member),
        at_hand,
        member=member,
        chases={p.pk for p in promises if p.last_mile_owner_id in seen_over or p.pk in named},
        now=now,
    )
    by_promise: dict[int | None, list[Case]] = defaultdict(list)
    for case in cases:
        by_promise[case.alarm.promise_id].append(case)
    checks: dict[int, list[CheckItem]] = defaultdict(list)
    job_of = {stage.pk: stage.job_id for stands in standings for stage in stands.stages}
    for item in CheckItem.objects.filter(stage_id__in=job_of).order_by("stage_id", "position"):
        checks[job_of[item.stage_id]].append(item)
    owners = {stands.promise.job_id: _owners(stands.stages) for stands in standings}
    silent: dict[int, list[Responsibility]] = defaultdict(list)
    asked = Responsibility.objects.filter(job_id__in=jobs, state=Responsibility.State.PROPOSED)
    questions = list(asked.order_by("pk"))
    at_hand.follow((questions, ("member", "stage")))
    for question in questions:
        silent[question.job_id].append(question)
    owed: dict[int, list[Obligation]] = defaultdict(list)
    overdue = Obligation.objects.filter(job_id__in=jobs, met_at__isnull=True, due_at__lte=now)
    for each in overdue.order_by("due_at"):
        owed[each.job_id].append(each)
    staff = reaching.staff()
    bosses = reaching.bosses(staff)
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
        everybody=everybody,
        delegates=delegates,
        stands_in_for=stands_in_for,
        staff=staff,
    )


def case_of(alarm: Alarm, *, member: Member, now: datetime) -> Case:
    """Return one alarm with all that belongs to it."""
    return _cases(Q(pk=alarm.pk), AtHand(), member=member, chases=set(), now=now, closed=True)[0]


def waiting_for(member: Member) -> int:
    """Return how many alarms wait for somebody's own word."""
    return Alarm.objects.filter(
        asked=member, state__in=[Alarm.State.RAISED, Alarm.State.ACKNOWLEDGED]
    ).count()


def _cases(
    which: Q,
    at_hand: AtHand,
    *,
    member: Member,
    chases: Collection[int],
    now: datetime,
    closed: bool = False,
) -> list[Case]:
    rows = Alarm.objects.filter(which)
    if not closed:
        rows = rows.filter(Q(closed_at__isnull=True) | Q(closed_at__gt=now - SHOWN_AFTER_CLOSING))
    alarms = list(rows.order_by("raised_at", "pk"))
    keys = [alarm.pk for alarm in alarms]
    told = list(Notice.objects.filter(alarm_id__in=keys))
    said = list(AlarmAnswer.objects.filter(alarm_id__in=keys))
    at_hand.follow((alarms, ABOUT))
    promises = [alarm.promise for alarm in alarms if alarm.promise is not None]
    at_hand.follow(
        (alarms, ("asked", "raised_by", "acknowledged_by", "closed_by")),
        (told, ("member", "envelope")),
        (said, ("said_by",)),
        (promises, ("job", "client", "last_mile_owner")),
    )
    notices: dict[int, list[Notice]] = defaultdict(list)
    for notice in told:
        notices[notice.alarm_id].append(notice)
    answers: dict[int, list[AlarmAnswer]] = defaultdict(list)
    for answer in said:
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


def _owners(stages: Sequence[Stage]) -> list[Member]:
    """Return who owns what is still to do, the owner of what is worked on first."""
    left = [stage for stage in stages if stage.state != Stage.State.DONE]
    left.sort(key=lambda stage: stage.state != Stage.State.DOING)
    return [stage.owner for stage in left if stage.owner is not None]


def _each_once(people: Iterable[Member], *, but: Member) -> list[Member]:
    found = {person.pk: person for person in people if person.left_at is None}
    found.pop(but.pk, None)
    return list(found.values())

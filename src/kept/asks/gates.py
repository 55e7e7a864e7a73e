"""The four tests of an ask beyond, and the gate: rules 6 to 10.

Is the core hot? Can we? Is it sincere (a person's word)? Is it still rare?
The tests only show; `gate` says who may say yes. When all is well the question
is never "why?", but "what would make this possible?".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from kept import words, zones
from kept.asks import core, extras, measuring, policies, rules
from kept.asks.core import Health
from kept.asks.models import Ask, Budget, Creep, Decision, Extra, Policy
from kept.clients.catalogue import StageSketch
from kept.jobs.lines import Effort
from kept.people.models import Member, Role
from kept.plan import loading
from kept.promises.models import Promise
from kept.quotes import answers, checking, wording
from kept.quotes.models import Answer, AnswerDate
from kept.tenancy import scope

Given = Decision.Given
Core = Decision.Core
Can = Decision.Can
Rarity = Decision.Rarity
Within = Decision.Within
Gate = Decision.Gate

#: How long a can-check is shown without working it out again, while the plan is the same.
FRESH = timedelta(hours=20)
#: So many of what stands in the way are told.
STANDS = 3


@dataclass(frozen=True)
class CanWe:
    """Whether we can: by when, how surely, and who would pay.

    Attributes:
        due_at: the wanted date if that can be, else the nearest that can.
        nearest: the first date as sure as the house offers dates; None if there is none.
        pushes: what a yes to the wanted date would push below the line.
        stands: what stands in the way, the longest first, where we cannot by the wanted date.
    """

    can: Can
    answer: Answer | None = None
    chance: float | None = None
    due_at: datetime | None = None
    nearest: datetime | None = None
    nearest_chance: float | None = None
    pushes: Sequence[str] = ()
    loses: int = 0
    stands: Sequence[wording.Limited] = ()


@dataclass(frozen=True)
class HowRare:
    """How rare this kind is for this client, with this ask counted."""

    rarity: Rarity
    of_kind: int
    before: Sequence[Ask] = ()
    settled: Creep | None = None


@dataclass(frozen=True)
class Room:
    """What was given to a client in the budget's period, and what is left."""

    hours: Decimal
    money: Decimal
    count: int
    budget: Budget | None
    first_on: datetime | None = None

    def over(self, hours: Decimal, money: Decimal) -> bool:
        """Say whether giving so much more would go over the budget."""
        budget = self.budget
        if budget is None:
            return False
        return (budget.hours is not None and self.hours + hours > budget.hours) or (
            budget.money is not None and self.money + money > budget.money
        )


@dataclass(frozen=True)
class Tests:
    """All that a decision rests on, as it stands now.

    Attributes:
        judged: where the measure lies against the rule; None without one.
        verdict: the same in words.
        cost_hours, cost_money: what a free yes would cost us.
    """

    ask: Ask
    core: Core
    health: Health | None
    can: CanWe
    rare: HowRare
    judged: rules.Judged | None
    verdict: str
    room: Room
    cost_hours: Decimal
    cost_money: Decimal

    @property
    def within(self) -> Within:
        """Where the measure lies, as it is kept with the decision."""
        return Within.NO_RULE if self.judged is None else Within(self.judged.within)


@dataclass(frozen=True)
class Passage:
    """Whether one answer may be given, by whom, and what stands against it."""

    gate: Gate
    reasons: Sequence[str]
    holder: Role = Role.MEMBER
    never: bool = False


def read(ask: Ask, *, by: Member | None, now: datetime, work_out: bool = True) -> Tests:
    """Read the four tests of an ask.

    Args:
        by: who looks; a can-check that is worked out anew is kept in their name.
        work_out: work out whether we can, if what is kept is of another plan.
    """
    client = ask.client
    health = None if client is None else core.health(client, now=now)
    judged = judge(ask)
    cost_hours = Decimal(str(round(ask.likely_hours or 0, 2)))
    rare = how_rare(ask)
    return Tests(
        ask=ask,
        core=_core(ask, health),
        health=health,
        can=can_we(ask, by=by, now=now, work_out=work_out),
        rare=rare,
        judged=judged,
        verdict=""
        if judged is None or ask.policy is None
        else measuring.verdict(ask.policy, judged),
        room=room(ask, now=now),
        cost_hours=cost_hours,
        cost_money=worth(ask, rare.settled),
    )


def judge(ask: Ask) -> rules.Judged | None:
    """Say where an ask lies against its rule."""
    if ask.policy is None or ask.measured is None:
        return None
    return rules.judge(policies.rule_of(ask.policy), ask.measured)


def is_theirs(ask: Ask) -> bool:
    """Say whether it is theirs anyway: part of what was agreed, or inside the rule it is about."""
    if ask.sort == Ask.Sort.EXCEPTION:
        judged = judge(ask)
        return judged is not None and judged.within is rules.Within.RULE
    return ask.sort in (Ask.Sort.CORE, Ask.Sort.IN_SCOPE)


def worth(ask: Ask, settled: Creep | None = None) -> Decimal:
    """Return what the ask would cost: what its kind was priced at for them, else the rule's price,
    else the service's. The price of a month is only that of the retainer's own draft.
    """
    if settled is not None and settled.price is not None and _has_price(ask, settled):
        return settled.price
    if ask.policy is not None and ask.policy.price is not None:
        return ask.policy.price
    if ask.service is not None and ask.service.price is not None:
        return ask.service.price
    return Decimal(0)


def can_we(ask: Ask, *, by: Member | None, now: datetime, work_out: bool = True) -> CanWe:
    """Say whether the work can be done; what is kept is used as long as the plan is the same."""
    if ask.likely_hours is None and ask.service is None:
        return CanWe(Can.NOT_ASKED)
    kept = ask.answer
    if kept is not None and (not work_out or _is_fresh(kept, now)):
        return _from(kept)
    wanted = ask.wanted_at
    if by is None or not work_out:
        return CanWe(Can.NOT_ASKED)
    found = checking.work_out(
        what=ask.title,
        size=None
        if ask.likely_hours is None
        else Effort(ask.likely_hours, ask.low_hours, ask.high_hours),
        stages=()
        if ask.service is not None or ask.likely_hours is None
        else [
            StageSketch(
                name=ask.title[:120],
                likely_hours=ask.likely_hours,
                low_hours=ask.low_hours,
                high_hours=ask.high_hours,
                finishing=True,
            )
        ],
        client=ask.client,
        service=ask.service,
        wanted_at=wanted if wanted is not None and wanted > now else None,
        now=now,
        reasons=False,
        why_not=True,
    )
    answer = answers.store(found, by=by).answer
    assert answer is not None  # it was just stored
    ask.answer = answer
    Ask.objects.filter(pk=ask.pk).update(answer=answer)
    return _from(answer)


def how_rare(ask: Ask) -> HowRare:
    """Count extras of this kind for this client in the days looked at, this ask among them."""
    if ask.client_id is None or ask.kind_id is None:
        return HowRare(Rarity.RARE, 1)
    house = scope.current()
    settled = (
        Creep.objects.filter(client_id=ask.client_id, kind_id=ask.kind_id, ended_at__isnull=True)
        .select_related("kind")
        .first()
    )
    before = list(
        Ask.objects.filter(client_id=ask.client_id, kind_id=ask.kind_id, came_at__lte=ask.came_at)
        .exclude(pk=ask.pk)
        .exclude(state=Ask.State.WITHDRAWN)
        .select_related("decision", "extra", "client")
        .order_by("came_at", "pk")
    )
    since = ask.came_at - timedelta(days=house.beyond_days)
    given = (
        extras.of_a_kind(since=since, until=ask.came_at, zone=house.zone)
        .filter(client_id=ask.client_id, kind_id=ask.kind_id)
        .exclude(ask=ask)
    ).count()
    count = given + 1
    if settled is not None:
        return HowRare(Rarity.SETTLED, count, before, settled)
    if ask.as_if_due and given:
        return HowRare(Rarity.EXPECTED, count, before)
    if count >= house.repeated_from:
        return HowRare(Rarity.REPEATED, count, before)
    return HowRare(Rarity.RARE, count, before)


def room(ask: Ask, *, now: datetime) -> Room:
    """Return what was given to the client lately: in the budget's period, else this year."""
    if ask.client_id is None:
        return Room(Decimal(0), Decimal(0), 0, None)
    today = zones.day_of(now, ask.zone)
    budget = Budget.objects.filter(
        client_id=ask.client_id, first_on__lte=today, last_on__gte=today
    ).first()
    first, last = (
        (today.replace(month=1, day=1), today)
        if budget is None
        else (budget.first_on, budget.last_on)
    )
    rows = Extra.objects.filter(
        client_id=ask.client_id,
        state=Extra.State.GIVEN,
        given_on__gte=first,
        given_on__lte=last,
    ).exclude(ask=ask)
    sums = rows.aggregate(hours=Sum("hours"), money=Sum("money"))
    return Room(
        hours=sums["hours"] or Decimal(0),
        money=sums["money"] or Decimal(0),
        count=rows.count(),
        budget=budget,
    )


def passage(tests: Tests, given: str) -> Passage:
    """Say whether an answer may be given: at once, by whom, or only against a reason.

    Only a yes beyond what was agreed has a gate: a no needs nobody's leave, and what was
    promised anyway is done. Beyond a hard limit nobody goes, whatever the ask is called.
    """
    ask = tests.ask
    if given in Decision.YES and tests.within is Within.HARD:
        return Passage(Gate.SHUT, [tests.verdict], never=True)
    if given not in (Given.YES_ONCE, Given.PAID_YES):
        return Passage(Gate.OPEN, [])
    reasons: list[tuple[Gate, str]] = []
    if tests.can.pushes:
        reasons.append(
            (
                Gate.SHUT,
                _("A yes would push %(whom)s below the line.")
                % {"whom": words.listed(tests.can.pushes)},
            )
        )
    if given == Given.YES_ONCE or ask.sort in (Ask.Sort.EXTRA, Ask.Sort.EXCEPTION):
        reasons += _of_core(tests)
    if given == Given.YES_ONCE:  # free is a gift, also what was sorted as a change
        reasons += _of_kind(tests)
        reasons += _of_rule(tests)
        reasons += _of_sincerity(tests)
    holder = Role.LEAD
    if ask.policy is not None and ask.policy.band_role:
        holder = Role(ask.policy.band_role)
    gate = max((one for one, _why in reasons), key=_hardest, default=Gate.OPEN)
    return Passage(gate, [why for _one, why in reasons], holder)


def may_pass(passage: Passage, member: Member) -> bool:
    """Say whether this member may give the answer without overriding anything."""
    return passage.gate is Gate.OPEN or (passage.gate is Gate.BAND and member.may(passage.holder))


def suggested(tests: Tests) -> Given | None:
    """Suggest an answer; a person decides. None: kept does not know."""
    ask = tests.ask
    if is_theirs(ask):
        return Given.DO_IT
    if tests.within is Within.HARD:
        return Given.FAIR_NO
    if tests.can.can is Can.NO:
        return Given.CANT_NOW
    if getattr(ask, "prices", None) is not None:
        return Given.PAID_YES  # it was drafted to be offered for its price
    if tests.core is Core.COLD:
        return Given.FAIR_NO
    priced, settled = tests.cost_money > 0, tests.rare.settled
    if settled is not None and settled.decided != Creep.Decided.PRICED:
        # What was adopted is core by now, and has to be sorted so first.
        return Given.FAIR_NO if settled.decided == Creep.Decided.RETIRED else None
    if settled is not None:
        # In a retainer they have, it is in scope, and has to be sorted so first.
        return Given.PAID_YES if _has_price(ask, settled) else None
    if ask.sort == Ask.Sort.CHANGE or tests.rare.rarity in (Rarity.REPEATED, Rarity.EXPECTED):
        return Given.PAID_YES if priced else None
    if ask.sort and passage(tests, Given.YES_ONCE).gate is Gate.OPEN:
        return Given.YES_ONCE
    return Given.PAID_YES if priced else None


def _has_price(ask: Ask, settled: Creep) -> bool:
    return not settled.by_month or settled.draft_id == ask.pk


def _hardest(gate: Gate) -> int:
    return [Gate.OPEN, Gate.BAND, Gate.SHUT].index(gate)


def _of_core(tests: Tests) -> list[tuple[Gate, str]]:
    match tests.core:
        case Core.COLD:
            return [(Gate.SHUT, _("The core is cold: first what they hired us for."))]
        case Core.WARM:
            return [(Gate.BAND, _("The core is warm: whoever holds the discretion band decides."))]
        case Core.UNKNOWN:
            return [
                (
                    Gate.BAND,
                    _(
                        "Too little is known of the core: whoever holds the discretion band "
                        "decides."
                    ),
                )
            ]
    return []


def _of_kind(tests: Tests) -> list[tuple[Gate, str]]:
    """What a person priced or retired for this client is no gift without another word."""
    settled = tests.rare.settled
    if settled is None or settled.decided == Creep.Decided.ADOPTED:
        return []
    decided = {
        Creep.Decided.PRICED: _("“%(kind)s” has a price for them: whoever holds the band decides."),
        Creep.Decided.RETIRED: _("“%(kind)s” was ended for them: whoever holds the band decides."),
    }[Creep.Decided(settled.decided)]
    if settled.by_month:
        decided = _(
            "“%(kind)s” has a price by the month for them: in their retainer it is in scope, else "
            "whoever holds the band decides."
        )
    return [(Gate.BAND, decided % {"kind": settled.kind.name})]


def _of_rule(tests: Tests) -> list[tuple[Gate, str]]:
    policy: Policy | None = tests.ask.policy
    found: list[tuple[Gate, str]] = []
    if tests.within is Within.BAND:
        found.append((Gate.BAND, tests.verdict))
    elif tests.within is Within.BEYOND:
        found.append((Gate.SHUT, tests.verdict))
    cap = None if policy is None else policy.band_cost_cap
    if cap is not None and tests.within is Within.BAND and tests.cost_money > cap:
        found.append(
            (
                Gate.SHUT,
                _("It costs %(cost)s, and the band’s cap is %(cap)s.")
                % {
                    "cost": words.money(tests.cost_money, scope.current().currency),
                    "cap": words.money(cap, scope.current().currency),
                },
            )
        )
    if tests.room.over(tests.cost_hours, tests.cost_money):
        found.append((Gate.SHUT, _("It goes over their budget for extras.")))
    return found


def _of_sincerity(tests: Tests) -> list[tuple[Gate, str]]:
    """The second key is a person's word; inside the tolerance nobody is asked."""
    if tests.within in (Within.RULE, Within.TOLERANCE):
        return []
    match tests.ask.sincere:
        case Ask.Sincere.YES:
            return []
        case "":
            return [(Gate.SHUT, _("Nobody has said yet whether it is sincere."))]
        case Ask.Sincere.NOT_SURE:
            return [(Gate.BAND, _("Whether it is sincere is not sure."))]
    return [(Gate.SHUT, _("It was not judged to be sincere."))]


def _core(ask: Ask, health: Health | None) -> Core:
    """A walk-in without any record passes."""
    if health is None or ask.client is None:
        return Core.WALK_IN
    if health.verdict is core.Verdict.UNKNOWN and not health.services:
        known = Promise.objects.filter(client=ask.client).exclude(state=Promise.State.VOIDED)
        if not known.exists():
            return Core.WALK_IN
    return Core(health.verdict)


def _is_fresh(answer: Answer, now: datetime) -> bool:
    return (
        now - answer.asked_at < FRESH
        and answer.plan_fingerprint == loading.load(now=now).fingerprint
    )


def _from(answer: Answer) -> CanWe:
    """Read a kept answer as a can-check."""
    house = scope.current()
    dates = list(answer.dates.all())
    levels = [row for row in dates if row.why == AnswerDate.Why.LEVEL and row.level is not None]
    nearest = next((row for row in levels if (row.level or 0) >= house.asked_confidence), None)
    wanted = next((row for row in dates if row.why == AnswerDate.Why.WANTED), None)
    effects = list(
        answer.effects.filter(
            why=AnswerDate.Why.WANTED if wanted is not None else AnswerDate.Why.IN_PLACE
        ).select_related("job__client")
    )
    # Disturbing nobody is another way to say yes to the same day: then nobody is pushed.
    free = next((row for row in dates if row.why == AnswerDate.Why.WITHOUT), None)
    undisturbed = wanted is not None and free is not None and free.due_at <= wanted.due_at
    pushes = (
        []
        if undisturbed
        else [
            f"{row.job.client.name} · {row.job.title}" if row.job.client else row.job.title
            for row in effects
            if row.below_line
        ]
    )
    shown = wanted or nearest
    chance = None if shown is None else shown.chance
    can = Can.YES if chance is not None and chance >= house.line else Can.NO
    return CanWe(
        can=can,
        answer=answer,
        chance=chance,
        due_at=None if shown is None else shown.due_at,
        nearest=None if nearest is None else nearest.due_at,
        nearest_chance=None if nearest is None else nearest.chance,
        pushes=pushes,
        loses=sum(1 for row in effects if row.chance_after < row.chance_before),
        stands=wording.limits_of(answer)[:STANDS] if can is Can.NO else (),
    )

"""Judge promises: the one place where terms, pauses, delivery and hours come to an outcome.

`Judge` takes plain values, so that whoever reads rows one by one (`lives`, for a page) and whoever
reads columns of ten thousand (the record) judges alike.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum

from kept.jobs.models import Stage
from kept.promises import outcomes
from kept.promises import terms as agreed
from kept.promises.models import (
    DeliveredLine,
    Delivery,
    Pause,
    Promise,
    Proposal,
    Terms,
    TermsLine,
)
from kept.promises.outcomes import Facts, Outcome
from kept.promises.terms import Dated, Stood
from kept.tenancy import scope
from kept.tenancy.models import Organisation

DEEMED = str(Delivery.State.DEEMED)
ACCEPTED = frozenset({str(Delivery.State.ACCEPTED), DEEMED})
#: What became of these was said, whenever they were due.
ENDED_BY_WORD = frozenset(
    str(state) for state in (Promise.State.RELEASED, Promise.State.REVOKED, Promise.State.VOIDED)
)
#: The cut-off lies at least so long after the due moment: working days are no shorter than days.
_LEAST_GRACE = timedelta(days=outcomes.LEAST_GRACE)


@dataclass(slots=True)
class Lived:
    """What a promise went through, whichever of its terms it is judged by; plain values.

    Attributes:
        state, zone: the promise's.
        pauses: all of them, whether or not they move some terms.
        told: when the client was told of other terms by the house, the first time first.
        delivery: the state of the delivery that counts; None where there is none.
        delivered_at: of that delivery.
        to_standard: False only if the client said so.
        hours: worked on it, and how many of them outside the working week.
    """

    state: str
    zone: str
    pauses: Sequence[Stood]
    told: Sequence[datetime]
    delivery: str | None
    delivered_at: datetime | None
    to_standard: bool
    hours: tuple[float, float]


class Judge:
    """Judges promises of one house at one moment. What is the same of two is judged once."""

    def __init__(self, house: Organisation, now: datetime) -> None:
        self._house, self._now = house, now
        self._known: dict[tuple[Any, ...], Outcome] = {}

    def judged(
        self, terms: Dated, lines: tuple[bool, float], lived: Lived
    ) -> tuple[datetime, Outcome]:
        """Return the moment that one set of terms is judged by, and what became of them.

        `outcomes.judge` looks at moments only by their order: promises whose moments stand in the
        same order, and which are alike in all else, end alike.

        Args:
            terms: when they are due and when they were agreed.
            lines: what `taken` says of their lines.
        """
        due_at, now = terms.due_at, self._now
        if lived.pauses:
            due_at = agreed.due_of(terms, lived.pauses, zone=lived.zone, house=self._house, now=now)
        stands_at = now if lived.delivered_at is None else lived.delivered_at
        cut_off_at = due_at + _LEAST_GRACE
        if stands_at > cut_off_at and lived.state not in ENDED_BY_WORD:
            cut_off_at = agreed.cut_off(terms, due_at=due_at, zone=lived.zone, house=self._house)
        told_at = None
        if lived.told:
            agreed_at = terms.agreed_at
            told_at = next((at for at in lived.told if at >= agreed_at), None)
        alike = (
            lived.state, lived.delivery, lived.to_standard, stands_at > due_at,
            stands_at > cut_off_at, told_at is not None and told_at < due_at, lines, lived.hours,
        )  # fmt: skip
        outcome = self._known.get(alike)
        if outcome is None:
            outcome = self._known[alike] = outcomes.judge(
                Facts(
                    state=lived.state,
                    due_at=due_at,
                    cut_off_at=cut_off_at,
                    delivered_at=lived.delivered_at,
                    answered=lived.delivery in ACCEPTED,
                    deemed=lived.delivery == DEEMED,
                    lines_met=lines[0],
                    share_delivered=lines[1],
                    to_standard=lived.to_standard,
                    told_at=told_at,
                    hours=lived.hours[0],
                    out_of_hours=lived.hours[1],
                ),
                now,
            )
        return due_at, outcome


def taken(
    lines: Sequence[tuple[int | None, bool]], delivered: Collection[int]
) -> tuple[bool, float]:
    """Say whether all required lines of terms were delivered and taken, and what share of all.

    Args:
        lines: the condition of each, and whether it is required; a line without a condition holds.
        delivered: the conditions that were.
    """
    holds = [condition is None or condition in delivered for condition, _required in lines]
    if all(holds):
        return True, 1.0
    enough = all(
        has or not required for has, (_condition, required) in zip(holds, lines, strict=True)
    )
    return enough, sum(holds) / len(holds)


@dataclass
class Life:
    """The rows of one promise's life, in the order in which they were written.

    Attributes:
        lines: of the terms, by their key.
        delivered: whether each line was delivered and, once answered, taken, by its condition.
        told: when the client was told of other terms by the house.
    """

    promise: Promise
    terms: list[Terms] = field(default_factory=list)
    lines: Mapping[int, Sequence[TermsLine]] = field(default_factory=dict)
    pauses: list[Pause] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    delivered: dict[int, bool] = field(default_factory=dict)
    told: list[datetime] = field(default_factory=list)
    hours: float = 0.0
    out_of_hours: float = 0.0

    @property
    def delivery(self) -> Delivery | None:
        """The delivery that counts: the accepted one, else the one that waits."""
        for one in self.deliveries:
            if one.state != Delivery.State.SENT_BACK:
                return one
        return None

    def due_of(self, terms: Terms, *, house: Organisation, now: datetime) -> datetime:
        """Return the moment that these terms are judged by."""
        return agreed.due_of(terms, self.pauses, zone=self.promise.zone, house=house, now=now)


def lives(promises: Iterable[Promise]) -> dict[int, Life]:
    """Return the life of each promise by its key; the number of queries depends on nothing."""
    found = {promise.pk: Life(promise) for promise in promises}
    keys = list(found)
    lines: dict[int, list[TermsLine]] = defaultdict(list)
    for line in TermsLine.objects.filter(terms__promise_id__in=keys).order_by("position"):
        lines[line.terms_id].append(line)
    for terms in Terms.objects.filter(promise_id__in=keys).order_by("number"):
        found[terms.promise_id].terms.append(terms)
        found[terms.promise_id].lines = lines
    for pause in (
        Pause.objects.filter(promise_id__in=keys)
        .select_related("notice_contact")
        .order_by("started_at", "pk")
    ):
        found[pause.promise_id].pauses.append(pause)
    deliveries = Delivery.objects.filter(promise_id__in=keys)
    for delivery in deliveries.select_related("noticed_contact").order_by("number"):
        found[delivery.promise_id].deliveries.append(delivery)
    counting = {life.delivery.pk: life for life in found.values() if life.delivery is not None}
    for row in DeliveredLine.objects.filter(delivery_id__in=list(counting)):
        taken = row.met if row.accepted is None else row.accepted
        counting[row.delivery_id].delivered[row.condition_id] = taken
    told = Proposal.objects.filter(
        promise_id__in=keys, by_side=Proposal.From.HOUSE, told_at__isnull=False
    )
    for promise_id, told_at in told.order_by("told_at").values_list("promise_id", "told_at"):
        if told_at is not None:
            found[promise_id].told.append(told_at)
    by_job = {life.promise.job_id: life for life in found.values()}
    spent = Stage.objects.filter(job_id__in=list(by_job)).order_by().values("job_id")
    for worked in spent.annotate(all=Sum("spent_hours"), out=Sum("out_of_hours")):
        life = by_job[worked["job_id"]]
        life.hours, life.out_of_hours = worked["all"], worked["out"]
    return found


def life_of(promise: Promise) -> Life:
    """Return the life of one promise."""
    return lives([promise])[promise.pk]


def _judged(life: Life, terms: Terms, now: datetime) -> Outcome:
    promise, delivery = life.promise, life.delivery
    lines = [(line.condition_id, line.required) for line in life.lines.get(terms.pk, ())]
    holds = {condition for condition, held in life.delivered.items() if held}
    lived = Lived(
        state=promise.state,
        zone=promise.zone,
        pauses=life.pauses,
        told=life.told,
        delivery=None if delivery is None else delivery.state,
        delivered_at=None if delivery is None else delivery.delivered_at,
        to_standard=delivery is None or delivery.to_standard is not False,
        hours=(life.hours, life.out_of_hours),
    )
    _due_at, outcome = Judge(scope.current(), now).judged(terms, taken(lines, holds), lived)
    return outcome


def by_first_terms(life: Life, *, now: datetime) -> Outcome:
    """Judge a promise by what was promised first."""
    return _judged(life, life.terms[0], now)


def by_last_terms(life: Life, *, now: datetime) -> Outcome:
    """Judge a promise by what was agreed last."""
    return _judged(life, life.terms[-1], now)

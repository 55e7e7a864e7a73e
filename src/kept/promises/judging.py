"""Read what promises went through, once for all of them, and judge it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

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
from kept.tenancy import scope
from kept.tenancy.models import Organisation

ACCEPTED = (Delivery.State.ACCEPTED, Delivery.State.DEEMED)


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
    for pause in Pause.objects.filter(promise_id__in=keys).order_by("started_at", "pk"):
        found[pause.promise_id].pauses.append(pause)
    for delivery in Delivery.objects.filter(promise_id__in=keys).order_by("number"):
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


def facts_of(life: Life, terms: Terms, *, now: datetime) -> Facts:
    """Return the facts that one set of a promise's terms is judged by."""
    promise, house = life.promise, scope.current()
    due_at = life.due_of(terms, house=house, now=now)
    delivery = life.delivery
    lines = life.lines.get(terms.pk, [])
    taken = [
        line for line in lines if line.condition_id is None or life.delivered.get(line.condition_id)
    ]
    return Facts(
        state=promise.state,
        due_at=due_at,
        cut_off_at=agreed.cut_off(terms, due_at=due_at, zone=promise.zone, house=house),
        delivered_at=None if delivery is None else delivery.delivered_at,
        answered=delivery is not None and delivery.state in ACCEPTED,
        deemed=delivery is not None and delivery.state == Delivery.State.DEEMED,
        lines_met=all(line in taken for line in lines if line.required),
        share_delivered=len(taken) / len(lines) if lines else float(delivery is not None),
        to_standard=delivery is None or delivery.to_standard is not False,
        told_at=next((at for at in life.told if at >= terms.agreed_at), None),
        hours=life.hours,
        out_of_hours=life.out_of_hours,
    )


def by_first_terms(life: Life, *, now: datetime) -> Outcome:
    """Judge a promise by what was promised first."""
    return outcomes.judge(facts_of(life, life.terms[0], now=now), now)


def by_last_terms(life: Life, *, now: datetime) -> Outcome:
    """Judge a promise by what was agreed last."""
    return outcomes.judge(facts_of(life, life.terms[-1], now=now), now)

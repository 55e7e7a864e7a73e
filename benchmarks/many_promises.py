"""A house with as many promises as wanted, of all kinds of lives, drawn from one seed.

Rows are written in bulk, without events: it is for reading them.
"""

import random
from datetime import UTC, datetime, timedelta

from kept.clients.models import Client, Service
from kept.jobs.models import Condition, Job, Obligation, Stage
from kept.promises.models import (
    DeliveredLine,
    Delivery,
    Pause,
    Promise,
    Proposal,
    ProposalOption,
    Reason,
    Slip,
    Terms,
    TermsLine,
)
from kept.quotes.models import HoldingReply

DAY = timedelta(days=1)
CLIENTS = 40
SERVICES = 8
ZONES = ("Europe/Lisbon", "Europe/Berlin", "America/New_York", "Asia/Kolkata")


def write(count: int, *, now: datetime, years: float = 1, seed: int = 1) -> None:
    """Write so many promises whose first due moments lie in the years before `now`, or just after.

    Call it inside of the house and of a transaction.
    """
    luck = random.Random(seed)
    clients = Client.objects.bulk_create(
        Client(name=f"Client {n}", zone=ZONES[n % len(ZONES)]) for n in range(CLIENTS)
    )
    services = Service.objects.bulk_create(Service(name=f"Service {n}") for n in range(SERVICES))
    _unpromised(luck, clients, now=now, count=count // 10)
    jobs = Job.objects.bulk_create(
        Job(
            title=f"Work {luck.choice('abcdefgh')} {n}",
            client=luck.choice(clients),
            service=luck.choice([*services, None]),
            state=Job.State.OPEN,
            promised=True,
            made_at=now,
        )
        for n in range(count)
    )
    drawn = [_Life(luck, job, now=now, years=years) for job in jobs]
    Promise.objects.bulk_create((life.promise for life in drawn), batch_size=500)
    for table, rows in (
        (Stage, lambda life: life.stages),
        (Condition, lambda life: life.conditions),
        (Terms, lambda life: life.terms),
        (TermsLine, lambda life: life.lines),
        (Obligation, lambda life: life.obligations),
        (Pause, lambda life: life.pauses),
        (Proposal, lambda life: life.proposals),
        (ProposalOption, lambda life: life.options),
        (Delivery, lambda life: life.deliveries),
        (DeliveredLine, lambda life: life.delivered),
        (Reason, lambda life: life.reasons),
        (Slip, lambda life: life.slips),
    ):  # type: Any, Callable[[_Life], Iterator[Any]]
        table.objects.bulk_create((row for life in drawn for row in rows(life)), batch_size=500)


def _unpromised(luck: random.Random, clients: list[Client], *, now: datetime, count: int) -> None:
    jobs = Job.objects.bulk_create(
        Job(title=f"Favour {n}", client=luck.choice(clients), state=Job.State.CLOSED, made_at=now)
        for n in range(count)
    )
    Stage.objects.bulk_create(
        Stage(
            job=job,
            position=1,
            name="All of it",
            likely_hours=2,
            state=Stage.State.DONE,
            done_at=now - luck.uniform(0, 500) * DAY,
        )
        for job in jobs
    )
    HoldingReply.objects.bulk_create(
        HoldingReply(
            client=luck.choice(clients),
            what=f"Question {n}",
            state=HoldingReply.State.ANSWERED,
            due_at=(due := now - luck.uniform(0, 500) * DAY),
            zone="Europe/Lisbon",
            given_at=due - DAY,
            answered_at=due + luck.uniform(-1, 0.3) * DAY,
        )
        for n in range(count // 5)
    )


class _Life:
    """One promise and what it went through."""

    def __init__(self, luck: random.Random, job: Job, *, now: datetime, years: float) -> None:
        self.luck, self.job, self.now = luck, job, now
        assert job.client is not None
        zone = job.client.zone
        lead = luck.lognormvariate(2.9, 0.7) * DAY
        due = self.moment(now - luck.uniform(-0.05, years) * 365 * DAY)
        chance = luck.choice((None, 0.5, 0.8, 0.9, 0.9, 0.95))
        self.promise = Promise(
            job=job,
            client=job.client,
            origin=luck.choice(["quote", "quote", "quote", "loose", "imported"]),
            state=Promise.State.ACTIVE,
            due_at=due,
            internal_due_at=due - lead / 5,
            zone=zone,
            given_at=min(due - lead, now),
        )
        self.stages = [
            Stage(
                job=job,
                position=place,
                name=f"Part {place}",
                likely_hours=8,
                spent_hours=8,
                out_of_hours=luck.choice([0, 0, 0, 0, 0, 2.5]),
            )
            for place in (1, 2)
        ]
        self.conditions = [
            Condition(job=job, position=n, text=f"Line {n}", required=n < 3)
            for n in range(1, luck.choice([1, 1, 3, 4]))
        ]
        self.terms = [self.said(1, due, self.promise.given_at, chance, lead)]
        self.lines = self.lines_of(self.terms[0], self.conditions)
        self.obligations: list[Obligation] = []
        self.pauses: list[Pause] = []
        self.proposals: list[Proposal] = []
        self.options: list[ProposalOption] = []
        self.deliveries: list[Delivery] = []
        self.delivered: list[DeliveredLine] = []
        self.reasons: list[Reason] = []
        self.slips: list[Slip] = []
        if luck.random() < 0.08:
            self.pause(lead)
        if luck.random() < 0.2:
            self.tell(lead)
        self.end(lead)

    def moment(self, at: datetime) -> datetime:
        return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)

    def said(
        self, number: int, due: datetime, at: datetime, chance: float | None, lead: timedelta
    ) -> Terms:
        kinds = (Terms.Kind.RENEGOTIATED, Terms.Kind.CLIENT_ASKED)
        return Terms(
            promise=self.promise,
            number=number,
            kind=Terms.Kind.FIRST if number == 1 else self.luck.choice(kinds),
            due_at=due,
            chance_when_given=chance,
            lead_at_even_chances_hours=None
            if chance is None
            else lead / timedelta(hours=1) * self.luck.uniform(0.6, 1.0),
            agreed_at=at,
        )

    def lines_of(self, terms: Terms, conditions: list[Condition]) -> list[TermsLine]:
        return [
            TermsLine(terms=terms, position=n, condition=one, text=one.text, required=one.required)
            for n, one in enumerate(conditions, start=1)
        ]

    def pause(self, lead: timedelta) -> None:
        promise, luck = self.promise, self.luck
        starts = self.moment(promise.given_at + lead * luck.uniform(0.1, 1.2))
        if starts >= self.now:
            return
        owed = Obligation(job=self.job, what="Pictures", due_at=starts)
        ends: datetime | None = self.moment(starts + lead * luck.uniform(0.05, 0.5))
        if ends is not None and ends >= self.now:
            ends, promise.state = None, Promise.State.PAUSED
        self.obligations.append(owed)
        self.pauses.append(
            Pause(
                promise=promise,
                obligation=owed,
                notice_at=starts,
                started_at=starts,
                ended_at=ends,
                working_minutes=None if ends is None else luck.randrange(0, 4000),
            )
        )

    def tell(self, lead: timedelta) -> None:
        promise, luck = self.promise, self.luck
        told_at = self.moment(promise.given_at + lead * luck.uniform(0.3, 1.3))
        if told_at >= self.now:
            return
        later = self.moment(promise.due_at + lead * luck.uniform(0.1, 0.9))
        agreed = luck.random() < 0.6
        proposal = Proposal(
            promise=promise,
            number=1,
            by_side="house",
            state=Proposal.State.AGREED if agreed else Proposal.State.REFUSED,
            due_before=promise.due_at,
            made_at=told_at,
            told_at=told_at,
            told_how="said",
            answered_at=told_at + DAY,
            agreed_at=told_at + DAY if agreed else None,
        )
        self.proposals.append(proposal)
        self.options.append(ProposalOption(proposal=proposal, position=1, due_at=later))
        self.slips.append(
            Slip(
                promise=promise,
                number=1,
                said_at=told_at,
                before_at=promise.internal_due_at,
                now_at=promise.internal_due_at + luck.choice([1, 1, 2]) * DAY,
            )
        )
        if agreed:
            terms = self.said(2, later, told_at + DAY, luck.choice((0.8, 0.9)), lead)
            # Sometimes a line is left for later.
            kept = self.conditions[: -1 if luck.random() < 0.3 else None]
            self.terms.append(terms)
            self.lines += self.lines_of(terms, kept)
            promise.due_at = later

    def end(self, lead: timedelta) -> None:
        promise, luck = self.promise, self.luck
        fate = luck.random()
        if fate < 0.03:
            self.stop(Promise.State.RELEASED)
        elif fate < 0.05:
            self.stop(Promise.State.REVOKED)
        elif fate < 0.07:
            promise.void_reason = "Recorded twice"
            self.stop(Promise.State.VOIDED)
        elif fate < 0.95:
            self.deliver(lead)
        if promise.due_at < self.now and luck.random() < 0.3:
            category = luck.choice(Reason.Category.values)
            self.reasons.append(
                Reason(
                    promise=promise,
                    category=category,
                    controllable=luck.choice(Reason.Controllable.values),
                    said_at=promise.due_at,
                )
            )

    def stop(self, state: Promise.State) -> None:
        self.promise.state = state
        self.promise.ended_at = min(self.now, self.promise.due_at)

    def deliver(self, lead: timedelta) -> None:
        promise, luck = self.promise, self.luck
        miss = luck.random() < 0.25
        late = lead * (luck.expovariate(3) if miss else -luck.uniform(0, 0.2))
        at = self.moment(promise.due_at + late)
        if at >= self.now or promise.state == Promise.State.PAUSED:
            return
        number = 1
        if luck.random() < 0.1:
            self.deliveries.append(self.delivery(number, at - DAY, Delivery.State.SENT_BACK))
            number = 2
        answered = at + 2 * DAY < self.now and luck.random() > 0.03
        state = Delivery.State.WAITING
        if answered:
            state = luck.choice([Delivery.State.ACCEPTED] * 9 + [Delivery.State.DEEMED])
        last = self.delivery(number, at, state)
        self.deliveries.append(last)
        promise.state = Promise.State.SETTLED if answered else Promise.State.DELIVERED
        promise.settled_at = at + 2 * DAY if answered else None
        promised = [line.condition for line in self.lines if line.terms is self.terms[-1]]
        for condition in self.conditions:
            if any(condition is one for one in promised):
                met = luck.random() < 0.97
                taken = None if not answered or luck.random() < 0.5 else luck.random() < 0.97
                self.delivered.append(
                    DeliveredLine(delivery=last, condition=condition, met=met, accepted=taken)
                )

    def delivery(self, number: int, at: datetime, state: str) -> Delivery:
        answered = state != Delivery.State.WAITING
        return Delivery(
            promise=self.promise,
            number=number,
            state=state,
            delivered_at=at,
            noticed_at=at if state == Delivery.State.DEEMED else None,
            answered_at=at + 2 * DAY if answered else None,
            to_standard=self.luck.choice([None, True, True, False]) if answered else None,
            word="Not yet." if state == Delivery.State.SENT_BACK else "",
        )

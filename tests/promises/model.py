"""A promise's life in plain Python: the rules of the domain said once more, and more simply.

Everything happens on whole hours of a winter in Lisbon, where a working day is
the nine hours from 9:00 to 18:00, so time is walked hour by hour. Nothing of
kept is imported; what the model says is compared with what kept says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

HOUR = timedelta(hours=1)
HOLIDAYS = {date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 25), date(2027, 1, 1)}

#: verb → states from which it is allowed.
ALLOWED = {
    "activate": {"pending"},
    "pause": {"active"},
    "resume": {"paused"},
    "deliver": {"active", "paused"},
    "send_back": {"delivered"},
    "settle": {"delivered"},
    "release": {"pending", "active", "paused"},
    "revoke": {"pending", "active", "paused"},
    "void": {
        "pending", "active", "paused", "delivered", "settled", "released", "revoked",
    },
}  # fmt: skip
OPEN = {"pending", "active", "paused"}
OVER = {"settled", "released", "revoked"}


class Refused(Exception):
    """The rules do not allow it."""


def is_working(day: date) -> bool:
    return day.weekday() < 5 and day not in HOLIDAYS


def worked(first: datetime, last: datetime) -> int:
    """Working hours between two whole hours."""
    return sum(1 for at in _hours(first, last) if is_working(at.date()) and 9 <= at.hour < 18)


def _hours(first: datetime, last: datetime) -> Iterator[datetime]:
    while first < last:
        yield first
        first += HOUR


def later(at: datetime, hours: int) -> datetime:
    """The moment so many working hours later; the end of a day is not the start of the next."""
    while hours:
        hours -= worked(at, at + HOUR)
        at += HOUR
    return at


def days_between(first: date, last: date) -> int:
    """Working days after the first day up to the last."""
    span = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(1 for day in span if is_working(day))


def shifted(at: datetime, by: int) -> datetime:
    """The same hour so many working days later, or earlier."""
    step = timedelta(days=1 if by > 0 else -1)
    for _ in range(abs(by)):
        at += step
        while not is_working(at.date()):
            at += step
    return at


@dataclass
class Terms:
    due: datetime
    agreed: datetime
    kind: str = "first"

    @property
    def lead(self) -> int:
        return max(0, days_between(self.agreed.date(), self.due.date()))


@dataclass
class Pause:
    began: datetime
    obligation: int
    ended: datetime | None = None


@dataclass
class Delivery:
    at: datetime
    state: str = "waiting"
    deemed_from: datetime | None = None
    to_standard: bool | None = None
    thanked: bool = False


@dataclass
class Proposal:
    side: str
    due: datetime
    state: str = "draft"
    told: datetime | None = None
    tell_by: datetime | None = None
    due_before: datetime | None = None


@dataclass
class Life:
    """One promise without lines, given at a whole hour.

    Attributes:
        reads: somebody at the client reads it, so that letters can go.
    """

    given: datetime
    due: datetime
    reads: bool = False
    state: str = "active"
    terms: list[Terms] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    owed: dict[int, datetime] = field(default_factory=dict)
    met: set[int] = field(default_factory=set)
    again: str = ""

    def __post_init__(self) -> None:
        self.terms = [Terms(self.due, self.given)]

    def due_of(self, terms: Terms, now: datetime) -> datetime:
        due = terms.due
        for pause in self.pauses:
            if terms.agreed <= pause.began < due:
                due = later(due, worked(pause.began, pause.ended or max(now, pause.began)))
        return due

    def can(self) -> set[str]:
        return {verb for verb, states in ALLOWED.items() if self.state in states}

    def demand(self, verb: str) -> None:
        if self.state not in ALLOWED[verb]:
            raise Refused(verb)

    def demand_open(self) -> None:
        if self.state not in OPEN:
            raise Refused("closed")

    # ----- being told

    def told(self, ago: int | None, since: datetime, now: datetime) -> datetime:
        """When the client was told: by a letter that goes now, or in person, hours ago."""
        if ago is None:
            if not self.reads:
                raise Refused("no letter can go")
            return now
        if not 0 <= ago <= 24 or now - ago * HOUR < since:
            raise Refused("told when?")
        return now - ago * HOUR

    # ----- pauses

    def pause(self, obligation: int, ago: int | None, now: datetime) -> None:
        self.demand("pause")
        if obligation in self.met:
            raise Refused("it came")
        if self._notice() is not None:
            raise Refused("told already")
        self.told(ago, self.given, now)
        self.pauses.append(Pause(max(now, self.owed[obligation]), obligation))
        self.begin(now)

    def begin(self, now: datetime) -> None:
        """The clock stands by itself from the later of overdue and notice."""
        notice = self._notice()
        if notice is not None and notice.began <= now:
            self.state = "paused"

    def call_off(self, now: datetime) -> None:
        if self._notice() is None:
            raise Refused("no notice")
        self._end_pause(now)

    def _notice(self) -> Pause | None:
        if self.state != "active" or not self.pauses or self.pauses[-1].ended is not None:
            return None
        return self.pauses[-1]

    def resume(self, now: datetime) -> None:
        self.demand("resume")
        self._end_pause(now)
        self.state = "active"

    def receive(self, obligation: int, now: datetime) -> None:
        self.met.add(obligation)
        standing = self.pauses[-1] if self.pauses else None
        if standing is None or standing.ended is not None or standing.obligation != obligation:
            return
        if self.state == "paused":
            self.resume(now)
        else:
            self._end_pause(now)

    def _end_pause(self, now: datetime) -> None:
        if self.pauses and self.pauses[-1].ended is None:
            self.pauses[-1].ended = max(now, self.pauses[-1].began)
            self.due = self.due_of(self.terms[-1], now)

    # ----- deliveries

    @property
    def waiting(self) -> Delivery | None:
        return next((one for one in self.deliveries if one.state == "waiting"), None)

    def deliver(self, now: datetime) -> None:
        self.demand("deliver")
        self._end_pause(now)
        self.deliveries.append(Delivery(now))
        self.state = "delivered"

    def notice(self, delivery: Delivery, ago: int | None, now: datetime) -> None:
        if delivery.state != "waiting" or delivery.deemed_from is not None:
            raise Refused("notice")
        self.demand("settle")
        delivery.deemed_from = shifted(self.told(ago, delivery.at, now), 5)

    def accept(self, delivery: Delivery, to_standard: bool | None) -> None:
        if delivery.state != "waiting":
            raise Refused("accept")
        self.demand("settle")
        delivery.state, delivery.to_standard = "accepted", to_standard
        self.state = "settled"

    def send_back(self, delivery: Delivery) -> None:
        if delivery.state != "waiting":
            raise Refused("send back")
        self.demand("send_back")
        delivery.state, self.state = "sent_back", "active"

    def deem(self, now: datetime) -> None:
        delivery = self.waiting
        if delivery is None or delivery.deemed_from is None or delivery.deemed_from > now:
            return
        if self.state == "delivered":
            delivery.state, self.state = "deemed", "settled"

    def thank(self, delivery: Delivery) -> None:
        if delivery.state not in {"accepted", "deemed"} or delivery.thanked:
            raise Refused("thank")
        delivery.thanked = True

    # ----- other terms

    def tell_by(self) -> datetime:
        last = self.terms[-1]
        notice = min(10, max(1, round(last.lead / 5)))
        return max(shifted(self.due, -notice), self.due - (last.due - last.agreed) / 2)

    def draft(self, due: datetime, now: datetime) -> Proposal:
        self.demand_open()
        if due <= now or due == self.due:
            raise Refused("no such date")
        self.proposals.append(Proposal("house", due))
        return self.proposals[-1]

    def _told(self) -> Proposal | None:
        return next((one for one in self.proposals if one.state == "told"), None)

    def tell(self, proposal: Proposal, now: datetime) -> None:
        self.demand_open()
        if proposal.state != "draft" or self._told() is not None:
            raise Refused("tell")
        proposal.state, proposal.told = "told", now
        proposal.tell_by, proposal.due_before = self.tell_by(), self.due

    def ask(self, due: datetime, now: datetime) -> Proposal:
        self.demand_open()
        if self._told() is not None or due <= now or due == self.due:
            raise Refused("ask")
        asked = Proposal("client", due, "told", told=now, due_before=self.due)
        self.proposals.append(asked)
        return asked

    def agree(self, proposal: Proposal, now: datetime) -> None:
        self.demand_open()
        if proposal.state != "told" or proposal.due <= now:
            raise Refused("agree")
        assert proposal.told is not None
        proposal.state = "agreed"
        if proposal.side == "client":
            assert proposal.due_before is not None
            moved = proposal.told < proposal.due_before
        else:
            assert proposal.tell_by is not None
            moved = proposal.told <= proposal.tell_by
        if moved:
            kind = "client_asked" if proposal.side == "client" else "renegotiated"
            self.terms.append(Terms(proposal.due, now, kind))
            self.due = proposal.due

    def refuse(self, proposal: Proposal) -> None:
        if proposal.state != "told":
            raise Refused("refuse")
        proposal.state = "refused"

    def withdraw(self, proposal: Proposal) -> None:
        if proposal.state not in {"draft", "told"}:
            raise Refused("withdraw")
        proposal.state = "withdrawn"

    # ----- endings

    def end(self, verb: str, now: datetime) -> None:
        self.demand(verb)
        self._end_pause(now)
        if verb != "void":
            for proposal in self.proposals:
                if proposal.state in {"draft", "told"}:
                    proposal.state = "withdrawn"
        self.state = {"release": "released", "revoke": "revoked", "void": "voided"}[verb]

    def look_back(self, answer: str) -> None:
        if self.state not in OVER:
            raise Refused("not over")
        self.again = answer

    # ----- what became of it

    def judged(self, terms: Terms, now: datetime) -> set[str]:
        """The words that hold of it, by one set of its terms."""
        if self.state in {"voided", "released"}:
            return {self.state}
        due = self.due_of(terms, now)
        cut_off = shifted(due, min(20, max(5, terms.lead)))
        told = [p.told for p in self.proposals if p.side == "house" and p.told]
        first = min((at for at in told if at >= terms.agreed), default=None)
        warned = first is not None and first < due
        words: set[str] = set()
        if self.state == "revoked":
            return {"broken"} | ({"warned"} if warned else set())
        done = next((one for one in self.deliveries if one.state != "sent_back"), None)
        if done is None:
            if now > due:
                words |= {"overdue"} | ({"warned"} if warned else set())
            if now > cut_off:
                words.add("broken")
            return words
        if done.at > due:
            words |= {"late"} | ({"warned"} if warned else set())
        if done.at > cut_off:
            words.add("broken")
        if done.to_standard is False:
            words.add("sub_standard")
        if not words:
            words.add("kept")
        if done.state == "waiting":
            words.add("provisional")
        if done.state == "deemed":
            words.add("deemed")
        return words

"""What became of a promise: rules 1 to 4 and 16, over plain values.

Nothing here reads a row or a clock. The same facts always give the same
outcome, so the record, a client's extract and the tests judge alike. A promise
is judged once against its first terms and once against its last.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

#: The cut-off lies as many working days after the due moment as the promise had
#: lead, but not fewer and not more than these.
LEAST_GRACE, MOST_GRACE = 5, 20
#: Fair notice is a fifth of the lead in working days, but not less and not more than these.
LEAST_NOTICE, MOST_NOTICE = 1, 10
#: More than this share of the hours out of hours makes a keep painful.
PAINFUL = 0.10


@dataclass(frozen=True, slots=True)
class Facts:
    """One promise and one set of its terms, as far as an outcome depends on them.

    Attributes:
        state: the promise's state, such as "active".
        due_at: of these terms, moved by the pauses that began after they were agreed.
        cut_off_at: not delivered by then, it counts as broken.
        delivered_at: of the delivery that was accepted, or of the one that waits for the
            client's word; None where there is none, or it was sent back.
        answered: the client's word came, or silence after notice counts as one.
        deemed: it was silence.
        lines_met: all required lines of these terms were delivered and taken.
        share_delivered: of the lines of these terms, required or not.
        to_standard: False only if the client said so.
        told_at: when the client was first told of a later date, after these terms were agreed.
        hours, out_of_hours: worked on it, and how many of them outside the working week.
    """

    state: str
    due_at: datetime
    cut_off_at: datetime
    delivered_at: datetime | None = None
    answered: bool = False
    deemed: bool = False
    lines_met: bool = True
    share_delivered: float = 1.0
    to_standard: bool = True
    told_at: datetime | None = None
    hours: float = 0.0
    out_of_hours: float = 0.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a promise ended, or stands; late, short and sub-standard may hold together.

    Attributes:
        open: it is neither delivered nor ended.
        overdue: open, and its due moment has passed.
        broken: revoked, or not delivered by the cut-off; an overdue one counts so already.
        provisional: delivered, and the client's word is still to come.
        deemed: accepted by silence after notice.
        warned: it is late or overdue, and the client was told before it was due.
        painful: kept, with more than a tenth of its hours outside the working week.
        share_delivered: of its lines; shown beside the outcome, and no part of it.
    """

    kept: bool = False
    late: bool = False
    short: bool = False
    sub_standard: bool = False
    broken: bool = False
    released: bool = False
    voided: bool = False
    open: bool = False
    overdue: bool = False
    provisional: bool = False
    deemed: bool = False
    warned: bool = False
    painful: bool = False
    share_delivered: float = 0.0

    @property
    def missed(self) -> bool:
        """Whether it counts as not kept, whatever else may still happen to it."""
        return self.late or self.short or self.sub_standard or self.broken or self.overdue

    @property
    def counts(self) -> bool:
        """Whether it belongs in a rate: released and voided ones are listed apart."""
        return not (self.released or self.voided)

    @property
    def word(self) -> str:
        """The one word that is shown; the gravest comes first."""
        if self.overdue:
            return "overdue"  # shown so until it is delivered, though it may count as broken
        for name in ("voided", "released", "broken", "late", "short", "sub_standard", "kept"):
            if getattr(self, name):
                return name
        return "open"


def judge(facts: Facts, now: datetime) -> Outcome:
    """Say what became of a promise, as its facts stand at `now`."""
    if facts.state == "voided":
        return Outcome(voided=True)
    if facts.state == "released":
        return Outcome(released=True)
    told_in_time = facts.told_at is not None and facts.told_at < facts.due_at
    if facts.state == "revoked":
        return Outcome(broken=True, warned=told_in_time)
    if facts.delivered_at is None:
        overdue = now > facts.due_at
        return Outcome(
            open=True,
            overdue=overdue,
            broken=now > facts.cut_off_at,
            warned=overdue and told_in_time,
        )
    late = facts.delivered_at > facts.due_at
    broken = facts.delivered_at > facts.cut_off_at
    short, sub_standard = not facts.lines_met, not facts.to_standard
    kept = not (late or broken or short or sub_standard)
    return Outcome(
        kept=kept,
        late=late,
        short=short,
        sub_standard=sub_standard,
        broken=broken,
        provisional=not facts.answered,
        deemed=facts.answered and facts.deemed,
        warned=late and told_in_time,
        painful=kept and facts.hours > 0 and facts.out_of_hours > PAINFUL * facts.hours,
        share_delivered=facts.share_delivered,
    )


def grace_days(lead_days: int) -> int:
    """Return how many working days after the due moment the cut-off lies."""
    return min(MOST_GRACE, max(LEAST_GRACE, lead_days))


def notice_days(lead_days: int) -> int:
    """Return how many working days before the due moment a client must be told, in full days."""
    return min(MOST_NOTICE, max(LEAST_NOTICE, round(lead_days / 5)))


def tell_by(*, due_at: datetime, days_before: datetime, lead: timedelta) -> datetime:
    """Return the last moment at which telling is fair notice.

    Args:
        days_before: the moment that lies the notice's working days before `due_at`.
        lead: how long before its due moment the promise was given; more than half
            of it is never asked.
    """
    return max(days_before, due_at - lead / 2)


def counts_as_moved(
    *, told_at: datetime | None, tell_by_at: datetime, agreed_at: datetime | None
) -> bool:
    """Say whether a proposal makes new terms: told with fair notice, and agreed."""
    return told_at is not None and agreed_at is not None and told_at <= tell_by_at

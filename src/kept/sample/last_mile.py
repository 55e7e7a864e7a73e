"""The studio's last mile: charters, who was asked what, what they said, and what a rule found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from kept import zones
from kept.last_mile import answering, climbing, raising, rounds
from kept.last_mile.models import Alarm, AlarmAnswer
from kept.people import charters, days
from kept.people.models import Member
from kept.promises.models import Promise
from kept.tenancy import scope

ZONE = "Europe/Lisbon"
Step = tuple[datetime, Callable[[datetime], object]]
Said = AlarmAnswer.Kind

#: Name, may be asked from, until, how often a day, and whether the ice bucket may reach them.
CHARTERS: tuple[tuple[str, time, time, int, bool], ...] = (
    ("Dev", time(9), time(17, 30), 3, False),
    ("Ines", time(10), time(16, 30), 2, False),
    ("Kai", time(10), time(18), 3, True),
    ("Lena", time(8), time(14), 2, False),
    ("Rui", time(8, 30), time(17, 30), 3, False),
    ("Tomas", time(9), time(17), 3, True),
    ("Omar", time(11), time(19), 4, True),
)


@dataclass(frozen=True)
class Talk:
    """One conversation on a promise, on the last working day.

    Attributes:
        hour: when it was asked.
        answer: what came back half an hour later, by what, and by which hour of the next day.
        useful: whether whoever was asked found it of use; None: they did not say.
        done: it was closed an hour later.
    """

    what: str
    hour: int
    question: str
    answer: tuple[AlarmAnswer.Kind, str, int] | None = None
    useful: bool | None = None
    done: bool = False
    knows: bool = False


TALKS = (
    Talk(
        "Menu cards", 13, "when is the proof back?",
        (Said.DONE_BY, "Printer promised it for ten.", 11),
    ),
    Talk(
        "Client portal, step 2", 10, "what is left on sign-in?",
        (Said.BLOCKED_BY, "test accounts that Marlow & Finch owe us", 16),
    ),
    Talk(
        "Advent pages", 9, "are the pictures final?",
        (Said.NEED_HELP, "two are too small to print", 12), useful=True, done=True,
    ),
    Talk("Enrolment form", 15, "does the school have the last version?", knows=True),
    Talk("Season site", 16, "will the season’s texts be in this week?"),
)  # fmt: skip


def steps(people: Mapping[str, Member], *, now: datetime) -> list[Step]:
    """Return everything that was asked and answered, each with its moment."""
    found: list[Step] = [
        (now - timedelta(days=30), _charter(people[name], opens, closes, cap, top))
        for name, opens, closes, cap, top in CHARTERS
    ]
    for talk in TALKS:
        found += _steps(talk, now)
    # What a rule finds is found now, as the first round of a house would.
    found.append((now - timedelta(minutes=50), lambda at: rounds.go(now=at)))
    return found


def _steps(talk: Talk, now: datetime) -> list[Step]:
    held: list[Alarm] = []

    def asked(at: datetime) -> None:
        promise = Promise.objects.get(job__title=talk.what)
        owner = promise.last_mile_owner
        whom = [member for member in raising.whom(promise) if member != owner]
        if owner is not None and whom:
            held.append(raising.ask(promise, whom[0], question=talk.question, by=owner, now=at))

    def answered(at: datetime) -> None:
        for alarm in held:
            if talk.answer is None:
                answering.acknowledge(alarm, by=alarm.asked, now=at)
                continue
            kind, word, hour = talk.answer
            row = answering.answer(
                alarm, kind=kind, words=word, due_at=_on(at, 2, hour), by=alarm.asked, now=at
            )
            if talk.useful is not None:
                answering.rate(row, useful=talk.useful, by=alarm.asked, now=at)

    def closed(at: datetime) -> None:
        for alarm in held:
            answering.close(alarm, by=alarm.asked, now=at, why=Alarm.Why.DONE)

    at = _on(now, -1, talk.hour, 5)
    found: list[Step] = [(at, asked)]
    if talk.answer is not None or talk.knows:
        found.append((at + timedelta(minutes=31), answered))
    else:
        # Nobody answered: the next rung was taken when it was due.
        found.append((now - timedelta(hours=1), lambda at: climbing.climb_due(now=at)))
    if talk.done:
        found.append((at + timedelta(minutes=70), closed))
    return found


def _charter(
    member: Member, opens: time, closes: time, cap: int, top: bool
) -> Callable[[datetime], object]:
    return lambda at: charters.change(
        member,
        quiet_until=opens,
        quiet_from=closes,
        daily_cap=cap,
        top_rung=top,
        by=member,
        now=at,
    )


def _on(at: datetime, working_days: int, hour: int, minute: int = 0) -> datetime:
    """Return a moment of a working day, counted from the day of `at`."""
    day = days.shifted(scope.current(), zones.day_of(at, ZONE), working_days)
    return zones.moment(day, time(hour, minute), ZONE)

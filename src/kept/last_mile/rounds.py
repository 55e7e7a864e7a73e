"""The rounds: what happened unseen, what came due, what raises an alarm, who hears next.

Everything is found by what is in the rows, and named by its cause: a round that
is repeated, or that comes three days late, raises nothing twice and loses nothing.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models import Max

from kept.asks import referring
from kept.jobs import handing
from kept.jobs.models import Job, Obligation, Responsibility, Stage
from kept.last_mile import (
    answering,
    bad_news,
    climbing,
    envelopes,
    forecasts,
    mornings,
    raising,
    rules,
    undelivered,
)
from kept.last_mile.models import Alarm, Kind, Rounds
from kept.last_mile.webhooks import sending, telling
from kept.ledger.models import Head
from kept.people import days, solo
from kept.people.models import Member
from kept.plan.models import Hold
from kept.promises.models import Promise
from kept.quotes import rounds as house_rounds
from kept.quotes.models import Quote
from kept.tenancy import scope
from kept.tenancy.models import Organisation

log = logging.getLogger(__name__)

#: Everything is looked at so often, although no event came: time alone raises alarms too.
AT_LEAST_EVERY = timedelta(minutes=5)
#: Seconds between two looks for events that nobody has seen and moments that came due.
BETWEEN_LOOKS = 10

#: What an alarm is raised with.
Case = dict[str, Any]

#: Importing a room makes its work known to the outbox: notices by `climbing`, and this one.
WORKS_FOR = (sending,)
#: Letters, notices and webhooks leave by the same outbox.
keep_working = house_rounds.keep_working


def keep_going(*, now: Callable[[], datetime], until: threading.Event) -> None:
    """Go the rounds of all houses until told to stop; every five minutes, the long one too."""
    longest_ago = float("-inf")
    while not until.is_set():
        try:
            if time.monotonic() - longest_ago >= house_rounds.BETWEEN_ROUNDS:
                house_rounds.look_after(now=now())
                longest_ago = time.monotonic()
            everywhere(now=now())
        except Exception:
            log.exception("A round failed; the next one tries again")
        finally:
            connections.close_all()
        until.wait(BETWEEN_LOOKS)


def everywhere(*, now: datetime) -> None:
    """Go one round in every house; one in which something fails does not hold up the others."""
    for house in Organisation.objects.order_by("pk"):
        with scope.acting_in(house):
            for step in (referring.follow, go, telling.tell):
                try:
                    step(now=now)
                except Exception:
                    log.exception("A round of house %s failed; it is tried again", house.pk)


def go(*, now: datetime) -> list[Alarm]:
    """Go one round in the current house; return the alarms that were raised.

    A house of one person chases nobody.
    """
    if solo.is_solo(scope.current()):
        return []
    raised: list[Alarm] = []
    envelopes.follow_letters(now=now)
    head = _head()
    seen = Rounds.objects.first()
    if seen is None or seen.seen_number != head or now - seen.looked_at >= AT_LEAST_EVERY:
        close_what_is_over(now=now)
        raised += look(now=now)
        mornings.open_digests(now=now)
        # What the round itself wrote is seen with it.
        _note(_head(), now=now)
    raised += answering.overdue(now=now)
    climbing.climb_due(now=now)
    return raised


def look(*, now: datetime) -> list[Alarm]:
    """Raise an alarm for everything that needs one and has none."""
    said = rules.rules()
    finders = {
        Kind.AT_RISK: _at_risk,
        Kind.DRIFT: _drifting,
        Kind.SILENCE: _silent,
        Kind.STUCK: _stuck,
        Kind.OBLIGATION: _owed,
        Kind.UNDELIVERABLE: _undeliverable,
        Kind.HOLD: _lapsing,
    }
    found = []
    for kind, finder in finders.items():
        if not said[kind].on:
            continue
        cases: list[Case] = []
        with _beside_the_others(kind):
            cases += finder(said[kind].amount or 0, now)
        for case in cases:
            with _beside_the_others(case["cause"]):
                alarm = _raise(kind, case, now=now)
                found += [] if alarm is None else [alarm]
    return found


def _raise(kind: Kind, case: Case, *, now: datetime) -> Alarm | None:
    if Alarm.objects.filter(cause=case["cause"]).exists():
        return None
    sheet = None
    if kind is Kind.AT_RISK:
        # Without the sheet the alarm is still worth raising.
        with _beside_the_others(f"the sheet of {case['cause']}"):
            sheet = bad_news.compose(case["promise"], now=now)
    with transaction.atomic():
        proposal = None if sheet is None else bad_news.keep(sheet, now=now)
        return raising.raise_alarm(kind, now=now, proposal=proposal, **case)


@contextmanager
def _beside_the_others(what: str) -> Iterator[None]:
    """Let what fails in the block hold up nothing after it; the next round tries again."""
    try:
        yield
    except Exception:
        log.exception("%s failed in the round of house %s", what, scope.current_id())


def close_what_is_over(*, now: datetime) -> list[Alarm]:
    """Close the alarms whose cause is gone: the work is done, the chance is back, they answered."""
    rows = Alarm.objects.filter(state__in=Alarm.OPEN).select_related(
        "promise", "stage", "responsibility", "obligation", "hold", "job", "letter"
    )
    open_ones = list(rows)
    chances = forecasts.newest([a.promise_id for a in open_ones if a.promise_id is not None])
    closed = []
    for alarm in open_ones:
        with _beside_the_others(f"closing alarm {alarm.pk}"):
            why = _over(alarm, chances, now=now)
            if why is not None:
                closed.append(answering.close(alarm, by=None, now=now, why=why))
    return closed


def _over(alarm: Alarm, chances: dict[int, float], *, now: datetime) -> Alarm.Why | None:
    """Return why an alarm is over; None while it is not."""
    promise = alarm.promise
    if promise is not None and promise.state not in Promise.OPEN:
        done = promise.state in (Promise.State.DELIVERED, Promise.State.SETTLED)
        return Alarm.Why.DONE if done else Alarm.Why.OVER
    stage = alarm.stage
    if stage is not None and stage.state in (Stage.State.HANDED_OVER, Stage.State.DONE):
        return Alarm.Why.DONE
    house = scope.current()
    match Kind(alarm.kind):
        case Kind.AT_RISK:
            assert promise is not None
            chance = chances.get(promise.pk)
            return Alarm.Why.OVER if chance is not None and forecasts.is_well(chance) else None
        case Kind.DRIFT:
            assert promise is not None
            points = rules.rules()[Kind.DRIFT].amount or 0
            chance = chances.get(promise.pk)
            fell = chance is not None and chance < house.line  # another rule speaks then
            back = forecasts.drift_of(promise) < points - forecasts.CLEAR
            return Alarm.Why.OVER if fell or back else None
        case Kind.SILENCE:
            asked = alarm.responsibility
            answered = asked is None or asked.state != Responsibility.State.PROPOSED
            return Alarm.Why.DONE if answered else None
        case Kind.STUCK:
            assert stage is not None
            stands = handing.standstills([stage], now=now)
            return None if stage.pk in stands else Alarm.Why.OVER
        case Kind.OBLIGATION:
            owed = alarm.obligation
            return Alarm.Why.DONE if owed is None or owed.met_at is not None else None
        case Kind.HOLD:
            hold = alarm.hold
            return Alarm.Why.OVER if hold is None or _is_over(hold, now) else None
        case Kind.UNDELIVERABLE:
            return None if undelivered.holds(alarm) else Alarm.Why.DONE
    return None


def _is_over(hold: Hold, now: datetime) -> bool:
    return hold.ended_at is not None or hold.expires_at <= now


def _at_risk(_amount: float, now: datetime) -> Iterator[Case]:
    for promise, since, chance in forecasts.under_the_line():
        asked = _sees_over(promise)
        if asked is not None and promise.due_at > now:
            yield {
                "cause": f"at_risk:{promise.pk}:{since.pk}",
                "asked": asked,
                "promise": promise,
                "job": promise.job,
                "chance_then": chance,
            }


def _drifting(points: float, now: datetime) -> Iterator[Case]:
    at_risk = set(
        Alarm.objects.filter(kind=Kind.AT_RISK, state__in=Alarm.OPEN).values_list(
            "promise_id", flat=True
        )
    )
    for promise, told, chance in forecasts.drifting(points):
        if promise.pk in at_risk:
            continue  # it hovers at the line, and that is known
        asked = _sees_over(promise)
        if asked is not None and promise.due_at > now:
            yield {
                "cause": f"drift:{promise.pk}:{told}",
                "asked": asked,
                "promise": promise,
                "job": promise.job,
                "chance_then": chance,
            }


def _silent(minutes: float, now: datetime) -> Iterator[Case]:
    rows = Responsibility.objects.filter(
        state=Responsibility.State.PROPOSED, member__left_at__isnull=True
    ).exclude(job__state=Job.State.CLOSED)
    for row in rows.select_related("member", "stage", "job__promise"):
        if _waited(row.proposed_at, minutes, row.member.zone) <= now:
            yield {
                "cause": f"silence:{row.pk}",
                "asked": row.member,
                "promise": getattr(row.job, "promise", None),
                "job": row.job,
                "stage": row.stage,
                "responsibility": row,
            }


def _stuck(_amount: float, now: datetime) -> Iterator[Case]:
    rows = Stage.objects.filter(finishing=True, job__promise__state__in=Promise.OPEN)
    running = list(
        rows.exclude(state__in=[Stage.State.WAITING, Stage.State.DONE]).select_related(
            "job__promise__last_mile_owner", "owner"
        )
    )
    since = handing.standstills(running, now=now)
    for stage in running:
        if stage.pk not in since:
            continue
        promise = stage.job.promise
        asked = stage.owner or _sees_over(promise)
        if asked is not None:
            yield {
                "cause": f"stuck:{stage.pk}:{since[stage.pk].isoformat()}",
                "asked": asked,
                "promise": promise,
                "job": stage.job,
                "stage": stage,
            }


def _owed(minutes: float, now: datetime) -> Iterator[Case]:
    rows = Obligation.objects.filter(
        met_at__isnull=True, due_at__lte=now, job__promise__state=Promise.State.ACTIVE
    )
    for row in rows.select_related("job__promise__last_mile_owner"):
        promise = row.job.promise
        asked = _sees_over(promise)
        if asked is not None and _waited(row.due_at, minutes, promise.zone) <= now:
            yield {
                "cause": f"obligation:{row.pk}:{row.due_at.isoformat()}",
                "asked": asked,
                "promise": promise,
                "job": row.job,
                "obligation": row,
            }


def _undeliverable(_amount: float, _now: datetime) -> Iterator[Case]:
    yield from undelivered.cases()


def _lapsing(minutes: float, now: datetime) -> Iterator[Case]:
    rows = Quote.objects.filter(
        state__in=[Quote.State.HELD, Quote.State.OFFERED, Quote.State.COUNTERED],
        hold__ended_at__isnull=True,
        hold__expires_at__gt=now,
    )
    for quote in rows.select_related("hold__job", "offered_by", "job__made_by"):
        hold = quote.hold
        asked = quote.offered_by or quote.job.made_by
        if asked is None or asked.left_at is not None or hold is None:
            continue
        if _waited(now, minutes, asked.zone) >= hold.expires_at:
            yield {
                "cause": f"hold:{hold.pk}:{hold.expires_at.isoformat()}",
                "asked": asked,
                "job": hold.job,
                "hold": hold,
            }


def _sees_over(promise: Promise) -> Member | None:
    """Return whom a promise is to worry: its last-mile owner, else a lead, else an owner."""
    return undelivered.somebody_else(promise, None)


def _waited(since: datetime, minutes: float, zone: str) -> datetime:
    return days.later_by(scope.current(), since, int(minutes), zone=zone)


def _head() -> int:
    return Head.objects.aggregate(Max("number"))["number__max"] or 0


def _note(number: int, *, now: datetime) -> None:
    house = scope.current()
    changed = Rounds.objects.filter(organisation=house).update(seen_number=number, looked_at=now)
    if not changed:
        # Somebody else may go this house's first round in the same moment.
        Rounds.objects.get_or_create(defaults={"seen_number": number, "looked_at": now})

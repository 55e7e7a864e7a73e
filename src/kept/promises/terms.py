"""What terms come to: their due moment after pauses, fair notice, the cut-off."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol

from kept import zones
from kept.people import days
from kept.promises import outcomes
from kept.promises.models import Promise, Terms, TermsLine
from kept.tenancy.models import Organisation


class Dated(Protocol):
    """As much of terms as their moments depend on: a row of them, or plain values."""

    @property
    def due_at(self) -> datetime: ...
    @property
    def agreed_at(self) -> datetime: ...


class Stood(Protocol):
    """As much of a pause as moves a due moment."""

    @property
    def started_at(self) -> datetime: ...
    @property
    def working_minutes(self) -> int | None: ...


def last_of(promise: Promise) -> Terms:
    """Return the terms that hold now."""
    return Terms.objects.filter(promise=promise).latest("number")


def with_lines(terms: Terms, *, left_out: Collection[int] = ()) -> list[TermsLine]:
    """Return the lines that a promise's job has, as lines of new terms; not saved.

    Args:
        left_out: keys of conditions that are not promised.
    """
    conditions = terms.promise.job.conditions.exclude(pk__in=left_out).order_by("position", "pk")
    return [
        TermsLine(
            terms=terms,
            position=position,
            condition=condition,
            text=condition.text,
            required=condition.required,
        )
        for position, condition in enumerate(conditions, start=1)
    ]


def due_of(
    terms: Dated, pauses: Iterable[Stood], *, zone: str, house: Organisation, now: datetime
) -> datetime:
    """Return the moment that terms are judged by: their own, later by the paused working time.

    Only pauses move it that began after the terms were agreed and before it
    had passed; one that runs moves it as if it ended now.
    """
    due_at = terms.due_at
    for pause in sorted(pauses, key=lambda pause: pause.started_at):
        if not terms.agreed_at <= pause.started_at < due_at:
            continue
        minutes = pause.working_minutes
        if minutes is None:
            until = max(now, pause.started_at)
            minutes = days.working_minutes(house, pause.started_at, until, zone=zone)
        due_at = days.later_by(house, due_at, minutes, zone=zone)
    return due_at


def lead_days(terms: Dated, *, zone: str, house: Organisation) -> int:
    """Return the working days from the day terms were agreed to the day they are due."""
    given_on = zones.day_of(terms.agreed_at, zone)
    return max(0, days.count_between(house, given_on, zones.day_of(terms.due_at, zone)))


def tell_by(terms: Dated, *, due_at: datetime, zone: str, house: Organisation) -> datetime:
    """Return the last moment at which the client can be told of other terms with fair notice.

    Args:
        due_at: the moment the terms are due, after pauses.
    """
    notice = outcomes.notice_days(lead_days(terms, zone=zone, house=house))
    return outcomes.tell_by(
        due_at=due_at,
        days_before=days.shifted_moment(house, due_at, -notice, zone=zone),
        lead=max(timedelta(), terms.due_at - terms.agreed_at),
    )


def cut_off(terms: Dated, *, due_at: datetime, zone: str, house: Organisation) -> datetime:
    """Return the moment from which a promise that was not delivered counts as broken.

    Args:
        due_at: the moment the terms are due, after pauses.
    """
    grace = outcomes.grace_days(lead_days(terms, zone=zone, house=house))
    return days.shifted_moment(house, due_at, grace, zone=zone)


def is_day_end(due_at: datetime, *, zone: str, house: Organisation) -> bool:
    """Say whether a moment is the end of a working day, so that naming the day is enough."""
    return zones.local(due_at, zone).time() == house.day_ends_at


def internal_date(due_at: datetime, *, now: datetime, house: Organisation) -> datetime:
    """Return the date the team aims at, at the end of a working day.

    It is a fifth of the working days earlier, at least one and at most five;
    where there is no working day to spare it is the due moment itself.
    """
    today = zones.day_of(now, house.zone)
    due_on = zones.day_of(due_at, house.zone)
    lead = days.count_between(house, today, due_on)
    if lead < 2:
        return due_at
    earlier = days.shifted(house, due_on, -min(5, max(1, round(lead / 5))))
    return min(due_at, days.end_of(earlier, zone=house.zone, house=house))

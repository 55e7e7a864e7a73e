"""What is paid by the month recurs: the standing promise that a priced retainer becomes.

A price alone promises nothing again. When they said yes to the first month,
the months after it are one click away: the same day of the month, the same
hour, the same people. Only a person gives that promise.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kept import zones
from kept.asks.models import Ask, Creep, Decision
from kept.clients.models import Client, Contact, Service
from kept.people import access
from kept.people.models import Member, Role
from kept.promises import occurring, repeating
from kept.promises.models import StandingPromise
from kept.quotes.models import Quote
from kept.tenancy import refusals

#: The last day that every month has; what falls later is due on the month's last.
EVERY_MONTH_HAS = 28


class NotAgreed(refusals.Conflict):
    """They have not said yes to the first month."""


class RecursAlready(refusals.Conflict):
    """It is a standing promise of theirs already."""


@dataclass(frozen=True)
class Months:
    """What recurs after the first month, as it would be promised.

    Attributes:
        day: of the month; it is due on the last day of a month that is shorter.
        starts_on: the day after the first month's due day.
        contact: who reads the first month by link, and so those after it.
    """

    what: str
    day: int
    due_time: time
    starts_on: date
    service: Service | None
    owner: Member | None
    contact: Contact | None = None

    @property
    def rule(self) -> str:
        """The same as RFC 5545 has it."""
        return f"FREQ=MONTHLY;BYMONTHDAY={-1 if self.day > EVERY_MONTH_HAS else self.day}"

    @property
    def said(self) -> str:
        """The same in words."""
        return repeating.in_words(self.rule, self.due_time)


def offered(row: Creep, *, now: datetime) -> Months | None:
    """Return what can be promised by the month now; None where nothing can, or it recurs."""
    if not row.by_month or row.ended_at is not None or _recurs(row):
        return None
    return _months(row, now=now)


def promise(row: Creep, *, by: Member, now: datetime) -> StandingPromise:
    """Promise the months after the first one.

    Raises:
        Refused: it has its price each, not by the month.
        NotAgreed: they have not said yes to the first.
        RecursAlready: it is promised.
    """
    access.demand(by, Role.MEMBER)
    if not row.by_month:
        raise refusals.Refused(_("It is paid each, not by the month. Nothing was promised."))
    with transaction.atomic():
        Client.objects.select_for_update(no_key=True).get(pk=row.client_id)
        if _recurs(row):
            raise RecursAlready(
                _("“%(what)s” recurs for %(client)s already. Nothing was changed.")
                % {"what": row.kind.name, "client": row.client.name}
            )
        months = _months(row, now=now)
        if months is None:
            raise NotAgreed(
                _("%(client)s has not said yes to the first month. Nothing was promised.")
                % {"client": row.client.name}
            )
        return occurring.make(
            client=row.client,
            what=months.what,
            rule=months.rule,
            due_time=months.due_time,
            starts_on=months.starts_on,
            service=months.service,
            owner=months.owner,
            contact=months.contact,
            in_a_gap=StandingPromise.Gap.AFTER,
            by=by,
            now=now,
        )


def _recurs(row: Creep) -> bool:
    called = row.kind.name.casefold()
    standing = row.client.standing_promises.all()
    return any(one.what.casefold() == called for one in standing if one.ended_at is None)


def _months(row: Creep, *, now: datetime) -> Months | None:
    """Return the months after the first; None before they said yes to that.

    Where the first takes no time of ours there is no offer to accept: the paid yes counts.
    """
    draft = row.draft
    decision: Decision | None = None if draft is None else getattr(draft, "decision", None)
    if draft is None or decision is None or decision.given != Decision.Given.PAID_YES:
        return None
    first = None if draft.quote is None else draft.quote.promise
    if draft.quote is not None and first is None:
        return None
    zone = row.client.zone
    due = zones.local(decision.decided_at if first is None else first.due_at, zone)
    return Months(
        what=row.kind.name,
        day=due.day,
        due_time=due.time().replace(second=0, microsecond=0),
        starts_on=max(due.date() + timedelta(days=1), zones.day_of(now, zone)),
        service=_service(draft),
        owner=None if first is None else first.last_mile_owner,
        contact=_contact(draft.quote),
    )


def _contact(quote: Quote | None) -> Contact | None:
    """Return who reads the promise or the offer; whoever was archived since reads nothing more."""
    if quote is None:
        return None
    promise = quote.promise
    found = quote.contact if promise is None else promise.contact
    return None if found is None or found.archived_at is not None else found


def _service(draft: Ask) -> Service | None:
    return draft.service or (None if draft.quote is None else draft.quote.job.service)

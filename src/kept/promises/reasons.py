"""Why a date moved or was missed: about the system, never about a person."""

from collections import Counter
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kept import zones
from kept.jobs.models import Assumption
from kept.ledger import recording
from kept.ledger.models import Event
from kept.people import access
from kept.people.models import Member, Role
from kept.promises.models import Promise, Reason
from kept.tenancy import given, refusals, scope

Category, Controllable = Reason.Category, Reason.Controllable

#: Whose to change a category usually is; whoever gives the reason may say otherwise.
USUALLY: dict[str, Reason.Controllable] = {
    Category.CLIENT_MATERIAL: Controllable.CLIENTS,
    Category.CLIENT_CHANGE: Controllable.CLIENTS,
    Category.ESTIMATE: Controllable.OURS,
    Category.THIRD_PARTY: Controllable.THEIRS,
    Category.AWAY: Controllable.NOBODYS,
    Category.CAPACITY: Controllable.OURS,
    Category.QUALITY: Controllable.OURS,
    Category.CHANGED_MIND: Controllable.OURS,
    Category.OTHER: Controllable.OURS,
}


def give(
    promise: Promise,
    *,
    category: Reason.Category,
    controllable: Reason.Controllable | None = None,
    stated: str = "",
    assumption: Assumption | None = None,
    by: Member,
    now: datetime,
) -> Reason:
    """Say why a promise moved, is late, or ended.

    Args:
        controllable: whose to change it is; left out, whose it usually is.
        stated: in a sentence, as it was said.
        assumption: what was counted on and broke.

    Raises:
        Refused: the promise was voided, or the assumption belongs to other work.
    """
    access.demand(by, Role.MEMBER)
    stated = given.one_line(
        stated, called=_("The reason"), field="stated", longest=300, needed=False
    )
    if promise.state == Promise.State.VOIDED:
        raise refusals.Conflict(_("This promise was voided: it needs no reasons."))
    if assumption is not None and assumption.job_id != promise.job_id:
        raise refusals.Refused(
            _("“%(what)s” was counted on for other work.") % {"what": assumption.text},
            field="assumption_id",
        )
    with transaction.atomic():
        row = Reason.objects.create(
            promise=promise,
            category=category,
            controllable=controllable or USUALLY[category],
            stated=stated,
            assumption=assumption,
            said_at=now,
            said_by=by,
        )
        recording.record(
            Event.Kind.REASON_GIVEN,
            about=row,
            by=by,
            at=now,
            rows=[row],
            promise=promise,
            facts={"category": str(row.category), "controllable": str(row.controllable)},
        )
    return row


def uses(*, now: datetime) -> Counter[str]:
    """Return how often each category was given this year, as the house's calendar has it."""
    zone = scope.current().zone
    first = zones.start_of(zones.day_of(now, zone).replace(month=1, day=1), zone)
    rows = Reason.objects.filter(said_at__gte=first, said_at__lte=now)
    rows = rows.exclude(promise__state=Promise.State.VOIDED)
    return Counter(rows.order_by().values_list("category", flat=True))

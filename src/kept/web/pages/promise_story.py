"""What happened to a promise: the newest on its own page, what was before on pages of their own."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render

from kept import clock, zones
from kept.jobs.models import Assumption, InboundPromise, Obligation, Stage
from kept.people.access import Policy, allow
from kept.plan.models import Outlook
from kept.promises.models import Delivery, Promise, Proposal, Reason
from kept.tenancy.models import Organisation
from kept.web import life_story, story
from kept.web.doorkeeper import KeptRequest

#: A page of what was before tells so many events; it has nothing else to show.
EARLIER = 100


@allow(Policy.MEMBER)
def earlier(request: KeptRequest, pk: int) -> HttpResponse:
    """Show what happened before an event, the newest first; of no event, from the newest on."""
    said = request.GET.get("before", "")
    if said and not (said.isascii() and said.isdigit() and len(said) < 19):
        raise Http404
    before = int(said) if said else None
    found = get_object_or_404(Promise.objects.select_related("client", "job"), pk=pk)
    house = request.member.organisation
    this_day = zones.day_of(clock.now(), house.zone)
    context = {
        "place": "today",
        "today": this_day,
        "promise": found,
        "job": found.job,
        "before": before,
    }
    context |= told(
        found,
        house,
        this_day,
        outlooks=list(Outlook.objects.filter(promise=found).order_by("computed_at", "pk")),
        stages=found.job.stages.all(),
        obligations=found.job.obligations.all(),
        inbound=found.job.inbound.all(),
        assumptions=found.job.assumptions.all(),
        deliveries=found.deliveries.all(),
        proposals=found.proposals.all(),
        why=found.reasons.all(),
        before=before,
        at_most=EARLIER,
    )
    return render(request, "kept/promise/earlier.html", context)


def told(
    found: Promise,
    house: Organisation,
    today: date,
    *,
    outlooks: Sequence[Outlook],
    stages: Iterable[Stage],
    obligations: Iterable[Obligation],
    inbound: Iterable[InboundPromise],
    assumptions: Iterable[Assumption],
    deliveries: Iterable[Delivery],
    proposals: Iterable[Proposal],
    why: Iterable[Reason],
    before: int | None = None,
    at_most: int = story.SHOWN,
) -> dict[str, object]:
    """Tell what happened, and by which number what was before is to be asked for."""
    happenings = story.of(
        found,
        outlooks=outlooks,
        stages=stages,
        obligations=obligations,
        inbound=inbound,
        assumptions=assumptions,
        line=house.line,
        today=today,
        life=life_story.Rows(
            promise=found,
            today=today,
            contacts={row.pk: row for row in found.client.contacts.all()},
            obligations={row.pk: row for row in obligations},
            stages={row.pk: row for row in stages},
            deliveries={row.pk: row for row in deliveries},
            proposals={row.pk: row for row in proposals},
            reasons={row.pk: row for row in why},
        ),
        before=before,
        at_most=at_most + 1,
    )
    shown = happenings[:at_most]
    return {"story": shown, "earlier": shown[-1].number if len(happenings) > at_most else None}

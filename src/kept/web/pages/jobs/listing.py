"""Jobs, listed."""

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render

from kept.jobs import reading
from kept.jobs.models import Job
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.jobs.job import today_of

SHOWN_AT_MOST = 200


@allow(Policy.GUEST)
def jobs(request: KeptRequest) -> HttpResponse:
    """List jobs: a guest sees those with a stage that names them."""
    shown = request.GET.get("show", Job.State.OPEN)
    if shown not in Job.State.values:
        shown = Job.State.OPEN
    readable = reading.jobs_for(request.member)
    rows = (
        Job.objects.filter(pk__in=readable.values("pk"), state=shown)
        .select_related("client", "service", "promise")
        .annotate(parts=Count("stages"), done=Count("stages", filter=Q(stages__state="done")))
        .order_by("-made_at", "-pk")[: SHOWN_AT_MOST + 1]
    )
    context = {
        "place": "clients",
        "today": today_of(request),
        "jobs": list(rows)[:SHOWN_AT_MOST],
        "more": len(rows) > SHOWN_AT_MOST,
        "shown": shown,
        "states": Job.State.choices,
        "is_member": request.member.may(Role.MEMBER),
    }
    return render(request, "kept/jobs/list.html", context)

"""Search: jobs, promises, clients and people by a few letters of their names."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from kept.clients.models import Client
from kept.jobs.models import Job
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.web.doorkeeper import KeptRequest

FOUND_AT_MOST = 30


@allow(Policy.MEMBER)
def search(request: KeptRequest) -> HttpResponse:
    """List what carries the letters in its name; nothing is listed before something is typed."""
    said = request.GET.get("q", "").replace("\0", "").strip()[:80]
    context: dict[str, object] = {"q": said, "place": "search"}
    if said:
        context |= {
            "jobs": Job.objects.filter(Q(title__icontains=said) | Q(client__name__icontains=said))
            .select_related("client", "promise")
            .order_by("-made_at", "-pk")[:FOUND_AT_MOST],
            "clients": Client.objects.filter(name__icontains=said)[:FOUND_AT_MOST],
            "people": Member.objects.filter(name__icontains=said, left_at__isnull=True)[
                :FOUND_AT_MOST
            ],
        }
    page = "kept/search/_found.html" if request.headers.get("HX-Request") else "kept/search.html"
    return render(request, page, context)

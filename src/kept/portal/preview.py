"""“View as client”: what a client would see, for members; nothing can be done there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from kept import clock
from kept.clients.models import Client, Contact
from kept.people.access import Policy, allow
from kept.portal import saying
from kept.promises.models import Promise, StandingPromise
from kept.quotes import for_client
from kept.quotes.models import Quote


@require_safe
@allow(Policy.MEMBER)
def quote(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an offer as its client sees it."""
    rows = Quote.objects.select_related("job", "client", "contact", "promise__job")
    found = get_object_or_404(rows, pk=pk)
    page = for_client.of_quote(found, now=clock.now())
    return _shown(request, page, found.client, found.contact)


@require_safe
@allow(Policy.MEMBER)
def promise(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a promise as its client sees it."""
    rows = Promise.objects.select_related("job", "client", "contact")
    found = get_object_or_404(rows, pk=pk)
    page = for_client.of_promise(found, now=clock.now())
    return _shown(request, page, found.client, found.contact)


@require_safe
@allow(Policy.MEMBER)
def standing(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a standing promise as its client sees it."""
    rows = StandingPromise.objects.select_related("client", "contact")
    found = get_object_or_404(rows, pk=pk)
    page = for_client.of_standing(found, now=clock.now())
    return _shown(request, page, found.client, found.contact)


def _shown(
    request: HttpRequest, page: for_client.Page, client: Client, contact: Contact | None
) -> HttpResponse:
    context = saying.page(page, client=client, contact=contact, now=clock.now())
    return render(request, "portal/page.html", context | {"preview": True})

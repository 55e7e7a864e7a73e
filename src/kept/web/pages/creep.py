"""What became expected: priced, adopted into the core, or ended kindly, by a lead."""

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.asks import creep as creeping
from kept.asks import retainers
from kept.asks.models import AskKind, Creep
from kept.clients.models import Client, Service
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS
from kept.web.pages.desk import rows


@allow(Policy.MEMBER)
def creep(request: KeptRequest) -> HttpResponse:
    """Show what became repeated or expected; a lead prices, adopts or retires it."""
    now, house = clock.now(), request.member.organisation
    refusal: Refused | None = None
    if request.method == "POST":
        if not request.member.may(Role.LEAD):
            return render(request, "kept/403.html", {"needs": Role.LEAD}, status=403)
        try:
            return _decide(request)
        except Refused as refused:
            refusal = refused
    context: dict[str, Any] = {
        "place": "desk",
        "today": zones.day_of(now, house.zone),
        "zone": house.zone,
        "refusal": refusal,
        "found": [
            (
                one,
                words.money(one.money, house.currency),
                creeping.line(one, one.usual_price),
                words.money(
                    one.in_a_month(one.money, today=zones.day_of(now, house.zone)), house.currency
                ),
                creeping.ending(one, by=request.member, now=now),
                creeping.last_contact(one),
            )
            for one in creeping.watch(now=now)
        ],
        "decided": [(row, retainers.offered(row, now=now)) for row in _decided()],
        "services": Service.objects.filter(archived_at__isnull=True),
        "may": request.member.may(Role.LEAD),
    }
    status = 200 if refusal is None else STATUS[refusal.kind]
    return render(request, "kept/desk/creep.html", context, status=status)


@require_POST
@allow(Policy.MEMBER)
def creep_recur(request: KeptRequest, pk: int) -> HttpResponse:
    """Promise the months after the first of what is paid by the month."""
    found = get_object_or_404(Creep.objects.select_related("client", "kind"), pk=pk)
    try:
        retainers.promise(found, by=request.member, now=clock.now())
    except Refused as refused:
        messages.warning(request, refused.sentence)
        return redirect("creep")
    return redirect("client_core", found.client_id)


@require_POST
@allow(Policy.LEAD)
def creep_reopen(request: KeptRequest, pk: int) -> HttpResponse:
    """Look at a decision about creep anew."""
    found = get_object_or_404(Creep.objects.all(), pk=pk)
    try:
        creeping.reopen(found, by=request.member, now=clock.now())
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("creep")


def _decided() -> QuerySet[Creep]:
    """Return what was decided, the last first, with what a retainer's months are told from."""
    return (
        Creep.objects.select_related(
            "client",
            "kind",
            "decided_by",
            "core_service__service",
            "draft__decision",
            "draft__service",
            "draft__quote__job__service",
            "draft__quote__promise__last_mile_owner",
            "draft__quote__promise__contact",
            "draft__quote__contact",
        )
        .prefetch_related("client__standing_promises")
        .order_by("-decided_at")
    )


def _decide(request: KeptRequest) -> HttpResponse:
    said = request.POST
    client = get_object_or_404(Client.objects.all(), pk=rows.number(said.get("client")))
    kind = get_object_or_404(AskKind.objects.all(), pk=rows.number(said.get("kind")))
    decided, _and, send = said.get("decided", "").partition("_and_")
    row = creeping.decide(
        client,
        kind,
        decided=decided,
        price=_price(said.get("price", "")) if decided == Creep.Decided.PRICED else None,
        by_month=said.get("per") == "month",
        service=Service.objects.filter(pk=rows.number(said.get("service"))).first(),
        words_said=said.get("words", "") if decided == Creep.Decided.RETIRED else "",
        send=send == "sent",
        by=request.member,
        now=clock.now(),
    )
    return redirect("creep") if row.draft is None else redirect("desk_ask", row.draft.pk)


def _price(typed: str) -> Decimal:
    found = rows.amount(typed)
    if found is None:
        raise Refused(_("Say its price, such as 480."), field="price")
    return found

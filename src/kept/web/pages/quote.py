"""A quote after a hold: what is reserved until when, and the client's word on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.quotes import accepting, offering, states
from kept.quotes.models import Quote
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.pages import owning


@allow(Policy.MEMBER)
def quote(request: KeptRequest, pk: int) -> HttpResponse:
    """Show an offer: its date, what it reserves, what can be said to the client."""
    return render(request, "kept/quote.html", _context(request, _find(pk)))


@require_POST
@allow(Policy.MEMBER)
def offer(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client was told the date."""
    return _do(request, pk, offering.offer, gap_reason=request.POST.get("gap_reason", ""))


@require_POST
@allow(Policy.MEMBER)
def withdraw(request: KeptRequest, pk: int) -> HttpResponse:
    """Take the offer back."""
    return _do(request, pk, offering.withdraw)


@require_POST
@allow(Policy.MEMBER)
def decline(request: KeptRequest, pk: int) -> HttpResponse:
    """Record the client's no."""
    return _do(request, pk, accepting.decline, word=request.POST.get("word", "").strip())


@require_POST
@allow(Policy.MEMBER)
def accept(request: KeptRequest, pk: int) -> HttpResponse:
    """Record the client's yes: the offer becomes a promise."""
    found = _find(pk)
    try:
        promise = accepting.accept(
            quote=found,
            by=request.member,
            now=clock.now(),
            word=request.POST.get("word", "").strip(),
        )
    except Refused as refusal:
        return _refused(request, found, refusal)
    messages.info(
        request,
        _("Promised to %(client)s: %(day)s, %(time)s %(place)s.")
        % {
            "client": promise.client.name,
            "day": words.long_day(zones.day_of(promise.due_at, promise.zone)),
            "time": words.clock(zones.local(promise.due_at, promise.zone)),
            "place": words.place(promise.zone),
        },
    )
    return redirect("promise", promise.pk)


def _do(request: KeptRequest, pk: int, verb: Callable[..., Quote], **said: Any) -> HttpResponse:
    found = _find(pk)
    try:
        verb(quote=found, by=request.member, now=clock.now(), **said)
    except Refused as refusal:
        return _refused(request, found, refusal)
    return redirect("quote", pk)


def _refused(request: KeptRequest, found: Quote, refusal: Refused) -> HttpResponse:
    found.refresh_from_db()
    status = {"conflict": 409, "not_allowed": 403, "not_found": 404}.get(refusal.kind, 422)
    context = _context(request, found) | {"refusal": refusal}
    return render(request, "kept/quote.html", context, status=status)


def _find(pk: int) -> Quote:
    rows = Quote.objects.select_related(
        "job", "client", "hold", "promise", "risk_signed_by", "gap_signed_by"
    )
    return get_object_or_404(rows, pk=pk)


def _context(request: KeptRequest, found: Quote) -> dict[str, object]:
    now = clock.now()
    lapsed = found.state in Quote.LIVE and found.expires_at <= now
    due_on = zones.day_of(found.due_at, found.zone)
    return {
        "place": "ask",
        "today": zones.day_of(now, request.member.organisation.zone),
        "quote": found,
        "lapsed": lapsed,
        "live": found.state in Quote.LIVE and not lapsed,
        "can": [] if lapsed else states.allowed(found),
        "stages": found.job.stages.select_related("owner", "skill"),
        **owning.onset_context(found, viewer=request.member, now=now),
        "reply": _reply(found, due_on, request.member),
        "price": words.money(found.price, request.member.organisation.currency)
        if found.price is not None
        else "",
    }


def _reply(found: Quote, due_on: Any, by: Member) -> str:
    """What the client may be told: the date and until when, never a chance."""
    zone = by.organisation.zone
    until = zones.local(found.expires_at, zone)
    lines = [
        _("%(what)s can be yours by %(day)s, %(time)s.")
        % {
            "what": found.job.title,
            "day": words.long_day(due_on),
            "time": words.clock(zones.local(found.due_at, found.zone)),
        },
        _("We keep the time for you until %(day)s, %(time)s. Is that a yes?")
        % {"day": words.long_day(until.date()), "time": words.clock(until)},
        f"{by.name}, {by.organisation.name}",
    ]
    return "\n\n".join(lines)

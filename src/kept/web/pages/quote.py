"""A quote after a hold: what is reserved until when, and the client's word on it."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.outbox import folder
from kept.people import days
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.promises.models import Promise
from kept.quotes import accepting, choosing, countering, left_out, offering, states, writing
from kept.quotes.models import Quote, QuoteOption
from kept.tenancy import given, scope
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
    """Send the offer to a contact, or note that the client was told by word of mouth."""
    found = _find(pk)
    said = request.POST.get("contact", "")
    contact = None
    if request.POST.get("how") == "letter":
        contact = found.client.contacts.filter(pk=int(said) if said.isdecimal() else 0).first()
        if contact is None:
            refusal = Refused(_("Say who at the client gets the letter."), field="contact")
            return _refused(request, found, refusal)
    return _do(
        request,
        pk,
        offering.offer,
        contact=contact,
        gap_reason=request.POST.get("gap_reason", ""),
        subject=request.POST.get("subject", ""),
        body=request.POST.get("body", ""),
    )


@require_POST
@allow(Policy.MEMBER)
def choice_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Let the client choose something else beside the date that is held."""
    found = _find(pk)
    ticked = {int(key) for key in request.POST.getlist("without") if key.isdecimal()}
    try:
        due_at = _wanted(request.POST.get("choice_on", ""), found.zone)
        choosing.add(
            found,
            due_at=due_at or found.due_at,
            price=_price(request.POST.get("choice_price", "")),
            left_out=list(found.job.conditions.filter(pk__in=ticked)),
            words=request.POST.get("choice_words", ""),
            by=request.member,
            now=clock.now(),
        )
    except Refused as refusal:
        return _refused(request, found, refusal)
    return redirect("quote", pk)


@require_POST
@allow(Policy.MEMBER)
def choice_gone(request: KeptRequest, pk: int) -> HttpResponse:
    """Take something away that the client could have chosen."""
    row = get_object_or_404(QuoteOption, pk=pk)
    found = _find(row.quote_id)
    try:
        choosing.remove(row, by=request.member, now=clock.now())
    except Refused as refusal:
        return _refused(request, found, refusal)
    return redirect("quote", found.pk)


def _price(typed: str) -> Decimal | None:
    if not typed.strip():
        return None
    try:
        return Decimal(typed.strip().replace(",", ".")).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Refused(
            _("“%(typed)s” is not a price. Write it like 4800.") % {"typed": typed[:40]},
            field="price",
        ) from None


@require_POST
@allow(Policy.MEMBER)
def counter(request: KeptRequest, pk: int) -> HttpResponse:
    """Write down what the client proposes instead."""
    found = _find(pk)
    try:
        countering.counter(
            quote=found,
            wanted_at=_wanted(request.POST.get("wanted", ""), found.zone),
            lines=request.POST.get("lines", ""),
            word=request.POST.get("word", ""),
            by=request.member,
            now=clock.now(),
        )
    except Refused as refusal:
        return _refused(request, found, refusal)
    return redirect("quote", pk)


@require_POST
@allow(Policy.MEMBER)
def take(request: KeptRequest, pk: int) -> HttpResponse:
    """Offer what the client wishes."""
    found = _find(pk)
    try:
        countering.take(
            quote=found,
            due_at=_wanted(request.POST.get("wanted", ""), found.zone),
            risk_reason=request.POST.get("risk_reason", ""),
            by=request.member,
            now=clock.now(),
        )
    except Refused as refusal:
        return _refused(request, found, refusal)
    return redirect("quote", pk)


@require_POST
@allow(Policy.MEMBER)
def keep(request: KeptRequest, pk: int) -> HttpResponse:
    """Stay with the offer that was made."""
    return _do(request, pk, countering.keep, word=request.POST.get("word", ""))


def _wanted(typed: str, zone: str) -> datetime | None:
    """Return the end of the working day that was typed, as the client's calendar has it."""
    if not typed.strip():
        return None
    try:
        day = date.fromisoformat(typed.strip())
    except ValueError:
        raise Refused(
            _("“%(typed)s” is not a day. Write it like 2026-12-18.") % {"typed": typed[:40]},
            field="wanted",
        ) from None
    given.day(day, called=_("The day"), field="wanted")
    return days.end_of(day, zone=zone, house=scope.current())


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
            option=_chosen(request, found),
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


def _chosen(request: KeptRequest, found: Quote) -> QuoteOption | None:
    said = request.POST.get("option", "")
    return found.options.filter(pk=int(said)).first() if said.isdecimal() else None


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
        "job", "client", "contact", "hold", "answer", "promise", "risk_signed_by", "gap_signed_by"
    )
    return get_object_or_404(rows, pk=pk)


def _context(request: KeptRequest, found: Quote) -> dict[str, object]:
    now, house = clock.now(), request.member.organisation
    lapsed = found.state in Quote.LIVE and found.expires_at <= now
    due_on = zones.day_of(found.due_at, found.zone)
    contacts = [one for one in found.client.contacts.filter(archived_at=None) if one.email]
    to = found.contact or next(iter(contacts), None)
    subject, body = writing.draft(found, to=to, by=request.member, now=now)
    return {
        "place": "ask",
        "today": zones.day_of(now, request.member.organisation.zone),
        "quote": found,
        "lapsed": lapsed,
        "live": found.state in Quote.LIVE and not lapsed,
        "can": [] if lapsed else states.allowed(found),
        "stages": found.job.stages.select_related("owner", "skill"),
        **owning.onset_context(found, viewer=request.member, now=now),
        "choices": [
            (row, "" if row.price is None else words.money(row.price, house.currency))
            for row in choosing.of(found)
        ],
        "lines": list(found.job.conditions.all()),
        "left_out": [] if found.promise is None else _without(found.promise),
        "may_choose": found.state == Quote.State.HELD and not lapsed,
        "reply": _reply(found, due_on, request.member),
        "contacts": contacts,
        "to": to,
        "subject": subject,
        "body": body,
        "counters": list(found.counters.all()),
        "wish": countering.waiting(found),
        "in_folder": folder.is_used(),
        "price": words.money(found.price, request.member.organisation.currency)
        if found.price is not None
        else "",
    }


def _without(promise: Promise) -> list[str]:
    return left_out.of([promise])[promise.pk].without(promise.job.conditions.all())


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

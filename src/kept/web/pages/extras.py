"""The extras ledger, what became expected, and the figures of the desk."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.asks import creep as creeping
from kept.asks import extras as given
from kept.asks import figures
from kept.asks.models import AskKind, Creep, Extra
from kept.clients.models import Client, Service
from kept.jobs.models import Job
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.tenancy import refusals
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm, LongSelect

#: So many rows of the ledger are written out; the sums are of all.
SHOWN = 200


def _clients() -> list[tuple[str, str]]:
    rows = Client.objects.filter(archived_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in rows)]


class BudgetForm(KeptForm):
    """How much we mean to give."""

    client = forms.ChoiceField(label=gettext_lazy("Client"), choices=_clients, widget=LongSelect())
    hours = forms.DecimalField(
        label=gettext_lazy("Hours"),
        required=False,
        min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    money = forms.DecimalField(
        label=gettext_lazy("Money"),
        required=False,
        min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    first_on = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last_on = forms.DateField(
        label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"})
    )


@allow(Policy.MEMBER)
def extras(request: KeptRequest) -> HttpResponse:
    """Show what was given, client by client, against what we meant to give."""
    now, house = clock.now(), request.member.organisation
    today = zones.day_of(now, house.zone)
    client = Client.objects.filter(pk=_number(request.GET.get("client"))).first()
    first, last = today.replace(month=1, day=1), today
    form = BudgetForm(
        request.POST if request.method == "POST" else None,
        initial={
            "first_on": first,
            "last_on": date(today.year, 12, 31),
            "client": "" if client is None else client.pk,
        },
    )
    if request.method == "POST" and form.is_valid():
        try:
            _set_budget(request, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("extras")
    book = given.ledger(first_on=first, last_on=last, client=client)
    is_lead = request.member.may(Role.LEAD)
    context = {
        "place": "desk",
        "today": today,
        "client": client,
        "book": book,
        "clients": [(one, *_told(one, house.currency)) for one in book.clients],
        "rows": [
            (row, words.money(row.money, house.currency) if row.money else "")
            for row in given.rows(client=client).filter(given_on__gte=first)[:SHOWN]
        ],
        "money": words.money(book.money, house.currency),
        "suggestions": given.suggestions(now=now),
        "cants": figures.cants(now=now),
        "balances": [
            (
                one,
                words.money(one.money_free, house.currency),
                words.money(one.money_paid, house.currency),
            )
            for one in figures.balances(by=request.member, now=now)
        ]
        if is_lead
        else [],
        "shine": figures.room_to_shine(now=now),
        "is_lead": is_lead,
        "form": form,
    }
    return render(request, "kept/desk/extras.html", context, status=form.status)


@require_POST
@allow(Policy.LEAD)
def extra_void(request: KeptRequest, pk: int) -> HttpResponse:
    """Take an extra out that was recorded by mistake."""
    found = get_object_or_404(Extra.objects.all(), pk=pk)
    return _done(
        request,
        lambda: given.void(
            found, reason=request.POST.get("reason", ""), by=request.member, now=clock.now()
        ),
        "extras",
    )


@require_POST
@allow(Policy.MEMBER)
def extra_found(request: KeptRequest, pk: int) -> HttpResponse:
    """Say what time over the estimate was: an extra, or a low estimate."""
    job = get_object_or_404(Job.objects.select_related("client"), pk=pk)
    said, by, now = request.POST, request.member, clock.now()

    def judge() -> Extra:
        if said.get("answer") != "extra":
            return given.dismiss(job, by=by, now=now)
        return given.confirm(
            job,
            title=said.get("title") or job.title,
            hours=_decimal(said.get("hours")),
            by=by,
            now=now,
        )

    return _done(request, judge, "extras")


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
                creeping.ending(one, by=request.member, now=now),
                creeping.last_contact(one),
            )
            for one in creeping.watch(now=now)
        ],
        "decided": Creep.objects.select_related(
            "client", "kind", "decided_by", "core_service__service", "draft"
        ).order_by("-decided_at"),
        "services": Service.objects.filter(archived_at__isnull=True),
        "may": request.member.may(Role.LEAD),
    }
    status = 200 if refusal is None else STATUS[refusal.kind]
    return render(request, "kept/desk/creep.html", context, status=status)


@require_POST
@allow(Policy.LEAD)
def creep_reopen(request: KeptRequest, pk: int) -> HttpResponse:
    """Look at a decision about creep anew."""
    found = get_object_or_404(Creep.objects.all(), pk=pk)
    return _done(
        request, lambda: creeping.reopen(found, by=request.member, now=clock.now()), "creep"
    )


def _decide(request: KeptRequest) -> HttpResponse:
    said = request.POST
    client = get_object_or_404(Client.objects.all(), pk=_number(said.get("client")))
    kind = get_object_or_404(AskKind.objects.all(), pk=_number(said.get("kind")))
    decided, _and, send = said.get("decided", "").partition("_and_")
    row = creeping.decide(
        client,
        kind,
        decided=decided,
        price=_decimal(said.get("price")) if decided == Creep.Decided.PRICED else None,
        service=Service.objects.filter(pk=_number(said.get("service"))).first(),
        words_said=said.get("words", "") if decided == Creep.Decided.RETIRED else "",
        send=send == "sent",
        by=request.member,
        now=clock.now(),
    )
    return redirect("creep") if row.draft is None else redirect("desk_ask", row.draft.pk)


def _set_budget(request: KeptRequest, form: BudgetForm) -> None:
    said = form.cleaned_data
    client = Client.objects.filter(pk=_number(said["client"])).first()
    if client is None:
        raise refusals.Refused(str(gettext_lazy("Say for whom.")), field="client")
    given.set_budget(
        client,
        first_on=said["first_on"],
        last_on=said["last_on"],
        hours=said["hours"],
        money=said["money"],
        by=request.member,
        now=clock.now(),
    )


def _told(one: given.OfClient, currency: str) -> tuple[str, str]:
    """Return a client's money, and its budget in words."""
    budget = one.budget
    parts = []
    if budget is not None and budget.hours is not None:
        parts.append(words.hours(float(budget.hours)))
    if budget is not None and budget.money is not None:
        parts.append(words.money(budget.money, currency))
    return words.money(one.money, currency), ", ".join(parts)


def _done(request: KeptRequest, verb: Any, page: str) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect(page)


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def _decimal(text: str | None) -> Decimal:
    try:
        return Decimal((text or "0").replace(",", "."))
    except ArithmeticError:
        raise refusals.Refused(
            str(gettext_lazy("Give a number, such as 480 or 2.5.")), field="hours"
        ) from None

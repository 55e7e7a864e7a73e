"""The extras ledger, what became expected, and the figures of the desk."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.asks import extras as given
from kept.asks import figures, paying, reacting, templates
from kept.asks.models import AskKind, Extra, Reaction
from kept.clients.models import Client, Contact
from kept.jobs.models import Job
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.tenancy import refusals
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm, LongSelect
from kept.web.pages.desk import rows

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


class ExtraForm(KeptForm):
    """Something given that nobody asked for."""

    client = forms.ChoiceField(
        label=gettext_lazy("Client; nobody for a walk-in"),
        choices=_clients,
        required=False,
        widget=LongSelect(),
    )
    title = forms.CharField(label=gettext_lazy("What was given"), max_length=200)
    kind = forms.CharField(label=gettext_lazy("Its kind"), max_length=80, required=False)
    hours = forms.DecimalField(
        label=gettext_lazy("Hours"),
        required=False,
        min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    money = forms.DecimalField(
        label=gettext_lazy("Worth"),
        required=False,
        min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    given_on = forms.DateField(
        label=gettext_lazy("On"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )


@allow(Policy.MEMBER)
def extras(request: KeptRequest) -> HttpResponse:
    """Show what was given, client by client, against what we meant to give."""
    form = BudgetForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        try:
            _set_budget(request, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("extras")
    return _page(request, form=form)


@require_POST
@allow(Policy.MEMBER)
def extra_new(request: KeptRequest) -> HttpResponse:
    """Write down an extra that nobody asked for."""
    form = ExtraForm(request.POST, auto_id="extra_%s")
    if form.is_valid():
        said = form.cleaned_data
        try:
            given.record(
                client=Client.objects.filter(pk=rows.number(said["client"])).first(),
                title=said["title"],
                hours=said["hours"] or Decimal(0),
                money=said["money"] or Decimal(0),
                kind=said["kind"],
                given_on=said["given_on"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("extras")
    return _page(request, extra=form)


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
def extra_ask(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask a client once how an extra was that no promise stands behind."""
    found = get_object_or_404(Extra.objects.select_related("client", "promise", "ask"), pk=pk)
    there = Contact.objects.none() if found.client is None else found.client.contacts.all()
    contact = there.filter(pk=rows.number(request.POST.get("contact"))).first()

    def ask() -> None:
        made = reacting.ask(found, contact=contact, by=request.member, now=clock.now())
        messages.info(
            request,
            _("%(name)s was asked how “%(what)s” was.")
            % {"name": made.contact.name, "what": found.title},
        )
        if unwritten := templates.unwritten_to(made.contact, templates.For.REACTION):
            messages.warning(request, unwritten)

    return _done(request, ask, "extras")


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
            title=said.get("title", ""),
            hours=_decimal(said.get("hours")),
            money=_decimal(said.get("money")),
            kind=said.get("kind", ""),
            by=by,
            now=now,
        )

    return _done(request, judge, "extras")


def _page(
    request: KeptRequest, *, form: BudgetForm | None = None, extra: ExtraForm | None = None
) -> HttpResponse:
    now, house = clock.now(), request.member.organisation
    today = zones.day_of(now, house.zone)
    client = Client.objects.filter(pk=rows.number(request.GET.get("client"))).first()
    first, last = today.replace(month=1, day=1), today
    known = "" if client is None else client.pk
    book = given.ledger(first_on=first, last_on=last, client=client)
    is_lead = request.member.may(Role.LEAD)
    context = {
        "place": "desk",
        "today": today,
        "zone": house.zone,
        "client": client,
        "book": book,
        "clients": [(one, *_told(one, house.currency)) for one in book.clients],
        "rows": _rows(given.rows(client=client).filter(given_on__gte=first), house.currency),
        "worth": ", ".join(
            [words.exact_hours(book.hours)] * bool(book.hours)
            + [words.money(book.money, house.currency)] * bool(book.money)
        ),
        "paying": None if client is not None else paying.told(paying.paying(now=now)),
        "suggestions": given.suggestions(now=now),
        "kinds": AskKind.objects.values_list("name", flat=True),
        "cants": figures.cants(now=now),
        "balances": [
            (one, _balance(one, house.currency))
            for one in figures.balances(by=request.member, now=now)
        ]
        if is_lead
        else [],
        "shine": figures.room_to_shine(now=now),
        "is_lead": is_lead,
        "form": form
        or BudgetForm(
            initial={
                "first_on": first,
                "last_on": date(today.year, 12, 31),
                "client": known,
            }
        ),
        "extra": extra or ExtraForm(auto_id="extra_%s", initial={"client": known}),
    }
    status = max([200, *(sent.status for sent in (form, extra) if sent is not None)])
    return render(request, "kept/desk/extras.html", context, status=status)


@dataclass(frozen=True)
class Row:
    """One extra of the ledger.

    Attributes:
        reaction: how it was, as far as they were asked.
        people: who can be asked how it was, where nobody was; a promise is asked about as one.
        asker: whoever asked for it, among them.
    """

    extra: Extra
    worth: str
    reaction: Reaction | None
    people: Sequence[Contact]
    asker: int | None


def _rows(found: QuerySet[Extra], currency: str) -> list[Row]:
    """Return the last ones of the ledger; the number of queries depends on nothing."""
    shown = list(found[:SHOWN])
    asked = {
        one.extra_id: one for one in Reaction.objects.filter(extra__in=[row.pk for row in shown])
    }
    there: dict[int, list[Contact]] = defaultdict(list)
    clients = {row.client_id for row in shown if row.client_id is not None}
    reachable = Contact.objects.filter(client_id__in=clients, archived_at__isnull=True)
    for contact in reachable.exclude(email="").order_by("name", "pk"):
        there[contact.client_id].append(contact)
    return [
        Row(
            extra=row,
            worth=words.money(row.money, currency) if row.money else "",
            reaction=asked.get(row.pk),
            people=there[row.client_id]
            if row.client_id is not None and row.promise_id is None and row.pk not in asked
            else [],
            asker=None if row.ask is None else row.ask.contact_id,
        )
        for row in shown
    ]


def _set_budget(request: KeptRequest, form: BudgetForm) -> None:
    said = form.cleaned_data
    client = Client.objects.filter(pk=rows.number(said["client"])).first()
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
        parts.append(words.exact_hours(budget.hours))
    if budget is not None and budget.money is not None:
        parts.append(words.money(budget.money, currency))
    return words.money(one.money, currency), ", ".join(parts)


def _balance(one: figures.Balance, currency: str) -> str:
    """ "asked 5 times: 4 free (€ 1,560), 1 declined"; what was never answered so is left out."""
    free, paid = words.money(one.money_free, currency), words.money(one.money_paid, currency)
    parts = [
        (one.free, _("%(count)s free (%(money)s)") % {"count": one.free, "money": free}),
        (one.paid, _("%(count)s paid (%(money)s)") % {"count": one.paid, "money": paid}),
        (one.declined, _("%(count)s declined") % {"count": one.declined}),
        (one.insincere, _("%(count)s judged not sincere") % {"count": one.insincere}),
    ]
    asked = ngettext("asked once", "asked %(count)s times", one.asked) % {"count": one.asked}
    told = ", ".join(said for count, said in parts if count)
    return f"{asked}: {told}" if told else asked


def _done(request: KeptRequest, verb: Any, page: str) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect(page)


def _decimal(text: str | None) -> Decimal:
    try:
        return Decimal((text or "0").replace(",", "."))
    except ArithmeticError:
        raise refusals.Refused(
            str(gettext_lazy("Give a number, such as 480 or 2.5.")), field="hours"
        ) from None

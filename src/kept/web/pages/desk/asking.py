"""An ask is written down as it came, and what is known of it changes."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, zones
from kept.asks import receiving
from kept.asks.models import Ask, AskKind, Policy
from kept.clients.models import Client, Contact, Service
from kept.jobs import lines
from kept.people.access import Policy as Who
from kept.people.access import allow
from kept.people.models import Member, Role
from kept.tenancy import refusals, scope
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm, LongSelect
from kept.web.pages.desk import rows
from kept.web.pages.replies import whom


def _rules() -> list[tuple[str, str]]:
    found = Policy.objects.filter(retired_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in found)]


def _services() -> list[tuple[str, str]]:
    found = Service.objects.filter(archived_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in found)]


def _deciders() -> list[tuple[str, str]]:
    found = Member.objects.filter(left_at__isnull=True).exclude(role=Role.GUEST)
    return [("", "—"), *((str(row.pk), row.name) for row in found)]


SORTS = [("", gettext_lazy("not sorted yet")), *Ask.Sort.choices]


class AskForm(KeptForm):
    """What is known of an ask."""

    fields_of_rooms = {  # noqa: RUF012 - Django's forms copy it
        "wanted": "wanted_on", "contact": "whom", "client": "whom", "due": "due_on",
    }  # fmt: skip

    title = forms.CharField(label=gettext_lazy("What they want, in a few words"), max_length=200)
    words = forms.CharField(
        label=gettext_lazy("In their own words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("Who; nobody for a walk-in"),
        choices=whom,
        required=False,
        widget=LongSelect(),
    )
    came = forms.ChoiceField(label=gettext_lazy("How it came"), choices=Ask.Came.choices)
    sort = forms.ChoiceField(label=gettext_lazy("What it is"), choices=SORTS, required=False)
    kind = forms.CharField(
        label=gettext_lazy("Its kind, so that the third is known as one"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("One more page; Late table."),
    )
    size = forms.CharField(
        label=gettext_lazy("How big"),
        required=False,
        help_text=gettext_lazy("6h, or 4-6-12h; empty where it takes no planning."),
    )
    service = forms.ChoiceField(
        label=gettext_lazy("Or like a service"), choices=_services, required=False
    )
    wanted_on = forms.DateField(
        label=gettext_lazy("Wanted by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    policy = forms.ChoiceField(label=gettext_lazy("The rule"), choices=_rules, required=False)
    measured = forms.CharField(
        label=gettext_lazy("What the rule measures"),
        required=False,
        help_text=gettext_lazy("14:33, 2 rounds, 480; empty for a time of day: now."),
    )
    decider = forms.ChoiceField(
        label=gettext_lazy("Who decides"), choices=_deciders, required=False
    )
    due_on = forms.DateField(
        label=gettext_lazy("Answer owed by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    as_if_due = forms.BooleanField(
        label=gettext_lazy("They asked for it as if it were due"), required=False
    )

    def said(self, client: Client | None) -> dict[str, Any]:
        """Return what was said, as the room takes it."""
        kept = self.cleaned_data
        zone = scope.current().zone if client is None else client.zone
        return {
            "title": kept["title"],
            "words": kept["words"],
            "came": kept["came"],
            "sort": kept["sort"],
            "kind": kept["kind"],
            "as_if_due": kept["as_if_due"],
            "size": _size(kept["size"]),
            "service": Service.objects.filter(pk=kept["service"] or 0).first(),
            "wanted_at": rows.end_of(kept["wanted_on"], zone),
            "policy": Policy.objects.filter(pk=kept["policy"] or 0).first(),
            "measured": kept["measured"],
            "decider": Member.objects.filter(pk=kept["decider"] or 0).first(),
            "due_at": rows.end_of(kept["due_on"], zone),
        }


@allow(Who.MEMBER)
def ask_new(request: KeptRequest) -> HttpResponse:
    """Write down what somebody wants."""
    form = AskForm(request.POST if request.method == "POST" else None, initial={"came": "mail"})
    if request.method == "POST" and form.is_valid():
        client, contact = _who(form.cleaned_data["whom"])
        try:
            made = receiving.receive(
                client=client,
                contact=contact,
                by=request.member,
                now=clock.now(),
                **form.said(client),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("desk_ask", made.pk)
    context = {"place": "desk", "form": form, "kinds": _kinds()}
    return render(request, "kept/desk/new.html", context, status=form.status)


@allow(Who.MEMBER)
def ask_change(request: KeptRequest, pk: int) -> HttpResponse:
    """Say more of an ask: its kind, its size, its rule."""
    found = rows.find(pk)
    form = AskForm(request.POST) if request.method == "POST" else AskForm(initial=_known(found))
    form.fields["whom"].disabled = True
    if request.method == "POST" and form.is_valid():
        try:
            said = form.said(found.client)
            if found.policy is not None and said["policy"] == found.policy and not said["measured"]:
                del said["policy"], said["measured"]
            receiving.change(found, by=request.member, now=clock.now(), **said)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("desk_ask", pk)
    context = {"place": "desk", "form": form, "ask": found, "kinds": _kinds()}
    return render(request, "kept/desk/new.html", context, status=form.status)


@require_POST
@allow(Who.MEMBER)
def ask_sincere(request: KeptRequest, pk: int) -> HttpResponse:
    """Write down whether they mean it: a person's word."""
    return _do(request, pk, receiving.judge, sincere=request.POST.get("sincere", ""))


@require_POST
@allow(Who.MEMBER)
def ask_possible(request: KeptRequest, pk: int) -> HttpResponse:
    """Write down what would make it possible."""
    return _do(request, pk, receiving.change, possible=request.POST.get("possible", ""))


@require_POST
@allow(Who.MEMBER)
def ask_withdraw(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that they do not want it any more."""
    return _do(request, pk, receiving.withdraw, word=request.POST.get("word", ""))


def _do(request: KeptRequest, pk: int, verb: Any, **said: Any) -> HttpResponse:
    found = rows.find(pk)
    try:
        verb(found, by=request.member, now=clock.now(), **said)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("desk_ask", pk)


def _who(said: str) -> tuple[Client | None, Contact | None]:
    kind, _dash, key = said.partition("-")
    if kind == "contact":
        contact = Contact.objects.select_related("client").filter(pk=rows.number(key)).first()
        return (None, None) if contact is None else (contact.client, contact)
    return Client.objects.filter(pk=rows.number(key)).first(), None


def _known(found: Ask) -> dict[str, Any]:
    size = "" if found.likely_hours is None else f"{found.likely_hours:g}h"
    if found.low_hours is not None:
        size = f"{found.low_hours:g}-{found.likely_hours:g}-{found.high_hours:g}h"
    whom_ = "" if found.client_id is None else f"client-{found.client_id}"
    return {
        "title": found.title,
        "words": found.words,
        "whom": f"contact-{found.contact_id}" if found.contact_id else whom_,
        "came": found.came,
        "sort": found.sort,
        "kind": found.kind or "",
        "size": size,
        "service": found.service_id or "",
        "wanted_on": None if found.wanted_at is None else zones.day_of(found.wanted_at, found.zone),
        "policy": found.policy_id or "",
        "decider": found.decider_id or "",
        "due_on": zones.day_of(found.due_at, found.zone),
        "as_if_due": found.as_if_due,
    }


def _kinds() -> list[str]:
    return list(AskKind.objects.values_list("name", flat=True))


def _size(text: str) -> lines.Effort | None:
    if not text.strip():
        return None
    size = lines.size(text)
    if size is None:
        raise refusals.Refused(
            _("“%(text)s” is not a size. 6h or 4-6-12h is one.") % {"text": text[:40]}, field="size"
        )
    return size

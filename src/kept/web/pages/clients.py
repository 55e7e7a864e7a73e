"""Clients and services: who is promised to, and what this house sells."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from kept import clock, words, zones
from kept.clients import keeping, languages, links
from kept.clients.models import Client, ClientLink, Contact, Service
from kept.custody import extract
from kept.jobs.models import Job
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.promises import repeating
from kept.promises.models import Promise
from kept.record import page as reading
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm, LongSelect
from kept.web.pages.staff import zone_choices

OPEN_JOB = Q(jobs__state=Job.State.OPEN)
OPEN_PROMISE = Q(promises__state__in=Promise.OPEN)


def _languages() -> list[tuple[str, str]]:
    return [("", _("as the house does")), *languages.known()]


class NewClientForm(KeptForm):
    """Somebody new to promise to."""

    name = forms.CharField(label=gettext_lazy("Client"))


class ClientForm(NewClientForm):
    """What is known of a client."""

    standing = forms.ChoiceField(label=gettext_lazy("Standing"), choices=Client.Standing.choices)
    zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=zone_choices,
        widget=LongSelect(),
        help_text=gettext_lazy("A promise for a day means the end of the working day there."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("We write to them in"),
        choices=_languages,
        required=False,
        widget=LongSelect(),
        help_text=gettext_lazy("Where the house has words in it: under Wording, on the desk."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ContactForm(KeptForm):
    """A person at a client."""

    name = forms.CharField(label=gettext_lazy("Name"))
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False, widget=forms.EmailInput())
    language = forms.ChoiceField(
        label=gettext_lazy("We write in"), choices=_languages, required=False, widget=LongSelect()
    )


@allow(Policy.MEMBER)
def clients(request: KeptRequest) -> HttpResponse:
    """List clients with what is open for each, and the services."""
    return _list(request)


@require_POST
@allow(Policy.MEMBER)
def client_new(request: KeptRequest) -> HttpResponse:
    """Add somebody to promise to."""
    form = NewClientForm(request.POST)
    if form.is_valid():
        try:
            client = keeping.add_client(
                name=form.cleaned_data["name"], by=request.member, now=clock.now()
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("client", client.pk)
    return _list(request, form=form)


@allow(Policy.MEMBER)
def client(request: KeptRequest, pk: int) -> HttpResponse:
    """Show one client with its jobs, promises and people."""
    found = _find(pk)
    if request.method != "POST":
        return _page(request, found)
    form = ClientForm(request.POST)
    if form.is_valid():
        try:
            keeping.change_client(found, by=request.member, now=clock.now(), **_changes(form))
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept."))
            return redirect("client", pk)
    return _page(request, found, form=form)


@require_POST
@allow(Policy.MEMBER)
def client_archive(request: KeptRequest, pk: int) -> HttpResponse:
    """Offer a client no more, or again."""
    found = _find(pk)
    archived = found.archived_at is None
    try:
        keeping.change_client(found, archived=archived, by=request.member, now=clock.now())
    except Refused as refused:
        return _page(request, found, refusal=refused)
    return redirect("client", pk)


@require_safe
@allow(Policy.OWNER)
def client_extract(request: KeptRequest, pk: int) -> HttpResponse:
    """Hand out the file with which a client can check their promises."""
    found = _find(pk)
    content = extract.of(found, by=request.member, now=clock.now())
    file_name = f"{slugify(found.name) or pk}.kept.json"
    return HttpResponse(
        json.dumps(content, ensure_ascii=False, indent=1),
        content_type="application/json",
        headers={
            "Content-Disposition": f'attachment; filename="{file_name}"',
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@allow(Policy.MEMBER)
def contact_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add a person at a client."""
    found = _find(pk)
    form = ContactForm(request.POST, auto_id="contact_%s")
    if form.is_valid():
        try:
            keeping.add_contact(
                found,
                name=form.cleaned_data["name"],
                email=form.cleaned_data["email"],
                language=form.cleaned_data["language"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("client", pk)
    return _page(request, found, contact=form)


@require_POST
@allow(Policy.MEMBER)
def contact_archive(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that a person is no contact any more, or again."""
    found = get_object_or_404(Contact.objects.all(), pk=pk)
    keeping.change_contact(
        found, archived=found.archived_at is None, by=request.member, now=clock.now()
    )
    return redirect("client", found.client_id)


@require_POST
@allow(Policy.MEMBER)
def link_end(request: KeptRequest, pk: int) -> HttpResponse:
    """End a contact's link; the next letter carries another."""
    found = get_object_or_404(Contact.objects.all(), pk=pk)
    links.revoke(found, by=request.member, now=clock.now())
    return redirect("client", found.client_id)


def _list(request: KeptRequest, *, form: NewClientForm | None = None) -> HttpResponse:
    rows = Client.objects.annotate(
        open_jobs=Count("jobs", filter=OPEN_JOB, distinct=True),
        open_promises=Count("promises", filter=OPEN_PROMISE, distinct=True),
    )
    services = Service.objects.annotate(
        hours=Sum("stages__likely_hours"), parts=Count("stages")
    ).prefetch_related("stages")
    currency = request.member.organisation.currency
    context = {
        "place": "clients",
        "clients": [row for row in rows if row.archived_at is None],
        "archived": [row for row in rows if row.archived_at is not None],
        "services": [(row, _price(row, currency)) for row in services if row.archived_at is None],
        "retired": [row for row in services if row.archived_at is not None],
        "may_sell": request.member.may(Role.LEAD),
        "form": form or NewClientForm(),
    }
    status = form.status if form else 200
    return render(request, "kept/clients/list.html", context, status=status)


def _page(
    request: KeptRequest,
    found: Client,
    *,
    form: ClientForm | None = None,
    contact: ContactForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    now = clock.now()
    jobs = (
        Job.objects.filter(client=found)
        .select_related("service", "promise")
        .annotate(parts=Count("stages"), done=Count("stages", filter=Q(stages__state="done")))
        .order_by("-made_at", "-pk")
    )
    promised = [job for job in jobs if _promise(job) is not None]
    context = {
        "place": "clients",
        "today": zones.day_of(now, request.member.organisation.zone),
        "client": found,
        "promised": promised,
        "open": [job for job in jobs if job.state == Job.State.OPEN and _promise(job) is None],
        "other": [job for job in jobs if job.state != Job.State.OPEN and _promise(job) is None],
        "recurring": [
            (row, repeating.in_words(row.rule, row.due_time))
            for row in found.standing_promises.filter(ended_at__isnull=True).select_related(
                "contact"
            )
        ],
        "contacts": _contacts(found),
        "form": form
        or ClientForm(
            initial={
                "name": found.name,
                "standing": found.standing,
                "zone": found.zone,
                "language": found.language,
                "note": found.note,
            }
        ),
        "account": reading.account(found, now=now),
        "may_extract": request.member.may(Role.OWNER),
        "contact": contact or ContactForm(auto_id="contact_%s"),
        "refusal": refusal,
    }
    status = max([200, *(sent.status for sent in (form, contact) if sent is not None)])
    if refusal is not None:
        status = STATUS[refusal.kind]
    return render(request, "kept/clients/client.html", context, status=status)


def _promise(job: Job) -> Promise | None:
    promise: Promise | None = getattr(job, "promise", None)
    return promise


def _changes(form: ClientForm) -> Any:
    said = form.cleaned_data
    return {**said, "standing": Client.Standing(said["standing"])}


def _price(service: Service, currency: str) -> str:
    return "" if service.price is None else words.money(service.price, currency)


def _contacts(found: Client) -> list[tuple[Contact, ClientLink | None]]:
    """Return the people there, each with the link that opens their page, if one does."""
    live = ClientLink.objects.filter(
        contact__client=found, revoked_at__isnull=True, expires_at__gt=clock.now()
    )
    by_contact = {link.contact_id: link for link in live}
    return [(contact, by_contact.get(contact.pk)) for contact in found.contacts.all()]


def _find(pk: int) -> Client:
    return get_object_or_404(Client.objects.all(), pk=pk)

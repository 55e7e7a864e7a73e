"""Erase personal text on request: what goes and what stays is said, then the name asked for."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import clock
from kept.clients.models import Client, Contact
from kept.custody import erasing
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.looking_back import whole


class EraseForm(KeptForm):
    """The name, typed to be sure."""

    name = forms.CharField(
        label=gettext_lazy("Type the name to be sure"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@allow(Policy.OWNER)
def client(request: KeptRequest, pk: int) -> HttpResponse:
    """Erase the text about a client and its contacts."""
    return _erase(request, get_object_or_404(Client.objects.all(), pk=pk), back="client", at=pk)


@allow(Policy.OWNER)
def contact(request: KeptRequest, pk: int) -> HttpResponse:
    """Erase the text about a person at a client."""
    found = get_object_or_404(Contact.objects.all(), pk=pk)
    return _erase(request, found, back="client", at=found.client_id)


@allow(Policy.OWNER)
def person(request: KeptRequest, pk: int) -> HttpResponse:
    """Erase the text about somebody who has left."""
    return _erase(request, get_object_or_404(Member.objects.all(), pk=pk), back="person", at=pk)


def _erase(request: KeptRequest, subject: erasing.Subject, *, back: str, at: int) -> HttpResponse:
    form = EraseForm(request.POST if request.method == "POST" else None)
    loss: erasing.Loss | None = None
    refusal: Refused | None = None
    try:
        if form.is_valid():
            erased = erasing.erase(
                subject, confirmed=form.cleaned_data["name"], by=request.member, now=clock.now()
            )
            messages.info(
                request,
                _(
                    "Erased. Rows rewritten: %(rows)s; texts emptied: %(texts)s. "
                    "Event %(number)d of the ledger says so."
                )
                % {
                    "texts": whole(erased.texts),
                    "rows": whole(erased.rows),
                    "number": erased.event.number,
                },
            )
            return redirect(back, at)
    except erasing.AnotherName as refused:
        form.refuse(refused)
    except Refused as refused:
        refusal = refused
    if refusal is None:
        try:
            loss = erasing.foresee(subject, by=request.member)
        except Refused as refused:
            refusal = refused
    context = {
        "place": "people" if back == "person" else "clients",
        "subject": subject,
        "is_client": isinstance(subject, Client),
        "is_person": isinstance(subject, Member),
        "back": back,
        "at": at,
        "form": form,
        "refusal": refusal,
        "loss": None if loss is None else {"rows": whole(loss.rows), "texts": whole(loss.texts)},
    }
    status = form.status if refusal is None else STATUS[refusal.kind]
    return render(request, "kept/erase.html", context, status=status)

"""“We answer by …”: what clients asked and nobody could answer at once."""

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, zones
from kept.clients.models import Client, Contact
from kept.people import days
from kept.people.access import Policy, allow
from kept.quotes import replying
from kept.quotes.models import HoldingReply
from kept.tenancy import given, refusals, scope
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm, LongSelect

#: So many that were answered are shown, newest first.
SHOWN = 20


def whom() -> list[tuple[str, str]]:
    """Return clients, and the people there who get a letter."""
    rows: list[tuple[str, str]] = [("", "—")]
    people: dict[int, list[Contact]] = {}
    for contact in Contact.objects.filter(archived_at__isnull=True).exclude(email=""):
        people.setdefault(contact.client_id, []).append(contact)
    for client in Client.objects.filter(archived_at__isnull=True):
        rows.append((f"client-{client.pk}", client.name))
        rows += [
            (f"contact-{one.pk}", f"{client.name} · {one.name}, {_('by letter')}")
            for one in people.get(client.pk, [])
        ]
    return rows


class ReplyForm(KeptForm):
    """By when somebody gets an answer."""

    fields_of_rooms = {"due": "due_on", "contact": "whom"}  # noqa: RUF012 - Django's forms copy it

    what = forms.CharField(label=gettext_lazy("What they asked"), max_length=200)
    whom = forms.ChoiceField(label=gettext_lazy("Who"), choices=whom, widget=LongSelect())
    due_on = forms.DateField(
        label=gettext_lazy("We answer by"), widget=forms.DateInput(attrs={"type": "date"})
    )
    due_time = forms.TimeField(
        label=gettext_lazy("at, if not the end of the day"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}),
    )


@allow(Policy.MEMBER)
def replies(request: KeptRequest) -> HttpResponse:
    """List what waits for an answer, and promise another one."""
    form = ReplyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            _give(request, form)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("replies")
    return _page(request, form=form)


@require_POST
@allow(Policy.MEMBER)
def answered(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client was answered."""
    return _end(request, pk, replying.answer)


@require_POST
@allow(Policy.MEMBER)
def withdrawn(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client does not want an answer any more."""
    return _end(request, pk, replying.withdraw)


def _give(request: KeptRequest, form: ReplyForm) -> HoldingReply:
    kind, _dash, key = form.cleaned_data["whom"].partition("-")
    contact = Contact.objects.filter(pk=key).first() if kind == "contact" else None
    client = Client.objects.get(pk=contact.client_id if contact else key)
    return replying.give(
        client=client,
        contact=contact,
        what=form.cleaned_data["what"],
        due_at=_due(form.cleaned_data["due_on"], form.cleaned_data["due_time"], client.zone),
        by=request.member,
        now=clock.now(),
    )


def _due(day: date, at: time | None, zone: str) -> datetime:
    given.day(day, called=_("The day"), field="due_on")
    if at is None:
        return days.end_of(day, zone=zone, house=scope.current())
    try:
        return zones.moment(day, at, zone)
    except zones.NoSuchLocalTime:
        raise refusals.Refused(
            _("%(day)s has no %(time)s there: the clocks go forward. Say another time.")
            % {"day": day, "time": f"{at:%H:%M}"},
            field="due_time",
        ) from None


def _end(request: KeptRequest, pk: int, verb: Any) -> HttpResponse:
    found = get_object_or_404(HoldingReply.objects.select_related("client"), pk=pk)
    try:
        verb(found, word=request.POST.get("word", ""), by=request.member, now=clock.now())
    except Refused as refusal:
        return _page(request, refusal=refusal, status=STATUS[refusal.kind])
    return redirect("replies")


def _page(
    request: KeptRequest,
    *,
    form: ReplyForm | None = None,
    refusal: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    now = clock.now()
    form = form or ReplyForm()
    rows = HoldingReply.objects.select_related("client", "contact", "owner")
    context = {
        "form": form,
        "refusal": refusal,
        "now": now,
        "today": zones.day_of(now, request.member.organisation.zone),
        "open": rows.filter(state=HoldingReply.State.OPEN),
        "ended": rows.exclude(state=HoldingReply.State.OPEN).order_by("-answered_at")[:SHOWN],
        "figure": replying.figure(now=now),
    }
    shown = form.status if form.is_bound and status == 200 else status
    return render(request, "kept/replies.html", context, status=shown)

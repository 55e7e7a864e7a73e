"""A promise somebody gave already, recorded in one line and in ten seconds."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.clients import keeping
from kept.clients.models import Client, Service
from kept.jobs import lines
from kept.jobs.lines import Vague
from kept.people import days
from kept.people.access import Policy, allow
from kept.promises import recording
from kept.promises.models import Promise
from kept.quotes import wording
from kept.tenancy import given
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.pages import today


class LooseForm(forms.Form):
    """One line: what, for whom, by when."""

    line = forms.CharField(max_length=300, required=False)
    contact = forms.CharField(max_length=400, required=False)


@require_POST
@allow(Policy.MEMBER)
def loose(request: KeptRequest) -> HttpResponse:
    """Record a promise from one line, or say what the line leaves open and keep it."""
    form = LooseForm(request.POST)
    form.is_valid()
    try:
        with transaction.atomic():  # a refusal takes back the client it would have added
            said = form.cleaned_data
            promise = _record(request, said.get("line", ""), said.get("contact", ""))
    except Refused as refusal:
        at = "contact" if refusal.field in ("contact", "contact_id") else "line"
        form.add_error(at, refusal.sentence)
        context = today.board(request) | {"loose": form}
        return render(request, "kept/today.html", context, status=422)
    local = zones.local(promise.due_at, promise.zone)
    messages.info(
        request,
        _("Promised to %(client)s: %(day)s, %(time)s %(place)s.")
        % {
            "client": promise.client.name,
            "day": words.long_day(local.date()),
            "time": words.clock(local),
            "place": words.place(promise.zone),
        },
    )
    twice = "" if promise.day_only else words.first_of_two(promise.due_at, promise.zone)
    if twice:
        messages.info(request, twice)
    return redirect("today")


#: Without these nothing is recorded.
UNREADABLE = (
    Vague.NO_CLIENT,
    Vague.SEVERAL_CLIENTS,
    Vague.NO_DATE,
    Vague.NO_SUCH_DAY,
    Vague.NO_SUCH_SIZE,
)


def _record(request: KeptRequest, text: str, who_reads: str) -> Promise:
    now, member = clock.now(), request.member
    house = member.organisation
    clients: list[Any] = list(Client.objects.filter(archived_at__isnull=True))
    services: list[Any] = list(Service.objects.filter(archived_at__isnull=True))
    read = lines.read(text, now=now, zone=house.zone, clients=clients, services=services)
    if not read.what:
        raise Refused(_("Say what was promised, to whom and by when, in one line."), field="line")
    gaps = [wording.vagueness(gap) for gap in read.vague if gap.kind in UNREADABLE]
    if gaps or read.wanted_on is None:
        raise Refused(
            _("Say also %(gaps)s. Nothing was recorded yet.") % {"gaps": words.listed(gaps)},
            field="line",
        )
    client = read.client or keeping.find_or_add(read.client_name, by=member, now=now, prospect=True)
    wanted_on = given.day(read.wanted_on, called=_("The promised day"), field="line")
    if read.wanted_time is None:
        due_at: datetime = days.end_of(wanted_on, zone=client.zone, house=house)
    else:
        try:
            due_at = zones.moment(wanted_on, read.wanted_time, client.zone)
        except zones.NoSuchLocalTime as error:
            raise Refused(words.skipped(error), field="line") from error
    return recording.loose(
        what=read.what,
        client=client,
        due_at=due_at,
        day_only=read.wanted_time is None,
        by=member,
        now=now,
        effort=read.effort,
        service=read.service,
        contact=keeping.find_or_add_contact(client, who_reads, by=member, now=now)
        if who_reads
        else None,
    )

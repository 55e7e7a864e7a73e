"""What a job counts on: conditions, assumptions, and what others owe."""

from collections.abc import Callable
from datetime import date, datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from kept import clock
from kept.jobs import handing, making
from kept.jobs.models import Assumption, InboundPromise, Job, Obligation, Stage
from kept.people import days
from kept.people.access import Policy, allow
from kept.promises import pausing
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm
from kept.web.pages.jobs.job import (
    InboundForm,
    LineForm,
    StandardForm,
    SupplyForm,
    do,
    find,
    page,
)


@require_POST
@allow(Policy.MEMBER)
def condition_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add a line of what satisfies the client."""
    found = find(request, pk)
    form = LineForm(request.POST, auto_id="condition_%s")

    def add() -> object:
        text = form.cleaned_data["text"]
        return making.add_condition(found, text, by=request.member, now=clock.now())

    return _added(found, form, add) or page(request, found, condition=form)


@require_POST
@allow(Policy.MEMBER)
def job_standard(request: KeptRequest, pk: int) -> HttpResponse:
    """Say how good the work is to be."""
    found = find(request, pk)
    form = StandardForm(request.POST, auto_id="standard_%s")

    def change() -> object:
        said = form.cleaned_data["standard"]
        return making.change_job(found, standard=said, by=request.member, now=clock.now())

    return _added(found, form, change) or page(request, found, standard=form)


@require_POST
@allow(Policy.MEMBER)
def assumption_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add something that the date counts on."""
    found = find(request, pk)
    form = LineForm(request.POST, auto_id="assumption_%s")

    def add() -> object:
        text = form.cleaned_data["text"]
        return making.record_assumption(found, text, by=request.member, now=clock.now())

    return _added(found, form, add) or page(request, found, assumption=form)


@require_POST
@allow(Policy.MEMBER)
def assumption_broke(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that an assumption turned out wrong."""
    row = get_object_or_404(Assumption.objects.select_related("job"), pk=pk)
    return do(
        request,
        row.job,
        lambda: making.break_assumption(row, by=request.member, now=clock.now()),
    )


@require_POST
@allow(Policy.MEMBER)
def obligation_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Record what the client must supply."""
    found = find(request, pk)
    form = SupplyForm(request.POST, stages=_unfinished(found), auto_id="obligation_%s")

    def add() -> object:
        said = form.cleaned_data
        return making.record_obligation(
            found,
            what=said["what"],
            due_at=_due_at(request, found, said["due_on"]),
            stage=form.stages.get(said["stage"] or 0),
            by=request.member,
            now=clock.now(),
        )

    return _added(found, form, add) or page(request, found, obligation=form)


@require_POST
@allow(Policy.MEMBER)
def obligation_met(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client supplied it."""
    row = get_object_or_404(Obligation.objects.select_related("job"), pk=pk)
    return do(
        request,
        row.job,
        lambda: pausing.receive(row, by=request.member, now=clock.now()),
    )


@require_POST
@allow(Policy.MEMBER)
def inbound_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Record what a third party is to supply."""
    found = find(request, pk)
    form = InboundForm(request.POST, stages=_unfinished(found), auto_id="inbound_%s")

    def add() -> object:
        said = form.cleaned_data
        return making.record_inbound(
            found,
            who=said["who"],
            what=said["what"],
            due_at=_due_at(request, found, said["due_on"]),
            backed=said["backed"],
            stage=form.stages.get(said["stage"] or 0),
            by=request.member,
            now=clock.now(),
        )

    return _added(found, form, add) or page(request, found, inbound=form)


@require_POST
@allow(Policy.MEMBER)
def inbound_met(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that a third party supplied it."""
    row = get_object_or_404(InboundPromise.objects.select_related("job"), pk=pk)
    return do(
        request, row.job, lambda: making.meet_inbound(row, by=request.member, now=clock.now())
    )


def _added(found: Job, form: KeptForm, add: Callable[[], object]) -> HttpResponse | None:
    """Add what a form says, and go back to the job; None where the form says what is wrong."""
    if not form.is_valid():
        return None
    try:
        add()
    except Refused as refused:
        form.refuse(refused)
        return None
    return redirect("job", found.pk)


def _unfinished(found: Job) -> list[Stage]:
    return list(found.stages.exclude(state__in=handing.OVER))


def _due_at(request: KeptRequest, found: Job, due_on: date) -> datetime:
    house = request.member.organisation
    return days.end_of(due_on, zone=found.client.zone if found.client else house.zone, house=house)

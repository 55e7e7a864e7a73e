"""What a job counts on: conditions, assumptions, and what others owe."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

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
    return _line(request, pk, making.add_condition, "condition")


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
    return _line(request, pk, making.record_assumption, "assumption")


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
    return _supply(request, pk, SupplyForm, making.record_obligation, "obligation")


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
    return _supply(
        request, pk, InboundForm, making.record_inbound, "inbound", also=("who", "backed")
    )


@require_POST
@allow(Policy.MEMBER)
def inbound_met(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that a third party supplied it."""
    row = get_object_or_404(InboundPromise.objects.select_related("job"), pk=pk)
    return do(
        request, row.job, lambda: making.meet_inbound(row, by=request.member, now=clock.now())
    )


def _line(request: KeptRequest, pk: int, verb: Callable[..., object], called: str) -> HttpResponse:
    """Add a line of text to a job."""
    found = find(request, pk)
    form = LineForm(request.POST, auto_id=f"{called}_%s")

    def add() -> object:
        return verb(found, form.cleaned_data["text"], by=request.member, now=clock.now())

    shown: dict[str, Any] = {called: form}
    return _added(found, form, add) or page(request, found, **shown)


def _supply(
    request: KeptRequest,
    pk: int,
    form_of: type[SupplyForm],
    verb: Callable[..., object],
    called: str,
    *,
    also: Sequence[str] = (),
) -> HttpResponse:
    """Add what somebody is to supply to a job: what, by when, and which stage waits for it.

    Args:
        also: what else the form says, and the verb is told, by the same names.
    """
    found = find(request, pk)
    form = form_of(request.POST, stages=_unfinished(found), auto_id=f"{called}_%s")

    def add() -> object:
        said = form.cleaned_data
        return verb(
            found,
            what=said["what"],
            due_at=_due_at(request, found, said["due_on"]),
            stage=form.stages.get(said["stage"] or 0),
            **{name: said[name] for name in also},
            by=request.member,
            now=clock.now(),
        )

    shown: dict[str, Any] = {called: form}
    return _added(found, form, add) or page(request, found, **shown)


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

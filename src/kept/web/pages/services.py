"""The catalogue: one service, its stages, its price."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock
from kept.clients import catalogue
from kept.clients.models import Service
from kept.people.access import Policy, allow
from kept.people.models import Role, Skill
from kept.tenancy.refusals import Refused
from kept.web import stage_rows
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.stage_rows import StageRows


class ServiceForm(KeptForm):
    """What a service is called and costs."""

    name = forms.CharField(label=gettext_lazy("Service"))
    price = forms.DecimalField(
        label=gettext_lazy("Price, if it has one"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )


@allow(Policy.LEAD)
def service_new(request: KeptRequest) -> HttpResponse:
    """Add something this house sells."""
    return _edit(request, None)


@allow(Policy.MEMBER)
def service(request: KeptRequest, pk: int) -> HttpResponse:
    """Show a service; a lead can change it."""
    found = get_object_or_404(Service.objects.all(), pk=pk)
    if not request.member.may(Role.LEAD):
        if request.method == "POST":
            return render(request, "kept/403.html", {"needs": Role.LEAD}, status=403)
        context = {
            "place": "clients",
            "service": found,
            "sketches": [
                (sketch, stage_rows.written(sketch)) for sketch in catalogue.sketches_of(found)
            ],
        }
        return render(request, "kept/services/show.html", context)
    return _edit(request, found)


@require_POST
@allow(Policy.LEAD)
def service_archive(request: KeptRequest, pk: int) -> HttpResponse:
    """Sell a service no more, or again."""
    found = get_object_or_404(Service.objects.all(), pk=pk)
    catalogue.change_service(
        found, archived=found.archived_at is None, by=request.member, now=clock.now()
    )
    return redirect("service", pk)


def _edit(request: KeptRequest, found: Service | None) -> HttpResponse:
    if request.method != "POST":
        initial = {} if found is None else {"name": found.name, "price": found.price}
        sketches = () if found is None else catalogue.sketches_of(found)
        return _page(
            request, found, ServiceForm(initial=initial), stage_rows.rows(sketches=sketches)
        )
    form = ServiceForm(request.POST)
    rows = stage_rows.rows(request.POST)
    if "more" in request.POST:
        return _page(request, found, form, rows)
    valid = form.is_valid()
    if not (rows.is_valid() and valid):
        return _page(request, found, form, rows, status=422)
    said = form.cleaned_data
    try:
        if found is None:
            found = catalogue.add_service(
                name=said["name"],
                price=said["price"],
                stages=rows.sketches(),
                by=request.member,
                now=clock.now(),
            )
        else:
            catalogue.change_service(
                found,
                name=said["name"],
                price=said["price"],
                stages=rows.sketches(),
                by=request.member,
                now=clock.now(),
            )
    except Refused as refused:
        if not rows.refuse(refused):
            form.refuse(refused)
        return _page(request, found, form, rows, status=STATUS[refused.kind])
    messages.info(request, _("“%(name)s” is in the catalogue.") % {"name": said["name"]})
    return redirect("clients")


def _page(
    request: KeptRequest,
    found: Service | None,
    form: ServiceForm,
    rows: StageRows,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "place": "clients",
        "service": found,
        "form": form,
        "rows": rows,
        "skills": Skill.objects.all(),
        "currency": request.member.organisation.currency,
    }
    return render(request, "kept/services/edit.html", context, status=status)

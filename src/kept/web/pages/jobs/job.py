"""One job: its stages, what satisfies the client, and what it counts on."""

from collections.abc import Callable
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.jobs import handing, making, reading
from kept.jobs.models import HandOver, Job, Stage
from kept.people.access import Policy, allow
from kept.people.models import Member, Role
from kept.promises import carrying
from kept.tenancy.refusals import Refused
from kept.web import owned, stage_rows
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm


class LineForm(KeptForm):
    """One line of a job, for conditions and assumptions."""

    text = forms.CharField(label=gettext_lazy("In one line"))


class StandardForm(KeptForm):
    """How good the work is to be."""

    standard = forms.CharField(label=gettext_lazy("How good it is to be"), required=False)


class SupplyForm(KeptForm):
    """What somebody outside must supply, by when."""

    what = forms.CharField(label=gettext_lazy("What"))
    due_on = forms.DateField(
        label=gettext_lazy("By"), widget=forms.DateInput(attrs={"type": "date"})
    )
    stage = forms.TypedChoiceField(
        label=gettext_lazy("Which stage waits for it"),
        required=False,
        coerce=int,
        empty_value=None,
    )

    fields_of_rooms: ClassVar = {"due_at": "due_on", "wanted": "due_on"}

    def __init__(self, *args: Any, stages: list[Stage], **options: Any) -> None:
        super().__init__(*args, **options)
        self.stages = {stage.pk: stage for stage in stages}
        field = self.fields["stage"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", _("the whole job")), *((s.pk, s.name) for s in stages)]


class InboundForm(SupplyForm):
    """What a third party is to supply."""

    who = forms.CharField(label=gettext_lazy("Who"))
    backed = forms.BooleanField(label=gettext_lazy("Somebody there promised it"), required=False)

    field_order = ("who", "what", "due_on", "stage", "backed")


@allow(Policy.GUEST)
def job(request: KeptRequest, pk: int) -> HttpResponse:
    """Show a job: its stages, what satisfies the client, and what it counts on."""
    return page(request, find(request, pk))


@require_POST
@allow(Policy.MEMBER)
def job_state(request: KeptRequest, pk: int) -> HttpResponse:
    """Open a job that was only asked about, or close one."""
    found = find(request, pk)
    said = request.POST.get("state", "")
    if said not in Job.State.values:
        return page(request, found)
    return do(
        request,
        found,
        lambda: making.change_job(found, state=Job.State(said), by=request.member, now=clock.now()),
    )


def do(request: KeptRequest, found: Job, verb: Callable[[], object]) -> HttpResponse:
    """Do what was asked and go back to the job; refused, its page says why."""
    try:
        verb()
    except Refused as refused:
        return page(request, find(request, found.pk), refusal=refused)
    return redirect("job", found.pk)


def page(
    request: KeptRequest,
    found: Job,
    *,
    condition: LineForm | None = None,
    standard: StandardForm | None = None,
    assumption: LineForm | None = None,
    obligation: SupplyForm | None = None,
    inbound: InboundForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    """Show a job, with what a form of it said wrong."""
    stages = list(
        found.stages.select_related("owner", "skill").prefetch_related(
            "afters__after", "people__member"
        )
    )
    unfinished = [row for row in stages if row.state not in handing.OVER]
    waiting = {row.stage_id: (row, takers) for row, takers in carrying.handed_over(job=found)}
    promise = getattr(found, "promise", None)
    may_write = request.member.may(Role.MEMBER)
    is_lead = request.member.may(Role.LEAD)
    owns = owned.read(
        found,
        viewer=request.member,
        now=clock.now(),
        last_mile_owner=None if promise is None else promise.last_mile_owner,
        stages=stages,
        **({} if promise is None else {"gate": promise.gate}),
    )
    # Alone nobody is asked, and a guest sees names only.
    asks = {} if owns.alone or not may_write else {row.stage: row for row in owns.rows}
    rows = [
        {
            "stage": row,
            "owns": asks.get(row),
            "waits": words.listed(
                tie.after.name for tie in row.afters.all() if tie.after.state != Stage.State.DONE
            ),
            "people": words.listed(tie.member.first_name for tie in row.people.all()),
            **_handed(waiting.get(row.pk), request.member),
            "effort": stage_rows.written(making.sketch_of(row)),
            "mine": may_write
            and found.state == Job.State.OPEN
            and row.state not in handing.OVER
            and (
                is_lead
                or row.owner_id in (None, request.member.pk)
                or any(tie.member_id == request.member.pk for tie in row.people.all())
            ),
        }
        for row in stages
    ]
    context = {
        "place": "clients",
        "today": today_of(request),
        "zone": found.client.zone if found.client else request.member.organisation.zone,
        "job": found,
        "promise": promise,
        "owns": owns,
        "last_mile": asks.get(None),
        "rows": rows,
        "left_hours": sum(max(0.0, row.likely_hours - row.spent_hours) for row in unfinished),
        "may_write": may_write,
        "conditions": found.conditions.all(),
        "assumptions": found.assumptions.all(),
        "obligations": found.obligations.select_related("stage"),
        "inbounds": found.inbound.select_related("stage"),
        "refusal": refusal,
    }
    if may_write:
        context |= {
            "condition": condition or LineForm(auto_id="condition_%s"),
            "standard": standard
            or StandardForm(auto_id="standard_%s", initial={"standard": found.standard}),
            "assumption": assumption or LineForm(auto_id="assumption_%s"),
            "obligation": obligation or SupplyForm(stages=unfinished, auto_id="obligation_%s"),
            "inbound": inbound or InboundForm(stages=unfinished, auto_id="inbound_%s"),
        }
    forms_sent = (condition, standard, assumption, obligation, inbound)
    sent = [form for form in forms_sent if form is not None]
    status = max([200, *(form.status for form in sent)])
    if refusal is not None:
        status = STATUS[refusal.kind]
    return render(request, "kept/jobs/job.html", context, status=status)


def _handed(waiting: tuple[HandOver, list[Member]] | None, viewer: Member) -> dict[str, object]:
    """What a row says of a hand-over that waits for an answer, and whether it is the viewer's."""
    if waiting is None:
        return {"handed": None}
    handed, takers = waiting
    return {
        "handed": handed,
        "takers": words.listed(member.first_name for member in takers),
        "may_take": viewer.may(Role.LEAD) or any(member.pk == viewer.pk for member in takers),
    }


def find(request: KeptRequest, pk: int) -> Job:
    """Return a job that this member may read."""
    readable = reading.jobs_for(request.member)
    return get_object_or_404(
        readable.select_related("client", "service", "promise__last_mile_owner"), pk=pk
    )


def today_of(request: KeptRequest) -> date:
    """Return the day it is in the house."""
    return zones.day_of(clock.now(), request.member.organisation.zone)

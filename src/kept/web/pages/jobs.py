"""Jobs: made from one line, from a service or stage by stage; then worked on."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.clients import keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import handing, lines, making, reading, work
from kept.jobs.models import Assumption, HandOver, InboundPromise, Job, Obligation, Stage
from kept.people import days
from kept.people.access import Policy, allow
from kept.people.models import Member, Role, Skill
from kept.promises import carrying, pausing
from kept.tenancy.refusals import Refused
from kept.web import owned, stage_rows
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.pages.owning import back_to
from kept.web.stage_rows import StageRow, StageRows

SHOWN_AT_MOST = 200


class JobForm(KeptForm):
    """A job of one stage, on one screen: what, for whom, how big, who does it."""

    title = forms.CharField(label=gettext_lazy("What is to be done?"))
    client = forms.TypedChoiceField(
        label=gettext_lazy("For whom"), required=False, coerce=int, empty_value=None
    )
    service = forms.TypedChoiceField(
        label=gettext_lazy("From the catalogue"), required=False, coerce=int, empty_value=None
    )
    effort = stage_rows.EffortField(
        label=gettext_lazy("How big"),
        required=False,
        help_text=gettext_lazy("16, 2 days, or 12-16-40 for low, likely and high hours."),
    )
    skill = forms.CharField(
        label=gettext_lazy("Skill"),
        required=False,
        widget=forms.TextInput(attrs={"list": "skills", "class": "short"}),
    )
    owner = forms.TypedChoiceField(
        label=gettext_lazy("Who does it"), required=False, coerce=int, empty_value=None
    )
    done_means = forms.CharField(
        label=gettext_lazy("“Done” means"),
        required=False,
        help_text=gettext_lazy("What one can look at and say: yes, that is done."),
    )
    state = forms.ChoiceField(
        label=gettext_lazy("It is"),
        choices=[
            (Job.State.OPEN, gettext_lazy("open: on the team’s plate")),
            (Job.State.DRAFT, gettext_lazy("only asked about: it takes no capacity")),
        ],
        initial=Job.State.OPEN,
        widget=forms.RadioSelect(),
    )

    fields_of_rooms: ClassVar = {
        "stages.1.likely_hours": "effort",
        "stages.1.low_hours": "effort",
        "stages.1.high_hours": "effort",
        "stages.1.skill": "skill",
        "stages.1.hands": "skill",
        "stages.1.owner": "owner",
        "stages.1.done_means": "done_means",
        "stages.1.name": "title",
        "stages": "effort",
    }

    def __init__(self, *args: Any, people: list[Member], **options: Any) -> None:
        super().__init__(*args, **options)
        self.people = {member.pk: member for member in people}
        self.clients = {row.pk: row for row in Client.objects.filter(archived_at__isnull=True)}
        self.services = {row.pk: row for row in Service.objects.filter(archived_at__isnull=True)}
        for name, rows, empty in (
            ("client", self.clients, _("nobody yet")),
            ("service", self.services, _("no: I say how big it is")),
            ("owner", self.people, _("whoever is free")),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.TypedChoiceField)
            field.choices = [("", empty), *((key, row.name) for key, row in rows.items())]
        if not self.services:
            del self.fields["service"]
        if len(people) == 1:
            del self.fields["owner"]

    def stages(self) -> list[StageSketch]:
        """The one stage that was said; none where the service says them."""
        said = self.cleaned_data
        service = self.services.get(said.get("service") or 0)
        if service is not None and not said["effort"].strip():
            return []
        if not said["effort"].strip():
            raise Refused(_("Say how big it is, in hours or days."), field="effort")
        hours = stage_rows.effort(said["effort"])
        alone = next(iter(self.people.values())) if len(self.people) == 1 else None
        return [
            StageSketch(
                name=said["title"][:120],
                likely_hours=hours.likely_hours,
                low_hours=hours.low_hours,
                high_hours=hours.high_hours,
                skill=said["skill"] or None,
                owner=self.people.get(said.get("owner") or 0) or alone,
                done_means=said["done_means"],
            )
        ]


class LineForm(KeptForm):
    """One line of a job, for conditions and assumptions."""

    text = forms.CharField(label=gettext_lazy("In one line"))


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


class HoursForm(KeptForm):
    """Hours worked on a stage."""

    hours = forms.FloatField(required=False)
    out_of_hours = forms.FloatField(required=False)


# ----- Lists and making --------------------------------------------------------------------------


@allow(Policy.GUEST)
def jobs(request: KeptRequest) -> HttpResponse:
    """List jobs: a guest sees those with a stage that names them."""
    shown = request.GET.get("show", Job.State.OPEN)
    if shown not in Job.State.values:
        shown = Job.State.OPEN
    readable = reading.jobs_for(request.member)
    rows = (
        Job.objects.filter(pk__in=readable.values("pk"), state=shown)
        .select_related("client", "service", "promise")
        .annotate(parts=Count("stages"), done=Count("stages", filter=Q(stages__state="done")))
        .order_by("-made_at", "-pk")[: SHOWN_AT_MOST + 1]
    )
    context = {
        "place": "clients",
        "today": _today(request),
        "jobs": list(rows)[:SHOWN_AT_MOST],
        "more": len(rows) > SHOWN_AT_MOST,
        "shown": shown,
        "states": Job.State.choices,
        "is_member": request.member.may(Role.MEMBER),
    }
    return render(request, "kept/jobs/list.html", context)


@require_POST
@allow(Policy.MEMBER)
def job_line(request: KeptRequest) -> HttpResponse:
    """Make a job of one line; what the line leaves open is asked on the form, nothing is lost."""
    now, member = clock.now(), request.member
    said = request.POST.get("line", "")[:300]
    people = stage_rows.people()
    clients: list[Any] = list(Client.objects.filter(archived_at__isnull=True))
    services: list[Any] = list(Service.objects.filter(archived_at__isnull=True))
    read = lines.read(
        said, now=now, zone=member.organisation.zone, clients=clients, services=services
    )
    try:
        with transaction.atomic():  # a refusal takes back the client it would have added
            if not read.what or (read.effort is None and read.service is None):
                raise Refused(_("Say how big it is, in hours or days."), field="effort")
            client = read.client
            if client is None and read.client_name:
                client = keeping.find_or_add(read.client_name, by=member, now=now)
            made = making.make(
                title=read.what,
                client=client,
                service=read.service,
                stages=_stages_of_line(read, people),
                state=Job.State.OPEN,
                by=member,
                now=now,
            )
    except Refused as refused:
        form = JobForm(
            {
                "title": read.what or said,
                "client": read.client.pk if read.client else "",
                "service": read.service.pk if read.service else "",
                "effort": stage_rows.typed(read.effort) if read.effort else "",
                "state": Job.State.OPEN,
            },
            people=people,
        )
        form.is_valid()
        form.refuse(refused)
        return _new_page(request, form)
    return redirect("job", made.pk)


def _stages_of_line(read: lines.Line[Any, Any], people: Sequence[Member]) -> list[StageSketch]:
    if read.effort is None:
        return []
    return [
        StageSketch(
            name=read.what[:120],
            likely_hours=read.effort.likely_hours,
            low_hours=read.effort.low_hours,
            high_hours=read.effort.high_hours,
            owner=people[0] if len(people) == 1 else None,
        )
    ]


@allow(Policy.MEMBER)
def job_new(request: KeptRequest) -> HttpResponse:
    """Make a job of one stage or from a service, on one screen."""
    people = stage_rows.people()
    if request.method != "POST":
        initial = {name: request.GET.get(name, "") for name in ("title", "client", "service")}
        form = JobForm(people=people, initial={**initial, "state": Job.State.OPEN})
        return _new_page(request, form)
    form = JobForm(request.POST, people=people)
    if form.is_valid():
        said = form.cleaned_data
        try:
            made = making.make(
                title=said["title"],
                client=form.clients.get(said["client"] or 0),
                service=form.services.get(said.get("service") or 0),
                stages=form.stages(),
                state=Job.State(said["state"]),
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("job", made.pk)
    return _new_page(request, form)


def _new_page(request: KeptRequest, form: JobForm) -> HttpResponse:
    context = {"place": "clients", "form": form, "skills": Skill.objects.all()}
    return render(request, "kept/jobs/new.html", context, status=form.status)


@allow(Policy.MEMBER)
def job_in_stages(request: KeptRequest) -> HttpResponse:
    """Make a job stage by stage."""
    people = stage_rows.people()
    if request.method != "POST":
        initial = {name: request.GET.get(name, "") for name in ("title", "client")}
        form = _whole_job_form(people, initial={**initial, "state": Job.State.OPEN})
        return _stages_page(request, form, stage_rows.rows(people=people))
    form = _whole_job_form(people, request.POST)
    rows = stage_rows.rows(request.POST, people=people)
    if "more" in request.POST:
        return _stages_page(request, form, rows)
    valid = form.is_valid()
    if not (rows.is_valid() and valid):
        return _stages_page(request, form, rows, status=422)
    said = form.cleaned_data
    try:
        made = making.make(
            title=said["title"],
            client=form.clients.get(said["client"] or 0),
            stages=rows.sketches(),
            state=Job.State(said["state"]),
            by=request.member,
            now=clock.now(),
        )
    except Refused as refused:
        if not rows.refuse(refused):
            form.refuse(refused)
        return _stages_page(request, form, rows, status=STATUS[refused.kind])
    return redirect("job", made.pk)


def _whole_job_form(people: list[Member], sent: Any = None, **options: Any) -> JobForm:
    form = JobForm(sent, people=people, **options)
    for name in ("service", "effort", "skill", "owner", "done_means"):
        form.fields.pop(name, None)
    return form


def _stages_page(
    request: KeptRequest, form: JobForm, rows: StageRows, *, status: int = 200
) -> HttpResponse:
    context = {"place": "clients", "form": form, "rows": rows, "skills": Skill.objects.all()}
    return render(request, "kept/jobs/in_stages.html", context, status=status)


# ----- One job -----------------------------------------------------------------------------------


@allow(Policy.GUEST)
def job(request: KeptRequest, pk: int) -> HttpResponse:
    """Show a job: its stages, what satisfies the client, and what it counts on."""
    return _page(request, _find(request, pk))


@require_POST
@allow(Policy.MEMBER)
def job_state(request: KeptRequest, pk: int) -> HttpResponse:
    """Open a job that was only asked about, or close one."""
    found = _find(request, pk)
    said = request.POST.get("state", "")
    if said not in Job.State.values:
        return _page(request, found)
    return _do(
        request,
        found,
        lambda: making.change_job(found, state=Job.State(said), by=request.member, now=clock.now()),
    )


@require_POST
@allow(Policy.MEMBER)
def stage_begin(request: KeptRequest, pk: int) -> HttpResponse:
    """Begin a stage."""
    stage = _stage(pk)
    return _do(
        request, stage.job, lambda: carrying.begin(stage, by=request.member, now=clock.now())
    )


@require_POST
@allow(Policy.MEMBER)
def stage_hours(request: KeptRequest, pk: int) -> HttpResponse:
    """Log hours worked on a stage."""
    stage = _stage(pk)
    form = HoursForm(request.POST)
    if not form.is_valid():
        return _page(
            request,
            stage.job,
            refusal=Refused(_("Write hours as a number, like 2.5. Nothing was logged.")),
        )
    said = form.cleaned_data
    answer = _do(
        request,
        stage.job,
        lambda: work.log_hours(
            stage,
            said["hours"] or 0,
            out_of_hours=said["out_of_hours"] or 0,
            by=request.member,
            now=clock.now(),
        ),
    )
    if answer.status_code == 302:
        return redirect(back_to(request, default=answer["Location"]))
    return answer


@allow(Policy.MEMBER)
def stage(request: KeptRequest, pk: int) -> HttpResponse:
    """Change a stage that is not done."""
    found = _stage(pk)
    people = stage_rows.people()
    if found.owner is not None and found.owner not in people:
        people = [*people, found.owner]
    if request.method != "POST":
        whole = Stage.objects.prefetch_related("afters__after", "people__member").get(pk=pk)
        sketch = making.sketch_of(whole)
        form = StageRow(people=people, initial=_typed(sketch))
        return _stage_page(request, found, form)
    form = StageRow(request.POST, people=people)
    if form.is_valid():
        sketch = form.sketch()
        usual = (found.position - 1,) if found.position > 1 else ()
        try:
            making.change_stage(
                found,
                name=sketch.name,
                likely_hours=sketch.likely_hours,
                low_hours=sketch.low_hours,
                high_hours=sketch.high_hours,
                skill=sketch.skill,
                hands=sketch.hands,
                after=usual if sketch.after is None else sketch.after,
                optional=sketch.optional,
                finishing=sketch.finishing,
                done_means=sketch.done_means,
                owner=sketch.owner,
                by=request.member,
                now=clock.now(),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("job", found.job_id)
    return _stage_page(request, found, form)


@allow(Policy.MEMBER)
def stage_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add a stage at the end of a job."""
    found = _find(request, pk)
    people = stage_rows.people()
    form = StageRow(request.POST if request.method == "POST" else None, people=people)
    if form.is_valid():
        try:
            making.add_stage(found, form.sketch(), by=request.member, now=clock.now())
        except Refused as refused:
            form.refuse(Refused(refused.sentence, field=refused.field.split(".")[-1]))
        else:
            return redirect("job", pk)
    context = {
        "place": "clients",
        "job": found,
        "stage": None,
        "form": form,
        "others": found.stages.all(),
        "skills": Skill.objects.all(),
    }
    return render(request, "kept/jobs/stage.html", context, status=form.status)


def _typed(sketch: StageSketch) -> dict[str, Any]:
    return {
        "name": sketch.name,
        "effort": stage_rows.written(sketch),
        "skill": sketch.skill or "",
        "owner": sketch.owner.pk if sketch.owner else None,
        "after": ", ".join(str(other) for other in sketch.after or ()) or _("none"),
        "hands": sketch.hands,
        "done_means": sketch.done_means,
        "optional": sketch.optional,
        "finishing": sketch.finishing,
    }


def _stage_page(request: KeptRequest, found: Stage, form: StageRow) -> HttpResponse:
    context = {
        "place": "clients",
        "job": found.job,
        "stage": found,
        "form": form,
        "others": found.job.stages.exclude(pk=found.pk),
        "skills": Skill.objects.all(),
    }
    return render(request, "kept/jobs/stage.html", context, status=form.status)


# ----- What a job counts on ----------------------------------------------------------------------


@require_POST
@allow(Policy.MEMBER)
def condition_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add a line of what satisfies the client."""
    found = _find(request, pk)
    form = LineForm(request.POST, auto_id="condition_%s")

    def add() -> object:
        text = form.cleaned_data["text"]
        return making.add_condition(found, text, by=request.member, now=clock.now())

    return _added(found, form, add) or _page(request, found, condition=form)


@require_POST
@allow(Policy.MEMBER)
def assumption_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add something that the date counts on."""
    found = _find(request, pk)
    form = LineForm(request.POST, auto_id="assumption_%s")

    def add() -> object:
        text = form.cleaned_data["text"]
        return making.record_assumption(found, text, by=request.member, now=clock.now())

    return _added(found, form, add) or _page(request, found, assumption=form)


@require_POST
@allow(Policy.MEMBER)
def assumption_broke(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that an assumption turned out wrong."""
    row = get_object_or_404(Assumption.objects.select_related("job"), pk=pk)
    return _do(
        request,
        row.job,
        lambda: making.break_assumption(row, by=request.member, now=clock.now()),
    )


@require_POST
@allow(Policy.MEMBER)
def obligation_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Record what the client must supply."""
    found = _find(request, pk)
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

    return _added(found, form, add) or _page(request, found, obligation=form)


@require_POST
@allow(Policy.MEMBER)
def obligation_met(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client supplied it."""
    row = get_object_or_404(Obligation.objects.select_related("job"), pk=pk)
    return _do(
        request,
        row.job,
        lambda: pausing.receive(row, by=request.member, now=clock.now()),
    )


@require_POST
@allow(Policy.MEMBER)
def inbound_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Record what a third party is to supply."""
    found = _find(request, pk)
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

    return _added(found, form, add) or _page(request, found, inbound=form)


@require_POST
@allow(Policy.MEMBER)
def inbound_met(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that a third party supplied it."""
    row = get_object_or_404(InboundPromise.objects.select_related("job"), pk=pk)
    return _do(
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


def _do(request: KeptRequest, found: Job, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except Refused as refused:
        return _page(request, _find(request, found.pk), refusal=refused)
    return redirect("job", found.pk)


def _page(
    request: KeptRequest,
    found: Job,
    *,
    condition: LineForm | None = None,
    assumption: LineForm | None = None,
    obligation: SupplyForm | None = None,
    inbound: InboundForm | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
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
    rows = [
        {
            "stage": row,
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
        "today": _today(request),
        "zone": found.client.zone if found.client else request.member.organisation.zone,
        "job": found,
        "promise": promise,
        "owns": owned.read(
            found,
            viewer=request.member,
            now=clock.now(),
            last_mile_owner=None if promise is None else promise.last_mile_owner,
            stages=stages,
            **({} if promise is None else {"gate": promise.gate}),
        ),
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
            "assumption": assumption or LineForm(auto_id="assumption_%s"),
            "obligation": obligation or SupplyForm(stages=unfinished, auto_id="obligation_%s"),
            "inbound": inbound or InboundForm(stages=unfinished, auto_id="inbound_%s"),
        }
    sent = [form for form in (condition, assumption, obligation, inbound) if form is not None]
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


def _find(request: KeptRequest, pk: int) -> Job:
    readable = reading.jobs_for(request.member)
    return get_object_or_404(
        readable.select_related("client", "service", "promise__last_mile_owner"), pk=pk
    )


def _stage(pk: int) -> Stage:
    rows = Stage.objects.select_related("job", "job__client", "owner")
    return get_object_or_404(rows, pk=pk)


def _unfinished(found: Job) -> list[Stage]:
    return list(found.stages.exclude(state__in=handing.OVER))


def _due_at(request: KeptRequest, found: Job, due_on: date) -> datetime:
    house = request.member.organisation
    return days.end_of(due_on, zone=found.client.zone if found.client else house.zone, house=house)


def _today(request: KeptRequest) -> date:
    return zones.day_of(clock.now(), request.member.organisation.zone)

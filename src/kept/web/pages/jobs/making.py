"""Jobs, made from one line, from a service or stage by stage."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock
from kept.clients import keeping
from kept.clients.catalogue import StageSketch
from kept.clients.models import Client, Service
from kept.jobs import lines, making
from kept.jobs.lines import Vague
from kept.jobs.models import Job
from kept.people.access import Policy, allow
from kept.people.models import Member, Skill
from kept.quotes import wording
from kept.tenancy.refusals import Refused
from kept.web import stage_rows
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.stage_rows import StageRows


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
            wrong = [gap for gap in read.vague if gap.kind is Vague.NO_SUCH_SIZE]
            if wrong:
                raise Refused(
                    _("Say %(gap)s.") % {"gap": wording.vagueness(wrong[0])}, field="effort"
                )
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

"""The stages of a job: added, changed, begun, hours logged."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock
from kept.clients.catalogue import StageSketch
from kept.jobs import making, work
from kept.jobs.models import Stage
from kept.people.access import Policy, allow
from kept.people.models import Skill
from kept.promises import carrying
from kept.tenancy.refusals import Refused
from kept.web import stage_rows
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm
from kept.web.pages.jobs.job import do, find, page
from kept.web.pages.owning import back_to
from kept.web.stage_rows import StageRow


class HoursForm(KeptForm):
    """Hours worked on a stage."""

    hours = forms.FloatField(required=False)
    out_of_hours = forms.FloatField(required=False)


@require_POST
@allow(Policy.MEMBER)
def stage_begin(request: KeptRequest, pk: int) -> HttpResponse:
    """Begin a stage."""
    stage = _stage(pk)
    return do(request, stage.job, lambda: carrying.begin(stage, by=request.member, now=clock.now()))


@require_POST
@allow(Policy.MEMBER)
def stage_hours(request: KeptRequest, pk: int) -> HttpResponse:
    """Log hours worked on a stage."""
    stage = _stage(pk)
    form = HoursForm(request.POST)
    if not form.is_valid():
        return page(
            request,
            stage.job,
            refusal=Refused(_("Write hours as a number, like 2.5. Nothing was logged.")),
        )
    said = form.cleaned_data
    answer = do(
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
    found = find(request, pk)
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


def _stage(pk: int) -> Stage:
    rows = Stage.objects.select_related("job", "job__client", "owner")
    return get_object_or_404(rows, pk=pk)

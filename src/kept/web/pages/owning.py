"""Ask somebody to own a part of the work, and answer when one was asked."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, zones
from kept.jobs import owners, owning
from kept.jobs.models import Job, Responsibility, Stage
from kept.people import days
from kept.people.access import Policy, allow
from kept.people.models import Member, Role
from kept.promises import carrying
from kept.promises.models import Promise
from kept.quotes import onset
from kept.quotes.models import Quote
from kept.quotes.onset import Onset
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused
from kept.web import owned
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm


class AskForm(KeptForm):
    """Who is asked to own what, by when, and what done means."""

    member = forms.TypedChoiceField(label=gettext_lazy("Who"), coerce=int)
    by_on = forms.DateField(
        label=gettext_lazy("Done by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    hours = forms.FloatField(
        label=gettext_lazy("Hours"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "class": "short"}),
    )
    done_means = forms.CharField(
        label=gettext_lazy("“Done” means"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("What one can look at and say: yes, that is done."),
    )

    fields_of_rooms: ClassVar = {"by_at": "by_on", "wanted": "by_on"}

    def __init__(self, *args: Any, people: list[Member], stage: Stage | None, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.people = {member.pk: member for member in people}
        field = self.fields["member"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(member.pk, member.name) for member in people]
        if stage is None:
            del self.fields["hours"], self.fields["done_means"]


class AnswerForm(KeptForm):
    """Yes, something else, or no."""

    verb = forms.ChoiceField(choices=[(verb, verb) for verb in owning.MOVES])
    by_on = forms.DateField(required=False)
    hours = forms.FloatField(required=False)
    word = forms.CharField(required=False, max_length=300)


@dataclass(frozen=True)
class Asking:
    """One part of an offer that nobody has said yes to, and who could be asked."""

    key: str
    what: str
    suggested: int | None
    people: list[Member]


@allow(Policy.MEMBER)
def stage_owner(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask somebody to own a stage."""
    rows = Stage.objects.select_related("job", "owner")
    stage = get_object_or_404(rows, pk=pk)
    return _ask(request, stage.job, stage)


@allow(Policy.MEMBER)
def last_mile(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask somebody to see a job over the line."""
    return _ask(request, get_object_or_404(Job, pk=pk), None)


def _ask(request: KeptRequest, job: Job, stage: Stage | None) -> HttpResponse:
    now, house = clock.now(), request.member.organisation
    people = workers() if stage is not None else staff()
    if request.method == "POST":
        form = AskForm(request.POST, people=people, stage=stage)
    else:
        suggested = None if stage is not None else owners.suggested_last_mile_owner(job)
        initial: dict[str, Any] = {"member": None if suggested is None else suggested.pk}
        if stage is not None:
            initial |= {"hours": stage.likely_hours, "done_means": stage.done_means}
        aimed = _aimed_at(job)
        if aimed is not None:
            initial["by_on"] = zones.day_of(aimed, house.zone)
        form = AskForm(people=people, stage=stage, initial=initial)
    back = back_to(request, default=f"/jobs/{job.pk}")
    if form.is_valid():
        said = form.cleaned_data
        try:
            row = carrying.propose(
                job if stage is None else stage,
                form.people[said["member"]],
                by_at=end_of(said["by_on"], house),
                hours=said.get("hours"),
                done_means=said.get("done_means"),
                by=request.member,
                now=now,
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            if row.state == Responsibility.State.PROPOSED:
                messages.info(request, _("%(name)s was asked.") % {"name": row.member.name})
            return redirect(back)
    context = {
        "place": "today",
        "today": zones.day_of(now, house.zone),
        "job": job,
        "stage": stage,
        "form": form,
        "back": back,
    }
    return render(request, "kept/owning/ask.html", context, status=form.status)


@require_POST
@allow(Policy.MEMBER)
def quote_owners(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask everybody named for an offer's stages and its last mile, at once."""
    quote = get_object_or_404(Quote.objects.select_related("job", "answer"), pk=pk)
    house, people = request.member.organisation, {member.pk: member for member in staff()}
    chosen: dict[Stage | None, Member] = {}
    parts: list[Stage | None] = [*quote.job.stages.all(), None]
    for part in parts:
        key = request.POST.get(f"owner-{_key(part)}", "")
        if key.isdecimal() and int(key) in people:
            chosen[part] = people[int(key)]
    try:
        asked = onset.ask_owners(
            quote,
            chosen,
            by_at=end_of(_day(request.POST.get("by_on", "")), house),
            by=request.member,
            now=clock.now(),
        )
    except Refused as refused:
        messages.warning(request, refused.sentence)
    else:
        if not asked:
            messages.info(request, _("Nobody new was asked."))
    return redirect("quote", pk)


@require_POST
@allow(Policy.MEMBER)
def answer(request: KeptRequest, pk: int) -> HttpResponse:
    """Say yes, something else or no; take what somebody said instead, or the question back."""
    rows = Responsibility.objects.select_related("job", "stage", "member")
    asked = get_object_or_404(rows, pk=pk)
    form = AnswerForm(request.POST)
    back = back_to(request, default="/work")
    if not form.is_valid():
        messages.warning(request, _("That could not be read. Nothing was changed."))
        return redirect(back)
    said, now, by = form.cleaned_data, clock.now(), request.member
    try:
        match said["verb"]:
            case "accept":
                carrying.accept(asked, by=by, now=now)
            case "agree":
                carrying.agree(asked, by=by, now=now)
            case "counter":
                by_at = end_of(said["by_on"], by.organisation)
                owning.counter(
                    asked, by_at=by_at, hours=said["hours"], word=said["word"], by=by, now=now
                )
            case "decline":
                owning.decline(asked, word=said["word"], by=by, now=now)
            case _:
                owning.withdraw(asked, by=by, now=now)
    except Refused as refused:
        context = {"place": "work", "refusal": refused, "back": back}
        return render(request, "kept/owning/refused.html", context, status=STATUS[refused.kind])
    return redirect(back)


def onset_context(quote: Quote, *, viewer: Member, now: datetime) -> dict[str, object]:
    """Return what the quote's page needs to show its gate."""
    found = onset.state_of(quote, giver=viewer)
    house = viewer.organisation
    live = quote.state in Quote.LIVE
    return {
        "onset": found,
        "owns": owned.read(quote.job, viewer=viewer, now=now, gate=Promise.Gate.OPEN),
        "asking": _asking(quote, found) if live and found.gaps else [],
        "by_on": zones.day_of(quote.internal_due_at, house.zone),
        "was_asked": any(gap.since is not None for gap in found.gaps),
        "may_sign": viewer.may(Role.LEAD),
    }


def _asking(quote: Quote, found: Onset) -> list[Asking]:
    doers, everybody = workers(), staff()
    suggested = owners.suggested_last_mile_owner(quote.job)
    rows = []
    for gap in found.gaps:
        named = gap.member
        if gap.stage is None and named is None:
            named = suggested
        rows.append(
            Asking(
                key=_key(gap.stage),
                what=owned.last_mile_name() if gap.stage is None else gap.stage.name,
                suggested=None if named is None else named.pk,
                people=everybody if gap.stage is None else doers,
            )
        )
    return rows


def staff() -> list[Member]:
    """Return everybody who can be asked for something."""
    return list(Member.objects.filter(left_at__isnull=True).exclude(role=Role.GUEST))


def workers() -> list[Member]:
    """Return who can be asked to own a stage."""
    return [member for member in staff() if member.does_work]


def back_to(request: HttpRequest, *, default: str) -> str:
    """Return the page of this house that a form names to come back to."""
    said = request.POST.get("next") or request.GET.get("next") or ""
    if said.startswith("/") and url_has_allowed_host_and_scheme(
        said, allowed_hosts={request.get_host()}
    ):
        return said
    return default


def end_of(day: date | None, house: Organisation) -> datetime | None:
    """Return the end of a working day here."""
    return None if day is None else days.end_of(day, zone=house.zone, house=house)


def _aimed_at(job: Job) -> datetime | None:
    """Return the date the team aims at, of a promise or else of an offer."""
    promise = Promise.objects.filter(job=job).first()
    if promise is not None:
        return promise.internal_due_at
    quote = Quote.objects.filter(job=job).first()
    return None if quote is None else quote.internal_due_at


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _key(stage: Stage | None) -> str:
    return "last" if stage is None else str(stage.pk)

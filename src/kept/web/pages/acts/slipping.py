"""“One more day”, and why a date moved."""

from datetime import datetime

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.people.access import Policy, allow
from kept.promises import reasons, slips
from kept.promises.models import Promise, Reason
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts.acting import Act, ActForm, choose_from, date_field, page


class SlipForm(ActForm):
    """A later date inside the house."""

    on = date_field(gettext_lazy("The day you say now"))
    stage = forms.ChoiceField(label=gettext_lazy("Of which part"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("Why, if you like"), required=False)
    fields_of_rooms = {"until": "on"}  # noqa: RUF012 - declared as a class variable above

    def prepare(self) -> None:
        stages = self.promise.job.stages.exclude(state="done").order_by("position")
        choose_from(self, "stage", [("", _("all of it")), *((row.pk, row.name) for row in stages)])
        choose_from(self, "category", [("", _("not said")), *Reason.Category.choices])


class ReasonForm(ActForm):
    """Why a date moved or was missed."""

    category = forms.ChoiceField(
        label=gettext_lazy("What kind of reason"), choices=Reason.Category.choices
    )
    controllable = forms.ChoiceField(label=gettext_lazy("Whose to change"), required=False)
    stated = forms.CharField(
        label=gettext_lazy("In a sentence"), required=False, max_length=300,
        help_text=gettext_lazy("About the work and how it runs, not about a person."),
    )  # fmt: skip
    assumption = forms.ChoiceField(
        label=gettext_lazy("What was counted on, and broke"), required=False
    )

    def prepare(self) -> None:
        choose_from(
            self, "controllable", [("", _("as usual for it")), *Reason.Controllable.choices]
        )
        counted_on = self.promise.job.assumptions.all()
        choose_from(
            self, "assumption", [("", _("nothing")), *((row.pk, row.text) for row in counted_on)]
        )
        used = reasons.uses(now=self.now)
        choose_from(
            self,
            "category",
            [
                (value, f"{label} ({used[value]})" if used[value] else label)
                for value, label in Reason.Category.choices
            ],
        )
        self.fields["category"].help_text = _("In brackets: how often this year.")


def _slip(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    said = form.cleaned_data
    until = form.moment(said["on"])
    stage = promise.job.stages.get(pk=said["stage"]) if said["stage"] else None
    slips.say(promise, until=until, stage=stage, by=request.member, now=now)
    if said["category"]:
        reasons.give(
            promise, category=Reason.Category(said["category"]), by=request.member, now=now
        )
    return _("Noted. What the client was promised stays %(due)s.") % {
        "due": words.moment(promise.due_at, promise.zone)
    }


def _reason(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    said = form.cleaned_data
    reasons.give(
        promise,
        category=Reason.Category(said["category"]),
        controllable=Reason.Controllable(said["controllable"]) if said["controllable"] else None,
        stated=said["stated"],
        assumption=promise.job.assumptions.get(pk=said["assumption"])
        if said["assumption"]
        else None,
        by=request.member,
        now=now,
    )
    return _("Noted.")


SLIP = Act(
    gettext_lazy("One more day"),
    gettext_lazy(
        "A later date inside the house. What the client was promised stays, and what this "
        "day becomes is counted."
    ),
    gettext_lazy("Say it"),
    SlipForm,
    _slip,
)


@allow(Policy.MEMBER)
def slip(request: KeptRequest, pk: int) -> HttpResponse:
    """Say a later date inside the house."""
    return page(request, pk, SLIP)


REASON = Act(
    gettext_lazy("Why it moved"),
    gettext_lazy("About the work and how it runs, never about a person."),
    gettext_lazy("Note it"),
    ReasonForm,
    _reason,
)


@allow(Policy.MEMBER)
def reason(request: KeptRequest, pk: int) -> HttpResponse:
    """Say why it moved or was missed."""
    return page(request, pk, REASON)

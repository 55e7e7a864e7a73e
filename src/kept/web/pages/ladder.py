"""The house's ladder, and the rules that raise alarms: the owner's to set."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from kept import clock
from kept.last_mile import ladders, rules
from kept.last_mile.ladders import Step
from kept.last_mile.models import Kind, Rung
from kept.last_mile.rules import Unit
from kept.people.access import Policy, allow
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm


class LadderForm(KeptForm):
    """Every rung: used or not, who hears, and how long is waited before it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        said = {step.name: step for step in ladders.steps()}
        usual = {step.name: step for step in ladders.USUAL}
        for name in Rung.Name:
            step = said.get(name, usual[name])
            self.fields[f"{name}_on"] = forms.BooleanField(
                label=str(name.label), required=False, initial=name in said
            )
            self.fields[f"{name}_hears"] = forms.ChoiceField(
                label=gettext_lazy("who hears"), choices=Rung.Hears.choices, initial=step.hears
            )
            self.fields[f"{name}_wait"] = forms.IntegerField(
                label=gettext_lazy("minutes before it"),
                initial=step.wait_minutes,
                widget=forms.NumberInput(attrs={"class": "short"}),
            )
            self.fields[f"{name}_any"] = forms.BooleanField(
                label=gettext_lazy("every hour counts"), required=False, initial=step.any_hour
            )

    def rows(self) -> list[tuple[str, Any, Any, Any, Any]]:
        """The fields of each rung."""
        return [
            (
                str(name.label),
                self[f"{name}_on"],
                self[f"{name}_hears"],
                self[f"{name}_wait"],
                self[f"{name}_any"],
            )
            for name in Rung.Name
        ]

    def steps(self) -> list[Step]:
        said = self.cleaned_data
        return [
            Step(
                name,
                Rung.Hears(said[f"{name}_hears"]),
                said[f"{name}_wait"],
                said[f"{name}_any"],
            )
            for name in Rung.Name
            if said[f"{name}_on"]
        ]


class RulesForm(KeptForm):
    """Every rule: on or off, and its number."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for kind, rule in rules.rules().items():
            self.fields[f"{kind}_on"] = forms.BooleanField(
                label=str(rules.USUAL[kind].told), required=False, initial=rule.on
            )
            if rule.unit is not Unit.NONE:
                points = rule.unit is Unit.POINTS
                amount = rule.amount or 0
                self.fields[f"{kind}_amount"] = forms.FloatField(
                    label=_("points") if points else _("working minutes"),
                    initial=f"{amount * 100 if points else amount:g}",
                    widget=forms.NumberInput(attrs={"class": "short", "step": "any"}),
                )

    def rows(self) -> list[tuple[Any, Any]]:
        """The fields of each rule."""
        return [
            (
                self[f"{kind}_on"],
                self[f"{kind}_amount"] if f"{kind}_amount" in self.fields else None,
            )
            for kind in rules.USUAL
        ]

    def keep(self, request: KeptRequest) -> None:
        before, said = rules.rules(), self.cleaned_data
        for kind, rule in before.items():
            amount = said.get(f"{kind}_amount")
            if amount is not None and rule.unit is Unit.POINTS:
                amount /= 100
            on = said[f"{kind}_on"]
            if (on, amount) != (rule.on, rule.amount):
                rules.change(Kind(kind), on=on, amount=amount, by=request.member, now=clock.now())


@require_http_methods(["GET", "POST"])
@allow(Policy.OWNER)
def ladder(request: KeptRequest) -> HttpResponse:
    """Show and set the ladder and the rules."""
    which = request.POST.get("which")
    ladder_form = LadderForm(request.POST if which == "ladder" else None)
    rules_form = RulesForm(request.POST if which == "rules" else None)
    bound = ladder_form if which == "ladder" else rules_form
    if which and bound.is_valid():
        try:
            if which == "ladder":
                ladders.change(ladder_form.steps(), by=request.member, now=clock.now())
            else:
                rules_form.keep(request)
        except Refused as refused:
            bound.refuse(refused)
        else:
            messages.info(request, _("Kept. Alarms that run keep the ladder they were raised on."))
            return redirect("ladder")
    context = {"place": "settings", "ladder": ladder_form, "rules": rules_form}
    return render(request, "kept/last_mile/ladder.html", context, status=bound.status)

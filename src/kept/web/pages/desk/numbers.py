"""The house's own numbers for asks beyond."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import clock
from kept.asks import numbers
from kept.people.access import Policy, allow
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm


def _short() -> forms.NumberInput:
    return forms.NumberInput(attrs={"step": "any", "class": "short"})


class NumbersForm(KeptForm):
    """When a core is hot, a kind rare, a rule questioned."""

    core_looks_back = forms.IntegerField(
        label=gettext_lazy("How many of the last ones tell how a core stands"),
        help_text=gettext_lazy("Promises and occurrences alike. Advised: 20."),
        widget=_short(),
    )
    hot_percent = forms.FloatField(
        label=gettext_lazy("Hot from, in %"),
        help_text=gettext_lazy("Wilson’s lower bound, one-sided at 80 %. Advised: 85."),
        widget=_short(),
    )
    warm_percent = forms.FloatField(
        label=gettext_lazy("Warm from, in %"),
        help_text=gettext_lazy("Below it the core is cold, and blocks extras. Advised: 70."),
        widget=_short(),
    )
    repeated_from = forms.IntegerField(
        label=gettext_lazy("Not rare any more from number"),
        help_text=gettext_lazy("Free ones of one kind for one client. Advised: 3."),
        widget=_short(),
    )
    beyond_days = forms.IntegerField(
        label=gettext_lazy("Counted over so many days"),
        help_text=gettext_lazy("For kinds, and for how often a rule was bent. Advised: 90."),
        widget=_short(),
    )
    questioned_percent = forms.FloatField(
        label=gettext_lazy("A rule is questioned if bent in more than, in %"),
        help_text=gettext_lazy("Of the asks about it: the rule, not the people. Advised: 20."),
        widget=_short(),
    )

    fields_of_rooms: ClassVar = {
        "core_hot": "hot_percent",
        "core_warm": "warm_percent",
        "questioned_above": "questioned_percent",
    }

    @staticmethod
    def known(kept: numbers.Numbers) -> dict[str, Any]:
        """Return what the house has, as the form shows it."""
        return {
            **kept,
            "hot_percent": f"{kept['core_hot'] * 100:g}",
            "warm_percent": f"{kept['core_warm'] * 100:g}",
            "questioned_percent": f"{kept['questioned_above'] * 100:g}",
        }

    def changes(self) -> dict[str, Any]:
        """Return what was typed, as the room takes it."""
        said = dict(self.cleaned_data)
        return {
            "core_hot": said.pop("hot_percent") / 100,
            "core_warm": said.pop("warm_percent") / 100,
            "questioned_above": said.pop("questioned_percent") / 100,
            **said,
        }


@allow(Policy.OWNER)
def beyond_numbers(request: KeptRequest) -> HttpResponse:
    """Show and change the numbers."""
    house = request.member.organisation
    form = NumbersForm(
        request.POST if request.method == "POST" else None,
        initial=NumbersForm.known(numbers.of(house)),
    )
    if form.is_valid():
        try:
            numbers.change(by=request.member, now=clock.now(), **form.changes())
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.info(request, _("Kept. Decisions keep what they were shown."))
            return redirect("beyond_numbers")
    context = {"place": "settings", "form": form, "house": house}
    return render(request, "kept/settings/beyond.html", context, status=form.status)

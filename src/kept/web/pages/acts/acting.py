"""What every act with a promise has in common: its form, its page, its refusals."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise as Lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import clock, words, zones
from kept.jobs.models import Condition, Obligation
from kept.people import days
from kept.promises import terms as agreed
from kept.promises.models import Promise, Terms
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm

PROSE = forms.Textarea(attrs={"rows": 4})
THEIR_WORDS = gettext_lazy("In their words, if you like")


class ActForm(KeptForm):
    """A form about one promise."""

    def __init__(self, *args: Any, promise: Promise, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.promise, self.now = promise, now
        self.prepare()

    def prepare(self) -> None:
        """Add the fields that depend on the promise."""

    def add_lines(self, conditions: Iterable[Condition], unmet: Iterable[int] = ()) -> None:
        """One box for each line, ticked where it holds."""
        unmet = set(unmet)
        for condition in conditions:
            label = condition.text
            if not condition.required:
                label = _("%(line)s (optional)") % {"line": condition.text}
            self.fields[f"line_{condition.pk}"] = forms.BooleanField(
                label=label, required=False, initial=condition.pk not in unmet
            )

    def lines(self) -> dict[int, bool]:
        """What was ticked, by the key of the line."""
        return {
            int(name.removeprefix("line_")): bool(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("line_")
        }

    def moment(self, day: date, at: time | None = None) -> datetime:
        """A day as the promise means one: to its hour, or to the end of the working day."""
        zone = self.promise.zone
        if at is None and not self.promise.day_only:
            at = zones.local(self.promise.due_at, zone).time()
        if at is None:
            return days.end_of(day, zone=zone, house=self.promise.organisation)
        try:
            return zones.moment(day, at, zone)
        except zones.NoSuchLocalTime as error:
            raise Refused(words.skipped(error), field="on") from error


def date_field(label: Any, *, required: bool = True) -> forms.DateField:
    """A day to be said."""
    return forms.DateField(
        label=label, required=required, widget=forms.DateInput(attrs={"type": "date"})
    )


class EmptyForm(ActForm):
    """Nothing to fill in."""


class WordForm(ActForm):
    """What the client said."""

    word = forms.CharField(label=gettext_lazy("What they said"), widget=PROSE)


def choose_from(form: forms.Form, name: str, choices: list[Any]) -> None:
    """Give a field what can be chosen in it."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


@dataclass(frozen=True)
class Act:
    """One thing that can be done, as its page shows it."""

    title: Lazy | str
    lead: Lazy | str
    button: Lazy | str
    form: type[ActForm]
    do: Callable[[KeptRequest, Promise, Any, datetime], str]


def page(request: KeptRequest, pk: int, act: Act) -> HttpResponse:
    """Show the form of an act, or do it."""
    now = clock.now()
    promise = find(pk)
    form = act.form(request.POST or None, promise=promise, now=now, initial=None)
    if request.method == "POST":
        form.is_bound = True
        if form.is_valid():
            try:
                with transaction.atomic():  # an act may take two verbs
                    told = act.do(request, promise, form, now)
            except Refused as refused:
                form.refuse(refused)
            else:
                messages.info(request, told)
                return redirect("promise", pk)
    context = {
        "place": "today",
        "promise": promise,
        "job": promise.job,
        "act": act,
        "form": form,
        "today": zones.day_of(now, promise.organisation.zone),
    }
    return render(request, "kept/promise/act.html", context, status=form.status)


def find(pk: int) -> Promise:
    """Return a promise with what its pages name."""
    rows = Promise.objects.select_related("client", "job__service", "last_mile_owner", "contact")
    return get_object_or_404(rows, pk=pk)


def promised(promise: Promise, *, last: Terms | None = None) -> list[Condition]:
    """Return the lines of the last terms, which may be at hand."""
    lines = (last or agreed.last_of(promise)).lines.filter(condition__isnull=False)
    rows = lines.select_related("condition").order_by("position")
    return [line.condition for line in rows if line.condition is not None]


def owed_now(promise: Promise) -> list[Obligation]:
    """Return what the client owes and has not supplied, what is due first before the rest."""
    rows = promise.job.obligations.filter(met_at__isnull=True)
    return list(rows.order_by("due_at", "pk"))

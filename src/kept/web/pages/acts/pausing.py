"""Let the clock of a promise stand, and run on."""

from datetime import datetime

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words, zones
from kept.jobs.models import Obligation
from kept.people.access import Policy, allow
from kept.promises import pausing, states
from kept.promises.models import Promise
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts.acting import Act, ActForm, EmptyForm, owed_now, page
from kept.web.pages.acts.telling import TellForm


class PauseForm(TellForm):
    """What the clock waits for, and how they are told."""

    obligation_id = forms.ChoiceField(label=gettext_lazy("What they owe"), widget=forms.RadioSelect)

    field_order = ("obligation_id",)

    def prepare(self) -> None:
        super().prepare()
        field = self.fields["obligation_id"]
        assert isinstance(field, forms.ChoiceField)
        owed = owed_now(self.promise)
        field.choices = [
            (
                row.pk,
                _("%(what)s, due %(day)s")
                % {
                    "what": row.what,
                    "day": words.day(zones.day_of(row.due_at, self.promise.zone)),
                },
            )
            for row in owed
        ]
        if owed:
            field.initial = owed[0].pk


def _pause(request: KeptRequest, promise: Promise, form: PauseForm, now: datetime) -> str:
    owed = Obligation.objects.get(pk=form.cleaned_data["obligation_id"])
    begun = pausing.pause(
        promise, obligation=owed, in_person=form.in_person(), by=request.member, now=now
    )
    if begun.started_at > now:
        return _("The clock stands from %(moment)s, unless it comes before.") % {
            "moment": words.moment(begun.started_at, promise.zone)
        }
    return _("The clock stands from now until it comes.")


def _call_off(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    pausing.call_off(promise, by=request.member, now=now)
    return _("The clock will not stand. Tell them.")


def _resume(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    pausing.resume(promise, by=request.member, now=now)
    return _("The clock runs on.")


def _receive(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    pause = promise.pauses.filter(ended_at__isnull=True).select_related("obligation").first()
    if pause is None:
        states.demand(promise, "resume")
        raise Refused(_("Nothing is waited for."))
    pausing.receive(pause.obligation, by=request.member, now=now)
    promise.refresh_from_db()
    return _("It came. Promised now: %(due)s.") % {
        "due": words.moment(promise.due_at, promise.zone)
    }


PAUSE = Act(
    gettext_lazy("Let the clock stand"),
    gettext_lazy(
        "They are told that the clock stands until it comes: from now if it is overdue, else from "
        "the moment it will be, by itself. The date moves by the working time it stood, and the "
        "first date stays shown."
    ),
    gettext_lazy("Let the clock stand"),
    PauseForm,
    _pause,
)


@allow(Policy.MEMBER)
def pause(request: KeptRequest, pk: int) -> HttpResponse:
    """Let the clock stand."""
    return page(request, pk, PAUSE)


CALL_OFF = Act(
    gettext_lazy("Take the notice back"),
    gettext_lazy("The clock will not stand, whether it comes or not."),
    gettext_lazy("The clock will not stand"),
    EmptyForm,
    _call_off,
)


@allow(Policy.MEMBER)
def call_off(request: KeptRequest, pk: int) -> HttpResponse:
    """Take the notice of a pause back before its moment."""
    return page(request, pk, CALL_OFF)


RECEIVE = Act(
    gettext_lazy("It came"),
    gettext_lazy("The pause ends now, and the date moves by the working time it stood."),
    gettext_lazy("It came"),
    EmptyForm,
    _receive,
)


@allow(Policy.MEMBER)
def receive(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that what was waited for came."""
    return page(request, pk, RECEIVE)


RESUME = Act(
    gettext_lazy("Go on without it"),
    gettext_lazy("The pause ends now although nothing came."),
    gettext_lazy("The clock runs on"),
    EmptyForm,
    _resume,
)


@allow(Policy.MEMBER)
def resume(request: KeptRequest, pk: int) -> HttpResponse:
    """End the pause although nothing came."""
    return page(request, pk, RESUME)

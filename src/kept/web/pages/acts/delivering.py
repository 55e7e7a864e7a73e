"""Deliver, take, send back, give notice, say thank you."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.people.access import Policy, allow
from kept.promises import delivering, states, telling
from kept.promises.models import Promise
from kept.tenancy import refusals
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts.acting import PROSE, THEIR_WORDS, Act, ActForm, page, promised
from kept.web.pages.acts.telling import TellForm


class DeliverForm(ActForm):
    """What is handed to the client."""

    note = forms.CharField(
        label=gettext_lazy("What you tell them with it"), required=False, widget=PROSE
    )
    where = forms.CharField(
        label=gettext_lazy("Where it is"), required=False, max_length=500,
        help_text=gettext_lazy("An address, a folder, a place."),
    )  # fmt: skip

    def prepare(self) -> None:
        self.add_lines(promised(self.promise))


class AcceptForm(ActForm):
    """What the client said of it."""

    standard = forms.ChoiceField(
        label=gettext_lazy("What they said of its standard"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            ("", gettext_lazy("nothing")),
            ("yes", gettext_lazy("it is up to standard")),
            ("no", gettext_lazy("it is not up to standard")),
        ],
    )
    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)

    def prepare(self) -> None:
        delivery = delivering.waiting(self.promise)
        if delivery is not None:
            rows = delivery.lines.select_related("condition").order_by("pk")
            self.add_lines(
                [row.condition for row in rows], [r.condition_id for r in rows if not r.met]
            )


class SendBackForm(ActForm):
    """Why it came back."""

    reason = forms.CharField(label=gettext_lazy("Why it came back"), widget=PROSE)

    def prepare(self) -> None:
        delivery = delivering.waiting(self.promise)
        if delivery is not None:
            rows = delivery.lines.select_related("condition").order_by("pk")
            self.add_lines([row.condition for row in rows])


class ThankForm(ActForm):
    """A letter to them, if one can go."""

    words = forms.CharField(
        label=gettext_lazy("A letter to them"),
        required=False,
        widget=PROSE,
        help_text=gettext_lazy("Left out, you told them yourself."),
    )

    def prepare(self) -> None:
        why = telling.no_letter_because(self.promise)
        if why:
            self.fields["words"].widget = forms.HiddenInput()


def _deliver(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    delivering.deliver(
        promise,
        note=form.cleaned_data["note"],
        where=form.cleaned_data["where"],
        met=form.lines(),
        by=request.member,
        now=now,
    )
    return _("Delivered. The client’s word closes it.")


def _accept(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    delivering.accept(
        _delivery(promise),
        lines=form.lines(),
        to_standard={"yes": True, "no": False}.get(form.cleaned_data["standard"]),
        word=form.cleaned_data["word"],
        by=request.member,
        now=now,
    )
    return _("Settled.")


def _send_back(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    unmet = {key: False for key, holds in form.lines().items() if not holds}
    delivering.send_back(
        _delivery(promise),
        reason=form.cleaned_data["reason"],
        lines=unmet,
        by=request.member,
        now=now,
    )
    return _("It is active again, and its finishing stretch is open.")


def _notice(request: KeptRequest, promise: Promise, form: TellForm, now: datetime) -> str:
    noticed = delivering.notice(
        _delivery(promise), in_person=form.in_person(), by=request.member, now=now
    )
    assert noticed.deemed_from is not None
    return _("Noted. Silence until %(moment)s counts as acceptance.") % {
        "moment": words.moment(noticed.deemed_from, promise.zone)
    }


def _thank(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    delivery = promise.deliveries.filter(state__in=["accepted", "deemed"]).first()
    if delivery is None:
        raise refusals.Conflict(_("Thank them when they have taken it. Nothing was noted."))
    said = form.cleaned_data["words"]
    delivering.thank(delivery, words=said, by=request.member, now=now)
    return _("Your letter goes to them.") if said else _("Noted.")


def _delivery(promise: Promise) -> Any:
    delivery = delivering.waiting(promise)
    if delivery is None:
        states.demand(promise, "settle")
        raise refusals.Conflict(_("No delivery waits for the client’s word."))
    return delivery


DELIVER = Act(
    gettext_lazy("Deliver"),
    gettext_lazy("On time is judged by this moment, once they have taken it."),
    gettext_lazy("It is delivered"),
    DeliverForm,
    _deliver,
)


@allow(Policy.MEMBER)
def deliver(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that it is done."""
    return page(request, pk, DELIVER)


ACCEPT = Act(
    gettext_lazy("They accepted it"),
    gettext_lazy("Untick a line they did not take. Only their word closes the promise."),
    gettext_lazy("Close the promise"),
    AcceptForm,
    _accept,
)


@allow(Policy.MEMBER)
def accept(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client took it."""
    return page(request, pk, ACCEPT)


SEND_BACK = Act(
    gettext_lazy("It came back"),
    gettext_lazy("Untick what does not hold. The finishing stretch is open again then."),
    gettext_lazy("Take it back"),
    SendBackForm,
    _send_back,
)


@allow(Policy.MEMBER)
def send_back(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client sent it back."""
    return page(request, pk, SEND_BACK)


NOTICE = Act(
    gettext_lazy("Give notice"),
    gettext_lazy(
        "They are told that five working days of silence count as acceptance. It is marked "
        "so in the record; told in person, that too."
    ),
    gettext_lazy("Give notice"),
    TellForm,
    _notice,
)


@allow(Policy.MEMBER)
def notice(request: KeptRequest, pk: int) -> HttpResponse:
    """Tell the client that silence counts."""
    return page(request, pk, NOTICE)


THANK = Act(
    gettext_lazy("Say thank you"),
    gettext_lazy("For their work, their patience, their word."),
    gettext_lazy("Thank them"),
    ThankForm,
    _thank,
)


@allow(Policy.MEMBER)
def thank(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that the client was thanked."""
    return page(request, pk, THANK)

"""Other terms: asked for by the client, agreed, refused, withdrawn."""

from datetime import datetime

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept import words
from kept.people.access import Policy, allow
from kept.promises import proposing
from kept.promises.models import Promise, Proposal
from kept.tenancy import refusals
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts.acting import (
    PROSE,
    THEIR_WORDS,
    Act,
    ActForm,
    EmptyForm,
    choose_from,
    date_field,
    page,
    promised,
)


class AskedForm(ActForm):
    """What the client asks for."""

    on = date_field(gettext_lazy("The date they ask for"))
    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)

    def prepare(self) -> None:
        self.add_lines(promised(self.promise))


class AnswerForm(ActForm):
    """Which way out was agreed to."""

    option = forms.ChoiceField(label=gettext_lazy("Agreed to"), widget=forms.RadioSelect)
    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)
    fields_of_rooms = {"option_id": "option"}  # noqa: RUF012 - declared as a class variable above

    def prepare(self) -> None:
        proposal = proposing.waiting(self.promise)
        options = [] if proposal is None else list(proposal.options.order_by("position"))
        choose_from(
            self,
            "option",
            [
                (
                    one.pk,
                    words.moment(one.due_at, self.promise.zone)
                    + (f" · {one.words}" if one.words else ""),
                )
                for one in options
            ],
        )
        if options:
            self.fields["option"].initial = options[0].pk
        if proposal is not None and proposal.by_side == Proposal.From.CLIENT:
            del self.fields["word"]


class NoForm(ActForm):
    """The no to other terms."""

    word = forms.CharField(label=THEIR_WORDS, required=False, widget=PROSE)

    def prepare(self) -> None:
        proposal = proposing.waiting(self.promise)
        if proposal is not None and proposal.by_side == Proposal.From.CLIENT:
            del self.fields["word"]


def _asked(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    left_out = [key for key, needed in form.lines().items() if not needed]
    proposing.ask(
        promise,
        wanted_at=form.moment(form.cleaned_data["on"]),
        lines=left_out,
        word=form.cleaned_data["word"],
        by=request.member,
        now=now,
    )
    return _("Noted. The answer is yours.")


def _agree(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    proposal = _proposal(promise)
    option = proposal.options.get(pk=form.cleaned_data["option"])
    proposing.agree(
        proposal,
        option=option,
        word=form.cleaned_data.get("word", ""),
        by=request.member,
        now=now,
    )
    promise.refresh_from_db()
    due = words.moment(promise.due_at, promise.zone)
    if promise.due_at == option.due_at:
        return _("Agreed: %(due)s. The first terms stay.") % {"due": due}
    return _("Noted. Told too late to count as moved: %(due)s stays.") % {"due": due}


def _refuse(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    proposing.refuse(
        _proposal(promise), word=form.cleaned_data.get("word", ""), by=request.member, now=now
    )
    return _("Noted. The terms stay.")


def _withdraw(request: KeptRequest, promise: Promise, _form: ActForm, now: datetime) -> str:
    proposing.withdraw(_proposal(promise), by=request.member, now=now)
    return _("Withdrawn. That they were told stays in the ledger.")


def _proposal(promise: Promise) -> Proposal:
    proposal = proposing.waiting(promise)
    if proposal is None:
        raise refusals.Conflict(
            _("Nothing waits for an answer: it was answered or withdrawn before.")
        )
    return proposal


ASKED = Act(
    gettext_lazy("They ask for another date"),
    gettext_lazy(
        "Untick what they can do without. What they ask for and you agree to counts as their "
        "wish, beside the first terms."
    ),
    gettext_lazy("Note it"),
    AskedForm,
    _asked,
)


@allow(Policy.MEMBER)
def asked(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client asks for another date."""
    return page(request, pk, ASKED)


AGREE = Act(
    gettext_lazy("Agreed"),
    gettext_lazy("Told with fair notice and agreed, the date moves. The first terms stay."),
    gettext_lazy("Note the yes"),
    AnswerForm,
    _agree,
)


@allow(Policy.MEMBER)
def agree(request: KeptRequest, pk: int) -> HttpResponse:
    """Record the yes to other terms."""
    return page(request, pk, AGREE)


REFUSE = Act(
    gettext_lazy("Not agreed"),
    gettext_lazy("The terms stay as they are."),
    gettext_lazy("Note the no"),
    NoForm,
    _refuse,
)


@allow(Policy.MEMBER)
def refuse(request: KeptRequest, pk: int) -> HttpResponse:
    """Record the no to other terms."""
    return page(request, pk, REFUSE)


WITHDRAW = Act(
    gettext_lazy("Withdraw the other terms"),
    gettext_lazy("The terms stay as they are."),
    gettext_lazy("Withdraw them"),
    EmptyForm,
    _withdraw,
)


@allow(Policy.MEMBER)
def withdraw(request: KeptRequest, pk: int) -> HttpResponse:
    """Take other terms back."""
    return page(request, pk, WITHDRAW)

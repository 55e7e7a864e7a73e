"""They let us off, we cannot, and looking back."""

from datetime import datetime

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept.people.access import Policy, allow
from kept.promises import ending, reasons, states
from kept.promises.models import Promise, Reason
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts.acting import PROSE, Act, ActForm, WordForm, page


class RevokeForm(ActForm):
    """Why we cannot."""

    word = forms.CharField(label=gettext_lazy("Why we cannot"), widget=PROSE)
    category = forms.ChoiceField(
        label=gettext_lazy("What kind of reason"), choices=Reason.Category.choices
    )


class AgainForm(ActForm):
    """Would we promise it again?"""

    answer = forms.ChoiceField(
        label=gettext_lazy("Would you promise it again?"),
        choices=Promise.Again.choices,
        widget=forms.RadioSelect,
    )
    word = forms.CharField(
        label=gettext_lazy("What you would do otherwise"), required=False, max_length=300
    )


def _release(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    ending.release(promise, word=form.cleaned_data["word"], by=request.member, now=now)
    return _("Released. It is listed apart from every rate.")


def _revoke(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    states.demand(promise, "revoke")
    category = Reason.Category(form.cleaned_data["category"])
    reason = reasons.give(promise, category=category, by=request.member, now=now)
    ending.revoke(
        promise, word=form.cleaned_data["word"], reason=reason, by=request.member, now=now
    )
    return _("Revoked. It counts as broken.")


def _again(request: KeptRequest, promise: Promise, form: ActForm, now: datetime) -> str:
    ending.again(
        promise,
        Promise.Again(form.cleaned_data["answer"]),
        word=form.cleaned_data["word"],
        by=request.member,
        now=now,
    )
    return _("Noted. The next check of such work shows it.")


RELEASE = Act(
    gettext_lazy("They let us off"),
    gettext_lazy("A released promise is listed apart, and counts in no rate."),
    gettext_lazy("Note that they let us off"),
    WordForm,
    _release,
)


@allow(Policy.MEMBER)
def release(request: KeptRequest, pk: int) -> HttpResponse:
    """Record that the client lets us off."""
    return page(request, pk, RELEASE)


REVOKE = Act(
    gettext_lazy("We cannot"),
    gettext_lazy("It counts as broken. Tell the client first, with what you can do instead."),
    gettext_lazy("Revoke it"),
    RevokeForm,
    _revoke,
)


@allow(Policy.LEAD)
def revoke(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that we cannot."""
    return page(request, pk, REVOKE)


AGAIN = Act(
    gettext_lazy("Looking back"),
    gettext_lazy("The next check of such work shows what you say here."),
    gettext_lazy("Note it"),
    AgainForm,
    _again,
)


@allow(Policy.MEMBER)
def again(request: KeptRequest, pk: int) -> HttpResponse:
    """Say whether we would promise it again."""
    return page(request, pk, AGAIN)

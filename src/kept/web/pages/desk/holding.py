"""A holding reply on the desk: drafted, looked over by a person, and only then sent or said."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kept.asks import answering, wording
from kept.asks.models import Ask
from kept.people.models import Member
from kept.tenancy import refusals
from kept.web.forms import KeptForm
from kept.web.pages.desk import rows

#: What the buttons of it send: draft it, send it as it stands here, or say it oneself.
DRAFT, SEND, SAID = ACTIONS = ("hold_draft", "hold_off", "hold_said")


class HoldingForm(KeptForm):
    """By when they get an answer, and the letter that says so.

    Attributes:
        unwritten: what to tell whoever sends it, where it is in another language than its
            reader's; empty as long as nothing is drafted.
        wording: the address where the house writes such a reply in that.
        drafted: there is a letter to look over.
    """

    unwritten = wording = ""
    drafted = False
    fields_of_rooms = {  # noqa: RUF012 - Django's forms copy it
        "due": "answer_on",
        "due_at": "answer_on",
        "due_on": "answer_on",
        "subject": "hold_subject",
        "body": "hold_body",
    }

    answer_on = forms.DateField(
        label=gettext_lazy("Holding reply: we answer by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    hold_subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=200)
    hold_body = forms.CharField(
        label=gettext_lazy("The holding reply"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    drafted_for = forms.DateField(required=False, widget=forms.HiddenInput())


def hold_off(
    found: Ask, action: str, said: Any, *, by: Member, now: datetime
) -> tuple[HoldingForm | None, wording.Draft | None]:
    """Draft the letter for the day, or send what a person made of it.

    A letter is drafted anew where the day is another than it was drafted for: it would name the
    wrong one.

    Returns:
        The form with the letter to look over, and its draft; None, None where it was sent.
    """
    form = HoldingForm(said)
    if not form.is_valid():
        return form, None
    try:
        due_at = rows.end_of(form.cleaned_data["answer_on"], found.zone)
        if due_at is None:
            raise refusals.Refused(_("Say by when they get an answer."), field="answer_on")
        if due_at <= now:
            raise refusals.Refused(
                _("That day has gone by. Say one that lies ahead."), field="answer_on"
            )
        facts = wording.Facts.of(found, by, now, answer_by=due_at)
        draft = wording.draft(wording.For.HOLDING, facts)
        letter = form.cleaned_data
        same_day = letter["drafted_for"] == letter["answer_on"]
        if action == DRAFT or not letter["hold_body"].strip() or not same_day:
            shown = HoldingForm(
                initial={
                    "answer_on": letter["answer_on"],
                    "drafted_for": letter["answer_on"],
                    "hold_subject": draft.subject,
                    "hold_body": draft.body,
                }
            )
            shown.drafted = True
            return shown, draft
        answering.hold_off(
            found,
            due_at=due_at,
            subject=letter["hold_subject"],
            body=letter["hold_body"],
            how="letter" if action == SEND else "said",
            by=by,
            now=now,
        )
    except refusals.Refused as refused:
        form.drafted = bool(form.cleaned_data["hold_body"])
        form.refuse(refused)
        return form, None
    return None, None

"""One ask on the desk: the tests, the evidence beside them, the decision and the reply."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.asks import answering, gates, replies, wording
from kept.asks.answering import Saying
from kept.asks.gates import Given, Tests
from kept.asks.models import Ask, Decision
from kept.people.access import Policy as Who
from kept.people.access import allow
from kept.people.models import Member, Role
from kept.tenancy import refusals, scope
from kept.tenancy.refusals import Refused
from kept.web import desk_telling
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm
from kept.web.pages.desk import holding, rows
from kept.web.pages.desk.asking import AskForm


class AnswerForm(KeptForm):
    """What a person says in answer.

    Attributes:
        unworded: what to tell them, where the rule has no words in the language of the draft.
        unwritten: the same, where the draft is in another language than its reader's.
        wording: the address where the house writes such a reply in that.
    """

    unworded = unwritten = wording = ""
    fields_of_rooms = {"due": "due_on"}  # noqa: RUF012 - Django's forms copy it

    given = forms.ChoiceField(choices=Decision.Given.choices, required=False)
    wont = forms.ChoiceField(
        label=gettext_lazy("The kind of won’t"),
        choices=[("", "—"), *Decision.Wont.choices],
        required=False,
    )
    constraint = forms.CharField(
        label=gettext_lazy("What stands in the way"), required=False, max_length=300
    )
    price = forms.DecimalField(
        label=gettext_lazy("The price"),
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=2,
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    due_on = forms.DateField(
        label=gettext_lazy("By when, if not the date above"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    override_reason = forms.CharField(
        label=gettext_lazy("Against the gate, because"), required=False, max_length=500
    )
    gap_reason = forms.CharField(
        label=gettext_lazy("Without every owner’s yes, because"), required=False, max_length=300
    )
    true_reason = forms.CharField(
        label=gettext_lazy("The true reason, for us only"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), required=False, max_length=200)
    body = forms.CharField(
        label=gettext_lazy("The reply"), required=False, widget=forms.Textarea(attrs={"rows": 12})
    )


@allow(Who.MEMBER)
def desk(request: KeptRequest) -> HttpResponse:
    """Show the inbox, and the ask that is owed first."""
    first = (
        Ask.objects.filter(state=Ask.State.OPEN).order_by("due_at", "pk").first()
        or Ask.objects.order_by("-came_at", "-pk").first()
    )
    if first is None:
        return render(
            request,
            "kept/desk/empty.html",
            {"place": "desk", "form": AskForm(initial={"came": "mail"})},
        )
    return _page(request, first)


@allow(Who.MEMBER)
def ask(request: KeptRequest, pk: int) -> HttpResponse:
    """Show one ask with its tests and its evidence."""
    return _page(request, rows.find(pk))


@require_POST
@allow(Who.MEMBER)
def ask_answer(request: KeptRequest, pk: int) -> HttpResponse:
    """Decide, and tell them; or write the reply anew; or hold them off until a day."""
    found, now = rows.find(pk), clock.now()
    action = request.POST.get("action", "")
    if action in holding.ACTIONS:
        return _hold_off(request, found, action, now=now)
    form = AnswerForm(request.POST)
    if not form.is_valid() or action == "draft":
        return _page(request, found, form=form, anew=action == "draft")
    said = form.cleaned_data
    try:
        if action == "later" and said["given"] != Decision.Given.PAID_YES:
            raise refusals.Refused(
                _(
                    "Only a paid yes waits for its owners before they are told. Nothing was "
                    "decided."
                ),
                field="given",
            )
        decision = answering.answer(found, _saying(found, said, action), by=request.member, now=now)
    except Refused as refused:
        form.refuse(refused)
        found.refresh_from_db()
        return _page(request, found, form=form)
    messages.info(
        request,
        _("“%(title)s”: %(given)s.")
        % {"title": found.title, "given": str(decision.get_given_display()).lower()},
    )
    return redirect("desk_ask", pk)


def _hold_off(request: KeptRequest, found: Ask, action: str, *, now: datetime) -> HttpResponse:
    """Show the letter of a holding reply, or send it; what was written of an answer stays."""
    form, draft = holding.hold_off(found, action, request.POST, by=request.member, now=now)
    if form is None:
        return redirect("desk_ask", found.pk)
    if draft is not None:
        form.unwritten, form.wording = draft.unwritten, _wording(draft)
    found.refresh_from_db()
    written = {name: request.POST.get(name, "") for name in AnswerForm.base_fields}
    return _page(request, found, form=AnswerForm(initial=written), hold=form)


def _wording(drafted: wording.Draft) -> str:
    """Return the address where the house writes such a reply in its reader's language."""
    said = {"reply": drafted.reply_for, "language": drafted.reader}
    return f"{reverse('wording')}?{urlencode(said)}"


def _saying(found: Ask, said: dict[str, Any], action: str) -> Saying:
    return Saying(
        given=said["given"],
        wont=said["wont"],
        true_reason=said["true_reason"],
        constraint=said["constraint"],
        due_at=rows.end_of(said["due_on"], found.zone),
        price=said["price"],
        override_reason=said["override_reason"],
        gap_reason=said["gap_reason"],
        subject=said["subject"],
        body=said["body"],
        how={"send": "letter", "later": ""}.get(action, "said"),
    )


def _page(
    request: KeptRequest,
    found: Ask,
    *,
    form: AnswerForm | None = None,
    hold: holding.HoldingForm | None = None,
    anew: bool = False,
) -> HttpResponse:
    now, house, member = clock.now(), scope.current(), request.member
    open_ = found.state == Ask.State.OPEN
    refusal = None
    try:
        read = gates.read(found, by=member, now=now, work_out=open_)
    except Refused as refused:
        refusal = refused
        read = gates.read(found, by=None, now=now, work_out=False)
    suggested = gates.suggested(read)
    chosen = (
        (request.POST.get("given") if form is not None else request.GET.get("given"))
        or suggested
        or ""
    )
    decision: Decision | None = getattr(found, "decision", None)
    lines_of_inbox = desk_telling.inbox(now=now, member=member)
    context: dict[str, Any] = {
        "place": "desk",
        "today": zones.day_of(now, house.zone),
        "now": now,
        "ask": found,
        "decision": decision,
        "decision_price": words.money(decision.price, house.currency)
        if decision is not None and decision.price
        else "",
        "replies": found.replies.select_related("sent_by"),
        "inbox": lines_of_inbox,
        "inbox_said": desk_telling.inbox_said(lines_of_inbox),
        "refusal": refusal,
        "read": read,
        "steps": desk_telling.steps(read),
        "chosen": chosen,
        "suggested": suggested,
        "reachable": rows.reachable(found.contact),
        "may_see_reason": member.may(Role.LEAD) or found.decider_id == member.pk,
        **desk_telling.evidence(read, now=now),
    }
    context["core_test"], context["can_test"], context["rare_test"] = desk_telling.tests(
        read, now=now
    )
    if open_:
        form = _filled(form, read, chosen, member=member, now=now, anew=anew)
        context["form"], context["hold"] = form, hold or holding.HoldingForm()
        context["choices"] = desk_telling.choices(read, member) if found.sort else []
        context["may_offer_later"] = found.client is not None and read.can.answer is not None
        shown = {choice.given for choice in context["choices"]}
        context["others"] = [
            (given.value, given.label)
            for given in (Given.FAIR_NO, Given.CANT_NOW, Given.CANT_EVER)
            if given not in shown
        ]
    status = max([200, *(sent.status for sent in (form, hold) if sent is not None)])
    return render(request, "kept/desk.html", context, status=status)


def _filled(
    form: AnswerForm | None,
    read: Tests,
    chosen: str,
    *,
    member: Member,
    now: datetime,
    anew: bool,
) -> AnswerForm:
    """Return the form with a draft of the reply; what a person wrote stays, unless asked anew."""
    if form is not None and not anew:
        return form
    drafted: wording.Draft | None = None
    data = {} if form is None else form.data
    if chosen in Decision.Given.values:
        drafted = replies.draft(
            read,
            chosen,
            by=member,
            now=now,
            price=rows.amount(data.get("price") or ""),
            because=data.get("constraint", ""),
        )
    said = {name: data.get(name, "") for name in AnswerForm.base_fields} if data else {}
    letter = {} if drafted is None else {"subject": drafted.subject, "body": drafted.body}
    filled = AnswerForm(initial={**said, "given": chosen, **letter})
    if drafted is not None:
        filled.unworded, filled.unwritten = drafted.unworded, drafted.unwritten
        filled.wording = _wording(drafted)
    if form is not None:
        filled.status = 200
    return filled

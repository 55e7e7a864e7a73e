"""The ask desk: what somebody wants beyond, the four tests, and a person's decision."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.asks import answering, gates, policies, receiving, wording
from kept.asks.answering import Saying
from kept.asks.gates import Given, Tests
from kept.asks.models import Ask, AskKind, Decision, Policy
from kept.clients.models import Client, Contact, Service
from kept.jobs import lines
from kept.people import access, days
from kept.people.access import allow
from kept.people.models import Member, Role
from kept.tenancy import refusals, scope
from kept.tenancy.refusals import Refused
from kept.web import desk_telling
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm, LongSelect
from kept.web.pages.replies import whom

Who = access.Policy


def _rules() -> list[tuple[str, str]]:
    rows = Policy.objects.filter(retired_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in rows)]


def _services() -> list[tuple[str, str]]:
    rows = Service.objects.filter(archived_at__isnull=True).values_list("pk", "name")
    return [("", "—"), *((str(key), name) for key, name in rows)]


def _deciders() -> list[tuple[str, str]]:
    rows = Member.objects.filter(left_at__isnull=True).exclude(role=Role.GUEST)
    return [("", "—"), *((str(row.pk), row.name) for row in rows)]


SORTS = [("", gettext_lazy("not sorted yet")), *Ask.Sort.choices]


class AskForm(KeptForm):
    """What is known of an ask."""

    fields_of_rooms = {  # noqa: RUF012 - Django's forms copy it
        "wanted": "wanted_on", "contact": "whom", "client": "whom", "due": "due_on",
    }  # fmt: skip

    title = forms.CharField(label=gettext_lazy("What they want, in a few words"), max_length=200)
    words = forms.CharField(
        label=gettext_lazy("In their own words"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    whom = forms.ChoiceField(
        label=gettext_lazy("Who; nobody for a walk-in"),
        choices=whom,
        required=False,
        widget=LongSelect(),
    )
    came = forms.ChoiceField(label=gettext_lazy("How it came"), choices=Ask.Came.choices)
    sort = forms.ChoiceField(label=gettext_lazy("What it is"), choices=SORTS, required=False)
    kind = forms.CharField(
        label=gettext_lazy("Its kind, so that the third is known as one"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("One more page; Late table."),
    )
    size = forms.CharField(
        label=gettext_lazy("How big"),
        required=False,
        help_text=gettext_lazy("6h, or 4-6-12h; empty where it takes no planning."),
    )
    service = forms.ChoiceField(
        label=gettext_lazy("Or like a service"), choices=_services, required=False
    )
    wanted_on = forms.DateField(
        label=gettext_lazy("Wanted by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    policy = forms.ChoiceField(label=gettext_lazy("The rule"), choices=_rules, required=False)
    measured = forms.CharField(
        label=gettext_lazy("What the rule measures"),
        required=False,
        help_text=gettext_lazy("14:33, 2 rounds, 480; empty for a time of day: now."),
    )
    decider = forms.ChoiceField(
        label=gettext_lazy("Who decides"), choices=_deciders, required=False
    )
    due_on = forms.DateField(
        label=gettext_lazy("Answer owed by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    as_if_due = forms.BooleanField(
        label=gettext_lazy("They asked for it as if it were due"), required=False
    )

    def said(self, client: Client | None) -> dict[str, Any]:
        """Return what was said, as the room takes it."""
        kept = self.cleaned_data
        zone = scope.current().zone if client is None else client.zone
        return {
            "title": kept["title"],
            "words": kept["words"],
            "came": kept["came"],
            "sort": kept["sort"],
            "kind": kept["kind"],
            "as_if_due": kept["as_if_due"],
            "size": _size(kept["size"]),
            "service": Service.objects.filter(pk=kept["service"] or 0).first(),
            "wanted_at": _end_of(kept["wanted_on"], zone),
            "policy": Policy.objects.filter(pk=kept["policy"] or 0).first(),
            "measured": kept["measured"],
            "decider": Member.objects.filter(pk=kept["decider"] or 0).first(),
            "due_at": _end_of(kept["due_on"], zone),
        }


class AnswerForm(KeptForm):
    """What a person says in answer."""

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
    answer_on = forms.DateField(
        label=gettext_lazy("Holding reply: we answer by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
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
    return _page(request, _find(pk))


@allow(Who.MEMBER)
def ask_new(request: KeptRequest) -> HttpResponse:
    """Write down what somebody wants."""
    form = AskForm(request.POST if request.method == "POST" else None, initial={"came": "mail"})
    if request.method == "POST" and form.is_valid():
        client, contact = _who(form.cleaned_data["whom"])
        try:
            made = receiving.receive(
                client=client,
                contact=contact,
                by=request.member,
                now=clock.now(),
                **form.said(client),
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("desk_ask", made.pk)
    context = {"place": "desk", "form": form, "kinds": _kinds()}
    return render(request, "kept/desk/new.html", context, status=form.status)


@allow(Who.MEMBER)
def ask_change(request: KeptRequest, pk: int) -> HttpResponse:
    """Say more of an ask: its kind, its size, its rule."""
    found = _find(pk)
    form = AskForm(request.POST) if request.method == "POST" else AskForm(initial=_known(found))
    form.fields["whom"].disabled = True
    if request.method == "POST" and form.is_valid():
        said = form.said(found.client)
        if found.policy is not None and said["policy"] == found.policy and not said["measured"]:
            del said["policy"], said["measured"]
        try:
            receiving.change(found, by=request.member, now=clock.now(), **said)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect("desk_ask", pk)
    context = {"place": "desk", "form": form, "ask": found, "kinds": _kinds()}
    return render(request, "kept/desk/new.html", context, status=form.status)


@require_POST
@allow(Who.MEMBER)
def ask_sincere(request: KeptRequest, pk: int) -> HttpResponse:
    """Write down whether they mean it: a person's word."""
    return _do(request, pk, receiving.judge, sincere=request.POST.get("sincere", ""))


@require_POST
@allow(Who.MEMBER)
def ask_possible(request: KeptRequest, pk: int) -> HttpResponse:
    """Write down what would make it possible."""
    return _do(request, pk, receiving.change, possible=request.POST.get("possible", ""))


@require_POST
@allow(Who.MEMBER)
def ask_withdraw(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that they do not want it any more."""
    return _do(request, pk, receiving.withdraw, word=request.POST.get("word", ""))


@require_POST
@allow(Who.MEMBER)
def ask_answer(request: KeptRequest, pk: int) -> HttpResponse:
    """Decide, and tell them; or write the reply anew; or hold them off until a day."""
    found, now = _find(pk), clock.now()
    form = AnswerForm(request.POST)
    action = request.POST.get("action", "")
    if not form.is_valid() or action == "draft":
        return _page(request, found, form=form, anew=action == "draft")
    said = form.cleaned_data
    try:
        if action == "hold_off":
            _hold_off(request, found, said, now=now)
            return redirect("desk_ask", pk)
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


@allow(Who.MEMBER)
def minute(request: KeptRequest) -> HttpResponse:
    """Decide in two taps, with somebody in front of you: the rule, then yes or no."""
    now, house = clock.now(), scope.current()
    refusal: Refused | None = None
    chosen = Policy.objects.filter(
        pk=_number(request.POST.get("policy") or request.GET.get("policy")), retired_at__isnull=True
    ).first()
    if request.method == "POST" and chosen is not None:
        try:
            done = _in_a_minute(request, chosen, now=now)
        except Refused as refused:
            refusal = refused
        else:
            messages.info(request, done)
            return redirect("desk_minute")
    context: dict[str, Any] = {
        "place": "desk",
        "now": now,
        "zone": house.zone,
        "policies": Policy.objects.filter(retired_at__isnull=True),
        "chosen": chosen,
        "refusal": refusal,
        "clients": Client.objects.filter(archived_at__isnull=True),
        "today_count": Ask.objects.filter(
            came_at__gte=zones.start_of(zones.day_of(now, house.zone), house.zone)
        ).count(),
    }
    if chosen is not None:
        context |= _what_a_minute_shows(request, chosen, now=now)
    status = 200 if refusal is None else STATUS[refusal.kind]
    return render(request, "kept/desk/minute.html", context, status=status)


def _what_a_minute_shows(request: KeptRequest, policy: Policy, *, now: datetime) -> dict[str, Any]:
    """Judge as if it were asked now; nothing is written yet."""
    measured = request.POST.get("measured") or request.GET.get("measured") or ""
    timely = policy.quantity == Policy.Quantity.TIME_OF_DAY
    if not timely and not measured:
        return {"needs_measure": True}
    trial = Ask(
        title=policy.name, sort=Ask.Sort.EXCEPTION, policy=policy, came_at=now, zone=policy.zone
    )
    try:
        trial.measured = policies.measure(policy, at=now if timely else None, value=measured)
    except Refused as refused:
        return {"needs_measure": True, "refusal": refused}
    read = gates.read(trial, by=None, now=now, work_out=False)
    passage = gates.passage(read, Given.YES_ONCE)
    return {
        "measured": measured,
        "verdict": words.capital(read.verdict),
        "may": gates.may_pass(passage, request.member),
        "never": passage.never,
        "inside": read.within.value in ("rule", "tolerance"),
        "reasons": passage.reasons,
        "is_lead": request.member.may(Role.LEAD),
    }


def _in_a_minute(request: KeptRequest, policy: Policy, *, now: datetime) -> str:
    """Write down the ask and answer it, in one go."""
    said = request.POST
    client = Client.objects.filter(pk=_number(said.get("client"))).first()
    given = Given.YES_ONCE if said.get("given") == "yes" else Given.FAIR_NO
    with transaction.atomic():
        made = receiving.receive(
            client=client,
            title=said.get("title") or policy.name,
            came=Ask.Came.IN_PERSON,
            sort=Ask.Sort.EXCEPTION,
            kind=policy.name,
            policy=policy,
            measured=said.get("measured", ""),
            by=request.member,
            now=now,
        )
        judged = gates.judge(made)
        if given == Given.YES_ONCE and judged is not None and judged.within == "rule":
            made = receiving.change(made, sort=Ask.Sort.IN_SCOPE, by=request.member, now=now)
            given = Given.DO_IT
        elif given == Given.YES_ONCE:
            made = receiving.judge(made, sincere=Ask.Sincere.YES, by=request.member, now=now)
        draft = wording.draft(given, wording.Facts(made, request.member, now))
        answering.answer(
            made,
            Saying(
                given,
                wont=Decision.Wont.POLICY if given == Given.FAIR_NO else "",
                override_reason=said.get("override_reason", ""),
                body=draft.body,
                how="said",
            ),
            by=request.member,
            now=now,
        )
    if given == Given.FAIR_NO:
        return _("Noted: a fair no. “%(rule)s.”") % {"rule": words.capital(policy.rule.rstrip("."))}
    if given == Given.DO_IT:
        return _("Noted: inside the rule, no exception.")
    return _("Noted. Say it with the yes: normally %(rule)s; this once we make an exception.") % {
        "rule": policy.rule.rstrip(".")
    }


def _hold_off(request: KeptRequest, found: Ask, said: dict[str, Any], *, now: datetime) -> None:
    due_at = _end_of(said["answer_on"], found.zone)
    if due_at is None:
        raise refusals.Refused(_("Say by when they get an answer."), field="answer_on")
    draft = wording.draft(
        wording.For.HOLDING, wording.Facts(found, request.member, now, answer_by=due_at)
    )
    answering.hold_off(
        found,
        due_at=due_at,
        subject=draft.subject,
        body=draft.body,
        how="letter" if _reachable(found.contact) else "said",
        by=request.member,
        now=now,
    )


def _saying(found: Ask, said: dict[str, Any], action: str) -> Saying:
    return Saying(
        given=said["given"],
        wont=said["wont"],
        true_reason=said["true_reason"],
        constraint=said["constraint"],
        due_at=_end_of(said["due_on"], found.zone),
        price=said["price"],
        override_reason=said["override_reason"],
        gap_reason=said["gap_reason"],
        subject=said["subject"],
        body=said["body"],
        how="letter" if action == "send" else "said",
    )


def _page(
    request: KeptRequest, found: Ask, *, form: AnswerForm | None = None, anew: bool = False
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
        (form.data.get("given") if form is not None else request.GET.get("given"))
        or suggested
        or ""
    )
    lines_of_inbox = desk_telling.inbox(now=now, member=member)
    context: dict[str, Any] = {
        "place": "desk",
        "today": zones.day_of(now, house.zone),
        "now": now,
        "ask": found,
        "decision": getattr(found, "decision", None),
        "replies": found.replies.select_related("sent_by"),
        "inbox": lines_of_inbox,
        "inbox_said": desk_telling.inbox_said(lines_of_inbox),
        "refusal": refusal,
        "read": read,
        "steps": desk_telling.steps(read),
        "chosen": chosen,
        "suggested": suggested,
        "reachable": _reachable(found.contact),
        "may_see_reason": member.may(Role.LEAD) or found.decider_id == member.pk,
        **desk_telling.evidence(read, now=now),
    }
    context["core_test"], context["can_test"], context["rare_test"] = desk_telling.tests(
        read, now=now
    )
    if open_:
        form = _filled(form, found, read, chosen, member=member, now=now, anew=anew)
        context["form"] = form
        context["choices"] = desk_telling.choices(read, member) if found.sort else []
        shown = {choice.given for choice in context["choices"]}
        context["others"] = [
            (given.value, given.label)
            for given in (Given.FAIR_NO, Given.CANT_NOW, Given.CANT_EVER)
            if given not in shown
        ]
    status = form.status if form is not None else 200
    return render(request, "kept/desk.html", context, status=status)


def _filled(
    form: AnswerForm | None,
    found: Ask,
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
    subject = body = ""
    data = {} if form is None else form.data
    if chosen in Decision.Given.values:
        price = data.get("price") or ""
        money = words.money(
            Decimal(price) if _is_number(price) else read.cost_money, scope.current().currency
        )
        due_at = read.can.due_at if read.can.can is gates.Can.YES else read.can.nearest
        draft = wording.draft(
            chosen,
            wording.Facts(
                found,
                member,
                now,
                day=due_at if chosen in Decision.YES else None,
                nearest=read.can.nearest if chosen == Given.CANT_NOW else None,
                price=money if read.cost_money or price else "",
                because="" if chosen in Decision.YES else data.get("constraint", ""),
            ),
        )
        subject, body = draft.subject, draft.body
    said = {name: data.get(name, "") for name in AnswerForm.base_fields} if data else {}
    filled = AnswerForm(initial={**said, "given": chosen, "subject": subject, "body": body})
    if form is not None:
        filled.status = 200
    return filled


def _do(request: KeptRequest, pk: int, verb: Any, **said: Any) -> HttpResponse:
    found = _find(pk)
    try:
        verb(found, by=request.member, now=clock.now(), **said)
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("desk_ask", pk)


def _find(pk: int) -> Ask:
    return get_object_or_404(
        Ask.objects.select_related(
            "client", "contact", "policy__owner", "kind", "service", "decider", "answer",
            "holding_reply", "sincere_by",
        ),
        pk=pk,
    )  # fmt: skip


def _who(said: str) -> tuple[Client | None, Contact | None]:
    kind, _dash, key = said.partition("-")
    if kind == "contact":
        contact = Contact.objects.select_related("client").filter(pk=_number(key)).first()
        return (None, None) if contact is None else (contact.client, contact)
    return Client.objects.filter(pk=_number(key)).first(), None


def _known(found: Ask) -> dict[str, Any]:
    size = "" if found.likely_hours is None else f"{found.likely_hours:g}h"
    if found.low_hours is not None:
        size = f"{found.low_hours:g}-{found.likely_hours:g}-{found.high_hours:g}h"
    whom_ = "" if found.client_id is None else f"client-{found.client_id}"
    return {
        "title": found.title,
        "words": found.words,
        "whom": f"contact-{found.contact_id}" if found.contact_id else whom_,
        "came": found.came,
        "sort": found.sort,
        "kind": found.kind or "",
        "size": size,
        "service": found.service_id or "",
        "wanted_on": None if found.wanted_at is None else zones.day_of(found.wanted_at, found.zone),
        "policy": found.policy_id or "",
        "decider": found.decider_id or "",
        "due_on": zones.day_of(found.due_at, found.zone),
        "as_if_due": found.as_if_due,
    }


def _kinds() -> list[str]:
    return list(AskKind.objects.values_list("name", flat=True))


def _size(text: str) -> lines.Effort | None:
    if not text.strip():
        return None
    size = lines.size(text)
    if size is None:
        raise refusals.Refused(
            _("“%(text)s” is not a size. 6h or 4-6-12h is one.") % {"text": text[:40]}, field="size"
        )
    return size


def _end_of(day: date | None, zone: str) -> datetime | None:
    return None if day is None else days.end_of(day, zone=zone, house=scope.current())


def _reachable(contact: Contact | None) -> bool:
    return contact is not None and bool(contact.email) and contact.archived_at is None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else 0


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except ArithmeticError:
        return False

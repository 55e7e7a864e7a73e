"""House rules: what each is for, whose it is, how far it bends, and how often it did."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock
from kept.asks import bending, measuring, rule_wordings
from kept.asks import policies as rules
from kept.asks.models import Policy
from kept.clients import languages
from kept.people import access
from kept.people.access import allow
from kept.people.models import Member, Role
from kept.tenancy import scope
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import KeptForm, LongSelect


def _owners() -> list[tuple[str, str]]:
    rows = Member.objects.filter(left_at__isnull=True).exclude(role=Role.GUEST)
    return [("", "—"), *((str(row.pk), row.name) for row in rows)]


class PolicyForm(KeptForm):
    """A rule, as its owner would say it."""

    name = forms.CharField(label=gettext_lazy("What it is called"), max_length=120)
    rule = forms.CharField(
        label=gettext_lazy("The normal rule, as a client may read it"),
        max_length=300,
        help_text=gettext_lazy("the kitchen closes at 14:30; a new page is a paid change, € 480"),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Written in"),
        choices=languages.known,
        required=False,
        widget=LongSelect(),
    )
    purpose = forms.CharField(label=gettext_lazy("What it is for"), max_length=500)
    owner = forms.ChoiceField(label=gettext_lazy("Whose it is"), choices=_owners, required=False)
    quantity = forms.ChoiceField(
        label=gettext_lazy("What it measures"), choices=Policy.Quantity.choices
    )
    unit = forms.CharField(
        label=gettext_lazy("Counted in"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("page/pages, guest/guests; for a number only"),
    )
    direction = forms.ChoiceField(
        label=gettext_lazy("The limit is"), choices=Policy.Direction.choices
    )
    limit = forms.CharField(
        label=gettext_lazy("The limit"), max_length=20, help_text=gettext_lazy("14:30, 48, 2")
    )
    tolerance = forms.CharField(
        label=gettext_lazy("Tolerance: so far beyond, yes at once"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("minutes for a time of day"),
    )
    band_limit = forms.CharField(
        label=gettext_lazy("Discretion band: until"), max_length=20, required=False
    )
    band_role = forms.ChoiceField(
        label=gettext_lazy("Held by"),
        choices=[("", "—"), *((r.value, r.label) for r in Role if r is not Role.GUEST)],
        required=False,
    )
    band_cost_cap = forms.DecimalField(
        label=gettext_lazy("Costing at most"),
        required=False,
        min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )
    hard_limit = forms.CharField(
        label=gettext_lazy("Hard limit: beyond it nobody"), max_length=20, required=False
    )
    hard_reason = forms.CharField(
        label=gettext_lazy("Because (law, safety)"), max_length=300, required=False
    )
    price = forms.DecimalField(
        label=gettext_lazy("The price of more, if it has one"),
        required=False,
        min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"step": "any", "class": "short"}),
    )


class RuleWordingForm(KeptForm):
    """A rule in another language."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=languages.known, widget=LongSelect()
    )
    rule = forms.CharField(
        label=gettext_lazy("The normal rule, as a client may read it"), max_length=300
    )


@allow(access.Policy.MEMBER)
def policies(request: KeptRequest) -> HttpResponse:
    """List the house rules; an owner makes another one."""
    form = PolicyForm(
        request.POST if request.method == "POST" else None,
        initial={"language": scope.current().language},
    )
    if request.method == "POST":
        if not request.member.may(Role.OWNER):
            return render(request, "kept/403.html", {"needs": Role.OWNER}, status=403)
        if form.is_valid():
            try:
                rules.make(by=request.member, now=clock.now(), **_said(form))
            except Refused as refused:
                form.refuse(refused)
            else:
                return redirect("policies")
    rows = list(Policy.objects.filter(retired_at__isnull=True).select_related("owner"))
    bent = bending.bent(rows, now=clock.now())
    context = {
        "place": "desk",
        "rows": [(row, bent[row.pk], _limits(row)) for row in rows],
        "retired": Policy.objects.filter(retired_at__isnull=False),
        "form": form,
        "may": request.member.may(Role.OWNER),
    }
    return render(request, "kept/policies/list.html", context, status=form.status)


@allow(access.Policy.MEMBER)
def policy(request: KeptRequest, pk: int) -> HttpResponse:
    """Show a rule with how often it was bent; an owner changes it."""
    found = get_object_or_404(Policy.objects.select_related("owner"), pk=pk)
    form = PolicyForm(request.POST) if request.method == "POST" else None
    if form is not None:
        if not request.member.may(Role.OWNER):
            return render(request, "kept/403.html", {"needs": Role.OWNER}, status=403)
        if form.is_valid():
            try:
                rules.change(found, by=request.member, now=clock.now(), **_said(form))
            except Refused as refused:
                form.refuse(refused)
            else:
                return redirect("policy", pk)
    return _page(request, found, form=form)


def _page(
    request: KeptRequest,
    found: Policy,
    *,
    form: PolicyForm | None = None,
    wording: RuleWordingForm | None = None,
) -> HttpResponse:
    form = form or PolicyForm(initial=_known(found))
    worded = rule_wordings.all_of(found)
    context = {
        "place": "desk",
        "policy": found,
        "limits": _limits(found),
        "bent": bending.bent([found], now=clock.now())[found.pk],
        "asks": found.asks.select_related("client", "decision").order_by("-came_at")[:20],
        "form": form,
        "may": request.member.may(Role.OWNER) and found.retired_at is None,
        "may_word": request.member.may(Role.LEAD) and found.retired_at is None,
        "worded": [(one, languages.name(one.language)) for one in worded],
        "wording": wording or RuleWordingForm(auto_id="wording_%s"),
    }
    status = max(form.status, 200 if wording is None else wording.status)
    return render(request, "kept/policies/one.html", context, status=status)


@require_POST
@allow(access.Policy.LEAD)
def policy_wording(request: KeptRequest, pk: int) -> HttpResponse:
    """Put a rule into another language, or take that back."""
    found = get_object_or_404(Policy.objects.all(), pk=pk)
    form = RuleWordingForm(request.POST, auto_id="wording_%s")
    if request.POST.get("action") == "remove":
        for row in found.wordings.filter(language=request.POST.get("language", "")):
            rule_wordings.remove(row, by=request.member, now=clock.now())
        return redirect(f"{reverse('policy', args=[pk])}#wordings")
    if form.is_valid():
        try:
            rule_wordings.keep(found, by=request.member, now=clock.now(), **form.cleaned_data)
        except Refused as refused:
            form.refuse(refused)
        else:
            return redirect(f"{reverse('policy', args=[pk])}#wordings")
    return _page(request, found, wording=form)


@require_POST
@allow(access.Policy.OWNER)
def policy_retire(request: KeptRequest, pk: int) -> HttpResponse:
    """End a rule."""
    found = get_object_or_404(Policy.objects.all(), pk=pk)
    try:
        rules.retire(found, by=request.member, now=clock.now())
    except Refused as refused:
        messages.warning(request, refused.sentence)
    return redirect("policies")


def _said(form: PolicyForm) -> Any:
    said = dict(form.cleaned_data)
    said["owner"] = Member.objects.filter(pk=said["owner"] or 0).first()
    said["tolerance"] = said["tolerance"] or "0"
    return said


def _limits(found: Policy) -> list[tuple[Any, str]]:
    """Return a rule's limits in words, gentlest first."""
    rows: list[tuple[Any, str]] = [
        (
            found.get_direction_display(),
            measuring.said(found, found.limit),
        )
    ]
    if found.tolerance:
        rows.append((gettext_lazy("tolerance"), measuring.length(found, found.tolerance)))
    if found.band_limit is not None:
        rows.append(
            (
                _("%(role)s decides up to") % {"role": Role(found.band_role).label},
                measuring.said(found, found.band_limit),
            )
        )
    if found.hard_limit is not None:
        rows.append((gettext_lazy("nobody beyond"), measuring.said(found, found.hard_limit)))
    return rows


def _known(found: Policy) -> dict[str, Any]:
    timely = found.quantity == Policy.Quantity.TIME_OF_DAY

    def value(amount: Decimal | None) -> str:
        if amount is None:
            return ""
        return measuring.said(found, amount) if timely else f"{amount.normalize():f}"

    return {
        **{
            name: getattr(found, name)
            for name in (
                "name", "rule", "purpose", "quantity", "unit", "direction", "band_role",
                "band_cost_cap", "hard_reason", "price",
            )
        },
        "owner": found.owner_id,
        "language": rule_wordings.language_of(found),
        "limit": value(found.limit),
        "tolerance": f"{found.tolerance.normalize():f}" if found.tolerance else "",
        "band_limit": value(found.band_limit),
        "hard_limit": value(found.hard_limit),
    }  # fmt: skip

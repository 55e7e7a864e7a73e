"""Webhooks: where other programs are told, how each message was taken, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from kept import clock
from kept.last_mile.webhooks import keeping, signing, telling
from kept.last_mile.webhooks.models import Webhook, WebhookDelivery
from kept.outbox.models import Task
from kept.people.access import Policy, allow
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm

#: So many messages of each are shown, newest first.
SHOWN = 20


class WebhookForm(KeptForm):
    """Where to, and of what."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        help_text=gettext_lazy("On the public internet; it answers a POST with 200 or 204."),
        widget=forms.TextInput(
            attrs={"placeholder": "https://example.org/hook", "inputmode": "url"}
        ),
    )
    name = forms.CharField(label=gettext_lazy("What is it called?"), required=False)
    events = forms.CharField(
        label=gettext_lazy("Told of"),
        required=False,
        help_text=gettext_lazy(
            "Empty: everything. Or groups and names, such as: alarm, promise.kept"
        ),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A webhook, until when its old secret signs too, and its newest messages with their faults."""

    webhook: Webhook
    old_until: object
    messages: list[tuple[WebhookDelivery, str]]


@never_cache
@require_http_methods(["GET", "POST"])
@allow(Policy.OWNER)
def webhooks(request: KeptRequest) -> HttpResponse:
    """Show the house's webhooks, and add one."""
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            row, secret = keeping.add(
                said["url"], [said["events"]], said["name"], by=request.member, now=clock.now()
            )
        except Refused as refused:
            form.refuse(refused)
        else:
            return _page(request, secret=secret, of=row)
    return _page(request, form=form)


@never_cache
@require_POST
@allow(Policy.OWNER)
def rotate(request: KeptRequest, pk: int) -> HttpResponse:
    """Change a webhook's secret, and show the new one."""
    try:
        row, secret = keeping.rotate(_found(pk), by=request.member, now=clock.now())
    except Refused as refused:
        return _page(request, refusal=refused)
    return _page(request, secret=secret, of=row)


@require_POST
@allow(Policy.OWNER)
def resume(request: KeptRequest, pk: int) -> HttpResponse:
    """Switch a webhook on again."""
    row = _found(pk)
    return _done(
        request,
        lambda: keeping.resume(row, by=request.member, now=clock.now()),
        _("Switched on. It is told of what happens from now on."),
    )


@require_POST
@allow(Policy.OWNER)
def remove(request: KeptRequest, pk: int) -> HttpResponse:
    """Remove a webhook."""
    row = _found(pk)
    return _done(
        request,
        lambda: keeping.remove(row, by=request.member, now=clock.now()),
        _("Removed. Nothing more is sent there."),
    )


@require_POST
@allow(Policy.OWNER)
def replay(request: KeptRequest, pk: int) -> HttpResponse:
    """Send a message again."""
    row = get_object_or_404(WebhookDelivery.objects.select_related("webhook"), pk=pk)
    return _done(
        request,
        lambda: keeping.replay(row, by=request.member, now=clock.now()),
        _("It is sent again, with the same id."),
    )


def _done(request: KeptRequest, act: Callable[[], object], said: str) -> HttpResponse:
    try:
        act()
    except Refused as refused:
        return _page(request, refusal=refused)
    messages.info(request, said)
    return redirect("webhooks")


def _found(pk: int) -> Webhook:
    return get_object_or_404(Webhook.objects.filter(removed_at__isnull=True), pk=pk)


def _page(
    request: KeptRequest,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
    of: Webhook | None = None,
    refusal: Refused | None = None,
) -> HttpResponse:
    context = {
        "place": "settings",
        "form": form or WebhookForm(),
        "secret": secret,
        "of": of,
        "refusal": refusal,
        "webhooks": [_shown(row) for row in keeping.live()],
        "names": telling.NAMES,
    }
    status = STATUS[refusal.kind] if refusal else form.status if form else 200
    return render(request, "kept/settings/webhooks.html", context, status=status)


def _shown(webhook: Webhook) -> Shown:
    rows = list(webhook.deliveries.order_by("-pk")[:SHOWN])
    tasks = Task.objects.filter(kind=telling.WORK, key__in=[str(row.pk) for row in rows])
    faults = dict(tasks.values_list("key", "fault"))
    until = signing.runs_out_at(webhook)
    return Shown(
        webhook,
        until if until is not None and until > clock.now() else None,
        [(row, faults.get(str(row.pk), "").partition(": ")[2]) for row in rows],
    )

"""Minute mode: decide in two taps, with somebody in front of you."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from kept import clock, words, zones
from kept.asks import answering, gates, measuring, receiving, wording
from kept.asks.answering import Saying
from kept.asks.gates import Given
from kept.asks.models import Ask, Decision, Policy
from kept.clients.models import Client
from kept.people.access import Policy as Who
from kept.people.access import allow
from kept.people.models import Role
from kept.tenancy import scope
from kept.tenancy.refusals import Refused
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS
from kept.web.pages.desk import rows


@allow(Who.MEMBER)
def minute(request: KeptRequest) -> HttpResponse:
    """Decide in two taps, with somebody in front of you: the rule, then yes or no."""
    now, house = clock.now(), scope.current()
    refusal: Refused | None = None
    chosen = Policy.objects.filter(
        pk=rows.number(request.POST.get("policy") or request.GET.get("policy")),
        retired_at__isnull=True,
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
        "policies": [
            (policy, measuring.counted_in(policy))
            for policy in Policy.objects.filter(retired_at__isnull=True)
        ],
        "chosen": chosen,
        "unit": "" if chosen is None else measuring.counted_in(chosen),
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
        title=policy.name,
        sort=Ask.Sort.EXCEPTION,
        policy=policy,
        came_at=now,
        zone=policy.zone,
        sincere=Ask.Sincere.YES,  # a yes here is a person's word that it is
    )
    try:
        trial.measured = measuring.measure(policy, at=now if timely else None, value=measured)
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
        "reasons": [why for why in passage.reasons if why.casefold() != read.verdict.casefold()],
        "is_lead": request.member.may(Role.LEAD),
    }


def _in_a_minute(request: KeptRequest, policy: Policy, *, now: datetime) -> str:
    """Write down the ask and answer it, in one go."""
    said = request.POST
    client = Client.objects.filter(pk=rows.number(said.get("client"))).first()
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
        # Inside the rule nobody is given words to say, so none are written down as said.
        facts = wording.Facts.of(made, request.member, now)
        spoken = "" if given == Given.DO_IT else _spoken(given, facts)
        answering.answer(
            made,
            Saying(
                given,
                wont=Decision.Wont.POLICY if given == Given.FAIR_NO else "",
                override_reason=said.get("override_reason", ""),
                body=spoken,
                how="said",
            ),
            by=request.member,
            now=now,
        )
    if given == Given.DO_IT:
        return _("Noted: inside the rule, no exception.")
    if not spoken:
        return _("Noted. Say it in your words: the normal rule, and that it is this once.")
    if given == Given.FAIR_NO:
        return _("Noted: a fair no. Say: “%(reply)s”") % {"reply": spoken}
    return _("Noted. Say it with the yes: “%(reply)s”") % {"reply": spoken}


def _spoken(given: str, facts: wording.Facts) -> str:
    """Return what to say in their language, else in the house's; empty if the rule is in neither.

    Somebody stands there: what nobody translated must not keep them waiting.
    """
    drafts = (wording.draft(given, one) for one in (facts, replace(facts, client=None)))
    return next((draft.spoken for draft in drafts if not draft.unworded), "")

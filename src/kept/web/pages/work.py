"""What one was asked, what was handed to one, and what one owns: a page for each person alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.jobs import checklist, handing
from kept.jobs.models import CheckItem, HandOver, Job, Responsibility, Stage
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.promises import carrying
from kept.promises.models import Promise
from kept.tenancy.models import Organisation
from kept.tenancy.refusals import Refused
from kept.web import owned
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS, KeptForm
from kept.web.pages.owning import back_to


@dataclass(frozen=True)
class AskedOf:
    """A question to me: what, when, and what done means."""

    asked: Responsibility
    what: str
    facts: str
    instead: str
    since: str


@dataclass(frozen=True)
class HandedToMe:
    """A stage that somebody handed over, for me to take or send back."""

    handed: HandOver
    hours: str
    since: str


@dataclass(frozen=True)
class Mine:
    """A stage that I own.

    Attributes:
        taps: hours that one tap hands it over with.
        back: why it was sent back, where it was.
        left: how many lines of its checklist are open.
        stuck: since when nothing changed, on a finish that is stuck.
        conditions: what satisfies the client, in one line.
    """

    stage: Stage
    waits: str
    effort: str
    taps: Sequence[float]
    back: str
    checks: Sequence[CheckItem]
    left: int
    stuck: str
    conditions: str


class HandOverForm(KeptForm):
    """Hours worked, by a number or by a tap on one, and how many of them out of hours."""

    hours = forms.FloatField(required=False)
    tap = forms.FloatField(required=False)
    out_of_hours = forms.FloatField(required=False)


@allow(Policy.MEMBER)
def work(request: KeptRequest) -> HttpResponse:
    """Show a person what they were asked and what they own. Nobody else's figures are here."""
    return render(request, "kept/work.html", context(request.member, now=clock.now()))


def context(me: Member, *, now: datetime) -> dict[str, object]:
    """Return what the page shows, in a constant number of queries."""
    house = me.organisation
    live = (
        Responsibility.objects.filter(
            Q(member=me) | Q(proposed_by=me), state__in=Responsibility.LIVE
        )
        .exclude(job__state=Job.State.CLOSED)
        .select_related("job__client", "stage", "member", "proposed_by")
        .order_by("proposed_at", "pk")
    )
    told = [_asked(row, me, now) for row in live]
    stages = (
        Stage.objects.filter(owner=me, job__state=Job.State.OPEN)
        .exclude(state=Stage.State.DONE)
        .select_related("job__client")
        .prefetch_related("afters__after", "checks", "hand_overs", "job__conditions")
        .order_by("job__promise__due_at", "job_id", "position")
    )
    stuck = handing.standstills(stages, now=now)
    mine = [_mine(stage, stuck.get(stage.pk), house, now) for stage in stages]
    left = sum(max(0.0, one.stage.likely_hours - one.stage.spent_hours) for one in mine)
    asked = [one for one in told if one.asked.member_id == me.pk]
    return {
        "place": "work",
        "today": zones.day_of(now, house.zone),
        "asked": [one for one in asked if one.asked.state == Responsibility.State.PROPOSED],
        "said": [one for one in asked if one.asked.state == Responsibility.State.COUNTERED],
        "others": [
            one
            for one in told
            if one.asked.proposed_by_id == me.pk and one.asked.member_id != me.pk
        ],
        "handed": [
            HandedToMe(row, words.hours(row.hours), owned.since(row.handed_at, house, now))
            for row, takers in carrying.handed_over()
            if any(member.pk == me.pk for member in takers)
        ],
        "mine": mine,
        "left_hours": left,
        "last_miles": Promise.objects.filter(last_mile_owner=me, state__in=Promise.LIVE)
        .select_related("job", "client")
        .order_by("due_at", "pk"),
    }


def _asked(row: Responsibility, me: Member, now: datetime) -> AskedOf:
    house = me.organisation
    facts = []
    if row.likely_hours is not None:
        facts.append(words.hours(row.likely_hours))
    if row.by_at is not None:
        facts.append(owned.by(row.by_at, house, now))
    return AskedOf(
        asked=row,
        what=owned.last_mile_name() if row.stage is None else row.stage.name,
        facts=", ".join(facts),
        instead=owned.instead(row, house, now),
        since=owned.since(row.answered_at or row.proposed_at, house, now),
    )


def _mine(stage: Stage, stuck: datetime | None, house: Organisation, now: datetime) -> Mine:
    checks = list(stage.checks.all())
    before = list(stage.hand_overs.all())
    sent_back = bool(before) and before[-1].state == HandOver.State.SENT_BACK
    return Mine(
        stage=stage,
        waits=words.listed(
            tie.after.name for tie in stage.afters.all() if tie.after.state != Stage.State.DONE
        ),
        effort=words.hours(stage.likely_hours),
        taps=taps(stage),
        back=before[-1].reason if sent_back and stage.state == Stage.State.DOING else "",
        checks=checks,
        left=sum(1 for item in checks if item.done_at is None),
        stuck="" if stuck is None else owned.since(stuck, house, now),
        conditions="; ".join(row.text for row in stage.job.conditions.all()),
    )


def taps(stage: Stage) -> list[float]:
    """Return a few hours around what is left of a stage, each of which one tap says."""
    left = max(1.0, stage.likely_hours - stage.spent_hours)
    rounded = {round(left * share * 2) / 2 for share in (0.25, 0.5, 1, 1.5, 2)}
    return sorted(hours for hours in rounded if hours > 0)


@require_POST
@allow(Policy.MEMBER)
def hand_over(request: KeptRequest, pk: int) -> HttpResponse:
    """Hand over a stage, whole, with the hours it took."""
    stage = get_object_or_404(Stage.objects.select_related("job"), pk=pk)
    form = HandOverForm(request.POST)

    def act() -> None:
        if not form.is_valid():
            raise Refused(_("Write hours as a number, like 2.5. Nothing was handed over."))
        said = form.cleaned_data
        handed = carrying.hand_over(
            stage,
            hours=said["hours"] if said["tap"] is None else said["tap"],
            out_of_hours=said["out_of_hours"] or 0,
            by=request.member,
            now=clock.now(),
        )
        if handed.state == HandOver.State.HANDED:
            messages.info(request, _("Handed over. Whoever goes on takes it or sends it back."))

    return done(request, act)


@require_POST
@allow(Policy.MEMBER)
def hand_over_answer(request: KeptRequest, pk: int) -> HttpResponse:
    """Take what was handed over, or send it back with the reason."""
    row = get_object_or_404(HandOver.objects.select_related("stage"), pk=pk)
    now, by = clock.now(), request.member

    def act() -> None:
        if "send_back" in request.POST:
            carrying.send_back(row, reason=request.POST.get("reason", ""), by=by, now=now)
        else:
            carrying.take(row, by=by, now=now)

    return done(request, act)


@require_POST
@allow(Policy.MEMBER)
def check_new(request: KeptRequest, pk: int) -> HttpResponse:
    """Add a line to a stage's checklist."""
    stage = get_object_or_404(Stage, pk=pk)
    text = request.POST.get("text", "")
    return done(request, lambda: checklist.add(stage, text, by=request.member, now=clock.now()))


@require_POST
@allow(Policy.MEMBER)
def check(request: KeptRequest, pk: int) -> HttpResponse:
    """Note that a line of a checklist is true, or not after all."""
    item = get_object_or_404(CheckItem.objects.select_related("stage"), pk=pk)
    verb = checklist.reopen if "reopen" in request.POST else checklist.done
    return done(request, lambda: verb(item, by=request.member, now=clock.now()))


def done(request: KeptRequest, act: Callable[[], object]) -> HttpResponse:
    """Do it and go back to where it was asked for; say in words what was refused."""
    back = back_to(request, default="/work")
    try:
        act()
    except Refused as refused:
        shown = {"place": "work", "refusal": refused, "back": back}
        return render(request, "kept/owning/refused.html", shown, status=STATUS[refused.kind])
    return redirect(back)

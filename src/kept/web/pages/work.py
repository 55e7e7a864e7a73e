"""What one was asked, what was handed to one, and what one owns: a page for each person alone."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render

from kept import clock, words, zones
from kept.jobs.models import Job, Responsibility, Stage
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.promises.models import Promise
from kept.web import owned
from kept.web.doorkeeper import KeptRequest


@dataclass(frozen=True)
class AskedOf:
    """A question to me: what, when, and what done means."""

    asked: Responsibility
    what: str
    facts: str
    instead: str
    since: str


@dataclass(frozen=True)
class Mine:
    """A stage that I own."""

    stage: Stage
    waits: str
    effort: str


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
        .prefetch_related("afters__after", "checks")
        .order_by("job__promise__due_at", "job_id", "position")
    )
    mine = [_mine(stage) for stage in stages]
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


def _mine(stage: Stage) -> Mine:
    return Mine(
        stage=stage,
        waits=words.listed(
            tie.after.name for tie in stage.afters.all() if tie.after.state != Stage.State.DONE
        ),
        effort=words.hours(stage.likely_hours),
    )

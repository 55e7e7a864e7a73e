"""The last-mile owner's board: who is asked, what they said, who hears next, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from kept import clock, words, zones
from kept.last_mile import answering, delegating, raising, wording
from kept.last_mile import board as boards
from kept.last_mile.board import Board, Case, Row
from kept.last_mile.channels import named
from kept.last_mile.models import Alarm, Delegate, Rung
from kept.people.access import Policy, allow
from kept.people.charters import Reachable
from kept.people.models import Member
from kept.tenancy.refusals import Refused
from kept.web import last_mile_drawing, telling
from kept.web import last_mile_telling as told
from kept.web.doorkeeper import KeptRequest
from kept.web.forms import STATUS
from kept.web.pages.acts.acting import find

#: Lines of a checklist, and of a transcript, that one row shows.
LINES = 5


@dataclass(frozen=True)
class Shown:
    """One promise as the board draws it."""

    row: Row
    slack: str
    by: str
    transcript: list[told.Line]
    earlier: int
    drawing: SafeString
    note: str
    more_left: int
    mine: Case | None
    running: Case | None
    next_word: str
    first: Member | None

    @property
    def left(self) -> Any:
        return self.row.left[:LINES]


@dataclass(frozen=True)
class Charter:
    """Somebody's charter as a strip of 24 hours."""

    who: Reachable
    hours: told.Hours
    drawing: SafeString
    ways: str
    had: int


@require_safe
@allow(Policy.MEMBER)
def board(request: KeptRequest) -> HttpResponse:
    """Show what one sees over the line, by least slack."""
    return _board(request)


@require_POST
@allow(Policy.MEMBER)
def nudge(request: KeptRequest, pk: int) -> HttpResponse:
    """Ask somebody on a promise how it stands."""
    promise = find(pk)
    key = request.POST.get("member", "")
    member = get_object_or_404(Member, pk=int(key) if key.isdecimal() else 0)

    def act(now: datetime) -> str:
        raising.ask(
            promise,
            member,
            question=request.POST.get("question", ""),
            by=request.member,
            now=now,
        )
        return _("%(name)s is asked.") % {"name": member.first_name}

    return _done(request, act)


@require_POST
@allow(Policy.MEMBER)
def next_rung(request: KeptRequest, pk: int) -> HttpResponse:
    """Take an alarm's next rung now."""
    alarm = _alarm(pk)

    def act(now: datetime) -> str:
        raising.push(alarm, by=request.member, now=now)
        return _("The next rung was taken.")

    return _done(request, act)


@require_POST
@allow(Policy.MEMBER)
def acknowledge(request: KeptRequest, pk: int) -> HttpResponse:
    """Say that one knows."""
    alarm = _alarm(pk)

    def act(now: datetime) -> str:
        known = answering.acknowledge(alarm, by=request.member, now=now)
        due_at = known.answer_due_at
        assert due_at is not None
        return _("The ladder stopped. Answer by %(moment)s.") % {
            "moment": told.near(due_at, request.member.zone, now)
        }

    return _done(request, act)


@require_POST
@allow(Policy.MEMBER)
def hand_over(request: KeptRequest) -> HttpResponse:
    """Let somebody else chase in one's place."""
    key = request.POST.get("member", "")
    member = get_object_or_404(Member, pk=int(key) if key.isdecimal() else 0)

    def act(now: datetime) -> str:
        delegating.name(member, by=request.member, now=now)
        return _("%(name)s may chase in your place, until you take it back.") % {
            "name": member.first_name
        }

    return _done(request, act)


@require_POST
@allow(Policy.MEMBER)
def take_back(request: KeptRequest, pk: int) -> HttpResponse:
    """Take back, or give back, that somebody chases in another's place."""
    delegate = get_object_or_404(Delegate, pk=pk)

    def act(now: datetime) -> str:
        delegating.end(delegate, by=request.member, now=now)
        return _("That ended.")

    return _done(request, act)


def _done(request: KeptRequest, act: Any) -> HttpResponse:
    """Do it, and show the board as it is then, or go back to where it was asked for."""
    try:
        said = act(clock.now())
    except Refused as refused:
        return _board(request, refusal=refused, status=STATUS[refused.kind])
    if request.headers.get("HX-Request"):
        return _board(request, said=said)
    messages.info(request, said)
    return redirect("last_mile_board")


def _alarm(pk: int) -> Alarm:
    rows = Alarm.objects.select_related("asked", "promise__last_mile_owner", "promise__job")
    return get_object_or_404(rows, pk=pk)


def _board(
    request: KeptRequest, *, refusal: Refused | None = None, said: str = "", status: int = 200
) -> HttpResponse:
    now, member = clock.now(), request.member
    whose = request.GET.get("whose", request.POST.get("whose", ""))
    found = boards.board(member, everybody=whose == "all" if whose else None, now=now)
    zone = member.zone
    shown = [_shown(row, found, member=member, zone=zone, now=now) for row in found.rows]
    stand_in = {member.pk, *(row.member_id for row in found.delegates)}
    context = {
        "place": "last_mile",
        "now": now,
        "today": zones.day_of(now, zone),
        "zone": zone,
        "everybody": found.everybody,
        "whose": whose,
        "headline": _("The last mile, everybody’s")
        if found.everybody
        else _("Your last mile, %(name)s") % {"name": member.first_name},
        "lead": told.lead(found, zone=zone, now=now),
        "rows": shown,
        "to_answer": [_asked(case, zone=zone, now=now) for case in found.to_answer],
        "charters": [_charter(who, found, zone=zone, now=now) for who in found.people],
        "count": found.needing,
        "refusal": refusal,
        "said": said,
        "delegates": found.delegates,
        "stands_in_for": found.stands_in_for,
        "may_stand_in": [each for each in found.staff if each.pk not in stand_in],
        "rungs": [str(name.label) for name in Rung.Name],
        "clock": words.clock(zones.local(now, zone)),
        "clock_share": share_of_day(now, zone),
    }
    page = "_board.html" if request.headers.get("HX-Request") else "board.html"
    return render(request, f"kept/last_mile/{page}", context, status=status)


@dataclass(frozen=True)
class Waiting:
    """An alarm that waits for one's own word."""

    case: Case
    what: str
    lines: list[told.Line]
    note: str


def _asked(case: Case, *, zone: str, now: datetime) -> Waiting:
    alarm = case.alarm
    if alarm.state == Alarm.State.RAISED:
        note = told.next_rung(case, zone=zone, now=now)
    elif case.running is not None:
        note = ""
    else:
        note = (
            ""
            if alarm.answer_due_at is None
            else _("You know. An answer is owed by %(moment)s.")
            % {"moment": told.near(alarm.answer_due_at, zone, now)}
        )
    lines = told.transcript(case, zone=zone, now=now)
    return Waiting(case, wording.what(alarm), lines[-LINES:], note)


def _is_for(case: Case, member: Member) -> bool:
    return case.alarm.asked_id == member.pk


def _shown(row: Row, found: Board, *, member: Member, zone: str, now: datetime) -> Shown:
    stands = row.stands
    lines = [line for case in row.cases for line in told.transcript(case, zone=zone, now=now)]
    lines.sort(key=lambda line: line.moment)
    running = next((c for c in row.cases if c.alarm.state == Alarm.State.RAISED), None)
    latest = running or (row.cases[-1] if row.cases else None)
    rungs = latest.rungs if latest is not None else ()
    places = [rung.position for rung in rungs] or list(range(1, len(Rung.Name) + 1))
    note = told.ladder_note(row, found, zone=zone, now=now)
    next_word = ""
    if running is not None and running.next_rung is not None and not _is_for(running, member):
        next_word = _next_word(Rung.Name(running.next_rung.name))
    first = row.whom[0] if row.whom else None
    today = zones.day_of(now, zone)
    likely = stands.likely_on
    return Shown(
        row=row,
        slack=telling.slack(stands),
        by=_("promised %(day)s") % {"day": words.day(stands.promised_on, today=today)}
        if likely is None or stands.promised_on >= today
        else words.capital(_("90 %% by %(day)s") % {"day": words.day(likely, today=today)}),
        transcript=lines[-LINES:],
        earlier=max(0, len(lines) - LINES),
        drawing=last_mile_drawing.ladder(
            places,
            latest.climbed if latest is not None else (),
            sentence=note or _("Nobody was asked."),
        ),
        note=note,
        more_left=max(0, len(row.left) - LINES),
        mine=next((c for c in row.cases if c.mine and c.alarm.closed_at is None), None),
        running=running,
        next_word=next_word,
        first=first,
    )


def _next_word(rung: Rung.Name) -> str:
    match rung:
        case Rung.Name.HUDDLE:
            return _("Start a huddle")
        case Rung.Name.LEAD:
            return _("Tell the lead")
        case Rung.Name.ICE_BUCKET:
            return _("Ice bucket")
    return _("Knock")


def _charter(who: Reachable, found: Board, *, zone: str, now: datetime) -> Charter:
    hours = told.hours(who, zone=zone, now=now)
    channels = {way.kind: channel for way in who.ways if (channel := named(way.kind)) is not None}
    return Charter(
        who=who,
        hours=hours,
        drawing=last_mile_drawing.strip(
            hours.between,
            share_of_day(now, zone),
            sentence=_("%(name)s may be asked: %(hours)s.")
            % {"name": who.member.first_name, "hours": hours.told},
        ),
        ways=", ".join(str(channel.label) for channel in channels.values()),
        had=found.asked_today.get(who.member.pk, 0),
    )


def share_of_day(now: datetime, zone: str) -> float:
    local = zones.local(now, zone)
    return (local.hour * 60 + local.minute) / 1440

"""Today: which promises need someone, and whom."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kept import clock, words, zones
from kept.asks import bending
from kept.jobs import owners
from kept.last_mile import bad_news
from kept.last_mile import board as boards
from kept.people import days
from kept.people.access import Policy, allow
from kept.people.models import Member
from kept.plan import since, standing
from kept.plan.standing import Standing, State
from kept.promises import carrying, occurring
from kept.promises.models import Occurrence, StandingPromise
from kept.quotes import replying
from kept.tenancy.models import Organisation
from kept.web import drawing, telling
from kept.web.doorkeeper import KeptRequest

#: The states in which a promise needs somebody today.
NEEDS = (State.OVERDUE, State.AT_RISK)
#: So much of what recurs is listed; the rest is counted.
RECURRING_SHOWN = 12
#: Five working days late is broken: it stays on its client’s page.
WAITS = timedelta(days=8)


@dataclass(frozen=True)
class Row:
    """One promise as the page shows it."""

    stands: Standing
    sentence: str
    line: SafeString
    slack: str
    next_step: str
    needs: bool


@dataclass(frozen=True)
class Group:
    """Promises that stand alike."""

    state: State
    title: str
    rows: list[Row]


@allow(Policy.MEMBER)
def today(request: KeptRequest) -> HttpResponse:
    """List the open promises by least slack, all on one axis of working days."""
    context = board(request)
    page = "kept/today/_board.html" if request.headers.get("HX-Request") else "kept/today.html"
    return render(request, page, context)


def board(request: KeptRequest) -> dict[str, object]:
    """What the page shows of the open promises: everybody's, or those I see over the line."""
    now, house = clock.now(), request.member.organisation
    everybody = standing.standings(now=now)
    mine = request.GET.get("whose") == "mine"
    shown = [s for s in everybody if not mine or s.promise.last_mile_owner_id == request.member.pk]
    this_day = zones.day_of(now, house.zone)
    monday = telling.week_start(house, now)
    axis = telling.axis(
        house,
        (day for s in shown for day in (s.promised_on, s.likely_on) if day is not None),
        now=now,
        first=monday,
    )
    groups = [
        Group(state, title, rows)
        for state, title in (
            (State.OVERDUE, _("Overdue")),
            (State.AT_RISK, _("At risk")),
            (State.ON_TRACK, _("On track")),
            (State.PAUSED, _("Paused")),
            (State.UNKNOWN, _("Not enough history")),
        )
        if (
            rows := [
                Row(
                    stands=s,
                    sentence=telling.sentence(s, today=this_day),
                    line=telling.line(s, axis, today=this_day),
                    slack=telling.slack(s),
                    next_step=telling.next_step(s, today=this_day),
                    needs=s.state in NEEDS,
                )
                for s in shown
                if s.state is state
            ]
        )
    ]
    needing = [s for s in shown if s.state in NEEDS]
    recurring = _recurring(request.member if mine else None, now=now, house=house)
    recurs = bool(recurring) or StandingPromise.objects.filter(ended_at__isnull=True).exists()
    return {
        "place": "today",
        "today": this_day,
        "now": now,
        "mine": mine,
        "groups": groups,
        "headline": headline(
            len(needing),
            mine=mine,
            any_shown=bool(shown),
            recurring=sum(one.waits and one.today for one in recurring) if recurs else None,
        ),
        "lead": lead(needing, others=len(shown) - len(needing)),
        "count": len(needing),
        "axis": drawing.axis_head(axis, today_word=_("today")),
        "computed_at": max((s.outlook.computed_at for s in shown if s.outlook), default=None),
        "since": telling.since_monday(since.since(zones.start_of(monday, house.zone), shown)),
        "is_new": not everybody and not recurs,
        "recurring": recurring[:RECURRING_SHOWN],
        "recurring_more": max(0, len(recurring) - RECURRING_SHOWN),
        "asked": owners.count_asked_of(request.member),
        "questioned": bending.questioned(request.member, now=now),
        "wanted": boards.waiting_for(request.member),
        "prepared": bad_news.prepared_for(request.member, (s.promise for s in everybody)),
        "handed": sum(
            1
            for _row, takers in carrying.handed_over()
            if any(member.pk == request.member.pk for member in takers)
        ),
        "replies": replying.due(until=_end_of_tomorrow(this_day, house)),
    }


@dataclass(frozen=True)
class Recurring:
    """One occurrence of yesterday, today or tomorrow.

    Attributes:
        word: how it stands: overdue, due, or what became of it.
        waits: nothing was noted yet.
        today: it falls due today, or should have before.
    """

    row: Occurrence
    word: str
    waits: bool
    today: bool


def _recurring(owner: Member | None, *, now: datetime, house: Organisation) -> list[Recurring]:
    """Return what waits for a word until tomorrow is over, and what was done of today's."""
    today = zones.day_of(now, house.zone)
    begin, end = (zones.start_of(today + timedelta(days=ahead), house.zone) for ahead in (0, 1))
    every = occurring.between(now - WAITS, zones.start_of(today + timedelta(days=2), house.zone))
    if owner is not None:
        every = [row for row in every if row.standing.owner_id == owner.pk]
    found = [(row, occurring.outcome(row, now=now)) for row in every]
    return [
        Recurring(row, judged.word, judged.open, row.due_at < end)
        for row, judged in sorted(found, key=lambda one: (one[0].due_at, one[0].pk))
        if judged.open or begin <= row.due_at < end
    ]


def _end_of_tomorrow(today: date, house: Organisation) -> datetime:
    """Return when the next working day is over: answers due until then are shown."""
    return days.end_of(days.shifted(house, today, 1), zone=house.zone, house=house)


def headline(needing: int, *, mine: bool, any_shown: bool, recurring: int | None = None) -> str:
    """ "Four promises need someone today"; where only things recur, how many of them are due."""
    if not any_shown and recurring is not None and not mine and not recurring:
        return _("Nothing more falls due today")
    if not any_shown and recurring:
        said = ngettext(
            "%(count)s standing promise falls due today",
            "%(count)s standing promises fall due today",
            recurring,
        )
        return words.capital(said % {"count": words.spelled(recurring)})
    if not any_shown:
        return _("No open promise waits for you") if mine else _("Nothing is promised yet")
    if not needing:
        return _("Nothing needs anyone today")
    said = ngettext(
        "%(count)s promise needs someone today", "%(count)s promises need someone today", needing
    )
    return words.capital(said % {"count": words.spelled(needing)})


def lead(needing: Sequence[Standing], *, others: int) -> str:
    """ "Maya two, João one. The other ten are on track."."""
    owners = Counter(
        s.promise.last_mile_owner.first_name if s.promise.last_mile_owner else "" for s in needing
    )
    nobody = owners.pop("", 0)
    parts = []
    if owners:
        named = [
            _("%(name)s %(count)s") % {"name": name, "count": words.spelled(count)}
            for name, count in owners.most_common()
        ]
        parts.append(", ".join(named) + ".")
    if nobody:
        said = ngettext(
            "%(count)s has no last-mile owner.", "%(count)s have no last-mile owner.", nobody
        )
        parts.append(words.capital(said % {"count": words.spelled(nobody)}))
    if others and needing:
        said = ngettext("The other one can wait.", "The other %(count)s can wait.", others)
        parts.append(said % {"count": words.spelled(others)})
    elif others:
        said = ngettext("One promise is open.", "All %(count)s open promises can wait.", others)
        parts.append(said % {"count": words.spelled(others)})
    return " ".join(parts)

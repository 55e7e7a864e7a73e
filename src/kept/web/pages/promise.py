"""One promise: its sentence, its line, who owns what, and everything that happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from kept import clock, words, zones
from kept.jobs.models import Condition, Obligation
from kept.people.access import Policy, allow
from kept.people.models import Role
from kept.plan import standing
from kept.plan.models import Outlook
from kept.plan.standing import Standing, State
from kept.promises import delivering, judging, recording, slips
from kept.promises import telling as told_of
from kept.promises.judging import Life
from kept.promises.models import Pause, Promise, Proposal, Slip, Terms, ToldHow
from kept.quotes import left_out
from kept.tenancy.refusals import Refused
from kept.web import drawing, life_story, owned, telling
from kept.web.doorkeeper import KeptRequest
from kept.web.pages.acts import doings
from kept.web.pages.promise_story import told


class VoidForm(forms.Form):
    """Why a promise was recorded by mistake."""

    reason = forms.CharField(max_length=300, label=gettext_lazy("Why was it recorded by mistake?"))


#: So many rows of a list stand on the page; those before are told in what happened.
LISTED = 8

Row = TypeVar("Row")


@dataclass(frozen=True)
class Newest(Generic[Row]):
    """The newest rows of a list, and how many there are before them."""

    rows: Sequence[Row]
    before: int


def _newest(rows: Sequence[Row]) -> Newest[Row]:
    return Newest(rows[-LISTED:], max(0, len(rows) - LISTED))


@allow(Policy.MEMBER)
def promise(request: KeptRequest, pk: int) -> HttpResponse:
    """Show how a promise stands and its story, newest first."""
    return render(request, "kept/promise.html", _context(request, pk, VoidForm()))


@require_POST
@allow(Policy.LEAD)
def void(request: KeptRequest, pk: int) -> HttpResponse:
    """Take out a promise that was recorded by mistake; it stays listed with the reason."""
    found = get_object_or_404(Promise, pk=pk)
    form = VoidForm(request.POST)
    if form.is_valid():
        try:
            recording.void(
                promise=found,
                reason=form.cleaned_data["reason"],
                by=request.member,
                now=clock.now(),
            )
        except Refused as refusal:
            form.add_error(refusal.field or None, refusal.sentence)
        else:
            messages.info(
                request, _("Voided. It counts no more, and stays in the ledger with its reason.")
            )
            return redirect("promise", pk)
    return render(request, "kept/promise.html", _context(request, pk, form), status=422)


def _context(request: KeptRequest, pk: int, form: VoidForm) -> dict[str, object]:
    now, house = clock.now(), request.member.organisation
    found = get_object_or_404(
        Promise.objects.select_related(
            "client", "job__service", "last_mile_owner", "given_by", "contact"
        ),
        pk=pk,
    )
    this_day = zones.day_of(now, house.zone)
    life = judging.life_of(found)
    terms = life.terms
    proposals = list(found.proposals.prefetch_related("options"))
    why = list(found.reasons.select_related("assumption"))
    said = list(found.slips.select_related("stage", "said_by"))
    outlooks = list(Outlook.objects.filter(promise=found).order_by("computed_at", "pk"))
    stages = list(found.job.stages.select_related("owner", "skill"))
    obligations = list(found.job.obligations.all())
    inbound = list(found.job.inbound.all())
    assumptions = list(found.job.assumptions.all())
    stands = None
    if found.state in Promise.OPEN:
        stands = standing.standing_of(
            found,
            outlook=outlooks[-1] if outlooks else None,
            stages=stages,
            waiting_for=next((row for row in obligations if row.met_at is None), None),
            now=now,
        )
    return {
        "place": "today",
        "today": this_day,
        "now": now,
        "promise": found,
        "job": found.job,
        "stands": stands,
        "state": _state(found, stands, life, now),
        "plain_state": _plain(found, stands),
        "sentence": telling.sentence(stands, today=this_day) if stands else "",
        "line": _line(request, found, stands, life, now) if stands else "",
        "terms": [(one, life.due_of(one, house=house, now=now)) for one in terms],
        "stages": stages,
        "owns": owned.read(
            found.job,
            viewer=request.member,
            now=now,
            last_mile_owner=found.last_mile_owner,
            stages=stages,
            gate=found.gate,
        ),
        "lines": life.lines.get(terms[-1].pk, []) if terms else [],
        "standard": terms[-1].standard if terms else "",
        **_no_part(found, life),
        **_lived(request, found, life, proposals, obligations, stands, now),
        "reasons": _newest(why),
        "slips": _newest(_slips(found, life, said)),
        "obligations": obligations,
        "inbound": inbound,
        "assumptions": assumptions,
        "fan": _fan(outlooks, terms, house.zone, this_day, found.zone),
        "outlooks": outlooks[-12:][::-1],
        **told(
            found,
            house,
            this_day,
            outlooks=outlooks,
            stages=stages,
            obligations=obligations,
            inbound=inbound,
            assumptions=assumptions,
            deliveries=life.deliveries,
            proposals=proposals,
            why=why,
        ),
        "form": form,
        "may_void": request.member.may(Role.LEAD) and found.state != Promise.State.VOIDED,
    }


def _plain(found: Promise, stands: Standing | None) -> str:
    """The state as a client may read it: in words, without a chance."""
    if stands is None:
        return words.capital(str(Promise.State(found.state).label))
    if stands.state is State.OVERDUE:
        return _("Overdue")
    if stands.state is State.PAUSED:
        return _("Paused")
    return _("Running")


def _lived(
    request: KeptRequest,
    found: Promise,
    life: Life,
    proposals: list[Proposal],
    obligations: list[Obligation],
    stands: Standing | None,
    now: datetime,
) -> dict[str, object]:
    """What was delivered, paused and proposed, and what can be done now."""
    waiting = next((row for row in proposals if row.state == Proposal.State.TOLD), None)
    delivery = life.delivery
    noticed = delivery is not None and delivery.noticed_at is not None
    unheard = (
        delivery is not None
        and found.state == Promise.State.DELIVERED
        and delivering.unheard(delivery)
    )
    main, rare = doings.doings(
        found,
        proposal=waiting,
        noticed=noticed and not unheard,
        thanked=delivery is not None and delivery.thanked_at is not None,
        may_pause=any(row.met_at is None for row in obligations),
        pause_noticed=any(row.ended_at is None and row.started_at > now for row in life.pauses),
        needs_news=stands is not None and stands.state in (State.AT_RISK, State.OVERDUE),
        is_lead=request.member.may(Role.LEAD),
    )
    return {
        "doings": main,
        "rare": rare,
        "waiting": waiting,
        "delivery": delivery,
        "unheard": unheard,
        "no_letter": told_of.no_letter_because(found) if found.contact is not None else "",
        "deliveries": _newest(life.deliveries),
        "proposals": _newest(proposals),
        "pauses": [
            (row, life_story.stood(row.working_minutes) if row.working_minutes is not None else "")
            for row in life.pauses
        ],
        "owed": {row.pk: row for row in obligations},
    }


def _no_part(found: Promise, life: Life) -> dict[str, list[Condition]]:
    """The lines of the job that are not promised: done without, or noted after it was given."""
    terms = life.terms[-1:]
    agreed = {line.condition_id for one in terms for line in life.lines.get(one.pk, ())}
    rest = [row for row in found.job.conditions.all() if row.pk not in agreed]
    without = left_out.of([found])[found.pk].left_out if rest else ()
    return {
        "left_out": [row for row in rest if row.pk in without],
        "noted_since": [row for row in rest if row.pk not in without],
    }


def _slips(found: Promise, life: Life, said: list[Slip]) -> list[slips.Link]:
    done_at = None if life.delivery is None else life.delivery.delivered_at
    return slips.links(said, done_at=done_at, zone=found.zone)


#: Outcomes as they are shown, gravest first; those of a promise that has ended.
OUTCOMES = {
    "kept": ("kept", gettext_lazy("Kept")),
    "late": ("late", gettext_lazy("Late")),
    "short": ("short", gettext_lazy("Short")),
    "sub_standard": ("sub-standard", gettext_lazy("Sub-standard")),
    "broken": ("broken", gettext_lazy("Broken")),
    "released": ("released", gettext_lazy("Released")),
}


def _ended(found: Promise, life: Life, now: datetime) -> tuple[str, str]:
    """The mark and the words of what became of a promise that is over."""
    if not life.terms or found.state == Promise.State.VOIDED:
        return "released", words.capital(str(Promise.State(found.state).label))
    last = judging.by_last_terms(life, now=now)
    mark, told = OUTCOMES[last.word]
    first = judging.by_first_terms(life, now=now)
    parts = [str(told)]
    if last.kept and not first.kept:
        mark, parts = "moved", [_("Moved, then kept")]
    if last.warned:
        parts.append(_("the client was warned"))
    if last.deemed:
        said = life.delivery is not None and life.delivery.noticed_how == ToldHow.SAID
        parts.append(
            _("accepted by silence after being told in person")
            if said
            else _("accepted by silence")
        )
    if last.painful:
        parts.append(_("at a painful price in hours"))
    if len(life.terms) > 1 and first.word != last.word:
        parts.append(_("%(outcome)s by first terms") % {"outcome": OUTCOMES[first.word][1]})
    return mark, ", ".join([parts[0], *(part[:1].lower() + part[1:] for part in parts[1:])])


def _state(found: Promise, stands: Standing | None, life: Life, now: datetime) -> tuple[str, str]:
    """The mark and the words of a promise's state."""
    if found.state == Promise.State.DELIVERED:
        return "delivered", _("Delivered")
    if stands is None:
        return _ended(found, life, now)
    told = {
        State.OVERDUE: _("Overdue"),
        State.AT_RISK: _("At risk"),
        State.ON_TRACK: _("On track"),
        State.PAUSED: _("Paused"),
        State.UNKNOWN: _("Not enough history"),
    }[stands.state]
    if stands.chance is not None and stands.state in (State.AT_RISK, State.ON_TRACK):
        told = _("%(state)s at %(chance)s") % {
            "state": told,
            "chance": words.percent(stands.chance),
        }
    return stands.state, told


def _line(
    request: KeptRequest, found: Promise, stands: Standing, life: Life, now: datetime
) -> SafeString:
    house, terms = request.member.organisation, life.terms
    this_day = zones.day_of(now, house.zone)
    given_on = zones.day_of(found.given_at, house.zone)
    first_shown = max(given_on, this_day - timedelta(days=30))
    shown = [day for day in (stands.promised_on, stands.likely_on, this_day) if day is not None]
    axis = telling.axis(house, shown, now=now, first=min(first_shown, *shown))
    first_due = zones.day_of(terms[0].due_at, found.zone) if terms else stands.promised_on
    return drawing.promise_story(
        axis,
        drawing.PromiseStory(
            sentence=telling.sentence(stands, today=this_day),
            state=stands.state,
            given_on=given_on,
            last=drawing.Tick(
                stands.promised_on,
                words.day(stands.promised_on, today=this_day)
                if found.day_only
                else words.moment(found.due_at, found.zone, today=this_day),
            ),
            first=None
            if first_due == stands.promised_on
            else drawing.Tick(
                first_due, _("first: %(day)s") % {"day": words.day(first_due, today=this_day)}
            ),
            today_label=_("today, %(day)s") % {"day": words.day(this_day, today=this_day)},
            owner=found.last_mile_owner.first_name if found.last_mile_owner else "",
            even_on=stands.even_on,
            sure_on=stands.likely_on,
            pauses=tuple(
                _gap(row, house.zone, now, shown_from=axis.days[0])
                for row in life.pauses
                if zones.day_of(row.ended_at or now, house.zone) >= axis.days[0]
                and row.started_at <= now
                and not row.never_began
            ),
        ),
    )


def _gap(pause: Pause, zone: str, now: datetime, *, shown_from: date) -> drawing.Span:
    """The days on which the clock stood, as the promise line shows them."""
    began, ended = zones.day_of(pause.started_at, zone), zones.day_of(pause.ended_at or now, zone)
    label = _("paused")
    if pause.working_minutes is not None:
        label = _("paused %(length)s") % {"length": life_story.stood(pause.working_minutes)}
        ended = max(began, ended - timedelta(days=1))
    return drawing.Span(max(began, shown_from), max(ended, shown_from), label)


def _fan(
    outlooks: list[Outlook], terms: list[Terms], zone: str, this_day: date, their_zone: str
) -> SafeString | None:
    """How the outlook moved; None until two days of forecasts are known."""
    newest: dict[date, drawing.Forecast] = {}
    for outlook in outlooks:
        if outlook.finish_50_at is None or outlook.finish_90_at is None:
            continue
        computed_on = zones.day_of(outlook.computed_at, zone)
        newest[computed_on] = drawing.Forecast(
            computed_on,
            zones.day_of(outlook.finish_50_at, zone),
            zones.day_of(outlook.finish_90_at, zone),
            zones.day_of(outlook.finish_95_at, zone) if outlook.finish_95_at else None,
        )
    if len(newest) < 2:
        return None
    forecasts = tuple(newest[day] for day in sorted(newest))
    promised = tuple(
        (zones.day_of(t.agreed_at, zone), zones.day_of(t.due_at, their_zone)) for t in terms
    )
    up = sorted(
        {f.even_on for f in forecasts} | {f.sure_on for f in forecasts} | {d for _, d in promised}
    )
    first = forecasts[0].computed_on
    mondays = (first + timedelta(days=n - first.weekday()) for n in range(7, 371, 7))
    across = [first, *(day for day in mondays if first + timedelta(days=3) < day < this_day)]
    across = across[:: max(1, -(-len(across) // 6))]
    step = max(1, (up[-1] - up[0]).days // 5)
    evenly = (up[0] + timedelta(days=n) for n in range(0, (up[-1] - up[0]).days + 1, step))
    # A line on a weekend would be a day that nobody works towards.
    working = (day + timedelta(days=-day.weekday() % 7 * (day.weekday() > 4)) for day in evenly)
    levels = {day for day in working if day <= up[-1]}
    last = forecasts[-1]
    return drawing.fan(
        drawing.Fan(
            sentence=_("Forecast finish by the day it was computed; now 90 %% by %(day)s.").replace(
                " %", words.NBSP + "%"
            )
            % {"day": words.day(last.sure_on, today=this_day)},
            forecasts=forecasts,
            promised=promised,
            today=this_day,
            ticks_across=tuple(drawing.Tick(day, words.short_day(day)) for day in across),
            ticks_up=tuple(
                # Without the year: there is no room for it, and the last one is the promised day.
                drawing.Tick(day, words.day(day, today=day), words.short_day(day))
                for day in levels
            ),
            even_label=words.percent(0.5),
            sure_label=words.percent(0.9),
            promised_label=_("promised"),
            today_label=_("today"),
        )
    )
